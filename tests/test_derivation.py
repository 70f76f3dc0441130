"""The engine that derives limits: against the library's formulas, its own equations unreduced, and what is known exactly."""

from __future__ import annotations

from functools import cache

import mpmath
import numpy as np
import pytest
import sympy
from sympy import Identity, MatrixSymbol, Rational, Symbol, Trace, sqrt, symbols

from asymptotics import isotropic, nonlinear_features, random_features, ridge, spectra
from asymptotics.activations import normalized
from asymptotics.derivation import derive
from asymptotics.derivation.describing import inputs
from asymptotics.derivation.inputs import dimensions
from asymptotics.derivation.reading import Reader
from asymptotics.errors import ConvergenceError

n, p, k, d, lam = symbols("n p k d lambda", positive=True)
X, S, W = MatrixSymbol("X", n, p), MatrixSymbol("Sigma", p, p), MatrixSymbol("W", p, k)
A, B, O = MatrixSymbol("A", p, p), MatrixSymbol("B", p, p), MatrixSymbol("O", p, p)
b = MatrixSymbol("b", p, 1)
I = Identity(p)
Z = X * S**0.5
R = (Z.T * Z / n + lam * I).inverse()
TWO = spectra.atoms([1, 3], [0.5, 0.5], [0.2, 0.8])
MANY = spectra.from_eigenvalues(np.exp(np.linspace(-3, 3, 100)))
RIDGE = {"bias": lam**2 * Trace(b.T * R * S * R * b), "variance": Trace(S * R * Z.T * Z * R) / n**2}


@cache
def _ridge(law):
    return derive(RIDGE, gaussian=[X], vectors=[b], laws={S: law})


@pytest.mark.parametrize("law", [TWO, MANY], ids=["two", "many"])
@pytest.mark.parametrize("gamma", [0.3, 1.0, 1 + 1e-13, 2.0])
def test_ridge_is_the_library_s(law, gamma):
    at = [0.0, 1e-30, 1e-12, 1e-3, 1.0, 1e6]
    found = _ridge(law).limit(gamma=gamma, lam=at).value
    given = ridge.ridge(law, gamma=gamma, lam=at)
    for name in RIDGE:
        np.testing.assert_allclose(found[name], getattr(given, name), rtol=1e-12, atol=1e-90)  # 1e-90: a bias of lam^2 for 1e-48


def test_random_features_are_the_library_s():
    F = Z * W / sqrt(k)
    Q = (F.T * F / n + lam * Identity(k)).inverse()
    miss = I - W * Q * F.T * Z / sqrt(k) / n
    bias = derive(Trace(b.T * miss.T * S * miss * b), gaussian=[X, W], vectors=[b], laws={S: MANY})
    for gamma, psi in ((2.0, 1.0), (0.5, 3.0), (1.0, 1.0), (1.01, 0.7)):
        at = np.logspace(-6, 2, 9)
        given = random_features.ridge(MANY, gamma=gamma, psi=psi, lam=at, sigma2=0).bias
        np.testing.assert_allclose(bias.limit(gamma=gamma, psi=psi, lam=at).value, given, rtol=1e-12)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_features_by_their_gaussian_equivalent(activation):
    x, w, F = MatrixSymbol("X", n, d), MatrixSymbol("W", d, p), MatrixSymbol("F", n, p)
    Q = (F.T * F / n + lam * I).inverse()
    df = derive(Trace(F * Q * F.T) / n**2, gaussian=[x, w], features={F: (normalized(activation), x * w / sqrt(d))})
    given = nonlinear_features.ridge(gamma=1.5, psi=0.7, lam=[0.0, 0.3], activation=activation, sigma2=1.0)
    np.testing.assert_allclose(df.limit(gamma=1.5, psi=0.7, lam=[0.0, 0.3]).value, given.df1, rtol=1e-9)  # 1e-9: tanh's constants


# the equations as they stand, iterated


def _unreduced(expression, ratios, laws, at, **matrices):
    """sum over atoms of H = A (1 - Sigma A)^-1, Sigma = v r <H>, by damped iteration of the full matrices."""
    given = inputs(
        {"value": expression},
        gaussian=matrices.get("gaussian", ()),
        symmetric=matrices.get("symmetric", ()),
        haar=(),
        features={},
        laws=laws,
        vectors=(),
        ratios=ratios,
        spread=float,
    )
    reader = Reader(given.expressions, given.kinds, given.ratios)
    law = next(iter(laws.values())).H if laws else None
    atoms, weights = (law.atoms, law.weights) if law is not None else (np.ones(1), np.ones(1))
    total = reader.values["value"]
    for functional in reader.functionals:
        form, m = functional.form, len(functional.form.ports)

        def number(x, s):
            values = {g: {**at, "h": 1.0}.get(g.name, s) ** (1 / reader.algebra.roots[g]) for g in reader.algebra.symbols}
            return float(x.as_expr().xreplace(values))

        matrix = [
            np.array([[number(form.A[i, j], s) if (i, j) in form.A else 0.0 for j in range(m)] for i in range(m)]) for s in atoms
        ]
        linked = np.zeros((m, m))
        for q, port in enumerate(form.ports):
            for l, other in enumerate(form.ports):
                if port.letter == other.letter and (
                    reader.kinds[port.letter] == "symmetric" or port.transposed != other.transposed
                ):
                    linked[q, l] = _at(given.ratios[port.cols], at)
        sigma = np.zeros((m, m))
        for _ in range(3000):
            H = sum(w * a @ np.linalg.inv(np.eye(m) - sigma @ a) for w, a in zip(weights, matrix, strict=True))
            sigma = 0.5 * sigma + 0.5 * linked * H
        B, C = (np.array([[number(part.get(i, 0 * form.D), s) for i in range(m)] for s in atoms]) for part in (form.B, form.C))
        value = sum(
            w * (number(form.D, s) + c @ sigma @ np.linalg.inv(np.eye(m) - a @ sigma) @ v)
            for w, s, a, v, c in zip(weights, atoms, matrix, B, C, strict=True)
        )
        total = total.subs(functional.name, value)
    return _at(total, at)


def _at(expression, at):
    expression = sympy.sympify(expression)
    return float(expression.subs({g: at[g.name] for g in expression.free_symbols}))


V = MatrixSymbol("V", k, p)
DEEP = X * W * V / sqrt(p * k)
EXPRESSIONS = {
    "two random layers": Trace(
        ((DEEP.T * DEEP / n + lam * I).inverse() * DEEP.T) * (DEEP * (DEEP.T * DEEP / n + lam * I).inverse())
    )
    / n
    / n,
    "resolvent": Trace(R) / p,
    "two resolvents": Trace(R * S * R * Z.T * Z * R) / n / p,
    "sum of Gram matrices": Trace((X.T * X / n + S * W * W.T * S / k + lam * I).inverse() * S) / p,
    "symmetric": Trace((30 * lam * I + A * S * A / p + S * A * S / sqrt(p)).inverse()) / p,
    "product of traces": Trace(R) * Trace(S * R) / p**2 + lam,
    "independent samples": Trace(R * (W * W.T / k + lam * I).inverse() * S * R) / p,
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_reduction_keeps_the_solution(name):
    expression, ratios = EXPRESSIONS[name], {"gamma": p / n, "phi": k / n}
    has = expression.atoms(MatrixSymbol)
    laws = {S: TWO} if S in has else {}
    matrices = {"gaussian": [x for x in (X, W, V) if x in has], "symmetric": [x for x in (A,) if x in has]}
    at = {"gamma": 1.7, "phi": 0.6, "lambda": 0.8}
    model = derive(expression, laws=laws, ratios=ratios, **matrices)
    found = model.limit(**{key: v for key, v in (("gamma", 1.7), ("phi", 0.6), ("lam", 0.8)) if key in model.parameters})
    assert found.value == pytest.approx(_unreduced(expression, ratios, laws, at, **matrices), rel=1e-9)


def test_what_repeats_is_cut_away():
    one = derive(Trace(lam * R + R * Z.T * Z / n) / p, gaussian=[X], laws={S: TWO})
    assert [len(f.form.ports) for f in one.reader.functionals] == [0]
    assert one.limit(gamma=2, lam=0.1).value == 1
    both = derive(Trace(R * S + S * R) / p - 2 * Trace(S * R) / p, gaussian=[X], laws={S: TWO})
    assert [len(f.form.ports) for f in both.reader.functionals] == [4, 2]


def test_haar_matrices_make_free_sums_and_products():
    # projections of rank 1/2, free: the arcsine law of P + OPO' on [0, 2]
    half = spectra.Spectrum(*(2 * [spectra.atoms([1.0, 1e-300], [0.5, 0.5]).H]))
    total = derive(Trace((lam * I + S + O * S * O.T).inverse()) / p, haar=[O], laws={S: half}, ratios={})
    at = np.array([0.01, 1.0, 50.0])
    np.testing.assert_allclose(total.limit(lam=at).value, 1 / np.sqrt((at + 1) ** 2 - 1), rtol=1e-12)


def test_spikes_are_seen_by_quadratic_forms_and_not_by_traces():
    spiked = (X.T * X / n + lam * I + 2 * b * b.T).inverse()
    plain = (X.T * X / n + lam * I).inverse()
    models = [derive(e, gaussian=[X], vectors=[b]) for e in (Trace(b.T * spiked * b), Trace(spiked) / p, Trace(plain) / p)]
    seen, trace, m = (x.limit(gamma=0.5, lam=0.3).value for x in models)
    assert trace == pytest.approx(m, rel=1e-14)
    assert seen == pytest.approx(m / (1 + 2 * m), rel=1e-13)  # Sherman and Morrison


# what is asked of the equations


def test_the_equations_are_those_that_a_person_would_write():
    text = str(_ridge(TWO).equations()).splitlines()
    assert "  J_1 = Mean[H](s/(s*tau + lambda))" in text
    assert "  tau = 1/(1 + J_1*gamma)" in text
    assert text[0] == "bias -> J_4*lambda**2/(1 - J_2*gamma*tau**2)"
    assert len(text) == 2 + 5
    latex = derive(Trace((X.T * X / n + lam * I).inverse()) / p, gaussian=[X]).equations().latex()
    assert latex.count("&=") == 1


def test_derivatives():
    model = derive(sympy.exp(-lam) * Trace(S * R) / p + sqrt(lam), gaussian=[X], laws={S: TWO})
    at = {"gamma": np.array([2.0, 0.5]), "lam": np.array([0.1, 0.2])}
    for name in at:
        step = 1e-5
        up, down = ({**at, name: at[name] + s} for s in (step, -step))
        slope = (model.limit(**up).value - model.limit(**down).value) / (2 * step)
        np.testing.assert_allclose(model.derivative(name, **at), slope, rtol=1e-7)  # 1e-7: the square of the step, 1e-5/0.1


def test_enclosures_hold_the_value_with_many_digits():
    pytest.importorskip("flint")
    one = derive(Trace((X.T * X / n + lam * I).inverse()) / p, gaussian=[X])
    for gamma, penalty in ((2.0, 0.1), (1.0, 1e-9), (0.5, 7.0)):
        found = one.limit(gamma=gamma, lam=penalty, certified=True).value
        with mpmath.workdps(60):
            g, l = mpmath.mpf(gamma), mpmath.mpf(penalty)
            exact = (g - 1 - l + mpmath.sqrt((1 + l - g) ** 2 + 4 * g * l)) / (2 * g * l)
            assert found.contains(exact)
        assert found.relative_width < 1e-15


def test_the_polynomial_and_its_expansions():
    m = Symbol("value")
    one = derive(Trace((X.T * X / n + lam * I).inverse()) / p, gaussian=[X])
    P = one.polynomial().as_expr()
    gamma = Symbol("gamma", positive=True)
    assert sympy.expand(P - (gamma * lam * m**2 + (1 + lam - gamma) * m - 1)) == 0
    assert one.expand("lam", 0, given={"gamma": 1}, terms=1).leading == 1 / sqrt(lam)
    assert one.expand("lam", 0, near={"gamma": Rational(1, 2)}, terms=1).leading.equals(1 / (1 - gamma))
    law = derive(Trace(((A * B + B * A) / p - Symbol("z") * I).inverse()) / p, symmetric=[A, B])
    assert law.polynomial().as_expr() == sympy.expand(Symbol("z") * m**3 - m**2 - Symbol("z") * m - 1)


def test_transforms_at_complex_arguments():
    z = Symbol("z")
    one = derive(Trace((A / sqrt(p) - z * I).inverse()) / p, symmetric=[A])
    at = np.array([0.3 + 0.2j, -1.9 + 1e-3j, 5 + 0j])
    exact = (-at + np.sqrt(at - 2) * np.sqrt(at + 2)) / 2
    np.testing.assert_allclose(one.limit(z=at).value, exact, rtol=1e-12)


def test_ridgeless_limits_at_the_threshold():
    variance = derive(Trace(S * R) / n - lam * Trace(S * R * R) / n, gaussian=[X], laws={S: TWO})  # cancels, and is resolved
    given = ridge.ridge(TWO, gamma=[0.5, 1, 1 + 1e-14, 3], lam=0, r2=0).variance
    np.testing.assert_allclose(variance.limit(gamma=[0.5, 1, 1 + 1e-14, 3], lam=0).value, given, rtol=1e-12)
    assert np.isinf(given[1])


def test_many_penalties_at_once_are_each_the_same():
    at = np.logspace(-8, 3, 40)
    model = _ridge(TWO)
    together, alone = model.limit(gamma=1.5, lam=at), [model.limit(gamma=1.5, lam=x) for x in at]
    np.testing.assert_allclose(together.value["bias"], [x.value["bias"] for x in alone], rtol=1e-13)
    assert np.all(together.residual < 1e-13)
    assert set(together.unknowns) == {"J_1", "tau", "J_2", "J_3", "J_4"}


def test_closed_form_of_marchenko_and_pastur():
    one = derive(
        {"m": Trace((X.T * X / n + lam * I).inverse()) / p, "m2": Trace((X.T * X / n + lam * I) ** -2) / p}, gaussian=[X]
    )
    at = {"gamma": np.array([0.2, 1.0, 4.0])[:, None], "lam": np.array([1e-3, 1.0, 30.0])}
    given = isotropic.ridge(**at, r2=1.0, sigma2=0.0)
    np.testing.assert_allclose(at["lam"] ** 2 * one.limit(**at).value["m2"], given.bias, rtol=1e-12)


# what is refused

BAD = {
    "nothing is said of Sigma": lambda: derive(Trace(R) / p, gaussian=[X]),
    "nothing is said of b": lambda: derive(Trace(b.T * b), gaussian=[X]),
    "joint law": lambda: derive(Trace(S * A * R) / p, gaussian=[X], laws={S: TWO, A: TWO}),
    "its inverse may be singular": lambda: derive(Trace((X.T * X / n).inverse()) / p, gaussian=[X]),
    "not rational": lambda: derive(Trace((X.T * X / n + I) ** Rational(1, 2)) / p, gaussian=[X]),
    "it grows like n^1": lambda: derive(Trace((X.T * X / n + I).inverse()), gaussian=[X]),
    "it vanishes like n^-1": lambda: derive(Trace((X.T * X / n + I).inverse()) / p**2, gaussian=[X]),
    "its terms grow differently": lambda: derive(Trace((X.T * X + I).inverse()) / p, gaussian=[X]),
    "take a Trace": lambda: derive(X.T * X / n, gaussian=[X]),
    "Determinant of a matrix": lambda: derive(sympy.Determinant(X.T * X / n), gaussian=[X]),
    "HadamardProduct is not": lambda: derive(Trace(sympy.HadamardProduct(X.T * X, I)) / n / p, gaussian=[X]),
    "104 occurrences": lambda: derive(Trace(((X.T * X / n + I) ** -25 * X.T * X / n) ** 2) / p, gaussian=[X]),
    "a dimension must be one symbol": lambda: derive(
        Trace(MatrixSymbol("V", n + 1, n + 1)) / n, symmetric=[MatrixSymbol("V", n + 1, n + 1)]
    ),
    "nothing ties k": lambda: derive(Trace(X * W * W.T * X.T) / n**3, gaussian=[X, W], ratios={"gamma": p / n}),
    "described with the shape": lambda: derive(Trace(A) / p, haar=[MatrixSymbol("A", p, k)]),
    "a haar matrix is square": lambda: derive(Trace(X * X.T) / p, haar=[X]),
    "must be a SymPy expression": lambda: derive("Trace(R)", gaussian=[X]),  # type: ignore[arg-type]
    "a trace is taken of a square matrix": lambda: derive(Trace(X) / p, gaussian=[X]),
    "a law of mass 1": lambda: derive(Trace(R) / p, gaussian=[X], laws={S: spectra.multiplicities([1], [3])}).limit(
        gamma=1, lam=1
    ),
    "singular at an eigenvalue": lambda: derive(Trace((S - 3 * I).inverse() * R) / p, gaussian=[X], laws={S: TWO}).limit(
        gamma=1, lam=1
    ),
    "a value is needed": lambda: _ridge(TWO).limit(gamma=1),
    "scikit-learn": lambda: _ridge(TWO).limit(gamma=1, alpha=1),
    "a ratio of dimensions is positive": lambda: _ridge(TWO).limit(gamma=-1, lam=1),
    "a number or an array": lambda: _ridge(TWO).limit(gamma="one", lam=1),
    "positive penalties": lambda: _ridge(TWO).limit(gamma=1, lam=0, certified=True),
    "at most 6 atoms": lambda: _ridge(MANY).polynomial("bias"),
    "one of the parameters": lambda: derive(Trace((X.T * X / n + lam * I).inverse()) / p, gaussian=[X]).expand("psi", 0),
}


@pytest.mark.parametrize("words", BAD)
def test_bad_input_is_refused_in_words(words):
    with pytest.raises(ValueError, match=words.replace("^", r"\^")):
        BAD[words]()


def test_a_penalty_below_the_spectrum_s_edge_is_not_answered():
    with pytest.raises(ConvergenceError, match="gamma = 2, lam = -1"):
        derive(Trace((X.T * X / n + lam * I).inverse()) / p, gaussian=[X]).limit(gamma=2, lam=-1.0)


def test_dimensions_have_their_usual_ratios():
    found = dimensions({"e": Trace(X * W * W.T * X.T)}, None)
    assert {str(s): str(r) for s, r in found.items()} == {"n": "1", "k": "gamma", "p": "gamma*psi"}
