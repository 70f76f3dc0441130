r"""Certified forms of `asymptotics.spherical_features`: random features of a law with one eigenvalue mu1^2 and a tail mu_star^2.

The signal on the eigenvalue is r2, in the tail what no feature shows; the penalty is psi lam, and norms of features that are not
divided by sqrt k are psi/(d/k) = psi times those of `random_features`.
"""

from __future__ import annotations

from typing import Any

from flint import arb

from asymptotics import spherical_features
from asymptotics.certified import equivalents
from asymptotics.certified import ridge as plain
from asymptotics.certified.activations import constants
from asymptotics.certified.balls import INF, sign, times
from asymptotics.certified.laws import Masses
from asymptotics.certified.random_features import risks
from asymptotics.certified.two_ridges import kappa


def _law(activation: Any, r2: Any, nonlinear: Any, constant: Any) -> tuple[Masses, Masses]:
    """H and r2 G."""
    centred, s, tail = constants(activation)
    rest = nonlinear + (constant if centred else 0)
    live = arb(1) if not sign(tail) else arb.pos_inf()
    if not sign(s):
        return Masses([], [], arb(0), live, tail), Masses([], [], arb(0), live, rest + r2)
    return Masses([s], [arb(1)], arb(0), live, tail), Masses([s], [r2 / s], arb(0), live, rest)


def ridge(
    *, gamma: Any, psi: Any, activation: Any, lam: Any, r2: Any, nonlinear: Any, constant: Any, sigma2: Any
) -> dict[str, Any]:
    H, G = _law(activation, r2, nonlinear, constant)
    sizes = gamma * psi, arb(1), gamma, psi * lam
    given = {"gamma": float(gamma), "psi": float(psi), "lam": float(lam)}
    start = spherical_features.ridge(activation=activation, **given).kappa
    found = risks(H, G, *sizes, kappa(H, *sizes, start), arb(1), sigma2)
    return found | {"norm2": times(psi, found["norm2"])}


def ridgeless(*, gamma: Any, psi: Any, activation: Any, r2: Any, nonlinear: Any, constant: Any, sigma2: Any) -> dict[str, Any]:
    given = {"r2": r2, "nonlinear": nonlinear, "constant": constant, "sigma2": sigma2}
    return ridge(gamma=gamma, psi=psi, activation=activation, lam=arb(0), **given)


def wide(*, inputs: Any, activation: Any, delta: Any, r2: Any, nonlinear: Any, constant: Any, sigma2: Any) -> dict[str, Any]:
    """Ridge regression on the inputs, at a = d/n samples of one eigenvalue and a tail each, with the penalty a delta."""
    H, G = _law(activation, r2, nonlinear, constant)
    start = spherical_features.wide(activation=activation, inputs=float(inputs), delta=float(delta)).kappa
    k = equivalents.kappa(H, inputs, arb(1), inputs * delta, start)
    return plain.risks(H, G, inputs, arb(1), inputs * delta, k, arb(1), sigma2)


def large_sample(*, psi: Any, activation: Any, lam: Any, r2: Any, nonlinear: Any, constant: Any, sigma2: Any) -> dict[str, Any]:
    """kappa1 = lam: 1 = df1 + psi lam/kappa of one feature; infinitely many samples leave no variance."""
    H, G = _law(activation, r2, nonlinear, constant)
    start = spherical_features.large_sample(activation=activation, psi=float(psi), lam=float(lam)).kappa
    k = equivalents.kappa(H, psi, arb(1), psi * lam, start)
    first, second, _, _ = (psi * v for v in H.integrals(k))
    _, kept, seen, _ = G.integrals(k)
    lost = G.missed(k, seen)
    free, spread = (psi * lam / k, first - second) if sign(k) else (1 - psi * H.live, arb(0))
    whole = sign(k) or sign(free)
    bias = lost + (spread / (free + spread) * k * kept if whole else arb(0))
    test = bias + sigma2
    return {
        "bias": bias,
        "variance": arb(0),
        "excess": bias,
        "test": test,
        "gcv": test,
        "loo": test,
        "train": test,
        "norm2": psi * kept / (free + spread) if whole else times(kept, INF),
        "kappa": k,
        "df1": arb(0),
        "df2": arb(0),
    }
