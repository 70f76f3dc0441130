"""What `certified=True` does: evaluate the certified twin of a formula point by point, at a precision that is raised until it is enough.

The twin of `asymptotics.<module>.<function>` is `asymptotics.certified.<module>.<function>`: it takes the same arguments as exact
balls (numbers), as `laws.Masses` (laws) or as they are, and returns one value, a tuple, or a dictionary of the result's
fields. The plain function is called first: it refuses what it refuses, and its answer has the shape of the certified one.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass, replace
from types import FunctionType
from typing import Any

import numpy as np

from asymptotics import certified
from asymptotics.certified.enclosure import Enclosure
from asymptotics.conventions import refuse
from asymptotics.errors import ConvergenceError
from asymptotics.spectra.laws import Law
from asymptotics.spectra.signals import Spectrum

BITS = (128, 256, 512, 1024, 4096, 16384)  # the last decides the sign of any sum of a few products of doubles
NAME = "certified"


def _public(module: str) -> dict[str, Callable[..., Any]]:
    """The public functions that stand in a module."""
    found = vars(importlib.import_module(module)).items()
    return {name: f for name, f in found if isinstance(f, FunctionType) and f.__module__ == module and name[0] != "_"}


def functions() -> Iterator[str]:
    """The functions that have a certified form, as module.function."""
    for module in pkgutil.iter_modules(certified.__path__):
        if importlib.util.find_spec(f"asymptotics.{module.name}"):
            plain = _public(f"asymptotics.{module.name}")
            for name in _public(f"{certified.__name__}.{module.name}"):
                if hasattr(plain.get(name), "__wrapped__"):  # guarded
                    yield f"{module.name}.{name}"


def _installed() -> None:
    if not importlib.util.find_spec("flint"):
        refuse(NAME, True, "enclosures need python-flint: pip install 'ridgeless[certified]'")


@functools.cache
def _twin(function: Callable[..., Any]) -> tuple[Callable[..., Any], inspect.Signature]:
    """The twin, and the signature of both."""
    module, name = function.__module__.removeprefix("asymptotics."), function.__name__
    here = f"{certified.__name__}.{module}"
    twin = (
        _public(here).get(name) if importlib.util.find_spec(here.rpartition(".")[0]) and importlib.util.find_spec(here) else None
    )
    if twin is None:
        refuse(NAME, True, f"{module}.{name} has no certified form; these have one: {', '.join(functions())}")
    return twin, inspect.signature(function)


def _fixed(value: Any) -> bool:
    return value is None or isinstance(value, str | bool) or callable(value)


def _rebuilt(like: Any, values: dict[Any, Enclosure]) -> Any:
    if is_dataclass(like) and not isinstance(like, type):
        return replace(like, **{name: v for name, v in values.items() if getattr(like, name, None) is not None})
    if isinstance(like, tuple):
        return getattr(type(like), "_make", tuple)(values.values())  # a named one too
    return values[0]


def _parts(result: Any) -> dict[Any, Any]:
    """The values of one point by name, or by place."""
    return result if isinstance(result, dict) else dict(enumerate(result)) if isinstance(result, tuple) else {0: result}


def _point(twin: Callable[[], Any]) -> dict[Any, tuple[float, float]]:
    """The ends of every value, from the first precision that is enough."""
    from flint import ctx

    from asymptotics.certified.balls import Undecided, infinite, outward, tight

    left: Exception | None = None
    found: dict[Any, Any] = {}
    for bits in BITS:
        with ctx.workprec(bits):
            try:
                found = _parts(twin())
            except (Undecided, ZeroDivisionError, ConvergenceError) as error:
                left = error
                continue
            if all(tight(v) for v in found.values()) or (
                bits == BITS[-1] and all(infinite(v) or v.is_finite() for v in found.values())
            ):
                return {name: outward(v) for name, v in found.items()}
    raise ConvergenceError(
        "an enclosure", residual=np.inf, iterations=len(BITS), causes="arguments at which the formula is singular"
    ) from left


def enclosures(twin: Callable[[int], Any], count: int) -> dict[Any, Enclosure]:
    """The values that `twin` gives, by name, at points 0 ... count - 1 > 0, as balls at the precision of python-flint's context."""
    _installed()
    ends = [_point(functools.partial(twin, i)) for i in range(count)]
    return {k: Enclosure(np.array([end[k][0] for end in ends]), np.array([end[k][1] for end in ends])) for k in ends[0]}


def certify(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The result of a guarded formula with an `Enclosure` for every array; ValueError where there is no twin, or no python-flint."""
    _installed()
    twin, signature = _twin(function)
    plain = function(*args, **kwargs)
    from flint import arb

    from asymptotics.certified.laws import exact

    given = signature.bind(*args, **kwargs)
    given.apply_defaults()
    fixed: dict[str, Any] = {}
    numbers: dict[str, np.ndarray] = {}
    for name, value in given.arguments.items():
        if isinstance(value, Law):
            fixed[name] = exact(value)
        elif isinstance(value, Spectrum):
            fixed[name] = exact(value.H), exact(value.G)
        elif _fixed(value) or inspect.signature(twin).parameters[name].annotation == "np.ndarray":  # a vector, as a whole
            fixed[name] = value
        else:
            if np.iscomplexobj(value):
                refuse(name, value, "enclosures are of real numbers")
            numbers[name] = np.asarray(value, dtype=np.float64)
    shape = np.broadcast_shapes(*(v.shape for v in numbers.values()))
    flat = {name: np.broadcast_to(v, shape).ravel().tolist() for name, v in numbers.items()}

    def at(i: int) -> Any:
        return twin(**fixed, **{name: arb(v[i]) if np.isfinite(v[i]) else v[i] for name, v in flat.items()})

    if size := int(np.prod(shape)):
        found = enclosures(at, size)
    else:
        none = _parts(plain.to_dict() if hasattr(plain, "to_dict") else plain)
        found = dict.fromkeys(none, Enclosure(np.empty(0), np.empty(0)))
    shaped = {k: Enclosure(*(np.reshape(v, shape)[()] for v in (box.lower, box.upper))) for k, box in found.items()}
    return _rebuilt(plain, shaped)
