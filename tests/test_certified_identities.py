"""One quantity by two certified routes: the enclosures overlap, in each of its fields."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from asymptotics import (
    bagging,
    correlated,
    decomposition,
    eigenlearning,
    ensembles,
    equicorrelated,
    isotropic,
    latent_space,
    marchenko_pastur,
    misspecified,
    nonlinear_features,
    random_features,
    random_projections,
    ridge,
    spectra,
    spherical_features,
    subsampling,
)
from tests import closed_form_oracles as old
from tests.certified_cases import parts

pytest.importorskip("flint")

RNG = np.random.default_rng(9)
N = 40
GAMMA, LAM = old.points(N, RNG)
LAM[::5] = 0.0
R2, SIGMA2 = old.scales(N, RNG)
SCALE = {"r2": R2, "sigma2": SIGMA2, "certified": True}
FREE = 10 ** RNG.uniform(-1, 1, N)
ONE = spectra.isotropic()
SOME = spectra.multiplicities([4.0, 1.0, 1e-3], [5, 20, 12], [1.0, 0.1, 2.0])
PARTS = spectra.atoms([4.0, 1.0, 1e-3], [0.25, 0.5, 0.25], [1.0, 0.1, 2.0])
COUNTS = {"n": RNG.integers(1, 60, N).astype(float), "k": RNG.integers(1, 60, N).astype(float)}
PENALTY = RNG.choice([0.0, 1e-12, 0.1], N)
PROPORTIONAL = {"gamma": GAMMA, "lam": LAM, **SCALE}

ROUTES = {
    "a law with one atom": lambda: (ridge.ridge(ONE, **PROPORTIONAL), isotropic.ridge(**PROPORTIONAL)),
    "all features seen": lambda: (misspecified.ridge(explained=1.0, **PROPORTIONAL), isotropic.ridge(**PROPORTIONAL)),
    "no correlation": lambda: (equicorrelated.ridge(rho=0.0, **PROPORTIONAL), isotropic.ridge(**PROPORTIONAL)),
    "ridgeless": lambda: (correlated.ridgeless(ONE, gamma=GAMMA, **SCALE), isotropic.ridgeless(gamma=GAMMA, **SCALE)),
    "no latent variables": lambda: (
        replace(latent_space.ridgeless(gamma=GAMMA, psi=0.5, mu=0.0, r2=0.0, sigma2=SIGMA2, certified=True), norm2=None),
        isotropic.ridgeless(gamma=GAMMA, r2=0.0, sigma2=SIGMA2, certified=True),
    ),
    "a latent space is a law": lambda: (
        correlated.ridgeless(spectra.latent_space(1.0, 0.5), gamma=FREE, r2=0.25 * 8 / 9, sigma2=1.0, certified=True).bias,
        latent_space.ridgeless(gamma=FREE, psi=0.5, mu=1.0, r2=1.0, sigma2=1.0, certified=True).bias,
    ),
    "a bag of one": lambda: (
        bagging.ridge(PARTS, gamma=FREE, share=1.0, lam=PENALTY, members=1, **SCALE),
        ridge.ridge(PARTS, gamma=FREE, lam=PENALTY, **SCALE),
    ),
    "an ensemble of one": lambda: (
        ensembles.ridge(SOME, members=1, delta=PENALTY, **COUNTS, **SCALE),
        random_features.ridge(SOME, delta=PENALTY, **COUNTS, **SCALE),
    ),
    "projections are random features": lambda: (
        random_projections.ridgeless(SOME, **COUNTS, **SCALE),
        random_features.ridge(SOME, delta=0.0, **COUNTS, **SCALE),
    ),
    "infinitely many features": lambda: (
        random_features.ridge(SOME, n=COUNTS["n"], k=np.inf, delta=PENALTY, **SCALE).test,
        ridge.ridge(SOME, n=COUNTS["n"], delta=PENALTY, **SCALE).test,
    ),
    "modes of a kernel": lambda: (
        eigenlearning.modes(SOME, eigenvalue=[[4.0], [1.0], [1e-3]], n=COUNTS["n"] + 0.5, delta=0.3, certified=True).overfitting[
            0
        ],
        ridge.ridge(SOME, n=COUNTS["n"] + 0.5, delta=0.3, r2=0.0, certified=True).test,
    ),
    "a law of nodes": lambda: (
        nonlinear_features.ridge(gamma=FREE, psi=2.0, activation="purely_nonlinear", lam=PENALTY, **SCALE),
        ridge.ridge(ONE, gamma=FREE, lam=PENALTY, **SCALE),
    ),
    "transforms": lambda: (
        marchenko_pastur.stieltjes(-LAM - 1e-30, gamma=GAMMA, certified=True),
        isotropic.stieltjes(gamma=GAMMA, lam=LAM + 1e-30, certified=True),
    ),
    "linear features on a sphere": lambda: (
        replace(spherical_features.ridge(gamma=FREE, psi=1.5, activation="identity", lam=PENALTY, **SCALE), norm2=None),
        random_features.ridge(ONE, gamma=FREE, psi=1.5, lam=1.5 * PENALTY, **SCALE),
    ),
    "a pool that is all used": lambda: (
        subsampling.ridge(SOME, n=50.0, pool=50.0, delta=[0.1, 3.0], certified=True).df1,
        ridge.ridge(spectra.multiplicities(SOME.H.atoms, SOME.H.weights), n=1e18, delta=[0.002e18, 0.06e18], certified=True).df1,
    ),
}


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("what", ROUTES)
def test_enclosures_overlap(what):
    first, second = map(parts, ROUTES[what]())
    shared = first.keys() & second.keys()
    assert shared
    for field in shared:
        a, b = first[field], second[field]
        assert np.all(np.maximum(a.lower, b.lower) <= np.minimum(a.upper, b.upper)), field


@pytest.mark.false_alarm(0)
def test_six_terms_add_up():
    terms = parts(decomposition.split(SOME, delta=PENALTY, **COUNTS, **SCALE))
    excess = random_features.ridge(SOME, delta=PENALTY, **COUNTS, **SCALE).excess
    low, high = (sum(getattr(v, end) for v in terms.values()) for end in ("lower", "upper"))
    assert np.all((low * (1 - 1e-15) <= excess.upper) & (excess.lower <= high * (1 + 1e-15)))  # 1e-15: six roundings of the sums
