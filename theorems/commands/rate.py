"""`ridgeless rate`: how fast finite samples approach a theorem."""

from __future__ import annotations

import sys
from typing import Any

import click

from theorems.options import SEED
from theorems.terminal import bar, plain, say


@click.command()
@click.argument("name")
@click.argument("parameters", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--sizes", default=None, help="Samples a,b,c,...; by default the record's and some between and beyond.")
@click.option(
    "--draws", type=int, help="Draws at the smallest size, fewer at larger ones; by default 20000 if they cost O(n), or 2000."
)
@click.option("--level", default=0.95, show_default=True, help="Probability with which the interval holds the exponent.")
@SEED
@click.option("--json", "as_json", is_flag=True, help="One JSON object a case on stdout.")
@plain
def command(name: str, parameters: tuple[str, ...], sizes: str | None, seed: int, as_json: bool, **options: Any) -> None:
    """The exponent a with which the mean at n samples approaches theorem NAME as c n^-a, with an interval.

    On every case of the record, or on the one that NAME=VALUE... says. Exit status 2 where a case tells no exponent: noise hides its
    bias (then the draws that would show it are stated), or it has none.
    """
    import json

    from theorems import discovery, tables
    from theorems.rates.rate import NoRate, rate

    record = discovery.one(name)
    given = dict(tables.parse(record, text) for text in parameters)
    options |= {"sizes": None if sizes is None else _whole(sizes), "entropy": seed}
    cases, refused = [given] if given else list(record.cases), 0
    with bar(len(cases)) as step:
        for case in cases:
            try:
                found = rate(record, params=case, **options)
                say(json.dumps(found.to_dict(), default=str) if as_json else f"{record.name}: {found}")
            except NoRate as error:
                refused += 1
                say(str(error), err=True)
            step(record.name)
    sys.exit(2 if refused else 0)


def _whole(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(v) for v in text.split(","))
    except ValueError:
        raise click.BadParameter(f"{text!r}: write whole numbers a,b,c", param_hint="--sizes") from None
