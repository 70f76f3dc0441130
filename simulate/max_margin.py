r"""The max-margin classifier through the origin, fitted to Gaussian rows with binary labels.

With A = (y_i x_i), w = argmin |w|^2 subject to A w >= 1 is Lawson and Hanson's least-distance problem: nonnegative least squares

    min over alpha >= 0 of |A' alpha|^2 + (sum alpha - 1)^2,        w proportional to A' alpha,                      (1)

which SciPy solves by an active-set method, exactly but for rounding. Any alpha >= 0 bounds the margin, and any w attains one:

    min_i (A w)_i/|w|  <=  margin  <=  |A' alpha|/sum alpha,                                                          (2)

so that the gap of (2) certifies the solution, and |A' alpha| = 0 that nothing separates the rows. `scipy.optimize` is imported when the
first problem is solved: this is the one solver here that is not linear algebra.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simulate import labels as _labels
from simulate.conventions import features, simulator
from simulate.labels import Classifiers

Array = NDArray[np.float64]

GAP = 1e-9  # largest gap of (2), relative to a row's norm


def separate(A: Array) -> tuple[Array, Array] | None:
    """(w, alpha) of the widest margin over the rows of A (n, p), w of least norm with A w >= 1; None where no w has A w > 0.

    Raises ArithmeticError if the certificate (2) fails.

    >>> w, alpha = separate(np.array([[2.0, 0.0], [0.0, 1.0]]))
    >>> w.round(12).tolist(), alpha.round(12).tolist()
    ([0.5, 1.0], [0.25, 1.0])
    """
    from scipy.optimize import nnls

    n, p = A.shape
    right = np.zeros(p + 1)
    right[-1] = 1.0
    alpha, _ = nnls(np.vstack([A.T, np.ones(n)]), right, maxiter=100 * n)
    w = A.T @ alpha
    norm, size = float(np.linalg.norm(w)), float(np.linalg.norm(A)) / math.sqrt(n)
    most = norm / float(alpha.sum())
    least = float(np.min(A @ w)) / norm if norm > 0 else 0.0
    if least > 0 and most - least <= GAP * size:
        scale = 1 / (least * norm)
        return w * scale, alpha * scale
    if most <= GAP * size:
        return None
    raise ArithmeticError(f"the max-margin problem was not solved: its margin lies between {least:.3g} and {most:.3g}")


def _moments(*, of: str | None = None, **_: object) -> float:
    """All of what is bounded; none of norm2, which is inf with positive probability."""
    return 0 if of in (None, "norm2") else math.inf


@simulator(moments=_moments, cost=3.0)
def max_margin(
    *, n: int, gamma: float, r2: float = 1.0, labels: str = "logistic", draws: int, rng: np.random.Generator
) -> Classifiers:
    """Draws of error (given w, exact), cosine, norm2, margin and support, (draws,) each, on n rows of p = round(gamma n) features.

    `labels` as in `simulate.labels`. norm2 is that of w with A w >= 1; where nothing separates the rows w = 0 is the best of the
    unit ball: margin 0, error 1/2, cosine 0, norm2 = inf, support 1. Raises ValueError on bad arguments.
    Accuracy: the margin to 1e-9 of a row's norm, checked at every draw; 1e-13 is usual.

    >>> max_margin(n=10, gamma=1.0, r2=4.0, draws=3, rng=np.random.default_rng(0)).margin.shape
    (3,)
    """
    _labels.check(labels, r2)
    p, r = features(n, gamma), math.sqrt(r2)
    a, s, support = np.zeros(draws), np.zeros(draws), np.ones(draws)
    for i in range(draws):
        if found := separate(_labels.rows(labels, (n, p), r, rng)):
            w, alpha = found
            a[i], s[i], support[i] = w[0], np.linalg.norm(w[1:]), np.mean(alpha > 0)
    norm = np.hypot(a, s)
    norm[norm == 0] = math.inf  # no w has A w >= 1
    return Classifiers(error=_labels.error(labels, r, a, s), cosine=a / norm, norm2=norm**2, margin=1 / norm, support=support)
