"""mpmath's precision belongs to all threads at once: here one at a time works with more digits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

import mpmath

_LOCK = RLock()


@contextmanager
def digits(count: int) -> Iterator[None]:
    """mpmath at `count` decimal digits, for this thread alone."""
    with _LOCK, mpmath.workdps(count):
        yield


@contextmanager
def bits(count: int) -> Iterator[None]:
    """mpmath at `count` bits, for this thread alone."""
    with _LOCK, mpmath.workprec(count):
        yield
