"""Nonlinear features: the law of the equivalent covariance, closed forms of its integrals, limits and published numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf

from asymptotics import isotropic
from asymptotics.activations import hermite
from asymptotics.equivalents import edge
from asymptotics.errors import ConvergenceError
from asymptotics.nonlinear_features import covariance, ridge, ridgeless

RATIO = st.one_of(st.floats(-1.5, 1.5).map(lambda e: 10.0**e), st.sampled_from([1.0, 1 + 1e-6, 1 - 1e-6, 1 + 1e-13]))


def oracle(gamma, psi, linear, lam, r2, sigma2):
    """Excess, norm and kappa by mpmath from the closed Stieltjes transform of Marchenko-Pastur; no quadrature."""
    with mp.workdps(40):
        gamma, psi, c, lam = mpf(gamma), mpf(psi), mpf(linear), mpf(lam)
        q = 1 / psi

        def g(k):  # int 1/(c s + 1 - c + k) over the law of W W'
            x = (1 - c + k) / c
            h = x + 1 - q
            root = mp.sqrt(h * h + 4 * q * x)
            return 2 / (h + root) / c if h > 0 else (root - h) / (2 * q * x) / c

        low, high = mpf(10) ** -40, lam + gamma * 10 * (1 + q) + 10
        for _ in range(300):
            k = mp.sqrt(low * high)
            low, high = (k, high) if k * (1 - gamma * (1 - k * g(k))) < lam else (low, k)
        g1 = -mp.diff(g, k)  # int 1/(s+k)^2
        df1 = gamma * (1 - k * g(k))
        df2 = gamma * (1 - 2 * k * g(k) + k**2 * g1)
        slope = g(k) - k * g1  # int s/(s+k)^2
        test = (r2 * k**2 * slope + sigma2) / (1 - df2)
        norm2 = r2 * df2 / gamma + test * gamma * slope
        return float(test - sigma2), float(norm2), float(k), float(df1)


@given(RATIO, st.floats(0.001, 0.999))
def test_moments_of_the_covariance(psi, linear):
    H = covariance(psi=psi, linear=linear).H
    assert H.mass == pytest.approx(1, rel=1e-13)  # all to sums of roundings
    assert H.mean() == pytest.approx(1, rel=1e-13)
    assert H.moment(2) == pytest.approx(1 + linear**2 / psi, rel=1e-12)


@given(
    st.floats(-1, 1).map(lambda e: 10.0**e),
    RATIO,
    st.sampled_from(["relu", "tanh", "erf", "sign", "identity"]),
    st.floats(-4, 2).map(lambda e: 10.0**e),
    st.floats(0.1, 10),
)
def test_against_the_closed_transform(gamma, psi, activation, lam, r2):
    risk = ridge(gamma=gamma, psi=psi, activation=activation, lam=lam, r2=r2, sigma2=0.5)
    excess, norm2, kappa, df1 = oracle(gamma, psi, hermite(activation).linear, lam, r2, 0.5)
    assert risk.kappa == pytest.approx(kappa, rel=1e-12)
    assert risk.df1 == pytest.approx(df1, rel=1e-12)
    assert risk.excess == pytest.approx(excess, rel=1e-12)
    assert risk.norm2 == pytest.approx(norm2, rel=1e-12)


def test_norms_under_a_large_penalty():
    risk = ridge(gamma=0.14, psi=7.3, activation="sign", lam=[38.0, 1e3], r2=2, sigma2=0.5)
    for i, lam in enumerate((38, 1000)):
        excess, norm2, _, df1 = oracle(0.14, 7.3, hermite("sign").linear, lam, 2, 0.5)
        assert risk.excess[i] == pytest.approx(excess, rel=1e-14)
        assert risk.norm2[i] == pytest.approx(norm2, rel=3e-14)
        assert risk.df1[i] == pytest.approx(df1, rel=3e-14)


@given(st.floats(1.05, 20), RATIO, st.sampled_from(["relu", "tanh", "erf", "sign"]))
def test_ridgeless_against_the_closed_transform(gamma, psi, activation):
    risk = ridgeless(gamma=gamma, psi=psi, activation=activation, r2=2, sigma2=1)
    excess, norm2, kappa, _ = oracle(gamma, psi, hermite(activation).linear, 0, 2, 1)
    assert risk.kappa == pytest.approx(kappa, rel=1e-12)
    assert risk.excess == pytest.approx(excess, rel=1e-12)
    assert risk.norm2 == pytest.approx(norm2, rel=1e-12)
    assert risk.train == 0


@given(st.floats(0.1, 10), RATIO, st.floats(-12, 1).map(lambda e: 10.0**e), st.sampled_from(["purely_nonlinear", "abs"]))
def test_purely_nonlinear_features_are_isotropic_exactly(gamma, psi, lam, activation):
    one = ridge(gamma=gamma, psi=psi, activation=activation, lam=lam, r2=5, sigma2=1)
    two = isotropic.ridge(gamma=gamma, lam=lam, r2=5, sigma2=1)
    for name, value in two.to_dict().items():
        assert getattr(one, name) == pytest.approx(value, rel=1e-12), name


def test_many_inputs_make_the_features_isotropic():
    one, two = ridge(gamma=2, psi=1e13, activation="tanh", lam=0.1, r2=5), isotropic.ridge(gamma=2, lam=0.1, r2=5)
    assert one.excess == pytest.approx(two.excess, rel=1e-12)  # 1/psi


def test_linear_features_below_and_above_the_number_of_inputs():
    # identity: rank min(p, d): below the threshold least squares on d = psi p effective features
    risk = ridgeless(gamma=[1.0, 0.5, 3.0], psi=[0.5, 2.0, 2.0], activation="identity", r2=2, sigma2=1)
    assert risk.variance[:2] == pytest.approx([1.0, 1.0], rel=1e-12)
    assert risk.bias[:2].tolist() == [0, 0]
    excess, norm2, _, _ = oracle(3, 2, 1, 0, 2, 1)
    assert risk.excess[2] == pytest.approx(excess, rel=1e-12)
    assert risk.norm2[2] == pytest.approx(norm2, rel=1e-12)
    with pytest.raises(ConvergenceError, match="reaches 0"):
        ridgeless(gamma=0.5, psi=1, activation="identity")


@pytest.mark.parametrize(("gamma", "psi"), [(2.0, 0.5), (4.0, 0.25), (8.0, 0.125)])
@pytest.mark.parametrize("activation", ["identity", lambda t: 3 * t])
def test_linear_features_of_as_many_inputs_as_samples_are_at_the_threshold(gamma, psi, activation):
    risk = ridgeless(gamma=gamma, psi=psi, activation=activation, sigma2=[1.0, 0.0])
    for name in ("excess", "test", "norm2"):
        assert getattr(risk, name)[0] == np.inf, name
    assert risk.excess[1] == 0  # the rows of X span all that W shows


@pytest.mark.parametrize(("activation", "excess"), [("abs", 2.0), ("tanh", 2.227), ("relu", 2.030)])
def test_numbers_of_the_simulation(activation, excess):
    # simulated at n = 150, p = d = 300, r2 = 2, sigma2 = 1: 2.018(24), 2.260(31), 2.010(29)
    assert ridgeless(gamma=2, psi=1, activation=activation, r2=2, sigma2=1).excess == pytest.approx(excess, abs=1e-3)


@pytest.mark.parametrize(("gamma", "psi"), [(0.3, 2.0), (0.3, 0.5), (3.0, 2.0), (3.0, 0.5), (2.0, 1.1)])
def test_negative_penalties_approach_their_edge(gamma, psi):
    linear = hermite("tanh").linear
    bottom = float(edge(covariance(psi=psi, linear=linear, kappa=0.0).H, gamma=gamma)) if gamma > 1 else -0.015
    lam = bottom * np.array([0.9, 0.5, 0.1])
    risk = ridge(gamma=gamma, psi=psi, activation="tanh", lam=lam, r2=5, sigma2=1)
    with mp.workdps(30):
        q, c = 1 / mpf(psi), mpf(linear)

        def part(t, k):  # the law's own density: 2 sin^2 t/(pi s) dt
            s = 1 + q + 2 * mp.sqrt(q) * mp.cos(t)
            value = c * s + 1 - c
            return 2 * mp.sin(t) ** 2 / (mp.pi * s) * value / (value + k)

        for penalty, k in zip(lam, np.asarray(risk.kappa), strict=True):
            k = mpf(float(k))
            df1 = mp.quad(lambda t, k=k: part(t, k), [0, mp.pi / 2, 3, mp.pi]) + max(0, 1 - mpf(psi)) * (1 - c) / (1 - c + k)
            assert float(k * (1 - mpf(gamma) * df1)) == pytest.approx(penalty, rel=1e-10)  # 1 - df1 cancels


def test_bad_input():
    with pytest.raises(ValueError, match=r"psi = 0\.0"):
        ridge(gamma=2, psi=0, activation="tanh", lam=0.1)
    with pytest.raises(ValueError, match="activation = 'tan'"):
        ridge(gamma=2, psi=1, activation="tan", lam=0.1)
    with pytest.raises(ValueError, match="gamma = -1"):
        ridge(gamma=-1, psi=1, activation="tanh", lam=0.1)
    with pytest.raises(ValueError, match="lam = -3"):
        ridge(gamma=2, psi=1, activation="tanh", lam=-3)
    with pytest.raises(ValueError, match=r"linear = 1\.5"):
        covariance(psi=1.0, linear=1.5)


def test_broadcasting():
    risk = ridge(gamma=[[0.5], [2.0]], psi=[1.0, 2.0, 1.0], activation="tanh", lam=0.1)
    assert risk.test.shape == (2, 3)
    assert np.all(risk.test[:, 0] == risk.test[:, 2])
    assert np.shape(ridge(gamma=0.5, psi=1.0, activation="tanh", lam=0.1).test) == ()
