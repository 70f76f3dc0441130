r"""Power laws of a kernel and a task, read off interpolation: how kappa and the test error fall with the number of samples.

Eigenvalues i^-alpha and target powers i^-beta give, by `power_laws` (1) to (3) at q = 0,

    kappa(n) = A n^-alpha,       test(n) = B n^(1 - beta) + alpha sigma2,                                        (1)

which can be measured, unlike the tails of a sample's eigenvalues: 1/kappa is the trace of the inverse Gram matrix of n samples.

Source: simon2024more, appendix on measured exponents (from memory); the noise in the fit is added here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar

from asymptotics.conventions import refuse
from asymptotics.spectra.laws import vector


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerLaw:
    """The exponents, the noise >= 0, `relative` = sigma2 over the noiseless test error at the largest n, and the root mean square
    deviations of log kappa and log test from (1)."""

    alpha: float
    beta: float
    sigma2: float
    relative: float
    misfit: tuple[float, float]


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    """Slope, value at the largest x, root mean square deviation."""
    slope, level = np.polyfit(x - x.max(), y, 1)
    return float(slope), float(level), float(np.sqrt(np.mean((y - level - slope * (x - x.max())) ** 2)))


def fit(*, n: ArrayLike, kappa: ArrayLike, test: ArrayLike, noisy: bool = True) -> PowerLaw:
    """Least squares of (1) in logarithms over n (m,), m >= 4; `noisy` False: sigma2 = 0.

    Raises ValueError on bad input. Accuracy: exact power laws come back to 1e-6, with noise to 1e-3.

    >>> n = np.array([10.0, 20, 40, 80, 160])
    >>> found = fit(n=n, kappa=n**-1.5, test=n**-0.25 + 1.5 * 0.1)
    >>> round(found.alpha, 6), round(found.beta, 3), round(found.sigma2, 3)
    (1.5, 1.25, 0.1)
    """
    n, kappa, test = vector("n", n), vector("kappa", kappa), vector("test", test)
    if not n.shape == kappa.shape == test.shape or n.size < 4 or min(n.min(), kappa.min(), test.min()) <= 0:
        refuse("n", n.shape, "n, kappa and test are vectors of one length >= 4, all positive")
    x = np.log(n)
    slope, _, bent = _line(x, np.log(kappa))
    least = float(test.min())

    def miss(share: float) -> float:
        return _line(x, np.log(test - share * least))[2]

    grid = np.linspace(0, 0.99, 100) if noisy else np.zeros(1)
    at = int(np.argmin([miss(v) for v in grid]))
    share = float(grid[at])
    if noisy:
        around = minimize_scalar(miss, bounds=(max(share - 0.01, 0.0), min(share + 0.01, 0.999)), method="bounded",
                                 options={"xatol": 1e-9})  # fmt: skip
        share = float(around.x) if around.fun < miss(0.0) else 0.0
    fall, level, missed = _line(x, np.log(test - share * least))
    alpha, sigma2 = -slope, share * least / -slope if share else 0.0
    return PowerLaw(
        alpha=alpha, beta=1 - fall, sigma2=sigma2, relative=sigma2 / float(np.exp(level)) if share else 0.0, misfit=(bent, missed)
    )
