r"""The cumulative distribution of the Marchenko-Pastur law and its inverse.

With x = 1 + gamma - 2 sqrt gamma cos t, q = min(sqrt gamma, 1/sqrt gamma) and y = sin^2(t/2) = (x - a)/(b - a), the continuous
part has below x the fraction C of its mass, 1 - C above:

    C = (2/pi) int_0^t sin^2 s/(1 - 2 q cos s + q^2) ds
      = (16/pi) y^{3/2} int_0^1 v^2 sqrt(1 - y v^2)/((1 - q)^2 + 4 q y v^2) dv                                       (C)
      = (t + sin t/q - (1/q^2 - 1) arg 1/(1 - q e^{it}))/pi,                                                         (A)
    1 - C = (16/pi) y^{3/2} int_0^1 v^2 sqrt(1 - y v^2)/((1 + q)^2 - 4 q y v^2) dv     with y = (b - x)/(b - a).      (S)

The integrands are positive and even in v: Gauss-Legendre with 64 nodes on [-1, 1] is exact to rounding for y <= 0.9 while the
poles of (C), at v = i (1 - q)/sqrt(4 q y), are farther than i/3. Nearer, (A) does not cancel.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from asymptotics._twofold import Pair, add, multiply, quotient, square_root, subtract, two_sum
from asymptotics.errors import ConvergenceError


def _even_rule(half: int) -> tuple[np.ndarray, np.ndarray]:
    """v^2 and w v^2 of Gauss-Legendre with 2 half nodes, those of v > 0: NumPy's, after a Newton step in twice the precision.

    NumPy's weights as they come cost 8 eps in C.
    """
    n = 2 * half
    x: Pair = (np.polynomial.legendre.leggauss(n)[0][half:], np.zeros(half))
    for _ in range(2):
        last, now = (np.ones(half), np.zeros(half)), x
        for k in range(1, n):
            last, now = (
                now,
                quotient(
                    subtract(multiply((2.0 * k + 1, 0.0), multiply(x, now)), multiply((float(k), 0.0), last)), (k + 1.0, 0.0)
                ),
            )
        width = subtract((1.0, 0.0), multiply(x, x))
        slope = quotient(multiply((float(n), 0.0), subtract(last, multiply(x, now))), width)  # P'
        x = subtract(x, quotient(now, slope))
    square = multiply(x, x)
    weight = quotient(multiply((2.0, 0.0), square), multiply(width, multiply(slope, slope)))
    return square[0], weight[0]


_V, _W = _even_rule(32)
_W *= 16 / np.pi
_CERTIFICATE = 1e-14  # relative residual that a quantile must meet; rounding leaves about 1e-15


def _tail_py(y: float, near: float, slope: float) -> float:
    """The integrals (C), (S), y^{3/2} included."""
    total = 0.0
    for k in range(_V.size):
        total += _W[k] * np.sqrt(1 - y * _V[k]) / (near + slope * (y * _V[k]))
    return total * y * np.sqrt(y)


_tail = njit(cache=True, nogil=True)(_tail_py)


def _lower_py(y: float, q: float, near: float) -> float:
    """C for y <= 0.9; near = (1 - q)^2."""
    if y == 0:
        return 0.0
    if 4 * q * y <= 9 * near:
        return _tail(y, near, 4 * q)
    gap, half = np.sqrt(near), np.sqrt(y * (1 - y))  # half sin t
    arg = np.arctan2(2 * q * half, gap + 2 * q * y)
    return (np.arcsin(np.sqrt(y)) + half / q - 0.5 * gap * (1 + q) / (q * q) * arg) * (2 / np.pi)


_lower = njit(cache=True, nogil=True)(_lower_py)


def _below_py(left: np.ndarray, right: np.ndarray, q: np.ndarray, near: np.ndarray, far: np.ndarray, out: np.ndarray) -> None:
    """out = C at y = left = 1 - right; near = (1 - q)^2, far = (1 + q)^2."""
    for i in range(left.size):
        out[i] = _lower(left[i], q[i], near[i]) if left[i] <= 0.9 else 1 - _tail(right[i], far[i], -4 * q[i])


_below = njit(cache=True, nogil=True)(_below_py)


def _above_py(left: np.ndarray, right: np.ndarray, q: np.ndarray, near: np.ndarray, far: np.ndarray, out: np.ndarray) -> None:
    """out = 1 - C, likewise."""
    for i in range(left.size):
        out[i] = _tail(right[i], far[i], -4 * q[i]) if right[i] <= 0.7 else 1 - _lower(left[i], q[i], near[i])


_above = njit(cache=True, nogil=True)(_above_py)


def _places_py(below: np.ndarray, above: np.ndarray, q: np.ndarray, near: np.ndarray, far: np.ndarray, out: np.ndarray) -> None:
    """out = (y, which tail, residual) with C = below = 1 - above: Newton's iteration in log y, log C (concave), bracketed."""
    for i in range(below.size):
        low = below[i] <= _lower(0.25, q[i], near[i])  # each tail where it is the better conditioned
        target = below[i] if low else above[i]
        base, slope = (near[i], 4 * q[i]) if low else (far[i], -4 * q[i])
        out[0, i], out[1, i], out[2, i] = 0.0, 0.0 if low else 1.0, 0.0
        if target <= 0:
            continue
        left, right = 0.0, (0.25 if low else 0.75) * (1 + 1e-9)
        y = min(max((3 * np.pi / 16 * target * base) ** (2 / 3), (np.pi / 4 * target) ** 2), 0.25)
        if y < 1e-100:  # there gamma = 1 and y is exact, or x is the edge to rounding
            out[0, i] = y
            continue
        for _ in range(200):
            value = _lower(y, q[i], base) if low else _tail(y, base, slope)
            error = (value - target) / target
            power = y * (8 / np.pi) * np.sqrt(y * (1 - y)) / (base + slope * y) / value
            step = np.log1p(error) / power
            out[0, i], out[2, i] = y, abs(error)
            if abs(step) < 1e-8:  # the next step is below rounding
                out[0, i], out[2, i] = y - y * step, abs(error - power * step)
                break
            if step > 0:
                right = y
            else:
                left = y
            y *= np.exp(-step)
            if not left < y < right:
                y = 0.5 * (left + right)
                if right - left <= 1e-15 * right:
                    break


_places = njit(cache=True, nogil=True)(_places_py)


def edges(gamma: Any) -> tuple[Pair, Pair]:
    """a and b in twice the precision."""
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
    """q, (1 - q)^2 and (1 + q)^2, flat."""
    root, scale = np.sqrt(gamma), np.maximum(gamma, 1.0)
    low, high = edges(gamma)
    return np.where(gamma <= 1, root, 1 / root).ravel(), (low[0] / scale).ravel(), (high[0] / scale).ravel()


def fraction(x: Any, gamma: Any, upper: bool = False) -> Any:
    """C at x, or 1 - C where `upper`; 0 and 1 below the support."""
    low, high = edges(gamma)
    width = square_root((16 * gamma, np.zeros_like(gamma)))  # b - a
    pairs = quotient(subtract((x, 0.0), low), width), quotient(subtract(high, (x, 0.0)), width)
    left, right = (np.maximum(y[0], 0.0) for y in pairs)
    out = np.empty(left.size)
    (_above if upper else _below)(left.ravel(), right.ravel(), *_shape(gamma), out)
    return out.reshape(left.shape)


def invert(below: Any, above: Any, gamma: Any) -> Any:
    """The x with C = below = 1 - above, both given so that neither cancels; ConvergenceError without its certificate."""
    out = np.empty((3, below.size))
    _places(below.ravel(), above.ravel(), *_shape(gamma), out)
    worst = float(np.max(out[2], initial=0.0))
    if not worst <= _CERTIFICATE:
        raise ConvergenceError(
            "a Marchenko-Pastur quantile", residual=worst, iterations=200, causes="a level or gamma near underflow"
        )
    y, upper, _ = out.reshape(3, *below.shape)
    low, high = edges(gamma)
    turn = (upper > 0) & (y > 0.5)  # the nearer edge
    shift = 4 * np.sqrt(gamma) * np.where(turn, 1 - y, y)
    return np.where((upper > 0) & ~turn, high[0] - shift, low[0] + shift)
