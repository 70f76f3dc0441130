r"""Spectra of covariances, and how the signal is spread over their eigenvectors.

A `Spectrum` is a pair of laws: H, where the eigenvalues of the covariance are, and G, which share of |beta|^2 sits at each. Two
settings: *proportional*, H of mass 1, used with (gamma, lam); and *dimension-free*, H with multiplicities, used with (n, delta).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from asymptotics.compression import accumulate
from asymptotics.conventions import refuse
from asymptotics.laws import Array, Law, vector

__all__ = ["Law", "Spectrum", "atoms", "from_eigenvalues", "isotropic", "multiplicities", "parse"]

KNOWN = "isotropic, ar1:RHO, atoms:S@W,S@W,..., equicorrelated:RHO, power:A, latent:MU,PSI"
SIGNALS = "isotropic, top:Q, bottom:Q"


@dataclass(frozen=True, eq=False)
class Spectrum:
    """`H`: the law of the eigenvalues. `G`: the shares of |beta|^2 at each eigenvalue (mass 1 but where a constructor says else)."""

    H: Law
    G: Law


def _law(values: Array, weights: Array, *, divisor: float = 1.0, unit: bool = False) -> Law:
    """The law of weights/divisor at values >= 0; `unit`: their sum is 1 in exact arithmetic, its rounding goes to the largest."""
    order = np.argsort(-values, kind="stable")
    values, weights = values[order], weights[order]
    positive = (values > 0) & (weights > 0)
    if not np.any(positive):
        refuse("values", 0.0, "at least one eigenvalue must be positive")
    high, low = accumulate(weights)
    if unit:  # the cumulative masses from the largest weight on end in exactly 1
        big = int(np.argmax(weights))
        missing = (divisor - high[-1]) - low[-1]
        low[big:] += missing
    quotient = high / divisor
    rest = (high - _product(quotient, divisor)[0]) - _product(quotient, divisor)[1] + low
    above = np.stack([quotient, rest / divisor])[:, positive]
    zero = float(np.sum(weights[values == 0])) / divisor
    mass = 1.0 if unit else float(quotient[-1])
    return Law(values[positive], weights[positive] / divisor, zero=zero, mass=mass, above=above)


def _product(a: Array, b: float) -> tuple[Array, Array]:
    """a b as an unevaluated sum (Dekker)."""
    split = 134217729.0  # 2^27 + 1
    a1 = split * a - (split * a - a)
    b1 = split * b - (split * b - b)
    a2, b2 = a - a1, b - b1
    p = a * b
    return p, ((a1 * b1 - p) + a1 * b2 + a2 * b1) + a2 * b2


def _shares(weights: Array, signal: ArrayLike | str | None) -> Array:
    """Shares of the signal for directions sorted by decreasing eigenvalue and of these masses; they sum to 1."""
    mass = float(np.sum(weights))
    if signal is None:
        signal = "isotropic"
    if isinstance(signal, str):
        kind, _, text = signal.partition(":")
        if signal == "isotropic":
            return weights / mass
        if kind not in ("top", "bottom") or not text:
            refuse("signal", signal, f"known signals: {SIGNALS}")
        q = _number("signal", text)
        if not 0 < q <= 1:
            refuse("signal", signal, "the fraction of directions must lie in (0, 1]")
        ends = np.concatenate([[0.0], np.cumsum(weights) / mass])
        ends[-1] = 1.0
        if kind == "bottom":
            ends = 1 - ends
        return np.abs(np.diff(np.minimum(ends, q))) / q
    energies = vector("signal", signal)
    if energies.shape != weights.shape:
        refuse("signal", energies.shape, f"one energy an eigenvalue: {weights.size} of them")
    if np.any(energies < 0) or not np.any(energies > 0):
        refuse("signal", float(energies.min()), "energies are squares: nonnegative, not all zero")
    return energies / np.sum(energies)


def _spectrum(
    values: Array, weights: Array, signal: ArrayLike | str | None, *, divisor: float = 1.0, unit: bool = False
) -> Spectrum:
    if np.any(values < 0):
        refuse("values", float(values.min()), "eigenvalues of a covariance are nonnegative")
    if np.any(weights < 0):
        refuse("weights", float(weights.min()), "masses are nonnegative")
    H = _law(values, weights, divisor=divisor, unit=unit)
    if (signal is None or (isinstance(signal, str) and signal == "isotropic")) and unit:
        return Spectrum(H, H)
    order = np.argsort(-values, kind="stable")
    if signal is not None and not isinstance(signal, str):
        signal = vector("signal", signal)
        signal = signal[order] if signal.shape == values.shape else signal
    shares = _shares(weights[order], signal)
    decreasing = values[order]
    keep = shares > 0
    if not np.any(keep & (decreasing > 0)):
        refuse("signal", signal, "all of it lies where the eigenvalues are 0: it cannot be seen")
    return Spectrum(H, _law(decreasing[keep], shares[keep], unit=True))


def isotropic() -> Spectrum:
    """All eigenvalues are 1. Proportional.

    >>> isotropic().H.mean()
    1.0
    """
    return atoms([1.0], [1.0])


def atoms(values: ArrayLike, weights: ArrayLike, signal: ArrayLike | str | None = None) -> Spectrum:
    """Eigenvalues `values` (m,), >= 0, in proportions `weights` (m,), which sum to 1. Proportional.

    `signal`: "isotropic" (default), "top:Q", "bottom:Q", or the energy of beta on each eigenvalue's directions (m,), of any scale.
    Raises ValueError for weights whose sum is off 1 by more than rounding.

    >>> atoms([1, 3], [0.5, 0.5]).H.mean()
    2.0
    """
    values, weights = vector("values", values), vector("weights", weights)
    if values.shape != weights.shape:
        refuse("weights", weights.shape, f"one weight an eigenvalue: {values.size} of them")
    if abs(np.sum(weights) - 1) > 1e-12:  # rounding of up to 10^4 weights
        refuse("weights", float(np.sum(weights)), "weights must sum to 1; counts go to multiplicities()")
    return _spectrum(values, weights, signal, unit=True)


def multiplicities(values: ArrayLike, counts: ArrayLike, signal: ArrayLike | str | None = None) -> Spectrum:
    """Eigenvalues `values` (m,), >= 0, each `counts` (m,) times. Dimension-free: use it with n= and delta=.

    >>> multiplicities([1, 3], [10, 5]).H.mass
    15.0
    """
    values, counts = vector("values", values), vector("counts", counts)
    if values.shape != counts.shape:
        refuse("counts", counts.shape, f"one count an eigenvalue: {values.size} of them")
    if np.any(counts < 0):
        refuse("counts", float(counts.min()), "multiplicities are nonnegative")
    return _spectrum(values, counts, signal)


def from_eigenvalues(values: ArrayLike, coefficients: ArrayLike | None = None) -> Spectrum:
    """The spectrum of a covariance with these p eigenvalues, each of mass 1/p. Proportional.

    `coefficients` (p,) are the components of beta on the eigenvectors; their squares are normalised, so that r2 = |beta|^2.

    >>> from_eigenvalues([2.0, 1.0, 1.0, 0.0]).H.mean()
    1.0
    """
    values = vector("values", values)
    energies = None if coefficients is None else vector("coefficients", coefficients) ** 2
    return _spectrum(values, np.ones(values.size), energies, divisor=float(values.size), unit=True)


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        refuse(name, text, "it must be a number")


def parse(spectrum: str, signal: str = "isotropic") -> Spectrum:
    """The spectrum that a string names (see `KNOWN`, `SIGNALS`); simulations read the same strings.

    >>> parse("atoms:1@0.5,3@0.5").H.mean()
    2.0
    """
    kind, _, text = str(spectrum).partition(":")
    if kind == "isotropic" and not text:
        return atoms([1.0], [1.0], signal)
    if kind == "atoms" and text:
        pairs = [part.partition("@") for part in text.split(",")]
        if not all(at for _, at, _ in pairs):
            refuse("spectrum", spectrum, "atoms are written S@W, an eigenvalue and its weight")
        return atoms([_number("spectrum", s) for s, _, _ in pairs], [_number("spectrum", w) for _, _, w in pairs], signal)
    refuse("spectrum", spectrum, f"known spectra: {KNOWN}")
