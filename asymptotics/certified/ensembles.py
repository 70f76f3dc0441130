"""Certified forms of `asymptotics.ensembles`: (1) to (3) from the six terms at the proven pair."""

from __future__ import annotations

from typing import Any

from flint import arb

from asymptotics.certified.balls import INF, times
from asymptotics.certified.decomposition import Pair, terms
from asymptotics.certified.two_ridges import kappa, pair, setting


def ridge(
    spectrum: Pair, *, members: Any, gamma: Any, psi: Any, lam: Any, n: Any, k: Any, delta: Any, r2: Any, sigma2: Any
) -> dict[str, Any]:
    sizes = setting(gamma, psi, lam, n, k, delta)
    _, n, k, _ = sizes
    at = pair(spectrum[0], *sizes, kappa(spectrum[0], *sizes))
    each = arb(0) if members == INF else 1 / members
    parts = terms(spectrum, at, n, k, r2, sigma2)
    bias = parts["bias2"] + parts["v_x"] + times(each, parts["v_w"] + parts["v_xw"])
    variance = parts["v_xe"] + times(each, parts["v_xwe"])
    excess = bias + variance
    test = excess + sigma2
    left = arb(1) if n == INF else at["n_left"] / n
    found = {"bias": bias, "variance": variance, "excess": excess, "test": test, "gcv": test, "loo": test}
    return found | {"train": times(left**2, test), "kappa": at["kappa"], "df1": at["df1"], "df2": at["df2"]}


def implicit_penalty(spectrum: Pair, *, gamma: Any, psi: Any, lam: Any, n: Any, k: Any, delta: Any) -> Any:
    sizes = setting(gamma, psi, lam, n, k, delta)
    at = pair(spectrum[0], *sizes, kappa(spectrum[0], *sizes))
    return times(at["kappa"], at["n_left"])
