"""What a sweep has found: draws labelled by parameters, size and number, with the cells that failed and where all came from."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from simulate import provenance
from simulate.cells import Cell, Failure, Values
from simulate.conventions import refuse
from simulate.streams import STREAM_VERSION

if TYPE_CHECKING:
    import xarray as xr


def _axis(name: str, values: Any) -> tuple[Any, ...]:
    """The values of a grid's axis: numbers or strings, each once."""
    if isinstance(values, str) or np.ndim(values) != 1 or not len(values):
        refuse(name, values, "an axis of a grid is a list of values; what does not vary belongs into fixed")
    plain = tuple(v.item() if isinstance(v, np.generic) else v for v in values)
    if not (all(isinstance(v, str) for v in plain) or all(isinstance(v, int | float) for v in plain)):
        refuse(name, values, "the values of a grid are all numbers, or all strings")
    if len(set(plain)) < len(plain):
        refuse(name, values, "a value stands twice")
    return plain


@dataclass(frozen=True, kw_only=True, eq=False)
class Sweep:
    """Draws of `function` over grid x sizes; `cells` in the order of the work, `values` and `failures` by cell.

    provenance: versions, stream version, entropy, sources, command, date; no names of hosts or folders.
    """

    function: str
    grid: Mapping[str, tuple[Any, ...]]
    fixed: Mapping[str, Any]
    sizes: tuple[int, ...]
    draws: int
    cells: tuple[Cell, ...] = field(repr=False)
    values: Mapping[Cell, Values] = field(repr=False)
    failures: Mapping[Cell, Failure]
    provenance: Mapping[str, str] = field(repr=False)

    def to_xarray(self) -> xr.Dataset:
        """A variable for each quantity, of dimensions (*grid, n, draw, ...); nan where a cell failed (see `failures`).

        An axis of the simulator's own goes by the parameter that has as many values, else by its number. Raises ValueError
        where the shape of a draw changes from case to case: such results are in `values`.
        """
        import xarray as xr

        at = {name: {v: i for i, v in enumerate(values)} for name, values in self.grid.items()}
        where = {n: i for i, n in enumerate(self.sizes)}
        arrays: dict[str, np.ndarray] = {}
        shape = (*(len(v) for v in self.grid.values()), len(self.sizes), self.draws)
        starts = _starts(self.cells)
        for cell, values in self.values.items():
            place: Any = (
                *(at[k][cell.params[k]] for k in self.grid),
                where[cell.n],
                slice(start := starts[cell], start + cell.draws),
            )
            for name, value in values.items():
                if name not in arrays:
                    whole = value.dtype if not self.failures else np.float64
                    arrays[name] = np.full(shape + value.shape[1:], 0 if whole == np.int64 else np.nan, dtype=whole)
                if arrays[name].shape[len(shape) :] != value.shape[1:]:
                    had = arrays[name].shape[len(shape) :]
                    refuse("to_xarray", name, f"a draw has shape {had} in one case, {value.shape[1:]} in another; use .values")
                arrays[name][place] = value
        dims = (*self.grid, "n", "draw")
        coordinates = {**{k: list(v) for k, v in self.grid.items()}, "n": list(self.sizes), "draw": np.arange(self.draws)}
        variables = {}
        for name, array in arrays.items():
            own = []
            for i, length in enumerate(array.shape[len(dims) :]):
                fits = [k for k, v in self.fixed.items() if isinstance(v, tuple) and len(v) == length and k not in own]
                own.append(fits[0] if fits else f"{name}_{i}")
                if fits:
                    coordinates[fits[0]] = list(self.fixed[fits[0]])
            if name in coordinates:
                refuse("to_xarray", name, "the simulator calls a result as one of the axes is called; use .values")
            variables[name] = ((*dims, *own), array)
        return xr.Dataset(variables, coords=coordinates, attrs=dict(self.provenance))

    def save(self, path: str | Path) -> Path:
        """Write `to_xarray` as netCDF, with the provenance as attributes; a file of that name is replaced when all is written."""
        path = Path(path)
        if path.suffix.lower() != ".nc":
            refuse("path", str(path), "it is written as netCDF: name it .nc")
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            self.to_xarray().to_netcdf(part, engine="netcdf4")
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
        return path


def _starts(cells: Sequence[Cell]) -> dict[Cell, int]:
    """The number of each cell's first draw: its block's place times the draws of a full block."""
    full = max(cell.draws for cell in cells)
    return {cell: cell.block * full for cell in cells}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The cells of a sweep, before the work: blocks outermost, so that every case has its first draws soon."""

    function: str | Callable[..., Any]
    grid: Mapping[str, Sequence[Any]]
    fixed: Mapping[str, Any]
    sizes: Sequence[int]
    blocks: Sequence[int]
    cells: tuple[Cell, ...] = field(init=False)

    def __post_init__(self) -> None:
        grid = {name: _axis(name, values) for name, values in self.grid.items()}
        if twice := set(grid) & set(self.fixed):
            refuse("fixed", sorted(twice), "these stand in the grid too")
        sizes = _axis("sizes", self.sizes)
        cells = [
            Cell(self.function, {**self.fixed, **dict(zip(grid, point, strict=True))}, n=n, draws=draws, block=b)
            for b, draws in enumerate(self.blocks)
            for n in sizes
            for point in itertools.product(*grid.values())
        ]
        for at, value in (("grid", grid), ("sizes", sizes), ("cells", tuple(cells))):
            object.__setattr__(self, at, value)

    def filled(self, found: Mapping[Cell, Values | Failure], entropy: int, code: Mapping[str, Sequence[str]]) -> Sweep:
        """The sweep, with what `run` gave for its cells, and the sources that a store says they were computed by."""
        first = self.cells[0]
        facts = {f"version of {k}": v for k, v in provenance.versions().items()}
        facts |= {"function": first.name, "stream_version": str(STREAM_VERSION), "entropy": str(entropy)}
        facts |= {"command": provenance.command(), "date": provenance.now()}
        facts |= {f"code of {module}": " then ".join(shas) for module, shas in code.items()}
        failures = {cell: why for cell in self.cells if isinstance(why := found[cell], Failure)}
        facts |= {"failures": json.dumps([f"{cell}: {why.error}" for cell, why in failures.items()])} if failures else {}
        fixed = {k: v for k, v in first.params.items() if k not in self.grid}
        return Sweep(
            function=first.name,
            grid=MappingProxyType({k: tuple(v) for k, v in self.grid.items()}),
            fixed=MappingProxyType(fixed),
            sizes=tuple(self.sizes),
            draws=sum(self.blocks),
            cells=self.cells,
            values=MappingProxyType({cell: v for cell in self.cells if not isinstance(v := found[cell], Failure)}),
            failures=MappingProxyType(failures),
            provenance=MappingProxyType(facts | {"fixed": json.dumps(fixed)}),
        )
