"""Two layers of random features simulated: one draw written out with labels, and identity activations against the exact layer."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simulate.deep_features import ridge

GIVEN = {"gamma": 1.5, "inputs": 0.75, "hidden": 0.5, "lam": 0.2}


@pytest.mark.false_alarm(0)
def test_a_draw_written_out() -> None:
    """The risk at each new point is that of the fitted labels, averaged over orthogonal signals and one-sample noises by summing."""
    n, r2, sigma2 = 16, 2.0, 0.5
    found = ridge(n=n, **GIVEN, first="tanh", second="sign", r2=r2, sigma2=sigma2, draws=1, rng=np.random.default_rng(3))
    k, l, d, rng = 24, 8, 12, np.random.default_rng(3)
    V, W = rng.standard_normal((d, l)), rng.standard_normal((l, k))
    X = rng.standard_normal((3 * n, d))
    H = np.sign(np.tanh(X @ V / math.sqrt(d)) @ W / math.sqrt(l))
    fit = np.linalg.solve(H[:n].T @ H[:n] + n * GIVEN["lam"] * np.eye(k), H[:n].T)
    signals = math.sqrt(r2) * np.eye(d)
    missed = [np.mean((X[n:] @ b - H[n:] @ fit @ X[:n] @ b) ** 2) for b in signals]
    noisy = [np.mean((H[n:] @ fit @ e) ** 2) for e in math.sqrt(sigma2) * np.eye(n)]
    assert found.bias[0] == pytest.approx(np.mean(missed), rel=1e-11)  # rounding of a system of condition 1e3
    assert found.variance[0] == pytest.approx(np.sum(noisy), rel=1e-11)
    assert found.test[0] == pytest.approx(np.mean(missed) + np.sum(noisy) + sigma2, rel=1e-11)


@pytest.mark.false_alarm(0)
def test_odd_activations_and_positive_penalties_only() -> None:
    with pytest.raises(ValueError, match="odd"):
        ridge(n=8, **GIVEN, first="relu", second="sign", draws=1, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="positive"):
        ridge(n=8, **GIVEN | {"lam": 0.0}, first="tanh", second="sign", draws=1, rng=np.random.default_rng(0))
