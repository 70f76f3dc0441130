"""Fitted classifiers against general solvers, error and loss against quadrature, features counted one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import dblquad, quad
from scipy.optimize import linprog, minimize
from scipy.special import expit, ndtr

from simulate import labels as _labels
from simulate import logistic, separability
from simulate.max_margin import max_margin, separate

Z = 6.5
RATE = 3e-8  # of |z| > Z for a mean of two thousand draws of moderate skewness


def agree(found: np.ndarray, plain: np.ndarray) -> None:
    """Two samples have the same mean."""
    z = (found.mean() - plain.mean()) / math.sqrt(found.var() / len(found) + plain.var() / len(plain))
    assert abs(z) < Z, z


@pytest.mark.false_alarm(0)
def test_the_widest_margin_against_a_general_solver():
    rng = np.random.default_rng(0)
    for n, p in ((6, 3), (4, 6), (9, 5)):
        A = rng.standard_normal((n, p)) + 0.8
        found = separate(A)
        assert found is not None
        w, alpha = found
        best = minimize(
            lambda v: v @ v, w + 0.1, jac=lambda v: 2 * v, constraints={"type": "ineq", "fun": lambda v, A=A: A @ v - 1}
        )
        np.testing.assert_allclose(w, best.x, rtol=1e-5, atol=1e-6)  # SLSQP stops at 1e-6
        np.testing.assert_allclose(w, A.T @ alpha, rtol=1e-10, atol=1e-12)
        assert np.all(alpha >= 0)
        assert np.min(A @ w) == pytest.approx(1, rel=1e-12)


@pytest.mark.false_alarm(0)
def test_separability_against_linear_programming():
    rng, seen = np.random.default_rng(1), []
    for _ in range(60):
        A = rng.standard_normal((12, 6))
        feasible = linprog(np.zeros(6), A_ub=-A, b_ub=-np.ones(12), bounds=(None, None)).status == 0
        assert (separate(A) is not None) == feasible
        seen.append(feasible)
    assert 0 < sum(seen) < 60
    assert separate(np.array([[1.0, 2.0], [-1.0, -2.0]])) is None


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize(("n", "p", "lam"), [(15, 4, 0.0), (12, 20, 0.05), (20, 10, 1.0)])
def test_logistic_regression_against_a_general_solver(n, p, lam):
    A = np.random.default_rng(2).standard_normal((3, n, p))
    A[:, :, 0] += 0.3
    w, none = logistic.fit(A, lam)
    assert not np.any(none)
    for B, v in zip(A, w, strict=True):
        best = minimize(
            lambda x, B=B: np.mean(np.logaddexp(0, -B @ x)) + lam / 2 * x @ x, np.zeros(p), method="BFGS", options={"gtol": 1e-7}
        )
        np.testing.assert_allclose(v, best.x, rtol=1e-4, atol=1e-5)  # BFGS by differences stops at 1e-7 of the gradient
        gradient = lam * v - B.T @ expit(-B @ v) / n
        assert np.linalg.norm(gradient) <= 1e-10 * np.linalg.norm(B.sum(axis=0))


@pytest.mark.false_alarm(0)
def test_without_a_penalty_separable_rows_are_found():
    A = np.random.default_rng(3).standard_normal((40, 12, 6))
    none = logistic.fit(A, 0.0)[1]
    assert none.tolist() == [separate(B) is not None for B in A]
    assert 0 < none.sum() < 40
    draws = logistic.ridge(n=10, gamma=2.0, lam=0.0, r2=4.0, draws=5, rng=np.random.default_rng(4))
    same = max_margin(n=10, gamma=2.0, r2=4.0, labels="logistic", draws=5, rng=np.random.default_rng(4))
    assert np.all(np.isinf(draws.norm2))
    assert draws.error.mean() == pytest.approx(same.error.mean(), abs=0.2)


@pytest.mark.parametrize("labels", _labels.LABELS)
@pytest.mark.parametrize(("a", "s"), [(0.7, 0.4), (-0.2, 3.0), (2.0, 0.5)])
def test_error_and_loss_of_a_new_row_against_quadrature(labels, a, s):
    r = 1.5
    f = {"mixture": None, "logistic": expit, "probit": ndtr, "sign": lambda t: 1.0 * (t > 0)}[labels]

    def mean(g, *cuts):
        """E g(T, G); T by its density."""

        def density(t, z):
            at = math.exp(-0.5 * (t - r) ** 2) if f is None else 2 * f(r * t) * math.exp(-0.5 * t * t)
            return at * math.exp(-0.5 * z * z) / (2 * math.pi) * g(t, z)

        low = 0.0 if labels == "sign" else -9.0
        return dblquad(density, -9, 9, low, lambda z: min(10.5, max(low, cuts[0](z))) if cuts else 10.5, epsabs=1e-10)[0]

    loss = mean(lambda t, z: float(np.logaddexp(0, -a * t - s * z)))
    found_error, found_loss = (g(labels, r, np.array([a]), np.array([s]))[0] for g in (_labels.error, _labels.loss))
    assert found_loss == pytest.approx(loss, abs=1e-8)
    if a > 0:  # a t + s z < 0 iff t < -s z/a
        assert found_error == pytest.approx(mean(lambda t, z: 1.0, lambda z: -s * z / a), abs=1e-7)
    assert _labels.error(labels, r, np.zeros(1), np.zeros(1))[0] == 0.5


@pytest.mark.false_alarm(4 * RATE)
@pytest.mark.parametrize("labels", _labels.LABELS)
def test_rows_drawn_as_the_model_is_written(labels):
    """Full rows x and labels y, the signal in a random direction: the fit sees the same."""
    n, p, r, draws, rng = 16, 6, 2.0, 1500, np.random.default_rng(5)
    plain = np.empty(draws)
    for i in range(draws):
        beta = rng.standard_normal(p)
        beta *= r / np.linalg.norm(beta)
        x = rng.standard_normal((n, p))
        if labels == "mixture":
            y = rng.choice([-1.0, 1.0], n)
            x += y[:, None] * beta
        elif labels == "logistic":
            y = np.where(rng.random(n) < 1 / (1 + np.exp(-x @ beta)), 1.0, -1.0)
        else:
            y = np.sign(x @ beta + (rng.standard_normal(n) if labels == "probit" else 0.0))
        w = logistic.fit((y[:, None] * x)[None], 0.2)[0][0]
        plain[i] = beta @ w / r / np.linalg.norm(w)
    agree(logistic.ridge(n=n, gamma=p / n, lam=0.2, r2=r * r, labels=labels, draws=draws, rng=rng).cosine, plain)


def counted(n, r2, labels, b, free, draws, rng):
    """The least p with which the rows are separable, features added one by one (by bisection: it is monotone)."""
    out = np.empty(draws)
    for i in range(draws):
        y, T = _labels.draw(labels, n, math.sqrt(r2), rng, b)
        A = np.column_stack([*([y] if free else []), T, rng.standard_normal((n, n))])
        low, high = 1, n
        while low < high:
            p = (low + high) // 2
            low, high = (low, p) if separate(A[:, : p + free]) is not None else (p + 1, high)
        out[i] = low / n
    return out


@pytest.mark.false_alarm(3 * RATE)
@pytest.mark.parametrize(
    ("n", "r2", "labels", "b", "free"),
    [(8, 2.0, "logistic", 0.0, False), (12, 1.0, "mixture", 0.0, True), (20, 4.0, "probit", 1.0, True)],
)
def test_fewest_features_has_the_mean_of_counting(n, r2, labels, b, free):
    rng = np.random.default_rng(6)
    drawn = separability.fewest_features(n=n, r2=r2, labels=labels, intercept=b, free=free, draws=2000, rng=rng)
    agree(drawn, counted(n, r2, labels, b, free, 2000, rng))


@pytest.mark.false_alarm(RATE)
def test_random_labels_need_half_a_feature_a_row():
    drawn = separability.fewest_features(n=9, r2=0.0, draws=4000, rng=np.random.default_rng(7))
    assert abs(drawn.mean() - 5 / 9) < Z * drawn.std() / math.sqrt(4000)  # 1 + (n - 1)/2 by Cover's count


@pytest.mark.false_alarm(0)
def test_shapes_bad_input_and_rows_that_nothing_separates():
    rng = np.random.default_rng(8)
    draws = max_margin(n=30, gamma=0.1, r2=0.0, draws=4, rng=rng)
    assert draws.margin.tolist() == [0] * 4
    assert draws.error.tolist() == [0.5] * 4
    assert np.all(np.isinf(draws.norm2))
    assert separability.separable(n=30, gamma=1.2, draws=3, rng=rng).tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match="labels"):
        max_margin(n=5, gamma=1.0, labels="svm", draws=1, rng=rng)
    with pytest.raises(ValueError, match="lam"):
        logistic.ridge(n=5, gamma=1.0, lam=-1.0, draws=1, rng=rng)
    with pytest.raises(ValueError, match="intercept"):
        separability.separable(n=5, gamma=1.0, labels="mixture", intercept=1.0, draws=1, rng=rng)
    with pytest.raises(ValueError, match="need a signal"):
        logistic.ridge(n=5, gamma=1.0, lam=0.1, r2=0.0, labels="sign", draws=1, rng=rng)


@pytest.mark.false_alarm(0)
def test_one_feature_has_the_error_of_its_sign():
    r = 2.0
    wrong = 2 * quad(lambda x: math.exp(-0.5 * x * x) / math.sqrt(2 * math.pi) * expit(-r * x), 0, 12, epsabs=1e-14)[0]
    a, s = np.array([1.0, -3.0, 1.0, 0.0]), np.array([0.0, 0.0, 1e-9, 0.0])
    assert _labels.error("logistic", r, a, s) == pytest.approx([wrong, 1 - wrong, wrong, 0.5], abs=1e-13)
    low, high = (_labels.error("logistic", r, np.array([x]), np.ones(1))[0] for x in (600 - 1e-6, 600 + 1e-6))
    assert low == pytest.approx(high, abs=1e-11)  # the steep formula joins the integral at 300 r
    found = max_margin(n=10, gamma=0.1, r2=4.0, labels="logistic", draws=20, rng=np.random.default_rng(0))
    assert set(found.error.round(12)) <= {round(wrong, 12), round(1 - wrong, 12), 0.5}


def test_the_norm_has_no_moment_for_it_may_be_infinite():
    assert [max_margin.moments(n=10, gamma=0.5, of=of) for of in ("norm2", None, "error")] == [0, 0, math.inf]
