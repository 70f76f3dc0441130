"""The literal models against NumPy code that simulates them in the plainest way, and against exact Gaussian means."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simulate import covariate_shift, designs, latent_space, misspecified, nonlinear_features
from simulate.ridge import ridge
from tests.test_simulate_ridge import FIELDS, RATE, Z, columns, textbook

LAM = np.array([0.0, 0.2])


def agree(found: np.ndarray, plain: np.ndarray, label: object) -> None:
    """Two samples have the same mean."""
    z = (found.mean() - plain.mean()) / math.sqrt(found.var() / len(found) + plain.var() / len(plain))
    assert abs(z) < Z, (label, z)


def fit(X: np.ndarray, y: np.ndarray, lam: float) -> np.ndarray:
    n, p = X.shape
    return np.linalg.pinv(X) @ y if lam == 0 else np.linalg.solve(X.T @ X + n * lam * np.eye(p), X.T @ y)


def realised(X: np.ndarray, y: np.ndarray, estimate: np.ndarray) -> dict[str, float]:
    """What one set of labels shows: squared norm of the fit, training error."""
    return {"norm2": float(estimate @ estimate), "train": float(np.mean((y - X @ estimate) ** 2))}


@pytest.mark.false_alarm(13 * RATE)
@pytest.mark.parametrize(("n", "p"), [(20, 36), (36, 20)])
@pytest.mark.parametrize("lam", [0.0, 0.3])
def test_misspecified_has_the_mean_of_drawing_all_hidden_features(n: int, p: int, lam: float) -> None:
    """q = p hidden features, realised noise, errors on fresh points: the plainest simulation there is."""
    explained, r2, sigma2, rng = 0.6, 2.0, 0.5, np.random.default_rng(2)
    decay = -math.log(1 - explained) / math.log1p(p / n)
    missing, plain = (1 - explained) * r2, []
    for _ in range(2500):
        beta, theta = rng.standard_normal(p), rng.standard_normal(p)
        beta *= math.sqrt(explained * r2) / np.linalg.norm(beta)
        theta *= math.sqrt(missing) / np.linalg.norm(theta)
        X, w = rng.standard_normal((n, p)), rng.standard_normal((n, p))
        y = X @ beta + w @ theta + math.sqrt(sigma2) * rng.standard_normal(n)
        estimate = fit(X, y, lam)
        new, hidden = rng.standard_normal((20, p)), rng.standard_normal((20, p))
        labels = new @ beta + hidden @ theta
        plain.append(
            realised(X, y, estimate)
            | {
                "excess": float(np.mean((new @ estimate - labels) ** 2)),
                "test": float(np.mean((new @ estimate - labels - math.sqrt(sigma2) * rng.standard_normal(20)) ** 2)),
                "estimation": float(np.sum((estimate - beta) ** 2)),
                "bias": missing + float(np.sum((fit(X, X @ beta, lam) - beta) ** 2)),
            }
        )
    draws = misspecified.ridge(n=n, gamma=p / n, lam=lam, decay=decay, r2=r2, sigma2=sigma2, draws=2500, rng=rng)
    same = misspecified.ridge(n=n, gamma=p / n, lam=lam, explained=explained, r2=r2, sigma2=sigma2, draws=2500, rng=rng)
    for name in plain[0]:
        values = np.array([x[name] for x in plain])
        if not (name == "train" and lam == 0 and p > n) and not (name == "bias" and lam == 0 and p < n):  # constants
            agree(getattr(draws, name), values, name)
            agree(getattr(same, name), values, name)
    np.testing.assert_allclose(draws.bias + draws.variance, draws.excess, rtol=1e-13)  # rounding of three sums
    assert draws.loo is None
    if lam == 0:
        loss = explained * r2 * max(0, 1 - n / p) + (sigma2 + missing) * min(n, p) / (abs(p - n) - 1)
        assert abs(draws.excess.mean() - missing - loss) < Z * draws.excess.std() / math.sqrt(2500)


@pytest.mark.false_alarm(6 * RATE)
@pytest.mark.parametrize(("n", "p", "d"), [(24, 40, 6), (40, 24, 6), (20, 30, 30)])
@pytest.mark.parametrize("lam", [0.0, 0.2])
def test_latent_space_has_the_mean_of_a_full_weight_matrix(n: int, p: int, d: int, lam: float) -> None:
    """W, z, theta and the noise drawn as the model is written."""
    mu, r2, sigma2, rng = 1.5, 2.0, 0.5, np.random.default_rng(3)
    plain = []
    for _ in range(2500):
        W = np.linalg.qr(rng.standard_normal((p, d)))[0] * math.sqrt(p * mu / d)
        theta = rng.standard_normal(d)
        theta *= math.sqrt(r2) / np.linalg.norm(theta)
        z = rng.standard_normal((n, d))
        X = z @ W.T + rng.standard_normal((n, p))
        y = z @ theta + math.sqrt(sigma2) * rng.standard_normal(n)
        estimate = fit(X, y, lam)
        fresh = rng.standard_normal((20, d))
        new, labels = fresh @ W.T + rng.standard_normal((20, p)), fresh @ theta + math.sqrt(sigma2) * rng.standard_normal(20)
        S = W @ W.T + np.eye(p)
        best = np.linalg.solve(S, W @ theta)
        miss = estimate - best
        plain.append(
            realised(X, y, estimate)
            | {
                "excess": float(miss @ S @ miss),
                "test": float(np.mean((new @ estimate - labels) ** 2)),
                "estimation": float(miss @ miss),
            }
        )
    draws = latent_space.ridge(
        n=n, gamma=p / n, psi=d / p, mu=mu, lam=lam, r2=r2, sigma2=sigma2, draws=2500, rng=np.random.default_rng(4)
    )
    for name in plain[0]:
        if not (name == "train" and lam == 0 and p > n):  # zero
            agree(getattr(draws, name), np.array([x[name] for x in plain]), name)
    agree(draws.bias + draws.variance, np.array([x["excess"] for x in plain]), "bias + variance")
    # y - x'beta has variance sigma2 + |theta|^2/(1 + p mu/d) given x
    np.testing.assert_allclose(draws.test - draws.excess, sigma2 + r2 / (1 + p * mu / d), rtol=1e-9)  # 1e-9: a difference


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.5])
@pytest.mark.parametrize(
    ("simulate", "more"),
    [
        (misspecified.ridge, {"explained": 0.5}),
        (latent_space.ridge, {"psi": 0.4}),
        (covariate_shift.ridge, {"shifted": "power:2", "spectrum": "power:1"}),
        (nonlinear_features.ridge, {"psi": 1.5, "activation": "tanh"}),
    ],
)
def test_one_penalty_is_a_column_of_the_grid(simulate: object, more: dict, gamma: float) -> None:
    lam = [0.0, 0.05, 3.0]
    arguments = {"n": 15, "gamma": gamma, "draws": 2, **more}
    grid = simulate(lam=lam, rng=np.random.default_rng(8), **arguments).to_dict()  # type: ignore[operator]
    for k, one in enumerate(lam):
        single = simulate(lam=one, rng=np.random.default_rng(8), **arguments).to_dict()  # type: ignore[operator]
        assert single.keys() == grid.keys()
        for name in grid:
            # 1e-8: conditions up to 1e7; 1e-12: small next to test >= 1
            np.testing.assert_allclose(single[name], grid[name][:, k], rtol=1e-8, atol=1e-12)


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
def test_covariate_shift_is_the_textbook_given_rows(gamma: float) -> None:
    n = 14
    p = round(gamma * n)
    s = designs.parse("ar1:0.5", p)
    for shifted, values in {"power:3": s**3, "power:-0.5": s**-0.5, "identity": np.ones(p), "array": np.arange(p) + 0.5}.items():
        given = values if shifted == "array" else shifted
        found = covariate_shift.ridge(
            n=n, gamma=gamma, lam=LAM, shifted=given, spectrum="ar1:0.5", signal="top:0.3", draws=1, rng=np.random.default_rng(5)
        )
        rng, X = np.random.default_rng(5), np.empty((n, p))
        designs.rows("ar1:0.5", "gaussian", p)(X, rng)
        for k, lam in enumerate(LAM):
            expected = textbook(X, columns("top:0.3", 1.0, p), n * lam, 1.0, values)
            for name in FIELDS:
                near = pytest.approx(expected[name], rel=expected["rtol"], abs=expected["rtol"] / 100)  # zeros, beside test >= 1
                assert getattr(found, name)[0, k] == near, (shifted, name)


@pytest.mark.false_alarm(9 * RATE)
def test_no_shift_has_the_mean_of_ridge() -> None:
    arguments = {"n": 20, "gamma": 2.0, "lam": 0.1, "spectrum": "power:1", "draws": 1500}
    same = covariate_shift.ridge(shifted="power:1", rng=np.random.default_rng(6), **arguments)
    plain = ridge(rng=np.random.default_rng(7), **arguments)
    for name in FIELDS:
        agree(getattr(same, name), getattr(plain, name), name)


def gaussian_rule() -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights for expectations over a standard Gaussian: Gauss-Legendre panels that split at 0."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    t = (np.linspace(-12, 11.5, 48)[:, None] + 0.25 * (nodes + 1)).ravel()
    return t, np.tile(0.25 * weights, 48) * np.exp(-(t**2) / 2) / math.sqrt(2 * math.pi)


def hermite_kernel(f: object, rho: np.ndarray) -> np.ndarray:
    """Covariance of f(g), f(g') over Var f, by Hermite coefficients."""
    t, w = gaussian_rule()
    values = f(t)  # type: ignore[operator]
    values = values - w @ values
    below, here, total = np.ones_like(t), t, np.zeros_like(rho)
    for k in range(1, 120):
        total = total + (w @ (values * here)) ** 2 * rho**k
        below, here = here, (t * here - math.sqrt(k) * below) / math.sqrt(k + 1)
    return total / (w @ values**2)


@pytest.mark.parametrize("name", ["identity", "relu", "abs", "purely_nonlinear", "sign", "erf", "tanh"])
def test_kernels_and_constants_of_the_activations(name: str) -> None:
    phi = nonlinear_features.activation_of(name)
    rho = np.linspace(-0.7, 0.7, 29)
    np.testing.assert_allclose(phi.kernel(rho), hermite_kernel(phi.function, rho), atol=1e-13)  # 0.7^120 < 1e-18; round-off
    assert phi.kernel(np.eye(3))[0, 0] == pytest.approx(1.0, abs=1e-14)
    t, w = gaussian_rule()
    phi_t = (phi.function(t) - phi.mean) / phi.sd
    assert abs(w @ phi_t) < 1e-14  # round-off of 2000 terms
    assert w @ phi_t**2 == pytest.approx(1.0, abs=1e-14)


@pytest.mark.false_alarm(RATE)
@pytest.mark.parametrize("name", ["identity", "relu", "abs", "sign", "erf", "tanh"])
@pytest.mark.parametrize(("n", "p", "d"), [(16, 28, 12), (28, 16, 20)])
def test_nonlinear_features_have_the_mean_of_the_plain_simulation(name: str, n: int, p: int, d: int) -> None:
    lam, rng = 0.1, np.random.default_rng(9)
    phi = nonlinear_features.activation_of(name)
    excess = []
    for _ in range(1000):
        W = rng.standard_normal((p, d))
        W /= np.linalg.norm(W, axis=1, keepdims=True)
        beta = rng.standard_normal(p)
        beta /= np.linalg.norm(beta)
        X, new = ((phi.function(rng.standard_normal((m, d)) @ W.T) - phi.mean) / phi.sd for m in (n, 40))
        excess.append(np.mean((new @ (fit(X, X @ beta + rng.standard_normal(n), lam) - beta)) ** 2))
    draws = nonlinear_features.ridge(
        n=n, gamma=p / n, psi=d / p, activation=name, lam=lam, draws=1000, rng=np.random.default_rng(10)
    )
    agree(draws.excess, np.array(excess), name)


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("n", [5, 30])
def test_identity_features_of_low_rank(n: int) -> None:
    """x = W z with d < p: the least-norm fit lies in the span of W; every field from the literal rows."""
    p, d = 20, 8
    found = nonlinear_features.ridge(
        n=n, gamma=p / n, psi=d / p, activation="identity", lam=LAM, draws=1, rng=np.random.default_rng(11)
    )
    rng = np.random.default_rng(11)
    W = rng.standard_normal((p, d))
    W /= np.linalg.norm(W, axis=1, keepdims=True)
    X, B = rng.standard_normal((n, d)) @ W.T, columns("isotropic", 1.0, p)
    for k, lam in enumerate(LAM):
        A = np.linalg.pinv(X, rcond=1e-10) if lam == 0 else np.linalg.solve(X.T @ X + n * lam * np.eye(p), X.T)
        miss = B - A @ X @ B
        expected = {
            "excess": np.sum((W.T @ miss) ** 2) + np.sum((W.T @ A) ** 2),
            "estimation": np.sum(miss**2) + np.sum(A**2),
            "norm2": np.sum((A @ X @ B) ** 2) + np.sum(A**2),
        }
        for name, value in expected.items():
            assert getattr(found, name)[0, k] == pytest.approx(value, rel=1e-9), name


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.5])
@pytest.mark.parametrize("name", ["relu", "tanh", "identity"])
def test_nonlinear_features_are_the_textbook_given_rows(name: str, gamma: float) -> None:
    n = 14
    p = round(gamma * n)
    d = round(1.5 * p)
    found = nonlinear_features.ridge(
        n=n, gamma=gamma, psi=1.5, activation=name, lam=LAM, r2=2.0, sigma2=0.5, draws=1, rng=np.random.default_rng(12)
    )
    rng, phi = np.random.default_rng(12), nonlinear_features.activation_of(name)
    W = rng.standard_normal((p, d))
    W /= np.linalg.norm(W, axis=1, keepdims=True)
    X = (phi.function(rng.standard_normal((n, d)) @ W.T) - phi.mean) / phi.sd
    for k, lam in enumerate(LAM):
        expected = textbook(X, columns("isotropic", 2.0, p), n * lam, 0.5, phi.kernel(np.clip(W @ W.T, -1, 1)))
        for field in FIELDS:
            near = pytest.approx(expected[field], rel=expected["rtol"], abs=expected["rtol"] / 100)  # zeros, beside test >= 1
            assert getattr(found, field)[0, k] == near, field


def test_moments_of_the_models() -> None:
    assert misspecified.ridge.moments(n=50, gamma=1.0, lam=0.0, explained=0.5, sigma2=0.0) == 0
    assert latent_space.ridge.moments(n=50, gamma=2.0, lam=0.0, psi=0.5, sigma2=0.0) >= 2
    assert covariate_shift.ridge.moments(n=50, gamma=1.0, lam=0.1, shifted="identity") == math.inf
    moments = nonlinear_features.ridge.moments
    assert moments(n=50, gamma=2.0, psi=0.5, activation="identity", lam=0.0) == 0  # rank d = n
    assert moments(n=50, gamma=2.0, psi=0.5, activation="relu", lam=0.0) >= 2


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize(
    ("simulate", "bad", "name"),
    [
        (misspecified.ridge, {}, "explained"),
        (misspecified.ridge, {"explained": 0.5, "decay": 1.0}, "explained"),
        (misspecified.ridge, {"explained": 1.5}, "explained"),
        (misspecified.ridge, {"decay": -1.0}, "decay"),
        (misspecified.ridge, {"explained": 0.5, "lam": -0.1}, "lam"),
        (latent_space.ridge, {"psi": 0.0}, "psi"),
        (latent_space.ridge, {"psi": 1.5}, "psi"),
        (latent_space.ridge, {"psi": 0.5, "mu": -1.0}, "mu"),
        (nonlinear_features.ridge, {"psi": 1.0, "activation": "rely"}, "activation"),
        (nonlinear_features.ridge, {"psi": 0.0, "activation": "relu"}, "psi"),
        (covariate_shift.ridge, {"shifted": "squared"}, "shifted"),
        (covariate_shift.ridge, {"shifted": "power:x"}, "shifted"),
        (covariate_shift.ridge, {"shifted": [1.0, 2.0]}, "shifted"),
        (covariate_shift.ridge, {"shifted": "identity", "spectrum": "atoms:1@0.5,0@0.5"}, "spectrum"),
    ],
)
def test_bad_input_is_refused_by_name(simulate: object, bad: dict, name: str) -> None:
    arguments = {"n": 10, "gamma": 2.0, "lam": 0.1, "draws": 1, "rng": np.random.default_rng(0)} | bad
    with pytest.raises(ValueError, match=rf"^{name} = .* is refused"):
        simulate(**arguments)  # type: ignore[operator]
