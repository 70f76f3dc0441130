r"""Logistic regression through the origin, ridge-penalised or not, when p, n -> infinity with p/n -> gamma.

w minimises (1/n) sum l(y_i <x_i, w>) + (lam/2) |w|^2, l(z) = log(1 + e^-z); scikit-learn's C is 1/(n lam). Rows x ~ N(0, I_p) but for one
direction e, labels as in `labels`: u = y <x, w>/|w| has density p(u) and slope d(u) at cosine rho of w and e. A new row has margin
q u, q = |w|; a training row has z, the proximal point of q u, with q u = z + eta l'(z). The limits of q, rho and eta solve

    eta^2 int p l'(z)^2 du              = gamma q^2 (1 - rho^2),                                                     (1)
    eta int p l''(z)/(1 + eta l''(z)) du = gamma - lam eta,                                                           (2)
    eta int d |l'(z)| du                = gamma q rho,                                                               (3)

the stationarity of a convex problem in (q rho, q s), so that a solution is the only one. In z all of it is explicit: u = (z + eta l'(z))/q.
The trapezoidal rule in v, z = z0 + A sinh v, converges beyond all powers; where eta > 20 q the left of the line is compressed in z, and
z = y + W, W e^W = eta e^-y, y = y0 + A sinh v takes its place (the proximal point for the loss e^-z). In logarithms (1)-(3) are
nearly linear: Powell's method follows them from a large penalty, where l' = -1/2, down to lam.

At lam = 0 the solution is finite below `separability.threshold`; above it |w| = inf, in the direction of `max_margin` as lam -> 0.

Source: salehi2019impact, Theorem 1; deng2022model, Theorem 1; sur2019modern, Theorem 2 (lam = 0; numbering from memory).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import root
from scipy.special import expit, wrightomega

from asymptotics.conventions import refuse, theory
from asymptotics.errors import ConvergenceError
from asymptotics.labels import Classifier, Mixture, Noisy, error, law
from asymptotics.max_margin import max_margin
from asymptotics.separability import threshold

Array = NDArray[np.float64]

CERTIFICATE = 1e-12  # of (1)-(3), relative, at half the step
LEVELS = 6
FACTOR = 100.0  # from one penalty to the next
SMALL = 1e-8  # the least penalty on the way to lam = 0


def _rule(q: float, eta: float, reach: float, step: float) -> tuple[Array, Array]:
    """Nodes z and dz/dv times the step, for u from -10 to 10 and beyond the mean."""
    high = q * (10 + reach) + 1
    if eta <= 20 * q:
        z0 = float(wrightomega(math.log(eta)))  # near u = 0
        l1 = expit(-z0)
        A = min(1.5, q / (1 + eta * l1 * (1 - l1)))
        v = np.arange(math.asinh((-10 * q - z0) / A), math.asinh((high + math.log1p(eta) - z0) / A), step)
        return z0 + A * np.sinh(v), step * A * np.cosh(v)
    y0, A = min(math.log(eta) + 1, q), min(2.5, q)  # the proximal map bends at log eta + 1 +- i pi
    v = np.arange(math.asinh((-20 * q - y0) / A), math.asinh((high - y0) / A), step)
    y = y0 + A * np.sinh(v)
    W = wrightomega(math.log(eta) - y)
    return y + W, step * A * np.cosh(v) / (1 + W)


class _System:
    """(1)-(3) as differences of logarithms, of x = log(rho/s, q, eta); without signal rho = 0 and the first is x_0 = 0."""

    def __init__(self, at: Mixture | Noisy, gamma: float, lam: float, level: int) -> None:
        self.at, self.gamma, self.lam, self.step = at, gamma, lam, 2.0**-level / 8

    def unpack(self, x: Array) -> tuple[float, float, float, float]:
        """rho, s, q, eta."""
        t, q, eta = np.exp(np.clip(x, -300, 300)).tolist()
        t = t if self.at.reach > 0 else 0.0
        return t / math.hypot(1, t), 1 / math.hypot(1, t), q, eta

    def __call__(self, x: Array) -> Array:
        rho, s, q, eta = self.unpack(x)
        z, dz = _rule(q, eta, self.at.reach, self.step)
        l1 = expit(-z)
        l2 = l1 * (1 - l1)
        u, stretch = (z - eta * l1) / q, 1 + eta * l2  # q du = stretch dz
        p = self.at.density(u, rho, s) * dz / q
        left = [eta**2 * ((p * stretch) @ l1**2), eta * (p @ l2 + self.lam)]
        right = [self.gamma * (q * s) ** 2, self.gamma]
        if self.at.reach > 0:
            left.append(eta * ((self.at.slope(u, rho, s) * stretch * dz / q) @ l1))
            right.append(self.gamma * q * rho)
        out = np.log(np.maximum(left, 1e-300)) - np.log(np.maximum(right, 1e-300))
        return out if self.at.reach > 0 else np.append(out, x[0])

    def losses(self, x: Array) -> tuple[float, float]:
        """Mean training loss E l(z) and loss of a new row E l(q u)."""
        rho, s, q, eta = self.unpack(x)
        z, dz = _rule(q, eta, self.at.reach, self.step / 4)
        l1 = expit(-z)
        p = self.at.density((z - eta * l1) / q, rho, s) * (1 + eta * l1 * (1 - l1)) * dz / q
        A, end = min(1.5, q), q * (10 + self.at.reach)
        v = np.arange(-math.asinh(end / A), math.asinh(end / A), self.step / 4)
        new = self.at.density(A * np.sinh(v) / q, rho, s) * A * np.cosh(v) * self.step / (4 * q)
        return float(p @ np.logaddexp(0, -z)), float(new @ np.logaddexp(0, -A * np.sinh(v)))


def _start(at: Mixture | Noisy, gamma: float, lam: float) -> Array:
    """The solution with l' = -1/2, l'' = 1/4: for large lam."""
    b = 4 * lam + 1 - gamma
    eta = 8 * gamma / (b + math.sqrt(b * b + 16 * lam * gamma))
    side, along = eta / (2 * math.sqrt(gamma)), eta * at.reach / (2 * gamma)
    return np.log([along / side or 1.0, math.hypot(along, side), eta])


def _follow(at: Mixture | Noisy, gamma: float, lam: float) -> Array:
    """x at lam, from a large penalty down; each start extrapolates the last two in log lam."""
    top = max(lam, 1 + gamma + at.reach)
    count = math.ceil(math.log(top / max(lam, SMALL), FACTOR))
    penalties = np.geomspace(top, max(lam, SMALL), count + 1)
    x = before = _start(at, gamma, top)
    for i, penalty in enumerate(penalties):
        guess = 2 * x - before if i > 1 else x
        before, x = x, root(_System(at, gamma, penalty, 0), guess, method="hybr", options={"xtol": 1e-12}).x
    return x


def _solve(gamma: float, r2: float, lam: float, labels: str) -> tuple[float, ...]:
    at, level, residual = law(labels, r2), 0, math.inf
    x = _follow(at, gamma, lam)
    for level in range(LEVELS):
        x = root(_System(at, gamma, lam, level), x, method="hybr", options={"xtol": 1e-14}).x
        residual = float(np.max(np.abs(_System(at, gamma, lam, level + 1)(x))))
        if residual <= CERTIFICATE:
            break
    else:
        raise ConvergenceError(
            "logistic regression", residual=residual, iterations=LEVELS,
            causes="lam = 0 within 1e-3 of separability.threshold; r2 above 1e4; lam > 0 below 1e-12",
        )  # fmt: skip
    system = _System(at, gamma, lam, level)
    rho, s, q, eta = system.unpack(x)
    return error(at, rho, s), rho, q * q, *system.losses(x), at.below(-eta / (2 * q), rho, s)


def _limit(gamma: float, r2: float, labels: str) -> tuple[float, ...]:
    """lam -> 0."""
    if gamma < threshold(r2=r2, labels=labels):
        return _solve(gamma, r2, 0.0, labels)
    at = max_margin(gamma=gamma, r2=r2, labels=labels)
    return float(at.error), float(at.cosine), math.inf, 0.0, math.inf, 0.0  # type: ignore[arg-type]


@theory
def ridge(*, gamma: Any, lam: Any, r2: Any = 1.0, labels: str = "logistic") -> Classifier:
    """The limit of penalised logistic regression: error, cosine, norm2, mean losses train and test, train_error.

    gamma > 0, lam >= 0, r2 >= 0 broadcast; `labels` as in `asymptotics.labels`. lam = 0 is the limit lam -> 0: the maximum-likelihood
    fit where it exists, else the direction of the max-margin classifier with norm2 = test = inf. Raises ValueError on bad
    arguments, ConvergenceError without the certificate.

    Accuracy: residuals of (1)-(3) below 1e-12 at half the step, always; norm2 within 5e-15 of a fixed point of the teacher-student model by
    two-dimensional sums at four points (the record salehi2019.state_evolution). Near gamma*, lam = 0, errors grow as norm2 does.

    >>> at = ridge(gamma=0.2, lam=0.0, r2=5.0)
    >>> round(float(np.sqrt(at.norm2) * at.cosine / np.sqrt(5.0)), 3)
    1.499
    """
    if np.any(lam < 0):
        refuse("lam", float(np.min(lam)), "it must not be negative: the loss is not strongly convex")
    gamma, lam, r2 = np.broadcast_arrays(gamma, lam, r2)
    points = zip(gamma.ravel().tolist(), r2.ravel().tolist(), lam.ravel().tolist(), strict=True)
    found = np.array([_solve(g, r, l, labels) if l > 0 else _limit(g, r, labels) for g, r, l in points])
    names = ("error", "cosine", "norm2", "train", "test", "train_error")
    return Classifier(**{name: column.reshape(gamma.shape) for name, column in zip(names, found.T, strict=True)})


def ridgeless(*, gamma: Any, r2: Any = 1.0, labels: str = "logistic") -> Classifier:
    """Logistic regression without a penalty: `ridge` at lam = 0.

    >>> float(ridgeless(gamma=0.5, r2=4.0).norm2)
    inf
    """
    return ridge(gamma=gamma, lam=0.0, r2=r2, labels=labels)
