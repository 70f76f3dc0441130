"""Sums and products in twice the precision, for differences that cancel: a pair (high, low) stands for high + low.

Works on arrays, error-free where no intermediate overflows (|x| < 1e150). Knuth's sum, Dekker's product.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

Pair: TypeAlias = tuple[Any, Any]


def two_sum(a: Any, b: Any) -> Pair:
    """a + b exactly."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def _split(a: Any) -> Pair:
    t = 134217729.0 * a  # 2^27 + 1
    high = t - (t - a)
    return high, a - high


def two_product(a: Any, b: Any) -> Pair:
    """a * b exactly, barring underflow."""
    p = a * b
    (ah, al), (bh, bl) = _split(a), _split(b)
    return p, ((ah * bh - p) + ah * bl + al * bh) + al * bl


def add(x: Pair, y: Pair) -> Pair:
    """x + y to about 2^-104 of |x| + |y|."""
    s, e = two_sum(x[0], y[0])
    t, f = two_sum(x[1], y[1])
    s, e = two_sum(s, e + t)
    return two_sum(s, e + f)


def subtract(x: Pair, y: Pair) -> Pair:
    """x - y to about 2^-104 of |x| + |y|."""
    return add(x, (-y[0], -y[1]))


def multiply(x: Pair, y: Pair) -> Pair:
    """x * y to about 2^-102."""
    p, e = two_product(x[0], y[0])
    return two_sum(p, e + (x[0] * y[1] + x[1] * y[0]))


def divide(a: Any, b: Any) -> Pair:
    """a / b of two floats to about 2^-104."""
    q = a / b
    p, e = two_product(q, b)
    return two_sum(q, ((a - p) - e) / b)


def square_root(x: Pair) -> Pair:
    """sqrt(x) to about 2^-103, for x >= 0; zero gives zero."""
    r = np.sqrt(x[0])
    p, e = two_product(r, r)
    return two_sum(r, ((x[0] - p) - e + x[1]) / (2 * np.where(r > 0, r, 1.0)))


def total(x: Pair, y: Pair) -> Any:
    """x + y rounded to one float."""
    s, e = add(x, y)
    return s + e


def quotient(x: Pair, y: Pair) -> Pair:
    """x / y to about 2^-101."""
    q = x[0] / y[0]
    rest = subtract(x, multiply((q, 0.0), y))
    return two_sum(q, (rest[0] + rest[1]) / y[0])
