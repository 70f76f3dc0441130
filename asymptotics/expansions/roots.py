r"""Which root of a characteristic polynomial a coefficient is: a rational function, a radical, or a root of its own.

phi(c) = 0 over the field of the coefficients so far; which of its roots follows the branch is known in numbers. The irreducible factor
with that root is c - a (nothing new); or c^2 + b c + a, and c = -b/2 +- sqrt(d) with d free of squares; or c^k = a; or any other, whose
root is a `CRootOf` where there are no parameters, else a symbol of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from mpmath import mp

from asymptotics.expansions.algebraic import Element, Extension, divided, expression, number

Lift = Callable[[Any], Any]


def factors(phi: list[Any], field: Any, one: Any) -> list[list[Any]]:
    """Polynomials without multiple roots whose roots are those of phi: over QQ(parameters) the irreducible factors."""
    if isinstance(one, Element):
        return [_squarefree(phi, one)]
    poly = sp.Poly.from_list(phi[::-1], sp.Symbol("c"), domain=field)
    return [h.rep.to_list()[::-1] for h, _ in poly.factor_list()[1]]


def coefficient(factor: list[Any], near: Any, field: Any, point: list[Any], one: Any) -> tuple[Any, Lift | None]:
    """The root of `factor` (c^0 first) whose number is `near`; and how earlier coefficients enter the field of it, if that is larger."""
    monic = [a / factor[-1] for a in factor]
    degree = len(monic) - 1
    if degree == 1:
        return -monic[0], None
    if degree == 2 and not isinstance(one, Element):
        return _quadratic(monic, near, field, point, one)
    shift, reduced = _depressed(monic, one)
    near = near - number(shift, point)
    extension = Extension(tuple(reduced[:-1]), near, _expression(reduced, near, field, point), one)
    return extension.lift(shift) + extension.root(), extension.lift


def _depressed(h: list[Any], one: Any) -> tuple[Any, list[Any]]:
    """(a, h(a + r) as a polynomial in r) without the second power from the top."""
    degree = len(h) - 1
    many = one
    for _ in range(degree - 1):
        many = many + one
    a, rest = -h[-2] / many, list(h)
    if not a:
        return a, h
    for start in range(degree):  # Horner, again and again
        for i in range(degree - 1, start - 1, -1):
            rest[i] = rest[i] + a * rest[i + 1]
    return a, rest


def _squarefree(phi: list[Any], one: Any) -> list[Any]:
    """phi / gcd(phi, phi')."""
    a, b = phi, [c * i for i, c in enumerate(phi)][1:]
    while any(b):
        a, b = b, divided(a, b)[1]
        while b and not b[-1]:
            b = b[:-1]
    return divided(phi, a)[0] if len(a) > 1 else phi


def _quadratic(h: list[Any], near: Any, field: Any, point: list[Any], one: Any) -> tuple[Any, Lift]:
    half = h[1] / (-one - one)
    square, d = _square_part(half * half - h[0], field, point)
    root = mp.sqrt(number(d, point))
    sign = 1 if abs(number(half, point) + number(square, point) * root - near) < abs(near) * mp.mpf(10) ** -20 else -1
    extension = Extension((-d, one - one), root, sp.sqrt(expression(d, field, point)), one)
    return Element(extension, (half, square * sign)), extension.lift


def _square_part(x: Any, field: Any, point: list[Any]) -> tuple[Any, Any]:
    """(s, d) with x = s^2 d, d a polynomial free of squares."""
    value = expression(x, field, point)
    numerator, denominator = sp.fraction(value)
    constant, found = sp.factor_list(sp.expand(numerator * denominator))
    denominator, outside, inside = denominator * constant.q, sp.Integer(1), sp.Integer(1)
    for h, k in [*found, *((sp.Integer(p), k) for p, k in sp.factorint(constant.p * constant.q).items())]:
        outside, inside = outside * h ** (k // 2), inside * h ** (k % 2)
    return field.from_sympy(outside / denominator), field.from_sympy(sp.expand(inside))


def _expression(h: list[Any], near: Any, field: Any, point: list[Any]) -> Any:
    """The root of a monic polynomial as SymPy writes it."""
    degree = len(h) - 1
    close = abs(near) * mp.mpf(10) ** -20
    if not any(h[1:-1]):
        base = expression(-h[0], field, point)
        for unit, root in _radicals(base, number(-h[0], point), degree):
            if abs(unit - near) < close:
                return root
    plain = [expression(a, field, point) for a in reversed(h)]
    poly = sp.Poly.from_list(plain, sp.Dummy("c"))
    names = getattr(field, "symbols", ())
    numbers = dict(zip(names, map(sp.sympify, point), strict=True)) if names else {}
    for root in sp.roots(poly, cubics=False, quartics=False):
        if abs(mp.mpmathify(root.subs(numbers).evalf(30)) - near) < close:
            return root
    if all(a.is_Rational for a in plain) and abs(mp.im(near)) < close:
        real = [sp.CRootOf(poly, i) for i in range(poly.count_roots())]
        return min(real, key=lambda r: abs(mp.mpmathify(r.evalf(30)) - near))
    return sp.Symbol(f"c_{degree}")


def _radicals(base: Any, value: Any, degree: int) -> list[tuple[Any, Any]]:
    """(number, expression) of the roots of c^degree = base."""
    found = []
    for sign in (1, -1):
        root = mp.root(sign * value, degree)
        for k in range(degree):
            if sign == 1 or degree % 2 == 1:
                unit = mp.expjpi(mp.mpf(2 * k) / degree) * sign
                symbol = sp.exp(2 * sp.pi * sp.I * sp.Rational(k, degree)) * sign
                found.append((unit * root, symbol * sp.root(sign * base, degree)))
    return found
