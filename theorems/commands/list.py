"""`ridgeless list`: what there is."""

from __future__ import annotations

import click

from theorems.terminal import columns, plain


@click.command()
@click.argument("words", nargs=-1)
@click.option("--long", "whole", is_flag=True, help="Sources and figures' names too.")
@plain
def command(words: tuple[str, ...], whole: bool) -> None:
    """Every theorem, one line each, or those with all the WORDS in name, title or source (`margin`, `mei2022 norm`)."""
    from asymptotics.conventions import refuse
    from theorems.discovery import load, matching

    found = matching(words, load())
    if not found:
        refuse("words", " ".join(words), "no name, title or source has all of them; `ridgeless list` names every theorem")
    texts = {name: r.title for name, r in found.items()}
    if whole:
        figures = {name: "; ".join(filter(None, r.plots)) for name, r in found.items()}
        texts = {k: f"{v}  [{found[k].source}]" + (f"  ({figures[k]})" if figures[k] else "") for k, v in texts.items()}
    for line in columns(texts, cut=not whole):
        click.echo(line)
