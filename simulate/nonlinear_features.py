r"""Ridge and ridgeless least squares on one layer of nonlinear random features, simulated as it stands.

Model: x = phi(W z), z ~ N(0, I_d), W (p x d) with independent rows, uniform on the unit sphere; y = x'beta + noise, beta uniform
on the sphere of squared norm r2; phi normalised to mean 0 and variance 1 on a Gaussian. Given W the population covariance is known:
with rho = <w_i, w_j>,

    S_ij = E phi(g) phi(g'),  (g, g') standard Gaussian of correlation rho,                                       (1)

an arcsine for the sign and erf, an arccosine kernel for relu and |.|, a power series in rho for tanh. So the risks, averaged
over noise and beta, are exact given X and W. This is the covariance of the features themselves, not the one of Gaussian
features that theory puts for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erf

from simulate import _conditional
from simulate.conventions import features, refuse, simulator
from simulate.draws import Draws
from simulate.ridge import moments as _moments

Array = NDArray[np.float64]


class _Activation(NamedTuple):
    """phi = (function - mean)/sd, and the covariance (1) of phi as a function of rho."""

    function: Callable[[Array], Array]
    mean: float
    sd: float
    kernel: Callable[[Array], Array]


def _relu_kernel(rho: Array) -> Array:
    # E relu(g) relu(g') = (sqrt(1 - rho^2) + rho (pi - arccos rho))/(2 pi)
    raw = (np.sqrt(1 - rho**2) + rho * (math.pi / 2 + np.arcsin(rho))) / (2 * math.pi)
    return (raw - 1 / (2 * math.pi)) / (0.5 - 1 / (2 * math.pi))


def _abs_kernel(rho: Array) -> Array:
    # E |g g'| = (2/pi) (sqrt(1 - rho^2) + rho arcsin rho)
    return (np.sqrt(1 - rho**2) + rho * np.arcsin(rho) - 1) / (math.pi / 2 - 1)


@lru_cache(maxsize=1)
def _tanh_series() -> tuple[float, Array]:
    """sd of tanh(g), and its squared Hermite coefficients of odd order over its variance, by the trapezoid rule (exact here)."""
    t = np.arange(-12, 12, 1 / 16)
    below, here = np.exp(-(t**2) / 4) / (2 * math.pi) ** 0.25, t * np.exp(-(t**2) / 4) / (2 * math.pi) ** 0.25
    weight = np.tanh(t) * np.exp(-(t**2) / 4) / (2 * math.pi) ** 0.25 / 16
    squares = []
    for k in range(1, 200):
        if k % 2:
            squares.append(float(weight @ here) ** 2)
        below, here = here, (t * here - math.sqrt(k) * below) / math.sqrt(k + 1)
    variance = float(np.sum(np.tanh(t) ** 2 * np.exp(-(t**2) / 2)) / 16 / math.sqrt(2 * math.pi))
    return math.sqrt(variance), np.array(squares) / variance


def _tanh_kernel(rho: Array) -> Array:
    squares = _tanh_series()[1]
    off = np.abs(rho - np.diag(np.diag(rho))).max() if rho.ndim == 2 else 1.0
    terms = max(1, int(np.count_nonzero(squares * off ** np.arange(1, 2 * len(squares), 2) > 1e-18)))  # 1e-18: lost in 1 + ...
    series = rho * np.polynomial.polynomial.polyval(rho**2, squares[:terms])
    if rho.ndim == 2:
        np.fill_diagonal(series, 1.0)
    return series


def _activations() -> dict[str, _Activation]:
    mean = math.sqrt(2 / math.pi)
    return {
        "identity": _Activation(lambda t: t, 0.0, 1.0, lambda rho: rho),
        "relu": _Activation(lambda t: np.maximum(t, 0), mean / 2, math.sqrt(0.5 - 0.5 / math.pi), _relu_kernel),
        "abs": _Activation(np.abs, mean, math.sqrt(1 - mean**2), _abs_kernel),
        "purely_nonlinear": _Activation(np.abs, mean, math.sqrt(1 - mean**2), _abs_kernel),
        "sign": _Activation(np.sign, 0.0, 1.0, lambda rho: np.arcsin(rho) * (2 / math.pi)),
        "erf": _Activation(
            erf, 0.0, math.sqrt(math.asin(2 / 3) * 2 / math.pi), lambda rho: np.arcsin(rho * (2 / 3)) / math.asin(2 / 3)
        ),
        "tanh": _Activation(np.tanh, 0.0, _tanh_series()[0], _tanh_kernel),
    }


def activation_of(name: str) -> _Activation:
    """The activation of this name, with its own constants; ValueError if there is none."""
    known = _activations()
    if name not in known:
        refuse("activation", name, f"it must be one of {', '.join(known)}")
    return known[name]


def moments(
    *, n: int, gamma: float, psi: float, activation: str, lam: ArrayLike, sigma2: float = 1.0, of: str | None = None, **_: object
) -> float:
    """As for Gaussian features of the same rank: p, or d = round(psi p) for the identity if that is less."""
    p = features(n, gamma)
    rank = min(p, max(1, round(psi * p))) if activation == "identity" else p
    return _moments(n=n, gamma=rank / n, lam=lam, sigma2=sigma2, of=of)


@simulator(moments=moments)
def ridge(
    *,
    n: int,
    gamma: float,
    psi: float,
    activation: str,
    lam: ArrayLike,
    r2: float = 1.0,
    sigma2: float = 1.0,
    draws: int,
    rng: np.random.Generator,
) -> Draws:
    """Draws of the risks, expectations over noise and beta given features X and weights W; all fields of Draws, (draws, *lam.shape).

    p = round(gamma n) features of d = round(psi p) >= 1 inputs, psi > 0. activation: identity, relu, abs (or purely_nonlinear,
    which is the same once normalised), sign, erf, tanh. Raises ValueError on bad arguments, and as `simulate.ridge.ridge` does.
    Accuracy of (1): 1e-15, against two-dimensional quadrature.

    >>> ridge(n=20, gamma=2.0, psi=1.0, activation="relu", lam=[0.0, 0.1], draws=3, rng=np.random.default_rng(0)).excess.shape
    (3, 2)
    """
    phi = activation_of(activation)
    if not 0 < psi < math.inf:
        refuse("psi", psi, "it must be positive and finite: input dimensions per feature, d/p")
    p = features(n, gamma)
    d = max(1, round(psi * p))
    delta = n * np.ravel(np.asarray(lam, dtype=np.float64))

    def one() -> dict[str, np.ndarray]:
        W = rng.standard_normal((p, d))
        W /= np.linalg.norm(W, axis=1, keepdims=True)
        z = rng.standard_normal((n, d))
        if activation == "identity" and d < p:  # rank d: the fit lies in the span of W's columns, and sees beta only there
            triangle = np.linalg.qr(W)[1]
            v, S = np.full(d, r2 / p), triangle @ triangle.T
            risks = _conditional.exact(z @ triangle.T, delta, v=v, S=S, sigma2=sigma2)
            return risks | {"estimation": risks["estimation"] + r2 * (1 - d / p)}
        S = phi.kernel(np.clip(W @ W.T, -1, 1))
        X = (phi.function(z @ W.T) - phi.mean) / phi.sd
        return _conditional.exact(X, delta, v=np.full(p, r2 / p), S=S, sigma2=sigma2)

    return _conditional.collect(draws, lam, one)
