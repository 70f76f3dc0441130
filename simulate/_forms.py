r"""Risks of the fit f_hat(x) = b(x)'G y, G = (K + delta)^-1, given its n points, target and noise integrated out: from n x n forms.

With A = E_x b b', B = E_x b(x) E f(x) f(X)', C = E f(X) f(X)' and power = E f(x)^2, K = b(X)':

    bias = power - 2 tr(G B) + tr(G A G C),    variance = sigma2 tr(G A G),    train = delta^2 tr(G (C + sigma2) G)/n,
    norm2 = tr(G K G (C + sigma2)) = tr(G (C + sigma2)) - delta tr(G (C + sigma2) G),      GCV from tr G.          (1)
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import dtrmm

Array = NDArray[np.float64]
Fields = dict[str, Array]

ROWS = 128


def one(G: Array, delta: Array, *, A: Array, B: Array, half: Array, power: float, sigma2: float) -> tuple[Fields, Array]:
    """(1) at one penalty, (1,) each, and the leave-one-out error; C = half + half', triangular: tr(G A G C) = 2 tr(G A G half)."""
    n, GA, GH, trace = len(G), G @ A, times(G, half), G.trace()
    drawn = 2 * np.einsum("ij,ij->i", GH, G) + sigma2 * np.einsum("ij,ij->i", G, G)  # the diagonal of G (C + sigma2) G
    second = drawn.sum()
    found = {
        "bias": max(power - 2 * np.vdot(G, B) + 2 * np.vdot(GA.T, GH), 0.0),
        "variance": sigma2 * np.vdot(GA, G),
        "train": delta[0] ** 2 * second / n,
        "gcv": n * second / trace**2,
        "norm2": 2 * GH.trace() + sigma2 * trace - delta[0] * second,
    }
    return {name: np.array([value]) for name, value in found.items()}, np.mean(drawn / G.diagonal() ** 2, keepdims=True)


def grid(c: Array, delta: Array, *, A: Array, B: Array, C: Array, power: float, sigma2: float) -> Fields:
    """(1) for all penalties (L,), from A, C and the diagonal B in the basis in which K is diag(c)."""
    f = 1 / (c[:, None] + delta)
    drawn = C.diagonal() + sigma2
    second = drawn @ f**2
    return {
        "bias": np.maximum(power - 2 * B @ f + np.einsum("il,il->l", f, (A * C) @ f), 0.0),
        "variance": sigma2 * (A.diagonal() @ f**2),
        "train": delta**2 * second / len(c),
        "gcv": len(c) * second / f.sum(axis=0) ** 2,
        "norm2": (c * drawn) @ f**2,
    }


def summed(risks: Fields, sigma2: float) -> Fields:
    """With excess and test error."""
    excess = risks["bias"] + risks["variance"]
    return risks | {"excess": excess, "test": excess + sigma2}


def triangle(n: int) -> Iterator[tuple[slice, slice]]:
    """Blocks of rows that cover the lower triangle: so large that a function's temporary arrays stay in the cache."""
    return ((slice(i, i + ROWS), slice(i + ROWS)) for i in range(0, n, ROWS))


def times(A: Array, T: Array, transposed: bool = False) -> Array:
    """A T or A T', T triangular: upper where its last corner is not zero."""
    return np.asarray(dtrmm(1.0, T.T, A.T, lower=T[0, -1] != 0, trans_a=transposed)).T


def halved(C: Array) -> Array:
    """The lower triangle of a symmetric matrix, its diagonal halved: with its transpose it makes the whole."""
    lower = np.tril(C)
    lower.flat[:: len(C) + 1] /= 2
    return lower


def form(rows: Array, half: Array) -> Array:
    """rows S rows' for S = half + half', triangular, at three quarters of the cost of two products with S."""
    lower = times(rows, half) @ rows.T
    return lower + lower.T
