r"""Certified forms of `asymptotics.equicorrelated`: the general risks at the one eigenvalue s = 1 - rho, where (K) is a quadratic,

kappa^2 - (lam + gamma s - s) kappa - lam s = 0,       kappa its larger root.
"""

from __future__ import annotations

from typing import Any

from flint import arb

from asymptotics.certified import isotropic
from asymptotics.certified.balls import sign
from asymptotics.certified.laws import point
from asymptotics.certified.ridge import risks


def ridge(*, gamma: Any, lam: Any, rho: Any, r2: Any, sigma2: Any) -> dict[str, Any]:
    s = 1 - rho
    b = lam + (gamma - 1) * s
    kappa = b if sign(b) > 0 else arb(0)
    if sign(lam):
        kappa = (b + (b * b + 4 * lam * s).sqrt()) / 2
    return risks(point(s), point(s), gamma, arb(1), lam, kappa, r2, sigma2)


def ridgeless(*, gamma: Any, rho: Any, r2: Any, sigma2: Any) -> dict[str, Any]:
    return ridge(gamma=gamma, lam=arb(0), rho=rho, r2=r2, sigma2=sigma2)


def optimal_penalty(*, gamma: Any, rho: Any, r2: Any, sigma2: Any) -> Any:
    return isotropic.optimal_penalty(gamma=gamma, r2=r2, sigma2=sigma2)
