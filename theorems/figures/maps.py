"""A field over two parameters, in colours and level lines: theory alone, one panel a line of the plot, one scale for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from theorems.figures import styles
from theorems.figures.canvas import canvas, settle, ticks
from theorems.figures.plans import fields, grid, lines, theory
from theorems.figures.wording import AXES, FIELDS, SYMBOLS, axis, label
from theorems.record import Plot, Theorem

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIDE = 81  # points along each axis
SHADES = 24


@dataclass(frozen=True, kw_only=True)
class Map:
    """One panel: z[i, j] at (x[j], y[i])."""

    params: Mapping[str, Any]
    varied: tuple[str, ...]
    x: np.ndarray
    y: np.ndarray
    z: np.ndarray

    def blocks(self, plot: Plot) -> list[tuple[str, dict[str, Any]]]:
        """The plotted numbers."""
        assert plot.up
        x, y = np.meshgrid(self.x, self.y)
        return [("theory", {plot.x: x.ravel(), plot.up[0]: y.ravel(), "value": self.z.ravel()})]


def surfaces(record: Theorem, plot: Plot, tick: Callable[[], None] = lambda: None) -> list[Map]:
    """The field along x and up, at each line."""
    assert plot.up
    name, low, high = plot.up
    x, y = grid(plot, SIDE), np.geomspace(low, high, SIDE)
    wide, tall = np.meshgrid(x, y)
    out = []
    for varied in lines(plot):
        params = {**plot.at, **varied}
        z = theory(record, plot, {**params, name: tall}, fields(record, plot)[0])(wide)
        out.append(Map(params=params, varied=tuple(varied), x=x, y=y, z=z))
        tick()
    return out


def _range(found: Sequence[Map], plot: Plot) -> tuple[float, float, bool]:
    """What the colours span, and whether by ratios."""
    every = np.concatenate([item.z[np.isfinite(item.z)] for item in found])
    low, high = plot.limits or (float(every.min()), float(every.max()))
    return low, high, low > 0 and high > 5 * low if plot.log_y is None else plot.log_y


def draw_maps(found: Sequence[Map], record: Theorem, plot: Plot, *, style: styles.Venue, inches: float, note: str) -> Figure:
    """The panels side by side, and the scale of the colours."""
    from matplotlib import colors

    assert plot.up
    low, high, log = _range(found, plot)
    shades = np.geomspace(low, high, SHADES + 1) if log else np.linspace(low, high, SHADES + 1)
    norm = (colors.LogNorm if log else colors.Normalize)(low, high)
    with styles.pen(style):
        across = min(len(found), 3 if inches > 4.5 and len(found) != 4 else 2)
        down = -(-len(found) // across)
        figure = canvas(inches, down * 0.9 * inches / across + 0.3)
        axes = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True)
        for ax in axes.ravel()[len(found) :]:
            ax.set_visible(False)
        for ax, item in zip(axes.ravel(), found, strict=False):
            z = np.clip(np.where(np.isfinite(item.z), item.z, high), low, high)
            filled = ax.contourf(item.x, item.y, z, shades, norm=norm, cmap="viridis")
            _frame(ax, item, plot)
        figure.supxlabel(axis(record, plot), fontsize=style.label)
        figure.supylabel(AXES.get(plot.up[0], SYMBOLS.get(plot.up[0], plot.up[0])), fontsize=style.label)
        bar = figure.colorbar(filled, ax=axes, aspect=30, pad=0.02)
        bar.set_label(plot.value or FIELDS.get(fields(record, plot)[0], fields(record, plot)[0]))
        if log:
            ticks(bar.ax.yaxis, low, high)
        if note:
            figure.suptitle(note, fontsize=style.tick, color=styles.GREY)
        settle(figure)
        for ax, item in zip(axes.ravel(), found, strict=False):  # last: names are cut into the lines where these stand on paper
            _levels(ax, item, low, high, log, style)
        return figure


def _decades(at: Any, low: float, high: float) -> None:
    """As `ticks`, powers of ten where there are many: panels are small."""
    from matplotlib import ticker

    ticks(at, low, high)
    if high >= 1e3 * low:
        at.set_major_formatter(ticker.LogFormatterMathtext())


def _levels(ax: Axes, item: Map, low: float, high: float, log: bool, style: styles.Venue) -> None:
    """Level lines at numbers that can be read, named: the colours can be told without colour."""
    from matplotlib import ticker

    at: Any
    if log:
        decades = np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
        steps = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0) if high <= 10 * low else (1.0, 2.0, 5.0) if high < 1e3 * low else (1.0,)
        at = np.sort(np.multiply.outer(steps, 10.0**decades).ravel())
    else:
        at = np.asarray(ticker.MaxNLocator(5).tick_values(low, high))
    at = at[(at > low) & (at < high)]
    if not len(at) or not ((item.z > at[0]) & (item.z < at[-1])).any():
        return
    drawn = ax.contour(item.x, item.y, item.z, at, colors="white", linewidths=0.6)
    ax.clabel(drawn, fmt="%g", fontsize=style.tick - 1, inline_spacing=2)


def _frame(ax: Axes, item: Map, plot: Plot) -> None:
    """Axes, the panel's name, and a dotted line where there are as many features as samples."""
    assert plot.up
    name, low, high = plot.up
    ax.set_yscale("log")
    _decades(ax.yaxis, low, high)
    if plot.log:
        ax.set_xscale("log")
        _decades(ax.xaxis, plot.low, plot.high)
    ax.set_xlim(plot.low, plot.high)
    ax.set_ylim(low, high)
    if {plot.x, name} == {"n", "k"}:
        ax.plot([plot.low, plot.high], [plot.low, plot.high], color="white", linewidth=0.7, linestyle=":")
    elif plot.x == "gamma":
        ax.axvline(1.0, color="white", linewidth=0.7, linestyle=":")
    ax.set_title(label(item.params, item.varied), fontsize=ax.xaxis.label.get_fontsize())
