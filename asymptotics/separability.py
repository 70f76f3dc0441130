r"""When a hyperplane separates two classes: the threshold of p/n, above which logistic regression has no finite solution.

Rows x ~ N(0, I_p) but for one direction e, labels as in `labels`, with an intercept P(y = 1 | x) = f(b + r <x, e>). As p, n -> infinity
with p/n -> gamma, the probability that some w and some intercept separate the data tends to 1 for gamma above, to 0 below

    gamma* = min over t0, t of E (t0 y + t T - G)_+^2,        T = y <x, e>, G ~ N(0, 1) independent of both          (1)
           = min over t0, t of int phi(x) [f psi(t0 + t x) + (1 - f) psi(-t0 - t x)] dx,                             (2)

psi(c) = E (c - G)_+^2 = (1 + c^2) Phi(c) + c phi(c), psi' = 2 (c Phi(c) + phi(c)), psi'' = 2 Phi(c). (2) is convex in (t0, t) and is
minimised by Newton's method, integrated by the trapezoidal rule, whose step is halved until nothing changes. Without signal
gamma* = 1/2, Cover's n = 2p. Where b = 0 the best t0 is 0: then the threshold is that of hyperplanes through the origin too.

Source: candes2020phase, Theorems 1 and 2; cover1965geometrical (numbering from memory).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, erfcx, expit, ndtr

from asymptotics.conventions import refuse, theory, within
from asymptotics.errors import ConvergenceError
from asymptotics.labels import LABELS

Array = NDArray[np.float64]

CERTIFICATE = 1e-12  # relative change of the value from a step to its half, and the decrease that Newton still expects
LEVELS = 9
TINY = 1e-290  # a threshold below is 0: two classes of r2 > 1300, of which doubles soon hold nothing


def _nodes(labels: str, r: float, b: float, level: int) -> tuple[Array, Array]:
    """(y, T) of both classes, (2, m), and the weights (m,) of the trapezoidal rule."""
    step = 2.0**-level / 8
    x = np.arange(-10 - (min(r, 30.0) if labels == "mixture" else 0.0), 10 + step / 2, step)
    weight = step * np.exp(-0.5 * x**2) / math.sqrt(2 * math.pi)
    if labels == "mixture":
        T, up, down = np.concatenate([r + x, r + x]), 0.5 * weight, 0.5 * weight
    else:
        f = expit if labels == "logistic" else ndtr
        T, up, down = np.concatenate([x, -x]), weight * f(b + r * x), weight * f(-b - r * x)
    return np.stack([np.repeat([1.0, -1.0], x.size), T]), np.concatenate([up, down])


def _at(t: Array, rows: Array, weight: Array) -> tuple[float, Array, Array]:
    """(2), its gradient and its Hessian."""
    c = t @ rows
    density = np.exp(-0.5 * c**2) / math.sqrt(2 * math.pi)
    ratio = math.sqrt(math.pi / 2) * erfcx(-np.minimum(c, 0.0) / math.sqrt(2))  # Phi/phi for c < 0: Phi + small is too coarse
    below = np.where(c < 0, density * ratio, ndtr(c))
    psi = np.where(c < 0, density * ((1 + c**2) * ratio + c), (1 + c**2) * below + c * density)
    return float(weight @ psi), 2 * rows @ (weight * (c * below + density)), 2 * (rows * (weight * below)) @ rows.T


def _minimum(t: Array, nodes: tuple[Array, Array]) -> tuple[float, Array, float]:
    """The least value of (2), where it is, and the relative decrease that Newton still expects."""
    value, gradient, hessian = _at(t, *nodes)
    left = 0.0
    for _ in range(100):
        if value < TINY:
            return 0.0, t, 0.0
        step = -np.linalg.solve(hessian, gradient)
        left = -float(gradient @ step) / value
        if left <= CERTIFICATE:
            break
        while True:
            new = _at(t + step, *nodes)
            if new[0] < value or np.max(np.abs(step)) < 1e-15 * (1 + np.max(np.abs(t))):
                break
            step /= 2
        t = t + step
        value, gradient, hessian = new
    return value, t, left


def _threshold(r: float, b: float, labels: str) -> float:
    if labels == "sign":
        return 0.0
    t, before = np.zeros(2), math.inf
    for level in range(LEVELS):
        value, t, left = _minimum(t, _nodes(labels, r, b, level))
        if value == 0:
            return 0.0
        residual, before = max(abs(value - before) / value, left), value
        if residual <= CERTIFICATE:
            return min(value, 0.5)
    raise ConvergenceError(
        "the threshold of separability", residual=residual, iterations=LEVELS,
        causes="r2 above 1e4, or an intercept that leaves one class all but empty",
    )  # fmt: skip


@theory
def threshold(*, r2: Any, labels: str = "logistic", intercept: Any = 0.0) -> Any:
    """The p/n above which a hyperplane separates the labels in the limit, and below which none does; in [0, 1/2].

    r2 >= 0 and `intercept`, the b of the labels, broadcast; the hyperplane's own intercept is free. `labels` as in `asymptotics.labels`;
    mixtures have equal weights and take no intercept, sign labels are always separable: 0. Raises ValueError on bad
    arguments, ConvergenceError without the certificate.

    Accuracy: 2e-12, against closed sums (logistic, probit; r2 in [1e-4, 1e4]) and 60-digit mpmath (mixtures, r2 in [0.01, 100]).

    >>> threshold(r2=[0.0, 16.0]).round(4).tolist()
    [0.5, 0.2215]
    """
    if labels not in LABELS:
        refuse("labels", labels, f"it must be one of {', '.join(LABELS)}")
    intercept = within("intercept", intercept, np.isfinite, "finite")
    if labels in ("mixture", "sign") and np.any(intercept != 0):
        refuse("intercept", intercept, "only logistic and probit labels have one")
    r2, intercept = np.broadcast_arrays(r2, intercept)
    pairs = zip(np.sqrt(r2).ravel().tolist(), intercept.ravel().tolist(), strict=True)
    return np.array([_threshold(r, b, labels) for r, b in pairs]).reshape(r2.shape)


@theory
def fraction(*, n: Any, p: Any) -> Any:
    """The probability that n points with random labels in R^p are separated by some hyperplane through the origin: Cover's formula.

    2^(1-n) sum_{k < p} binom(n - 1, k) for any points in general position: exact at integers n, p >= 1, which broadcast; ValueError
    on others.

    >>> [float(fraction(n=n, p=2)) for n in (2, 3, 4)]
    [1.0, 0.75, 0.5]
    """
    n, p = (within(name, v, lambda v: (v >= 1) & (v == np.floor(v)), "a positive integer") for name, v in (("n", n), ("p", p)))
    return bdtr(np.minimum(p, n) - 1, np.asarray(n - 1, dtype=np.int64), 0.5)
