"""Kernels and targets with power laws: the fitting ratio, and when interpolation is optimal."""

import numpy as np

import simulate.power_laws
from asymptotics import equivalents, power_laws, ridge, spectra
from theorems import Identity, Mean, Real, Theorem
from theorems.simon2024 import figures


def _beta(alpha, source):
    return 1 + 2 * alpha * np.asarray(source)


def _relative(*, alpha, source, fitting, noise):
    return power_laws.relative_test(alpha=alpha, beta=_beta(alpha, source), fitting=fitting, noise=noise)


def _at_fitting(of):
    """Draws of this field at the penalty of the fitting ratio and the noise in units of test_0, in those units."""

    def drawn(*, n, alpha, source, fitting, noise, draws, rng):
        beta = float(_beta(alpha, source))
        unit = power_laws.interpolation(alpha=alpha, beta=beta, n=n)
        delta = n * fitting * unit.kappa * (1 - fitting) ** -alpha
        given = {"alpha": alpha, "beta": beta, "delta": delta, "sigma2": noise * unit.test}
        return np.asarray(getattr(simulate.power_laws.ridge(n=n, draws=draws, rng=rng, **given), of)) / unit.test

    drawn.cost = 3.0  # type: ignore[attr-defined]
    return drawn


_tested = _at_fitting("test")

POWERS = (
    "eigenfunctions Gaussian, kernel eigenvalues i^-alpha, target powers v_i^2 = i^-beta, i = 1, 2 and so on",
    "`source` is (beta - 1)/(2 alpha)",
    "noise of variance sigma2 = `noise` test_0, test_0 the test error of noiseless interpolation; `fitting` is q = sqrt(train/test)",
)


power_law = Theorem(
    title="Power laws: the test error as a function of the fitting ratio",
    statement=r"\frac{E_{\rm te}(q)}{E_0}\to\frac{(1-q)^{1-\beta}+\alpha\,\sigma^2/E_0}{1+(\alpha-1)q},"
    r"\quad q^2=\frac{E_{\rm tr}}{E_{\rm te}}",
    source="simon2024more, Theorem 2 and Eq. (10)",
    assumptions=POWERS,
    domain={
        "alpha": Real(1.2, 3.0, "[]"),
        "source": Real(0.0, 1.0),
        "fitting": Real(0.0, 1.0, "["),
        "noise": Real(0.0, 1e6, "["),
    },
    claim=Mean(theory=_relative, simulation=_tested, sizes=(20, 40, 80)),
    cases=(
        {"alpha": 1.5, "source": 0.2, "fitting": 0.3, "noise": 1.0},
        {"alpha": 1.5, "source": 0.3, "fitting": 0.5, "noise": 0.0},
        {"alpha": 1.3, "source": 0.3, "fitting": 0.0, "noise": 2.0},
    ),
    rivals={
        "q^2 in the place of q": lambda *, fitting, **k: _relative(fitting=np.asarray(fitting) ** 2, **k),
        "noise without alpha": lambda *, alpha, noise, **k: _relative(alpha=alpha, noise=noise / alpha, **k),
        "alpha and beta swapped in the signal": lambda *, alpha, source, fitting, noise: (
            ((1 - fitting) ** (1 - alpha) + alpha * noise) / (1 + (_beta(alpha, source) - 1) * fitting)
        ),
        "the fitting ratio does not matter": lambda *, fitting, **k: _relative(fitting=0 * np.asarray(fitting), **k),
    },
    plot=figures.figure_2(_relative, _tested),
)


def _critical(*, alpha, source):
    return np.maximum(power_laws.critical_noise(alpha=alpha, beta=_beta(alpha, source)), 0.0)


def _where_the_slope_vanishes(*, alpha, source):
    """sigma2/test_0 at which delta = 0 is a stationary point of the exact sums at n = 1e9, Eq. (5) of `asymptotics.ridge`."""
    spectrum, n = spectra.power_law(alpha, float(_beta(alpha, source))), 1e9
    at = equivalents.effective_ridge(spectrum.H, n=n, delta=0.0)
    signal, kernel = (ridge.sums(law, np.array([at.kappa]))[:, 0] for law in (spectrum.G, spectrum.H))
    sigma2 = at.kappa * signal[4] * at.gap / kernel[4] - signal[1]
    return max(sigma2 / (n * signal[1] / at.gap), 0.0)


interpolation_is_optimal = Theorem(
    title="Power laws: interpolation is optimal if and only if there is little noise",
    statement=r"q^*=0\iff\frac{\sigma^2}{E_0}\le\frac{\beta-\alpha}{\alpha(\alpha-1)}",
    source="simon2024more, Corollary 1",
    assumptions=(
        *POWERS,
        "n -> infinity: the second route sums exactly, with analytic tails, at n = 10^9; the value is the largest noise",
    ),
    domain={"alpha": Real(1.2, 3.0, "[]"), "source": Real(0.0, 0.6, "]")},
    claim=Identity(theory=_critical, other=_where_the_slope_vanishes, rtol=1e-8),  # 1/n + n^(beta - 1 - 2 alpha)
    cases=({"alpha": 1.5, "source": 0.5}, {"alpha": 2.0, "source": 0.4}, {"alpha": 1.3, "source": 0.6}),
    rivals={
        "(beta - alpha)/alpha": lambda *, alpha, source: np.maximum(_beta(alpha, source) - alpha, 0) / alpha,
        "sigma in place of sigma2": lambda **k: np.sqrt(_critical(**k)),
        "alpha and beta swapped in the product": lambda *, alpha, source: (
            np.maximum((b := _beta(alpha, source)) - alpha, 0) / (b * np.maximum(b - 1, 1e-3))
        ),
    },
)


def _fitted(*, alpha, source, noise):
    return 1 - power_laws.optimal_fitting(alpha=alpha, beta=_beta(alpha, source), noise=noise)


def _at_the_best_penalty(*, alpha, source, noise):
    """1 - q = df1/n of exact sums at n = 10^9, at the penalty of least test error; where that is negative, at 0."""
    beta, n = float(_beta(alpha, source)), 1e9
    spectrum = spectra.power_law(alpha, beta)
    best = ridge.optimal(spectrum, n=n, r2=1.0, sigma2=noise * np.asarray(ridge.ridge(spectrum, n=n, delta=0.0, sigma2=0.0).test))
    return np.minimum(np.asarray(best.df1) / n, 1.0)


optimal_fitting = Theorem(
    title="Power laws: the fitting ratio of the best penalty",
    statement=r"\alpha-\beta-(\alpha-1)\beta q^*+\alpha(\alpha-1)(1-q^*)^\beta\frac{\sigma^2}{E_0}=0,\text{ else }q^*=0;\quad "
    r"q^2=\frac{E_{\rm tr}}{E_{\rm te}}",
    source="simon2024more, Theorem 2 and Eq. (10)",
    assumptions=(*POWERS, "the value is 1 - q*; n -> infinity: the second route sums exactly, with analytic tails, at n = 10^9"),
    domain={"alpha": Real(1.2, 3.0, "[]"), "source": Real(0.05, 0.6, "[]"), "noise": Real(0.0, 50.0, "[]")},
    claim=Identity(
        theory=_fitted, other=_at_the_best_penalty, rtol=1e-6
    ),  # 1/n + n^(beta - 1 - 2 alpha), and sqrt(eps) at q near 0
    cases=(
        {"alpha": 1.5, "source": 0.1, "noise": 0.0},
        {"alpha": 1.3, "source": 0.3, "noise": 5.0},
        {"alpha": 2.0, "source": 0.375, "noise": 1.0},
        {"alpha": 2.0, "source": 0.375, "noise": 0.2},  # interpolation
    ),
    rivals={
        "the noise not times alpha - 1": lambda *, alpha, noise, **k: _fitted(alpha=alpha, noise=noise / (alpha - 1), **k),
        "q^2": lambda **k: 1 - (1 - _fitted(**k)) ** 2,
        "interpolation is always best": lambda **k: 1.0 + 0 * _fitted(**k),
    },
)


def _trained(*, fitting, **given):
    return np.asarray(fitting) ** 2 * power_law.claim.theory(fitting=fitting, **given)


power_law_training_error = Theorem(
    title="Power laws: the training error at a fitting ratio",
    statement=r"\frac{E_{\rm tr}(q)}{E_0}\to q^2\,\frac{(1-q)^{1-\beta}+\alpha\,\sigma^2/E_0}{1+(\alpha-1)q}",
    source="simon2024more, Theorem 2 and Eq. (10)",
    assumptions=POWERS,
    domain=power_law.domain,
    claim=Mean(theory=_trained, simulation=_at_fitting("train"), sizes=(20, 40, 80)),
    cases=(
        {"alpha": 1.5, "source": 0.2, "fitting": 0.3, "noise": 1.0},
        {"alpha": 1.5, "source": 0.3, "fitting": 0.5, "noise": 0.0},
    ),
    rivals={
        "q in the place of q^2": lambda *, fitting, **k: _trained(fitting=fitting, **k) / fitting,
        "noise without alpha": lambda *, alpha, noise, **k: _trained(alpha=alpha, noise=noise / alpha, **k),
        "the square of 1 - q": lambda *, fitting, **k: _trained(fitting=fitting, **k) * (1 / fitting - 1) ** 2,
    },
)
