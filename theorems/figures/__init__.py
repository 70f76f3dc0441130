"""One figure for every theorem: theory as lines, simulation as points with intervals, the verdict and the source in the caption.

Vector output (PDF, SVG) or PNG whose bytes depend on the numbers alone; beside it the plotted numbers (CSV), the caption (txt)
and where they come from (JSON). No TeX, no pyplot, no global state left behind.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import fields as parts
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from asymptotics.conventions import refuse
from simulate.streams import STREAM_VERSION
from theorems.claims import Bound, Identity, Law
from theorems.figures import captions, styles
from theorems.figures.curves import Series, series
from theorems.figures.histograms import Histogram, histograms
from theorems.figures.maps import Map, draw_maps, surfaces
from theorems.figures.panels import draw_curves, draw_laws
from theorems.figures.plans import fields, lines, plan, wanted
from theorems.record import Plot, Theorem
from theorems.tables import versions
from theorems.verdicts.verify import Verdict, verify

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

FORMATS = ("pdf", "svg", "png")


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A figure with its caption, its numbers (one row a plotted point) and its provenance with their hash; notebooks show it."""

    name: str
    figure: Figure
    caption: str
    numbers: pd.DataFrame
    provenance: Mapping[str, Any]
    venue: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "provenance", {**self.provenance, "sha256": hashlib.sha256(self._csv()).hexdigest()})

    def render(self, format: str = "pdf") -> bytes:
        """The figure as bytes, the same for the same numbers: no dates, no random identifiers."""
        endings(format)
        source = f"data sha256 {self.provenance['sha256']}"
        metadata: dict[str, dict[str, Any]] = {
            "pdf": {"CreationDate": None, "Title": self.name, "Subject": source, "Creator": "ridgeless"},
            "svg": {"Date": None, "Title": self.name, "Description": source, "Creator": "ridgeless"},
            "png": {"Title": self.name, "Description": source},
        }
        buffer = io.BytesIO()
        with styles.pen(styles.venue(self.venue)):
            self.figure.savefig(buffer, format=format, metadata=metadata[format])
        return buffer.getvalue()

    def save(self, out: str | Path = ".", format: str | tuple[str, ...] = "pdf") -> list[Path]:
        """NAME.pdf (or other formats), NAME.csv, NAME.txt and NAME.json in the folder `out`; the paths written."""
        folder = Path(out)
        folder.mkdir(parents=True, exist_ok=True)
        written = {}
        for ending in endings(format):
            written[f"{self.name}.{ending}"] = self.render(ending)
        written[f"{self.name}.csv"] = self._csv()
        written[f"{self.name}.txt"] = (self.caption + "\n").encode()
        written[f"{self.name}.json"] = (json.dumps(dict(self.provenance), indent=1, default=str) + "\n").encode()
        for name, content in written.items():
            (folder / name).write_bytes(content)
        return [folder / name for name in written]

    def _csv(self) -> bytes:
        return self.numbers.to_csv(index=False, lineterminator="\n").encode()

    def _repr_png_(self) -> bytes:
        return self.render("png")


def figure(
    record: Theorem,
    *,
    plot: str | None = None,
    venue: str = "neurips",
    width: str | float | None = None,
    out: str | Path | None = None,
    format: str | tuple[str, ...] = "pdf",
    verdict: Verdict | None = None,
    judge: bool = True,
    draws: int = 50,
    entropy: int = 0,
    tick: Callable[[], None] = lambda: None,
) -> Drawing:
    """Draw a record: what `record.plot` says, from its own theory and simulator.

    plot: the name of one of its figures (`record.plots`); without it, the first. venue: neurips, icml, jmlr or aos. width: inches,
    "full" or "column" (default: one column where the venue has two). out: a folder to save in. verdict: one that was reached already;
    without it, one is reached now unless judge=False. draws: a point, at least 8. entropy: the seed. tick: called once a simulated
    point (`count` of them).
    Raises ValueError on bad arguments, and for a record without plot whose domain has no gamma.
    """
    style = styles.venue(venue)
    inches = style.inches(width)
    if draws < 8:
        refuse("draws", draws, "at least 8 draws a point, for the median's interval")
    if verdict is None and judge:
        verdict = verify(record, entropy=entropy)
    shown = plan(record, plot)
    of = fields(record, shown)
    found: list[Series] | list[Histogram] | list[Map]
    if isinstance(record.claim, Law):
        found = histograms(record, shown, draws=draws, entropy=entropy, tick=tick)
        drawn = draw_laws(found, style=style, inches=inches, note=captions.corner(verdict, shown))
    elif shown.up:
        found = surfaces(record, shown, tick=tick)
        drawn = draw_maps(found, record, shown, style=style, inches=inches, note=captions.corner(verdict, shown))
    else:
        found = series(record, shown, draws=draws, entropy=entropy, tick=tick)
        rtol = record.claim.rtol if isinstance(record.claim, Identity) and shown.theory is None else None
        bound = isinstance(record.claim, Bound) and shown.theory is None
        points = f"{'areas' if shown.stack else 'lines'}: {'lower bound' if bound else 'theory'}"
        if any(s.points is not None for s in found):
            points += f"; points: {shown.data or 'simulation'}{captions.size(shown)} (mean of {draws} draws, 95% interval)"
        drawn = draw_curves(
            found, record, shown, style=style, inches=inches, note=captions.corner(verdict, shown), points=points, rtol=rtol
        )
    numbers = _numbers(found, shown)
    caption = captions.caption(record, shown, of, found, draws, verdict)
    provenance = {
        "theorem": record.name,
        "title": record.title,
        "source": record.source,
        "statement": record.statement,
        "caption": caption,
        "plot": _facts(shown) | {"of": of[0] if len(of) == 1 else of},
        "draws": draws,
        "entropy": entropy,
        "stream_version": STREAM_VERSION,
        "venue": venue,
        "width_inches": inches,
        "versions": versions(),
        "verdict": verdict.to_dict() if verdict is not None else None,
    }
    name = record.name if not plot else f"{record.name}.{re.sub(r'[^a-z0-9]+', '-', plot.lower())}"
    drawing = Drawing(name=name, figure=drawn, caption=caption, numbers=numbers, provenance=provenance, venue=venue)
    if out is not None:
        drawing.save(out, format)
    return drawing


def endings(formats: str | tuple[str, ...]) -> tuple[str, ...]:
    """The formats wanted, or ValueError for one that there is not."""
    wanted = (formats,) if isinstance(formats, str) else tuple(formats)
    for format in wanted:
        if format not in FORMATS:
            refuse("format", format, f"it must be one of {', '.join(FORMATS)}")
    return wanted


def drawable(record: Theorem) -> bool:
    """Whether there is something to draw: a plot, a law, or a parameter gamma to put on the axis."""
    return record.plot is not None or isinstance(record.claim, Law) or "gamma" in record.domain


def chosen(records: Sequence[Theorem], name: str | None) -> dict[Theorem, list[str | None]]:
    """The records to draw and the names of their figures; without a name, of each that has something to draw the first (None)."""
    if name is None:
        return {r: [None] for r in records if len(records) == 1 or drawable(r)}
    found: dict[Theorem, list[str | None]] = {r: list(names) for r in records if (names := wanted(r, name))}
    there = sorted({k for r in records for k in r.plots if k})
    return found or refuse("figure", name, f"the figures are {'; '.join(there) or 'without names'}")


def count(record: Theorem, name: str | None = None) -> int:
    """How many simulated points the figure of a record has at most: the length of a progress bar."""
    plot = plan(record, name)
    panels = len(list(lines(plot)))
    if isinstance(record.claim, Law):
        return panels
    own = plot.simulation or not (plot.theory or isinstance(record.claim, Identity))
    return ((panels if own else 0) + sum(isinstance(c.what, Theorem) for c in plot.also.values())) * plot.points


def _facts(plot: Plot) -> dict[str, Any]:
    """What a plot says, in words and numbers."""
    given = {f.name: getattr(plot, f.name) for f in parts(plot)}
    usual = {f.name for f in parts(plot)[:9]}
    kept = {k: v for k, v in given.items() if k in usual or (v and not callable(v))}
    return kept | ({"also": list(plot.also)} if plot.also else {})


def _numbers(found: list[Series] | list[Histogram] | list[Map], plot: Plot) -> pd.DataFrame:
    import pandas as pd

    frames = []
    for item in found:
        blocks = _blocks(item, plot)
        for kind, columns in blocks:
            frame = pd.DataFrame(columns)
            frame.insert(0, "kind", kind)
            if isinstance(item, Series) and (plot.also or isinstance(plot.of, tuple)):
                frame.insert(1, "curve", item.text)
                frame.insert(2, "of", item.of)
            for name, value in item.params.items():
                frame[name] = value
            frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def _blocks(item: Series | Histogram | Map, plot: Plot) -> list[tuple[str, dict[str, Any]]]:
    if isinstance(item, Histogram):
        return item.blocks()
    if isinstance(item, Map):
        return item.blocks(plot)
    blocks: list[tuple[str, dict[str, Any]]] = [("theory", {plot.x: item.x, "value": item.y})]
    if item.other is not None:
        blocks.append(("second route", {plot.x: item.x, "value": item.other}))
    if item.points is not None:
        p = item.points
        columns = {plot.x: p.x, "value": p.centre, "low": p.low, "high": p.high, "theory": p.theory}
        blocks.append(("simulation", columns | {"statistic": np.where(p.mean, "mean", "median")}))
    return blocks
