r"""Confidence sequences: intervals that hold at every look at once, so that one may stop when one likes.

Three of them, by what is known of the draws x_1, x_2, ... (each has P(the truth is ever outside) <= level, in the first for normal draws):

* `student` for means without a known range. With prior N(0, 1/c2) on the effect mu/sigma and weights w_i (variance sigma^2 / w_i),

      M = sqrt(c2 / (T + c2)) ((T + c2) V / ((T + c2) V - S^2))^(n/2),  T = sum w, S = sum w (x - mu), V = sum w (x - mu)^2,   (1)

  is a nonnegative martingale for normal draws of any variance; solving M < 1/level gives the interval in closed form. Exact for
  normal draws from n = 2 on. For others it is asymptotic: used from LEAST draws on, and at the smaller level
  level exp(-|skewness| z^3 / (2 sqrt n)), z the half-width in standard errors: the moderate-deviation rate of self-normalised sums
  has 3 in place of 2, and falls short where draws are few and very skew.
* `bernstein` for draws in a known range: exact, for any distribution.
* `order_statistics` for quantiles: exact, for any distribution, moments or none.

Sources: lai1976confidence, wang2025anytime (1); waudbysmith2024estimating, Theorem 2; howard2022sequential; jing2003self; wang2005limit
(the factor with the skewness: for four moments and z = O(n^1/6), which LEAST draws are short of at small levels).
Each sequence is checked by simulation in the tests and in docs/reliability.md.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
LEAST = 64  # draws before `student` says anything of draws that need not be normal
TUNED = 128.0  # where a sequence is narrowest beside the fixed-sample interval; 4 times fewer or more draws cost it 6 % of width


def _prior(level: float) -> float:
    """c2 of (1) that makes the interval narrowest at T = TUNED."""
    x = 2 * math.log(1 / level)
    return TUNED / (x + math.log1p(x))


def student(weights: Array, values: Array, level: float) -> Array:
    """Half-width (k,) about the weighted mean of `values` (n, k); `weights` (n,); inf before LEAST draws.

    Weights that are no precisions (estimated, or another component's) cost width, not coverage: the spread is the larger of the
    mean over draws and the mean over weights. Where the weights are right this is 2 % of width.

    >>> x = np.random.default_rng(1).standard_normal((200, 1))
    >>> bool(0.2 < student(np.ones(200), x, 1e-2)[0] < 0.35)
    True
    """
    n, total = len(values), float(weights.sum())
    if n < LEAST:
        return np.full(values.shape[1], math.inf)
    centred = (values - weights @ values / total) * np.sqrt(weights)[:, None]
    spread = (centred**2).mean(axis=0)  # of one draw of weight 1
    skew = np.abs((centred**3).mean(axis=0)) / np.where(spread > 0, spread, 1.0) ** 1.5
    return np.sqrt(np.maximum(spread, weights @ centred**2 / total)) * standard_width(n, total, level, skew)


def standard_width(n: int, total: float, level: float, skew: Array | float = 0.0) -> Array:
    """Half-width of (1) for draws of unit spread (the mean of w (x - mean)^2 over draws) and of this skewness."""
    c2 = _prior(level)
    z2 = math.log((total + c2) / c2) + 2 * math.log(1 / level)
    odds = np.minimum((z2 + np.asarray(skew) * z2**1.5 / math.sqrt(n)) / n, 700.0)
    room = total - c2 * np.expm1(odds)
    with np.errstate(divide="ignore"):
        square = np.expm1(odds) * (total + c2) * (n / total) / np.where(room > 0, room, 0.0)
    return np.where(room > 0, np.sqrt(square), math.inf)


def bernstein(values: Array, level: float, low: Array | float, high: Array | float) -> tuple[Array, Array]:
    """Centre and half-width (k,) for the mean of `values` (n, k) in [low, high]: empirical Bernstein with predictable bets.

    >>> x = np.random.default_rng(1).random((1000, 1))
    >>> centre, half = bernstein(x, 1e-2, 0.0, 1.0)
    >>> bool(abs(centre[0] - 0.5) < half[0] < 0.06)
    True
    """
    x = (values - low) / (high - low)
    n = np.arange(1.0, len(x) + 1)[:, None]
    mean = (0.5 + np.cumsum(x, axis=0)) / (n + 1)
    spread = (0.25 + np.cumsum((x - mean) ** 2, axis=0)) / (n + 1)
    before, sigma2 = (
        np.vstack([np.full((1, x.shape[1]), 0.5), mean[:-1]]),
        np.vstack([np.full((1, x.shape[1]), 0.25), spread[:-1]]),
    )
    bet = np.minimum(np.sqrt(2 * math.log(2 / level) / (sigma2 * n * np.log1p(n))), 0.5)
    paid = (math.log(2 / level) + ((x - before) ** 2 * (-np.log1p(-bet) - bet)).sum(axis=0)) / bet.sum(axis=0)
    centre = (bet * x).sum(axis=0) / bet.sum(axis=0)
    return low + (high - low) * centre, (high - low) * paid


def order_statistics(ordered: Array, level: float, q: float = 0.5) -> tuple[Array, Array]:
    """Ends (k,), (k,) for the q-quantile from `ordered` (n, k), each column sorted; infinite while n is too small to say.

    The number of draws at most the quantile is binomial, and its likelihood ratio against a Beta mixture is a martingale.

    >>> x = np.sort(np.random.default_rng(1).standard_cauchy((1000, 1)), axis=0)
    >>> low, high = order_statistics(x, 1e-2)
    >>> bool(-0.3 < low[0] < 0 < high[0] < 0.3)
    True
    """
    from scipy.special import betaln  # 25 ms: not at import

    n = len(ordered)
    a, b = _prior(level) * q, _prior(level) * (1 - q)
    k = np.arange(n + 1)
    inside = betaln(a + k, b + n - k) - betaln(a, b) - k * math.log(q) - (n - k) * math.log1p(-q) < math.log(1 / level)
    first, last = int(np.argmax(inside)), n - int(np.argmax(inside[::-1]))
    far = np.full(ordered.shape[1], math.inf)
    return (ordered[first - 1] if first > 0 else -far), (ordered[last] if last < n else far)


def least_discrepancy(spread: float, draws: float, false_refute: float, false_accept: float) -> float:
    """The least |discrepancy| that this many draws refute with probability 1 - false_accept: the sum of both half-widths.

    spread: standard deviation of a draw.

    >>> round(least_discrepancy(1.0, 1000, 1e-6, 1e-3), 3)
    0.322
    """
    many = max(int(draws), 2)
    return spread * float(standard_width(many, draws, false_refute) + standard_width(many, draws, false_accept))


def draws_needed(spread: float, discrepancy: float, false_refute: float, false_accept: float) -> int:
    """The draws with which a discrepancy of this size is refuted, or its absence told, at both error rates.

    >>> draws_needed(1.0, 0.322, 1e-6, 1e-3)
    999
    """
    low, high = LEAST, LEAST
    while least_discrepancy(spread, high, false_refute, false_accept) > discrepancy:
        low, high = high, 2 * high
        if high > 1e15:
            return high
    while low < high:
        middle = (low + high) // 2
        done = least_discrepancy(spread, middle, false_refute, false_accept) <= discrepancy
        low, high = (low, middle) if done else (middle + 1, high)
    return high
