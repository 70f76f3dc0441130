"""Certified form of `asymptotics.correlated.ridgeless`: `ridge` at lam = 0."""

from __future__ import annotations

from typing import Any

from flint import arb

from asymptotics.certified import ridge
from asymptotics.certified.laws import Masses


def ridgeless(spectrum: tuple[Masses, Masses], *, gamma: Any, r2: Any, sigma2: Any) -> dict[str, Any]:
    return ridge.ridge(spectrum, gamma=gamma, lam=arb(0), n=None, delta=None, r2=r2, sigma2=sigma2)
