"""`ridgeless search`: a case that refutes, if one can be found."""

from __future__ import annotations

import sys
import tempfile
from typing import Any

import click

from theorems.options import SEED
from theorems.terminal import bar, plain


@click.command()
@click.argument("name")
@click.option("--examples", default=100, show_default=True, type=click.IntRange(1), help="Cases to look at.")
@click.option("--budget", default="60s", show_default=True, help="A time (60s, 10min), or a number of draws a size and case.")
@click.option("--draws", type=click.IntRange(1), help="Most draws a size and case, beside a time.")
@click.option("--delta", default=0.01, show_default=True, help="Tolerance, relative to the claim's scale.")
@click.option("--false-refute", default=1e-6, show_default=True, help="Bound on the probability that a true record is refuted.")
@SEED
@plain
def command(name: str, seed: int, examples: int, **options: Any) -> None:
    """Look through the domain of the theorem NAME for a case that refutes it, and shrink it to the simplest one.

    Every case is judged with up to 1000 draws a size at first; undecided ones again with more, in the time that is left.
    Exit status 1 where a case refutes the theorem, its formula or simulation fails, or no case could be judged.
    """
    from hypothesis import configuration

    from theorems import discovery
    from theorems.searches.search import search

    record = discovery.one(name)
    with tempfile.TemporaryDirectory() as place, bar(examples) as step:
        configuration.set_hypothesis_home_dir(place)  # else Hypothesis leaves a folder where one stands
        try:
            found = search(record, examples=examples, entropy=seed, progress=step, **options)
        finally:
            configuration.set_hypothesis_home_dir(None)
    click.echo(str(found))
    if found.case is not None:
        click.echo(f"  replay: {found.replay(name)}")
    sys.exit(1 if found.case is not None or found.blind else 0)
