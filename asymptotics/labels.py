r"""What a linear classifier sees of binary labels: the law of its normalised margin.

A row x ~ N(0, I_p) but for one direction e, a label y = +-1. Given a classifier w of cosine rho with e, s^2 = 1 - rho^2, the
margin of a row in units of |w| is u = y <x, w>/|w| = rho T + s G, with T = y <x, e>, G ~ N(0, 1) independent. `labels` says what T is:

    mixture   x = y mu + z, |mu|^2 = r2, classes of equal weight:        T ~ N(r, 1)
    logistic  P(y = 1 | x) = 1/(1 + exp(-<x, beta>)), |beta|^2 = r2
    probit    P(y = 1 | x) = Phi(<x, beta>), |beta|^2 = r2
    sign      y = sign <x, beta> (r2 > 0 is otherwise of no account)

The logistic law is a normal one of random scale 2K, K of Kolmogorov's law, so that the last three are mixtures of y = sign(<x, e> +
sqrt(i) noise) over i, of weights w: i = 4K^2/r2 (the trapezoidal rule in log K, which is exact to rounding), 1/r2, 0. The law of u has

    density p(u) = sum 2 w phi(u) Phi(rho b u),    b = (i + s^2)^(-1/2),         (mixture: phi(u - rho r))           (1)
    slope   d(u) = sum 2 w b phi(u) phi(rho b u),                                (mixture: r phi(u - rho r))         (2)
    P(u < 0)     = sum w arccos(rho (1 + i)^(-1/2))/pi,                          (mixture: Phi(-rho r))              (3)

where E (T - rho u) f(u) = s^2 int d(u) f(u) du for any f (Stein's lemma): all that fixed points of linear classifiers ask for.

Source: montanari2019generalization, section 3 (the law of the margin); monahan1992logistic (logistic as a mixture of normal laws).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, owens_t

from asymptotics.conventions import refuse
from asymptotics.risk import Value

Array = NDArray[np.float64]

LABELS = ("mixture", "logistic", "probit", "sign")
_ROOT = math.sqrt(2 * math.pi)


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifier:
    """What becomes of a linear classifier w; every field has the broadcast shape of the arguments, or is None.

    `error` is the probability that a new row is misclassified, `cosine` the cosine of w with the direction of mu or beta,
    `norm2` = |w|^2. `margin` = min_i y_i <x_i, w>/|w|, `support` = the fraction of rows at that margin. `train` and `test` are mean
    losses, `train_error` is the fraction of the training rows that are misclassified.
    """

    error: Value | None = None
    cosine: Value | None = None
    norm2: Value | None = None
    margin: Value | None = None
    support: Value | None = None
    train: Value | None = None
    test: Value | None = None
    train_error: Value | None = None

    def to_dict(self) -> dict[str, Value]:
        """The fields that apply, by name."""
        return {f.name: v for f in fields(self) if (v := getattr(self, f.name)) is not None}


@dataclass(frozen=True)
class Mixture:
    """u under two Gaussian classes at -mu and mu."""

    r: float

    def density(self, u: Any, cosine: float, sine: float) -> Any:
        return np.exp(-0.5 * (u - cosine * self.r) ** 2) / _ROOT

    def slope(self, u: Any, cosine: float, sine: float) -> Any:
        return self.r * self.density(u, cosine, sine)

    def below(self, u: float, cosine: float, sine: float) -> float:
        """P(margin < u)."""
        return float(ndtr(u - cosine * self.r))

    @property
    def reach(self) -> float:
        """E T."""
        return self.r


@dataclass(frozen=True)
class Noisy:
    """u under y = sign(<x, e> + sqrt(i) noise), i = `inverse` (m,) of weights (m,)."""

    weights: Array
    inverse: Array

    def density(self, u: Any, cosine: float, sine: float) -> Any:
        b = cosine / np.sqrt(self.inverse + sine**2)
        return 2 / _ROOT * np.exp(-0.5 * u**2) * (ndtr(np.multiply.outer(u, b)) @ self.weights)

    def slope(self, u: Any, cosine: float, sine: float) -> Any:
        b = 1 / np.sqrt(self.inverse + sine**2)
        return np.exp(-0.5 * np.multiply.outer(u**2, 1 + (cosine * b) ** 2)) @ (self.weights * b) / math.pi

    def below(self, u: float, cosine: float, sine: float) -> float:
        """P(margin < u): a bivariate normal probability."""
        if cosine == 0:
            return float(ndtr(u))
        h, a = abs(u), cosine / np.sqrt(self.inverse + sine**2)
        tail = 2 * owens_t(a * h, 1 / a)
        inside = ndtr(a * h) * (ndtr(h) - ndtr(-h)) if u > 0 else -ndtr(-a * h) * (ndtr(h) - ndtr(-h))
        return float((tail + inside) @ self.weights)

    @property
    def reach(self) -> float:
        """E T."""
        return float(self.weights @ (1 / np.sqrt(1 + self.inverse))) * math.sqrt(2 / math.pi)


def _kolmogorov() -> tuple[Array, Array]:
    """Nodes and weights of E f(K): the trapezoidal rule in log K, to 4e-16 for f = Phi(t/(2K)), any t."""
    step, j = 0.12, np.arange(1, 12)
    k = np.exp(step * np.arange(-15, 14))[:, None]
    c = (math.pi * (j - 0.5)) ** 2 / 2
    low = _ROOT * np.sum((2 * c / k**4 - 1 / k**2) * np.exp(-c / k**2), axis=1)  # both series are the density of K
    high = 8 * np.sum((-1.0) ** (j - 1) * j**2 * k * np.exp(-2 * (j * k) ** 2), axis=1)
    k = k[:, 0]
    return k, step * k * np.where(k < 0.8, low, high)


_K, _WEIGHTS = _kolmogorov()


def law(labels: str, r2: float) -> Mixture | Noisy:
    """The law of the margin u for these labels; ValueError on a name that is not in LABELS, and for sign labels with r2 = 0.

    Accuracy: density and slope to 1e-15 of their maxima, against 30-digit quadrature of the definition.

    >>> law("mixture", 4.0)
    Mixture(r=2.0)
    """
    if labels not in LABELS:
        refuse("labels", labels, f"it must be one of {', '.join(LABELS)}")
    if labels == "mixture":
        return Mixture(math.sqrt(r2))
    if labels == "sign":
        if r2 == 0:
            refuse("r2", r2, "sign labels need a signal: r2 must be positive")
        return Noisy(np.ones(1), np.zeros(1))
    if r2 == 0:
        return Noisy(np.ones(1), np.array([math.inf]))
    if labels == "probit":
        return Noisy(np.ones(1), np.array([1 / r2]))
    return Noisy(_WEIGHTS, 4 * _K**2 / r2)


def error(at: Mixture | Noisy, cosine: float, sine: float) -> float:
    """P(u < 0), Eq. (3), with arctan for arccos: small errors keep their digits."""
    if isinstance(at, Mixture):
        return float(ndtr(-cosine * at.r))
    return float(at.weights @ np.arctan2(np.sqrt(at.inverse + sine**2), cosine)) / math.pi
