"""Kernels in high dimension: the limit against eigenlearning on spheres of many dimensions, Taylor coefficients in closed form."""

import math

import numpy as np
import pytest

from asymptotics import learning_stages
from asymptotics.kernels import gegenbauer
from asymptotics.ridge import ridge


@pytest.mark.parametrize("kernel", ["ntk:2", "gaussian:1", "laplace:0.7"])
@pytest.mark.parametrize("delta", [0.0, 0.3])
def test_eigenlearning_tends_to_the_limit(kernel, delta):
    d = 10**6
    spectrum = gegenbauer.sphere(kernel, d=d).spectrum([0.0, 2.0, 0.5])
    for gamma in (0.5, 2.0):
        exact = ridge(spectrum, n=d / gamma, delta=delta, sigma2=0.25)
        limit = learning_stages.ridge(kernel, gamma=gamma, delta=delta, r2=2.0, above=0.5, sigma2=0.25)
        for name in ("bias", "variance", "excess", "test", "train"):
            # degree 0 is one mode more in df2, which is small
            assert getattr(limit, name) == pytest.approx(getattr(exact, name), rel=5e-4), name


def test_the_second_stage():
    d = 10**4
    spectrum = gegenbauer.sphere("gaussian:1", d=d).spectrum([0.0, 3.0, 2.0, 0.5])
    exact = ridge(spectrum, n=gegenbauer.multiplicity(2, d=d) / 2.0, delta=0.1, sigma2=0.25)
    limit = learning_stages.ridge("gaussian:1", gamma=2.0, delta=0.1, r2=2.0, above=0.5, sigma2=0.25, degree=2)
    assert limit.test == pytest.approx(exact.test, rel=1e-3)  # 1/d
    assert limit.train == pytest.approx(exact.train, rel=1e-3)


def test_coefficients_in_closed_form():
    e = math.exp(-4.0)
    assert learning_stages.coefficients("gaussian:0.5", 4) == pytest.approx(
        [*(e * 4**l / math.factorial(l) for l in range(5)), 1 - e * sum(4**l / math.factorial(l) for l in range(5))], rel=1e-14
    )
    # NTK of one layer: a1(t) + t a0(t) = 1/pi + t + 3 t^2/(2 pi) + ...
    assert learning_stages.coefficients("ntk:1", 2)[:3] == pytest.approx([1 / np.pi, 1.0, 1.5 / np.pi], rel=1e-14)


def test_noise_and_powers_broadcast():
    risk = learning_stages.ridge("ntk:1", gamma=[0.5, 2.0], delta=0.1, r2=1.0, above=[[0.0], [1.0]], sigma2=0.0)
    assert risk.test.shape == (2, 2)
    assert np.all(risk.variance == 0)
    assert np.all(risk.test[1] > risk.test[0])


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"kernel": "polynomial:2,0"}, "degree 1 is 0, or below 1e-14"),
        ({"kernel": "gaussian:1", "degree": 20}, "degree 20 is 0, or below 1e-14"),  # a_20 = e^-1/20! = 1.5e-19
        ({"delta": -1.0}, "delta"),
        ({"above": -1.0}, "above"),
        ({"degree": 0}, "degree"),
        ({"kernel": "ntk"}, "known kernels"),
    ],
)
def test_bad_arguments(given, word):
    given = {"kernel": "ntk:1", "gamma": 1.0, "delta": 0.1} | given
    with pytest.raises(ValueError, match=word):
        learning_stages.ridge(given.pop("kernel"), **given)


def test_the_bias_where_noise_makes_the_risk_infinite():
    at = learning_stages.ridge("polynomial:1,0", gamma=1.0, delta=0.0, r2=2.0, sigma2=1.0)  # k = t: isotropic features
    assert (at.bias, at.variance, at.excess) == (0.0, np.inf, np.inf)


def test_a_small_bias_beside_large_noise_is_not_cancelled():
    small, large = (learning_stages.ridge("ntk:1", gamma=0.5, delta=0.0, sigma2=s) for s in (0.0, 1e12))
    assert large.bias == pytest.approx(small.bias, rel=1e-14)
