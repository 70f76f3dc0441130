r"""Certified forms of `asymptotics.bagging`: (1) to (4) at the proven kappa of a member, n = share samples of gamma H with lam share."""

from __future__ import annotations

from typing import Any

from flint import arb

from asymptotics.certified import equivalents
from asymptotics.certified.balls import INF, sign, times
from asymptotics.certified.laws import Masses
from asymptotics.certified.ridge import risks


def ridge(
    spectrum: tuple[Masses, Masses], *, gamma: Any, share: Any, lam: Any, members: Any, disjoint: bool, r2: Any, sigma2: Any,
) -> dict[str, Any]:  # fmt: skip
    H, G = spectrum
    kappa = equivalents.kappa(H, gamma, share, lam * share)
    one = arb(0) if members == INF else 1 / members
    at = risks(H, G, gamma, share, lam * share, kappa, arb(0), arb(0))
    df2 = at["df2"] / share
    gap = 1 - df2 if sign(kappa) else (share - gamma * H.live) / share
    rho = lam / kappa if sign(kappa) else gap
    common = arb(0) if disjoint else share
    wide = (1 - common) + common * gap
    _, fit, seen, outside = G.integrals(kappa)
    lost, slope = r2 * G.missed(kappa, seen), gamma / share * H.integrals(kappa)[2]

    def mean(same: Any, cross: Any) -> Any:
        """same/(M gap) + (1 - 1/M) cross/wide."""
        return sum((times(a, INF) if not sign(b) else a / b for a, b in ((one * same, gap), ((1 - one) * cross, wide))), arb(0))

    B = lost + sigma2
    left = ((1 - share) + share * rho) ** 2
    if disjoint:
        left = (1 - 2 * share if sign(1 - 2 * share) > 0 else arb(0)) + 2 * share * rho
    bias, variance = mean(lost, lost), mean(sigma2 * df2, sigma2 * common * df2)
    spread = mean(B * slope, common * B * slope)
    excess = bias + variance
    return {
        "bias": bias,
        "variance": variance,
        "excess": excess,
        "test": excess + sigma2,
        "train": mean(B * (share * rho**2 + 1 - share), B * left),
        "norm2": r2 * fit + spread,
        "estimation": times(r2, INF if outside == INF else kappa**2 * outside + G.zero) + spread,
        "kappa": kappa,
    }


def equivalent_penalty(spectrum: tuple[Masses, Masses], *, gamma: Any, share: Any, lam: Any) -> Any:
    return share * lam + (1 - share) * equivalents.kappa(spectrum[0], gamma, share, lam * share)


def equivalent_share(spectrum: tuple[Masses, Masses], *, gamma: Any, lam: Any, member: Any) -> Any:
    kappa = equivalents.kappa(spectrum[0], gamma, arb(1), lam)
    if not sign(kappa):  # lam = member = 0: the limit
        return gamma * spectrum[0].live
    return (kappa - lam) / (kappa - member) if sign(lam - member) else arb(1)
