r"""Binary labels of Gaussian rows, and what a linear classifier makes of a new row.

    mixture   x = y mu + z, |mu|^2 = r2, y = +-1 with equal weights
    logistic  P(y = 1 | x) = 1/(1 + exp(-b - <x, beta>)), |beta|^2 = r2, x ~ N(0, I)
    probit    P(y = 1 | x) = Phi(b + <x, beta>)
    sign      y = sign <x, beta>

The direction e of mu or beta is the first axis. Only y x is seen by a classifier through the origin: T = y <x, e> is drawn as the model
says, all else is N(0, I). A new row's margin under w = (a, w'), s = |w'|, is a T + s G with G ~ N(0, 1), and for the last three models

    P(a T + s G < 0) = int 2 phi(x) f(r x) Phi(-a x/s) dx,      E l(a T + s G) = E l(|w| G) - (a/2) E T             (1)

for l(z) = log(1 + e^-z), since f(t) + f(-t) = 1 (b = 0) and l(-z) = l(z) + z.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr

from simulate.conventions import refuse

Array = NDArray[np.float64]

LABELS = ("mixture", "logistic", "probit", "sign")


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifiers:
    """Draws of a classifier w, each (draws,), or None where not computed.

    `error` and `test`: misclassification and mean loss of a new row given w, exact; `cosine` of w with the direction of mu or
    beta; `norm2` = |w|^2; `margin` = min_i y_i <x_i, w>/|w|; `support`: the fraction of rows at it; `train`, `train_error`:
    mean loss and misclassification on the rows themselves.
    """

    error: Array | None = None
    cosine: Array | None = None
    norm2: Array | None = None
    margin: Array | None = None
    support: Array | None = None
    train: Array | None = None
    test: Array | None = None
    train_error: Array | None = None

    def to_dict(self) -> dict[str, Array]:
        """The quantities that were computed, by name."""
        return {f.name: v for f in fields(self) if (v := getattr(self, f.name)) is not None}


def check(labels: str, r2: float) -> None:
    """ValueError on a name that is not in LABELS, and for sign labels without a signal."""
    if labels not in LABELS:
        refuse("labels", labels, f"it must be one of {', '.join(LABELS)}")
    if labels == "sign" and r2 == 0:
        refuse("r2", r2, "sign labels need a signal: r2 must be positive")


def draw(labels: str, n: int, r: float, rng: np.random.Generator, intercept: float = 0.0) -> tuple[Array, Array]:
    """Labels y and T = y <x, e>, (n,) each."""
    x = rng.standard_normal(n)
    if labels == "mixture":
        y = np.where(rng.random(n) < 0.5, 1.0, -1.0)
        return y, y * (y * r + x)
    if labels == "logistic":
        y = np.where(rng.random(n) < expit(intercept + r * x), 1.0, -1.0)
    else:
        noise = rng.standard_normal(n) if labels == "probit" else 0.0
        y = np.where(intercept + r * x + noise > 0, 1.0, -1.0)
    return y, y * x


def rows(labels: str, n: int, p: int, r: float, rng: np.random.Generator) -> Array:
    """y_i x_i, (n, p)."""
    out = rng.standard_normal((n, p))
    out[:, 0] = draw(labels, n, r, rng)[1]
    return out


def _mean(f: Callable[[Array], Array], finest: float) -> float:
    """E f(G) by the trapezoidal rule, for f that varies on scales above `finest`."""
    step = min(0.05, 0.2 * finest)
    x = np.arange(-10, 10 + step, step)
    return float(f(x) @ np.exp(-0.5 * x**2)) * step / math.sqrt(2 * math.pi)


def error(labels: str, r: float, a: float, s: float) -> float:
    """P(a T + s G < 0), Eq. (1); 1/2 for w = 0."""
    if a == s == 0:
        return 0.5
    if labels == "mixture":
        return float(ndtr(-a * r / math.hypot(a, s)))
    if labels == "logistic":
        return _mean(lambda x: 2 * expit(r * x) * ndtr(-a / s * x), min(1 / max(r, 1), s / max(abs(a), s)))
    scale = r / math.hypot(1, r) if labels == "probit" else 1.0
    return math.acos(scale * a / math.hypot(a, s)) / math.pi


def loss(labels: str, r: float, a: float, s: float) -> float:
    """E log(1 + exp(-a T - s G)), Eq. (1)."""
    q = math.hypot(a, s)
    fine = 1 / max(q, 1.0)
    if labels == "mixture":
        return _mean(lambda x: np.logaddexp(0, -(a * r + q * x)), fine)
    if labels == "logistic":
        mean = _mean(lambda x: 2 * x * expit(r * x), 1 / max(r, 1))
    else:
        mean = math.sqrt(2 / math.pi) * (r / math.hypot(1, r) if labels == "probit" else 1.0)
    return _mean(lambda x: np.logaddexp(0, -q * x), fine) - a / 2 * mean
