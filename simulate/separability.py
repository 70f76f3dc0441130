r"""Whether, and with how many features, a hyperplane separates Gaussian rows with binary labels.

`separable` draws the rows and solves the problem (`simulate.max_margin.separate`). `fewest_features` asks for the least p with which
n rows are separable when features are added one by one, the one along the signal first. Given labels y and T = y <x, e>, the others span
a uniformly random subspace L of R^n, and separate the rows iff L meets the interior of the cone C = R_+^n + span(T) (+ span(y) with a
free intercept). By the conic kinematic formula (amelunxen2014living) the mean of the least dim L is n - delta(C) + 1/2 where C is not a
subspace, and n - delta(C) = E dist^2(g, C) for g ~ N(0, I_n). So the mean of the least p given y and T, the first feature being one more, is

    3/2 + E min_t S(t),     S(t) = sum_i (c_i - g_i)_+^2,   c = t_1 T (+ t_0 y).                                  (1)

Only g is drawn, and at the t that minimises E S the draw's S(t) is replaced by its mean. Where C is the whole space the least p is 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from simulate import labels as _labels
from simulate.conventions import features, refuse, simulator
from simulate.max_margin import separate

Array = NDArray[np.float64]


def _check(labels: str, r2: float, intercept: float) -> None:
    _labels.check(labels, r2)
    if intercept != 0 and (labels in ("mixture", "sign") or not math.isfinite(intercept)):
        refuse("intercept", intercept, "it must be finite, and only logistic and probit labels have one")


@simulator(moments=lambda **_: math.inf, cost=3.0)
def separable(
    *, n: int, gamma: float, r2: float = 1.0, labels: str = "logistic", intercept: float = 0.0, free: bool = True,
    draws: int, rng: np.random.Generator,
) -> Array:  # fmt: skip
    """1.0 where some hyperplane separates n rows of p = round(gamma n) features, else 0.0; (draws,).

    The hyperplane has an intercept of its own where `free`; `intercept` is that of the labels. Raises ValueError on bad arguments,
    ArithmeticError where a draw cannot be decided to 1e-9 of a row's norm.

    >>> separable(n=10, gamma=1.0, draws=3, rng=np.random.default_rng(0)).tolist()
    [1.0, 1.0, 1.0]
    """
    _check(labels, r2, intercept)
    p, r, out = features(n, gamma), math.sqrt(r2), np.empty(draws)
    for i in range(draws):
        A = rng.standard_normal((n, p + free))
        y, A[:, 0] = _labels.draw(labels, n, r, rng, intercept)
        if free:
            A[:, -1] = y
        out[i] = separate(A) is not None
    return out


def _alone(y: Array, T: Array, free: bool) -> bool:
    """Whether one feature separates the rows: C is the whole space."""
    if not free:
        return bool(T.min() > 0 or T.max() < 0)
    up, down = (y * T)[y > 0], (y * T)[y < 0]
    return not (up.size and down.size) or bool(up.min() > down.max() or up.max() < down.min())


def _lowest(C: Array, at: Callable[[Array], tuple[float, Array, Array]]) -> tuple[float, Array]:
    """The minimum over t of a convex function of c = C t: `at` gives its value and its first and second derivatives in c."""
    t = np.zeros(C.shape[1])
    value, first, second = at(C @ t)
    for _ in range(60):
        step = -np.linalg.lstsq((C.T * second) @ C, C.T @ first, rcond=None)[0]
        left = -float(step @ (C.T @ first))
        if left <= 1e-12 * (1 + value):
            break
        size = 1.0
        while (new := at(C @ (t + size * step)))[0] > value - 1e-4 * size * left and size > 1e-12:
            size /= 2
        t = t + size * step
        value, first, second = new
    return value, t


def _psi(c: Array) -> tuple[float, Array, Array]:
    """sum E (c_i - G)_+^2 and derivatives."""
    below: Array = ndtr(c)
    density = np.exp(-0.5 * c**2) / math.sqrt(2 * math.pi)
    return float(np.sum((1 + c**2) * below + c * density)), 2 * (c * below + density), 2 * below


@simulator(moments=lambda **_: math.inf, cost=1.0)
def fewest_features(
    *, n: int, r2: float = 1.0, labels: str = "logistic", intercept: float = 0.0, free: bool = False,
    draws: int, rng: np.random.Generator,
) -> Array:  # fmt: skip
    """Draws of the least p with which n rows are separable, over n, averaged over all features but the signal's, Eq. (1); (draws,).

    `intercept` is that of the labels; the hyperplane has one of its own where `free`. Raises ValueError on bad arguments.
    Accuracy: the mean is exact at every n (tests count features one by one, at n = 8 and 20).

    >>> round(float(fewest_features(n=100, r2=0.0, draws=2000, rng=np.random.default_rng(0)).mean()), 2)
    0.5
    """
    _check(labels, r2, intercept)
    r, out = math.sqrt(r2), np.empty(draws)
    for i in range(draws):
        y, T = _labels.draw(labels, n, r, rng, intercept)
        C, g = np.stack([T, y] if free else [T], axis=1), rng.standard_normal(n)

        def drawn(c: Array, g: Array = g) -> tuple[float, Array, Array]:
            over = np.maximum(c - g, 0.0)
            return float(over @ over), 2 * over, 2.0 * (over > 0)

        if _alone(y, T, free):
            out[i] = 1 / n
            continue
        mean, t = _lowest(C, _psi)
        out[i] = (1.5 + mean + _lowest(C, drawn)[0] - drawn(C @ t)[0]) / n
    return out
