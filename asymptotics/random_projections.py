r"""Least squares after a random projection of the inputs: the ridgeless curve of random features in closed form.

Model: y = <x, beta> + noise, n rows x ~ (0, S), p inputs; W of p x k independent Gaussian entries; least squares of least norm on the k
projections W'x. With m = min(n, k) and kappa the root of int s/(s + kappa) dH = m (0 where the rank of S is at most m), let

    C = r2 kappa int s/(s + kappa) dG,    B = r2 kappa^2 int s/(s + kappa)^2 dG,    df2 = int (s/(s + kappa))^2 dH.

Below the threshold the projection leaves C of the signal for noise; above it, the interpolation of all inputs suffers from W too:

    test = n/(n - k) (C + sigma2),      train = (1 - k/n)^2 test                     (k < n)                         (1)
    test = n/(n - df2) (B + sigma2) + n/(k - n) (C + sigma2),      train = 0         (k > n)                         (2)

and where the rank is at most m the inputs themselves are fitted by least squares: (1) with the rank for k. As k -> infinity, (2) is
ridgeless regression on all inputs. The proportional setting is n = 1, k = gamma, H -> psi gamma H, psi = p/k.

Source: bach2024high, Propositions 4 and 5 (numbering from memory); (2) in this form: simon2024more at delta = 0, derived here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from asymptotics.conventions import refuse, theory, within
from asymptotics.equivalents import effective_ridge
from asymptotics.ridge import sums
from asymptotics.risk import Risk
from asymptotics.spectra.signals import Spectrum


@theory
def ridgeless(
    spectrum: Spectrum, *, gamma: Any = None, psi: Any = None, n: Any = None, k: Any = None, r2: Any = 1.0, sigma2: Any = 1.0
) -> Risk:
    """Risks of least squares of least norm on k random projections: bias, variance, excess, test, train, kappa.

    Either gamma = k/n and psi = p/k for a spectrum of mass 1, or n samples and k projections for one with multiplicities. Arguments
    broadcast. At k = n below the rank the risk is inf (0 where nothing is left to fit: no noise, no signal). ValueError on bad input.
    Accuracy: 1e-14 in every field (60-digit mpmath, 3 eigenvalues over three decades, k/n within 1e-9 of 1, p/k in [0.1, 10]).

    >>> from asymptotics import spectra
    >>> risk = ridgeless(spectra.isotropic(), gamma=[0.5, 2.0], psi=[4.0, 1.0], r2=1.0, sigma2=1.0)  # p = 2n: kappa = 3 and 1
    >>> risk.test.round(12).tolist()  # 2 (3/4 + 1); 2 (1/4 + 1) ... + 1 (1/2 + 1)
    [3.5, 4.0]
    """
    if (gamma is None) != (psi is None) or (n is None) != (k is None) or (gamma is None) == (n is None):
        refuse("gamma", gamma, "give gamma = k/n with psi = p/k, or n with k")
    if n is None:
        psi = within("psi", psi, lambda v: (v > 0) & np.isfinite(v), "positive and finite: inputs per projection, p/k")
        size, count, scale, unit = np.ones(()), gamma, np.multiply(psi, gamma), np.minimum(gamma, 1.0)
        at = effective_ridge(spectrum.H, gamma=scale / unit, lam=0.0)
    else:
        count = within("k", k, lambda v: (v > 0) & np.isfinite(v), "positive and finite: the number of projections")
        size, scale, unit = n, 1.0, 1.0
        at = effective_ridge(spectrum.H, n=np.minimum(n, count), delta=0.0)
    part = sums(spectrum.G, np.asarray(at.kappa))
    rank = scale * (spectrum.H.mass - spectrum.H.zero)
    size, count, rank, kappa, df2, gap, B, seen, r2, sigma2 = np.broadcast_arrays(
        size, count, rank, at.kappa, np.multiply(unit, at.df2), np.multiply(unit, at.gap), part[1], part[2], r2, sigma2
    )
    few = kappa == 0  # all inputs are seen
    fitted = np.where(few, np.minimum(rank, count), count)
    wide = ~few & (count > size)
    C = r2 * (B + kappa * seen)
    tall = np.where(wide, 0.0, fitted)

    def over(value: Any, below: Any) -> Any:
        with np.errstate(divide="ignore"):
            return np.divide(value, below, out=np.zeros(np.shape(below)), where=value != 0)

    away = np.abs(size - fitted)
    bias = size * np.where(wide, over(r2 * B, gap) + over(C, away), over(C, away))
    unit = np.where(wide, over(df2, gap) + over(size, away), over(tall, away))
    variance = np.multiply(sigma2, unit, out=np.zeros(unit.shape), where=sigma2 > 0)
    excess = bias + variance
    left = np.maximum(size - tall, 0.0) / size
    train = np.where(wide | (left == 0), 0.0, left * (C + sigma2))
    return Risk(bias=bias, variance=variance, excess=excess, test=excess + sigma2, train=train, kappa=kappa.copy())
