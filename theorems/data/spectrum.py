"""A table's eigenvalues and eigencoefficients on paper, and as numbers: what the predictions are made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from theorems.data.panels import Measured
from theorems.figures import Drawing, styles
from theorems.figures.panels import ticks
from theorems.tables import versions

if TYPE_CHECKING:
    import pandas as pd

RANGE = 1e-5  # of a power spectrum is shown: what is below is round-off, or chance


def numbers(report: Measured) -> pd.DataFrame:
    """One row an eigenvalue: the coefficient of its eigenfunction of variance one, its share of the target, and what is left."""
    import pandas as pd

    p = report.population
    power = p.eigenvalues * p.coefficients**2
    left = (p.variance - np.cumsum(power) + power).clip(min=0) / p.variance
    return pd.DataFrame(
        {
            "i": np.arange(1, p.rank + 1),
            "eigenvalue": p.eigenvalues,
            "eigencoefficient": p.coefficients * np.sqrt(p.eigenvalues),
            "share": power / p.variance,
            "left": left,
        }
    )


def figure(report: Measured, name: str, *, venue: str = "neurips", width: str | float | None = "full") -> Drawing:
    """Eigenvalues on the left, on the right the part of the target's variance on eigenfunctions i, i + 1, ...; the fitted slopes."""
    from matplotlib.figure import Figure

    style = styles.venue(venue)
    inches = style.inches(width)
    table, p, laws = numbers(report), report.population, report.exponents
    i = table["i"].to_numpy(float)
    slopes = () if laws is None else ((laws.alpha[0], r"i^{-\alpha}", r"\alpha"), (laws.beta[0] - 1, r"i^{1-\beta}", r"\beta"))
    with styles.pen(style):
        drawn: Any = Figure(figsize=(inches, max(0.42 * inches, 2.1)), layout="constrained")
        axes: Any = drawn.subplots(1, 2)
        shown = (
            (axes[0], table["eigenvalue"].to_numpy(), "eigenvalue"),
            (axes[1], table["left"].to_numpy(), "target's variance from $i$ on"),
        )
        for at, (ax, values, said) in enumerate(shown):
            keep = values > (RANGE * values[0] if at else 0.0)
            marks = {"marker": "o", "ms": 2} if len(i) < 100 else {}
            ax.plot(i[keep], values[keep], color=styles.COLOURS[at], **marks)
            if laws is not None and np.isfinite(slopes[at][0]):
                ends = np.array([laws.low, laws.high], dtype=np.float64)
                through = np.exp(np.mean(np.log(np.interp([np.sqrt(ends.prod())], i, values))))
                line = through * (ends / np.sqrt(ends.prod())) ** -slopes[at][0]
                value = laws.alpha if at == 0 else laws.beta
                label = rf"$\propto {slopes[at][1]}$, ${slopes[at][2]} = {value[0]:.2f} \pm {value[1]:.1g}$"
                ax.plot(ends, line, color="black", ls="--", label=label)
                ax.legend(loc="lower left")
            ax.set(xscale="log", yscale="log", xlabel="$i$", ylabel=said)
            ticks(ax.xaxis, *ax.get_xlim())
            ticks(ax.yaxis, *ax.get_ylim())
    fitted = "" if laws is None else (
        f" Dashes: the slopes of power laws with the exponents read off interpolation at n = {laws.low} ... {laws.high}. A sample's own "
        "eigenvalues fall more slowly than the population's, for the tail adds to each, and end too early: they are not what is fitted."
    )  # fmt: skip
    caption = (
        f"Spectrum of {p.model} on {report.source.source}, target {report.source.target}: the {p.rank} eigenvalues of the covariance, and "
        f"the share of the target's variance on eigenfunction i and all after it.{fitted}"
    )
    provenance = {"source": report.source.source, "target": report.source.target, "model": p.model, "rows": p.rows, "rank": p.rank,
                  "caption": caption, "versions": versions()}  # fmt: skip
    return Drawing(name=f"{name}_spectrum", figure=drawn, caption=caption, numbers=table, provenance=provenance, venue=venue)
