"""Bad input of random features and kernels: an error that names the argument, in theory and in simulation; never a number."""

import math

import numpy as np
import pytest

import simulate.ensembles
import simulate.harmonics
import simulate.kernel_ridge
import simulate.power_laws
import simulate.random_features
import simulate.ridge
import simulate.spherical_features
from asymptotics import (
    activations,
    kernels,
    learning_stages,
    nonlinear_features,
    phases,
    power_laws,
    random_features,
    ridge,
    sample_covariance,
    scaling_exponents,
    spectra,
    spherical_features,
)
from asymptotics.kernels import gegenbauer

pytestmark = pytest.mark.false_alarm(0)
DRAWS = {"n": 6, "draws": 1}


def rng():
    return np.random.default_rng(0)


def growing(t):
    return np.exp(t * t / 4)  # f^2 exp(-t^2/2) is 1: E f^2 is infinite, and any end of the line finite


@pytest.mark.parametrize("values", [[1.0, -1.0], [math.nan, 1.0], [math.inf, 1.0], ["a"], []])
def test_eigenvalues(values):
    for call in (
        lambda: spectra.from_eigenvalues(values),
        lambda: spectra.multiplicities(values, [2] * len(values)),
        lambda: simulate.ridge.ridge(**DRAWS, gamma=max(len(values), 1) / 6, lam=0.1, spectrum=values, rng=rng()),
    ):
        with pytest.raises(ValueError, match="is refused"):
            call()


def test_repeated_eigenvalues_are_one_of_their_mass():
    apart, merged = spectra.atoms([1.0, 1.0, 4.0], [0.25, 0.25, 0.5]), spectra.atoms([1.0, 4.0], [0.5, 0.5])
    for risk in (
        lambda s: ridge.ridge(s, gamma=2.0, lam=0.0).test,
        lambda s: ridge.optimal(s, gamma=2.0).test,
        lambda s: random_features.ridge(s, gamma=2.0, psi=1.0, lam=0.1).test,
        lambda s: sample_covariance.law(s.H, gamma=0.001).edges(),  # of two bulks
    ):
        assert risk(apart) == pytest.approx(risk(merged), rel=1e-14)  # rounding of sums


@pytest.mark.parametrize(
    "exponents", [(1.0, 2.0), (0.5, 2.0), (math.nan, 2.0), (math.inf, 2.0), (2.0, 1.0), (2.0, math.nan), ("a", 2.0)]
)
def test_exponents(exponents):
    alpha, beta = exponents
    for call in (
        lambda: spectra.power_law(alpha, beta),
        lambda: power_laws.interpolation(alpha=alpha, beta=beta, n=100),
        lambda: power_laws.optimal_fitting(alpha=alpha, beta=beta),
        lambda: scaling_exponents.rates(alpha=alpha, beta=beta, ell=1.0),
        lambda: simulate.power_laws.ridge(**DRAWS, alpha=alpha, beta=beta, rng=rng()),
    ):
        with pytest.raises(ValueError, match="is refused"):
            call()


@pytest.mark.parametrize("beta", [5.0, 6.0])
def test_powers_that_fall_too_fast_for_theorem_2(beta):
    for formula in (power_laws.critical_noise, power_laws.optimal_fitting, power_laws.relative_test):
        with pytest.raises(ValueError, match="2 alpha \\+ 1"):
            formula(alpha=2.0, beta=beta)


@pytest.mark.parametrize("size", [2.5, 0, -3, math.nan, math.inf, "a"])
def test_sizes_of_what_is_drawn(size):
    """n and draws everywhere; d, degree, members, wide where they are taken."""
    features = {"gamma": 1.0, "psi": 1.0, "lam": 0.1}
    kernel = {"kernel": "ntk:2", "delta": 0.1}
    for call in (
        lambda: simulate.random_features.ridge(n=size, draws=1, **features, rng=rng()),
        lambda: simulate.random_features.ridge(n=6, draws=size, **features, rng=rng()),
        lambda: simulate.spherical_features.ridge(n=size, draws=1, activation="relu", **features, rng=rng()),
        lambda: simulate.ensembles.ridge(**DRAWS, members=size, **features, rng=rng()),
        lambda: simulate.kernel_ridge.ridge(n=size, d=4, draws=1, **kernel, rng=rng()),
        lambda: simulate.kernel_ridge.ridge(**DRAWS, d=size, **kernel, rng=rng()),
        lambda: simulate.power_laws.ridge(**DRAWS, alpha=1.5, beta=1.5, wide=size, rng=rng()),
        lambda: gegenbauer.sphere("ntk:2", d=size),
        lambda: gegenbauer.hypercube("ntk:2", d=size),
        lambda: gegenbauer.multiplicity(2, d=size),
        lambda: learning_stages.ridge("ntk:2", gamma=1.0, delta=0.1, degree=size),
    ):
        with pytest.raises(ValueError, match="is refused"):
            call()


@pytest.mark.parametrize("size", [0.0, -1.0, math.nan, "a"])
def test_sizes_of_theory(size):
    power = spectra.power_law(1.5)
    for call in (
        lambda: random_features.ridge(power, n=size, k=10, delta=0.1),
        lambda: random_features.ridge(power, n=10, k=size, delta=0.1),
        lambda: random_features.optimal(power, n=10, k=size),
        lambda: random_features.ridge(spectra.isotropic(), gamma=1.0, psi=size, lam=0.1),
        lambda: spherical_features.ridge(gamma=1.0, psi=size, activation="relu", lam=0.1),
        lambda: spherical_features.spectrum(activation="relu", d=size),
        lambda: phases.overparametrisation(inputs=size, activation="relu"),
    ):
        with pytest.raises(ValueError, match="is refused"):
            call()


@pytest.mark.parametrize("f", [growing, lambda t: np.exp(t * t), lambda t: t * math.nan, lambda t: 0 * t, "foo", None])
def test_activations_without_second_moment(f):
    for call in (
        lambda: activations.hermite(f),
        lambda: spherical_features.ridge(gamma=1.0, psi=1.0, activation=f, lam=0.1),
        lambda: nonlinear_features.ridge(gamma=1.0, psi=1.0, activation=f, lam=0.1),
        lambda: phases.interpolation(activation=f),
    ):
        with pytest.raises(ValueError, match=r"activation = .* is refused"):
            call()


def test_a_second_moment_that_is_large_but_finite():
    found = activations.hermite(lambda t: np.exp(t * t / 5))
    assert found.mu0**2 + found.mu_star2 == pytest.approx(5**0.5, rel=1e-14)  # E exp(a G^2) = (1 - 2 a)^(-1/2)
    with pytest.raises(ValueError, match="no linear part"):  # mu1 is 0 up to the quadrature's rounding
        spherical_features.spectrum(activation=lambda t: np.exp(t * t / 5))


@pytest.mark.parametrize(
    "kernel", ["polynomial:2,-1", "polynomial:0", "polynomial:1.5", "ntk:0", "ntk:1.5", "gaussian:0", "laplace:nan", "foo:1", ""]
)
def test_kernels_that_are_not_positive_definite_or_none(kernel):
    for call in (
        lambda: kernels.parse(kernel),
        lambda: gegenbauer.sphere(kernel, d=4),
        lambda: simulate.kernel_ridge.ridge(**DRAWS, d=4, kernel=kernel, delta=0.1, rng=rng()),
    ):
        with pytest.raises(ValueError, match="is refused"):
            call()
