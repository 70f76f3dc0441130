"""Power laws and the rate atlas: against exact sums with analytic tails, published numbers, and their own stationary points."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from asymptotics import power_laws, scaling_exponents, spectra
from asymptotics.random_features import ridge as random_features
from asymptotics.ridge import optimal_penalty, ridge
from theorems import mellin

ALPHA = st.floats(1.05, 4)
SHARE = st.floats(0.02, 0.98)


@pytest.mark.parametrize(("alpha", "beta"), [(1.5, 1.3), (1.2, 1.1), (1.36, 1.11), (2.0, 3.0), (3.0, 2.0), (1.5, 2.2)])
@pytest.mark.parametrize(("fitting", "noise"), [(0.0, 0.0), (0.5, 1.0)])
def test_the_limit_of_exact_sums(alpha, beta, fitting, noise):
    n = 1e6
    sigma2 = noise * power_laws.interpolation(alpha=alpha, beta=beta, n=n).test
    limit = power_laws.ridge(alpha=alpha, beta=beta, n=n, fitting=fitting, sigma2=sigma2)
    exact = ridge(spectra.power_law(alpha, beta), n=n, delta=fitting * n * limit.kappa, sigma2=sigma2)
    for name in ("kappa", "bias", "variance", "test", "train", "df1", "df2"):
        # the variance at alpha = 1.2 has 6/n
        assert getattr(limit, name) == pytest.approx(getattr(exact, name), rel=1e-5, abs=1e-300), name


@pytest.mark.parametrize(
    ("alpha", "beta", "noise", "fitting"),
    [
        (1.5, 1.3, 0.0, 0.09467),
        (1.5, 1.3, 1.0, 0.39364),
        (1.3, 1.8, 5.0, 0.17780),
        (2.0, 2.5, 1.0, 0.05025),
        (1.36, 1.11, 0.0, 0.39141),
    ],
)
def test_the_best_fitting_ratio(alpha, beta, noise, fitting):
    assert power_laws.optimal_fitting(alpha=alpha, beta=beta, noise=noise) ** 2 == pytest.approx(
        fitting, abs=5e-6
    )  # train/test, five digits


def test_the_best_penalty_of_exact_sums_has_this_fitting_ratio():
    alpha, beta, n = 1.5, 1.3, 1e5
    sigma2 = 0.7 * power_laws.interpolation(alpha=alpha, beta=beta, n=n).test
    spectrum = spectra.power_law(alpha, beta)
    best = ridge(spectrum, n=n, delta=optimal_penalty(spectrum, n=n, sigma2=sigma2), sigma2=sigma2)
    fitting = power_laws.optimal_fitting(alpha=alpha, beta=beta, noise=0.7)
    assert np.sqrt(best.train / best.test) == pytest.approx(fitting, rel=1e-4)  # 1/n and better


@given(ALPHA, SHARE, st.floats(0, 10))
def test_the_best_fitting_ratio_is_the_least(alpha, share, noise):
    beta = 1 + 2 * alpha * share
    best = power_laws.optimal_fitting(alpha=alpha, beta=beta, noise=noise)
    least = power_laws.relative_test(alpha=alpha, beta=beta, fitting=best, noise=noise)
    others = power_laws.relative_test(alpha=alpha, beta=beta, fitting=np.linspace(0, 1, 201), noise=noise)
    assert np.all(others >= least * (1 - 1e-14))
    critical = power_laws.critical_noise(alpha=alpha, beta=beta)
    assert (best == 0) == (noise <= critical)


@given(ALPHA, SHARE, st.floats(1e-3, 1))
def test_interpolation_is_optimal_below_the_critical_noise(alpha, share, eps):
    beta = 1 + 2 * alpha * share
    critical = float(power_laws.critical_noise(alpha=alpha, beta=beta))
    assume(critical > 1e-3)
    assert power_laws.optimal_fitting(alpha=alpha, beta=beta, noise=critical * (1 - 1e-12)) == 0
    assert power_laws.optimal_fitting(alpha=alpha, beta=beta, noise=critical * (1 + eps)) > 0


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"alpha": 1.0}, "alpha"),
        ({"beta": 1.0}, "beta"),
        ({"beta": 4.0}, "2 alpha"),
        ({"noise": -1.0}, "noise"),
        ({"fitting": 1.5}, "fitting"),
    ],
)
def test_bad_exponents(given, word):
    with pytest.raises(ValueError, match=word):
        power_laws.relative_test(**{"alpha": 1.5, "beta": 1.5, "fitting": 0.5, "noise": 0.0} | given)


@pytest.mark.parametrize("alpha", [1.5, 2.0])
@pytest.mark.parametrize("source", [0.15, 0.5, 0.8, 1.6])
@pytest.mark.parametrize("share", [0.7, 1.5, np.inf])
@pytest.mark.parametrize("q", [0.5, 1.0, 1.4, np.inf])
def test_mellin_sums_are_sums(alpha, source, share, q):
    """The second route of the rate atlas, at a size where the library sums: no digit is lost at n = k, nor at a pole."""
    n, delta = 1e6, 0.0 if share == np.inf else 1e6 ** (1 - share * alpha)
    if q == 1.0 and delta == 0:
        return
    beta = 1 + 2 * alpha * source
    risk = random_features(spectra.power_law(alpha, beta), n=n, k=n**q, delta=delta, sigma2=0.5)
    found = mellin.excess(alpha=alpha, beta=beta, n=n, k=n**q, delta=delta, sigma2=0.5)
    # kappa^4 is left out; the nudge at poles
    assert float(found) == pytest.approx(risk.excess, rel=1e-12 if q >= 1 else 1e-7)


def test_the_peak_has_its_own_rate():
    at = scaling_exponents.rates(alpha=1.5, beta=2.0, ell=[1.0, 2.5, np.inf], q=1.0)
    assert at.excess == pytest.approx([1 / 3, -0.5, -np.inf])
    assert scaling_exponents.rates(alpha=1.5, beta=2.0, ell=np.inf, q=1.0, noisy=False).noise == np.inf


def test_the_best_rate():
    alpha, source = np.array([1.5, 2.0, 1.2]), np.array([0.3, 0.8, 2.0])
    beta = 1 + 2 * alpha * source
    best = scaling_exponents.optimal(alpha=alpha, beta=beta)
    grid = scaling_exponents.rates(alpha=alpha, beta=beta, ell=np.linspace(0, 3, 3001)[:, None]).excess
    assert best.excess == pytest.approx(grid.max(axis=0), abs=2e-3)  # the grid's step times alpha
    assert best.excess == pytest.approx(2 * alpha * np.minimum(source, 1) / (1 + 2 * alpha * np.minimum(source, 1)))
    enough = scaling_exponents.rates(alpha=alpha, beta=beta, ell=best.ell, q=best.q)
    fewer = scaling_exponents.rates(alpha=alpha, beta=beta, ell=best.ell, q=0.98 * best.q)
    assert enough.excess == pytest.approx(best.excess, rel=1e-13)
    assert np.all(fewer.excess < best.excess)
