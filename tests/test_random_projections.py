"""Random projections: against mpmath, random features at no penalty, limits and the threshold."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from mpmath import mp, mpf

from asymptotics import random_features, ridge, spectra
from asymptotics.random_projections import ridgeless

LAW = ([4.0, 1.0, 0.01], [0.25, 0.25, 0.5], [0.2, 0.3, 0.5])
SPECTRUM = spectra.atoms(*LAW)
FIELDS = ("bias", "variance", "excess", "test", "train", "kappa")
RATIO = st.one_of(
    st.floats(-1, 1).map(lambda e: 10.0**e),
    st.floats(-9, -1).map(lambda e: 1 + 10.0**e),
    st.floats(-9, -1).map(lambda e: 1 - 10.0**e),
)
PSI = st.floats(-1, 1).map(lambda e: 10.0**e)


def oracle(gamma, psi, r2, sigma2):
    """test, variance and train at 60 digits from the equations of random features (simon2024more, (6) to (9)) at delta = 0."""
    with mp.workdps(60):
        k, p, r2, sigma2 = mpf(gamma), mpf(gamma) * mpf(psi), mpf(r2), mpf(sigma2)
        s, h, g = ([mpf(x) for x in part] for part in LAW)
        m = min(mpf(1), k)
        if p <= m:
            return sigma2 / (1 - p), sigma2 * p / (1 - p), (1 - p) * sigma2
        low, high = mpf(10) ** -50, 10 * p
        for _ in range(400):
            kappa = mp.sqrt(low * high)
            low, high = (kappa, high) if p * sum(b * a / (a + kappa) for a, b in zip(s, h, strict=True)) > m else (low, kappa)
        z = p * sum(b * a / (a + kappa) for a, b in zip(s, h, strict=True))
        q = p * sum(b * (a / (a + kappa)) ** 2 for a, b in zip(s, h, strict=True))
        kappa1 = kappa * (k - z) / k if k > 1 else mpf(0)
        gap = 1 - (q * (k - 2 * m) + m**2) / (k - q)
        signal = r2 * sum(
            c * a * (kappa / (a + kappa) - kappa1 * a / (a + kappa) ** 2 * k / (k - q)) for a, c in zip(s, g, strict=True)
        )
        test = (signal + sigma2) / gap
        return test, sigma2 / gap - sigma2, max(1 - k, 0) ** 2 * test


@given(RATIO, PSI)
def test_against_mpmath(gamma, psi):
    rank = gamma * psi / min(gamma, 1)
    if abs(rank - 1) < 1e-3:
        psi *= 1.01  # nearer the rounding of psi gamma is amplified
    assume(gamma != 1)
    test, variance, train = oracle(gamma, psi, 2.0, 0.5)
    risk = ridgeless(SPECTRUM, gamma=gamma, psi=psi, r2=2.0, sigma2=0.5)
    loose = 1e-12 + 1e-14 / abs(gamma * psi - 1)  # of the rounding of psi gamma below the rank
    assert risk.test == pytest.approx(float(test), rel=loose)
    assert risk.variance == pytest.approx(float(variance), rel=loose)
    assert risk.train == pytest.approx(float(train), rel=loose)
    assert risk.excess == pytest.approx(float(test) - 0.5, rel=loose, abs=loose)


@given(RATIO, PSI)
def test_random_features_without_penalty(gamma, psi):
    assume(gamma != 1 or psi != 1)  # n = k = p: with the penalty the bias tends to r2/(3 int 1/s dH), without it is 0
    one = ridgeless(SPECTRUM, gamma=gamma, psi=psi, r2=2.0, sigma2=0.5).to_dict()
    two = random_features.ridge(SPECTRUM, gamma=gamma, psi=psi, lam=0.0, r2=2.0, sigma2=0.5).to_dict()
    loose = 1e-10 + 1e-14 / max(abs(gamma * psi / min(gamma, 1) - 1), 1e-16)  # either rounds psi gamma by itself
    for name in FIELDS:
        assert one[name] == pytest.approx(two[name], rel=loose, abs=loose), name


def test_counts_are_the_proportional_setting_times_n():
    values, counts = [4.0, 1.0, 0.01], np.array([30.0, 30.0, 60.0])
    k = np.array([20.0, 59.0, 61.0, 240.0, 1e4])
    one = ridgeless(spectra.multiplicities(values, counts, [0.2, 0.3, 0.5]), n=60, k=k, r2=2.0).to_dict()
    two = ridgeless(SPECTRUM, gamma=k / 60, psi=120 / k, r2=2.0).to_dict()
    for name in FIELDS:
        assert one[name] == pytest.approx(two[name], rel=1e-10), name


def test_limits():
    many = ridgeless(SPECTRUM, gamma=1e10, psi=3e-10, r2=2.0)
    all_inputs = ridge.ridge(SPECTRUM, gamma=3.0, lam=0.0, r2=2.0)
    assert many.excess == pytest.approx(all_inputs.excess, rel=1e-9)  # 1/gamma
    few = ridgeless(SPECTRUM, gamma=1e-12, psi=4.0, r2=2.0)  # the population's best on p/4 projections
    assert few.bias == pytest.approx(2 * SPECTRUM.G.integrate(lambda s: few.kappa * s / (s + few.kappa)), rel=1e-11)
    isotropic = ridgeless(spectra.isotropic(), gamma=0.5, psi=4.0, r2=3.0, sigma2=1.0)
    assert isotropic.test == pytest.approx((3 * 0.75 + 1) / 0.5, rel=1e-13)  # p - k of p directions are lost


def test_the_threshold():
    risk = ridgeless(SPECTRUM, gamma=1.0, psi=[2.0, 2.0, 0.5, 0.5], r2=[1.0, 0.0, 1.0, 0.0], sigma2=[1.0, 0.0, 1.0, 0.0])
    assert risk.excess.tolist() == [math.inf, 0.0, 1.0, 0.0]
    assert risk.train.tolist() == [0.0, 0.0, 0.5, 0.0]
    assert ridgeless(SPECTRUM, gamma=1.0, psi=2.0, sigma2=0.0).test == math.inf  # what is projected away is noise
    both = ridgeless(SPECTRUM, gamma=[[0.5], [2.0]], psi=[0.5, 1.0, 2.0])
    assert both.test.shape == (2, 3)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"gamma": 1.0}, "give gamma"),
        ({"gamma": 1.0, "psi": 1.0, "n": 10, "k": 10}, "give gamma"),
        ({"gamma": 1.0, "psi": 0.0}, "psi = 0"),
        ({"n": 10, "k": -1}, "k = -1"),
        ({"gamma": 1.0, "psi": 1.0, "sigma": 1.0}, "sigma = 1"),
    ],
)
def test_bad_input(given, message):
    with pytest.raises(ValueError, match=message):
        ridgeless(SPECTRUM, **given)
