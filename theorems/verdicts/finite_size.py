r"""What a limit says at finite n: mean(n) = b0 + c n^-a (+ d n^-2a), and the weights that read b0 off several sizes.

A limit is false at every finite n, so a verdict is about b0. The weights are least squares, each size with precision n^2 (a
conditional risk scatters like 1/n). What the model leaves out is measured rather than assumed away: `remainder` are the weights
of the amount by which b0 moves when the next power is fitted as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asymptotics.conventions import refuse

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Reading:
    """Weights on the means at the sizes: rows of `limit` (rows, s) give what is claimed, `remainder` (1, s) what is left out."""

    limit: Array
    remainder: Array | None


def _fit(n: Array, rate: float, order: int) -> Array:
    """Weights (1, s) of the constant in a least-squares fit of b0 + sum_j c_j n^(-j rate), j = 1, ..., order."""
    design = np.stack([(n[0] / n) ** (rate * j) for j in range(order + 1)], axis=1)
    return np.linalg.pinv(design * n[:, None])[:1] * n


def reading(sizes: Sequence[int], *, rate: float = 1.0, exact: bool = False, known: bool = False) -> Reading:
    """Weights for these sizes: two powers from four sizes on, one with three; none where the bias is `known` in closed form.

    `exact` claims hold at every size: a row each, and nothing is averaged. Raises ValueError where there are too few sizes.

    >>> reading((50, 100, 200), rate=1.0).limit.round(2).tolist()
    [[-0.29, -0.14, 1.43]]
    >>> reading((20, 40), exact=True).limit.tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    n = np.asarray(sizes, dtype=np.float64)
    if len(set(sizes)) < len(sizes) or list(sizes) != sorted(sizes) or (len(n) and n[0] < 1):
        refuse("sizes", tuple(sizes), "they must be positive and increase, each once")
    if exact:
        return Reading(np.eye(len(n)), None)
    if len(n) < (2 if known else 3):
        refuse("sizes", tuple(sizes), "a limit needs at least three sizes: two to extrapolate from and one to check the fit by")
    if not (math.isfinite(rate) and rate > 0):
        refuse("rate", rate, "the bias is n^-rate with a positive rate")
    order = 0 if known else min(2, len(n) - 2)
    limit = _fit(n, rate, order)
    return Reading(limit, _fit(n, rate, order + 1) - limit)
