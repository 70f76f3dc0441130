r"""Ridge regression tuned by generalised cross-validation on its own training data, isotropic Gaussian features.

y = X beta + noise is drawn whole, GCV(lam) = |y - X beta_hat|^2/n / (1 - df1/n)^2 is minimised over a grid, and the excess risk
|beta_hat - beta|^2 is taken there. With X X'/n = U c U', a = U'y, b = U'X beta and f = 1/(c + lam),

    GCV(lam) = n sum (f a)^2 / (sum f)^2,        |beta_hat - beta|^2 = |beta|^2 - (2/n) sum f a b + (1/n) sum c (f a)^2.     (1)

The scatter of (1) with beta and the noise is common to all penalties. A draw is therefore the conditional expectation, over beta
and noise, of the excess at one reference penalty, plus the difference of (1) between the chosen penalty and the reference: the
mean is that of the tuned estimator whatever the reference is, the scatter is that of the tuning alone.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.linalg import eigh

from simulate.conventions import features, refuse, simulator
from simulate.draws import Draws

SPAN, POINTS = 100.0, 121  # the grid: two decades on either side of the reference, 8 % a step; the risk is flat to 1e-4 at 4 %


@simulator(moments=lambda **_: math.inf)
def ridge(*, n: int, gamma: float, r2: float = 1.0, sigma2: float = 1.0, draws: int, rng: np.random.Generator) -> Draws:
    """Draws of the excess risk of ridge regression whose penalty minimises GCV over a grid around sigma2 p/(n r2).

    r2, sigma2 > 0; else ValueError. Field `excess`, of shape (draws,): see the module for its conditional part.

    >>> ridge(n=30, gamma=2.0, draws=4, rng=np.random.default_rng(0)).excess.shape
    (4,)
    """
    for name, value in (("r2", r2), ("sigma2", sigma2)):
        if value == 0:
            refuse(name, value, "tuning needs a signal and a noise: it must be positive")
    p = features(n, gamma)
    reference = sigma2 * p / (n * r2)
    lam = reference * np.concatenate([[1.0], np.geomspace(1 / SPAN, SPAN, POINTS)])
    excess = np.empty(draws)
    for i in range(draws):
        X = rng.standard_normal((n, p))
        beta = rng.standard_normal(p)
        signal = X @ (beta * math.sqrt(r2 / (beta @ beta)))
        c, U = eigh(X @ X.T / n, driver="evd")
        c = np.maximum(c, 0.0)[:, None]  # round-off where p < n
        b = (U.T @ signal)[:, None]
        a = b + (U.T @ (math.sqrt(sigma2) * rng.standard_normal(n)))[:, None]
        f = 1 / (c + lam)
        score = np.sum((f * a) ** 2, axis=0) / np.sum(f, axis=0) ** 2
        loss = (np.sum(c * (f * a) ** 2, axis=0) - 2 * np.sum(f * a * b, axis=0)) / n  # (1), without |beta|^2
        g = f[:, 0]
        fit = c[:, 0] * g
        expected = r2 * (1 - (2 * fit.sum() - fit @ fit) / p) + sigma2 * (fit @ g) / n
        excess[i] = expected + loss[1 + np.argmin(score[1:])] - loss[0]
    return Draws(excess=excess)
