"""Arguments whose range is a module's own: checked by name, refused with the first value that is out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from asymptotics.conventions import refuse


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
