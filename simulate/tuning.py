r"""Ridge regression tuned by generalised cross-validation on its own training data, isotropic Gaussian features.

y = X beta + noise; GCV(lam) = |y - X beta_hat|^2/n / (1 - df1/n)^2 is minimised over a grid, and the excess risk |beta_hat - beta|^2
is taken there. With X X'/n = U c U', a = U'y, b = U'X beta and f = 1/(c + lam),

    GCV(lam) = n sum (f a)^2 / (sum f)^2,        |beta_hat - beta|^2 = |beta|^2 - (2/n) sum f a b + (1/n) sum c (f a)^2.     (1)

U and V in X = U (n c)^(1/2) V' are Haar distributed and independent of c, so b = (n c)^(1/2) V'beta and a - b are drawn without
them: REPEATS signals and noises for each set of eigenvalues. The scatter of (1) with beta and the noise is common to all penalties.
A draw is therefore the conditional expectation, given c, of the excess at one reference penalty, plus the difference of (1) between
the chosen penalty and the reference: the mean is that of the tuned estimator whatever the reference is, the scatter that of tuning.
"""

from __future__ import annotations

import math

import numpy as np

from simulate.conventions import features, refuse, simulator
from simulate.draws import Draws
from simulate.eigenvalues import sample_covariance

SPAN, POINTS = 100.0, 121  # the grid: two decades on either side of the reference, 8 % a step; the risk is flat to 1e-4 at 4 %
REPEATS = 32


@simulator(moments=lambda **_: math.inf)
def ridge(*, n: int, gamma: float, r2: float = 1.0, sigma2: float = 1.0, draws: int, rng: np.random.Generator) -> Draws:
    """Draws of the excess risk of ridge regression whose penalty minimises GCV over a grid around sigma2 p/(n r2).

    r2, sigma2 > 0; else ValueError. Field `excess`, of shape (draws,), is the mean of REPEATS signals and noises at one X.

    >>> ridge(n=30, gamma=2.0, draws=4, rng=np.random.default_rng(0)).excess.shape
    (4,)
    """
    for name, value in (("r2", r2), ("sigma2", sigma2)):
        if value == 0:
            refuse(name, value, "tuning needs a signal and a noise: it must be positive")
    p = features(n, gamma)
    m = min(n, p)
    reference = sigma2 * p / (n * r2)
    lam = reference * np.concatenate([[1.0], np.geomspace(1 / SPAN, SPAN, POINTS)])
    excess = np.empty(draws)
    for i, c in enumerate(sample_covariance(n=n, gamma=gamma, draws=draws, rng=rng)[:, p - m :, None]):
        direction = rng.standard_normal((REPEATS, m))
        norm = np.sqrt(np.sum(direction**2, axis=1) + (rng.chisquare(p - m, REPEATS) if p > m else 0.0))
        b = direction / norm[:, None] * np.sqrt(n * r2 * c[:, 0])
        a = b + math.sqrt(sigma2) * rng.standard_normal((REPEATS, m))
        idle = sigma2 * rng.chisquare(n - m, (REPEATS, 1)) if n > m else 0.0  # noise that no feature reaches
        f = 1 / (c + lam)
        score = (a**2 @ f**2 + idle / lam**2) / (np.sum(f, axis=0) + (n - m) / lam) ** 2
        loss = (a**2 @ (c * f**2) - 2 * (a * b) @ f) / n  # (1), without |beta|^2
        g = f[:, 0]
        fit = c[:, 0] * g
        expected = r2 * (1 - (2 * fit.sum() - fit @ fit) / p) + sigma2 * (fit @ g) / n
        chosen = 1 + np.argmin(score[:, 1:], axis=1)
        excess[i] = expected + np.mean(loss[np.arange(REPEATS), chosen] - loss[:, 0])
    return Draws(excess=excess)
