r"""The exact finite-n law of ridgeless least squares with isotropic Gaussian features: means, variances, and where they exist.

Model: n rows x ~ N(0, I_p), y = <x, beta> + noise, |beta|^2 = r2, noise of variance sigma2; least squares of least norm.
Given X (mean over the noise) the excess risk is

    r2 B + sigma2 T,   B ~ Beta((p - n)/2, n/2) (0 where p <= n),   T = tr (X'X)^+,   B and T independent,           (X)

because the row space of X is uniformly distributed and independent of its singular values. T is the trace of an inverse
Wishart matrix of size q = min(n, p) with N = max(n, p) degrees of freedom; with m = N - q

    E T = q/(m - 1)                                      (m > 1, else inf),                                          (M)
    Var T = 2 q (N - 1)/(m (m - 1)^2 (m - 3))            (m > 3, else inf),                                          (V)

and E T^k is finite iff k < (m + 1)/2: the least eigenvalue has a density like x^((m - 1)/2) at 0.

Source: hastie2022surprises, Theorem 1 is its limit; (M), (V): von Rosen, Moments for the inverted Wishart distribution (1988).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from asymptotics.conventions import theory, within
from asymptotics.risk import Risk, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Variances over designs X of the excess risk given X (mean over the noise), its parts and norms; inf where there is none."""

    bias: Value
    variance: Value
    excess: Value
    norm2: Value
    estimation: Value
    train: Value


def _sizes(n: Any, p: Any, r2: Any, sigma2: Any) -> tuple[Any, Any, Any, Any, Any, Any]:
    """n, p checked, the smaller one q, m = |p - n|, r2 and sigma2; all of one shape."""
    n, p, r2, sigma2 = np.broadcast_arrays(n, p, r2, sigma2)
    for name, value in (("n", n), ("p", p)):
        within(name, value, lambda v: v == np.floor(v), "a whole number: this law is exact at finite sizes")
    return n, p, np.minimum(n, p), np.abs(p - n), r2, sigma2


def _scale(factor: Any, value: Any) -> Any:
    """factor * value with 0 * inf = 0: no noise, no variance."""
    return np.multiply(factor, value, out=np.zeros(value.shape), where=factor != 0)


@theory
def moments(*, n: Any, p: Any, sigma2: Any = 1.0) -> Any:
    """The number of finite moments of the conditional excess risk: floor(|p - n|/2), inf where sigma2 = 0.

    0 where |p - n| <= 1 (no mean), 1 where the mean exists, 2 and more where |p - n| > 3 (the variance exists).
    Broadcasts over whole n, p >= 1; else ValueError.

    >>> [float(moments(n=10, p=p)) for p in (10, 11, 12, 13, 14)]
    [0.0, 0.0, 1.0, 1.0, 2.0]
    """
    *_, m, _, sigma2 = _sizes(n, p, 0.0, sigma2)
    return np.where(sigma2 > 0, np.floor(m / 2), np.inf)


@theory
def ridgeless(*, n: Any, p: Any, r2: Any = 1.0, sigma2: Any = 1.0) -> Risk:
    """Exact means over X and noise; inf where the mean does not exist (|p - n| <= 1 and sigma2 > 0).

    Broadcasts over whole n, p >= 1, r2 >= 0, sigma2 >= 0; else ValueError. The direction of beta plays no part. `gcv` and `loo`
    are not given. Accuracy: 3 eps, n and p up to 1e6 (rational functions of whole numbers, checked against fractions).

    >>> ridgeless(n=200, p=180).variance.round(3)
    np.float64(9.474)
    """
    n, p, q, m, r2, sigma2 = _sizes(n, p, r2, sigma2)
    trace = np.divide(q, m - 1, out=np.full(m.shape, np.inf), where=m > 1)  # (M)
    bias = r2 * (np.maximum(p - n, 0) / p)
    variance = _scale(sigma2, trace)
    excess = bias + variance
    return Risk(
        bias=bias,
        variance=variance,
        excess=excess,
        test=excess + sigma2,
        train=sigma2 * (np.maximum(n - p, 0) / n),
        norm2=r2 * (q / p) + variance,
        estimation=excess.copy(),
    )


@theory
def spread(*, n: Any, p: Any, r2: Any = 1.0, sigma2: Any = 1.0) -> Spread:
    """Exact variances over X of the quantities given X; inf where they do not exist (|p - n| <= 3 and sigma2 > 0).

    Broadcasts as `ridgeless`. The training error given X, sigma2 (1 - p/n)_+, does not vary. Accuracy: 5 eps, n and p up to 1e6.

    >>> spread(n=1, p=11, r2=0.0).variance == 2 * 10 / (10 * 9**2 * 7)
    np.True_
    """
    n, p, q, m, r2, sigma2 = _sizes(n, p, r2, sigma2)
    over = np.maximum(p - n, 0)
    bias = r2 * r2 * (2 * (n / p) * (over / p) / (p + 2))  # variance of r2 Beta((p - n)/2, n/2)
    large = np.maximum(m, 4)
    trace = np.where(m > 3, 2 * q * (q + m - 1) / (large * (large - 1) ** 2 * (large - 3)), np.inf)  # (V)
    variance = _scale(sigma2 * sigma2, trace)
    excess = bias + variance
    return Spread(
        bias=bias,
        variance=variance,
        excess=excess,
        norm2=excess.copy(),
        estimation=excess.copy(),
        train=np.zeros(excess.shape),
    )
