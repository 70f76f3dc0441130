r"""Certified forms of `asymptotics.random_features`: Eqs (1) to (3) as they stand there, at the proven pair.

    rho = (k - df1)/(k - df2),   D = (n - df1) + rho (df1 - df2),   test = n/D [B2 + (1 - rho) C + sigma2];

where D = 0 (n = k without penalty) what is not 0 is infinite.
"""

from __future__ import annotations

from typing import Any

from flint import arb

from asymptotics.certified.balls import INF, sign, times
from asymptotics.certified.laws import Masses
from asymptotics.certified.two_ridges import kappa, pair, setting


def signal(G: Masses, x: Any) -> tuple[Any, Any]:
    """int (1 - L)^2 s and int L^2 over G: L (1 - L) s = kappa L^2."""
    _, kept, seen, _ = G.integrals(x)
    return G.missed(x, seen), kept


def ridge(
    spectrum: tuple[Masses, Masses],
    *,
    gamma: Any,
    psi: Any,
    lam: Any,
    n: Any,
    k: Any,
    delta: Any,
    r2: Any,
    sigma2: Any,
) -> dict[str, Any]:
    sizes = setting(gamma, psi, lam, n, k, delta)
    return risks(*spectrum, *sizes, kappa(spectrum[0], *sizes), r2, sigma2)


def risks(H: Masses, G: Masses, a: Any, n: Any, k: Any, delta: Any, x: Any, r2: Any, sigma2: Any) -> dict[str, Any]:
    """All fields of `random_features.ridge` at kappa = x."""
    at = pair(H, a, n, k, delta, x)
    df2, n_left, k_left, spread, slope, outside = (at[v] for v in ("df2", "n_left", "k_left", "spread", "slope", "outside"))
    missed, kept = signal(G, x)
    B2, C0 = r2 * missed, r2 * kept  # C = kappa C0
    C = x * C0
    each = arb(0) if n == INF else 1 / n
    left = arb(1) if n == INF else n_left / n
    rho: Any
    share: Any
    per: Any
    if k == INF:
        rho, share, per = arb(1), arb(0), arb(1)  # share = 1/(k - df2), per = k share
    elif not sign(k_left + spread if not sign(x) else k - df2):
        rho, share, per = arb(0), INF, INF  # rho plays no part
    else:
        share = 1 / (k_left + spread)
        rho, per = k_left * share, k * share
    lost = 1 - rho
    gap = left + rho * spread * each  # D/n
    miss = B2 + lost * C
    if sign(gap):
        bias = miss / gap
        variance = sigma2 * ((df2 + lost * spread) * each) / gap
        norm2 = times(per, (left * C0 + slope * each * (B2 + C + sigma2)) / gap)
    else:
        bias, variance = times(miss, INF), times(sigma2, INF)
        norm2 = INF if sign(miss + sigma2) else times(per, C0)
    excess = bias + variance
    test = excess + sigma2
    spill = times(slope * each, test) + times(times(lost * each, outside), test)
    return {
        "bias": bias,
        "variance": variance,
        "excess": excess,
        "test": test,
        "train": times(left * left, test),
        "gcv": test,
        "loo": test,
        "norm2": norm2,
        "rkhs2": C0 + spill + times(times(share, C), outside),
        "kappa": x,
        "kappa1": at["kappa1"],
        "df1": at["df1"],
        "df2": df2,
    }
