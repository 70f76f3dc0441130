r"""Fluctuations of ridge and ridgeless risks about their limits: the central limit theorem of linear spectral statistics.

Model: X is n x p with independent standard normal entries, x_i the eigenvalues of X'X/n, gamma = p/n fixed, dF the law of
Marchenko and Pastur. For f analytic on the nonzero spectrum the sum of f over the x_i, less p int f dF, tends to a normal law; with

    f(1 + gamma + 2 sqrt(gamma) cos t) = a_0/2 + sum_k a_k cos k t:     mean 1/2 sum_k a_2k,   variance 1/2 sum_k k a_k^2.   (C)

The risks of `asymptotics.isotropic`, given X and averaged over the noise and the signal's direction, are such sums divided by n, with

    f(x) = u/(x + lam) + w/(x + lam)^2   and constants                                                                    (F)

(gcv after linearising its denominator). With c = 1 + kappa and q = df2 it is x + lam = c |1 + sqrt(q) e^it|^2, so that
a_k = 2 (-sqrt q)^k (U + W (1 + q + k (1 - q))) with D = c (1 - q) the root of the discriminant, U = u/D, W = w c/D^3, and

    n (risk - limit at p/n) -> N(q c/D (U + W (3 + q)),  2 q (c/D)^2 ((U + 2 W (1 + q))^2 + 2 q W^2)).                      (R)

Complex designs: half the variance and no shift of the mean. Entries that are not normal: both change by the fourth cumulant.

Source: bai2004clt, Theorem 1.1 and (5.13) (numbering from memory), for the contour integrals; (C), (R) derived from them here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from asymptotics import isotropic
from asymptotics.conventions import check, refuse, theory
from asymptotics.errors import ConvergenceError
from asymptotics.risk import Value

MOST = 2**20  # nodes of the quadrature of (C)


@dataclass(frozen=True, slots=True, kw_only=True)
class Normal:
    """A normal law, or an array of them; one of variance zero is the point mean."""

    mean: Value
    variance: Value

    def quantile(self, level: Any) -> Any:
        """The quantiles at levels in [0, 1]."""
        from scipy.special import ndtri  # 25 ms: not at import

        level = np.asarray(level, dtype=np.float64)
        return self.mean + np.where(np.asarray(self.variance) > 0, np.sqrt(self.variance) * ndtri(level), 0.0)

    def cdf(self, x: Any) -> Any:
        """The probability of (-inf, x]."""
        from scipy.special import ndtr

        away = np.asarray(x, dtype=np.float64) - self.mean
        spread = np.sqrt(np.asarray(self.variance, dtype=np.float64))
        return np.where(spread > 0, ndtr(away / np.where(spread > 0, spread, 1.0)), np.where(away >= 0, 1.0, 0.0))

    def density(self, x: Any) -> Any:
        """The density at x, for positive variance."""
        away = np.asarray(x, dtype=np.float64) - self.mean
        return np.exp(-(away**2) / (2 * self.variance)) / np.sqrt(2 * np.pi * self.variance)


def linear_statistic(f: Callable[[np.ndarray], np.ndarray], *, gamma: float, tolerance: float = 1e-12) -> Normal:
    """The limit of sum_i f(x_i) - p int f dF, by the trapezoidal rule on (C), which converges geometrically for analytic f.

    f takes an array of positive numbers. gamma > 0, not 1 unless f is analytic at 0; else ConvergenceError. The nodes are doubled
    until the mean moves by less than `tolerance` of the sum of |a_k|, the variance of itself.
    Accuracy: 1e-13 of those for the f of (F), gamma in [1e-2, 100], q <= 0.95.

    >>> law = linear_statistic(lambda x: x, gamma=0.5)  # tr X'X/n is chi2(n p)/n
    >>> bool(abs(law.mean) < 1e-15 and abs(law.variance - 2 * 0.5) < 1e-15)
    True
    """
    gamma = float(check("gamma", gamma))
    before, nodes = (np.inf, np.inf), 16
    while nodes <= MOST:
        t = np.pi * np.arange(nodes + 1) / nodes
        values = np.asarray(f((1 - np.sqrt(gamma)) ** 2 + 4 * np.sqrt(gamma) * np.cos(t / 2) ** 2), dtype=np.float64)
        if not np.isfinite(values).all():
            refuse("f", "infinite on the spectrum", "f must be analytic on [(1 - sqrt gamma)^2, (1 + sqrt gamma)^2]")
        a = np.fft.irfft(values, 2 * nodes)[: nodes // 2] * 2  # values are even in t; the upper half of the a_k is aliased
        k = np.arange(a.size)
        mean, variance = 0.5 * a[2::2].sum(), 0.5 * (k * a * a).sum()
        sizes = np.abs(a).sum(), variance + 2e-16 * (a @ a)  # 2e-16: round-off is all that varies where f is constant
        gaps = abs(mean - before[0]), abs(variance - before[1])
        if gaps[0] <= tolerance * sizes[0] and gaps[1] <= tolerance * sizes[1]:
            return Normal(mean=float(mean), variance=float(variance))
        before, nodes = (mean, variance), 2 * nodes
    causes = "f is not analytic on the spectrum; gamma is near 1 and f has a pole at 0"
    raise ConvergenceError("the quadrature of (C)", residual=max(gaps), iterations=MOST, causes=causes)


def _terms(at: Any, of: str, gamma: Any, lam: Any, r2: Any, sigma2: Any) -> tuple[Any, Any]:
    """u and w of (F) for a field of `isotropic.Risk`."""
    signal, kappa = r2 / gamma, at.kappa
    match of:
        case "bias":
            return 0.0, signal * lam**2
        case "variance":
            return sigma2, -sigma2 * lam
        case "excess" | "test" | "estimation":
            return sigma2, lam * (signal * lam - sigma2)
        case "train":
            return signal * lam**2, lam**2 * (sigma2 - signal * lam)
        case "norm2":
            return sigma2 - 2 * signal * lam, lam * (signal * lam - sigma2)
        case "gcv":
            return kappa * (kappa * signal - 2 * at.test), kappa**2 * (sigma2 - signal * lam)
    refuse("of", of, "it must be bias, variance, excess, test, estimation, train, norm2 or gcv")


@theory
def ridge(*, gamma: Any, lam: Any, r2: Any = 1.0, sigma2: Any = 1.0, of: str = "excess") -> Normal:
    """The limit (R) of n (risk - limit at p/n), for the risk named by `of`, given the design; lam = 0 is ridgeless.

    Broadcasts over gamma > 0, lam > edge(gamma) or lam >= 0 but not lam = 0 at gamma = 1, r2 >= 0, sigma2 >= 0; else ValueError.
    At lam = 0 the law of the excess is N(sigma2 min(gamma, 1)/(1 - gamma)^2, 2 sigma2^2 gamma/(1 - gamma)^4), and it does not
    see the signal, whose direction is averaged over (at a fixed direction the bias fluctuates by n^-1/2 where gamma > 1).
    Accuracy: the mean to 7 eps of its terms (norm2: 30), the variance to 400 eps (norm2: 5 eps (1 + lam)); 60-digit mpmath, 4000
    corner-biased points, gamma in [1e-3, 1e3], |gamma - 1| down to 1e-14, lam = 0 or in [1e-12, 1e4].

    >>> law = ridge(gamma=0.5, lam=0.0)
    >>> float(law.mean), float(law.variance)
    (2.0, 16.0)
    """
    gamma, lam, r2, sigma2 = np.broadcast_arrays(gamma, lam, r2, sigma2)
    if np.any((gamma == 1) & (lam == 0)):
        refuse("lam", 0.0, "at gamma = 1 the ridgeless risk is infinite; take lam > 0 or another gamma")
    at = isotropic.ridge(gamma=gamma, lam=lam, r2=r2, sigma2=sigma2)
    c, q = gamma / np.asarray(at.df1), np.asarray(at.df2)
    root = np.asarray(at.df1) / isotropic.ridge(gamma=gamma, lam=lam, r2=0.0, sigma2=1.0).variance
    u, w = _terms(at, of, gamma, lam, r2, sigma2)
    ratio, U, W = c / root, u / root, w * (c / root) / root**2
    return Normal(
        mean=q * ratio * (U + W * (3 + q)),
        variance=2 * q * ratio**2 * ((U + 2 * W * (1 + q)) ** 2 + 2 * q * W**2),
    )
