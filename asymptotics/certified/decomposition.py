"""Certified form of `asymptotics.decomposition.split`: (2), with A1 = n/D and A2 = n/(n - df2), at the proven pair."""

from __future__ import annotations

from typing import Any

from flint import arb

from asymptotics.certified.balls import INF, sign, times
from asymptotics.certified.laws import Masses
from asymptotics.certified.random_features import signal
from asymptotics.certified.two_ridges import kappa, pair, setting

Pair = tuple[Masses, Masses]


def terms(spectrum: Pair, at: dict[str, Any], n: Any, k: Any, r2: Any, sigma2: Any) -> dict[str, Any]:
    """The six terms at the pair `at`."""
    x, spread = at["kappa"], at["spread"]
    missed, kept = signal(spectrum[1], x)
    B2, C = r2 * missed, r2 * x * kept
    rho = lost = arb(0)  # where k = inf, or kappa = 0 with k the mass of H, rho plays no part
    if k != INF and (sign(x) or sign(at["k_left"])):
        share = 1 / (at["k_left"] + spread)
        rho, lost = at["k_left"] * share, spread * share
    gaps = (at["n_left"] + rho * spread, at["n_left"] + spread)
    A1, A2 = (arb(1) if n == INF else n / v if sign(v) else INF for v in gaps)
    both = arb(0) if not sign(lost) or not sign(spread) else INF if A1 == INF else A1 - A2
    if not sign(x) and not sign(at["n_left"]):
        both = arb(0)  # n is the mass of H: all features give the same fit
    return {
        "bias2": B2,
        "v_x": times(A2 - 1, B2),
        "v_w": lost * C,
        "v_xw": times(A1 - 1, lost * C) + times(both, B2),
        "v_xe": times(A2 - 1, sigma2),
        "v_xwe": times(both, sigma2),
    }


def split(spectrum: Pair, *, gamma: Any, psi: Any, lam: Any, n: Any, k: Any, delta: Any, r2: Any, sigma2: Any) -> dict[str, Any]:
    sizes = setting(gamma, psi, lam, n, k, delta)
    at = pair(spectrum[0], *sizes, kappa(spectrum[0], *sizes))
    return terms(spectrum, at, sizes[1], sizes[2], r2, sigma2)
