r"""The reduced equations in mpmath: what doubles cannot resolve, near an interpolation threshold, is solved with more digits.

Newton's method from the solver's result, with derivatives by differences at twice the digits, block by block; the law's atoms are the
doubles that they are, the coefficients exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import mpmath
from sympy import Symbol
from sympy.polys.fields import FracElement
from sympy.polys.rings import PolyElement

from asymptotics.derivation.reduction import Block, Integral, Reduced
from asymptotics.derivation.tables import Measure


class Precise:
    """One reduced system with its laws; `columns`: for each dimension, law generator -> column of its atoms."""

    def __init__(
        self,
        reduced: Reduced,
        measures: Mapping[tuple[Symbol, tuple[str, ...]], Measure],
        columns: Mapping[Symbol, Mapping[int, int]],
        roots: Sequence[int],
    ) -> None:
        self.reduced, self.measures, self.columns, self.roots = reduced, measures, columns, roots
        self.place = {s: i for i, s in enumerate(reduced.algebra.symbols)}

    def solve(self, V: list[Any], digits: int) -> tuple[list[Any], Any]:
        """(values, last relative step): V holds the parameters exactly and the unknowns approximately; they are improved in place."""
        with mpmath.workdps(2 * digits):
            self._atoms = {key: self._monomials(*key) for key in self.measures}
            last = max((self._block(b, V, digits) for b in self.reduced.blocks), default=mpmath.mpf(0))
            return [self._function(x, V) for x in self.reduced.values.values()], last

    def _block(self, block: Block, V: list[Any], digits: int) -> Any:
        core = [self.place[s] for s in block.core]
        last, tiny = mpmath.mpf(0), mpmath.mpf(10) ** -digits
        for _ in range(60):
            F = self._residual(block, core, V)
            if not core:
                return last
            M = mpmath.zeros(len(core))
            for j, v in enumerate(core):
                kept = V[v]
                step = tiny * (abs(kept) or 1)
                V[v] = kept + step
                moved = self._residual(block, core, V)
                V[v] = kept
                for i in range(len(core)):
                    M[i, j] = (moved[i] - F[i]) / step
            delta = mpmath.lu_solve(M, mpmath.matrix(F))
            last = max(abs(d) / (abs(V[v]) or 1) for d, v in zip(delta, core, strict=True))
            for d, v in zip(delta, core, strict=True):
                V[v] -= d
            if last < tiny:
                self._residual(block, core, V)
                return last
        return mpmath.inf

    def _residual(self, block: Block, core: list[int], V: list[Any]) -> list[Any]:
        for s in block.rest:
            V[self.place[s]] = self._right(s, V)
        return [V[v] - self._right(s, V) for v, s in zip(core, block.core, strict=True)]

    def _right(self, name: Symbol, V: list[Any]) -> Any:
        if name in self.reduced.equations:
            return self._function(self.reduced.equations[name], V)
        return self._integral(self.reduced.integrals[name], V)

    def _function(self, x: FracElement, V: list[Any]) -> Any:
        return self._polynomial(x.numer, V) / self._polynomial(x.denom, V)

    def _polynomial(self, p: PolyElement, V: list[Any]) -> Any:
        total = mpmath.mpf(0)
        for monomial, c in p.terms():
            term = mpmath.mpf(int(c.numerator)) / int(c.denominator)
            for v, k in zip(V, monomial, strict=True):
                if k:
                    term *= v**k
            total += term
        return total

    def _monomials(self, dimension: Symbol, vectors: tuple[str, ...]) -> list[tuple[Any, dict[int, Any]]]:
        """(weight, law generator -> its value) of each atom."""
        measure = self.measures[dimension, vectors]
        found = []
        for atom, weight in zip(measure.atoms, measure.weights, strict=True):
            at = {g: mpmath.mpf(float(atom[j])) for g, j in self.columns[dimension].items()}
            found.append(
                (
                    mpmath.mpf(float(weight)),
                    {g: s if self.roots[g] == 1 else mpmath.root(s, self.roots[g]) for g, s in at.items()},
                )
            )
        return found

    def _integral(self, integral: Integral, V: list[Any]) -> Any:
        split = [(self._in_law(d.numer, V), self._polynomial(d.denom, V), m) for d, m in integral.factors]
        total = mpmath.mpf(0)
        for weight, at in self._atoms[integral.over, integral.vectors]:
            term = weight
            for g, k in zip(self.reduced.law, integral.power, strict=True):
                if k and g in at:
                    term *= at[g] ** k
            for parts, common, m in split:
                D = mpmath.mpf(0)
                for power, c in parts.items():
                    piece = c
                    for g, k in zip(self.reduced.law, power, strict=True):
                        if k and g in at:
                            piece *= at[g] ** k
                    D += piece
                term *= (common / D) ** m
            total += term
        return total

    def _in_law(self, p: PolyElement, V: list[Any]) -> dict[tuple[int, ...], Any]:
        """The polynomial's coefficients by powers of the law's generators."""
        ring, rows = p.ring, {}
        for monomial, c in p.terms():
            key = tuple(monomial[i] for i in self.reduced.law)
            rest = tuple(0 if i in self.reduced.law else k for i, k in enumerate(monomial))
            rows[key] = rows.get(key, 0) + self._polynomial(ring({rest: c}), V)
        return rows
