r"""Certified forms of `asymptotics.nonlinear_features`: the covariance (1) by the quadratic of its Marchenko-Pastur law, not by nodes.

With g(kappa) = int dH/(s + kappa) = m(-y)/c1, y = (1 - c1 + kappa)/c1, m that of ratio q = 1/psi, and h = -g' = m'(-y)/c1^2,

    int s/(s + kappa) = 1 - kappa g,   int s/(s + kappa)^2 = g - kappa h,   int (s/(s + kappa))^2 = 1 - 2 kappa g + kappa^2 h.

kappa is the root of `equivalents`, whose phi is convex to the right of minus the least eigenvalue for this law too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flint import arb

from asymptotics import nonlinear_features
from asymptotics.certified import isotropic
from asymptotics.certified.activations import constants
from asymptotics.certified.balls import sign
from asymptotics.certified.isotropic import transform
from asymptotics.certified.ridge import risks
from asymptotics.certified.roots import root


@dataclass(frozen=True)
class _Law:
    """The law (1) of c1 and q, a `laws.Measure`; `zero` is its mass at 0, `live` the rest."""

    c1: Any
    q: Any
    zero: Any
    live: Any

    def integrals(self, kappa: Any) -> tuple[Any, Any, Any, Any]:
        y = (1 - self.c1 + kappa) / self.c1
        if not sign(y):  # c1 = 1, kappa = 0: 1/s over the positive eigenvalues
            side = sign(self.q - 1)
            slope = 1 / (1 - self.q) if side < 0 else 1 / (self.q * (self.q - 1))
            return self.live, self.live, slope, arb(0)
        m, d = transform(self.q, y)
        g, h = m / self.c1, d / self.c1**2
        return 1 - kappa * g, 1 - 2 * kappa * g + kappa**2 * h, g - kappa * h, h - self.zero / kappa**2 if sign(self.zero) else h

    def missed(self, kappa: Any, slope: Any) -> Any:
        return kappa * kappa * slope


def ridge(*, gamma: Any, psi: Any, activation: Any, lam: Any, r2: Any, sigma2: Any) -> dict[str, Any]:
    _, linear, rest = constants(activation)
    if not sign(linear):
        return isotropic.ridge(gamma=gamma, lam=lam, r2=r2, sigma2=sigma2)
    c1, q = linear / (linear + rest), 1 / psi
    less = not sign(rest) and sign(1 - psi) > 0  # zeros, of linear features
    H = _Law(c1, q, 1 - psi if less else arb(0), psi if less else arb(1))
    if not sign(lam) and sign(1 - gamma * H.live) >= 0:
        return risks(H, H, gamma, arb(1), lam, arb(0), r2, sigma2)
    given = {"gamma": float(gamma), "psi": float(psi), "lam": float(lam)}
    start = nonlinear_features.ridge(activation=activation, **given).kappa

    def phi(x: Any) -> tuple[Any, Any]:
        first, second, _, _ = H.integrals(x)
        return x * (1 - gamma * first) - lam, 1 - gamma * second

    least = 1 - c1 + (c1 * (1 - q.sqrt()) ** 2 if sign(psi - 1) > 0 else 0)
    left = 0 if lam >= 0 else -least
    box = root(phi, start, lambda x: bool(phi(x)[0].mid() < 0), lambda box: bool(box > left and phi(box)[1] > 0))
    return risks(H, H, gamma, arb(1), lam, box, r2, sigma2)


def ridgeless(*, gamma: Any, psi: Any, activation: Any, r2: Any, sigma2: Any) -> dict[str, Any]:
    return ridge(gamma=gamma, psi=psi, activation=activation, lam=arb(0), r2=r2, sigma2=sigma2)
