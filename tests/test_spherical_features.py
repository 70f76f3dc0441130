"""Random features on the sphere: the paper's polynomials at 120 digits, the eigenframework, limits, corners, and bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from asymptotics import isotropic, random_features
from asymptotics.activations import hermite
from asymptotics.spherical_features import large_sample, ridge, ridgeless, spectrum, wide

LOG = {"allow_nan": False, "allow_infinity": False}
GAMMA = st.one_of(
    st.floats(-2, 2, **LOG).map(lambda e: 10.0**e), st.sampled_from([1.0, 1 + 1e-14, 1 - 1e-12, 1 + 1e-6, 1 - 1e-3])
)
PART = {"r2": 2.0, "nonlinear": 0.3, "sigma2": 0.5}


def logs(low, high):
    return st.floats(low, high, **LOG).map(lambda e: 10.0**e)


def polynomials(gamma, psi, activation, lam, r2, nonlinear, sigma2):
    """Eqs (15) to (20) and (48) of the paper as they stand, (15) bisected on the imaginary axis. None of it is shared."""
    phi = hermite(activation)
    with mp.workdps(120):
        gamma, psi, lam, r2, nonlinear, sigma2 = map(mpf, (gamma, psi, lam, r2, nonlinear, sigma2))
        p1, p2, star2 = 1 / psi, 1 / (gamma * psi), mpf(phi.mu_star2)
        z2 = mpf(phi.mu1) ** 2 / star2
        xi = mp.sqrt(p1 * p2 * (lam / p1) / star2)
        low, high = max(mpf(0), (p1 - p2) / xi), p1 / xi
        for _ in range(800):
            m1 = (low + high) / 2
            m2 = m1 - (p1 - p2) / xi
            low, high = (m1, high) if m1 * (xi + m2 + z2 * m2 / (1 + z2 * m1 * m2)) < p1 else (low, m1)
        c = -high * (high - (p1 - p2) / xi)
        z4, z6 = z2**2, z2**3
        common = -(c**5) * z6 + 3 * c**4 * z4 - 2 * c**3 * z4 - 3 * c**3 * z2 + 2 * c**2 * z2 + c**2
        e0 = common + (p1 * p2 - p1 - p2 + 1) * c**3 * z6 + (p1 + p2 - 3 * p1 * p2 + 1) * c**2 * z4 + p1 * p2 * (3 * c * z2 - 1)
        e1 = p2 * c**3 * z4 - p2 * c**2 * z2 + p1 * p2 * c * z2 - p1 * p2
        e2 = -common + (p1 - 1) * c**3 * z6 + (-p1 - 1) * c**2 * z4
        noise = sigma2 + nonlinear
        norm = noise * c**2 * (c * z2 - 1) * (c**2 * z4 - 2 * c * z2 + z2 + 1)
        norm -= r2 * c**2 * ((1 - p2) * c * z4 - c * z2 + (1 + p2) * z2 + 1)
        return {
            "bias": (r2 * e1 + nonlinear * e2) / e0 + nonlinear,
            "variance": sigma2 * e2 / e0,
            "excess": (r2 * e1 + noise * e2) / e0 + nonlinear,
            "norm2": norm / e0 / star2,
            "kappa": star2 / -c,
        }


@settings(max_examples=60)
@given(GAMMA, logs(-2, 2), st.sampled_from(["relu", "tanh", "erf", "sign", "abs"]), logs(-14, 3), logs(-2, 2), logs(-2, 2))
def test_every_field_against_the_papers_polynomials(gamma, psi, activation, lam, r2, sigma2):
    risk = ridge(gamma=gamma, psi=psi, activation=activation, lam=lam, r2=r2, nonlinear=0.3, sigma2=sigma2)
    for name, exact in polynomials(gamma, psi, activation, lam, r2, 0.3, sigma2).items():
        assert abs(mpf(float(getattr(risk, name))) / exact - 1) < 3e-15, (
            name
        )  # sums of ten positive terms; 1e-15 is the worst seen


@given(GAMMA, logs(-1.5, 1.5), st.sampled_from(["relu", "tanh", "erf", "sign"]), logs(-12, 2), st.floats(0, 2))
def test_the_eigenframework_gives_the_same(gamma, psi, activation, lam, nonlinear):
    one = ridge(gamma=gamma, psi=psi, activation=activation, lam=lam, r2=2.0, nonlinear=2 * nonlinear, sigma2=0.5)
    at = spectrum(activation=activation, nonlinear=nonlinear)
    two = random_features.ridge(at, gamma=gamma, psi=psi, lam=psi * lam, r2=2.0, sigma2=0.5)
    for name in ("bias", "variance", "excess", "test", "train", "gcv", "loo", "kappa", "df1", "df2"):
        assert getattr(one, name) == pytest.approx(getattr(two, name), rel=1e-13), name  # both to 1e-15, gamma psi rounded


def test_the_eigenframework_at_finite_sizes():
    k, n, d, lam = 80.0, 50.0, 40.0, 0.1
    one = ridge(gamma=k / n, psi=d / k, activation="relu", lam=lam, **PART)
    at = spectrum(activation="relu", d=d, nonlinear=PART["nonlinear"] / PART["r2"])
    two = random_features.ridge(at, n=n, k=k, delta=n * lam / k, r2=PART["r2"], sigma2=PART["sigma2"])
    assert one.test == pytest.approx(two.test, rel=1e-13)
    assert one.norm2 == pytest.approx(two.norm2 / k, rel=1e-13)  # its features carry k^-1/2


@pytest.mark.parametrize("activation", ["relu", "tanh", "abs", "identity"])
@pytest.mark.parametrize("inputs", [0.3, 4.0])
@pytest.mark.parametrize("penalty", [0.0, 0.2])
def test_limits_are_those_of_the_formula(activation, inputs, penalty):
    many = 1e10
    one, two = (
        wide(inputs=inputs, activation=activation, delta=penalty, **PART),
        ridge(gamma=many, psi=inputs / many, activation=activation, lam=penalty * many, **PART),
    )
    for name in ("bias", "variance", "excess", "train", "kappa", "df1", "df2"):
        assert getattr(one, name) == pytest.approx(getattr(two, name), rel=1e-8, abs=1e-9), name  # 1/many
    one, two = (
        large_sample(psi=inputs, activation=activation, lam=penalty, **PART),
        ridge(gamma=1 / many, psi=inputs, activation=activation, lam=penalty, **PART),
    )
    for name in ("bias", "variance", "excess", "train", "kappa", "norm2"):
        assert getattr(one, name) == pytest.approx(getattr(two, name), rel=1e-8, abs=1e-8), name  # 1/many


@given(logs(-2, 2), logs(-4, 2), st.sampled_from(["relu", "tanh", "sign"]))
def test_wide_layers_are_ridge_regression_on_the_inputs(inputs, delta, activation):
    phi = hermite(activation)
    one = wide(inputs=inputs, activation=activation, delta=delta, **PART)
    two = isotropic.ridge(gamma=inputs, lam=inputs * (phi.mu_star2 + delta) / phi.mu1**2, r2=2.0, sigma2=0.8)
    assert one.excess == pytest.approx(two.excess + 0.3, rel=1e-13)


@given(GAMMA, logs(-1, 1), st.sampled_from(["relu", "tanh", "erf"]))
def test_ridgeless_is_the_limit_and_the_papers_closed_form(gamma, psi, activation):
    phi, smaller = hermite(activation), min(1 / psi, 1 / (gamma * psi))
    z2 = phi.mu1**2 / phi.mu_star2
    b = smaller * z2 - z2 - 1
    chi = -(np.sqrt(b * b + 4 * z2 * smaller) + b) / (2 * z2)
    zero = ridgeless(gamma=gamma, psi=psi, activation=activation, **PART)
    assert zero.kappa == pytest.approx(phi.mu_star2 / -chi, rel=1e-9)  # b cancels
    if abs(gamma - 1) > 1e-3:
        tiny = ridge(gamma=gamma, psi=psi, activation=activation, lam=1e-16, **PART)
        for name in ("excess", "norm2", "kappa", "df1"):
            assert getattr(zero, name) == pytest.approx(getattr(tiny, name), rel=1e-8), name  # a multiple of 1e-16/(gamma - 1)^2


def test_threshold_is_infinite_and_never_nan():
    risk = ridge(gamma=1.0, psi=[0.5, 1.0, 2.0], activation="relu", lam=0.0, sigma2=0.0)
    assert np.all(np.isinf(risk.bias))
    assert np.all(risk.variance == 0)
    assert np.all(np.isinf(risk.norm2))
    assert np.all(risk.train == 0)
    assert np.all(np.isinf(ridge(gamma=1.0, psi=0.7, activation="tanh", lam=0.0).variance))


@pytest.mark.parametrize(
    ("gamma", "psi"), [(1.0, 1.0), (0.5, 1.0), (2.0, 0.5), (2.0, 0.4), (0.5, 0.5), (0.5, 3.0), (3.0, 3.0), (1.0, 0.5), (1.0, 2.0)]
)
def test_linear_features_at_their_ranks(gamma, psi):
    zero = ridge(gamma=gamma, psi=psi, activation="identity", lam=0.0, r2=2.0, sigma2=0.5)
    tiny = ridge(gamma=gamma, psi=psi, activation="identity", lam=1e-24, r2=2.0, sigma2=0.5)
    for name in ("bias", "variance", "train", "norm2", "kappa"):
        value = float(getattr(zero, name))
        assert not np.isnan(value)
        if (gamma, psi, name) == (1.0, 1.0, "bias"):  # the limit of lam -> 0 after n -> inf
            assert value == 0
            assert getattr(tiny, name) == pytest.approx(2 / 3, rel=1e-6)
            continue
        if np.isinf(value):
            assert getattr(tiny, name) > 1e6, name
        else:
            assert value == pytest.approx(float(getattr(tiny, name)), rel=1e-6, abs=1e-6), name  # the root 1e-24^(1/3) and less


def test_a_constant_counts_where_no_feature_shows_it():
    plain = {"gamma": 2.0, "psi": 0.5, "lam": 0.1}
    shown = ridge(activation="relu", constant=0.7, **plain)
    assert shown.test == ridge(activation="relu", **plain).test
    hidden = ridge(activation="tanh", constant=0.7, **plain)
    assert hidden.test == ridge(activation="tanh", nonlinear=0.7, **plain).test
    assert hidden.test > ridge(activation="tanh", **plain).test + 0.7


def test_scale_of_the_activation_is_a_penalty():
    one = ridge(gamma=1.5, psi=0.6, activation="tanh", lam=0.1)
    two = ridge(gamma=1.5, psi=0.6, activation=lambda t: 3 * np.tanh(t), lam=0.9)
    assert one.excess == pytest.approx(two.excess, rel=1e-13)
    assert one.norm2 == pytest.approx(9 * two.norm2, rel=1e-13)


def test_arguments_broadcast_and_scalars_come_back():
    risk = ridge(gamma=[[0.5], [2.0]], psi=[1.0, 2.0, 1.0], activation="tanh", lam=0.1)
    assert risk.test.shape == risk.norm2.shape == (2, 3)
    assert np.all(risk.test[:, 0] == risk.test[:, 2])
    assert np.shape(ridge(gamma=0.5, psi=1.0, activation="tanh", lam=0.1).test) == ()


def test_bad_input():
    good = {"gamma": 2.0, "psi": 1.0, "activation": "relu", "lam": 0.1}
    for name, value in {
        "gamma": 0.0,
        "psi": -1.0,
        "activation": "rely",
        "lam": -0.1,
        "nonlinear": -1.0,
        "constant": np.inf,
    }.items():
        with pytest.raises(ValueError, match=name):
            ridge(**{**good, name: value})
    with pytest.raises(ValueError, match="alpha"):
        ridge(alpha=1.0, **good)
    with pytest.raises(ValueError, match="linear part"):
        spectrum(activation="abs")
    with pytest.raises(ValueError, match="delta"):
        wide(inputs=1.0, activation="relu", delta=-1.0)


def test_linear_callables_are_the_identity():
    at = {"gamma": [3.0, 2.0, 2.0, 0.5, 1.0], "psi": [0.2, 0.5, 1.0, 3.0, 1.0], "sigma2": 0.3}
    one, two = ridgeless(activation="identity", **at), ridgeless(activation=lambda t: 3 * t, **at)
    assert two.excess == pytest.approx(one.excess, rel=1e-14)
    assert 9 * two.norm2 == pytest.approx(one.norm2, rel=1e-14)
    assert one.norm2[1] == np.inf  # d = n


def test_norms_of_linear_features_with_as_many_samples_as_inputs():
    norms = ridge(gamma=[1.0, 2.0, 4.0], psi=[1.0, 0.5, 0.25], activation="identity", lam=0.0, r2=3.0, sigma2=0.0).norm2
    assert norms.tolist() == pytest.approx([np.inf, 3.0, 1.0])  # r2 psi/(1 - psi): x is known, of k > d features the shortest fit
    near = ridge(gamma=[2.0, 4.0], psi=[0.5, 0.25], activation="identity", lam=1e-12, r2=3.0, sigma2=0.0).norm2
    assert norms[1:] == pytest.approx(near, rel=1e-5)
