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
STEEP = 300.0  # a/s in units of max(r, 1), from where Phi(-a x/s) is a step, its width to the second power


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


def draw(labels: str, shape: int | tuple[int, ...], r: float, rng: np.random.Generator, b: float = 0.0) -> tuple[Array, Array]:
    """Labels y and T = y <x, e>, of this shape each; b is the intercept of the labels."""
    x = rng.standard_normal(shape)
    if labels == "mixture":
        y = np.where(rng.random(shape) < 0.5, 1.0, -1.0)
        return y, y * (y * r + x)
    if labels == "logistic":
        y = np.where(rng.random(shape) < expit(b + r * x), 1.0, -1.0)
    else:
        noise = rng.standard_normal(shape) if labels == "probit" else 0.0
        y = np.where(b + r * x + noise > 0, 1.0, -1.0)
    return y, y * x


def rows(labels: str, shape: tuple[int, ...], r: float, rng: np.random.Generator) -> Array:
    """y_i x_i, of shape (..., n, p)."""
    out = rng.standard_normal(shape)
    out[..., 0] = draw(labels, shape[:-1], r, rng)[1]
    return out


def _mean(f: Callable[[Array], Array], finest: float) -> Array:
    """E f(G), of f from (m,) to (..., m), by the trapezoidal rule, for f that varies on scales above `finest`."""
    step = min(0.05, 0.2 * finest)
    x = np.arange(-10, 10 + step, step)
    return f(x) @ np.exp(-0.5 * x**2) * (step / math.sqrt(2 * math.pi))


def _wrong(r: float) -> float:
    """P(T < 0) of logistic labels, by the trapezoidal rule in log |x|."""
    x = np.exp(np.arange(-40, 2.5, 0.05))
    return float(2 * np.exp(-0.5 * x**2) * expit(-r * x) @ x) * 0.05 / math.sqrt(2 * math.pi)


def error(labels: str, r: float, a: Array, s: Array) -> Array:
    """P(a T + s G < 0), Eq. (1), for arrays a and s; 1/2 for w = 0."""
    norm = np.hypot(a, s)
    cosine = a / np.where(norm > 0, norm, 1.0)
    if labels == "mixture":
        return ndtr(-cosine * r)
    if labels == "logistic":
        with np.errstate(divide="ignore"):  # one feature: s = 0
            slope = np.divide(a, s, out=np.zeros_like(a), where=norm > 0)
        steepest = STEEP * max(r, 1.0)
        slow = np.clip(slope, -steepest, steepest)
        found = _mean(
            lambda x: 2 * expit(r * x) * ndtr(-np.multiply.outer(slow, x)), 1 / max(r, float(np.max(np.abs(slow))), 1.0)
        )
        if np.any(steep := np.abs(slope) > steepest):
            last = _wrong(r) + r / (4 * math.sqrt(2 * math.pi)) / np.where(steep, slope, np.inf) ** 2
            found = np.where(steep, np.where(slope > 0, last, 1 - last), found)
        return np.where(norm > 0, found, 0.5)
    return np.arccos((r / math.hypot(1, r) if labels == "probit" else 1.0) * cosine) / math.pi


def loss(labels: str, r: float, a: Array, s: Array) -> Array:
    """E log(1 + exp(-a T - s G)), Eq. (1), for arrays a and s."""
    q = np.hypot(a, s)[:, None]
    centre = a[:, None] * r if labels == "mixture" else 0.0
    end = math.asinh(float(np.max(10 * q + centre)))
    v = np.linspace(-end, end, 2 * math.ceil(end / 0.04) + 1)  # z = sinh v: fine where l bends
    z, dz = np.sinh(v), np.cosh(v) * (v[1] - v[0]) / math.sqrt(2 * math.pi)
    plain = np.sum(np.logaddexp(0, -z) * dz * np.exp(-0.5 * ((z - centre) / q) ** 2) / q, axis=1)
    if labels == "mixture":
        return plain
    if labels == "logistic":
        return plain - a / 2 * _mean(lambda x: 2 * x * expit(r * x), 1 / max(r, 1))
    return plain - a / 2 * math.sqrt(2 / math.pi) * (r / math.hypot(1, r) if labels == "probit" else 1.0)
