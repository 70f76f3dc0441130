"""Holzmüller, On the universality of the double descent peak in ridgeless regression (2021)."""

import numpy as np

import simulate.ridge
import simulate.tradeoff
from asymptotics import noise_lower_bound, wishart
from theorems import GAMMA, SIGMA2, Bound, Choice, Plot, Theorem, through
from theorems.hastie2022.correlated import SPECTRUM

MODEL = (
    "n independent rows of p features with a covariance of full rank, any min(n, p) of them linearly independent",
    "y = <x, beta> + noise of variance sigma2; least squares of least norm",
)
BOUND = (
    r"\mathbb E\,R\ \ge\ \sigma^2\frac{n}{p+1-n}\ (p\ge n),\qquad "
    r"\mathbb E\,R\ \ge\ \sigma^2\frac{p}{n+1-p}\ (p\le n)\qquad\text{for any features, at every }n, p"
)


def _bound(*, n, gamma, sigma2, **features):
    return noise_lower_bound.excess(n=n, p=np.maximum(1, np.round(gamma * n)), sigma2=sigma2)


def _least_squares(*, n, gamma, **given):
    """As `simulate.tradeoff.excess` takes it: an oracle that fits the noise to the end."""
    return given | {"n": n, "gamma": gamma, "tau": max(1 - max(1, round(gamma * n)) / n, 0.0)}


any_features = Theorem(
    title="The double descent peak is universal: no features have less ridgeless risk",
    statement=BOUND,
    source="holzmuller2021universality, Theorem 3 (numbering from memory)",
    assumptions=MODEL,
    domain={"features": Choice(("gaussian", "sphere", "student:9", "elliptical:20")), "gamma": GAMMA, "sigma2": SIGMA2},
    claim=Bound(theory=_bound, simulation=through(simulate.tradeoff.excess, _least_squares), exact=True, sizes=(2, 8)),
    cases=(
        {"features": "sphere", "gamma": 9.0, "sigma2": 2.0},
        {"features": "gaussian", "gamma": 9.0},
        {"features": "elliptical:20", "gamma": 12.0},
        {"features": "student:9", "gamma": 9.0},
    ),
    rivals={
        "the Gaussian mean for any features": lambda *, features, n, gamma, sigma2: (
            wishart.ridgeless(n=n, p=np.round(gamma * n), sigma2=sigma2).variance
        ),
        "n/(p - n): one sample too few": lambda *, features, n, gamma, sigma2: sigma2 / (np.round(gamma * n) / n - 1),
        "p for n above the threshold": lambda *, features, n, gamma, sigma2: sigma2 * gamma * n / (np.round(gamma * n) + 1 - n),
    },
    plot=Plot(low=0.2, high=5.0, at={"sigma2": 1.0}, lines={"features": ("gaussian", "sphere")}, n=40),
)

any_covariance = Theorem(
    title="Nor does any covariance of the features lower the peak",
    statement=BOUND,
    source="holzmuller2021universality, Theorem 3 (numbering from memory)",
    assumptions=MODEL,
    domain={"spectrum": SPECTRUM, "gamma": GAMMA, "sigma2": SIGMA2},
    claim=Bound(
        theory=_bound,
        simulation=through(simulate.ridge.ridge, lambda **k: k | {"r2": 0.0, "lam": 0.0}),
        of="variance",
        exact=True,
        sizes=(24, 48),
    ),
    cases=(
        {"spectrum": "ar1:0.7", "gamma": 2.0},
        {"spectrum": "atoms:4@0.5,0.25@0.5", "gamma": 0.25, "sigma2": 2.0},
        {"spectrum": "isotropic", "gamma": 3.0},
    ),
    rivals={
        "p and n exchanged": lambda *, spectrum, n, gamma, sigma2: (
            sigma2 * max(gamma, 1) * n / (abs(np.round(gamma * n) - n) + 1)
        ),
        "twice the bound": lambda **k: 2 * _bound(**k),
    },
)
