"""Free probability by polynomials: against closed forms, 40-digit mpmath, numerical subordination, exact moments; refusals."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asymptotics import free, marchenko_pastur, sample_covariance, spectra
from asymptotics.errors import ConvergenceError
from asymptotics.free import series, transforms
from asymptotics.free.singular import zeros


def coins(a=1):
    return free.atoms([-a, a], ["1/2", "1/2"])


LAWS = {
    "semicircle + Marchenko-Pastur": lambda: free.free_sum(free.semicircle(1), free.marchenko_pastur("1/2")),
    "two cuts": lambda: free.free_sum(free.semicircle("1/100"), free.marchenko_pastur(2)),
    "a cusp": lambda: free.free_sum(free.semicircle(1), coins()),
    "three cuts and an atom": lambda: free.free_sum(
        free.atoms([0, 1], ["1/3", "2/3"]), free.atoms([0, 1, 3], ["1/4", "1/4", "1/2"])
    ),
    "Fuss-Catalan": lambda: free.free_product(free.marchenko_pastur(1), free.marchenko_pastur(1)),
    "a symmetric product": lambda: free.free_product(free.semicircle(1), free.marchenko_pastur("1/2")),
    "anticommutator": lambda: free.anticommutator(),
    "its correlated kin": lambda: free.anticommutator("1/2"),
    "Wachter": lambda: free.wachter("1/2", "1/3"),
    "information plus noise": lambda: free.information_plus_noise(free.atoms([0, 4], ["1/2", "1/2"]), gamma="1/2", sigma2=1),
    "a power": lambda: free.free_power(free.atoms([-1, 0, 1], ["1/3"] * 3), "5/2"),
    "a compression": lambda: free.compression(free.free_sum(free.semicircle(1), coins(2)), "1/3"),
    "an inverse": lambda: free.inverse(free.marchenko_pastur("1/3")),
    "far apart": lambda: free.free_sum(free.semicircle(1), free.atoms([0, 1000], ["1/2", "1/2"])),
    "floats": lambda: free.free_sum(free.semicircle(1 / 3), free.marchenko_pastur(1 / 7)),
}


def points(a, b):
    """Points of a cut, down to 2^-38 of it from its ends."""
    near = 2.0 ** -np.arange(8, 40, 10)
    return a + (b - a) * np.concatenate([near, np.sin(np.linspace(0, np.pi / 2, 6)[1:-1]) ** 2, 1 - near])


def newton(table, x, m):
    """The root near m of sum_ij table[i][j] m^i x^j, to 40 digits."""
    p = [mpmath.polyval([mpmath.mpf(c) for c in reversed(row)], mpmath.mpf(x)) for row in table][::-1]
    m = mpmath.mpc(m)
    for _ in range(30):
        value, slope = mpmath.polyval(p, m, derivative=True)
        m -= value / slope
        if abs(value / slope) < mpmath.mpf(10) ** -40 * abs(m):
            return m
    raise AssertionError("the reference itself did not converge")


def moment(mu, k):
    """int x^k dmu by Gauss-Legendre in the variable in which the density is smooth."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    total = float(np.sum(mu.weights * mu.atoms**k))
    for (start, end), (e, _, _, sign), (q, _) in zip(mu.atlas.ends, mu.atlas.places, mu.atlas.shapes, strict=True):
        low, high = sorted(np.sign(sign * (v - e)) * abs(v - e) ** (1 / q) for v in (start, end))
        s = (low + high) / 2 + (high - low) / 2 * nodes
        x = e + sign * s**q
        total += float(np.sum(weights * (high - low) / 2 * mu.density(x) * x**k * abs(q * s ** (q - 1))))
    return total


@pytest.mark.parametrize("name", LAWS)
def test_density_against_mpmath_and_the_mass_and_moments_of_the_whole(name):
    mu = LAWS[name]()
    with mpmath.workdps(50):
        for a, b in mu.cuts:
            x = points(a, b)
            for at, f, m in zip(x, mu.density(x), mu.stieltjes(x), strict=True):
                root = newton(mu.table, float(at), complex(m))
                assert abs(f * mpmath.pi / root.imag - 1) <= 4e-15  # a series of 60 terms; measured 1e-15
                assert abs(m - root) <= 1e-14 * abs(root)
    for k, exact in enumerate(mu.moments(6)):  # the branch is that of the law with these moments, and the density is whole
        assert abs(moment(mu, k) - float(exact)) <= 1e-12 * max(1, *map(abs, mu.edges)) ** k
    u = np.linspace(0, 1, 101)
    assert np.all(mu.cdf(mu.quantile(u)) >= u - 4e-16 * max(1, *map(abs, mu.edges)))  # the rounding of x
    assert abs(mu.atlas.masses.sum() + mu.weights.sum() - 1) <= 1e-14  # rounding


def test_marchenko_pastur_is_the_closed_form_to_the_edges():
    for gamma in (0.5, 1.0, 4.0):
        mu, F = free.marchenko_pastur(gamma), marchenko_pastur.law(gamma=gamma)
        a, b = F.edges
        x = points(a, b)
        np.testing.assert_allclose(mu.density(x), F.density(x), rtol=2e-15)  # a few roundings
        np.testing.assert_allclose(mu.cdf(x), F.cdf(x), rtol=2e-15)
        u = np.linspace(0, 1, 41)
        np.testing.assert_allclose(mu.quantile(u), F.quantile(u), rtol=1e-14)
        np.testing.assert_allclose(mu.cuts, [[a, b]], rtol=3e-16)  # correctly rounded, both
    assert mu.atoms.tolist() == [0.0]
    assert mu.weights.tolist() == [0.75]


@pytest.mark.parametrize(("variance", "gap"), [(Fraction(10**12 - 1, 10**12), 3.849e-19), (Fraction(10**12 + 1, 10**12), 0.0)])
def test_cuts_that_nearly_touch(variance, gap):
    mu = free.free_sum(coins(), free.semicircle(variance))
    assert np.ptp(mu.cuts.ravel()[1:-1]) == pytest.approx(2 * gap, rel=1e-4) if gap else len(mu.cuts) == 1  # four digits typed
    with mpmath.workdps(50):
        x = np.concatenate([points(a, b)[::3] for a, b in mu.cuts] + [[1e-18, 1e-9]])
        for at, f, m in zip(x, mu.density(x), mu.stieltjes(x), strict=True):
            assert abs(f * mpmath.pi / newton(mu.table, float(at), complex(m)).imag - 1) <= 4e-15


def test_nearly_square_marchenko_pastur():
    gamma = 1 + 2.0**-30
    mu = free.marchenko_pastur(Fraction(gamma))
    assert mu.weights[0] == pytest.approx(2.0**-30, rel=1e-8)
    x = np.array([1e-16, 1e-6, 0.5, 3.9])
    np.testing.assert_allclose(mu.density(x), marchenko_pastur.density(x, gamma=gamma), rtol=2e-15)
    np.testing.assert_allclose(mu.cuts, [marchenko_pastur.edges(gamma=gamma)], rtol=3e-16)


def test_wachter_is_the_closed_form():
    gamma, rows = 0.5, 2.0
    alpha, beta = 1 / (1 + rows), gamma / (1 + rows)
    a, b = ((np.sqrt(alpha * (1 - beta)) + s * np.sqrt(beta * (1 - alpha))) ** 2 for s in (-1, 1))
    mu = free.wachter(gamma, gamma / rows)
    x = np.linspace(a, b, 21)[1:-1]
    expected = np.sqrt((x - a) * (b - x)) / (2 * np.pi * beta * x * (1 - x))
    np.testing.assert_allclose(mu.density(x), expected, rtol=1e-13)  # the rounding of a and b in the closed form
    ones = free.wachter(1.5, 1.5)
    assert ones.atoms.tolist() == [0.0, 1.0]
    np.testing.assert_allclose(ones.weights, [1 / 3, 1 / 3], rtol=4e-16)


def test_sample_covariance_agrees_with_the_module_of_that_name():
    F = sample_covariance.law(spectra.atoms([12, 3, 1], [0.5, 0.25, 0.25]).H, gamma=0.0625)
    mu = free.sample_covariance(free.atoms([1, 3, 12], [0.25, 0.25, 0.5]), gamma=0.0625)
    np.testing.assert_allclose(mu.cuts, F.edges(), rtol=3e-16)
    for a, b in mu.cuts:
        x = points(a, b)
        np.testing.assert_allclose(mu.density(x), F.density(x), rtol=1e-13)  # the other's is 1e-14 beside cusps
        np.testing.assert_allclose(mu.cdf(x), F.cdf(x), atol=1e-15)  # the other's tail is a difference from 1
    z = np.array([-1.0, 0.5j, 2 + 0.01j, 20.0, 1 - 1j])
    np.testing.assert_allclose(mu.stieltjes(z), F.stieltjes(z), rtol=1e-13)


def test_identities_between_operations():
    assert free.free_sum(free.semicircle(1), free.semicircle(3)) == free.semicircle(4)
    assert free.free_sum(coins(), coins()) == free.arcsine(2)
    assert free.free_power(coins(), 2) == free.arcsine(2)
    assert free.free_product(free.marchenko_pastur("1/2"), free.atoms([1, 3], ["1/2"] * 2)) == free.sample_covariance(
        free.atoms([1, 3], ["1/2"] * 2), gamma="1/2"
    )
    mu = free.free_sum(free.semicircle(1), free.marchenko_pastur(2))
    assert free.compression(free.free_power(mu, 3), "1/3") == free.free_power(free.scale(mu, "1/3"), 9)
    assert free.square(free.symmetric_root(free.marchenko_pastur("1/2"))) == free.marchenko_pastur("1/2")
    assert free.inverse(free.inverse(free.marchenko_pastur("1/2"))) == free.marchenko_pastur("1/2")
    assert free.shift(free.shift(mu, "1/3"), "-1/3") == mu
    assert free.scale(free.scale(mu, -2), "-1/2") == mu
    assert free.information_plus_noise(free.atoms([0], [1]), gamma="1/3", sigma2=1) == free.marchenko_pastur("1/3")


def test_exact_moments_and_cumulants():
    fuss = free.free_product(free.marchenko_pastur(1), free.marchenko_pastur(1))
    assert fuss.moments(12) == [comb(3 * k, k) // (2 * k + 1) for k in range(12)]
    assert free.anticommutator().free_cumulants(6) == [0, 2, 0, 2, 0, 2]
    assert free.marchenko_pastur("1/3").free_cumulants(5) == [Fraction(1, 3) ** k for k in range(5)]
    known = [Fraction(k * k + 1, k + 1) for k in range(9)]
    assert series.moments([Fraction(0), *series.cumulants([Fraction(1), *known])[1:]]) == [1, *known]


def test_transforms():
    from sympy import Symbol, simplify, sqrt

    g, y = Symbol("g"), Symbol("y")
    assert simplify(transforms.r_transform(free.semicircle(3)) - 3 * g) == 0
    assert simplify(transforms.r_transform(coins()) - (sqrt(1 + 4 * g**2) - 1) / (2 * g)) == 0
    assert simplify(transforms.s_transform(free.marchenko_pastur(2)) - 1 / (1 + 2 * y)) == 0
    product = free.free_product(free.marchenko_pastur(2), free.atoms([1, 3], ["1/2"] * 2))
    both = (transforms.s_series(law, 6) for law in (free.marchenko_pastur(2), free.atoms([1, 3], ["1/2"] * 2)))
    assert transforms.s_series(product, 6) == series.times(*both)
    with pytest.raises(ValueError, match="mean 0"):
        transforms.s_series(coins(), 3)


def test_from_an_equation():
    from sympy import symbols

    m, z = symbols("m z")
    assert free.algebraic(z * m**2 / 2 + (z - m * 0 - 1 / (1 + 1)) * m + 1) == free.marchenko_pastur("1/2")
    assert free.algebraic((m**2 + z * m + 1) * (m - z)) == free.semicircle(1)
    both = (m**2 + z * m + 1) * (z * m**2 + z * m + 1)
    with pytest.raises(ValueError, match="give moments"):
        free.algebraic(both)
    assert free.algebraic(both, moments=[0, 1]) == free.semicircle(1)
    with pytest.raises(ValueError, match="-1/z"):
        free.algebraic(m**2 - z * m + 1)
    with pytest.raises(ValueError, match="rational numbers"):
        free.algebraic(m**2 + z * m * symbols("s") + 1)
    with pytest.raises(ConvergenceError):  # a "semicircle" of variance -1
        _ = free.algebraic(-(m**2) + z * m + 1).cuts


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: free.semicircle(-1), "variance = -1 is refused"),
        (lambda: free.marchenko_pastur("x"), "rational"),
        (lambda: free.atoms([0, 1], [0.5, 0.6]), "sum 1"),
        (lambda: free.free_power(coins(), "1/2"), "s >= 1"),
        (lambda: free.compression(coins(), 2), "projection"),
        (lambda: free.free_product(coins(), free.semicircle(1)), "nonnegative"),
        (lambda: free.inverse(free.marchenko_pastur(1)), "not bounded"),
        (lambda: free.wachter(3, 3), "invertible"),
        (lambda: free.sample_covariance(coins(), gamma=1), "no mass below 0"),
        (lambda: free.information_plus_noise(free.atoms([1], [1]), gamma=2, sigma2=1), "impossible"),
        (lambda: free.symmetric_root(coins()), "square root"),
        (lambda: free.semicircle(1).quantile(1.5), "probability"),
    ],
)
def test_refusals(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_what_would_take_minutes_is_refused():
    many = free.atoms(list(range(12)), [Fraction(1, 12)] * 12)
    with pytest.raises(ValueError, match="monomials"):
        free.free_sum(many, many)
    mu = free.free_sum(free.atoms([0, 1, 3, 7], ["1/10", "1/5", "3/10", "2/5"]), free.atoms([0, 2, 5, 6], ["1/4"] * 4))
    assert mu.moments(2)[1] == Fraction(39, 10) + Fraction(13, 4)
    with pytest.raises(ValueError, match="subordination"):
        mu.density(1.0)


def test_real_zeros_are_those_that_sturm_counts():
    real, others = zeros([-6, 11, -6, 1])
    assert [float(x) for x in real] == [1.0, 2.0, 3.0]
    assert not others
    assert len(zeros([1, 0, 0, 0, 1])[1]) == 4


@pytest.mark.false_alarm(0)
@settings(max_examples=15, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 12), st.integers(-3, 3))
def test_any_sum_with_a_semicircle_solves_pasturs_equation(v, w, k, shift):
    H = free.atoms(
        [shift, shift + Fraction(w, 7), shift + Fraction(w + v, 5)], [Fraction(k, 24), Fraction(1, 4), Fraction(18 - k, 24)]
    )
    mu = free.free_sum(free.semicircle(Fraction(v, 10)), H)
    a, b = mu.cuts[-1]
    m = mu.stieltjes(np.array([(a + b) / 2, a - 1 + 0.5j, b + 1.0]))
    z = np.array([(a + b) / 2, a - 1 + 0.5j, b + 1.0])
    s = np.array([shift, shift + w / 7, shift + (w + v) / 5])
    weights = np.array([k / 24, 1 / 4, (18 - k) / 24])
    right = (weights / (s - z[:, None] - v / 10 * m[:, None])).sum(axis=1)
    np.testing.assert_allclose(m, right, rtol=1e-10)  # conditioning of the right side where cuts are narrow
