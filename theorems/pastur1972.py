"""Pastur, On the spectrum of random matrices (1972): signal plus noise, the deformed semicircle."""

from functools import lru_cache

import numpy as np

import simulate.free_sums
from asymptotics import free
from asymptotics.conventions import refuse
from theorems import Choice, Law, Real, Theorem
from theorems.hastie2022.correlated import law as spectrum_of

SPECTRUM = Choice(("atoms:1@0.5,3@0.5", "atoms:0@0.5,4@0.5", "isotropic"), open=True)


def population(spectrum):
    """The law of a spectrum of few atoms, exactly. ValueError for spectra that have none."""
    if spectrum.partition(":")[0] not in ("atoms", "isotropic"):
        refuse("spectrum", spectrum, "the exact polynomial needs a spectrum of atoms: atoms:S@W,S@W,...")
    H = spectrum_of(spectrum).H
    zero = [H.zero] if H.zero else []
    return free.atoms([*H.atoms.tolist(), *([0] if zero else [])], [*H.weights.tolist(), *zero])


@lru_cache(maxsize=64)
def _law(*, spectrum, sigma2):
    return free.free_sum(free.semicircle(sigma2), population(spectrum))


signal_plus_noise = Theorem(
    title="Signal plus noise: the free sum of a law and a semicircle",
    statement=r"S+\sigma W:\qquad m(z)=\int\frac{dH(s)}{s-z-\sigma^2m(z)}",
    source="pastur1972spectrum (numbering from memory)",
    assumptions=(
        "S is symmetric and independent of W, its spectrum converges to H",
        "W is symmetric, n x n, with independent centred Gaussian entries of variance 1/n (2/n on the diagonal)",
    ),
    domain={"spectrum": SPECTRUM, "sigma2": Real(0.0, float("inf"), default=1.0)},
    claim=Law(theory=_law, simulation=simulate.free_sums.signal_plus_noise, sizes=(32, 64, 128)),
    cases=(
        {"spectrum": "atoms:0@0.5,2@0.5", "sigma2": 1.0},
        {"spectrum": "atoms:0@0.5,4@0.25,6@0.25", "sigma2": 0.25},
        {"spectrum": "atoms:1@0.75,3@0.25", "sigma2": 0.5},
    ),
    rivals={
        "the semicircle about the mean": lambda *, spectrum, sigma2: free.shift(
            free.semicircle(sigma2), population(spectrum).moments(2)[1]
        ),
        "a semicircle of the whole variance": lambda *, spectrum, sigma2: _gaussian(population(spectrum), sigma2),
        "sigma for sigma2": lambda *, spectrum, sigma2: _law(spectrum=spectrum, sigma2=float(np.sqrt(sigma2))),
        "S without noise": lambda *, spectrum, sigma2: population(spectrum),
    },
)


def _gaussian(H, sigma2):
    _, mean, second = H.moments(3)
    return free.shift(free.semicircle(float(second - mean**2) + sigma2), mean)
