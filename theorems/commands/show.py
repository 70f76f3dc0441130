"""`ridgeless show`: one theorem in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from theorems.terminal import columns, plain

if TYPE_CHECKING:
    from theorems.record import Theorem


WIDTH = 100
TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|.", re.DOTALL)
SPACES = frozenset({r"\quad", r"\qquad", r"\ ", " "})
OPEN, CLOSE = frozenset({"(", "[", "{", r"\{", r"\langle"}), frozenset({")", "]", "}", r"\}", r"\rangle"})


@click.command()
@click.argument("name", metavar="NAME|PAPER")
@plain
def command(name: str) -> None:
    """Statement, source, assumptions, domain, rivals, cases and claim of the theorem NAME (or FILE.py:record).

    Of a PAPER, or a file, that holds several: a line each.
    """
    from theorems import discovery

    found = discovery.load(name)
    if len(found) > 1:
        for line in columns({discovery.typed(name, k): r.title for k, r in found.items()}, cut=True):
            click.echo(line)
        return
    record = discovery.one(name)
    lines = click.HelpFormatter(width=WIDTH)
    lines.write_text(f"{record.name}: {record.title}")
    lines.write_paragraph()
    lines.write("".join(f"{line}\n" for line in folded(record.statement)))
    lines.write_paragraph()
    lines.write_dl([("source", record.source), ("claim", _claim(record))])
    with lines.section("Assumptions"):
        for sentence in record.assumptions:
            lines.write_text(f"- {sentence}")
    with lines.section("Domain"):
        rows = [(k, str(d) + (f", by default {d.default}" if d.default is not None else "")) for k, d in record.arguments.items()]
        lines.write_dl(rows) if rows else lines.write_text("no parameters")
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


def _pieces(tex: str) -> Iterator[str]:
    """LaTeX cut outside brackets after spaces and commas; a space that ends a command's name is part of it."""
    piece, depth, tokens = "", 0, TOKEN.findall(tex)
    for before, token, after in zip(["", *tokens], tokens, [*tokens[1:], ""], strict=False):
        piece += token
        depth = max(0, depth + (token in OPEN) - (token in CLOSE))
        inside = (token == " " and before not in SPACES and before.startswith("\\")) or (token == r"\ " and before != ",")
        if depth == 0 and (token in SPACES or token == ",") and not inside and after not in SPACES:
            yield piece
            piece = ""
    yield piece


def folded(tex: str) -> list[str]:
    r"""Lines of LaTeX of at most WIDTH columns where it can be broken outside brackets and commands; longer where not.

    >>> [len(line) for line in folded(r"a=1,\quad b=2,\quad " + "c" * 98 + ", d")]
    [19, 99, 1]
    """
    lines = [""]
    for piece in _pieces(" ".join(tex.split())):
        if lines[-1] and len(lines[-1]) + len(piece.rstrip()) > WIDTH:
            lines.append("")
        lines[-1] += piece
    return [line.removesuffix(" ") if not line.endswith("\\ ") else line for line in lines]


def _claim(record: Theorem) -> str:
    from theorems.tables import quantity

    claim = record.claim
    kind = type(claim).__name__
    what = (type(claim).__doc__ or "").partition("\n")[0].rstrip(".")
    of = f" ({field})" if (field := quantity(record)) else ""
    sizes = f"; judged at n = {', '.join(map(str, claim.sizes))}" if claim.sizes else ""
    exact = " exactly at every n" if claim.exact and sizes else ""
    return f"{kind}{of}: {what}{sizes}{exact}"
