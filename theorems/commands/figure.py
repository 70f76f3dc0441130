"""`ridgeless figure`: theorems drawn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from theorems.options import FORMATS, JOBS, NAMES, OUT, SEED, VENUE
from theorems.terminal import at_once, bar, plain, say, writable

if TYPE_CHECKING:
    from theorems.record import Theorem


@click.command()
@NAMES
@click.option(
    "--figure", "--plot", "wanted", default=None, help="A figure by its name or number (see `show`), or 'all'; else the first."
)
@VENUE
@click.option("--width", default=None, help="Inches, 'column' or 'full'; by default one column where the venue has two.")
@OUT
@FORMATS
@click.option("--draws", default=50, show_default=True, help="Draws a simulated point.")
@SEED
@JOBS
@click.option("--delta", default=0.01, show_default=True, help="Tolerance of the verdict in the caption.")
@click.option("--no-verdict", is_flag=True, help="Draw without judging (faster).")
@plain
def command(
    names: tuple[str, ...], wanted: str | None, out: Path, formats: tuple[str, ...], jobs: int, no_verdict: bool, **options: Any
) -> None:
    """Draw theorems: theory, simulated points with intervals, verdict; data and provenance are written beside each figure."""
    from theorems import discovery, figures
    from theorems.figures import styles
    from theorems.verdicts.verify import verify as judge

    seed, delta = options.pop("seed"), options.pop("delta")
    styles.venue(options["venue"]).inches(options["width"])  # refuse before the work
    figures.endings(formats)
    writable(out)
    records = discovery.every(names)
    drawn = figures.chosen(records, wanted)
    for record in records:
        if record not in drawn and wanted is None:
            click.echo(f"{record.name} has nothing to draw: neither a plot nor a parameter gamma", err=True)
    points = sum(figures.count(r, name) for r, names in drawn.items() for name in names)
    with bar(points + (0 if no_verdict else sum(len(r.cases) for r in drawn))) as step:

        def draw(record: Theorem) -> list[Path]:
            verdict = None if no_verdict else judge(record, delta=delta, entropy=seed, progress=step)
            paths = []
            for name in drawn[record]:
                drawing = figures.figure(
                    record, plot=name, verdict=verdict, judge=False, entropy=seed, tick=lambda: step(record.name), **options
                )
                paths += drawing.save(out, formats)
            return paths

        for paths in at_once(draw, list(drawn), jobs):
            say("\n".join(str(path) for path in paths))
