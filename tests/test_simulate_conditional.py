"""Risks given the rows: the two routes against each other, against 60 digits, and under changes that must not matter."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulate import _conditional, designs
from tests.test_simulate_ridge import FIELDS, Z, textbook


def left_out_variance(X: np.ndarray, delta: float) -> float:
    """The mean over i of |G X_(-i) x_i|^2, row by row."""
    out = []
    for i in range(len(X)):
        rest = np.delete(X, i, axis=0)
        out.append(np.sum(np.linalg.solve(rest @ rest.T + delta * np.eye(len(rest)), rest @ X[i]) ** 2))
    return float(np.mean(out))


@given(st.integers(2, 8), st.integers(2, 20), st.integers(0, 2**32 - 1), st.booleans())
def test_one_more_row_is_what_its_name_says(n: int, more: int, seed: int, with_hidden: bool) -> None:
    """All fields are those of the first n rows, but the noise's variance: that is the mean over rows left out of n + 1."""
    p, rng = n + more, np.random.default_rng(seed)
    s = np.sort(rng.random(p) + 0.1)[::-1]
    X, beta, hidden = rng.standard_normal((n + 1, p)) * np.sqrt(s), rng.standard_normal(p), rng.standard_normal(n + 1)
    delta = np.array([0.05, 1.0, 20.0])
    part = hidden if with_hidden else None
    grid = _conditional.one_more(X, beta, delta, sigma2=0.7, s=s, hidden=part)
    for k, one in enumerate(delta):
        expected = textbook(X[:n], beta, one, 0.7, s, hidden[:n] if with_hidden else 0.0)
        swap = 0.7 * left_out_variance(X, one) - 0.7 * np.sum(np.linalg.solve(X[:n] @ X[:n].T + one * np.eye(n), X[:n]) ** 2 @ s)
        for name in ("variance", "excess", "test"):
            expected[name] += swap
        single = _conditional.one_more(X, beta, delta[[k]], sigma2=0.7, s=s, hidden=part)
        for name in FIELDS:
            assert grid[name][k] == pytest.approx(expected[name], rel=1e-8, abs=1e-12), name  # condition at most 1e5 here
            assert single[name][0] == pytest.approx(expected[name], rel=1e-8, abs=1e-12), name


@pytest.mark.parametrize("lam", [0.0, 0.1])
def test_one_more_row_has_the_mean_of_the_exact_variance(lam: float) -> None:
    n, p, rng = 25, 60, np.random.default_rng(15)
    s, fill, X = designs.parse("power:2", p), designs.rows("power:2", "gaussian", p), np.empty((n + 1, p))
    gaps = []
    for _ in range(3000):
        fill(X, rng)
        swift = _conditional.one_more(X, np.zeros(p), np.array([n * lam]), sigma2=1.0, s=s)
        slow = _conditional.exact(X[:n], np.zeros(p), np.array([n * lam]), sigma2=1.0, form=_conditional.diagonal_form(s))
        gaps.append(swift["variance"][0] - slow["variance"][0])
    assert abs(np.mean(gaps)) < Z * np.std(gaps) / math.sqrt(len(gaps))


@given(st.integers(2, 10), st.integers(2, 10), st.floats(0.01, 10), st.floats(1e-3, 1e3), st.integers(0, 2**32 - 1))
def test_scaling_and_rotation(n: int, p: int, lam: float, c: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    X, beta, s = rng.standard_normal((n, p)), rng.standard_normal(p), rng.random(p)
    Q = np.linalg.qr(rng.standard_normal((p, p)))[0]
    delta = np.array([n * lam])
    plain = _conditional.exact(X, beta, delta, sigma2=1.0, form=_conditional.diagonal_form(s))
    S = Q.T @ np.diag(s) @ Q
    turned = _conditional.exact(X @ Q, Q.T @ beta, delta, sigma2=1.0, form=lambda a: np.einsum("ij,jk,ik->i", a, S, a))
    scaled = _conditional.exact(c * X, beta / c, c**2 * delta, sigma2=1.0, form=_conditional.diagonal_form(c**2 * s))
    for name in FIELDS:
        np.testing.assert_allclose(turned[name], plain[name], rtol=1e-9, atol=1e-12)  # the size of a sum of 100 terms of order 1
        factor = c**2 if name in ("norm2", "estimation") else 1.0
        np.testing.assert_allclose(scaled[name] * factor, plain[name], rtol=1e-9, atol=1e-12)


def oracle(X: np.ndarray, beta: np.ndarray, delta: float, s: np.ndarray) -> dict[str, float]:
    """bias, variance, train (0 at delta = 0 <= p - n) and norm2 at 60 digits, sigma2 = 1."""
    with mp.workdps(60):
        n, p = X.shape
        A, b, weights = mp.matrix(X.tolist()), mp.matrix(beta.tolist()), [mp.mpf(float(v)) for v in s]
        wide = p >= n
        inverse = mp.inverse((A * A.T if wide else A.T * A) + mp.mpf(delta) * mp.eye(min(n, p)))
        pinv = A.T * inverse if wide else inverse * A.T
        fit = pinv * (A * b)
        E = mp.eye(n) - A * pinv
        residual = E * (A * b)
        return {
            "bias": float(sum(w * (b[j] - fit[j]) ** 2 for j, w in enumerate(weights))),
            "variance": float(sum(w * pinv[j, i] ** 2 for j, w in enumerate(weights) for i in range(n))),
            "train": float((sum(x**2 for x in residual) + sum(x**2 for x in E)) / n),
            "norm2": float(sum(x**2 for x in fit) + sum(x**2 for x in pinv)),
        }


@pytest.mark.parametrize(("n", "p"), [(10, 10), (10, 11), (9, 12), (12, 9)])
@pytest.mark.parametrize("decades", [0, 4, 8])
@pytest.mark.parametrize("delta", [0.0, 1e-10, 1.0, 1e6])
def test_hard_cases_against_sixty_digits(n: int, p: int, decades: int, delta: float) -> None:
    """Spectra over `decades` orders of magnitude: the Gram matrix alone would lose all digits, the singular values keep them."""
    rng = np.random.default_rng(16)
    s = np.logspace(0, -decades, p)
    X, beta = rng.standard_normal((n, p)) * np.sqrt(s), rng.standard_normal(p)
    found = _conditional.exact(X, beta, np.array([delta]), sigma2=1.0, form=_conditional.diagonal_form(s))
    for name, value in oracle(X, beta, delta, s).items():
        # 1e-8 relative, 1e-9 absolute beside test >= 1: eps times the condition of a Gram matrix, at most 1e7
        assert found[name][0] == pytest.approx(value, rel=1e-8, abs=1e-9), name
    if p > n:
        swift = _conditional.one_more(X, beta, np.array([delta]), sigma2=1.0, s=s)
        for name, value in oracle(X[:-1], beta, delta, s).items():
            if name != "variance":
                assert swift[name][0] == pytest.approx(value, rel=1e-8, abs=1e-9), name


def test_rank_deficient_designs_are_refused_at_zero_only() -> None:
    X = np.ones((3, 5))
    form = _conditional.diagonal_form(np.ones(5))
    with pytest.raises(ValueError, match="rank deficient"):
        _conditional.exact(X, np.ones(5), np.array([0.0]), sigma2=1.0, form=form)
    with pytest.raises(ValueError, match="rank deficient"):
        _conditional.one_more(X, np.ones(5), np.array([0.0]), sigma2=1.0, s=np.ones(5))
    expected = textbook(X, np.ones(5), 0.5, 1.0, np.ones(5))
    found = _conditional.exact(X, np.ones(5), np.array([0.5]), sigma2=1.0, form=form)
    assert found["excess"][0] == pytest.approx(expected["excess"], rel=1e-12)
