"""Ali, Kolter and Tibshirani, A continuous-time view of early stopping for least squares (2019)."""

import math

import simulate.gradient_flow
from asymptotics import gradient_flow, isotropic, ridge
from theorems import GAMMA, R2, SIGMA2, Bound, Mean, Plot, Real, Theorem
from theorems.hastie2022.correlated import SIGNAL, SPECTRUM, law

MODEL = (
    "y = <x, beta> + noise with |beta|^2 = r2 and noise of variance sigma2; p/n -> gamma",
    "the estimator follows d beta_hat/dt = X'(y - X beta_hat)/n from 0 and is stopped at time t",
)
TIME = Real(0, 1e6)
FLOW = {"gamma": GAMMA, "t": TIME, "r2": R2, "sigma2": SIGMA2}


def _not_squared(**given):
    half = gradient_flow.isotropic_flow(**given | {"t": given["t"] / 2}).to_dict()
    return half["bias"] + gradient_flow.isotropic_flow(**given).to_dict()["variance"]


def _n_over_p(**given):
    risk = gradient_flow.isotropic_flow(**given).to_dict()
    return risk["bias"] + risk["variance"] / given["gamma"] ** 2


isotropic_flow = Theorem(
    title="Gradient flow stopped early: the risk with isotropic features",
    statement=r"R(t)\to r^2\!\int e^{-2ts}dF_\gamma(s)+\sigma^2\gamma\!\int\frac{(1-e^{-ts})^2}{s}dF_\gamma(s),"
    r"\quad F_\gamma\text{ the Marchenko-Pastur law}",
    source="ali2019continuous, Theorem 3 (numbering from memory)",
    assumptions=("rows x have independent entries of mean 0, variance 1 and bounded moments", *MODEL),
    domain=FLOW,
    claim=Mean(theory=gradient_flow.isotropic_flow, simulation=simulate.gradient_flow.flow, sizes=(40, 80, 160)),
    cases=(
        {"gamma": 0.5, "t": 2.0, "r2": 2.0},
        {"gamma": 2.0, "t": 1.0, "r2": 5.0, "sigma2": 2.0},
        {"gamma": 1.0, "t": 5.0, "sigma2": 0.5},
    ),
    rivals={
        "e^{-ts} not squared in the bias": _not_squared,
        "ridge regression at lam = 1/t": lambda *, t, **k: isotropic.ridge(lam=1 / t, **k).excess,
        "n/p for p/n in the variance": _n_over_p,
        "sigma in place of sigma2": lambda *, sigma2, **k: gradient_flow.isotropic_flow(sigma2=sigma2**0.5, **k).excess,
    },
    plot=Plot(x="t", low=0.1, high=100.0, at={"r2": 5.0, "sigma2": 1.0}, lines={"gamma": (0.5, 1.0, 2.0)}, n=60),
)


def _flow(*, spectrum, signal, **given):
    return gradient_flow.flow(law(spectrum, signal), **given)


def _ridge_at(*, spectrum, signal, t, **given):
    return ridge.ridge(law(spectrum, signal), lam=1 / t, **given)


def _any_spectrum(of, title, statement):
    """The record of one field, for any spectrum and signal."""
    return Theorem(
        title=title,
        statement=statement
        + r",\quad z=\kappa-\gamma\kappa\!\int\!\frac{s\,dH}{s+\kappa},\quad D=\gamma\!\int\!\frac{s^2dH}{(s+\kappa)(s+\kappa')}",
        source="ali2019continuous, section 6, for isotropic features (numbering from memory); any spectrum: derived here",
        assumptions=("x = S^(1/2) z; the spectrum of S converges to H, the signal's energy over its eigenvectors to G", *MODEL),
        domain={"spectrum": SPECTRUM, "signal": SIGNAL, **FLOW},
        claim=Mean(theory=_flow, simulation=simulate.gradient_flow.flow, of=of, sizes=(40, 80, 160)),
        cases=(
            {"spectrum": "ar1:0.7", "signal": "bottom:0.5", "gamma": 2.0, "t": 2.0, "r2": 5.0, "sigma2": 0.5},
            {"spectrum": "atoms:4@0.5,0.25@0.5", "signal": "top:0.5", "gamma": 0.5, "t": 0.5, "r2": 2.0, "sigma2": 2.0},
            {"spectrum": "power:1.2", "gamma": 1.0, "t": 3.0, "r2": 2.0},
        ),
        rivals={
            "ridge regression at lam = 1/t": lambda **k: getattr(_ridge_at(**k), of),
            "half the time": lambda *, t, **k: getattr(_flow(t=t / 2, **k), of),
            "correlation ignored": lambda *, spectrum, signal, **k: getattr(gradient_flow.isotropic_flow(**k), of),
        },
        plot=Plot(
            x="t",
            low=0.1,
            high=100.0,
            at={"spectrum": "ar1:0.7", "r2": 5.0, "sigma2": 1.0},
            lines={"gamma": (0.5, 1.0, 2.0)},
            n=60,
        ),
    )


flow = _any_spectrum(
    "excess",
    "Gradient flow stopped early: the risk for any spectrum and any signal",
    r"R\to\mathcal L^{-1}\Bigl[\frac{r^2\kappa\kappa'}{zz'(1-D)}\int\!\frac{s\,dG}{(s+\kappa)(s+\kappa')}\Bigr]_{t,t}"
    r"+\sigma^2\mathcal L^{-1}\Bigl[\frac{D}{z(1-D)}\Bigr]_{t},\ z'=z/2\text{ in the second}",
)
training_error = _any_spectrum(
    "train",
    "Gradient flow stopped early: the training error",
    r"\tfrac1n\|y-X\hat\beta_t\|^2\to\mathcal L^{-1}\Bigl[r^2\!\int\!\frac{s\,dG}{s+\kappa}+\frac{\sigma^2}\kappa\Bigr]_{2t}",
)

relative_risk = Theorem(
    title="Gradient flow is never much worse than ridge regression at lam = 1/t",
    statement=r"\frac{R_{\mathrm{ridge}}(1/t)}{R_{\mathrm{flow}}(t)}\ \ge\ \frac1C,\qquad "
    r"C=\sup_{x>0}\Bigl((1-e^{-x})\bigl(1+\tfrac1x\bigr)\Bigr)^2=1.68591",
    source="ali2019continuous, Theorem 1 (1.6862 there; numbering and constant from memory), for the mean over isotropic signals",
    assumptions=(MODEL[1], "any features; the signal is isotropic; at every n and p"),
    domain={"spectrum": SPECTRUM, **FLOW},
    claim=Bound(
        theory=lambda *, n, spectrum, gamma, t, r2, sigma2: 1 / gradient_flow.RELATIVE_RISK + 0 * gamma,
        simulation=simulate.gradient_flow.against_ridge,
        exact=True,
        sizes=(40, 80),
    ),
    cases=(
        {"spectrum": "isotropic", "gamma": 0.025, "t": 1.793, "r2": 0.0},
        {"spectrum": "ar1:0.7", "gamma": 0.5, "t": 3.0, "r2": 0.1},
        {"spectrum": "power:1.2", "gamma": 2.0, "t": 1.0, "r2": 2.0},
    ),
    rivals={
        "flow is never worse": lambda **k: 1.0,
        "the constant of the optimum, 1.2147": lambda **k: 1 / gradient_flow.RELATIVE_OPTIMAL_RISK,
        "C not squared": lambda **k: 1 / math.sqrt(gradient_flow.RELATIVE_RISK),
        "C = 1.6": lambda **k: 1 / 1.6,
    },
    plot=Plot(
        at={"spectrum": "ar1:0.7", "r2": 0.1}, lines={"t": (1.0, 3.0)}, n=60, value="excess risk of ridge\nover that of flow"
    ),
)
