r"""The max-margin (hard-margin support vector) classifier through the origin, when p, n -> infinity with p/n -> gamma.

Rows x ~ N(0, I_p) but for one direction, labels as in `labels`, which gives the density p(u) and the slope d(u) of u = y <x, w>/|w|
at cosine rho. The margin max_{|w| = 1} min_i y_i <x_i, w> tends to the largest m for which some rho satisfies

    E (m - u)_+^2 <= gamma (1 - rho^2),                                                                          (1)

and the classifier's cosine to that rho. There (1) is an equality, stationary in rho:

    int (m - u)_+ d(u) du = gamma rho.                                                                           (2)

For each rho, (1) gives m(rho), by Newton's method on a convex function. As a problem in w/m is convex, m(rho) has one maximum where it
is positive; there (2) changes sign. With u = m - x, x = exp(v - exp(-v)), all integrands are positive and the trapezoidal rule in
v converges beyond all powers; its step is halved until (1) and (2) hold at half the step too.

Source: montanari2019generalization, Theorem 3; deng2022model, Theorem 1 (numbering from memory).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.optimize import brentq

from asymptotics.conventions import theory
from asymptotics.errors import ConvergenceError
from asymptotics.labels import Classifier, Mixture, Noisy, error, law

CERTIFICATE = 1e-12  # relative residual of (1) and (2) at half the step
LEVELS = 8


class _Rule:
    """Both sides of (1) and (2) at one gamma, as functions of m and of the angle arccos(rho); one step of the rule."""

    def __init__(self, at: Mixture | Noisy, gamma: float, level: int) -> None:
        self.at, self.gamma, step = at, gamma, 2.0**-level / 12
        v = np.arange(-3.5, math.log(60 + 5 * math.sqrt(gamma)), step)
        self.x = np.exp(v - np.exp(-v))
        self.first = step * self.x**2 * (1 + np.exp(-v))  # weights of E (m - u)_+
        self.last = math.inf

    def moments(self, m: float, angle: float) -> tuple[float, float]:
        """E (m - u)_+ and E (m - u)_+^2."""
        first = self.first * self.at.density(m - self.x, math.cos(angle), math.sin(angle))
        return float(first.sum()), float(first @ self.x)

    def margin(self, angle: float) -> float:
        """The root m of (1): Newton for the root of E (m - u)_+^2, which is convex in m."""
        goal = math.sqrt(self.gamma) * math.sin(angle)
        most = goal + math.cos(angle) * self.at.reach  # E (m - u)_+^2 >= (m - E u)^2
        m = min(self.last, most)
        for _ in range(100):
            first, second = self.moments(m, angle)
            if 2 * math.sqrt(second) < goal:  # far to the left, where the slope is lost
                m = most
                continue
            step = (math.sqrt(second) - goal) * math.sqrt(second) / first
            m = min(m - step, most)
            if abs(step) <= 4e-16 * (abs(m) + goal):
                break
        self.last = m
        return m

    def turn(self, angle: float, m: float | None = None) -> float:
        """(2) as a difference, over gamma: positive where m(rho) increases."""
        m = self.margin(angle) if m is None else m
        slope = self.at.slope(m - self.x, math.cos(angle), math.sin(angle))
        return float(self.first @ slope) / self.gamma - math.cos(angle)

    def best(self) -> tuple[float, float]:
        """The largest m, and its angle."""
        low = 0.01
        while self.at.reach > 0 and self.turn(low) > 0:
            low /= 10
        found = brentq(self.turn, low, math.pi / 2, xtol=1e-300, rtol=1e-15) if self.at.reach > 0 else math.pi / 2
        return self.margin(found), found

    def residual(self, m: float, angle: float) -> float:
        """How far (1) and (2) are from holding, relative to their larger terms."""
        _, second = self.moments(m, angle)
        cosine = math.cos(angle) if self.at.reach > 0 else 1.0
        return max(abs(second / (self.gamma * math.sin(angle) ** 2) - 1), abs(self.turn(angle, m) / cosine))


def _solve(gamma: float, r2: float, labels: str) -> tuple[float, ...]:
    at, residual = law(labels, r2), math.inf
    for level in range(LEVELS):
        m, angle = _Rule(at, gamma, level).best()
        residual = _Rule(at, gamma, level + 1).residual(m, angle)
        if residual <= CERTIFICATE:
            break
    else:
        raise ConvergenceError(
            "the max-margin classifier",
            residual=residual,
            iterations=LEVELS,
            causes="gamma below 1e-4 or above 1e5, or r2 above 1e6",
        )
    if m <= 0:
        return 0.5, 0.0, math.inf, 0.0, 1.0
    cosine, sine = math.cos(angle) if at.reach > 0 else 0.0, math.sin(angle)
    return error(at, cosine, sine), cosine, m**-2, m, at.below(m, cosine, sine)


@theory
def max_margin(*, gamma: Any, r2: Any = 1.0, labels: str = "logistic") -> Classifier:
    """The limit of the classifier that maximises min_i y_i <x_i, w>/|w|: error, cosine, margin, norm2 = margin^-2, support.

    gamma > 0 and r2 >= 0 broadcast; `labels` as in `asymptotics.labels`. norm2 is that of the w of least norm with all
    y_i <x_i, w> >= 1, support the fraction of rows with equality. Up to `separability.threshold` nothing separates the rows and
    w = 0 is the best of the unit ball: margin 0, error 1/2, cosine 0, norm2 = inf, support 1. Raises ValueError on bad arguments,
    ConvergenceError without the certificate.

    Accuracy: mixtures, gamma in [0.02, 1e3], r2 in [1e-4, 1e4], every field against 50-digit mpmath: 3e-12, times 1/margin near the
    threshold (error: times 1 + r cosine); the other labels satisfy (1), (2) in 20-digit quadrature to 1e-12/(1 - rho^2).

    >>> at = max_margin(gamma=1.0, r2=2.25, labels="mixture")
    >>> round(float(at.margin), 3), round(float(at.error), 4)
    (1.067, 0.1614)
    """
    gamma, r2 = np.broadcast_arrays(gamma, r2)
    found = np.array([_solve(g, r, labels) for g, r in zip(gamma.ravel().tolist(), r2.ravel().tolist(), strict=True)])
    names = ("error", "cosine", "norm2", "margin", "support")
    return Classifier(**{name: column.reshape(gamma.shape) for name, column in zip(names, found.T, strict=True)})
