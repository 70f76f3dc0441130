r"""Kernel matrices of the rows of a table, by the strings that theory reads too, but written apart from it.

Networks without biases are homogeneous: of rows of unit norm they are functions of the cosine, times both norms, inner products
being means over the p columns. Widths of `gaussian:W` and `laplace:W` are distances between rows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulate import kernels
from simulate.conventions import refuse

Array = NDArray[np.float64]


def gram(*, X: Array, kernel: str) -> Array:
    """k(x_i, x_j) of all rows of X (N, p). Raises ValueError for unknown kernels.

    >>> gram(X=np.array([[3.0], [0.0]]), kernel="laplace:3").round(6)
    array([[1.      , 0.367879],
           [0.367879, 1.      ]])
    """
    X = np.asarray(X, dtype=np.float64)
    if X.ndim != 2 or not np.all(np.isfinite(X)):
        refuse("X", X.shape, "it must be a matrix of finite numbers (rows, columns)")
    function = kernels.parse(kernel)
    family, _, text = kernel.partition(":")
    if family in ("gaussian", "laplace"):
        X = X - X.mean(axis=0)  # loses fewer digits below
        square = np.einsum("ij,ij->i", X, X)
        apart = np.maximum(square[:, None] + square - 2 * (X @ X.T), 0.0)
        np.fill_diagonal(apart, 0.0)
        return np.exp(-np.sqrt(apart) / float(text)) if family == "laplace" else np.exp(-apart / (2 * float(text) ** 2))
    products = X @ X.T / X.shape[1]
    if family == "polynomial":
        return function(products)
    norms = np.sqrt(np.diag(products))
    both = norms[:, None] * norms
    return both * function(np.divide(products, both, out=np.zeros_like(both), where=both > 0))
