"""Predictions over a grid of parameters, and what they are written as: a table, CSV, JSON lines or netCDF.

CSV and JSON hold every number at full precision (its shortest decimal that reads back to the same bits). An infinite value is
`inf` in CSV and `Infinity` in JSON, which Python's `json.loads` and `pandas` read back.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from asymptotics.conventions import refuse
from theorems.claims import Law
from theorems.domain import Choice, Integer
from theorems.record import Theorem

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

MOST = 10_000_000  # cells of a grid


def versions() -> dict[str, str]:
    """What numbers depend on: Python and the packages that compute them."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for package in ("ridgeless", "numpy", "scipy", "numba", "matplotlib"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # run from a source tree
            found[package] = "not installed"
    return found


def parse(record: Theorem, text: str) -> tuple[str, Any]:
    """`name=value`, `name=a,b,c` or `name=low:high:count[:log]` as (name, number, array, string or tuple of strings).

    A text parameter is taken as it stands (several values: separated by commas where its options are a closed list).
    Raises ValueError that says what is wrong with the words of the user.
    """
    name, equals, value = text.partition("=")
    if not equals or not name or not value:
        refuse("parameter", text, "write name=value, name=a,b,c or name=low:high:count[:log]")
    domain = record.arguments.get(name)
    if isinstance(domain, Choice):
        parts = (value,) if domain.open else tuple(value.split(","))
        return name, parts[0] if len(parts) == 1 else parts
    try:
        numbers = _range(value) if ":" in value else np.array([float(v) for v in value.split(",")])
    except ValueError:
        refuse(name, value, "write a number, numbers a,b,c, or low:high:count[:log] (count at least 2, log needs 0 < low)")
    if isinstance(domain, Integer) and np.all(numbers == np.round(numbers)):
        numbers = numbers.astype(np.int64)
    return name, numbers[0].item() if len(numbers) == 1 else numbers


def _range(value: str) -> np.ndarray:
    low, high, count, *scale = value.split(":")
    if scale not in ([], ["lin"], ["log"]) or int(count) < 2 or int(count) > MOST:
        raise ValueError
    ends = float(low), float(high)
    if not (math.isfinite(ends[0]) and math.isfinite(ends[1])) or (scale == ["log"] and min(ends) <= 0):
        raise ValueError
    grid = np.geomspace(*ends, int(count)) if scale == ["log"] else np.linspace(*ends, int(count))
    grid[[0, -1]] = ends
    return grid


def numbers(result: Any, name: str) -> dict[str, Any]:
    """The fields of a theory's result that apply; a plain number goes by `name`."""
    if isinstance(result, Mapping):
        return dict(result)
    if hasattr(result, "to_dict"):
        return dict(result.to_dict())
    if is_dataclass(result) and not isinstance(result, type):
        return {f.name: v for f in fields(result) if (v := getattr(result, f.name)) is not None}
    return {name: result}


def _agree(found: Mapping[str, np.ndarray], point: Mapping[str, Any], i: int) -> bool:
    """Whether the table of a call with arrays says at the i-th point what a call with its numbers says."""
    pairs = ((found[k].flat[i], float(point[k])) for k in found)
    return found.keys() == point.keys() and all(math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12) for a, b in pairs)  # round-off


def quantity(record: Theorem) -> str:
    """Which field of its theory's result the claim is about; "" where that is a plain number, or a law."""
    if isinstance(record.claim, Law):
        return ""
    if isinstance(record.claim.of, tuple):
        return ", ".join(record.claim.of)
    sized = {"n": max(record.claim.sizes)} if record.claim.exact and record.claim.sizes else {}
    try:
        plain = "" in numbers(record.predict(**{**sized, **record.cases[0]}), "")
    except Exception:  # a user's formula that fails is shown all the same
        plain = False
    return "" if plain else record.claim.of


def evaluate(
    record: Theorem, params: Mapping[str, Any], shape: tuple[int, ...], *, name: str | None = None
) -> dict[str, np.ndarray]:
    """Every field of the theory on arrays that broadcast to `shape`: in one call, or point by point if it takes scalars only.

    name: of plain numbers, which by default go by what the claim calls them (`of`).
    """
    of = name or getattr(record.claim, "of", "value")
    of = of[0] if isinstance(of, tuple) else str(of)
    try:
        out = numbers(record.predict(**params), of)
        found = {k: np.broadcast_to(np.asarray(v, dtype=np.float64), shape) for k, v in out.items()}
    except (TypeError, ValueError):
        found = {}
    spread = {k: np.broadcast_to(v, shape).ravel() for k, v in params.items() if np.ndim(v) > 0}
    if not spread:
        return found or numbers(record.predict(**params), of)  # the error, as it was

    def point(i: int) -> dict[str, Any]:
        return numbers(record.predict(**{**params, **{k: v[i].item() for k, v in spread.items()}}), of)

    count = math.prod(shape)
    if found and all(_agree(found, point(i), i) for i in {0, count - 1}):  # a formula of scalars may broadcast, and wrongly
        return found
    points = [point(i) for i in range(count)]
    return {k: np.array([float(p[k]) for p in points]).reshape(shape) for k in points[0]}


@dataclass(frozen=True, kw_only=True)
class Table:
    """Predictions on the outer product of `grids` (in order), at the `fixed` parameters; one array a field."""

    theorem: str
    title: str
    source: str
    fixed: Mapping[str, Any]
    grids: Mapping[str, Any]
    fields: Mapping[str, np.ndarray]

    def cases(self) -> Iterator[dict[str, Any]]:
        """One dictionary a case: its parameters and every field, as plain numbers."""
        for index, point in enumerate(itertools.product(*self.grids.values())):
            plain = {k: v.item() if isinstance(v, np.generic) else v for k, v in zip(self.grids, point, strict=True)}
            yield {**plain, **self.fixed, **{k: float(v.flat[index]) for k, v in self.fields.items()}}

    def json(self) -> Iterator[str]:
        """One JSON object a case."""
        return (json.dumps(case) for case in self.cases())

    def frame(self) -> pd.DataFrame:
        """One row a case."""
        import pandas as pd

        axes = np.meshgrid(*(np.asarray(v) for v in self.grids.values()), indexing="ij") if self.grids else []
        columns: dict[str, Any] = {k: a.ravel() for k, a in zip(self.grids, axes, strict=True)}
        return pd.DataFrame(columns | dict(self.fixed) | {k: v.ravel() for k, v in self.fields.items()}, index=range(self.size))

    def dataset(self) -> xr.Dataset:
        """Labelled arrays: a dimension a grid, a variable a field."""
        import xarray as xr

        values = {k: (tuple(self.grids), v) for k, v in self.fields.items()}
        coordinates = {k: np.asarray(v) for k, v in self.grids.items()} | dict(self.fixed)
        attributes = {"theorem": self.theorem, "title": self.title, "source": self.source}
        attributes |= {f"version of {k}": v for k, v in versions().items()}
        return xr.Dataset(values, coords=coordinates, attrs=attributes)

    @property
    def size(self) -> int:
        return math.prod(len(v) for v in self.grids.values())

    def text(self, width: int = 120, rows: int = 20) -> str:
        """A table for a terminal: six digits, the middle of a long grid left out, what is constant said once."""
        fixed = ", ".join(f"{k} = {v}" for k, v in self.fixed.items())
        shown = self.frame().drop(columns=list(self.fixed))
        body = shown.to_string(index=False, max_rows=rows, float_format=lambda v: f"{v:.6g}", line_width=width)
        more = (
            f"\n{self.size} cases; every one at full precision: --out FILE.csv, --out FILE.nc or --json"
            if self.size > rows
            else ""
        )
        return f"{self.theorem}: {self.title}\n" + (f"at {fixed}\n" if fixed else "") + body + more

    def save(self, path: str | Path) -> Path:
        """Write .csv, .json (an object a line) or .nc by the ending of `path`; ValueError for another ending."""
        path = Path(path)
        if path.suffix.lower() not in (".csv", ".json", ".jsonl", ".nc"):
            refuse("out", str(path), "its ending says the format: .csv, .json (one object a line) or .nc")
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix.lower() == ".csv":
            self.frame().to_csv(path, index=False)
        elif path.suffix.lower() == ".nc":
            self.dataset().to_netcdf(path, engine="netcdf4")
        else:
            path.write_text("".join(line + "\n" for line in self.json()))
        return path


def predict(record: Theorem, given: Mapping[str, Any]) -> Table:
    """The record's prediction on the outer product of `given`: numbers, arrays (grids) and strings by parameter name.

    Plain numbers go by `value`. A law is told by its quantiles, at the levels of its claim or at those given as `level`. Raises
    ValueError on a foreign or missing name and on a value outside the domain. Example:

        >>> from theorems.tables import predict  # doctest: +SKIP
        >>> predict(record, {"gamma": [0.5, 2.0], "lam": 0.1}).frame()  # doctest: +SKIP
    """
    given = dict(given)
    law = isinstance(record.claim, Law)
    levels = np.atleast_1d(given.pop("level", record.claim.levels)) if isinstance(record.claim, Law) else np.empty(0)
    if law and not np.all((levels > 0) & (levels < 1)):
        refuse("level", levels.tolist(), "levels of quantiles lie between 0 and 1, ends excluded")
    grids = {k: v for k, v in given.items() if not isinstance(v, str) and np.ndim(v) > 0}
    shape = tuple(len(v) for v in grids.values())
    if math.prod(shape) > MOST:
        refuse("grid", shape, f"that is {math.prod(shape)} cases; at most {MOST} are tabled at once")
    first = {k: v[0] for k, v in grids.items()}
    checked = record.parameters(**{**given, **first})
    fixed = {k: v for k, v in checked.items() if k not in grids}
    scalar = [k for k, v in grids.items() if law or isinstance(v[0], str)]  # walked through one by one
    arrays = {k: np.asarray(v) for k, v in grids.items() if k not in scalar}
    rank = len(arrays)
    arrays = {k: v.reshape((1,) * i + (-1,) + (1,) * (rank - 1 - i)) for i, (k, v) in enumerate(arrays.items())}
    inner = tuple(v.size for v in arrays.values())
    parts = []
    for point in itertools.product(*(grids[k] for k in scalar)):
        plain = {k: v.item() if isinstance(v, np.generic) else v for k, v in zip(scalar, point, strict=True)}
        if law:
            parts.append({"quantile": np.asarray(record.predict(**fixed, **plain).quantile(levels), dtype=np.float64)})
        else:
            parts.append(evaluate(record, {**fixed, **plain, **arrays}, inner, name="value"))
    order = scalar + list(arrays) + (["level"] if law else [])
    want = list(grids) + (["level"] if law else [])
    stacked = {}
    for name in parts[0]:
        array = np.stack([p[name] for p in parts]).reshape([len(grids[k]) for k in scalar] + list(parts[0][name].shape))
        stacked[name] = np.transpose(array, [order.index(k) for k in want])
    return Table(
        theorem=record.name,
        title=record.title,
        source=record.source,
        fixed=fixed,
        grids=grids | ({"level": levels} if law else {}),
        fields=stacked,
    )
