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
    f: Callable[[Any], Any], slope: Callable[[Any], Any], start: Any, below: Callable[[Any], bool], proven: Callable[[Any], bool]
) -> Any:
    """The box of a root of f that is `proven` to be the one meant; Undecided at too low a precision.

    `below` tells which points lie below that root; it need not be certain, for it only gives a starting point.
    """
    for guess in (lambda: start, lambda: _bisected(below)):
        with suppress(ConvergenceError):
            box = krawczyk(lambda x: [f(x[0])], lambda x: [[slope(x[0])]], [guess()])[0]
            if proven(box):
                return box
    raise Undecided
