"""Records derived from expressions: one derivation for all laws, several quantities at once, and nothing imported before it is needed."""

import subprocess
import sys

import numpy as np
import pytest

from asymptotics import isotropic, spectra
from theorems import load
from theorems.derived import Derived


def expression(law):
    from sympy import Identity, MatrixSymbol, Trace, symbols

    n, p, lam = symbols("n p lambda", positive=True)
    X, S = MatrixSymbol("X", n, p), MatrixSymbol("Sigma", p, p)
    A = S**0.5 * X.T * X * S**0.5 / n
    R = (A + lam * Identity(p)).inverse()
    return {"expression": {"resolvent": Trace(R) / p, "df1": Trace(A * R) / n}, "gaussian": [X], "laws": {S: law}}


@pytest.fixture(scope="module")
def derived():
    return Derived(expression, lambda *, eigenvalue: spectra.atoms([eigenvalue], [1.0]))


def test_words_choose_the_law_of_one_derivation(derived):
    for eigenvalue in (1.0, 4.0):
        found = derived.theory(eigenvalue=eigenvalue, gamma=2.0, lam=0.5)["resolvent"]
        known = isotropic.stieltjes(gamma=2.0, lam=0.5 / eigenvalue) / eigenvalue
        np.testing.assert_allclose(found, known, rtol=1e-14)  # a few roundings
    one, four = (derived._at({"eigenvalue": v, "gamma": 2.0})[0].derivation for v in (1.0, 4.0))
    assert one.reduced is four.reduced


@pytest.mark.false_alarm(0)  # holds for every draw
def test_several_quantities_go_by_name(derived):
    both = derived.of("df1", "resolvent")
    given = {"eigenvalue": 4.0, "gamma": 2.0}
    limits = both.theory(**given, lam=np.array([0.1, 1.0, 10.0]))
    assert list(limits) == ["df1", "resolvent"]
    np.testing.assert_array_equal(limits["resolvent"], derived.theory(**given, lam=np.array([0.1, 1.0, 10.0]))["resolvent"])
    draws = both.simulation(**given, lam=1.0, n=20, draws=3, rng=np.random.default_rng(0))
    assert {k: v.shape for k, v in draws.items()} == {"df1": (3,), "resolvent": (3,)}


def test_rivals_misread_the_parameters(derived):
    part, given = derived.of("df1"), {"eigenvalue": 4.0, "gamma": 2.0, "lam": 0.3}
    rivals = part.rivals("gamma", "lam")
    assert rivals["gamma read as n/p"](**given) == part.theory(**given | {"gamma": 0.5})
    assert rivals["lam multiplies p"](**given) == part.theory(**given | {"lam": 0.6})


@pytest.mark.false_alarm(0)  # holds for every draw
def test_a_derived_record_is_a_model():
    record = load("song2024")["song2024.transfer_in_samples"]
    assert "s_T" in str(record.equations())
    given = {"covariances": "opposite", "gamma": 2.0, "source": 0.5, "lam": 0.5, "cosine": 0.5, "r2": 1.0, "sigma2": 1.0}
    assert record.sample(**given, n=10, draws=2, rng=np.random.default_rng(0))["excess"].shape == (2,)


def test_loading_all_records_imports_no_sympy():
    code = "import sys, theorems; theorems.load(); assert 'sympy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
