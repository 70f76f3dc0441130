r"""The reduced equations and their derivatives in any arithmetic: mpmath where doubles lose digits, balls where a proof is asked for.

The unknowns of a block, core and rest alike, solve F(V) = V - right(V) = 0. An integral and its derivatives are moments: with
D = sum_j c_j s^j,

    J = int s^k / D^m dH,     dJ/dc_j = -m int s^(k + j) / D^(m + 1) dH.                                                  (1)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add, mul
from typing import Any

from sympy import Symbol
from sympy.polys.fields import FracElement
from sympy.polys.rings import PolyElement

from asymptotics.derivation.algebra import by_powers
from asymptotics.derivation.blocks import Block
from asymptotics.derivation.reduction import Integral, Reduced
from asymptotics.derivation.tables import Laws

Terms = list[tuple[int, int, list[tuple[int, int]]]]  # of a polynomial: numerator, denominator, (variable, exponent)
Power = tuple[int, ...]  # of a law's generators


def _dot(a: Sequence[Any], b: Sequence[Any]) -> Any:
    return reduce(add, map(mul, a, b))


@dataclass(frozen=True)
class Numbers:
    """An arithmetic: a fraction of integers, a double exactly, the q-th root, the sum of products."""

    ratio: Callable[[int, int], Any]
    exact: Callable[[float], Any]
    root: Callable[[Any, int], Any]
    dot: Callable[[Sequence[Any], Sequence[Any]], Any] = _dot


@dataclass(frozen=True)
class Rational:
    """top/bottom, and by variable the derivatives of both; a polynomial has no bottom."""

    top: Terms
    bottom: Terms
    slopes: Mapping[int, tuple[Terms, Terms]]


@dataclass(frozen=True)
class Moment:
    """An integral; each factor is (its multiplicity, its coefficients by power)."""

    measure: tuple[Symbol, tuple[str, ...]]
    power: Power
    factors: list[tuple[int, list[tuple[Power, Rational]]]]


class Program:
    """What an evaluation needs of the reduced equations, in integers, for any arithmetic."""

    def __init__(self, reduced: Reduced) -> None:
        self.law, self.blocks = reduced.law, reduced.blocks
        self.place = {s: i for i, s in enumerate(reduced.algebra.symbols)}
        self.right: dict[Symbol, Rational | Moment] = {s: _rational(x) for s, x in reduced.equations.items()}
        self.right |= {s: _moment(reduced, x) for s, x in reduced.integrals.items()}
        self.outputs = {name: _rational(x) for name, x in reduced.outputs.items()}

    def needs(self, name: Symbol, without: int = -1) -> set[int]:
        """The variables in the equation of `name`, of those terms that are free of the variable `without`."""
        x = self.right[name]
        parts = [c for _, coefficients in x.factors for _, c in coefficients] if isinstance(x, Moment) else [x]
        terms = (dict(powers) for c in parts for part in (c.top, c.bottom) for *_, powers in part)
        return {i for powers in terms if without not in powers for i in powers}


class Evaluation:
    """One program, with its laws, in one arithmetic; V is the list of all variables' values."""

    def __init__(self, program: Program, laws: Laws, numbers: Numbers) -> None:
        self.program, self.place, self.laws, self.numbers = program, program.place, laws, numbers
        self.known: dict[Any, list[Any]] = {}  # powers of atoms

    def unknowns(self, block: Block) -> tuple[Symbol, ...]:
        return (*block.core, *block.rest)

    def system(self, block: Block, V: Sequence[Any], more: Sequence[int] = ()) -> tuple[list[Any], list[list[Any]]]:
        """F, and its derivatives along the block's unknowns and `more` variables, one row an equation."""
        places = [*(self.place[s] for s in self.unknowns(block)), *more]
        F, J = [], []
        for i, s in zip(places, self.unknowns(block), strict=False):
            value, slopes = self.right(s, V, places)
            F.append(V[i] - value)
            J.append([(1 if i == j else 0) - slopes.get(j, 0) for j in places])
        return F, J

    def right(self, name: Symbol, V: Sequence[Any], along: Collection[int] = ()) -> tuple[Any, dict[int, Any]]:
        """What the equation of `name` says, and its derivatives that do not vanish, by variable, of those `along`."""
        x = self.program.right[name]
        return self._moment(x, V, along) if isinstance(x, Moment) else self._rational(x, V, along)

    def output(self, name: str, V: Sequence[Any], along: Collection[int] = ()) -> tuple[Any, dict[int, Any]]:
        return self._rational(self.program.outputs[name], V, along)

    def _rational(self, x: Rational, V: Sequence[Any], along: Collection[int]) -> tuple[Any, dict[int, Any]]:
        value = self._sum(x.top, V)
        bottom = self._sum(x.bottom, V) if x.bottom else 1
        value = value / bottom if x.bottom else value
        slopes = {}
        for i in x.slopes.keys() & along:
            over, under = x.slopes[i]
            slope = self._sum(over, V) - value * self._sum(under, V) if under else self._sum(over, V)
            slopes[i] = slope / bottom if x.bottom else slope
        return value, slopes

    def _sum(self, terms: Terms, V: Sequence[Any]) -> Any:
        found = []
        for p, q, powers in terms:
            factors = [V[i] if k == 1 else V[i] ** k for i, k in powers]
            if p != q or not powers:
                factors.append(self.numbers.ratio(p, q))
            found.append(reduce(mul, factors))
        return reduce(add, found) if found else self.numbers.ratio(0, 1)

    def _moment(self, x: Moment, V: Sequence[Any], along: Collection[int]) -> tuple[Any, dict[int, Any]]:
        weights = self._weights(x.measure, x.power)
        product: list[Any] = []
        factors = []
        for m, parts in x.factors:
            found = [(power, *self._rational(c, V, along)) for power, c in parts]
            inverse = [1 / D for D in self._at(x.measure, [(power, c) for power, c, _ in found], len(weights))]
            for _ in range(m):
                product = list(map(mul, product, inverse)) if product else inverse
            factors.append((m, found, inverse))
        slopes: dict[int, Any] = {}
        for m, found, inverse in factors:
            moved: list[Any] = []
            for power, _, by in found:
                if by:
                    moved = moved or list(map(mul, product, inverse))
                    j = tuple(a + b for a, b in zip(x.power, power, strict=True))
                    moment = -m * self.numbers.dot(self._weights(x.measure, j), moved)  # Equation (1)
                    for i, slope in by.items():
                        slopes[i] = slopes[i] + moment * slope if i in slopes else moment * slope
        return (self.numbers.dot(weights, product) if product else reduce(add, weights)), slopes

    def _at(self, measure: Any, parts: Sequence[tuple[Power, Any]], count: int) -> list[Any]:
        """D at every atom."""
        total: list[Any] = []
        for power, c in parts:
            new = [c * s for s in self._powers(measure, power)] if any(power) else [c] * count
            total = list(map(add, total, new)) if total else new
        return total

    def _weights(self, measure: Any, power: Power) -> list[Any]:
        """weight s^power of every atom."""
        key = "weights", measure, power
        if key not in self.known:
            parts = self.laws.measures[measure].parts.T.tolist()
            weights = [reduce(add, map(self.numbers.exact, x)) for x in parts]
            self.known[key] = list(map(mul, weights, self._powers(measure, power))) if any(power) else weights
        return self.known[key]

    def _powers(self, measure: Any, power: Power) -> list[Any]:
        """s^power of every atom; a generator that is not of the measure's law is 1."""
        key = "powers", measure, power
        if key not in self.known:
            columns, atoms = self.laws.columns[measure[0]], self.laws.measures[measure].atoms
            lists = [
                [self._power(x, k, self.laws.roots[g]) for x in atoms[:, columns[g]].tolist()]
                for g, k in zip(self.program.law, power, strict=True)
                if k and g in columns
            ]
            ones = [self.numbers.ratio(1, 1)] * len(atoms)
            self.known[key] = reduce(lambda a, b: list(map(mul, a, b)), lists or [ones])
        return self.known[key]

    def _power(self, x: float, k: int, q: int) -> Any:
        """x^(k/q)."""
        return self.numbers.exact(x) ** (k // q) if k % q == 0 else self.numbers.root(self.numbers.exact(x), q) ** k


def terms_of(p: PolyElement) -> Terms:
    return [(int(c.numerator), int(c.denominator), [(i, k) for i, k in enumerate(powers) if k]) for powers, c in p.terms()]


def _rational(x: FracElement) -> Rational:
    ring, bottom = x.numer.ring, [] if x.denom == 1 else terms_of(x.denom)
    live = {i for terms in (terms_of(x.numer), bottom) for *_, powers in terms for i, _ in powers}
    slopes = {i: (terms_of(x.numer.diff(ring.gens[i])), terms_of(x.denom.diff(ring.gens[i]))) for i in live}
    return Rational(terms_of(x.numer), bottom, slopes)


def _moment(reduced: Reduced, x: Integral) -> Moment:
    return Moment((x.over, x.vectors), x.power, [(m, _coefficients(reduced, d)) for d, m in x.factors])


def _coefficients(reduced: Reduced, d: FracElement) -> list[tuple[Power, Rational]]:
    """A factor by powers of the law's generators."""
    field = reduced.algebra.field
    return [(key, _rational(field(p) / field(d.denom))) for key, p in by_powers(d.numer, reduced.law).items()]
