"""Random features of infinitely many features, which is kernel ridge regression, and of infinitely many samples."""

import numpy as np
from scipy.optimize import brentq

from asymptotics import random_features, ridge, spectra
from theorems import SIGMA2, Identity, Real, Theorem, each

P = 300  # eigenvalues


def _at_powers(risk):
    return each(("alpha", "beta"), lambda *, alpha, beta, **given: risk(spectra.power_law(alpha, beta), **given))


_power_law, _limit = _at_powers(random_features.ridge), _at_powers(ridge.ridge)


def _less_df1(*, n, **given):
    at = _limit(n=n, **given)
    with np.errstate(divide="ignore"):  # without penalty all degrees of freedom are in use
        return at.test * (n - at.df2) / np.maximum(n - at.df1, 0.0)


kernel_limit = Theorem(
    title="With infinitely many features the random-features equations are those of kernel ridge regression",
    statement=r"k\to\infty:\quad\kappa_1=\kappa,\quad n=\sum_i\frac{\lambda_i}{\lambda_i+\kappa}+\frac\delta\kappa,\quad "
    r"R+\sigma^2=\frac{\sum_i(\kappa/(\lambda_i+\kappa))^2v_i^2+\sigma^2}{1-\mathrm{df}_2/n}",
    source="simon2024more, section 4 (numbering from memory)",
    assumptions=("eigenvalues i^-alpha, powers v_i^2 = i^-beta of the target, i = 1, 2 and so on; n samples, penalty delta",),
    domain={
        "alpha": Real(1.05, 8.0, "[]"),
        "beta": Real(1.05, 8.0, "[]"),
        "n": Real(1.0, 1e6, "[]"),
        "delta": Real(0.0, np.inf, "["),
        "sigma2": SIGMA2,
    },
    claim=Identity(theory=lambda **given: _power_law(k=np.inf, **given), other=_limit, of="test", rtol=1e-12),
    cases=(
        {"alpha": 1.5, "beta": 1.5, "n": 256.0, "delta": 0.0, "sigma2": 0.5},
        {"alpha": 1.36, "beta": 1.11, "n": 1000.0, "delta": 1e-3, "sigma2": 0.0},
        {"alpha": 2.0, "beta": 3.0, "n": 20.0, "delta": 1.0},
    ),
    rivals={
        "as many features as samples": lambda *, n, **given: _power_law(n=n, k=n, **given),
        "df1 for df2": _less_df1,
        "the training error": lambda **given: _power_law(k=np.inf, **given).train,
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
    claim=Identity(theory=each(("alpha", "beta"), _many_samples), other=each("k", _projected), of="test", rtol=1e-11),
    cases=(
        {"alpha": 1.5, "beta": 1.5, "k": 40.0, "sigma2": 0.5},
        {"alpha": 1.2, "beta": 3.0, "k": 200.0, "sigma2": 0.0},
        {"alpha": 2.0, "beta": 1.2, "k": 3.0, "sigma2": 0.1},
    ),
    rivals={
        "as the bias of a kernel": lambda **given: _projected(power=2, **given),
        "as many samples as features": lambda *, k, **given: _many_samples(k=k, n=k, **given),
    },
)
