"""What a figure draws, as numbers: theory's curves, split at their poles, and simulated points with intervals.

A point is the mean of the draws with a 95 % Student interval of the mean; where a draw has no variance (the simulator's `moments`
says so) it is the median with the order-statistic interval of the median, which holds for every law.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from asymptotics.conventions import refuse
from simulate.streams import stream
from theorems.claims import Identity, Law, Mean, at_size, moments
from theorems.domain import Real
from theorems.record import Plot, Theorem
from theorems.tables import evaluate

LEVEL = 0.95  # of the intervals drawn
FINE = 400  # points of a curve before it is refined at its poles
Curve = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Points:
    """Simulated points: where, what, its interval, and whether it is a mean (else a median)."""

    x: np.ndarray
    centre: np.ndarray
    low: np.ndarray
    high: np.ndarray
    mean: np.ndarray  # bool
    theory: np.ndarray  # at the same x


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line of a figure at `params`: theory on x (nan at a pole, so that no line crosses it), and the points."""

    params: Mapping[str, Any]
    varied: tuple[str, ...]
    x: np.ndarray
    y: np.ndarray
    poles: tuple[float, ...]
    points: Points | None = None
    other: np.ndarray | None = None  # an Identity's second route, on x


def plan(record: Theorem) -> Plot:
    """The record's plot, or gamma on the axis at the first case's other parameters."""
    if record.plot is not None:
        return record.plot
    if isinstance(record.claim, Law):
        return Plot()
    if "gamma" not in record.domain:
        refuse(
            "plot", None, f"the record {record.name} has no parameter gamma, so it must say what its figure shows: plot=Plot(...)"
        )
    domain, plot = record.domain["gamma"], Plot()
    if isinstance(domain, Real):  # 2 %: off the open ends, where the curve may be infinite
        low, high = max(plot.low, 1.02 * domain.low), min(plot.high, 0.98 * domain.high)
        plot = replace(plot, low=low, high=high)
    return replace(plot, at={k: v for k, v in record.cases[0].items() if k != "gamma"})


def lines(plot: Plot) -> Iterator[dict[str, Any]]:
    """One dictionary a line: every combination of the values in `plot.lines`."""
    for values in itertools.product(*plot.lines.values()):
        yield dict(zip(plot.lines, values, strict=True))


def scale(plot: Plot, x: Any) -> np.ndarray:
    """x as the eye sees it along the axis."""
    return np.log(x) if plot.log else np.asarray(x, dtype=np.float64)


def grid(plot: Plot, count: int) -> np.ndarray:
    """`count` points from low to high, evenly for the eye."""
    x = np.geomspace(plot.low, plot.high, count) if plot.log else np.linspace(plot.low, plot.high, count)
    x[[0, -1]] = plot.low, plot.high
    return x


def theory(record: Theorem, plot: Plot, params: Mapping[str, Any], of: str) -> Curve:
    """The field `of` along x. An exact claim, which knows n, is asked point by point at the figure's size."""
    claim = record.claim

    def along(x: np.ndarray) -> np.ndarray:
        if isinstance(claim, Mean) and claim.exact:
            fields = [claim.predict(record.parameters(**params, **{plot.x: v.item()}), plot.n) for v in x]
            return np.array([float(getattr(f, of, f)) for f in fields])
        found = evaluate(record, {**params, plot.x: x}, x.shape)
        if of not in found:
            refuse("of", of, f"the theory of {record.name} gives {', '.join(found)}")
        return found[of]

    return along


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


def poles(curve: Curve, plot: Plot, x: np.ndarray, y: np.ndarray) -> tuple[float, ...]:
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


def trace(curve: Curve, plot: Plot, exact: bool = False) -> tuple[np.ndarray, np.ndarray, tuple[float, ...]]:
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
    for pole in found:
        near = np.geomspace(1e-5, 2e-2, 16) * (pole if plot.log else plot.high - plot.low)
        x = np.concatenate([x[np.abs(x - pole) > near[0]], pole - near, pole + near])
    x = np.unique(x[(x >= plot.low) & (x <= plot.high)])
    y = curve(x)
    if found:
        x = np.concatenate([x, found])
        y = np.concatenate([np.where(np.isfinite(y), y, np.nan), np.full(len(found), np.nan)])
        order = np.argsort(x)
        x, y = x[order], y[order]
    return x, y, found


def interval(values: np.ndarray, mean: bool) -> tuple[float, float, float]:
    """Centre and 95 % interval of draws: the mean and Student's, or the median and that of the order statistics."""
    from scipy.special import bdtr, stdtrit

    values = np.sort(values)
    n = len(values)
    if mean:
        centre = float(values.mean())
        half = -stdtrit(n - 1.0, (1 - LEVEL) / 2) * values.std(ddof=1) / math.sqrt(n)
        return centre, centre - half, centre + half
    rank = max([j for j in range(1, n // 2 + 1) if bdtr(j - 1, n, 0.5) <= (1 - LEVEL) / 2], default=1)
    return float(np.median(values)), float(values[rank - 1]), float(values[n - rank])


def simulate(
    record: Theorem, plot: Plot, params: Mapping[str, Any], of: str, draws: int, entropy: int
) -> Iterator[tuple[Any, ...]]:
    """One tuple (x, centre, low, high, is a mean) a point, at the x that the sizes drawn truly have."""
    claim = record.claim
    assert not isinstance(claim, Identity)
    seen = set()
    inner = grid(plot, 50 * plot.points)[25::50]  # a mark on the frame would be cut in half
    for x in inner:
        here = at_size({**params, plot.x: float(x)}, plot.n)
        try:
            here = record.parameters(**here)
        except ValueError:  # p/n with a whole p may fall on the edge of the domain
            continue
        if here[plot.x] in seen:
            continue
        seen.add(here[plot.x])
        raw = claim.observe(here, plot.n, draws, stream(entropy, record.name, "figure", here, plot.n))
        values = np.asarray(getattr(raw, of, raw), dtype=np.float64).reshape(draws, -1)[:, 0]
        mean = moments(claim.simulation, here, plot.n, of) >= 2
        yield here[plot.x], *interval(values, mean), mean


def series(
    record: Theorem, plot: Plot, *, of: str, draws: int, entropy: int, tick: Callable[[], None] = lambda: None
) -> list[Series]:
    """Every line of the figure of a Mean, a Bound or an Identity. `tick` is called once a simulated point."""
    out = []
    for varied in lines(plot):
        params = {**plot.at, **varied}
        curve = theory(record, plot, params, of)
        x, y, found = trace(curve, plot, isinstance(record.claim, Mean) and record.claim.exact)
        full = record.parameters(**params, **{plot.x: float(x[0])})
        full.pop(plot.x)
        if isinstance(record.claim, Identity):
            second = theory(_other(record), plot, params, of)(x)
            other = np.where(np.isfinite(y), second, np.nan)
            out.append(Series(params=full, varied=tuple(varied), x=x, y=y, poles=found, other=other))
            continue
        rows = []
        for row in simulate(record, plot, params, of, draws, entropy):
            rows.append(row)
            tick()
        columns = [np.array(c) for c in zip(*rows, strict=True)] if rows else [np.empty(0)] * 5
        points = Points(
            x=columns[0],
            centre=columns[1],
            low=columns[2],
            high=columns[3],
            mean=columns[4].astype(bool),
            theory=curve(columns[0]) if rows else columns[0],
        )
        out.append(Series(params=full, varied=tuple(varied), x=x, y=y, poles=found, points=points))
    return out


def _other(record: Theorem) -> Theorem:
    assert isinstance(record.claim, Identity)
    return replace(record, claim=replace(record.claim, theory=record.claim.other))
