r"""Gradient flow on least squares, stopped at time t, when p, n -> infinity with p/n -> gamma.

Model: y = <x, beta> + noise, rows x ~ (0, S); d beta_hat/dt = X'(y - X beta_hat)/n from 0. With A = X'X/n, h = e^{-tA} is what is
missed of beta, and (1 - e^{-tA}) A^{-1} what is made of the noise: ridge regression has h = lam/(A + lam), at lam = 1/t much the same.
Isotropic features, F the Marchenko-Pastur law of A:

    bias = r2 int e^{-2ts} dF,      variance = sigma2 gamma int (1 - e^{-ts})^2/s dF.                               (1)

Any spectrum: (A + z)^-1 ~ (kappa/z)(S + kappa)^-1, kappa = kappa(z) the effective ridge at the complex penalty z, and for two of them

    (A + z)^-1 S (A + z')^-1 ~ (kappa kappa'/(z z')) S (S + kappa)^-1 (S + kappa')^-1/(1 - D),
    D = gamma int s^2/((s + kappa)(s + kappa')) dH,      (kappa - kappa')(1 - D) = z - z':                          (2)

the formulas of ridge regression, polarised. Their inverse Laplace transforms are the risks at time t. In z alone, kappa' = kappa(z/2),

    variance <- sigma2/z D/(1 - D),      the noise in |beta_hat|^2 <- sigma2/z gamma int s/((s+kappa)(s+kappa')) dH/(1 - D),
    train (at 2t) <- r2 int s/(s + kappa) dG + sigma2/kappa.                                                         (3)

Source: ali2019continuous, section 6 (isotropic; numbering from memory); (2), (3): derived here from the deterministic equivalents.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics import isotropic
from asymptotics import ridge as _ridge
from asymptotics._laplace import NODES, invert, invert_twice
from asymptotics.conventions import refuse, theory, within
from asymptotics.risk import Risk
from asymptotics.sample_covariance.companion import Companion
from asymptotics.spectra.quadratures import panels
from asymptotics.spectra.signals import Spectrum

Array = NDArray[np.float64]

#: sup over s > 0 of the ratio of variances at lam = 1/t, ((1 - e^-x)(1 + 1/x))^2 at e^x = 1 + x + x^2: R_flow(t) <= 1.69 R_ridge(1/t).
RELATIVE_RISK = 1.685909058278325
#: sup over x > 0 of (1 + x)(e^{-2x} + (1 - e^-x)^2/x): the flow at t = 1/lam* against optimal ridge, for an isotropic signal.
RELATIVE_OPTIMAL_RISK = 1.2146618408349492
LATEST = 1e30

# the angle from the lower edge, graded: what happens there, at sqrt(1 - gamma) or 1/sqrt t, is resolved down to 1e-18
_angle, _weights = panels(np.pi * np.append(0.0, 2.0 ** np.arange(-60, 1)))
_near, _far = np.sin(_angle / 2) ** 2, 2 / np.pi * _weights * np.sin(_angle) ** 2
_CHUNK = 512  # points at a time: 4 MiB an array


def _times(t: Any) -> Array:
    return within(
        "t",
        t,
        lambda v: (v >= 0) & ((v <= LATEST) | np.isinf(v)),
        f"nonnegative, at most {LATEST:g}, or inf: the time of stopping",
    )


def _isotropic(gamma: Array, t: Array) -> list[Array]:
    """(1) for r2 = sigma2 = 1, by Gauss rules; vectors: bias, variance, the parts of train and the signal in norm2."""
    g, t = gamma[:, None], t[:, None]
    s = ((1 - g) / (1 + np.sqrt(g))) ** 2 + 4 * np.sqrt(g) * _near
    mass = _far / s  # of F
    left, done = np.exp(-2 * t * s), -np.expm1(-t * s)
    kept = (mass * left).sum(1)
    above, below = np.maximum(gamma - 1, 0.0) / gamma, np.maximum(1 - gamma, 0.0)
    return [
        above + kept,
        gamma * (_far * (done / s) ** 2).sum(1),
        (_far * left).sum(1),
        below + gamma * kept,
        (mass * done**2).sum(1),
    ]


@theory
def isotropic_flow(*, gamma: Any, t: Any, r2: Any = 1.0, sigma2: Any = 1.0) -> Risk:
    """Risks of gradient flow stopped at time t, for isotropic features: bias, variance, excess, test, train, norm2, estimation.

    Broadcasts; gamma > 0, 0 <= t <= 1e30 or t = inf (ridgeless), r2, sigma2 >= 0; else ValueError.
    Accuracy: 2e-14 relative in every field (30-digit mpmath quadrature, gamma in [0.01, 100] and to 1e-10 from 1, t in [1e-8, 1e12]).

    >>> early = isotropic_flow(gamma=2.0, t=1e-6, r2=5.0)
    >>> round(float(early.bias - 5 * (1 - 2e-6)), 9), round(float(early.variance / 2e-12), 5)
    (0.0, 1.0)
    """
    gamma, t, r2, sigma2 = np.broadcast_arrays(gamma, _times(t), r2, sigma2)
    end = np.isinf(t)
    g, at = gamma.ravel(), np.where(end, 0.0, t).ravel()
    parts = [_isotropic(g[i : i + _CHUNK], at[i : i + _CHUNK]) for i in range(0, g.size, _CHUNK)]
    bias, variance, seen, noise, norm = (np.concatenate(p).reshape(t.shape) for p in zip(*parts, strict=True))
    return _ends(
        r2, sigma2, bias, bias, variance, variance, r2 * seen + sigma2 * noise, norm, end, _limit(end, gamma, r2, sigma2)
    )


def _limit(end: Any, gamma: Any, r2: Any, sigma2: Any) -> Risk | None:
    return isotropic.ridgeless(gamma=gamma, r2=r2, sigma2=sigma2) if np.any(end) else None


def _ends(
    r2: Any, sigma2: Any, bias: Any, missed: Any, variance: Any, spread: Any, train: Any, norm: Any, end: Any, limit: Risk | None
) -> Risk:
    """The record of unit bias, missed signal, variance, noise in the coefficients, train and seen signal; at `end`, the limit's."""
    excess = r2 * bias + sigma2 * variance
    found = {
        "bias": r2 * bias,
        "variance": sigma2 * variance,
        "excess": excess,
        "test": excess + sigma2,
        "train": train,
        "norm2": r2 * norm + sigma2 * spread,
        "estimation": r2 * missed + sigma2 * spread,
    }
    if limit is None:
        return Risk(**found)
    last = limit.to_dict()
    return Risk(**{name: np.where(end, last[name], value) for name, value in found.items()})


def _kappa(H: Companion, z: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """The effective ridge at complex penalties z, off the negative half-line."""
    return -np.asarray(H.solve(-z).k)


def _stieltjes(law: Any, k: NDArray[np.complex128], power: int) -> NDArray[np.complex128]:
    """int s^power/(s + k) over a law, any shape of k."""
    total = (law.weights * law.atoms**power / (law.atoms + k[..., None])).sum(-1)
    return total + (law.zero / k if power == 0 and law.zero else 0.0)


def _point(spectrum: Spectrum, gamma: float, t: float, k: NDArray[np.complex128], k2: NDArray[np.complex128]) -> list[float]:
    """At time t, in the order of `_ends` with r2 = sigma2 = 1 and train in two; k = kappa(NODES/t), k2 = kappa(NODES/2t)."""
    H, G = spectrum.H, spectrum.G
    z = NODES / t
    pair = H.weights * H.atoms / ((H.atoms + k[:, None]) * (H.atoms + k2[:, None]))
    D = gamma * (pair * H.atoms).sum(-1)
    gap = z / k + gamma * k2 * pair.sum(-1)  # 1 - D
    rise = gamma * (2 * k2 * _stieltjes(H, k2, 1) - k * _stieltjes(H, k, 1))  # 2 kappa(z/2) - kappa(z), by (K) without cancelling
    seen = G.weights * G.atoms * (G.atoms + rise[:, None]) / ((G.atoms + k[:, None]) * (G.atoms + k2[:, None]))
    both_z, both_k = np.concatenate([z, z.conj()]), np.concatenate([k, k.conj()])
    far = 1 / (G.atoms + k[:, None])
    cross = (G.weights * G.atoms * far) @ np.concatenate([far, far.conj()]).T
    near = 1 / (H.atoms + k[:, None])
    rest = gamma * (H.weights * H.atoms * near) @ np.concatenate([near, near.conj()]).T
    two = k[:, None] * both_k * cross / (z[:, None] * both_z * (z[:, None] / k[:, None] + both_k * rest))
    return [
        float(invert_twice(two, t)),
        float(invert(k2 * _stieltjes(G, k2, 0) * 2 / z, 2 * t)),
        float(invert(D / gap / z, t)),
        float(invert(gamma * pair.sum(-1) / gap / z, t)),
        float(invert(_stieltjes(G, k2, 1), 2 * t)),
        float(invert(1 / k2, 2 * t)),
        float(invert(seen.sum(-1) / z, t)),
    ]


@theory
def flow(spectrum: Spectrum, *, gamma: Any, t: Any, r2: Any = 1.0, sigma2: Any = 1.0) -> Risk:
    """Risks of gradient flow stopped at time t, for any spectrum of the features and any signal: the fields of `isotropic_flow`.

    spectrum: proportional, of mass 1 (see `spectra`). Arguments and errors as `isotropic_flow`; ConvergenceError if kappa has no
    certificate. Accuracy: 2e-13 of r2 times the largest eigenvalue and 2e-14 of sigma2 (against `isotropic_flow`, t in
    [1e-6, 1e6]; a bias that has decayed below that is noise), 1e-12 where more than 128 eigenvalues are compressed.

    >>> from asymptotics import spectra
    >>> one, two = flow(spectra.isotropic(), gamma=0.5, t=2.0, r2=3.0), isotropic_flow(gamma=0.5, t=2.0, r2=3.0)
    >>> bool(abs(one.excess / two.excess - 1) < 1e-12)
    True
    """
    H, G = spectrum.H.compressed(), spectrum.G.compressed()
    if H.tail or G.tail:
        refuse("spectrum", spectrum, "the proportional setting has no infinitely many eigenvalues: give p=")
    small = Spectrum(H, G)
    gamma, t, r2, sigma2 = np.broadcast_arrays(gamma, _times(t), r2, sigma2)
    g, time = gamma.ravel(), t.ravel()
    unit = np.zeros((7, time.size))
    unit[:, time == 0] = np.array([G.mean(), 1.0, 0.0, 0.0, G.mean(), 1.0, 0.0])[:, None]
    edge = H.atoms.min(initial=np.inf) * (1 - np.sqrt(gamma * (H.mass - H.zero))) ** 2  # all eigenvalues of A are 0 or above
    end = np.isinf(t) | (t > 1e3 / np.where(edge > 0, edge, 1e-300))  # e^-1000 is left
    middle = (time > 0) & ~end.ravel()
    for ratio in np.unique(g[middle]):
        points = np.flatnonzero(middle & (g == ratio))
        z = NODES / time[points][:, None]
        k = np.moveaxis(_kappa(Companion(H, float(ratio)), np.stack([z, z / 2])), 1, 0)
        unit[:, points] = np.array([_point(small, float(ratio), time[i], *k[j]) for j, i in enumerate(points)]).T
    bias, missed, variance, spread, seen, noise, norm = np.maximum(unit, 0.0).reshape(
        7, *t.shape
    )  # what has decayed below rounding may be below 0
    limit = _ridge.ridge(spectrum, gamma=gamma, lam=0.0, r2=r2, sigma2=sigma2) if np.any(end) else None
    return _ends(r2, sigma2, bias, missed, variance, spread, r2 * seen + sigma2 * noise, norm, end, limit)
