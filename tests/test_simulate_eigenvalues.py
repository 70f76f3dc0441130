"""Eigenvalues of sample covariances: the tridiagonal, the triangular and the dense route against each other and exact moments."""

import math

import mpmath
import numpy as np
import pytest

from simulate import designs, eigenvalues


def squares(n, p):
    rng, i = np.random.default_rng([n, p]), np.arange(min(n, p))
    q, e = rng.chisquare(n - i), np.zeros(len(i))
    e[: p - 1] = rng.chisquare(p - 1 - i[: p - 1])
    return q, e


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize(("n", "p"), [(1, 1), (1, 4), (4, 1), (12, 12), (12, 13), (20, 40), (40, 20), (30, 30)])
def test_the_tridiagonal_knows_every_eigenvalue(n, p):
    q, e = squares(n, p)
    q[-1] *= 1e-12 if n == p else 1.0  # a smallest eigenvalue far below eps times the largest
    m = len(q)
    with mpmath.workdps(40):
        b = mpmath.zeros(m, m + 1)
        for i in range(m):
            b[i, i], b[i, i + 1] = mpmath.sqrt(mpmath.mpf(q[i])), mpmath.sqrt(mpmath.mpf(e[i]))
        exact = np.array([float(x) for x in mpmath.eigsy(b * b.T, eigvals_only=True)])
    # 1e-9: eps times the condition number 1e6 up to which the tridiagonal is kept; beyond, eps times its square root (20: measured 1)
    tolerance = np.maximum(1e-9, 20 * np.finfo(float).eps * np.sqrt(exact[-1] / exact))
    assert np.all(np.abs(eigenvalues._bidiagonal(q, e) / exact - 1) <= tolerance)


def kolmogorov_smirnov(x, y):
    """The two-sample statistic."""
    x, y = np.sort(x), np.sort(y)
    both = np.concatenate([x, y])
    return np.max(np.abs(np.searchsorted(x, both, side="right") / len(x) - np.searchsorted(y, both, side="right") / len(y)))


@pytest.mark.false_alarm(9 * 1e-8)
@pytest.mark.parametrize(
    ("n", "p", "spectrum"),
    [
        (6, 12, "isotropic"),
        (12, 6, "isotropic"),
        (8, 8, "isotropic"),
        (12, 6, "ar1:0.6"),
        (8, 8, "atoms:4@0.5,1@0.5"),
        (6, 9, "power:1"),
    ],
)
def test_each_ordered_eigenvalue_has_the_law_of_the_dense_simulation(n, p, spectrum):
    draws = 3000
    rng = np.random.default_rng([n, p, 1])
    x = rng.standard_normal((draws, n, p)) * np.sqrt(designs.parse(spectrum, p))
    dense = np.linalg.svd(x, compute_uv=False)[:, ::-1] ** 2 / n
    fast = eigenvalues.sample_covariance(n=n, gamma=p / n, spectrum=spectrum, draws=draws, rng=rng)
    assert fast.shape == (draws, p)
    assert np.all(np.diff(fast, axis=1) >= 0)
    np.testing.assert_array_equal(fast[:, : p - min(n, p)], 0.0)
    nonzero = fast[:, -min(n, p) :]
    t = 2 * math.sqrt(math.log(2 / 2.5e-9) / (2 * draws))  # Massart for both samples: 1e-8 a comparison
    for j in range(min(n, p)):
        assert kolmogorov_smirnov(nonzero[:, j], dense[:, j]) < t, j
    assert kolmogorov_smirnov(np.prod(nonzero, axis=1), np.prod(dense, axis=1)) < t  # and jointly: the determinant


@pytest.mark.false_alarm(1e-8)
@pytest.mark.parametrize("entries", ["gaussian", "rademacher", "student:12", "elliptical:12"])
@pytest.mark.parametrize(
    ("gamma", "spectrum"), [(0.5, "isotropic"), (2.0, "isotropic"), (0.5, "ar1:0.5"), (2.0, "ar1:0.5"), (1.0, 2 * np.ones(20))]
)
def test_the_mean_trace_is_that_of_the_population(gamma, spectrum, entries):
    n, draws = 20, 400
    p = round(gamma * n)
    rng = np.random.default_rng(3)
    trace = eigenvalues.sample_covariance(n=n, gamma=gamma, spectrum=spectrum, entries=entries, draws=draws, rng=rng).sum(axis=1)
    target = designs.parse(spectrum, p).sum()
    # 7: traces sum 400 or more weakly skew terms over 400 draws; |z| > 7 has rate 3e-12 for a normal, below 1e-7 with this skew
    assert (
        abs(trace.mean() - target) <= 7 * trace.std() / math.sqrt(draws) + 1e-12 * target
    )  # 1e-12: Rademacher traces are constant


@pytest.mark.false_alarm(1e-8)
def test_second_moment_is_exact():
    n, p, draws = 30, 45, 4000
    w = eigenvalues.sample_covariance(n=n, gamma=1.5, draws=draws, rng=np.random.default_rng(4))
    square = (w**2).sum(axis=1)
    assert abs(square.mean() - (p + p * (p + 1) / n)) < 6 * square.std() / math.sqrt(draws)  # E tr W^2 = np(n + p + 1); rate 2e-9


@pytest.mark.false_alarm(1e-12)
def test_large_and_repeatable():
    one, two = (eigenvalues.sample_covariance(n=600, gamma=1.0, draws=1, rng=np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert np.all(one > 0)
    # the largest lies within n^-2/3 (0.014) times a few of 4; 0.5 is twenty of its deviations
    assert one[0, -1] == pytest.approx(4.0, abs=0.5)


@pytest.mark.false_alarm(0)
def test_moments_and_bad_input():
    moments = eigenvalues.sample_covariance.moments
    assert moments(n=5, gamma=1.0) == math.inf
    assert moments(n=5, gamma=1.0, entries="student:6") == 2
    assert moments(n=5, gamma=1.0, entries="student:6.5") == 3
    good = {"n": 4, "gamma": 1.0, "draws": 1, "rng": np.random.default_rng(0)}
    for name, value in {"spectrum": "iso", "entries": "cauchy", "n": 0, "ratio": 2.0}.items():
        with pytest.raises(ValueError, match=rf"^{name} = "):
            eigenvalues.sample_covariance(**(good | {name: value}))
