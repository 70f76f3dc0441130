r"""One-pass stochastic gradient descent on least squares, sample by sample, compiled: risks given the samples, in their order.

Model: y = <x, beta> + noise, rows x from `simulate.designs` with p = round(gamma n) features, E beta beta' = D as in `simulate.ridge`.
From 0 the n samples are used once each, beta_hat <- beta_hat + (step/p) x (y - <x, beta_hat>). Over signal and noise the second
moment of the error beta_hat - beta, given the samples x seen so far, is a matrix M that starts as D and obeys

    M <- (I - a x x') M (I - a x x') + a^2 sigma2 x x',      a = step/p,      excess = tr S M.                      (1)

What D leaves of it is the bias, what sigma2 adds the variance.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from simulate import _conditional, designs
from simulate.conventions import features, refuse, simulator
from simulate.draws import Draws

Array = NDArray[np.float64]


def _run_py(X, a, sigma2, M):
    """(1) for the rows of X (n, p), in place of M (p, p), symmetric."""
    n, p = X.shape
    u, left, right = np.empty(p), np.empty(p), np.empty(p)
    for k in range(n):
        x = X[k]
        u[:] = 0.0
        for i in range(p):  # u = M x by rows, so that the inner loop has no sum in it and runs in vector registers
            row, of_x = M[i], x[i]
            for j in range(p):
                u[j] += of_x * row[j]
        square = 0.0
        for j in range(p):
            square += u[j] * x[j]
        for j in range(p):
            left[j] = a * a * (square + sigma2) * x[j] - a * u[j]
            right[j] = -a * x[j]
        for i in range(p):
            row, of_x, of_u = M[i], x[i], u[i]
            for j in range(p):
                row[j] += of_x * left[j] + of_u * right[j]


_run = njit(cache=True, nogil=True, error_model="numpy")(_run_py)


def _moments(*, entries: str = "gaussian", **_: object) -> float:
    """All of Gaussian rows, of which a draw is a polynomial; with n samples a draw is of degree 4 n in the entries."""
    return math.inf if math.isinf(designs.degrees(entries)) else 0.0


@simulator(moments=_moments, cost=3.0)
def one_pass(
    *,
    n: int,
    gamma: float,
    step: float,
    r2: float = 1.0,
    sigma2: float = 1.0,
    spectrum: str | ArrayLike = "isotropic",
    signal: str = "isotropic",
    entries: str = "gaussian",
    draws: int,
    rng: np.random.Generator,
) -> Draws:
    """Draws (draws,) of bias, variance, excess, test and estimation of SGD after one pass over n samples, at step size step/p.

    step >= 0. Each draw is the expectation over noise and signal given the samples: O(n p^2). Its moments are large where step
    exceeds the critical one. Raises ValueError on bad arguments.
    Accuracy: 1e-12, against the products of (1) in tests; its mean against the exact recursion of the mean at finite p.

    >>> one_pass(n=20, gamma=0.5, step=0.5, draws=3, rng=np.random.default_rng(0)).excess.shape
    (3,)
    """
    if not 0 <= step < math.inf:
        refuse("step", step, "it must be nonnegative and finite: p times the size of a step")
    p = features(n, gamma)
    S, fill, v = designs.parse(spectrum, p), designs.rows(spectrum, entries, p), designs.energies(signal, r2, p)
    X = np.empty((n, p))

    def one() -> dict[str, Array]:
        fill(X, rng)
        of_signal, of_noise = np.diag(v), np.zeros((p, p))
        _run(X, step / p, 0.0, of_signal)
        _run(X, step / p, sigma2, of_noise)
        lost, made = of_signal.diagonal(), of_noise.diagonal()
        bias, variance = S @ lost, S @ made
        found = {"bias": bias, "variance": variance, "excess": bias + variance, "estimation": lost.sum() + made.sum()}
        return found | {"test": found["excess"] + sigma2}

    return _conditional.collect(draws, 0.0, one)
