r"""Ridgeless least squares with correlated features, by the authors' own equation: a second route beside `ridge`.

Model: y = <x, beta> + noise, rows x = S^(1/2) z, p/n -> gamma; beta_hat is the least-squares solution of least norm.
H is the spectral law of S, G the share of |beta|^2 at each eigenvalue, both of mass 1. For gamma > 1, c0 > 0 is the root of

    1 - 1/gamma = int dH(s) / (1 + c0 gamma s),                                                                 (1)

and, with  rho = gamma c0 int s^2 / (1 + c0 gamma s)^2 dH / int s / (1 + c0 gamma s)^2 dH,

    V(H) = sigma2 rho,        B(H, G) = r2 (1 + rho) int s / (1 + c0 gamma s)^2 dG.                              (2), (3)

For gamma < 1 the covariance does not matter: B = 0 and V = sigma2 gamma / (1 - gamma).
In the letters of `ridge`, kappa = 1 / (c0 gamma). This file solves and sums by itself, and calls nothing of `equivalents`.

Source: hastie2022surprises, Theorems 2 and 3; gamma < 1: Proposition 2 (numbering from memory).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from asymptotics.conventions import refuse, theory
from asymptotics.errors import ConvergenceError
from asymptotics.risk import Risk
from asymptotics.spectra import Spectrum
from asymptotics.spectra.laws import Law


@theory
def ridgeless(spectrum: Spectrum, *, gamma: ArrayLike, r2: ArrayLike = 1.0, sigma2: ArrayLike = 1.0) -> Risk:
    """Bias, variance and norm of the least-norm interpolator for any covariance, Eqs (1) to (3).

    `spectrum` of the proportional setting (H of mass 1); `gamma`, `r2`, `sigma2` broadcast. A share h0 of zero eigenvalues
    lowers the number of features that count: gamma (1 - h0) = 1 is where the variance is infinite. Returns bias, variance,
    excess, test, train, norm2, kappa. Raises ValueError for an H whose mass is not 1.

    Accuracy: within 6e-15 of 50-digit mpmath, relative (up to 4 eigenvalues over four decades, gamma in [1e-2, 1e2] and to
    1e-12 from 1).

    >>> from asymptotics import spectra
    >>> risk = ridgeless(spectra.isotropic(), gamma=2, r2=5, sigma2=1)
    >>> [round(float(v), 12) for v in (risk.bias, risk.variance, risk.norm2)]
    [2.5, 1.0, 3.5]
    """
    law = spectrum.H
    if not abs(law.mass - 1) <= 1e-9:  # the weights' own check is finer; this one tells the two settings apart
        refuse("spectrum", law.mass, "H must have mass 1; with multiplicities use ridge.ridge(n=, delta=0)")
    gamma, r2, sigma2 = np.broadcast_arrays(gamma, r2, sigma2)
    sizes, where = np.unique(gamma, return_inverse=True)
    parts = np.array([_parts(float(g), spectrum) for g in sizes])[where.reshape(gamma.shape)]
    rho, bias, fit, noise_norm, c0 = np.moveaxis(parts, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = np.where(sigma2 > 0, sigma2 * rho, 0.0)
        norm2 = r2 * fit + np.where(sigma2 > 0, sigma2 * noise_norm, 0.0)
        kappa = 1 / (c0 * gamma)
    live = gamma * (1 - law.zero)
    excess = r2 * bias + variance
    return Risk(
        bias=r2 * bias,
        variance=variance,
        excess=excess,
        test=excess + sigma2,
        train=sigma2 * np.maximum(1 - live, 0.0),
        norm2=norm2,
        kappa=kappa,
    )


def _parts(gamma: float, spectrum: Spectrum) -> tuple[float, float, float, float, float]:
    """(rho, B/r2, int c0 gamma s / (1 + c0 gamma s) dG, E|noise part of beta_hat|^2 / sigma2, c0) at one gamma."""
    H, G = spectrum.H, spectrum.G
    live = gamma * (1 - H.zero)
    if live <= 1:
        with np.errstate(divide="ignore"):
            inverse = gamma * (H.reciprocal if H.reciprocal >= 0 else np.sum(H.weights / H.atoms))
            rho = np.divide(live, 1 - live)
        return float(rho), 0.0, G.mass - G.zero, float(inverse * np.divide(rho, live)), np.inf
    x = _root(gamma, H)  # = c0 gamma
    square = H.atoms / (1 + x * H.atoms) ** 2 * H.weights
    rho = x * np.sum(H.atoms * square) / np.sum(square)
    bias = (1 + rho) * np.sum(G.atoms / (1 + x * G.atoms) ** 2 * G.weights)  # Eq. (3)
    fit = np.sum(G.weights * (x * G.atoms / (1 + x * G.atoms)))
    return float(rho), float(bias), float(fit), x, x / gamma


def _root(gamma: float, H: Law) -> float:
    """x = c0 gamma of Eq. (1), by Newton in log x inside a bracket.

    Solved as  int 1/(1+xs) dH over s > 0  =  1 - 1/gamma - H{0}  where the right side is at most half of the live mass, and as
    int xs/(1+xs) dH = 1/gamma  above: so neither side is a small difference, and gamma near 1 or large costs no digits.
    """
    s, w = H.atoms, H.weights
    small = (gamma * (1 - H.zero) - 1) / gamma
    below = small <= 0.5 * (1 - H.zero)
    goal = small if below else 1 / gamma
    # both means lie between their values at the extreme eigenvalues, which gives the bracket
    extremes = np.array([s.min(), s.max()])
    ratio = (1 - H.zero - goal) / goal
    low, high = np.sort(np.log(ratio / extremes if below else 1 / ratio / extremes)) + np.array([-1e-9, 1e-9])  # rounding
    t = 0.5 * (low + high)
    sign = -1.0 if below else 1.0
    for iteration in range(200):
        x = np.exp(t)
        q = 1 / (1 + x * s)
        value = np.sum(w * q) if below else np.sum(w * (x * s * q))
        residual = float(np.log(value / goal))  # of one sign on either side of the root
        low, high = (t, high) if sign * residual < 0 else (low, t)
        slope = sign * np.sum(w * (x * s * q * q)) / value
        step = residual / slope if slope else np.inf
        new = t - step if low < t - step < high else 0.5 * (low + high)
        if abs(new - t) <= 2e-16 * max(1.0, abs(t)) or high - low <= 4e-16 * max(1.0, abs(t)):
            return float(np.exp(new))
        if abs(residual) <= 4e-16 and iteration > 3:  # the sum's own rounding
            return float(x)
        t = new
    raise ConvergenceError(
        "c0 of the correlated interpolator", residual=residual, iterations=200, causes="eigenvalues that span more than 1e300"
    )
