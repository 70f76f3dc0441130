"""The Marchenko-Pastur law against textbook arcsines at 120 digits, quadrature, moments in integers, and its own symmetries."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from asymptotics import isotropic
from asymptotics import marchenko_pastur as mp
from asymptotics.errors import ConvergenceError
from asymptotics.marchenko_pastur import _formulas as _marchenko_pastur
from tests import closed_form_oracles as oracles

RNG = np.random.default_rng(20240504)
EPS = 2.0**-52
GAMMA = st.floats(1e-3, 1e3)


@pytest.mark.false_alarm(0)
def test_density_and_both_tails_to_full_relative_accuracy():
    x, g = oracles.support_points(400, RNG)
    values = {"d": mp.density(x, gamma=g), "F": mp.cdf(x, gamma=g), "S": mp.survival(x, gamma=g)}

    def oracle(x, g):
        below, above = oracles.distribution(x, g)
        return {"d": oracles.density(x, g), "F": below, "S": above}

    found = oracles.worst(values, oracle, x, g)
    assert max(v[0] for v in found.values()) <= 4.5, found  # eps: the goal is 4; 4.0 seen in 20000 points, and points are random


@pytest.mark.parametrize("gamma", [1e-3, 0.3, 1.0, 7.0, 1e3])
def test_oracle_is_the_integral_of_the_density(gamma):
    """The arcsine formula itself against quadrature of the textbook density, so that the two routes do not share a slip."""
    m = oracles.mp
    g = m.mpf(gamma)
    a, b = (1 - m.sqrt(g)) ** 2, (1 + m.sqrt(g)) ** 2
    for part in (0.1, 0.9):
        x = a + (b - a) * m.mpf(part)
        # x = a + (b - a) sin^2(t): smooth at both ends
        end = m.asin(m.sqrt(m.mpf(part)))
        area = m.quad(lambda t: oracles.density(a + (b - a) * m.sin(t) ** 2, g) * (b - a) * m.sin(2 * t), m.linspace(0, end, 5))
        assert abs(oracles.distribution(x, g)[0] - max(1 - 1 / g, 0) - area) < 1e-20  # what the quadrature gives


@pytest.mark.false_alarm(0)
def test_quantile_to_a_few_eps():
    u, g = oracles.levels(150, RNG)
    q = mp.quantile(u, gamma=g)
    errors = [oracles.quantile_error(*point) for point in zip(q.tolist(), u.tolist(), g.tolist(), strict=True)]
    assert max(errors) <= 8  # eps: x has condition number 2 in u; 6 seen in 60000 points


@given(gamma=GAMMA, u=st.floats(0, 1), v=st.floats(0, 1))
def test_quantile_is_monotone_within_the_support(gamma, u, v):
    (x, y), (a, b) = mp.quantile(sorted([u, v]), gamma=gamma), mp.edges(gamma=gamma)
    assert x <= y * (1 + 12 * EPS)  # 5 eps of each
    assert y <= b * (1 + 2 * EPS)  # rounding of the edge
    assert x == 0 or x >= a * (1 - 2 * EPS)  # the same


@given(gamma=GAMMA, u=st.floats(1e-6, 1 - 1e-6))
def test_quantile_inverts_the_cdf(gamma, u):
    u = mp.atom(gamma=gamma) + (1 - mp.atom(gamma=gamma)) * u
    x = mp.quantile(u, gamma=gamma)
    # F moves by x f(x) over one eps of x: 5 eps of the quantile, 4 of F
    assert abs(mp.cdf(x, gamma=gamma) - u) <= 8 * EPS * (1 + x * mp.density(x, gamma=gamma))


def test_quantile_at_the_atom_and_the_ends():
    assert_allclose(mp.quantile([0.0, 0.5, 0.75, 1.0], gamma=4.0), [0, 0, 0, 9], rtol=0)  # exact
    assert mp.quantile(np.nextafter(0.75, 1), gamma=4.0) >= 1.0
    assert_allclose(mp.quantile([0.0, 1.0], gamma=0.25), [0.25, 2.25], rtol=2 * EPS)  # rounding of the edges
    assert mp.quantile([0.0, 5e-324, 1e-200], gamma=1.0).max() == 0  # (pi u/2)^2 underflows


def test_refuses_to_return_without_its_certificate(monkeypatch):
    monkeypatch.setattr(_marchenko_pastur, "_places", lambda *args: args[-1].fill(0.1))
    with pytest.raises(ConvergenceError, match=r"residual 0\.1"):
        mp.quantile(0.5, gamma=0.5)


def test_kernels_interpreted_agree():
    """The plain functions behind the compiled ones, on a few points."""
    for y, q, near in ((1e-8, 0.5, 0.25), (0.2, 0.99, 1e-4), (0.5, 1.0, 0.0), (0.8, 0.1, 0.81)):
        assert_allclose(
            _marchenko_pastur._lower_py(y, q, near), _marchenko_pastur._lower(y, q, near), rtol=4 * EPS
        )  # order of sums
    arguments = [np.array([v]) for v in (0.3, 0.7, 0.5, 0.25, 2.25)]
    one, two = np.empty((3, 1)), np.empty((3, 1))
    _marchenko_pastur._places_py(*arguments, one)
    _marchenko_pastur._places(*arguments, two)
    assert_allclose(one[:2], two[:2], rtol=1e-14)  # the last Newton step's rounding
    for plain, compiled in (("_below_py", "_below"), ("_above_py", "_above")):
        one, two = np.empty(1), np.empty(1)
        getattr(_marchenko_pastur, plain)(*arguments, one)
        getattr(_marchenko_pastur, compiled)(*arguments, two)
        assert_allclose(one, two, rtol=8 * EPS)  # order of sums


@given(gamma=GAMMA, part=st.floats(0, 1))
def test_tails_add_to_one_and_rows_swap_with_columns(gamma, part):
    a, b = mp.edges(gamma=gamma)
    x = a + (b - a) * part
    assert abs(mp.cdf(x, gamma=gamma) + mp.survival(x, gamma=gamma) - 1) <= 8 * EPS  # 4 eps of each
    # XX'/p: S_gamma(x) = S_{1/gamma}(x/gamma)/gamma; x/gamma and 1/gamma are rounded: density times x eps near the edges
    inverse = 1 / gamma
    slack = (
        16 * EPS * (1 + x * mp.density(x, gamma=gamma))
        + 1e-7 * (min(x - a, b - x) < 1e-10 * b)
        + 1e-13 / max(abs(gamma - 1), 1e-5)
    )
    assert abs(mp.survival(x, gamma=gamma) - min(1, inverse) * mp.survival(x * inverse, gamma=inverse) / min(1, gamma)) <= slack


def test_outside_the_support():
    assert_allclose(mp.cdf([-np.inf, -1, 0, 0.9, 9.1, np.inf], gamma=4.0), [0, 0, 0.75, 0.75, 1, 1], rtol=0)  # exact
    assert_allclose(mp.survival([-1, 0, 9.1], gamma=4.0), [1, 0.25, 0], rtol=0)  # exact
    assert_allclose(mp.density([-1, 0, 0.5, 9.5, np.inf], gamma=4.0), 0, rtol=0)  # exact
    assert mp.density(0.0, gamma=1.0) == np.inf


@given(gamma=st.floats(1e-3, 0.9), order=st.integers(-6, 12))
def test_moments_are_integrals(gamma, order):
    """Gauss-Chebyshev of the second kind is exact for int x^k w(x) dx/x with k >= 1, and converges like q^2n otherwise."""
    n = 400
    t = np.pi * np.arange(1, n + 1) / (n + 1)
    q = np.sqrt(gamma)
    x = (1 - q) ** 2 + 4 * q * np.sin(t / 2) ** 2
    value = np.sum(2 / (n + 1) * np.sin(t) ** 2 * x ** (order - 1.0))
    assert_allclose(mp.moment(order, gamma=gamma), value, rtol=1e-11)  # q^800 < 1e-15; x^-7 at x = 0.0026 amplifies its rounding


def test_moments_are_narayana_and_catalan():
    assert [mp.moment(k, gamma=1.0) for k in range(7)] == [1, 1, 2, 5, 14, 42, 132]
    g = 0.1
    exact = 1 + 6 * Fraction(g) + 6 * Fraction(g) ** 2 + Fraction(g) ** 3
    assert mp.moment(4, gamma=g) == float(exact)
    assert mp.moment(-1, gamma=0.5) == 2
    assert mp.moment(-1, gamma=1.0) == np.inf
    assert mp.moment(1000, gamma=1.0) == np.inf
    assert mp.moment(2, gamma=np.array([[1.0, 2.0]])).shape == (1, 2)


@pytest.mark.false_alarm(0)
def test_transforms_to_four_eps():
    g, _ = oracles.points(300, RNG)
    low, high = mp.edges(gamma=g)
    off = 10 ** RNG.uniform(-14, 3, 300)
    z = np.select([(k := RNG.random(300)) < 0.4, k < 0.7], [high * (1 + off), low * (1 - np.minimum(off, 0.9)) - 1e-30], -off)
    c = np.where(k < 0.5, RNG.uniform(-1, 5, 300), np.where(k < 0.8, low, high)) + 1j * off * RNG.choice([-1, 1], 300)
    for w in (z, c):
        values = {"m": mp.stieltjes(w, gamma=g), "v": mp.companion(w, gamma=g)}
        assert values["m"].dtype == w.dtype
        assert max(e[0] for e in oracles.worst(values, oracles.transforms, w, g).values()) <= 4  # eps: goal; 2.3 seen in 20000


@given(gamma=GAMMA, x=st.floats(-5, 50), y=st.floats(1e-8, 50))
def test_stieltjes_solves_its_equation_on_the_right_branch(gamma, x, y):
    z = complex(x, y)
    m = mp.stieltjes(z, gamma=gamma)
    terms = [gamma * z * m * m, (z + gamma - 1) * m, 1]
    assert abs(sum(terms)) <= 64 * EPS * max(map(abs, terms)) * (
        1 + 1e3 * (abs(z) < 1)
    )  # some ten roundings; gamma - 1 + z may cancel
    assert m.imag > 0
    assert abs(mp.stieltjes(z.conjugate(), gamma=gamma) - m.conjugate()) <= 8 * EPS * abs(m)  # twice 4 eps


def test_transforms_at_zero_and_on_the_negative_axis():
    g, x = np.array([0.5, 1.0, 2.0]), 0.3
    assert_allclose(mp.stieltjes(-x, gamma=g), isotropic.stieltjes(gamma=g, lam=x), rtol=0)  # the same function
    assert_allclose(mp.stieltjes(0.0, gamma=g), [2, np.inf, np.inf], rtol=0)  # exact
    assert_allclose(mp.companion(0.0, gamma=g), [np.inf, np.inf, 1], rtol=0)  # exact
    assert mp.stieltjes(0j, gamma=0.5) == 2


@pytest.mark.false_alarm(3 * 1e-9)
def test_sample_follows_the_law():
    """Dvoretzky-Kiefer-Wolfowitz: P(sup |F_n - F| > d) <= 2 exp(-2 n d^2) = 1e-9 at d = sqrt(log(2e9)/2n)."""
    n = 20000
    for gamma in (0.2, 1.0, 3.0):
        draws = np.sort(mp.sample(n, gamma=gamma, rng=np.random.default_rng(5)))
        zeros = np.count_nonzero(draws == 0)
        distance = np.sqrt(np.log(2e9) / (2 * n))
        assert abs(zeros / n - mp.atom(gamma=gamma)) <= distance
        positive = draws[zeros:]
        rank = (zeros + np.arange(positive.size)) / n
        assert np.max(np.abs(mp.cdf(positive, gamma=gamma) - rank)) <= distance + 1 / n
    assert mp.sample((2, 3), gamma=2.0, rng=np.random.default_rng(1)).shape == (2, 3)


def test_law_object():
    law = mp.law(gamma=0.25)
    assert law.edges == (0.25, 2.25)
    assert (law.atom, law.moment(2)) == (0, 1.25)
    assert_allclose(law.cdf(law.quantile([0.2, 0.7])), [0.2, 0.7], rtol=16 * EPS)  # inverse functions, condition about 1
    assert law.density(1.0) == mp.density(1.0, gamma=0.25)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: mp.density(1.0, gamma=0.0), "gamma = 0.0"),
        (lambda: mp.cdf(np.nan, gamma=0.5), "x = nan"),
        (lambda: mp.cdf("one", gamma=0.5), "x = 'one'"),
        (lambda: mp.quantile(1.5, gamma=0.5), "u = 1.5"),
        (lambda: mp.quantile(np.nan, gamma=0.5), "u = nan"),
        (lambda: mp.moment(1.5, gamma=0.5), "order = 1.5"),
        (lambda: mp.moment(True, gamma=0.5), "order = True"),
        (lambda: mp.stieltjes(1.0, gamma=0.5), "z = 1.0"),
        (lambda: mp.stieltjes(1.0 + 0j, gamma=0.5), "off the support"),
        (lambda: mp.companion(np.nan, gamma=0.5), "z = nan"),
        (lambda: mp.stieltjes("i", gamma=0.5), "z = "),
        (lambda: mp.sample(3, gamma=0.5, rng=1), "rng = 1"),
        (lambda: mp.law(gamma=[0.5, 1.0]), "one gamma"),
        (lambda: mp.law(c=0.5), "pass gamma = p/n"),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(ValueError, match=words):
        call()
