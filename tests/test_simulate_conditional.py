"""Risks given the rows: the two routes against each other, against 60 digits, and under changes that must not matter."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulate import _conditional, designs
from tests.test_simulate_ridge import FIELDS, RATE, Z, textbook

SWAPPED = ("bias", "variance", "excess", "test")  # what `one_more` averages over the row left out


def left_out(X: np.ndarray, delta: float) -> tuple[float, float]:
    """The means over i of |A_(-i) x_i|^2 and |G X_(-i) x_i|^2, row by row."""
    bias, variance = [], []
    for i in range(len(X)):
        rest = np.delete(X, i, axis=0)
        weights = np.linalg.solve(rest @ rest.T + delta * np.eye(len(rest)), rest @ X[i])
        bias.append(np.sum((X[i] - rest.T @ weights) ** 2))
        variance.append(np.sum(weights**2))
    return float(np.mean(bias)), float(np.mean(variance))


@pytest.mark.false_alarm(0)
@given(st.integers(2, 8), st.integers(2, 20), st.integers(0, 2**32 - 1))
def test_one_more_row_is_what_its_name_says(n: int, more: int, seed: int) -> None:
    """All fields are those of the first n rows, but bias and variance: these are the means over rows left out of n + 1."""
    p, rng = n + more, np.random.default_rng(seed)
    s = np.sort(rng.random(p) + 0.1)[::-1]
    X, v = rng.standard_normal((n + 1, p)) * np.sqrt(s), np.full(p, 0.3)
    delta = np.array([0.05, 1.0, 20.0])
    grid = _conditional.one_more(X, delta, v=v, s=s, sigma2=0.7)
    for k, one in enumerate(delta):
        expected = textbook(X[:n], np.diag(np.sqrt(v)), one, 0.7, s)
        bias, variance = left_out(X, one)
        expected["bias"], expected["variance"] = 0.3 * bias, 0.7 * variance
        expected["excess"] = expected["bias"] + expected["variance"]
        expected["test"] = expected["excess"] + 0.7
        single = _conditional.one_more(X, delta[[k]], v=v, s=s, sigma2=0.7)
        for name in FIELDS:
            assert grid[name][k] == pytest.approx(expected[name], rel=1e-8, abs=1e-12), name  # condition at most 1e5 here
            assert single[name][0] == pytest.approx(expected[name], rel=1e-8, abs=1e-12), name


@pytest.mark.false_alarm(4 * RATE)
@pytest.mark.parametrize("lam", [0.0, 0.1])
def test_one_more_row_has_the_mean_of_the_exact_risks(lam: float) -> None:
    n, p, rng = 25, 60, np.random.default_rng(15)
    s, v, fill, X = designs.parse("power:2", p), np.full(p, 1.0), designs.rows("power:2", "gaussian", p), np.empty((n + 1, p))
    gaps: dict[str, list[float]] = {name: [] for name in SWAPPED}
    for _ in range(3000):
        fill(X, rng)
        swift = _conditional.one_more(X, np.array([n * lam]), v=v, s=s, sigma2=1.0)
        slow = _conditional.exact(X[:n], np.array([n * lam]), v=v, S=s, sigma2=1.0)
        for name, gap in gaps.items():
            gap.append(swift[name][0] - slow[name][0])
    for name, gap in gaps.items():
        assert abs(np.mean(gap)) < Z * np.std(gap) / math.sqrt(len(gap)), name


SIGNALS = ("isotropic", "top:0.4", "bottom:0.4", "all")


def energies(signal: str, p: int, rng: np.random.Generator) -> np.ndarray:
    return rng.random(p) if signal == "all" else designs.energies(signal, 2.0, p)


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize("covariance", ["flat", "diagonal", "matrix"])
@pytest.mark.parametrize(("n", "p"), [(8, 20), (20, 8), (10, 10), (12, 13), (13, 12)])
def test_every_route_is_the_sum_over_signals(n: int, p: int, covariance: str, signal: str) -> None:
    rng = np.random.default_rng([n, p])
    v, s = energies(signal, p, rng), np.full(p, 2.0) if covariance == "flat" else np.sort(rng.random(p) + 0.1)[::-1]
    Q = np.linalg.qr(rng.standard_normal((p, p)))[0]
    S = Q @ np.diag(s) @ Q.T if covariance == "matrix" else s
    X, delta = rng.standard_normal((n, p)), np.array([0.01, 1.0, 50.0, 1e6])
    grid = _conditional.exact(X, delta, v=v, S=S, sigma2=0.7)
    for k, one in enumerate(delta):
        expected = textbook(X, np.diag(np.sqrt(v)), one, 0.7, S)
        single = _conditional.exact(X, delta[[k]], v=v, S=S, sigma2=0.7)
        for name in FIELDS:
            # 1e-10: conditions of 1e4 in the textbook's inverse, and 1 - H loses as much; 1e-12: beside test >= 1
            assert grid[name][k] == pytest.approx(expected[name], rel=1e-10, abs=1e-12), (name, one)
            assert single[name][0] == pytest.approx(expected[name], rel=1e-10, abs=1e-12), (name, one)


@pytest.mark.false_alarm(0)
@given(st.integers(2, 10), st.integers(2, 10), st.floats(0.01, 10), st.floats(1e-3, 1e3), st.integers(0, 2**32 - 1))
def test_scaling_and_rotation(n: int, p: int, lam: float, c: float, seed: int) -> None:
    """In units c times smaller nothing changes; a turned design with an isotropic signal has a turned covariance."""
    rng = np.random.default_rng(seed)
    X, v, s = rng.standard_normal((n, p)), rng.random(p), rng.random(p)
    delta, even = np.array([n * lam]), np.ones(p)
    Q = np.linalg.qr(rng.standard_normal((p, p)))[0]
    plain, turned = _conditional.exact(X, delta, v=even, S=s, sigma2=1.0), Q.T @ np.diag(s) @ Q
    rotated = _conditional.exact(X @ Q, delta, v=even, S=turned, sigma2=1.0)
    once = _conditional.exact(X, delta, v=v, S=s, sigma2=1.0)
    scaled = _conditional.exact(c * X, c**2 * delta, v=v / c**2, S=c**2 * s, sigma2=1.0)
    for name in FIELDS:
        np.testing.assert_allclose(rotated[name], plain[name], rtol=1e-9, atol=1e-12)  # the size of a sum of 100 terms of order 1
        factor = c**2 if name in ("norm2", "estimation") else 1.0
        np.testing.assert_allclose(scaled[name] * factor, once[name], rtol=1e-9, atol=1e-12)


def oracle(X: np.ndarray, v: np.ndarray, delta: float, s: np.ndarray) -> dict[str, float]:
    """bias, variance, train (0 at delta = 0 <= p - n), norm2 and estimation at 60 digits, sigma2 = 1."""
    with mp.workdps(60):
        n, p = X.shape
        A, weights, energy = mp.matrix(X.tolist()), [mp.mpf(float(x)) for x in s], [mp.mpf(float(x)) for x in v]
        wide = p >= n
        inverse = mp.inverse((A * A.T if wide else A.T * A) + mp.mpf(delta) * mp.eye(min(n, p)))
        pinv = A.T * inverse if wide else inverse * A.T
        fit = pinv * A
        E = mp.eye(n) - A * pinv
        missed, residual = mp.eye(p) - fit, E * A
        noise = sum(x**2 for x in pinv)
        columns = [(k, energy[k]) for k in range(p) if energy[k]]
        return {
            "bias": float(sum(e * w * missed[j, k] ** 2 for k, e in columns for j, w in enumerate(weights))),
            "variance": float(sum(w * pinv[j, i] ** 2 for j, w in enumerate(weights) for i in range(n))),
            "train": float((sum(e * residual[i, k] ** 2 for k, e in columns for i in range(n)) + sum(x**2 for x in E)) / n),
            "norm2": float(sum(e * fit[j, k] ** 2 for k, e in columns for j in range(p)) + noise),
            "estimation": float(sum(e * missed[j, k] ** 2 for k, e in columns for j in range(p)) + noise),
        }


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("signal", ["isotropic", "top:0.4", "bottom:0.4"])
@pytest.mark.parametrize(("n", "p"), [(10, 10), (10, 11), (9, 12), (12, 9)])
@pytest.mark.parametrize("decades", [0, 4, 8])
@pytest.mark.parametrize("delta", [0.0, 1e-10, 1.0, 1e6])
def test_hard_cases_against_sixty_digits(n: int, p: int, decades: int, delta: float, signal: str) -> None:
    """Spectra over `decades` orders of magnitude: the Gram matrix alone would lose all digits, the singular values keep them."""
    rng = np.random.default_rng(16)
    s, v = np.logspace(0, -decades, p), designs.energies(signal, 2.0, p)
    X = rng.standard_normal((n, p)) * np.sqrt(s)
    found = _conditional.exact(X, np.array([delta]), v=v, S=s, sigma2=1.0)
    for name, value in oracle(X, v, delta, s).items():
        # 1e-8 relative, 1e-9 absolute beside test >= 1: eps times the condition of a Gram matrix, at most 1e7
        assert found[name][0] == pytest.approx(value, rel=1e-8, abs=1e-9), name
    if p > n and signal == "isotropic":
        swift = _conditional.one_more(X, np.array([delta]), v=v, s=s, sigma2=1.0)
        for name, value in oracle(X[:-1], v, delta, s).items():
            if name not in SWAPPED:
                assert swift[name][0] == pytest.approx(value, rel=1e-8, abs=1e-9), name


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("signal", SIGNALS)
def test_rank_deficient_designs_are_refused_at_zero_only(signal: str) -> None:
    X, ones = np.ones((3, 5)), np.ones(5)
    v = energies(signal, 5, np.random.default_rng(0))
    with pytest.raises(ValueError, match="rank deficient"):
        _conditional.exact(X, np.array([0.0]), v=v, S=ones, sigma2=1.0)
    with pytest.raises(ValueError, match="rank deficient"):
        _conditional.one_more(X, np.array([0.0]), v=ones, s=ones, sigma2=1.0)
    for s in (ones, np.arange(5.0)):
        expected = textbook(X, np.diag(np.sqrt(v)), 0.5, 1.0, s)
        for delta in ([0.5], [0.5, 0.5]):
            found = _conditional.exact(X, np.array(delta), v=v, S=s, sigma2=1.0)
            for name in FIELDS:
                assert found[name][0] == pytest.approx(expected[name], rel=1e-12), name


@pytest.mark.false_alarm(0)
def test_ridgeless_bias_of_isotropic_designs_is_a_constant() -> None:
    """r2 (1 - n/p), to the last bits: nothing is subtracted but the integers p - n."""
    rng = np.random.default_rng(21)
    for n, p in [(7, 7), (7, 8), (7, 30)]:
        for delta in ([0.0], [0.0, 1.0]):
            found = _conditional.exact(
                rng.standard_normal((n, p)), np.array(delta), v=np.full(p, 3 / p), S=np.ones(p), sigma2=1.0
            )
            assert found["bias"][0] == pytest.approx(3 * (1 - n / p), rel=1e-15, abs=0.0)
