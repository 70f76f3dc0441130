"""Learning curves of ridge measured on a table of data, by repeated subsampling.

Each draw trains on n rows chosen without replacement and tests on all the others. The intercept is fitted on the training rows
alone (columns and target are centred by the training means, nothing is taken from the test rows), so that

    beta_hat = (Xc'Xc + n lam I)^-1 Xc'yc,   y_hat(x) = ybar + (x - xbar)'beta_hat :

scikit-learn's Ridge(alpha=n*lam), and LinearRegression at lam = 0 (minimum norm). The whole grid of penalties costs one SVD.

The held-out error needs no held-out predictions: with the error over the whole pool, which is a quadratic form in beta_hat,

    test = (N pool_error - n train_error) / (N - n),                                                             (1)

the finite-pool correction (simon2024more, code; an identity, not an approximation).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from simulate.conventions import refuse, simulator
from simulate.draws import Draws

Array = NDArray[np.float64]
_EPS = float(np.finfo(np.float64).eps)


def moments(*, X: Array, n: int, lam: Any = 0.0, **_: Any) -> float:
    """How many moments a draw would have were the rows Gaussian: min-norm errors are heavy-tailed where n - 1 is near rank."""
    if np.all(np.asarray(lam) > 0):
        return math.inf
    rank = int(np.linalg.matrix_rank(X - np.mean(X, axis=0)))
    return heavy(n=n, rank=rank)


def heavy(*, n: int, rank: int) -> int:
    """Finite moments of the inverse Gram matrix of n centred Gaussian rows: E tr^k < inf iff 2k <= |rank - (n - 1)|."""
    return abs(rank - (n - 1)) // 2


def _pool(X: Any, y: Any, n: int) -> tuple[Array, Array]:
    X, y = np.asarray(X, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if X.ndim != 2 or not X.size:
        refuse("X", X.shape, "it must be a matrix (rows, columns)")
    if y.shape != (len(X),):
        refuse("y", y.shape, f"it must be a vector with one entry for each of the {len(X)} rows")
    if not (np.isfinite(X).all() and np.isfinite(y).all()):
        refuse("X", "a value that is not finite", "X and y must be finite: remove or fill missing values")
    if not 2 <= n < len(X):
        refuse("n", n, f"train on at least 2 rows and leave at least one of the {len(X)} for testing")
    return X, y


def _fit(X: Array, y: Array, lam: Array, size: float) -> tuple[Array, Array, Array]:
    """Centred ridge for a grid of penalties: coefficients (L, p), training errors (L,), GCV (L,).

    size: the norm of the rows before they were centred. A column that is constant in them is left by the centring with round-off of
    that size, not with variance.
    """
    n = len(X)
    U, s, Vt = linalg.svd(X, full_matrices=False, check_finite=False)
    rank = int(np.sum(s > max(X.shape) * _EPS * size))
    U, s, Vt = U[:, :rank], s[:rank], Vt[:rank]
    c = U.T @ y
    outside = y - U @ c  # the part of y that no penalty reaches
    rest = float(outside @ outside)
    delta = n * lam[:, None]
    coefficients = (s / (s**2 + delta) * c) @ Vt
    free = n - 1 - rank  # degrees of freedom outside the span; the intercept takes one
    shrink = delta / (s**2 + delta)
    train = ((shrink * c) ** 2).sum(1) + rest
    if free > 0:
        left = free + shrink.sum(1)
        return coefficients, train / n, n * train / left**2
    # The rows are interpolated at lam = 0: both the residual and its degrees of freedom are divided by delta.
    w = 1 / (s**2 + delta)
    gcv = n * ((w * c) ** 2).sum(1) / w.sum(1) ** 2 if rank else np.full(len(lam), rest / n)
    return coefficients, train / n, gcv


def _near(gram: Array, cross: Array) -> Array:
    """About the least squares of the pool."""
    ridge = len(gram) * _EPS * np.trace(gram)
    return linalg.solve(gram + ridge * np.eye(len(gram)), cross, assume_a="pos") if ridge > 0 else np.zeros_like(cross)


@simulator(moments=moments)
def ridge(*, X: Array, y: Array, n: int, lam: Any, draws: int, rng: np.random.Generator) -> Draws:
    """Held-out and training error, GCV, squared norm of ridge on n rows of the table, `draws` times; arrays (draws, *lam.shape).

    X (N, p), y (N,): the pool, in any units and position. lam >= 0, any shape; lam = 0 is the minimum-norm solution.
    `test` is the mean squared error over the N - n rows not trained on, `gcv` n RSS/(n - 1 - df)^2 from the training rows alone
    (its limit where lam = 0 interpolates). Draws are of one pool: their scatter is that of the choice of rows.

    Raises ValueError for n outside 2 <= n < N, negative lam, values that are not finite.
    Accuracy: as good as one SVD of the training rows; equals scikit-learn's Ridge(alpha=n*lam) to 1e-10 in tests.

        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> X = rng.standard_normal((50, 3))
        >>> ridge(X=X, y=X @ [1.0, 2.0, 3.0], n=20, lam=0.0, draws=2, rng=rng).test.round(12)
        array([0., 0.])
    """
    X, y = _pool(X, y, n)
    grid = np.asarray(lam, dtype=np.float64)
    if np.any(grid < 0):
        refuse("lam", float(grid.min()), "penalties on data must be nonnegative: the edge of negative ones differs for each draw")
    N, flat = len(X), grid.ravel()
    mean, offset = X.mean(axis=0), y.mean()
    X, y = X - mean, y - offset  # moves nothing: the intercept is fitted below; it conditions the Gram matrix
    gram = X.T @ X
    near = _near(gram, X.T @ y)  # errors are measured from here: any vector is right, a good one cancels no digits
    residual = y - X @ near
    cross, square = X.T @ residual, float(residual @ residual)
    size = float(linalg.norm(X)) * math.sqrt(n / N)
    out = {name: np.empty((draws, flat.size)) for name in ("test", "train", "gcv", "norm2")}
    for draw in range(draws):
        chosen = rng.choice(N, size=n, replace=False, shuffle=False)
        rows, labels = X[chosen], y[chosen]
        xbar, ybar = rows.mean(axis=0), labels.mean()
        b, train, gcv = _fit(rows - xbar, labels - ybar, flat, size)
        shift = ybar - b @ xbar  # residual of a pool row: y - x'b - shift, and both y and x have mean zero over the pool
        away = b - near
        pool = (square - 2 * (away @ cross) + np.einsum("lp,lp->l", away @ gram, away)) / N + shift**2
        out["test"][draw] = np.maximum(N * pool - n * train, 0) / (N - n)  # (1); at a perfect fit round-off may be negative
        out["train"][draw], out["gcv"][draw], out["norm2"][draw] = train, gcv, (b**2).sum(1)
    return Draws(**{name: values.reshape(draws, *grid.shape) for name, values in out.items()})
