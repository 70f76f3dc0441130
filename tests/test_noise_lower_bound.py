"""Holzmüller's lower bound: where it is attained, against the exact Gaussian mean, its limit, and bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asymptotics import isotropic, noise_lower_bound, wishart

SIZE = st.integers(1, 10**6)


@given(SIZE, SIZE, st.floats(0, 1e6))
def test_it_is_the_fraction(n, p, sigma2):
    exact = n / (p + 1 - n) if p >= n else p / (n + 1 - p)
    assert noise_lower_bound.excess(n=n, p=p, sigma2=sigma2) == pytest.approx(sigma2 * exact, rel=1e-15)


@given(SIZE, SIZE)
def test_gaussian_features_lie_above_it_and_are_best_in_the_limit(n, p):
    bound = noise_lower_bound.excess(n=n, p=p)
    assert bound <= wishart.ridgeless(n=n, p=p).variance
    many = 10**9
    if p != n:
        assert noise_lower_bound.excess(n=n * many, p=p * many) == pytest.approx(
            isotropic.ridgeless(gamma=p / n).variance, rel=1e-8
        )


def test_one_feature_of_modulus_one_and_one_row_on_a_sphere_attain_it():
    n = np.arange(1, 9)
    assert noise_lower_bound.excess(n=n, p=1) == pytest.approx(1 / n, rel=1e-15)  # tr (X'X)^-1 with x = +-1
    assert noise_lower_bound.excess(n=1, p=n) == pytest.approx(1 / n, rel=1e-15)  # |x|^-2 with |x|^2 = p


@pytest.mark.parametrize(("name", "value"), [("n", 1.5), ("p", 0), ("sigma2", -1), ("n", np.inf)])
def test_bad_input(name, value):
    with pytest.raises(ValueError, match=f"{name} = "):
        noise_lower_bound.excess(**{"n": 3, "p": 4, name: value})
