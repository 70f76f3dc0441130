"""The dense simulator against textbook NumPy: at given rows, over many noises, in the mean, in hard cases and on bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulate import _conditional, designs
from simulate.draws import Draws
from simulate.ridge import moments, ridge

FIELDS = ("bias", "variance", "excess", "test", "train", "gcv", "loo", "norm2", "estimation")
Z = 5.5  # normal tail 4e-8 a statistic


def textbook(
    X: np.ndarray, beta: np.ndarray, delta: float, sigma2: float, s: np.ndarray, hidden: float | np.ndarray = 0.0
) -> dict:
    """Risks of beta_hat = A y from A and the hat matrix alone; I - H is taken up to a factor where the fit interpolates."""
    n, p = X.shape
    A = np.linalg.pinv(X) if delta == 0 else X.T @ np.linalg.inv(X @ X.T + delta * np.eye(n))
    mean = X @ beta + hidden
    miss = beta - A @ mean
    E = np.linalg.inv(X @ X.T) if delta == 0 and p >= n else np.eye(n) - X @ A
    noise = sigma2 * np.sum(A.T**2 @ s)
    residual = (E @ mean) ** 2 + sigma2 * np.sum(E**2, axis=1)
    excess = miss**2 @ s + noise
    return {
        "bias": (beta - A @ (X @ beta)) ** 2 @ s,
        "variance": noise + (A @ (hidden * np.ones(n))) ** 2 @ s,
        "excess": excess,
        "test": excess + sigma2,
        "train": 0.0 if delta == 0 and p >= n else np.mean(residual),
        "gcv": n * np.sum(residual) / np.trace(E) ** 2,
        "loo": np.mean(residual / np.diag(E) ** 2),
        "norm2": np.sum((A @ mean) ** 2) + sigma2 * np.sum(A**2),
        "estimation": np.sum(miss**2) + sigma2 * np.sum(A**2),
    }


LAM = np.array([[0.0, 1e-3], [0.3, 50.0]])


@pytest.mark.parametrize("spectrum", ["isotropic", "ar1:0.6", "atoms:3@0.5,0.2@0.5"])
@pytest.mark.parametrize("gamma", [0.4, 0.95, 1.0, 1.05, 2.5])
def test_every_field_is_the_textbooks(gamma: float, spectrum: str) -> None:
    n, seed = 20, 11
    p = round(gamma * n)
    found = ridge(n=n, gamma=gamma, lam=LAM, r2=2.0, sigma2=0.7, spectrum=spectrum, draws=2, rng=np.random.default_rng(seed))
    rng, s, fill = np.random.default_rng(seed), designs.parse(spectrum, p), designs.rows(spectrum, "gaussian", p)
    for draw in range(2):
        X = np.empty((n + (p > n and spectrum == "isotropic"), p))  # there one row more is drawn than is fitted
        fill(X, rng)
        beta = designs.draw_signal("isotropic", 2.0, p, rng)
        for at in np.ndindex(LAM.shape):
            expected = textbook(X[:n], beta, n * LAM[at], 0.7, s)
            for name in FIELDS:
                value = getattr(found, name)[(draw, *at)]
                # 1e-8: at p = n = 20 the textbook's inverses lose 7 digits and more; 1e-12: the textbook's own zero
                assert value == pytest.approx(expected[name], rel=1e-8, abs=1e-12), (name, LAM[at])


@pytest.mark.parametrize(("n", "p"), [(12, 30), (30, 12), (15, 15)])
@pytest.mark.parametrize("lam", [0.0, 0.2])
def test_conditional_expectations_average_many_noises(n: int, p: int, lam: float) -> None:
    rng = np.random.default_rng(12)
    s = np.linspace(2, 0.5, p)
    X, beta = rng.standard_normal((n, p)) * np.sqrt(s), rng.standard_normal(p)
    exact = _conditional.exact(X, beta, np.array([n * lam]), sigma2=0.5, form=_conditional.diagonal_form(s))
    y = X @ beta + math.sqrt(0.5) * rng.standard_normal((20_000, n))
    A = np.linalg.pinv(X) if lam == 0 else np.linalg.solve(X.T @ X + n * lam * np.eye(p), X.T)
    fits, H = y @ A.T, X @ A
    measured = {
        "excess": (fits - beta) ** 2 @ s,
        "norm2": np.sum(fits**2, axis=1),
        "estimation": np.sum((fits - beta) ** 2, axis=1),
    }
    if not (lam == 0 and p >= n):
        residual = y - fits @ X.T
        measured["train"] = np.mean(residual**2, axis=1)
        measured["gcv"] = measured["train"] / (1 - np.trace(H) / n) ** 2
        measured["loo"] = np.mean((residual / (1 - np.diag(H))) ** 2, axis=1)
    for name, values in measured.items():
        z = (values.mean() - exact[name][0]) / (values.std() / math.sqrt(len(values)))
        assert abs(z) < Z, (name, z)


def test_leave_one_out_is_what_its_name_says() -> None:
    rng = np.random.default_rng(13)
    for n, p in [(9, 14), (14, 9)]:
        X, beta = rng.standard_normal((n, p)), rng.standard_normal(p)
        for delta in (0.0, 0.8):
            found = _conditional.exact(X, beta, np.array([delta]), sigma2=0.0, form=_conditional.diagonal_form(np.ones(p)))
            errors = []
            for i in range(n):
                rest = np.delete(X, i, axis=0)
                stacked = np.vstack([rest, math.sqrt(delta) * np.eye(p)])
                fit = np.linalg.pinv(stacked) @ np.concatenate([rest @ beta, np.zeros(p)])
                errors.append((X[i] @ (beta - fit)) ** 2)
            assert found["loo"][0] == pytest.approx(np.mean(errors), rel=1e-9, abs=1e-20)  # noiseless p < n: zero


@pytest.mark.parametrize(("n", "gamma"), [(30, 2.0), (30, 0.5), (40, 5.0)])
def test_exact_gaussian_means(n: int, gamma: float) -> None:
    """Inverse Wishart means: sigma2 p/(n-p-1) or sigma2 n/(p-n-1), any spectrum for p < n; projections for the bias."""
    p = round(gamma * n)
    spectrum = "ar1:0.5" if p < n else "isotropic"
    draws = ridge(n=n, gamma=gamma, lam=0.0, r2=3.0, sigma2=2.0, spectrum=spectrum, draws=2000, rng=np.random.default_rng(14))
    truth = {
        "variance": 2.0 * (p / (n - p - 1) if p < n else n / (p - n - 1)),
        "bias": 3.0 * max(0.0, 1 - n / p),
        "train": 2.0 * max(0.0, 1 - p / n),
    }
    for name, value in truth.items():
        sample = getattr(draws, name)
        assert abs(sample.mean() - value) < Z * sample.std() / math.sqrt(len(sample)) + 1e-12, name  # 1e-12: constants


@given(st.integers(2, 12), st.integers(1, 25), st.integers(0, 2**32 - 1))
def test_one_penalty_is_a_column_of_the_grid(n: int, p: int, seed: int) -> None:
    lam = np.array([0.05, 1.0, 7.0])
    arguments = {"n": n, "gamma": p / n, "spectrum": "power:1", "draws": 2}
    grid = ridge(lam=lam, rng=np.random.default_rng(seed), **arguments).to_dict()
    for k, one in enumerate(lam):
        single = ridge(lam=float(one), rng=np.random.default_rng(seed), **arguments).to_dict()
        for name in FIELDS:
            np.testing.assert_allclose(single[name], grid[name][:, k], rtol=1e-9, atol=1e-14)  # 1e-14: small next to test >= 1


def test_negative_penalties_and_their_pole() -> None:
    n, p = 20, 80
    draws = ridge(n=n, gamma=p / n, lam=-0.3, draws=2, rng=np.random.default_rng(17))
    rng = np.random.default_rng(17)
    X = rng.standard_normal((n + 1, p))
    beta = designs.draw_signal("isotropic", 1.0, p, rng)
    expected = textbook(X[:n], beta, -0.3 * n, 1.0, np.ones(p))
    for name in FIELDS:
        assert getattr(draws, name)[0] == pytest.approx(expected[name], rel=1e-10)
    for gamma in (0.2, 1.0, 4.0):
        with pytest.raises(ValueError, match="pole of a draw"):
            ridge(n=n, gamma=gamma, lam=-3.0, draws=1, rng=rng)


def test_directions_of_variance_zero() -> None:
    """Nothing is learnt or lost there; only `estimation` counts them."""
    with_zeros = ridge(n=10, gamma=2.0, lam=[0.0, 0.1], spectrum="atoms:1@0.3,0@0.7", draws=3, rng=np.random.default_rng(18))
    rng = np.random.default_rng(18)
    for draw in range(3):
        X, beta = rng.standard_normal((10, 20))[:, :6], designs.draw_signal("isotropic", 1.0, 20, rng)
        for k, delta in enumerate((0.0, 1.0)):
            expected = textbook(X, beta[:6], delta, 1.0, np.ones(6))
            expected["estimation"] += np.sum(beta[6:] ** 2)
            for name in FIELDS:
                assert getattr(with_zeros, name)[draw, k] == pytest.approx(expected[name], rel=1e-9, abs=1e-12)  # 1e-12: zeros


def test_large_draws_take_one_more_row(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = {"n": 12, "gamma": 2.0, "lam": [0.1], "spectrum": "power:1", "draws": 1}
    small = ridge(rng=np.random.default_rng(19), **arguments)
    monkeypatch.setattr("simulate._conditional.LARGE", 12)
    large = ridge(rng=np.random.default_rng(19), **arguments)
    rng, s, X = np.random.default_rng(19), designs.parse("power:1", 24), np.empty((13, 24))
    designs.rows("power:1", "gaussian", 24)(X, rng)
    beta = designs.draw_signal("isotropic", 1.0, 24, rng)
    expected = _conditional.one_more(X, beta, np.array([1.2]), sigma2=1.0, s=s)
    assert large.variance[0, 0] == pytest.approx(expected["variance"][0], rel=1e-12)
    assert large.bias[0, 0] == pytest.approx(expected["bias"][0], rel=1e-12)
    exact = textbook(X[:12], beta, 1.2, 1.0, s)["variance"]
    assert small.variance[0, 0] != large.variance[0, 0] != exact


@pytest.mark.parametrize("entries", ["gaussian", "rademacher", "student:5", "elliptical:5"])
@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_shapes_and_reproducibility(entries: str, gamma: float) -> None:
    def run(seed: int) -> Draws:
        return ridge(n=14, gamma=gamma, lam=LAM, entries=entries, spectrum="ar1:0.3", draws=3, rng=np.random.default_rng(seed))

    first, again, other = run(1).to_dict(), run(1).to_dict(), run(2).to_dict()
    assert set(first) == set(FIELDS)
    for name in FIELDS:
        assert first[name].shape == (3, 2, 2)
        assert np.all(np.isfinite(first[name]))
        assert np.array_equal(first[name], again[name])
    assert not np.any(first["excess"] == other["excess"])
    np.testing.assert_allclose(first["test"], first["excess"] + 1.0, rtol=1e-15)


@pytest.mark.parametrize(("p", "count"), [(96, 2), (97, 1), (98, 1), (99, 0), (100, 0), (101, 0), (102, 1), (103, 1), (104, 2)])
def test_moments_of_ridgeless_gaussian_draws(p: int, count: int) -> None:
    assert moments(n=100, gamma=p / 100, lam=0.0, of="excess") == count  # a mean iff |p-n| > 1, a variance iff |p-n| > 3


def test_moments_elsewhere() -> None:
    assert moments(n=100, gamma=1.0, lam=[0.1, 0.2]) == math.inf
    assert moments(n=100, gamma=1.0, lam=[0.1, 0.0]) == 0
    assert moments(n=100, gamma=0.98, lam=0.0, of="loo") == 0  # n - 1 = p + 1 rows
    assert moments(n=100, gamma=2.0, lam=0.1, entries="student:5") == 2
    assert moments(n=100, gamma=2.0, lam=0.1, entries="student:5", of="excess") == math.inf
    assert ridge.moments is moments  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("bad", "name"),
    [
        ({"gamma": 0.0}, "gamma"),
        ({"lam": math.nan}, "lam"),
        ({"sigma2": -1.0}, "sigma2"),
        ({"r2": math.inf}, "r2"),
        ({"draws": 0}, "draws"),
        ({"n": 2.5}, "n"),
        ({"rng": 3}, "rng"),
        ({"spectrum": "ar1:2"}, "spectrum"),
        ({"spectrum": "atoms:0@1"}, "spectrum"),
        ({"entries": "cauchy"}, "entries"),
        ({"signal": "left"}, "signal"),
        ({"alpha": 1.0}, "alpha"),
    ],
)
def test_bad_input_is_refused_by_name(bad: dict, name: str) -> None:
    arguments = {"n": 10, "gamma": 2.0, "lam": 0.1, "draws": 1, "rng": np.random.default_rng(0)} | bad
    with pytest.raises(ValueError, match=f"^{name} = .* is refused"):
        ridge(**arguments)
