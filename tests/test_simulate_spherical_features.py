"""Features on the sphere as simulated: kernels against quadrature over the sphere, risks against drawn labels and test points."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simulate import _forms
from simulate.nonlinear_features import activation_of
from simulate.spherical_features import HOMOGENEOUS, NAMES, Target, layer, lower, moments, ridge, sphere
from tests.test_simulate_ridge import RATE, Z

FIELDS = ("bias", "variance", "excess", "test", "train", "gcv", "norm2")
F = Target(0.4, 1.5, 0.8)
GIVEN = {"constant": 0.4, "r2": 1.5, "nonlinear": 0.8}


def plane(d: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nodes and weights of two orthonormal coordinates of x on the sphere of radius sqrt d: polar, angles with period 2 pi."""
    nodes, weights = np.polynomial.legendre.leggauss(80)
    radius = math.pi / 4 * (nodes + 1)  # r = sqrt d sin(radius), with density sin cos^(d-3)
    weights = weights * np.sin(radius) * np.cos(radius) ** (d - 3)
    angle = 2 * math.pi * (np.arange(4000) + 0.5) / 4000
    r = math.sqrt(d) * np.sin(radius)[:, None]
    return r * np.cos(angle), r * np.sin(angle), np.tile((weights / weights.sum() / 4000)[:, None], 4000)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("d", [3, 12, 60])
def test_kernels_and_means_by_quadrature_over_the_sphere(name: str, d: int) -> None:
    at, (a, b, w) = layer(name, d), plane(d)
    f = activation_of(name).function
    assert w.sum() == pytest.approx(1, abs=1e-12)
    near = {"abs": 1e-12} if name not in HOMOGENEOUS else {"abs": 2e-3 if name == "sign" else 2e-6}  # kinks between 4000 angles
    for power, mean in enumerate(at.means):
        assert mean == pytest.approx(np.sum(w * a**power * f(a)), **near), power
    t = np.array([[-0.6, -0.1, 0.0], [0.3, 0.45, 0.7]])
    found = at.kernel(t)
    for cell, c in np.ndenumerate(t):
        assert found[cell] == pytest.approx(np.sum(w * f(a) * f(c * a + math.sqrt(1 - c * c) * b)), **near), c
    assert at.kernel(np.eye(2))[0, 0] == pytest.approx(np.sum(w * f(a) ** 2), **near)


@pytest.mark.parametrize("d", [3, 12, 60])
def test_the_target_has_the_variance_that_it_claims_and_its_parts_are_orthogonal(d: int) -> None:
    a, b, w = plane(d)
    t = a / math.sqrt(d)  # x' is sqrt d times the first axis
    for f, mean, slope in ((Target(1, 0, 0), 1, 0), (Target(0, 1, 0), 0, 1), (Target(0, 0, 1), 0, 0)):
        values = f.covariance(t, d)
        assert f.covariance(np.ones(()), d) == pytest.approx(1, abs=1e-15)
        assert np.sum(w * values) == pytest.approx(mean, abs=1e-12)  # the constant in it
        assert np.sum(w * values * a) * math.sqrt(d) == pytest.approx(slope, abs=1e-11)  # E f x = slope x'/d
        assert np.sum(w * values * b) == pytest.approx(0, abs=1e-12)
    # M: phi(<w, x>/sqrt d) f(x) f(x') with w at an angle to x'
    c = 0.4
    for name in ("tanh", "relu"):
        phi = activation_of(name).function(c * a + math.sqrt(1 - c * c) * b)
        want = np.sum(w * phi * F.covariance(t, d))
        assert F.seen(layer(name, d), np.array(c), d) == pytest.approx(want, abs=1e-6 if name == "relu" else 1e-12), name


def labels(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """f at the points: b0, b1 and a traceless quadratic form, drawn."""
    d = x.shape[1]
    b1 = rng.standard_normal(d)
    A = rng.standard_normal((d, d))
    A = (A + A.T) / 2
    A -= np.trace(A) / d * np.eye(d)
    g = np.einsum("ia,ab,ib->i", x, A, x) / math.sqrt(d * (d - 1))
    return math.sqrt(F.constant) + x @ b1 * math.sqrt(F.linear) / np.linalg.norm(b1) + math.sqrt(F.nonlinear) * g


@pytest.mark.false_alarm(5 * RATE)
@pytest.mark.parametrize(("n", "k"), [(12, 20), (20, 12)])
@pytest.mark.parametrize(("name", "lam"), [("relu", 0.05), ("tanh", 0.2)])
def test_risks_are_means_over_labels_and_test_points(name: str, lam: float, n: int, k: int) -> None:
    """One draw of points and weights; labels, noise and new points drawn 1500 times and in the plainest way."""
    d, sigma2 = 8, 0.5
    found = ridge(
        n=n, gamma=k / n, psi=d / k, activation=name, lam=lam, sigma2=sigma2, draws=1, rng=np.random.default_rng(3), **GIVEN
    )
    rng = np.random.default_rng(3)
    x, theta = sphere(n, d, rng), sphere(k, d, rng)
    f = activation_of(name).function
    X = f(x @ theta.T / math.sqrt(d))
    solve = np.linalg.solve(X.T @ X + n * lam * np.eye(k), X.T)
    seen: dict[str, list[float]] = {"bias": [], "excess": [], "test": [], "train": [], "norm2": []}
    for _ in range(1500):
        new = sphere(100, d, rng)
        values = labels(np.concatenate([x, new]), rng)
        y = values[:n] + math.sqrt(sigma2) * rng.standard_normal(n)
        features = f(new @ theta.T / math.sqrt(d))
        miss = features @ (solve @ y) - values[n:]
        seen["bias"].append(np.mean((features @ (solve @ values[:n]) - values[n:]) ** 2))
        seen["excess"].append(np.mean(miss**2))
        seen["test"].append(np.mean((miss - math.sqrt(sigma2) * rng.standard_normal(100)) ** 2))
        seen["train"].append(np.mean((y - X @ (solve @ y)) ** 2))
        seen["norm2"].append(np.sum((solve @ y) ** 2))
    for field, values in seen.items():
        assert abs(np.mean(values) - getattr(found, field)[0]) < Z * np.std(values) / math.sqrt(len(values)), field


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("name", ["relu", "erf", "abs"])
@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.5])
def test_given_points_and_weights_risks_are_the_textbook(name: str, gamma: float) -> None:
    n, d, lam, sigma2 = 14, 10, [0.0, 1e-3, 2.0], 0.5
    k = round(gamma * n)
    found = ridge(
        n=n, gamma=gamma, psi=d / k, activation=name, lam=lam, sigma2=sigma2, draws=1, rng=np.random.default_rng(5), **GIVEN
    )
    rng, at = np.random.default_rng(5), layer(name, d)
    x, theta = sphere(n, d, rng), sphere(k, d, rng)
    t = theta @ x.T / d
    X = at.function(math.sqrt(d) * t).T
    C, M, U = F.covariance(x @ x.T / d, d), F.seen(at, t, d), at.kernel(theta @ theta.T / d)
    for i, penalty in enumerate(lam):
        P = np.linalg.pinv(X) if penalty == 0 else np.linalg.solve(X.T @ X + n * penalty * np.eye(k), X.T)
        noisy, left = C + sigma2 * np.eye(n), np.eye(n) - X @ P
        train = np.trace(left @ noisy @ left.T) / n
        want = {
            "bias": sum(F) - 2 * np.trace(P.T @ M) + np.trace(U @ P @ C @ P.T),
            "variance": sigma2 * np.trace(U @ P @ P.T),
            "train": train,
            "norm2": np.trace(P @ noisy @ P.T),
        }
        want |= {"excess": want["bias"] + want["variance"], "test": want["bias"] + want["variance"] + sigma2}
        if penalty > 0 or k < n:
            want["gcv"] = train / (np.trace(left) / n) ** 2
        for field, value in want.items():
            # conditions up to 1e5 at k = n without penalty, squared; a training error of 0
            assert getattr(found, field)[0, i] == pytest.approx(value, rel=1e-5 if penalty == 0 else 1e-8, abs=1e-12), (
                field,
                penalty,
            )


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("name", ["relu", "tanh"])
@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_one_penalty_is_a_column_of_the_grid(name: str, gamma: float) -> None:
    given = {"n": 15, "gamma": gamma, "psi": 0.8, "activation": name, "draws": 2}
    grid = ridge(lam=[0.0, 0.1], rng=np.random.default_rng(8), **given)
    for i, lam in enumerate([0.0, 0.1]):
        one = ridge(lam=lam, rng=np.random.default_rng(8), **given)
        for field in FIELDS:
            np.testing.assert_allclose(getattr(one, field), getattr(grid, field)[:, i], rtol=1e-8, atol=1e-12)


@pytest.mark.false_alarm(0)
def test_a_feature_has_its_own_size_to_the_last_bit() -> None:
    half = lower(layer("sign", 40).kernel, sphere(45, 40, np.random.default_rng(0)))
    np.testing.assert_array_equal(half.diagonal(), 0.5)  # arcsin at 1 - 1e-16 is off by 1e-8


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("name", NAMES)
def test_the_blocks_make_the_whole(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"n": 23, "gamma": 1.3, "psi": 1.2, "activation": name, "lam": [0.1, 1.0], "draws": 1, **GIVEN}
    whole = ridge(**given, rng=np.random.default_rng(7))
    monkeypatch.setattr(_forms, "ROWS", 5)
    blocks = ridge(**given, rng=np.random.default_rng(7))
    for field in FIELDS:
        np.testing.assert_allclose(getattr(blocks, field), getattr(whole, field), rtol=1e-12)  # rounding alone


@pytest.mark.false_alarm(0)
def test_moments_and_bad_input() -> None:
    given = {"n": 20, "gamma": 1.2, "psi": 0.5, "activation": "relu"}
    assert moments(lam=0.1, **given) == math.inf
    assert moments(lam=0.0, **given) == 2  # |24 - 20| = 4
    assert moments(lam=0.0, of="train", **given) == math.inf
    rng = np.random.default_rng(0)
    for name, value in {"activation": "rely", "psi": 0.01, "lam": -0.1, "nonlinear": -1.0}.items():
        with pytest.raises(ValueError, match=name):
            ridge(**{**given, "lam": 0.1, name: value}, draws=1, rng=rng)
    with pytest.raises(ValueError, match="rank deficient"):
        ridge(n=20, gamma=2.0, psi=0.1, activation="identity", lam=0.0, draws=1, rng=rng)
