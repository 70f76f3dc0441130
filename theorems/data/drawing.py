"""Learning curves of a table on paper: predicted lines, measured points with intervals, GCV from the training part alone.

Against the training size n, the penalty lam and, for random features, their number k; below, how far measurement is from prediction.
Errors are in units of the target's variance: 1 is the error of the mean. No line is drawn through the pole of ridgeless, where n - 1
is the rank or k.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from theorems.data.gaps import TOLERANCE
from theorems.data.panels import Measured, against_k, against_lam, against_n, penalties, sizes, span
from theorems.figures import Drawing, styles
from theorems.figures.panels import ticks
from theorems.tables import versions

NARROW = 4.5  # inches: one column of two


def _ceiling(report: Measured) -> float:
    """The upper edge: what is away from the pole is seen, at most twenty times the error of the mean."""
    table, p = report.table, report.population
    seen = table[
        np.isfinite(table["predicted"]) & ((table["lam"] > 0) | ((table["n"] - 1 - p.capacity).abs() > 0.25 * p.capacity))
    ]
    shown = seen[seen["lam"].isin(penalties(table)) | seen["n"].isin(sizes(table))]
    return float(np.clip(1.5 * (shown["measured"].max() if len(shown) else 0) / p.variance, 1.5, 20))


def caption(report: Measured) -> str:
    """What the figure shows, in words."""
    p, t = report.population, report.source
    draws = sorted(report.table["draws"].unique())
    count = f"{draws[-1]}" if len(draws) == 1 else f"{draws[0]} to {draws[-1]}"
    units = "scaled to variance one over the whole table" if report.scale else "in their own units"
    gap = report.parting.cells.set_index("predictor").loc["predicted"]
    has = report.table["rowwise"].notna().any()
    return (
        f"{p.model[0].upper()}{p.model[1:]} on {t.source}, target {t.target}: "
        f"{p.rows} rows, {p.columns} columns, rank {p.rank}. Test error in units of the "
        "target's variance. Lines: the omniscient formula for rows drawn without replacement from the table. "
        f"{'Open diamonds: the prediction row for row, which does not take the rows for alike; below, the gap to it. ' if has else ''}"
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
        edge = span(report)
        against_n(axes[0, 0], axes[1, 0], report, ceiling)
        against_lam(axes[0, 1], axes[1, 1], report, ceiling)
        if wide:
            against_k(axes[0, 2], axes[1, 2], report, ceiling)
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
            ax.set_ylim(-edge, edge)
            ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        given: tuple[dict[str, Any], ...] = (
            {"ls": "-"},
            {"marker": "o"},
            {"marker": "x"},
            {"marker": "d", "mfc": "none", "ms": 5, "mew": 0.8},
        )
        keys = [Line2D([], [], **({"color": styles.GREY, "ls": ""} | one)) for one in given]
        left, right = (ax.get_legend_handles_labels() for ax in axes[0, :2])
        look: Any = {"handlelength": 2.6, "columnspacing": 1.2}
        if inches > NARROW:
            drawn.legend(*left, loc="outside lower left", ncols=3, **look)
            drawn.legend(*right, loc="outside lower right", ncols=3, **look)
        else:
            drawn.legend(left[0] + right[0], left[1] + right[1], loc="outside lower center", ncols=2, **look)
        kinds = ["predicted", "measured, 95% interval", "GCV, training rows only" if inches > NARROW else "GCV", "row for row"]
        shown = 4 if report.table["rowwise"].notna().any() else 3
        drawn.legend(keys[:shown], kinds[:shown], loc="outside upper center", ncols=shown if inches > NARROW else 2, **look)
    stem = report.source.source.split(" (")[0].rsplit(".", 1)[0]
    fitted = "" if report.population.model == "ridge" else f"_{report.population.model}"
    name = "data_" + "".join(c if c.isalnum() else "_" for c in f"{stem}_{report.source.target}{fitted}")
    numbers = (
        report.table if report.widths is None else pd.concat([report.table.assign(k=report.population.features), report.widths])
    )
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
    }
    return Drawing(name=name, figure=drawn, caption=caption(report), numbers=numbers, provenance=provenance, venue=venue)
