"""`ridgeless verify`: theorems against simulation."""

from __future__ import annotations

import sys
from typing import Any

import click

from theorems.options import JOBS, NAMES, SEED
from theorems.terminal import at_once, bar, plain, say


@click.command()
@NAMES
@click.option("--delta", default=0.01, show_default=True, help="Tolerance, relative to the claim's scale.")
@click.option("--false-refute", default=1e-6, show_default=True, help="Bound on the probability that a true record is refuted.")
@SEED
@JOBS
@click.option("--json", "as_json", is_flag=True, help="One JSON object a record on stdout.")
@plain
def command(names: tuple[str, ...], seed: int, jobs: int, as_json: bool, **options: Any) -> None:
    """Hold theorems against simulation: consistent, refuted or undecided.

    Exit status 1 unless every record is consistent and each of its rivals is refuted.
    """
    import json

    from theorems import discovery
    from theorems.verdict import verify as judge

    records, good = discovery.every(names), True
    with bar(sum(len(r.cases) for r in records)) as step:
        for verdict in at_once(lambda r: judge(r, entropy=seed, progress=step, **options), records, jobs):
            say(json.dumps(verdict.to_dict(), default=str) if as_json else str(verdict))
            good &= verdict.status == "consistent" and verdict.has_power
            if not verdict.rivals:
                say(f"warning: {verdict.theorem} names no rivals, so nothing shows that its cases could refute it", err=True)
            for rival, status in verdict.rivals.items():
                if status != "refuted":
                    say(f"warning: {verdict.theorem} has no power against its rival '{rival}' ({status})", err=True)
    sys.exit(0 if good else 1)
