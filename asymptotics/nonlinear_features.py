r"""Ridge and ridgeless regression on one layer of random nonlinear features.

Model: x = phi(W z), z ~ N(0, I_d), W (p x d) with independent uniform rows of unit norm, y = <x, beta> + noise, linear in x,
beta with no preferred direction; phi normalised to mean 0 and variance 1. As n, p, d -> infinity with p/n -> gamma,
d/p -> psi, features behave like Gaussian ones of covariance

    S = c1 W W' + (1 - c1) I,        c1 = (E G phi(G))^2,                                                       (1)

whose eigenvalues are c1 s + 1 - c1, with s from the Marchenko-Pastur law of W W', of ratio q = p/d = 1/psi: density on
(1 -+ sqrt q)^2, and an atom 1 - psi at s = 0 where psi < 1. Then `ridge` applies with G = H. For c1 = 0 ("purely nonlinear") all
eigenvalues are 1, and the curve is that of isotropic features exactly.

Integrals over (1) are sums over N + 1 nodes. With s = 1 + q + 2 sqrt q cos t the law is 2 sin^2 t/(pi s) dt on (0, pi); the
trapezoidal rule t_j = pi j/N, together with all mass that it misses put at s = 0,

    w_j = 2 sin^2 t_j/(N s_j),    w_0 = (1 - psi)_+ + |1 - q|/q r^(2N)/(1 - r^(2N)),    r^2 = min(q, 1/q),      (2)

is exact but for e^(-2 N b), where +-i b + pi is where the integrand's next pole in t lies: the pole at s = 0 costs nothing.

Source: hastie2022surprises, the section on nonlinear features (Theorems 7 and 8; numbering from memory): there the variance is
proved for every c1, the bias for c1 = 0 only. Bias for c1 > 0, and ridge, rest on the same equivalence, proved in later work.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics import ridge as plain
from asymptotics._twofold import multiply
from asymptotics.activations import Function, hermite
from asymptotics.conventions import refuse, theory
from asymptotics.errors import ConvergenceError
from asymptotics.risk import Risk
from asymptotics.spectra import Spectrum, atoms
from asymptotics.spectra.laws import Law, masses

Array = NDArray[np.float64]

LARGEST = 2**20  # nodes


def covariance(*, psi: float, linear: float, kappa: float = 0.0) -> Spectrum:
    """The spectrum (1) with the signal isotropic, for ratio psi = d/p > 0 and c1 = `linear` in [0, 1].

    Its nodes integrate functions of s/(s + kappa') to 1e-16, for every kappa' >= `kappa`. Raises ValueError for psi, linear
    out of range; ConvergenceError if the nodes would be more than a million (linear = 1, psi = 1, kappa = 0: a hard edge).

    >>> round(covariance(psi=2.0, linear=0.5).H.mean(), 14)
    1.0
    """
    psi = _psi(psi)
    if not 0 <= linear <= 1:
        refuse("linear", linear, "c1 is a share of the variance, in [0, 1]")
    if linear == 0:
        return atoms([1.0], [1.0])
    q = 1 / psi
    gap = (1 - np.sqrt(q)) ** 2  # the law's lower edge
    pole = (1 - linear + kappa) / linear  # at s = -pole
    if kappa < 0 and psi > 1:
        pole = min(pole, 0.0)  # the mass put at s = 0 must vanish: it lies below the law, where kappa may be
    excess = (gap + pole) / (2 * np.sqrt(q))
    if not excess >= 0:
        refuse("kappa", kappa, "it lies on the law's support, with its sign changed")
    b = np.log1p(excess + np.sqrt(excess * (2 + excess)))  # cosh b = 1 + excess
    nodes = 3 + int(np.ceil(min(20 / max(b, 1e-9), 1e9)))  # e^-40 = 4e-18; three more, for s/kappa is of size e^-b if small
    if nodes > LARGEST:
        raise ConvergenceError(
            "the law of the nonlinear features' covariance",
            residual=float(np.exp(-2 * LARGEST * b)),
            iterations=LARGEST,
            causes="an eigenvalue law that reaches 0 (c1 = 1, psi = 1) at kappa = 0; add a penalty",
        )
    t = np.pi * np.arange(1, nodes) / nodes
    s = gap + 4 * np.sqrt(q) * np.cos(t / 2) ** 2
    weights = 2 / nodes * np.sin(t) ** 2 / s
    power = nodes * abs(np.log(q))  # r^(2N) = exp(-power)
    missed = 1 / nodes if power == 0 else abs(1 - q) / q / np.expm1(min(power, 700.0))
    # the rule's mass is known: min(1, psi) but for what it misses; to twice the precision, for d = n is the threshold of linear features
    seen = min(1.0, psi) - (missed if missed > 1e-17 else 0.0)
    rule = masses(linear * s + (1 - linear), weights, unit=True)
    above = np.stack(multiply((rule.above[0], rule.above[1]), (seen, 0.0)))
    if linear == 1 or seen == 1:
        H = Law(rule.atoms, seen * rule.weights, zero=1 - seen, mass=1.0, above=above)
    else:
        at, weights = np.append(rule.atoms, 1 - linear), np.append(seen * rule.weights, 1 - seen)
        H = Law(at, weights, mass=1.0, above=np.append(above, [[1.0], [0.0]], axis=1))
    return Spectrum(H, H)


@theory
def ridge(*, gamma: Any, psi: Any, activation: str | Function, lam: Any, r2: Any = 1.0, sigma2: Any = 1.0) -> Risk:
    """All risks of ridge regression on phi(W z), by the Gaussian equivalence (1); fields and limits as in `ridge.ridge`.

    `gamma` = p/n, `psi` = d/p, `lam`, `r2` = |beta|^2, `sigma2` broadcast. `activation`: a name of `activations.NAMED` or a
    callable; it is normalised to mean 0 and variance 1 on a standard Gaussian first. Raises as `ridge.ridge` and
    `activations.hermite` do, and ConvergenceError for the identity at psi = 1, lam = 0, gamma <= 1 (a hard edge, infinite norm).

    Accuracy: within 3e-15 of the closed Stieltjes transform in 40-digit mpmath (300 points, psi in [0.03, 30], gamma in [0.1, 10],
    lam in [1e-6, 1e2], relu, tanh, sign, identity; excess, norm2, kappa, df1).

    >>> risk = ridge(gamma=2, psi=0.5, activation="purely_nonlinear", lam=0, r2=5, sigma2=1)
    >>> round(float(risk.excess), 12)
    3.5
    """
    linear = hermite(activation).linear
    gamma, psi, lam, r2, sigma2 = np.broadcast_arrays(gamma, np.asarray(psi, dtype=np.float64), lam, r2, sigma2)
    parts: dict[str, Array] = {}
    for value in np.unique(psi):
        at = psi == value
        found = _converged(float(value), linear, gamma[at], lam[at], r2[at], sigma2[at]).to_dict()
        for name, part in found.items():
            parts.setdefault(name, np.empty(psi.shape))[at] = part
    return Risk(**parts)


@theory
def ridgeless(*, gamma: Any, psi: Any, activation: str | Function, r2: Any = 1.0, sigma2: Any = 1.0) -> Risk:
    """The least-norm interpolator on phi(W z): `ridge` at lam = 0.

    >>> round(float(ridgeless(gamma=2, psi=1, activation="tanh", r2=2).excess), 3)
    2.226
    """
    return ridge(gamma=gamma, psi=psi, activation=activation, lam=0.0, r2=r2, sigma2=sigma2)


def _converged(psi: float, linear: float, gamma: Array, lam: Array, r2: Array, sigma2: Array) -> Risk:
    """Risks at one psi, on nodes that are enough for the least kappa that occurs."""
    least = 1 - linear + (linear * (1 - 1 / np.sqrt(psi)) ** 2 if psi > 1 else 0.0)
    low = float(np.min(lam))
    guess = max(low, 1e-3) if low >= 0 else -0.99 * least
    for _ in range(50):
        at = plain.ridge(covariance(psi=psi, linear=linear, kappa=guess), gamma=gamma, lam=lam, r2=r2, sigma2=sigma2)
        found = float(np.min(np.asarray(at.kappa)))
        if found >= guess:
            return at
        guess = 0.9 * found if found >= 0 else 0.9 * found - 0.1 * least
    raise ConvergenceError(
        "the nodes of the nonlinear features' covariance", residual=guess - found, iterations=50, causes="a penalty at the edge"
    )


def _psi(psi: float) -> float:
    value = float(psi)
    if not 0 < value < np.inf:
        refuse("psi", psi, "it must be positive and finite: the ratio d/p, input dimensions per feature")
    return value
