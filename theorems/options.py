"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

SEED = click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Entropy of all draws.")
JOBS = click.option("--jobs", default=2, show_default=True, type=click.IntRange(1), help="Records at once.")
VENUE = click.option("--venue", default="neurips", show_default=True, help="neurips, icml, jmlr or aos.")
OUT = click.option(
    "--out", default="figures", show_default=True, type=click.Path(file_okay=False, path_type=Path), help="A folder."
)
FORMATS = click.option(
    "--format", "formats", multiple=True, default=("pdf",), show_default=True, help="pdf, svg or png; repeatable."
)
NAMES = click.argument("names", nargs=-1, required=True, metavar="NAME|PAPER|FILE.py...")
