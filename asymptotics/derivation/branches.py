r"""Proof that an enclosed solution is the limit: equations without subtractions may have one positive solution only.

With x_i = f_i(x), a mean of quotients of polynomials with positive coefficients, the rows of E = d log f / d log x lie within the
convex hull of differences of exponents, whatever the parameters. A principal minor of 1 - E is affine in each row: if it is >= 0 at all
vertices, and > 0 at one, it is positive. If all are, log x - log f(x) is injective, so x is the only positive solution. A quotient
P/(a P + R) is first written as 1/(a + y) with one more unknown, y = R/P (`_unfolded`).

The limit is one: without randomness (variances times h = 0) the equations are explicit, and on the way to h = 1 none of x, which is
analytic in h, can be the first to vanish where its numerator has a term in unknowns that cannot.

Source: gale1965jacobian, Theorem 4 (numbering from memory).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray
from sympy.polys.rings import PolyElement

from asymptotics.derivation.algebra import PATH
from asymptotics.derivation.blocks import Block
from asymptotics.derivation.evaluation import Moment, Program, Rational, Terms, terms_of
from asymptotics.derivation.reduction import Reduced
from asymptotics.derivation.tables import Laws

Parts = list[tuple[int, list[dict[int, int]]]]  # a product of polynomials: each one's power, and its monomials

MOST = 4096  # vertices of all rows together
MORE = 4  # unknowns, by unfolding
ONE, POSITIVE, CONTINUED = "proved: the only solution", "proved: the only positive solution", "by continuity"


def branch(reduced: Reduced, program: Program, laws: Laws) -> tuple[str, set[int]]:
    """What is known of the solution, and the variables that must be positive for it."""
    hard = [b for b in program.blocks if b.core and not b.linear]
    if not all(_univalent(reduced, program, laws, b) for b in hard):
        return CONTINUED, set()
    read = {i for b in hard for s in (*b.core, *b.rest) for x in _monomials(*_polynomials(program.right[s])) for i in x}
    return (POSITIVE if hard else ONE), read


def _univalent(reduced: Reduced, program: Program, laws: Laws, block: Block) -> bool:
    names = (*block.core, *block.rest)
    places = [program.place[s] for s in names]
    right = [program.right[s] for s in names]
    moments = [x for x in right if isinstance(x, Moment)]
    if any(
        np.any(m.atoms < 0) or np.any(m.weights < 0) or not np.all(np.any(m.atoms > 0, axis=0))
        for m in (laws.measures[x.measure] for x in moments)
    ):
        return False
    bottoms = [[c.bottom for _, c in found] for x in moments for _, found in x.factors]
    if any(b != some[0] and any(i in x for x in _monomials(b, some[0]) for i in places) for some in bottoms for b in some):
        return False
    if any(p < 0 for x in right for terms in _polynomials(x) for p, *_ in terms):
        return False
    if not _explicit(program, block, places) or not _positive(right, places):
        return False
    new: list[Parts] = []
    parts: list[Parts] = [
        [p for m, found in x.factors for p in ((-m, _monomials(*(c.top for _, c in found))), (m, _monomials(found[0][1].bottom)))]
        if isinstance(x, Moment)
        else _unfolded(reduced.equations[s].numer, reduced.equations[s].denom, new)
        for s, x in zip(names, right, strict=True)
    ]
    parts += new
    return _minors([_vertices(p, [*places, *range(-1, -1 - len(new), -1)]) for p in parts])


def _minors(rows: list[NDArray]) -> bool:
    """Whether all principal minors of 1 - E are positive; `rows`: the vertices of each row of E."""
    if math.prod(map(len, rows)) > MOST:
        return False
    P = np.eye(len(rows)) - np.array(list(product(*rows)))
    minors = (
        np.round(np.linalg.det(P[:, k][:, :, k]))  # of integers
        for size in range(1, len(rows) + 1)
        for k in map(list, combinations(range(len(rows)), size))
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


def _unfolded(P: PolyElement, Q: PolyElement, new: list[Parts]) -> Parts:
    """P/Q as a product of polynomials, with unknowns -1, -2, ... whose own quotients are appended to `new`."""
    (first, P), (second, Q) = _stripped(P), _stripped(Q)
    front: Parts = [(1, [first]), (-1, [second])]
    for sign, one, other in ((-1, Q, P), (1, P, Q)):  # P/Q = 1/(a + y) or a + y
        (a,), r = one.div([other])
        if a and r and all(c > 0 for x in (a, r) for c in x.coeffs()) and len(new) < MORE:
            new.append([])
            y = len(new)
            new[y - 1] = _unfolded(r, other, new)
            return [*front, (sign, [*_monomials(terms_of(a)), {-y: 1}])]
    return [*front, (1, _monomials(terms_of(P))), (-1, _monomials(terms_of(Q)))]


def _stripped(p: PolyElement) -> tuple[dict[int, int], PolyElement]:
    """The monomial that divides p, and the rest."""
    least = [min(k) for k in zip(*p.monoms(), strict=True)]
    return dict(enumerate(least)), p.ring({tuple(a - b for a, b in zip(m, least, strict=True)): c for m, c in p.terms()})


def _vertices(parts: Parts, places: Sequence[int]) -> NDArray:
    """The sums of exponents, each part's times its sign and multiplicity."""
    sets = [
        m * np.array(sorted({tuple(x.get(i, 0) for i in places) for x in monomials} or {(0,) * len(places)}))
        for m, monomials in parts
    ]
    return np.unique([np.sum(v, axis=0) for v in product(*sets)], axis=0)
