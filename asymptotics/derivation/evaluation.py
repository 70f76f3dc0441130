r"""The reduced equations and their derivatives in any arithmetic: mpmath where doubles lose digits, balls where a proof is asked for.

The unknowns of a block, core and rest alike, solve F(V) = V - right(V) = 0; the Jacobian is exact, by derivatives of the elements.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sympy import Symbol
from sympy.polys.fields import FracElement
from sympy.polys.rings import PolyElement

from asymptotics.derivation.blocks import Block
from asymptotics.derivation.reduction import Integral, Reduced
from asymptotics.derivation.tables import Laws


@dataclass(frozen=True)
class Numbers:
    """An arithmetic: a fraction of integers, a double exactly, the q-th root."""

    ratio: Callable[[int, int], Any]
    exact: Callable[[float], Any]
    root: Callable[[Any, int], Any]


class Evaluation:
    """One reduced system, with its laws, in one arithmetic; V is the list of all variables' values."""

    def __init__(self, reduced: Reduced, laws: Laws, numbers: Numbers) -> None:
        self.reduced, self.numbers = reduced, numbers
        self.place = {s: i for i, s in enumerate(reduced.algebra.symbols)}
        self.zero = numbers.ratio(0, 1)
        self.atoms = {key: self._atoms(laws, *key) for key in laws.measures}
        self._derivative = cache(lambda x, s: x.diff(reduced.algebra.of[s]))
        self._in_law = cache(self._split)

    def unknowns(self, block: Block) -> tuple[Symbol, ...]:
        return (*block.core, *block.rest)

    def residual(self, block: Block, V: Sequence[Any]) -> list[Any]:
        return [V[self.place[s]] - self.right(s, V) for s in self.unknowns(block)]

    def jacobian(self, block: Block, V: Sequence[Any]) -> list[list[Any]]:
        names = self.unknowns(block)
        one = self.numbers.ratio(1, 1)
        return [[(one if s is t else self.zero) - d for t, d in zip(names, self.slopes(s, names, V), strict=True)] for s in names]

    def right(self, name: Symbol, V: Sequence[Any]) -> Any:
        if name in self.reduced.equations:
            return self.function(self.reduced.equations[name], V)
        return self._integral(self.reduced.integrals[name], (), V)[0]

    def function(self, x: FracElement, V: Sequence[Any]) -> Any:
        top = self._polynomial(x.numer, V)
        return top if x.denom == 1 else top / self._polynomial(x.denom, V)

    def derivative(self, x: FracElement, along: Symbol, V: Sequence[Any]) -> Any:
        d = self._derivative(x, along)
        return self.function(d, V) if d else self.zero

    def slopes(self, name: Symbol, names: Sequence[Symbol], V: Sequence[Any]) -> list[Any]:
        """d right(name) along the names."""
        if name in self.reduced.equations:
            return [self.derivative(self.reduced.equations[name], s, V) for s in names]
        return self._integral(self.reduced.integrals[name], names, V)[1:]

    def _polynomial(self, p: PolyElement, V: Sequence[Any]) -> Any:
        total = self.zero
        for monomial, c in p.terms():
            term = self.numbers.ratio(int(c.numerator), int(c.denominator))
            for v, k in zip(V, monomial, strict=True):
                if k:
                    term = term * (v if k == 1 else v**k)
            total = total + term
        return total

    def _atoms(self, laws: Laws, dimension: Symbol, vectors: tuple[str, ...]) -> list[tuple[Any, dict[int, Any]]]:
        """(weight, law generator -> its value) of each atom."""
        measure, found = laws.measures[dimension, vectors], []
        for atom, parts in zip(measure.atoms, measure.parts.T, strict=True):
            at = {
                g: self.numbers.root(self.numbers.exact(float(atom[j])), laws.roots[g])
                for g, j in laws.columns[dimension].items()
            }
            found.append((sum((self.numbers.exact(float(x)) for x in parts), self.zero), at))
        return found

    def _split(self, d: FracElement) -> tuple[list[tuple[tuple[int, ...], FracElement]], FracElement]:
        """A factor as coefficients of powers of the law's generators: D = sum_k c_k s^k."""
        ring, rows = d.numer.ring, {}  # type: ignore[var-annotated]
        for monomial, c in d.numer.terms():
            key = tuple(monomial[i] for i in self.reduced.law)
            rest = tuple(0 if i in self.reduced.law else k for i, k in enumerate(monomial))
            rows[key] = rows.get(key, ring.zero) + ring({rest: c})
        field = self.reduced.algebra.field
        return [(key, field(p) / field(d.denom)) for key, p in rows.items()]  # type: ignore[return-value]

    def _integral(self, integral: Integral, names: Sequence[Symbol], V: Sequence[Any]) -> list[Any]:
        """The integral, and its derivatives along the names."""
        factors = []
        for d, m in integral.factors:
            parts: Any = self._in_law(d)
            coefficients = [(power, self.function(c, V)) for power, c in parts]
            slopes = [[(power, self.function(e, V)) for power, c in parts if (e := self._derivative(c, s))] for s in names]
            factors.append((coefficients, slopes, m))
        totals = [self.zero] * (1 + len(names))
        for weight, at in self.atoms[integral.over, integral.vectors]:
            term, moved = weight * self._power(integral.power, at), [self.zero] * len(names)
            for coefficients, slopes, m in factors:
                D = self._at(coefficients, at)
                term = term / (D if m == 1 else D**m)
                moved = [x - m * self._at(s, at) / D if s else x for x, s in zip(moved, slopes, strict=True)]
            totals = [totals[0] + term, *(t + term * x for t, x in zip(totals[1:], moved, strict=True))]
        return totals

    def _at(self, coefficients: Sequence[tuple[tuple[int, ...], Any]], at: Mapping[int, Any]) -> Any:
        total = self.zero
        for power, c in coefficients:
            total = total + c * self._power(power, at)
        return total

    def _power(self, power: Sequence[int], at: Mapping[int, Any]) -> Any:
        found = self.numbers.ratio(1, 1)
        for g, k in zip(self.reduced.law, power, strict=True):
            if k and g in at:
                found = found * (at[g] if k == 1 else at[g] ** k)
        return found
