r"""Kernel ridge regression on n rows drawn from a pool whose rows are not alike: adaptive cavity equations.

`subsampling` sees a pool's spectrum alone, and so takes all rows for alike. Here K is the pool's Gram matrix, row for row. A row is in
the training part with probability theta = n/N; (K + D)^-1 with D_i = delta there and infinite elsewhere has the mean

    G = (K + W)^-1,    W_i = delta + (1 - theta)/G_ii,                                                            (1)

and, with m = G y, the mean squared error q_i of row i when it is left out solves

    q_i = (m_i/G_ii)^2 + (1 - theta)/theta sum_{j != i} (G_ij/G_ii)^2 q_j,      test = mean of q.                  (2)

An unpenalised intercept is a constant added to K and sent to infinity: G -> G - G 1 1'G/(1'G 1). At theta -> 1 (2) is the exact
leave-one-out error; with all G_ii alike and eigenvectors in general position it is `subsampling`, exactly.

1/G_ii = W_i + c_i, where c_i, what the other rows leave of row i, rises with W and is concave. So (1) has one solution, Newton's steps
fall to it from above, and where the matrix 1 - (1 - theta)/theta (G_ij^2/(G_ii G_jj))_{i != j} of the steps and of (2) is not
positive definite, the right side of (1) is above W somewhere.

Of a tall table K = X X', X (N, p), nothing of the size N x N is made: with x = (X, 1) and D = 1/W,

    G = D - D x A x'D,    A = (diag(1, ..., 1, 0) + x'D x)^-1 = (R'R)^-1,    Q R = (1 0; D^1/2 x).                (3)

Source: opper2001adaptive, malzahn2003approximate (the cavity equations for resampling; (2) as derived here).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import linalg
from scipy.sparse.linalg import LinearOperator, gmres

from asymptotics.conventions import refuse, theory
from asymptotics.errors import ConvergenceError

Array = NDArray[np.float64]

CLOSE = 1e-3  # the last step of Newton's, relative: what is left is its square
SOLVED = 1e-8  # of linear equations
ROUNDS = 60
LEAST = 1e-10  # of the least eigenvalue of the rows' covariance: the penalty that stands for none
EVEN = 1e-8  # what rounding may leave of gram - gram', of its largest entry
HIGHEST = 1e100  # of |y|: squares of its residuals are numbers
STEPS = 200


class _Resolvent(Protocol):
    """G: its diagonal, its product with a vector, and (G_ij^2)_{i != j} times a vector."""

    diagonal: Array

    def __matmul__(self, v: Array) -> Array: ...
    def squared(self, v: Array) -> Array: ...


class _Dense:
    def __init__(self, K: Array, W: Array) -> None:
        A = K.copy()
        A.flat[:: len(A) + 1] += W
        factor, failed = linalg.lapack.dpotrf(A, lower=1, overwrite_a=1)
        if failed:
            refuse("gram", f"not positive semidefinite (its leading block of {failed} rows)",
                   "a Gram matrix has no negative eigenvalue; one that is singular to rounding needs a larger delta")  # fmt: skip
        M, _ = linalg.lapack.dpotri(factor, lower=1, overwrite_c=1)
        M = np.tril(M) + np.tril(M, -1).T
        ones = M.sum(axis=1)
        self._G = M - np.outer(ones, ones / ones.sum())
        self.diagonal = self._G.diagonal().copy()
        self._square: Array | None = None

    def __matmul__(self, v: Array) -> Array:
        return self._G @ v

    def squared(self, v: Array) -> Array:
        if self._square is None:
            self._square = self._G**2
            np.fill_diagonal(self._square, 0.0)
        return self._square @ v


class _Thin:
    """(3); the eigenvalues of A differ by as much as W does, so it is never made."""

    def __init__(self, x: Array, W: Array) -> None:
        root = 1 / np.sqrt(W)
        prior = np.eye(x.shape[1])[:-1]
        self._Q = linalg.qr(np.vstack([prior, x * root[:, None]]), mode="economic", check_finite=False)[0][len(prior) :]
        self._root = root
        self._own = np.einsum("ij,ij->i", self._Q, self._Q)
        self.diagonal = root**2 * (1 - self._own)

    def __matmul__(self, v: Array) -> Array:
        w = self._root * v
        return self._root * (w - self._Q @ (self._Q.T @ w))

    def squared(self, v: Array) -> Array:
        w = self._root**2 * v
        inner = self._Q.T @ (self._Q * w[:, None])
        return self._root**2 * (np.einsum("ij,ij->i", self._Q @ inner, self._Q) - self._own**2 * w)


def _newton(G: _Resolvent, odds: float, b: Array) -> Array | None:
    """x_i = b_i + odds sum_{j != i} (G_ij/G_ii)^2 x_j by conjugate gradients, symmetric in the unknowns G_ii x_i; None where it is
    not positive definite."""
    x, left = np.zeros_like(b), b * G.diagonal
    way, size = left.copy(), float(left @ left)
    enough = SOLVED**2 * size
    for _ in range(STEPS):
        if size <= enough:
            break
        image = way - odds * G.squared(way / G.diagonal) / G.diagonal
        bend = float(way @ image)
        if bend <= 0:
            return None
        x += size / bend * way
        left -= size / bend * image
        size, last = float(left @ left), size
        way = left + size / last * way
    return x / G.diagonal


def _errors(G: _Resolvent, odds: float, b: Array) -> Array:
    """(2); in its own unknowns, for G_ii may differ by many powers of ten."""
    N = len(b)
    spread = LinearOperator((N, N), lambda v: v - odds * G.squared(v) / G.diagonal**2, dtype=np.float64)
    q, failed = gmres(spread, b, rtol=SOLVED, atol=0.0, restart=50, maxiter=10)
    if failed:
        raise ConvergenceError("errors of rows left out", residual=float(linalg.norm(b - spread @ q) / linalg.norm(b)),
                               iterations=500, causes="rows that repeat, and no penalty")  # fmt: skip
    return q


def _test(look: Callable[[Array], _Resolvent], y: Array, n: float, delta: float, W: Array) -> float:
    """Newton's method for (1) from W, then (2)."""
    theta = n / len(y)
    odds, last = (1 - theta) / theta, np.inf
    for _ in range(ROUNDS):
        G = look(W)
        g = G.diagonal
        if last <= CLOSE:
            break
        up = (delta + (1 - theta) / g - W) / theta
        step = _newton(G, odds, up)
        if step is None:  # W is too small somewhere
            W = 2 * np.maximum(W, W + up)
            continue
        last = float(np.max(np.abs(step) / W))
        W = np.maximum(W + step, np.maximum(W / 5, delta))
    else:
        raise ConvergenceError("cavity equations", residual=last, iterations=ROUNDS, causes="rows that repeat, and no penalty")
    return float(np.mean(_errors(G, odds, ((G @ y) / g) ** 2)))


def _given(name: str, table: ArrayLike, y: ArrayLike, n: Any, delta: Any) -> tuple[Array, Array, float]:
    """The table and what it is divided by, its largest entry; y."""
    rows, target = np.array(table, dtype=np.float64), np.array(y, dtype=np.float64)
    N = len(target) if target.ndim == 1 else 0
    square = name != "gram" or rows.shape == (N, N)
    if not (rows.ndim == 2 and len(rows) == N and square and np.isfinite(rows).all() and np.isfinite(target).all()):
        shape = "(N, N)" if name == "gram" else "(N, p)"
        refuse(name, rows.shape, f"a finite matrix {shape}, and a finite y (N,) with it; y has the shape {target.shape}")
    for word, value in (("n", n), ("delta", delta)):
        if np.ndim(value):
            refuse(word, value, "a number; call once for each of several")
    if not 1 < n < N:
        refuse("n", n, f"more than one row is trained on, and at least one of the {N} is left out")
    if delta < 0:
        refuse("delta", delta, "rows that are not alike are predicted for delta >= 0 only")
    if (high := float(np.abs(target).max())) > HIGHEST:
        refuse("y", high, f"at most {HIGHEST:g}, for errors are squared: give it in other units")
    size = float(np.abs(rows).max(initial=0)) or 1.0
    return rows / size, target, size


def _rank(K: Array) -> int:
    """Of the centred Gram matrix, by elimination."""
    means = K.mean(axis=0)
    return int(linalg.lapack.dpstrf(K - means - means[:, None] + means.mean(), overwrite_a=1)[2])


@theory
def ridge(gram: ArrayLike, y: ArrayLike, *, n: Any, delta: Any, start: float | None = None) -> Any:
    """The test error (2) on the rows left out of kernel ridge regression on n of the rows of a pool, with a fitted intercept.

    gram (N, N): positive semidefinite; y (N,). 1 < n < N and delta >= 0 are numbers. start: a guess of W
    (N kappa of `subsampling`). Costs about six Cholesky inverses of N x N. Raises ValueError on bad input, and where n exceeds the
    rank without a penalty; ConvergenceError.
    Accuracy: of the solution 1e-6; of the equations as n, N -> infinity, against 120 to 500 subsamples of N = 1797 digits without
    penalty, n = 100 ... 1200 (tests/benchmarks/bench_digits.py): 1.2 to 2.8 % low, +- 1.6 %, where `subsampling` is up to 20 % low.

    >>> labels = np.resize([1.0, -1.0], 100)  # rows that are alike and unrelated teach the mean: 100/99 50/49; exactly 100/99 51/50
    >>> round(float(ridge(np.eye(100), labels, n=50, delta=0.0)), 4)
    1.0307
    """
    K, target, size = _given("gram", gram, y, n, delta)
    if (uneven := float(np.abs(K - K.T).max())) > EVEN:
        refuse("gram", f"not symmetric (by {uneven:.1e} of its largest entry)", "a Gram matrix is symmetric")
    lost = 1e3 * len(K) * float(np.finfo(float).eps) * size  # rounding in K costs 1e-6 of the error, and more below
    if delta < lost and n >= (rank := _rank(K)) + 1:
        refuse("gram", f"of rank {rank} with n = {n:g}",
               f"singular without a penalty: give delta >= {lost:.0e}, or use `tall`")  # fmt: skip
    delta = float(delta) / size
    W = start / size if start else delta + (1 - n / len(K)) * float(np.trace(K)) / len(K)
    return _test(lambda W: _Dense(K, W), target, float(n), delta, np.full(len(K), W))


def _directions(X: Array) -> Array:
    """The rows on the axes of their covariance (N, rank), the largest first; for the rank a column counts at any scale."""
    tiny = max(X.shape) * np.finfo(float).eps
    x = (X - X.mean(axis=0))[:, np.ptp(X, axis=0) > tiny * np.abs(X).max(axis=0)]
    U, s, _ = linalg.svd(x / np.abs(x).max(axis=0), full_matrices=False, check_finite=False)
    U = U[:, s > tiny * s.max(initial=0.0)]
    V, b, _ = linalg.svd(U.T @ x, full_matrices=False, check_finite=False)
    return U @ (V * b)


@theory
def tall(X: ArrayLike, y: ArrayLike, *, n: Any, delta: Any) -> Any:
    """As `ridge` of the Gram matrix X X', without making it: X (N, p). Costs some hundred times 2 N p^2 multiplications.

    Raises as `ridge` does. Infinite at n = rank + 1 without penalty, the rank that of the centred columns. Accuracy: that of `ridge`, to
    1e-6 in tests; without penalty, of one of 1e-10 of the least eigenvalue of the covariance, 2e-10 in tests.

    >>> x = np.linspace(-1, 1, 2000)  # the spectrum of one column says nothing of |x| far out
    >>> round(tall(x[:, None], x + np.sin(50 * x), n=100, delta=0.0), 3)
    0.512
    """
    rows, target, size = _given("X", X, y, n, delta)
    x = _directions(rows)
    N, rank = x.shape
    if n == rank + 1 and delta == 0:
        return np.inf
    delta = float(delta) / size / size
    if delta == 0:  # enough rows have W = 0, but for those that have a direction alone
        weak, strong = (float(linalg.norm(x[:, i])) if rank else 1.0 for i in (-1, 0))
        if weak < 1e-14 * strong:
            refuse(
                "X", f"of directions from {strong:.1g} to {weak:.1g}", "double precision does not hold both: scale its columns"
            )
        delta = LEAST * weak**2 / N
    W = delta + (1 - n / N) * float(np.sum(x**2)) / N
    x = np.column_stack([x, np.ones(N)])
    return _test(lambda W: _Thin(x, W), target, float(n), delta, np.full(N, W))
