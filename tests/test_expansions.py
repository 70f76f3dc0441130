"""Expansions: known series, the library's own values close to the point, random algebraic functions, and what is refused."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from asymptotics import isotropic, random_features, spectra
from asymptotics import ridge as plain
from asymptotics.elimination import eliminate
from asymptotics.errors import ConvergenceError
from asymptotics.expansions import expand, laws, power_spectra

lam, gamma, psi, c, s = sp.symbols("lambda gamma psi c s", positive=True)
z, kappa, V, y = sp.symbols("z kappa V y")
HALF, oo = sp.Rational(1, 2), sp.oo
ROOT = sp.sqrt((lam + gamma - 1) ** 2 + 4 * lam)
KAPPA = (lam + gamma - 1 + ROOT) / 2
VARIANCE = ((lam + gamma + 1) / ROOT - 1) / 2


def variance(gamma, lam):
    return isotropic.ridge(gamma=gamma, lam=lam, r2=0, sigma2=1).variance


EQUATION = eliminate(
    [kappa - lam - gamma * kappa / (1 + kappa)], [kappa], sp.Eq(V, gamma / ((1 + kappa) ** 2 - gamma)), at=variance
)


def agrees(found, expected, remainder):
    assert sp.simplify(found.expression - expected) == 0, found.expression
    assert found.remainder == remainder
    assert found.remainder == oo or abs(found.slope - remainder) < 0.05


@pytest.mark.parametrize(
    ("f", "x", "to", "given", "terms", "expected", "remainder"),
    [
        (KAPPA, lam, 0, {gamma: HALF}, 2, lam / (1 - gamma) - gamma * lam**2 / (1 - gamma) ** 3, 3),
        (KAPPA, lam, 0, {gamma: 2}, 2, gamma - 1 + gamma * lam / (gamma - 1), 2),
        (KAPPA.subs(gamma, 1), lam, 0, {}, 3, sp.sqrt(lam) + lam / 2 + lam ** (3 * HALF) / 8, 5 * HALF),
        (KAPPA, lam, oo, {gamma: 2}, 3, lam + gamma - gamma / lam, 2),
        (KAPPA, gamma, oo, {lam: 2}, 3, gamma + lam - 1 + lam / gamma, 2),
        (KAPPA, gamma, 0, {lam: 2}, 2, lam + gamma * lam / (1 + lam), 2),
        (VARIANCE, lam, 0, {gamma: HALF}, 1, gamma / (1 - gamma), 1),
        (VARIANCE, lam, 0, {gamma: 2}, 1, 1 / (gamma - 1), 1),
        (VARIANCE.subs(gamma, 1), lam, 0, {}, 2, 1 / (2 * sp.sqrt(lam)) - HALF, HALF),
        (VARIANCE, lam, oo, {gamma: 2}, 1, gamma / lam**2, 3),
        (1 / KAPPA.subs(gamma, 1), lam, 0, {}, 2, 1 / sp.sqrt(lam) - HALF, HALF),  # m(-lam), at the hard edge
        (gamma / (1 - gamma), gamma, 0, {}, 2, gamma + gamma**2, 3),
        (1 / (gamma - 1), gamma, 1, {}, 2, 1 / (gamma - 1), oo),
        (sp.sqrt(gamma**2 - 2 * gamma + 1), gamma, 1, {}, 1, gamma - 1, oo),
        (sp.sqrt(2 + lam), lam, 0, {}, 2, sp.sqrt(2) + sp.sqrt(2) * lam / 4, 2),
    ],
)
def test_known_series_of_closed_forms(f, x, to, given, terms, expected, remainder):
    agrees(expand(f, x, to, given=given, terms=terms), expected, remainder)


def test_the_same_from_the_equation_as_from_the_closed_form():
    for value in (HALF, 2):
        by_equation = expand(EQUATION, lam, given={gamma: value}, at=variance)
        assert sp.simplify(by_equation.expression - expand(VARIANCE, lam, given={gamma: value}).expression) == 0
        by_equality = expand(sp.Eq(EQUATION.as_expr(), 0), lam, of=V, given={gamma: value}, at=variance)
        assert by_equality.expression == by_equation.expression


def test_the_soft_edge_of_marchenko_pastur():
    """gamma = s^2: Im m = sqrt(b - x) s^-(3/2) (1 + s)^-2 below b = (1 + s)^2, as a real square root above it."""
    m = (1 - s**2 - z + sp.sqrt((z - s**2 - 1) ** 2 - 4 * s**2)) / (2 * s**2 * z)
    found = expand(m, z, (1 + s) ** 2, given={s: HALF}, terms=2)
    assert [e for e, _ in found.terms] == [0, HALF]
    assert sp.simplify(found.terms[0][1] + 1 / (s * (1 + s))) == 0
    assert sp.simplify(found.terms[1][1] - 1 / (s ** (3 * HALF) * (1 + s) ** 2)) == 0


def test_a_scaling_window_meets_both_its_ends():
    """lam = c (1 - gamma)^2: variance ~ 1/((1 - gamma) sqrt(1 + 4 c)), the ridgeless 1/(1 - gamma) at c = 0, 1/(2 sqrt lam) at oo."""
    for side, sign in (("-", 1), ("+", -1)):
        for f, at in ((VARIANCE, None), (EQUATION, variance)):
            found = expand(f, gamma, 1, side=side, along={lam: c * (1 - gamma) ** 2}, given={c: 2}, at=at, terms=2)
            assert sp.simplify(found.leading - sign / ((1 - gamma) * sp.sqrt(1 + 4 * c))) == 0
    found = expand(KAPPA, c, 0, along={lam: c ** (3 * HALF), gamma: 1 - c})  # kappa^2 + c kappa = c^(3/2) + ...
    assert [e for e, _ in found.terms] == [3 * HALF / 2, 1, 5 * HALF / 2]
    assert found.coefficient == 1


def test_random_features_at_the_threshold():
    iso, k1 = spectra.isotropic(), sp.Symbol("kappa1")
    df1, df2 = gamma * psi / (1 + kappa), gamma * psi / (1 + kappa) ** 2

    def at(gamma, psi, lam):
        return random_features.ridge(iso, gamma=gamma, psi=psi, lam=lam, r2=0, sigma2=1).variance

    core = [1 - df1 - lam / k1, gamma - df1 - gamma * k1 / kappa]
    factor = 1 - (df2 * (gamma - 2 * df1) + df1**2) / (gamma - df2)
    P = eliminate(core, [kappa, k1], sp.Eq(V, 1 / factor - 1), at=at)
    ridgeless = expand(P, lam, given={gamma: 2, psi: 3}, at=at, terms=1)
    assert sp.simplify(ridgeless.leading - 1 / (gamma - 1) - 1 / (gamma * psi - 1)) == 0
    few = expand(P, lam, given={gamma: HALF, psi: 3}, at=at, terms=1)
    assert sp.simplify(few.leading - gamma / (1 - gamma)) == 0
    peak = expand(P, lam, given={psi: 3}, at=at, along={gamma: 1})
    assert sp.simplify(peak.leading - sp.sqrt(psi - 1) / (2 * sp.sqrt(lam))) == 0
    x = 1e-8
    for value in (1.5, 3.0, 20.0):
        assert abs(peak(psi=value, lam=x) / at(1.0, value, x) - 1) < 1e-7


def test_moments_of_the_anticommutator_at_infinity():
    """XY + YX of free semicirculars: 1, 2, 10, 66."""
    P = sp.Poly(z * y**3 + y**2 - z * y + 1, y)

    def at(z):
        roots = np.roots([z, 1, -z, 1])
        return roots[np.argmin(abs(roots - 1 / z))].real

    assert expand(P, z, oo, at=at, terms=4).terms == ((1, 1), (3, 2), (5, 10), (7, 66))


@settings(max_examples=12)
@given(
    st.lists(st.integers(-4, 4).filter(bool), min_size=6, max_size=6),
    st.sampled_from([HALF, sp.Rational(1, 3), 2 * HALF, sp.Rational(3, 2), -HALF]),
    st.sampled_from(["+", "-"]),
    st.sampled_from([0, oo]),
)
def test_random_closed_forms_against_mpmath(a, power, side, to):
    x = sp.Symbol("x")
    inner = a[0] ** 2 + a[1] * x + a[2] * x**2
    f = (a[3] + a[4] * x + inner**power) / (a[5] + x)
    if to == oo:
        f, side = f.subs(x, 1 / x), "+"
    found = expand(f, x, to, side=side, terms=4)
    with mp.workdps(60):
        exact, terms = sp.lambdify(x, f, "mpmath"), sp.lambdify(x, found.expression, "mpmath")
        points = [mpf(2) ** -k * (1 if side == "+" else -1) for k in (30, 31)]
        first, second = (abs(exact(t) - terms(t)) for t in (points if to == 0 else [1 / t for t in points]))
        if found.remainder == oo:
            assert second < mpf(10) ** -50
        else:
            assert abs(mp.log(first / second, 2) - mpf(int(found.remainder.p)) / int(found.remainder.q)) < 1e-2


@settings(max_examples=12)
@given(st.lists(st.integers(-3, 3), min_size=9, max_size=9), st.integers(1, 3), st.integers(1, 3))
def test_random_polynomials_against_mpmath(a, p, q):
    """The root of largest modulus, where one is, of cubics with every Newton polygon."""
    x = sp.Symbol("x")
    P = y**3 * x**p + y**2 * (a[0] + a[1] * x) + y * (a[2] * x**q + a[3]) + a[4] + a[5] * x + a[6] * x**2
    assume(len(sp.factor_list(P)[1]) == 1)

    def at(x):
        with mp.workdps(120):
            x = mpf(x)
            coefficients = [x**p, a[0] + a[1] * x, a[2] * x**q + a[3], a[4] + a[5] * x + a[6] * x**2]
            return max(mp.polyroots(coefficients, maxsteps=500, extraprec=500), key=abs)

    top = sorted(abs(np.roots([2.0 ** (-28 * p), a[0], a[3], a[4]])))
    assume(top[-1] > 1.5 * top[-2])  # one root is the largest as x -> 0
    found = expand(P, x, of=y, at=at, terms=3)
    with mp.workdps(120):
        terms = sp.lambdify(x, found.expression, "mpmath")
        first, second = (abs(at(t) - terms(t)) for t in (mpf(2) ** -30, mpf(2) ** -32))
        if found.remainder != oo:
            assert abs(mp.log(first / second, 4) - mpf(int(found.remainder.p)) / int(found.remainder.q)) < 0.02


def test_coefficients_that_are_roots():
    nested = expand(
        y**4 - 2 * y**2 + 1 - c - lam, lam, of=y, given={c: 4}, at=lambda c, lam: np.sqrt(1 + np.sqrt(c + lam)), terms=2
    )
    assert nested.coefficient == sp.sqrt(1 + sp.sqrt(c))
    assert abs(nested(c=9.0, lam=1e-5) - np.sqrt(1 + np.sqrt(9 + 1e-5))) < 1e-10
    quintic = expand(y**5 - y - 1 - lam, lam, of=y, at=lambda lam: max(np.roots([1, 0, 0, 0, -1, -1 - lam]).real), terms=2)
    assert isinstance(quintic.coefficient, sp.CRootOf)
    assert abs(quintic(lam=1e-6) - max(np.roots([1, 0, 0, 0, -1, -1 - 1e-6]).real)) < 1e-11
    cubic = expand(
        y**3 - c * y - 1 - lam, lam, of=y, given={c: 2}, at=lambda c, lam: max(np.roots([1, 0, -c, -1 - lam]).real), terms=2
    )
    ((name, polynomial),) = cubic.roots.items()
    assert sp.expand(polynomial - (name**3 - c * name - 1)) == 0
    slope = sp.simplify(cubic.terms[1][1] - 1 / (3 * name**2 - c))
    assert sp.rem(sp.fraction(sp.together(slope))[0], polynomial, name) == 0


def test_roots_that_coincide_on_the_path():
    found = expand(
        (y**2 - lam) * (y**2 - gamma * lam) * (y - 1), lam, of=y, along={gamma: 1}, at=lambda gamma, lam: -np.sqrt(lam)
    )
    assert found.terms == ((HALF, -1),)
    assert found.remainder == oo


def test_a_wrong_coefficient_is_found_out(monkeypatch):
    from asymptotics.expansions import puiseux

    whole = puiseux.series
    for place in (0, 1, 2):

        def wrong(*arguments, place=place):
            return [(e, 3 * a if i == place else a) for i, (e, a) in enumerate(whole(*arguments))]

        monkeypatch.setattr(puiseux, "series", wrong)
        with pytest.raises(ConvergenceError, match="the remainder of an expansion"):
            expand(KAPPA, lam, given={gamma: HALF}, terms=2)


def test_what_is_returned():
    found = expand(KAPPA, lam, given={gamma: HALF}, terms=2)
    assert found.exponent == 1
    assert found.coefficient == 1 / (1 - gamma)
    assert found.leading == lam / (1 - gamma)
    assert found.latex() == (
        r"\frac{\lambda}{1 - \gamma} - \frac{\gamma \lambda^{2}}{\left(1 - \gamma\right)^{3}} + \mathcal{O}\left(\lambda^{3}\right)"
    )
    assert found.series().getO() == sp.Order(lam**3)
    np.testing.assert_allclose(found(gamma=np.array([0.25, 0.5]), lam=0.0), 0)
    with pytest.raises(ValueError, match="it also takes gamma"):
        found(lam=1.0)


LAW = spectra.atoms([0.5, 1.0, 4.0], [0.3, 0.5, 0.2])


@pytest.mark.parametrize("quantity", laws.QUANTITIES)
@pytest.mark.parametrize("end", laws.ENDS)
def test_every_end_of_ridge_on_a_law_of_three_atoms(quantity, end):
    """The library's own solver, on a law other than the one of the check: two terms and twice the point tell the next order."""
    atoms, weights = LAW.H.atoms, LAW.H.weights
    found = laws.ridge(quantity, end)
    numbers = {"gamma": 0.75 if "<" in end else 3.0, "lam": 0.3}
    if "kappa0" in {str(t) for t in found.expression.free_symbols} or "> 1" in end:
        numbers["kappa0"] = float(plain.ridge(LAW, gamma=3.0, lam=0.0, r2=1, sigma2=1).kappa)
    shift = numbers.get("kappa0", 0.3)
    moments = {f"W{j}": np.sum(weights * atoms**-j) for j in range(9)} | {f"M{j}": np.sum(weights * atoms**j) for j in range(9)}
    moments |= {f"I{j}": np.sum(weights * atoms / (atoms + shift) ** (j + 1)) for j in range(9)}
    misses = []
    for t in (2.0**-9, 2.0**-11):
        place = {"0": t, "1": 1 + t, "oo": 1 / t}[str(found.to)]
        at = numbers | {"gamma" if str(found.variable) == "gamma" else "lam": place}
        at |= {"gamma": 1.0} if "gamma = 1" in end else {"lam": 0.0} if "lam = 0" in end else {}
        risk = plain.ridge(LAW, gamma=at["gamma"], lam=at["lam"], r2=1, sigma2=1)
        value = float(getattr(risk, quantity))
        misses.append(abs(float(found(**(moments | at))) - value))
    if found.remainder == oo:
        assert max(misses) < 1e-12
    else:
        assert abs(np.log(misses[0] / misses[1]) / np.log(4) - float(found.remainder)) < 0.3


def test_a_wrong_branch_is_refused():
    with pytest.raises(ValueError, match=r"is not a root"):
        expand(EQUATION, lam, given={gamma: 2}, at=lambda gamma, lam: 1.001 * variance(gamma, lam))
    with pytest.raises(ValueError, match=r"is not a root"):
        expand(EQUATION, lam, given={gamma: 2}, at=lambda gamma, lam: variance(gamma, 2 * lam) + 0.01)
    other = expand(EQUATION, lam, given={gamma: 2}, at=lambda gamma, lam: -1 - variance(gamma, lam), terms=1)
    assert sp.simplify(other.leading + gamma / (gamma - 1)) == 0
    for jump in (2.0**-20, 2.0**-24, 2.0**-28):  # to the other root, at one point
        with pytest.raises((ValueError, ConvergenceError)):
            expand(
                EQUATION,
                lam,
                given={gamma: 2},
                at=lambda gamma, lam, t=jump: variance(gamma, lam) if lam != t else -1 - variance(gamma, lam),
            )


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((KAPPA, lam), {}, "a rational number for each symbol but lambda"),
        ((EQUATION, lam), {"given": {gamma: 2}}, "the function whose value is meant"),
        ((sp.log(1 + lam), lam), {}, "a closed form of rational functions and radicals"),
        ((sp.sin(y) - lam, lam), {"of": y, "at": np.arcsin}, "polynomial in y"),
        ((KAPPA, lam), {"given": {gamma: 2}, "side": "above"}, "x falls to the point"),
        ((EQUATION, lam), {"given": {gamma: 2}, "at": lambda gamma, lam: np.nan}, "does not tell a branch"),
    ],
)
def test_bad_input(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        expand(*arguments, **options)


def test_bad_ends():
    with pytest.raises(ValueError, match="one of kappa, df1"):
        laws.ridge("risk", "lam -> oo")
    with pytest.raises(ValueError, match="one of lam -> 0, gamma < 1"):
        laws.ridge("bias", "lam -> 1")


@pytest.mark.parametrize("alpha", [2, 1.5])
def test_power_law_spectra_against_sums_with_analytic_tails(alpha):
    """`ridge` of the power law itself, at two sizes: what is left falls with the exponent that is said."""
    for quantity in power_spectra.QUANTITIES:
        found = power_spectra.ridge(quantity, alpha=alpha)
        constants = {"C": np.pi / alpha / np.sin(np.pi / alpha), "Z1": float(mp.zeta(-alpha))}
        misses = []
        for n in (50, 200):
            risk = plain.ridge(spectra.power_law(alpha, 1.8), n=n, delta=0.0, r2=1, sigma2=1)
            value = risk.kappa if quantity == "kappa" else 1 + risk.variance
            misses.append(abs(found(**constants, m=float(n)) - value))
        assert abs(np.log(misses[0] / misses[1]) / np.log(4) - float(found.remainder)) < 0.15
    assert sp.simplify(power_spectra.ridge("overfitting", alpha=3).expression - 3 + sp.Rational(3, 2) / power_spectra.MODES) == 0


@pytest.mark.parametrize(("quantity", "alpha"), [("df1", 2), ("kappa", 1), ("kappa", 9), ("kappa", 1.3)])
def test_bad_power_laws(quantity, alpha):
    with pytest.raises(ValueError, match=r"one of kappa|a multiple of 1/2"):
        power_spectra.ridge(quantity, alpha=alpha)
