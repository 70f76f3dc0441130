"""Rational functions over QQ as the engine computes with them: made from SymPy, evaluated in a prime field, substituted into.

A symbol of which the expression takes roots is written as a power of its own root, so that everything is rational.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import lcm

import sympy
from sympy import QQ, Expr, Rational, Symbol
from sympy.polys.fields import FracElement, FracField
from sympy.polys.rings import PolyElement

PRIME = 2**61 - 1
ROOTS = 24  # of a symbol; what takes higher ones is a scalar of its own
PATH = sympy.Dummy("h", positive=True)  # all variances times h: 0 where the random matrices are absent, 1 where they are as given


def rational(number: Expr) -> Rational:
    """The number as it was written: 0.1 is 1/10."""
    return sympy.nsimplify(number, rational=True)


@dataclass
class Generators:
    """The generators of the field: one a symbol, its `root`-th root; `opaque` stand for scalars that are not rational."""

    roots: dict[Symbol, int] = field(default_factory=dict)
    opaque: dict[Symbol, Expr] = field(default_factory=dict)

    def add(self, symbol: Symbol, exponent: Rational = sympy.S.One) -> None:
        self.roots[symbol] = lcm(self.roots.get(symbol, 1), int(exponent.q))

    def scan(self, expr: Expr) -> None:
        """Note the symbols of a scalar, the roots that it takes, and what in it is not rational."""
        if isinstance(expr, Symbol):
            self.add(expr)
        elif isinstance(expr, sympy.Pow) and expr.exp.is_number and rational(expr.exp).is_Rational:
            exponent = rational(expr.exp)
            if expr.base.is_Symbol and lcm(self.roots.get(expr.base, 1), int(exponent.q)) <= ROOTS:
                self.add(expr.base, exponent)
            elif exponent.is_Integer:
                self.scan(expr.base)
            else:
                self._hide(expr)
        elif isinstance(expr, sympy.Add | sympy.Mul):
            for part in expr.args:
                self.scan(part)
        elif not rational(expr).is_Rational:
            self._hide(expr)

    def _hide(self, expr: Expr) -> None:
        if expr not in self.opaque.values():
            name = sympy.Dummy(f"c{len(self.opaque) + 1}", positive=True)
            self.opaque[name] = expr
            self.add(name)


class Algebra:
    """The field QQ(generators): elements from SymPy, and back."""

    def __init__(self, generators: Generators, more: Sequence[Symbol] = ()) -> None:
        self.roots = dict(generators.roots)
        self.opaque = {v: k for k, v in generators.opaque.items()}
        self.symbols: list[Symbol] = [*self.roots, *more]
        self.field = FracField(self.symbols, QQ)
        self.of = dict(zip(self.symbols, self.field.gens, strict=True))
        self.zero, self.one = self.field.zero, self.field.one

    def lift(self, element: FracElement) -> FracElement:
        """An element of a smaller field in this one."""
        return element.set_field(self.field)

    def polynomial(self, p: PolyElement) -> FracElement:
        """A polynomial over a smaller ring as an element."""
        return self.field(p.set_ring(self.field.ring))

    def power(self, symbol: Symbol, exponent: Rational) -> FracElement:
        power = exponent * self.roots.get(symbol, 1)
        if not power.is_Integer:
            raise TypeError(f"{symbol}**{exponent} was not scanned")
        return self.of[symbol] ** int(power)

    def element(self, expr: Expr) -> FracElement:
        """The scalar as an element; everything in it was scanned before."""
        if expr in self.opaque:
            return self.of[self.opaque[expr]]
        if isinstance(expr, Symbol):
            return self.power(expr, Rational(1))
        if isinstance(expr, sympy.Add):
            return sum((self.element(a) for a in expr.args), self.zero)
        if isinstance(expr, sympy.Mul):
            product = self.one
            for a in expr.args:
                product *= self.element(a)
            return product
        if isinstance(expr, sympy.Pow):
            exponent = rational(expr.exp)
            if expr.base.is_Symbol and (exponent * self.roots.get(expr.base, 1)).is_Integer:
                return self.power(expr.base, exponent)
            if not exponent.is_Integer:
                raise TypeError(f"{expr} is not rational")
            return self.element(expr.base) ** int(exponent)
        number = rational(expr)
        if not number.is_Rational:
            raise TypeError(f"{expr} is not rational")
        return self.field(QQ(int(number.p), int(number.q)))

    def expr(self, element: FracElement) -> Expr:
        """The element in SymPy's terms, factored, with as few minus signs as there may be."""
        if not element:
            return sympy.S.Zero
        place = self.symbols.index(PATH)
        one = substitute(element, {place: self.one}) if PATH in self.of else element
        (top, above), (bottom, below) = _factored(one.numer), _factored(one.denom)
        found = (above / below) * top / bottom  # a number times one sum would be multiplied out
        return found.subs({s: s ** Rational(1, q) for s, q in self.roots.items() if q > 1})


def _factored(p: PolyElement) -> tuple[Expr, Rational]:
    """The product of the factors, each with more positive terms than negative ones, and the number in front."""
    number, factors = p.factor_list()
    found, front = [], Rational(int(number.numerator), int(number.denominator))
    for f, k in factors:
        signs = sum(1 if c > 0 else -1 for _, c in f.terms()) or (1 if f.coeff(1) >= 0 else -1)
        found.append((f if signs > 0 else -f).as_expr() ** k)
        front *= 1 if signs > 0 else (-1) ** k
    return sympy.Mul(*found), front


def residue(element: FracElement, at: Sequence[int]) -> int:
    """The element at integers, modulo PRIME."""
    bottom = _residue(element.denom, at)
    if bottom == 0:
        raise ZeroDivisionError("a denominator vanishes at a random point of a prime field")
    return _residue(element.numer, at) * pow(bottom, -1, PRIME) % PRIME


def _residue(poly: PolyElement, at: Sequence[int]) -> int:
    total = 0
    for monomial, coefficient in poly.terms():
        term = int(coefficient.numerator) * pow(int(coefficient.denominator), -1, PRIME)
        for x, k in zip(at, monomial, strict=True):
            if k:
                term = term * pow(x, k, PRIME) % PRIME
        total += term
    return total % PRIME


def substitute(element: FracElement, values: Mapping[int, FracElement]) -> FracElement:
    """The element with generators, by their position, replaced by elements of the same field."""
    top, bottom = _substitute(element.numer, values), _substitute(element.denom, values)
    return top / bottom


def _substitute(poly: PolyElement, values: Mapping[int, FracElement]) -> FracElement:
    ring, target = poly.ring, next(iter(values.values())).field
    degrees = {i: poly.degree(ring.gens[i]) for i in values}
    powers = {
        i: ([v.numer**k for k in range(degrees[i] + 1)], [v.denom**k for k in range(degrees[i] + 1)]) for i, v in values.items()
    }
    total = ring.zero
    for monomial, coefficient in poly.terms():
        kept = tuple(0 if i in values else k for i, k in enumerate(monomial))
        term = ring({kept: coefficient})
        for i in values:
            tops, bottoms = powers[i]
            term = term * tops[monomial[i]] * bottoms[degrees[i] - monomial[i]]
        total += term
    bottom = ring.one
    for i in values:
        bottom *= powers[i][1][degrees[i]]
    return target(total) / target(bottom)


def by_powers(p: PolyElement, law: Sequence[int]) -> dict[tuple[int, ...], PolyElement]:
    """The polynomial's coefficients, free of the generators `law`, by their powers."""
    ring, found = p.ring, {}  # type: ignore[var-annotated]
    inside = set(law)
    for monomial, coefficient in p.terms():
        power = tuple(monomial[i] for i in law)
        rest = tuple(0 if i in inside else k for i, k in enumerate(monomial))
        found[power] = found.get(power, ring.zero) + ring({rest: coefficient})
    return found


def coefficients(vector: Sequence[FracElement], law: Sequence[int]) -> list[list[FracElement]]:
    """Vectors over QQ(the other generators) that span `vector`, entries of which are functions of the generators `law` too."""
    if not vector:
        return []
    one = vector[0].field
    common = one.ring.one
    for x in vector:
        common = common.lcm(x.denom)
    found: dict[tuple[int, ...], list[PolyElement]] = {}
    for row, x in enumerate(vector):
        for power, c in by_powers(x.numer * common.exquo(x.denom), law).items():
            found.setdefault(power, [one.ring.zero] * len(vector))[row] = c
    return [[one(p) for p in column] for column in found.values()]
