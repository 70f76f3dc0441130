"""The panels of a table's figure: test error, and below it the gap, against n, the penalty, and the number of random features."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from theorems.data.models import FeaturePopulation
from theorems.figures import styles
from theorems.figures.panels import ticks

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from theorems.data.exponents import Exponents
    from theorems.data.gaps import Parting
    from theorems.data.pool import Population
    from theorems.data.reading import Table

Array = NDArray[np.float64]
SHOWN = 0.6  # gaps beyond this are arrowheads at the edge
LINES = 4  # penalties on the left
SMALL = 0.2
PANELS = 3  # sizes on the right


class Measured(Protocol):
    """What is drawn: a theorems.data.DataReport."""

    @property
    def source(self) -> Table: ...
    @property
    def population(self) -> Population: ...
    @property
    def table(self) -> pd.DataFrame: ...
    @property
    def tuned(self) -> pd.DataFrame: ...
    @property
    def parting(self) -> Parting: ...
    @property
    def widths(self) -> pd.DataFrame | None: ...
    @property
    def entropy(self) -> int: ...
    @property
    def exponents(self) -> Exponents | None: ...
    @property
    def scale(self) -> bool: ...


def penalties(table: pd.DataFrame) -> list[float]:
    """At most `LINES` of the penalties: the smallest (0), and the rest from the middle of the grid."""
    lam = sorted(table["lam"].unique())
    if len(lam) <= LINES:
        return lam
    rest = lam[1:]
    return [lam[0], *(rest[round(q * (len(rest) - 1))] for q in np.linspace(0.33, 0.67, LINES - 1))]


def sizes(table: pd.DataFrame) -> list[int]:
    n = sorted(table["n"].unique())
    return sorted({n[round(q * (len(n) - 1))] for q in np.linspace(0.25, 1.0, PANELS)})


def _axis(n: Array, pole: int) -> Array:
    """Integers between the smallest and largest n, dense around the pole, where a nan breaks the line."""
    low, high = max(3, 0.8 * n.min()), n.max() * 1.1
    grid = set(np.geomspace(low, high, 200).round().astype(int))
    grid |= {v for v in range(pole - 12, pole + 13) if low <= v <= high}
    return np.array(sorted(grid), dtype=np.float64)


def _short(value: float) -> str:
    """Two digits; powers of ten where there would be many zeros."""
    if 1e-3 <= value < 1e4:
        return f"{float(f'{value:.2g}'):g}"
    digits, _, power = f"{value:.1e}".partition("e")
    return rf"${digits.removesuffix('.0')} \times 10^{{{int(power)}}}$"


def _arrows(ax: Axes, x: Array, at: float, arrow: str, colour: str) -> None:
    """Arrowheads on the edge; an empty unclipped line would take the layout apart."""
    if len(x):
        ax.plot(x, np.full(len(x), at), arrow, color=colour, ms=3.5, clip_on=False, zorder=4)


def _points(ax: Axes, x: Array, rows: pd.DataFrame, unit: float, colour: str, mark: str, top: float) -> None:
    """Measured values with 95 % intervals; GCV as crosses; medians open; arrowheads where they are off the scale."""
    y, low, high = (rows[k].to_numpy() / unit for k in ("measured", "low", "high"))
    on = y <= top
    mean = (rows["statistic"] == "mean").to_numpy() if "statistic" in rows else np.ones(len(rows), dtype=bool)
    for part, face in ((on & mean, colour), (on & ~mean, "white")):
        errors = np.clip([y[part] - low[part], high[part] - y[part]], 0, None)
        ax.errorbar(x[part], y[part], errors, fmt=mark, color=colour, mfc=face, ms=3, elinewidth=0.7, capsize=0, zorder=3)
    _arrows(ax, x[~on], top, "^", colour)
    if "gcv" in rows:
        gcv = rows["gcv"].to_numpy() / unit
        ax.plot(x[gcv <= top], gcv[gcv <= top], "x", color=colour, ms=3.2, mew=0.7, zorder=2.5)


def span(report: Measured) -> float:
    """Half the height of the gap's axis: a fifth where no gap is larger, `SHOWN` at most."""
    gaps = report.table["gap"][np.isfinite(report.table["predicted"])].abs()
    return SMALL if (gaps < 0.9 * SMALL).all() else SHOWN


def _gaps(ax: Axes, x: Array, rows: pd.DataFrame, colour: str, mark: str, edge: float) -> None:
    """measured / predicted - 1 with the interval of the measurement."""
    keep = np.isfinite(rows["predicted"].to_numpy())
    x, rows = x[keep], rows[keep]
    gap, low, high = ((rows[k] / rows["predicted"] - 1).to_numpy() for k in ("measured", "low", "high"))
    on = np.abs(gap) <= edge
    errors = np.clip([gap[on] - low[on], high[on] - gap[on]], 0, None)
    ax.errorbar(x[on], gap[on], errors, fmt=mark, color=colour, ms=2.6, elinewidth=0.6, capsize=0)
    if "rowwise" in rows:
        by_row = (rows["measured"] / rows["rowwise"] - 1).to_numpy()
        near = np.abs(by_row) <= edge
        ax.plot(x[near], by_row[near], "d", color=colour, mfc="none", ms=5, mew=0.7, zorder=3.5)
    for sign, arrow in ((1, "^"), (-1, "v")):
        _arrows(ax, x[~on & (np.sign(gap) == sign)], sign * edge, arrow, colour)


def _rowwise(ax: Axes, x: Array, rows: pd.DataFrame, unit: float, colour: str) -> None:
    """The prediction row for row, where it was made: open diamonds."""
    if "rowwise" in rows:
        ax.plot(x, rows["rowwise"] / unit, "d", color=colour, mfc="none", ms=5, mew=0.8, zorder=3.5)


def _mark_pole(axes: tuple[Axes, Axes], at: int, text: str) -> None:
    for ax in axes:
        ax.axvline(at, color=styles.GREY, lw=0.5, ls=":")
    axes[0].annotate(text, (at, 0), (2, 2), xycoords=("data", "axes fraction"), textcoords="offset points",
                     va="bottom", color=styles.GREY, fontsize="x-small")  # fmt: skip


def against_n(top: Axes, below: Axes, report: Measured, ceiling: float) -> None:
    table, p = report.table, report.population
    pole = int(p.capacity) + 1
    n = _axis(table["n"].to_numpy(), pole)
    chosen = penalties(table)
    edge = span(report)
    for i, lam in enumerate(chosen):
        colour, mark = styles.COLOURS[i], styles.MARKS[i]
        y = p.predict(n, lam) / p.variance
        label = "ridgeless" if lam == 0 else rf"$\lambda$ = {_short(lam)}"
        y = np.where(np.isfinite(y), y, np.nan)  # the pole itself: the line is broken there
        top.plot(n, y, color=colour, ls=styles.DASHES[i])
        top.plot([], [], color=colour, ls=styles.DASHES[i], marker=mark, label=label)
        rows = table[table["lam"] == lam]
        _points(top, rows["n"].to_numpy(float), rows, p.variance, colour, mark, ceiling)
        _rowwise(top, rows["n"].to_numpy(float), rows, p.variance, colour)
        _gaps(below, rows["n"].to_numpy(float) * 1.02 ** (i - len(chosen) / 2), rows, colour, mark, edge)
    some = n[:: max(1, len(n) // 60)]  # a smooth line
    top.plot(some, p.best(some, points=33)[1] / p.variance, color=styles.GREY, ls=styles.DASHES[4])
    top.plot([], [], color=styles.GREY, ls=styles.DASHES[4], marker=styles.MARKS[4], label=r"best $\lambda$; tuned by GCV")
    _points(top, report.tuned["n"].to_numpy(float), report.tuned, p.variance, styles.GREY, styles.MARKS[4], ceiling)
    if chosen[0] == 0 and n.min() < pole < n.max():
        _mark_pole((top, below), pole, "rank + 1" if p.capacity == p.rank else "$k$ + 1")
    below.set_xlabel("training rows $n$")
    below.set_ylabel("gap")


def against_lam(top: Axes, below: Axes, report: Measured, ceiling: float) -> None:
    table, p = report.table, report.population
    lam = np.array(sorted(table["lam"].unique()))
    positive = lam[lam > 0]
    if not len(positive):
        positive = np.array([1.0])
    zero = positive[0] / 6  # where lam = 0 is put on a logarithmic axis
    grid = np.geomspace(positive[0] / 1.5, positive[-1] * 1.5, 200)
    edge = span(report)
    for i, n in enumerate(sizes(table)):
        colour, mark = styles.COLOURS[i], styles.MARKS[i]
        top.plot(grid, p.predict(float(n), grid) / p.variance, color=colour, ls=styles.DASHES[i])
        top.plot([], [], color=colour, ls=styles.DASHES[i], marker=mark, label=f"$n$ = {n}")
        rows = table[table["n"] == n]
        x = rows["lam"].to_numpy(float)
        x = np.where(x == 0, zero, x)
        if lam[0] == 0:
            ridgeless = float(p.predict(float(n), 0.0)) / p.variance
            top.plot([zero / 1.5, zero * 1.5], [ridgeless, ridgeless], color=colour, ls=styles.DASHES[i])
        _points(top, x, rows, p.variance, colour, mark, ceiling)
        _rowwise(top, x, rows, p.variance, colour)
        _gaps(below, x * 1.06 ** (i - 1), rows, colour, mark, edge)
    below.set_xscale("log")
    if lam[0] == 0:
        powers = np.arange(np.ceil(np.log10(positive[0]) - 1e-9), np.floor(np.log10(positive[-1]) + 1e-9) + 1)[::2]
        few = len(positive) <= 4  # too few for decades: the penalties themselves
        at, names = (positive, [f"{v:.2g}" for v in positive]) if few else (10.0**powers, [f"$10^{{{v:.0f}}}$" for v in powers])
        below.set_xticks([zero, *at], ["0", *names])
        below.minorticks_off()
    below.set_xlabel(r"penalty $\lambda$")


def against_k(top: Axes, below: Axes, report: Measured, ceiling: float) -> None:
    """As against n, for as many penalties, at one n."""
    table, p = report.widths, report.population
    assert table is not None
    assert isinstance(p, FeaturePopulation)
    n = int(table["n"].iloc[0])
    k = _axis(table["k"].to_numpy(), n - 1)
    edge = span(report)
    for i, lam in enumerate(penalties(table)):
        colour, mark = styles.COLOURS[i], styles.MARKS[i]
        y = np.array([float(replace(p, features=int(v)).predict(float(n), lam)) for v in k]) / p.variance
        top.plot(k, np.where(np.isfinite(y), y, np.nan), color=colour, ls=styles.DASHES[i])
        rows = table[table["lam"] == lam]
        _points(top, rows["k"].to_numpy(float), rows, p.variance, colour, mark, ceiling)
        _gaps(below, rows["k"].to_numpy(float) * 1.02 ** (i - 2), rows, colour, mark, edge)
    if table["lam"].min() == 0:
        _mark_pole((top, below), n - 1, "$n$ - 1")
    below.set_xlabel(f"random features $k$ ($n$ = {n})")
    below.set_xscale("log")
    ticks(below.xaxis, *below.get_xlim())
