"""Ensembles as simulated: against members fitted one by one to drawn labels, and against the textbook given all features."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simulate import designs
from simulate.ensembles import moments, ridge
from tests.test_simulate_ridge import RATE, Z


def given(n: int, k: int, p: int, members: int, seed: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """The rows and the features of the first draw."""
    rng, X = np.random.default_rng(seed), np.empty((n, p))
    designs.rows("power:1", "gaussian", p)(X, rng)
    return X, [rng.standard_normal((k, p)) / math.sqrt(k) for _ in range(members)]


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("members", [1, 3])
def test_given_features_the_risks_are_the_textbook(gamma: float, members: int) -> None:
    n, psi, lam, sigma2 = 12, 1.5, [0.0, 0.2], 0.7
    k = round(gamma * n)
    p = round(psi * k)
    found = ridge(
        n=n, gamma=gamma, psi=psi, members=members, lam=lam, spectrum="power:1", signal="bottom:0.5", sigma2=sigma2, draws=1,
        rng=np.random.default_rng(7),
    )  # fmt: skip
    X, features = given(n, k, p, members, 7)
    S, D = np.diag(designs.parse("power:1", p)), np.diag(designs.energies("bottom:0.5", 1.0, p))
    for i, penalty in enumerate(lam):
        fits = []
        for G in features:
            H = X @ G.T
            fits.append(G.T @ (np.linalg.pinv(H) if penalty == 0 else np.linalg.solve(H.T @ H + n * penalty * np.eye(k), H.T)))
        R = sum(fits) / members
        A, left = R @ X - np.eye(p), np.eye(n) - X @ R
        want = {
            "bias": np.trace(S @ A @ D @ A.T),
            "variance": sigma2 * np.trace(S @ R @ R.T),
            "train": np.trace(left @ (X @ D @ X.T + sigma2 * np.eye(n)) @ left.T) / n,
        }
        for name, value in want.items():
            assert getattr(found, name)[0, i] == pytest.approx(value, rel=1e-6, abs=1e-12), name  # conditions up to 1e5 at k = n


@pytest.mark.false_alarm(2 * RATE)
def test_risks_are_means_over_labels() -> None:
    n, k, p, members, lam = 14, 10, 12, 3, 0.1
    found = ridge(
        n=n, gamma=k / n, psi=p / k, members=members, lam=lam, spectrum="power:1", draws=1, rng=np.random.default_rng(9)
    )
    X, features = given(n, k, p, members, 9)
    s, rng, seen = designs.parse("power:1", p), np.random.default_rng(10), {"excess": [], "train": []}
    for _ in range(1500):
        beta = rng.standard_normal(p)
        beta /= np.linalg.norm(beta)
        y = X @ beta + rng.standard_normal(n)
        estimate = np.zeros(p)
        for G in features:
            H = X @ G.T
            estimate += G.T @ np.linalg.solve(H.T @ H + n * lam * np.eye(k), H.T @ y) / members
        seen["excess"].append(float(s @ (estimate - beta) ** 2))
        seen["train"].append(float(np.mean((y - X @ estimate) ** 2)))
    for name, values in seen.items():
        assert abs(np.mean(values) - getattr(found, name)[0]) < Z * np.std(values) / math.sqrt(1500), name


@pytest.mark.false_alarm(0)
def test_moments_and_bad_input() -> None:
    assert moments(n=20, gamma=1.2, lam=0.0) == 2
    assert moments(n=20, gamma=1.2, lam=0.1) == moments(n=20, gamma=1.2, lam=0.0, of="train") == math.inf
    rng = np.random.default_rng(0)
    for name, value in {"members": 0, "lam": -0.1}.items():
        with pytest.raises(ValueError, match=name):
            ridge(**{"n": 10, "gamma": 2.0, "psi": 1.0, "members": 2, "lam": 0.1, name: value}, draws=1, rng=rng)
