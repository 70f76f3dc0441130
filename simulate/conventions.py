"""What every simulator asks of its arguments: checked by name, refused in words. Stands apart from theory's on purpose."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

F = TypeVar("F", bound=Callable[..., Any])

_FOREIGN = {
    "alpha": "pass lam=alpha/n: lam multiplies n in the normal equations",
    "sigma": "pass the variance: sigma2=sigma**2",
    "r": "pass the squared norm: r2=r**2",
    "seed": "pass rng=numpy.random.default_rng(seed)",
    "trials": "pass draws=",
    "reps": "pass draws=",
}


def refuse(name: str, value: object, remedy: str) -> None:
    """Raise ValueError that names the argument, its value and the remedy."""
    raise ValueError(f"{name} = {value!r} is refused: {remedy}")


def _check(name: str, value: Any) -> None:
    number = isinstance(value, int | float | np.integer | np.floating)
    if name in ("gamma", "psi", "r2", "sigma2", "alpha", "beta") and not number:
        refuse(name, value, "it must be one number")
    if name in ("d", "k", "degree", "wide", "members") and not (
        number and (value % 1 == 0 or (name == "members" and value == math.inf))
    ):
        refuse(name, value, "it must be an integer")
    if name == "lam":
        try:
            np.asarray(value, dtype=np.float64)
        except (TypeError, ValueError):
            refuse(name, value, "it must be a number or an array of numbers")
    if name in ("n", "p", "draws"):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            refuse(name, value, "it must be a positive integer")
    elif name in ("gamma", "psi", "r2", "sigma2"):
        ratio = name in ("gamma", "psi")
        if not (math.isfinite(value) and (value > 0 if ratio else value >= 0)):
            refuse(name, value, "it must be " + ("positive" if ratio else "a nonnegative variance or squared norm"))
    elif name == "lam":
        if not np.all(np.isfinite(value)):
            refuse(name, value, "penalties must be finite")
    elif name == "rng" and not isinstance(value, np.random.Generator):
        refuse(name, value, "it must be a numpy.random.Generator: numpy.random.default_rng(seed)")


def simulator(moments: Callable[..., float], cost: float = 2.0) -> Callable[[F], F]:
    """Mark a simulator and declare its moments and its cost: how a verdict judges, and where it spends its draws.

    moments(n=, **params): the number of finite moments of a draw. cost: a draw at size n takes about n^cost.
    """

    def mark(function: F) -> F:
        parameters = inspect.signature(function).parameters

        @functools.wraps(function)
        def guarded(**kwargs: Any) -> Any:
            for name, value in kwargs.items():
                if name not in parameters:
                    refuse(
                        name,
                        value,
                        f"{function.__name__} has no parameter of this name; "
                        + _FOREIGN.get(name, f"it takes {', '.join(parameters)}"),
                    )
                _check(name, value)
            return function(**kwargs)

        guarded.moments, guarded.cost = moments, cost  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return mark


def features(n: int, gamma: float) -> int:
    """p = gamma n, rounded to an integer of at least one."""
    return max(1, round(gamma * n))
