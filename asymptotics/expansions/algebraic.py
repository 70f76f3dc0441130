r"""Exact coefficients: rational functions of the parameters, and what roots of polynomials over them add.

The base field is QQ(parameters), SymPy's. An `Extension` adjoins one root r of a polynomial over the field below, known by its number at
the given parameters: an `Element` is sum_i parts[i] r^i, i < degree. Extensions stack. The polynomial is irreducible over the base
field (it was factored); above it need not be, and an element that is zero in value only is found by its number, and refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp
from mpmath import mp, mpf

Parts = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Extension:
    """r with monic `modulus` (r^0 first, the leading 1 left out), its `number` at the given parameters and its `expression`."""

    modulus: Parts
    number: Any
    expression: Any
    one: Any  # of the field below

    def lift(self, x: Any) -> Element:
        """An element of the field below."""
        return Element(self, (x,) + (self.one - self.one,) * (len(self.modulus) - 1))

    def root(self) -> Element:
        """r itself."""
        zero = self.one - self.one
        return Element(self, (zero, self.one) + (zero,) * (len(self.modulus) - 2))


class Element:
    """A number of a field with a root adjoined."""

    __slots__ = ("extension", "parts")

    def __init__(self, extension: Extension, parts: Parts) -> None:
        self.extension, self.parts = extension, parts

    def _with(self, parts: Any) -> Element:
        return Element(self.extension, tuple(parts))

    def __bool__(self) -> bool:
        return any(self.parts)

    def __neg__(self) -> Element:
        return self._with(-a for a in self.parts)

    def __add__(self, other: Element) -> Element:
        return self._with(a + b for a, b in zip(self.parts, other.parts, strict=True))

    def __sub__(self, other: Element) -> Element:
        return self._with(a - b for a, b in zip(self.parts, other.parts, strict=True))

    def __mul__(self, other: Element | int) -> Element:
        if isinstance(other, int):
            return self._with(a * other for a in self.parts)
        degree = len(self.parts)
        out = [self.extension.one - self.extension.one] * (2 * degree - 1)
        for i, a in enumerate(self.parts):
            if a:
                for j, b in enumerate(other.parts):
                    out[i + j] = out[i + j] + a * b
        for top in range(2 * degree - 2, degree - 1, -1):
            if out[top]:
                for i, m in enumerate(self.extension.modulus):
                    out[top - degree + i] = out[top - degree + i] - out[top] * m
        return self._with(out[:degree])

    def __truediv__(self, other: Element) -> Element:
        return self * other.inverse()

    def inverse(self) -> Element:
        """By Euclid's algorithm for the polynomial and the modulus: s self + t modulus = constant."""
        one = self.extension.one
        a, b = _trimmed([*self.extension.modulus, one]), _trimmed(list(self.parts))
        s, t = [one - one], [one]  # b = t self modulo the modulus
        while len(b) > 1:
            quotient, rest = divided(a, b)
            a, b, s, t = b, _trimmed(rest), t, _difference(s, quotient, t)
        if not b:
            raise ZeroDivisionError("an element without an inverse: its modulus is reducible")
        return self._with([c / b[0] for c in t] + [one - one] * (len(self.parts) - len(t)))


def divided(a: list[Any], b: list[Any]) -> tuple[list[Any], list[Any]]:
    """Quotient and rest of polynomials, the constant first."""
    rest, quotient = list(a), []
    while len(rest) >= len(b):
        q = rest[-1] / b[-1]
        quotient.append(q)
        shift = len(rest) - len(b)
        rest = [c - q * b[i - shift] if i >= shift else c for i, c in enumerate(rest)][:-1]
    return quotient[::-1], rest


def _trimmed(a: list[Any]) -> list[Any]:
    while a and not a[-1]:
        a = a[:-1]
    return a


def _difference(s: list[Any], q: list[Any], t: list[Any]) -> list[Any]:
    """s - q t, of polynomials."""
    out = s + [t[0] - t[0]] * (len(q) + len(t) - 1 - len(s))
    for i, a in enumerate(q):
        for j, b in enumerate(t):
            out[i + j] = out[i + j] - a * b
    return _trimmed(out)


def number(c: Any, point: list[Any]) -> Any:
    """c at the given parameters, to the working precision."""
    if isinstance(c, Element):
        return mp.fsum(number(a, point) * c.extension.number**i for i, a in enumerate(c.parts) if a)
    if hasattr(c, "numer") and hasattr(c, "field"):
        return _value(c.numer, point) / _value(c.denom, point)
    return _rational(c)


def _rational(c: Any) -> Any:
    return mpf(int(c.numerator)) / int(c.denominator)


def _value(f: Any, point: list[Any]) -> Any:
    """A polynomial at numbers: exactly where they are rational."""
    if not any(isinstance(v, mpf) for v in point):
        return _rational(f(*point))
    return mp.fsum(_rational(c) * mp.fprod(v**e for v, e in zip(point, es, strict=True)) for es, c in f.terms())


def expression(c: Any, field: Any, point: list[Any]) -> Any:
    """c as a SymPy expression, its factors of two terms positive at the given parameters."""
    if isinstance(c, Element):
        return sp.Add(*(expression(a, field, point) * c.extension.expression**i for i, a in enumerate(c.parts) if a))
    if hasattr(c, "numer") and hasattr(c, "field"):
        (above, top), (below, bottom) = _factors(c.numer, point), _factors(c.denom, point)
        return sp.Mul(above / below, *top, 1 / sp.Mul(*bottom))
    return field.to_sympy(c)


def unsolved(c: Any, field: Any, point: list[Any]) -> dict[Any, Any]:
    """The symbols that stand for roots in c, each with the polynomial that it is a root of."""
    if not isinstance(c, Element) or not isinstance(c.extension.expression, sp.Symbol):
        return {}
    r = c.extension.expression
    modulus = [*c.extension.modulus, c.extension.one]
    return {r: sp.Add(*(expression(a, field, point) * r**i for i, a in enumerate(modulus)))}


def depth(c: Any) -> int:
    """How many roots are adjoined."""
    return 1 + depth(c.parts[0]) if isinstance(c, Element) else 0


def _factors(f: Any, point: list[Any]) -> tuple[Any, list[Any]]:
    constant, found = f.factor_list()
    constant = f.ring.domain.to_sympy(constant)
    factors = []
    for h, k in found:
        sign = -1 if len(h) == 2 and _value(h, point) < 0 else 1
        constant *= sign**k
        factors.append((h * sign).as_expr() ** k)
    return constant, factors
