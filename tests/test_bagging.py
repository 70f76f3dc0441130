"""Bagged ridge: against mpmath, ridge itself, its equivalence paths; the simulator against averages of fits."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf

import simulate.bagging
from asymptotics import bagging, ridge, spectra
from simulate import designs

LAW = ([4.0, 0.25], [0.5, 0.5], [0.3, 0.7])
SPECTRUM = spectra.atoms(*LAW)
FIELDS = ("bias", "variance", "excess", "test", "train", "norm2", "estimation")
SHARE = st.one_of(st.floats(0.05, 1), st.just(1.0), st.sampled_from([0.5, 0.25]))
GAMMA = st.one_of(st.floats(-1, 1).map(lambda e: 10.0**e), st.sampled_from([0.25, 0.5, 1.0]))
LAM = st.one_of(st.just(0.0), st.floats(-12, 1).map(lambda e: 10.0**e))


def oracle(gamma, share, lam, members, r2, sigma2):
    """Test, variance, train and norm2 at 60 digits: kappa by bisection, then (1) to (3) from pairs of members as sums."""
    with mp.workdps(60):
        gamma, share, lam, r2, sigma2 = (mpf(x) for x in (gamma, share, lam, r2, sigma2))
        s, w, g = ([mpf(x) for x in part] for part in LAW)
        phi = gamma / share
        if lam == 0 and phi <= 1:
            k, rho = mpf(0), 1 - phi
        else:
            low, high = mpf(10) ** -50, lam + 10 * phi + 1
            for _ in range(300):
                k = mp.sqrt(low * high)
                low, high = (
                    (k, high) if k * (1 - phi * sum(b * a / (a + k) for a, b in zip(s, w, strict=True))) < lam else (low, k)
                )
            rho = lam / k
        df2 = phi * sum(b * (a / (a + k)) ** 2 for a, b in zip(s, w, strict=True))
        slope = phi * sum(b * a / (a + k) ** 2 for a, b in zip(s, w, strict=True))
        B = r2 * k**2 * sum(c * a / (a + k) ** 2 for a, c in zip(s, g, strict=True)) + sigma2
        one = 1 / mpf(members) if math.isfinite(members) else mpf(0)
        same, cross = (B / (1 - df2) if one else mpf(0)), B / (1 - share * df2)
        return {
            "test": one * same + (1 - one) * cross,
            "variance": sigma2 * (one * same / B + (1 - one) / (1 - share * df2) - 1),
            "train": one * same * (share * rho**2 + 1 - share) + (1 - one) * cross * (1 - share + share * rho) ** 2,
            "norm2": r2 * sum(c * (a / (a + k)) ** 2 for a, c in zip(s, g, strict=True))
            + slope * (one * same + (1 - one) * share * cross),
        }


@given(GAMMA, SHARE, LAM, st.sampled_from([1, 2, 10, math.inf]))
def test_every_field_against_mpmath(gamma, share, lam, members):
    if abs(gamma / share - 1) < 1e-3 and lam < 1e-6 and (members != math.inf or share == 1):
        lam = 1e-6  # nearer the rounding of gamma/share is amplified by 1/|p/k - 1|
    risk = bagging.ridge(SPECTRUM, gamma=gamma, share=share, lam=lam, members=members, r2=2.0, sigma2=0.5)
    for name, exact in oracle(gamma, share, lam, members, 2.0, 0.5).items():
        assert getattr(risk, name) == pytest.approx(float(exact), rel=1e-11 if name != "train" else 1e-10, abs=1e-13), name


@given(GAMMA, LAM, st.sampled_from([1, 3, math.inf]))
def test_one_member_or_all_the_rows_is_ridge(gamma, lam, members):
    if abs(gamma - 1) < 1e-6 and lam == 0:
        lam = 1e-3
    whole = ridge.ridge(SPECTRUM, gamma=gamma, lam=lam, r2=2.0)
    all_rows = bagging.ridge(SPECTRUM, gamma=gamma, share=1.0, lam=lam, members=members, r2=2.0)
    for name in FIELDS:
        assert getattr(all_rows, name) == pytest.approx(getattr(whole, name), rel=1e-11, abs=1e-14), name
    one = bagging.ridge(SPECTRUM, gamma=gamma / 2, share=0.5, lam=lam, members=1, r2=2.0)
    for name in set(FIELDS) - {"train"}:
        assert getattr(one, name) == pytest.approx(getattr(whole, name), rel=1e-11, abs=1e-14), name


@given(GAMMA, SHARE, LAM)
def test_infinitely_many_members_are_ridge_at_the_equivalent_penalty(gamma, share, lam):
    if gamma / share < 1.001 and lam < 1e-6:
        lam = 1e-3  # ridgeless members that do not interpolate are all least squares
    penalty = bagging.equivalent_penalty(SPECTRUM, gamma=gamma, share=share, lam=lam)
    bag = bagging.ridge(SPECTRUM, gamma=gamma, share=share, lam=lam, r2=2.0)
    whole = ridge.ridge(SPECTRUM, gamma=gamma, lam=penalty, r2=2.0)
    for name in FIELDS:
        assert getattr(bag, name) == pytest.approx(getattr(whole, name), rel=1e-8, abs=1e-10), name  # 1/|gamma - 1| of rounding
    assert bagging.equivalent_share(SPECTRUM, gamma=gamma, lam=penalty, member=lam) == pytest.approx(share, rel=1e-8)


def test_the_threshold_of_a_member_is_no_threshold_of_many():
    risk = bagging.ridge(SPECTRUM, gamma=0.5, share=0.5, members=[1, 2, math.inf], r2=2.0)
    assert risk.excess.tolist()[:2] == [math.inf, math.inf]
    assert risk.excess[2] == pytest.approx(0.5 / (1 - 0.5), rel=1e-13)  # kappa = 0: least squares
    assert risk.train[2] == pytest.approx(0.5, rel=1e-13)
    quiet = bagging.ridge(SPECTRUM, gamma=0.5, share=0.5, members=2, r2=2.0, sigma2=0.0)
    assert [quiet.excess, quiet.variance, quiet.norm2] == [0.0, 0.0, pytest.approx(2.0)]
    assert bagging.ridge(SPECTRUM, gamma=[[0.5], [2.0]], share=[0.3, 0.6, 1.0]).test.shape == (2, 3)


def averaged(X, subsets, lam, S, v, sigma2):
    """Risks of the mean of ridge fits on these rows, by its matrix."""
    n, p = X.shape
    A = np.zeros((p, n))
    for rows in subsets:
        part = X[rows]
        inverse = np.linalg.pinv(part) if lam == 0 else np.linalg.solve(part.T @ part + len(rows) * lam * np.eye(p), part.T)
        A[:, rows] += inverse / len(subsets)
    H = np.eye(p) - A @ X
    noise = sigma2 * np.sum(A**2)
    return {
        "bias": S @ H**2 @ v,
        "variance": sigma2 * S @ np.sum(A**2, axis=1),
        "train": (np.sum((X @ H) ** 2 @ v) + sigma2 * np.sum((np.eye(n) - X @ A) ** 2)) / n,
        "norm2": np.sum((A @ X) ** 2 @ v) + noise,
        "estimation": np.sum(H**2 @ v) + noise,
    }


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("disjoint", [False, True])
@pytest.mark.parametrize(("gamma", "lam"), [(0.25, 0.3), (1.5, 0.0), (1.5, 0.2)])
def test_the_simulator_against_averages_of_two_fits(gamma, lam, disjoint):
    n, share, sigma2 = 12, 0.5, 0.7
    p = round(gamma * n)
    given = {"n": n, "gamma": gamma, "share": share, "lam": lam, "disjoint": disjoint, "r2": 2.0, "sigma2": sigma2}
    given |= {"spectrum": "ar1:0.6", "signal": "top:0.4", "draws": 1}
    X, rng = np.empty((n, p)), np.random.default_rng(3)
    designs.rows("ar1:0.6", "gaussian", p)(X, rng)
    first = rng.permutation(n)
    second = first[6:] if disjoint else rng.permutation(n)[:6]
    S, v = designs.parse("ar1:0.6", p), designs.energies("top:0.4", 2.0, p)
    sets = first[:6], second
    alone, other, both = (averaged(X, some, lam, S, v, sigma2) for some in (sets[:1], sets[1:], sets))
    for members in (1, 2, 5, math.inf):
        found = simulate.bagging.ridge(**given, members=members, rng=np.random.default_rng(3)).to_dict()
        for name, mean in both.items():
            same = (alone[name] + other[name]) / 2
            cross = 2 * mean - same  # the mean of two is same/2 + cross/2
            assert found[name][0] == pytest.approx(same / members + (1 - 1 / members) * cross, rel=1e-8), name
        assert found["excess"] == pytest.approx(found["bias"] + found["variance"])
        assert found["test"] == pytest.approx(found["excess"] + sigma2)


def test_moments_are_those_of_a_member():
    moments = simulate.bagging.ridge.moments
    assert [moments(n=20, gamma=1.0, share=0.5, lam=x) for x in (0.0, 0.1)] == [5, math.inf]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bagging.ridge(SPECTRUM, gamma=1, share=0.0), "share = 0"),
        (lambda: bagging.ridge(SPECTRUM, gamma=1, share=1.5), "share = 1.5"),
        (lambda: bagging.ridge(SPECTRUM, gamma=1, share=0.5, lam=-0.1), "lam = -0.1"),
        (lambda: bagging.ridge(SPECTRUM, gamma=1, share=0.5, members=0), "members = 0"),
        (lambda: bagging.ridge(SPECTRUM, gamma=1, share=0.5, members=3, disjoint=True), "members = 3"),
        (lambda: bagging.equivalent_share(SPECTRUM, gamma=1, lam=0.1, member=0.2), "member = 0.2"),
        (lambda: draw(share=2.0), "share = 2.0"),
        (lambda: draw(share=0.7, disjoint=True), "share = 0.7"),
        (lambda: draw(share=0.5, members=1.5), "members = 1.5"),
        (lambda: draw(share=0.5, lam=-1.0), "lam = -1.0"),
    ],
)
@pytest.mark.false_alarm(0)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def draw(**given):
    return simulate.bagging.ridge(n=10, gamma=0.5, draws=1, rng=np.random.default_rng(0), **given)


def test_without_noise_least_squares_has_no_error_even_where_its_norm_has_a_pole():
    risk = bagging.ridge(spectra.power(1.2), gamma=0.01, share=1.0, members=2, r2=3.0, sigma2=0.0)
    assert (risk.excess, risk.estimation, risk.norm2) == (0, 0, pytest.approx(3.0))
