"""The effective ridge against 60-digit mpmath: every kappa is bracketed by signs at kappa (1 -+ 5e-15)."""

import mpmath as mp
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from asymptotics.equivalents import edge, effective_ridge, fixed_points, starting_values
from asymptotics.errors import ConvergenceError
from asymptotics.spectra import atoms, autoregressive, from_eigenvalues, isotropic, multiplicities, power, power_law

DIGITS = 5 * mp.mpf(10) ** -15  # the accuracy that is promised


class Exact:
    """The sums of (K) at 60 digits for the exact doubles of a law; a twofold cumulative mass is taken at its word."""

    def __init__(self, law, *, a, n, delta):
        with mp.workdps(60):
            mass = [mp.mpf(float(h)) + mp.mpf(float(l)) for h, l in zip(*law.above, strict=True)]
            self.w = [mass[0]] + [b - c for b, c in zip(mass[1:], mass[:-1], strict=True)]
            self.s = [mp.mpf(float(s)) for s in law.atoms]
            self.a, self.n, self.delta = (mp.mpf(float(v)) for v in (a, n, delta))

    def df(self, k, power=1):
        return self.a * mp.fsum(w * (s / (s + k)) ** power for s, w in zip(self.s, self.w, strict=True))

    def defect(self, k):
        """kappa (n - df1) - delta: increasing in kappa where n > df2."""
        return k * (self.n - self.df(k)) - self.delta

    def check(self, result, digits=DIGITS):
        with mp.workdps(60):
            k = mp.mpf(float(result.kappa))
            step = abs(k) * digits
            assert self.defect(k - step) < 0 < self.defect(k + step)
            assert self.n > self.df(k, 2)
            for _ in range(3):  # Newton, quadratic from 12 digits on: the exact root
                k -= self.defect(k) / (self.n - self.df(k, 2))
            for name, value in {"df1": self.df(k), "df2": self.df(k, 2), "gap": self.n - self.df(k, 2)}.items():
                assert abs(mp.mpf(float(getattr(result, name))) / value - 1) < digits, name


@st.composite
def spectra(draw):
    p = draw(st.integers(1, 12))
    spread = draw(st.sampled_from([0.0, 0.1, 2.0, 20.0]))
    values = [np.exp(spread * draw(st.floats(-1, 1))) for _ in range(p)]
    gaps = draw(st.lists(st.sampled_from([1.0, 1e-20]), min_size=p, max_size=p))  # clusters, 20 decades apart
    counts = draw(st.lists(st.integers(1, 5), min_size=p, max_size=p))
    return multiplicities(np.multiply(values, gaps), counts).H


@given(spectra(), st.data(), st.sampled_from([1e-16, 1e-8, 1e-3, 1.0, 1e4]))
@settings(max_examples=60)
def test_twelve_digits(H, data, delta):
    # n: at interpolation, at a cluster's mass, on either side
    n = data.draw(st.sampled_from([H.mass, float(H.above[0, H.atoms.size // 2]), 0.5 * H.mass, 3 * H.mass, H.mass + 1, 0.7]))
    Exact(H, a=1, n=n, delta=delta).check(effective_ridge(H, n=n, delta=delta))


@given(spectra(), st.floats(1e-6, 0.99))
@settings(max_examples=30)
def test_negative_penalties(H, share):
    n = 2.5 * H.mass
    smallest = edge(H, n=n)
    assert smallest < 0
    exact = Exact(H, a=1, n=n, delta=share * float(smallest))
    # promised; the root moves by delta/gap: near the edge that is what the rounding of the data does too
    exact.check(effective_ridge(H, n=n, delta=share * float(smallest)), digits=mp.mpf(10) ** -14 / (1 - share))


@pytest.mark.parametrize("n", [20, 35, 49])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_negative_penalties_beyond_interpolation(n, share):
    H = multiplicities(np.linspace(1, 5, 50), np.ones(50)).H
    delta = share * float(edge(H, n=n))
    result = effective_ridge(H, n=n, delta=delta)
    assert result.kappa > 0
    Exact(H, a=1, n=n, delta=delta).check(result, digits=mp.mpf(10) ** -14 / (1 - share))  # as above


def test_interpolation_with_many_eigenvalues():
    H = from_eigenvalues(np.geomspace(1e-6, 1.0, 3000)).H  # compressed: the oracle sees all 3000
    Exact(H, a=1, n=1, delta=1e-16).check(effective_ridge(H, gamma=1.0, lam=1e-16))
    Exact(H, a=1.5, n=1, delta=1e-16).check(effective_ridge(H, gamma=1.5, lam=1e-16))


@pytest.mark.false_alarm(0)
def test_second_route_is_brentq():
    s = np.exp(2 * np.random.default_rng(1).normal(size=5000))
    H = from_eigenvalues(s).H
    for gamma in (0.2, 0.9, 1.5, 10.0):
        for lam in (1e-4, 0.1, 10.0):
            t = brentq(lambda t, g=gamma, l=lam: g * np.mean(s / (s + np.exp(t))) + l * np.exp(-t) - 1, -40, 40, xtol=1e-15)
            # brentq's own equation loses digits where n - df1 cancels
            np.testing.assert_allclose(effective_ridge(H, gamma=gamma, lam=lam).kappa, np.exp(t), rtol=1e-12)


@given(st.floats(1e-3, 1e3), st.floats(1e-10, 1e3))
def test_isotropic_closed_form(gamma, lam):
    with mp.workdps(50):
        h = 1 - mp.mpf(gamma) - mp.mpf(lam)
        kappa = (-h + mp.sqrt(h * h + 4 * mp.mpf(lam))) / 2
    result = effective_ridge(isotropic().H, gamma=gamma, lam=lam)
    assert abs(mp.mpf(float(result.kappa)) / kappa - 1) < DIGITS


@given(st.floats(1e-3, 1e3))
def test_edge_of_isotropic_spectra(gamma):
    assume(abs(gamma - 1) > 1e-3)
    # 1 - sqrt(gamma) loses 3 digits at |gamma - 1| = 1e-3, in this formula, not in edge
    np.testing.assert_allclose(edge(isotropic().H, gamma=gamma), -((1 - np.sqrt(gamma)) ** 2), rtol=1e-11)


@given(spectra(), st.sampled_from([1e6, 40.0, 1 + 1e-9, 1 - 1e-9, 0.7, 0.02]))
@settings(max_examples=60)
def test_edge_is_the_stationary_penalty(H, ratio):
    n = ratio * H.mass
    found, kappa = edge(H, n=n), fixed_points.edge(H, 1.0, n)[0]
    with mp.workdps(60):
        exact = Exact(H, a=1, n=n, delta=0)
        k, least = mp.mpf(kappa), exact.s[-1]
        for _ in range(40):  # Newton from the double, quadratic: 60 digits after 3
            slope = 2 * mp.fsum(w * s**2 / (s + k) ** 3 for w, s in zip(exact.w, exact.s, strict=True))
            step = (exact.n - exact.df(k, 2)) / slope
            k -= step
            if abs(step) < mp.mpf(10) ** -40 * abs(k):
                break
        assert k > -least
        assert abs(mp.mpf(float(found)) / exact.defect(k) - 1) < 2 * mp.mpf(10) ** -15  # promised


def test_power_law_without_end():
    # sum 1/(1 + kappa i^2) = (x coth x - 1)/2, x = pi/sqrt(kappa); coth x = 1 to 1e-170 here
    H = power_law(2.0).H
    for n in (100, 10**4, 10**9):
        with mp.workdps(30):
            kappa = (mp.pi / (2 * n + 1)) ** 2
        assert abs(mp.mpf(float(effective_ridge(H, n=n, delta=0.0).kappa)) / kappa - 1) < DIGITS
    with pytest.raises(ConvergenceError, match="tail"):
        effective_ridge(H, n=1e15, delta=0.0)


def test_power_law_of_a_million():
    i = np.arange(1.0, 10**6 + 1)
    H = power_law(1.2, p=10**6).H
    for n in (10.0, 10.0**4, 10.0**6):
        kappa = effective_ridge(H, n=n, delta=1e-3).kappa
        r = 1 / (1 + kappa * i**1.2)
        q = kappa * i**1.2 * r
        gap = 1e-3 / kappa + np.sum(r * q)
        # the form in which nothing cancels
        defect = 1e-3 / kappa + (np.sum(r) - n if n < 10**5 else (10**6 - n) - np.sum(q))
        assert abs(defect / gap) < 1e-12  # relative error of kappa


def test_ridgeless_limits():
    H = multiplicities([3.0, 1.0, 0.0], [2, 3, 7]).H
    below = effective_ridge(H, n=8, delta=0.0)
    assert (below.kappa, below.df1, below.df2, below.gap) == (0.0, 5.0, 5.0, 3.0)
    at = effective_ridge(H, n=5, delta=0.0)
    assert (at.kappa, at.gap, at.dkappa) == (0.0, 0.0, np.inf)
    Exact(H, a=1, n=3, delta=0).check(effective_ridge(H, n=3, delta=0.0))
    tiny = effective_ridge(H, n=8, delta=1e-300)
    np.testing.assert_allclose(tiny.kappa, 1e-300 / 3, rtol=1e-14)  # delta/(n - p)


@given(spectra(), st.floats(0.1, 10), st.floats(1e-6, 1e3))
@settings(max_examples=30)
def test_the_two_settings_agree(H, gamma, lam):
    p = H.mass
    n = p / gamma
    one = atoms(H.atoms, H.weights / p).H
    a, b = effective_ridge(one, gamma=gamma, lam=lam), effective_ridge(H, n=n, delta=n * lam)
    # gamma and n are rounded separately: near n = p that is eps/gap
    rtol = 1e-12 + 1e-15 / float(a.gap)
    np.testing.assert_allclose([a.kappa, a.df1, a.df2], [b.kappa, b.df1 / n, b.df2 / n], rtol=rtol)


@pytest.mark.parametrize("lam", [-0.01, 0.01, 1.0])
def test_derivatives(lam):
    H, h = autoregressive(0.5).H, 1e-4
    f = [effective_ridge(H, gamma=0.5, lam=lam + i * abs(lam) * h) for i in (-2, -1, 1, 2)]
    here = effective_ridge(H, gamma=0.5, lam=lam)
    for value, slope in (("kappa", "dkappa"), ("df1", "ddf1"), ("df2", "ddf2")):
        v = [getattr(r, value) for r in f]
        # fourth-order difference: truncation h^4, rounding eps/h = 1e-12 over a slope that is 100 times smaller at lam = 0.01
        difference = (v[0] - 8 * v[1] + 8 * v[2] - v[3]) / (12 * h * abs(lam))
        np.testing.assert_allclose(getattr(here, slope), difference, rtol=1e-8)


def test_broadcast_is_pointwise():
    H = power(1.5).H
    gamma, lam = np.geomspace(0.1, 10, 7)[:, None], np.array([0.0, 1e-3, 1.0])
    grid = effective_ridge(H, gamma=gamma, lam=lam)
    assert grid.kappa.shape == grid.dkappa.shape == (7, 3)
    for i in range(7):
        for j in range(3):
            point = effective_ridge(H, gamma=gamma[i, 0], lam=lam[j])
            assert point.kappa == grid.kappa[i, j]  # to the bit: no point starts from another
            assert np.ndim(point.kappa) == 0
    assert edge(H, gamma=gamma).shape == (7, 1)


def test_monotone_in_the_penalty():
    lam = np.concatenate([-np.geomspace(0.24, 1e-8, 40), [0.0], np.geomspace(1e-8, 1e4, 60)])
    kappa = effective_ridge(isotropic().H, gamma=0.25, lam=lam).kappa
    assert np.all(np.diff(kappa) > 0)


def test_kernel_is_the_function_that_it_compiles():
    H = multiplicities([5.0, 2.0, 1.0], [2, 3, 4]).H
    n, delta = np.array([3.0, 9.0, 20.0, 20.0, 4.0]), np.array([0.1, 1e-16, 0.0, -0.5, -0.01])
    out, edges, status = np.empty((8, 5)), np.empty(5), np.empty(5, dtype=np.int64)
    args = (H.atoms, H.weights, H.above[0], H.above[1], 0.0, 0.0, np.ones(5), n, delta, np.zeros(5))
    fixed_points._solve_py(*args, out, edges, status)
    assert np.all(status == 0)
    np.testing.assert_allclose(out[0], effective_ridge(H, n=n, delta=delta).kappa, rtol=1e-14)  # exp and log of another library
    start = np.empty(5)
    starting_values._approach_py(H.atoms, H.weights, H.above[0], 0.0, np.ones(5), n, delta, start)
    np.testing.assert_allclose(start, starting_values.approach(H, np.ones(5), n, delta), rtol=1e-12)  # four uncertified steps
    assert list(start > 0) == [True, True, False, False, False]


def test_refusals():
    H = isotropic().H
    with pytest.raises(ValueError, match=r"-0\.25"):
        effective_ridge(H, gamma=0.25, lam=-0.25 * (1 + 1e-12))
    with pytest.raises(ValueError, match="edge"):
        effective_ridge(H, gamma=0.25, lam=[0.1, -3.0])
    with pytest.raises(ValueError, match="delta=alpha"):
        effective_ridge(H, n=10, alpha=0.1)
    with pytest.raises(ValueError, match="gamma"):
        effective_ridge(H, gamma=-1.0, lam=0.1)
    with pytest.raises(ValueError, match="lam"):
        effective_ridge(H, gamma=1.0, lam=np.nan)
    with pytest.raises(ValueError, match=r"at gamma = 0\.5 is"):
        effective_ridge(H, gamma=[[4.0], [0.5]], lam=[0.1, -0.1])
    with pytest.raises(ValueError, match=r"from_eigenvalues\(\[...\]\).H"):
        effective_ridge(isotropic(), gamma=0.5, lam=0.1)
    with pytest.raises(ValueError, match="n="):
        effective_ridge(H)
    with pytest.raises(ValueError, match="delta="):
        effective_ridge(H, gamma=1.0, lam=0.1, n=3)
    with pytest.raises(ValueError, match="lam="):
        effective_ridge(H, gamma=1.0, delta=0.1)
