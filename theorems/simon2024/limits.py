"""Power laws: the training error and the best penalty; random features of infinitely many samples."""

import numpy as np
from scipy.optimize import brentq

import simulate.power_laws
from asymptotics import power_laws, random_features, ridge, spectra
from theorems import SIGMA2, Identity, Mean, Real, Theorem, each
from theorems.simon2024 import POWERS, power_law

P = 300  # eigenvalues


def _beta(alpha, source):
    return 1 + 2 * alpha * np.asarray(source)


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


def _training_errors(*, n, alpha, source, fitting, noise, draws, rng):
    """In units of test_0, at the penalty of this fitting ratio."""
    beta = float(_beta(alpha, source))
    unit = power_laws.interpolation(alpha=alpha, beta=beta, n=n)
    given = {"delta": n * fitting * unit.kappa * (1 - fitting) ** -alpha, "sigma2": noise * unit.test}
    return np.asarray(simulate.power_laws.ridge(n=n, alpha=alpha, beta=beta, draws=draws, rng=rng, **given).train) / unit.test


_training_errors.cost = 3.0  # type: ignore[attr-defined]

power_law_training_error = Theorem(
    title="Power laws: the training error at a fitting ratio",
    statement=r"\frac{E_{\rm tr}(q)}{E_0}\to q^2\,\frac{(1-q)^{1-\beta}+\alpha\,\sigma^2/E_0}{1+(\alpha-1)q}",
    source="simon2024more, Theorem 2 and Eq. (10)",
    assumptions=POWERS,
    domain=power_law.domain,
    claim=Mean(theory=_trained, simulation=_training_errors, sizes=(20, 40, 80)),
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


def _many_samples(*, alpha, beta, k, sigma2, n=np.inf):
    return random_features.ridge(spectra.power_law(alpha, beta, p=P), n=n, k=k, delta=1.0, sigma2=sigma2)


def _projected(*, alpha, beta, k, sigma2, power=1):
    """sum_i (kappa/(s_i + kappa))^power v_i^2 + sigma2, k = sum_i s_i/(s_i + kappa)."""
    i = np.arange(1.0, P + 1)
    s = i**-alpha
    kappa = np.exp(brentq(lambda t: np.sum(s / (s + np.exp(t))) - k, -700, 700, xtol=1e-14, rtol=1e-15))
    return np.sum((kappa / (s + kappa)) ** power * i**-beta) + sigma2


large_sample_limit = Theorem(
    title="Infinitely many samples: random features leave of each eigenfunction what they do not span",
    statement=r"n\to\infty:\quad k=\sum_i\frac{\lambda_i}{\lambda_i+\kappa},\quad "
    r"R+\sigma^2=\sum_i\frac{\kappa}{\lambda_i+\kappa}v_i^2+\sigma^2",
    source="simon2024more, section 4 (numbering from memory)",
    assumptions=(f"eigenvalues i^-alpha, powers v_i^2 = i^-beta of the target, i = 1 ... {P}; k < {P} features, any penalty",),
    domain={"alpha": Real(1.0, 4.0, "[]"), "beta": Real(1.0, 8.0, "[]"), "k": Real(1.0, 0.99 * P, "[]"), "sigma2": SIGMA2},
    claim=Identity(theory=each("alpha", each("beta", _many_samples)), other=each("k", _projected), of="test", rtol=1e-11),
    cases=(
        {"alpha": 1.5, "beta": 1.5, "k": 40.0, "sigma2": 0.5},
        {"alpha": 1.2, "beta": 3.0, "k": 200.0, "sigma2": 0.0},
        {"alpha": 2.0, "beta": 1.2, "k": 3.0, "sigma2": 0.1},
    ),
    rivals={
        "as the bias of a kernel": lambda **given: _projected(power=2, **given),
        "1000 k samples are as good": lambda *, k, **g: _many_samples(k=k, n=1000 * k, **g),
    },
)
