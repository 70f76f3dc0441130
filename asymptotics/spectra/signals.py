r"""How the signal is spread over the eigenvectors: G beside H, in a pair that is called a spectrum.

H says where the eigenvalues of the covariance are, G which share of |beta|^2 sits at each. A signal is named by a string
(`SIGNALS`) or given as energies, one an eigenvalue, of any scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from asymptotics.conventions import refuse
from asymptotics.spectra.accumulation import accumulate
from asymptotics.spectra.laws import Array, Law, masses, vector

Signal = ArrayLike | str | None

SIGNALS = "isotropic, top:Q, bottom:Q"


@dataclass(frozen=True, eq=False)
class Spectrum:
    """`H`: the law of the eigenvalues. `G`: the shares of |beta|^2 at each eigenvalue; mass 1, except in `power_law`."""

    H: Law
    G: Law


def number(name: str, text: str) -> float:
    """The number that `text` writes, or ValueError."""
    try:
        return float(text)
    except ValueError:
        refuse(name, text, "it must be a number")


def part(signal: str) -> tuple[str, float]:
    """The end, "top" or "bottom" of the eigenvalues, and the fraction of directions over which the energy is spread evenly."""
    if signal == "isotropic":
        return "top", 1.0
    kind, _, text = signal.partition(":")
    if kind not in ("top", "bottom") or not text:
        refuse("signal", signal, f"known signals: {SIGNALS}")
    q = number("signal", text)
    if not 0 < q <= 1:
        refuse("signal", signal, "the fraction of directions must lie in (0, 1]")
    return kind, q


def shares(weights: Array, signal: ArrayLike | str) -> Array:
    """Energies of the signal, of any scale, for directions sorted by decreasing eigenvalue and of these masses."""
    if not isinstance(signal, str):
        energies = vector("signal", signal)
        if energies.shape != weights.shape:
            refuse("signal", energies.shape, f"one energy an eigenvalue: {weights.size} of them")
        if np.any(energies < 0) or not np.any(energies > 0):
            refuse("signal", float(energies.min()), "energies are squares: nonnegative, not all zero")
        return energies
    kind, q = part(signal)
    inward = weights if kind == "top" else weights[::-1]
    ends = accumulate(inward)[0]
    room = q * ends[-1] - np.concatenate([[0.0], ends[:-1]])
    taken = np.where(ends <= q * ends[-1], inward, np.maximum(room, 0.0))
    return taken if kind == "top" else taken[::-1]


def assemble(values: Array, weights: Array, signal: Signal, *, unit: bool) -> Spectrum:
    """The spectrum of `weights` at `values`, vectors of one length in any order; `unit`: H is divided by its mass."""
    if np.any(values < 0):
        refuse("values", float(values.min()), "eigenvalues of a covariance are nonnegative")
    if np.any(weights < 0):
        refuse("weights", float(weights.min()), "masses are nonnegative")
    H = masses(values, weights, unit=unit)
    if signal is None or (isinstance(signal, str) and signal == "isotropic"):
        return Spectrum(H, H if unit else masses(values, weights, unit=True))
    order = np.argsort(-values, kind="stable")
    if not isinstance(signal, str):
        signal = vector("signal", signal)
        signal = signal[order] if signal.shape == values.shape else signal
    energies = shares(weights[order], signal)
    if not np.any(energies[values[order] > 0]):
        shown = signal if isinstance(signal, str) else "energy where the eigenvalue is 0, and nowhere else"
        refuse("signal", shown, "it cannot be seen in any sample: put some of it where the eigenvalues are positive")
    return Spectrum(H, masses(values[order], energies, unit=True))
