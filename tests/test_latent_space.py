"""Latent space and equicorrelation: Theorem 3's c0 and sums in mpmath, the induced model by linear algebra, limits, bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from asymptotics import correlated, equicorrelated, isotropic, latent_space, ridge, spectra
from tests import closed_form_oracles as oracles

RNG = np.random.default_rng(20240503)
EPS = 2.0**-52


@pytest.mark.false_alarm(0)
def test_latent_space_to_four_eps_of_theorem_three():
    g, _ = oracles.points(400, RNG)
    r, s = oracles.scales(400, RNG)
    psi = np.select([(k := RNG.random(400)) < 0.5, k < 0.9], [RNG.random(400), 10 ** RNG.uniform(-12, 0, 400)], 1.0)
    mu = np.where(RNG.random(400) < 0.3, 1.0, 10 ** RNG.uniform(-6, 6, 400))
    flat = np.clip((2 + mu / psi) / (1 + mu) * (1 + 1e-13 * RNG.standard_normal(400)), 1e-3, 1e3)  # (K) without its middle term
    g = np.where(RNG.random(400) < 0.3, flat, g)
    risk = latent_space.ridgeless(gamma=g, psi=psi, mu=mu, r2=r, sigma2=s).to_dict()
    found = oracles.worst(risk, oracles.latent, g, psi, mu, r, s)
    assert max(v[0] for v in found.values()) <= 4  # eps: the goal of the benchmark


def test_norms_by_the_general_formulas():
    """norm2 and estimation: sums over the two atoms of the equivalents' lines, at kappa itself."""
    for g, psi, mu in ((1.5, 0.1, 1.0), (4.0, 0.5, 3.0), (1.01, 1.0, 0.2)):
        risk, model = latent_space.ridgeless(gamma=g, psi=psi, mu=mu, r2=2.0), latent_space.induced(psi=psi, mu=mu, r2=2.0)
        k, a = risk.kappa, model.large
        spread = risk.test * g * ((1 - psi) / (1 + k) ** 2 + psi * a / (a + k) ** 2)
        assert_allclose(risk.norm2, model.beta2 * (a / (a + k)) ** 2 + spread, rtol=32 * EPS)  # some 30 roundings
        assert_allclose(risk.estimation, model.beta2 * (k / (a + k)) ** 2 + spread, rtol=32 * EPS)  # some 30 roundings
        assert_allclose(risk.df2, g * ((1 - psi) / (1 + k) ** 2 + psi * (a / (a + k)) ** 2), rtol=32 * EPS)  # some 30 roundings
        assert_allclose(g * ((1 - psi) / (1 + k) + psi * a / (a + k)), 1, rtol=32 * EPS)  # n = df1 at lam = 0


@given(gamma=st.floats(1.01, 50), psi=st.floats(0.01, 1), mu=st.floats(0, 20), sigma2=st.floats(0, 10))
def test_second_route_through_any_spectrum(gamma, psi, mu, sigma2):
    """The general solver of kappa, and Theorem 3's c0, on the induced spectrum."""
    model = latent_space.induced(psi=psi, mu=mu, r2=2.0, sigma2=sigma2)
    risk = latent_space.ridgeless(gamma=gamma, psi=psi, mu=mu, r2=2.0, sigma2=sigma2).to_dict()
    spectrum = spectra.latent_space(mu, psi)
    routes = (
        ridge.ridge(spectrum, gamma=gamma, lam=0.0, r2=model.beta2, sigma2=model.noise),
        correlated.ridgeless(spectrum, gamma=gamma, r2=model.beta2, sigma2=model.noise),
    )
    for route in routes:
        for name, value in route.to_dict().items():
            assert_allclose(value, risk[name], rtol=1e-12, atol=1e-300)  # the goal of the general solver


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize(("p", "d", "mu"), [(12, 4, 1.0), (12, 12, 2.5), (30, 3, 0.1)])
def test_induced_model_by_linear_algebra(p, d, mu):
    """E[y|x] = theta' W' (I + W W')^-1 x for a W with orthogonal columns: |beta|^2, the noise and the spectrum."""
    w = np.linalg.qr(RNG.standard_normal((p, d)))[0] * np.sqrt(p * mu / d)
    theta = RNG.standard_normal(d)
    covariance = np.eye(p) + w @ w.T
    beta = np.linalg.solve(covariance, w @ theta)
    r2, sigma2 = float(theta @ theta), 0.7
    model = latent_space.induced(psi=d / p, mu=mu, r2=r2, sigma2=sigma2)
    tol = 1e-12  # LAPACK's round-off at these sizes
    assert_allclose(model.beta2, beta @ beta, rtol=tol)
    assert_allclose(model.noise, sigma2 + r2 - beta @ covariance @ beta, rtol=tol)
    assert_allclose(np.linalg.eigvalsh(covariance)[-d:], model.large, rtol=tol)
    assert_allclose(covariance @ beta, model.large * beta, rtol=tol, atol=tol)


def test_sheets_values_are_of_test_risk():
    """The sheet's .19629, .06028, .16983 (r2 = 1, sigma2 = 0) measure from <theta, z>: they are `test`, not `excess`."""
    for g, psi, value in ((1.5, 20 / 300, 0.19629), (4.0, 20 / 600, 0.06028), (4.0, 60 / 800, 0.16983)):
        assert abs(latent_space.ridgeless(gamma=g, psi=psi, sigma2=0.0).test - value) < 1e-5  # five decimals are given


@given(gamma=st.floats(0.01, 100), psi=st.floats(0.01, 1), sigma2=st.floats(0.01, 10))
def test_without_loading_it_is_isotropic_noise(gamma, psi, sigma2):
    risk = latent_space.ridgeless(gamma=gamma, psi=psi, mu=0.0, r2=2.0, sigma2=sigma2)
    plain = isotropic.ridgeless(gamma=gamma, r2=0.0, sigma2=sigma2 + 2.0)
    assert_allclose(risk.excess, plain.excess, rtol=16 * EPS)  # some 15 roundings
    assert_allclose(risk.kappa, plain.kappa, rtol=4 * EPS)  # closed form's goal


def test_more_features_help():
    """The paper's example: at fixed n and d the risk falls in p (mu = 1, so each feature has signal), far past interpolation."""
    g = np.array([1.5, 2.0, 4.0, 8.0, 16.0])
    test = latent_space.ridgeless(gamma=g, psi=0.1 / g, r2=1.0, sigma2=0.0).test
    assert np.all(np.diff(test) < 0)


def test_pole_and_shapes():
    at = latent_space.ridgeless(gamma=[0.5, 1.0, 2.0], psi=[[0.2], [1.0]])
    assert all(v.shape == (2, 3) for v in at.to_dict().values())
    assert np.isinf(at.variance[:, 1]).all()
    assert np.isinf(at.norm2[:, 1]).all()
    assert (at.train[:, 1:] == 0).all()
    silent = latent_space.ridgeless(gamma=1.0, psi=0.5, r2=0.0, sigma2=0.0)
    assert (silent.excess, silent.norm2) == (0, 0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"psi": 0.0}, "psi = 0.0"),
        ({"psi": 1.5}, "psi = 1.5"),
        ({"psi": np.nan}, "psi = nan"),
        ({"mu": -1.0}, "mu = -1.0"),
        ({"mu": np.inf}, "mu = inf"),
        ({"mu": 1e200}, "mu = 1e\\+200"),
        ({"gamma": 0.0}, "gamma = 0.0"),
        ({"r2": -1.0}, "r2 = -1.0"),
    ],
)
def test_latent_bad_input(arguments, words):
    with pytest.raises(ValueError, match=words):
        latent_space.ridgeless(**({"gamma": 0.5, "psi": 0.5} | arguments))


@pytest.mark.false_alarm(0)
def test_equicorrelated_to_four_eps_of_the_general_formula():
    g, x = oracles.points(300, RNG)
    r, s = oracles.scales(300, RNG)
    rho = np.where(RNG.random(300) < 0.5, RNG.random(300), 1 - 10 ** RNG.uniform(-10, 0, 300))
    risk = equicorrelated.ridge(gamma=g, lam=x, rho=rho, r2=r, sigma2=s).to_dict()
    found = oracles.worst(risk, oracles.equicorrelated, g, x, r, s, rho)
    assert max(v[0] for v in found.values()) <= 4  # eps: the goal of the benchmark


@given(gamma=st.floats(0.01, 100), rho=st.floats(0, 0.99), r2=st.floats(0, 10), factor=st.floats(0.1, 10))
def test_equicorrelated_ridgeless_and_optimum(gamma, rho, r2, factor):
    plain, risk = isotropic.ridgeless(gamma=gamma, r2=r2), equicorrelated.ridgeless(gamma=gamma, rho=rho, r2=r2)
    assert_allclose(risk.bias, plain.bias * (1 - rho), rtol=8 * EPS, atol=1e-300)  # a few roundings on each side
    assert risk.variance == plain.variance
    if r2 > 0.01:
        lam = equicorrelated.optimal_penalty(gamma=gamma, rho=rho, r2=r2)
        best = equicorrelated.ridge(gamma=gamma, lam=lam, rho=rho, r2=r2).excess
        assert best <= equicorrelated.ridge(gamma=gamma, lam=lam * factor, rho=rho, r2=r2).excess * (1 + 8 * EPS)  # 4 eps each


def test_equicorrelated_is_the_limit_of_finite_p():
    """kappa of the p-dimensional spectrum (one eigenvalue 1 - rho + p rho) by bisection: the spike costs O(1/n)."""
    rho, lam, n, p = 0.5, 0.1, 10**7, 2 * 10**7
    low, high = 0.0, 100.0
    for _ in range(200):
        k = 0.5 * (low + high)
        over = ((p - 1) * (1 - rho) / (1 - rho + k) + (1 - rho + p * rho) / (1 - rho + p * rho + k)) / n + lam / k > 1
        low, high = (k, high) if over else (low, k)
    assert_allclose(k, equicorrelated.ridge(gamma=2.0, lam=lam, rho=rho).kappa, rtol=1e-6)  # the spike takes 1 of n = 1e7 samples


@pytest.mark.parametrize("rho", [1.0, -0.1, np.nan, 2.0])
def test_equicorrelated_bad_input(rho):
    for function in (equicorrelated.ridgeless, equicorrelated.optimal_penalty):
        with pytest.raises(ValueError, match="rho = "):
            function(gamma=0.5, rho=rho)
