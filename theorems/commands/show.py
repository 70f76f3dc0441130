"""`ridgeless show`: one theorem in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from theorems.terminal import plain

if TYPE_CHECKING:
    from theorems.record import Theorem


@click.command()
@click.argument("name")
@plain
def command(name: str) -> None:
    """Statement, source, assumptions, domain, rivals, cases and claim of the theorem NAME (or FILE.py:record)."""
    from theorems import discovery

    record = discovery.one(name)
    lines = click.HelpFormatter(width=100)
    lines.write_text(f"{record.name}: {record.title}")
    lines.write_paragraph()
    lines.write_text(record.statement)
    lines.write_paragraph()
    lines.write_dl([("source", record.source), ("claim", _claim(record))])
    with lines.section("Assumptions"):
        for sentence in record.assumptions:
            lines.write_text(f"- {sentence}")
    with lines.section("Domain"):
        lines.write_dl(
            [(k, str(d) + (f", by default {d.default}" if d.default is not None else "")) for k, d in record.arguments.items()]
        )
    with lines.section("Cases of the verdict"):
        for case in record.cases:
            lines.write_text(", ".join(f"{k} = {v}" for k, v in case.items()) or "no parameters")
    with lines.section("Rivals, which some case must refute"):
        for rival in record.rivals or ("none",):
            lines.write_text(f"- {rival}")
    if any(record.plots):
        with lines.section("Figures (ridgeless figure NAME --figure 2)"):
            lines.write_dl([(name, plot.text) for name, plot in record.plots.items() if name])
    click.echo(lines.getvalue(), nl=False)


def _claim(record: Theorem) -> str:
    claim = record.claim
    kind = type(claim).__name__
    what = (type(claim).__doc__ or "").partition("\n")[0].rstrip(".")
    of = f" ({claim.of})" if hasattr(claim, "of") else ""
    sizes = f"; judged at n = {', '.join(map(str, claim.sizes))}" if claim.sizes else ""
    exact = " exactly at every n" if claim.exact and sizes else ""
    return f"{kind}{of}: {what}{sizes}{exact}"
