"""Certified form of `asymptotics.random_projections.ridgeless`: (1) and (2) at the proven kappa, where df1 = min(n, k)."""

from __future__ import annotations

from typing import Any

from flint import arb

from asymptotics.certified import equivalents
from asymptotics.certified.balls import INF, sign, times
from asymptotics.certified.laws import Masses


def _over(x: Any, y: Any) -> Any:
    return x / y if sign(y) else times(x, INF)


def ridgeless(spectrum: tuple[Masses, Masses], *, gamma: Any, psi: Any, n: Any, k: Any, r2: Any, sigma2: Any) -> dict[str, Any]:
    H, G = spectrum
    a, n, k = (gamma * psi, arb(1), gamma) if n is None else (arb(1), n, k)
    m = n if sign(k - n) >= 0 else k
    kappa = equivalents.kappa(H, a, m, arb(0))
    first, _, seen, _ = G.integrals(kappa)
    B, C = r2 * G.missed(kappa, seen), r2 * (kappa * first if sign(kappa) else G.tail)
    df2 = a * H.sums(kappa)[1]
    if sign(kappa) and sign(k - n) > 0:
        bias = n * (B / (n - df2) + C / (k - n))
        variance = sigma2 * (df2 / (n - df2) + n / (k - n))
        train = arb(0)
    else:
        fitted = k if sign(kappa) or sign(a * H.live - k) > 0 else a * H.live  # the rank, where it is less
        bias, variance = n * _over(C, n - fitted), times(sigma2, _over(fitted, n - fitted))
        train = (1 - fitted / n) * (C + sigma2)
    excess = bias + variance
    return {"bias": bias, "variance": variance, "excess": excess, "test": excess + sigma2, "train": train, "kappa": kappa}
