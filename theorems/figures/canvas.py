"""The paper that a figure is drawn on: its size and layout, ticks that read as numbers, a legend under the axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from theorems.figures import styles

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def ticks(axis: Any, low: float, high: float) -> None:
    """Ticks of a logarithmic axis that read as numbers: 0.1, 0.2, 0.5, 1, ... on a short axis, decades on a long one."""
    from matplotlib import ticker

    decades = np.log10(high / low)
    subs = (1.0, 2.0, 5.0) if decades <= 2.5 else (1.0,)
    axis.set_major_locator(ticker.LogLocator(subs=subs, numticks=30))
    plain = low >= 1e-3 and high <= 1e4
    axis.set_major_formatter(ticker.FuncFormatter(lambda v, _: f"{v:g}") if plain else ticker.LogFormatterMathtext())
    axis.set_minor_locator(ticker.LogLocator(subs=tuple(range(2, 10)), numticks=30))
    axis.set_minor_formatter(ticker.NullFormatter())


def width(text: str) -> float:
    """About how wide a text with its formulas is, in units of its size."""
    return 0.46 * len(text.replace("\\", "").replace("$", ""))


def canvas(inches: float, height: float) -> Figure:
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    return Figure(figsize=(inches, height), layout=ConstrainedLayoutEngine(w_pad=0.03, h_pad=0.05))


def settle(figure: Figure) -> Figure:
    """Lay the figure out once for all: a layout that is solved again on every save depends on what was saved before."""
    figure.draw_without_rendering()
    figure.draw_without_rendering()  # the first pass moves what the second measures
    figure.set_layout_engine("none")
    return figure


def legend(figure: Figure, handles: list[Any], texts: list[str], title: str, style: styles.Venue, inches: float) -> None:
    """A legend under the axes, in as many columns as fit, under a line that says what lines and points are."""
    longest = max((width(t) for t in texts), default=0.46)
    columns = max(1, min(len(texts), int(inches * 72 / ((longest + 4.5) * style.tick))))
    figure.legend(
        handles,
        texts,
        title=title,
        title_fontsize=style.tick,
        loc="outside lower center",
        ncols=columns,
        handlelength=2.6,
        columnspacing=1.4,
        labelspacing=0.3,
    )
