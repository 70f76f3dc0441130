"""Dense and diagonal matrices: a diagonal one is the vector of its diagonal, and never made dense."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import dsyrk
from scipy.linalg.lapack import dpotri

Array = NDArray[np.float64]


def times(A: Array, B: Array) -> Array:
    """A B."""
    if A.ndim == 1:
        return A * B if B.ndim == 1 else A[:, None] * B
    return A * B if B.ndim == 1 else A @ B


def gram(u: Array) -> Array:
    """u u', at half the price of a product."""
    return _both(dsyrk(1.0, u.T, trans=1, lower=1) if u.flags.c_contiguous else dsyrk(1.0, u, lower=1))


def inverse(L: Array) -> Array:
    """(L L')^-1 from the Cholesky factor L."""
    return _both(dpotri(L, lower=1)[0])


def _both(lower: Array) -> Array:
    """The symmetric matrix of a lower triangle with zeros beside it, which is overwritten."""
    np.einsum("ii->i", lower)[:] /= 2
    return lower + lower.T


def diagonal(A: Array, B: Array | None = None) -> Array:
    """The diagonal of A B, or of A."""
    if B is None:
        return A if A.ndim == 1 else A.diagonal()
    return np.einsum("ij,ji->i", A, B) if A.ndim == B.ndim == 2 else diagonal(A) * diagonal(B)


def trace(A: Array, B: Array | None = None) -> float:
    """tr(A B), or tr(A)."""
    if B is None or A.ndim == 1 or B.ndim == 1:
        return float(diagonal(A, B).sum())
    return float(np.vdot(A.T, B) if A.flags.f_contiguous else np.vdot(A, B.T))
