"""Learning curves of kernel ridge regression measured on a table's Gram matrix, by repeated subsampling.

Each draw trains on n rows chosen without replacement and tests on all the others:

    f(x) = ybar + k(x)'(K + n lam)^-1 (y - ybar),                                                                (1)

k(x) and K centred by the training rows alone (no intercept is penalised, nothing is taken from the test rows): scikit-learn's
KernelCenterer and KernelRidge(alpha=n*lam). The whole grid of penalties costs one eigendecomposition.
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


@simulator(moments=lambda **_: math.inf, cost=3.0)
def ridge(*, gram: Array, y: Array, n: int, lam: Any, draws: int, rng: np.random.Generator) -> Draws:
    """Held-out and training error and GCV of kernel ridge on n rows of the pool, `draws` times; arrays (draws, *lam.shape).

    gram (N, N): the kernel of all pairs of rows; y (N,): the pool's labels. lam >= 0, any shape; delta = n lam. `test` is the mean
    squared error over the N - n rows not trained on, `gcv` from the training rows alone (its limit at lam = 0).

    Raises ValueError on bad input, and where the centred K + n lam is not positive definite to working accuracy: rows that repeat
    or a kernel of finite rank, and no penalty. Accuracy: eps times the condition of K + n lam; 1e-9 against scikit-learn in tests.

    >>> rng = np.random.default_rng(0)
    >>> x = np.arange(12.0)
    >>> found = ridge(gram=np.exp(-np.abs(x[:, None] - x) / 5), y=x, n=9, lam=[0.0, 1.0], draws=2, rng=rng)
    >>> found.train.round(12)[:, 0], bool(np.all(found.test[:, 0] < found.test[:, 1]))
    (array([0., 0.]), True)
    """
    K, y, grid = np.asarray(gram, dtype=np.float64), np.asarray(y, dtype=np.float64), np.asarray(lam, dtype=np.float64)
    N, flat = len(K), grid.ravel()
    if K.shape != (N, N) or y.shape != (N,) or not (np.isfinite(K).all() and np.isfinite(y).all()):
        refuse("gram", K.shape, f"it must be a finite matrix (N, N), and y, of shape {y.shape}, have N finite entries")
    if not 3 <= n < N:
        refuse("n", n, f"train on at least 3 rows and leave at least one of the {N} for testing")
    if np.any(flat < 0):
        refuse("lam", float(flat.min()), "penalties on data must be nonnegative")
    out = {name: np.empty((draws, flat.size)) for name in ("test", "train", "gcv")}
    for draw in range(draws):
        order = rng.permutation(N)
        rows, held = order[:n], order[n:]
        part = K[np.ix_(rows, rows)]
        means, mean = part.mean(axis=0), part.mean()
        part = part - means - means[:, None] + mean
        size = float(np.trace(part))
        c, U = linalg.eigh(part + size / n, driver="evd", check_finite=False)  # the direction of 1 is now last, and alone
        c, U = c[:-1], U[:, :-1]
        if c[0] + n * flat.min() <= 10 * n * np.finfo(float).eps * size:
            refuse("lam", float(flat.min()), f"the kernel of {n} rows is singular (least eigenvalue {c[0]:.2g}, trace {size:.2g}): "
                   "give a penalty; rows repeat, or the kernel is too smooth for this many rows")  # fmt: skip
        centre = y[rows].mean()
        z = U.T @ (y[rows] - centre)
        f = 1 / (c[:, None] + n * flat)
        across = K[np.ix_(held, rows)]
        across = across - across.mean(axis=1, keepdims=True) - means + mean
        miss = y[held, None] - centre - across @ (U @ (f * z[:, None]))
        left = np.sum((f * z[:, None]) ** 2, axis=0)
        out["test"][draw] = np.mean(miss**2, axis=0)
        out["train"][draw] = (n * flat) ** 2 * left / n
        out["gcv"][draw] = n * left / f.sum(axis=0) ** 2
    return Draws(**{name: values.reshape(draws, *grid.shape) for name, values in out.items()})
