"""`ridgeless data`: learning curves of real data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from theorems.options import FORMATS, OUT, SEED, VENUE
from theorems.terminal import bar, plain, writable


def _list_of(kind: type) -> Callable[..., Any]:
    def read(context: click.Context, parameter: click.Parameter, value: str | None) -> list[Any] | None:
        try:
            return None if value is None else [kind(v) for v in value.split(",")]
        except ValueError:
            raise click.BadParameter(f"{value!r}: write {'whole ' if kind is int else ''}numbers a,b,c") from None

    return read


@click.command()
@click.argument("table", required=False, type=click.Path(path_type=Path))
@click.option("--target", default=None, help="The column to predict.")
@click.option(
    "--model",
    default="ridge",
    show_default=True,
    help="What is fitted: ridge, rf:relu:K, kernel:ntk:3, kernel:laplace[:WIDTH] ...",
)
@click.option(
    "--lam", default=None, callback=_list_of(float), help="Penalties a,b,c (scikit-learn's alpha is n lam); 0 is ridgeless."
)
@click.option("--sizes", default=None, callback=_list_of(int), help="Training sizes a,b,c.")
@click.option("--draws", default=100, show_default=True, help="Subsamples a size.")
@SEED
@click.option("--label", default=None, help="For a target of classes: the one that counts as 1.")
@click.option("--drop", multiple=True, help="A column to leave out; may be repeated.")
@click.option("--one-hot", is_flag=True, help="Turn columns of text into indicators.")
@click.option(
    "--clean", is_flag=True, help="Leave out rows with missing, infinite or mistyped values, columns of text, constant columns."
)
@click.option("--no-scale", is_flag=True, help="Keep the columns' own scales.")
@click.option("--no-controls", is_flag=True, help="Do not ask why prediction and measurement part.")
@OUT
@VENUE
@FORMATS
@plain
def command(table: Path | None, target: str | None, seed: int, no_scale: bool, no_controls: bool, **options: Any) -> None:
    """Learning curves on TABLE (CSV, Parquet or NPZ), predicted and measured: figures, numbers and a page (HTML) in --out.

    Without TABLE, on a data set that is shipped. Kernels: ntk:LAYERS, nngp:LAYERS, gaussian[:WIDTH], laplace[:WIDTH],
    polynomial:DEGREE[,OFFSET]; widths are distances between rows, the median distance if left out.
    """
    from theorems import data as real
    from theorems import figures
    from theorems.figures import styles
    from theorems.pages import table as table_page

    out, venue, formats = (options.pop(k) for k in ("out", "venue", "formats"))
    styles.venue(venue)  # refuse before the work
    figures.endings(formats)
    writable(out)
    options |= {"entropy": seed, "scale": not no_scale, "controls": not no_controls}
    with bar(len(options["sizes"] or range(9))) as step:
        report = real.report(table, target, tick=lambda: step("measuring"), **options)
        step("drawing")
        written = report.save(out, venue=venue, format=formats)
        table_page.page(report, venue=venue, out=out)
    click.echo(str(report))
    click.echo("\n".join(str(path) for path in (*written, written[0].with_suffix(".html"))))
