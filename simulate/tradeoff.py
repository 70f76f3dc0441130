r"""The excess test error of a linear predictor stopped at a given training error, for several estimators and feature laws.

Model: y = X beta + noise of variance sigma2, p = round(gamma n) features of covariance I, X of n x p; beta uniform on the sphere of
squared norm r2. Each estimator multiplies the component of beta and of the noise on the i-th singular direction: with s_i the
eigenvalues of X'X/n, and h = lam/(s + lam) (ridge) or exp(-s/lam) (gradient flow), what it gets wrong is

    excess = (r2/p) sum_j h(s_j)^2 + (sigma2/n) sum_j (1 - h(s_j))^2/s_j,
    train  = (r2/p) sum_j s_j h(s_j)^2 + (sigma2/n) (sum_j h(s_j)^2 + (n - p)_+),                                    (1)

means over noise and signal given X. For each X lam is chosen such that train = tau sigma2 exactly. An oracle is told beta and fits
the noise alone: r2 = 0 in (1).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigvalsh

from simulate import designs, eigenvalues
from simulate.conventions import features as _features
from simulate.conventions import refuse, simulator

Array = NDArray[np.float64]
ESTIMATORS = ("oracle ridge", "oracle flow", "ridge", "flow")
LAWS = f"sphere, orthogonal, {designs.ENTRIES}"
UNTIL = 1e-13  # of log lam, where the search for it ends


def spectra(features: str, n: int, p: int, draws: int, rng: np.random.Generator) -> Array:
    """Eigenvalues (draws, p) of X'X/n. sphere: rows uniform on the sphere of radius sqrt p; orthogonal: such rows, orthogonal (p >= n)."""
    if features == "orthogonal":
        if p < n:
            refuse("features", features, f"{n} rows of {p} features cannot be orthogonal: take gamma >= 1")
        return np.broadcast_to(np.append(np.zeros(p - n), np.full(n, p / n)), (draws, p))
    if features != "sphere":
        return eigenvalues.sample_covariance(n=n, gamma=p / n, entries=features, draws=draws, rng=rng)
    out = np.zeros((draws, p))
    for row in out:
        x = rng.standard_normal((n, p))
        x *= math.sqrt(p / n) / np.linalg.norm(x, axis=1, keepdims=True)
        row[max(p - n, 0) :] = np.maximum(eigvalsh(x @ x.T if n <= p else x.T @ x), 0.0)
    return out


def errors(s: Array, shrunk: Array, n: int, r2: float, sigma2: float) -> tuple[float, float]:
    """Equation (1): excess and training error from the eigenvalues and h(s), (p,) each."""
    p = len(s)
    kept = np.divide((1 - shrunk) ** 2, s, out=np.zeros(p), where=s > 0)
    noise = float(np.sum(shrunk[max(p - n, 0) :] ** 2)) + max(n - p, 0)
    return r2 / p * float(shrunk @ shrunk) + sigma2 / n * float(kept.sum()), r2 / p * float(s @ shrunk**2) + sigma2 / n * noise


def _stop(train: Callable[[float], float], level: float) -> float:
    """log lam at which the increasing `train` meets `level`, by bisection."""
    low, high = -200.0, 200.0
    if train(high) < level:
        refuse("tau", level, "an estimator that starts at 0 never has so large a training error")
    while high - low > UNTIL * max(1.0, abs(low)):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if train(middle) < level else (low, middle)
    return 0.5 * (low + high)


def _moments(*, n: int, gamma: float, tau: float = 0.0, **_: object) -> float:
    """All, unless so few directions are left to the noise that one small singular value decides: then |p - n|//2, as ridgeless."""
    p = _features(n, gamma)
    return math.inf if tau * n > max(n - p, 0) + 1 else abs(p - n) // 2


@simulator(moments=_moments)
def excess(
    *,
    n: int,
    gamma: float,
    tau: float,
    estimator: str = "oracle ridge",
    features: str = "gaussian",
    r2: float = 1.0,
    sigma2: float = 1.0,
    draws: int,
    rng: np.random.Generator,
) -> Array:
    """Draws (draws,) of the excess test error at training error tau sigma2, given X; tau >= 0, and >= (1 - p/n)_+ with p < n.

    estimator: oracle ridge, oracle flow (they know beta; r2 is then of no account), ridge, flow. features: sphere, orthogonal (p >= n),
    gaussian, rademacher, student:NU, elliptical:NU. tau = 0 interpolates, and at tau = 1 - p/n is least squares.
    Raises ValueError on bad arguments. Accuracy: 1e-12, by bisection; checked against fits of labels in tests.

    >>> float(excess(n=10, gamma=2.0, tau=0.25, features="orthogonal", draws=1, rng=np.random.default_rng(0)).round(12)[0])
    0.125
    """
    if estimator not in ESTIMATORS:
        refuse("estimator", estimator, f"it must be one of {', '.join(ESTIMATORS)}")
    if not 0 <= tau < math.inf:
        refuse("tau", tau, "it must be nonnegative and finite: the training error over sigma2")
    if estimator.startswith("oracle"):
        r2 = 0.0
    p = _features(n, gamma)
    rest = max(1 - p / n, 0.0)
    if tau < rest * (1 - 1e-12):  # 1e-12: 1 - p/n as it was typed
        refuse("tau", tau, f"least squares on {p} features leaves 1 - p/n = {rest:.6g} of the noise of {n} samples")

    def one(s: Array) -> float:
        def at(t: float) -> tuple[float, float]:
            lam = math.exp(t)
            return errors(s, lam / (s + lam) if estimator.endswith("ridge") else np.exp(-s / lam), n, r2, sigma2)

        if tau <= rest * (1 + 1e-12):
            return errors(s, (s <= 0).astype(float), n, r2, sigma2)[0]
        return at(_stop(lambda t: at(t)[1], tau * sigma2))[0]

    return np.array([one(s) for s in spectra(features, n, p, draws, rng)])
