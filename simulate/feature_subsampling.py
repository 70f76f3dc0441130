"""Learning curves of ridge on random features measured on a table, by repeated subsampling.

Each draw makes k features phi(<w_a, x>/sqrt p) sqrt(2/k), w_a ~ N(0, I), of the table's p columns anew, trains on n rows chosen without
replacement with an intercept, and tests on all the others. phi is relu (its mean kernel is nngp:1) or linear (times sqrt(1/2)).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulate import subsampling
from simulate.conventions import refuse, simulator
from simulate.draws import Draws

Array = NDArray[np.float64]

ACTIVATIONS = {"relu": lambda z: np.sqrt(2.0) * np.maximum(z, 0.0), "linear": lambda z: z}


def moments(*, n: int, k: int, lam: Any = 0.0, **_: Any) -> float:
    """How many moments a draw has, as for Gaussian features."""
    return np.inf if np.all(np.asarray(lam) > 0) else subsampling.heavy(n=n, rank=k)


@simulator(moments=moments)
def ridge(
    *, X: Array, y: Array, n: int, k: int, lam: Any, activation: str = "relu", draws: int, rng: np.random.Generator
) -> Draws:
    """Held-out and training error, GCV and squared norm as of `subsampling.ridge`, of n rows and k features; (draws, *lam.shape).

    X (N, p), y (N,): the pool. lam >= 0 is in the units of the kernel (1/k) sum_a phi_a(x) phi_a(x'), delta = n lam. Raises
    ValueError on bad input. Accuracy: one SVD of the training rows' features.

    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((50, 3))
    >>> ridge(X=X, y=X[:, 0], n=30, k=5, lam=0.0, activation="linear", draws=2, rng=rng).test.round(12)
    array([0., 0.])
    """
    if activation not in ACTIVATIONS:
        refuse("activation", activation, f"features of tables are {', '.join(ACTIVATIONS)}")
    if not isinstance(k, int | np.integer) or k < 1:
        refuse("k", k, "the number of features is a positive integer")
    X = np.asarray(X, dtype=np.float64)
    found = []
    for _ in range(draws):
        W = rng.standard_normal((X.shape[1], k))
        features = ACTIVATIONS[activation](X @ W / np.sqrt(X.shape[1])) / np.sqrt(k)
        found.append(subsampling.ridge(X=features, y=y, n=n, lam=lam, draws=1, rng=rng).to_dict())
    return Draws(**{name: np.concatenate([one[name] for one in found]) for name in found[0]})
