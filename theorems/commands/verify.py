"""`ridgeless verify`: theorems against simulation."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from theorems.executors import KINDS, pool
from theorems.options import JOBS, NAMES, SEED
from theorems.terminal import at_once, bar, plain, say

if TYPE_CHECKING:
    from theorems.record import Theorem


@click.command()
@NAMES
@click.option("--delta", default=0.01, show_default=True, help="Tolerance, relative to the claim's scale.")
@click.option("--false-refute", default=1e-6, show_default=True, help="Bound on the probability that a true record is refuted.")
@click.option("--false-accept", default=1e-3, show_default=True, help="Bound on accepting one that is off by the tolerance.")
@click.option(
    "--budget", default="60s", show_default=True, help="For a record: a time (60s, 10min, 2h) or a number of draws a size."
)
@click.option("--method", default="auto", show_default=True, help="auto (the moments decide), mean, median or bounded.")
@click.option(
    "--case", "cases", multiple=True, metavar="NAME=VALUE,...", help="Judge this case in place of the record's; repeatable."
)
@click.option("--store", type=click.Path(dir_okay=False, path_type=Path), help="A file that keeps the draws: run again to go on.")
@click.option("--accept-code", is_flag=True, help="Go on with a store of other code; no number may have changed.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1), help="Of the executor.")
@click.option("--executor", type=click.Choice(KINDS), help="Where to simulate; all cases of a record at once.")
@click.option("--scheduler-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Of a Dask cluster.")
@SEED
@JOBS
@click.option("--json", "as_json", is_flag=True, help="One JSON object a record on stdout.")
@plain
def command(
    names: tuple[str, ...],
    seed: int,
    jobs: int,
    as_json: bool,
    cases: tuple[str, ...],
    workers: int,
    executor: str | None,
    scheduler_file: Path | None,
    store: Path | None,
    accept_code: bool,
    **options: Any,
) -> None:
    """Hold theorems against simulation: consistent, refuted or undecided.

    Exit status 1 unless every record is consistent and each of its rivals is refuted; with --case rivals are not asked for.
    """
    import json

    from simulate.journal import Journal
    from theorems import discovery
    from theorems.verdicts import budget
    from theorems.verdicts.verify import verify as judge

    budget.parse(options["budget"])  # refuse before the work
    records, good = discovery.every(names), True
    if cases:
        records = [replace(r, cases=tuple(_case(r, text) for text in cases), rivals={}) for r in records]
    kind = executor or ("dask" if scheduler_file else "processes" if workers > 1 else "serial")
    journal: Any = nullcontext() if store is None else Journal(store, command="ridgeless verify", accept_code=accept_code)
    with journal as keeps, pool(kind, workers, scheduler_file) as workforce, bar(sum(len(r.cases) for r in records)) as step:
        alone = workforce is not None or store is not None
        options |= {"entropy": seed, "executor": workforce, "store": keeps, "progress": step}
        for verdict in at_once(lambda r: judge(r, **options), records, 1 if alone else jobs):
            say(json.dumps(verdict.to_dict(), default=str) if as_json else str(verdict))
            good &= verdict.status == "consistent" and verdict.has_power
            if not verdict.rivals and not cases:
                say(f"warning: {verdict.theorem} names no rivals, so nothing shows that its cases could refute it", err=True)
            for rival, status in verdict.rivals.items():
                if status != "refuted":
                    say(f"warning: {verdict.theorem} has no power against its rival '{rival}' ({status})", err=True)
    sys.exit(0 if good else 1)


def _case(record: Theorem, text: str) -> dict[str, Any]:
    """`gamma=4,lam=0.05` as parameters; a word may hold commas itself where no `name=` follows."""
    import re

    from theorems.tables import parse

    return dict(parse(record, part) for part in re.split(r",(?=\s*[a-zA-Z_]\w*=)", text))
