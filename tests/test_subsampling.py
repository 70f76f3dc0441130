"""Ridge on rows drawn from a finite pool: the measurement against other libraries, the formula against limits, mpmath and draws."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from asymptotics import ridge as infinite
from asymptotics import spectra
from asymptotics import subsampling as theory
from simulate import subsampling as measured

LAM = np.array([0.0, 1e-3, 0.1, 2.0])


def pool(rng: np.random.Generator, rows: int = 60, columns: int = 8, *, noise: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    X = rng.standard_normal((rows, columns)) * np.arange(1, columns + 1) ** -0.7 + 3.0
    return X, X @ rng.standard_normal(columns) + noise * rng.standard_normal(rows) - 7.0


# --- measurement -----------------------------------------------------------------------------------------------------------------


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize(("n", "columns"), [(30, 8), (9, 8), (10, 20), (21, 20)])
def test_a_draw_is_what_scikit_learn_measures_on_the_rows_left_out(n: int, columns: int) -> None:
    """lam = alpha/n, the intercept from the training rows; and (N pool - n train)/(N - n) is the error on the rows left out."""
    from sklearn.linear_model import LinearRegression, Ridge

    X, y = pool(np.random.default_rng(1), columns=columns)
    draws = measured.ridge(X=X, y=y, n=n, lam=LAM, draws=3, rng=np.random.default_rng(2))
    rng = np.random.default_rng(2)
    for draw in range(3):
        chosen = rng.choice(len(X), size=n, replace=False, shuffle=False)
        held = np.setdiff1d(np.arange(len(X)), chosen)
        for i, lam in enumerate(LAM):
            model = (LinearRegression() if lam == 0 else Ridge(alpha=n * lam, solver="svd")).fit(X[chosen], y[chosen])
            error = (y - model.predict(X)) ** 2
            scale = float(error.mean())
            assert draws.test is not None
            assert draws.train is not None
            assert draws.norm2 is not None
            assert_allclose(draws.test[draw, i], error[held].mean(), rtol=1e-8)  # 1e-8: n = p + 1 has condition 1e4 squared
            assert_allclose(draws.train[draw, i], error[chosen].mean(), rtol=1e-8, atol=1e-12 * scale)  # 0 when interpolating
            assert_allclose(draws.norm2[draw, i], np.sum(model.coef_**2), rtol=1e-8)
            corrected = (len(X) * error.mean() - n * error[chosen].mean()) / (len(X) - n)
            assert_allclose(corrected, error[held].mean(), rtol=1e-12)  # the finite-pool correction is an identity


@pytest.mark.false_alarm(0)
def test_gcv_is_that_of_the_hat_matrix_with_the_intercept_in_it() -> None:
    X, y = pool(np.random.default_rng(3))
    n = 25
    draws = measured.ridge(X=X, y=y, n=n, lam=LAM, draws=1, rng=np.random.default_rng(4))
    chosen = np.random.default_rng(4).choice(len(X), size=n, replace=False, shuffle=False)
    rows = X[chosen] - X[chosen].mean(axis=0)
    for i, lam in enumerate(LAM):
        hat = rows @ np.linalg.solve(rows.T @ rows + n * lam * np.eye(8), rows.T) + 1 / n
        residual = y[chosen] - hat @ y[chosen]
        assert draws.gcv is not None
        assert_allclose(draws.gcv[0, i], (residual @ residual / n) / (1 - np.trace(hat) / n) ** 2, rtol=1e-10)  # normal equations


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("columns", [8, 20, 40])
def test_ridgeless_is_the_limit_of_small_penalties(columns: int) -> None:
    """GCV too, where it is 0/0: n - 1 < p."""
    X, y = pool(np.random.default_rng(5), columns=columns)
    draws = measured.ridge(X=X, y=y, n=15, lam=np.array([0.0, 1e-11]), draws=4, rng=np.random.default_rng(6))
    for name in ("test", "gcv", "norm2"):
        values = getattr(draws, name)
        assert_allclose(values[:, 0], values[:, 1], rtol=1e-6)  # lam / smallest eigenvalue


@pytest.mark.false_alarm(0)
def test_position_and_rotation_of_the_table_change_nothing() -> None:
    rng = np.random.default_rng(7)
    X, y = pool(rng)
    Q = np.linalg.qr(rng.standard_normal((8, 8)))[0]
    one = measured.ridge(X=X, y=y, n=20, lam=LAM, draws=2, rng=np.random.default_rng(8)).test
    two = measured.ridge(X=X @ Q + 5, y=y + 9, n=20, lam=LAM, draws=2, rng=np.random.default_rng(8)).test
    assert_allclose(one, two, rtol=1e-9)  # round-off of the shift by 5


@pytest.mark.false_alarm(0)
def test_shapes_of_the_grid() -> None:
    X, y = pool(np.random.default_rng(9))
    for lam, shape in ((0.1, (2,)), ([0.1], (2, 1)), (np.ones((2, 3)), (2, 2, 3))):
        draws = measured.ridge(X=X, y=y, n=20, lam=lam, draws=2, rng=np.random.default_rng(0))
        assert all(v.shape == shape for v in draws.to_dict().values())


@pytest.mark.false_alarm(0)
def test_degenerate_training_rows() -> None:
    """Columns that are constant in the training part, and a target without noise."""
    X, y = np.zeros((40, 3)), np.arange(40.0)
    X[0] = 1.0
    draws = measured.ridge(X=X, y=y, n=10, lam=LAM, draws=20, rng=np.random.default_rng(0))
    assert all(np.isfinite(v).all() for v in draws.to_dict().values())
    X, y = pool(np.random.default_rng(1), noise=0.0)
    exact = measured.ridge(X=X, y=y, n=20, lam=0.0, draws=5, rng=np.random.default_rng(0)).test
    assert exact is not None
    assert np.all(exact <= 1e-24 * 60 * y.var())  # round-off squared


@pytest.mark.false_alarm(0)
def test_declared_moments() -> None:
    """E tr W^-1 of a Wishart with m degrees of freedom needs m - p > 1, its second moment m - p > 3."""
    assert [measured.heavy(n=n, rank=10) for n in (11, 12, 13, 14, 15)] == [0, 0, 1, 1, 2]
    assert [measured.heavy(n=n, rank=10) for n in (10, 9, 8, 7)] == [0, 1, 1, 2]
    X, _ = pool(np.random.default_rng(0), columns=10)
    assert measured.ridge.moments(X=X, n=12, lam=LAM) == 0
    assert measured.ridge.moments(X=X, n=12, lam=0.1) == math.inf


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n": 1}, "n = 1"),
        ({"n": 60}, "n = 60"),
        ({"lam": -0.1}, "lam = -0.1"),
        ({"lam": math.nan}, "lam = nan"),
        ({"alpha": 1.0}, "lam=alpha/n"),
        ({"y": np.ones(3)}, "y = "),
        ({"X": np.ones(3)}, "X = "),
        ({"y": np.full(60, np.nan)}, "finite"),
        ({"rng": 3}, "Generator"),
        ({"draws": 0}, "draws = 0"),
    ],
)
def test_bad_input_of_the_measurement(change: dict[str, object], message: str) -> None:
    X, y = pool(np.random.default_rng(0))
    with pytest.raises(ValueError, match=message):
        measured.ridge(**({"X": X, "y": y, "n": 20, "lam": 0.1, "draws": 2, "rng": np.random.default_rng(0)} | change))  # type: ignore[arg-type]


# --- formula ---------------------------------------------------------------------------------------------------------------------


def oracle(s: np.ndarray, beta: np.ndarray, n: float, rows: float, delta: float, sigma2: float) -> tuple[mpmath.mpf, mpmath.mpf]:
    """Equations (1)-(3) in 60 digits: test and train."""
    with mpmath.workdps(60):
        S, B2 = [mpmath.mpf(float(v)) for v in s], [mpmath.mpf(float(v)) ** 2 for v in beta]
        n, N, d = mpmath.mpf(n), mpmath.mpf(rows), mpmath.mpf(delta)
        df1 = lambda k: sum(v / (v + k) for v in S)  # noqa: E731
        low, high = mpmath.mpf(10) ** -60, (sum(S) + d) / n
        for _ in range(
            400
        ):  # bisection in log kappa of N kappa (n - df1) - delta (N - df1), which changes sign once where df1 < n
            k = mpmath.sqrt(low * high)
            low, high = (k, high) if N * k * (n - df1(k)) < d * (N - df1(k)) else (low, k)
        f1, f2 = df1(k), sum((v / (v + k)) ** 2 for v in S)
        level = sum((k / (v + k)) ** 2 * v * b for v, b in zip(S, B2, strict=True)) + mpmath.mpf(sigma2)
        test = n * N * level / ((n - f1) * (N - f1) + (N - n) * (f1 - f2))
        return test, ((n - f1) / n) ** 2 * test


@pytest.mark.parametrize("delta", [1e-16, 1e-6, 0.1, 30.0])
@pytest.mark.parametrize(("n", "rows"), [(3, 40), (12, 40), (12, 12), (13, 1e4), (30, 40), (40, 40), (11.5, 12.5)])
def test_formula_against_sixty_digits(n: float, rows: float, delta: float) -> None:
    s, beta = np.arange(1, 13) ** -2.0, np.cos(np.arange(12.0))
    got = theory.ridge(spectra.multiplicities(s, np.ones(12), beta**2), n=n, pool=rows, delta=delta, r2=beta @ beta, sigma2=0.3)
    test, train = oracle(s, beta, n, rows, delta, 0.3)
    assert_allclose(got.test, float(test), rtol=1e-13)  # the accuracy that the docstring states
    assert_allclose(got.train, float(train), rtol=4e-13)  # the square of a quotient of it


sizes = st.tuples(st.integers(2, 60), st.integers(1, 200)).map(lambda t: (float(t[0]), float(max(t[0] + t[1], 12))))
penalties = st.floats(-12, 4).map(lambda t: 10.0**t)


@given(sizes, penalties, st.floats(0, 3))
def test_properties_of_the_formula(size: tuple[float, float], delta: float, sigma2: float) -> None:
    """GCV's identity (3), bounds on the degrees of freedom, and scaling of the eigenvalues with delta."""
    n, rows = size
    s = np.arange(1, 13) ** -1.5
    got = theory.ridge(spectra.multiplicities(s, np.ones(12)), n=n, pool=rows, delta=delta, r2=2.0, sigma2=sigma2)
    assert 0 <= got.df2 <= got.df1 <= min(n, 12) * (1 + 1e-12)  # round-off of n - df1 near interpolation
    assert_allclose(
        got.train, ((n - got.df1) / n) ** 2 * got.test, rtol=1e-6, atol=1e-12 * got.test
    )  # n - df1 cancels here, not there
    scaled = theory.ridge(spectra.multiplicities(4 * s, np.ones(12)), n=n, pool=rows, delta=4 * delta, r2=0.5, sigma2=sigma2)
    assert_allclose(scaled.test, got.test, rtol=1e-11)


@given(st.integers(2, 40), penalties)
def test_an_infinite_pool_gives_the_omniscient_formula(n: int, delta: float) -> None:
    spectrum = spectra.multiplicities(np.arange(1, 21) ** -1.2, np.ones(20))
    far = theory.ridge(spectrum, n=n, pool=1e13, delta=delta, r2=2.0, sigma2=0.5)
    near = infinite.ridge(spectrum, n=n, delta=delta, r2=2.0, sigma2=0.5)
    assert_allclose(far.test, near.test, rtol=1e-10)  # rank / pool = 2e-12, times condition
    assert_allclose(far.kappa, near.kappa, rtol=1e-10)


@pytest.mark.parametrize("n", [5.0, 30.0])
def test_an_infinite_pool_ridgeless(n: float) -> None:
    spectrum = spectra.multiplicities(np.arange(1, 21) ** -1.2, np.ones(20))
    far = theory.ridge(spectrum, n=n, pool=1e13, delta=0.0, r2=2.0, sigma2=0.5)
    assert_allclose(far.test, infinite.ridge(spectrum, n=n, delta=0.0, r2=2.0, sigma2=0.5).test, rtol=1e-11)  # rank / pool


@pytest.mark.false_alarm(0)
def test_all_rows_give_gcv_of_the_pool() -> None:
    """At n = N the formula is an identity: generalised cross-validation of the whole table, whatever its rows."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((30, 5)) ** 3, rng.standard_normal(30)
    _, s, Vt = np.linalg.svd(X, full_matrices=False)
    beta = Vt @ np.linalg.lstsq(X, y, rcond=None)[0]
    sigma2 = np.mean((y - X @ Vt.T @ beta) ** 2)
    for delta in (0.0, 0.7, 20.0):
        hat = X @ np.linalg.solve(X.T @ X + delta * np.eye(5), X.T)
        gcv = np.mean((y - hat @ y) ** 2) / (1 - np.trace(hat) / 30) ** 2
        spectrum = spectra.multiplicities(s**2 / 30, np.ones(5), beta**2)
        assert_allclose(theory.ridge(spectrum, n=30, pool=30, delta=delta, r2=beta @ beta, sigma2=sigma2).test, gcv, rtol=1e-12)


def test_poles_and_shapes() -> None:
    ten = spectra.multiplicities([1.0], [10])
    assert theory.ridge(ten, n=10, pool=40, delta=0).test == math.inf
    assert theory.ridge(ten, n=10, pool=40, delta=0, r2=0.0, sigma2=0.0).test == 0
    assert theory.ridge(ten, n=20, pool=40, delta=0, sigma2=3.0).kappa == 0
    grid = theory.ridge(ten, n=np.arange(2.0, 30)[:, None], pool=40.0, delta=np.array([0.0, 1e-16, 1.0]))
    assert np.shape(grid.test) == (28, 3)
    assert not np.isnan(grid.test).any()
    assert_allclose(grid.test[5, 2], theory.ridge(ten, n=7, pool=40, delta=1.0).test, rtol=1e-15)


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n": 50}, "n = 50.0"),
        ({"n": 0}, "n = 0"),
        ({"pool": -1}, "pool = -1"),
        ({"pool": 9, "n": 5}, "eigenvalues"),
        ({"delta": -1}, "delta = -1.0"),
        ({"sigma2": -1}, "sigma2"),
        ({"alpha": 1}, "lam=alpha/n"),
    ],
)
def test_bad_input_of_the_formula(change: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        theory.ridge(spectra.multiplicities([1.0], [10]), **({"n": 20, "pool": 40, "delta": 1.0} | change))


# --- one against the other -------------------------------------------------------------------------------------------------------

SIZE, ROWS, COLUMNS = 100, 250, 60
POOLS = 150
Z = 7.0  # 8e-11 two-sided at 149 degrees of freedom, at most 100 times that with a skewness of 1
BIAS = 1 / SIZE  # the formula is a limit; over 4000 pools its bias in these cells was 0.24 % and 0.11 % (+- 0.1 %)


@pytest.mark.false_alarm(2 * 1e-8)
def test_prediction_and_measurement_meet_on_gaussian_rows_and_rivals_do_not() -> None:
    """Mean over pools of measured/predicted; a lam read as delta, or the pool's own error for the held-out one, is seen."""
    lam = np.array([0.02, 0.3])
    rng = np.random.default_rng(0)
    ratio = np.empty((4, POOLS, len(lam)))
    for k in range(POOLS):
        X = rng.standard_normal((ROWS, COLUMNS)) * np.arange(1, COLUMNS + 1) ** -0.5
        y = X @ rng.standard_normal(COLUMNS) + 2 * rng.standard_normal(ROWS)
        U, s, _ = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
        c = U.T @ y
        beta, eigenvalues = c / s, s**2 / (ROWS - 1)
        sigma2 = (np.sum((y - y.mean()) ** 2) - c @ c) / (ROWS - 1)
        spectrum = spectra.multiplicities(eigenvalues, np.ones(COLUMNS), beta**2)
        common = {"n": SIZE - 1.0, "r2": beta @ beta, "sigma2": sigma2}
        right = theory.ridge(spectrum, pool=ROWS - 1.0, delta=SIZE * lam, **common)
        draws = measured.ridge(X=X, y=y, n=SIZE, lam=lam, draws=2, rng=rng)
        assert draws.test is not None
        assert draws.train is not None
        test, train = draws.test.mean(axis=0), draws.train.mean(axis=0)
        grow = 1 + 1 / SIZE
        ratio[0, k] = test / (grow * right.test)
        ratio[1, k] = test / (grow * theory.ridge(spectrum, pool=ROWS - 1.0, delta=lam, **common).test)  # lam for delta = n lam
        ratio[2, k] = ((ROWS - SIZE) * test + SIZE * train) / ROWS / (grow * right.test)  # no finite-pool correction
        ratio[3, k] = test / (grow * infinite.ridge(spectrum, delta=SIZE * lam, **common).test)  # the table taken for the truth
    gap = np.abs(ratio.mean(axis=1) - 1)
    error = Z * ratio.std(axis=1, ddof=1) / math.sqrt(POOLS)
    assert np.all(gap[0] <= error[0] + BIAS)
    for rival in (1, 2, 3):
        assert np.any(gap[rival] > error[rival] + BIAS), f"rival {rival} survives: {gap[rival]} within {error[rival] + BIAS}"
