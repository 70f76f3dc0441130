r"""Functions of time from their Laplace transforms, whose singularities all lie on the negative half-line.

    f(t) = (1/2 pi i) int e^{zt} F(z) dz  ~  sum_k w_k F(zeta_k/t)/t,      F(conj z) = conj F(z),                    (1)

the midpoint rule on Talbot's contour zeta(theta) = N (0.5017 theta cot(0.6407 theta) - 0.6122 + 0.2645 i theta), |theta| < pi. Its
error is 3.89^-N of the largest |f(t')|, t' near t, whatever t: nothing depends on where on the half-line F is singular. With N = 32
nodes that is rounding, which the weights multiply by 100. By the symmetry half of them suffice: the real part is (1).

Source: weideman2006optimizing, the modified contour (constants from memory; checked in tests).
"""

from __future__ import annotations

from typing import Any

import numpy as np

_N = 32
_theta = (2 * np.arange(_N // 2) + 1) * np.pi / _N
_cot = 1 / np.tan(0.6407 * _theta)
#: zeta_k, those with Im > 0 (16,)
NODES = _N * (0.5017 * _theta * _cot - 0.6122 + 0.2645j * _theta)
_slope = _N * (0.5017 * _cot - 0.5017 * 0.6407 * _theta * (1 + _cot**2) + 0.2645j)
#: w_k of (1), doubled: what is conjugate is not summed
WEIGHTS = 2 / _N * np.exp(NODES) * _slope / 1j


def invert(F: Any, t: Any) -> Any:
    """f(t) from F (..., 16), the transform at NODES/t; t > 0 of shape (...)."""
    return np.real(F @ WEIGHTS) / t


def invert_twice(F: Any, t: Any) -> Any:
    """f(t, t) from the transform in both times, F (..., 16, 32) at (NODES/t, [NODES, conj NODES]/t)."""
    half = 0.5 * np.concatenate([WEIGHTS, WEIGHTS.conj()])
    return np.real((F @ half) @ WEIGHTS) / t**2
