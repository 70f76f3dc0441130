"""Gradient flow: against mpmath, ridge and its limits; the inverse Laplace transform; the simulators against steps and exponentials."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf
from scipy.linalg import expm

import simulate.gradient_flow
from asymptotics import isotropic, ridge, spectra
from asymptotics._laplace import NODES, invert, invert_twice
from asymptotics.gradient_flow import RELATIVE_OPTIMAL_RISK, RELATIVE_RISK, flow, isotropic_flow
from simulate import designs

SPECTRA = {
    "two atoms": spectra.atoms([4.0, 0.25], [0.5, 0.5], "top:0.5"),
    "with a null space": spectra.atoms([2.0, 1.0, 0.0], [0.25, 0.5, 0.25], [1.0, 2.0, 3.0]),
    "ar1": spectra.parse("ar1:0.7", "bottom:0.5"),
    "power": spectra.parse("power:1.2"),
}
RATIO = st.one_of(st.floats(-2, 2).map(lambda e: 10.0**e), st.floats(-10, -1).map(lambda e: 1 + 10.0**e), st.just(1.0))


def integrals(gamma, t):
    """bias, variance, seen, noise of `isotropic_flow` at r2 = sigma2 = 1 by mpmath's tanh-sinh rule in the angle."""
    with mp.workdps(30):
        g, t = mpf(gamma), mpf(t)
        low = (1 - mp.sqrt(g)) ** 2

        def law(f):
            def part(x):
                s = low + 4 * mp.sqrt(g) * mp.sin(x / 2) ** 2
                return f(s) * mp.sin(x) ** 2

            # cut where e^(-ts) falls and where s leaves the lower edge
            inner = sorted({min(mp.pi / 2, c) for c in (1 / mp.sqrt(1 + t), abs(1 - g) + mpf(10) ** -8)})
            return 2 / mp.pi * mp.quad(part, [0, inner[0] / 30, *inner, *[min(3, 5 * c) for c in inner[-1:]], mp.pi])

        least = mp.exp(-2 * t * low)  # taken out of the integrals, whose error is absolute
        kept = least * law(lambda s: mp.exp(-2 * t * (s - low)) / s)
        return (
            max(0, 1 - 1 / g) + kept,
            g * law(lambda s: (mp.expm1(-t * s) / s) ** 2),
            least * law(lambda s: mp.exp(-2 * t * (s - low))),
            max(0, 1 - g) + g * kept,
        )


@pytest.mark.parametrize("gamma", [0.01, 0.5, 0.98, 1.02, 3.0, 100.0])
@pytest.mark.parametrize("t", [1e-8, 0.1, 2.0, 50.0, 1e4])
def test_isotropic_flow_against_mpmath(gamma, t):
    bias, variance, seen, noise = integrals(gamma, t)
    found = isotropic_flow(gamma=gamma, t=t, r2=1, sigma2=1)
    assert found.bias == pytest.approx(float(bias), rel=2e-13)  # 1e-14 of the exponent 2ts
    assert found.variance == pytest.approx(float(variance), rel=2e-14)
    assert found.train == pytest.approx(float(seen + noise), rel=2e-13)


def test_at_the_threshold_and_near_it_in_closed_form():
    with mp.workdps(30):  # gamma = 1: bias = e^-4t (I_0(4t) + I_1(4t))
        for t in (1e-6, 0.3, 7.0, 1e3, 1e9):
            exact = mp.exp(-4 * mpf(t)) * (mp.besseli(0, 4 * mpf(t)) + mp.besseli(1, 4 * mpf(t)))
            assert isotropic_flow(gamma=1.0, t=t).bias == pytest.approx(float(exact), rel=2e-14)
    near = isotropic_flow(gamma=1 + np.array([-1, 1]) * 1e-12, t=10.0)
    assert near.excess == pytest.approx(isotropic_flow(gamma=1.0, t=10.0).excess, rel=1e-10)


@given(RATIO, st.floats(-6, 6).map(lambda e: 10.0**e))
def test_the_contour_gives_what_the_density_gives(gamma, t):
    one = flow(spectra.isotropic(), gamma=gamma, t=t, r2=1.0, sigma2=1.0).to_dict()
    two = isotropic_flow(gamma=gamma, t=t, r2=1.0, sigma2=1.0).to_dict()
    assert list(one) == list(two)
    for name, value in two.items():
        assert one[name] == pytest.approx(value, rel=1e-12, abs=0 if name == "variance" else 5e-13), name


@pytest.mark.parametrize("name", SPECTRA)
@pytest.mark.parametrize("gamma", [0.4, 1.0, 3.0])
def test_a_long_time_is_ridgeless_and_a_short_one_linear(name, gamma):
    spectrum = SPECTRA[name]
    if gamma != 1.0 and name != "power":  # whose least eigenvalues take for ever
        late, limit = flow(spectrum, gamma=gamma, t=1e8, r2=2.0), ridge.ridge(spectrum, gamma=gamma, lam=0.0, r2=2.0)
        assert late.excess == pytest.approx(limit.excess, rel=1e-11)
        assert late.norm2 == pytest.approx(limit.norm2, rel=1e-11)
        assert late.train == pytest.approx(limit.train, abs=1e-12)
    t = 1e-6
    early = flow(spectrum, gamma=gamma, t=t, r2=2.0)
    H, G = spectrum.H, spectrum.G
    assert early.bias == pytest.approx(2 * (G.mean() - 2 * t * G.moment(2)), rel=1e-10)  # t^2
    assert early.variance == pytest.approx(gamma * t**2 * H.moment(2), rel=1e-4)  # t
    square = G.moment(2) + gamma * H.mean() * G.mean()  # beta'A^2 beta
    assert early.norm2 == pytest.approx(t**2 * (2 * square + gamma * H.mean()), rel=1e-4)  # t
    ends = flow(spectrum, gamma=gamma, t=[0.0, math.inf], r2=2.0)
    assert ends.excess.tolist() == [pytest.approx(2 * G.mean()), ridge.ridge(spectrum, gamma=gamma, lam=0.0, r2=2.0).excess]


@pytest.mark.parametrize("name", SPECTRA)
def test_the_constants_bound_the_ratio_to_ridge(name):
    t = np.geomspace(1e-2, 1e2, 30)
    for gamma in (0.3, 1.0, 3.0):
        for r2, sigma2 in ((0.0, 1.0), (1.0, 1.0), (5.0, 0.1)):
            spectrum = spectra.Spectrum(SPECTRA[name].H, SPECTRA[name].H)  # an isotropic signal
            ratio = flow(spectrum, gamma=gamma, t=t, r2=r2, sigma2=sigma2).excess
            ratio /= ridge.ridge(spectrum, gamma=gamma, lam=1 / t, r2=r2, sigma2=sigma2).excess
            assert np.all(ratio <= RELATIVE_RISK * (1 + 1e-12))  # rounding
            if r2 > 0:
                best = ridge.optimal(spectrum, gamma=gamma, r2=r2, sigma2=sigma2).excess
                stopped = flow(spectrum, gamma=gamma, t=r2 / (gamma * sigma2), r2=r2, sigma2=sigma2).excess
                assert best * (1 - 1e-12) <= stopped <= best * RELATIVE_OPTIMAL_RISK  # rounding


def test_the_constants_to_every_digit():
    with mp.workdps(40):
        x = mp.findroot(lambda x: mp.exp(x) - 1 - x - x**2, 1.79)
        assert float(((1 - mp.exp(-x)) * (1 + 1 / x)) ** 2) == RELATIVE_RISK

        def ratio(x):
            return (1 + x) * (mp.exp(-2 * x) + (1 - mp.exp(-x)) ** 2 / x)

        top = mp.findroot(lambda x: mp.diff(ratio, x), 3)
        assert float(ratio(top)) == pytest.approx(RELATIVE_OPTIMAL_RISK, rel=1e-15)
        assert mp.diff(ratio, top, 2) < 0


@pytest.mark.parametrize("t", [1e-9, 1.0, 1e9])
def test_the_inverse_laplace_transform(t):
    s = np.append(0.0, np.geomspace(1e-12, 1e12, 97)) / t
    z = NODES / t
    assert invert(1 / (z + s[:, None]), t) == pytest.approx(np.exp(-s * t), abs=3e-14)
    assert invert(z**-2.5, t) == pytest.approx(t**1.5 / math.gamma(2.5), rel=1e-13)
    both = np.concatenate([z, z.conj()])
    two = 1 / (z[:, None] + s[:, None, None]) / (both + s[:, None, None])
    assert invert_twice(two, t) == pytest.approx(np.exp(-2 * s * t), abs=1e-12)


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize(
    ("spectrum", "signal"), [("isotropic", "isotropic"), ("ar1:0.6", "top:0.3"), ("atoms:3@0.5,0.2@0.5", "bottom:0.6")]
)
@pytest.mark.parametrize("gamma", [0.4, 1.0, 2.5])
def test_the_simulators_against_matrix_exponentials_and_steps(spectrum, signal, gamma):
    n, t, r2, sigma2 = 12, 1.3, 2.0, 0.7
    p = round(gamma * n)
    given = {"n": n, "gamma": gamma, "r2": r2, "sigma2": sigma2, "spectrum": spectrum, "signal": signal, "entries": "rademacher"}
    found = simulate.gradient_flow.flow(**given, t=[0.0, t], draws=1, rng=np.random.default_rng(5)).to_dict()
    X = np.empty((n, p))
    designs.rows(spectrum, "rademacher", p)(X, np.random.default_rng(5))
    S, v = designs.parse(spectrum, p), designs.energies(signal, r2, p)
    H = expm(-t * X.T @ X / n)
    W = (np.eye(p) - H) @ np.linalg.pinv(X)
    bias, variance = np.trace(np.diag(S) @ H @ np.diag(v) @ H.T), sigma2 * np.trace(np.diag(S) @ W @ W.T)
    noise = sigma2 * np.sum(W**2)
    want = {
        "bias": bias,
        "variance": variance,
        "excess": bias + variance,
        "test": bias + variance + sigma2,
        "train": (np.sum((X @ H) ** 2 @ v) + sigma2 * np.sum((np.eye(n) - X @ W) ** 2)) / n,
        "norm2": np.sum((np.eye(p) - H) ** 2 @ v) + noise,
        "estimation": np.sum(H**2 @ v) + noise,
    }
    steps = [
        simulate.gradient_flow.descent(**given, t=t, step=h, draws=1, rng=np.random.default_rng(5)).to_dict()
        for h in (t / 500, t / 1000)
    ]
    for name, value in want.items():
        assert found[name][0, 1] == pytest.approx(value, rel=1e-10), name
        assert 2 * steps[1][name][0] - steps[0][name][0] == pytest.approx(value, rel=1e-4), name  # step^2
    assert found["excess"][0, 0] == pytest.approx(S @ v, rel=1e-12)


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
def test_the_two_routes_of_the_simulator_agree(gamma):
    X = np.random.default_rng(2).standard_normal((20, round(20 * gamma)))
    n, p = X.shape
    filters = [lambda s: np.exp(-2 * s), lambda s: 1 / (1 + 2 * s)]
    s = np.maximum(np.linalg.eigvalsh(X.T @ X / n), 0.0)
    s[: p - n] = 0.0
    one = simulate.gradient_flow.by_eigenvalues(s, n, filters, 3.0, 0.5)
    two = simulate.gradient_flow.by_spectrum(X, filters, np.full(p, 3.0 / p), np.ones(p), 0.5)
    for name, value in one.items():
        assert two[name] == pytest.approx(value, rel=1e-9), name
    assert one["excess"][1] == pytest.approx(
        3 / p * np.sum(1 / (1 + 2 * s) ** 2) + 0.5 / n * np.sum(s / (s + 0.5) ** 2), rel=1e-12
    )


@pytest.mark.false_alarm(0)
def test_the_ratio_is_of_the_same_rows():
    given = {"n": 20, "gamma": 2.0, "r2": 2.0, "sigma2": 0.5, "spectrum": "ar1:0.5", "draws": 3}
    ratio = simulate.gradient_flow.against_ridge(**given, t=2.0, rng=np.random.default_rng(1))
    flowing = simulate.gradient_flow.flow(**given, t=2.0, rng=np.random.default_rng(1)).excess
    fill, X, rng = designs.rows("ar1:0.5", "gaussian", 40), np.empty((20, 40)), np.random.default_rng(1)
    S = designs.parse("ar1:0.5", 40)
    for i in range(3):
        fill(X, rng)
        G = np.linalg.inv(X.T @ X / 20 + 0.5 * np.eye(40))
        excess = np.trace(S[:, None] * (0.25 * G @ G * 2 / 40 + 0.5 / 20 * G @ (X.T @ X / 20) @ G))
        assert ratio[i] * flowing[i] == pytest.approx(excess, rel=1e-10)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: isotropic_flow(gamma=-1, t=1), "gamma = -1"),
        (lambda: isotropic_flow(gamma=1, t=-1), "t = -1"),
        (lambda: flow(spectra.isotropic(), gamma=1, t=1e31), "t = 1e"),
        (lambda: flow(spectra.power_law(1.5), gamma=1, t=1.0), "infinitely many"),
        (lambda: isotropic_flow(gamma=1, t=1, lam=1), "lam = 1"),
        (lambda: simulate.gradient_flow.flow(n=5, gamma=1.0, t=-1.0, draws=1, rng=np.random.default_rng(0)), "t = -1"),
        (lambda: simulate.gradient_flow.against_ridge(n=5, gamma=1.0, t=0.0, draws=1, rng=np.random.default_rng(0)), "t = 0"),
        (
            lambda: simulate.gradient_flow.descent(n=5, gamma=1.0, t=1.0, step=0.0, draws=1, rng=np.random.default_rng(0)),
            "step = 0",
        ),
    ],
)
@pytest.mark.false_alarm(0)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_broadcasting():
    risk = isotropic_flow(gamma=[[0.5], [2.0]], t=[0.0, 1.0, math.inf], r2=2.0)
    assert risk.excess.shape == (2, 3)
    assert risk.excess[:, 2] == pytest.approx(isotropic.ridgeless(gamma=[0.5, 2.0], r2=2.0).excess)
    other = flow(spectra.isotropic(), gamma=[[0.5], [2.0]], t=[0.0, 1.0, math.inf], r2=2.0)
    assert other.test == pytest.approx(risk.test, rel=1e-12)
    assert np.shape(flow(spectra.isotropic(), gamma=0.5, t=1.0).test) == ()


@pytest.mark.parametrize("gamma", [0.3, 1.5, 2.0, 4.9])
def test_times_so_late_that_nothing_is_left(gamma):
    two = spectra.atoms([4.0, 0.25], [0.5, 0.5])
    late, last = (flow(two, gamma=gamma, t=t).to_dict() for t in (np.array([1e21, 1e25, 1e30]), np.inf))
    for name, value in late.items():
        assert value == pytest.approx(np.full(3, last[name]), rel=1e-12, abs=1e-12), name


@pytest.mark.false_alarm(0)
def test_no_risk_at_all_is_no_worse_than_none():
    rng = np.random.default_rng(0)
    found = simulate.gradient_flow.against_ridge(n=10, gamma=2.0, t=1.0, r2=0.0, sigma2=0.0, draws=2, rng=rng)
    assert found.tolist() == [1.0, 1.0]
