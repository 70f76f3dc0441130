"""Certified forms of `asymptotics.latent_space`: the general risks at the two eigenvalues of (I), kappa by the quadratic (K)."""

from __future__ import annotations

from typing import Any

from flint import arb

from asymptotics.certified.balls import sign
from asymptotics.certified.laws import Masses, point
from asymptotics.certified.ridge import risks


def induced(*, psi: Any, mu: Any, r2: Any, sigma2: Any) -> dict[str, Any]:
    return {"large": 1 + mu / psi, "psi": psi, "beta2": r2 * mu * psi / (psi + mu) ** 2, "noise": sigma2 + r2 * psi / (psi + mu)}


def effective_ridge(*, gamma: Any, psi: Any, mu: Any) -> Any:
    if sign(gamma - 1) <= 0:
        return arb(0)
    large = 1 + mu / psi
    b = gamma * (1 + mu) - 1 - large
    return (b + (b * b + 4 * large * (gamma - 1)).sqrt()) / 2


def ridgeless(*, gamma: Any, psi: Any, mu: Any, r2: Any, sigma2: Any) -> dict[str, Any]:
    model = induced(psi=psi, mu=mu, r2=r2, sigma2=sigma2)
    H = Masses([model["large"], arb(1)], [psi, 1 - psi], arb(0), arb(1), arb(0))
    kappa = effective_ridge(gamma=gamma, psi=psi, mu=mu)
    return risks(H, point(model["large"]), gamma, arb(1), arb(0), kappa, model["beta2"], model["noise"])
