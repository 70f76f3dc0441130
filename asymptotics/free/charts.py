r"""The continuous part of a law as convergent series: its density, distribution function and quantiles.

About a point e, for x of a chart,

    f = Im m / pi = (1/pi) sum_t Im a_t s^(k + t),     s = (sign (x - e)/reach)^(1/q),                          (1)
    F(x) - F(e) = sign (reach q/pi) sum_t Im a_t s^(k + t + q) / (k + t + q).                                   (2)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]


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

    def _at(self, side: int) -> Array:
        """(2) at an end of each chart: 0 exactly where that is e."""
        sums = self.sums(self.ends[:, side], np.arange(len(self.ends)), 1)
        return np.where(self.ends[:, side] == self.places[:, 0], 0.0, sums)

    @cached_property
    def starts(self) -> Array:
        """(2) where each chart begins."""
        return self._at(0)

    @cached_property
    def masses(self) -> Array:
        """What the law puts on each chart."""
        return self._at(1) - self.starts

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
