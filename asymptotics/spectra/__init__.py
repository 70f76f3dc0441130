r"""Spectra of covariances, and how the signal is spread over their eigenvectors: every constructor, by name or by string.

A `Spectrum` is a pair of laws: H, where the eigenvalues of the covariance are, and G, which share of |beta|^2 sits at each. Two
settings: *proportional*, H of mass 1, used with (gamma, lam); and *dimension-free*, H with multiplicities, used with (n, delta).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from asymptotics import _twofold
from asymptotics.conventions import refuse
from asymptotics.spectra.continuous import autoregressive, density, power, power_law
from asymptotics.spectra.laws import Law, vector
from asymptotics.spectra.measured import Measured, from_data
from asymptotics.spectra.signals import Signal, Spectrum, assemble, number

__all__ = [
    "Measured",
    "Spectrum",
    "atoms",
    "autoregressive",
    "density",
    "equicorrelated",
    "from_data",
    "from_eigenvalues",
    "isotropic",
    "latent_space",
    "multiplicities",
    "parse",
    "power",
    "power_law",
    "spiked",
]

KNOWN = "isotropic, ar1:RHO, atoms:S@W,S@W,..., equicorrelated:RHO, power:A, latent:MU,PSI"


def isotropic() -> Spectrum:
    """All eigenvalues are 1. Proportional.

    >>> isotropic().H.mean()
    1.0
    """
    return atoms([1.0], [1.0])


def atoms(values: ArrayLike, weights: ArrayLike, signal: Signal = None) -> Spectrum:
    """Eigenvalues `values` (m,), >= 0, in proportions `weights` (m,), which sum to 1. Proportional.

    `signal`: "isotropic" (default), "top:Q", "bottom:Q", or the energy of beta at each eigenvalue (m,), of any scale.
    Raises ValueError for weights whose sum is off 1 by more than rounding.

    >>> atoms([1, 3], [0.5, 0.5]).H.mean()
    2.0
    """
    values, weights = vector("values", values), vector("weights", weights)
    if values.shape != weights.shape:
        refuse("weights", weights.shape, f"one weight an eigenvalue: {values.size} of them")
    if abs(np.sum(weights) - 1) > 1e-12:  # rounding of up to 10^4 weights
        refuse("weights", float(np.sum(weights)), "weights must sum to 1; counts go to multiplicities()")
    return assemble(values, weights, signal, unit=True)


def multiplicities(values: ArrayLike, counts: ArrayLike, signal: Signal = None) -> Spectrum:
    """Eigenvalues `values` (m,), >= 0, each `counts` (m,) times. Dimension-free: use it with n= and delta=.

    >>> multiplicities([1, 3], [10, 5]).H.mass
    15.0
    """
    values, counts = vector("values", values), vector("counts", counts)
    if values.shape != counts.shape:
        refuse("counts", counts.shape, f"one count an eigenvalue: {values.size} of them")
    if np.any(counts < 0):
        refuse("counts", float(counts.min()), "multiplicities are nonnegative")
    return assemble(values, counts, signal, unit=False)


def from_eigenvalues(values: ArrayLike, coefficients: ArrayLike | None = None) -> Spectrum:
    """The spectrum of a covariance with these p eigenvalues, each of mass 1/p. Proportional.

    `coefficients` (p,) are the components of beta on the eigenvectors; their squares are normalised, so that r2 = |beta|^2.

    >>> from_eigenvalues([2.0, 1.0, 1.0, 0.0]).H.mean()
    1.0
    """
    values = vector("values", values)
    if coefficients is None and np.all(values > 0):
        p = float(values.size)
        counts = np.arange(1.0, p + 1)
        H = Law(np.sort(values)[::-1], np.full(values.size, 1 / p), mass=1.0, above=np.stack(_twofold.divide(counts, p)))
        return Spectrum(H, H)
    energies = None if coefficients is None else vector("coefficients", coefficients) ** 2
    return assemble(values, np.ones(values.size), energies, unit=True)


def equicorrelated(rho: float, p: int | None = None, signal: Signal = "isotropic") -> Spectrum:
    """Unit variances, all correlations `rho` in [0, 1): p - 1 eigenvalues 1 - rho, one 1 + (p - 1) rho. Proportional.

    Without `p` the limit: the spike has mass 0, and all eigenvalues are 1 - rho.
    """
    if not 0 <= rho < 1:
        refuse("rho", rho, "the common correlation must lie in [0, 1)")
    if p is None:
        return atoms([1 - rho], [1.0], signal)
    return spiked([1 + (p - 1) * rho], p=p, bulk=1 - rho, signal=signal)


def spiked(values: ArrayLike, *, p: int, bulk: float = 1.0, signal: Signal = "isotropic") -> Spectrum:
    """`values` (k,), each once, and `p` - k times the eigenvalue `bulk`. Proportional: each spike has mass 1/p.

    A `signal` of energies has k + 1 entries, the last for all of the bulk together.

    >>> spiked([10.0], p=100).H.mean()
    1.09
    """
    values = vector("values", values)
    if p < values.size or p != int(p):
        refuse("p", p, f"the number of features must be an integer, at least the number of spikes ({values.size})")
    if not 0 <= bulk < np.inf:
        refuse("bulk", bulk, "an eigenvalue of a covariance is nonnegative and finite")
    counts = np.append(np.ones(values.size), p - values.size)
    return assemble(np.append(values, bulk), counts, signal, unit=True)


def latent_space(mu: float, psi: float, signal: Signal = None) -> Spectrum:
    """Features that see d latent variables, psi = d/p: d eigenvalues 1 + mu/psi, the rest 1. Proportional.

    The signal of the latent-space model lies on the d spiked directions (default). Source: hastie2022surprises, section 5.4
    (numbering from memory).
    """
    if not (mu >= 0 and np.isfinite(mu)):
        refuse("mu", mu, "the strength of the latent variables is nonnegative and finite")
    if not 0 < psi <= 1:
        refuse("psi", psi, "psi = d/p must lie in (0, 1]")
    return atoms([1 + mu / psi, 1.0], [psi, 1 - psi], [1.0, 0.0] if signal is None else signal)


def parse(spectrum: str, signal: str = "isotropic") -> Spectrum:
    """The spectrum that a string names (see `KNOWN`, `signals.SIGNALS`); simulations read the same strings.

    >>> parse("atoms:1@0.5,3@0.5").H.mean()
    2.0
    """
    kind, _, text = str(spectrum).partition(":")
    families = {"ar1": autoregressive, "equicorrelated": equicorrelated, "power": power}
    if kind in families and text:
        return families[kind](number("spectrum", text), signal=signal)  # type: ignore[operator]
    if kind == "latent" and text.count(",") == 1:
        mu, psi = (number("spectrum", part) for part in text.split(","))
        return latent_space(mu, psi, signal)
    if kind == "isotropic" and not text:
        return atoms([1.0], [1.0], signal)
    if kind == "atoms" and text:
        pairs = [part.partition("@") for part in text.split(",")]
        if not all(at for _, at, _ in pairs):
            refuse("spectrum", spectrum, "atoms are written S@W, an eigenvalue and its weight")
        return atoms([number("spectrum", s) for s, _, _ in pairs], [number("spectrum", w) for _, _, w in pairs], signal)
    refuse("spectrum", spectrum, f"known spectra: {KNOWN}; power laws i^-alpha are `spectra.power_law` in Python")
