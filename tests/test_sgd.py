"""One-pass SGD: against matrix exponentials and closed forms, power laws, the exact mean at finite p; the simulator by products."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import expm, matrix, mp, mpf

import simulate.sgd
from asymptotics import sgd, spectra
from simulate import designs

LAW = ([4.0, 1.0, 0.03], [0.25, 0.25, 0.5], [0.2, 0.3, 0.5])
SPECTRUM = spectra.atoms(*LAW)
MEAN, ENERGY = 1.265, 1.115  # int s dH, int s dG


def exponential(step, t):
    """Bias and variance of LAW at r2 = sigma2 = 1: the energies at each eigenvalue as a linear system, at 40 digits."""
    with mp.workdps(40):
        s, h, g = ([mpf(x) for x in part] for part in LAW)
        eta, m = mpf(step), len(LAW[0])
        A = matrix(m + 1, m + 1)
        for i in range(m):
            A[i, i] -= 2 * eta * s[i]
            A[i, m] = eta**2 * s[i] * h[i]
            for j in range(m):
                A[i, j] += eta**2 * s[i] * h[i] * s[j]
        E = expm(A * mpf(t))
        bias = mp.fsum(s[i] * E[i, j] * g[j] for i in range(m) for j in range(m))
        return float(bias), float(mp.fsum(s[i] * E[i, m] for i in range(m)))


@settings(max_examples=30)
@given(st.floats(-2, 0.4).map(lambda e: 10.0**e), st.floats(-6, 1.5).map(lambda e: 10.0**e))
def test_against_matrix_exponentials_below_and_above_the_critical_step(step, t):
    bias, variance = exponential(step, t)
    found = sgd.one_pass(SPECTRUM, step=step, t=t)
    growth = max(1.0, 1e-2 * step * t)  # of the exponent of what grows, in its own rounding
    assert found.bias == pytest.approx(bias, rel=1e-12 * growth, abs=1e-13)
    assert found.variance == pytest.approx(variance, rel=1e-12 * growth)


@given(st.floats(0.01, 3), st.floats(-6, 1.3).map(lambda e: 10.0**e))
def test_isotropic_features_in_closed_form(step, t):
    # R' = -(2 step - step^2) R + step^2 sigma2
    rate = step * (2 - step)
    made = step**2 * t if abs(rate) * t < 1e-14 else -math.expm1(-rate * t) * step / (2 - step)
    found = sgd.one_pass(spectra.isotropic(), step=step, t=t, r2=3.0, sigma2=2.0)
    assert found.bias == pytest.approx(3 * math.exp(-rate * t), rel=1e-11, abs=3e-13)
    assert found.variance == pytest.approx(2 * made, rel=1e-11)
    assert found.test == found.excess + 2


@pytest.mark.false_alarm(0)
def test_many_eigenvalues_are_their_sums():
    values = np.random.default_rng(0).gamma(0.5, size=800)
    big = spectra.from_eigenvalues(values, np.random.default_rng(1).standard_normal(800))
    step, t = 0.5 / values.mean(), 3.0
    A = step**2 / 800 * np.outer(values, values) - np.diag(2 * step * values)
    shares = np.random.default_rng(1).standard_normal(800) ** 2
    w, V = np.linalg.eigh(A)  # symmetric, for the weights are equal
    energy = V @ (np.exp(w * t) * (V.T @ (shares / shares.sum())))
    made = V @ (np.expm1(w * t) / w * (V.T @ (step**2 / 800 * values)))
    found = sgd.one_pass(big, step=step, t=t)
    assert found.bias == pytest.approx(values @ energy, rel=1e-12)
    assert found.variance == pytest.approx(values @ made, rel=1e-12)


def test_a_power_law_decays_like_a_power_of_time():
    # F(t) = sum_i i^-beta exp(-2 step i^-alpha t) ~ Gamma((beta-1)/alpha)/alpha (2 step t)^(-(beta-1)/alpha), over 1 - K^(0)
    alpha, beta, step = 1.5, 1.6, 0.1
    spectrum = spectra.power_law(alpha, beta)
    a = (beta - 1) / alpha
    for t, rel in ((1e8, 3e-2), (1e11, 2e-3)):
        leading = math.gamma(a) / alpha * (2 * step * t) ** -a / (1 - step * spectrum.H.mean() / 2)
        assert sgd.one_pass(spectrum, step=step, t=t, sigma2=0.0).bias == pytest.approx(leading, rel=rel)
    with mp.workdps(30):  # at first order in step, without the Volterra term: the sum itself, its tail by Hurwitz zeta
        tiny, t = 1e-9, mpf(10) ** 10
        near = mp.fsum(mpf(i) ** -mpf(beta) * mp.exp(-2 * tiny * mpf(i) ** -mpf(alpha) * t) for i in range(1, 1000))
        far = mp.fsum((-2 * tiny * t) ** k / mp.factorial(k) * mp.zeta(mpf(beta) + k * mpf(alpha), 1000) for k in range(12))
        found = sgd.one_pass(spectrum, step=tiny, t=float(t), sigma2=0.0)
        assert found.bias == pytest.approx(float(near + far), rel=1e-8)  # step K^: 2e-9


def test_ends():
    found = sgd.one_pass(SPECTRUM, step=[0.0, 0.5, 0.5, 3.0, 3.0], t=[1.0, 0.0, math.inf, math.inf, 1e5], r2=2.0)
    assert found.bias == pytest.approx([2 * ENERGY, 2 * ENERGY, 0, math.inf, math.inf])
    half = 0.25 * MEAN
    assert found.variance == pytest.approx([0, 0, half / (1 - half), math.inf, math.inf])
    assert sgd.one_pass(SPECTRUM, step=0.5, t=1e5).variance == pytest.approx(half / (1 - half), rel=1e-12)
    critical = sgd.critical_step(SPECTRUM)
    assert critical == pytest.approx(2 / MEAN, rel=1e-15)
    two = spectra.atoms([3.0, 1.0], [0.5, 0.5], [0.2, 0.8])  # critical step exactly 1
    last = sgd.one_pass(two, step=1.0, t=[math.inf, 1e4])
    assert last.bias == pytest.approx([2.0, 2.0], rel=1e-11)
    assert last.variance[0] == math.inf
    assert sgd.one_pass(two, step=3.0, t=math.inf, r2=0.0, sigma2=0.0).excess == 0
    assert sgd.one_pass(SPECTRUM, step=[[0.1], [0.2]], t=[1.0, 2.0, 3.0]).test.shape == (2, 3)


def exact_mean(s, v, step, n, sigma2):
    """Bias and variance at finite p for Gaussian rows: E of (1) in simulate.sgd, diagonal in the eigenbasis."""
    a, b, e = step / len(s), v.copy(), np.zeros(len(s))
    for _ in range(n):
        b = b * (1 - 2 * a * s + 2 * (a * s) ** 2) + a**2 * s * (s @ b)
        e = e * (1 - 2 * a * s + 2 * (a * s) ** 2) + a**2 * s * (s @ e + sigma2)
    return s @ b, s @ e


def test_the_limit_of_the_exact_mean():
    spectrum = "ar1:0.7"
    limit = sgd.one_pass(spectra.parse(spectrum, "top:0.5"), step=0.7, t=2.0, r2=3.0, sigma2=0.5)
    gaps = []
    for p in (200, 400, 800):
        s, v = designs.parse(spectrum, p), designs.energies("top:0.5", 3.0, p)
        bias, variance = exact_mean(s, v, 0.7, 2 * p, 0.5)
        gaps.append([bias - limit.bias, variance - limit.variance])
    gaps = np.array(gaps)
    assert np.all(np.abs(gaps[2] / gaps[1] - 0.5) < 0.02)  # 1/p, and its next power
    extrapolated = (8 * gaps[2] - 6 * gaps[1] + gaps[0]) / 3
    assert np.all(np.abs(extrapolated) < 1e-6)


@pytest.mark.false_alarm(0)
def test_the_simulator_by_products_of_matrices():
    n, step, sigma2 = 15, 0.9, 0.7
    p = 9
    given = {"n": n, "gamma": p / n, "step": step, "r2": 2.0, "sigma2": sigma2, "spectrum": "ar1:0.6", "signal": "bottom:0.4"}
    found = simulate.sgd.one_pass(**given, entries="rademacher", draws=1, rng=np.random.default_rng(4)).to_dict()
    X = np.empty((n, p))
    designs.rows("ar1:0.6", "rademacher", p)(X, np.random.default_rng(4))
    S, v, a = designs.parse("ar1:0.6", p), designs.energies("bottom:0.4", 2.0, p), step / p
    lost, made = np.eye(p), np.zeros((p, 0))  # what is left of beta, and the estimator per unit of each sample's noise
    for x in X:
        turn = np.eye(p) - a * np.outer(x, x)
        lost, made = turn @ lost, np.column_stack([turn @ made, a * x])
    bias, variance = S @ lost**2 @ v, sigma2 * S @ np.sum(made**2, axis=1)
    want = {"bias": bias, "variance": variance, "excess": bias + variance, "test": bias + variance + sigma2}
    for name, value in want.items():
        assert found[name][0] == pytest.approx(value, rel=1e-12), name
    assert found["estimation"][0] == pytest.approx(np.sum(lost**2 @ v) + sigma2 * np.sum(made**2), rel=1e-12)
    kernel = np.diag(v)
    simulate.sgd._run_py(X, a, sigma2, kernel)
    assert S @ kernel.diagonal() == pytest.approx(bias + variance, rel=1e-12)


@pytest.mark.false_alarm(4e-8)  # two means of 400 draws beyond 6 standard errors: 2e-9 each if normal, ten times that if skew
def test_the_simulator_has_the_exact_mean():
    n, p = 40, 20
    found = simulate.sgd.one_pass(
        n=n, gamma=0.5, step=0.8, r2=2.0, sigma2=1.0, spectrum="ar1:0.5", draws=400, rng=np.random.default_rng(7)
    )
    exact = exact_mean(designs.parse("ar1:0.5", p), designs.energies("isotropic", 2.0, p), 0.8, n, 1.0)
    for values, mean in zip((found.bias, found.variance), exact, strict=True):
        assert abs(values.mean() - mean) < 6 * values.std() / math.sqrt(len(values))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sgd.one_pass(SPECTRUM, step=-1, t=1), "step = -1"),
        (lambda: sgd.one_pass(SPECTRUM, step=1, t=-1), "t = -1"),
        (lambda: sgd.one_pass(SPECTRUM, step=1, t=1, sigma=1), "sigma = 1"),
        (lambda: simulate.sgd.one_pass(n=5, gamma=1.0, step=-1.0, draws=1, rng=np.random.default_rng(0)), "step = -1"),
    ],
)
@pytest.mark.false_alarm(0)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_critical_step_is_met_to_rounding():
    law = spectra.atoms([3.0, 1.0, 0.0], [0.4, 0.3, 0.3])
    assert sgd.critical_step(law) * law.H.mean() / 2 < 1  # by one rounding
    last = sgd.one_pass(law, step=sgd.critical_step(law), t=np.inf)
    assert np.isinf(last.variance)
    assert 0 < last.bias < np.inf
    for step in (1 - 1e-15, 1.0, 1 + 1e-15):
        late = sgd.one_pass(law, step=step * sgd.critical_step(law), t=1e300)
        assert not np.isnan(late.excess)
        assert late.variance > 1e14
