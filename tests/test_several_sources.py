"""Several sources: against labels that are fitted, and against the formulas of one source."""

import numpy as np
import pytest

from asymptotics import ridge, several_sources, spectra

ATOMS = np.array([[4.0], [0.25]])
HALF = [0.5, 0.5]
SIZES = [(2.0, 0.1), (0.5, 0.1), (0.5, 0.0), (2.0, 0.0), (50.0, 1e-3), (0.01, 10.0), (1.0, 1e-4)]


@pytest.mark.parametrize(("gamma", "lam"), SIZES)
def test_one_source_is_ridge(gamma, lam):
    found = several_sources.ridge(ATOMS, HALF, [[2.0]], rows=[1.0], gamma=gamma, lam=lam, noises=0.3)
    known = ridge.ridge(spectra.atoms([4, 0.25], HALF), gamma=gamma, lam=lam, r2=2.0, sigma2=0.3)
    np.testing.assert_allclose(found.excess[0], known.excess, rtol=1e-13)  # round-off over the distance to the threshold
    np.testing.assert_allclose(found.train[0], known.train, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize(("gamma", "lam"), SIZES)
def test_a_source_in_two_parts_is_one(gamma, lam):
    one = several_sources.ridge(ATOMS, HALF, [[2.0]], rows=[1.0], gamma=gamma, lam=lam)
    two = several_sources.ridge(np.repeat(ATOMS, 2, axis=1), HALF, np.full((2, 2), 2.0), rows=[0.3, 0.7], gamma=gamma, lam=lam)
    np.testing.assert_allclose(two.excess, np.repeat(one.excess, 2), rtol=1e-13)  # as above
    np.testing.assert_allclose(two.train, np.repeat(one.train, 2), rtol=1e-12, atol=1e-300)


def test_arguments_broadcast():
    arguments = (ATOMS, HALF, [[2.0]])
    grid = several_sources.ridge(*arguments, rows=[1.0], gamma=[[0.5], [2.0]], lam=[0.0, 0.1, 1.0])
    assert grid.excess.shape == (2, 3, 1)
    assert grid.excess[1, 2] == several_sources.ridge(*arguments, rows=[1.0], gamma=2.0, lam=1.0).excess


def test_the_threshold_is_infinite():
    found = several_sources.ridge([[1.0, 2.0]], [1.0], np.eye(2), rows=[0.5, 1.0], gamma=1.5)
    assert np.all(np.isinf(found.excess))
    assert np.all(found.train == 0)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"weights": [0.5, 0.6]}, "sum to 1"),
        ({"covariances": [[-1.0], [1.0]]}, "nonnegative"),
        ({"rows": [0.0]}, "positive number"),
        ({"signals": [1.0]}, "inner products"),
        ({"lam": -0.1}, "nonnegative"),
    ],
)
def test_bad_input_is_refused(change, word):
    given = {"covariances": ATOMS, "weights": HALF, "signals": [[1.0]], "rows": [1.0], "gamma": 2.0, "lam": 0.1} | change
    with pytest.raises(ValueError, match=word):
        several_sources.ridge(given.pop("covariances"), given.pop("weights"), given.pop("signals"), **given)


@pytest.mark.false_alarm(1e-7)
def test_three_sources_against_fitted_labels(entropy):
    """Seven standard errors, of Student with 59 degrees of freedom, six times; and 3 % of bias at p = 120."""
    rng = np.random.default_rng(entropy)
    p, rows, lam, draws = 120, np.array([60, 90, 120]), 0.3, 60
    S = np.array([np.repeat([4.0, 0.25], 60), np.tile(np.repeat([1.0, 2.0], 30), 2), np.ones(p)])
    B = np.array([[2.0, 1.0, 0.0], [1.0, 2.0, 0.5], [0.0, 0.5, 1.0]])
    noises = np.array([0.3, 1.0, 0.0])
    excess, train = np.zeros((2, draws, 3))
    for i in range(draws):
        beta = np.linalg.cholesky(B) @ rng.standard_normal((3, p)) / np.sqrt(p)
        X = [rng.standard_normal((m, p)) * s**0.5 for m, s in zip(rows, S, strict=True)]
        y = [x @ b + v**0.5 * rng.standard_normal(len(x)) for x, b, v in zip(X, beta, noises, strict=True)]
        fit = np.linalg.solve(sum(x.T @ x for x in X) + 120 * lam * np.eye(p), sum(x.T @ t for x, t in zip(X, y, strict=True)))
        excess[i] = [np.sum(s * (fit - b) ** 2) for s, b in zip(S, beta, strict=True)]
        train[i] = [np.mean((t - x @ fit) ** 2) for x, t in zip(X, y, strict=True)]
    found = several_sources.ridge(S.T, np.full(p, 1 / p), B, rows=rows / 120, gamma=1.0, lam=lam, noises=noises)
    for drawn, theory in ((excess, found.excess), (train, found.train)):
        error = drawn.std(axis=0, ddof=1) / draws**0.5
        assert np.all(np.abs(drawn.mean(axis=0) - theory) < 7 * error + 0.03 * theory), (drawn.mean(axis=0), theory, error)
