"""Isotropic ridge: the paper's own B and V in mpmath, limits, symmetries, the optimum, bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from asymptotics import isotropic, ridge, spectra
from tests import closed_form_oracles as oracles

RNG = np.random.default_rng(20240501)
EPS = 2.0**-52
GAMMA = st.floats(1e-3, 1e3)
SCALE = st.floats(1e-3, 1e3)
FIELDS = {"bias", "variance", "excess", "test", "train", "gcv", "loo", "norm2", "estimation", "kappa", "df1", "df2"}


def worst(*args):
    return max(v[0] for v in oracles.worst(*args).values())


@pytest.mark.false_alarm(0)
def test_every_field_to_four_eps_of_the_papers_formula():
    g, x = oracles.points(400, RNG)
    r, s = oracles.scales(400, RNG)
    risk = isotropic.ridge(gamma=g, lam=x, r2=r, sigma2=s).to_dict()
    assert set(risk) == FIELDS
    assert worst(risk, oracles.ridge, g, x, r, s) <= 4  # eps: the goal of the benchmark; 3.2 seen in 20000 points


@pytest.mark.false_alarm(0)
def test_transforms_to_four_eps():
    g, x = oracles.points(400, RNG)
    assert worst({"m": isotropic.stieltjes(gamma=g, lam=x)}, lambda g, x: {"m": oracles.stieltjes(g, x)}, g, x) <= 4  # eps, goal
    v = isotropic.companion(gamma=g, lam=x)
    assert_allclose(v * isotropic.effective_ridge(gamma=g, lam=x), 1, rtol=2 * EPS)  # a quotient and a product


@pytest.mark.false_alarm(0)
def test_negative_penalties_to_four_eps_down_to_the_edge():
    g = 10 ** RNG.uniform(-3, 3, 400)
    edge = isotropic.edge(gamma=g)
    x = edge * (1 - 10 ** RNG.uniform(-14, 0, 400))
    r, s = oracles.scales(400, RNG)
    risk = isotropic.ridge(gamma=g, lam=x, r2=r, sigma2=s).to_dict()
    assert worst(risk, lambda g, x, r, s: oracles.equicorrelated(g, x, r, s, 0.0), g, x, r, s) <= 4  # eps, goal


@pytest.mark.false_alarm(0)
def test_ridgeless_to_four_eps_of_theorem_one():
    g, _ = oracles.points(400, RNG)
    r, s = oracles.scales(400, RNG)
    assert worst(isotropic.ridgeless(gamma=g, r2=r, sigma2=s).to_dict(), oracles.ridgeless, g, r, s) <= 4  # eps, goal


@given(gamma=GAMMA.filter(lambda g: abs(g - 1) > 1e-3), r2=SCALE, sigma2=SCALE)
def test_ridgeless_is_the_limit_of_small_penalties(gamma, r2, sigma2):
    limit = isotropic.ridgeless(gamma=gamma, r2=r2, sigma2=sigma2)
    for sign in (1, -1):
        near = isotropic.ridge(gamma=gamma, lam=sign * 1e-13, r2=r2, sigma2=sigma2)
        for name in ("bias", "variance", "norm2", "train", "df2"):
            scale = abs(getattr(limit, name)) + r2 + sigma2
            # 1e-13 lam times the derivative of the risk in lam, at most 4 gamma/(gamma - 1)^3 times the risk, 1e-6 of it here
            assert abs(getattr(near, name) - getattr(limit, name)) <= 2e-6 * scale


@given(gamma=GAMMA, lam=st.floats(1e-9, 1e3), r2=SCALE, sigma2=SCALE)
def test_second_route_through_any_spectrum(gamma, lam, r2, sigma2):
    closed = isotropic.ridge(gamma=gamma, lam=lam, r2=r2, sigma2=sigma2)
    for name, value in ridge.ridge(spectra.isotropic(), gamma=gamma, lam=lam, r2=r2, sigma2=sigma2).to_dict().items():
        assert_allclose(value, getattr(closed, name), rtol=1e-12)  # the goal of the general solver


def test_at_the_pole_infinite_and_never_nan():
    at = isotropic.ridgeless(gamma=1.0)
    assert (at.bias, at.variance, at.excess, at.train, at.norm2, at.kappa) == (0, np.inf, np.inf, 0, np.inf, 0)
    quiet = isotropic.ridgeless(gamma=1.0, r2=3.0, sigma2=0.0)
    assert (quiet.excess, quiet.train, quiet.norm2) == (0, 0, 3)
    assert np.isinf(isotropic.stieltjes(gamma=[1.0, 2.0], lam=-0.0)).all()
    assert np.isinf(isotropic.companion(gamma=[1.0, 0.5], lam=0.0)).all()


@given(gamma=st.floats(1e-300, 1e300), lam=st.floats(0, 1e300), r2=SCALE, sigma2=SCALE)
def test_no_overflow_becomes_nan(gamma, lam, r2, sigma2):
    risk = isotropic.ridge(gamma=gamma, lam=lam, r2=r2, sigma2=sigma2).to_dict()
    assert not any(np.isnan(v) for v in risk.values())
    assert risk["bias"] <= r2 * (1 + 4 * EPS)  # ridge never biases beyond the null estimator


@given(gamma=GAMMA, lam=st.floats(1e-6, 1e4), r2=SCALE, sigma2=SCALE)
def test_swapping_rows_and_columns(gamma, lam, r2, sigma2):
    """X'X/n and XX'/p share their nonzero eigenvalues up to the factor gamma: kappa(1/gamma, lam/gamma) = lam/kappa(gamma, lam)/..."""
    kappa = isotropic.effective_ridge(gamma=gamma, lam=lam)
    swapped = isotropic.effective_ridge(gamma=1 / gamma, lam=lam / gamma)
    # v of one is gamma m of the other: 1/swapped = gamma/(lam + lam/kappa); the rounding of 1/gamma is amplified at most 1/|1 - gamma|
    assert_allclose(
        1 / swapped, gamma / (lam + lam / kappa), rtol=1e-12
    )  # |gamma - 1| >= sqrt lam = 1e-3, or lam dominates: 1e3 eps


@given(gamma=GAMMA, r2=SCALE, sigma2=SCALE, factor=st.floats(0.01, 100))
def test_optimal_is_least(gamma, r2, sigma2, factor):
    best = isotropic.optimal(gamma=gamma, r2=r2, sigma2=sigma2)
    lam = isotropic.optimal_penalty(gamma=gamma, r2=r2, sigma2=sigma2)
    other = isotropic.ridge(gamma=gamma, lam=factor * lam, r2=r2, sigma2=sigma2)
    assert best.excess <= other.excess * (1 + 8 * EPS)  # 4 eps of each
    assert best.excess <= r2 * (1 + 4 * EPS)  # never worse than null
    assert best.excess <= isotropic.ridgeless(gamma=gamma, r2=r2, sigma2=sigma2).excess * (1 + 8 * EPS)  # nor than min-norm
    assert_allclose(best.excess, sigma2 * gamma * isotropic.stieltjes(gamma=gamma, lam=lam), rtol=16 * EPS)  # R* = sigma2 gamma m


def test_optimal_without_signal_is_null_and_without_noise_ridgeless():
    null = isotropic.optimal(gamma=[0.5, 2.0], r2=0.0, sigma2=3.0)
    assert_allclose(null.test, 3, rtol=0)  # exact
    assert np.isinf(null.kappa).all()
    clean, least = isotropic.optimal(gamma=2.0, r2=3.0, sigma2=0.0), isotropic.ridgeless(gamma=2.0, r2=3.0, sigma2=0.0)
    assert clean == least


def test_fields_have_the_broadcast_shape():
    risk = isotropic.ridge(gamma=np.array([[0.5], [2.0]]), lam=[0.1, 0.2, 0.3], r2=2.0)
    assert all(v.shape == (2, 3) for v in risk.to_dict().values())
    assert all(np.ndim(v) == 0 for v in isotropic.ridge(gamma=0.5, lam=0.1).to_dict().values())


@given(sigma2=SCALE, snr=st.floats(1.001, 1e4))
def test_local_minimum_is_one(sigma2, snr):
    gamma, excess = isotropic.local_minimum(r2=snr * sigma2, sigma2=sigma2)
    at = isotropic.ridgeless(gamma=gamma, r2=snr * sigma2, sigma2=sigma2).excess
    assert_allclose(
        at, excess, rtol=1e-11
    )  # gamma rounded to eps; the noise part sigma2/(gamma - 1) costs gamma/(gamma - 1) <= 2e3 eps
    for other in (0.9, 1.1):
        assert isotropic.ridgeless(gamma=1 + other * (gamma - 1), r2=snr * sigma2, sigma2=sigma2).excess >= at * (
            1 - 1e-11
        )  # as above


def test_local_minimum_at_weak_signal_is_at_infinity():
    assert isotropic.local_minimum(r2=1.0, sigma2=2.0) == (np.inf, 1.0)
    assert isotropic.local_minimum(r2=0.0, sigma2=0.0) == (np.inf, 0.0)
    assert isotropic.local_minimum(r2=2.0, sigma2=0.0) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"gamma": 0.0}, "gamma = 0.0"),
        ({"gamma": -1.0}, "gamma = -1.0"),
        ({"gamma": np.nan}, "gamma = nan"),
        ({"gamma": "two"}, "gamma = 'two'"),
        ({"lam": np.inf}, "lam = inf"),
        ({"lam": -0.09}, "lam = -0.09"),
        ({"gamma": 4.0, "lam": -1.0}, "above edge"),
        ({"gamma": 4.0, "lam": -20.0}, "lam = -20.0"),
        ({"gamma": 1.0, "lam": -1e-30}, "lam = -1e-30"),
        ({"lam": -1e300}, "lam = -1e\\+300"),
        ({"r2": -1.0}, "r2 = -1.0"),
        ({"sigma2": -1.0}, "sigma2 = -1.0"),
        ({"alpha": 1.0}, "lam=alpha/n"),
    ],
)
def test_bad_input(arguments, words):
    with pytest.raises(ValueError, match=words):
        isotropic.ridge(**({"gamma": 0.5, "lam": 0.1} | arguments))
