"""The law of a linear classifier's margin against quadrature of its definition."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit, ndtr

from asymptotics.labels import LABELS, Mixture, Noisy, error, law

LINK = {"logistic": expit, "probit": ndtr}


def phi(t):
    return math.exp(-0.5 * t * t) / math.sqrt(2 * math.pi)


@pytest.mark.parametrize("labels", LINK)
@pytest.mark.parametrize("r", [0.3, 2.0, 10.0])
@pytest.mark.parametrize("cosine", [0.0, 0.3, 0.9])
@pytest.mark.parametrize("u", [-1.0, 0.4, 2.0])
def test_density_and_slope_are_those_of_rho_T_plus_s_G(labels, r, cosine, u):
    """Given u, T = rho u + s G' with G' independent: the integral over G' is the definition."""
    s, f, at = math.sqrt(1 - cosine**2), LINK[labels], law(labels, r * r)
    given = {"epsabs": 1e-14, "epsrel": 1e-13, "limit": 400, "points": [0.0, max(-8.0, min(8.0, -cosine * u / s))]}
    density = quad(lambda g: 2 * phi(u) * phi(g) * f(r * (cosine * u + s * g)), -9, 9, **given)[0]
    rest = quad(lambda g: 2 * phi(u) * phi(g) * s * g * f(r * (cosine * u + s * g)), -9, 9, **given)[
        0
    ]  # E (T - rho u), times density
    x = np.array([u])
    assert at.density(x, cosine, s)[0] == pytest.approx(density, abs=2e-15)  # eps of the sum's terms
    assert s**2 * at.slope(x, cosine, s)[0] == pytest.approx(rest, abs=2e-15)


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("cosine", [0.0, 0.3, 0.9])
def test_the_distribution_function_and_the_error_are_integrals_of_the_density(labels, cosine):
    at, s = law(labels, 4.0), math.sqrt(1 - cosine**2)
    for u in (-1.0, 0.0, 0.4, 2.0):
        below = quad(lambda v: float(at.density(np.array([v]), cosine, s)[0]), -12, u, epsabs=1e-14, limit=400, points=[-1.0])[0]
        assert at.below(u, cosine, s) == pytest.approx(below, abs=1e-14)  # quad's own error
    assert error(at, cosine, s) == pytest.approx(at.below(0.0, cosine, s), rel=1e-14)


def test_the_logistic_law_is_the_mixture_of_normal_laws_that_it_stands_for():
    at, t = law("logistic", 1.0), np.concatenate([-np.geomspace(1e-3, 40, 200), np.geomspace(1e-3, 1e3, 200)])
    assert isinstance(at, Noisy)
    mixed = ndtr(t[:, None] / np.sqrt(at.inverse)) @ at.weights
    assert np.max(np.abs(mixed - expit(t))) < 1e-15
    assert at.weights.sum() == pytest.approx(1, abs=1e-15)


def test_the_mean_of_T_and_small_errors():
    for labels, f in LINK.items():
        mean = quad(lambda x, f=f: 2 * x * phi(x) * f(3 * x), -10, 10, epsabs=1e-14)[0]
        assert law(labels, 9.0).reach == pytest.approx(mean, rel=1e-13)
    assert law("mixture", 9.0) == Mixture(3.0)
    assert error(law("sign", 1.0), 1.0, 1e-9) == pytest.approx(1e-9 / math.pi, rel=1e-15)


def test_bad_names_are_refused():
    with pytest.raises(ValueError, match="one of mixture, logistic"):
        law("svm", 1.0)
    with pytest.raises(ValueError, match="need a signal"):
        law("sign", 0.0)
