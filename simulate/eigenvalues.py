r"""Eigenvalues of sample covariance matrices X'X/n, by the shortest exact route to their law.

    isotropic Gaussian      X reduces to a bidiagonal B of independent chi's (Golub-Kahan), with squared diagonal q_i ~ chi2(n - i + 1),
                            squared superdiagonal e_i ~ chi2(p - i); the nonzero eigenvalues are those of the tridiagonal

                                (BB')_ii = q_i + e_i,   (BB')_{i,i+1}^2 = e_i q_{i+1},   i <= min(n, p);                  (1)

    Gaussian, p <= n        Bartlett's triangular factor (simulate.bartlett) replaces X;
    anything else           the smaller of X'X and XX'.

Source: golub2013matrix, section 5.4; dumitriu2002matrix, section 3 (numbering from memory).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigvalsh, eigvalsh_tridiagonal

from simulate import bartlett, designs
from simulate.conventions import features, simulator

Array = NDArray[np.float64]


def _bidiagonal(q: Array, e: Array) -> Array:
    """Eigenvalues (m,) of (1), increasing; q (m,) > 0, e (m,) >= 0 with e[-1] = 0 where p <= n.

    The tridiagonal knows eigenvalues to eps times the largest. Where the smallest is too small for that, the 2m + 1 square
    [[0, B], [B', 0]], a tridiagonal of zero diagonal, knows their square roots as well, at four times the cost.
    """
    m = len(q)
    t = np.asarray(eigvalsh_tridiagonal(q + e, np.sqrt(e[:-1] * q[1:]), lapack_driver="sterf")) if m > 1 else q + e
    if t[0] > 1e-6 * t[-1]:  # 1e-6: keeps ten digits of the smallest
        return t
    path = np.sqrt(np.column_stack([q, e]).ravel())
    path = path if e[-1] > 0 else path[:-1]
    return np.asarray(eigvalsh_tridiagonal(np.zeros(len(path) + 1), path, lapack_driver="sterf"))[-m:] ** 2


def _isotropic(n: int, p: int, rng: np.random.Generator) -> Array:
    i = np.arange(min(n, p))
    q, e = rng.chisquare(n - i), np.zeros(len(i))
    e[: p - 1] = rng.chisquare(p - 1 - i[: p - 1])
    return _bidiagonal(q, e)


def _gram(x: Array) -> Array:
    """Eigenvalues of the smaller of x'x and xx', increasing; round-off below zero is cut."""
    return np.maximum(eigvalsh(x @ x.T if x.shape[0] < x.shape[1] else x.T @ x, driver="evd", overwrite_a=True), 0.0)


def _moments(*, entries: str = "gaussian", **_: Any) -> float:
    """An eigenvalue is at most the sum of the squares of the entries: half the moments that an entry has."""
    degrees = designs.degrees(entries)
    return math.inf if math.isinf(degrees) else math.ceil(degrees / 2) - 1


@simulator(moments=_moments)
def sample_covariance(
    *,
    n: int,
    gamma: float,
    spectrum: str | ArrayLike = "isotropic",
    entries: str = "gaussian",
    draws: int,
    rng: np.random.Generator,
) -> Array:
    """Eigenvalues of X'X/n for n rows of a design with p = round(gamma n) features: (draws, p), increasing in each draw.

    `spectrum` and `entries` are those of `simulate.designs`. Where p > n the p - n zeros stand first and are exact. O(n^2) a draw for
    isotropic Gaussian rows, O(p^3) or O(n^3), the smaller, otherwise.

    Raises ValueError for what `simulate.designs` cannot read.

    Accuracy: isotropic Gaussian, each eigenvalue to relative 1e-9, or 20 eps sqrt(largest / itself) if that is more, against 40 digits for
    n, p <= 40; otherwise eps times the largest.

    >>> import numpy as np
    >>> w = sample_covariance(n=4, gamma=1.5, draws=2, rng=np.random.default_rng(0))
    >>> w.shape, bool(np.all(w[:, :2] == 0) and np.all(w[:, 2:] > 0))
    ((2, 6), True)
    """
    p = features(n, gamma)
    s = designs.parse(spectrum, p)
    gaussian = entries == "gaussian"
    flat = gaussian and bool(np.all(s == s[0]))
    triangular = gaussian and not flat and p <= n
    fill = designs.rows(spectrum, entries, p)
    x = np.empty((0 if flat or triangular else n, p))
    out = np.zeros((draws, p))
    for row in out:
        if flat:
            w = s[0] * _isotropic(n, p, rng)
        elif triangular:
            w = _gram((np.sqrt(s)[:, None] * bartlett.factor(n, p, rng)).T)
        else:
            fill(x, rng)
            w = _gram(x)
        row[-len(w) :] = w
    return out / n
