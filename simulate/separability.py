r"""Whether, and with how many features, a hyperplane separates Gaussian rows with binary labels.

`separable` draws the rows and solves the problem (`simulate.max_margin.separate`). `fewest_features` asks for the least p with which
n rows are separable when features are added one by one, the one along the signal first. Given labels y and T = y <x, e>, the others span
a uniformly random subspace L of R^n, and separate the rows iff L meets the interior of the cone C = R_+^n + span(T) (+ span(y) with a
free intercept). By the conic kinematic formula (amelunxen2014living) the mean of the least dim L is n - delta(C) + 1/2 where C is not
a subspace, n - delta(C) = E dist^2(g, C), g ~ N(0, I_n). So the mean of the least p given y and T, the first feature being one more, is

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

BATCH = 2**16  # entries drawn together


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


def _alone(y: Array, T: Array, free: bool) -> Array:
    """Whether one feature separates the rows of (B, n): C is the whole space."""
    if not free:
        return (T.min(axis=1) > 0) | (T.max(axis=1) < 0)
    up, down = np.where(y > 0, T, math.inf), np.where(y < 0, -T, -math.inf)
    right = up.min(axis=1) > down.max(axis=1)
    up, down = np.where(y > 0, T, -math.inf), np.where(y < 0, -T, math.inf)
    return right | (up.max(axis=1) < down.min(axis=1))


def _lowest(C: Array, at: Callable[[Array], tuple[Array, Array, Array]]) -> tuple[Array, Array]:
    """The minima over t of convex functions of c = C t, C (B, n, k): `at` gives the terms of their sums and two derivatives in c."""
    t, size = np.zeros((len(C), C.shape[2])), np.ones(len(C))
    terms, first, second = at(np.zeros(C.shape[:2]))
    value = terms.sum(axis=1)
    for _ in range(100):
        gradient = np.einsum("bnk,bn->bk", C, first)
        hessian = np.einsum("bnk,bn,bnl->bkl", C, second, C)
        hessian += (1e-12 * np.trace(hessian, axis1=1, axis2=2)[:, None, None] + 1e-30) * np.eye(C.shape[2])
        step = -np.linalg.solve(hessian, gradient[..., None])[..., 0]
        expected = -np.vecdot(gradient, step)
        if np.all(expected <= 1e-12 * (1 + value)):
            return value, t
        size = np.ones(len(C))
        while True:
            new = t + size[:, None] * step
            terms, first, second = at(np.einsum("bnk,bk->bn", C, new))
            now = terms.sum(axis=1)
            bad = now > value - 1e-4 * size * expected + 1e-14 * (1 + value)  # Armijo, to rounding
            if not np.any(bad):
                break
            size[bad] /= 2
        t, value = new, now
    raise ArithmeticError(f"a minimum over t was not found: {float(np.max(expected / (1 + value))):.3g} is left")


def _psi(c: Array) -> tuple[Array, Array, Array]:
    """E (c - G)_+^2 and derivatives."""
    below, density = ndtr(c), np.exp(-0.5 * c**2) / math.sqrt(2 * math.pi)
    return (1 + c**2) * below + c * density, 2 * (c * below + density), 2 * below


@simulator(moments=lambda **_: math.inf, cost=1.0)
def fewest_features(
    *, n: int, r2: float = 1.0, labels: str = "logistic", intercept: float = 0.0, free: bool = False,
    draws: int, rng: np.random.Generator,
) -> Array:  # fmt: skip
    """Draws of the least p with which n rows are separable, over n, averaged over all features but the signal's, Eq. (1); (draws,).

    `intercept` is that of the labels; the hyperplane has one of its own where `free`. Raises ValueError on bad arguments.
    Accuracy: the mean is exact at every n (tests count features one by one, at n = 8 and 20).

    >>> round(float(fewest_features(n=100, r2=0.0, draws=2000, rng=np.random.default_rng(0)).mean()), 1)
    0.5
    """
    _check(labels, r2, intercept)
    size = max(1, BATCH // n)
    return np.concatenate(
        [_batch((min(size, draws - i), n), math.sqrt(r2), labels, intercept, free, rng) for i in range(0, draws, size)]
    )


def _batch(shape: tuple[int, int], r: float, labels: str, b: float, free: bool, rng: np.random.Generator) -> Array:
    y, T = _labels.draw(labels, shape, r, rng, b)
    g, out, wide = rng.standard_normal(shape), np.full(shape[0], 1 / shape[1]), np.logical_not(_alone(y, T, free))
    if not np.any(wide):
        return out
    C, g = np.stack([T, y] if free else [T], axis=2)[wide], g[wide]

    def drawn(c: Array) -> tuple[Array, Array, Array]:
        over = np.maximum(c - g, 0.0)
        return over**2, 2 * over, np.where(over > 0, 2.0, 0.0)

    mean, t = _lowest(C, _psi)
    least, _ = _lowest(C, drawn)
    out[wide] = (1.5 + mean + least - drawn(np.einsum("bnk,bk->bn", C, t))[0].sum(axis=1)) / shape[1]
    return out
