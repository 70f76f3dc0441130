"""Elimination: polynomials known from the literature, values of the library's own solvers, SymPy's resultant, and bad input."""

import time

import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from asymptotics import isotropic, random_features, spectra, two_ridges
from asymptotics.elimination import eliminate

lam, gamma, psi, z, s = sp.symbols("lambda gamma psi z s")
m, a, kappa, kappa1, V = sp.symbols("m a kappa kappa1 V")
ISO = spectra.isotropic()
DF1, DF2 = gamma * psi / (1 + kappa), gamma * psi / (1 + kappa) ** 2
FEATURES = [1 - DF1 - lam / kappa1, gamma - DF1 - gamma * kappa1 / kappa]  # two_ridges (K), n = 1, k = gamma, H at 1
FACTOR = 1 - (DF2 * (gamma - 2 * DF1) + DF1**2) / (gamma - DF2)
VARIANCE = sp.Eq(V, 1 / FACTOR - 1)
BIAS = sp.Eq(V, (1 - 1 / (1 + kappa) - kappa1 / kappa * kappa / (1 + kappa) ** 2 * gamma / (gamma - DF2)) / FACTOR)


def features(gamma, psi, lam):
    return random_features.ridge(ISO, gamma=gamma, psi=psi, lam=lam, r2=0, sigma2=1).variance


def same(found, expected):
    return sp.expand(found.as_expr() - expected) == 0 or sp.expand(found.as_expr() + expected) == 0


def vanishes(P, numbers, value):
    """Is the number, a double, a root of P at the numbers, up to 1e-9 of itself? By Newton's step at 40 digits."""
    with mp.workdps(40):
        put = {t: sp.Rational(float(v)) for t, v in numbers.items()}
        f = sp.Poly(P.as_expr().subs(put), P.gen)
        y = mpf(float(value))
        return abs(mp.mpmathify(f.eval(y)) / mp.mpmathify(f.diff().eval(y))) <= 1e-9 * abs(y)


@pytest.mark.parametrize(
    ("equations", "unknowns", "expected"),
    [
        ([m - 1 / (lam + 1 / (1 + gamma * m))], [m], gamma * lam * m**2 + (1 - gamma + lam) * m - 1),
        ([m - 1 / (z - 2 * a), a - m / (1 - m**2)], [m, a], z * m**3 + m**2 - z * m + 1),  # XY + YX
        ([a - z - s * m, m * (1 - gamma - a - a * gamma * m) - 1], [m, a], None),  # semicircle + Marchenko-Pastur
        ([m - 1 / (lam + gamma * a), a - 1 / (lam + m)], [m, a], None),
    ],
)
def test_polynomials_of_the_literature(equations, unknowns, expected):
    P = eliminate(equations, unknowns, m)
    assert P.gen == m
    assert len(P.factor_list()[1]) == 1
    if expected is None:  # the equations give the other unknown: put it in
        other = sp.solve(equations[0], a)[0]
        expected = sp.fraction(sp.together(equations[1].subs(a, other)))[0]
        expected = max((h for h, _ in sp.factor_list(expected)[1]), key=lambda h: sp.degree(h, m))
    assert same(P, expected)


def test_semicircle_and_marchenko_pastur_have_the_moments_of_their_sum():
    """m = int dF/(x - z) = -1/z - 1/z^2 - (1 + gamma + s)/z^3 - (1 + 3 gamma + gamma^2 + 3 s)/z^4 - ..."""
    P = eliminate([a - z - s * m, m * (1 - gamma - a - a * gamma * m) - 1], [m, a], m)
    with mp.workdps(60):
        x = mpf(10) ** 9
        f = sp.Poly(P.as_expr().subs({gamma: 2, s: 3, z: 10**9}), m)
        root = min(mp.polyroots([int(c) for c in f.all_coeffs()], maxsteps=200, extraprec=400), key=lambda r: abs(r + 1 / x))
        assert abs(root + 1 / x + 1 / x**2 + 6 / x**3 + 20 / x**4) <= 200 / x**5  # the fourth moment is below 200


def test_ridge_variance_against_its_closed_form():
    df2 = gamma / (1 + kappa) ** 2
    at = lambda gamma, lam: isotropic.ridge(gamma=gamma, lam=lam, r2=0, sigma2=1).variance  # noqa: E731
    P = eliminate([kappa - lam - gamma * kappa / (1 + kappa)], [kappa], sp.Eq(V, df2 / (1 - df2)), at=at)
    D = (lam + gamma - 1) ** 2 + 4 * lam
    assert same(4 * P, D * (2 * V + 1) ** 2 - (lam + gamma + 1) ** 2)  # V = ((lam + gamma + 1)/sqrt D - 1)/2


@pytest.mark.false_alarm(0)  # holds for every draw
@pytest.mark.parametrize(
    ("keep", "at", "degree"),
    [
        (kappa, lambda gamma, psi, lam: two_ridges.effective(ISO.H, gamma=gamma, psi=psi, lam=lam).kappa, 3),
        (VARIANCE, features, 3),
        (BIAS, lambda gamma, psi, lam: random_features.ridge(ISO, gamma=gamma, psi=psi, lam=lam, r2=1, sigma2=0).bias, 3),
    ],
)
def test_random_features_vanish_at_the_solver_of_the_library(keep, at, degree):
    P = eliminate(FEATURES, [kappa, kappa1], keep, at=at)
    assert P.degree() == degree
    rng = np.random.default_rng(1)
    for g, p, l in 10 ** rng.uniform(-1, 1, (10, 3)):
        assert vanishes(P, {gamma: g, psi: p, lam: l}, at(gamma=g, psi=p, lam=l))


def test_a_spectrum_that_is_itself_a_limit():
    """H = Marchenko-Pastur of ratio c, of whose equation kappa's own needs the Stieltjes transform; polynomials share a factor here."""
    c = sp.Symbol("c")
    core = [kappa - lam - gamma * kappa * (1 - kappa * m), m - 1 / (kappa + 1 / (1 + c * m))]
    P = eliminate(core, [kappa, m], sp.Eq(V, (1 - kappa * m) / lam))
    values = {gamma: 0.5, lam: 0.25, c: 0.75}
    x = 0.0
    for _ in range(400):  # the fixed point itself
        mp_ = 2 / (x + 1 - 0.75 + np.sqrt((x + 1 - 0.75) ** 2 + 4 * 0.75 * x)) if x else 4.0
        x = 0.25 + 0.5 * x * (1 - x * mp_)
    assert vanishes(P, values, (1 - x * mp_) / 0.25)


@settings(max_examples=15)
@given(st.lists(st.integers(-3, 3), min_size=12, max_size=12))
def test_random_systems_against_the_resultant_of_sympy(c):
    x, y = sp.symbols("x y")
    f = x**2 + c[0] * x * y + c[1] * y**2 + c[2] * lam * x + c[3] * y + c[4] + c[5] * lam
    g = c[6] * x**2 + c[7] * lam * x * y + y**2 + c[8] * x + c[9] * y + c[10] * gamma + c[11]
    whole = sp.Poly(sp.resultant(f, g, y), x)
    assume(whole.degree() > 0)
    factors = [h for h, _ in sp.factor_list(whole.as_expr())[1] if h.has(x)]
    assume(len(factors) == 1)
    if sp.Poly(f, y).degree() > 0 and sp.gcd(f, g) == 1:
        assert same(eliminate([f, g], [x, y], x), factors[0])


def test_the_factor_of_the_branch_is_chosen():
    """tau^2 = lam or tau = 1 + lam."""
    both = [(a**2 - lam) * (a - 1 - lam)]
    assert same(eliminate(both, [a], a, at=lambda lam: 1 + lam), a - 1 - lam)
    assert same(eliminate(both, [a], a, at=lambda lam: -np.sqrt(lam)), a**2 - lam)
    assert same(eliminate([*both, m - a**3], [a, m], m, at=lambda lam: (1 + lam) ** 3), m - (1 + lam) ** 3)
    assert same(eliminate(both, [a], a, at=[({lam: 4}, -2), ({lam: sp.Rational(9, 4)}, 1.5)]), a**2 - lam)
    with pytest.raises(ValueError, match=r"2 factors fit, pass at="):
        eliminate(both, [a], a)
    with pytest.raises(ValueError, match=r"no solution with a = 1\.3"):
        eliminate(both, [a], a, at=lambda lam: 1 + lam + 1e-5)
    with pytest.raises(ValueError, match="no factor has a root at the value given at every point"):
        eliminate(both, [a], a, at=[({lam: 4}, -2), ({lam: 9}, 10)])


def test_what_denominators_add_is_no_branch():
    assert same(eliminate([(a**2 - 1) / (a - 1) - lam], [a], a), a + 1 - lam)  # a = 1 is not a solution
    assert same(eliminate([a * m - a, a - lam / m], [a, m], a), a - lam)


def test_complex_values():
    P = eliminate([m - 1 / (z - m)], [m], m, at=[({z: 1}, 0.5 - 0.5j * np.sqrt(3)), ({z: 0}, -1j)])
    assert same(P, m**2 - z * m + 1)


def test_the_limit_holds_and_says_how_large_the_system_was():
    x = sp.symbols("x:4")
    f = [sum(x[i] ** 3 * (j + 1) ** i for i in range(4)) + x[j] * x[(j + 1) % 4] * lam + gamma * x[j] + 1 for j in range(4)]
    start = time.perf_counter()
    with pytest.raises(
        ValueError, match=r"4 equations of degrees \[3, 3, 3, 3\] with \[7, 7, 7, 7\] terms and 2 parameters takes"
    ):
        eliminate(f, x, x[0], limit=1.0)
    assert time.perf_counter() - start < 5  # the limit, and a process ended on a busy machine


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([m - lam], [m], a), {}, "one of the unknowns"),
        (([m - lam], [m], sp.Eq(m, lam)), {}, "its left side is a new symbol"),
        (([m - a], [m, a], m), {}, "as many as there are unknowns"),
        (([m - sp.sqrt(lam + m)], [m], m), {}, "give a radical a name"),
        (([m - sp.log(lam)], [m], m), {}, "rational functions"),
        (([m - a, 2 * m - 2 * a], [m, a], m), {}, "no isolated solution"),
        (([m - lam], [m], m), {"at": [({}, 1)]}, "a value of each parameter"),
        (([m - lam], [m], m), {"at": lambda lam: np.nan}, "no finite number"),
        (([m - lam], [m], m), {"at": [({lam: sp.sqrt(2)}, 1)]}, "rational parameters"),
    ],
)
def test_bad_input(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        eliminate(*arguments, **options)
