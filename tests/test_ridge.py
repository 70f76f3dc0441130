"""Ridge for any spectrum: against mpmath, closed forms, identities, limits, and the second route of `correlated`."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from mpmath import mp, mpf

from asymptotics import correlated, isotropic, spectra
from asymptotics.ridge import optimal, optimal_penalty, ridge

LOG = {"allow_nan": False, "allow_infinity": False}
FIELDS = ("bias", "variance", "excess", "test", "train", "gcv", "loo", "norm2", "estimation", "kappa", "df1", "df2")


def logs(low, high):
    return st.floats(low, high, **LOG).map(lambda e: 10.0**e)


@st.composite
def laws(draw, zeros=False):
    """(values, weights, energies) of a small spectrum."""
    values = draw(st.lists(logs(-2, 2), min_size=1, max_size=4))
    if zeros and draw(st.booleans()):
        values.append(0.0)
    sizes = np.array(draw(st.lists(st.floats(0.05, 1), min_size=len(values), max_size=len(values))))
    energies = draw(st.lists(st.floats(0.01, 1), min_size=len(values), max_size=len(values)))
    return values, (sizes / sizes.sum()).tolist(), energies


def oracle(law, gamma, lam, r2, sigma2):
    """Every field at 60 digits, by bisection for kappa and plain sums. None of it is shared with the library."""
    with mp.workdps(60):
        s, w, g = ([mpf(x) for x in part] for part in law)
        w, g = [x / mp.fsum(w) for x in w], [x / mp.fsum(g) for x in g]
        gamma, lam, r2, sigma2 = mpf(gamma), mpf(lam), mpf(r2), mpf(sigma2)
        live = gamma * mp.fsum(b for a, b in zip(s, w, strict=True) if a > 0)

        def left(k):
            return 1 - gamma * mp.fsum(a * b / (a + k) for a, b in zip(s, w, strict=True) if a > 0)

        if lam == 0 and live <= 1:
            k, ratio = mpf(0), 1 - live
        else:  # k left(k) = lam, increasing on the branch
            low, high = mpf(10) ** -60, lam + gamma * max(s) + 1
            for _ in range(400):
                mid = mp.sqrt(low * high)
                low, high = (mid, high) if mid * left(mid) < lam else (low, mid)
            k = high
            ratio = lam / k
        live_s = [(a, b, c) for a, b, c in zip(s, w, g, strict=True) if a > 0]
        df1 = gamma * mp.fsum(b * a / (a + k) for a, b, _ in live_s)
        df2 = gamma * mp.fsum(b * (a / (a + k)) ** 2 for a, b, _ in live_s)
        test = (r2 * mp.fsum(c * a * (k / (a + k)) ** 2 for a, _, c in live_s) + sigma2) / (1 - df2)
        spread = test * gamma * mp.fsum(b * a / (a + k) ** 2 for a, b, _ in live_s)
        lost = mp.fsum(c * (k / (a + k)) ** 2 for a, _, c in live_s) + mp.fsum(c for a, c in zip(s, g, strict=True) if a == 0)
        variance = sigma2 * df2 / (1 - df2)
        return {
            "bias": test - sigma2 / (1 - df2),
            "variance": variance,
            "excess": test - sigma2,
            "test": test,
            "train": ratio**2 * test,
            "gcv": test,
            "loo": test,
            "norm2": r2 * mp.fsum(c * (a / (a + k)) ** 2 for a, _, c in live_s) + spread,
            "estimation": r2 * lost + spread,
            "kappa": k,
            "df1": df1,
            "df2": df2,
        }


def agree(risk, want, rel):
    for name in FIELDS:
        got, exact = float(getattr(risk, name)), want[name]
        assert abs(mpf(got) - exact) <= rel * abs(exact) + 1e-40, (name, got, float(exact))  # 0 of the oracle is 60 digits deep


@given(laws(zeros=True), logs(-2, 2), st.one_of(st.just(0.0), logs(-10, 3)), logs(-2, 2), logs(-3, 2))
def test_every_field_against_mpmath(law, gamma, lam, r2, sigma2):
    live = gamma * sum(w for s, w in zip(*law[:2], strict=True) if s > 0)
    assume(abs(live - 1) > 1e-3 or lam > 1e-6)  # nearer, the weights' own rounding is amplified by 1/|live - 1|
    agree(ridge(spectra.atoms(*law), gamma=gamma, lam=lam, r2=r2, sigma2=sigma2), oracle(law, gamma, lam, r2, sigma2), 2e-12)


@pytest.mark.parametrize("gamma", [1.0, 1 + 1e-9, 1 - 1e-9])
@pytest.mark.parametrize("lam", [1e-16, 1e-12, 1e-6])
def test_at_the_threshold_with_tiny_penalties_against_mpmath(gamma, lam):
    law = ([4.0, 1.0, 0.25], [0.25, 0.25, 0.5], [0.2, 0.5, 0.3])  # weights without rounding
    agree(ridge(spectra.atoms(*law), gamma=gamma, lam=lam, r2=5, sigma2=1), oracle(law, gamma, lam, 5, 1), 1e-13)


@given(laws(zeros=True), logs(-2, 2), logs(-2, 2), logs(-3, 2))
def test_ridgeless_equals_the_authors_own_equation(law, gamma, r2, sigma2):
    spectrum = spectra.atoms(*law)
    assume(abs(gamma * (1 - spectrum.H.zero) - 1) > 1e-4)  # nearer, rounding of the weights decides
    one = ridge(spectrum, gamma=gamma, lam=0, r2=r2, sigma2=sigma2)
    two = correlated.ridgeless(spectrum, gamma=gamma, r2=r2, sigma2=sigma2)
    for name in two.to_dict():
        assert getattr(one, name) == pytest.approx(getattr(two, name), rel=1e-12, abs=1e-13 * sigma2), name  # train: n - rank


@given(logs(-2, 2), st.one_of(st.just(0.0), logs(-10, 3)), logs(-2, 2), logs(-3, 2))
def test_one_eigenvalue_is_the_isotropic_closed_form(gamma, lam, r2, sigma2):
    one = ridge(spectra.isotropic(), gamma=gamma, lam=lam, r2=r2, sigma2=sigma2)
    two = isotropic.ridge(gamma=gamma, lam=lam, r2=r2, sigma2=sigma2)
    for name, value in two.to_dict().items():
        assert getattr(one, name) == pytest.approx(value, rel=1e-12), name


@given(laws(), logs(-2, 2), logs(-6, 3), logs(-2, 2), logs(-3, 2))
def test_training_error_gcv_and_the_value_of_the_objective(law, gamma, lam, r2, sigma2):
    spectrum = spectra.atoms(*law)
    risk = ridge(spectrum, gamma=gamma, lam=lam, r2=r2, sigma2=sigma2)
    k = risk.kappa
    assert risk.train == pytest.approx((lam / k) ** 2 * risk.test, rel=1e-14)  # the definition, reordered
    assert risk.gcv * (1 - risk.df1) ** 2 == pytest.approx(risk.train, rel=1e-9, abs=1e-13 * risk.test)  # 1 - df1 cancels
    # train + lam |beta_hat|^2, the minimum of the objective, is lam y'(XX'/n + lam)^-1 y / n -> lam/kappa (signal + noise)
    left = spectrum.G.integrate(lambda s: s * k / (s + k))
    assert risk.train + lam * risk.norm2 == pytest.approx(lam / k * (r2 * left + sigma2), rel=1e-11)  # sums of positive terms


@given(laws(), logs(-1, 1), logs(-2, 1))
def test_norm_is_the_slope_of_the_objective(law, gamma, lam):
    def objective(penalty):
        risk = ridge(spectra.atoms(*law), gamma=gamma, lam=penalty, r2=5, sigma2=1)
        return risk.train + penalty * risk.norm2

    h = 1e-3 * lam
    slope = (8 * (objective(lam + h) - objective(lam - h)) - (objective(lam + 2 * h) - objective(lam - 2 * h))) / (12 * h)
    norm2 = ridge(spectra.atoms(*law), gamma=gamma, lam=lam, r2=5, sigma2=1).norm2
    assert norm2 == pytest.approx(slope, rel=1e-8, abs=1e-11 * objective(lam) / lam)  # 4th order step 1e-3, rounding eps/1e-3


@pytest.mark.parametrize("gamma", [0.3, 1.0, 3.0])
def test_limits_of_large_penalty_and_of_few_features(gamma):
    spectrum = spectra.atoms([4.0, 0.25], [0.5, 0.5], [0.3, 0.7])
    far = ridge(spectrum, gamma=gamma, lam=1e14, r2=5, sigma2=1)
    assert far.excess == pytest.approx(5 * spectrum.G.mean(), rel=1e-12)  # 1/lam
    assert far.estimation == pytest.approx(5, rel=1e-12)
    assert far.norm2 == pytest.approx(0, abs=1e-12)
    few = ridge(spectrum, gamma=1e-14, lam=0.1 * gamma, r2=5, sigma2=1)
    population = spectrum.G.integrate(lambda s: s * (0.1 * gamma / (s + 0.1 * gamma)) ** 2)
    assert few.excess == pytest.approx(5 * population, rel=1e-12)  # gamma


@pytest.mark.parametrize("signal", [None, "top:0.5", "bottom:0.25"])
def test_threshold_is_infinite_and_never_nan(signal):
    spectrum = spectra.atoms([4.0, 0.25, 0.0], [0.25, 0.25, 0.5], signal if signal != "bottom:0.25" else [0, 1, 1])
    risk = ridge(spectrum, gamma=2.0, lam=0.0, r2=[0.0, 1.0, 1.0], sigma2=[1.0, 1.0, 0.0])
    assert risk.variance.tolist() == [np.inf, np.inf, 0.0]
    assert risk.bias.tolist() == [0.0, 0.0, 0.0]
    assert risk.test.tolist() == [np.inf, np.inf, 0.0]
    assert risk.norm2.tolist()[:2] == [np.inf, np.inf]
    assert risk.norm2[2] == pytest.approx(spectrum.G.mass - spectrum.G.zero, abs=1e-15)
    assert risk.train.tolist() == [0.0, 0.0, 0.0]
    for value in risk.to_dict().values():
        assert not np.any(np.isnan(value))


@given(laws(), logs(-1, 1), st.floats(0.02, 0.9))
def test_negative_penalties_against_mpmath(law, gamma, share):
    from asymptotics.equivalents import edge

    assume(abs(gamma - 1) > 0.05)
    spectrum = spectra.atoms(*law)
    lam = share * float(edge(spectrum.H, gamma=gamma))
    risk = ridge(spectrum, gamma=gamma, lam=lam, r2=5, sigma2=1)
    with mp.workdps(60):  # kappa polished by Newton from the library's own; that it is the branch is df2 < 1
        s, w, g = ([mpf(x) for x in part] for part in law)
        w, g, gam, k = [x / mp.fsum(w) for x in w], [x / mp.fsum(g) for x in g], mpf(gamma), mpf(float(risk.kappa))
        for _ in range(12):
            f = k - gam * mp.fsum(b * a * k / (a + k) for a, b in zip(s, w, strict=True)) - mpf(lam)
            gap = 1 - gam * mp.fsum(b * (a / (a + k)) ** 2 for a, b in zip(s, w, strict=True))
            k -= f / gap
        assert gap > 0
        assert min(s) + k > 0
        test = (5 * mp.fsum(c * a * (k / (a + k)) ** 2 for a, c in zip(s, g, strict=True)) + 1) / gap
        assert abs(k - mpf(float(risk.kappa))) <= 1e-12 / gap * abs(k)  # kappa's condition number is lam/(kappa gap)
        assert abs(test / mpf(float(risk.test)) - 1) <= 2e-12 / gap**2  # and test's is its square
        assert float((mpf(lam) / k) ** 2 * test) == pytest.approx(float(risk.train), rel=float(4e-12 / gap**2))


def test_dimension_free_form_is_the_proportional_one_times_n():
    values, counts = [4.0, 1.0, 0.25], np.array([30.0, 50.0, 40.0])
    delta, n = np.array([0.0, 0.5, -0.2, 20.0]), 60
    one = ridge(spectra.multiplicities(values, counts, [0.2, 0.3, 0.5]), n=n, delta=delta, r2=3, sigma2=0.5)
    two = ridge(spectra.atoms(values, counts / 120, [0.2, 0.3, 0.5]), gamma=2, lam=delta / n, r2=3, sigma2=0.5)
    for name, value in one.to_dict().items():
        scale = n if name in ("df1", "df2") else 1
        np.testing.assert_allclose(value / scale, getattr(two, name), rtol=1e-12, atol=1e-300, err_msg=name)


def zeta_sums(alpha, beta, n, delta, sigma2):
    """(kappa, test) for s_i = i^-alpha, v_i^2 = i^-beta, all i >= 1: sums to I, Hurwitz zeta beyond, at 30 digits."""
    with mp.workdps(30):
        alpha, beta = mpf(alpha), mpf(beta)

        def total(power, order, k):
            # sum_i i^-power (1/(s_i + k))^order: directly up to I with I^-alpha <= k/4, then a geometric series in s/k
            last = int(mp.ceil((4 / k) ** (1 / alpha))) + 1
            near = mp.fsum(mpf(i) ** -power / (mpf(i) ** -alpha + k) ** order for i in range(1, last))
            series = ((-1) ** m * mp.binomial(order + m - 1, m) * k ** (-order - m) for m in range(45))  # 4^-45 = 1e-27
            far = mp.fsum(c * mp.zeta(power + m * alpha, last) for m, c in enumerate(series))
            return near + far

        # n = C kappa^(-1/alpha) + ..., C = (pi/alpha)/sin(pi/alpha), gives a bracket
        guess = mp.log((mp.pi / alpha / mp.sin(mp.pi / alpha) / n) ** alpha)
        bracket = (guess - 1, guess + 2)
        k = mp.exp(mp.findroot(lambda x: total(alpha, 1, mp.exp(x)) + delta * mp.exp(-x) - n, bracket, "anderson", tol=1e-30))
        df2 = total(2 * alpha, 2, k)
        return k, n / (n - df2) * (k**2 * total(beta, 2, k) + sigma2)


@pytest.mark.skipif(not hasattr(spectra, "power_law"), reason="the constructor is not there yet")
@pytest.mark.parametrize(
    ("alpha", "beta", "n", "delta", "sigma2"),
    [(1.5, 1.5, 50, 0.0, 0.5), (1.36, 1.11, 30, 0.0, 0.0), (1.2, 2.9, 20, 0.1, 0.1), (2.5, 3.0, 10, 1e-3, 0.0)],
)
def test_infinite_power_laws_against_hurwitz_zeta(alpha, beta, n, delta, sigma2):
    kappa, test = zeta_sums(alpha, beta, n, delta, sigma2)
    risk = ridge(spectra.power_law(alpha, beta), n=n, delta=delta, r2=1.0, sigma2=sigma2)
    assert risk.kappa == pytest.approx(float(kappa), rel=1e-12)
    assert risk.test == pytest.approx(float(test), rel=1e-12)


@given(laws(zeros=True), logs(-2, 2), logs(-2, 2), logs(-3, 2))
def test_isotropic_signal_has_the_classical_optimal_penalty(law, gamma, r2, sigma2):
    best = optimal_penalty(spectra.atoms(*law[:2]), gamma=gamma, r2=r2, sigma2=sigma2)
    assert best == pytest.approx(gamma * sigma2 / r2, rel=1e-12)  # the bracket of (5) is 0 in floating point


@given(laws(), logs(-1, 1), logs(-3, 1))
def test_optimal_penalty_is_not_beaten_on_a_grid(law, gamma, sigma2):
    from asymptotics.equivalents import edge

    spectrum = spectra.atoms(*law)
    lam = optimal_penalty(spectrum, gamma=gamma, sigma2=sigma2)
    best = optimal(spectrum, gamma=gamma, sigma2=sigma2)
    bottom = float(edge(spectrum.H, gamma=gamma))
    assert lam > bottom
    grid = np.concatenate([bottom * np.linspace(0.98, 0.02, 49), np.logspace(-6, 5, 400)])
    assert best.test <= ridge(spectrum, gamma=gamma, lam=grid, sigma2=sigma2).test.min() * (1 + 1e-12)  # rounding
    around = lam + 1e-4 * (abs(lam) + 1e-3) * np.array([-1, 1])
    around = around[around > bottom]
    assert np.all(ridge(spectrum, gamma=gamma, lam=around, sigma2=sigma2).test >= best.test * (1 - 1e-12))  # rounding


def test_optimal_penalty_is_negative_for_an_aligned_signal():
    spectrum = spectra.atoms([100.0, 1.0], [0.02, 0.98], "top:0.02")
    assert optimal_penalty(spectrum, gamma=5, r2=1, sigma2=0.01) < -0.5
    assert optimal(spectrum, gamma=5, sigma2=0.01).test < ridge(spectrum, gamma=5, lam=0, sigma2=0.01).test


def test_optimal_penalty_finds_the_deeper_of_two_minima():
    # much signal on few large directions, as much on many small ones: one minimum for each
    spectrum = spectra.atoms([1.0, 1e-4], [0.01, 0.99], [1.0, 1e4])
    lam = np.logspace(-9, 3, 4000)
    found = 0
    for sigma2 in np.logspace(-6, 1, 30):
        curve = ridge(spectrum, gamma=20, lam=lam, r2=1, sigma2=sigma2).test
        found += np.sum((curve[1:-1] < curve[:-2]) & (curve[1:-1] < curve[2:])) > 1
        assert optimal(spectrum, gamma=20, r2=1, sigma2=sigma2).test <= curve.min() * (1 + 1e-12)  # rounding
    assert found > 0  # there are cases with two


def test_optimal_without_signal_or_noise():
    spectrum = spectra.atoms([4.0, 0.25], [0.5, 0.5])
    assert optimal_penalty(spectrum, gamma=2, r2=0) == np.inf
    null = optimal(spectrum, gamma=[0.5, 2], r2=0, sigma2=3)
    assert null.test.tolist() == [3, 3]
    assert null.norm2.tolist() == [0, 0]
    assert null.kappa.tolist() == [np.inf, np.inf]
    assert optimal_penalty(spectrum, gamma=[0.5, 1.0], sigma2=0).tolist() == [0, 0]
    assert optimal_penalty(spectrum, gamma=2, sigma2=0) == pytest.approx(0, abs=1e-15)  # the interpolator itself
    counts = spectra.multiplicities([4.0, 0.25], [100, 100])
    assert optimal_penalty(counts, n=100, r2=2, sigma2=3) == pytest.approx(200 * 3 / 2, rel=1e-13)  # delta = p sigma2/r2


def test_arguments_broadcast_and_scalars_come_back():
    spectrum = spectra.atoms([4.0, 0.25], [0.5, 0.5])
    risk = ridge(spectrum, gamma=[[0.5], [2.0]], lam=[0.0, 0.1, 1.0], r2=5, sigma2=1)
    assert all(np.shape(v) == (2, 3) for v in risk.to_dict().values())
    one = ridge(spectrum, gamma=2.0, lam=0.1, r2=5, sigma2=1)
    assert all(np.shape(v) == () for v in one.to_dict().values())
    assert one.test == risk.test[1, 1]
    assert ridge(spectrum, gamma=2.0, lam=0.1, r2=np.ones((2, 1)), sigma2=np.ones(3)).test.shape == (2, 3)
    assert optimal_penalty(spectrum, gamma=[[0.5], [2.0]], sigma2=[1.0, 2.0, 3.0]).shape == (2, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"gamma": 0, "lam": 1}, "gamma = 0.0"),
        ({"gamma": -1, "lam": 1}, "gamma = -1.0"),
        ({"gamma": np.nan, "lam": 1}, "gamma = nan"),
        ({"gamma": 2, "lam": np.inf}, "lam = inf"),
        ({"gamma": 2, "lam": -10}, "lam = -10"),
        ({"gamma": 2, "lam": 1, "sigma2": -1}, "sigma2 = -1.0"),
        ({"gamma": 2, "lam": 1, "r2": -1}, "r2 = -1.0"),
        ({"gamma": 2, "alpha": 1}, "alpha = 1.*alpha/n"),
        ({"gamma": 2, "lam": 1, "sigma": 1}, "sigma = 1.*sigma2"),
        ({"gamma": 2}, "lam"),
        ({"lam": 2}, "gamma"),
        ({"gamma": 2, "lam": 1, "n": 3, "delta": 1}, "gamma"),
    ],
)
def test_bad_input_is_refused_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        ridge(spectra.isotropic(), **arguments)


def test_optimal_penalty_wants_one_setting():
    with pytest.raises(ValueError, match="gamma"):
        optimal_penalty(spectra.isotropic())
    with pytest.raises(ValueError, match="gamma"):
        optimal_penalty(spectra.isotropic(), gamma=2, n=3)
