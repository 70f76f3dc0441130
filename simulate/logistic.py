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
from scipy.linalg import cho_factor, cho_solve, cholesky, solve_triangular
from scipy.special import expit

from simulate import labels as _labels
from simulate.conventions import features, refuse, simulator
from simulate.labels import Classifiers
from simulate.max_margin import separate

Array = NDArray[np.float64]

GRADIENT = 1e-10  # largest gradient, relative to that at w = 0
ITERATIONS = 200


def _newton(A: Array, lam: float) -> Array | None:
    """argmin F over w (m,), or None where lam = 0 and A w > 0 was met. ArithmeticError without the certificate."""
    n, m = A.shape
    w, z = np.zeros(m), np.zeros(n)
    value, goal = math.log(2), GRADIENT * float(np.linalg.norm(A.sum(axis=0))) / (2 * n)
    for _ in range(ITERATIONS):
        if lam == 0 and z.min() > 0:
            return None
        l = expit(-z)
        gradient = lam * w - A.T @ l / n
        if np.linalg.norm(gradient) <= goal:
            return w
        hessian = (A.T * (l * (1 - l) / n)) @ A
        hessian[np.diag_indices(m)] += lam
        step = -cho_solve(cho_factor(hessian, lower=True, overwrite_a=True), gradient)
        size, slope = 1.0, float(gradient @ step)
        while True:
            new, z = w + size * step, A @ (w + size * step)
            now = float(np.mean(np.logaddexp(0, -z)) + lam / 2 * (new @ new))
            if now <= value + 1e-4 * size * slope + 1e-15 * value:  # Armijo, to rounding
                break
            size /= 2
        w, value = new, now
    raise ArithmeticError(f"logistic regression was not solved: gradient {np.linalg.norm(gradient):.3g}, wanted {goal:.3g}")


def fit(A: Array, lam: float) -> Array | None:
    """w (p,) for the rows A (n, p) times their labels, or None: lam = 0 and some w has A w > 0, so that none is best.

    Raises ValueError where lam < 0, ArithmeticError without the certificate.

    >>> float(fit(np.array([[1.0], [-1.0], [1.0]]), 0.0).round(12)[0]) == round(math.log(2), 12)
    True
    """
    n, p = A.shape
    if lam < 0:
        refuse("lam", lam, "it must not be negative: the loss is not strongly convex")
    if p <= n:
        return _newton(A, lam)
    if lam == 0:
        return None
    L = cholesky(A @ A.T, lower=True)
    v = _newton(L, lam)
    return A.T @ solve_triangular(L, v, lower=True, trans="T")


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
    out = {name: np.empty(draws) for name in ("error", "cosine", "norm2", "train", "test", "train_error")}
    for i in range(draws):
        A = _labels.rows(labels, n, p, r, rng)
        w = fit(A, lam)
        if w is not None:
            z = A @ w
            a, s, norm2 = float(w[0]), float(np.linalg.norm(w[1:])), float(w @ w)
            rest = (norm2, float(np.mean(np.logaddexp(0, -z))), _labels.loss(labels, r, a, s), float(np.mean(z < 0)))
        else:
            found = separate(A)
            if found is None:
                raise ArithmeticError("rows that Newton's method separated were not separated by least distance")
            a, s = float(found[0][0]), float(np.linalg.norm(found[0][1:]))
            rest = (math.inf, 0.0, math.inf, 0.0)
        for name, value in zip(out, (_labels.error(labels, r, a, s), a / math.hypot(a, s), *rest), strict=True):
            out[name][i] = value
    return Classifiers(**out)
