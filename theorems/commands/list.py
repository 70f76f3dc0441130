"""`ridgeless list`: what there is."""

from __future__ import annotations

import click

from theorems.terminal import plain


@click.command()
@plain
def command() -> None:
    """Every theorem, one line each."""
    from theorems.discovery import load

    found = load()
    wide = max((len(name) for name in found), default=0)
    for name, record in found.items():
        figures = "; ".join(filter(None, record.plots))
        click.echo(f"{name:<{wide}}  {record.title}  [{record.source}]" + (f"  ({figures})" if figures else ""))
