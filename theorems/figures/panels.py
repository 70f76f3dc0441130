"""How the numbers of a figure are put on paper: axes, marks, thresholds, limits near a pole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from theorems.figures import areas, styles
from theorems.figures.canvas import canvas, legend, settle, ticks, width
from theorems.figures.curves import Series
from theorems.figures.histograms import Histogram
from theorems.figures.plans import scale
from theorems.figures.points import Points
from theorems.figures.wording import FIELDS, axis, label, names, threshold
from theorems.record import Plot, Theorem

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
    low, high = plot.limits or (float(every.min()), float(every.max()))
    ratio = smooth.max() / smooth.min() if smooth.min() > 0 else 0.0
    log = plot.log and low > 0 and ratio > (300 if poles else 30) if plot.log_y is None else plot.log_y
    if plot.limits:
        return low, high, log
    if log:
        return low / 1.3, high * 1.3, True
    room = 0.06 * (high - low or abs(high) or 1.0)
    return (0.0 if low >= 0 and low < 0.6 * high else low - room), high + room, False


def draw_curves(
    found: Sequence[Series],
    record: Theorem,
    plot: Plot,
    *,
    style: styles.Venue,
    inches: float,
    note: str,
    points: str,
    rtol: float | None,
) -> Figure:
    """Lines and points; for an identity, the two routes and their relative difference below."""
    with styles.pen(style):
        handles, texts = _entries(found, record, plot)
        rows = -(-(len(texts) + 1) // (2 if inches > 4 else 1))
        height = min(0.62 * inches, 2.0 + 0.12 * inches) + (0.9 if rtol is not None else 0.0) + rows * 1.6 * style.tick / 72
        figure = canvas(inches, height)
        if rtol is None:
            ax = low_ax = figure.subplots()
        else:
            ax, low_ax = figure.subplots(2, 1, sharex=True, height_ratios=(2.2, 1))
            _differences(low_ax, found, rtol)
        low, high, log = (0.0, *limits(areas.stacked(found), plot)[1:2], False) if plot.stack else limits(found, plot)
        if plot.stack:
            areas.draw(ax, found)
        for item in () if plot.stack else found:
            look = _look(item, plot, found)
            ax.plot(item.x, item.y, **look | {"marker": None}, zorder=2)
            if item.points is not None:
                _points(ax, item, look["color"], look["marker"], high)
            if item.other is not None:
                some = slice(None, None, max(1, len(item.x) // 24))
                ax.plot(item.x[some], item.other[some], **look | {"linestyle": "none", "markerfacecolor": "white"}, zorder=3)
        ax.set_ylim(low, high)
        if log:
            ax.set_yscale("log")
            ticks(ax.yaxis, low, high)
        if plot.log:
            low_ax.set_xscale("log")
            ticks(low_ax.xaxis, plot.low, plot.high)
        low_ax.set_xlim(plot.low, plot.high)
        low_ax.set_xlabel(axis(record, plot))
        of = list(dict.fromkeys(s.of for s in found if not s.text)) or [found[0].of]
        ax.set_ylabel(plot.value or names(of))
        _thresholds(ax, found, record, plot, style)
        if note:
            ax.set_title(note, loc="right", fontsize=style.tick, color=styles.GREY, pad=style.tick + 3)
        title = "lines: theory; open marks: the second route" if rtol is not None else points
        legend(figure, handles, texts, title, style, inches)
        return settle(figure)


def _look(item: Series, plot: Plot, found: Sequence[Series]) -> dict[str, Any]:
    """Colour, mark and dash of a line: by its place. Of several fields of several lines the dash is the field's, or, where no points
    tell the lines apart without colour, the width. A function's is black.
    """
    if item.text and item.points is None:
        own = [k for k, c in plot.also.items() if not isinstance(c.what, Theorem)].index(item.text)
        return {"color": "#000000", "linestyle": styles.PLAIN[own % len(styles.PLAIN)], "marker": None}
    fields = plot.of if isinstance(plot.of, tuple) else ()
    field = fields.index(item.of) if item.of in fields and not item.text else 0
    place = (item.line if plot.lines else item.line + max(0, len(fields) - 1) * bool(item.text) + field) % 7
    look: dict[str, Any] = {"color": styles.COLOURS[place], "linestyle": styles.DASHES[place], "marker": styles.MARKS[place]}
    if plot.lines and len(fields) > 1 and item.of in fields:
        bare = all(s.points is None for s in found)
        look |= {"linewidth": styles.WIDTHS[field % 4]} if bare else {"linestyle": styles.FIELDS[field % 4]}
    return look


def _entries(found: Sequence[Series], record: Theorem, plot: Plot) -> tuple[list[Any], list[str]]:
    """The legend: one entry a line, and one a field where the lines have several; a single curve needs none."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    if plot.stack:
        rising = [(Patch(**areas.look(i)), FIELDS.get(s.of, s.of)) for i, s in enumerate(found)]
        return [h for h, _ in rising], [t for _, t in rising]
    handles: list[Any] = []
    texts: list[str] = []
    fields = plot.of if isinstance(plot.of, tuple) else ()
    short = {k: FIELDS.get(k, k).partition(",")[0] for k in fields}
    alone = len(fields) > 1 and not plot.lines
    for item in found:
        own = short[item.of] if alone and not item.text else label(item.params, item.varied)
        text = item.text or own or (record.title.partition(":")[0] if plot.also else "")
        if text and (item.text or not fields or alone or item.of == fields[0]):
            look = _look(item, plot, found) | ({"markerfacecolor": "white"} if item.other is not None else {})
            handles.append(Line2D([], [], **look | ({"marker": None} if item.points is None and item.other is None else {})))
            texts.append(text)
    bare = all(s.points is None for s in found)
    for i, name in enumerate(short.values() if len(fields) > 1 and not alone else ()):
        look = {"linewidth": styles.WIDTHS[i % 4]} if bare else {"linestyle": styles.FIELDS[i % 4]}
        handles.append(Line2D([], [], color=styles.GREY, **look))
        texts.append(name)
    return (handles, texts) if len(texts) > 1 else ([], [])


def _differences(ax: Axes, found: Sequence[Series], rtol: float) -> None:
    """The relative difference of the two routes of an identity, and its tolerance."""
    for i, item in enumerate(found):
        with np.errstate(invalid="ignore", divide="ignore"):
            gap = np.abs(item.other - item.y) / np.abs(item.y) if item.other is not None else np.zeros(0)
        colour, mark = styles.COLOURS[i % 7], styles.MARKS[i % 7]
        ax.plot(item.x, np.maximum(gap, 1e-17), color=colour, linestyle="none", marker=mark, markersize=1.2)
    ax.axhline(rtol, color=styles.GREY, linewidth=0.7, linestyle=":")
    ax.set_yscale("log")
    ax.set_ylim(3e-18, max(10 * rtol, 1e-14))
    ax.set_ylabel("relative\ndifference")


def above(p: Points, top: float) -> np.ndarray:
    """Which points lie off the scale: arrows stand for them."""
    return ~(p.centre <= top)


def _points(ax: Axes, item: Series, colour: str, mark: str, top: float) -> None:
    p = item.points
    assert p is not None
    inside = ~above(p, top)
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
    if (~inside).any():  # below the edge, on which the threshold is named
        ax.plot(
            p.x[~inside],
            np.full((~inside).sum(), 0.96),
            color=colour,
            marker=r"$\uparrow$",
            markersize=8,
            linestyle="none",
            transform=ax.get_xaxis_transform(),
            zorder=4,
        )


def _thresholds(ax: Axes, found: Sequence[Series], record: Theorem, plot: Plot, style: styles.Venue) -> None:
    """A dotted line where there are as many features as samples, and wherever a curve has a pole."""
    marks = {p: "" for s in found for p in s.poles}
    if (own := threshold(record, plot)) and plot.low < own[0] < plot.high:
        marks = {p: t for p, t in marks.items() if _far(np.array([p]), [own[0]], plot)[0]} | dict([own])
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
        figure = canvas(inches, down * min(2.0, 0.62 * inches) + 4 * style.tick / 72)
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
            if width(title) * style.tick > 0.7 * 72 * inches / across:  # 0.7: of a panel's share, the rest is its axis
                title = title.replace(", ", ",\n")
            if item.zero or item.atom:
                title += f"\nmass at 0: {item.atom:.4g}\nsimulated: {item.zero:.4g}"
            ax.set_title(title, fontsize=style.tick)
            ax.set_xlabel(item.points)
        for ax in axes[::across]:
            ax.set_ylabel("density")
        handles = [Patch(color=styles.COLOURS[4], alpha=0.55), Line2D([], [], color=styles.COLOURS[1])]
        texts = [f"simulated {found[0].points}s", "limiting density"]
        legend(figure, handles, texts, note, style, inches)
        return settle(figure)
