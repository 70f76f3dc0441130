r"""The cuts and atoms of a law, certified, and the charts of its density.

Between neighbouring real singular points e the branch m(x + i0) is analytic, so that it is real there throughout or nowhere: the
support is the union of the intervals where it is not, its ends are zeros of the discriminant, and one point decides an interval.
Each is covered by discs of half the distance to the next singular point, and about e itself by the Puiseux series, for
|s| <= 1/2 (asymptotics.free.charts). The series that is the physical branch is the one that agrees with the root followed from
infinity (asymptotics.free.sheet). The masses of charts and atoms must make 1.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import ConvergenceError
from asymptotics.free.charts import Atlas
from asymptotics.free.puiseux import TERMS, Branch, branches, context, moved, taylor
from asymptotics.free.series import root
from asymptotics.free.sheet import Sheet

Array = NDArray[np.float64]
CHARTS = 200  # of half a cut
MATCH = 1e-7  # relative: agreement of a series with the root followed; other branches are told apart far above it
TEST = 1 / 16  # of the reach: where they are compared
ABOVE = TEST * complex(np.exp(1.3j))  # not straight above, where symmetric laws have singular points


Chart = tuple[Any, Any, Any, Any, int, Branch]  # from, to, e, reach, sign, branch: all in the scaled variable


def _halves(x: Any) -> tuple[float, float]:
    high = float(x)
    return high, float(x - high)


def _choose(sheet: Sheet, e: Any, step: Any, at: complex) -> Branch:
    """The series about e that is the physical branch at e + at step."""
    value = complex(sheet.root(e + step * context().mpmathify(at)))
    found = [b for b in branches(sheet.rows, e, step) if abs(b(at) - value) <= MATCH * max(abs(value), 1e-3)]
    if len({b(at) for b in found}) != 1:
        raise ConvergenceError(
            "the choice among the branches at a singular point",
            residual=MATCH,
            iterations=len(found),
            causes="branches that touch, or a polynomial that is not of a law",
        )
    return found[0]


def _regular(sheet: Sheet, e: Any, reach: Any) -> Branch:
    """The same about a point that is not singular."""
    m = sheet.root(e)
    C = moved(taylor(sheet.rows, e, reach), m)
    C[0][0] = context().mpf(0)
    top = max(abs(c) for row in C for c in row)
    a = root(np.array([[complex(c / top) for c in row] for row in C]), 0.0, TERMS)
    a[0] = complex(m)
    return Branch(1, 0, a)


def build(sheet: Sheet) -> Atlas:
    """The charts of the law; ConvergenceError unless its parts make 1."""
    real = [sheet.local(e) for e in sheet.real]
    every = [*real, *(sheet.local(e) for e in sheet.others)]
    charts: list[Chart] = []
    cuts: list[list[Any]] = []
    for i, (low, high) in enumerate(pairwise(real)):
        if not sheet.root(low + (high - low) * 0.4142).imag:  # no point of symmetry
            continue
        for a, b in pairwise(_stations(low, high, every[len(real) :])):
            charts += _half(sheet, a, 1, (a + b) / 2, every)
            charts += [(stop, start, *rest) for start, stop, *rest in reversed(_half(sheet, b, -1, (a + b) / 2, every))]
        if cuts and cuts[-1][1] is sheet.real[i]:
            cuts[-1][1] = sheet.real[i + 1]
        else:
            cuts.append([sheet.real[i], sheet.real[i + 1]])
    return _finish(sheet, charts, cuts, *_atoms(sheet, every))


def _stations(low: Any, high: Any, others: list[Any]) -> list[Any]:
    """low, high, and what lies below singular points that nearly are real: distances from there keep their digits."""
    out = [low, high]
    for s in others:
        if 0 < s.imag < 1e-3 * (high - low) and low < s.real < high and all(abs(s.real - t) > 1e-3 * s.imag for t in out):
            out.append(s.real)
    return sorted(out)


def _half(sheet: Sheet, e: Any, sign: int, middle: Any, every: list[Any]) -> list[Chart]:
    """Charts from a point e to the middle of an interval, the first about e; distances from e, so that tiny ones keep digits."""
    mp = context()
    away = np.array([complex(sign * (s - e)) for s in every])
    reach = min(abs(e - s) for s in every if s is not e)
    branch = _choose(sheet, e, sign * reach, TEST)
    at, end = float(reach) / 2**branch.q, float(abs(middle - e))
    charts: list[Chart] = [(e, e + sign * mp.mpf(at), e, reach, sign, branch)]
    while end - at > 1e-12 * end:
        centre = e + sign * mp.mpf(_next(at, end, away))
        reach = min(abs(centre - s) for s in every)
        new = min(float(abs(centre - e) + reach / 2), end)
        if len(charts) > CHARTS or not new > at:
            raise ConvergenceError(
                "the cover of a cut", residual=end - at, iterations=len(charts), causes="singular points too close"
            )
        charts.append((e + sign * mp.mpf(at), e + sign * mp.mpf(new), centre, reach, 1, _regular(sheet, centre, reach)))
        at = new
    start, stop, _, reach, *_ = charts[-1]
    if abs(middle - stop) > 1e-2 * reach:  # what is left belongs to the last chart
        raise ConvergenceError(
            "the cover of a cut", residual=end - at, iterations=len(charts), causes="singular points too close"
        )
    start, _, *rest = charts[-1]
    return [*charts[:-1], (start, middle, *rest)]


def transform(sheet: Sheet, z: NDArray[np.complex128]) -> tuple[NDArray[np.complex128], Array]:
    """m(z), Im z >= 0, and its relative error: from infinity, but by the series about a real singular point in its disc."""
    scale = float(sheet.scale)
    mp = context()
    m, errors = sheet.follow((z - float(sheet.centre)) / scale)
    for i in np.flatnonzero((errors > 1e-14) & (errors < np.inf)):  # in more digits
        m[i], errors[i] = complex(sheet.root(sheet.local(mp.mpmathify(complex(z[i]))))), 1e-15
    m = m / scale
    for e, (high, low), reach in zip(sheet.real, map(_halves, sheet.real), sheet.reaches, strict=True):
        d = ((z - high) - low) / (reach * scale)
        near = (abs(d) < 1 / 8) & (errors > 4e-16)
        if near.any():
            branch = sheet.about.setdefault(high, None) or _choose(sheet, sheet.local(e), mp.mpf(reach), ABOVE)
            sheet.about[high] = branch
            s = (d[near].real + 1j * np.maximum(d[near].imag, 0.0)) ** (1 / branch.q)
            with np.errstate(divide="ignore", invalid="ignore"):
                value = np.polynomial.polynomial.polyval(s, branch.coefficients) * s**branch.k / scale
            good = abs(s) <= 0.5
            m[near] = np.where(good, np.where((s == 0) & (branch.k < 0), np.inf, value), m[near])
            errors[near] = np.where(good, 4e-16, errors[near])
    return m, errors


def _next(at: float, end: float, singular: NDArray[np.complex128]) -> float:
    """The furthest centre in [at, end] whose half disc begins at `at`."""
    low, high = at, end
    for _ in range(40):  # centre - reach/2 increases with the centre
        c = (low + high) / 2
        if c - np.min(abs(c - singular)) / 2 < at:
            low = c
        else:
            high = c
    return low


def _atoms(sheet: Sheet, every: list[Any]) -> tuple[list[Any], list[float]]:
    """Places and masses of the atoms: simple poles of the branch, m = mass/(e - z) + ..."""
    places, masses = [], []
    for e in sheet.poles:
        at = sheet.local(e)
        reach = min((abs(at - s) for s in every if s != at), default=context().mpf(1))
        branch = _choose(sheet, at, reach, ABOVE)
        if branch.k < -branch.q:
            raise ConvergenceError("the law", residual=np.inf, iterations=0, causes="a pole of higher order: P is not of a law")
        if branch.k == -branch.q:
            places.append(e)
            masses.append(-float(branch.coefficients[0].real) * float(reach))
    return places, masses


def _finish(sheet: Sheet, charts: list[Any], cuts: list[list[Any]], places: list[Any], masses: list[float]) -> Atlas:
    mp = context()
    scale, centre = (mp.mpf(x.numerator) / x.denominator for x in (sheet.scale, sheet.centre))
    n = len(charts)
    ends, where, shapes = np.empty((n, 2)), np.empty((n, 4)), np.empty((n, 2), dtype=np.int64)
    coefficients = np.empty((n, TERMS))
    for c, (start, stop, e, reach, sign, branch) in enumerate(charts):
        ends[c] = float(start * scale + centre), float(stop * scale + centre)
        where[c] = *_halves(e * scale + centre), float(reach * scale), sign
        shapes[c] = branch.q, branch.k
        coefficients[c] = branch.coefficients.imag / float(sheet.scale)
    bounds = np.array(cuts, dtype=np.float64).reshape(-1, 2)
    atlas = Atlas(ends, where, shapes, coefficients, bounds, np.array(places, dtype=np.float64), np.array(masses))
    whole = atlas.masses.sum() + atlas.weights.sum()
    if not abs(whole - 1) <= 1e-12 or np.any(atlas.masses < -1e-15) or np.any(atlas.weights < 0):  # a sum of series of 60 terms
        raise ConvergenceError("the mass of the law", residual=abs(whole - 1), iterations=n, causes="P is not of a law")
    return atlas
