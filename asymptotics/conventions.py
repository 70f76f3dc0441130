"""The names of the field, one meaning each: what they must satisfy, and what other people call them.

`@theory` stands on every public formula. It refuses names that belong to another convention and says how
to convert them, turns the arguments that it knows into float64 arrays, checks their range by name,
and gives scalars back for scalars. With `certified=True` it gives enclosures (`asymptotics.certified`).
"""

from __future__ import annotations

import difflib
import functools
import importlib
import inspect
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass, replace
from typing import Any, NoReturn, ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
R = TypeVar("R")

#: name -> (test on the array, what it must be). A name means the same in every module.
RULES: dict[str, tuple[Callable[[np.ndarray], np.ndarray], str]] = {
    "gamma": (lambda v: (v > 0) & np.isfinite(v), "positive and finite: the aspect ratio p/n, features per sample"),
    "lam": (np.isfinite, "finite: the penalty in (X'X + n lam I)"),
    "delta": (np.isfinite, "finite: the un-normalised ridge, delta = n lam"),
    "sigma2": (lambda v: (v >= 0) & np.isfinite(v), "nonnegative and finite: a variance, not a standard deviation"),
    "r2": (lambda v: (v >= 0) & np.isfinite(v), "nonnegative and finite: the squared norm of the signal"),
    "n": (lambda v: (v > 0) & np.isfinite(v), "positive and finite: the number of samples"),
    "p": (lambda v: (v > 0) & np.isfinite(v), "positive and finite: the number of features"),
}

#: foreign name -> how to say it here.
CONVERSIONS: dict[str, str] = {
    "alpha": "scikit-learn's alpha is the un-normalised ridge: pass lam=alpha/n (or delta=alpha)",
    "ridge": "pass lam= (multiplies n in the normal equations) or delta= (does not)",
    "reg": "pass lam= (multiplies n in the normal equations) or delta= (does not)",
    "lambda_": "pass lam=, the penalty that multiplies n in the normal equations",
    "lmbda": "pass lam=, the penalty that multiplies n in the normal equations",
    "sigma": "pass the variance: sigma2=sigma**2",
    "noise_std": "pass the variance: sigma2=noise_std**2",
    "noise": "pass the variance of the noise: sigma2=",
    "noise_var": "pass sigma2=noise_var",
    "r": "pass the squared norm: r2=r**2",
    "snr": "pass r2= and sigma2=, with snr = r2/sigma2",
    "c": "pass gamma = p/n",
    "ratio": "pass gamma = p/n",
    "aspect": "pass gamma = p/n",
    "trials": "pass draws=",
    "reps": "pass draws=",
    "seed": "pass rng=numpy.random.default_rng(seed)",
    "N": "pass n= (samples) or k= (random features)",
}


def refuse(name: str, value: object, remedy: str) -> NoReturn:
    """Raise the one kind of error that bad input meets."""
    shown = value.item() if isinstance(value, np.generic) else value
    raise ValueError(f"{name} = {shown!r} is refused: {remedy}")


def refuse_foreign(name: str, value: object, known: Iterable[str], owner: str) -> NoReturn:
    """Refuse a keyword that `owner` does not have: convert it, or guess what was meant."""
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1)
    if name in CONVERSIONS:
        remedy = CONVERSIONS[name]
    elif close:
        remedy = f"did you mean {close[0]}=?"
    else:
        remedy = f"it takes {', '.join(known)}"
    refuse(name, value, f"{owner} has no parameter of this name; {remedy}")


def within(name: str, value: Any, test: Callable[[np.ndarray], np.ndarray], meaning: str) -> np.ndarray:
    """`value` as a float64 array on which `test` holds, or ValueError: `name` must be `meaning`."""
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        refuse(name, value, "it must be a number or an array of numbers")
    good = np.atleast_1d(test(array))
    if not np.all(good):
        refuse(name, float(np.atleast_1d(array)[~good][0]), f"{name} must be {meaning}")
    return array


def check(name: str, value: Any, infinite: bool = False) -> np.ndarray:
    """`value` as a float64 array that satisfies the rule of `name`, or, where `infinite`, is inf; else ValueError."""
    test, meaning = RULES[name]
    if not infinite:
        return within(name, value, test, meaning)
    return within(name, value, lambda v: test(v) | (v == np.inf), f"inf, or {meaning}")


def _scalars(result: Any) -> Any:
    if isinstance(result, np.ndarray):
        return result[()]
    if is_dataclass(result) and not isinstance(result, type):
        arrays = {f.name: getattr(result, f.name) for f in fields(result)}
        return replace(result, **{k: v[()] for k, v in arrays.items() if isinstance(v, np.ndarray)})
    return result


def guard(*, infinite: tuple[str, ...] = ()) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Guard a public formula: foreign names refused, known names checked, scalars for scalars. `infinite`: those that may be inf."""

    def mark(function: Callable[P, R]) -> Callable[P, R]:
        parameters = inspect.signature(function).parameters
        first = next(iter(parameters.values()))
        needs = {"Spectrum": "H", "Law": "atoms"}.get(first.annotation, "")

        @functools.wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if kwargs.pop("certified", False):
                return importlib.import_module("asymptotics.certified.calls").certify(guarded, *args, **kwargs)
            if needs and args and not hasattr(args[0], needs):
                refuse(
                    first.name,
                    args[0],
                    f"pass what asymptotics.spectra makes: from_eigenvalues([...]){'.H' * (needs == 'atoms')}",
                )
            for name, value in kwargs.items():
                if name not in parameters:
                    refuse_foreign(name, value, parameters, function.__qualname__)
                if name in RULES and value is not None:
                    kwargs[name] = check(name, value, infinite=name in infinite)
            return _scalars(function(*args, **kwargs))

        return guarded

    return mark


theory = guard()
