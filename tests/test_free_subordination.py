"""Free convolution by subordination: against the exact polynomials, Pastur's and Silverstein's equations, known atoms; refusals."""

from __future__ import annotations

import numpy as np
import pytest

from asymptotics import free, sample_covariance, spectra
from asymptotics.errors import ConvergenceError
from asymptotics.free import subordination
from asymptotics.spectra.laws import Law

TWO, THREE = ([0.0, 1.0], [1 / 3, 2 / 3]), ([0.0, 1.0, 3.0], [0.25, 0.25, 0.5])


def exact(pair):
    return free.atoms(*pair)


def inside(cuts):
    return np.concatenate([a + (b - a) * np.linspace(0.01, 0.992, 40) for a, b in cuts])


@pytest.mark.parametrize(
    ("numerical", "algebraic"),
    [
        (lambda: subordination.free_sum(TWO, THREE), lambda: free.free_sum(exact(TWO), exact(THREE))),
        (lambda: subordination.free_product(TWO, THREE), lambda: free.free_product(exact(TWO), exact(THREE))),
        (
            lambda: subordination.free_sum(THREE, free.semicircle("1/4")),
            lambda: free.free_sum(free.semicircle("1/4"), exact(THREE)),
        ),
    ],
    ids=["sum of atoms", "product of atoms", "atoms + semicircle"],
)
def test_against_the_exact_polynomial(numerical, algebraic):
    F, mu = numerical(), algebraic()
    x = inside(mu.cuts)
    np.testing.assert_allclose(F.density(x), mu.density(x), rtol=1e-12)  # measured 2e-14
    places, masses = F.point_masses
    np.testing.assert_allclose(places, mu.atoms, atol=1e-14)
    np.testing.assert_allclose(masses, mu.weights, atol=1e-14)
    z = np.array([0.7 + 0.2j, -1.5, 1.0 - 0.5j, 9.0])
    np.testing.assert_allclose(F.stieltjes(z), mu.stieltjes(z), rtol=1e-12)


def test_cuts_masses_and_quantiles():
    F, mu = subordination.free_sum(TWO, THREE), free.free_sum(exact(TWO), exact(THREE))
    np.testing.assert_allclose(F.cuts, mu.cuts, atol=1e-12)  # bisection of the support, 46 times
    x = inside(mu.cuts)
    np.testing.assert_allclose(F.cdf(x), mu.cdf(x), atol=1e-12)
    u = np.array([0.03, 0.2, 0.31, 0.52, 0.9])
    np.testing.assert_allclose(F.quantile(u), mu.quantile(u), atol=1e-10)


def test_a_hundred_atoms_by_silverstein_and_pastur():
    s = np.linspace(1, 10, 100)
    H = Law(s, np.full(100, 0.01))
    F = sample_covariance.law(H, gamma=0.5)
    G = subordination.free_product(H, free.marchenko_pastur("1/2"))
    x = inside(F.edges())
    np.testing.assert_allclose(G.density(x), F.density(x), rtol=1e-11)
    D = subordination.free_sum(H, free.semicircle(2))
    z = np.array([3.0 + 0.1j, -1.0, 14.0])
    m = D.stieltjes(z)
    np.testing.assert_allclose(m, (0.01 / (s - z[:, None] - 2 * m[:, None])).sum(axis=1), rtol=1e-12)


def test_any_object_with_a_transform():
    F = sample_covariance.law(spectra.isotropic().H, gamma=0.5)
    G = subordination.free_sum(F, TWO)
    mu = free.free_sum(free.marchenko_pastur("1/2"), exact(TWO))
    x = inside(mu.cuts)
    np.testing.assert_allclose(G.density(x), mu.density(x), rtol=1e-10)


def test_the_two_atom_product_that_a_public_code_gets_wrong_by_1e16():
    F = subordination.free_product(([1.0, 3.0], [0.5, 0.5]), free.marchenko_pastur("1/2"))
    np.testing.assert_allclose(F.cuts, [[0.118095917418163005, 7.071272162420762040]], atol=1e-12)
    assert F.continuous.error <= 1e-12


def test_refusals():
    with pytest.raises(ValueError, match=r"\[0, inf\)"):
        subordination.free_product(([-1.0, 1.0], [0.5, 0.5]), TWO)
    with pytest.raises(ValueError, match="of sum 1"):
        subordination.free_sum(([0.0, 1.0], [0.5, 0.6]), TWO)
    with pytest.raises(ValueError, match="stieltjes"):
        subordination.free_sum(3.0, TWO)
    coin = ([-1.0, 1.0], [0.5, 0.5])
    arcsine = subordination.free_sum(coin, coin)
    with pytest.raises(ConvergenceError, match="edge of the support"):
        arcsine.density(2.0)
