"""The central limit theorem of ridge risks, by four routes: closed form, quadrature, contour integrals, exact finite-n moments."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

import simulate.isotropic
from asymptotics import isotropic, spectral_fluctuations, wishart
from asymptotics.errors import ConvergenceError
from asymptotics.spectral_fluctuations import Normal, linear_statistic
from theorems.fluctuations import fluctuation

FIELDS = ("bias", "variance", "excess", "test", "estimation", "train", "norm2", "gcv")
CASES = (
    (0.5, 0.3, 5.0, 2.0),
    (2.0, 0.1, 5.0, 0.5),
    (1.0, 0.3, 2.0, 1.0),
    (4.0, 1.0, 3.0, 1.0),
    (0.3, 0.0, 1.0, 1.0),
    (3.0, 0.0, 2.0, 1.0),
)


def summand(of, gamma, lam, r2, sigma2):
    """f of the risk named by `of`, read off the trace formulas."""
    signal = r2 / gamma
    return {
        "bias": lambda x: signal * (lam / (x + lam)) ** 2,
        "variance": lambda x: sigma2 * x / (x + lam) ** 2,
        "train": lambda x: lam**2 * (signal * x + sigma2) / (x + lam) ** 2,
        "norm2": lambda x: x * (signal * x + sigma2) / (x + lam) ** 2,
    }.get(of, lambda x: (signal * lam**2 + sigma2 * x) / (x + lam) ** 2)


@given(
    gamma=st.floats(0.05, 20).filter(lambda g: abs(g - 1) > 0.05),
    lam=st.sampled_from([0.0, 1e-3, 0.1, 1.0, 30.0]),
    r2=st.floats(0, 10),
    of=st.sampled_from(FIELDS[:-1]),
)
def test_the_closed_form_is_the_quadrature(gamma, lam, r2, of):
    given = {"gamma": gamma, "lam": lam, "r2": r2, "sigma2": 0.7}
    closed, summed = spectral_fluctuations.ridge(**given, of=of), linear_statistic(summand(of, **given), gamma=gamma)
    x = np.linspace((1 - math.sqrt(gamma)) ** 2, (1 + math.sqrt(gamma)) ** 2, 50)
    size = np.abs(summand(of, **given)(x)).max()
    assert closed.mean == pytest.approx(summed.mean, rel=1e-9, abs=1e-11 * size)  # 1e-11: quadrature stops at 1e-12 of its terms
    assert closed.variance == pytest.approx(summed.variance, rel=1e-9, abs=1e-20 * size**2)  # of a_k, each to 1e-10 of f


def contour(gamma, lam):
    """Mean and variance of tr (X'X/n + lam)^-1, and of its derivative, by Bai and Silverstein's formulas at the pole z = -lam.

    Their contour integrals of 1/(x - z) are residues: with v the companion transform, v = v(z), covariances are
    2 d/dz1 d/dz2 log((v1 - v2)/(z1 - z2)), the mean gamma v^3 (1 + v)^-3/(1 - gamma v^2 (1 + v)^-2)^2.
    """

    def v(z):
        kappa = (-z + gamma - 1 + mp.sqrt((-z + gamma - 1) ** 2 - 4 * z)) / 2
        return 1 / kappa

    def mean(z):
        at = v(z)
        return gamma * at**3 / (1 + at) ** 3 / (1 - gamma * at**2 / (1 + at) ** 2) ** 2

    def potential(z1, z2):
        return 2 * mp.log((v(z1) - v(z2)) / (z1 - z2))

    z, gap = -mp.mpf(lam), mp.mpf(10) ** -12 * lam  # covariances are taken at nearby points: at one point they are 0/0
    means = mean(z), mp.diff(mean, z)
    cov = [[mp.diff(potential, (z, z + gap), (1 + i, 1 + j)) for j in (0, 1)] for i in (0, 1)]
    return means, cov


@pytest.mark.parametrize("of", ["bias", "variance", "excess", "train", "norm2", "gcv"])
@pytest.mark.parametrize(("gamma", "lam", "r2", "sigma2"), CASES[:4])
def test_the_closed_form_is_bai_and_silversteins(gamma, lam, r2, sigma2, of):
    with mp.workdps(60):
        means, cov = contour(gamma, lam)  # of 1/(x - z) and 1/(x - z)^2
        at = isotropic.ridge(gamma=gamma, lam=lam, r2=r2, sigma2=sigma2)
        u, w = spectral_fluctuations._terms(at, of, gamma, lam, r2, sigma2)
        mean = u * means[0] + w * means[1]
        variance = u * u * cov[0][0] + u * w * (cov[0][1] + cov[1][0]) + w * w * cov[1][1]
    found = spectral_fluctuations.ridge(gamma=gamma, lam=lam, r2=r2, sigma2=sigma2, of=of)
    assert found.mean == pytest.approx(float(mean), rel=1e-9)  # the nearby points are 1e-12 apart
    assert found.variance == pytest.approx(float(variance), rel=1e-9)


@pytest.mark.parametrize("gamma", [0.01, 0.3, 0.9, 1.1, 2.0, 50.0])
def test_ridgeless_moments_are_the_limits_of_the_exact_ones(gamma):
    n, law = 10**6, spectral_fluctuations.ridge(gamma=gamma, lam=0.0, r2=3.0, sigma2=2.0)
    p = round(gamma * n)
    mean = n * (wishart.ridgeless(n=n, p=p, r2=0.0, sigma2=2.0).variance - isotropic.ridgeless(gamma=gamma, sigma2=2.0).variance)
    variance = n**2 * wishart.spread(n=n, p=p, r2=0.0, sigma2=2.0).variance
    near = 10 / (n * abs(1 - gamma))  # both are limits in n |1 - gamma|, with constants below 10
    assert law.mean == pytest.approx(mean, rel=near + 1e-16 * n / law.mean)  # a difference of two risks, times n
    assert law.variance == pytest.approx(variance, rel=near)


@pytest.mark.false_alarm(5e-9)
@pytest.mark.parametrize("of", ["excess", "train", "norm2", "gcv"])
@pytest.mark.parametrize(("gamma", "lam", "r2", "sigma2"), CASES)
def test_the_simulator_fluctuates_as_told(gamma, lam, r2, sigma2, of):
    n, draws, params = 400, 4000, {"gamma": gamma, "lam": lam, "r2": r2, "sigma2": sigma2}
    law = spectral_fluctuations.ridge(**params, of=of)
    draw = fluctuation(simulate.isotropic.ridge, isotropic.ridge, of=of)
    x = draw(n=n, draws=draws, rng=np.random.default_rng([17, FIELDS.index(of)]), **params)[:, 0]
    if law.variance == 0:
        assert np.abs(x).max() < 1e-10 * n  # n times the round-off of a risk
        return
    z = -ndtri(1e-7 / 48 / 2)  # 24 cases, two sides, two statements
    skew = 1 + 10 / (n * abs(1 - gamma)) if lam == 0 else 1 + 20 / n  # what is left at finite n, of the scale sqrt(variance)
    assert abs(x.mean() - law.mean) < math.sqrt(law.variance) * (z / math.sqrt(draws) + skew - 1)
    assert abs(x.var() / law.variance - 1) < 1.3 * z * math.sqrt(2 / draws) + 3 * (skew - 1)  # 1.3: kurtosis of the draws


def test_edges_and_refusals():
    with pytest.raises(ValueError, match="lam = 0"):
        spectral_fluctuations.ridge(gamma=1.0, lam=0.0)
    with pytest.raises(ValueError, match="of = 'df1'"):
        spectral_fluctuations.ridge(gamma=2.0, lam=0.1, of="df1")
    with pytest.raises(ConvergenceError):
        linear_statistic(np.sqrt, gamma=1.0)
    with pytest.raises(ValueError, match="infinite on the spectrum"):
        linear_statistic(lambda x: np.full_like(x, np.inf), gamma=1.0)
    assert linear_statistic(np.ones_like, gamma=0.5).variance == pytest.approx(0, abs=1e-30)
    many = spectral_fluctuations.ridge(gamma=[0.5, 2.0], lam=0.0)
    assert many.variance.tolist() == [16.0, 4.0]


def test_a_normal_law():
    law = Normal(mean=1.0, variance=4.0)
    assert law.cdf(law.quantile([0.025, 0.5, 0.975])) == pytest.approx([0.025, 0.5, 0.975], rel=1e-14)  # scipy's own accuracy
    x = np.linspace(-9, 11, 20_001)
    assert np.sum(law.density(x)) * (x[1] - x[0]) == pytest.approx(law.cdf(11) - law.cdf(-9), rel=1e-6)  # Riemann sum
    point = Normal(mean=3.0, variance=0.0)
    assert point.quantile([0.1, 0.9]).tolist() == [3.0, 3.0]
    assert point.cdf([2.9, 3.0]).tolist() == [0.0, 1.0]


@pytest.mark.false_alarm(0)
def test_a_fluctuation_keeps_moments_shape_and_the_p_that_was_drawn():
    draw = fluctuation(simulate.isotropic.ridge, isotropic.ridge, power=0.5)
    params = {"gamma": 1.49, "lam": 0.0, "r2": 0.0, "sigma2": 1.0}
    assert draw.moments(n=10, **params) == draw.moments(n=10, of=None, **params) == 2
    raw = simulate.isotropic.ridge(n=10, draws=3, rng=np.random.default_rng(0), **params).excess
    assert draw(n=10, draws=3, rng=np.random.default_rng(0), **params)[:, 0] == pytest.approx(
        math.sqrt(10) * (raw - 2.0), rel=1e-12
    )  # p = 15
    plain = fluctuation(lambda *, n, draws, rng: rng.random((draws, 2)), lambda: 0.5)
    assert plain(n=4, draws=3, rng=np.random.default_rng(0)).shape == (3, 2)
    assert not hasattr(plain, "moments")
