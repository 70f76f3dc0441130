r"""The rate atlas: which power of n the excess error falls with, for kernel ridge regression and random features.

Power laws: eigenvalues i^-alpha, target powers i^-beta, noise of variance sigma2 > 0 or none; penalty lam = n^-ell (delta = n^(1 - ell)),
k = n^q random features (q = inf: the kernel itself). What is fitted is the m = n^mu leading modes, kappa = m^-alpha, with

    mu = min(ell/alpha, 1, q):    stopped by the penalty, by the samples, or by the features.                      (1)

With source r = (beta - 1)/(2 alpha) the excess is the largest of three terms, n^-x:

    x = 2 alpha mu min(r, 1)                    target not fitted:  sum (kappa/(s + kappa))^2 v^2,                 (2)
    x = alpha mu min(2 r, 1) + q - mu           target lost to random features:  (m/k) sum kappa s/(s + kappa)^2 v^2, (3)
    x = 1 - mu                                  noise fitted:  sigma2 m/n.                                          (4)

The best penalty balances (2) and (4): ell = alpha/(1 + 2 alpha min(r, 1)), x = 2 alpha min(r, 1)/(1 + 2 alpha min(r, 1)), which random
features keep from k = n^q on, q = max(mu, 1 - alpha mu min(2 r, 1)). At the interpolation threshold, k = n, a small penalty, ell > alpha,
leaves a peak: n/D ~ n^((ell - alpha)/2) multiplies all three terms. At r = 1/2 and r = 1 there are logarithms besides.

Source: cui2021generalization, section 4 (kernels: regimes and crossovers), defilippis2024dimension, section 4 (random features);
numbering from memory. Rederived.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.conventions import theory, within

Value = NDArray[np.float64] | float

TERMS = ("target", "features", "noise")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Exponents x of n^-x: `target` (2), `features` (3), `noise` (4), and the least of them, `excess`; `modes` is mu of (1)."""

    target: Value
    features: Value
    noise: Value
    excess: Value
    modes: Value

    @property
    def ruled_by(self) -> Any:
        """Which term is the largest, by name: target, features or noise."""
        return np.take(TERMS, np.argmin(np.stack([self.target, self.features, self.noise]), axis=0))


@theory
def rates(*, alpha: Any, beta: Any, ell: Any, q: Any = np.inf, noisy: Any = True) -> Rates:
    """(1) to (4). alpha > 1, beta > 1, ell >= 0 (inf: no penalty), q > 0 (inf: the kernel); `noisy` = sigma2 > 0. Arguments broadcast.

    Accuracy: rounding. Slopes of whole sums at n = 10^10000 (`theorems.mellin`) are within 4.7e-5, about 1/log n, of `excess`, where
    a logarithm stays or rates tie, else 1e-6 (150 regimes, edges of (1) and q = 1 among them).

    >>> found = rates(alpha=2.0, beta=2.0, ell=np.inf, noisy=False)  # noiseless interpolation: n^-(beta - 1)
    >>> float(found.excess), str(found.ruled_by)
    (1.0, 'target')
    """
    alpha, beta = _above_one("alpha", alpha), _above_one("beta", beta)
    ell = within("ell", ell, lambda v: v >= 0, "nonnegative: lam = n^-ell")
    q = within("q", q, lambda v: v > 0, "positive: k = n^q random features")
    alpha, beta, ell, q, noisy = np.broadcast_arrays(alpha, beta, ell, q, np.asarray(noisy, dtype=bool))
    source = (beta - 1) / (2 * alpha)
    mu = np.minimum(np.minimum(ell / alpha, 1.0), q)
    target = 2 * alpha * mu * np.minimum(source, 1)
    features = alpha * mu * np.minimum(2 * source, 1) + q - mu
    peak = np.where(q == 1, np.maximum(ell - alpha, 0.0) / 2, 0.0)  # inf without penalty: so is the error
    target, features, noise = target - peak, features - peak, np.where(noisy, 1 - mu - peak, np.inf)
    return Rates(target=target, features=features, noise=noise, excess=np.minimum(np.minimum(target, features), noise), modes=mu)


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimal:
    """`ell` of the best penalty n^-ell, the exponent `excess` that it reaches, and the least `q` of k = n^q features that keep it."""

    ell: Value
    excess: Value
    q: Value


@theory
def optimal(*, alpha: Any, beta: Any) -> Optimal:
    """The best penalty for noisy labels, its rate, and how many random features are enough for it.

    >>> best = optimal(alpha=2.0, beta=3.0)  # r = 1/2: n^-(2/3) with n^(1/3) features
    >>> [round(float(v), 12) for v in (best.ell, best.excess, best.q)]
    [0.666666666667, 0.666666666667, 0.333333333333]
    """
    alpha, beta = np.broadcast_arrays(_above_one("alpha", alpha), _above_one("beta", beta))
    source = (beta - 1) / (2 * alpha)
    mu = 1 / (1 + 2 * alpha * np.minimum(source, 1))
    return Optimal(ell=alpha * mu, excess=1 - mu, q=np.maximum(mu, 1 - alpha * mu * np.minimum(2 * source, 1)))


def _above_one(name: str, value: Any) -> NDArray[np.float64]:
    return within(name, value, lambda v: (v > 1) & np.isfinite(v), f"above 1: i^-{name} must have a finite sum")
