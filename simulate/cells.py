"""A cell: one simulator at one case, one size, one block of draws. Its key and its random numbers come from what it is."""

from __future__ import annotations

import functools
import hashlib
import importlib
import json
import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulate.conventions import refuse
from simulate.streams import STREAM_VERSION, stream
from simulate.threads import one_blas_thread

Values = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Failure:
    """Why a cell has no values: the name of the exception's type, and what it said."""

    error: str
    message: str

    def __str__(self) -> str:
        return f"{self.error}: {self.message}"


@dataclass(frozen=True, eq=False)
class Cell:
    """`function(**params, n=n, draws=draws, rng=...)`: the block-th block of draws of a case at size n.

    function: "module:qualname" (dots are walked: "module:record.claim.simulation"), or a callable, which becomes its name where
    that imports it; a lambda or a nested function stays what it is, and works in this process only. params: numbers, strings,
    booleans, None, and tuples of these. `content` is all this as JSON and `key` its SHA-256: 2 and 2.0 are different content.
    Raises ValueError on anything else. Cells are equal where their keys (and callables) are.

    >>> Cell("simulate.isotropic:ridge", {"gamma": 2.0}, n=50, draws=10).key[:16]
    '4ca787982d9452b2'
    """

    function: str | Callable[..., Any]
    params: Mapping[str, Any]
    n: int
    draws: int
    block: int = 0
    name: str = field(init=False, repr=False)
    content: str = field(init=False, repr=False)
    key: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        function, name = _named(self.function)
        params = {}
        for key, value in self.params.items():
            if not isinstance(key, str) or key in ("n", "draws", "rng"):
                refuse("params", key, "names of parameters are strings other than n, draws and rng")
            params[key] = _plain(key, value)
        sizes = {"n": _whole("n", self.n, 1), "draws": _whole("draws", self.draws, 1), "block": _whole("block", self.block, 0)}
        content = json.dumps([name, params, *sizes.values(), STREAM_VERSION], sort_keys=True, separators=(",", ":"))
        key = hashlib.sha256(content.encode()).hexdigest()
        for at, value in {"function": function, "params": params, **sizes, "name": name, "content": content, "key": key}.items():
            object.__setattr__(self, at, value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cell) and (self.key, self.function) == (other.key, other.function)

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        params = "".join(f"{k}={v!r}, " for k, v in self.params.items())
        return f"{self.name}({params}n={self.n}, draws={self.draws}), block {self.block}"


def _whole(name: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        refuse(name, value, f"it must be an integer of at least {least}")
    return int(value)


def _plain(name: str, value: Any) -> Any:
    """The value as plain data: what NumPy calls a scalar becomes Python's, a list a tuple."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, list | tuple):
        return tuple(_plain(name, v) for v in value)
    if value is not None and not isinstance(value, str | bool | int | float):
        remedy = "pass tuple(x.tolist())" if isinstance(value, np.ndarray) else "pass what it is made from"
        refuse(name, value, f"a cell's parameters are numbers, strings, booleans, None or tuples of these; {remedy}")
    if isinstance(value, float) and math.isnan(value):
        refuse(name, value, "it is not a number")
    return value


def _named(function: Any) -> tuple[str | Callable[..., Any], str]:
    """What the cell calls, and its name."""
    if isinstance(function, str):
        if not all(function.partition(":")):
            refuse("function", function, 'name it "module:function"')
        return function, function
    name = f"{getattr(function, '__module__', '')}:{getattr(function, '__qualname__', '')}"
    if not callable(function) or not all(name.partition(":")):
        refuse("function", function, 'give a function, or its name "module:function" (a partial or an object has none)')
    return _importable(function, name)


@functools.lru_cache(maxsize=256)
def _importable(function: Callable[..., Any], name: str) -> tuple[str | Callable[..., Any], str]:
    module, _, path = name.partition(":")
    if module in ("__main__", "__mp_main__"):  # under its own name in every process that runs the script
        main = sys.modules[module]
        spec, file = getattr(main, "__spec__", None), Path(getattr(main, "__file__", None) or "")
        return function, f"{spec.name if spec else file.stem if file.is_file() else '__main__'}:{path}"
    return (name if _found(name) is function else function), name


def _found(name: str) -> Any:
    """What the name says, None where there is no such thing."""
    module, _, path = name.partition(":")
    try:
        return functools.reduce(getattr, path.split("."), importlib.import_module(module))
    except (ImportError, AttributeError):
        return None


def resolve(cell: Cell) -> Callable[..., Any]:
    """The cell's function; ValueError where its name imports nothing that can be called."""
    if not isinstance(cell.function, str):
        return cell.function
    found = _found(cell.function)
    if not callable(found):
        module = cell.function.partition(":")[0]
        try:
            importlib.import_module(module)
            remedy = f"the module {module} has no such function" if found is None else "it cannot be called"
        except ImportError as error:
            remedy = f"{module} cannot be imported ({error}); put its folder on PYTHONPATH, for every worker"
        refuse("function", cell.function, remedy)
    return found


def compute(cell: Cell, entropy: int) -> Values:
    """The cell's draws by name, float64 or int64 arrays of shape (draws, ...), with one BLAS thread: the same bits everywhere.

    What has `to_dict` (or is a mapping) gives its entries, an array goes by "value". Raises what the simulator raises, and
    ValueError where it returns nothing, nan, no numbers, or arrays that do not begin with the draws.

    >>> compute(Cell("simulate.isotropic:ridge", {"gamma": 2.0}, n=50, draws=3), entropy=0)["excess"].shape
    (3,)
    """
    function = resolve(cell)
    with one_blas_thread():
        result = function(**cell.params, n=cell.n, draws=cell.draws, rng=stream(entropy, cell.key))
    result = result.to_dict() if hasattr(result, "to_dict") else result
    values = {k: _numbers(cell, k, v) for k, v in (result if isinstance(result, Mapping) else {"value": result}).items()}
    if not values:
        raise ValueError(f"{cell} returned an empty record: a simulator returns at least one array of draws")
    return values


def _numbers(cell: Cell, name: Any, value: Any) -> NDArray[Any]:
    array = np.asarray(value)
    kind = np.float64 if array.dtype.kind == "f" else np.int64
    if not np.can_cast(array.dtype, kind) or not isinstance(name, str):
        raise ValueError(
            f"{cell} returned {array.dtype} in {name!r}: draws are float64 or int64 arrays, or what goes into these, by name"
        )
    if array.shape[:1] != (cell.draws,) or array.size == 0:
        raise ValueError(
            f"{cell} returned an array of shape {array.shape} in {name!r}: the first axis must be the {cell.draws} draws"
        )
    array = np.array(array, dtype=kind, order="C")  # a copy: the simulator may write its own again
    if kind is np.float64 and np.isnan(array).any():
        raise ValueError(f"{cell} returned nan in {name!r} for {int(np.isnan(array).sum())} of {array.size} numbers")
    return array


def attempt(cell: Cell, entropy: int) -> Values | Failure:
    """`compute`, or why it failed."""
    try:
        return compute(cell, entropy)
    except Exception as error:
        return Failure(type(error).__name__, str(error))
