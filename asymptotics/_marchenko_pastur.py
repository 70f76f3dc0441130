r"""The cumulative distribution of the Marchenko-Pastur law and its inverse, in the angle t of the support.

With x = 1 + gamma - 2 sqrt gamma cos t and q = min(sqrt gamma, 1/sqrt gamma), the continuous part has below x the fraction

    C(t) = (2/pi) int_0^t sin^2 s/(1 - 2 q cos s + q^2) ds = (t + sin t/q - (1/q^2 - 1) arg 1/(1 - q e^{it}))/pi    (C)

of its mass: the integral by Gauss-Legendre where the closed form cancels (its integrand is positive and its poles are at distance
-log q), so that both tails keep full relative accuracy. x - a and b - x are taken in twice the precision.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from asymptotics._twofold import Pair, add, multiply, quotient, square_root, subtract, two_sum
from asymptotics.errors import ConvergenceError

_X, _W = np.polynomial.legendre.leggauss(20)
_X, _W = 0.5 * (_X + 1), 0.5 * _W  # on [0, 1]
_CERTIFICATE = 1e-14  # relative residual that a quantile must meet; rounding leaves about 1e-15


def _tail_py(t: float, near: float, slope: float) -> float:
    """(2/pi) int_0^t sin^2 s/(near + slope sin^2(s/2)) ds."""
    total = 0.0
    for k in range(_X.size):
        h = np.sin(0.5 * t * _X[k]) ** 2
        total += _W[k] * (4 * h * (1 - h) / (near + slope * h))
    return total * t * (2 / np.pi)


_tail = njit(cache=True, nogil=True)(_tail_py)


def _lower_py(t: float, q: float, gap: float, reach: float) -> float:
    """C(t) for t <= pi/2; gap = 1 - q, reach = -log q is the distance of the integrand's pole."""
    if t <= 2 * reach:
        return _tail(t, gap * gap, 4 * q)
    arg = np.arctan2(q * np.sin(t), gap + 2 * q * np.sin(0.5 * t) ** 2)
    return (t + np.sin(t) / q - gap * (1 + q) / (q * q) * arg) / np.pi


_lower = njit(cache=True, nogil=True)(_lower_py)


def _upper_py(t: float, q: float) -> float:
    """1 - C(pi - t) for t <= pi/2."""
    return _tail(t, (1 + q) * (1 + q), -4 * q)


_upper = njit(cache=True, nogil=True)(_upper_py)


def _fractions_py(
    angle: np.ndarray, rest: np.ndarray, q: np.ndarray, gap: np.ndarray, reach: np.ndarray, out: np.ndarray
) -> None:
    """out = (C, 1 - C) at the angle t; rest = pi - t."""
    for i in range(angle.size):
        if angle[i] <= rest[i]:
            out[0, i] = _lower(angle[i], q[i], gap[i], reach[i])
            out[1, i] = 1 - out[0, i]
        else:
            out[1, i] = _upper(rest[i], q[i])
            out[0, i] = 1 - out[1, i]


_fractions = njit(cache=True, nogil=True)(_fractions_py)


def _angles_py(u: np.ndarray, w: np.ndarray, q: np.ndarray, gap: np.ndarray, reach: np.ndarray, out: np.ndarray) -> None:
    """out = (t or pi - t, which, residual): C(t) = u = 1 - w by Newton's iteration in log t, log C, where C is concave."""
    for i in range(u.size):
        low = u[i] <= _lower(0.5 * np.pi, q[i], gap[i], reach[i])
        target = u[i] if low else w[i]
        near, slope = (gap[i] * gap[i], 4 * q[i]) if low else ((1 + q[i]) * (1 + q[i]), -4 * q[i])
        out[0, i], out[1, i], out[2, i] = 0.0, 0.0 if low else 1.0, 0.0
        if target <= 0:
            continue
        left, right = -300.0, np.log(0.5 * np.pi)
        t = min(max(np.log(max(1.5 * np.pi * target * near, 1e-300)) / 3, np.log(0.5 * np.pi * target)), right)
        for _ in range(100):
            x = np.exp(t)
            value = _lower(x, q[i], gap[i], reach[i]) if low else _upper(x, q[i])
            error = (value - target) / target
            out[0, i], out[2, i] = x, abs(error)
            h = np.sin(0.5 * x) ** 2
            power = x * (2 / np.pi) * 4 * h * (1 - h) / (near + slope * h) / value
            step = np.log1p(error) / power
            if abs(step) <= 4e-16 or right - left < 1e-15:
                break
            if step > 0:
                right = t
            else:
                left = t
            t = t - step if left < t - step < right else 0.5 * (left + right)
            if abs(step) < 1e-9:  # one more step is below rounding: evaluate there and stop
                out[0, i] = x * (1 - step)
                out[2, i] = abs(error - power * step)
                break


_angles = njit(cache=True, nogil=True)(_angles_py)


def edges(gamma: Any) -> tuple[Pair, Pair]:
    root = square_root((gamma, np.zeros_like(gamma)))
    plus = add((1.0, 0.0), root)
    low = quotient(two_sum(1.0, -gamma), plus)
    return multiply(low, low), multiply(plus, plus)


def gaps(x: Any, gamma: Any) -> tuple[Any, Any]:
    """x - a and b - x, each to full relative accuracy."""
    low, high = edges(gamma)
    left, right = subtract((x, 0.0), low), subtract(high, (x, 0.0))
    return left[0] + left[1], right[0] + right[1]


def _shape(gamma: Any) -> tuple[Any, Any, Any]:
    """q, 1 - q and -log q."""
    root = np.sqrt(gamma)
    q = np.where(gamma <= 1, root, 1 / root)
    gap = np.where(gamma <= 1, (1 - gamma) / (1 + root), (gamma - 1) / (gamma + root))
    return q, gap, 0.5 * np.abs(np.log(gamma))


def fractions(x: Any, gamma: Any) -> tuple[Any, Any]:
    """C and 1 - C at x, 0 and 1 below the support."""
    left, right = gaps(x, gamma)
    left, right = np.sqrt(np.maximum(left, 0.0)), np.sqrt(np.maximum(right, 0.0))
    angle, rest = 2 * np.arctan2(left, right).ravel(), 2 * np.arctan2(right, left).ravel()
    q, gap, reach = (s.ravel() for s in _shape(gamma))
    out = np.empty((2, angle.size))
    _fractions(angle, rest, q, gap, reach, out)
    below, above = out.reshape(2, *np.shape(x))
    return below, above


def invert(below: Any, above: Any, gamma: Any) -> Any:
    """The x with C = below = 1 - above, both given so that neither cancels; ConvergenceError without its certificate."""
    q, gap, reach = (s.ravel() for s in _shape(gamma))
    out = np.empty((3, q.size))
    _angles(below.ravel(), above.ravel(), q, gap, reach, out)
    worst = float(np.max(out[2], initial=0.0))
    if not worst <= _CERTIFICATE:
        raise ConvergenceError(
            "a quantile of the Marchenko-Pastur law", residual=worst, iterations=100, causes="gamma beyond 1e+-100"
        )
    angle, upper, _ = out.reshape(3, *np.shape(gamma))
    low, high = edges(gamma)
    shift = 4 * np.sqrt(gamma) * np.sin(0.5 * angle) ** 2
    return np.where(upper > 0, high[0] - shift, low[0] + shift)
