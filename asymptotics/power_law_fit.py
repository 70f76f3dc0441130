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

FAINT = 1e-12  # the least share of the signal in the least test error that is looked for


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
    """Least squares of lines through log kappa and log(test - alpha sigma2), n (m,), m >= 4; `noisy` False: sigma2 = 0.

    Raises ValueError on bad input. Accuracy: exact power laws come back to 1e-6, sigma2 and `relative` to 1e-6 of themselves, where
    sigma2 is 0 or 1e-5 ... 1e3 of B and B n^(1 - beta) above 1e-10 of every test error (measured on 2000 random ones of 4 to 14
    points, n = 10 ... 1e4). Below 1e-10 the signal drowns in rounding, and a flat line may be found in its place.

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

    def miss(rest: float) -> float:  # rest: log of the signal's share in the least test error
        return _line(x, np.log(test - (1 - np.exp(rest)) * least))[2]

    rests = [0.0]
    if noisy:
        grid = np.linspace(np.log(FAINT), 0, 300)
        misses = np.array([np.inf, *map(miss, grid), np.inf])
        for at in map(int, np.flatnonzero((misses[1:-1] <= misses[:-2]) & (misses[1:-1] <= misses[2:]))):
            cell = grid[max(at - 1, 0)], grid[min(at + 1, len(grid) - 1)]
            rests.append(float(minimize_scalar(miss, bounds=cell, method="bounded", options={"xatol": 1e-10}).x))
    rest = min(rests, key=miss)
    share = float(1 - np.exp(rest))
    fall, level, missed = _line(x, np.log(test - share * least))
    alpha = -slope
    sigma2 = share * least / alpha if share else 0.0
    return PowerLaw(alpha=alpha, beta=1 - fall, sigma2=sigma2, relative=sigma2 / float(np.exp(level)), misfit=(bent, missed))
