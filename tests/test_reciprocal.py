"""Norms of ridgeless fits below interpolation, int 1/s dH, where the spectrum reaches 0."""

import numpy as np
import pytest

from asymptotics import correlated, covariate_shift, ridge, spectra


@pytest.mark.parametrize(("a", "expected"), [(0.5, 2.0), (0.9, 10.0), (0.99, 100.0), (1.0, np.inf), (1.2, np.inf)])
def test_the_ridgeless_norm_of_a_spectrum_that_reaches_zero(a, expected):
    """sigma2 gamma/(1 - gamma) int u^-a du, which no finite sum of nodes tells: 44 stood there for 100, 2e5 for infinity."""
    spectrum = spectra.power(a)
    for found in (ridge.ridge(spectrum, gamma=0.5, lam=0.0, r2=0.0), correlated.ridgeless(spectrum, gamma=0.5, r2=0.0)):
        assert float(found.norm2) == pytest.approx(expected, rel=1e-14)  # rounding of a product
        assert float(found.excess) == pytest.approx(1.0, rel=1e-13)
    quiet = ridge.ridge(spectrum, gamma=0.5, lam=0.0, r2=1.0, sigma2=0.0)
    assert float(quiet.norm2) == pytest.approx(1.0, rel=1e-13)
    assert np.isfinite(float(ridge.ridge(spectrum, gamma=0.5, lam=1e-8).norm2))
    assert np.isfinite(float(ridge.ridge(spectrum, gamma=2.0, lam=0.0).norm2))


def test_the_ridgeless_norm_of_a_density_that_reaches_zero():
    for pdf, finite in ((lambda s: 1.0, False), (lambda s: 0.5 / np.sqrt(s), False), (lambda s: 2 * s, True)):
        norm2 = float(ridge.ridge(spectra.density(pdf, 0.0, 1.0), gamma=0.5, lam=0.0, r2=0.0).norm2)
        assert norm2 == (pytest.approx(2.0, rel=1e-10) if finite else np.inf)  # the quadrature's own accuracy


def test_a_shift_that_does_not_vanish_where_the_spectrum_does():
    """S' = I gives the estimation error, also where that is infinite: 6e5 and 3e21 stood there."""

    def flat(s):
        return np.ones_like(s)

    for a in (0.5, 0.9, 1.2):
        found = covariate_shift.ridge(spectra.power(a), shifted=flat, gamma=0.5, lam=0.0).excess
        assert float(found) == pytest.approx(float(ridge.ridge(spectra.power(a), gamma=0.5, lam=0.0).estimation), rel=1e-12)
    endless = spectra.power_law(1.5)  # an isotropic signal of infinite energy
    assert float(covariate_shift.ridge(endless, shifted=flat, n=50, delta=1.0).excess) == np.inf
    assert np.isfinite(float(covariate_shift.ridge(endless, shifted=flat, n=50, delta=1.0, r2=0.0).excess))
    for beta in (2.4, 2.51, 2.6, 3.0):  # sum of i^(alpha - beta), infinite for the first
        law = spectra.power_law(1.5, beta)
        found = covariate_shift.ridge(law, shifted=flat, n=50, delta=1.0).excess
        assert float(found) == pytest.approx(float(ridge.ridge(law, n=50, delta=1.0).estimation), rel=1e-12)
    squared = covariate_shift.ridge(endless, shifted=lambda s: s**2, n=50, delta=1.0).excess
    assert float(squared) == pytest.approx(0.065229757527, rel=1e-7)  # a sum of 2e6 terms, cut there
