r"""Certified forms of `asymptotics.ridge`: Eqs (1) to (4) as they stand there, at the proven kappa.

    test  = n/(n - df2) [r2 kappa^2 int s/(s + kappa)^2 dG + sigma2],      train = (delta/(n kappa))^2 test,

df1 and df2 sums over the law; where n = df2 (the threshold, without penalty) the variance is infinite.
"""

from __future__ import annotations

from typing import Any

from flint import arb

from asymptotics.certified.balls import INF, sign, times
from asymptotics.certified.equivalents import kappa, setting
from asymptotics.certified.laws import Masses, Measure


def risks(H: Measure, G: Measure, a: Any, n: Any, delta: Any, k: Any, r2: Any, sigma2: Any) -> dict[str, Any]:
    """All fields of `ridge.ridge` at the effective ridge k of a H."""
    df1, df2, slope, _ = (a * v for v in H.integrals(k))
    _, fit, seen, outside = G.integrals(k)
    lost = G.missed(k, seen)
    gap = left = n - a * H.live  # exactly, for it may be 0
    if sign(k):
        gap, left = n - df2, delta / k
    noise = sigma2 / gap if sign(gap) else times(sigma2, INF)  # test/n = signal + noise
    signal = r2 * lost / gap if sign(gap) else times(r2 * lost, INF)
    bias, variance = n * signal, times(noise, df2)
    excess = bias + variance
    test = excess + sigma2
    train = times((left / n) ** 2, test) if sign(left) else arb(0)
    spread = times(signal + noise, slope)
    return {
        "bias": bias,
        "variance": variance,
        "excess": excess,
        "test": test,
        "train": train,
        "gcv": test,
        "loo": test,
        "norm2": r2 * fit + spread,
        "estimation": times(r2, INF if outside == INF else k * k * outside + G.zero) + spread,
        "kappa": k,
        "df1": df1,
        "df2": df2,
    }


def ridge(spectrum: tuple[Masses, Masses], *, gamma: Any, lam: Any, n: Any, delta: Any, r2: Any, sigma2: Any) -> dict[str, Any]:
    H, G = spectrum
    a, n, delta = setting(gamma, lam, n, delta)
    return risks(H, G, a, n, delta, kappa(H, a, n, delta), r2, sigma2)
