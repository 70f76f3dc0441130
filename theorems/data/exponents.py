"""The power laws of a kernel, or the mean kernel of features, on a table, with intervals, and whether interpolation is best for this task.

The whole Gram matrix says what kappa and the test error of interpolation are at every n (asymptotics.subsampling), hence the
exponents (asymptotics.power_law_fit). Intervals are by random halves of the rows (the delete-half jackknife: the variance over
halves is that of the whole); they know of the choice of rows, not of how far the curves are from power laws, which `misfit` tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from asymptotics import power_law_fit, power_laws, spectra, subsampling

if TYPE_CHECKING:
    from theorems.data.pool import Population

Array = NDArray[np.float64]

HALVES = 12
POINTS = 12
WIDE = 2.2  # two-sided 95 % of Student's t with 11 degrees of freedom


@dataclass(frozen=True, kw_only=True)
class Exponents:
    """(value, half-width of the 95 % interval) of alpha, beta, the noise sigma2/test_0 at `high` rows, and of the margin
    critical noise - noise, positive where interpolation is best; `critical` is nan outside of the theorem's domain."""

    alpha: tuple[float, float]
    beta: tuple[float, float]
    noise: tuple[float, float]
    margin: tuple[float, float]
    critical: float
    low: int
    high: int
    misfit: tuple[float, float]
    of: str = ""

    @property
    def verdict(self) -> str:
        """ "yes", "no", "undecided", or "outside"."""
        if np.isnan(self.critical):
            return "outside"
        value, half = self.margin
        return "undecided" if not abs(value) > half else "yes" if value > 0 else "no"

    def __str__(self) -> str:
        said = {
            "yes": "interpolation is best for this task",
            "no": "a penalty helps on this task",
            "undecided": "whether interpolation is best is not decided by these rows",
            "outside": "the theorem does not apply: it asks for alpha > 1 and 1 < beta < 2 alpha + 1",
        }[self.verdict]
        half = "(halves of the rows leave the theorem's domain)" if np.isnan(self.margin[1]) else f"+- {self.margin[1]:.2g}"
        a, b, s, m = self.alpha, self.beta, self.noise, self.margin
        lines = [
            f"Power laws{self.of} from interpolation at n = {self.low} ... {self.high}: alpha = {a[0]:.2f} +- {a[1]:.1g} (eigenvalues "
            f"i^-alpha), beta = {b[0]:.2f} +- {b[1]:.1g} (target powers i^-beta)",
            f"  noise sigma2/test_0 = {s[0]:.2g} +- {s[1]:.2g}; deviations from power laws {self.misfit[0]:.1%} in kappa, "
            f"{self.misfit[1]:.1%} in the test error (intervals, 95 %, do not know of these)",
        ]
        if self.verdict != "outside":
            lines.append(
                f"  interpolation is best up to noise (beta - alpha)/(alpha (alpha - 1)) = {self.critical:.2g} "
                f"(Simon et al., Corollary 1); less the noise, {m[0]:.2g} {half}: {said}"
            )
        else:
            lines.append(f"  {said}")
        return "\n".join(lines)


def curve(gram: Array, y: Array, n: Array) -> tuple[Array, Array]:
    """kappa and the test error of interpolation at n of the rows of a pool, n - 1 without the intercept, whose own error is left out:
    1/kappa is the trace of the inverse of the centred K of n rows."""
    N = len(y)
    means = gram.mean(axis=0)
    c, U = linalg.eigh(gram - means - means[:, None] + gram.mean(), driver="evd", check_finite=False)
    keep = np.arange(N) > 0  # the direction of 1 is the least
    keep &= c > 10 * N * np.finfo(float).eps * c[-1]
    s, power = c[keep] / (N - 1), (U[:, keep].T @ (y - y.mean())) ** 2
    energy = power / (s * (N - 1))
    spectrum = spectra.multiplicities(s, np.ones(len(s)), signal=energy)
    risk = subsampling.ridge(spectrum, n=n - 1, pool=N - 1.0, delta=0.0, r2=float(energy.sum()), sigma2=0.0)
    return np.asarray(risk.kappa) * (N - 1) / (N - n), np.asarray(risk.test)


def _margin(found: power_law_fit.PowerLaw) -> tuple[float, float]:
    """The critical noise, and what is left of it above the noise; nan outside of the theorem's domain."""
    if not (found.alpha > 1 and 1 < found.beta < 2 * found.alpha + 1):
        return np.nan, np.nan
    critical = float(power_laws.critical_noise(alpha=found.alpha, beta=found.beta))
    return critical, critical - found.relative


def exponents_of(population: Population, rng: np.random.Generator, halves: int = HALVES) -> Exponents | None:
    """Fit the pool and `halves` random halves of it; None where no fit interpolates all rows (ridge of a tall table, a singular kernel)."""
    N = population.rows
    n = np.unique(np.geomspace(max(10, N // 40), 0.35 * N, POINTS).round())  # of a half's rows 70 %
    if population.rank < N - 1 or len(n) < 4:
        return None
    gram = population.scores @ population.scores.T
    kappa, test = curve(gram, population.y, n)
    whole = power_law_fit.fit(n=n - 1, kappa=kappa, test=test)
    critical, margin = _margin(whole)
    seen = []
    for _ in range(halves):
        rows = rng.choice(N, N // 2, replace=False)
        kappa, test = curve(gram[np.ix_(rows, rows)], population.y[rows], n)
        half = power_law_fit.fit(n=n - 1, kappa=kappa, test=test)
        seen.append((half.alpha, half.beta, half.relative, _margin(half)[1]))
    spread = WIDE * np.std(seen, axis=0, ddof=1)  # nan where a half is outside of the domain: then nothing is decided
    return Exponents(
        alpha=(whole.alpha, float(spread[0])),
        beta=(whole.beta, float(spread[1])),
        noise=(whole.relative, float(spread[2])),
        margin=(margin, float(spread[3])),
        critical=critical,
        low=int(n[0]),
        high=int(n[-1]),
        misfit=whole.misfit,
        of=" of the mean kernel" if np.isfinite(population.features) else "",
    )
