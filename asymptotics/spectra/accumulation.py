"""Cumulative sums to twice double precision: n - (mass above kappa) decides kappa near interpolation."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SHORT = 256  # sums of fewer weights are done before a compiler is loaded


def _accumulate_py(weights, high, low):
    # two-sum, its error carried
    h = 0.0
    l = 0.0
    for i in range(len(weights)):
        s = h + weights[i]
        b = s - h
        e = (h - (s - b)) + (weights[i] - b) + l
        h = s + e
        l = e - (h - s)
        high[i] = h
        low[i] = l


@functools.cache
def _compiled() -> Callable[..., Any]:
    from numba import njit

    return njit(cache=True, nogil=True, error_model="numpy")(_accumulate_py)


def accumulate(weights: Array) -> Array:
    """Cumulative sums of `weights` (m,) to twice double precision: (2, m), high and low halves."""
    out = np.empty((2, weights.size))
    if weights.size > SHORT:
        _compiled()(weights, out[0], out[1])
    else:
        _accumulate_py(weights.tolist(), out[0], out[1])
    return out
