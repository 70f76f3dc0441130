"""Ensembles: one member, infinitely many, and what lies between."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asymptotics import ensembles as many
from asymptotics import random_features, ridge, spectra

TWO = spectra.multiplicities([4.0, 0.25], [30, 60], [0.4, 0.6])
SIZE = st.floats(5, 200)
DELTA = st.one_of(st.just(0.0), st.floats(-12, 2).map(lambda e: 10.0**e))


@given(SIZE, SIZE, DELTA)
def test_one_member_is_the_model_itself(n, k, delta):
    one = many.ridge(TWO, members=1, n=n, k=k, delta=delta, r2=2.0, sigma2=0.5)
    two = random_features.ridge(TWO, n=n, k=k, delta=delta, r2=2.0, sigma2=0.5)
    for name in ("bias", "variance", "excess", "test", "train", "gcv", "kappa", "df1", "df2"):
        assert getattr(one, name) == pytest.approx(getattr(two, name), rel=1e-12, abs=1e-300), name


@given(SIZE, SIZE, DELTA)
def test_infinitely_many_are_ridge_regression_at_the_implicit_penalty(n, k, delta):
    one = many.ridge(TWO, members=np.inf, n=n, k=k, delta=delta, r2=2.0, sigma2=0.5)
    implicit = many.implicit_penalty(TWO, n=n, k=k, delta=delta)
    two = ridge.ridge(TWO, n=n, delta=implicit, r2=2.0, sigma2=0.5)
    assert implicit >= delta * (1 - 1e-15)
    for name in ("bias", "variance", "excess", "test", "train", "kappa", "df1", "df2"):
        assert getattr(one, name) == pytest.approx(getattr(two, name), rel=1e-11, abs=1e-13), name  # n - k is in the penalty


@given(SIZE, SIZE, st.floats(-3, 2))
def test_the_risk_is_affine_in_one_over_the_members(n, k, log_delta):
    found = many.ridge(TWO, members=[1, 2, 4, np.inf], n=n, k=k, delta=10**log_delta)
    expected = found.test[3] + (found.test[0] - found.test[3]) / np.array([1, 2, 4, np.inf])
    np.testing.assert_allclose(found.test, expected, rtol=1e-12)
    assert np.all(np.diff(found.test) <= 0)


def test_threshold_is_infinite_but_for_infinitely_many():
    found = many.ridge(TWO, members=[1, 10, np.inf], n=40, k=40, delta=0.0)
    assert np.isinf(found.test[:2]).all()
    assert np.isfinite(found.test[2])
    assert np.all(found.train == 0)


def test_no_free_lunch_on_a_grid():
    best = random_features.optimal(TWO, n=50, k=120).test
    for members in (2, 3, 6):
        assert np.all(many.ridge(TWO, members=members, n=50, k=120 / members, delta=np.logspace(-4, 3, 50)).test >= best)


def test_bad_input():
    with pytest.raises(ValueError, match=r"members = 0\.5"):
        many.ridge(TWO, members=0.5, n=10, k=10, delta=1.0)
