"""`ridgeless tour`: the main job in one go."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from theorems.options import SEED
from theorems.terminal import plain, writable


@click.command()
@click.option("--out", default="ridgeless-tour", show_default=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--quick", is_flag=True, help="Fewer records and draws: a check that all works, in some 10 seconds.")
@SEED
@plain
def command(out: Path, quick: bool, seed: int) -> None:
    """The main job in one go: predicts, simulates, judges and draws a few theorems and a real data set; a report at the end."""
    from theorems.pages import tour as guide

    writable(out)
    report = guide.run(out=out, quick=quick, entropy=seed, say=lambda line: click.echo(line))
    sys.exit(0 if report.good else 1)
