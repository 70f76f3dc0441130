r"""What a Gaussian sees of an activation: its mean, its linear part, and the variance of everything else.

For G ~ N(0, 1) and an activation f with E f(G)^2 < infinity,

    f(G) = mu0 + mu1 G + (rest),   mu0 = E f(G),   mu1 = E G f(G),   mu_star^2 = E (f(G) - mu0 - mu1 G)^2,      (1)

the first Hermite coefficients and the variance of all higher ones. A layer of f on Gaussian inputs has the covariance of
mu1 (linear layer) + mu_star (independent noise): the Gaussian equivalence that nonlinear_features and random features use.
The normalised activation (f - mu0) / sqrt(mu1^2 + mu_star^2) has mean 0 and variance 1, and

    c1 = mu1^2 / (mu1^2 + mu_star^2)                                                                           (2)

is the linear share of its variance: 1 for the identity, 0 for the "purely nonlinear" a (|t| - b).

Source: mei2022generalization, Eq. (8) (mu_star); hastie2022surprises, the section on the nonlinear model (c1).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf, eval_legendre, roots_jacobi

from asymptotics.conventions import refuse
from asymptotics.errors import ConvergenceError

Function = Callable[[NDArray[np.float64]], NDArray[np.float64]]

_PI = math.pi
_END = 37.5
_STARTS = np.concatenate([[-_END], np.linspace(-8, 8, 1025), [_END]])  # a panel's halves leave gaps of at most 6e-4
# A panel's rule, which its two halves by the same rule judge: Lobatto's, for a jump between a panel's end and Gauss's first node
# would be seen by neither.
_NODES = np.concatenate([[-1.0], roots_jacobi(18, 1, 1)[0], [1.0]])
_WEIGHTS = 2 / (380 * eval_legendre(19, _NODES) ** 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hermite:
    """The constants (1) of an activation; `mu_star2` is the square of mu_star, `linear` is c1 of (2)."""

    mu0: float
    mu1: float
    mu_star2: float

    @property
    def variance(self) -> float:
        """Var f(G) = mu1^2 + mu_star^2."""
        return self.mu1**2 + self.mu_star2

    @property
    def linear(self) -> float:
        """c1, the linear share of the variance, in [0, 1]."""
        return self.mu1**2 / self.variance


#: name -> (function, its constants in closed form; None: by quadrature)
NAMED: dict[str, tuple[Function, Hermite | None]] = {
    "identity": (lambda t: t, Hermite(mu0=0.0, mu1=1.0, mu_star2=0.0)),
    "relu": (lambda t: np.maximum(t, 0.0), Hermite(mu0=1 / math.sqrt(2 * _PI), mu1=0.5, mu_star2=0.25 - 0.5 / _PI)),
    "abs": (np.abs, Hermite(mu0=math.sqrt(2 / _PI), mu1=0.0, mu_star2=1 - 2 / _PI)),
    "sign": (np.sign, Hermite(mu0=0.0, mu1=math.sqrt(2 / _PI), mu_star2=1 - 2 / _PI)),
    # E erf(G)^2 = (2/pi) arcsin(2/3) and E erf'(G) = 2 / sqrt(3 pi)
    "erf": (erf, Hermite(mu0=0.0, mu1=2 / math.sqrt(3 * _PI), mu_star2=2 / _PI * math.asin(2 / 3) - 4 / (3 * _PI))),
    # a (|t| - b) with b = E|G|, a^-2 = Var |G|: mean 0, variance 1, no linear part
    "purely_nonlinear": (
        lambda t: (np.abs(t) - math.sqrt(2 / _PI)) / math.sqrt(1 - 2 / _PI),
        Hermite(mu0=0.0, mu1=0.0, mu_star2=1.0),
    ),
    "tanh": (np.tanh, None),
}


def function(activation: str | Function) -> Function:
    """The activation as a function of arrays.

    A name of `NAMED` or a callable, which is returned as it is. Raises ValueError for an unknown name.

    >>> function("relu")(np.array([-1.0, 2.0]))
    array([0., 2.])
    """
    if isinstance(activation, str):
        if activation not in NAMED:
            refuse("activation", activation, f"give a callable, or one of {', '.join(NAMED)}")
        return NAMED[activation][0]
    if not callable(activation):
        refuse("activation", activation, f"give a callable on arrays, or one of {', '.join(NAMED)}")
    return activation


def hermite(activation: str | Function) -> Hermite:
    """Mean, linear coefficient and remaining variance of an activation on a standard Gaussian, Eq. (1).

    `activation` is a name (`NAMED`) or a callable that maps arrays to arrays. Kinks and jumps may stand anywhere, but what is
    narrower than 6.3e-4 (1.2 beyond |t| = 8, of probability 1e-15) may be missed; f may grow as long as E f(G)^2 is finite.
    Raises ValueError for unknown names, infinite values or second moments, and constants; ConvergenceError when the quadrature
    leaves more than 1e-13 of the scale of f.

    Accuracy: closed forms to 1e-16; by quadrature at most 2e-15 of sqrt(E f^2) in mu0 and mu1, and of E f^2 in mu_star2, which is 0
    below 1e-28 of it (measured against 50-digit mpmath on the named ones, softplus, exp, the worst, cos(7t), exp(t^2/5), a shifted
    relu, twelve jumps, and intervals from 6.3e-4 on). 3 ms, with a jump 10 ms.

    >>> hermite("sign")
    Hermite(mu0=0.0, mu1=0.7978845608028654, mu_star2=0.3633802276324186)
    >>> round(hermite("purely_nonlinear").linear, 12)
    0.0
    """
    f = function(activation)
    if isinstance(activation, str) and (known := NAMED[activation][1]) is not None:
        return known
    (size2,) = _gaussian_means(lambda t: _squares(f, t))
    (end,) = _squares(f, np.array([-_END, _END])) * math.exp(-0.5 * _END**2)
    if not np.max(end) <= 1e-14 * size2 / _END:  # of E f^2, which the accuracy leaves; at most `end` a unit of length lies beyond
        refuse(
            "activation",
            activation,
            "E f(G)^2 is infinite, or as good as: its square times exp(-t^2/2) has not decayed at |t| = 37.5",
        )
    size = math.sqrt(size2) or 1.0
    mu0, mu1 = _gaussian_means(lambda t: np.stack([v := _values(f, t) / size, t * v]), floor=1.0)
    # the remainder is integrated by itself: E f^2 - mu0^2 - mu1^2 would lose its digits for a nearly linear f
    (rest,) = _gaussian_means(lambda t: (_values(f, t) / size - mu0 - mu1 * t)[None, :] ** 2, floor=1.0)
    if not mu1**2 + rest > 1e-28:  # the square of rounding: f is constant
        refuse(
            "activation",
            activation,
            "it is constant, but for what is too narrow to be seen; it must have a positive variance under a Gaussian",
        )
    linear = rest <= 1e-28  # the square of rounding here too: a tail of 1e-32 would stand for a ridge, where there is none
    return Hermite(mu0=float(size * mu0), mu1=float(size * mu1), mu_star2=0.0 if linear else float(size2 * rest))


def normalized(activation: str | Function) -> Function:
    """(f - mu0) / sqrt(mu1^2 + mu_star^2): the activation with mean 0 and variance 1 on a standard Gaussian.

    >>> float(normalized("sign")(np.array(3.0)))
    1.0
    """
    f, constants = function(activation), hermite(activation)
    scale = math.sqrt(constants.variance)
    return lambda t: (f(t) - constants.mu0) / scale


def _values(f: Function, t: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(over="ignore", invalid="ignore"):
        values = np.asarray(f(t), dtype=np.float64)
    if values.shape != t.shape or not np.all(np.isfinite(values)):
        refuse("activation", f, "it must map an array to an array of the same shape, with finite values on [-37.5, 37.5]")
    return values


def _squares(f: Function, t: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(over="ignore"):
        squares = _values(f, t)[None, :] ** 2
    if not np.all(np.isfinite(squares)):
        refuse("activation", f, "E f(G)^2 must be finite, and f^2 on [-37.5, 37.5] too")
    return squares


def _gaussian_means(f: Function, *, floor: float = 0.0) -> NDArray[np.float64]:
    """E f(G) for f from (m,) to (k, m), to 1e-14 of the largest of the k means and `floor`.

    Panels of [-37.5, 37.5] (whose ends weigh 1e-306) are bisected until a panel's rule and that of its halves agree; a jump
    costs fifty bisections, after which its panel is as narrow as the spacing of doubles.
    """
    left, right = _STARTS[:-1], _STARTS[1:]
    done, error, iterations, scale = np.zeros(1), np.zeros(1), 0, 1.0
    while left.size and iterations < 64 and left.size < 20000:
        middle, iterations = 0.5 * (left + right), iterations + 1
        whole, halves = _panels(f, left, right), _panels(f, left, middle) + _panels(f, middle, right)
        scale = max(float(np.max(np.abs(done + halves.sum(axis=1)))), floor, np.finfo(float).tiny)
        gap = np.abs(whole - halves)
        good = np.all(gap <= 2e-16 * scale, axis=0) | (right - left <= 1e-15 * np.maximum(1, np.abs(middle)))
        done, error = done + halves[:, good].sum(axis=1), error + gap[:, good].sum(axis=1)
        left, middle, right = left[~good], middle[~good], right[~good]
        left, right = np.concatenate([left, middle]), np.concatenate([middle, right])
    residual = float(np.max(error)) / scale
    if left.size or residual > 1e-13:
        raise ConvergenceError(
            "the Gaussian quadrature of an activation",
            residual=residual,
            iterations=iterations,
            causes="values that are noisy, wildly oscillating, or whose square is not integrable against the Gaussian",
        )
    return done


def _panels(f: Function, left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gauss-Lobatto on every panel at once: (k, panels)."""
    half = 0.5 * (right - left)
    t = (0.5 * (left + right))[:, None] + half[:, None] * _NODES
    weight = half[:, None] * _WEIGHTS * np.exp(-0.5 * t * t) / math.sqrt(2 * _PI)
    return (f(t.ravel()) * weight.ravel()).reshape(-1, *t.shape).sum(axis=-1)
