"""What no draw can do without, by its sizes: each part one call of NumPy, BLAS or LAPACK on arrays that are there. CPU time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import cho_factor, eigh
from scipy.linalg.blas import dtrmm

from tests.benchmarks.bench_dense import _interleaved

Call = Callable[[], object]
rng = np.random.default_rng(0)


def normals(count: int) -> Call:
    return lambda: rng.standard_normal(count)


def product(n: int, k: int, p: int) -> Call:
    """(n, p) by (p, k)."""
    A, B = rng.standard_normal((n, p)), rng.standard_normal((p, k))
    return lambda: A @ B


def gram(n: int, p: int) -> Call:
    """X X' for X (n, p), half the flops of the product."""
    X = rng.standard_normal((n, p))
    return lambda: X @ X.T


def triangular(n: int, m: int) -> Call:
    """(n, m) by a triangle, half the flops of the product."""
    A, T = rng.standard_normal((n, m)), np.asfortranarray(np.tril(rng.standard_normal((m, m))))
    return lambda: dtrmm(1.0, T, A.T, lower=1)


def form(n: int, m: int) -> Call:
    """A S A' for A (n, m) and a symmetric S, three quarters of the flops of the products."""
    first, second = triangular(n, m), product(n, n, m)
    return lambda: (first(), second())


def _positive(n: int) -> np.ndarray:
    X = rng.standard_normal((n, 2 * n))
    return np.asfortranarray(X @ X.T)


def cholesky(n: int) -> Call:
    K = _positive(n)
    return lambda: cho_factor(K, lower=True, check_finite=False)


def eigen(n: int) -> Call:
    K = _positive(n)
    return lambda: eigh(K, lower=True, check_finite=False, driver="evd")


def entries(function: Callable[[np.ndarray], object], count: int) -> Call:
    """A function of so many numbers in (-1, 1), in pieces that stay in the cache."""
    pieces = np.array_split(rng.uniform(-1, 1, count), 1 + count // 20_000)
    return lambda: [function(piece) for piece in pieces]


def floors(draw: Call, *parts: Call) -> tuple[float, float]:
    """CPU seconds of a draw in floors, and those of a floor."""
    seconds = _interleaved({"draw": draw, "floor": lambda: [part() for part in parts]})
    return seconds["draw"] / seconds["floor"], seconds["floor"]
