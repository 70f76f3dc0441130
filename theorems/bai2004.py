"""Bai and Silverstein, CLT for linear spectral statistics of large-dimensional sample covariance matrices (2004)."""

import numpy as np

import simulate.isotropic
from asymptotics import isotropic, spectral_fluctuations
from asymptotics.spectral_fluctuations import Normal
from theorems import GAMMA, LAM, R2, SIGMA2, Law, Theorem
from theorems.fluctuations import fluctuation

MODEL = (
    "X has independent real standard normal entries (other fourth moments change mean and variance, complex entries halve the variance)",
    "R_n is the excess risk given X, averaged over the noise and over the signal's direction, uniform on the sphere of radius r",
    "the centre is the limiting risk R at p/n itself; p, n -> infinity with p/n -> gamma, which is not 1 where lam = 0",
)


def _law(**given):
    return spectral_fluctuations.ridge(**given)


def _coefficients_not_weighted(*, gamma, lam, r2, sigma2):
    """The sum of a_k^2/2 for that of k a_k^2/2."""
    t = 2 * np.pi * np.arange(4096) / 4096
    x = 1 + gamma + 2 * np.sqrt(gamma) * np.cos(t)
    f = (r2 * lam**2 / gamma + sigma2 * x) / (x + lam) ** 2
    return Normal(mean=_law(gamma=gamma, lam=lam, r2=r2, sigma2=sigma2).mean, variance=np.var(f))


def _changed(*, mean=1.0, variance=1.0):
    def rival(**given):
        law = _law(**given)
        return Normal(mean=mean * law.mean, variance=variance * law.variance)

    return rival


ridge_risk = Theorem(
    title="Ridge and ridgeless risks fluctuate by 1/n, as a normal law",
    statement=r"f(x)=\frac{r^2\lambda^2/\gamma+\sigma^2x}{(x+\lambda)^2},\quad "
    r"f(1+\gamma+2\sqrt\gamma\cos t)=\frac{a_0}2+\sum_{k\ge1}a_k\cos kt:\quad "
    r"n\,\bigl(R_n-R(p/n)\bigr)\Rightarrow N\Bigl(\tfrac12\sum_k a_{2k},\ \tfrac12\sum_k k\,a_k^2\Bigr);\quad "
    r"\lambda=0:\ N\Bigl(\frac{\sigma^2\min(\gamma,1)}{(1-\gamma)^2},\ \frac{2\sigma^4\gamma}{(1-\gamma)^4}\Bigr)",
    source="bai2004clt, Theorem 1.1 for the f of the risk (numbering from memory)",
    assumptions=MODEL,
    domain={"gamma": GAMMA, "lam": LAM, "r2": R2, "sigma2": SIGMA2},
    claim=Law(theory=_law, simulation=fluctuation(simulate.isotropic.ridge, isotropic.ridge), sizes=(32, 64, 128)),
    cases=({"gamma": 0.5, "lam": 0.0, "sigma2": 0.25}, {"gamma": 2.0, "lam": 0.5, "r2": 0.5}),
    rivals={
        "half the variance, as for complex entries": _changed(variance=0.5),
        "the shift of the mean forgotten": _changed(mean=0.0),
        "the variance not weighted by k": _coefficients_not_weighted,
        "gamma read as n/p": lambda *, gamma, **k: _law(gamma=1 / gamma, **k),
    },
)
