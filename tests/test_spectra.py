"""Spectra: what the constructors say against closed forms, and compression against all the atoms."""

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asymptotics import spectra
from asymptotics.equivalents import effective_ridge
from asymptotics.spectra import accumulation, atoms, compression, from_eigenvalues, multiplicities, parse
from asymptotics.spectra.laws import Law

KAPPAS = np.geomspace(1e-12, 1e4, 17)


def transforms(law, kappa):
    """int of s/(s+k), its square, 1/(s+k), s/(s+k)^2, s^2/(s+k)^3, in extended precision."""
    s, w, k = law.atoms.astype(np.longdouble), law.weights.astype(np.longdouble), np.longdouble(kappa)
    r = 1 / (s + k)
    return np.array([np.sum(w * f) for f in (s * r, (s * r) ** 2, r, s * r * r, s * s * r**3)])


def eigenvalues(kind, size, rng):
    u = rng.random(size)
    return {
        "uniform": 0.1 + u,
        "lognormal": np.exp(3 * rng.normal(size=size)),
        "power law": (1.0 + np.arange(size)) ** -1.5,
        "clusters": np.where(u < 0.5, 1.0, 1e-20) * (1 + 1e-3 * u),
        "ties": 1 + np.floor(5 * u),
        "nearly equal": 1 + 1e-9 * u,
        "one outlier": np.append(1 + u[1:], 1e-9),
    }[kind]


KINDS = ["uniform", "lognormal", "power law", "clusters", "ties", "nearly equal", "one outlier"]


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [200, 5000, 30_000])
def test_compression(kind, size):
    law = from_eigenvalues(eigenvalues(kind, size, np.random.default_rng(size))).H
    small = law.compressed()
    assert small.atoms.size <= 200
    assert np.all(small.weights > 0)
    assert small.above[0, -1] == 1.0  # exact: n = p is decided by it
    assert small.above[1, -1] == 0.0
    for kappa in KAPPAS:
        np.testing.assert_allclose(
            transforms(small, kappa).astype(float), transforms(law, kappa).astype(float), rtol=5e-15, err_msg=str(kappa)
        )  # the promised accuracy
    for share in (0.5, 0.9, 0.99):
        kappa = -share * law.atoms[-1]
        # doubles of s + kappa are known to eps s/(s + kappa) only
        np.testing.assert_allclose(
            transforms(small, kappa).astype(float), transforms(law, kappa).astype(float), rtol=1e-15 / (1 - share)
        )


@pytest.mark.false_alarm(0)
@given(
    st.integers(130, 600), st.sampled_from([0.01, 1, 5, 20, 45]), st.sampled_from([0, 1, 10, 30]), st.floats(-18, 12), st.data()
)
@settings(max_examples=60)
def test_compression_of_anything(size, spread, weight_spread, decade, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    values = np.exp(spread * rng.uniform(-1, 1, size))
    if data.draw(st.booleans()):  # a cluster at the least
        values = np.sort(values)
        values[: size // 2] = values[0] * (1 + 10.0 ** rng.uniform(-15, 0) * rng.random(size // 2))
    weights = np.exp(weight_spread * rng.uniform(-1, 1, size)) * values ** data.draw(st.sampled_from([0.0, -1.0, 2.0]))
    law, kappa = Law(values, weights), 10.0**decade
    np.testing.assert_allclose(
        transforms(law.compressed(), kappa).astype(float), transforms(law, kappa).astype(float), rtol=1e-14
    )  # twice the promised accuracy, which is the worst of 9000: any example must pass


def test_compression_of_weights_over_many_decades():
    i = np.arange(1.0, 3001)
    law = Law(1 / i, i**-9.0)  # the last panels weigh less than the rounding of the masses above them
    for kappa in (1e-3, 1.0):
        np.testing.assert_allclose(
            transforms(law.compressed(), kappa).astype(float), transforms(law, kappa).astype(float), rtol=5e-15
        )  # the promised accuracy


def test_gauss_rules_interpreted():
    # the 16-node rule of 500 equal weights integrates polynomials of degree 31 exactly
    x, w = np.linspace(-1, 1, 500), np.full(500, 1 / 500)
    a, b, z = np.empty(16), np.empty(16), np.empty(16)
    k = compression._lanczos_py(x, w, 1.0, np.empty(500), np.empty(500), a, b)
    compression._eigen_py(a, b, z, k)
    assert k == 16
    for degree in range(32):
        np.testing.assert_allclose(np.sum(z**2 * a**degree), np.mean(x**degree), atol=2e-15)  # ten roundings


@pytest.mark.false_alarm(0)
def test_accumulate_is_twofold():
    w = np.random.default_rng(0).random(1000) * 10.0 ** np.random.default_rng(1).integers(-20, 20, 1000)
    high, low = accumulation.accumulate(w)
    with mp.workdps(60):
        exact = mp.fsum(mp.mpf(float(v)) for v in w)
        assert abs((mp.mpf(high[-1]) + mp.mpf(low[-1])) / exact - 1) < mp.mpf(2) ** -90  # 106 bits less the sums' growth


def agree(law, kappa, df1, lost, df2, digits):
    """The three integrals of a law of mass 1: s/(s + kappa), kappa/(s + kappa), (s/(s + kappa))^2."""
    share = law.atoms / (law.atoms + kappa)
    found = (np.dot(law.weights, share), np.dot(law.weights, kappa / (law.atoms + kappa)), np.dot(law.weights, share**2))
    for value, exact in zip(found, (df1, lost, df2), strict=True):
        assert abs(value / exact - 1) < digits, kappa


@pytest.mark.parametrize("a", [0.01, 0.1, 0.5, 1.0, 1.5, 3.0, 20.0, 100.0])
def test_power(a):
    law = spectra.power(a).H.compressed()
    with mp.workdps(50):
        b = 1 / mp.mpf(a)
        for kappa in np.geomspace(1e-12, 1e6, 10):
            k = mp.mpf(kappa)
            df1 = mp.hyp2f1(1, 1 + b, 2 + b, -1 / k) / (k * (1 + mp.mpf(a)))
            df2 = mp.hyp2f1(2, 2 + b, 3 + b, -1 / k) / (k * k * (1 + 2 * mp.mpf(a)))
            agree(law, kappa, df1, mp.hyp2f1(1, b, 1 + b, -1 / k), df2, 5e-15)  # promised


@pytest.mark.parametrize("rho", [0.01, 0.3, -0.5, -0.9, 0.95, 0.99, 0.999, -0.999, 0.9999, 1 - 1e-9])
def test_autoregressive(rho):
    law = spectra.autoregressive(rho).H.compressed()
    with mp.workdps(50):
        r = mp.mpf(rho)
        c, d = 1 - r**2, 1 + r**2
        for kappa in np.geomspace(1e-12, 1e6, 19):
            k = mp.mpf(kappa)
            root = mp.sqrt((c + k * d) ** 2 - (2 * k * r) ** 2)
            slope = c * ((c + k * d) * d - 4 * k * r**2) / root**3  # -d df1/d kappa
            agree(law, kappa, c / root, 1 - c / root, c / root - k * slope, 5e-15)  # promised
        k = mp.mpf(-0.99 * (1 - abs(rho)) / (1 + abs(rho)))
        exact = c / mp.sqrt((c + k * d) ** 2 - (2 * k * r) ** 2)
        assert abs(np.dot(law.weights, law.atoms / (law.atoms + float(k))) / exact - 1) < 2e-14  # promised


@pytest.mark.parametrize("rho", [0.3, -0.9, 0.95])
def test_autoregressive_is_the_limit_of_matrices(rho):
    p = 400
    s = np.linalg.eigvalsh(rho ** np.abs(np.subtract.outer(np.arange(p), np.arange(p))).astype(float))
    limit = spectra.autoregressive(rho).H.integrate(lambda s: s / (s + 0.5))
    # two boundaries, as thick as the correlation is long
    assert abs(np.mean(s / (s + 0.5)) / limit - 1) < 3 / p / (1 - abs(rho))


DENSITIES = {
    "arcsine": (lambda s: 1 / (np.pi * np.sqrt((s - 1) * (3 - s))), 1, 3, lambda k: 1 / mp.sqrt((1 + k) * (3 + k))),
    "arcsine at 0": (lambda s: 1 / (np.pi * np.sqrt(s * (1 - s))), 0, 1, lambda k: 1 / mp.sqrt(k * (1 + k))),
    "Marchenko-Pastur": (lambda s: np.sqrt((4 - s) / s) / (2 * np.pi), 0, 4, lambda k: (mp.sqrt(k * k + 4 * k) - k) / (2 * k)),
    "semicircle": (
        lambda s: 2 / np.pi * np.sqrt((s - 1) * (3 - s)), 1, 3, lambda k: 2 * ((2 + k) - mp.sqrt((1 + k) * (3 + k)))
    ),
    "steep": (lambda s: 0.1 * s**-0.9, 0, 1, lambda k: mp.hyp2f1(1, mp.mpf("0.1"), mp.mpf("1.1"), -1 / k) / k),
}  # fmt: skip


@pytest.mark.parametrize("name", DENSITIES)
def test_density(name):
    pdf, low, high, stieltjes = DENSITIES[name]
    law = spectra.density(pdf, low, high).H.compressed()
    for kappa in KAPPAS[::2]:
        with mp.workdps(40):
            exact = stieltjes(mp.mpf(kappa))
        assert abs(np.dot(law.weights, 1 / (law.atoms + kappa)) / exact - 1) < 1e-13, kappa  # promised


def endless(c, m, alpha, k, cut=40):
    """sum over i >= 1 of i^c/(1 + k i^alpha)^m: `cut` terms, then Euler and Maclaurin (12 terms: 1e-27), the integral by 2F1."""
    b = m - (c + 1) / alpha
    integral = cut ** (c + 1 - m * alpha) / (k**m * alpha * b) * mp.hyp2f1(m, b, b + 1, -1 / (k * cut**alpha))
    derivatives = mp.taylor(lambda x: x**c / (1 + k * x**alpha) ** m, mp.mpf(cut), 23)
    ends = derivatives[0] / 2 - sum(mp.bernoulli(2 * j) / (2 * j) * derivatives[2 * j - 1] for j in range(1, 13))
    return mp.fsum(mp.mpf(i) ** c / (1 + k * mp.mpf(i) ** alpha) ** m for i in range(1, cut)) + integral + ends


@pytest.mark.parametrize(("alpha", "beta"), [(1.05, 1.05), (1.2, 4.0), (1.5, 1.05), (2.0, 1.5), (3.0, 9.0), (8.0, 1.5)])
def test_power_law_without_end(alpha, beta):
    spectrum = spectra.power_law(alpha, beta)
    G = spectrum.G.compressed()
    with mp.workdps(60):
        a, b = mp.mpf(alpha), mp.mpf(beta)
        for n in (10, 1000, 10**6):
            at = effective_ridge(spectrum.H, n=n, delta=0.0)
            k = mp.mpf(float(at.kappa))
            df1, df2 = endless(0, 1, a, k), endless(0, 2, a, k)
            share, lost = G.atoms / (G.atoms + at.kappa), at.kappa / (G.atoms + at.kappa)
            bias = np.dot(G.weights, G.atoms * lost**2) + G.tail
            errors = [
                (df1 - n) / (n - df2),  # of kappa
                at.df1 / df1 - 1,
                at.df2 / df2 - 1,
                at.gap / (n - df2) - 1,
                bias / (k**2 * endless(2 * a - b, 2, a, k)) - 1,
                np.dot(G.weights, share**2) / endless(a - b, 2, a, k) - 1,
            ]
            assert max(abs(e) for e in errors) < 5e-15, n  # promised


def test_power_law_masses():
    for alpha, beta in ((1.5, 1.3), (4.0, 2.0), (2.0, 9.0)):
        spectrum = spectra.power_law(alpha, beta)
        with mp.workdps(30):
            assert abs(spectrum.H.mean() / mp.zeta(alpha) - 1) < 5e-15  # promised
            assert abs(spectrum.G.mean() / mp.zeta(beta) - 1) < 5e-15
        assert spectrum.H.mass == np.inf


@pytest.mark.parametrize(("alpha", "p"), [(1.5, 10), (1.5, 70), (1.0, 1000), (0.5, 100_000), (8.0, 3000)])
def test_finite_power_law(alpha, p):
    law, i = spectra.power_law(alpha, p=p).H, np.arange(1.0, p + 1)
    assert law.mass == p == law.above[0, -1]
    for kappa in KAPPAS:
        np.testing.assert_allclose(
            law.integrate(lambda s, k=kappa: s / (s + k)), np.sum(1 / (1 + kappa * i**alpha)), rtol=5e-15
        )  # promised


def test_closed_moments():
    assert spectra.isotropic().H.mean() == 1
    np.testing.assert_allclose(spectra.latent_space(2.0, 0.25).H.mean(), 3.0, rtol=1e-15)  # 1 + mu
    np.testing.assert_array_equal(spectra.latent_space(2.0, 0.25).G.atoms, [9.0])
    np.testing.assert_allclose(spectra.equicorrelated(0.3, p=50).H.mean(), 1.0, rtol=1e-15)
    np.testing.assert_array_equal(spectra.equicorrelated(0.25).H.atoms, [0.75])
    assert spectra.spiked([9.0, 4.0], p=10).H.moment(0) == 1.0
    law = from_eigenvalues([2.0, 1.0, 1.0, 0.0]).H
    assert (law.zero, law.mass, law.above[0, -1]) == (0.25, 1.0, 0.75)
    assert multiplicities([1.0, 3.0], [10, 5]).H.moment(2) == 55.0


def test_weights_that_sum_to_one_but_for_rounding():
    law = atoms([1.0, 2.0], [0.5, 0.5 + 9e-13]).H
    assert (law.mass, *law.above[:, -1]) == (1.0, 1.0, 0.0)
    np.testing.assert_allclose(law.weights, np.diff(law.above[0], prepend=0.0), rtol=2e-16)  # one rounding
    law = atoms(np.arange(1, 11), np.full(10, 0.1)).H
    assert tuple(law.above[:, 4]) == (0.5, 0.0)  # n = p at half of the mass is met exactly


@pytest.mark.false_alarm(0)
def test_shares_of_many_directions():
    spectrum = from_eigenvalues(np.arange(1.0, 100_001.0), np.ones(100_000))
    np.testing.assert_array_equal(spectrum.G.weights, spectrum.H.weights)
    counts = np.random.default_rng(0).integers(1, 9, 1000)
    G = multiplicities(np.arange(1.0, 1001.0), counts, "bottom:0.5").G
    inside = G.atoms < G.atoms[0]  # all but the one that is cut
    np.testing.assert_allclose(G.weights[inside], counts[G.atoms[inside].astype(int) - 1] / (0.5 * counts.sum()), rtol=4e-16)


def test_signals():
    G = atoms([1.0, 2.0, 4.0], [0.5, 0.25, 0.25], "top:0.375").G
    np.testing.assert_allclose(G.atoms, [4, 2])
    np.testing.assert_allclose(G.weights, [2 / 3, 1 / 3], rtol=1e-15)
    np.testing.assert_allclose(atoms([1.0, 2.0], [0.5, 0.5], "bottom:0.25").G.atoms, [1.0])
    np.testing.assert_allclose(atoms([1.0, 2.0], [0.5, 0.5], [1.0, 3.0]).G.weights, [0.75, 0.25])
    np.testing.assert_allclose(multiplicities([1.0, 2.0], [4, 12]).G.weights, [0.75, 0.25])
    np.testing.assert_allclose(from_eigenvalues([1.0, 2.0], [-1.0, 2.0]).G.weights, [0.8, 0.2])
    G = spectra.power(1.0, "top:0.5").G  # uniform on (1/2, 1)
    np.testing.assert_allclose([G.mean(), G.moment(2)], [0.75, 7 / 12], rtol=1e-14)
    both = [spectra.autoregressive(0.9, f"{end}:0.5").G.mean() for end in ("top", "bottom")]
    np.testing.assert_allclose(np.mean(both), 1.0, rtol=1e-14)
    # int of the symbol over half the circle: 4 atan((1 + rho)/(1 - rho))/(2 pi) of it
    np.testing.assert_allclose(both[0], 4 / np.pi * np.arctan(19.0), rtol=1e-13)
    G = spectra.density(lambda s: 0.5, 1, 3, "bottom:0.25").G
    np.testing.assert_allclose(G.mean(), 1.25, rtol=1e-12)


@pytest.mark.parametrize(
    ("text", "spectrum"),
    [
        ("isotropic", spectra.isotropic()),
        ("ar1:0.7", spectra.autoregressive(0.7)),
        ("atoms:1@0.25,3@0.75", atoms([1, 3], [0.25, 0.75])),
        ("equicorrelated:0.5", spectra.equicorrelated(0.5)),
        ("power:1.5", spectra.power(1.5)),
        ("latent:1,0.2", spectra.latent_space(1, 0.2, "isotropic")),
    ],
)
def test_strings(text, spectrum):
    np.testing.assert_array_equal(parse(text).H.atoms, spectrum.H.atoms)
    np.testing.assert_array_equal(parse(text).G.weights, spectrum.G.weights)
    assert abs(float(np.sum(parse(text, "top:0.5").G.weights)) - 1) < 1e-14  # a sum of 500 at most


@pytest.mark.false_alarm(2 * 1e-7)
def test_from_data():
    rng = np.random.default_rng(3)
    m, p, sigma2 = 4000, 6, 0.5
    X = rng.normal(size=(m, p)) * np.array([3, 2, 1, 1, 1, 0.5]) + 7.0
    beta = np.array([1.0, -1, 0, 0, 2, 0])
    y = X @ beta + np.sqrt(sigma2) * rng.normal(size=m) - 3.0
    found = spectra.from_data(X, y)
    centred = X - X.mean(axis=0)
    np.testing.assert_allclose(found.H.atoms, np.linalg.eigvalsh(centred.T @ centred / m)[::-1], rtol=1e-12)  # condition 36
    # false alarm 1e-7: 5.4 deviations of a chi-square of m - 7, relative sqrt(2/m) = 0.022; r2 is 6 -+ 2 r sqrt(sigma2/(m s))
    assert abs(found.sigma2 / sigma2 - 1) < 5.4 * np.sqrt(2 / m)
    assert abs(found.r2 - 6) < 5.4 * 2 * np.sqrt(6 * sigma2 / (0.25 * m)) + 0.1
    assert spectra.from_data(X).sigma2 is None
    wide = spectra.from_data(rng.normal(size=(20, 50)), rng.normal(size=20))
    assert wide.H.atoms.size == 19
    np.testing.assert_allclose(wide.H.zero, 31 / 50)
    assert wide.sigma2 > 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: atoms([], []), "values"),
        (lambda: atoms([1, -2], [0.5, 0.5]), "-2"),
        (lambda: atoms([1, np.nan], [0.5, 0.5]), "finite"),
        (lambda: atoms([1, 2], [0.5, 0.6]), "sum to 1"),
        (lambda: atoms([1, 2], [1.5, -0.5]), "-0.5"),
        (lambda: atoms([1, 2], [1.0]), "weights"),
        (lambda: atoms([0.0], [1.0]), "positive"),
        (lambda: atoms([1, 0], [0.5, 0.5], "bottom:0.5"), "cannot be seen"),
        (lambda: atoms([1.0], [1.0], "middle:0.5"), "top:Q"),
        (lambda: atoms([1.0], [1.0], "top:1.5"), "fraction"),
        (lambda: atoms([1.0], [1.0], [1.0, 2.0]), "one energy"),
        (lambda: multiplicities([1, 2], [3, -1]), "-1"),
        (lambda: from_eigenvalues(["a"]), "numbers"),
        (lambda: parse("isotropik"), "isotropic, ar1:RHO"),
        (lambda: parse("atoms:1@half"), "number"),
        (lambda: parse("atoms:1,2"), "S@W"),
        (lambda: parse("ar1:1.5"), "rho"),
        (lambda: parse("latent:1"), "latent:MU,PSI"),
        (lambda: spectra.power(-1.0), "exponent"),
        (lambda: spectra.power_law(0.9), "alpha > 1"),
        (lambda: spectra.power_law(2.0, p=0), "positive integer"),
        (lambda: spectra.equicorrelated(1.0), "rho"),
        (lambda: spectra.latent_space(1.0, 1.5), "psi"),
        (lambda: spectra.spiked([2.0, 3.0], p=1), "number of spikes"),
        (lambda: spectra.spiked([2.0], p=10, bulk=np.nan), "bulk"),
        (lambda: spectra.power_law(200.0, p=100), "range of doubles"),
        (lambda: spectra.density(lambda s: 1.0, 0, 1, "top:1e-7"), "1e-6 of the length"),
        (lambda: atoms([1e-310, 1.0], [0.5, 0.5]), "reciprocals"),
        (lambda: spectra.density(lambda s: 1.0, 1, 3), "must be 1"),
        (lambda: spectra.density(lambda s: 1.0, 3, 1), "low < high"),
        (lambda: spectra.density(lambda s: s - 2.0, 1, 3), "nonnegative"),
        (lambda: spectra.from_data([[1.0, 2.0]]), "rows"),
        (lambda: spectra.from_data([[1.0, 2.0], [3.0]]), "rows of one length"),
        (lambda: spectra.from_data(np.full((50, 3), 0.1)), "vary"),  # its mean is not 0.1 to the bit
        (lambda: spectra.from_data(np.full((5, 2), np.nan)), "finite"),
        (lambda: spectra.from_data(np.eye(5), [1.0]), "one entry a row"),
        (lambda: Law([1.0, 2.0], [1.0, 0.0]), "positive"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ValueError, match="is refused: ") as error:
        call()
    assert message in str(error.value)
