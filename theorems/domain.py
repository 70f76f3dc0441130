"""Where a theorem holds: the domain of each parameter, from which come validation, Hypothesis strategies and tables."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from asymptotics.conventions import refuse

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


@dataclass(frozen=True)
class Real:
    """An interval of reals. Ends are excluded unless `closed` names them: "", "[", "]" or "[]"."""

    low: float
    high: float
    closed: str = ""
    default: float | None = None

    def check(self, name: str, value: Any) -> float:
        try:
            number = float(value)
        except (TypeError, ValueError):
            refuse(name, value, f"it must be a number in {self}")
        above = number > self.low or (number == self.low and "[" in self.closed)
        below = number < self.high or (number == self.high and "]" in self.closed)
        if not (above and below):
            refuse(name, value, f"it must lie in {self}")
        return number

    def strategy(self) -> SearchStrategy[float]:
        """Log-uniform in spirit on half-lines, uniform on bounded intervals; never within 1e-3 of an open end."""
        from hypothesis import strategies as st

        if math.isinf(self.high) and self.low >= 0:
            return st.floats(-2.0, 2.0).map(lambda t: self.low + 10.0**t)
        low = self.low if "[" in self.closed else self.low + 1e-3
        high = self.high if "]" in self.closed else self.high - 1e-3
        return st.floats(max(low, -1e3), min(high, 1e3))

    def __str__(self) -> str:
        left, right = ("[" if "[" in self.closed else "("), ("]" if "]" in self.closed else ")")
        return f"{left}{self.low:g}, {self.high:g}{right}"


@dataclass(frozen=True)
class Integer:
    """The integers low, ..., high."""

    low: int
    high: int
    default: int | None = None

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

    def __str__(self) -> str:
        return f"{{{self.low}, ..., {self.high}}}"


@dataclass(frozen=True)
class Choice:
    """One of a few values, given as strings. `open=True` lets any string through: theory and simulation parse it."""

    options: tuple[str, ...]
    default: str | None = None
    open: bool = False

    def check(self, name: str, value: Any) -> str:
        if not isinstance(value, str) or not (self.open or value in self.options):
            refuse(name, value, f"it must be one of {self}")
        return value

    def strategy(self) -> SearchStrategy[str]:
        from hypothesis import strategies as st

        return st.sampled_from(self.options)

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
