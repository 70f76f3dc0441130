"""Loureiro, Gerbelot, Cui, Goldt, Krzakala, Mezard and Zdeborova, Learning curves of generic features maps (2021)."""

from functools import partial

import numpy as np
from scipy.optimize import brentq

from asymptotics import ridge
from theorems import GAMMA, R2, SIGMA2, Identity, Real, Theorem, each
from theorems.hastie2022.correlated import SIGNAL, SPECTRUM, law


def _one_spectrum(*, spectrum, signal, outside, sigma2, **given):
    """Ridge regression on the student's features; the teacher's part outside them acts as noise."""
    return ridge.ridge(law(spectrum, signal), sigma2=sigma2 + outside, **given).excess + outside


def _proximal(s, penalty, V_hat):
    return s / (penalty + V_hat * s)


def _fixed_point(*, spectrum, signal, gamma, lam, r2, outside, sigma2):
    """The excess rho + q - 2 m by the paper's equations for the square loss, hats eliminated last.

    `alpha` = n/p, features x/sqrt(p) with the penalty lam/gamma: V_hat = alpha/(1 + V), V = (1/p) tr S (lam/gamma + V_hat S)^-1.
    """
    pair = law(spectrum, signal)
    alpha, penalty = 1 / gamma, lam / gamma

    def image(V):
        return pair.H.integrate(partial(_proximal, penalty=penalty, V_hat=alpha / (1 + V)))

    ends = np.log(image(0.0)) - 1, np.log(pair.H.integrate(lambda s: s) / penalty) + 1  # image(V)/V falls from inf to 0
    V = np.exp(brentq(lambda t: image(np.exp(t)) / np.exp(t) - 1, *ends, xtol=1e-15, rtol=1e-15))
    V_hat = alpha / (1 + V)
    # q = m_hat^2 r2 int s^3/(penalty + V_hat s)^2 dG + q_hat share with m_hat = V_hat (times the teacher, per sqrt(p)), and
    # q_hat = alpha (rho + q - 2 m + sigma2)/(1 + V)^2; without q_hat's, rho + q - 2 m is a square
    lost = r2 * pair.G.integrate(lambda s: s * (penalty / (penalty + V_hat * s)) ** 2) + outside
    pull = alpha / (1 + V) ** 2 * pair.H.integrate(lambda s: (s / (penalty + V_hat * s)) ** 2)
    return (lost + pull * sigma2) / (1 - pull)


ridge_regression = Theorem(
    title="The Gaussian covariate model with the square loss is ridge regression in the effective-ridge form",
    statement=r"\hat V=\hat m=\frac{\alpha}{1+V},\ \hat q=\alpha\frac{R+\sigma^2}{(1+V)^2},\ A=(\lambda'+\hat V\Omega)^{-1}:\quad "
    r"V=\tfrac1p\operatorname{tr}\Omega A,\ m=\hat m\,\theta^\top\Phi A\Phi^\top\theta,\ "
    r"q=\tfrac1p\operatorname{tr}(\hat q\Omega+p\,\hat m^2\Phi^\top\theta\theta^\top\Phi)\Omega A^2;\quad R=\rho+q-2m",
    source="loureiro2021learning, Theorem 4 and the section on ridge regression (numbering from memory)",
    assumptions=(
        "student's features of covariance Omega, spectrum H; teacher <theta, u> with E x u' theta = Omega beta, |beta|^2 = r2 spread as G; "
        "`outside` is the variance of the teacher that no linear function of x gives",
        "alpha = n/p = 1/gamma, lambda' = lam/gamma: the paper has features x/sqrt p and lambda' p = n lam",
    ),
    domain={
        "spectrum": SPECTRUM,
        "signal": SIGNAL,
        "gamma": GAMMA,
        "lam": Real(1e-6, np.inf, "["),  # 1 - pull has no digits at p = n without penalty
        "r2": R2,
        "outside": Real(0.0, np.inf, "[", default=0.0),
        "sigma2": SIGMA2,
    },
    claim=Identity(theory=_one_spectrum, other=each("gamma", _fixed_point), rtol=1e-10),
    cases=(
        {
            "spectrum": "atoms:4@0.5,0.25@0.5",
            "signal": "top:0.5",
            "gamma": 1.5,
            "lam": 0.1,
            "r2": 2.0,
            "outside": 0.3,
            "sigma2": 0.5,
        },
        {"spectrum": "ar1:0.7", "signal": "bottom:0.5", "gamma": 0.5, "lam": 0.05, "r2": 5.0},
        {"spectrum": "power:1.2", "gamma": 4.0, "lam": 0.01, "outside": 2.0, "sigma2": 0.0},
        {"spectrum": "isotropic", "gamma": 1.0, "lam": 1e-3},
    ),
    rivals={
        "lambda' = lam": lambda *, lam, gamma, **k: _one_spectrum(lam=lam * gamma, gamma=gamma, **k),
        "what is outside costs itself only": lambda *, outside, **k: _one_spectrum(outside=0.0, **k) + outside,
        "alpha read as p/n": lambda *, gamma, **k: _one_spectrum(gamma=1 / gamma, **k),
    },
)
