r"""The smaller Gram matrix of the rows X (n x p) of a design, factored: once for a grid of penalties, or inverted at one.

Both ways watch the digits: the inverse gives up, and the eigenvectors go over to the singular values of X, where the condition
of the Gram matrix would leave fewer than 11.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.linalg.blas import dsyrk
from scipy.linalg.lapack import dpotrf, dpotri

from simulate.conventions import refuse

Array = NDArray[np.float64]

ILL = 1e4  # condition of a Gram matrix past which its inverse keeps fewer than 11 digits: then singular values of X itself
DWARFED = 1e4  # a penalty past this multiple of the mean eigenvalue takes the route by eigenvalues: G - delta G^2 loses digits
EDGE = 0.01  # a negative penalty must stay this fraction of itself away from a draw's pole, or the draw raises


class Factors(NamedTuple):
    """X = U diag(c)^(1/2) V': c, and on the smaller side the basis U (n, n), product U'X where n <= p, V (p, p), XV where p < n."""

    c: Array
    basis: Array
    product: Array | None  # from the singular values, where these were needed; None: it is still to be multiplied out


def _gram(X: Array) -> Array:
    """The smaller of X X' and X'X, lower triangle, in Fortran order."""
    return np.asarray(dsyrk(1.0, X.T, trans=1, lower=1) if X.shape[0] <= X.shape[1] else dsyrk(1.0, X.T, lower=1))


def _check_edge(smallest: float, delta: Array) -> None:
    worst = float(delta.min())
    if worst < 0 and smallest + worst <= EDGE * -worst:
        refuse(
            "n lam",
            worst,
            f"it is within {EDGE:.0%} of, or beyond, the pole of a draw, whose smallest eigenvalue is {smallest:.6g}; "
            "take a penalty nearer zero, or a larger n",
        )


def factor(X: Array, delta: Array) -> Factors:
    """Eigenvalues and -vectors of the Gram matrix, by the singular values of X where c + delta would keep too few digits.

    Raises ValueError where a penalty is at a pole, or is zero and X has not full rank.
    """
    c, basis = eigh(_gram(X), lower=True, overwrite_a=True, check_finite=False, driver="evd")
    worst = float(delta.min())
    product = None
    if c[0] + worst < c[-1] / ILL:
        left, s, right = np.linalg.svd(X, full_matrices=False)
        if worst <= 0 and s[-1] <= s[0] * max(X.shape) * np.finfo(float).eps:
            refuse("n lam", worst, f"a design drawn at {X.shape} is rank deficient: give lam > 0, or a larger n")
        wide = X.shape[0] <= X.shape[1]
        c, basis, product = s * s, (left if wide else right.T), (s[:, None] * right if wide else left * s)
    _check_edge(float(c.min()), delta)
    return Factors(c, basis, product)


def inverse(X: Array, delta: Array) -> tuple[Array, Array, Array] | None:
    """P = (gram + delta)^-1 and the diagonals of P and P^2, by Cholesky, at one penalty; None near its pole or without the digits."""
    return inverted(_gram(X), delta) if len(delta) == 1 else None


def inverted(gram: Array, delta: Array) -> tuple[Array, Array, Array] | None:
    """The same from the lower triangle, in Fortran order and zeros beside it, which is overwritten."""
    m = len(gram)
    if delta[0] > DWARFED * gram.trace() / m:
        return None
    gram.flat[:: m + 1] += delta[0]
    norm2 = 2 * np.vdot(gram.T, gram.T) - np.sum(gram.diagonal() ** 2)  # of both triangles, the upper one being stored as zeros
    lower, info = dpotrf(gram, lower=1, overwrite_a=1, clean=0)
    if info != 0:
        return None
    half = dpotri(lower, lower=1, overwrite_c=1)[0]
    diagonal = half.diagonal().copy()
    half.flat[:: m + 1] = diagonal / 2
    P = half + half.T
    square = np.einsum("ij,ij->j", P, P)
    if norm2 * square.sum() > (10 * ILL) ** 2:  # Frobenius norms: 10 to 100 times the condition for the spectra in use
        return None
    if delta[0] < 0 and square.sum() >= (EDGE * delta[0]) ** -2:  # 1/|P| bounds the distance to the pole from below
        return None
    return P, diagonal, square
