"""How the numbers of a figure are put on paper: axes, marks, thresholds, limits near a pole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from theorems.figures import styles
from theorems.figures.curves import Series, scale
from theorems.figures.histograms import Histogram
from theorems.figures.wording import AXES, FIELDS, SYMBOLS, label
from theorems.record import Plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NEAR = 0.035  # of the axis on both sides of a pole: what happens there does not set the limits


def _far(x: np.ndarray, poles: Sequence[float], plot: Plot) -> np.ndarray:
    """Whether x is far enough from every pole to set the limits of the axis."""
    span = float(scale(plot, plot.high) - scale(plot, plot.low))
    keep = np.ones(len(x), dtype=bool)
    for pole in poles:
        keep &= np.abs(scale(plot, x) - float(scale(plot, pole))) > NEAR * span
    return keep


def limits(found: Sequence[Series], plot: Plot) -> tuple[float, float, bool]:
    """Low, high, and whether the axis is logarithmic: from what lies away from the poles."""
    poles = sorted({p for s in found for p in s.poles})
    if plot.x == "gamma" and not plot.low < 1 < plot.high:
        poles.append(1.0)  # outside the axis, but what rises towards it must not set the limits
    values = [s.y[_far(s.x, poles, plot)] for s in found]
    values += [s.other[_far(s.x, poles, plot)] for s in found if s.other is not None]
    smooth = np.concatenate(values)
    smooth = smooth[np.isfinite(smooth)]
    for s in found:
        if s.points is not None:
            keep = _far(s.points.x, poles, plot)
            values += [s.points.low[keep], s.points.high[keep]]
    every = np.concatenate(values)
    every = every[np.isfinite(every)]
    low, high = float(every.min()), float(every.max())
    ratio = smooth.max() / smooth.min() if smooth.min() > 0 else 0.0
    if plot.log and low > 0 and ratio > (300 if poles else 30):
        return low / 1.3, high * 1.3, True
    room = 0.06 * (high - low or abs(high) or 1.0)
    return (0.0 if low >= 0 and low < 0.6 * high else low - room), high + room, False


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


def _width(text: str) -> float:
    """About how wide a text with its formulas is, in units of its size."""
    return 0.46 * len(text.replace("\\", "").replace("$", ""))


def _canvas(inches: float, height: float) -> Figure:
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    return Figure(figsize=(inches, height), layout=ConstrainedLayoutEngine(w_pad=0.03, h_pad=0.05))


def _settle(figure: Figure) -> Figure:
    """Lay the figure out once for all: a layout that is solved again on every save depends on what was saved before."""
    figure.draw_without_rendering()
    figure.draw_without_rendering()  # the first pass moves what the second measures
    figure.set_layout_engine("none")
    return figure


def _legend(figure: Figure, handles: list[Any], texts: list[str], title: str, style: styles.Venue, inches: float) -> None:
    """A legend under the axes, in as many columns as fit, under a line that says what lines and points are."""
    longest = max((_width(t) for t in texts), default=0.46)
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


def draw_curves(
    found: Sequence[Series],
    plot: Plot,
    *,
    of: str,
    style: styles.Venue,
    inches: float,
    note: str,
    points: str,
    rtol: float | None,
) -> Figure:
    """Lines and points; for an identity, the two routes and their relative difference below."""
    from matplotlib.lines import Line2D

    with styles.pen(style):
        rows = -(-(len(found) + 1) // (2 if inches > 4 else 1))
        height = min(0.62 * inches, 2.0 + 0.12 * inches) + (0.9 if rtol is not None else 0.0) + rows * 1.6 * style.tick / 72
        figure = _canvas(inches, height)
        if rtol is None:
            ax = low_ax = figure.subplots()
        else:
            ax, low_ax = figure.subplots(2, 1, sharex=True, height_ratios=(2.2, 1))
        low, high, log = limits(found, plot)
        handles: list[Any] = []
        texts: list[str] = []
        for i, item in enumerate(found):
            colour, mark = styles.COLOURS[i % 7], styles.MARKS[i % 7]
            dash = styles.DASHES[i % 7]
            ax.plot(item.x, item.y, color=colour, linestyle=dash, zorder=2)
            handle: Any = Line2D([], [], color=colour, linestyle=dash, marker=mark if item.points is not None else None)
            if item.points is not None:
                _points(ax, item, colour, mark, high)
            if item.other is not None:
                some = slice(None, None, max(1, len(item.x) // 24))
                ax.plot(
                    item.x[some], item.other[some], color=colour, linestyle="none", marker=mark, markerfacecolor="white", zorder=3
                )
                handle = Line2D([], [], color=colour, linestyle=dash, marker=mark, markerfacecolor="white")
                with np.errstate(invalid="ignore", divide="ignore"):
                    gap = np.abs(item.other - item.y) / np.abs(item.y)
                low_ax.plot(item.x, np.maximum(gap, 1e-17), color=colour, linestyle="none", marker=mark, markersize=1.2)
            if item.varied:
                handles.append(handle)
                texts.append(label(item.params, item.varied))
        if rtol is not None:
            low_ax.axhline(rtol, color=styles.GREY, linewidth=0.7, linestyle=":")
            low_ax.set_yscale("log")
            low_ax.set_ylim(3e-18, max(10 * rtol, 1e-14))
            low_ax.set_ylabel("relative\ndifference")
        ax.set_ylim(low, high)
        if log:
            ax.set_yscale("log")
            ticks(ax.yaxis, low, high)
        if plot.log:
            low_ax.set_xscale("log")
            ticks(low_ax.xaxis, plot.low, plot.high)
        low_ax.set_xlim(plot.low, plot.high)
        low_ax.set_xlabel(AXES.get(plot.x, SYMBOLS.get(plot.x, plot.x)))
        ax.set_ylabel(FIELDS.get(of, of).replace(", ", ",\n", 1))
        _thresholds(ax, found, plot, style)
        if note:
            ax.set_title(note, loc="right", fontsize=style.tick, color=styles.GREY, pad=style.tick + 3)
        title = "lines: theory; open marks: the second route" if rtol is not None else points
        _legend(figure, handles, texts, title, style, inches)
        return _settle(figure)


def _points(ax: Axes, item: Series, colour: str, mark: str, top: float) -> None:
    p = item.points
    assert p is not None
    inside = p.centre <= top
    for mean in (True, False):
        some = inside & (p.mean == mean)
        if some.any():
            bars = np.stack([p.centre[some] - p.low[some], p.high[some] - p.centre[some]])
            ax.errorbar(
                p.x[some],
                p.centre[some],
                yerr=bars,
                color=colour,
                fmt=mark,
                markerfacecolor=colour if mean else "white",
                elinewidth=0.8,
                capsize=1.5,
                capthick=0.6,
                zorder=3,
            )
    if (~inside).any():
        ax.plot(
            p.x[~inside],
            np.full((~inside).sum(), top),
            color=colour,
            marker=r"$\uparrow$",
            markersize=8,
            linestyle="none",
            clip_on=False,
            zorder=4,
        )


def _thresholds(ax: Axes, found: Sequence[Series], plot: Plot, style: styles.Venue) -> None:
    """A dotted line where p = n, and wherever a curve has a pole."""
    marks = {p: "" for s in found for p in s.poles}
    if plot.x == "gamma" and plot.low < 1 < plot.high:
        marks = {p: t for p, t in marks.items() if _far(np.array([p]), [1.0], plot)[0]} | {1.0: "$p = n$"}
    for x, text in marks.items():
        ax.axvline(x, color=styles.GREY, linewidth=0.7, linestyle=":", zorder=1)
        if text:
            ax.annotate(
                text,
                (x, 1),
                (0, 2),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontsize=style.tick,
                color=styles.GREY,
            )


def draw_laws(found: Sequence[Histogram], *, style: styles.Venue, inches: float, note: str) -> Figure:
    """One panel a law: bars are simulated, the line is theory; mass at zero is written, not drawn."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    with styles.pen(style):
        across = min(len(found), 2 if inches < 4.5 else 4)
        down = -(-len(found) // across)
        figure = _canvas(inches, down * min(2.0, 0.62 * inches) + 4 * style.tick / 72)
        axes = figure.subplots(down, across, squeeze=False).ravel()
        for ax in axes[len(found) :]:
            ax.set_visible(False)
        for ax, item in zip(axes, found, strict=False):
            ax.stairs(item.heights, item.edges, fill=True, color=styles.COLOURS[4], alpha=0.55, linewidth=0)
            ax.plot(item.x, item.density, color=styles.COLOURS[1])
            top = 1.15 * max(float(item.heights.max()), float(np.quantile(item.density[np.isfinite(item.density)], 0.9)))
            ax.set_ylim(0, top)
            ax.set_xlim(left=0 if 0 <= item.edges[0] < 0.2 * item.edges[-1] else item.edges[0])
            title = label(item.params, item.varied)
            if _width(title) * style.tick > 0.7 * 72 * inches / across:  # 0.7: of a panel's share, the rest is its axis
                title = title.replace(", ", ",\n")
            ax.set_title(title, fontsize=style.tick)
            if item.zero or item.atom:
                ax.text(
                    0.97,
                    0.95,
                    f"mass at 0: {item.atom:.4g}\nsimulated: {item.zero:.4g}",
                    ha="right",
                    va="top",
                    transform=ax.transAxes,
                    fontsize=style.tick,
                )
            ax.set_xlabel(item.points)
        for ax in axes[::across]:
            ax.set_ylabel("density")
        handles = [Patch(color=styles.COLOURS[4], alpha=0.55), Line2D([], [], color=styles.COLOURS[1])]
        texts = [f"simulated {found[0].points}s", "limiting density"]
        _legend(figure, handles, texts, note, style, inches)
        return _settle(figure)
