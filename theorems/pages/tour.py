"""The main job in one go: a few theorems predicted, simulated, judged and drawn, real data included, and a report at the end."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from theorems import figures
from theorems.discovery import load
from theorems.pages import report
from theorems.record import Theorem
from theorems.tables import versions
from theorems.terminal import threads
from theorems.verdicts.verify import Verdict, verify

if TYPE_CHECKING:
    from theorems.data import DataReport

#: The way that the tour takes; the first ones are the quick tour's.
STOPS = (
    "hastie2022.isotropic_ridgeless",
    "marchenko1967.eigenvalues",
    "hastie2022.isotropic_ridge",
    "hastie2022.correlated_ridgeless",
    "hastie2022.latent_space",
    "hastie2022.polynomial_bias",
)
QUICK = 2
SIZES = 9  # of the data's learning curve: the length of its part of the progress bar


@dataclass(frozen=True, kw_only=True)
class Stop:
    """One theorem on the way: its verdict and its figure."""

    record: Theorem
    verdict: Verdict
    drawing: figures.Drawing
    seconds: float

    @property
    def good(self) -> bool:
        return self.verdict.status == "consistent" and self.verdict.has_power

    def line(self) -> str:
        """One line for the terminal."""
        gap = max(c.reach for c in self.verdict.cases)
        rivals = f"{sum(s == 'refuted' for s in self.verdict.rivals.values())}/{len(self.verdict.rivals)} rivals refuted"
        return f"{self.record.name:<36} {self.verdict.status:<10}  gap at most {gap:.1e}  {rivals:<20} {self.seconds:5.1f} s"

    def section(self) -> str:
        """Its part of the page."""
        name = escape(self.record.name)
        picture = report.image(self.drawing.render("svg"), "svg", f"{self.record.title}: theory and simulation")
        return (
            f"<h2>{escape(self.record.title)} {report.badge(self.verdict.status)}</h2>\n"
            f'<p class="source">{name}; {escape(self.record.source)}</p>\n'
            f'<div class="statement">{report.formula(self.record.statement)}</div>\n'
            f"<figure>{picture}<figcaption>{escape(self.drawing.caption)}</figcaption></figure>\n"
            f"{report.verdict_table(self.verdict)}"
        )


@dataclass(frozen=True, kw_only=True)
class Tour:
    """What the tour found, and the page it left."""

    stops: tuple[Stop, ...]
    data: DataReport
    path: Path
    seconds: float

    @property
    def good(self) -> bool:
        """Whether every verdict is consistent and every rival refuted."""
        return all(stop.good for stop in self.stops)


def run(
    *,
    out: str | Path = "ridgeless-tour",
    quick: bool = False,
    entropy: int = 0,
    say: Callable[[str], None] = print,
    jobs: int = 2,
) -> Tour:
    """Take the tour; leave `out`/index.html, the figures and their numbers. `say` gets the lines for the terminal."""
    from tqdm import tqdm

    from theorems import data

    start = time.perf_counter()
    found = load()
    records = [found[name] for name in STOPS[: QUICK if quick else None]]
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)  # refuse before the work
    delta, draws = 0.01, 20  # draws a point of a figure: 50 of the dense simulators' would take longer than all verdicts
    total = sum(len(r.cases) + figures.count(r) + 1 for r in records) + SIZES
    with tqdm(total=total, file=sys.stderr, leave=False, dynamic_ncols=True, mininterval=0.2, desc="ridgeless tour") as bar:

        def step() -> None:
            bar.total = max(bar.total, bar.n + 1)  # the data's part is known only when it is there
            bar.update()

        def visit(record: Theorem) -> Stop:
            begun = time.perf_counter()
            verdict = verify(record, delta=delta, entropy=entropy, progress=lambda _: step())
            drawing = figures.figure(
                record,
                width="full",
                verdict=verdict,
                judge=False,
                draws=draws,
                entropy=entropy,
                tick=step,
            )
            drawing.save(folder, "pdf")
            step()
            return Stop(record=record, verdict=verdict, drawing=drawing, seconds=time.perf_counter() - begun)

        def table() -> DataReport:
            return data.report(draws=20 if quick else 100, controls=not quick, entropy=entropy, tick=step)

        with threads(jobs) as pool:
            real = pool.submit(table)  # the longest first
            waiting = [pool.submit(visit, record) for record in records]
            stops = tuple(w.result() for w in waiting)
            measured = real.result()
        bar.set_description_str("writing the report")
        drawing = measured.figure(out=folder)
        seconds = time.perf_counter() - start
        path = folder / "index.html"
        path.write_text(_page(stops, measured, drawing, seconds, entropy, delta), encoding="utf-8")
    done = Tour(stops=stops, data=measured, path=path, seconds=seconds)
    for line in summary(done):
        say(line)
    return done


def summary(tour: Tour) -> Iterator[str]:
    """The tour in a few lines for a terminal."""
    yield "Theorems, held against simulation:"
    yield from (f"  {stop.line()}" for stop in tour.stops)
    yield "Real data, ridge's learning curves predicted and measured:"
    yield from (f"  {line}" for line in tour.data.summary().splitlines())
    verdict = "all consistent, every rival refuted" if tour.good else "not every verdict is consistent with every rival refuted"
    yield f"{len(tour.stops)} theorems: {verdict}. {tour.seconds:.0f} s. Report: {tour.path}"


def _page(stops: tuple[Stop, ...], data: DataReport, drawing: Any, seconds: float, entropy: int, delta: float) -> str:
    rows = [
        [stop.record.name, stop.record.title, (report.badge(stop.verdict.status),),
         f"{sum(s == 'refuted' for s in stop.verdict.rivals.values())} of {len(stop.verdict.rivals)}", f"{stop.seconds:.1f}"]
        for stop in stops
    ]  # fmt: skip
    overview = "<h2>In short</h2>" + report.table(["theorem", "says", "verdict", "rivals refuted", "seconds"], rows)
    picture = report.image(drawing.render("svg"), "svg", "learning curves of ridge on a real table")
    real = (
        f"<h2>Real data: {escape(data.source.source)}</h2>\n"
        f"<figure>{picture}<figcaption>{escape(drawing.caption)}</figcaption></figure>\n<pre>{escape(data.summary())}</pre>"
    )
    foot = {
        "seed": str(entropy),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "wall time": f"{seconds:.1f} s",
        **versions(),
    }
    lead = (
        "Theorems about high-dimensional least squares, predicted from their formulas, simulated at finite sizes, and judged: "
        f"consistent means that the simulated mean, extrapolated to infinite size, meets theory to {delta:.0%} of its scale. "
        "A verdict counts only where the rival formulas, wrong on purpose, are refuted by the same draws."
    )
    return report.page("A tour of ridgeless", lead, [overview, *(s.section() for s in stops), real], foot)
