r"""Newton's polygon: the branch of Q(t, y) = 0 next to given numbers, as a Puiseux series in t -> 0+ with exact coefficients.

Q is a dictionary {(i, j): a} of the terms a t^i y^j, i rational. With y = c t^e + ... two terms at least must balance: e is minus the
slope of an edge of the lower hull of the points (j, i), and c a root of phi(c) = sum over the edge of a c^j. The branch tells which
edge and root; then y = t^e (c + y1), and so on with y1, e > 0. Once c is a simple root all further terms are rational in those
found: there Q is cut at the order that the terms asked for need.
"""

from __future__ import annotations

from fractions import Fraction
from math import comb, lcm
from typing import Any

from mpmath import mp, mpf

from asymptotics.conventions import refuse
from asymptotics.expansions.algebraic import Element, depth, number
from asymptotics.expansions.branch import polynomial_roots
from asymptotics.expansions.roots import coefficient, factors

Polynomial = dict[tuple[Fraction, int], Any]
Term = tuple[Fraction, Any]  # exponent, coefficient
POWER = 0.3  # how far y is from c t^e at the least t: a power of t, 1e-2 or less


def series(Q: Polynomial, branch: list[tuple[Any, Any]], terms: int, field: Any, point: list[Any], one: Any = None) -> list[Term]:
    """The first `terms` terms, fewer where the series ends, of the branch through `branch` = [(t, y), ...], least t last.

    `point`: exact numbers of the parameters; `one`: of the field of Q's coefficients, where that is not `field`.
    """
    found: list[Term] = []
    order, one = Fraction(0), one or field.one
    while len(found) < terms:
        if all(abs(y) <= mpf(10) ** (10 - mp.dps) for _, y in branch) and not any(j == 0 for _, j in Q):
            return found
        e, factor, near = _choose(Q, branch, field, point, one, first=not found)
        c, lift = coefficient(factor, near, field, point, one)
        if lift:
            Q, one = {k: lift(a) for k, a in Q.items()}, lift(one)
        order += e
        found.append((order, c))
        Q = shifted(Q, e, c)
        if depth(one) > 1 and any(abs(number(a, point)) <= mpf(10) ** (-mp.dps // 2) for a in Q.values()):
            refuse(
                "f", f"{len(found)} terms", "a coefficient is a root over a field with a root, and may be reducible; put numbers"
            )
        branch = [(t, y / t ** _mp(e) - near) for t, y in branch]
        if (Fraction(0), 1) in Q:
            return found + _regular(Q, terms - len(found), order)
    return found


def _mp(e: Fraction) -> Any:
    return mpf(e.numerator) / e.denominator


def hull(Q: Polynomial) -> list[list[tuple[Fraction, int]]]:
    """The edges of the lower hull, each with all its terms."""
    low: dict[int, Fraction] = {}
    for i, j in Q:
        low[j] = min(low.get(j, i), i)
    edges: list[list[tuple[Fraction, int]]] = []
    j = min(low)
    while j < max(low):
        slope = min((low[k] - low[j]) / (k - j) for k in low if k > j)
        edge = [(low[k], k) for k in sorted(low) if k >= j and low[k] - low[j] == slope * (k - j)]
        edges.append(edge)
        j = edge[-1][1]
    return edges


def _choose(Q: Polynomial, branch: Any, field: Any, point: Any, one: Any, first: bool) -> tuple[Fraction, list[Any], Any]:
    """(e, factor of phi, number of c) of the balance that the branch follows at its least t."""
    t, y = branch[-1]
    candidates = []
    for edge in hull(Q):
        (i0, j0), (i1, j1) = edge[0], edge[-1]
        e = (i0 - i1) / (j1 - j0)
        if e <= 0 and not first:
            continue
        phi = [one - one] * (j1 - j0 + 1)
        for i, j in edge:
            phi[j - j0] = Q[i, j]
        for factor in factors(phi, field, one):
            numbers = [number(a, point) for a in factor]
            while not numbers[-1]:  # a root that is infinite at the given parameters is not the branch's
                numbers.pop()
            if len(numbers) > 1:
                found = polynomial_roots(numbers)
                candidates += [(abs(y / (c * t ** _mp(e)) - 1), e, factor, c) for c in found if c]
    candidates.sort(key=lambda found: found[0])
    if not candidates or candidates[0][0] > POWER:
        refuse(
            "at",
            mp.nstr(y, 8),
            "no balance of Newton's polygon fits the branch: `given` is where the expansion changes, or y no power law",
        )
    if len(candidates) > 1 and candidates[1][0] < 3 * candidates[0][0]:
        refuse("at", mp.nstr(y, 8), "two branches are too close to tell; choose other parameters in `given`")
    return candidates[0][1:]


def shifted(Q: Polynomial, e: Fraction, c: Any, most: Fraction | None = None) -> Polynomial:
    """Q(t, t^e (c + y)) over its least power of t, without what is beyond t^most once y is a power of t itself."""
    low = min(i + e * j for i, j in Q)
    step = Fraction(1, lcm(*(i.denominator for i, _ in Q), e.denominator))  # y is O(t^step)
    powers = [c.extension.lift(c.extension.one) if isinstance(c, Element) else c / c]
    out: Polynomial = {}
    for (i, j), a in Q.items():
        k = i + e * j - low
        last = j if most is None else min(j, max(1, (most - k) // step)) if k <= most else -1
        while len(powers) <= j and last >= 0:
            powers.append(powers[-1] * c)
        for l in range(last + 1):
            term = a * powers[j - l] * comb(j, l)
            out[k, l] = out[k, l] + term if (k, l) in out else term
    return {key: a for key, a in out.items() if a}


def _regular(Q: Polynomial, terms: int, order: Fraction) -> list[Term]:
    """Terms of the one small root of Q, which has y t^0."""
    start = min((i for i, j in Q if j == 0), default=None)
    if start is None or terms == 0:
        return []
    width = start * (terms + 1)
    while True:
        found, whole = _within(Q, terms, order, width)
        if len(found) == terms or whole:
            return found
        width *= 2


def _within(Q: Polynomial, terms: int, order: Fraction, width: Fraction) -> tuple[list[Term], bool]:
    """The terms up to t^width, and whether nothing was cut."""
    found: list[Term] = []
    whole = all(i <= width for i, _ in Q)
    Q = {k: a for k, a in Q.items() if k[0] <= width}
    while len(found) < terms:
        e = min((i for i, j in Q if j == 0), default=None)
        if e is None:
            break
        c = -Q[e, 0] / Q[Fraction(0), 1]
        order, width = order + e, width - e
        found.append((order, c))
        before = max(i + e * j for i, j in Q) - e
        whole = whole and before <= width
        Q = shifted(Q, e, c, width)
    return found, whole
