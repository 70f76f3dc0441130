"""Certified form of `asymptotics.covariate_shift.ridge`: (2) at the proven kappa; the values of S' are the doubles that `shifted` gives."""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import arb

from asymptotics.certified import ridge as plain
from asymptotics.certified.balls import sign, times
from asymptotics.certified.equivalents import kappa, setting
from asymptotics.certified.laws import Masses
from asymptotics.conventions import refuse


def _values(law: Masses, shifted: Any) -> tuple[list[Any], Any]:
    """s' at the atoms, and at 0."""
    if callable(shifted):
        atoms = np.array([*(float(s) for s in law.atoms), 0.0])
        *found, zero = (arb(float(v)) for v in np.asarray(shifted(atoms), dtype=np.float64))
        return found, zero
    found = [arb(float(v)) for v in shifted]
    return found[: len(law.atoms)], found[-1]


def ridge(
    spectrum: tuple[Masses, Masses],
    *,
    shifted: np.ndarray,
    gamma: Any,
    lam: Any,
    n: Any,
    delta: Any,
    r2: Any,
    sigma2: Any,
) -> dict[str, Any]:
    H, G = spectrum
    if sign(H.tail) or sign(G.tail):
        refuse("certified", True, "a shift of infinitely many eigenvalues has no certified form")
    a, size, penalty = setting(gamma, lam, n, delta)
    k = kappa(H, a, size, penalty)
    at = plain.risks(H, G, a, size, penalty, k, r2, sigma2)
    values, _ = _values(H, shifted)
    inflation = a / size * sum((m * s * v / (s + k) ** 2 for s, m, v in zip(H.atoms, H.masses, values, strict=True)), arb(0))
    values, zero = _values(G, shifted)
    lost = sum((m * v * (k / (s + k)) ** 2 for s, m, v in zip(G.atoms, G.masses, values, strict=True)), arb(0))
    missed = r2 * (lost + (G.zero * zero if sign(G.zero) else 0))
    bias = missed + times(at["bias"], inflation)
    power = at["variance"] + sigma2
    variance = times(power, inflation)
    excess = bias + variance
    return at | {"bias": bias, "variance": variance, "excess": excess, "test": excess + sigma2}
