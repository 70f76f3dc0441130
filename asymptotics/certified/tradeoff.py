"""Certified forms of `asymptotics.tradeoff`: (1) to (3) and their inverses as they stand there."""

from __future__ import annotations

from typing import Any

from flint import arb

from asymptotics.certified import isotropic
from asymptotics.certified.balls import INF, sign, times


def bound(*, gamma: Any, tau: Any, sigma2: Any) -> Any:
    return sigma2 * (1 - tau.sqrt()) ** 2 / gamma if sign(1 - tau) > 0 else arb(0)


def frontier(*, gamma: Any, tau: Any, lam: Any, sigma2: Any) -> dict[str, Any]:
    if tau is None:
        at = isotropic.ridge(gamma=gamma, lam=lam, r2=arb(0), sigma2=arb(1))
        return {"tau": at["train"], "excess": times(sigma2, at["excess"]), "lam": lam, "kappa": at["kappa"]}
    slack = sign(gamma - 1 + tau)
    if slack < 0:
        return {"tau": tau, "excess": times(sigma2, INF), "lam": arb(0), "kappa": arb(0)}
    if sign(1 - tau) <= 0:
        return {"tau": tau, "excess": arb(0), "lam": INF, "kappa": INF}
    a = (gamma - 1 + tau).sqrt() if slack else arb(0)
    both = a + (gamma * tau).sqrt()
    if not sign(both):
        return {"tau": tau, "excess": times(sigma2, INF), "lam": arb(0), "kappa": arb(0)}
    e = ((1 - tau) / both) ** 2
    kappa = a / e.sqrt()
    return {"tau": tau, "excess": sigma2 * e, "lam": kappa * (tau / (1 + e)).sqrt(), "kappa": kappa}


def least_training_error(*, gamma: Any, excess: Any, sigma2: Any, universal: bool) -> Any:
    e = excess / sigma2
    one = arb(1) if universal else 1 + e
    if not universal and sign(excess * (1 - gamma) - gamma * sigma2) >= 0:
        return 1 - gamma
    over = sigma2 - gamma * excess if universal else sigma2 + excess - gamma * excess
    return (one.sqrt() - (gamma * e).sqrt()) ** 2 if sign(over) > 0 else arb(0)


def least_ratio(*, tau: Any, excess: Any, sigma2: Any, universal: bool) -> Any:
    e = excess / sigma2
    below = sign(1 - tau)
    if universal:
        if below <= 0:
            return arb(0)
        return (1 - tau.sqrt()) ** 2 / e if sign(excess) else INF
    if sign(tau * (sigma2 + excess) - sigma2) >= 0:
        return 1 - tau if below > 0 else arb(0)
    return ((1 + e).sqrt() - tau.sqrt()) ** 2 / e if sign(excess) else INF


def meeting_ratio(*, tau: Any, factor: Any) -> Any:
    root = tau.sqrt()
    part = (1 + root) / factor.sqrt() - root  # 0 where factor = (1 + 1/root)^2
    if not sign(tau) or part > 0:
        return (1 - tau) / (1 - part**2) if sign(1 - tau) else arb(0)
    if part < 0:
        return 1 - tau
    return (1 - tau) / (1 - part.union(arb(0)) ** 2)
