"""The command line. Every command is thin: it reads words, calls the library, prints, and imports only what it needs.

Exit status: 0 all is well; 1 a verdict is not consistent or a rival survives; 2 the input is refused, in one line on stderr.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # before NumPy: threads of BLAS spin against each other

import click  # noqa: E402

if TYPE_CHECKING:
    from theorems.record import Theorem
    from theorems.verdict import Verdict


class Refused(click.ClickException):
    """Bad input: one line, exit status 2."""

    exit_code = 2


def _plain(command: Callable[..., Any]) -> Callable[..., Any]:
    """One BLAS thread, and the library's refusals as one line instead of a traceback."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        from threadpoolctl import threadpool_limits

        try:
            with threadpool_limits(1):
                return command(*args, **kwargs)
        except (ValueError, ArithmeticError, OSError) as error:
            raise Refused(" ".join(str(error).split()) or type(error).__name__) from error

    return run


def _load(where: str) -> dict[str, Theorem]:
    """Records by a record's name, a paper's, FILE.py or FILE.py:record."""
    from theorems.discovery import load

    path, colon, wanted = where.rpartition(":") if ".py:" in where else (where, "", "")
    try:
        found = load(path)
    except ValueError:
        raise
    except Exception as error:
        if not path.endswith(".py"):
            raise
        at = error.__traceback__
        line = 0
        while at is not None:
            line = at.tb_lineno if at.tb_frame.f_code.co_filename.endswith(Path(path).name) else line
            at = at.tb_next
        raise Refused(f"{path} does not load: {type(error).__name__}: {error}" + (f" (line {line})" if line else "")) from error
    if colon:
        found = {k: v for k, v in found.items() if k.endswith(f".{wanted}")}
        if not found:
            raise Refused(f"theorem = {where!r} is refused: {path} defines no record {wanted!r}")
    return found


def _one(where: str) -> Theorem:
    found = _load(where)
    if len(found) > 1:
        names = ", ".join(f"{where}:{k.split('.')[-1]}" if where.endswith(".py") else k for k in found)
        raise Refused(f"theorem = {where!r} is refused: it holds {len(found)} records; name one: {names}")
    return next(iter(found.values()))


def _all(names: tuple[str, ...]) -> list[Theorem]:
    found: dict[str, Theorem] = {}
    for name in names:
        found |= _load(name)
    return list(found.values())


@contextmanager
def _bar(total: int) -> Iterator[Callable[[str], None]]:
    """A progress bar on stderr; each call is one step, under the name given."""
    from tqdm import tqdm

    with tqdm(total=total, file=sys.stderr, leave=False, dynamic_ncols=True, mininterval=0.2) as bar:

        def step(name: str = "") -> None:
            if name:
                bar.set_description_str(name, refresh=False)
            bar.update()

        yield step


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ridgeless")
def main() -> None:
    """Hold a theorem of high-dimensional learning against finite samples."""


@main.command("list")
@_plain
def list_() -> None:
    """Every theorem, one line each."""
    from theorems.discovery import load

    found = load()
    wide = max((len(name) for name in found), default=0)
    for name, record in found.items():
        click.echo(f"{name:<{wide}}  {record.title}  [{record.source}]")


@main.command()
@click.argument("name")
@_plain
def show(name: str) -> None:
    """Statement, source, assumptions, domain, rivals, cases and claim of the theorem NAME (or FILE.py:record)."""
    record = _one(name)
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
        lines.write_dl([(k, str(d) + (f", by default {d.default}" if d.default is not None else "")) for k, d in record.domain.items()])
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
    what = {
        "Mean": "the mean of a finite-sample quantity converges to theory's number",
        "Bound": "the mean of a finite-sample quantity is at least theory's number",
        "Law": "an empirical distribution converges to theory's law",
        "Identity": "two exact routes give the same number",
    }.get(kind, "")
    of = f" ({claim.of})" if hasattr(claim, "of") else ""
    sizes = f"; judged at n = {', '.join(map(str, claim.sizes))}" if claim.sizes else ""
    exact = " exactly at every n" if claim.exact and sizes else ""
    return f"{kind}{of}: {what}{exact}{sizes}"


@main.command()
@click.argument("name")
@click.argument("parameters", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write FILE.csv, FILE.json (an object a line) or FILE.nc.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a case on stdout; an infinite value is Infinity.")
@_plain
def predict(name: str, parameters: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    """What theorem NAME says at these parameters.

    A parameter is name=value, name=a,b,c or name=low:high:count[:log]; several grids make their outer product. Files hold every
    digit; in CSV an infinite value is inf. The quantiles of a law are told at level=0.1,0.5,0.9.
    """
    from theorems import tables

    record = _one(name)
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
@click.argument("names", nargs=-1, required=True, metavar="NAME|PAPER|FILE.py...")
@click.option("--delta", default=0.01, show_default=True, help="Tolerance, relative to the claim's scale.")
@click.option("--false-refute", default=1e-6, show_default=True, help="Bound on the probability that a true record is refuted.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Entropy of all draws.")
@click.option("--jobs", default=2, show_default=True, type=click.IntRange(1), help="Records judged at once.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a record on stdout.")
@_plain
def verify(names: tuple[str, ...], delta: float, false_refute: float, seed: int, jobs: int, as_json: bool) -> None:
    """Hold theorems against simulation: consistent, refuted or undecided.

    Exit status 1 unless every record is consistent and each of its rivals is refuted.
    """
    import json

    records = _all(names)
    good = True
    with _bar(sum(len(r.cases) for r in records)) as step:
        for verdict in _verdicts(records, jobs, step, delta=delta, false_refute=false_refute, entropy=seed):
            click.echo(json.dumps(verdict.to_dict(), default=str) if as_json else str(verdict))
            good &= verdict.status == "consistent" and verdict.has_power
            for rival, status in verdict.rivals.items():
                if status != "refuted":
                    click.echo(f"warning: {verdict.theorem} has no power against its rival '{rival}' ({status})", err=True)
    sys.exit(0 if good else 1)


def _verdicts(records: list[Theorem], jobs: int, step: Callable[[str], None], **options: Any) -> Iterator[Verdict]:
    """Verdicts in the order of the records; LAPACK and the kernels release the GIL, so threads share the work."""
    from concurrent.futures import ThreadPoolExecutor

    from theorems.verdict import verify as judge

    if jobs == 1:
        yield from (judge(r, progress=step, **options) for r in records)
        return
    with ThreadPoolExecutor(jobs) as pool:
        waiting = [pool.submit(judge, r, progress=step, **options) for r in records]
        try:
            yield from (w.result() for w in waiting)
        finally:
            for w in waiting:
                w.cancel()


@main.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME|PAPER|FILE.py...")
@click.option("--venue", default="neurips", show_default=True, help="neurips, icml, jmlr or aos.")
@click.option("--width", default=None, help="Inches, 'column' or 'full'; by default one column where the venue has two.")
@click.option("--out", default="figures", show_default=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--format", "formats", multiple=True, default=("pdf",), show_default=True, help="pdf, svg or png; may be repeated.")
@click.option("--draws", default=50, show_default=True, help="Draws a simulated point.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Entropy of all draws.")
@click.option("--delta", default=0.01, show_default=True, help="Tolerance of the verdict in the caption.")
@click.option("--no-verdict", is_flag=True, help="Draw without judging (faster).")
@_plain
def figure(names: tuple[str, ...], venue: str, width: str | None, out: Path, formats: tuple[str, ...], draws: int, seed: int, delta: float,
           no_verdict: bool) -> None:
    """Draw theorems: theory, simulated points with intervals, verdict; data and provenance are written beside each figure."""
    from theorems import figures, styles
    from theorems.verdict import verify as judge

    styles.venue(venue).inches(width)  # refuse before the work
    records = _all(names)
    with _bar(sum(figures.count(r) + (0 if no_verdict else len(r.cases)) for r in records)) as step:
        for record in records:
            verdict = None if no_verdict else judge(record, delta=delta, entropy=seed, progress=step)
            drawing = figures.figure(record, venue=venue, width=width, verdict=verdict, judge=False, draws=draws, entropy=seed,
                                     tick=lambda name=record.name: step(name))
            for path in drawing.save(out, formats):
                click.echo(str(path))


@main.command()
@click.option("--out", default="ridgeless-tour", show_default=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--quick", is_flag=True, help="Fewer records and draws: a check that all works, in about 20 seconds.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Entropy of all draws.")
@_plain
def tour(out: Path, quick: bool, seed: int) -> None:
    """The main job in one go: predicts, simulates, judges and draws a few theorems and a real data set; a report at the end."""
    from theorems import tour as guide

    report = guide.run(out=out, quick=quick, entropy=seed, say=lambda line: click.echo(line))
    sys.exit(0 if report.good else 1)


if __name__ == "__main__":
    main()
