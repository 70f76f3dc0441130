"""What the figure of a law draws, as numbers: a histogram of simulated points, and the density that theory gives them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulate.streams import stream
from theorems.claims import Law, at_size
from theorems.figures.plans import lines
from theorems.record import Plot, Theorem

BINS = 45  # at most
MOST_PANELS = 4


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """One panel: densities relative to all points; at zero the share `zero` (simulated) and `atom` (theory)."""

    params: Mapping[str, Any]
    varied: tuple[str, ...]
    edges: np.ndarray
    heights: np.ndarray
    x: np.ndarray
    density: np.ndarray
    zero: float
    atom: float
    points: str  # what is drawn: "eigenvalue", or "value" where a draw is one point

    def blocks(self) -> list[tuple[str, dict[str, Any]]]:
        """The plotted numbers by kind."""
        bars = {
            "x": 0.5 * (self.edges[1:] + self.edges[:-1]),
            "value": self.heights,
            "low": self.edges[:-1],
            "high": self.edges[1:],
        }
        atoms = [
            ("mass at zero, theory", {"x": [0.0], "value": [self.atom]}),
            ("mass at zero, simulation", {"x": [0.0], "value": [self.zero]}),
        ]
        return [
            ("density", {"x": self.x, "value": self.density}),
            ("histogram", bars),
            *(atoms if self.zero or self.atom else []),
        ]


def density(law: Any, x: np.ndarray) -> np.ndarray:
    """The law's own density, or the differences of its cdf between the midpoints of x."""
    own = getattr(law, "density", None) or getattr(law, "pdf", None)
    if own is not None:
        return np.asarray(own(x), dtype=np.float64)
    middle = 0.5 * (x[1:] + x[:-1])
    ends = np.concatenate([[2 * x[0] - middle[0]], middle, [2 * x[-1] - middle[-1]]])
    return np.diff(np.asarray(law.cdf(ends), dtype=np.float64)) / np.diff(ends)


def histograms(
    record: Theorem, plot: Plot, *, draws: int, entropy: int, tick: Callable[[], None] = lambda: None
) -> list[Histogram]:
    """One panel a value of `plot.lines`, or a case of the record where the plot names none."""
    claim = record.claim
    assert isinstance(claim, Law)
    wanted = [{**plot.at, **line} for line in lines(plot)] if plot.lines else list(record.cases)
    out = []
    for given in wanted[:MOST_PANELS]:
        params = at_size(record.parameters(**given), plot.n)
        law = claim.theory(**params)
        raw = claim.observe(params, plot.n, draws, stream(entropy, record.name, "figure", params, plot.n))
        if single := raw.size == draws:  # a point a draw: as many draws as another law has points
            raw = claim.observe(params, plot.n, draws * plot.n, stream(entropy, record.name, "figure", params, plot.n))
        values = np.asarray(raw, dtype=np.float64).ravel()
        tiny = 1e-9 * np.abs(values).max()  # round-off of a zero eigenvalue
        atom = float(law.cdf(0.0) - law.cdf(-tiny))
        rest = values[np.abs(values) > tiny]
        low, high = rest.min(), rest.max()
        start = low - 0.02 * (high - low)
        bins = min(BINS, max(10, math.isqrt(rest.size)))
        edges = np.linspace(max(0.0, start) if low > 0 else start, high + 0.02 * (high - low), bins + 1)
        heights = np.histogram(rest, edges)[0] / (values.size * np.diff(edges))
        levels = np.linspace(0, 1, 402)[1:-1]
        dense = np.asarray(law.quantile(levels), dtype=np.float64)
        span = edges[-1] - edges[0]
        x = np.unique(np.concatenate([np.linspace(edges[0] + 1e-4 * span, edges[-1], 601), dense[np.abs(dense) > tiny]]))
        out.append(
            Histogram(
                params=params,
                varied=tuple(plot.lines) or tuple(given),
                edges=edges,
                heights=heights,
                x=x,
                density=density(law, x),
                zero=float((np.abs(values) <= tiny).mean()),
                atom=atom if atom > 1e-8 else 0.0,  # 1e-8: a density's mass within `tiny`
                points="value" if single else "eigenvalue",
            )
        )
        tick()
    return out
