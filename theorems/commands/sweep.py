"""`ridgeless sweep`: a simulator over a grid."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from theorems.executors import KINDS, pool
from theorems.options import SEED
from theorems.terminal import bar, plain, say, writable

if TYPE_CHECKING:
    from simulate.results import Sweep
    from theorems.record import Theorem


@click.command()
@click.argument("name", metavar="FUNCTION|RECORD")
@click.argument("parameters", nargs=-1, metavar="[NAME=VALUES]...")
@click.option("--sizes", help="n1,n2,...; a record has its own.")
@click.option("--draws", default=1000, show_default=True, type=click.IntRange(1), help="Draws of each case at each size.")
@click.option("--block", default=100, show_default=True, type=click.IntRange(1), help="Draws of a cell.")
@click.option("--store", type=click.Path(dir_okay=False, path_type=Path), help="What is done is kept here; run again to go on.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write FILE.nc.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1))
@click.option("--executor", type=click.Choice(KINDS), help="By default processes where there are several workers.")
@click.option("--scheduler-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Of a Dask cluster.")
@click.option("--accept-code", is_flag=True, help="Go on with a store of other code; no number may have changed.")
@SEED
@plain
def command(
    name: str,
    parameters: tuple[str, ...],
    sizes: str | None,
    draws: int,
    block: int,
    store: Path | None,
    out: Path | None,
    workers: int,
    executor: str | None,
    scheduler_file: Path | None,
    accept_code: bool,
    seed: int,
) -> None:
    """Draw from a simulator on the outer product of parameters and sizes, on any executor, with a store that survives.

    FUNCTION is module:function or FILE.py:function, RECORD a theorem, whose simulation is drawn from. Values are name=value,
    name=a,b,c or name=low:high:count[:log]; texts stand as they are, and a name given again adds a value. Exit status 1 where
    cells failed.
    """
    from concurrent.futures import BrokenExecutor
    from contextlib import nullcontext

    from simulate.journal import Journal
    from simulate.results import Plan
    from simulate.sweep import blocks, sweep

    function, record = _target(name)
    given = _grid(record, parameters)
    chosen = _sizes(record, sizes)
    if out is not None:
        if out.suffix.lower() != ".nc":
            raise ValueError(f"out = {str(out)!r} is refused: it is written as netCDF: name it .nc")
        writable(out.parent)
    grid = {k: v for k, v in given.items() if len(v) > 1}
    fixed = {k: v[0] for k, v in given.items() if len(v) == 1}
    if executor is None:
        executor = "dask" if scheduler_file else "processes" if workers > 1 else "serial"
    cells = len(Plan(function=function, grid=grid, fixed=fixed, sizes=chosen, blocks=blocks(draws, block)).cells)
    journal: Any = nullcontext() if store is None else Journal(store, command="ridgeless sweep", accept_code=accept_code)
    with journal as kept, pool(executor, workers, scheduler_file) as workforce, bar(cells) as step:
        try:
            found = sweep(
                function, grid=grid, fixed=fixed, sizes=chosen, draws=draws, block=block, entropy=seed,
                executor=workforce, store=kept, progress=lambda cell: step(f"n={cell.n}"),
            )  # fmt: skip
        except BrokenExecutor as error:
            raise click.ClickException(str(error)) from error  # exit status 1
    for cell, why in list(found.failures.items())[:10]:
        say(f"failed: {cell}: {why}", err=True)
    say(f"{len(found.values)} of {cells} cells are done, {len(found.failures)} failed", err=True)
    if out is not None:
        say(f"wrote {found.save(out)}", err=True)
    elif found.values:
        say(_means(found))
    sys.exit(1 if found.failures else 0)


def _target(name: str) -> tuple[str, Theorem | None]:
    """The simulator by its name, and the record that it stands in."""
    import importlib

    from theorems import discovery
    from theorems.record import Theorem

    file, _, attribute = name.rpartition(":") if ".py:" in name or not name.endswith(".py") else (name, "", "")
    module = file
    if file.endswith(".py"):
        path = Path(file).absolute()
        if not path.is_file():
            raise ValueError(f"function = {name!r} is refused: there is no file {file}")
        sys.path.insert(0, str(path.parent))  # the workers' too: they are told
        found = importlib.import_module(module := path.stem)
        if Path(getattr(found, "__file__", "") or "").absolute() != path:
            raise ValueError(f"function = {name!r} is refused: another module is called {module}; give the file another name")
    if file and attribute:
        try:
            stands = getattr(importlib.import_module(module), attribute, None)
        except ImportError as error:
            raise ValueError(f"function = {name!r} is refused: {error}; name FILE.py:function, or set PYTHONPATH") from error
        if not isinstance(stands, Theorem):
            return f"{module}:{attribute}", None
    record = discovery.one(name)
    if not hasattr(record.claim, "simulation"):
        raise ValueError(f"record = {name!r} is refused: an identity simulates nothing")
    return f"{record.home['__name__']}:{record.name.rpartition('.')[2]}.claim.simulation", record


def _values(record: Theorem | None, text: str) -> tuple[str, list[Any]]:
    from types import SimpleNamespace

    import numpy as np

    from theorems import tables

    name, _, value = text.partition("=")
    if record is None and re.match(r"[A-Za-z_]", value):
        return name, [value]
    if record is None and re.fullmatch(r"[+-]?\d+(,[+-]?\d+)*", value):  # written as integers, meant as integers
        return name, [int(v) for v in value.split(",")]
    name, found = tables.parse(record or SimpleNamespace(arguments={}), text)  # type: ignore[arg-type]
    return name, list(found) if isinstance(found, tuple) else np.atleast_1d(found).tolist()


def _grid(record: Theorem | None, parameters: Iterable[str]) -> dict[str, list[Any]]:
    """All values of each parameter, by name; of a record checked, with its defaults."""
    given: dict[str, list[Any]] = {}
    for text in parameters:
        name, values = _values(record, text)
        given.setdefault(name, []).extend(values)
    if record is None:
        return given
    whole = record.parameters(**{k: v[0] for k, v in given.items() if k != "n"})
    return {k: [record.domain[k].check(k, v) for v in given.get(k, [whole[k]])] for k in whole}


def _sizes(record: Theorem | None, sizes: str | None) -> list[int]:
    if sizes is None and record is not None:
        return list(record.claim.sizes)
    if not re.fullmatch(r"\d+(,\d+)*", sizes or ""):
        raise ValueError(f"sizes = {sizes!r} is refused: say at which n: --sizes 100,200,400")
    return [int(n) for n in (sizes or "").split(",")]


def _means(found: Sweep) -> str:
    """The means of all draws, six digits."""
    table = found.to_xarray().mean("draw").to_dataframe()
    return table.to_string(max_rows=40, float_format=lambda v: f"{v:.6g}", line_width=120)
