"""Learning curves of a table on paper: predicted lines, measured points with intervals, GCV from the training part alone.

Against the training size n, the penalty lam and, for random features, their number k; below, how far measurement is from prediction.
Errors are in units of the target's variance: 1 is the error of the mean. No line is drawn through the pole of ridgeless, where n - 1
is the rank or k.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from theorems.data.gaps import TOLERANCE
from theorems.figures import Drawing, styles
from theorems.figures.panels import ticks
from theorems.tables import versions

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from theorems.data.gaps import Parting
    from theorems.data.pool import Population
    from theorems.data.reading import Table

Array = NDArray[np.float64]
SHOWN = 0.6  # gaps beyond this are arrowheads at the edge
LINES = 4  # penalties on the left
PANELS = 3  # sizes on the right
NARROW = 4.5  # inches: one column of two


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
    def scale(self) -> bool: ...


def _penalties(table: pd.DataFrame) -> list[float]:
    """At most `LINES` of the penalties: the smallest (0), and the rest from the middle of the grid."""
    lam = sorted(table["lam"].unique())
    if len(lam) <= LINES:
        return lam
    rest = lam[1:]
    return [lam[0], *(rest[round(q * (len(rest) - 1))] for q in np.linspace(0.33, 0.67, LINES - 1))]


def _sizes(table: pd.DataFrame) -> list[int]:
    n = sorted(table["n"].unique())
    return sorted({n[round(q * (len(n) - 1))] for q in np.linspace(0.25, 1.0, PANELS)})


def _axis(n: Array, pole: int) -> Array:
    """Integers between the smallest and largest n, dense around the pole, where a nan breaks the line."""
    low, high = max(3, 0.8 * n.min()), n.max() * 1.1
    grid = set(np.geomspace(low, high, 200).round().astype(int))
    grid |= {v for v in range(pole - 12, pole + 13) if low <= v <= high}
    return np.array(sorted(grid), dtype=np.float64)


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


def _gaps(ax: Axes, x: Array, rows: pd.DataFrame, colour: str, mark: str) -> None:
    """measured / predicted - 1 with the interval of the measurement."""
    keep = np.isfinite(rows["predicted"].to_numpy())
    x, rows = x[keep], rows[keep]
    gap, low, high = ((rows[k] / rows["predicted"] - 1).to_numpy() for k in ("measured", "low", "high"))
    on = np.abs(gap) <= SHOWN
    errors = np.clip([gap[on] - low[on], high[on] - gap[on]], 0, None)
    ax.errorbar(x[on], gap[on], errors, fmt=mark, color=colour, ms=2.6, elinewidth=0.6, capsize=0)
    for sign, arrow in ((1, "^"), (-1, "v")):
        _arrows(ax, x[~on & (np.sign(gap) == sign)], sign * SHOWN, arrow, colour)


def _rowwise(ax: Axes, x: Array, rows: pd.DataFrame, unit: float, colour: str) -> None:
    """The prediction row for row, where it was made: dashes beside the points."""
    if "rowwise" in rows:
        ax.plot(x, rows["rowwise"] / unit, "_", color=colour, ms=9, mew=1.1, zorder=3.5)


def _mark_pole(axes: tuple[Axes, Axes], at: int, text: str) -> None:
    for ax in axes:
        ax.axvline(at, color=styles.GREY, lw=0.5, ls=":")
    axes[0].annotate(text, (at, 0), (2, 2), xycoords=("data", "axes fraction"), textcoords="offset points",
                     va="bottom", color=styles.GREY, fontsize="x-small")  # fmt: skip


def _against_n(top: Axes, below: Axes, report: Measured, ceiling: float) -> None:
    table, p = report.table, report.population
    pole = int(p.capacity) + 1
    n = _axis(table["n"].to_numpy(), pole)
    chosen = _penalties(table)
    for i, lam in enumerate(chosen):
        colour, mark = styles.COLOURS[i], styles.MARKS[i]
        y = p.predict(n, lam) / p.variance
        label = "ridgeless" if lam == 0 else rf"$\lambda$ = {lam:.2g}"
        y = np.where(np.isfinite(y), y, np.nan)  # the pole itself: the line is broken there
        top.plot(n, y, color=colour, ls=styles.DASHES[i])
        top.plot([], [], color=colour, ls=styles.DASHES[i], marker=mark, label=label)
        rows = table[table["lam"] == lam]
        _points(top, rows["n"].to_numpy(float), rows, p.variance, colour, mark, ceiling)
        _rowwise(top, rows["n"].to_numpy(float), rows, p.variance, colour)
        _gaps(below, rows["n"].to_numpy(float) * 1.02 ** (i - len(chosen) / 2), rows, colour, mark)
    some = n[:: max(1, len(n) // 60)]  # a smooth line
    top.plot(some, p.best(some)[1] / p.variance, color=styles.GREY, ls=styles.DASHES[4])
    top.plot([], [], color=styles.GREY, ls=styles.DASHES[4], marker=styles.MARKS[4], label=r"best $\lambda$; tuned by GCV")
    _points(top, report.tuned["n"].to_numpy(float), report.tuned, p.variance, styles.GREY, styles.MARKS[4], ceiling)
    if chosen[0] == 0 and n.min() < pole < n.max():
        _mark_pole((top, below), pole, "rank + 1" if p.capacity == p.rank else "$k$ + 1")
    below.set_xlabel("training rows $n$")
    below.set_ylabel("gap")


def _against_lam(top: Axes, below: Axes, report: Measured, ceiling: float) -> None:
    table, p = report.table, report.population
    lam = np.array(sorted(table["lam"].unique()))
    positive = lam[lam > 0]
    if not len(positive):
        positive = np.array([1.0])
    zero = positive[0] / 6  # where lam = 0 is put on a logarithmic axis
    grid = np.geomspace(positive[0] / 1.5, positive[-1] * 1.5, 200)
    for i, n in enumerate(_sizes(table)):
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
        _gaps(below, x * 1.06 ** (i - 1), rows, colour, mark)
    below.set_xscale("log")
    if lam[0] == 0:
        powers = np.arange(np.ceil(np.log10(positive[0]) - 1e-9), np.floor(np.log10(positive[-1]) + 1e-9) + 1)[::2]
        few = len(positive) <= 4  # too few for decades: the penalties themselves
        at, names = (positive, [f"{v:.2g}" for v in positive]) if few else (10.0**powers, [f"$10^{{{v:.0f}}}$" for v in powers])
        below.set_xticks([zero, *at], ["0", *names])
        below.minorticks_off()
    below.set_xlabel(r"penalty $\lambda$")


def _against_k(top: Axes, below: Axes, report: Measured, ceiling: float) -> None:
    """As against n, for as many penalties, at one n."""
    assert report.widths is not None
    table, p = report.widths, report.population
    n = int(table["n"].iloc[0])
    k = _axis(table["k"].to_numpy(), n - 1)
    for i, lam in enumerate(_penalties(table)):
        colour, mark = styles.COLOURS[i], styles.MARKS[i]
        y = np.array([float(replace(p, features=int(v)).predict(float(n), lam)) for v in k]) / p.variance
        top.plot(k, np.where(np.isfinite(y), y, np.nan), color=colour, ls=styles.DASHES[i])
        rows = table[table["lam"] == lam]
        _points(top, rows["k"].to_numpy(float), rows, p.variance, colour, mark, ceiling)
        _gaps(below, rows["k"].to_numpy(float) * 1.02 ** (i - 2), rows, colour, mark)
    if table["lam"].min() == 0:
        _mark_pole((top, below), n - 1, "$n$ - 1")
    below.set_xlabel(f"random features $k$ ($n$ = {n})")
    below.set_xscale("log")
    ticks(below.xaxis, *below.get_xlim())


def _ceiling(report: Measured) -> float:
    """The upper edge: what is away from the pole is seen, at most twenty times the error of the mean."""
    table, p = report.table, report.population
    seen = table[
        np.isfinite(table["predicted"]) & ((table["lam"] > 0) | ((table["n"] - 1 - p.capacity).abs() > 0.25 * p.capacity))
    ]
    shown = seen[seen["lam"].isin(_penalties(table)) | seen["n"].isin(_sizes(table))]
    return float(np.clip(1.5 * (shown["measured"].max() if len(shown) else 0) / p.variance, 1.5, 20))


def caption(report: Measured) -> str:
    """What the figure shows, in words."""
    p, t = report.population, report.source
    draws = sorted(report.table["draws"].unique())
    count = f"{draws[-1]}" if len(draws) == 1 else f"{draws[0]} to {draws[-1]}"
    units = "scaled to variance one over the whole table" if report.scale else "in their own units"
    gap = report.parting.cells.set_index("predictor").loc["predicted"]
    return (
        f"{p.model[0].upper()}{p.model[1:]} on {t.source}, target {t.target}: "
        f"{p.rows} rows, {p.columns} columns, rank {p.rank}. Test error in units of the "
        "target's variance. Lines: the omniscient formula for rows drawn without replacement from the table. "
        f"{'Dashes: the prediction from the Gram matrix row for row. ' if 'rowwise' in report.table else ''}"
        f"Points: mean of {count} subsamples, tested on all rows left out, with 95% intervals (open: medians, where single draws "
        "rule the mean; arrowheads: off the scale). Crosses: generalised cross-validation of the training rows alone. The "
        f"intercept is fitted on the training rows; columns are {units}. "
        f"Below: the gap, measured / predicted - 1, with a band of {TOLERANCE:.0%}. Median gap {gap['median']:.1%}; worst "
        f"{gap['worst']:.1%}, at n = {gap['n']:.0f}, lam = {gap['lam']:.3g}. Seed {report.entropy}."
    )


def figure(report: Measured, *, venue: str = "neurips", width: str | float | None = "full") -> Drawing:
    """Draw a report. venue, width: as in theorems.figures.figure."""
    import matplotlib
    import pandas as pd
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.ticker import PercentFormatter

    style = styles.venue(venue)
    inches = style.inches(width)
    with matplotlib.rc_context(styles.rc(style)):  # type: ignore[arg-type]
        drawn: Any = Figure(figsize=(inches, max(0.66 * inches, 3.2)), layout="constrained")
        wide = report.widths is not None
        axes: Any = drawn.subplots(2, 3 if wide else 2, sharex="col", sharey="row", gridspec_kw={"height_ratios": (3, 1.1)})
        ceiling = _ceiling(report)
        _against_n(axes[0, 0], axes[1, 0], report, ceiling)
        _against_lam(axes[0, 1], axes[1, 1], report, ceiling)
        if wide:
            _against_k(axes[0, 2], axes[1, 2], report, ceiling)
        axes[0, 0].set_xscale("log")
        axes[0, 0].set_yscale("log")
        floor = 0.85 * float(np.nanmin([report.table["low"].min(), report.table["predicted"].min(), report.table["gcv"].min()]))
        floor = max(floor / report.population.variance, ceiling * 1e-6)
        axes[0, 0].set_ylim(floor, ceiling)
        ticks(axes[0, 0].xaxis, *axes[0, 0].get_xlim())
        ticks(axes[0, 0].yaxis, floor, ceiling)
        axes[0, 0].set_ylabel("test error / variance" + (" of target" if inches > NARROW else ""))
        for ax in axes[0]:
            ax.axhline(1.0, color=styles.GREY, lw=0.5, ls=":")
        for ax in axes[1]:
            ax.axhspan(-TOLERANCE, TOLERANCE, color=styles.GREY, alpha=0.15, lw=0)
            ax.axhline(0.0, color=styles.GREY, lw=0.5)
            ax.set_ylim(-SHOWN, SHOWN)
            ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        keys = [Line2D([], [], color=styles.GREY), Line2D([], [], color=styles.GREY, marker="o", ls=""),
                Line2D([], [], color=styles.GREY, marker="x", ls="")]  # fmt: skip
        left, right = (ax.get_legend_handles_labels() for ax in axes[0, :2])
        look: Any = {"handlelength": 2.6, "columnspacing": 1.2}
        if inches > NARROW:
            drawn.legend(*left, loc="outside lower left", ncols=3, **look)
            drawn.legend(*right, loc="outside lower right", ncols=3, **look)
        else:
            drawn.legend(left[0] + right[0], left[1] + right[1], loc="outside lower center", ncols=2, **look)
        kinds = ["predicted", "measured, 95% interval", "GCV, training rows only" if inches > NARROW else "GCV"]
        drawn.legend(keys, kinds, loc="outside upper center", ncols=3)
    stem = report.source.source.split(" (")[0].rsplit(".", 1)[0]
    fitted = "" if report.population.model == "ridge" else f"_{report.population.model}"
    name = "data_" + "".join(c if c.isalnum() else "_" for c in f"{stem}_{report.source.target}{fitted}")
    numbers = (
        report.table if report.widths is None else pd.concat([report.table.assign(k=report.population.features), report.widths])
    )
    csv = numbers.to_csv(index=False, lineterminator="\n").encode()
    provenance = {
        "source": report.source.source,
        "target": report.source.target,
        "features": list(report.source.features),
        "notes": list(report.source.notes),
        "rows": report.population.rows,
        "rank": report.population.rank,
        "model": report.population.model,
        "entropy": report.entropy,
        "scale": report.scale,
        "draws": sorted(map(int, report.table["draws"].unique())),
        "caption": caption(report),
        "parting": str(report.parting),
        "venue": venue,
        "width_inches": inches,
        "versions": versions(),
        "sha256": hashlib.sha256(csv).hexdigest(),
    }
    return Drawing(name=name, figure=drawn, caption=caption(report), numbers=numbers, provenance=provenance, venue=venue)
