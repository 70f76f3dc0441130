r"""Ridge and ridgeless least squares on Gaussian designs of any covariance with p <= n, without drawing the n x p design.

Model: rows x = S^(1/2) z of Gaussian z, written in the eigenbasis of S (decreasing eigenvalues); y = X beta + noise,
beta_hat = (X'X + delta I)^-1 X'y with delta = n lam. Bartlett's decomposition gives X'X from p (p + 1) / 2 numbers:

    X'X = A A',   A = S^(1/2) L,   L lower triangular, L_ii^2 ~ chi2(n - i + 1), L_ij ~ N(0, 1) below, all independent.   (1)

The signal is uniform on the sphere of the directions it may have and is averaged over: E beta beta' = D = diag(v). With
A A' = U diag(t) U', P = U'SU, Q = U'DU, f = delta / (t + delta), everything that X'X determines follows for any penalty:

    bias = sum_ij f_i P_ij Q_ij f_j,   variance = sigma2 sum_j P_jj t_j / (t_j + delta)^2,                                  (2)
    n train = sum t f^2 diag(Q) + sigma2 (sum f^2 + n - p),   1 - df1/n = (sum f + n - p) / n.                              (3)

At delta = 0 triangular inverses do: variance = sigma2 |L^-1|_F^2 whatever S, norm2 = tr D + sigma2 |A^-1|_F^2.             (4)

Source: muirhead1982aspects, Theorem 3.2.14 (numbering from memory).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import svd
from scipy.linalg.lapack import dtrtri

from simulate import designs
from simulate.conventions import features, refuse, simulator
from simulate.draws import Draws

Array = NDArray[np.float64]

FIELDS = ("bias", "variance", "train", "gcv", "norm2", "estimation")


def factor(n: int, p: int, rng: np.random.Generator) -> Array:
    """Bartlett's L for Z'Z = L L' with Z of n x p standard normals, p <= n: lower triangular (p, p), equation (1)."""
    lower = np.zeros((p, p), order="F")
    for j in range(p - 1):
        rng.standard_normal(out=lower[j + 1 :, j])
    lower[np.diag_indices(p)] = np.sqrt(rng.chisquare(n - np.arange(p)))
    return lower


def _ridgeless(n: int, v: Array, s: Array, lower: Array, sigma2: float) -> tuple[float, ...]:
    """The FIELDS at delta = 0, equation (4); gcv at p = n is the limit of the ratio of (3)."""
    p = len(s)
    inverse = dtrtri(lower, lower=1)[0]
    variance = sigma2 * float(np.sum(inverse**2))
    inverse /= np.sqrt(s)  # columns: A^-1 = L^-1 S^(-1/2)
    estimation = sigma2 * float(np.sum(inverse**2))
    if p < n:
        gcv = sigma2 * n / (n - p)
    else:
        residual = float(np.sum(inverse**2 @ v)) + sigma2 * float(np.sum((inverse @ inverse.T) ** 2))
        gcv = n * residual / float(np.sum(inverse**2)) ** 2
    return 0.0, variance, sigma2 * (n - p) / n, gcv, float(v.sum()) + estimation, estimation


def _ridge(n: int, deltas: Array, v: Array, s: Array, lower: Array, sigma2: float) -> tuple[Array, ...]:
    """The FIELDS at penalties deltas > 0 (k,), equations (2) and (3), from one factorisation of A."""
    a = np.sqrt(s)[:, None] * lower
    t, u = np.linalg.eigh(a @ a.T)
    if t[-1] > 1e4 * (t[0] + deltas.min()):  # beyond, eigh is worse than 1e-11: the SVD of A pays the square root of it
        u, sigma, _ = svd(a, overwrite_a=True)
        t = sigma**2
    energy = v @ u**2  # diag(Q)
    f = deltas / (t[:, None] + deltas)
    h = t[:, None] / (t[:, None] + deltas)
    idle = n - len(s)
    both = np.diag(v[0] * (s @ u**2)) if v.min() == v.max() else (u.T * s) @ u * ((u.T * v) @ u)  # P_ij Q_ij; D = v I is cheaper
    bias = np.einsum("il,il->l", f, both @ f)
    spread = h / (t[:, None] + deltas)  # t / (t + delta)^2
    variance = sigma2 * ((s @ u**2) @ spread)
    train = (t * energy) @ f**2 + sigma2 * (np.sum(f**2, axis=0) + idle)
    g = f / f.max(axis=0) if idle == 0 else f  # at p = n a tiny penalty drops out of the ratio
    residual = (t * energy) @ g**2 + sigma2 * (np.sum(g**2, axis=0) + idle)
    gcv = n * residual / (np.sum(g, axis=0) + idle) ** 2
    noise = sigma2 * np.sum(spread, axis=0)
    return bias, variance, train / n, gcv, energy @ h**2 + noise, energy @ f**2 + noise


def _moments(
    *,
    n: int,
    gamma: float,
    lam: ArrayLike = 0.0,
    sigma2: float = 1.0,
    spectrum: str | ArrayLike = "isotropic",
    of: str | None = None,
    **_: Any,
) -> float:
    """Moments that the field `of` has (every field by default): all for lam > 0 or sigma2 = 0, else |n - p| // 2.

    As in simulate.isotropic, with the zeros of the spectrum not counted in p: the covariance does not change the tail.
    """
    if of in ("bias", "train", "gcv") or sigma2 == 0 or np.all(np.asarray(lam) > 0):
        return math.inf
    return (n - int(np.count_nonzero(designs.parse(spectrum, features(n, gamma))))) // 2


@simulator(moments=_moments)
def ridge(
    *,
    n: int,
    gamma: float,
    lam: ArrayLike = 0.0,
    r2: float = 1.0,
    sigma2: float = 1.0,
    spectrum: str | ArrayLike = "isotropic",
    signal: str = "isotropic",
    draws: int,
    rng: np.random.Generator,
) -> Draws:
    r"""Draws of the risk of ridge regression on n Gaussian rows of covariance S, p = round(gamma n) <= n; lam = 0 is ridgeless.

    Each value is the expectation given X over the noise of the labels and over beta, uniform on the sphere of squared norm r2 in
    the directions that `signal` names. It has the law of the dense simulation. `spectrum` and
    `signal` are those of `simulate.designs`; `lam` is a scalar or an array, and all penalties of a draw share one factorisation. Fields of
    shape (draws, *lam.shape): bias, variance, excess, test, train, gcv (expectation of the numerator), norm2, estimation.
    loo is None: it needs the rows of X. Directions of zero variance carry no data: there beta_hat = 0.

    Raises ValueError for gamma > 1 (p > n has no triangular factor), a negative penalty, a spectrum that cannot be read.

    Accuracy: relative error of every field at most 4e-12 against 60 digits on the same factor, n <= 15, half of them with p = n,
    condition number of S up to 100, n lam = 0 or in [1e-12, 1e8]. (For small penalties the SVD of A takes the place of the
    eigendecomposition of AA'.)

    >>> import numpy as np
    >>> d = ridge(n=40, gamma=0.5, lam=[0, 1], spectrum="ar1:0.5", draws=3, rng=np.random.default_rng(1))
    >>> d.excess.shape, bool(np.all(d.bias[:, 0] == 0))
    ((3, 2), True)
    """
    penalties = np.asarray(lam, dtype=np.float64)
    if np.any(penalties < 0):
        refuse("lam", lam, "the triangular sampler takes lam >= 0 (0 is ridgeless); simulate.ridge.ridge goes below")
    p = features(n, gamma)
    if p > n:
        refuse("gamma", gamma, "Bartlett's factor needs p <= n; use simulate.ridge.ridge, or simulate.isotropic.ridge")
    s = designs.parse(spectrum, p)
    seen = s > 0
    rank = int(np.count_nonzero(seen))
    if rank == 0:
        refuse("spectrum", spectrum, "some eigenvalue must be positive")
    v = designs.energies(signal, r2, p)
    deltas = n * penalties.ravel()
    out = np.empty((len(FIELDS), draws, deltas.size))
    for k in range(draws):
        lower = factor(n, rank, rng)
        given = (v[seen], s[seen], lower, float(sigma2))
        if np.any(deltas > 0):
            out[:, k, deltas > 0] = _ridge(n, deltas[deltas > 0], *given)
        if np.any(deltas == 0):
            out[:, k, deltas == 0] = np.array(_ridgeless(n, *given))[:, None]
        out[-1, k] += v[~seen].sum()
    found = dict(zip(FIELDS, out.reshape(len(FIELDS), draws, *penalties.shape), strict=True))
    excess = found["bias"] + found["variance"]
    return Draws(**found, excess=excess, test=excess + sigma2)
