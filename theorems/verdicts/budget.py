"""How much a verdict may cost: a time such as "60s", "10min", "2h", or a whole number of draws at each size."""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass

from asymptotics.conventions import refuse

SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class Budget:
    """`seconds` of wall clock and `draws` a size, whichever ends first."""

    seconds: float = math.inf
    draws: int | None = None

    def deadline(self) -> float:
        """On the clock of time.monotonic()."""
        return time.monotonic() + self.seconds


def parse(budget: str | int | Budget) -> Budget:
    """Read a budget.

    >>> parse("10min").seconds, parse(500).draws
    (600.0, 500)
    """
    if isinstance(budget, Budget):
        return budget
    if isinstance(budget, str) and re.fullmatch(r"\s*\d+\s*", budget):
        budget = int(budget)
    if isinstance(budget, int) and not isinstance(budget, bool):
        if budget < 1:
            refuse("budget", budget, "it must be at least one draw a size, or a time such as '60s', '10min', '2h'")
        return Budget(draws=budget)
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(s|min|h)\s*", budget) if isinstance(budget, str) else None
    if found is None or float(found[1]) == 0:
        refuse("budget", budget, "write a time above zero such as '60s', '10min' or '2h', or a whole number of draws a size")
    assert found is not None
    return Budget(seconds=float(found[1]) * SECONDS[found[2]])
