"""Certified form of `asymptotics.eigenlearning.modes`: (1) and (2) at the proven kappa."""

from __future__ import annotations

from typing import Any

from flint import arb

from asymptotics.certified import equivalents
from asymptotics.certified.balls import INF, sign, times
from asymptotics.certified.laws import Masses
from asymptotics.certified.ridge import risks


def modes(
    spectrum: tuple[Masses, Masses], *, eigenvalue: Any, power: Any, n: Any, delta: Any, r2: Any, sigma2: Any
) -> dict[str, Any]:
    H, G = spectrum
    kappa = equivalents.kappa(H, arb(1), n, delta)
    at = risks(H, G, arb(1), n, delta, kappa, r2, sigma2)
    learned = eigenvalue / (eigenvalue + kappa) if sign(eigenvalue) else arb(0)
    gap = n - at["df2"] if sign(kappa) else n - H.live
    overfitting = n / gap if sign(gap) else INF
    lost = (1 - learned) ** 2 * power if sign(eigenvalue) == 0 or sign(kappa) else arb(0)
    return {
        "learnability": learned,
        "error": times(lost, overfitting),
        "bias": lost,
        "variance": times(learned**2 / n, at["test"]),
        "overfitting": overfitting,
    }
