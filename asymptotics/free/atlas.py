r"""The continuous part of a law as convergent series: its cuts, density, distribution function and quantiles.

Between neighbouring real singular points e the branch m(x + i0) is analytic, so that it is real there throughout or nowhere: the
support is the union of the intervals where it is not, its ends are zeros of the discriminant, and one point decides an interval.
Each is covered by discs of half the distance to the next singular point, and about e itself by the Puiseux series:

    f = Im m / pi = (1/pi) sum_t Im a_t s^(k + t),     s = (sign (x - e)/reach)^(1/q),   0 <= s <= 1/2,         (1)
    F(x) - F(e) = sign (reach q/pi) sum_t Im a_t s^(k + t + q) / (k + t + q).                                   (2)

The series that is the physical branch is the one that agrees with the root followed from infinity (asymptotics.free.sheet).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from asymptotics.errors import ConvergenceError
from asymptotics.free.puiseux import TERMS, Branch, branches, context, moved, taylor
from asymptotics.free.series import root
from asymptotics.free.sheet import Sheet

Array = NDArray[np.float64]
MATCH = 1e-7  # relative: agreement of a series with the root followed; other branches are told apart far above it
TEST = 1 / 16  # of the reach: where they are compared
ABOVE = TEST * complex(np.exp(1.3j))  # not straight above, where symmetric laws have singular points


def _sums_py(x, charts, places, shapes, coefficients, want, out):
    """out[n]: (1) at x[n] on chart charts[n] for want 0, (2) counted from its centre for want 1; 0 where there is no chart (-1)."""
    for n in range(x.size):
        out[n] = 0.0
        c = charts[n]
        if c < 0:
            continue
        sign, q, k = places[c, 3], shapes[c, 0], shapes[c, 1]
        d = sign * ((x[n] - places[c, 0]) - places[c, 1]) / places[c, 2]
        s = d if q == 1 else np.sqrt(max(d, 0.0)) if q == 2 else max(d, 0.0) ** (1.0 / q)
        total = 0.0
        for t in range(coefficients.shape[1] - 1, -1, -1):
            a = coefficients[c, t]
            if want == 1:
                a = a / (k + t + q) if k + t + q != 0 else 0.0
            total = total * s + a
        power = k + q * want
        if power != 0:
            total = total * s**power if s > 0.0 or power > 0 else (np.inf if total > 0.0 else 0.0)
        out[n] = total * (sign * places[c, 2] * q if want == 1 else 1.0) / np.pi


def _solve_py(mass, charts, ends, places, shapes, coefficients, out):
    """out[n]: the x of chart charts[n] up to which (2), counted from the centre, is mass[n]; Newton kept in a bracket in s."""
    for n in range(mass.size):
        c = charts[n]
        sign, reach, q, k = places[c, 3], places[c, 2], shapes[c, 0], shapes[c, 1]
        low = sign * ((ends[c, 0] - places[c, 0]) - places[c, 1]) / reach
        high = sign * ((ends[c, 1] - places[c, 0]) - places[c, 1]) / reach
        if sign < 0.0:
            low, high = high, low
        if q > 1:
            low, high = max(low, 0.0) ** (1.0 / q), max(high, 0.0) ** (1.0 / q)
        goal = mass[n] * np.pi / (sign * reach * q)  # increases in s
        s = 0.5 * (low + high)
        for _ in range(100):
            f = g = 0.0
            for t in range(coefficients.shape[1] - 1, -1, -1):
                a = coefficients[c, t]
                g = g * s + a
                f = f * s + (a / (k + t + q) if k + t + q != 0 else 0.0)
            f = f * s ** (k + q) - goal
            g = g * s ** (k + q - 1) if k + q > 1 or s > 0.0 else g
            if f > 0.0:
                high = s
            else:
                low = s
            new = s - f / g if g > 0.0 else low - 1.0
            if not low <= new <= high:
                new = 0.5 * (low + high)
            if abs(new - s) <= 2e-16 * abs(s) or new == s:  # one rounding
                s = new
                break
            s = new
        x = places[c, 0] + (places[c, 1] + sign * reach * s**q)
        out[n] = min(max(x, ends[c, 0]), ends[c, 1])


_sums = njit(cache=True, nogil=True, error_model="numpy")(_sums_py)
_solve = njit(cache=True, nogil=True, error_model="numpy")(_solve_py)


@dataclass(frozen=True, eq=False)
class Atlas:
    """Charts in increasing order, and atoms.

    `ends` (n, 2): where each chart is used; `places` (n, 4): e in two halves, reach, sign; `shapes` (n, 2): q, k; `coefficients`
    (n, TERMS); `masses` (n,). `cuts` (c, 2): the intervals that the charts make up. `atoms`, `weights`: places and masses.
    """

    ends: Array
    places: Array
    shapes: NDArray[np.int64]
    coefficients: Array
    cuts: Array
    atoms: Array
    weights: Array

    def sums(self, x: Array, charts: NDArray[np.int64], want: int) -> Array:
        """The density (`want` 0), or its integral from the centre of the chart (1), at x (n,) of charts (n,), -1 for none."""
        out = np.empty(x.size)
        _sums(x, charts, self.places, self.shapes, self.coefficients, want, out)
        return out

    def find(self, x: Array) -> NDArray[np.int64]:
        """The chart of each x, -1 off the support."""
        c = np.searchsorted(self.ends[:, 1], x)
        return np.where((c < len(self.ends)) & (x >= np.append(self.ends[:, 0], np.inf)[c]), c, -1)

    @cached_property
    def starts(self) -> Array:
        """(2) where each chart begins: 0 exactly if it begins at e."""
        return np.where(self.ends[:, 0] == self.places[:, 0], 0.0, self.sums(self.ends[:, 0], np.arange(len(self.ends)), 1))

    @cached_property
    def masses(self) -> Array:
        return self.sums(self.ends[:, 1], np.arange(len(self.ends)), 1) - self.starts

    @cached_property
    def levels(self) -> tuple[NDArray[np.int64], Array]:
        """Charts c, and atoms as -1 - a, in increasing order; 0 and the mass up to the end of each, of the last 1 exactly."""
        places = np.concatenate([self.ends.mean(axis=1), self.atoms])
        names = np.concatenate([np.arange(len(self.ends)), -1 - np.arange(len(self.atoms))])
        order = np.argsort(places)
        masses = np.concatenate([self.masses, self.weights])[order]
        return names[order], np.concatenate([[0.0], np.cumsum(masses)[:-1], [1.0]])

    @property
    def last(self) -> NDArray[np.bool_]:
        """Charts about their right end, from which masses are counted."""
        return self.places[:, 3] < 0

    def cdf(self, x: Array) -> Array:
        names, levels = self.levels
        charts = self.find(x)
        places = np.concatenate([self.atoms[::-1], self.ends[:, 1]])[names + self.atoms.size]
        out = levels[np.searchsorted(places, x, side="right")]
        k = np.argsort(names)[charts + self.atoms.size]  # where the chart stands among the names
        i = charts >= 0
        c, k = charts[i], k[i]
        part = self.sums(x[i], c, 1)
        out[i] = np.clip(
            np.where(self.last[c], levels[k + 1] + part, levels[k] + (part - self.starts[c])), levels[k], levels[k + 1]
        )
        return out

    def quantile(self, u: Array) -> Array:
        names, levels = self.levels
        k = np.clip(np.searchsorted(levels, u, side="left") - 1, 0, len(names) - 1)
        name, out = names[k], np.empty(u.size)
        atom = name < 0
        out[atom] = self.atoms[-1 - name[atom]]
        c, k, u = name[~atom], k[~atom], u[~atom]
        goal = np.where(self.last[c], np.minimum(u - levels[k + 1], 0.0), self.starts[c] + np.maximum(u - levels[k], 0.0))
        found = np.empty(c.size)
        _solve(goal, c, self.ends, self.places, self.shapes, self.coefficients, found)
        out[~atom] = found
        return out


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
    charts: list[tuple[Any, Any, Any, Any, int, Branch]] = []  # from, to, e, reach, sign, branch: all in the scaled variable
    cuts: list[list[Any]] = []
    for i, (low, high) in enumerate(pairwise(real)):
        if not sheet.root(low + (high - low) * 0.4142).imag:  # no point of symmetry
            continue
        left, right = (
            (e, min(abs(e - s) for j, s in enumerate(every) if j != k), sign) for k, sign, e in ((i, 1, low), (i + 1, -1, high))
        )
        (e, reach, _), (_, width, _) = left, right
        first, last = _choose(sheet, e, reach, TEST), _choose(sheet, high, -width, TEST)
        at, end = low + reach / 2**first.q, high - width / 2**last.q
        charts.append((low, at, *left, first))
        while end - at > 1e-9 * (high - low):  # what is left belongs to the last chart
            centre, reach = _next(at, end, every)
            charts.append((at, min(centre + reach / 2, end), centre, reach, 1, _regular(sheet, centre, reach)))
            at = charts[-1][1]
        charts.append((at, high, *right, last))
        if cuts and cuts[-1][1] is sheet.real[i]:
            cuts[-1][1] = sheet.real[i + 1]
        else:
            cuts.append([sheet.real[i], sheet.real[i + 1]])
    return _finish(sheet, charts, cuts, *_atoms(sheet, every))


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


def _next(at: Any, end: Any, every: list[Any]) -> tuple[Any, Any]:
    """The furthest centre in [at, end] whose half disc begins at `at`, and its distance to the next singular point."""
    low, high = at, end
    for _ in range(40):  # centre - reach/2 increases with the centre
        c = (low + high) / 2
        if c - min(abs(c - s) for s in every) / 2 < at:
            low = c
        else:
            high = c
    return low, min(abs(low - s) for s in every)


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
