r"""Averages of random-feature regressions on the same data, each with Gaussian features of its own, simulated as they stand.

Model: y = X beta + noise, rows of X (n, p) from `simulate.designs`; member j has the features H_j = X G_j'/sqrt k, G_j (k, p) standard
normal, and the fit of beta R_j y, R_j = G_j'/sqrt k H_j'(H_j H_j' + n lam)^-1. The ensemble's R is their mean, and given X and all
G_j, with D = E beta beta' and S = diag(s) the covariance of x,

    bias = tr S (R X - I) D (R X - I)',      variance = sigma2 tr S R R',      train = tr (I - X R)(X D X' + sigma2)(I - X R)'/n.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from simulate import _conditional, designs
from simulate.conventions import features, refuse, simulator
from simulate.decomposition import operator
from simulate.draws import Draws
from simulate.ridge import below


def moments(*, n: int, gamma: float, lam: ArrayLike, of: str | None = None, **_: object) -> float:
    """All with penalties; without, those of |k - n| as for one member."""
    ridgeless = bool(np.any(np.asarray(lam) == 0)) and of != "train"
    return below((abs(features(n, gamma) - n) + 1) / 2) if ridgeless else math.inf


@simulator(moments=moments)
def ridge(
    *,
    n: int,
    gamma: float,
    psi: float,
    members: int,
    lam: ArrayLike,
    r2: float = 1.0,
    sigma2: float = 1.0,
    spectrum: str | ArrayLike = "isotropic",
    signal: str = "isotropic",
    entries: str = "gaussian",
    draws: int,
    rng: np.random.Generator,
) -> Draws:
    """Draws of bias, variance, excess, test and train, expectations given X and the features; (draws, *lam.shape).

    `members` fits of k = round(gamma n) features each, of x with p = round(psi k) coordinates; lam: penalties >= 0 of any shape, for
    K = H_j H_j' + n lam; other arguments as in `simulate.ridge.ridge`. Raises ValueError on bad arguments.

    >>> ridge(n=20, gamma=2.0, psi=1.0, members=3, lam=[0.0, 0.1], draws=2, rng=np.random.default_rng(0)).excess.shape
    (2, 2)
    """
    if isinstance(members, bool) or not 1 <= members < math.inf:
        refuse("members", members, "it must be a positive integer: the number of fits that are averaged")
    if np.any(np.asarray(lam) < 0):
        refuse("lam", lam, "random features take penalties >= 0")
    k = features(n, gamma)
    p = features(k, psi)
    s, v, fill = designs.parse(spectrum, p), designs.energies(signal, r2, p), designs.rows(spectrum, entries, p)
    delta, X = n * np.ravel(np.asarray(lam, dtype=np.float64)), np.empty((n, p))

    def one() -> dict[str, np.ndarray]:
        fill(X, rng)
        R = np.zeros((len(delta), p, n))
        for _ in range(int(members)):
            G = rng.standard_normal((k, p)) / math.sqrt(k)
            H = X @ G.T
            R += np.stack([G.T @ operator(H, penalty) for penalty in delta]) / members
        miss, left = R @ X - np.eye(p), np.eye(n) - X @ R
        bias = np.einsum("lab,b,a->l", miss**2, v, s)
        variance = sigma2 * np.einsum("lan,a->l", R**2, s)
        train = (np.einsum("lip,p->l", (left @ X) ** 2, v) + sigma2 * np.sum(left**2, axis=(1, 2))) / n
        return {
            "bias": bias,
            "variance": variance,
            "excess": bias + variance,
            "test": bias + variance + sigma2,
            "train": train,
        }

    return _conditional.collect(draws, lam, one)
