"""Correlated features: the ridgeless risk from the spectrum H and the signal's spread G."""

from functools import lru_cache

import simulate.ridge
from asymptotics import correlated, equicorrelated, isotropic, ridge, spectra
from theorems import OVER, R2, SIGMA2, Choice, Identity, Mean, Plot, Real, Theorem, each, through

MODEL = (
    "x = S^(1/2) z with z of independent entries, mean 0, variance 1, bounded moments",
    "the spectrum of S converges to H, the signal's energy over its eigenvectors to G; S stays bounded and bounded away from 0 "
    "(power:A is not bounded away: the formula is used beyond the proof there)",
    "y = <x, beta> + noise with |beta|^2 = r2 and noise of variance sigma2",
    "p/n -> gamma > 1",
)
SPECTRUM = Choice(("ar1:0.7", "atoms:4@0.5,0.25@0.5", "power:1.2", "isotropic"), open=True)
SIGNAL = Choice(("isotropic", "top:0.5", "bottom:0.5"), default="isotropic", open=True)

law = lru_cache(maxsize=64)(spectra.parse)


def _theory(*, spectrum, signal, **given):
    return correlated.ridgeless(law(spectrum, signal), **given)


def _signal_ignored(*, spectrum, signal, **given):
    return correlated.ridgeless(law(spectrum, "isotropic"), **given)


def _correlation_ignored(*, spectrum, signal, **given):
    return isotropic.ridgeless(**given)


def _energy_on_the_other_end(*, spectrum, signal, **given):
    swapped = signal.translate(str.maketrans("", "")).replace("top", "?").replace("bottom", "top").replace("?", "bottom")
    return correlated.ridgeless(law(spectrum, swapped), **given)


correlated_ridgeless = Theorem(
    title="Ridgeless least squares with correlated features",
    statement=r"R\to\|\beta\|^2(1+\rho)\int\frac{s\,dG(s)}{(1+c_0\gamma s)^2}+\sigma^2\rho,\quad "
    r"\rho=\gamma c_0\frac{\int s^2(1+c_0\gamma s)^{-2}dH}{\int s(1+c_0\gamma s)^{-2}dH},\quad "
    r"1-\frac1\gamma=\int\frac{dH(s)}{1+c_0\gamma s}",
    source="hastie2022surprises, Theorem 3, Theorem 2 at finite p (numbering from memory)",
    assumptions=MODEL,
    domain={"spectrum": SPECTRUM, "signal": SIGNAL, "gamma": OVER, "r2": R2, "sigma2": SIGMA2},
    claim=Mean(theory=_theory, simulation=simulate.ridge.ridge, sizes=(30, 60, 120, 240)),
    cases=(
        {"spectrum": "ar1:0.7", "signal": "top:0.5", "gamma": 2.0, "r2": 5.0, "sigma2": 0.1},
        {"spectrum": "ar1:0.7", "signal": "bottom:0.5", "gamma": 3.0, "r2": 5.0, "sigma2": 0.5},
        {"spectrum": "atoms:4@0.5,0.25@0.5", "signal": "top:0.5", "gamma": 2.0, "r2": 5.0, "sigma2": 0.1},
        {"spectrum": "atoms:4@0.5,0.25@0.5", "signal": "bottom:0.5", "gamma": 3.0, "r2": 5.0},
        {"spectrum": "power:1.2", "gamma": 3.0, "r2": 5.0, "sigma2": 0.2},
        {"spectrum": "isotropic", "gamma": 3.0, "r2": 2.0, "sigma2": 2.0},
    ),
    rivals={
        "correlation ignored": _correlation_ignored,
        "signal taken as isotropic": _signal_ignored,
        "signal at the other end of the spectrum": _energy_on_the_other_end,
        "sigma in place of sigma2": lambda *, sigma2, **k: _theory(sigma2=sigma2**0.5, **k),
    },
    plot=Plot(low=1.05, high=10.0, at={"r2": 5.0, "sigma2": 1.0, "spectrum": "atoms:4@0.5,0.25@0.5"},
              lines={"signal": ("top:0.5", "isotropic", "bottom:0.5")}),
)  # fmt: skip

_autoregressive = each("rho", lambda *, rho, **k: _theory(spectrum=f"ar1:{rho!r}", signal="isotropic", **k))
_at_any_gamma = each("rho", lambda *, rho, **k: ridge.ridge(law(f"ar1:{rho!r}", "isotropic"), lam=0.0, **k))
_autoregressive_draws = through(simulate.ridge.ridge, lambda *, rho, **k: k | {"spectrum": f"ar1:{rho!r}"})

autoregressive = Theorem(
    title="Ridgeless least squares with autoregressive features",
    statement=r"\Sigma_{ij}=\rho^{|i-j|}:\quad R \text{ as for correlated features, with } "
    r"H \text{ the law of } \frac{1-\rho^2}{1-2\rho\cos\theta+\rho^2},\ \theta\sim U(0,\pi)",
    source="hastie2022surprises, section 5.1 (from memory)",
    assumptions=MODEL,
    domain={"rho": Real(0.0, 0.99, "[]"), "gamma": OVER, "r2": R2, "sigma2": SIGMA2},
    claim=Mean(
        theory=_autoregressive,
        simulation=_autoregressive_draws,
        sizes=(40, 80, 160, 320),
    ),
    cases=(
        {"rho": 0.5, "gamma": 1.5, "r2": 5.0, "sigma2": 0.1},
        {"rho": 0.9, "gamma": 3.0, "r2": 5.0, "sigma2": 0.5},
        {"rho": 0.0, "gamma": 3.0, "r2": 1.0, "sigma2": 2.0},
    ),
    rivals={
        "correlation ignored": lambda *, rho, **k: isotropic.ridgeless(**k),
        "rho^2 for rho": lambda *, rho, **k: _autoregressive(rho=rho**2, **k),
    },
    plot={
        "figure 5": Plot(
            theory=_at_any_gamma,
            simulation=_autoregressive_draws,
            at={"r2": 5.0, "sigma2": 1.0},
            lines={"rho": (0.0, 0.25, 0.5, 0.75)},
            limits=(0.0, 10.0),
            text="Autoregressive features, SNR 5 (parameters as recalled); below p = n the excess risk is sigma2 gamma/(1 - gamma) "
            "at every rho.",
        )
    },
)

_equicorrelated_draws = through(simulate.ridge.ridge, lambda *, rho, **k: k | {"spectrum": f"equicorrelated:{rho!r}"})

equicorrelated_ridgeless = Theorem(
    title="Ridgeless least squares with equicorrelated features",
    statement=r"\Sigma_{ij}=\rho\ (i\ne j),\ \Sigma_{ii}=1:\quad "
    r"R\to r^2(1-\rho)\Bigl(1-\frac1\gamma\Bigr)+\frac{\sigma^2}{\gamma-1}",
    source="hastie2022surprises, section 5.1 (from memory)",
    assumptions=(
        MODEL[0],
        "the signal is uniform on the sphere of radius r, so that of its energy the fraction 1/p lies in the direction (1, ..., 1)",
        "S has the one eigenvalue 1 - rho + p rho, which is not bounded: the limit is that of the other eigenvalues, 1 - rho",
        *MODEL[2:],
    ),
    domain={"rho": Real(0.0, 0.99, "[]"), "gamma": OVER, "r2": R2, "sigma2": SIGMA2},
    claim=Mean(
        theory=equicorrelated.ridgeless,
        simulation=_equicorrelated_draws,
        sizes=(40, 80, 160),
    ),
    cases=({"rho": 0.5, "gamma": 2.0, "r2": 5.0, "sigma2": 0.1}, {"rho": 0.25, "gamma": 3.0, "r2": 0.1, "sigma2": 2.0}),
    rivals={
        "correlation ignored": lambda *, rho, **k: isotropic.ridgeless(**k),
        "noise scaled by 1 - rho too": lambda *, rho, sigma2, **k: equicorrelated.ridgeless(
            rho=rho, sigma2=sigma2 * (1 - rho), **k
        ),
    },
    plot={
        "figure 4": Plot(
            theory=equicorrelated.ridgeless,
            simulation=_equicorrelated_draws,
            at={"r2": 5.0, "sigma2": 1.0},
            lines={"rho": (0.0, 0.25, 0.5, 0.75)},
            limits=(0.0, 10.0),
            text="Equicorrelated features, SNR 5 (parameters as recalled); below p = n the excess risk is sigma2 gamma/(1 - gamma) "
            "at every rho.",
        )
    },
)


def _without_gamma(*, spectrum, signal, gamma, r2, sigma2):
    """The paper's formula at c0 = 1/kappa."""
    H, G = (at := law(spectrum, signal)).H, at.G
    x = gamma / correlated.ridgeless(at, gamma=gamma).kappa
    rho = x * H.integrate(lambda s: (s / (1 + x * s)) ** 2) / H.integrate(lambda s: s / (1 + x * s) ** 2)
    return r2 * (1 + rho) * G.integrate(lambda s: s / (1 + x * s) ** 2) + sigma2 * rho


two_forms = Theorem(
    title="The paper's B(H, G), V(H) and the effective-ridge form are one formula",
    statement=r"c_0=\frac1{\gamma\kappa},\qquad "
    r"B+V=\frac{r^2\kappa^2\int s(s+\kappa)^{-2}dG+\sigma^2}{1-\gamma\int s^2(s+\kappa)^{-2}dH}-\sigma^2",
    source="hastie2022surprises, Theorem 3; dobriban2018high, Theorem 2.1 (numbering from memory)",
    assumptions=MODEL,
    domain={"spectrum": SPECTRUM, "signal": SIGNAL, "gamma": OVER, "r2": R2, "sigma2": SIGMA2},
    claim=Identity(
        theory=_theory, other=lambda *, spectrum, signal, **k: ridge.ridge(law(spectrum, signal), lam=0.0, **k), rtol=1e-11
    ),
    cases=(
        {"spectrum": "ar1:0.7", "signal": "top:0.5", "gamma": 2.0, "r2": 5.0, "sigma2": 2.0},
        {"spectrum": "ar1:0.7", "signal": "bottom:0.5", "gamma": 8.0, "r2": 2.0},
        {"spectrum": "atoms:4@0.5,0.25@0.5", "signal": "top:0.5", "gamma": 1.1, "sigma2": 0.25},
        {"spectrum": "power:1.2", "signal": "bottom:0.5", "gamma": 8.0, "r2": 2.0},
        {"spectrum": "power:1.2", "signal": "top:0.5", "gamma": 1.1},
        {"spectrum": "isotropic", "gamma": 1.1},
        {"spectrum": "isotropic", "gamma": 8.0},
    ),
    rivals={"1/kappa for c0, without gamma": _without_gamma},
)
