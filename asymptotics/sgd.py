r"""One-pass stochastic gradient descent on least squares in high dimension: its risk solves a Volterra equation.

Model: y = <x, beta> + noise, rows x ~ (0, S), p features; from beta_hat = 0 each new sample makes one step

    beta_hat <- beta_hat + (step/p) x (y - <x, beta_hat>),      t = samples seen/p = n/p = 1/gamma.

As p -> infinity the excess risk R(t) solves, with H the law of the eigenvalues of S and G that of |beta|^2 over them,

    R(t) = r2 int s e^{-2 step s t} dG + int_0^t K(t - u) (R(u) + sigma2) du,   K(t) = step^2 int s^2 e^{-2 step s t} dH.   (1)

Its Laplace transform is explicit, and inverted along Talbot's contour:

    R^(z) = (r2 F^ + sigma2 K^/z)/(1 - K^),      F^ = int s/(z + 2 step s) dG,
    1 - K^ = 1 - step m/2 + (step/2) z int s/(z + 2 step s) dH,     m = int s dH.                                  (2)

R stays bounded iff step <= 2/m, and then tends to sigma2 step m/(2 - step m); above, it grows like e^{zt} with K^(z) = 1.
A dimension-free spectrum (multiplicities, infinite power laws) is read in the same way with p = 1: `step` is then the step itself
and t the number of samples.

Source: paquette2021sgd, Theorem 1 (many passes); collinswoodfin2024high, Theorem 1.1 (one pass); numbering from memory.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from asymptotics._laplace import NODES, invert
from asymptotics.conventions import theory, within
from asymptotics.risk import Risk
from asymptotics.spectra.laws import Law
from asymptotics.spectra.signals import Spectrum


def _sum(law: Law, z: Any, step: float) -> Any:
    """int s/(z + 2 step s) over a law, its unresolved part included; any shape of z."""
    z = np.asarray(z)
    return (law.weights * law.atoms / (z[..., None] + 2 * step * law.atoms)).sum(-1) + law.tail / z


def _slack(H: Law, step: float) -> float:
    """1 - step m/2, 0 to its rounding."""
    slack = 1 - step * H.mean() / 2
    return slack if abs(slack) > 4 * np.finfo(float).eps else 0.0


def _growth(H: Law, step: float) -> float:
    """z > 0 with K^(z) = 1; 0 where the step is at most critical."""
    slack = _slack(H, step)
    if slack >= 0:
        return 0.0
    top = np.log(step**2 * H.moment(2))  # K^(z) <= step^2 int s^2 dH/z
    return float(
        np.exp(brentq(lambda x: slack + step / 2 * np.exp(x) * float(_sum(H, np.exp(x), step)), top - 600, top, xtol=1e-14))
    )


def _point(H: Law, G: Law, step: float, t: NDArray[np.float64]) -> NDArray[np.float64]:
    """(2, len(t)): R at r2 = 1, sigma2 = 0 and at r2 = 0, sigma2 = 1, for 0 < t < inf."""
    rate = _growth(H, step)
    z = rate + NODES / t[:, None]
    left = _slack(H, step) + step / 2 * z * _sum(H, z, step)  # 1 - K^
    kernel = step**2 * (H.weights * H.atoms**2 / (z[..., None] + 2 * step * H.atoms)).sum(-1)  # K^: of the tail nothing is left
    unit = np.maximum(invert(np.stack([_sum(G, z, step), kernel / z]) / (left * t[:, None]), 1.0), 0.0)
    with np.errstate(over="ignore"):  # beyond doubles it is inf
        return np.multiply(unit, np.exp(rate * t), out=np.zeros(unit.shape), where=unit > 0)


@theory
def one_pass(spectrum: Spectrum, *, step: Any, t: Any, r2: Any = 1.0, sigma2: Any = 1.0) -> Risk:
    """The excess risk of one-pass SGD after n = t p samples, at step size step/p: bias, variance, excess, test.

    step >= 0, t >= 0 or inf; they broadcast with r2 and sigma2. Above `critical_step` the risk grows with t, at t = inf to inf.
    Raises ValueError on bad input.
    Accuracy: 3e-14 of r2 int s dG in the bias, or of its value if that is more, and 3e-14 relative in the variance (40-digit matrix
    exponentials, up to 4 eigenvalues over four decades, step m in [0.01, 4], step m t in [1e-6, 1e3], values up to 1e11); 1e-12
    where more than 128 eigenvalues are compressed.

    >>> from asymptotics import spectra
    >>> at = one_pass(spectra.isotropic(), step=1.0, t=2.0, r2=3.0)  # R' = -R + sigma2: 1 + (3 - 1) e^-2
    >>> round(float(at.excess), 12)
    1.270670566473
    """
    step = within("step", step, lambda v: (v >= 0) & np.isfinite(v), "nonnegative and finite: p times the size of a step")
    t = within("t", t, lambda v: v >= 0, "nonnegative: samples per feature")
    step, t, r2, sigma2 = np.broadcast_arrays(step, t, r2, sigma2)
    H, G = spectrum.H.compressed(), spectrum.G.compressed()
    size, time = step.ravel(), t.ravel()
    unit = np.zeros((2, time.size))
    unit[0, (time == 0) | (size == 0)] = G.mean()
    moving = (size > 0) & (time > 0)
    for value in np.unique(size[moving]):
        points = np.flatnonzero(moving & (size == value) & np.isfinite(time))
        unit[:, points] = _point(H, G, float(value), time[points])
        unit[:, moving & (size == value) & np.isinf(time)] = _last(H, G, float(value))
    bias, variance = (
        np.multiply(a, b, out=np.zeros(t.shape), where=a > 0)
        for a, b in zip((r2, sigma2), unit.reshape(2, *t.shape), strict=True)
    )
    excess = bias + variance
    return Risk(bias=bias, variance=variance, excess=excess, test=excess + sigma2)


def _last(H: Law, G: Law, step: float) -> NDArray[np.float64]:
    """(2, 1): the limits of t -> inf at r2 = 1 and at sigma2 = 1. At the critical step the bias stays and the variance does not."""
    slack = _slack(H, step)
    if slack > 0:
        return np.array([[0.0], [(1 - slack) / slack]])
    stays = H.mean() * (G.mass - G.zero) / (H.mass - H.zero) if slack == 0 else np.inf
    return np.array([[stays], [np.inf]])


@theory
def critical_step(spectrum: Spectrum) -> float:
    """2/int s dH: the largest step (times p) at which the risk stays bounded.

    >>> from asymptotics import spectra
    >>> critical_step(spectra.atoms([1, 3], [0.5, 0.5]))
    1.0
    """
    return 2 / spectrum.H.mean()
