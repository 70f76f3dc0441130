"""What a limit is returned as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Limit:
    """The limit and its certificate; all fields have the broadcast shape of the arguments, `value` by name of several expressions.

    `residual`: the last relative step of Newton's method, about the relative error of the unknowns; `loss`: the worst cancellation
    among the terms of an equation, times machine precision; `unknowns`: the scalars of the equations, by name; `branch`: how it is
    known that this solution of the equations is the limit, by continuity from the absence of randomness or, of enclosures, "proved".
    """

    value: Any
    residual: Any
    loss: Any
    unknowns: Mapping[str, Any]
    branch: Any = "by continuity"
