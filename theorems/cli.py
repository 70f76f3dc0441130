"""The command line. Every command is thin: it reads words, calls the library, prints, and imports only what it needs.

Exit status: 0 all is well; 1 a verdict is not consistent or a rival survives; 2 the input is refused, in one line on stderr.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # before NumPy: threads of BLAS spin against each other

import click  # noqa: E402

from theorems.terminal import at_once, bar, plain, say, writable  # noqa: E402

if TYPE_CHECKING:
    from theorems.record import Theorem


SEED = click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Entropy of all draws.")
JOBS = click.option("--jobs", default=2, show_default=True, type=click.IntRange(1), help="Records at once.")
VENUE = click.option("--venue", default="neurips", show_default=True, help="neurips, icml, jmlr or aos.")
OUT = click.option(
    "--out", default="figures", show_default=True, type=click.Path(file_okay=False, path_type=Path), help="A folder."
)
FORMATS = click.option(
    "--format", "formats", multiple=True, default=("pdf",), show_default=True, help="pdf, svg or png; repeatable."
)
NAMES = click.argument("names", nargs=-1, required=True, metavar="NAME|PAPER|FILE.py...")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ridgeless")
def main() -> None:
    """Hold a theorem of high-dimensional learning against finite samples."""


@main.command("list")
@plain
def list_() -> None:
    """Every theorem, one line each."""
    from theorems.discovery import load

    found = load()
    wide = max((len(name) for name in found), default=0)
    for name, record in found.items():
        click.echo(f"{name:<{wide}}  {record.title}  [{record.source}]")


@main.command()
@click.argument("name")
@plain
def show(name: str) -> None:
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
    click.echo(lines.getvalue(), nl=False)


def _claim(record: Theorem) -> str:
    claim = record.claim
    kind = type(claim).__name__
    what = (type(claim).__doc__ or "").partition("\n")[0]
    of = f" ({claim.of})" if hasattr(claim, "of") else ""
    sizes = f"; judged at n = {', '.join(map(str, claim.sizes))}" if claim.sizes else ""
    exact = " exactly at every n" if claim.exact and sizes else ""
    return f"{kind}{of}: {what}{sizes}{exact}"


@main.command()
@click.argument("name")
@click.argument("parameters", nargs=-1, metavar="[NAME=VALUE]...")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write FILE.csv, FILE.json (an object a line) or FILE.nc."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a case on stdout; an infinite value is Infinity.")
@plain
def predict(name: str, parameters: tuple[str, ...], out: Path | None, as_json: bool) -> None:
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


@main.command()
@NAMES
@click.option("--delta", default=0.01, show_default=True, help="Tolerance, relative to the claim's scale.")
@click.option("--false-refute", default=1e-6, show_default=True, help="Bound on the probability that a true record is refuted.")
@SEED
@JOBS
@click.option("--json", "as_json", is_flag=True, help="One JSON object a record on stdout.")
@plain
def verify(names: tuple[str, ...], seed: int, jobs: int, as_json: bool, **options: Any) -> None:
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


@main.command()
@NAMES
@VENUE
@click.option("--width", default=None, help="Inches, 'column' or 'full'; by default one column where the venue has two.")
@OUT
@FORMATS
@click.option("--draws", default=50, show_default=True, help="Draws a simulated point.")
@SEED
@JOBS
@click.option("--delta", default=0.01, show_default=True, help="Tolerance of the verdict in the caption.")
@click.option("--no-verdict", is_flag=True, help="Draw without judging (faster).")
@plain
def figure(names: tuple[str, ...], out: Path, formats: tuple[str, ...], jobs: int, no_verdict: bool, **options: Any) -> None:
    """Draw theorems: theory, simulated points with intervals, verdict; data and provenance are written beside each figure."""
    from theorems import discovery, figures
    from theorems.figures import styles
    from theorems.verdict import verify as judge

    seed, delta = options.pop("seed"), options.pop("delta")
    styles.venue(options["venue"]).inches(options["width"])  # refuse before the work
    figures.endings(formats)
    writable(out)
    records = discovery.every(names)
    drawn = [r for r in records if len(records) == 1 or figures.drawable(r)]
    for record in records:
        if record not in drawn:
            click.echo(f"{record.name} has nothing to draw: neither a plot nor a parameter gamma", err=True)
    with bar(sum(figures.count(r) + (0 if no_verdict else len(r.cases)) for r in drawn)) as step:

        def draw(record: Theorem) -> list[Path]:
            verdict = None if no_verdict else judge(record, delta=delta, entropy=seed, progress=step)
            drawing = figures.figure(
                record, verdict=verdict, judge=False, entropy=seed, tick=lambda: step(record.name), **options
            )
            return drawing.save(out, formats)

        for paths in at_once(draw, drawn, jobs):
            say("\n".join(str(path) for path in paths))


def _list_of(kind: type) -> Callable[..., Any]:
    def read(context: click.Context, parameter: click.Parameter, value: str | None) -> list[Any] | None:
        try:
            return None if value is None else [kind(v) for v in value.split(",")]
        except ValueError:
            raise click.BadParameter(f"{value!r}: write {'whole ' if kind is int else ''}numbers a,b,c") from None

    return read


@main.command()
@click.argument("table", required=False, type=click.Path(path_type=Path))
@click.option("--target", default=None, help="The column to predict.")
@click.option(
    "--lam", default=None, callback=_list_of(float), help="Penalties a,b,c (scikit-learn's alpha is n lam); 0 is ridgeless."
)
@click.option("--sizes", default=None, callback=_list_of(int), help="Training sizes a,b,c.")
@click.option("--draws", default=100, show_default=True, help="Subsamples a size.")
@SEED
@click.option("--label", default=None, help="For a target of classes: the one that counts as 1.")
@click.option("--drop", multiple=True, help="A column to leave out; may be repeated.")
@click.option("--one-hot", is_flag=True, help="Turn columns of text into indicators.")
@click.option("--clean", is_flag=True, help="Leave out rows with missing values, columns of text and constant columns.")
@click.option("--no-scale", is_flag=True, help="Keep the columns' own scales.")
@click.option("--no-controls", is_flag=True, help="Do not ask why prediction and measurement part.")
@OUT
@VENUE
@FORMATS
@plain
def data(table: Path | None, target: str | None, seed: int, no_scale: bool, no_controls: bool, **options: Any) -> None:
    """Learning curves of ridge on TABLE (CSV, Parquet or NPZ), predicted and measured.

    Without TABLE, on a data set that is shipped.
    """
    from theorems import data as real
    from theorems import figures
    from theorems.figures import styles

    out, venue, formats = (options.pop(k) for k in ("out", "venue", "formats"))
    styles.venue(venue)  # refuse before the work
    figures.endings(formats)
    writable(out)
    options |= {"entropy": seed, "scale": not no_scale, "controls": not no_controls}
    with bar(len(options["sizes"] or range(9))) as step:
        report = real.report(table, target, tick=lambda: step("measuring"), **options)
        step("drawing")
        written = report.save(out, venue=venue, format=formats)
    click.echo(str(report))
    click.echo("\n".join(str(path) for path in written))


@main.command()
@click.option("--out", default="ridgeless-tour", show_default=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--quick", is_flag=True, help="Fewer records and draws: a check that all works, in some 10 seconds.")
@SEED
@plain
def tour(out: Path, quick: bool, seed: int) -> None:
    """The main job in one go: predicts, simulates, judges and draws a few theorems and a real data set; a report at the end."""
    from theorems import tour as guide

    writable(out)
    report = guide.run(out=out, quick=quick, entropy=seed, say=lambda line: click.echo(line))
    sys.exit(0 if report.good else 1)


if __name__ == "__main__":
    main()
