"""The six terms: against the plain formulas, in their limits, and at the corners where formulas are 0/0."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asymptotics import random_features, ridge, spectra, two_ridges
from asymptotics.decomposition import split

TWO = spectra.multiplicities([4.0, 0.25], [30, 60], [0.4, 0.6])
NAMES = ("bias2", "v_x", "v_w", "v_xw", "v_xe", "v_xwe")


def plain(n, k, delta, r2, sigma2):
    """The split as differences, from kappa alone."""
    kappa = float(two_ridges.effective(TWO.H, n=n, k=k, delta=delta).kappa)
    s, m, energy = np.array([4.0, 0.25]), np.array([30.0, 60.0]), np.array([0.4, 0.6])
    L, v = s / (s + kappa), r2 * s * energy
    z, q = m @ L, m @ L**2
    a1, a2 = 1 / (1 - (q * (k - 2 * z) + z**2) / (n * (k - q))), 1 / (1 - q / n)
    b2 = v @ (1 - L) ** 2
    b1 = v @ (kappa / (s + kappa) - kappa * (k - z) / k * s / (s + kappa) ** 2 * k / (k - q))
    return b2, (a2 - 1) * b2, b1 - b2, a1 * b1 - a2 * b2 - (b1 - b2), (a2 - 1) * sigma2, (a1 - a2) * sigma2


@given(st.floats(5, 200), st.floats(5, 200), st.floats(-2, 2), st.floats(0.1, 5))
def test_terms_are_those_of_the_sheet(n, k, log_delta, r2):
    delta = 10**log_delta
    found = split(TWO, n=n, k=k, delta=delta, r2=r2, sigma2=0.7)
    for name, want in zip(NAMES, plain(n, k, delta, r2, 0.7), strict=True):
        assert getattr(found, name) == pytest.approx(want, rel=1e-8, abs=1e-12), name  # its differences cancel
    assert found.excess == pytest.approx(random_features.ridge(TWO, n=n, k=k, delta=delta, r2=r2, sigma2=0.7).excess, rel=1e-13)
    assert found.terms.tolist() == [getattr(found, name) for name in NAMES]


@given(st.floats(5, 200), st.floats(5, 200), st.sampled_from([0.0, 1e-14, 1e-3]))
def test_terms_are_never_negative_nor_nan(n, k, delta):
    terms = split(TWO, n=n, k=k, delta=delta).terms
    assert np.all(terms >= 0)


def test_without_randomness_of_features_or_of_samples():
    no_features = split(TWO, n=50, k=np.inf, delta=1.0)
    assert [no_features.v_w, no_features.v_xw, no_features.v_xwe] == [0, 0, 0]
    assert no_features.excess == pytest.approx(ridge.ridge(TWO, n=50, delta=1.0).excess, rel=1e-13)
    no_samples = split(TWO, n=np.inf, k=50, delta=1.0)
    assert [no_samples.v_x, no_samples.v_xw, no_samples.v_xe, no_samples.v_xwe] == [0, 0, 0, 0]
    assert no_samples.excess == pytest.approx(random_features.ridge(TWO, n=np.inf, k=50, delta=1.0).excess, rel=1e-13)


def test_threshold():
    at = split(TWO, n=40, k=40, delta=0.0)
    assert np.isinf(at.v_xw)
    assert np.isinf(at.v_xwe)
    assert np.all(np.isfinite([at.bias2, at.v_x, at.v_w, at.v_xe]))
    quiet = split(TWO, n=40, k=40, delta=0.0, r2=0.0, sigma2=0.0)
    assert np.all(quiet.terms == 0)


@pytest.mark.parametrize(("gamma", "psi"), [(1.0, 1.0), (2.0, 0.5), (0.5, 1.0), (2.0, 0.25), (0.5, 0.5), (3.0, 1 / 3)])
def test_as_many_samples_or_features_as_eigenvalues(gamma, psi):
    isotropic = spectra.isotropic()
    zero = split(isotropic, gamma=gamma, psi=psi, lam=0.0, r2=2.0, sigma2=0.5).terms
    tiny = split(isotropic, gamma=gamma, psi=psi, lam=1e-24, r2=2.0, sigma2=0.5).terms
    if gamma * psi == 1:  # n = p <= k: all features give the same fit; not so as lam -> 0 after n -> inf
        assert (zero[3], zero[5]) == (0, 0)
        assert tiny[5] > 0.01
        tiny[[3, 5]] = 0
    for here, near in zip(zero, tiny, strict=True):
        assert (np.isinf(here) and near > 1e6) or here == pytest.approx(near, rel=1e-6, abs=1e-6)  # the root 1e-24^(1/3) and less


def test_arguments_broadcast():
    found = split(spectra.isotropic(), gamma=[[0.5], [2.0]], psi=1.0, lam=[0.1, 0.2, 0.3])
    assert found.v_x.shape == (2, 3)
    assert found.terms.shape == (2, 3, 6)
    with pytest.raises(ValueError, match="gamma"):
        split(spectra.isotropic(), gamma=1.0, lam=0.1)
