r"""Proof that an enclosed solution is the limit: equations without subtractions may have one positive solution only.

With x_i = f_i(x), a mean of quotients of polynomials with positive coefficients, the rows of E = d log f / d log x lie within the
convex hull of differences of exponents, whatever the parameters. A principal minor of 1 - E is affine in each row: if it is >= 0 at all
vertices, and > 0 at one, it is positive. If all are, log x - log f(x) is injective, so x is the only positive solution.

The limit is one: without randomness (variances times h = 0) the equations are explicit, and on the way to h = 1 none of x, which is
analytic in h, can be the first to vanish where its numerator has a term in unknowns that cannot.

Source: gale1965jacobian, Theorem 4 (numbering from memory).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from asymptotics.derivation.algebra import PATH
from asymptotics.derivation.blocks import Block
from asymptotics.derivation.evaluation import Moment, Program, Rational, Terms
from asymptotics.derivation.tables import Laws

MOST = 4096  # vertices of all rows together
ONE, POSITIVE, CONTINUED = "proved: the only solution", "proved: the only positive solution", "by continuity"


def branch(program: Program, laws: Laws) -> tuple[str, set[int]]:
    """What is known of the solution, and the variables that must be positive for it."""
    hard = [b for b in program.blocks if b.core and not b.linear]
    if not all(_univalent(program, laws, b) for b in hard):
        return CONTINUED, set()
    read = {i for b in hard for s in (*b.core, *b.rest) for x in _monomials(*_polynomials(program.right[s])) for i in x}
    return (POSITIVE if hard else ONE), read


def _univalent(program: Program, laws: Laws, block: Block) -> bool:
    names = (*block.core, *block.rest)
    places = [program.place[s] for s in names]
    right = [program.right[s] for s in names]
    moments = [x for x in right if isinstance(x, Moment)]
    if any(
        np.any(m.atoms < 0) or np.any(m.weights < 0) or not np.any(m.atoms > 0)
        for m in (laws.measures[x.measure] for x in moments)
    ):
        return False
    if any(c.bottom != found[0][1].bottom for x in moments for _, found in x.factors for _, c in found):
        return False
    if any(p < 0 for x in right for terms in _polynomials(x) for p, *_ in terms):
        return False
    if not _explicit(program, block, places) or not _positive(right, places):
        return False
    rows = [_vertices(x, places) for x in right]
    if math.prod(map(len, rows)) > MOST:
        return False
    P = np.eye(len(names)) - np.array(list(product(*rows)))
    minors = (
        np.round(np.linalg.det(P[:, k][:, :, k]))  # of integers
        for size in range(1, len(names) + 1)
        for k in map(list, combinations(range(len(names)), size))
    )
    return all(np.all(m >= 0) and np.any(m > 0) for m in minors)


def _polynomials(x: Rational | Moment) -> list[Terms]:
    parts = [c for _, found in x.factors for _, c in found] if isinstance(x, Moment) else [x]
    return [terms for c in parts for terms in (c.top, c.bottom)]


def _monomials(*polynomials: Terms) -> list[dict[int, int]]:
    """variable -> exponent, of each term."""
    return [dict(powers) for terms in polynomials for *_, powers in terms]


def _explicit(program: Program, block: Block, places: Sequence[int]) -> bool:
    """Whether at h = 0 no unknown needs itself, and nothing that is solved for before has h in it."""
    path = program.place[PATH]
    of = lambda s: _monomials(*_polynomials(program.right[s]))  # noqa: E731
    before = program.blocks[: program.blocks.index(block)]
    if any(path in x for b in before for s in (*b.core, *b.rest) for x in of(s)):
        return False
    needs = {
        i: {j for x in of(s) if path not in x for j in x if j in places}
        for i, s in zip(places, (*block.core, *block.rest), strict=True)
    }
    while ready := {i for i, x in needs.items() if not x & needs.keys()}:
        needs = {i: x for i, x in needs.items() if i not in ready}
    return not needs


def _positive(right: Sequence[Rational | Moment], places: Sequence[int]) -> bool:
    """Whether every numerator has a term in unknowns that cannot vanish."""
    sure = {i for i, x in zip(places, right, strict=True) if isinstance(x, Moment)}
    for _ in right:
        sure |= {
            i
            for i, x in zip(places, right, strict=True)
            if isinstance(x, Rational) and any(set(m) & set(places) <= sure for m in _monomials(x.top))
        }
    return len(sure) == len(places)


def _vertices(x: Rational | Moment, places: Sequence[int]) -> NDArray:
    """Differences of exponents, whose convex hull holds d log f / d log x."""
    if isinstance(x, Rational):
        parts = [_support([x.top], places), -_support([x.bottom], places)]
    else:
        parts = []
        for m, found in x.factors:
            parts += [-m * _support([c.top for _, c in found], places), m * _support([found[0][1].bottom], places)]
    return np.unique([np.sum(v, axis=0) for v in product(*parts)], axis=0)


def _support(polynomials: Collection[Terms], places: Sequence[int]) -> NDArray:
    """The exponents of the unknowns; a polynomial without terms is 1."""
    found = {tuple(x.get(i, 0) for i in places) for x in _monomials(*polynomials)}
    return np.array(sorted(found) or [(0,) * len(places)])
