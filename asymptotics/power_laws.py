r"""Power laws: kernel ridge regression with eigenvalues i^-alpha and target powers v_i^2 = i^-beta, as n grows.

Let q = sqrt(train/test) be the fitting ratio, 0 at interpolation; delta = q n kappa. For n -> infinity at fixed q and sigma2/test_0,
with C = (pi/alpha)/sin(pi/alpha) and D = (pi/alpha) (1 - (beta - 1)/alpha)/sin(pi (beta - 1)/alpha),

    kappa = (C/(n (1 - q)))^alpha,        E0 = alpha/(1 + (alpha - 1) q),                                        (1)
    test_0 = alpha D (C/n)^(beta - 1)     without noise, at q = 0,                                              (2)
    test/test_0 = [(1 - q)^(1 - beta) + alpha sigma2/test_0]/(1 + (alpha - 1) q),                                (3)

which has one minimum, where

    (alpha - 1) beta q = alpha - beta + alpha (alpha - 1) (1 - q)^beta sigma2/test_0,                            (4)

or q = 0 where that has no positive root: interpolation is optimal if and only if sigma2/test_0 <= (beta - alpha)/(alpha (alpha - 1)). (5)

These are limits, of relative error O(1/n + (n (1 - q))^(beta - 1 - 2 alpha)), while n (1 - q) >> 1; `ridge.ridge` of
`spectra.power_law(alpha, beta)` sums exactly at every n. alpha > 1 and 1 < beta < 2 alpha + 1 (else sum v_i^2 or (2) diverges).

Source: simon2024more, Theorem 2 (Eq. 10) and Corollary 1; the constants rederived.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.conventions import refuse, theory, within
from asymptotics.risk import Risk

Value = NDArray[np.float64] | float


@theory
def relative_test(*, alpha: Any, beta: Any, fitting: Any = 0.0, noise: Any = 0.0) -> Any:
    """(3): the test error over that of noiseless interpolation; `fitting` = q in [0, 1], `noise` = sigma2/test_0. inf at q = 1.

    >>> float(relative_test(alpha=2, beta=2, fitting=0.5, noise=0.5))  # (2 + 1)/1.5
    2.0
    """
    alpha, beta = _exponents(alpha, beta)
    q = within("fitting", fitting, lambda v: (v >= 0) & (v <= 1), "sqrt(train/test), in [0, 1]")
    with np.errstate(divide="ignore"):
        return ((1 - q) ** (1 - beta) + alpha * _noise(noise)) / (1 + (alpha - 1) * q)


@theory
def critical_noise(*, alpha: Any, beta: Any) -> Any:
    """(5): the largest sigma2/test_0 at which interpolation is optimal; negative where it never is.

    >>> float(critical_noise(alpha=2, beta=2.5))
    0.25
    """
    alpha, beta = _exponents(alpha, beta)
    return (beta - alpha) / (alpha * (alpha - 1))


@theory
def optimal_fitting(*, alpha: Any, beta: Any, noise: Any = 0.0) -> Any:
    """The fitting ratio q of least test error: the root of (4), or 0 by (5).

    Accuracy: 2e-16, absolute; bisection, the two sides of (4) being monotone in q.

    >>> round(float(optimal_fitting(alpha=2, beta=1.5)), 15)  # (alpha - beta)/((alpha - 1) beta)
    0.333333333333333
    """
    alpha, beta = _exponents(alpha, beta)
    alpha, beta, noise = np.broadcast_arrays(alpha, beta, _noise(noise))
    low, high = np.zeros(alpha.shape), np.ones(alpha.shape)
    for _ in range(60):  # 2^-60 is below the rounding of q
        q = 0.5 * (low + high)
        below = (alpha - 1) * beta * q < alpha - beta + alpha * (alpha - 1) * (1 - q) ** beta * noise
        low, high = np.where(below, q, low), np.where(below, high, q)
    return np.where(noise <= critical_noise(alpha=alpha, beta=beta), 0.0, 0.5 * (low + high))


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpolation:
    """The scales of (1) and (2) at n samples: `kappa` and `test` of noiseless interpolation, `overfitting` = alpha."""

    kappa: Value
    test: Value
    overfitting: Value


@theory
def interpolation(*, alpha: Any, beta: Any, n: Any) -> Interpolation:
    """(1) and (2): noiseless interpolation of n samples, the unit in which noise and errors are measured.

    Accuracy: of the formulas, rounding; of the limit, against exact sums with analytic tails (`ridge.ridge` of `spectra.power_law`,
    q = 0 and 0.5, n = 10^2 ... 10^6, alpha 1.2 to 3): kappa and test within 1.6/n for beta <= alpha + 1, and 1.5 n^-(1/2) at (2, 4.5).

    >>> round(float(interpolation(alpha=2, beta=2, n=np.pi / 2).kappa), 12)
    1.0
    """
    alpha, beta = _exponents(alpha, beta)
    C = (np.pi / alpha) / np.sin(np.pi * (np.minimum(alpha - 1, 1) / alpha))
    u, end = (alpha - (beta - 1)) / alpha, np.minimum(beta - 1, 2 * alpha - (beta - 1)) / alpha  # |u| = 1 - end
    with np.errstate(divide="ignore", invalid="ignore"):  # sinc u = sin(pi u)/(pi u): also right at beta = alpha + 1
        D = 1 / (alpha * np.where(end < 0.5, np.sin(np.pi * end) / (np.pi * np.abs(u)), np.sinc(u)))
    parts = np.broadcast_arrays((C / n) ** alpha, alpha * D * (C / n) ** (beta - 1), alpha)
    return Interpolation(kappa=parts[0].copy(), test=parts[1].copy(), overfitting=parts[2].copy())


@theory
def ridge(*, alpha: Any, beta: Any, n: Any, fitting: Any = 0.0, sigma2: Any = 0.0) -> Risk:
    """(1) to (3): kappa, test, train and df1 = n (1 - q), df2 = n - n/E0 at n samples and the fitting ratio q in [0, 1).

    The penalty that has this fitting ratio is delta = q n kappa. bias and variance are those of `ridge.ridge`.

    >>> risk = ridge(alpha=2, beta=2, n=np.pi / 2, fitting=0.5)
    >>> round(float(risk.kappa), 12), round(float(risk.train / risk.test), 12)
    (4.0, 0.25)
    """
    unit = interpolation(alpha=alpha, beta=beta, n=n)
    alpha, beta, n, q, sigma2, kappa0, test0 = np.broadcast_arrays(
        *_exponents(alpha, beta), n, np.asarray(fitting, dtype=np.float64), sigma2, unit.kappa, unit.test
    )
    if np.any(q >= 1):
        refuse("fitting", float(np.max(q)), "at q = 1 nothing is fitted: q < 1")
    scale = 1 + (alpha - 1) * q  # alpha/E0
    bias, free = test0 * (1 - q) ** (1 - beta) / scale, (alpha - 1) * (1 - q)
    variance = sigma2 * (free / scale)
    excess = bias + variance
    test = excess + sigma2
    return Risk(
        bias=bias,
        variance=variance,
        excess=excess,
        test=test,
        train=q**2 * test,
        gcv=test.copy(),
        loo=test.copy(),
        kappa=kappa0 * (1 - q) ** -alpha,
        df1=n * (1 - q),
        df2=n * (free / alpha),
    )


def _exponents(alpha: Any, beta: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    alpha = within("alpha", alpha, lambda v: (v > 1) & np.isfinite(v), "above 1: the eigenvalues i^-alpha must have a finite sum")
    beta = within("beta", beta, lambda v: (v > 1) & np.isfinite(v), "above 1: the powers i^-beta must have a finite sum")
    if np.any(beta >= 2 * alpha + 1):
        refuse("beta", float(np.max(beta)), "it must be below 2 alpha + 1: beyond that the rate is 2 alpha, whatever beta")
    return alpha, beta


def _noise(noise: Any) -> NDArray[np.float64]:
    return within("noise", noise, lambda v: (v >= 0) & np.isfinite(v), "nonnegative and finite: sigma2/test_0")
