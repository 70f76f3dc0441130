"""The tuned estimator against textbook code: realised beta_hat, scikit-free GCV, realised errors."""

from __future__ import annotations

import numpy as np
import pytest

import simulate.tuning

N, P = 12, 18


def textbook(rng: np.random.Generator, draws: int) -> np.ndarray:
    """|beta_hat - beta|^2 at the penalty of least GCV, by solving the normal equations penalty by penalty."""
    lam = (P / N) * np.geomspace(1 / simulate.tuning.SPAN, simulate.tuning.SPAN, simulate.tuning.POINTS)
    out = np.empty(draws)
    for i in range(draws):
        X = rng.standard_normal((N, P))
        beta = rng.standard_normal(P)
        beta /= np.linalg.norm(beta)
        y = X @ beta + rng.standard_normal(N)
        hats = [X @ np.linalg.solve(X.T @ X + N * one * np.eye(P), X.T) for one in lam]
        gcv = [np.mean((y - H @ y) ** 2) / (1 - np.trace(H) / N) ** 2 for H in hats]
        best = lam[int(np.argmin(gcv))]
        out[i] = np.sum((np.linalg.solve(X.T @ X + N * best * np.eye(P), X.T @ y) - beta) ** 2)
    return out


@pytest.mark.false_alarm(1e-8)
def test_the_mean_is_that_of_the_tuned_estimator():
    slow = textbook(np.random.default_rng(1), 150)
    fast = simulate.tuning.ridge(n=N, gamma=P / N, draws=4000, rng=np.random.default_rng(2)).excess
    error = np.sqrt(slow.var(ddof=1) / len(slow) + fast.var(ddof=1) / len(fast))
    # |t| > 7 at 149 degrees of freedom has rate 8e-11, and a skewness of 1 at 150 draws makes it at most 100 times that
    assert abs(slow.mean() - fast.mean()) < 7 * error


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("name", ["r2", "sigma2"])
def test_without_signal_or_noise_there_is_nothing_to_tune(name):
    with pytest.raises(ValueError, match=name):
        simulate.tuning.ridge(n=10, gamma=1.0, draws=1, rng=np.random.default_rng(0), **{name: 0.0})
