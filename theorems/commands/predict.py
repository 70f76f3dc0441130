"""`ridgeless predict`: what a theorem says."""

from __future__ import annotations

from pathlib import Path

import click

from theorems.terminal import plain


@click.command()
@click.argument("name")
@click.argument("parameters", nargs=-1, metavar="[NAME=VALUE]...")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write FILE.csv, FILE.json (an object a line) or FILE.nc."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a case on stdout; an infinite value is Infinity.")
@plain
def command(name: str, parameters: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    """What theorem NAME says at these parameters.

    A parameter is name=value, name=a,b,c or name=low:high:count[:log]; several grids make their outer product. Files hold every
    digit; in CSV an infinite value is inf. The quantiles of a law are told at level=0.1,0.5,0.9.
    """
    from theorems import discovery, tables

    record = discovery.one(name)
    pairs = [tables.parse(record, text) for text in parameters]
    for i, (key, value) in enumerate(pairs):
        if key in [k for k, _ in pairs[:i]]:
            raise ValueError(f"{key} = {value!r} is refused: it is given twice; write {key}=a,b for two values")
    table = tables.predict(record, dict(pairs))
    if out is not None:
        table.save(out)
        click.echo(f"wrote {table.size} cases to {out}", err=True)
    if as_json:
        for line in table.json():
            click.echo(line)
    elif out is None or table.size <= 1000:
        click.echo(table.text(width=_width()))


def _width() -> int:
    import shutil

    return shutil.get_terminal_size((120, 24)).columns
