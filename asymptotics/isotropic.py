r"""Ridge and ridgeless least squares with isotropic features, in closed form, when p, n -> infinity with p/n -> gamma.

Model: y = <x, beta> + noise, rows x ~ (0, I) with independent entries, |beta|^2 = r2, noise of variance sigma2;
beta_hat = (X'X + n lam I)^-1 X'y. The effective ridge kappa is the larger root of kappa = lam + gamma kappa/(1 + kappa):

    kappa (kappa + 1 - gamma - lam) = lam,       D = (lam + gamma - 1)^2 + 4 lam,                                   (K)
    kappa = (lam + gamma - 1 + sqrt D)/2,        lam/kappa = (1 - gamma - lam + sqrt D)/2,
    1 + kappa = (lam + gamma + 1 + sqrt D)/2,    1 - df2 = sqrt D/(1 + kappa),                                      (G)

and every risk is a rational function of kappa and sqrt D without differences. D, and the sums of (K), are taken in
twice the precision, so that nothing cancels near gamma = 1, nor for negative penalties near their edge -(1 - sqrt gamma)^2.

Source: hastie2022surprises, Theorem 1 (ridgeless), Theorem 5 and Corollary 5 (ridge; numbering from memory);
dobriban2018high, Theorem 2.1. With m = m(-lam) the paper writes B = r2 lam^2 m'(-lam), V = sigma2 gamma (m - lam m').
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from asymptotics._twofold import Pair, add, multiply, quotient, square_root, total, two_product, two_sum
from asymptotics.conventions import refuse, theory
from asymptotics.risk import Risk

HUGE = 1e140  # above it squares overflow; sqrt D is then a hypot, and nothing there cancels


class _Roots(NamedTuple):
    root: Any  # sqrt D
    kappa: Any
    left: Any  # lam/kappa = 1 - df1
    plus: Any  # 1 + kappa
    inverse: Any  # m(-lam)


def _half(x: Pair, y: Pair) -> Any:
    return 0.5 * total(x, y)


def _discriminant(gamma: Any, lam: Any, low: Any) -> tuple[Pair, Pair]:
    """The pair s = lam + gamma - 1 and sqrt D; ValueError where lam is not above the edge."""
    s = add((lam, low), two_sum(gamma, -1.0))
    square = add(multiply(s, s), (4 * lam, 4 * low))
    bad = (lam < 0) & ((square[0] <= 0) | (lam + 1 + gamma <= 0))
    if np.any(bad):
        gamma, lam, bad = np.broadcast_arrays(gamma, lam, bad)
        g, value = float(gamma[bad][0]), float(lam[bad][0])
        refuse("lam", value, f"at gamma = {g!r} lam must be above edge(gamma) = {float(edge(gamma=g))!r}, or not negative")
    return s, square_root((np.maximum(square[0], 0.0), square[1]))


def _roots(gamma: Any, lam: Any, low: Any = 0.0) -> _Roots:
    """The roots at lam + low."""
    gamma, lam = np.asarray(gamma, dtype=np.float64), np.asarray(lam, dtype=np.float64) + 0.0  # -0 is 0
    if np.any(lam < -HUGE):
        refuse("lam", float(np.min(lam)), "lam must be above edge(gamma), or not negative")
    huge = np.maximum(gamma, lam) > HUGE
    g, l, low = np.where(huge, 1.0, gamma), np.where(huge, 1.0, lam), np.where(huge, 0.0, low)
    s, root = _discriminant(g, l, low)
    above = s[0] >= 0
    top = _half(root, (np.abs(s[0]), np.where(above, s[1], -s[1])))  # the root of (K) that does not cancel
    plus = _half(root, add((l, low), two_sum(g, 1.0)))
    h = add((l, low), two_sum(1.0, -g))  # (h + sqrt D)/2 = 1/m, (sqrt D - h)/2 = gamma lam m
    high = _half(root, (np.abs(h[0]), np.where(h[0] >= 0, h[1], -h[1])))
    R = root[0]
    if np.any(huge):
        shift = lam + (gamma - 1)
        R = np.where(huge, np.hypot(shift, 2 * np.sqrt(np.abs(lam))), R)
        above = np.where(huge, shift >= 0, above)
        top = np.where(huge, 0.5 * R + 0.5 * np.abs(shift), top)
        plus = np.where(huge, 0.5 * R + 0.5 * (lam + (gamma + 1)), plus)
        h0 = lam + (1 - gamma)
        high = np.where(huge, 0.5 * R + 0.5 * np.abs(h0), high)
        h = (np.where(huge, h0, h[0]), h[1])
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # lam = 0: m has a pole where gamma >= 1
        other = lam / np.where(top > 0, top, 1.0)
        inverse = np.where(h[0] >= 0, 1 / high, high / gamma / lam)
    return _Roots(R, np.where(above, top, other), np.where(above, other, top), plus, inverse)


def _risk(gamma: Any, at: _Roots, r2: Any, sigma2: Any) -> Risk:
    """Every field, of arrays of one shape."""
    ratio = np.divide(at.kappa, at.root, out=np.zeros_like(at.root), where=at.root > 0)
    with np.errstate(divide="ignore"):  # sqrt D = 0: the pole at gamma = 1, lam = 0
        unit = gamma / at.plus / at.root
    miss = at.kappa / at.plus * ratio
    bias = r2 * miss
    variance = np.multiply(sigma2, unit, out=np.zeros_like(unit), where=sigma2 > 0)
    excess = bias + variance
    test = excess + sigma2
    train = at.left * np.multiply(at.left, test, out=np.zeros_like(test), where=at.left != 0)
    df1 = gamma / at.plus
    norm2 = r2 * ((1 + gamma * miss) / at.plus / at.plus) + variance
    loss = {"excess": excess, "estimation": excess.copy(), "test": test, "gcv": test.copy(), "loo": test.copy()}
    return Risk(bias=bias, variance=variance, **loss, train=train, norm2=norm2, kappa=at.kappa, df1=df1, df2=df1 / at.plus)


@theory
def edge(*, gamma: Any) -> Any:
    """The smallest penalty (exclusive): -(1 - sqrt gamma)^2, minus the least nonzero eigenvalue of X'X/n in the limit.

    Any shape of gamma > 0. ValueError on bad input. Accuracy: 2.5 eps for gamma in [1e-3, 1e3].

    >>> edge(gamma=4.0)
    np.float64(-1.0)
    """
    return -(((1 - gamma) / (1 + np.sqrt(gamma))) ** 2)


@theory
def stieltjes(*, gamma: Any, lam: Any) -> Any:
    """m(-lam) = lim tr((X'X/n + lam)^-1)/p; at lam = 0 its limit from above, inf where gamma >= 1.

    Broadcasts; gamma > 0, lam > edge(gamma) or lam >= 0, else ValueError.
    Accuracy: 1.3 eps (60-digit mpmath, 20000 corner-biased points, gamma in [1e-3, 1e3], lam in [1e-12, 1e4], |gamma - 1|
    down to 1e-14 and 0 too).

    >>> stieltjes(gamma=0.5, lam=0.0)
    np.float64(2.0)
    """
    return _roots(gamma, lam).inverse


@theory
def companion(*, gamma: Any, lam: Any) -> Any:
    """v(-lam) = 1/kappa = lim tr((XX'/n + lam)^-1)/n; at lam = 0 its limit from above, inf where gamma <= 1.

    Broadcasts; gamma > 0, lam > edge(gamma) or lam >= 0, else ValueError.
    Accuracy: 1.1 eps (60-digit mpmath, 20000 corner-biased points, gamma in [1e-3, 1e3], lam in [1e-12, 1e4], |gamma - 1|
    down to 1e-14 and 0 too).

    >>> companion(gamma=2.0, lam=0.0)
    np.float64(1.0)
    """
    with np.errstate(divide="ignore"):  # kappa = 0 is the pole
        return 1 / _roots(gamma, lam).kappa


@theory
def effective_ridge(*, gamma: Any, lam: Any) -> Any:
    """kappa of (K); (gamma - 1)_+ at lam = 0, negative where lam < 0 and gamma < 1.

    Broadcasts; gamma > 0, lam > edge(gamma) or lam >= 0, else ValueError.
    Accuracy: 0.8 eps (60-digit mpmath, 20000 corner-biased points, gamma in [1e-3, 1e3], lam in [1e-12, 1e4], |gamma - 1|
    down to 1e-14 and 0 too).

    >>> effective_ridge(gamma=2.0, lam=0.0)
    np.float64(1.0)
    """
    return _roots(gamma, lam).kappa


@theory
def ridge(*, gamma: Any, lam: Any, r2: Any = 1.0, sigma2: Any = 1.0) -> Risk:
    """All risks of ridge regression; lam = 0 is the ridgeless limit, negative penalties are taken down to the edge.

    Broadcasts over gamma > 0, lam > edge(gamma) or lam >= 0, r2 >= 0, sigma2 >= 0; else ValueError. At gamma = 1, lam = 0 the
    variance is inf (0 where sigma2 = 0) and the bias 0. Training error is (lam/kappa)^2 test, GCV and leave-one-out tend to test.
    Accuracy: 3.3 eps in every field (60-digit mpmath, 20000 corner-biased points, gamma in [1e-3, 1e3], lam in [1e-12, 1e4],
    |gamma - 1| down to 1e-14 and 0 too; 3.7 eps for edge < lam < 0, to within 1e-14 of the edge).

    >>> ridge(gamma=2.0, lam=0.0, r2=5.0).excess
    np.float64(3.5)
    """
    gamma, lam, r2, sigma2 = np.broadcast_arrays(gamma, lam, r2, sigma2)
    return _risk(gamma, _roots(gamma, lam), r2, sigma2)


@theory
def ridgeless(*, gamma: Any, r2: Any = 1.0, sigma2: Any = 1.0) -> Risk:
    """Least squares of least norm, the limit lam -> 0+: hastie2022surprises, Theorem 1.

    excess = sigma2 gamma/(1 - gamma) below gamma = 1, r2 (1 - 1/gamma) + sigma2/(gamma - 1) above.
    Broadcasts; raises as `ridge` does.
    Accuracy: 1.9 eps (the same gamma).

    >>> ridgeless(gamma=0.5).variance
    np.float64(1.0)
    """
    return ridge(gamma=gamma, lam=0.0, r2=r2, sigma2=sigma2)


@theory
def optimal_penalty(*, gamma: Any, r2: Any = 1.0, sigma2: Any = 1.0) -> Any:
    """lam* = sigma2 gamma/r2, the penalty of least excess risk; inf where r2 = 0 (and 0 where sigma2 = 0).

    >>> optimal_penalty(gamma=2.0, r2=4.0, sigma2=1.0)
    np.float64(0.5)
    """
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):  # r2 = 0
        top = np.multiply(sigma2, gamma)
        return np.where(top > 0, top / r2, 0.0)


@theory
def optimal(*, gamma: Any, r2: Any = 1.0, sigma2: Any = 1.0) -> Risk:
    """All risks at the optimal penalty; excess = sigma2 gamma m(-lam*) = r2 kappa/(1 + kappa).

    Broadcasts; gamma > 0, r2 >= 0, sigma2 >= 0, else ValueError. Without signal (lam* > 1e140) it is the null
    estimator, kappa = inf.
    Accuracy: 3.3 eps (the same gamma, r2 and sigma2 in [1e-4, 1e4]).

    >>> optimal(gamma=2.0, r2=2.0, sigma2=1.0).excess.round(12)
    np.float64(1.414213562373)
    """
    gamma, r2, sigma2 = np.broadcast_arrays(gamma, r2, sigma2)
    lam = np.asarray(optimal_penalty(gamma=gamma, r2=r2, sigma2=sigma2))
    null = lam > HUGE
    safe = np.where(null, 1.0, r2), np.where(null, 1.0, sigma2)
    high, low = quotient(
        two_product(safe[1], np.where(null, 1.0, gamma)), (np.where(safe[0] > 0, safe[0], 1.0), 0.0)
    )  # lam*, its rounding too
    found = _risk(gamma, _roots(gamma, high, low), *safe).to_dict()
    limit = dict.fromkeys(("test", "train", "gcv", "loo"), sigma2) | {"kappa": np.inf}
    parts = {k: np.where(null, limit.get(k, 0.0), v) for k, v in found.items()}
    return Risk(**parts)


class LocalMinimum(NamedTuple):
    """Where the ridgeless curve above gamma = 1 is least, and its excess risk there."""

    gamma: Any
    excess: Any


@theory
def local_minimum(*, r2: Any, sigma2: Any) -> LocalMinimum:
    """The minimum over gamma > 1 of the ridgeless excess: gamma = sqrt(SNR)/(sqrt(SNR) - 1), excess = sigma2 (2 sqrt(SNR) - 1).

    SNR = r2/sigma2. Where SNR <= 1 the curve falls to r2 as gamma -> inf: (inf, r2) is returned. Broadcasts; r2, sigma2 >= 0,
    else ValueError. Accuracy: 2 eps.

    >>> local_minimum(r2=4.0, sigma2=1.0)
    LocalMinimum(gamma=np.float64(2.0), excess=np.float64(3.0))
    """
    return LocalMinimum(_minimiser(r2=r2, sigma2=sigma2), _minimum(r2=r2, sigma2=sigma2))


@theory
def _minimiser(*, r2: Any, sigma2: Any) -> Any:
    strong = np.greater(r2, sigma2)
    return np.where(strong, (r2 + np.sqrt(r2) * np.sqrt(sigma2)) / np.where(strong, r2 - sigma2, 1.0), np.inf)


@theory
def _minimum(*, r2: Any, sigma2: Any) -> Any:
    return np.where(np.greater(r2, sigma2), 2 * (np.sqrt(r2) * np.sqrt(sigma2)) - sigma2, r2)
