r"""Reduced equations as arrays, which the solver runs: sparse polynomials, rational functions, integrals. Nothing is compiled anew.

A variable is a generator of the field: parameters first, then unknowns. A polynomial is a range of terms, a term a coefficient and a
range of (variable, exponent). An integral's factor D(s) is a list of (monomial in s, polynomial) over one denominator free of s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sympy import Symbol
from sympy.polys.fields import FracElement
from sympy.polys.rings import PolyElement

from asymptotics.derivation.algebra import by_powers
from asymptotics.derivation.reduction import Reduced

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Laws:
    """measures: (dimension, vectors) -> atoms; columns: dimension -> {law generator: column of its atoms}; roots by generator."""

    measures: Mapping[tuple[Symbol, tuple[str, ...]], Measure]
    columns: Mapping[Symbol, Mapping[int, int]]
    roots: Sequence[int]


class Measure(NamedTuple):
    """Atoms (m, q), one column a deterministic matrix of the dimension, their weights (m,), and `parts` (k, m) whose exact sum they are."""

    atoms: NDArray[np.float64]
    weights: NDArray[np.float64]
    parts: NDArray[np.float64]


SECTIONS = {  # of the table, in order; what belongs to i in the section that X_end refers to is X_end[i]:X_end[i+1]
    "term_end": "polynomial -> terms",
    "power_end": "term -> (variable, exponent)",
    "variable": "",
    "exponent": "",
    "top": "rational function -> polynomial",
    "bottom": "its denominator; -1: 1",
    "kind": "variable -> 0 a parameter, 1 a rational function, 2 an integral",
    "which": "variable -> number of the function or of the integral",
    "measure": "integral -> measure",
    "moment": "integral -> monomial in s on top",
    "factor_end": "integral -> factors",
    "factor": "",
    "multiplicity": "",
    "part_end": "factor -> (monomial in s, polynomial)",
    "part_monomial": "",
    "part_polynomial": "",
    "common": "factor -> polynomial of its denominator; -1: 1",
    "core_end": "block -> core variables",
    "core": "",
    "rest_end": "block -> the other variables, in order",
    "rest": "",
    "value": "value -> rational function",
    "atom_end": "measure -> atoms",
}


class Tables(NamedTuple):
    """`table`: where each section begins, then the sections; `coefficient` of each term; `atoms`, see `_atoms`."""

    table: Ints
    coefficient: NDArray[np.float64]
    atoms: NDArray[np.float64]


class _Pool:
    """Polynomials and rational functions, each kept once."""

    def __init__(self) -> None:
        self.polynomials: dict[PolyElement, int] = {}
        self.functions: dict[FracElement, int] = {}
        self.top: list[int] = []
        self.bottom: list[int] = []

    def polynomial(self, p: PolyElement) -> int:
        return self.polynomials.setdefault(p, len(self.polynomials))

    def function(self, x: FracElement) -> int:
        if x not in self.functions:
            self.functions[x] = len(self.functions)
            self.top.append(self.polynomial(x.numer))
            self.bottom.append(-1 if x.denom == 1 else self.polynomial(x.denom))
        return self.functions[x]


def measured(reduced: Reduced) -> list[tuple[Symbol, tuple[str, ...]]]:
    """The measures that the integrals need."""
    return list(dict.fromkeys((x.over, x.vectors) for x in reduced.integrals.values()))


def tables(reduced: Reduced, laws: Laws) -> Tables:
    """The reduced equations and their laws as arrays."""
    pool = _Pool()
    place = {s: i for i, s in enumerate(reduced.algebra.symbols)}
    monomials: dict[tuple[int, ...], int] = {}
    measures = {key: i for i, key in enumerate(laws.measures)}
    factors: dict[FracElement, int] = {}
    kind, which = [0] * len(place), [0] * len(place)
    for name, x in reduced.equations.items():
        kind[place[name]], which[place[name]] = 1, pool.function(x)
    measure: list[int] = []
    moment: list[int] = []
    factor_lists: list[list[tuple[int, int]]] = []
    for name, integral in reduced.integrals.items():
        kind[place[name]], which[place[name]] = 2, len(measure)
        measure.append(measures[integral.over, integral.vectors])
        moment.append(monomials.setdefault(integral.power, len(monomials)))
        factor_lists.append([(factors.setdefault(d, len(factors)), m) for d, m in integral.factors])
    parts, common = [], []
    for d in factors:
        parts.append(
            [
                (monomials.setdefault(key, len(monomials)), pool.polynomial(p))
                for key, p in by_powers(d.numer, reduced.law).items()
            ]
        )
        common.append(-1 if d.denom == 1 else pool.polynomial(d.denom))
    value = [pool.function(x) for x in reduced.outputs.values()]
    terms = [list(p.terms()) for p in pool.polynomials]
    powers = [[(i, k) for i, k in enumerate(monomial) if k] for p in terms for monomial, _ in p]
    sections = {
        "term_end": _ends(terms),
        "power_end": _ends(powers),
        "variable": _ints(i for p in powers for i, _ in p),
        "exponent": _ints(k for p in powers for _, k in p),
        "top": _ints(pool.top),
        "bottom": _ints(pool.bottom),
        "kind": _ints(kind),
        "which": _ints(which),
        "measure": _ints(measure),
        "moment": _ints(moment),
        "factor_end": _ends(factor_lists),
        "factor": _ints(f for part in factor_lists for f, _ in part),
        "multiplicity": _ints(m for part in factor_lists for _, m in part),
        "part_end": _ends(parts),
        "part_monomial": _ints(m for part in parts for m, _ in part),
        "part_polynomial": _ints(p for part in parts for _, p in part),
        "common": _ints(common),
        "core_end": _ends([b.core for b in reduced.blocks]),
        "core": _ints(place[s] for b in reduced.blocks for s in b.core),
        "rest_end": _ends([b.rest for b in reduced.blocks]),
        "rest": _ints(place[s] for b in reduced.blocks for s in b.rest),
        "value": _ints(value),
        "atom_end": _ends([m.weights for m in laws.measures.values()]),
    }
    starts = len(SECTIONS) + np.cumsum([0, *(len(sections[name]) for name in SECTIONS)])
    index = np.concatenate([_ints(starts[:-1]), *(sections[name] for name in SECTIONS)])
    coefficient = np.array([float(c.numerator) / float(c.denominator) for p in terms for _, c in p], dtype=np.float64)
    return Tables(index, coefficient, _atoms(list(monomials), laws, reduced.law))


def _atoms(monomials: list[tuple[int, ...]], laws: Laws, law: Sequence[int]) -> NDArray[np.float64]:
    """All atoms: their weights, then the monomials, one a row, at them."""
    rows = []
    for (dimension, _), measure in laws.measures.items():
        at = np.ones((1 + len(monomials), len(measure.weights)))
        at[0] = measure.weights
        for k, monomial in enumerate(monomials):
            for g, exponent in zip(law, monomial, strict=True):
                if exponent and g in laws.columns[dimension]:
                    at[1 + k] *= measure.atoms[:, laws.columns[dimension][g]] ** (exponent / laws.roots[g])
        rows.append(at)
    return np.concatenate(rows, axis=1) if rows else np.empty((1 + len(monomials), 0))


def _ints(values) -> Ints:
    return np.array(list(values), dtype=np.int64)


def _ends(parts) -> Ints:
    return np.cumsum([0, *(len(p) for p in parts)]).astype(np.int64)
