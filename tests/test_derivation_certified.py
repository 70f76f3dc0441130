"""Enclosures of derived limits: they hold the value at 140 digits, on a branch that is proved where there is a proof, and break when
an equation does."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from sympy import Identity, MatrixSymbol, Symbol, Trace, exp, pi, sqrt, symbols

pytest.importorskip("flint")
from asymptotics import spectra
from asymptotics.certified import calls
from asymptotics.derivation import branches, derive
from asymptotics.derivation.evaluation import Evaluation
from tests.certified_cases import failures
from tests.derivation_cases import FAMILIES, FEATURES, RIDGE, A, I, S, W, X, Y, Z, b, k, lam, m, n, p

gamma, alpha, psi, phi = symbols("gamma alpha psi phi", positive=True)
MANY = spectra.from_eigenvalues(np.exp(np.linspace(-3, 3, 30)))


@cache
def _ridge():
    return derive(RIDGE, gaussian=[X], vectors=[b], laws={S: MANY})


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("family", FAMILIES)
def test_enclosures_hold_the_value_at_140_digits(family):
    share, cases = FAMILIES[family]
    assert list(failures(cases(np.random.default_rng(7), int(50 * share)))) == []


def test_two_precisions_overlap(monkeypatch):
    at = {"gamma": [0.5, 1.0, 1 + 1e-13, 2.0], "lam": [3.0, 1e-9, 1e-6, 0.1]}
    first = _ridge().limit(**at, certified=True).value
    monkeypatch.setattr(calls, "BITS", (600, 2400, 16384))
    for name, box in _ridge().limit(**at, certified=True).value.items():
        assert np.all((first[name].lower <= box.upper) & (box.lower <= first[name].upper)), name


def test_floats_lie_by_their_enclosures():
    at = {"gamma": [[0.3], [1.0], [1.0 + 1e-12]], "lam": np.logspace(-9, 4, 5)}
    plain, boxes = _ridge().limit(**at).value, _ridge().limit(**at, certified=True).value
    for name, box in boxes.items():
        np.testing.assert_allclose(plain[name], box.mid, rtol=1e-12)
        assert box.shape == (3, 5)
        assert np.all(box.relative_width <= 4 * 2.0**-52)


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("part", ["_moment", "_rational"])
def test_a_broken_equation_is_caught(part, monkeypatch):
    """An integral, or a rational function, off by 2^-40."""
    sound = getattr(Evaluation, part)

    def broken(self, x, V, along):
        value, slopes = sound(self, x, V, along)
        return value * (1 + 2.0**-40), slopes

    monkeypatch.setattr(Evaluation, part, broken)
    share, cases = FAMILIES["ridge"]
    assert list(failures(cases(np.random.default_rng(7), int(20 * share))))


def _named(equation, **given):
    return derive(Trace(equation.inverse()) / equation.shape[0], **given)


D, U, V = (
    MatrixSymbol("D", n, n),
    MatrixSymbol("U", Symbol("d", positive=True), k),
    MatrixSymbol("V", p, Symbol("d", positive=True)),
)
F = Z * V * U / sqrt(k * Symbol("d", positive=True))
G = MatrixSymbol("G", n, k)
LAWS = {S: MANY}
MODELS = {
    "random features": lambda: derive(FEATURES, gaussian=[X, W], vectors=[b], laws=LAWS),
    "two layers": lambda: _named(
        F.T * F / n + lam * Identity(k), gaussian=[X, U, V], laws=LAWS, ratios={gamma: k / n, psi: p / k, phi: U.shape[0] / k}
    ),
    "nonlinear features": lambda: _named(
        G.T * G / n + lam * Identity(k), gaussian=[X, W], features={G: ("relu", X * W / sqrt(p))}
    ),
    "rows of different variance": lambda: _named(Z.T * D * Z / n + lam * I, gaussian=[X], laws=LAWS | {D: MANY}),
    "two sources": lambda: _named(
        Z.T * Z / n + Y.T * Y / m + lam * I, gaussian=[X, Y], laws=LAWS, ratios={gamma: p / n, alpha: p / m}
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_branch_is_proved_for(name):
    limit = MODELS[name]()
    found = limit.limit(**dict.fromkeys(limit.parameters, 0.7), certified=True)
    assert found.branch == branches.POSITIVE


def test_what_is_known_of_the_branch_is_said():
    z = Symbol("z")
    wigner = derive(Trace((A / sqrt(p) - z * I).inverse()) / p, symmetric=[A])
    assert wigner.limit(z=-3.0, certified=True).branch == branches.CONTINUED
    assert wigner.limit(z=-3.0).branch == branches.CONTINUED
    explicit = derive(Trace(X.T * X) / n / p, gaussian=[X])
    assert explicit.limit(certified=True, **dict.fromkeys(explicit.parameters, 1.0)).branch == branches.ONE
    assert _ridge().limit(gamma=[], lam=1.0, certified=True).value["bias"].shape == (0,)


@pytest.mark.parametrize(
    ("rows", "unique"),
    [
        ([[[0, -1], [0, 0]], [[-1, 0], [0, 0]]], True),  # x = 1/(1 + y), y = 1/(1 + x)
        (
            [[[0, -2], [0, 0]], [[-2, 0], [0, 0]]],
            False,
        ),  # x = 1/(1 + y^2), y = 1/(1 + x^2) times large enough constants has three
        ([[[2], [0]]], False),  # x = 1/8 + x^2: two
        ([[[-5], [0]]], True),  # x = 1/(1 + x^5)
    ],
)
def test_one_positive_solution_is_claimed_only_where_there_is_one(rows, unique):
    assert branches._minors([np.array(r) for r in rows]) is unique


def test_scalars_that_are_not_rational_are_enclosed():
    """(1 + gamma/3 + pi)^(1/2) is no double, nor is 1/3."""
    import mpmath

    one = _named(X.T * X / n + sqrt(1 + gamma / 3 + pi) * exp(-gamma) * lam * I, gaussian=[X])
    found = one.limit(gamma=2.0, lam=0.1, certified=True).value
    with mpmath.workdps(60):
        g = mpmath.mpf(2)
        l = mpmath.sqrt(1 + g / 3 + mpmath.pi) * mpmath.exp(-g) * mpmath.mpf(0.1)
        assert found.contains((g - 1 - l + mpmath.sqrt((1 + l - g) ** 2 + 4 * g * l)) / (2 * g * l))
    assert found.relative_width < 1e-15


def test_derivatives_by_the_same_evaluation():
    h, at = 1e-6, {"gamma": 1.3, "lam": 0.2}
    ahead, behind = (_ridge().limit(gamma=1.3, lam=0.2 + e).value["bias"] for e in (h, -h))
    assert _ridge().derivative("lam", **at)["bias"] == pytest.approx((ahead - behind) / (2 * h), rel=1e-8)  # h^2 and eps/h
