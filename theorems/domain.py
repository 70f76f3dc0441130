"""Where a theorem holds: the domain of each parameter, from which come validation, Hypothesis strategies and tables."""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from asymptotics.conventions import refuse

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def _ladder(smallest: float, largest: float) -> list[list[float]]:
    """The numbers of at most two digits from `smallest` to `largest` > 0, simple ones first; a rung leads away from 1, up or down."""
    rungs: dict[tuple[int, bool], list[float]] = {}
    for power in range(math.floor(math.log10(smallest)), math.floor(math.log10(largest)) + 1):
        for digits in range(10, 100):
            value = float(f"{digits}e{power - 1}")
            plain = digits in (10, 20, 50) or (digits % 10 == 0 and value >= 1)
            rung = rungs.setdefault((0 if plain else 1 if digits % 10 == 0 else 2, value < 1), [])
            if smallest <= value <= largest:
                rung.append(value)
    return [sorted(rungs[k], key=lambda v: abs(math.log(v))) for k in sorted(rungs)]


@dataclass(frozen=True)
class Real:
    """An interval of reals. Ends are excluded unless `closed` names them: "", "[", "]" or "[]"."""

    low: float
    high: float
    closed: str = ""
    default: float | None = None

    def __post_init__(self) -> None:
        for name, end in (("low", self.low), ("high", self.high)):
            if isinstance(end, bool) or not isinstance(end, numbers.Real) or math.isnan(end):
                refuse(name, end, "an end of an interval is a number, or math.inf")
        if self.closed not in ("", "[", "]", "[]"):
            refuse("closed", self.closed, "it names the ends that belong to the interval: '', '[', ']' or '[]'")
        if self.low > self.high or (self.low == self.high and self.closed != "[]"):
            refuse("low", self.low, f"the interval {self} holds no number; give low below high = {self.high:g}")
        if self.default is not None:
            self.check("default", self.default)

    def check(self, name: str, value: Any) -> float:
        try:
            number = float(value)
        except (TypeError, ValueError):
            refuse(name, value, f"it must be a number in {self}")
        if not self._holds(number):
            refuse(name, value, f"it must lie in {self}")
        return number

    def _holds(self, number: float) -> bool:
        above = number > self.low or (number == self.low and "[" in self.closed)
        below = number < self.high or (number == self.high and "]" in self.closed)
        return above and below

    @property
    def ends(self) -> list[float]:
        """The ends that belong to it."""
        return [end for end, bracket in ((self.low, "["), (self.high, "]")) if bracket in self.closed and math.isfinite(end)]

    def at(self, u: float) -> float:
        """The number at the share u in [0, 1] of the way up, never within 1e-3 of an open end.

        By magnitudes above the low end, from 1e-2 to 1e2 on half-lines and to the high end where that is 100 or more; else evenly.

        >>> [Real(0, math.inf).at(0.5), Real(0, 1e6, "[]").at(0.5), Real(0, 1, "[]").at(0.5)]
        [1.0, 100.0, 0.5]
        """
        gap = min(1e-3, (self.high - self.low) / 4)
        low = self.low if "[" in self.closed else self.low + gap
        high = self.high if "]" in self.closed else self.high - gap
        if self.low >= 0 and self.high - self.low >= 100:
            top = 2.0 if math.isinf(high) else math.log10(high - self.low)
            return min(self.low + 10 ** (-2 * (1 - u) + top * u), high)
        low, high = max(low, -1e3), min(high, 1e3)
        return min(low + (high - low) * u, high)

    def strategy(self) -> SearchStrategy[float]:
        """The closed ends, and numbers `at` all shares."""
        from hypothesis import strategies as st

        return st.one_of(*map(st.just, self.ends), st.floats(0.0, 1.0).map(self.at))

    def rungs(self, smallest: float, largest: float) -> list[Sequence[float]]:
        """Values for a search, simple ones first: the default and 0, then magnitudes from `smallest` to `largest`, two digits.

        >>> [list(rung)[:4] for rung in Real(0, 10, default=1.0).rungs(0.1, 10)]
        [[1.0], [2.0, 3.0, 4.0, 5.0], [0.5, 0.2, 0.1], [0.9, 0.8, 0.7, 0.6], [1.1, 1.2, 1.3, 1.4], [0.99, 0.98, 0.97, 0.96]]
        """
        ladder = _ladder(smallest, largest)
        first = [0.0] if self.default is None else [self.default, 0.0]
        every = [first, *ladder, *([-v for v in rung] for rung in ladder)]
        kept = [[v for v in rung if self._holds(v) and (rung is first or v not in first)] for rung in every]
        return [rung for rung in kept if rung]

    def __str__(self) -> str:
        left, right = ("[" if "[" in self.closed else "("), ("]" if "]" in self.closed else ")")
        return f"{left}{self.low:g}, {self.high:g}{right}"


@dataclass(frozen=True)
class Integer:
    """The integers low, ..., high."""

    low: int
    high: int
    default: int | None = None

    def __post_init__(self) -> None:
        for name, end in (("low", self.low), ("high", self.high)):
            if isinstance(end, bool) or not isinstance(end, numbers.Integral):
                refuse(name, end, "an end of a range of integers is an integer; for other numbers there is Real")
        if self.low > self.high:
            refuse("low", self.low, f"no integer lies in {self}; give low up to high = {self.high}")
        if self.default is not None:
            self.check("default", self.default)

    def check(self, name: str, value: Any) -> int:
        try:
            number = int(value)
            if number != float(value):
                raise ValueError
        except (TypeError, ValueError):
            refuse(name, value, f"it must be an integer in {self}")
        if not self.low <= number <= self.high:
            refuse(name, value, f"it must lie in {self}")
        return number

    def strategy(self) -> SearchStrategy[int]:
        from hypothesis import strategies as st

        return st.integers(self.low, self.high)

    def rungs(self, smallest: float, largest: float) -> list[Sequence[int]]:
        """Values for a search: the default, then the rest from the smallest magnitude up to `largest`."""
        first = [] if self.default is None else [self.default]
        rest = range(max(self.low, -int(largest)), min(self.high, int(largest)) + 1) or [self.low]
        return [rung for rung in (first, sorted(set(rest) - set(first), key=abs)) if rung]

    def __str__(self) -> str:
        return f"{{{self.low}, ..., {self.high}}}"


@dataclass(frozen=True)
class Choice:
    """One of a few values, given as strings. `open=True` lets any string through: theory and simulation parse it."""

    options: tuple[str, ...]
    default: str | None = None
    open: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.options, str) or not self.options or not all(isinstance(o, str) for o in self.options):
            refuse("options", self.options, "give at least one string, in a tuple: ('gaussian', 'rademacher')")
        if self.default is not None:
            self.check("default", self.default)

    def check(self, name: str, value: Any) -> str:
        if not isinstance(value, str) or not (self.open or value in self.options):
            refuse(name, value, f"it must be one of {self}")
        return value

    def strategy(self) -> SearchStrategy[str]:
        from hypothesis import strategies as st

        return st.sampled_from(self.options)

    def rungs(self, smallest: float, largest: float) -> list[Sequence[str]]:
        """Values for a search: the default, then options without numbers, then the others."""
        return [sorted(self.options, key=lambda o: (o != self.default, any(c.isdigit() for c in o)))]

    def __str__(self) -> str:
        return ", ".join(self.options) + (", ..." if self.open else "")


Domain = Real | Integer | Choice

# The domains that most theorems use.
GAMMA = Real(0, math.inf)
UNDER = Real(0, 1)
OVER = Real(1, math.inf)
LAM = Real(0, math.inf, "[")  # 0 is the ridgeless limit
R2 = Real(0, math.inf, "[", default=1.0)
SIGMA2 = Real(0, math.inf, "[", default=1.0)
