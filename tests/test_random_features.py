"""Random features: against 60-digit mpmath, limits, corners, and bad input."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from asymptotics import ridge as plain
from asymptotics import spectra, two_ridges
from asymptotics.errors import ConvergenceError
from asymptotics.random_features import effective, optimal, optimal_penalty, ridge

FIELDS = ("bias", "variance", "excess", "test", "train", "norm2", "rkhs2", "kappa", "kappa1", "df1", "df2")


def oracle(values, counts, energies, n, k, delta, r2, sigma2):
    """Every field at 60 digits, as simon2024more writes them: bisection, then plain formulas. None of it is shared."""
    with mp.workdps(80):
        s, m, g = ([mpf(x) for x in part] for part in (values, counts, energies))
        g = [r2 * x / mp.fsum(g) for x in g]
        v = [a * b for a, b in zip(s, g, strict=True)]
        n, k, delta, sigma2 = mpf(n), mpf(k), mpf(delta), mpf(sigma2)

        def df(order, x):
            return mp.fsum(c * (a / (a + x)) ** order for a, c in zip(s, m, strict=True))

        def excess(x):  # (n - df1)(k - df1) - k delta/kappa on the branch df1 < min(n, k), increasing in kappa
            return min(n, k) - df(1, x) if delta == 0 else (n - df(1, x)) * (k - df(1, x)) - k * delta / x

        low, high = (
            mpf(10) ** -45,
            (mp.fsum(a * c for a, c in zip(s, m, strict=True)) + delta + 1) * (2 + 4 / min(n, k)) * (1 + k),
        )
        for _ in range(420):
            x = mp.sqrt(low * high)
            low, high = (x, high) if df(1, x) > min(n, k) or excess(x) < 0 else (low, x)
        x = mp.sqrt(low * high)
        z, q = df(1, x), df(2, x)
        k1 = x * (k - z) / k
        L = [a / (a + x) for a in s]
        factor = 1 - (q * (k - 2 * z) + z * z) / (n * (k - q))
        missed = mp.fsum((1 - l - k1 / x * l * (1 - l) * k / (k - q)) * e for l, e in zip(L, v, strict=True))
        test = (missed + sigma2) / factor
        left = (n - z) / n
        target = mp.fsum((1 - l) * e for l, e in zip(L, v, strict=True)) + sigma2  # kappa1 y'(K + delta)^-1 y

        def moved(t, x, y):  # (K) for the features' covariance S - t kappa1
            return [
                mp.fsum(c * a / (a - t * y + x) for a, c in zip(s, m, strict=True)) + delta / y - n,
                mp.fsum(c * (a - t * y) / (a - t * y + x) for a, c in zip(s, m, strict=True)) + k * y / x - k,
            ]

        answer = {
            "bias": missed / factor,
            "variance": sigma2 / factor - sigma2,
            "excess": test - sigma2,
            "test": test,
            "train": left**2 * test,
            "kappa": x,
            "kappa1": k1,
            "df1": z,
            "df2": q,
        }
        if delta > 0:
            answer["norm2"] = (target - left * test) / k1
            h = mpf(10) ** -20 * min(s)  # d/dt of (K): the slope of kappa1 and kappa by central differences
            up, down = (mp.findroot(lambda a, b, t=t: moved(t, a, b), (x, k1), tol=1e-120) for t in (h, -h))
            dx, dk1 = (up[0] - down[0]) / (2 * h), (up[1] - down[1]) / (2 * h)
            answer["rkhs2"] = (
                mp.fsum(dk1 / k1**2 * e * x / (a + x) - a * e / k1 * (dx - k1) / (a + x) ** 2 for a, e in zip(s, v, strict=True))
                + sigma2 * dk1 / k1**2
            )
        return answer


def agree(rel, values, counts, energies, n, k, delta, r2, sigma2):
    risk = ridge(spectra.multiplicities(values, counts, energies), n=n, k=k, delta=delta, r2=r2, sigma2=sigma2)
    for name, exact in oracle(values, counts, energies, n, k, delta, r2, sigma2).items():
        got = mpf(float(getattr(risk, name)))
        assert abs(got - exact) <= rel * abs(exact) + 1e-40, (name, float(got), float(exact))  # 0 of the oracle is 60 digits deep


def logs(low, high):
    return st.floats(low, high, allow_nan=False).map(lambda e: 10.0**e)


@st.composite
def inputs(draw, largest=150):
    """(values, counts, energies) of a small spectrum with multiplicities."""
    size = draw(st.integers(1, 4))
    part = st.lists(logs(-4, 3), min_size=size, max_size=size), st.lists(st.integers(1, largest), min_size=size, max_size=size)
    return draw(part[0]), draw(part[1]), draw(st.lists(st.floats(0.01, 1), min_size=size, max_size=size))


@given(
    inputs(),
    st.integers(1, 400),
    st.integers(1, 400),
    st.sampled_from([0.0, 1e-14, 1e-7, 1e-2, 1.0, 1e3]),
    st.sampled_from([0.0, 0.5]),
)
@settings(max_examples=25)
def test_every_field_against_mpmath(law, n, k, delta, sigma2):
    assume(delta > 0 or (n != k and sum(law[1]) > min(n, k)))  # corners without penalty have their own tests
    agree(5e-14, *law, n, k, delta, 2.0, sigma2)


@pytest.mark.parametrize("delta", [1e-14, 1e-10, 1e-5, 0.1, 0.0])
@pytest.mark.parametrize("k", [99, 100, 101, 100 * (1 + 1e-9)])
def test_at_the_threshold_against_mpmath(k, delta):
    if delta > 0 or k != 100:
        agree(1e-14, [4.0, 1.0, 0.25], [60, 80, 100], [0.2, 0.5, 0.3], 100, k, delta, 5.0, 0.5)


@pytest.mark.parametrize(("n", "k"), [(240, 240), (240, 300), (300, 240), (239, 240), (500, 260), (260, 500)])
def test_around_the_number_of_inputs_against_mpmath(n, k):
    for delta in (1e-12, 1e-3):
        agree(1e-13, [4.0, 1.0, 0.25], [60, 80, 100], [0.2, 0.5, 0.3], n, k, delta, 5.0, 0.5)


@pytest.mark.parametrize(
    ("alpha", "beta", "n", "k", "delta"), [(1.5, 1.5, 50, 30, 0.0), (1.2, 2.5, 20, 25, 1e-3), (2.5, 1.3, 8, 8, 1e-9)]
)
def test_infinite_power_laws_against_hurwitz_zeta(alpha, beta, n, k, delta):
    with mp.workdps(30):
        A, B = mpf(alpha), mpf(beta)

        def total(power, order, x):  # sum_i i^-power (i^-alpha + x)^-order: terms to i^-alpha <= x/4, then a series in i^-alpha/x
            last = int(mp.ceil((4 / x) ** (1 / A))) + 1
            near = mp.fsum(mpf(i) ** -power / (mpf(i) ** -A + x) ** order for i in range(1, last))
            terms = ((-1) ** m * mp.binomial(order + m - 1, m) * x ** (-order - m) for m in range(45))  # 4^-45 = 1e-27
            return near + mp.fsum(c * mp.zeta(power + m * A, last) for m, c in enumerate(terms))

        def defect(t):
            z = total(A, 1, mp.exp(t))
            return (
                min(n, k) - z
                if delta == 0
                else mp.log((n - z) * (k - z) * mp.exp(t) / (k * mpf(delta)))
                if z < min(n, k)
                else -99
            )

        risk = ridge(spectra.power_law(alpha, beta), n=n, k=k, delta=delta, sigma2=0.25)
        t = mp.log(mpf(float(risk.kappa)))
        t = mp.findroot(defect, (t, t + mpf(10) ** -8), tol=1e-20, verify=False)
        x = mp.exp(t)
        z, q = total(A, 1, x), total(2 * A, 2, x)
        rho = (k - z) / (k - q)
        missed = x**2 * total(B, 2, x) + (1 - rho) * x * total(A + B, 2, x)
        test = n * (missed + mpf(0.25)) / (n - z + rho * (z - q))
        assert risk.kappa == pytest.approx(float(x), rel=1e-12)
        assert risk.test == pytest.approx(float(test), rel=1e-12)
        assert risk.rkhs2 == np.inf


@given(inputs(), logs(0, 4), st.sampled_from([0.0, 1e-10, 1.0, 1e4]))
def test_infinitely_many_features_are_kernel_ridge(law, n, delta):
    spectrum = spectra.multiplicities(*law)
    one = ridge(spectrum, n=n, k=np.inf, delta=delta, r2=2, sigma2=0.5)
    two = plain.ridge(spectrum, n=n, delta=delta, r2=2, sigma2=0.5)
    for name in ("bias", "variance", "train", "norm2", "kappa", "df1", "df2"):
        assert getattr(one, name) == pytest.approx(getattr(two, name), rel=1e-11, abs=1e-300), (
            name
        )  # at n = p the weights' rounding
    assert one.rkhs2 == pytest.approx(one.norm2, rel=1e-13)
    assert one.kappa1 == one.kappa


@given(inputs(), st.integers(1, 300), st.sampled_from([0.0, 1e-3, 1.0]))
def test_infinitely_many_samples_project_on_the_features(law, k, delta):
    spectrum = spectra.multiplicities(*law)
    far, limit = (ridge(spectrum, n=n, k=k, delta=delta, r2=2, sigma2=0.5) for n in (1e13, np.inf))
    for name in ("bias", "train", "kappa", "df1", "df2"):
        assert getattr(limit, name) == pytest.approx(getattr(far, name), rel=1e-6, abs=1e-6), name  # k kappa/(1e13 s), 1e7 wide
    assert limit.variance == 0
    assert limit.df1 == pytest.approx(min(k, sum(law[1])), rel=1e-13)
    assert limit.bias == pytest.approx(2 * spectrum.G.integrate(lambda s: s * limit.kappa / (s + limit.kappa)), rel=1e-12)


def test_thresholds_are_infinite_and_never_nan():
    spectrum = spectra.multiplicities([4.0, 1.0, 0.25], [20, 40, 40], [0.2, 0.5, 0.3])
    sizes = [60, 100, 150]
    risk = ridge(
        spectrum, n=np.reshape(sizes, (3, 1, 1)), k=np.reshape([*sizes, np.inf], (4, 1)), delta=0.0, r2=2, sigma2=[0.0, 0.5]
    )
    near = ridge(
        spectrum, n=np.reshape(sizes, (3, 1, 1)), k=np.reshape([*sizes, np.inf], (4, 1)), delta=1e-26, r2=2, sigma2=[0.0, 0.5]
    )
    for name, value in risk.to_dict().items():
        assert not np.any(np.isnan(value)), name
        finite = np.isfinite(value)
        close = np.array(getattr(near, name))
        if name in ("bias", "excess", "test", "gcv", "loo", "rkhs2"):
            finite[1, 1], close[1, 1] = False, np.inf  # n = k = p: below
        np.testing.assert_allclose(
            value[finite], np.where(close[finite] > 1e9, np.nan, close[finite]), rtol=1e-6, atol=1e-7, err_msg=name
        )
        assert np.all(close[~finite] > 1e7), name  # 1e-26^(-1/3), at the least
    assert risk.test[0, 0].tolist() == [np.inf, np.inf]  # n = k = 60: what is outside the features is noise
    assert near.test[1, 1, 0] == pytest.approx(2 * 100 / (3 * 205), rel=1e-6)  # n = k = p: r2 n/(3 tr S^-1), as delta -> 0 last
    assert risk.test[1, 1].tolist() == [0.0, np.inf]  # and at delta = 0 itself
    assert optimal_penalty(spectrum, n=100, k=100, r2=2, sigma2=0.0) == 0
    assert risk.norm2[2, 1].tolist() == [np.inf, np.inf]  # a square matrix of weights has no inverse of finite mean


@given(inputs(), logs(-1, 1), logs(-1, 1), logs(-6, 1))
def test_proportional_form_is_the_other_one_per_sample(law, gamma, psi, lam):
    total, n = sum(law[1]), 50.0
    one = ridge(spectra.atoms(law[0], np.array(law[1]) / total, law[2]), gamma=gamma, psi=psi, lam=lam, r2=2, sigma2=0.5)
    counts = np.array(law[1]) / total * gamma * psi * n
    two = ridge(spectra.multiplicities(law[0], counts, law[2]), n=n, k=gamma * n, delta=lam * n, r2=2, sigma2=0.5)
    for name in FIELDS:
        scale = n if name in ("df1", "df2") else 1
        assert getattr(two, name) / scale == pytest.approx(getattr(one, name), rel=1e-9), (
            name
        )  # rounding of gamma psi n is amplified


@given(inputs(), st.integers(1, 300), st.integers(1, 300), logs(-2, 1))
def test_norm_is_the_slope_of_the_objective(law, n, k, delta):
    def objective(penalty):
        risk = ridge(spectra.multiplicities(*law), n=n, k=k, delta=penalty, r2=5, sigma2=1)
        return n * risk.train + penalty * risk.norm2

    h = 1e-3 * delta
    slope = (8 * (objective(delta + h) - objective(delta - h)) - (objective(delta + 2 * h) - objective(delta - 2 * h))) / (12 * h)
    norm2 = ridge(spectra.multiplicities(*law), n=n, k=k, delta=delta, r2=5, sigma2=1).norm2
    assert norm2 == pytest.approx(slope, rel=1e-8, abs=1e-11 * objective(delta) / delta)  # 4th order step 1e-3, rounding eps/1e-3


def test_a_large_spectrum_is_the_same_before_and_after_compression():
    values = 10.0 ** np.linspace(1, -5, 20_000)
    H = spectra.multiplicities(values, np.ones(values.size)).H
    assert H.compressed().atoms.size < 150
    n, k, delta = (np.array(v) for v in ([50.0, 3e3, 3e3, 2e4], [80.0, 3e3, 3.001e3, 1.9e4], [0.0, 1e-14, 1e-3, 1.0]))
    out = np.empty((8, 4))
    two_ridges._solve(H.atoms, H.weights, H.above[0], H.above[1], 0.0, np.ones(4), n, k, delta, out)
    at = effective(H, n=n, k=k, delta=delta)
    for row, name in enumerate(("kappa", "df1", "df2", "slope", "outside")):
        np.testing.assert_allclose(getattr(at, name), out[row], rtol=2e-14, err_msg=name)  # 5e-15 of each, and sums of 20 000


def test_the_kernel_interpreted_is_the_kernel_compiled():
    H, out = spectra.multiplicities([4.0, 1.0, 0.25], [60, 80, 100]).H, np.empty((2, 8, 3))
    given = (
        H.atoms,
        H.weights,
        H.above[0],
        H.above[1],
        0.0,
        np.ones(3),
        np.array([100.0, 100.0, 300.0]),
        np.array([100.0, 60.0, np.inf]),
    )
    with np.errstate(all="ignore"):
        two_ridges._solve_py(*given, np.array([1e-14, 0.0, 1.0]), out[0])
    two_ridges._solve(*given, np.array([1e-14, 0.0, 1.0]), out[1])
    np.testing.assert_allclose(out[0, :6], out[1, :6], rtol=1e-13, atol=1e-13)  # fused multiplications


@given(inputs(), st.integers(1, 300), st.integers(1, 300), st.sampled_from([0.0, 0.01, 1.0, 10.0]))
def test_optimal_penalty_is_not_beaten_on_a_grid(law, n, k, sigma2):
    spectrum = spectra.multiplicities(*law)
    best = optimal(spectrum, n=n, k=k, sigma2=sigma2)
    grid = np.concatenate([[0.0], np.logspace(-12, 8, 400)])
    assert best.test <= ridge(spectrum, n=n, k=k, delta=grid, sigma2=sigma2).test.min() * (1 + 1e-12) + 1e-25  # rounding


@given(inputs(), st.sampled_from([0.0, 0.01, 1.0]))
@settings(max_examples=20)
def test_more_is_better_at_the_optimum(law, sigma2):
    n = np.array([3, 10, 30, 100, 300, 1000])
    best = np.asarray(optimal(spectra.multiplicities(*law), n=n, k=np.append(n, np.inf)[:, None], sigma2=sigma2).test)
    for axis in (0, 1):
        assert np.all(np.diff(best, axis=axis) <= 1e-12 * best.max())  # rounding


def test_optimal_penalty_of_the_kernel_and_without_signal():
    spectrum = spectra.multiplicities([4.0, 0.25], [100, 100])
    assert optimal_penalty(spectrum, n=[100, np.inf], k=[np.inf, 100], r2=2, sigma2=3).tolist() == [
        pytest.approx(300, rel=1e-13),
        0,
    ]
    null = optimal(spectrum, n=100, k=[50, 100], r2=0, sigma2=3)
    assert null.test.tolist() == [3, 3]
    assert null.norm2.tolist() == [0, 0]
    one = optimal_penalty(spectra.atoms([4.0, 0.25], [0.5, 0.5]), gamma=0.5, psi=4.0, sigma2=0.3)
    assert optimal_penalty(spectrum, n=100, k=50, sigma2=0.3) == pytest.approx(100 * one, rel=1e-12)  # rounding times df1/n_left


def test_arguments_broadcast_and_scalars_come_back():
    spectrum = spectra.power_law(1.5, 1.5)
    risk = ridge(spectrum, n=[10, 20, 30], k=[[10.5], [np.inf]], delta=1.0)
    assert all(v.shape == (2, 3) for v in risk.to_dict().values())
    assert isinstance(ridge(spectrum, n=10, k=10, delta=1).test, float)
    assert isinstance(effective(spectrum.H, n=10, k=10, delta=1).kappa, float)


BAD = [
    (r"delta = -1.0 is refused: .*penalties >= 0", {"n": 10, "k": 10, "delta": -1.0}),
    (r"lam = -0.1 is refused: .*penalties >= 0", {"gamma": 1, "psi": 1, "lam": -0.1}),
    (r"k = 0.0 is refused", {"n": 10, "k": 0, "delta": 1}),
    (r"k = inf is refused: one of n and k must be finite", {"n": np.inf, "k": np.inf, "delta": 1}),
    (r"n = -2.0 is refused: n must be inf, or positive", {"n": -2, "k": 3, "delta": 1}),
    (r"n = nan is refused", {"n": np.nan, "k": 3, "delta": 1}),
    (r"psi = 0.0 is refused", {"gamma": 1, "psi": 0, "lam": 0.1}),
    (r"gamma = inf is refused", {"gamma": np.inf, "psi": 1, "lam": 0.1}),
    (r"pass gamma=, psi=, lam=", {"n": 10, "k": 10, "lam": 0.1}),
    (r"pass gamma=, psi=, lam=", {"n": 10, "delta": 0.1}),
    (r"pass n= \(samples\) or k= \(random features\)", {"N": 10, "k": 10, "delta": 0.1}),
]


@pytest.mark.parametrize(("message", "given"), BAD)
def test_bad_input(message, given):
    with pytest.raises(ValueError, match=message):
        ridge(spectra.isotropic(), **given)
    with pytest.raises(ValueError, match=message):
        effective(spectra.isotropic().H, **given)


def test_bad_spectra():
    with pytest.raises(ValueError, match=r"H = Spectrum\(H=Law.*refused"):
        effective(spectra.isotropic(), n=1, k=1, delta=1)
    with pytest.raises(ConvergenceError, match="below what the analytic tail"):
        effective(spectra.power_law(1.5).H, n=1e14, k=1e14, delta=0)
