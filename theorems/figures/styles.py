"""What a journal's page asks of a figure: widths, font sizes, and colours and marks that do not rest on colour alone.

Fonts are the STIX fonts that matplotlib carries (Times-like, with mathematics): the same on every machine, and no TeX.
Widths of the Annals of Statistics (imsart) are not verified: give `width=` in inches where it matters.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from asymptotics.conventions import refuse

#: Okabe and Ito's colours, safe for the colour-blind; yellow left out (too light on white).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
DASHES: tuple[Any, ...] = ("-", "--", "-.", (0, (1, 1.2)), (0, (5, 1, 1, 1, 1, 1)), (0, (7, 2)), (0, (3, 1.5)))
MARKS = ("o", "s", "^", "D", "v", "P", "X")
FIELDS: tuple[Any, ...] = ("-", (0, (1, 1.2)), "--", "-.")  # of a line's several fields
WIDTHS = (1.7, 0.7, 1.2, 0.4)  # the same where no line has points
PLAIN: tuple[Any, ...] = ("--", (0, (1, 1.2)), "-.", "-")  # of functions without points, in black
GREY = "#555555"


@dataclass(frozen=True, kw_only=True)
class Venue:
    """Text width and, where there are two, column width, in inches; sizes of labels and of ticks, in points."""

    full: float
    column: float | None = None
    label: float
    tick: float

    def inches(self, width: str | float | None) -> float:
        """None: one column where there are columns. "column", "full", or inches."""
        if width is None:
            return self.column or self.full
        if width == "full":
            return self.full
        if width == "column" and self.column:
            return self.column
        try:
            inches = float(width)
        except ValueError:
            refuse("width", width, "give inches, 'full'" + (" or 'column'" if self.column else "; this venue has no columns"))
        if not 1.5 <= inches <= 20:
            refuse("width", width, "give inches between 1.5 and 20")
        return inches


VENUES = {
    "neurips": Venue(full=5.5, label=9, tick=7),
    "icml": Venue(full=6.75, column=3.25, label=8, tick=6),
    "jmlr": Venue(full=6.0, label=9.95, tick=7.95),
    "aos": Venue(full=5.0, label=9, tick=8),
}


def venue(name: str) -> Venue:
    """The venue of this name, or ValueError that lists them."""
    if name not in VENUES:
        refuse("venue", name, f"it must be one of {', '.join(VENUES)}")
    return VENUES[name]


def rc(style: Venue) -> dict[str, Any]:
    """matplotlib's parameters for a venue, to be used in `rc_context`, on drawing and on saving."""
    return {
        "font.family": "STIXGeneral",
        "mathtext.fontset": "stix",
        "font.size": style.label,
        "axes.labelsize": style.label,
        "axes.titlesize": style.label,
        "legend.fontsize": style.tick,
        "xtick.labelsize": style.tick,
        "ytick.labelsize": style.tick,
        "axes.linewidth": 0.6,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "lines.linewidth": 1.2,
        "hatch.linewidth": 0.5,
        "lines.markersize": 3.2,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "xtick.minor.width": 0.4,
        "ytick.minor.width": 0.4,
        "legend.frameon": False,
        "text.usetex": False,
        "pdf.fonttype": 42,  # TrueType: Type 3 fonts are refused by several publishers
        "svg.hashsalt": "ridgeless",
        "svg.fonttype": "path",
        "path.simplify": False,  # simplified paths differ with the size of the figure
        "savefig.dpi": 200,
    }


_ONE = threading.RLock()  # matplotlib's parameters and caches are global: one figure at a time


@contextmanager
def pen(style: Venue, **more: Any) -> Iterator[None]:
    """Draw and save inside this: the venue's parameters, given back afterwards, and one thread at a time."""
    import matplotlib

    with _ONE, matplotlib.rc_context(cast(Any, rc(style) | more)):
        yield
