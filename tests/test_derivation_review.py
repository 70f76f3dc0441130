"""A second pair of eyes on the derivation engine: laws known by other routes, and inputs where it must be right or refuse."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from sympy import Identity, MatrixSymbol, Rational, Symbol, Trace, log, sqrt, symbols

from asymptotics import spectra
from asymptotics.activations import normalized
from asymptotics.derivation import derive
from asymptotics.errors import ConvergenceError
from theorems.model import Model

n, p, d, lam = symbols("n p d lambda", positive=True)
z = Symbol("z")
X, V = MatrixSymbol("X", n, p), MatrixSymbol("V", d, p)
S, T, G = MatrixSymbol("Sigma", p, p), MatrixSymbol("T", n, n), MatrixSymbol("G", p, p)
A, O, Q = MatrixSymbol("A", p, p), MatrixSymbol("O", p, p), MatrixSymbol("Q", p, p)
b, c, u, noise = MatrixSymbol("b", p, 1), MatrixSymbol("c", p, 1), MatrixSymbol("u", n, 1), MatrixSymbol("e", n, 1)
I = Identity(p)
R = (X.T * X / n + lam * I).inverse()
SIGNAL = X / sqrt(n) + 3 * u * b.T
ATOMS, TWO = np.array([1.0, 3.0]), spectra.atoms([1, 3], [0.5, 0.5])
AT = {"gamma": 0.5, "lam": 0.3}


def _marchenko_pastur(ratio, z):
    """The Stieltjes transform of X'X/n at z outside of the spectrum."""
    low, high = (1 - np.sqrt(ratio)) ** 2, (1 + np.sqrt(ratio)) ** 2
    return (1 - ratio - z + np.sqrt(z - low + 0j) * np.sqrt(z - high + 0j)) / (2 * ratio * z)


M = _marchenko_pastur(0.5, -0.3).real  # of R
TILDE = 0.5 * M + 0.5 / 0.3  # of its companion, (X X'/n + lam)^-1


def _fixed(f, x=1.0):
    for _ in range(500):
        x = 0.5 * (x + f(x))
    return x


def _circle(f):
    """A function of a Haar matrix's eigenvalues e^(i theta), in the mean."""
    return float(np.mean(f(2 * np.pi * np.arange(400) / 400)))


def _separable():
    """X with covariance S on one side and T on the other: J = E s/(s tau + lam), tau = E t/(1 + gamma t J)."""
    t, w = np.array([0.5, 4.0]), np.array([0.3, 0.7])
    return _fixed(lambda x: np.mean(ATOMS / (ATOMS * np.sum(w * t / (1 + 0.5 * t * x)) + 0.3)))


KNOWN: dict[str, Any] = {
    # a square matrix and its transpose: G + G' has the semicircle law of variance 2; (1 + G)(1 + G)' is information plus noise
    "G + G'": (Trace((G / sqrt(p) + G.T / sqrt(p) + 3 * I).inverse()) / p, {"gaussian": [G]}, {}, 0.5),
    "(1 + G)(1 + G)'": (
        Trace((G * G.T / p + G / sqrt(p) + G.T / sqrt(p) + 4 * I).inverse()) / p,
        {"gaussian": [G]},
        {},
        _fixed(lambda m: 1 / (1 / (1 + m) + 3 * (1 + m))),  # Dozier and Silverstein
    ),
    "nested pairs only": (Trace(G * S * G * S * G.T * S * G.T) / p**3, {"gaussian": [G], "laws": {S: TWO}}, {}, 2 * 5.0),
    "crossing pairs": (Trace((A * S) ** 2) / p**2, {"symmetric": [A], "laws": {S: TWO}}, {}, 2.0**2),
    # functions of one Haar matrix; Haar matrices that swallow Gaussian ones
    "O + O'": (Trace((O + O.T + 3 * I).inverse()) / p, {"haar": [O]}, {}, 5**-0.5),
    "O O'": (Trace(O * O.T) / p, {"haar": [O]}, {}, 1.0),
    "O, O^2": (
        Trace((O**2 + O.T**2 + O + O.T + 6 * I).inverse()) / p,
        {"haar": [O]},
        {},
        _circle(lambda t: 1 / (6 + 2 * np.cos(t) + 2 * np.cos(2 * t))),
    ),
    "O G": (
        Trace((O * G / sqrt(p) + (O * G).T / sqrt(p) + S + 4 * I).inverse()) / p,
        {"haar": [O], "gaussian": [G], "laws": {S: TWO}},
        {},
        _fixed(lambda m: np.mean(1 / (ATOMS + 4 - 2 * m)), 0.1),
    ),
    "a law on either side": (
        Trace((S**0.5 * X.T * T * X * S**0.5 / n + lam * I).inverse() * S) / p,
        {"gaussian": [X], "laws": {S: TWO, T: spectra.atoms([0.5, 4], [0.3, 0.7])}},
        AT,
        _separable(),
    ),
    # vectors inside of inverses
    "below an outlier at 3 + 1/3": (
        Trace(b.T * (A / sqrt(p) + 3 * b * b.T - Rational(5, 2) * I).inverse() * b),
        {"symmetric": [A], "vectors": [b]},
        {},
        -0.5 / (1 - 1.5),
    ),
    "signal plus noise": (
        Trace(u.T * SIGNAL * (SIGNAL.T * SIGNAL + lam * I).inverse() * b),
        {"gaussian": [X], "vectors": [b, u]},
        AT,
        3 * 0.3 * M * TILDE / (1 + 9 * 0.3 * M * TILDE),
    ),
    "covariance with a spike": (
        Trace(b.T * ((I + 4 * b * b.T) * X.T * X / n + lam * I).inverse() * b),
        {"gaussian": [X], "vectors": [b]},
        AT,
        M / (5 - 4 * 0.3 * M),  # (X'X + lam C)^-1 C, C = (1 + 4 b b')^-1
    ),
    "1 x 1": (Trace((Identity(1) + b.T * R * b).inverse()), {"gaussian": [X], "vectors": [b]}, AT, 1 / (1 + M)),
    "different vectors": (Trace(b.T * R * c), {"gaussian": [X], "vectors": [b, c]}, AT, 0.0),
    # scalars
    "n - p": ((n - p) * n / (n + p) ** 2 * Trace(R) / p, {"gaussian": [X]}, AT, 0.5 / 1.5**2 * M),
    "1 - p/n in a matrix": (
        Trace((X.T * X / n + (1 - p / n) * lam * I).inverse()) / p,
        {"gaussian": [X]},
        AT,
        _marchenko_pastur(0.5, -0.15).real,
    ),
    "functions of traces": (sqrt(Trace(R) / p) + log(1 + Trace(R) / p), {"gaussian": [X]}, AT, np.sqrt(M) + np.log(1 + M)),
    "variances": (Trace((X.T * X / n + lam * I).inverse()) / p, {"gaussian": {X: 2}}, AT, _marchenko_pastur(0.5, -0.15).real / 2),
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_by_another_route(name):
    expression, matrices, at, right = KNOWN[name]
    assert derive(expression, **matrices).limit(**at).value == pytest.approx(right, rel=1e-12, abs=1e-15)


def test_powers_of_one_haar_matrix_conjugate_freely():
    powers = Trace((O**2 * S * O.T**2 + O * S * O.T + S + lam * I).inverse()) / p
    apart = Trace((Q * S * Q.T + O * S * O.T + S + lam * I).inverse()) / p
    one, other = (derive(e, haar=h, laws={S: TWO}).limit(lam=[0.1, 2]).value for e, h in ((powers, [O]), (apart, [O, Q])))
    np.testing.assert_allclose(one, other, rtol=1e-12)


@pytest.mark.parametrize("ratio", [0.01, 0.5, 1.0, 30.0])
def test_transforms_near_the_real_line(ratio):
    at = np.array([-1 + 1e-9j, 1 + 1e-3j, 1.2 - 1e-6j, 0.9 + 1e-9j, 3 - 1j]) * max(ratio, 1)
    one = derive(Trace((X.T * X / n - z * I).inverse()) / p, gaussian=[X])
    found = [one.limit(gamma=ratio, z=x).value for x in at]
    np.testing.assert_allclose(found, _marchenko_pastur(ratio, at), rtol=1e-9)


# what was found wrong: right, or refused


def _inverse(matrix):
    return Trace(matrix.inverse()) / p


x, F, E = MatrixSymbol("X", n, d), MatrixSymbol("F", n, p), MatrixSymbol("E", n, p)
ARGUMENT = x * V / sqrt(d)
h = Symbol("h", positive=True)
LAYERS = [X, *(MatrixSymbol(f"W{i}", p, p) for i in range(3))]
DEEP = LAYERS[0] * LAYERS[1] * LAYERS[2] * LAYERS[3] / sqrt(p) ** 3 / sqrt(n)
ROWS = MatrixSymbol("D", n, n)
RELU = {"gaussian": [x, V], "features": {F: ("relu", ARGUMENT)}}
TWICE = {"gaussian": [x, V], "features": {F: (normalized("relu"), ARGUMENT), E: (normalized("relu"), ARGUMENT)}}
SCALED = {"gaussian": [x, V], "features": {F: ("tanh", ROWS * ARGUMENT)}, "laws": {ROWS: spectra.atoms([0.1, 3], [0.5, 0.5])}}

WRONG: dict[str, Any] = {
    # the engine's own symbols
    "a parameter h": (_inverse(X.T * X / n + h * I), {"gaussian": [X]}, {"gamma": 0.5, "h": 0.3}, M),
    "a matrix h": (
        _inverse(X.T * X / n + MatrixSymbol("h", p, p) + lam * I),
        {"gaussian": [X], "laws": {MatrixSymbol("h", p, p): TWO}},
        AT,
        _fixed(lambda m: np.mean(1 / (ATOMS + 0.3 + 1 / (1 + 0.5 * m)))),
    ),
    # a column of Gaussian entries in a form that is 1 x 1
    "noise": (
        Trace(noise.T * X * R * X.T * noise) / n**2,
        {"gaussian": [X, noise]},
        AT,
        0.5 * (1 - 0.3 * M),
    ),
    "variance by a symbol": (
        _inverse(X.T * X / n + lam * I),
        {"gaussian": {X: Symbol("v", positive=True)}},
        {**AT, "v": 2.0},
        _marchenko_pastur(0.5, -0.15).real / 2,
    ),
    "weights of sum 2": (
        _inverse(X.T * X / n + S + lam * I),
        {"gaussian": [X], "laws": {S: (ATOMS[:, None], np.ones(2))}},
        AT,
        _fixed(lambda m: np.mean(1 / (ATOMS + 0.3 + 1 / (1 + 0.5 * m)))),
    ),
    # inverses inside of the spectrum: of matrices that are not normal, of unitary ones, beyond a bulk
    "Ginibre's circle": (_inverse(G / sqrt(p) + lam * I), {"gaussian": [G]}, {"lam": 0.5}, 0.5),
    "Haar's circle": (_inverse(O + lam * I), {"haar": [O]}, {"lam": 0.5}, 0.0),
    "between Haar's atoms": (_inverse(O * S * O.T - Rational(5, 2) * I), {"haar": [O], "laws": {S: TWO}}, {}, 2 / 3),
    "a free sum near the line": (
        _inverse(S + O * S * O.T - z * I),
        {"haar": [O], "laws": {S: TWO}},
        {"z": 3.84 + 0.0029j},
        -1 / (np.sqrt(1.84 + 0.0029j) * np.sqrt(-2.16 + 0.0029j)),
    ),
    "left of a bulk": (
        _inverse(X.T * X / n - z * I),
        {"gaussian": [X]},
        {"gamma": 2.943977751473553, "z": 0.30289291138979335 + 7.075372004269773e-08j},
        _marchenko_pastur(2.943977751473553, 0.30289291138979335 + 7.075372004269773e-08j),
    ),
    # penalties that are 0
    "a function of an infinite trace": (sqrt(lam * Trace(R) / p), {"gaussian": [X]}, {"gamma": 2.0, "lam": 0.0}, 0.5**0.5),
    "approached slowly": (lam ** Rational(1, 8) + Trace(R) / p, {"gaussian": [X]}, {"gamma": 0.5, "lam": 0.0}, 2.0),
    "four layers at their threshold": (
        Trace(DEEP * (DEEP.T * DEEP + lam * I).inverse() * DEEP.T) / p,
        {"gaussian": LAYERS},
        {"gamma": 1.0, "lam": 0.0},
        1.0,
    ),
    # Gaussian equivalents
    "a mean that is seen": (Trace(F * F.T) / n / p, RELU, {"gamma": 0.5, "psi": 0.7}, 0.5),
    "two features of one argument": (Trace(F * E.T) / n / p, TWICE, {"gamma": 0.5, "psi": 0.7}, 1.0),
    "samples of several variances": (
        Trace((F.T * F / n + lam * I).inverse()) / p,
        SCALED,
        {"gamma": 0.5, "psi": 0.7, "lam": 0.3},
        None,
    ),
    "a symmetric argument": (
        Trace(MatrixSymbol("K", p, p) ** 2) / p**2,
        {"symmetric": [A], "features": {MatrixSymbol("K", p, p): (normalized("relu"), A)}},
        {},
        1.0,
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_right_or_refused(name):
    expression, matrices, at, right = WRONG[name]
    try:
        found = derive(expression, **matrices).limit(**at).value
    except (ValueError, ConvergenceError):
        return
    assert right is not None
    assert found == pytest.approx(right, rel=1e-9, abs=1e-12)


def test_a_point_does_not_continue_another_across_the_spectrum():
    one = derive(Trace((A / sqrt(p) - z * I).inverse()) / p, symmetric=[A])
    at = np.array([1.9999 + 1e-6j, 1.9999 - 1e-6j])
    found = one.limit(z=at).value
    np.testing.assert_allclose(found[1], np.conj(found[0]), rtol=1e-9)


@pytest.mark.false_alarm(1e-12)  # 0.5 is ten standard deviations of a draw
def test_different_vectors_are_drawn_orthogonal():
    model = Model(Trace(b.T * R * c), gaussian=[X], vectors=[b, c])
    assert np.all(np.abs(model.sample(n=100, draws=3, rng=np.random.default_rng(0), **AT)) < 0.5)  # 1.0 were they the same


@pytest.mark.parametrize(
    ("expression", "given", "words"),
    [
        (Trace(R) / p, {"gaussian": [X], "symmetric": [X]}, "described twice"),
        (Trace((X.T * X / n + Trace(R) / p * I).inverse()) / p, {"gaussian": [X]}, "stands inside a matrix"),
        (Trace((G / sqrt(p) + lam * I).inverse()) / p, {"gaussian": [G]}, "inside the spectrum of M = "),
        (Trace(F * F.T) / n / p, RELU, "grows with the mean of F"),
    ],
)
def test_refusals_say_why(expression, given, words):
    with pytest.raises(ValueError, match=words):
        derive(expression, **given).limit(lam=0.5)


def test_outside_of_its_spectrum_an_inverse_that_is_not_symmetric_is_right():
    """Beyond the circle all moments of a Ginibre matrix are 0; S X'X + lam is similar to a symmetric matrix."""
    outside = derive(_inverse(G / sqrt(p) - z * I), gaussian=[G]).limit(z=[1.01, 1.2 + 0.3j, -2.0]).value
    np.testing.assert_allclose(outside, -1 / np.array([1.01, 1.2 + 0.3j, -2.0]), rtol=1e-12)
    similar, one = (
        derive(_inverse(M + lam * I), gaussian=[X], laws={S: TWO}).limit(gamma=2.0, lam=[0.1, 3.0]).value
        for M in (S * X.T * X / n, S**0.5 * X.T * X * S**0.5 / n)
    )
    np.testing.assert_allclose(similar, one, rtol=1e-12)


def test_a_mean_that_inverses_shield_leaves_the_limit():
    """tr (F'F/n + lam)^-1 moves by a matrix of rank two."""
    kept, centred = (
        derive(_inverse(F.T * F / n + lam * I), gaussian=[x, V], features={F: (f, ARGUMENT)})
        .limit(gamma=0.5, psi=0.7, lam=0.3)
        .value
        for f in ("relu", lambda t: np.maximum(t, 0) - (2 * np.pi) ** -0.5)
    )
    assert kept == pytest.approx(centred, rel=1e-12)


def test_ends_that_doubles_cannot_see():
    """At n = p every step of the path is at the threshold; powers of symbols may be small; a pair of columns is a trace."""
    tall = derive(Trace(R**3) / p, gaussian=[X])
    assert tall.limit(gamma=1.0, lam=1e-52).value == pytest.approx(3.75e129, rel=1e-12)  # 3/8 of 10^130, from the closed form
    assert derive(lam ** Rational(1, 300) * Trace(R) / p, gaussian=[X]).limit(gamma=0.5, lam=0.3).value == pytest.approx(
        0.3 ** (1 / 300) * M, rel=1e-12
    )
    assert derive(Trace(b * b.T * R), gaussian=[X], vectors=[b]).limit(**AT).value == pytest.approx(M, rel=1e-12)
    assert derive(Symbol("gamma") * Trace(R) / p, gaussian=[X]).limit(**AT).value == pytest.approx(0.5 * M, rel=1e-12)


def test_a_penalty_of_zero_by_the_fourth_root():
    """A law of eigenvalues i^-4 is approached like lam^(1/4): the share of them beyond n^-4 is what n samples take."""
    one = derive(Trace(S * X.T * X * (S * X.T * X / n + lam * I).inverse()) / n / n, gaussian=[X], laws={S: "power:4"})
    assert one.limit(gamma=2 / 3, lam=0.0).value == pytest.approx(2 / 3, rel=1e-12)


def test_roots_of_a_transpose():
    """K.T**0.5 alone was read as K**0: the root was noted of K**0.5 only."""
    one, other = (
        derive(_inverse(K**0.5 * X.T * X * K**0.5 / n + lam * I), gaussian=[X], laws={S: TWO}).limit(**AT).value for K in (S, S.T)
    )
    assert one == pytest.approx(other, rel=1e-15)


OTHER, ROWS_LAW = MatrixSymbol("Y", n, d), MatrixSymbol("Sn", n, n)
SHAPES = [
    (Trace((X * X.T / n + lam * I).inverse()) / p, "1/n*X*X.T is n x n"),
    (Trace((X.T * X / n + lam * Identity(d)).inverse()) / p, "lambda*I is d x d, and 1/n*X.T*X is p x p"),
    (Trace((X.T * X / n + lam * ROWS_LAW).inverse()) / p, "shapes do not match"),
    (b.T * (X * X.T / n + lam * Identity(n)).inverse() * b, "has p columns"),
    (b.T * X * X.T * b / n, "has p columns"),
    (b * R * b.T, "take a Trace"),
    (Trace((X + OTHER).T * (X + OTHER)) / n / p, "X.T is p x n, and Y.T is d x n"),
    (Trace(OTHER.T * S * OTHER) / n / p, "Sigma is p x p"),
    (Trace(X.T * OTHER * R) / p, "has d columns"),
    (Trace(X * X * R) / p, "X**2 is refused: a power is taken of a square matrix"),
    (Trace(X.inverse()) / p, "of a square matrix; X is n x p"),
]


@pytest.mark.parametrize(("expression", "words"), SHAPES)
def test_shapes_that_do_not_match_are_refused(expression, words):
    """SymPy lets symbols of dimensions pass; a sum of an n x n and a p x p matrix had a limit, and a certified one."""
    with pytest.raises(ValueError, match=re.escape(words)):
        derive(expression, gaussian=[X, OTHER], laws={S: TWO, ROWS_LAW: TWO}, vectors=[b])
