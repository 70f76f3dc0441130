r"""A density known at points, as cosine series: cuts by bisection, distribution function and quantiles.

On a cut [a, b], x = (a + b)/2 - (b - a)/2 cos t, the function g(t) = f(x) dx/dt is even and smooth at edges where the density goes like
(x - a)^{1/2} or (x - a)^{-1/2}:

    g(t) = sum_k c_k cos kt,      F(t) = F(a) + c_0 t + sum_k c_k sin(kt)/k.                                    (1)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asymptotics.conventions import within
from asymptotics.errors import ConvergenceError

Array = NDArray[np.float64]
Transform = Callable[[NDArray[np.complex128]], tuple[NDArray[np.complex128], Array]]
GRID = 400
NODES = 4096  # of a cut at most: what needs more has a cusp
GOOD = 1e-9  # of the whole mass


@dataclass(frozen=True, eq=False)
class Continuous:
    """`cuts` (c, 2); `series`: the c_k of each; `levels`: F to the left of each cut, atoms counted; `atoms`, `weights`; `error`."""

    cuts: Array
    series: list[Array]
    atoms: Array
    weights: Array
    error: float

    def _level(self, x: float) -> float:
        """Mass of atoms at or below x and of cuts that end there."""
        done = sum(np.pi * c[0] for c, (_, b) in zip(self.series, self.cuts, strict=True) if b <= x)
        return float(done + self.weights[self.atoms <= x].sum())

    def _within(self, cut: int, x: Array) -> Array:
        a, b = self.cuts[cut]
        t = np.arccos(np.clip((a + b - 2 * x) / (b - a), -1, 1))
        return self._partial(cut, t)

    def _partial(self, cut: int, t: Array) -> Array:
        c = self.series[cut]
        k = np.arange(1, c.size)
        return c[0] * t + (np.sin(np.multiply.outer(t, k)) / k) @ c[1:]

    def cdf(self, x: Array) -> Array:
        flat = x.ravel()
        out = np.array([self._level(v) for v in flat])
        for i, (a, b) in enumerate(self.cuts):
            inside = (flat > a) & (flat < b)
            out[inside] += self._within(i, flat[inside])
        return np.clip(out, 0.0, 1.0).reshape(x.shape)[()]

    def quantile(self, u: Array) -> Array:
        u = within("u", u, lambda v: (v >= 0) & (v <= 1), "a probability, in [0, 1]")
        flat = u.ravel()
        ends = np.concatenate([self.cuts.ravel(), self.atoms])
        low, high = np.full(flat.size, ends.min()), np.full(flat.size, ends.max())
        for _ in range(100):
            middle = (low + high) / 2
            above = self.cdf(middle) >= flat
            low, high = np.where(above, low, middle), np.where(above, middle, high)
        return high.reshape(u.shape)[()]


def continuous(transform: Transform, low: float, high: float, atoms: Array, weights: Array, *, positive: bool) -> Continuous:
    """The continuous part between `low` and `high`, and the atoms that are known. ConvergenceError unless they make 1."""
    span = high - low
    grid = low + span * (np.arange(GRID) + 0.4142) / GRID
    if positive:  # towards a hard edge at 0
        grid = np.unique(np.concatenate([grid, high * 4.0 ** -np.arange(4, 20)]))
    _, error = transform(grid.astype(np.complex128))
    grid = grid[np.isfinite(error)]  # a point without a certificate says nothing; the mass tells if it mattered
    inside = _inside(transform, grid)
    flips = np.flatnonzero(inside[1:] != inside[:-1])
    lower, upper = grid[flips], grid[flips + 1]
    rising = inside[flips + 1]
    for _ in range(46):
        middle = (lower + upper) / 2
        same = _inside(transform, middle) == rising
        lower, upper = np.where(same, lower, middle), np.where(same, middle, upper)
    edges = (lower + upper) / 2
    edges = np.concatenate([[low] if inside[0] else [], edges, [high] if inside[-1] else []])
    cuts = edges.reshape(-1, 2)
    series, tails = [], 0.0
    for a, b in cuts:
        c, tail = _series(transform, a, b)
        series.append(c)
        tails += tail
    whole = sum(np.pi * c[0] for c in series) + weights.sum()
    if not abs(whole - 1) <= GOOD:
        raise ConvergenceError(
            "the mass of the law", residual=abs(whole - 1), iterations=GRID, causes="a narrow cut or gap, or a cusp"
        )
    return Continuous(cuts, series, atoms, weights, max(tails, abs(whole - 1)))


def _inside(transform: Transform, x: Array) -> NDArray[np.bool_]:
    m, error = transform(x.astype(np.complex128))
    return (m.imag > 0) & (m.imag > 2 * error) | ~np.isfinite(error)


def _series(transform: Transform, a: float, b: float) -> tuple[Array, float]:
    """c_k on a cut, from N midpoints in t, N doubled until the last quarter is small; and the size of that quarter."""
    n = 32
    while True:
        t = np.pi * (np.arange(n) + 0.5) / n
        m, error = transform(((a + b) / 2 - (b - a) / 2 * np.cos(t)).astype(np.complex128))
        if not np.all(np.isfinite(error)):
            raise ConvergenceError(
                "the density on a cut", residual=np.inf, iterations=n, causes="a gap inside it that was missed"
            )
        g = m.imag / np.pi * (b - a) / 2 * np.sin(t)
        c = np.cos(np.multiply.outer(np.arange(n), t)) @ g * (2 / n)
        c[0] /= 2
        tail = float(np.abs(c[3 * n // 4 :]).sum())
        if tail <= 1e-13 * np.pi * abs(c[0]) or n >= NODES or (n >= 512 and tail <= 1e-11):
            return c, tail
        n *= 2
