"""Balls of python-flint: decisions that are certain, roots of nonnegative numbers, and outward rounding to doubles."""

from __future__ import annotations

import math
from typing import Any

from flint import arb

INF = math.inf  # what a formula returns where its value is infinite


class Undecided(ArithmeticError):
    """At this precision the sign of a number is not known; the caller tries more."""


def sign(x: Any) -> int:
    """-1, 0 or 1, or Undecided."""
    if x > 0:
        return 1
    if x < 0:
        return -1
    if x.is_zero():
        return 0
    raise Undecided


def times(x: Any, y: Any) -> Any:
    """x y with 0 inf = 0, of factors >= 0."""
    if x == INF or y == INF:
        other = y if x == INF else x
        return INF if other == INF or sign(other) > 0 else arb(0)
    return x * y


def infinite(x: Any) -> bool:
    """Whether it is inf or -inf, exactly."""
    return bool(x == INF or x == -INF)


def tight(x: Any) -> bool:
    """Whether rounding to doubles, rather than x, is what makes the enclosure wide."""
    return infinite(x) or (x.is_finite() and (x.is_exact() or x.rel_accuracy_bits() >= 58))


def outward(x: Any) -> tuple[float, float]:
    """The doubles next to the ball."""
    if infinite(x):
        return float(x), float(x)
    low, high = x.lower(), x.upper()
    a, b = float(low), float(high)
    if arb(a) > low:
        a = math.nextafter(a, -INF)
    if arb(b) < high:
        b = math.nextafter(b, INF)
    return a, b
