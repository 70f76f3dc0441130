"""The O(n) sampler against dense algebra on the same bidiagonal, the dense simulation, and exact Wishart means."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulate import isotropic

R2, SIGMA2 = 5.0, 1.5


def run(n, p, delta, q, e, kernel=isotropic._risk):
    out = np.empty(5)
    kernel(n, p, float(delta), R2, SIGMA2, q, e, np.empty((len(q), 3)), out)
    return out


def squares(n, p, seed=0):
    m = min(n, p)
    q, e = np.empty(m), np.empty(m)
    isotropic._chi_squares(n, p, q, e, np.random.default_rng([n, p, seed]))
    return q, e


def exact(n, p, delta, q, e):
    """The five fields from B by 60-digit linear algebra, written from their definitions; delta = 0 by the pseudo-inverse."""
    with mpmath.workdps(60):
        m, columns = min(n, p), min(p, n + 1)
        b = mpmath.zeros(m, columns)
        for i in range(m):
            b[i, i] = mpmath.sqrt(mpmath.mpf(q[i]))
            if i + 1 < columns:
                b[i, i + 1] = mpmath.sqrt(mpmath.mpf(e[i]))
        d = mpmath.mpf(delta)
        rows = (b * b.T + d * mpmath.eye(m)) ** -1  # (BB' + delta)^-1, invertible at delta = 0 too
        fit = b.T * rows * b  # X'X (X'X + delta)^-1
        left = mpmath.eye(columns) - fit
        trace = lambda matrix: sum(matrix[i, i] for i in range(matrix.rows))  # noqa: E731
        spread = trace(rows * b * b.T * rows)
        square = lambda matrix: sum(x**2 for x in matrix)  # noqa: E731
        each = mpmath.mpf(R2) / p  # of the signal in any direction; p - columns further ones are null
        bias = each * (square(left) + p - columns)
        norm2 = each * square(fit) + SIGMA2 * spread
        residual = each * square(rows * b) + SIGMA2 * trace(rows * rows)
        train = (d**2 * residual + SIGMA2 * (n - m)) / n
        gcv = n * residual / trace(rows) ** 2 if n == m else n**2 * train / (d * trace(rows) + n - m) ** 2
        return np.array([float(x) for x in (bias, SIGMA2 * spread, train, gcv, norm2)])


SHAPES = [
    (1, 1),
    (1, 2),
    (1, 7),
    (2, 1),
    (7, 1),
    (2, 2),
    (9, 9),
    (9, 10),
    (10, 9),
    (12, 30),
    (30, 12),
    (20, 20),
    (20, 21),
    (20, 22),
]


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize(("n", "p"), SHAPES)
def test_recursions_equal_linear_algebra_on_the_same_bidiagonal(n, p):
    q, e = squares(n, p)
    assert np.all(e[:-1] > 0)
    assert (e[-1] > 0) == (p > n)
    for delta in [0.0, 1e-30, 1e-14, 1e-6, 0.1, 1.0, 10.0, 1e4, 1e12]:
        reference = exact(n, p, delta, q, e)
        found = run(n, p, delta, q, e)
        if delta == 0 and p <= n:
            assert found[0] == 0  # the bias of least squares vanishes exactly
        # 1e-14: positive operations of eps/2 each, none cancelling (measured: 4e-15 at most);
        # 1e-46: the reference takes its bias from I - fit and keeps 60 - 46 digits of it there
        np.testing.assert_allclose(found, reference, rtol=1e-14, atol=1e-46, err_msg=f"delta={delta}")


@pytest.mark.false_alarm(0)
@settings(max_examples=200)
@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from([0.0, 1e-300, 1e-150, 1e-9, 1.0, 1e150, 1e300]) | st.floats(1e-8, 1e8),
    st.integers(0, 99),
)
def test_jitted_equals_interpreted_bit_for_bit_and_is_finite(n, p, delta, seed):
    q, e = squares(n, p, seed)
    found = run(n, p, delta, q, e)
    assert np.all(np.isfinite(found))
    assert np.all(found >= 0)
    with np.errstate(under="ignore"):
        np.testing.assert_array_equal(found, run(n, p, delta, q, e, isotropic._risk_py))
    q2, e2 = np.empty_like(q), np.empty_like(e)
    isotropic._chi_squares_py(n, p, q2, e2, np.random.default_rng([n, p, seed]))
    np.testing.assert_array_equal(np.r_[q, e], np.r_[q2, e2])


@pytest.mark.false_alarm(0)
def test_the_jitted_driver_equals_the_interpreted_one():
    out = [np.empty((2, 3, 5)) for _ in range(2)]
    for kernel, o in zip((isotropic._draw, isotropic._draw_py), out, strict=True):
        kernel(6, 9, np.array([0.0, 0.3, 2.0]), R2, SIGMA2, o, np.random.default_rng(3))
    np.testing.assert_array_equal(*out)


def dense(n, p, lam, draws, rng):
    """A plain simulation from n x p normals and solves; bias, variance, excess, train, gcv, norm2 as columns.

    The signal is averaged over by brute force: sqrt(R2) times each basis vector in turn, of any basis, here the standard one.
    """
    out = []
    for _ in range(draws):
        X, delta = rng.standard_normal((n, p)), n * lam
        inner = np.linalg.inv(X @ X.T + delta * np.eye(n)) if p >= n else None
        A = X.T @ inner if p >= n else np.linalg.solve(X.T @ X + delta * np.eye(p), X.T)
        E = inner if p >= n else np.eye(n) - X @ A  # I - H, up to the factor delta where p >= n
        factor = delta if p >= n else 1.0
        fits = A @ X * math.sqrt(R2)  # one column a signal
        bias = np.sum((fits - math.sqrt(R2) * np.eye(p)) ** 2) / p
        variance = SIGMA2 * np.sum(A**2)
        residual = R2 * np.sum((E @ X) ** 2) / p + SIGMA2 * np.sum(E**2)
        gcv, norm2 = n * residual / np.trace(E) ** 2, np.sum(fits**2) / p + variance
        out.append([bias, variance, bias + variance, factor**2 * residual / n, gcv, norm2])
    return np.array(out)


def kolmogorov_smirnov(x, y):
    """The two-sample statistic."""
    both = np.concatenate([x, y])
    both.sort()
    cdf = [np.searchsorted(np.sort(z), both, side="right") / len(z) for z in (x, y)]
    return np.max(np.abs(cdf[0] - cdf[1]))


@pytest.mark.false_alarm(6 * 2e-9)
@pytest.mark.parametrize(
    ("n", "p", "lam"), [(12, 25, 0.0), (25, 12, 0.0), (15, 15, 0.2), (10, 20, 0.3), (20, 10, 0.05), (14, 15, 0.0)]
)
def test_the_law_is_that_of_the_dense_simulation(n, p, lam):
    draws = 1500
    rng = np.random.default_rng([n, p, 1])
    reference = dense(n, p, lam, draws, rng)
    d = isotropic.ridge(n=n, gamma=p / n, lam=lam, r2=R2, sigma2=SIGMA2, draws=20 * draws, rng=rng)
    # Massart: P(KS > 2 t) <= 4 exp(-2 N t^2) with N the smaller sample and both one-sample distances <= t:
    # t = sqrt(log(4 / 2e-9) / (2 N)) for the 6 fields gives 1.2e-8 a case; the larger sample adds sqrt(1/20) of t
    t = math.sqrt(math.log(4 / 2e-9) / (2 * draws)) * (1 + math.sqrt(1 / 20))
    for name, column in zip(("bias", "variance", "excess", "train", "gcv", "norm2"), reference.T, strict=True):
        # both sides are rounded to ten decimals, so that constants (a bias of 0, a train error of 0) meet
        distance = kolmogorov_smirnov(np.round(getattr(d, name), 10), np.round(column, 10))
        assert distance < t, (name, distance, t)


@pytest.mark.false_alarm(4 * 5e-9)
@pytest.mark.parametrize(("n", "p"), [(40, 80), (80, 40), (50, 60), (60, 50), (1, 9), (9, 1), (200, 400)])
def test_ridgeless_means_are_those_of_wishart_matrices(n, p):
    draws = 4000
    d = isotropic.ridge(n=n, gamma=p / n, lam=0, r2=R2, sigma2=SIGMA2, draws=draws, rng=np.random.default_rng([n, p, 2]))
    for name, mean in {
        "bias": R2 * max(0.0, 1 - n / p),
        "variance": SIGMA2 * min(n, p) / (abs(p - n) - 1),
        "norm2": R2 * min(1.0, n / p) + SIGMA2 * min(n, p) / (abs(p - n) - 1),
        "train": SIGMA2 * max(0, n - p) / n,
    }.items():
        x = getattr(d, name)
        error = x.std(ddof=1) / math.sqrt(draws)
        # 7: 3e-12 for a normal mean; |p - n| >= 8, so 4 moments exist, and a skew of at most 4.2 at 4000 draws makes it 5e-9
        assert abs(x.mean() - mean) <= 7 * error + 1e-12 * max(mean, 1), name  # 1e-12: constants have no spread


@pytest.mark.false_alarm(2 * 1e-8)
def test_penalised_means_of_one_sample_are_integrals_over_chi_square():
    p, lam, draws = 5, 0.7, 200_000
    d = isotropic.ridge(n=1, gamma=p, lam=lam, r2=R2, sigma2=SIGMA2, draws=draws, rng=np.random.default_rng(4))
    density = lambda t: t ** (p / 2 - 1) * mpmath.exp(-t / 2) / (2 ** (p / 2) * mpmath.gamma(p / 2))  # noqa: E731
    for x, f in [
        (d.variance, lambda t: SIGMA2 * t / (t + lam) ** 2),
        (d.bias, lambda t: R2 * (1 - 1 / p + lam**2 / (t + lam) ** 2 / p)),
    ]:
        mean = float(mpmath.quad(lambda t, f=f: f(t) * density(t), [0, 1, 5, 20, mpmath.inf]))
        assert abs(x.mean() - mean) < 6 * x.std() / math.sqrt(draws)  # rate 2e-9; bounded draws


@pytest.mark.false_alarm(0)
def test_shapes_and_streams():
    def make(lam, draws):
        return isotropic.ridge(n=7, gamma=2.0, lam=lam, draws=draws, rng=np.random.default_rng(5))

    one, grid = make(0.3, 4), make([[0.0, 0.3], [0.1, 2.0]], 6)
    assert one.excess.shape == (4,)
    assert grid.excess.shape == (6, 2, 2)
    np.testing.assert_array_equal(one.gcv, grid.gcv[:4, 0, 1])  # penalties share the draw; later draws change nothing
    for name, value in one.to_dict().items():
        assert value.flags.c_contiguous, name
    np.testing.assert_array_equal(grid.test, grid.excess + 1.0)
    np.testing.assert_array_equal(grid.estimation, grid.excess)
    assert grid.loo is None


@pytest.mark.false_alarm(1e-12)
@pytest.mark.parametrize("gamma", [0.5, 1.0, 1.000001, 2.0, 50.0])
def test_a_million_samples(gamma):
    n = 10**6 if gamma < 10 else 20_000
    rng = np.random.default_rng(6)
    d = isotropic.ridge(n=n, gamma=gamma, lam=[0, 1e-12, 0.1, 1e6], r2=R2, sigma2=SIGMA2, draws=1, rng=rng)
    for name, value in d.to_dict().items():
        assert np.all(np.isfinite(value)), name
    # a linear statistic of eigenvalues fluctuates by O(1/n) only: 1e-3 is some hundred deviations at lam = 0.1
    m = (-(1 - gamma + 0.1) + math.sqrt((1 - gamma + 0.1) ** 2 + 0.4 * gamma)) / (
        0.2 * gamma
    )  # Marchenko-Pastur, Stieltjes at -0.1
    slope = (m + gamma * m * m) / (0.2 * gamma * m + 1 - gamma + 0.1)
    assert d.variance[0, 2] == pytest.approx(SIGMA2 * gamma * (m - 0.1 * slope), rel=1e-3)


def test_moments():
    moments = isotropic.ridge.moments
    assert [moments(n=50, gamma=1 + k / 50, lam=0) for k in range(6)] == [0, 0, 1, 1, 2, 2]
    assert [moments(n=50, gamma=1 - k / 50, lam=[0, 1.0]) for k in range(6)] == [0, 0, 1, 1, 2, 2]
    assert moments(n=50, gamma=1, lam=0.1) == math.inf
    assert moments(n=50, gamma=1) == 0  # ridgeless by default, as the sampler is
    assert moments(n=50, gamma=1, lam=0, sigma2=0) == math.inf
    assert moments(n=50, gamma=1, lam=0, of="bias") == math.inf
    assert moments(n=50, gamma=1, lam=0, of="excess") == 0


BAD = {"lam": -0.1, "n": 0, "gamma": -1.0, "sigma2": -1.0, "alpha": 1.0, "rng": 0, "draws": 2.5}


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_by_name(name):
    good = {"n": 5, "gamma": 2.0, "lam": 0.1, "draws": 2, "rng": np.random.default_rng(0)}
    with pytest.raises(ValueError, match=rf"^{name} = "):
        isotropic.ridge(**(good | {name: BAD[name]}))
    with pytest.raises(ValueError, match=r"^lam = "):
        isotropic.ridge(**(good | {"lam": math.nan}))


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize(("name", "value"), [("gamma", "2"), ("gamma", [1, 2]), ("lam", "x"), ("r2", None)])
def test_what_is_no_number_is_refused_by_name(name, value):
    given = {"n": 10, "gamma": 2.0, "draws": 1, "rng": np.random.default_rng(0)}
    with pytest.raises(ValueError, match=f"{name} = "):
        isotropic.ridge(**(given | {name: value}))
