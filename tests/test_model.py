"""Models: records made from an expression, of a scalar, of several, of a matrix."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sympy import Identity, MatrixSymbol, Trace, sqrt, symbols

import theorems
from asymptotics import isotropic, spectra
from theorems import Mean, Model
from theorems.atoms import spread
from theorems.pages import derivation

n, p, lam, sigma2 = symbols("n p lambda sigma2", positive=True)
X, S, A, b = MatrixSymbol("X", n, p), MatrixSymbol("Sigma", p, p), MatrixSymbol("A", p, p), MatrixSymbol("b", p, 1)
R = (X.T * X / n + lam * Identity(p)).inverse()
TWO = spectra.atoms([1, 3], [0.5, 0.5], [0.2, 0.8])

bias = Model(lam**2 * Trace(R * R) / p, gaussian=[X])
risks = Model(
    {"bias": lam**2 * Trace(R * R) / p, "variance": sigma2 * Trace(R * X.T * X * R) / n**2},
    gaussian=[X],
    of="variance",
    title="Ridge",
)
eigenvalues = Model(S + A / sqrt(p), symmetric=[A], laws={S: TWO})


def test_a_model_is_a_record():
    assert bias.name.endswith(".bias")
    assert set(bias.domain) == {"gamma", "lam"}
    assert len(bias.cases) == 3
    assert set(bias.rivals) == {"5 % more", "gamma read as n/p", "lam multiplies p"}
    assert isinstance(bias.claim, Mean)
    assert bias.predict(gamma=2.0, lam=[0.0, 1.0]).shape == (2,)
    rival = bias.rival("gamma read as n/p")
    assert rival.predict(gamma=2.0, lam=1.0) == pytest.approx(bias.predict(gamma=0.5, lam=1.0))
    assert bias.limit(gamma=2, lam=0.3).value == pytest.approx(isotropic.ridge(gamma=2, lam=0.3, r2=1, sigma2=0).bias, rel=1e-13)


@pytest.mark.false_alarm(1e-6)
@pytest.mark.parametrize("model", [bias, risks, eigenvalues], ids=["scalar", "several", "matrix"])
def test_verdicts(model):
    verdict = theorems.verify(model, budget="20s")
    assert verdict.status == "consistent"
    assert all(status == "refuted" for status in verdict.rivals.values())


@pytest.mark.false_alarm(0)  # one seed, and no chance: the same matrices twice
def test_several_quantities_see_the_same_draws():
    found = risks.sample(n=30, gamma=0.5, lam=0.2, sigma2=1.0, draws=4, rng=np.random.default_rng(3))
    alone = bias.sample(n=30, gamma=0.5, lam=0.2, draws=4, rng=np.random.default_rng(3))
    np.testing.assert_array_equal(found["bias"], alone)
    both = risks.sample(n=30, gamma=0.5, lam=np.array([0.2, 0.7]), sigma2=1.0, draws=4, rng=np.random.default_rng(3))
    np.testing.assert_allclose(both["bias"][:, 0], alone, rtol=1e-12)


def test_moments_are_declared_from_the_blocks():
    assert bias.claim.simulation.moments(n=10, gamma=2.0, lam=0.1) == math.inf
    assert bias.claim.simulation.moments(n=10, gamma=2.0, lam=0.0) == 5.5
    assert bias.claim.simulation.moments(n=10, gamma=1.0, lam=0.0) == 0.5


def test_laws_at_finite_size_keep_their_proportions_and_the_signal_s_energy():
    values, energies = spread(TWO, 6)
    assert values[:, 0].tolist() == [3, 3, 3, 1, 1, 1]
    np.testing.assert_allclose(energies, [0.8 / 3] * 3 + [0.2 / 3] * 3)
    assert np.sum(energies) == pytest.approx(1)


def test_the_page_of_a_model_prints_its_derivation():
    text = derivation.section(bias)
    assert "<h2>Derivation</h2>" in text
    assert "lambda**2*Trace" in text
    assert text.count("<img") == len(bias.equations().system) + 1
    assert derivation.section(theorems.load()["hastie2022.isotropic_ridge"]) == ""


def test_what_a_model_lacks_is_said():
    with pytest.raises(ValueError, match="nothing is said of Sigma"):
        Model(Trace(S * R) / p, gaussian=[X])
    with pytest.raises(ValueError, match="lam is missing"):
        bias.predict(gamma=2.0)
