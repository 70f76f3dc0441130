"""The universal trade-off: against mpmath, by integrals of the Marchenko-Pastur law, its level sets, and fits of labels."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from mpmath import mp, mpf

import simulate.tradeoff
from asymptotics import isotropic, tradeoff

POINT = {"allow_nan": False, "allow_infinity": False}
GAMMA = st.one_of(st.floats(-3, 3).map(lambda e: 10.0**e), st.floats(-14, -1).map(lambda e: 1 + 10.0**e), st.just(1.0))
TAU = st.one_of(
    st.just(0.0),
    st.floats(1e-20, 1, **POINT),
    st.floats(-14, 0).map(lambda e: 10.0**e),
    st.floats(-14, 0).map(lambda e: 1 - 10.0**e),
)
EXCESS = st.floats(-3, 3).map(lambda e: 10.0**e)
EPS = 2.0**-52


def close(value, exact, eps):
    assert abs(mpf(float(value)) - exact) <= eps * EPS * abs(exact) + mpf(10) ** -50, (float(value), float(exact))


@given(GAMMA, TAU)
def test_frontier_against_mpmath_by_degrees_of_freedom(gamma, tau):
    with mp.workdps(60):  # u = df1 solves (gamma + tau) u^2 - 2 gamma u + gamma (1 - tau) = 0, by train = (1 - df1)^2/(1 - df2)
        g, t = mpf(gamma), mpf(tau)
        close(tradeoff.bound(gamma=gamma, tau=tau), (1 - mp.sqrt(t)) ** 2 / g, 4)
        at = tradeoff.frontier(gamma=gamma, tau=tau)
        if g - 1 + t <= 0:
            return
        u = g * (1 - t) / (g + mp.sqrt(g * t * (g - 1 + t)))
        close(at.excess, u**2 / (g - u**2), 5)
        if tau < 1:
            close(at.kappa, g / u - 1, 5)
            close(at.lam, (1 - u) * (g / u - 1), 6)


@given(GAMMA, TAU, EXCESS)
def test_level_sets_against_mpmath(gamma, tau, excess):
    with mp.workdps(60):
        g, t, e = mpf(gamma), mpf(tau), mpf(excess)
        u = mp.sqrt(g * e / (1 + e))
        close(
            tradeoff.least_training_error(gamma=gamma, excess=excess),
            (1 - u) ** 2 * (1 + e) if u < min(1, g) else max(1 - g, 0),
            6,
        )
        close(tradeoff.least_training_error(gamma=gamma, excess=excess, universal=True), max(1 - mp.sqrt(g * e), 0) ** 2, 6)
        close(
            tradeoff.least_ratio(tau=tau, excess=excess), (mp.sqrt(1 + e) - mp.sqrt(t)) ** 2 / e if t * (1 + e) < 1 else 1 - t, 6
        )
        close(tradeoff.least_ratio(tau=tau, excess=excess, universal=True), (1 - mp.sqrt(t)) ** 2 / e, 6)


@given(GAMMA, st.floats(0, 0.999), st.floats(0.1, 10))
def test_the_frontier_lies_above_the_bound_and_on_its_own_level_sets(gamma, tau, sigma2):
    assume(gamma - 1 + tau > 1e-3)
    at = tradeoff.frontier(gamma=gamma, tau=tau, sigma2=sigma2)
    assert at.excess >= tradeoff.bound(gamma=gamma, tau=tau, sigma2=sigma2) * (1 - 1e-15)  # rounding
    assert tradeoff.frontier(gamma=gamma, lam=at.lam, sigma2=sigma2).excess == pytest.approx(at.excess, rel=1e-9)  # conditioning
    assert tradeoff.frontier(gamma=gamma, lam=at.lam).tau == pytest.approx(tau, rel=1e-9, abs=1e-15)
    assert tradeoff.least_training_error(gamma=gamma, excess=at.excess, sigma2=sigma2) == pytest.approx(tau, rel=1e-6, abs=1e-9)
    assert tradeoff.least_ratio(tau=tau, excess=at.excess, sigma2=sigma2) == pytest.approx(gamma, rel=1e-9)


@given(st.floats(0, 1), st.floats(1e-3, 1e2))
def test_where_the_frontier_and_the_bound_meet(tau, more):
    gamma = tradeoff.meeting_ratio(tau=tau, factor=1 + more)
    assume(gamma > 1 - tau + 1e-9)
    for g, inside in ((gamma * (1 - 1e-6), False), (gamma * (1 + 1e-6), True)):
        ratio = tradeoff.frontier(gamma=g, tau=tau).excess / tradeoff.bound(gamma=g, tau=tau) if tau < 1 else 0.0
        assert (ratio <= 1 + more) == inside or abs(ratio - 1 - more) < 1e-9  # rounding at a flat crossing


def test_ends_of_the_curves():
    assert tradeoff.frontier(gamma=[1.0, 0.5, 2.0, 2.0], tau=[0.0, 0.4, 1.0, 3.0]).excess.tolist() == [math.inf, math.inf, 0, 0]
    assert tradeoff.frontier(gamma=2.0, tau=1.0).lam == math.inf
    assert tradeoff.frontier(gamma=[1.0, 0.5], tau=[0.0, 0.4], sigma2=0.0).excess.tolist() == [0, 0]
    assert tradeoff.frontier(gamma=1.0, lam=[0.0, 0.1], sigma2=0.0).excess.tolist() == [0, 0]
    assert tradeoff.frontier(gamma=0.5, tau=0.5).excess == pytest.approx(1, rel=1e-15)  # least squares
    assert tradeoff.frontier(gamma=0.5, tau=0.4, sigma2=0.0).excess == 0
    ridgeless = isotropic.ridgeless(gamma=3.0).variance
    assert tradeoff.frontier(gamma=3.0, tau=0.0).excess == pytest.approx(ridgeless, rel=1e-15)
    assert tradeoff.bound(gamma=2.0, tau=2.0) == 0
    assert tradeoff.least_ratio(tau=0.5, excess=0.0) == math.inf
    assert np.shape(tradeoff.frontier(gamma=[[1.0], [2.0]], lam=[0.1, 0.2, 0.3], sigma2=2.0).tau) == (2, 3)


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("estimator", ["oracle ridge", "oracle flow", "ridge", "flow"])
@pytest.mark.parametrize("gamma", [0.6, 2.0])
def test_the_simulator_against_fits_of_labels(estimator, gamma):
    n, tau, r2, sigma2 = 20, 0.6, 0.7, 2.0
    p = round(gamma * n)
    arguments = {"n": n, "gamma": gamma, "tau": tau, "estimator": estimator, "features": "rademacher", "r2": r2, "sigma2": sigma2}
    excess = simulate.tradeoff.excess(**arguments, draws=1, rng=np.random.default_rng(3))[0]
    X = np.sign(simulate_rows(n, p, np.random.default_rng(3)))
    s, V = np.linalg.eigh(X.T @ X / n)

    def errors(t):
        h = (V / (1 + s / t) if estimator.endswith("ridge") else V * np.exp(-s / t)) @ V.T  # what is missed of beta
        A = (np.eye(p) - h) @ np.linalg.pinv(X)
        signal = 0.0 if estimator.startswith("oracle") else r2 / p
        train = signal * np.sum((X @ h) ** 2) / n + sigma2 * np.sum((np.eye(n) - X @ A) ** 2) / n
        return signal * np.sum(h**2) + sigma2 * np.sum(A**2), train

    low, high = 1e-9, 1e9
    for _ in range(200):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if errors(middle)[1] < tau * sigma2 else (low, middle)
    assert excess == pytest.approx(errors(low)[0], rel=1e-9)


def simulate_rows(n, p, rng):
    from simulate import designs

    out = np.empty((n, p))
    designs.rows("isotropic", "rademacher", p)(out, rng)
    return out


@pytest.mark.false_alarm(0)
def test_orthogonal_rows_attain_the_bound():
    for tau in (0.0, 0.01, 0.5, 0.99):
        given = {"n": 10, "gamma": 3.0, "tau": tau, "sigma2": 2.0, "draws": 2, "rng": np.random.default_rng(0)}
        found = simulate.tradeoff.excess(features="orthogonal", **given)
        assert found == pytest.approx(tradeoff.bound(gamma=3.0, tau=tau, sigma2=2.0), rel=1e-9)


def test_moments_are_fewer_where_one_singular_value_decides():
    moments = simulate.tradeoff.excess.moments
    assert [moments(n=20, gamma=g, tau=t) for g, t in ((2.0, 0.5), (2.0, 0.0), (0.5, 0.5))] == [math.inf, 10, 5]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tradeoff.bound(gamma=-1, tau=0.1), "gamma = -1"),
        (lambda: tradeoff.bound(gamma=1, tau=-0.1), "tau = -0.1"),
        (lambda: tradeoff.frontier(gamma=1), "give tau or lam"),
        (lambda: tradeoff.frontier(gamma=1, tau=0.1, lam=0.1), "give tau or lam"),
        (lambda: tradeoff.least_ratio(tau=0.1, excess=0.1, sigma2=0.0), "sigma2 = 0"),
        (lambda: tradeoff.meeting_ratio(tau=0.1, factor=1.0), "factor = 1"),
        (lambda: draw(tau=0.3), "leaves 1 - p/n = 0.5"),
        (lambda: draw(tau=0.7, features="orthogonal"), "cannot be orthogonal"),
        (lambda: draw(tau=0.7, estimator="lasso"), "estimator = 'lasso'"),
        (lambda: draw(tau=1.5), "never has so large"),
    ],
)
@pytest.mark.false_alarm(0)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def draw(**given):
    return simulate.tradeoff.excess(n=10, gamma=0.5, draws=1, rng=np.random.default_rng(0), **given)
