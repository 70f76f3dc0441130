"""Dozier and Silverstein, On the empirical distribution of eigenvalues of information-plus-noise-type matrices (2007)."""

from functools import lru_cache

import simulate.free_sums
from asymptotics import free
from theorems import Law, Real, Theorem
from theorems.pastur1972 import SPECTRUM, population


@lru_cache(maxsize=64)
def _law(*, spectrum, gamma, sigma2):
    return free.information_plus_noise(population(spectrum), gamma=gamma, sigma2=sigma2)


information_plus_noise = Theorem(
    title="Information plus noise: (T + sigma X)'(T + sigma X)/n",
    statement=r"m=\int\frac{dH(t)}{\frac{t}{1+\sigma^2\gamma m}-(1+\sigma^2\gamma m)z+\sigma^2(1-\gamma)}",
    source="dozier2007empirical, Theorem 1.1 (numbering from memory)",
    assumptions=(
        "X is n x p with independent N(0, 1) entries; T is n x p, the spectrum of T'T/n converges to H",
        "p, n -> infinity with p/n -> gamma <= 1",
    ),
    domain={"spectrum": SPECTRUM, "gamma": Real(0.0, 1.0, "]"), "sigma2": Real(0.0, float("inf"), default=1.0)},
    claim=Law(theory=_law, simulation=simulate.free_sums.information_plus_noise, sizes=(32, 64, 128)),
    cases=(
        {"spectrum": "atoms:0@0.5,4@0.5", "gamma": 0.5, "sigma2": 1.0},
        {"spectrum": "atoms:1@0.75,9@0.25", "gamma": 1.0, "sigma2": 1.0},
        {"spectrum": "atoms:1@0.5,3@0.5", "gamma": 0.25, "sigma2": 0.25},
    ),
    rivals={
        "signal and noise as a free sum": lambda *, spectrum, gamma, sigma2: free.free_sum(
            population(spectrum), free.scale(free.marchenko_pastur(gamma), sigma2)
        ),
        "covariance T'T/n + sigma2": lambda *, spectrum, gamma, sigma2: free.sample_covariance(
            free.shift(population(spectrum), sigma2), gamma=gamma
        ),
        "gamma halved": lambda *, spectrum, gamma, sigma2: _law(spectrum=spectrum, gamma=gamma / 2, sigma2=sigma2),
    },
)
