"""Claims about the law of n^a (R_n - R): a simulator and a centre made into one that draws fluctuations, for a `Law` to judge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from theorems.claims import at_size, moments


def fluctuation(
    simulation: Callable[..., Any], centre: Callable[..., Any], *, of: str = "excess", power: float = 1.0
) -> Callable[..., np.ndarray]:
    """A simulator of n^power (R_n - centre), points (draws, m) for a `Law`; m = 1 where a draw is one number.

    simulation gives draws, or a record of draws with the field `of`; centre(**params), a number or a record with that field, is taken
    at the p/n really drawn. What the simulator declares of moments and cost goes along.

    >>> def toss(*, n, share, draws, rng):
    ...     return rng.binomial(n, share, draws) / n
    >>> at = fluctuation(toss, lambda *, share: share, power=0.5)
    >>> at(n=100, share=0.5, draws=3, rng=np.random.default_rng(0)).shape
    (3, 1)
    """

    def drawn(*, n: int, draws: int, rng: np.random.Generator, **params: Any) -> np.ndarray:
        raw, middle = simulation(**params, n=n, draws=draws, rng=rng), centre(**at_size(params, n))
        values = np.asarray(getattr(raw, of, raw), dtype=np.float64) - np.asarray(getattr(middle, of, middle))
        return n**power * values.reshape(draws, -1)

    if hasattr(simulation, "moments"):
        found = {"moments": lambda *, n, **params: moments(simulation, {k: v for k, v in params.items() if k != "of"}, n, of)}
        vars(drawn).update(found)
    if (cost := getattr(simulation, "cost", None)) is not None:
        vars(drawn).update(cost=cost)
    return drawn
