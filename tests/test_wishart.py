"""The exact finite-n law against what is known otherwise: p = 1 and n = 1 by hand, fractions, its limit, draws of matrices."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from asymptotics import isotropic, wishart

EPS = 2.0**-52
SIZE = st.integers(1, 10**6)


@given(n=SIZE, p=SIZE)
def test_means_and_variances_against_fractions(n, p):
    q, m = min(n, p), abs(p - n)
    risk, spread = wishart.ridgeless(n=n, p=p, r2=3.0, sigma2=2.0), wishart.spread(n=n, p=p, r2=3.0, sigma2=2.0)
    tol = 8 * EPS  # five to eight roundings of whole numbers
    if m > 1:
        assert_allclose(risk.variance, float(Fraction(2 * q, m - 1)), rtol=tol)
        assert_allclose(risk.norm2, float(Fraction(3 * q, p) + Fraction(2 * q, m - 1)), rtol=tol)
    else:
        assert risk.variance == risk.excess == risk.norm2 == np.inf
    assert_allclose(risk.bias, float(3 * Fraction(max(p - n, 0), p)), rtol=tol)
    assert_allclose(risk.train, float(2 * Fraction(max(n - p, 0), n)), rtol=tol)
    if m > 3:
        assert_allclose(spread.variance, float(4 * Fraction(2 * q * (q + m - 1), m * (m - 1) ** 2 * (m - 3))), rtol=tol)
    else:
        assert spread.variance == np.inf
    a, b = Fraction(max(p - n, 0), 2), Fraction(n, 2)  # Beta(a, b): a b/((a + b)^2 (a + b + 1))
    assert_allclose(spread.bias, float(9 * a * b / ((a + b) ** 2 * (a + b + 1))), rtol=tol)
    assert wishart.moments(n=n, p=p) == m // 2


@pytest.mark.parametrize("n", [6, 7, 20])
def test_one_feature_is_an_inverse_chi_square(n):
    """p = 1: T = 1/chi2_n, with E T^k = 1/((n - 2)(n - 4)...(n - 2k)), finite iff 2k < n."""
    mean, second = 1 / (n - 2), 1 / ((n - 2) * (n - 4))
    assert_allclose(wishart.ridgeless(n=n, p=1).variance, mean, rtol=8 * EPS)  # a few roundings
    assert_allclose(wishart.spread(n=n, p=1).variance, second - mean**2, rtol=64 * EPS)  # the difference on the right cancels
    assert wishart.moments(n=n, p=1) == (n - 1) // 2  # the greatest k with 2k < n


@given(gamma=st.sampled_from([0.25, 0.5, 2.0, 4.0]), r2=st.floats(0.1, 10), sigma2=st.floats(0.1, 10))
def test_its_limit_is_theorem_one(gamma, r2, sigma2):
    n = 10**8
    exact = wishart.ridgeless(n=n, p=int(gamma * n), r2=r2, sigma2=sigma2).to_dict()
    limit = isotropic.ridgeless(gamma=gamma, r2=r2, sigma2=sigma2).to_dict()
    for name, value in exact.items():
        assert_allclose(
            value, limit[name], rtol=1e-7
        )  # 1/(|p - n| - 1) against 1/|p - n|: 1/(n |gamma - 1|) <= 4e-8 is the truth


def test_noiseless_risk_has_every_moment():
    assert np.isinf(wishart.moments(n=10, p=11, sigma2=0.0))
    assert wishart.ridgeless(n=10, p=11, r2=11.0, sigma2=0.0).excess == 1
    assert np.isfinite(wishart.spread(n=10, p=11, sigma2=0.0).excess)
    assert wishart.ridgeless(n=11, p=10, sigma2=0.0).excess == 0


def test_fields_have_the_broadcast_shape():
    for result in (wishart.ridgeless(n=[[5], [9]], p=[3, 8, 12]).to_dict(),):
        assert all(v.shape == (2, 3) for v in result.values())
    assert wishart.spread(n=5, p=[3, 8], sigma2=[[0.0], [1.0]]).bias.shape == (2, 2)
    assert np.ndim(wishart.moments(n=5, p=9)) == 0


@pytest.mark.false_alarm(8 * 1e-8)
@pytest.mark.parametrize(("n", "p"), [(40, 20), (20, 40)])
def test_against_drawn_matrices(n, p):
    """Means of B and T over 2000 Gaussian matrices, and of their squared deviations; m = 20, so eight and more moments exist.

    At most eight comparisons at |z| < 8: 1e-8 each, skewness included.
    """
    rng, draws = np.random.default_rng([n, p]), 2000
    x = rng.standard_normal((draws, n, p))
    s = np.linalg.svd(x, compute_uv=False)
    trace = (1 / s**2).sum(axis=1)
    risk, spread = wishart.ridgeless(n=n, p=p), wishart.spread(n=n, p=p)
    kinds = [(trace, risk.variance, spread.variance)]
    if p > n:
        first = x[:, :, 0]  # |Pi e_1|^2 = x_1' (XX')^-1 x_1
        seen = np.einsum("ij,ij->i", first, np.linalg.solve(x @ x.transpose(0, 2, 1), first[..., None])[..., 0])
        kinds += [(1 - seen, risk.bias, spread.bias), (1 - seen + trace, risk.excess, spread.excess),
                  (seen + trace, risk.norm2, spread.norm2)]  # fmt: skip
    for values, mean, variance in kinds:
        for sample, exact in ((values, mean), ((values - mean) ** 2, variance)):
            z = (sample.mean() - exact) / (sample.std(ddof=1) / np.sqrt(draws))
            assert abs(z) < 8  # 1e-15 for a normal; skewness 5 at 2000 draws: exp(5 8^3 / (6 sqrt 2000)) = 1e4 times that


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"n": 10.5}, "n = 10.5"),
        ({"p": 0}, "p = 0.0"),
        ({"n": np.nan}, "n = nan"),
        ({"sigma2": -1}, "sigma2 = -1"),
        ({"gamma": 1}, "gamma"),
    ],
)
def test_bad_input(arguments, words):
    for function in (wishart.ridgeless, wishart.spread):
        with pytest.raises(ValueError, match=words):
            function(**({"n": 10, "p": 5} | arguments))
    with pytest.raises(ValueError, match=r"p = 2\.5"):
        wishart.moments(n=10, p=2.5)
