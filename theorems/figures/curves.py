"""What a figure draws of theory, as numbers: curves, refined and split at their poles, each with its simulated points."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from theorems.claims import Identity, Mean
from theorems.figures.plans import Along, along, fields, grid, lines, scale, theory
from theorems.figures.points import Points, simulate, together
from theorems.record import Curve, Plot, Theorem

FINE = 400  # points of a curve before it is refined at its poles


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line of a figure at `params`: theory on x (nan at a pole, so that no line crosses it), and the points.

    `line` counts the lines: the fields `of` of one line have the same. `text` is the name of a further curve.
    """

    params: Mapping[str, Any]
    varied: tuple[str, ...]
    of: str
    line: int
    text: str = ""
    x: np.ndarray
    y: np.ndarray
    poles: tuple[float, ...]
    points: Points | None = None
    other: np.ndarray | None = None  # an Identity's second route, on x


def _summit(at: Callable[[float], float], low: float, high: float) -> float:
    """Where |at| is largest between low and high, by golden section to the last bits: scipy's stops at their square root."""
    ratio = 0.5 * (math.sqrt(5) - 1)
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    a, b = abs(at(left)), abs(at(right))
    for _ in range(70):
        if a > b:
            high, right, b = right, left, a
            left = high - ratio * (high - low)
            a = abs(at(left))
        else:
            low, left, a = left, right, b
            right = low + ratio * (high - low)
            b = abs(at(right))
    return left if a > b else right


def poles(curve: Along, plot: Plot, x: np.ndarray, y: np.ndarray) -> tuple[float, ...]:
    """Where the curve is infinite or jumps: infinite values on the grid, peaks that grow without end, gaps that do not close."""

    def at(t: float) -> float:
        return float(curve(np.array([math.exp(t) if plot.log else t]))[0])

    found = [float(v) for v in x[~np.isfinite(y)]]
    t, size = scale(plot, x), np.abs(np.where(np.isfinite(y), y, 0.0))
    typical = float(np.median(size))
    inner = np.flatnonzero((size[1:-1] >= size[:-2]) & (size[1:-1] >= size[2:]) & (size[1:-1] > 3 * typical)) + 1
    for i in inner:
        if not np.isfinite(y[i - 1 : i + 2]).all():
            continue
        top = _summit(at, t[i - 1], t[i + 1])
        if abs(at(top)) > 1e5 * size[i]:  # a finite peak of a smooth curve on 400 points is nowhere near so much higher
            found.append(math.exp(top) if plot.log else top)
    spread = float(np.ptp(size[np.isfinite(y)])) if np.isfinite(y).any() else 0.0
    for i in np.flatnonzero(np.isfinite(y[1:]) & np.isfinite(y[:-1]) & (np.abs(np.diff(np.nan_to_num(y))) > 0.2 * spread)):
        a, b, ya, yb = t[i], t[i + 1], y[i], y[i + 1]
        gap = abs(yb - ya)
        for _ in range(30):  # halving: a gap that is still there in a billionth of the interval is a jump
            middle = 0.5 * (a + b)
            ym = at(middle)
            a, b, ya, yb = (a, middle, ya, ym) if abs(ym - ya) > abs(yb - ym) else (middle, b, ym, yb)
        if not abs(yb - ya) < 0.5 * gap:
            found.append(math.exp(0.5 * (a + b)) if plot.log else float(0.5 * (a + b)))
    found.sort()
    return tuple(v for i, v in enumerate(found) if i == 0 or v - found[i - 1] > 1e-6 * max(1.0, abs(v)))


def trace(curve: Along, plot: Plot, exact: bool = False) -> tuple[np.ndarray, np.ndarray, tuple[float, ...]]:
    """x, y and the poles: the fine grid, refined on both sides of each pole, with nan at the pole itself.

    What is exact at n knows whole p only: its curve joins the points p/n.
    """
    x = grid(plot, FINE)
    if exact and plot.x == "gamma":
        x = np.unique(np.round(x * plot.n) / plot.n)
        x = x[(x >= plot.low) & (x <= plot.high)]
        y = curve(x)
        return x, np.where(np.isfinite(y), y, np.nan), tuple(float(v) for v in x[~np.isfinite(y)])
    if plot.x == "gamma" and plot.low < 1 < plot.high:
        x = np.unique(np.append(x, 1.0))
    y = curve(x)
    found = poles(curve, plot, x, y)
    if not found:
        return x, y, found
    for pole in found:
        near = np.geomspace(1e-5, 2e-2, 16) * (pole if plot.log else plot.high - plot.low)
        x = np.concatenate([x[np.abs(x - pole) > near[0]], pole - near, pole + near])
    x = np.unique(x[(x >= plot.low) & (x <= plot.high)])
    y = curve(x)
    x = np.concatenate([x, found])
    y = np.concatenate([np.where(np.isfinite(y), y, np.nan), np.full(len(found), np.nan)])
    order = np.argsort(x)
    return x[order], y[order], found


def _line(
    record: Theorem,
    plot: Plot,
    params: dict[str, Any],
    *,
    of: Sequence[str],
    draws: int,
    entropy: int,
    tick: Callable[[], None],
    **name: Any,
) -> list[Series]:
    """The fields of one line."""
    full = dict(params)
    if plot.theory is None:
        full = record.parameters(**params, **{plot.x: plot.low})
        full.pop(plot.x)
    exact = plot.theory is None and isinstance(record.claim, Mean) and record.claim.exact
    out = []
    for field, points in zip(of, simulate(record, plot, params, of, draws, entropy, tick), strict=True):
        x, y, found = trace(theory(record, plot, params, field), plot, exact)
        other = None
        if isinstance(record.claim, Identity) and plot.theory is None:
            other = np.where(np.isfinite(y), theory(_other(record), plot, params, field)(x), np.nan)
        out.append(Series(params=full, of=field, x=x, y=y, poles=found, points=points, other=other, **name))
    return out


def series(record: Theorem, plot: Plot, *, draws: int, entropy: int, tick: Callable[[], None] = lambda: None) -> list[Series]:
    """Every line of the figure of a Mean, a Bound or an Identity. `tick` is called once a simulated point."""
    out: list[Series] = []
    of = fields(record, plot)
    if plot.together:
        ((name, values),) = plot.lines.items()
        plot = replace(plot, simulation=together(plot.simulation or getattr(record.claim, "simulation"), name, values))  # noqa: B009
    options: dict[str, Any] = {"draws": draws, "entropy": entropy, "tick": tick}
    for i, varied in enumerate(lines(plot)):
        out += _line(record, plot, {**plot.at, **varied}, of=of, line=i, varied=tuple(varied), **options)
    for i, (text, more) in enumerate(plot.also.items(), out[-1].line + 1):
        out += _further(more, plot, of=(more.of or of[0],), line=i, varied=(), text=text, **options)
    return out


def _further(more: Curve, plot: Plot, *, of: Sequence[str], draws: int, entropy: int, tick: Any, **name: Any) -> list[Series]:
    what = more.what
    if isinstance(what, Theorem):
        params = {k: v for k, v in plot.at.items() if k in what.domain} | dict(more.at)
        inner = replace(plot, theory=None, simulation=None)
        return _line(what, inner, params, of=of, draws=draws, entropy=entropy, tick=tick, **name)
    params = {**plot.at, **more.at}
    x, y, found = trace(along(what, plot.x, params, of[0]), plot)
    return [Series(params=params, of=of[0], x=x, y=y, poles=found, **name)]


def _other(record: Theorem) -> Theorem:
    assert isinstance(record.claim, Identity)
    return replace(record, claim=replace(record.claim, theory=record.claim.other))
