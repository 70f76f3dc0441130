"""The triangular sampler against dense algebra on the same factor, the dense simulation, and exact Wishart means."""

import math

import numpy as np
import pytest

from simulate import bartlett, designs, isotropic

R2, SIGMA2 = 5.0, 1.5


def by_definition(n, a, s, v, delta):
    """FIELDS from X'X = A A' and the definitions, by solves; delta > 0. The signals are sqrt(v_j) e_j, summed over j."""
    p = len(s)
    gram = a @ a.T
    m = np.linalg.inv(gram + delta * np.eye(p))
    signals = np.diag(np.sqrt(v))
    left = delta * (m @ signals)
    bias = np.sum(s[:, None] * left**2)
    spread = gram @ m @ m
    f2 = delta**2 * np.trace(m @ m) + n - p
    train = (np.trace(left.T @ gram @ left) + SIGMA2 * f2) / n
    gcv = train / ((delta * np.trace(m) + n - p) / n) ** 2
    noise = SIGMA2 * np.trace(spread)
    fit = m @ gram @ signals
    variance = SIGMA2 * np.trace(s[:, None] * spread)
    return np.array([bias, variance, train, gcv, np.sum(fit**2) + noise, np.sum(left**2) + noise])


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize(("n", "p"), [(1, 1), (9, 1), (9, 5), (9, 9), (40, 20)])
@pytest.mark.parametrize("spectrum", ["isotropic", "ar1:0.6", "power:1"])
@pytest.mark.parametrize("signal", ["isotropic", "top:0.4", "bottom:0.4"])
def test_one_factorisation_equals_the_definitions(n, p, spectrum, signal):
    rng = np.random.default_rng([n, p])
    s, v = designs.parse(spectrum, p), designs.energies(signal, R2, p)
    lower = bartlett.factor(n, p, rng)
    a = np.sqrt(s)[:, None] * lower
    deltas = np.array([0.3, 1.0, 50.0, 1e5])
    found = np.array(bartlett._ridge(n, deltas, v, s, lower, SIGMA2))
    for j, delta in enumerate(deltas):
        # 1e-10: the reference inverts matrices of condition number up to 1e4 and the fit multiplies by it
        np.testing.assert_allclose(found[:, j], by_definition(n, a, s, v, delta), rtol=1e-10)


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize(("n", "p"), [(1, 1), (9, 5), (9, 9), (30, 29)])
def test_ridgeless_is_the_limit(n, p):
    rng = np.random.default_rng([n, p, 1])
    s, v = designs.parse("ar1:0.5", p), rng.random(p)
    lower = bartlett.factor(n, p, rng)
    smallest = np.linalg.svd(np.sqrt(s)[:, None] * lower, compute_uv=False)[-1] ** 2
    near = [x[0] for x in bartlett._ridge(n, np.array([1e-11 * smallest]), v, s, lower, SIGMA2)]
    limit = bartlett._ridgeless(n, v, s, lower, SIGMA2)
    # 1e-9: the limit is reached at relative rate delta/smallest = 1e-11, a few times; 1e-20: bias and train are delta^2
    np.testing.assert_allclose(near, limit, rtol=1e-9, atol=1e-18)


@pytest.mark.false_alarm(9 * 2e-9 + 9 * 1e-9 + 1e-8)
def test_the_factor_is_a_wishart_matrix():
    n, p, draws = 7, 3, 40_000
    rng = np.random.default_rng(2)
    grams = np.array([(lower := bartlett.factor(n, p, rng)) @ lower.T for _ in range(draws)])
    assert np.all(np.triu(bartlett.factor(n, p, rng), 1) == 0)
    # Wishart(n, I): mean n I, variances 2n on the diagonal and n off it, E det = n!/(n - p)!; |z| > 6 has rate 2e-9 each
    error = 6 * np.sqrt((n + n * np.eye(p)) / draws)
    assert np.all(np.abs(grams.mean(axis=0) - n * np.eye(p)) < error)
    squares = (grams - n * np.eye(p)) ** 2
    assert np.all(
        np.abs(squares.mean(axis=0) - (n + n * np.eye(p))) < 7 * squares.std(axis=0) / math.sqrt(draws)
    )  # 7: fourth moments are skew
    dets = np.linalg.det(grams)
    assert abs(dets.mean() - math.perm(n, p)) < 6 * dets.std() / math.sqrt(draws)


def dense(n, p, lam, spectrum, signal, draws, rng):
    """A plain simulation: n x p normals scaled, inverses. Columns: bias, variance, train, gcv, norm2, estimation.

    The signal is averaged over by brute force: each of the directions it may have in turn, at its full length.
    """
    s, delta = designs.parse(spectrum, p), n * lam
    beta = np.eye(p)[:, designs.support(signal, p)] * math.sqrt(R2)
    q = beta.shape[1]
    out = []
    for _ in range(draws):
        x = rng.standard_normal((n, p)) * np.sqrt(s)
        m = np.linalg.inv(x.T @ x + delta * np.eye(p))
        left, hat = delta * m @ beta, x @ m @ x.T
        residual = np.eye(n) - hat
        noise = SIGMA2 * np.sum((m @ x.T) ** 2)
        train = (np.sum((x @ left) ** 2) / q + SIGMA2 * np.sum(residual**2)) / n
        variance = SIGMA2 * np.sum((np.sqrt(s)[:, None] * (m @ x.T)) ** 2)
        gcv = train / (np.trace(residual) / n) ** 2
        bias, fit, miss = np.sum(s @ left**2) / q, np.sum((beta - left) ** 2) / q, np.sum(left**2) / q
        out.append([bias, variance, train, gcv, fit + noise, miss + noise])
    return np.array(out)


def kolmogorov_smirnov(x, y):
    """The two-sample statistic."""
    x, y = np.sort(x), np.sort(y)
    both = np.concatenate([x, y])
    return np.max(np.abs(np.searchsorted(x, both, side="right") / len(x) - np.searchsorted(y, both, side="right") / len(y)))


@pytest.mark.false_alarm(6 * 1e-8)
@pytest.mark.parametrize(
    ("n", "p", "lam", "spectrum", "signal"),
    [
        (20, 10, 0.2, "ar1:0.7", "isotropic"),
        (12, 12, 0.1, "atoms:4@0.5,0.25@0.5", "top:0.5"),
        (24, 8, 0.0, "power:1", "top:0.25"),
    ],
)
def test_the_law_is_that_of_the_dense_simulation(n, p, lam, spectrum, signal):
    draws = 2500
    rng = np.random.default_rng([n, p, 3])
    reference = dense(n, p, lam, spectrum, signal, draws, rng)
    d = bartlett.ridge(
        n=n, gamma=p / n, lam=lam, r2=R2, sigma2=SIGMA2, spectrum=spectrum, signal=signal, draws=2 * draws, rng=rng
    )
    # Massart for both samples: false-alarm rate at most 4 * 2.5e-9 = 1e-8 a field
    t = math.sqrt(math.log(2 / 2.5e-9) / (2 * draws)) * (1 + math.sqrt(1 / 2))
    for name, column in zip(bartlett.FIELDS, reference.T, strict=True):
        # nine decimals: constants (the bias and the train error of least squares) must meet
        assert kolmogorov_smirnov(np.round(getattr(d, name), 9), np.round(column, 9)) < t, name


@pytest.mark.false_alarm(3 * 1e-8)
def test_ridgeless_mean_is_exact_for_any_covariance():
    n, p, draws = 60, 30, 2000
    rng = np.random.default_rng(4)
    d = bartlett.ridge(n=n, gamma=p / n, lam=0, r2=R2, sigma2=SIGMA2, spectrum="ar1:0.8", draws=draws, rng=rng)
    inverse = SIGMA2 * np.sum(1 / designs.parse("ar1:0.8", p)) / (n - p - 1)  # E (X'X)^-1 = S^-1 / (n - p - 1)
    for x, mean in [(d.variance, SIGMA2 * p / (n - p - 1)), (d.estimation, inverse), (d.norm2, R2 + inverse)]:
        assert abs(x.mean() - mean) < 6 * x.std() / math.sqrt(draws)  # rate 2e-9; 15 moments exist
    np.testing.assert_array_equal(d.bias, 0.0)


@pytest.mark.false_alarm(12 * 1e-8)
def test_two_samplers_of_one_law_agree():
    draws = 4000
    one = isotropic.ridge(n=12, gamma=1.0, lam=[0.0, 0.1], r2=R2, draws=draws, rng=np.random.default_rng(5))
    two = bartlett.ridge(n=12, gamma=1.0, lam=[0.0, 0.1], r2=R2, draws=draws, rng=np.random.default_rng(6))
    t = 2 * math.sqrt(math.log(2 / 2.5e-9) / (2 * draws))  # Massart for both samples: 1e-8 a comparison
    for name in bartlett.FIELDS:
        for j in range(2):  # p = n and lam = 0: no mean exists, the law does
            x, y = (np.round(getattr(d, name)[:, j], 9) for d in (one, two))
            assert kolmogorov_smirnov(x, y) < t, name


@pytest.mark.false_alarm(0)
def test_small_penalties_keep_their_digits():
    n, p = 15, 15
    rng = np.random.default_rng(7)
    v, lower = rng.random(p), bartlett.factor(n, p, rng)
    found = bartlett._ridge(n, np.array([1e-12]), v, np.ones(p), lower, SIGMA2)
    limit = bartlett._ridgeless(n, v, np.ones(p), lower, SIGMA2)
    smallest = np.linalg.svd(lower, compute_uv=False)[-1] ** 2
    for j in (1, 3, 4, 5):
        # 1e-11: the SVD of the factor; delta/smallest: how near the penalty is to none
        assert found[j][0] == pytest.approx(limit[j], rel=1e-11 + 10 * 1e-12 / smallest)


@pytest.mark.false_alarm(0)
def test_directions_without_variance_are_left_out():
    spectrum = np.array([2.0, 1.0, 0.0, 0.0])
    d = bartlett.ridge(
        n=6, gamma=4 / 6, lam=[0, 0.5], r2=4.0, spectrum=spectrum, signal="bottom:0.5", draws=3, rng=np.random.default_rng(8)
    )
    np.testing.assert_array_equal(d.bias, 0.0)  # the signal lies where nothing is seen
    np.testing.assert_allclose(d.estimation - d.norm2, 4.0, rtol=1e-13)  # round-off of one subtraction
    assert bartlett.ridge.moments(n=6, gamma=4 / 6, lam=0, spectrum=spectrum) == 2


BAD = {"lam": -0.1, "gamma": 1.5, "spectrum": "arr:1", "signal": "middle", "sigma": 1.0}


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_by_name(name):
    good = {"n": 10, "gamma": 0.5, "lam": 0.1, "draws": 2, "rng": np.random.default_rng(0)}
    with pytest.raises(ValueError, match=rf"^{name} = "):
        bartlett.ridge(**(good | {name: BAD[name]}))
    with pytest.raises(ValueError, match=r"^spectrum = "):
        bartlett.ridge(**(good | {"spectrum": np.zeros(5)}))
