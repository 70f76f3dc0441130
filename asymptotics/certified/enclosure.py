"""An interval of doubles that holds an exact value, or an array of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Value = NDArray[np.float64] | float


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Enclosure:
    """The exact value lies in [`lower`, `upper`]: float64, rounded outward. Infinite values have both ends infinite.

    >>> third = Enclosure(0.3333333333333333, 0.33333333333333337)
    >>> from fractions import Fraction
    >>> third.contains(Fraction(1, 3)), third.contains(1 / 3), third.contains(0.3334)
    (np.True_, np.True_, np.False_)
    """

    lower: Value
    upper: Value

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.lower)

    @property
    def mid(self) -> Value:
        """The middle, a double of the enclosure: what to plot."""
        return np.clip(0.5 * np.asarray(self.lower) + 0.5 * np.asarray(self.upper), self.lower, self.upper)[()]

    @property
    def width(self) -> Value:
        """upper - lower; 0 where both are infinite."""
        low, high = np.asarray(self.lower), np.asarray(self.upper)
        return np.subtract(high, low, out=np.zeros(low.shape), where=low != high)[()]

    @property
    def relative_width(self) -> Value:
        """The width over the smaller modulus of the ends; inf where they differ and 0 lies between."""
        low, high, width = np.asarray(self.lower), np.asarray(self.upper), np.asarray(self.width)
        least = np.where((low <= 0) & (high >= 0), 0.0, np.minimum(np.abs(low), np.abs(high)))
        with np.errstate(divide="ignore"):
            return np.divide(width, least, out=np.zeros(low.shape), where=width > 0)[()]

    def contains(self, value: Any) -> Any:
        """Whether the enclosure holds `value`: a float, Fraction, Decimal, mpf, or an array of them, compared without rounding."""
        inside = np.frompyfunc(lambda low, x, high: bool(low <= x <= high), 3, 1)(self.lower, value, self.upper)
        return np.asarray(inside, dtype=bool)[()]

    def __getitem__(self, index: Any) -> Enclosure:
        return Enclosure(np.asarray(self.lower)[index], np.asarray(self.upper)[index])

    def __repr__(self) -> str:
        if not self.shape:
            return f"Enclosure[{float(self.lower)!r}, {float(self.upper)!r}]"
        widest = float(np.max(self.relative_width, initial=0.0))
        return f"Enclosure(shape {self.shape}, relative width at most {widest:.2g})"
