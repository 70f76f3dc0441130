"""Golden streams: what every simulator drew when its STREAM_VERSION was new. `python -m tests.golden` adds what is missing.

Simulators are found where they stand, and their parameters chosen by their names, so that nothing is listed here.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import json
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import simulate
from simulate.streams import STREAM_VERSION, stream

FILE = Path(__file__).parent / "streams.json"
COMMAND = "python -m tests.golden"
SETS = 3
RTOL = 1e-9  # BLAS kernels differ in the last bits: at most 4e-12 relative with normal equations
TABLE = [[np.cos(3.0 * i * i + 2.0 * j) for j in range(5)] for i in range(30)]
GRAM = [[np.exp(-abs(i - j) / 5) for j in range(30)] for i in range(30)]
VALUES: dict[str, tuple[Any, ...]] = {  # by name, and names mean the same everywhere: one for each set
    "n": (12, 10, 9),
    "gamma": (0.5, 2.0, 1.0),
    "lam": (0.1, 0.0, [0.5, 2.0]),
    "r2": (1.0, 5.0, 2.0),
    "sigma2": (1.0, 0.5, 2.0),
    "spectrum": ("isotropic", "ar1:0.5", "power:1"),
    "signal": ("isotropic", "top:0.5", "bottom:0.5"),
    "entries": ("gaussian", "rademacher", "student:5"),
    "shifted": ("identity", "power:2", "power:0.5"),
    "activation": ("relu", "tanh", "identity"),
    "psi": (0.5, 0.75, 1.0),
    "mu": (1.0, 2.0, 0.5),
    "explained": (0.5, None, 0.25),
    "decay": (None, 2.0, None),
    "X": (TABLE,) * SETS,
    "gram": (GRAM,) * SETS,
    "k": (4, 8, 15),
    "d": (5, 6, 4),
    "kernel": ("ntk:2", "laplace:1", "gaussian:2"),
    "delta": (0.5, [0.1, 1.0], 2.0),
    "degree": (0, 1, 2),
    "alpha": (1.5, 2.0, 1.2),
    "beta": (1.5, 2.5, 1.1),
    "members": (1, 2, 3),
    "share": (0.5, 0.8, 1.0),
    "t": (0.5, 2.0, 5.0),
    "step": (0.3, 0.2, 0.1),
    "tau": (0.5, 0.1, 0.8),
    "y": ([row[0] - row[1] + np.sin(k) for k, row in enumerate(TABLE)],) * SETS,
    "inputs": (0.5, 1.0, 1.5),
    "hidden": (1.0, 0.5, 1.5),
    "first": ("tanh", "sign", "erf"),
    "second": ("erf", "identity", "tanh"),
    "draws": (3,) * SETS,
}
KEYS: list[list[Any]] = [[0], [0, "ridge"], [1, "ridge", {"n": 10, "gamma": 2.0}], [2**63, "ridge", 0.1, [1, 2], None]]


def simulators() -> dict[str, Callable[..., Any]]:
    """Everything that `simulate.conventions.simulator` marks, by its place: "simulate.ridge.ridge"."""
    modules = (importlib.import_module(f"simulate.{m.name}") for m in pkgutil.iter_modules(simulate.__path__))
    found = {f"{m.__name__}.{name}": f for m in modules for name, f in vars(m).items() if hasattr(f, "moments") and callable(f)}
    return {place: f for place, f in sorted(found.items()) if place.startswith(f"{f.__module__}.")}


def parameters(simulator: Callable[..., Any], k: int) -> dict[str, Any]:
    """The k-th set: by the names of what the simulator takes; a name that VALUES lacks keeps its default."""
    taken = inspect.signature(simulator).parameters
    missing = [p.name for p in taken.values() if p.default is p.empty and p.name not in {*VALUES, "rng"}]
    if missing:
        raise LookupError(f"{simulator.__module__}: add values for {', '.join(missing)} to VALUES in {Path(__file__).name}")
    return {name: VALUES[name][k] for name in taken if name in VALUES}


def draw(place: str, simulator: Callable[..., Any], k: int) -> dict[str, Any]:
    """A few values, and the state in which the generator is left: how much randomness was used, and in which order."""
    given = parameters(simulator, k)
    for other in ({}, {"gamma": 1 / given.get("gamma", 1.0)}, {"lam": 0.1}, {"activation": "relu"}):  # not all take all
        try:
            result = simulator(**{**given, **{key: x for key, x in other.items() if key in given}}, rng=(rng := stream(k, place)))
            break
        except ValueError:
            if "activation" in other:
                raise
    fields = result.to_dict() if hasattr(result, "to_dict") else {"value": result}
    state = json.dumps(rng.bit_generator.state, sort_keys=True, default=lambda x: x.tolist())
    values = {name: np.ravel(array)[:3].tolist() for name, array in fields.items()}
    return {"state": hashlib.sha256(state.encode()).hexdigest()[:16], "values": values}


def words(key: list[Any]) -> list[str]:
    """The first three 64-bit words of `stream(*key)`."""
    return [f"{word:016x}" for word in stream(*key).bit_generator.random_raw(3).tolist()]


def made() -> dict[str, Any]:
    """What the code that is here makes."""
    return {
        "stream_version": STREAM_VERSION,
        "streams": {json.dumps(key): words(key) for key in KEYS},
        "simulators": {place: [draw(place, f, k) for k in range(SETS)] for place, f in simulators().items()},
    }


def kept() -> dict[str, Any]:
    """What stands in the file."""
    return (
        json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {"stream_version": 0, "streams": {}, "simulators": {}}
    )


def same(one: dict[str, Any], two: dict[str, Any]) -> bool:
    """Equal states, and values that agree to RTOL."""
    if one["state"] != two["state"] or one["values"].keys() != two["values"].keys():
        return False
    scale = 1e-12  # round-off of what is zero exactly: the bias and the training error of fits that interpolate
    return all(np.allclose(one["values"][f], two["values"][f], rtol=RTOL, atol=scale) for f in one["values"])
