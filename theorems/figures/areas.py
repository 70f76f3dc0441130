"""The fields of one line as areas, one above the other: what the parts add up to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from theorems.figures import styles
from theorems.figures.curves import Series

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def stacked(found: Sequence[Series]) -> list[Series]:
    """Each series raised by the ones before it, all on the x of the first."""
    x, height, out = found[0].x, np.zeros(found[0].x.shape), []
    for item in found:
        height = height + np.interp(x, item.x, item.y)
        out.append(replace(item, x=x, y=height, points=None))
    return out


#: so that colours of one grey differ
HATCHES = ("", "/////", "|||||", "\\\\\\\\\\", "", ".....", "")


def look(i: int) -> dict[str, Any]:
    """Colour and hatching of the i-th area."""
    return {"facecolor": styles.COLOURS[i % 7], "edgecolor": "white", "linewidth": 0.4, "hatch": HATCHES[i % 7]}


def draw(ax: Axes, found: Sequence[Series]) -> None:
    """Fill between them, with a white edge: neighbours stay apart without colour."""
    below = np.zeros(found[0].x.shape)
    for i, item in enumerate(stacked(found)):
        ax.fill_between(item.x, below, item.y, zorder=1.5, **look(i))
        below = item.y
