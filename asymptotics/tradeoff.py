r"""The trade-off between model size, training error and test error of linear predictors, whatever the features and the fit.

Model: y = <x, beta> + noise of variance sigma2, n samples, p features, gamma = p/n. Of any estimator, even one that knows beta, let
tau sigma2 be the mean training error and e sigma2 the mean excess test error. Then

    e >= (1 - sqrt tau)^2/gamma                    (tau <= 1; any features of full-rank covariance, at every n),       (1)

with equality for orthogonal rows of equal length. Where the whitened features have a Marchenko-Pastur spectrum, the least excess
is that of ridge regression on the noise alone: tau = lam^2 int (s + lam)^-2 dF, e = int s (s + lam)^-2 dF, F the law of the
eigenvalues of XX'/n. Without lam, and with a = sqrt(gamma - 1 + tau), b = sqrt(gamma tau),

    e = ((1 - tau)/(a + b))^2      (tau >= 1 - gamma; below that nothing can be trained: inf),                         (2)
    kappa = a/sqrt e,     lam/kappa = sqrt(tau/(1 + e)),                                                               (3)

or tau = (sqrt(1 + e) - sqrt(gamma e))^2, or gamma = (sqrt(1 + e) - sqrt tau)^2/e. The two meet as gamma -> inf and as tau -> 1:
(2)/(1) = gamma ((1 + sqrt tau)/(a + b))^2.

Source: ghosh2023universal, Theorem 1 (1) and Theorem 2 (the frontier; numbering from memory); (2) and (3) are derived here.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from asymptotics._twofold import add, two_product, two_sum
from asymptotics.conventions import refuse, theory, within
from asymptotics.isotropic import ridge
from asymptotics.risk import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontier:
    """A point of the frontier: training error over sigma2, excess, and the penalty and effective ridge that attain it."""

    tau: Value
    excess: Value
    lam: Value
    kappa: Value

    def to_dict(self) -> dict[str, Value]:
        """The fields by name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def _ratio(name: str, value: Any) -> Any:
    return within(name, value, lambda v: (v >= 0) & np.isfinite(v), "nonnegative and finite, in units of sigma2")


def _rest(tau: Any) -> Any:
    """1 - tau, or 0 where tau > 1."""
    return np.maximum(1 - tau, 0.0)


def _slack(gamma: Any, tau: Any) -> Any:
    """gamma - 1 + tau, rounded once or twice."""
    return np.add(*add(two_sum(gamma, -1.0), (tau, 0.0)))


def _share(excess: Any, sigma2: Any) -> Any:
    within("sigma2", sigma2, lambda v: v > 0, "positive: the excess is measured in units of it")
    return within("excess", excess, lambda v: (v >= 0) & np.isfinite(v), "nonnegative and finite") / sigma2


@theory
def bound(*, gamma: Any, tau: Any, sigma2: Any = 1.0) -> Any:
    """(1): no linear predictor of training error tau sigma2 has less excess, for any features, any n and p = gamma n; 0 for tau >= 1.

    Broadcasts; gamma > 0, tau >= 0, else ValueError.
    Accuracy: 3 eps (60-digit mpmath, 6000 points, gamma in [1e-3, 1e3], tau to 1e-14 from 0 and 1).

    >>> bound(gamma=4.0, tau=0.25)
    np.float64(0.0625)
    """
    tau = _ratio("tau", tau)
    return sigma2 * ((_rest(tau) / (1 + np.sqrt(tau))) ** 2 / gamma)


@theory
def frontier(*, gamma: Any, tau: Any = None, lam: Any = None, sigma2: Any = 1.0) -> Frontier:
    """(2): the least excess at training error tau sigma2 for Marchenko-Pastur features, or that of the penalty `lam` on the noise.

    Broadcasts; gamma > 0 and either tau >= 0 or lam > edge(gamma). excess is inf where tau < 1 - gamma, or gamma = 1 and tau = 0,
    and 0 for tau >= 1, with lam = inf, or without noise, sigma2 = 0. ValueError on bad input.
    Accuracy: 4 eps in every field (60-digit mpmath, gamma in [1e-3, 1e3], tau to 1e-14 from 1 - gamma, 0 and 1).

    >>> at = frontier(gamma=4.0, tau=0.25)
    >>> round(float(at.excess), 12), round(float(frontier(gamma=4.0, lam=at.lam).tau), 12)
    (0.071605413837, 0.25)
    """
    if (tau is None) == (lam is None):
        refuse("tau", tau, "give tau or lam, one of them")
    if lam is not None:
        at = ridge(gamma=gamma, lam=lam, r2=0.0)
        tau, e, kappa, lam, sigma2 = np.broadcast_arrays(at.train, at.excess, at.kappa, lam, sigma2)  # type: ignore[arg-type]
        excess = np.multiply(sigma2, e, out=np.zeros_like(e), where=sigma2 > 0)
        return Frontier(tau=tau.copy(), excess=excess, lam=lam.copy(), kappa=kappa.copy())
    gamma, tau, sigma2 = np.broadcast_arrays(gamma, _ratio("tau", tau), sigma2)
    slack, rest = _slack(gamma, tau), _rest(tau)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        a = np.sqrt(np.maximum(slack, 0.0))
        both = a + np.sqrt(gamma * tau)
        e = np.where(slack < 0, np.inf, (rest / both) ** 2)
        kappa = np.where(slack > 0, a * both / rest, 0.0)
        lam = np.where((slack > 0) & (tau > 0), kappa * np.sqrt(tau / (1 + e)), 0.0)
        excess = np.multiply(sigma2, e, out=np.zeros_like(e), where=sigma2 > 0)
    return Frontier(tau=tau + 0.0, excess=excess, lam=lam, kappa=kappa)


@theory
def least_training_error(*, gamma: Any, excess: Any, sigma2: Any = 1.0, universal: bool = False) -> Any:
    """The level set through `excess` as tau(gamma): the least training error over sigma2 that comes with so little excess.

    On the frontier (2); `universal`: on the bound (1), which no features can pass. 0 (or 1 - gamma) where least squares has less excess.
    Broadcasts; gamma, sigma2 > 0, excess >= 0, else ValueError.
    Accuracy: 5 eps (60-digit mpmath, gamma and excess in [1e-3, 1e3], to 1e-14 from the end of the level set).

    >>> round(float(least_training_error(gamma=4.0, excess=0.0625, universal=True)), 12)
    0.25
    """
    e, gamma = np.broadcast_arrays(_share(excess, sigma2), gamma)
    product = two_product(gamma, e)
    one: Any = (1.0, 0.0) if universal else two_sum(1.0, e)
    top = np.maximum(np.add(*add(one, (-product[0], -product[1]))), 0.0)
    tau = (top / (np.sqrt(one[0]) + np.sqrt(product[0]))) ** 2
    return tau if universal else np.where(e * (1 - gamma) < gamma, tau, 1 - gamma)


@theory
def least_ratio(*, tau: Any, excess: Any, sigma2: Any = 1.0, universal: bool = False) -> Any:
    """The level set through `excess` as gamma(tau): the least p/n at which training error tau sigma2 comes with so little excess.

    On the frontier (2), where it is 1 - tau if least squares has no more than that excess; `universal`: on the bound (1).
    Broadcasts; tau >= 0, sigma2 > 0, excess >= 0, else ValueError; inf at excess = 0, tau < 1.
    Accuracy: 5 eps (60-digit mpmath, excess in [1e-3, 1e3], tau to 1e-14 from 1).

    >>> least_ratio(tau=0.0, excess=[0.5, 1.0], universal=True)
    array([2., 1.])
    """
    e, tau = np.broadcast_arrays(_share(excess, sigma2), _ratio("tau", tau))
    rest = _rest(tau)
    with np.errstate(divide="ignore", invalid="ignore"):
        if universal:
            return np.where(rest > 0, (rest / (1 + np.sqrt(tau))) ** 2 / e, 0.0)
        above = ((rest + e) / (np.sqrt(1 + e) + np.sqrt(tau))) ** 2 / e
    return np.where(tau * (1 + e) < 1, above, rest)


@theory
def meeting_ratio(*, tau: Any, factor: Any) -> Any:
    """The least p/n from which on the frontier (2) lies within `factor` of the universal bound (1).

    With c = (1 + sqrt tau)/sqrt(factor): gamma = (1 - tau)/(1 - (c - sqrt tau)^2), or 1 - tau where c < sqrt tau.
    Broadcasts; 0 <= tau <= 1, factor > 1, else ValueError. Accuracy: 1e-15/(factor - 1).

    >>> meeting_ratio(tau=0.0, factor=1.25).round(12)  # 1/(gamma - 1) = 1.25/gamma
    np.float64(5.0)
    """
    tau = within("tau", tau, lambda v: (v >= 0) & (v <= 1), "in [0, 1]: a training error of at most sigma2")
    factor = within("factor", factor, lambda v: (v > 1) & np.isfinite(v), "above 1 and finite")
    part = np.maximum((1 + np.sqrt(tau)) / np.sqrt(factor) - np.sqrt(tau), 0.0)
    return (1 - tau) / ((1 - part) * (1 + part))
