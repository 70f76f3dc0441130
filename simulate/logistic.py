r"""Logistic regression through the origin, penalised or not, fitted to Gaussian rows with binary labels by Newton's method.

With A = (y_i x_i), w minimises F(w) = mean l((A w)_i) + (lam/2) |w|^2, l(z) = log(1 + e^-z), whose gradient and Hessian are

    lam w - A' l/n,   lam I + A' diag(l (1 - l)) A/n,   l_i = 1/(1 + exp((A w)_i)).                                   (1)

Where p > n, w = A' L'^-1 v with A A' = L L': v replaces w and L replaces A, in n dimensions. Steps are halved while F does not
decrease; a small gradient certifies the solution, for F is convex. At lam = 0 a w with A w > 0 shows that there is none: then the
limit lam -> 0 is taken, the direction of `simulate.max_margin` with |w| = inf.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from simulate import labels as _labels
from simulate.conventions import features, refuse, simulator
from simulate.labels import Classifiers
from simulate.max_margin import separate

Array = NDArray[np.float64]

GRADIENT = 1e-10  # largest gradient, relative to that at w = 0
ITERATIONS = 200
BATCH = 2**20  # entries of rows solved together: small problems are fast in bulk


def _times(A: Array, w: Array) -> Array:
    return np.asarray((A @ w[..., None])[..., 0], dtype=np.float64)


def _mean(z: Array) -> Array:
    return np.mean(np.logaddexp(0, -z), axis=-1)


def _newton(A: Array, lam: float) -> tuple[Array, Array]:
    """argmin F for each A of (B, n, m): w (B, m), and whether lam = 0 and A w > 0 was met, (B,)."""
    n, m = A.shape[1:]
    solution, separated = np.zeros((len(A), m)), np.zeros(len(A), dtype=bool)
    left, w, z = np.arange(len(A)), np.zeros((len(A), m)), np.zeros(A.shape[:2])
    value, goal = np.full(len(A), math.log(2)), GRADIENT * np.linalg.norm(A.sum(axis=1), axis=1) / (2 * n)
    for _ in range(ITERATIONS):
        l = expit(-z)
        gradient = lam * w - _times(A.mT, l) / n
        parted = (z.min(axis=1) > 0) & (lam == 0)
        done = parted | (np.linalg.norm(gradient, axis=1) <= goal)
        if np.any(done):
            solution[left[done]], separated[left[done]] = w[done], parted[done]
            if np.all(done):
                return solution, separated
            A, left, w, z, value, goal, l, gradient = (x[~done] for x in (A, left, w, z, value, goal, l, gradient))
        hessian = (A.mT * (l * (1 - l) / n)[:, None, :]) @ A + lam * np.eye(m)
        step = -np.linalg.solve(hessian, gradient[..., None])[..., 0]
        along, slope, size = _times(A, step), np.vecdot(gradient, step), np.ones(len(A))
        while True:
            new, moved = w + size[:, None] * step, z + size[:, None] * along
            now = _mean(moved) + lam / 2 * np.vecdot(new, new)
            bad = now > value + 1e-4 * size * slope + 1e-15 * value  # Armijo, to rounding
            if not np.any(bad):
                break
            size[bad] /= 2
        w, z, value = new, moved, now
    raise ArithmeticError(f"logistic regression was not solved: gradient {np.linalg.norm(gradient, axis=1).max():.3g}")


def fit(A: Array, lam: float) -> tuple[Array, Array]:
    """argmin F for each A = (y_i x_i) of (B, n, p): w (B, p), and whether there is none, (B,): lam = 0 and some w has A w > 0.

    Raises ValueError where lam < 0, ArithmeticError without the certificate.

    >>> w, none = fit(np.array([[[1.0], [-1.0], [1.0]]]), 0.0)
    >>> bool(abs(w[0, 0] - math.log(2)) < 1e-9), none.tolist()
    (True, [False])
    """
    if not (np.ndim(lam) == 0 and lam >= 0):
        refuse("lam", lam, "it must not be negative: the loss is not strongly convex")
    if A.shape[2] <= A.shape[1]:
        return _newton(A, lam)
    if lam == 0:
        return np.zeros((len(A), A.shape[2])), np.ones(len(A), dtype=bool)
    L = np.asarray(np.linalg.cholesky(A @ A.mT), dtype=np.float64)
    v, none = _newton(L, lam)
    return _times(A.mT, np.asarray(np.linalg.solve(L.mT, v[..., None])[..., 0], dtype=np.float64)), none


def moments(*, lam: float = 0.0, of: str | None = None, **_: Any) -> float:
    """All; but at lam = 0 norm2 and test are infinite with positive probability, at every size."""
    return 0.0 if lam == 0 and of in (None, "norm2", "test") else math.inf


@simulator(moments=moments, cost=3.0)
def ridge(
    *, n: int, gamma: float, lam: float, r2: float = 1.0, labels: str = "logistic", draws: int, rng: np.random.Generator
) -> Classifiers:
    """Draws of error and test (given w, exact), cosine, norm2, train and train_error, (draws,) each; p = round(gamma n) features.

    `labels` as in `simulate.labels`; lam >= 0 is one number. Where lam = 0 and the rows are separable the draw is the limit
    lam -> 0: direction of the max-margin classifier, norm2 = test = inf, train = train_error = 0. Raises ValueError on bad arguments.
    Accuracy: gradient below 1e-10 of that at w = 0, checked at every draw.

    >>> ridge(n=10, gamma=1.5, lam=0.1, r2=4.0, draws=3, rng=np.random.default_rng(0)).error.shape
    (3,)
    """
    _labels.check(labels, r2)
    p, r = features(n, gamma), math.sqrt(r2)
    batch = max(1, BATCH // (n * p))
    parts = [_batch(min(batch, draws - i), n, p, lam, r, labels, rng) for i in range(0, draws, batch)]
    return Classifiers(**{name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def _batch(count: int, n: int, p: int, lam: float, r: float, labels: str, rng: np.random.Generator) -> dict[str, Array]:
    A = _labels.rows(labels, (count, n, p), r, rng)
    w, none = fit(A, lam)
    for i in np.flatnonzero(none):
        if (found := separate(A[i])) is None:
            raise ArithmeticError("rows that Newton's method separated were not separated by least distance")
        w[i] = found[0]
    z, a, s = _times(A, w), w[:, 0], np.linalg.norm(w[:, 1:], axis=1)
    return {
        "error": _labels.error(labels, r, a, s),
        "cosine": a / np.hypot(a, s),
        "norm2": np.where(none, math.inf, a**2 + s**2),
        "train": np.where(none, 0.0, _mean(z)),
        "test": np.where(none, math.inf, _labels.loss(labels, r, a, s)),
        "train_error": np.mean(z < 0, axis=1),
    }
