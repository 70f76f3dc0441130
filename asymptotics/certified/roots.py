"""The one root of an equation in kappa > 0: a box by Krawczyk's operator from a float, or from a bisection where the float is no use."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from flint import arb

from asymptotics.certified.balls import Undecided
from asymptotics.certified.krawczyk import krawczyk
from asymptotics.errors import ConvergenceError

RANGE = 2**13  # |log2 kappa|: beyond doubles and their squares and cubes


def _bisected(below: Callable[[Any], bool]) -> Any:
    """The point to 2^-20 at which `below` turns from true to false."""
    low, high = arb(-RANGE), arb(RANGE)
    while high - low > 2.0**-20:
        middle = ((low + high) / 2).mid()
        low, high = (middle, high) if below((arb(2) ** middle).mid()) else (low, middle)
    return arb(2) ** high


def root(
    equation: Callable[[Any], tuple[Any, Any]], start: Any, below: Callable[[Any], bool], proven: Callable[[Any], bool]
) -> Any:
    """The box of a root that is `proven` to be the one meant; Undecided at too low a precision.

    `equation` gives the value and the slope. `below` tells which points lie below the root; it need not be certain, for it only
    gives a starting point.
    """
    last: tuple[Any, tuple[Any, Any]] = (None, (None, None))

    def at(x: Any) -> tuple[Any, Any]:  # value and slope are asked for one after the other
        nonlocal last
        if last[0] is not x:
            last = x, equation(x)
        return last[1]

    for guess in (lambda: start, lambda: _bisected(below)):
        with suppress(ConvergenceError):
            box = krawczyk(lambda x: [at(x[0])[0]], lambda x: [[at(x[0])[1]]], [guess()])[0]
            if proven(box):
                return box
    raise Undecided
