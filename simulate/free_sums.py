r"""Eigenvalues of sums, products and ratios of independent random matrices, whose limits are free convolutions.

    W = (G + G')/sqrt(2p), G of p x p independent N(0, 1): entries of variance 1/p off the diagonal;
    A = X'X/n, X of n x p independent N(0, 1).

Source: voiculescu1991limit, section 2 (numbering from memory).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh, eigvalsh, svdvals

from simulate import designs
from simulate.conventions import features, refuse, simulator

Array = NDArray[np.float64]


def _moments(**_: Any) -> float:
    return math.inf


def wigner(p: int, rng: np.random.Generator) -> Array:
    """W (p, p), symmetric: entries of variance 1/p off the diagonal, 2/p on it."""
    g = rng.standard_normal((p, p))
    return (g + g.T) / math.sqrt(2 * p)


def _wishart(n: int, p: int, rng: np.random.Generator) -> Array:
    x = rng.standard_normal((n, p))
    return x.T @ x / n


@simulator(moments=_moments, cost=3.0)
def wigner_plus_wishart(*, n: int, gamma: float, sigma2: float = 1.0, draws: int, rng: np.random.Generator) -> Array:
    """Eigenvalues of sigma W + A, p = round(gamma n): (draws, p), increasing in each draw.

    >>> wigner_plus_wishart(n=6, gamma=0.5, draws=2, rng=np.random.default_rng(0)).shape
    (2, 3)
    """
    p = features(n, gamma)
    return np.array([eigvalsh(math.sqrt(sigma2) * wigner(p, rng) + _wishart(n, p, rng)) for _ in range(draws)])


@simulator(moments=_moments, cost=3.0)
def signal_plus_noise(
    *, n: int, spectrum: str | ArrayLike = "isotropic", sigma2: float = 1.0, draws: int, rng: np.random.Generator
) -> Array:
    """Eigenvalues of S + sigma W, n x n, S of the `spectrum` of `simulate.designs`: (draws, n), increasing in each draw."""
    s = np.diag(designs.parse(spectrum, n))
    return np.array([eigvalsh(s + math.sqrt(sigma2) * wigner(n, rng)) for _ in range(draws)])


@simulator(moments=_moments, cost=3.0)
def anticommutator(*, n: int, rho: float = 0.0, draws: int, rng: np.random.Generator) -> Array:
    """Eigenvalues of XY + YX, n x n, for X, Y like W with entries of correlation `rho` in [-1, 1]: (draws, n), increasing."""
    if not -1 <= rho <= 1:
        refuse("rho", rho, "a correlation lies in [-1, 1]")
    out = np.empty((draws, n))
    for row in out:
        x = wigner(n, rng)
        half = x @ (rho * x + math.sqrt(1 - rho * rho) * wigner(n, rng))
        row[:] = eigvalsh(half + half.T)
    return out


@simulator(moments=_moments, cost=3.0)
def double_wishart(*, n: int, gamma: float, rows: float = 1.0, draws: int, rng: np.random.Generator) -> Array:
    """Eigenvalues of X'X (X'X + Y'Y)^{-1}, X n x p and Y k x p, p = round(gamma n), k = round(rows n): (draws, p), increasing.

    Raises ValueError for p > n + k.
    """
    p, k = features(n, gamma), max(1, round(rows * n))
    if p > n + k:
        refuse("gamma", gamma, f"X'X + Y'Y is singular: p = {p} exceeds n + k = {n + k}")
    out = np.empty((draws, p))
    for row in out:
        a = _wishart(n, p, rng) * n
        row[:] = eigh(a, a + _wishart(k, p, rng) * k, eigvals_only=True)
    return out


@simulator(moments=_moments, cost=3.0)
def wishart_product(*, n: int, gamma: float, draws: int, rng: np.random.Generator) -> Array:
    """Eigenvalues of A^{1/2} B A^{1/2}, A and B = Y'Y/n independent, p = round(gamma n): (draws, p), increasing.

    They are the squared singular values of YX'/n, and p - n zeros where p > n.
    """
    p = features(n, gamma)
    out = np.zeros((draws, p))
    for row in out:
        x, y = rng.standard_normal((2, n, p))
        row[-min(n, p) :] = svdvals(y @ x.T / n)[: min(n, p)][::-1] ** 2
    return out


@simulator(moments=_moments, cost=3.0)
def information_plus_noise(
    *, n: int, gamma: float, spectrum: str | ArrayLike = "isotropic", sigma2: float = 1.0, draws: int, rng: np.random.Generator
) -> Array:
    """Eigenvalues of (T + sigma X)'(T + sigma X)/n, X n x p, p = round(gamma n) <= n, T'T/n of this spectrum: (draws, p), increasing.

    Raises ValueError for p > n: T'T/n then has zeros that the spectrum would have to know.
    """
    p = features(n, gamma)
    if p > n:
        refuse("gamma", gamma, f"at most 1: T is n x p with p = {p} free singular values, n = {n}")
    t = np.sqrt(n * designs.parse(spectrum, p))
    out = np.empty((draws, p))
    for row in out:
        x = math.sqrt(sigma2) * rng.standard_normal((n, p))
        x[np.arange(p), np.arange(p)] += t
        row[:] = eigvalsh(x.T @ x / n)
    return out
