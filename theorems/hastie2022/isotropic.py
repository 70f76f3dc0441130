"""Isotropic features: ridgeless and ridge in closed form, the exact law at finite n, and what follows from the curve."""

import math

import numpy as np
from scipy.optimize import minimize_scalar

import simulate.isotropic
import simulate.ridge
from asymptotics import isotropic, misspecified, wishart
from theorems import GAMMA, LAM, R2, SIGMA2, Choice, Curve, Identity, Mean, Plot, Real, Theorem, through
from theorems.hastie2022.cross_validation import tuned_by_cross_validation
from theorems.hastie2022.hidden_features import polynomial_bias
from theorems.hastie2022.nonlinear import purely_nonlinear

MODEL = (
    "rows x have independent entries of mean 0, variance 1 and finite moments of order above 4",
    "y = <x, beta> + noise with |beta|^2 = r2 and noise of variance sigma2, independent of x",
    "p, n -> infinity with p/n -> gamma",
)
GAUSSIAN = ("rows x are standard normal in R^p", MODEL[1])


def _rivals(formula, of):
    """What people get wrong in a formula of (gamma, r2, sigma2); `of` is the field that is claimed."""
    return {
        "gamma read as n/p": lambda *, gamma, **k: getattr(formula(gamma=1 / gamma, **k), of),
        "sigma in place of sigma2": lambda *, sigma2, **k: getattr(formula(sigma2=sigma2**0.5, **k), of),
        "r in place of r2": lambda *, r2, **k: getattr(formula(r2=r2**0.5, **k), of),
    }


def _with_noise(**given):
    return isotropic.ridgeless(**given).test


def _bias_kept_whole(*, gamma, r2, sigma2):
    return np.where(gamma > 1, r2 + sigma2 / abs(gamma - 1), sigma2 * gamma / abs(1 - gamma))


def _exact(*, n, gamma, **given):
    """The mean at finite n, by the inverse Wishart law."""
    return wishart.ridgeless(n=n, p=np.maximum(np.round(gamma * n), 1), **given)


isotropic_ridgeless = Theorem(
    title="Ridgeless least squares with isotropic features: double descent",
    statement=r"R \to \sigma^2\frac{\gamma}{1-\gamma}\ (\gamma<1),\qquad "
    r"R \to r^2\Bigl(1-\frac1\gamma\Bigr)+\frac{\sigma^2}{\gamma-1}\ (\gamma>1)",
    source="hastie2022surprises, Theorem 1",
    assumptions=MODEL,
    domain={"gamma": GAMMA, "r2": R2, "sigma2": SIGMA2},
    claim=Mean(theory=isotropic.ridgeless, simulation=simulate.isotropic.ridge, finite=_exact),
    cases=(
        {"gamma": 0.5, "r2": 5.0, "sigma2": 2.0},
        {"gamma": 1.5, "r2": 5.0},
        {"gamma": 2.0, "r2": 3.0, "sigma2": 0.5},
        {"gamma": 5.0},
    ),
    rivals=_rivals(isotropic.ridgeless, "excess")
    | {"noise of the new label included": _with_noise, "bias not shrunk by n/p": _bias_kept_whole},
    plot={
        "": Plot(at={"sigma2": 1.0}, lines={"r2": (1.0, 2.0, 5.0)}),
        "figure 1": Plot(
            at={"sigma2": 1.0},
            lines={"r2": (1.0, 5.0)},
            also={
                "misspecified, $r^2 = 5$, $a = 1.5$": Curve(polynomial_bias, {"r2": 5.0, "decay": 1.5}),
                "nonlinear features, $d = 2p$, $r^2 = 5$": Curve(purely_nonlinear, {"psi": 2.0, "lam": 0.0, "r2": 5.0}),
                "the misspecified, optimally tuned": Curve(misspecified.optimal, {"r2": 5.0, "decay": 1.5}),
                "nothing fitted, $r^2 = 5$": Curve(lambda **_: 5.0),
            },
            points=13,
            limits=(0.0, 10.0),
            text="The gallery: well specified, misspecified, nonlinear and tuned (parameters as recalled).",
        ),
        "figure 2": Plot(
            at={"sigma2": 1.0}, lines={"r2": (1.0, 2.33, 3.67, 5.0)}, text="Four signal-to-noise ratios (values as recalled)."
        ),
        "figure 3, bias and variance": Plot(
            at={"r2": 5.0, "sigma2": 1.0},
            of=("bias", "variance", "excess"),
            text="What the excess risk consists of (the content of figure 3 as recalled).",
        ),
    },
)

universality = Theorem(
    title="The ridgeless risk depends on the law of the entries through two moments only",
    statement=r"R \to \sigma^2\frac{\gamma}{1-\gamma}\ (\gamma<1),\qquad "
    r"R \to r^2\Bigl(1-\frac1\gamma\Bigr)+\frac{\sigma^2}{\gamma-1}\ (\gamma>1)",
    source="hastie2022surprises, Theorem 1",
    assumptions=MODEL,
    domain={"entries": Choice(("gaussian", "rademacher", "student:9")), "gamma": GAMMA, "r2": R2, "sigma2": SIGMA2},
    claim=Mean(theory=lambda *, entries, **k: isotropic.ridgeless(**k), simulation=simulate.ridge.ridge),
    cases=({"entries": "rademacher", "gamma": 2.0, "r2": 5.0}, {"entries": "student:9", "gamma": 0.5, "sigma2": 2.0}),
    rivals={"gamma read as n/p": lambda *, entries, gamma, **k: isotropic.ridgeless(gamma=1 / gamma, **k)},
)

finite_sample = Theorem(
    title="The exact mean of the ridgeless risk on Gaussian designs, at every n and p",
    statement=r"\mathbb E\,R=\frac{\sigma^2 p}{n-p-1}\ (p<n-1),\qquad "
    r"\mathbb E\,R=r^2\Bigl(1-\frac np\Bigr)+\frac{\sigma^2 n}{p-n-1}\ (p>n+1),\qquad \infty\text{ otherwise}",
    source="muirhead1982aspects, section 3.2 (inverse Wishart mean; numbering from memory)",
    assumptions=GAUSSIAN,
    domain={"gamma": GAMMA, "r2": R2, "sigma2": SIGMA2},
    claim=Mean(
        theory=_exact,
        simulation=simulate.isotropic.ridge,
        exact=True,
        sizes=(40, 80),
    ),
    cases=({"gamma": 0.5, "r2": 5.0}, {"gamma": 1.5, "r2": 5.0, "sigma2": 2.0}, {"gamma": 2.0}),
    rivals={
        "the limit taken for the mean": lambda *, n, **k: isotropic.ridgeless(**k),
        "n - p in place of n - p - 1": lambda *, n, gamma, r2, sigma2: (
            sigma2 * gamma / (1 - gamma) if gamma < 1 else r2 * (1 - 1 / gamma) + sigma2 / (gamma - 1)
        ),
    },
)

minimum_norm = Theorem(
    title="The squared norm of the ridgeless fit",
    statement=r"\|\hat\beta\|^2 \to r^2+\sigma^2\frac{\gamma}{1-\gamma}\ (\gamma<1),\qquad "
    r"\frac{r^2}{\gamma}+\frac{\sigma^2}{\gamma-1}\ (\gamma>1)",
    source="hastie2022surprises, Corollary 1 (numbering from memory)",
    assumptions=MODEL,
    domain={"gamma": GAMMA, "r2": R2, "sigma2": SIGMA2},
    claim=Mean(theory=isotropic.ridgeless, simulation=simulate.isotropic.ridge, of="norm2"),
    cases=({"gamma": 0.5, "r2": 5.0, "sigma2": 2.0}, {"gamma": 2.0, "r2": 5.0, "sigma2": 2.0}, {"gamma": 4.0}),
    rivals=_rivals(isotropic.ridgeless, "norm2")
    | {"signal not shrunk": lambda *, gamma, r2, sigma2: r2 + sigma2 / abs(gamma - 1)},
    plot={
        "figure 3, norm": Plot(
            at={"sigma2": 1.0}, lines={"r2": (1.0, 2.33, 3.67, 5.0)}, text="The norm (the content of figure 3 as recalled)."
        )
    },
)

training_error = Theorem(
    title="The training error of the ridgeless fit: zero from the interpolation threshold on",
    statement=r"\tfrac1n\|y-X\hat\beta\|^2 \to \sigma^2(1-\gamma)_+",
    source="hastie2022surprises, section 1 (from memory)",
    assumptions=MODEL,
    domain={"gamma": GAMMA, "r2": R2, "sigma2": SIGMA2},
    claim=Mean(theory=isotropic.ridgeless, simulation=simulate.isotropic.ridge, of="train"),
    cases=({"gamma": 0.5, "sigma2": 2.0}, {"gamma": 0.9}, {"gamma": 2.0}),
    rivals={
        "a degree of freedom costs twice": lambda *, gamma, r2, sigma2: sigma2 * np.maximum(1 - 2 * gamma, 0.0),
        "sigma in place of sigma2": lambda *, gamma, r2, sigma2: sigma2**0.5 * np.maximum(1 - gamma, 0.0),
    },
    plot=Plot(low=0.1, high=2.0, log=False, at={"r2": 1.0}, lines={"sigma2": (0.5, 1.0)}),
)


def _search_minimum(*, r2, sigma2):
    """Brent's method on the curve itself, in t = gamma/(1 + gamma)."""
    found = minimize_scalar(
        lambda t: isotropic.ridgeless(gamma=t / (1 - t), r2=r2, sigma2=sigma2).excess, bounds=(0.5 + 1e-9, 1 - 1e-9), method="bounded",
        options={"xatol": 1e-12},
    )  # fmt: skip
    return found.fun


local_minimum = Theorem(
    title="With a strong signal the overparametrised branch has a minimum",
    statement=r"\frac{r^2}{\sigma^2}=\mathrm{SNR}>1:\quad \gamma^*=\frac{\sqrt{\mathrm{SNR}}}{\sqrt{\mathrm{SNR}}-1},\qquad "
    r"R^*=\sigma^2(2\sqrt{\mathrm{SNR}}-1)",
    source="hastie2022surprises, section 3.2 (from memory)",
    assumptions=("r2 > sigma2", *MODEL),
    domain={"r2": Real(1.0, math.inf, default=5.0), "sigma2": Real(0.0, 1.0, "]", default=1.0)},
    claim=Identity(theory=lambda **k: isotropic.local_minimum(**k).excess, other=_search_minimum),
    cases=({"r2": 2.0}, {"r2": 5.0}, {"r2": 30.0, "sigma2": 0.3}),
    rivals={"SNR in place of its root": lambda *, r2, sigma2: 2 * r2 - sigma2},
)


def _tuned(*, gamma, r2, sigma2, **given):
    """The penalty of least mean squares under a Gaussian prior on beta: sigma2 p/(n r2)."""
    return given | {"gamma": gamma, "lam": sigma2 * gamma / r2, "r2": r2, "sigma2": sigma2}


isotropic_ridge = Theorem(
    title="Ridge regression with isotropic features",
    statement=r"R \to r^2\lambda^2m'(-\lambda)+\sigma^2\gamma\bigl(m(-\lambda)-\lambda m'(-\lambda)\bigr),\quad "
    r"m(-\lambda)=\frac{-(1-\gamma+\lambda)+\sqrt{(1-\gamma+\lambda)^2+4\gamma\lambda}}{2\gamma\lambda}",
    source="hastie2022surprises, Corollary 5 (numbering from memory)",
    assumptions=MODEL,
    domain={"gamma": GAMMA, "lam": LAM, "r2": R2, "sigma2": SIGMA2},
    claim=Mean(theory=isotropic.ridge, simulation=simulate.isotropic.ridge),
    cases=(
        {"gamma": 0.5, "lam": 0.1, "r2": 5.0, "sigma2": 2.0},
        {"gamma": 1.0, "lam": 0.3, "r2": 2.0},
        {"gamma": 2.0, "lam": 0.05, "r2": 5.0, "sigma2": 0.5},
        {"gamma": 3.0, "lam": 1.0, "r2": 3.0},
    ),
    rivals=_rivals(isotropic.ridge, "excess")
    | {
        "lam scaled by p": lambda *, lam, gamma, **k: isotropic.ridge(lam=lam * gamma, gamma=gamma, **k),
        "lam halved": lambda *, lam, **k: isotropic.ridge(lam=lam / 2, **k),
        "test in place of excess": lambda **k: isotropic.ridge(**k).test,
    },
    plot=Plot(at={"r2": 5.0, "sigma2": 1.0}, lines={"lam": (0.01, 0.1, 1.0)}),
)

optimal_ridge = Theorem(
    title="The optimally tuned ridge with isotropic features",
    statement=r"\lambda^*=\frac{\sigma^2\gamma}{r^2},\qquad R^*\to\sigma^2\gamma\,m(-\lambda^*),\quad "
    r"m(-\lambda)=\frac{-(1-\gamma+\lambda)+\sqrt{(1-\gamma+\lambda)^2+4\gamma\lambda}}{2\gamma\lambda}",
    source="hastie2022surprises, Corollary 6; dobriban2018high, Theorem 2.1 (numbering from memory)",
    assumptions=MODEL,
    domain={"gamma": GAMMA, "r2": Real(0.0, 1e6, default=1.0), "sigma2": Real(0.0, 1e6, default=1.0)},
    claim=Mean(theory=isotropic.optimal, simulation=through(simulate.isotropic.ridge, _tuned)),
    cases=({"gamma": 0.5, "r2": 5.0, "sigma2": 2.0}, {"gamma": 1.0, "r2": 5.0}, {"gamma": 2.0, "r2": 2.0}),
    rivals={
        "lam* divided by gamma twice": lambda *, gamma, r2, **k: isotropic.ridge(
            gamma=gamma, lam=k["sigma2"] / gamma / r2, r2=r2, **k
        ),
        "gamma lost from R*": lambda *, gamma, **k: isotropic.optimal(gamma=gamma, **k).excess / gamma,
    },
    plot={
        "": Plot(at={"sigma2": 1.0}, lines={"r2": (1.0, 5.0)}),
        "figure 8": Plot(
            at={"r2": 5.0, "sigma2": 1.0},
            also={
                "ridgeless": Curve(isotropic_ridgeless),
                "tuned by generalised cross-validation": Curve(tuned_by_cross_validation),
            },
            text="Ridge, optimally and by cross-validation tuned, beside ridgeless (parameters as recalled).",
        ),
    },
)
