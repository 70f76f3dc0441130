"""`ridgeless page`: a theorem's page."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from theorems.options import NAMES, SEED
from theorems.terminal import bar, plain, say, writable


@click.command()
@NAMES
@click.option("--out", default="pages", show_default=True, type=click.Path(file_okay=False, path_type=Path), help="A folder.")
@click.option("--delta", default=0.01, show_default=True, help="Tolerance of the verdict.")
@click.option("--budget", default="60s", show_default=True, help="A time for each record, or a whole number of draws a size.")
@click.option("--draws", default=50, show_default=True, help="Draws a point of the figure.")
@SEED
@plain
def command(names: tuple[str, ...], out: Path, delta: float, budget: str, draws: int, seed: int) -> None:
    """One HTML page a theorem: statement, assumptions, domain, verdict, rivals, audit, figure, and how to make it again.

    Exit status 1 unless every theorem is consistent; one that is not says so at the top of its page.
    """
    from theorems import discovery
    from theorems.pages import page as pages

    writable(out)
    records, good = discovery.every(names), True
    with bar(sum(len(r.cases) for r in records)) as step:

        def stage(text: str) -> None:
            say(text, err=True)

        def judged(case: str) -> None:
            step(case)
            if not sys.stderr.isatty():  # no bar there
                stage(f"judged: {case}")

        for record in records:
            _, audited = pages.page(
                record, delta=delta, budget=budget, entropy=seed, draws=draws, out=out, progress=judged, stage=stage
            )
            say(str(out / f"{record.name}.html"))
            good &= audited.verdict.status == "consistent"
    sys.exit(0 if good else 1)
