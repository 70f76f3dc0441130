"""The dense simulator against textbook NumPy: at given rows, over many signals and noises, in the mean, and on bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulate import _conditional, designs, isotropic
from simulate.draws import Draws
from simulate.ridge import moments, ridge

FIELDS = ("bias", "variance", "excess", "test", "train", "gcv", "loo", "norm2", "estimation")
Z = 6.5
RATE = 3e-8  # of |z| > Z: 8e-11 for a normal mean, at most exp(skewness Z^3 / (6 sqrt draws)) = 370 times that: skewness 5, 1500 draws


def columns(signal: str, r2: float, p: int) -> np.ndarray:
    """B (p, q) with E beta beta' = B B': the q directions that the signal may have, each of length (r2/q)^(1/2)."""
    kind, _, share = signal.partition(":")
    q = p if kind == "isotropic" else max(1, round(float(share) * p))
    return np.eye(p)[:, p - q :] * math.sqrt(r2 / q) if kind == "bottom" else np.eye(p)[:, :q] * math.sqrt(r2 / q)


def signals(B: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """beta (draws, p), uniform on the sphere that the columns of B span."""
    direction = rng.standard_normal((draws, B.shape[1]))
    return direction * math.sqrt(B.shape[1]) / np.linalg.norm(direction, axis=1, keepdims=True) @ B.T


def textbook(X: np.ndarray, B: np.ndarray, delta: float, sigma2: float, S: np.ndarray) -> dict:
    """Risks of beta_hat = A y from A and the hat matrix alone, summed over the columns of B, of which each is a signal.

    I - H is taken up to a factor where the fit interpolates. S: the population covariance, or its diagonal.
    """
    n, p = X.shape
    S = np.diag(S) if S.ndim == 1 else S
    A = np.linalg.pinv(X) if delta == 0 else X.T @ np.linalg.inv(X @ X.T + delta * np.eye(n))
    fit = A @ X @ B
    E = np.linalg.inv(X @ X.T) if delta == 0 and p >= n else np.eye(n) - X @ A
    bias, noise = np.trace((B - fit).T @ S @ (B - fit)), sigma2 * np.trace(A.T @ S @ A)
    residual = np.sum((E @ X @ B) ** 2, axis=1) + sigma2 * np.sum(E**2, axis=1)
    squares = np.linalg.svd(X, compute_uv=False) ** 2 + delta
    condition = squares[0] / np.abs(squares[-1]) / min(1.0, np.abs(np.diag(E)).min())
    return {
        "rtol": max(1e-8, 100 * np.finfo(float).eps * condition),  # what the inverses lose, and 1 - H_ii where it is small
        "bias": bias,
        "variance": noise,
        "excess": bias + noise,
        "test": bias + noise + sigma2,
        "train": 0.0 if delta == 0 and p >= n else np.mean(residual),
        "gcv": n * np.sum(residual) / np.trace(E) ** 2,
        "loo": np.mean(residual / np.diag(E) ** 2),
        "norm2": np.sum(fit**2) + sigma2 * np.sum(A**2),
        "estimation": np.sum((B - fit) ** 2) + sigma2 * np.sum(A**2),
    }


LAM = np.array([[0.0, 1e-3], [0.3, 50.0]])


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("signal", ["isotropic", "top:0.3", "bottom:0.6"])
@pytest.mark.parametrize("spectrum", ["isotropic", "ar1:0.6", "atoms:3@0.5,0.2@0.5"])
@pytest.mark.parametrize("gamma", [0.4, 0.95, 1.0, 1.05, 2.5])
def test_every_field_is_the_textbooks(gamma: float, spectrum: str, signal: str) -> None:
    n, seed = 20, 11
    p = round(gamma * n)
    arguments = {"n": n, "gamma": gamma, "r2": 2.0, "sigma2": 0.7, "spectrum": spectrum, "signal": signal, "draws": 2}
    found = ridge(lam=LAM, rng=np.random.default_rng(seed), **arguments)
    single = {at: ridge(lam=LAM[at], rng=np.random.default_rng(seed), **arguments) for at in np.ndindex(LAM.shape)}
    rng, s, fill = np.random.default_rng(seed), designs.parse(spectrum, p), designs.rows(spectrum, "gaussian", p)
    for draw in range(2):
        X = np.empty((n, p))
        fill(X, rng)
        for at in np.ndindex(LAM.shape):
            expected = textbook(X, columns(signal, 2.0, p), n * LAM[at], 0.7, s)
            for name in FIELDS:
                near = pytest.approx(expected[name], rel=expected["rtol"], abs=expected["rtol"] / 100)  # zeros, beside test >= 1
                assert getattr(found, name)[(draw, *at)] == near, (name, LAM[at])
                assert getattr(single[at], name)[draw] == near, (name, LAM[at])


@pytest.mark.false_alarm(6 * 1e-9)  # 20 000 draws: the skewness matters less
@pytest.mark.parametrize("signal", ["isotropic", "top:0.4", "bottom:0.4"])
@pytest.mark.parametrize(("n", "p"), [(12, 30), (30, 12), (15, 15)])
@pytest.mark.parametrize("lam", [0.0, 0.2])
def test_conditional_expectations_average_many_signals_and_noises(n: int, p: int, lam: float, signal: str) -> None:
    """At fixed X: beta drawn on its sphere, noise drawn, both anew 20 000 times."""
    rng = np.random.default_rng(12)
    s, B = np.linspace(2, 0.5, p), columns(signal, 3.0, p)
    X, beta = rng.standard_normal((n, p)) * np.sqrt(s), signals(B, 20_000, rng)
    np.testing.assert_allclose(np.sum(beta**2, axis=1), 3.0, rtol=1e-12)  # rounding of 30 terms
    exact = _conditional.exact(X, np.array([n * lam]), v=designs.energies(signal, 3.0, p), S=s, sigma2=0.5)
    y = beta @ X.T + math.sqrt(0.5) * rng.standard_normal((20_000, n))
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


@pytest.mark.false_alarm(0)
def test_leave_one_out_is_what_its_name_says() -> None:
    rng = np.random.default_rng(13)
    for n, p in [(9, 14), (14, 9)]:
        X, v = rng.standard_normal((n, p)), rng.random(p)
        B = np.diag(np.sqrt(v))
        for delta in (0.0, 0.8):
            found = _conditional.exact(X, np.array([delta]), v=v, S=np.ones(p), sigma2=0.0)
            errors = []
            for i in range(n):
                rest = np.delete(X, i, axis=0)
                stacked = np.vstack([rest, math.sqrt(delta) * np.eye(p)])
                fit = np.linalg.pinv(stacked) @ np.concatenate([rest @ B, np.zeros((p, p))])
                errors.append(np.sum((X[i] @ (B - fit)) ** 2))
            assert found["loo"][0] == pytest.approx(np.mean(errors), rel=1e-9, abs=1e-20)  # noiseless p < n: zero


@pytest.mark.false_alarm(3 * RATE)
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


@pytest.mark.false_alarm(9 * 1e-9)
@pytest.mark.parametrize(
    ("n", "p", "lam"), [(12, 25, 0.0), (25, 12, 0.0), (15, 15, 0.2), (10, 20, 0.3), (20, 10, 0.05), (14, 15, 0.0)]
)
def test_isotropic_designs_have_the_law_of_the_fast_sampler(n: int, p: int, lam: float) -> None:
    """The O(n) sampler knows nothing of rows or signals: bidiagonal recursions on the one side, dense algebra on the other."""
    arguments = {"n": n, "gamma": p / n, "lam": lam, "r2": 5.0, "sigma2": 1.5}
    dense, fast = (
        sampler(draws=3000, rng=np.random.default_rng(seed), **arguments).to_dict()
        for seed, sampler in ((22, ridge), (23, isotropic.ridge))
    )
    # Massart for both samples: P(distance > 2 t) <= 4 exp(-2 N t^2), 1e-9 a field
    bound = 2 * math.sqrt(math.log(4 / 1e-9) / (2 * 3000))
    for name, values in fast.items():
        x, y = np.sort(np.round(dense[name], 9)), np.sort(np.round(values, 9))  # nine decimals: constants meet
        both = np.concatenate([x, y])
        distance = np.searchsorted(x, both, side="right") - np.searchsorted(y, both, side="right")
        assert np.abs(distance).max() / 3000 < bound, name


@pytest.mark.false_alarm(0)
@given(st.integers(2, 12), st.integers(1, 25), st.integers(0, 2**32 - 1))
def test_one_penalty_is_a_column_of_the_grid(n: int, p: int, seed: int) -> None:
    lam = np.array([0.05, 1.0, 7.0])
    arguments = {"n": n, "gamma": p / n, "spectrum": "power:1", "draws": 2}
    grid = ridge(lam=lam, rng=np.random.default_rng(seed), **arguments).to_dict()
    for k, one in enumerate(lam):
        single = ridge(lam=float(one), rng=np.random.default_rng(seed), **arguments).to_dict()
        for name in FIELDS:
            np.testing.assert_allclose(single[name], grid[name][:, k], rtol=1e-9, atol=1e-14)  # 1e-14: small next to test >= 1


@pytest.mark.false_alarm(0)
def test_negative_penalties_and_their_pole() -> None:
    for n, p, lam in [(20, 80, -0.3), (60, 12, -0.05)]:
        for signal in ("isotropic", "top:0.5"):
            arguments = {"n": n, "gamma": p / n, "signal": signal, "spectrum": "ar1:0.3", "draws": 1}
            one = ridge(lam=lam, rng=np.random.default_rng(17), **arguments)
            two = ridge(lam=[lam, 0.1], rng=np.random.default_rng(17), **arguments)
            X = np.empty((n, p))
            designs.rows("ar1:0.3", "gaussian", p)(X, np.random.default_rng(17))
            expected = textbook(X, columns(signal, 1.0, p), lam * n, 1.0, designs.parse("ar1:0.3", p))
            for name in FIELDS:
                assert getattr(one, name)[0] == pytest.approx(expected[name], rel=1e-9), name  # conditions of 1e3
                assert getattr(two, name)[0, 0] == pytest.approx(expected[name], rel=1e-9), name
    rng = np.random.default_rng(17)
    X = rng.standard_normal((20, 80))
    smallest = np.linalg.svd(X, compute_uv=False)[-1] ** 2
    for share, refused in [(0.98, False), (0.995, True), (1.1, True)]:  # of the way to the pole; 1 % of the penalty is the rule
        for delta in (np.full(1, -share * smallest), np.array([-share * smallest, 1.0])):
            given = {"v": np.full(80, 1 / 80), "S": np.linspace(1, 2, 80), "sigma2": 1.0}
            if refused:
                with pytest.raises(ValueError, match="pole of a draw"):
                    _conditional.exact(X, delta, **given)
            else:
                expected = textbook(X, np.eye(80) / math.sqrt(80), delta[0], 1.0, given["S"])
                found = _conditional.exact(X, delta, **given)
                assert found["excess"][0] == pytest.approx(expected["excess"], rel=1e-9)  # conditions of 1e4
    for gamma in (0.2, 1.0, 4.0):
        with pytest.raises(ValueError, match="pole of a draw"):
            ridge(n=n, gamma=gamma, lam=-3.0, draws=1, rng=rng)


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("signal", ["isotropic", "bottom:0.8"])
def test_directions_of_variance_zero(signal: str) -> None:
    """Nothing is learnt or lost there; only `estimation` counts them."""
    arguments = {"n": 10, "gamma": 2.0, "lam": [0.0, 0.1], "spectrum": "atoms:1@0.3,0@0.7", "signal": signal, "draws": 3}
    with_zeros = ridge(rng=np.random.default_rng(18), **arguments)
    rng, B = np.random.default_rng(18), columns(signal, 1.0, 20)
    for draw in range(3):
        X = rng.standard_normal((10, 20))[:, :6]
        for k, delta in enumerate((0.0, 1.0)):
            expected = textbook(X, B[:6], delta, 1.0, np.ones(6))
            expected["estimation"] += np.sum(B[6:] ** 2)
            for name in FIELDS:
                assert getattr(with_zeros, name)[draw, k] == pytest.approx(expected[name], rel=1e-9, abs=1e-12)  # 1e-12: zeros


@pytest.mark.false_alarm(0)
def test_large_draws_take_one_more_row(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = {"n": 12, "gamma": 2.0, "lam": [0.1], "spectrum": "power:1", "draws": 1}
    small = ridge(rng=np.random.default_rng(19), **arguments)
    monkeypatch.setattr("simulate._conditional.LARGE", 12)
    large = ridge(rng=np.random.default_rng(19), **arguments)
    s, v, X = designs.parse("power:1", 24), np.full(24, 1 / 24), np.empty((13, 24))
    designs.rows("power:1", "gaussian", 24)(X, np.random.default_rng(19))
    expected = _conditional.one_more(X, np.array([1.2]), v=v, s=s, sigma2=1.0)
    exact = textbook(X[:12], columns("isotropic", 1.0, 24), 1.2, 1.0, s)
    for name in FIELDS:
        assert getattr(large, name)[0, 0] == pytest.approx(expected[name][0], rel=1e-12)
        assert getattr(small, name)[0, 0] == pytest.approx(exact[name], rel=1e-9)  # conditions of 1e3
        swapped = name in ("bias", "variance", "excess", "test")
        assert (getattr(large, name)[0, 0] == pytest.approx(exact[name], rel=1e-9)) != swapped, name
    others = {"gamma": 0.5}, {"spectrum": "isotropic"}, {"signal": "top:0.5"}, {"entries": "student:5"}, {"lam": [0.1, 1e5]}
    for other in others:  # none of these takes a row more: the next number of the generator is the one after n rows
        rng = np.random.default_rng(20)
        ridge(rng=rng, **(arguments | other))
        after, same = rng.random(), np.random.default_rng(20)
        given = arguments | other
        designs.rows(given["spectrum"], given.get("entries", "gaussian"), p := round(12 * given["gamma"]))(
            np.empty((12, p)), same
        )
        assert after == same.random(), other


@pytest.mark.false_alarm(0)
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


@pytest.mark.false_alarm(0)
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
