"""What a figure draws of the simulation, as numbers: points with intervals.

A point is the mean of the draws with a 95 % Student interval of the mean; where a draw has no variance (the simulator's `moments`
says so) it is the median with the order-statistic interval of the median, which holds for every law.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from simulate.streams import stream
from theorems.claims import at_size, moments
from theorems.figures.plans import Along, grid, pick, theory
from theorems.record import Plot, Theorem

LEVEL = 0.95  # of the intervals drawn
SIZES = ("n", "p", "k", "d")


@dataclass(frozen=True, kw_only=True)
class Points:
    """Simulated points: where, what, its interval, and whether it is a mean (else a median)."""

    x: np.ndarray
    centre: np.ndarray
    low: np.ndarray
    high: np.ndarray
    mean: np.ndarray  # bool
    theory: np.ndarray  # at the same x


def together(simulation: Callable[..., Any], name: str, values: Sequence[Any]) -> Callable[..., Any]:
    """The simulation at one of the values of `name`, drawn at all of them at once: every line has the same draws."""
    drawn: dict[tuple[Any, ...], dict[str, np.ndarray]] = {}

    def one(*, rng: np.random.Generator, **given: Any) -> SimpleNamespace:
        at = values.index(given.pop(name))
        key = tuple(sorted(given.items()))
        if key not in drawn:
            drawn[key] = simulation(**given, **{name: np.array(values)}, rng=rng).to_dict()
        return SimpleNamespace(**{field: draws[:, at] for field, draws in drawn[key].items()})

    one.moments = getattr(simulation, "moments", None)  # type: ignore[attr-defined]
    return one


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


def _settings(record: Theorem, plot: Plot, params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The parameters of the simulated points, at the x that the sizes drawn truly have."""
    seen = set()
    for x in grid(plot, 50 * plot.points)[25::50].tolist():  # a mark on the frame would be cut in half
        here = at_size({**params, plot.x: round(x) if plot.x in SIZES else x}, plot.n)
        try:
            here = here if plot.simulation else record.parameters(**here)
        except ValueError:  # p/n with a whole p may fall on the edge of the domain
            continue
        if here[plot.x] not in seen:
            seen.add(here[plot.x])
            yield here


def simulate(
    record: Theorem, plot: Plot, params: Mapping[str, Any], of: Sequence[str], draws: int, entropy: int, tick: Callable[[], None]
) -> list[Points | None]:
    """The points of each field `of`, all from the same draws; None for a field that the simulation does not give."""
    simulation = plot.simulation or (None if plot.theory else getattr(record.claim, "simulation", None))
    if simulation is None or plot.points == 0:
        return [None] * len(of)
    rows: list[list[tuple[Any, ...]]] = [[] for _ in of]
    for here in _settings(record, plot, params):
        sized = {"n": plot.n, **here}
        raw = simulation(**sized, draws=draws, rng=stream(entropy, record.name, "figure", here, plot.n))
        for i, name in enumerate(of):
            if i == 0 or hasattr(raw, name):
                values = np.asarray(pick(raw, name), dtype=np.float64).reshape(draws, -1)[:, 0]
                mean = moments(simulation, {k: v for k, v in sized.items() if k != "n"}, sized["n"], name) >= 2
                rows[i].append((here[plot.x], *interval(values, mean), mean))
        tick()
    return [_points(r, theory(record, plot, params, name)) for r, name in zip(rows, of, strict=True)]


def _points(rows: list[tuple[Any, ...]], curve: Along) -> Points | None:
    if not rows:
        return None
    x, centre, low, high, mean = (np.array(c) for c in zip(*rows, strict=True))
    return Points(x=x, centre=centre, low=low, high=high, mean=mean.astype(bool), theory=curve(x.astype(np.float64)))
