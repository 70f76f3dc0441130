r"""Kernels of the rows of a table, which need not lie on a sphere: Gram matrices.

Networks and polynomials see inner products per column, <x, y>/p, so that rows of p columns of variance one have norm one; with
r = |x|/sqrt p and t the cosine between x and y,

    ntk, nngp: r_x r_y k(t), k of `kernels` (homogeneous: no biases),     polynomial: (r_x r_y t + c)^m,           (1)
    gaussian: exp(-|x - y|^2/(2 w^2)),                                    laplace: exp(-|x - y|/w).               (2)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import pdist, squareform

from asymptotics import kernels
from asymptotics.conventions import refuse

Array = NDArray[np.float64]


def gram(kernel: str, X: ArrayLike) -> Array:
    """The Gram matrix (N, N) of the rows of X (N, p) for the kernel that a string names; widths are distances between rows.

    Raises ValueError for unknown kernels and rows that are not finite. Accuracy: 1e-15 of the largest entry, but 1e-8 of it where
    a network's rows are parallel (the angle between them is rounded).

    >>> gram("polynomial:2,1", [[2.0, 0.0], [0.0, 1.0]])
    array([[9.  , 1.  ],
           [1.  , 2.25]])
    """
    rows = np.asarray(X, dtype=np.float64)
    if rows.ndim != 2 or not rows.size or not np.isfinite(rows).all():
        refuse("X", rows.shape, "a table of finite numbers, a row a sample")
    family, _, text = str(kernel).partition(":")
    if family in ("gaussian", "laplace"):
        try:
            width = float(text)
        except ValueError:
            width = 0.0
        if not 0 < width < np.inf:
            refuse("kernel", kernel, f"a width is a positive distance between rows; known kernels: {kernels.KNOWN}")
        distance = squareform(pdist(rows)) / width
        return np.exp(-distance if family == "laplace" else -0.5 * distance**2)
    known = kernels.parse(kernel)
    norm = np.linalg.norm(rows, axis=1) / np.sqrt(rows.shape[1])
    size = np.outer(norm, norm)
    if family == "polynomial":
        degree, offset = known.parameters
        return (rows @ rows.T / rows.shape[1] + offset) ** int(degree)
    unit = rows / np.where(norm > 0, norm, 1.0)[:, None] / np.sqrt(rows.shape[1])
    cosine = np.clip(unit @ unit.T, -1.0, 1.0)
    np.fill_diagonal(cosine, 1.0)
    return size * known(cosine)
