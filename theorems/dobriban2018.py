"""Dobriban and Wager, High-dimensional asymptotics of prediction: ridge regression and classification (2018); any spectrum."""

import simulate.fastest
from asymptotics import ridge
from theorems import GAMMA, LAM, R2, SIGMA2, Identity, Mean, Plot, Real, Theorem
from theorems.hastie2022.correlated import SIGNAL, SPECTRUM, law
from theorems.least import least

MODEL = (
    "x = S^(1/2) z with z of independent entries, mean 0, variance 1, bounded moments; the spectrum of S converges to H",
    "the signal's energy over the eigenvectors of S converges to G, |beta|^2 = r2; noise of variance sigma2; p/n -> gamma",
)
DOMAIN = {"spectrum": SPECTRUM, "signal": SIGNAL, "gamma": GAMMA, "lam": LAM, "r2": R2, "sigma2": SIGMA2}
NOISY = {"r2": Real(0.0, 1e6, default=1.0), "sigma2": Real(0.0, 1e6, default=1.0)}  # else the best penalty is 0 or infinite
CASES = (
    {"spectrum": "ar1:0.7", "signal": "bottom:0.5", "gamma": 2.0, "lam": 0.05, "r2": 5.0, "sigma2": 0.5},
    {"spectrum": "ar1:0.7", "signal": "top:0.5", "gamma": 0.5, "lam": 0.3, "r2": 2.0, "sigma2": 0.2},
    {"spectrum": "atoms:4@0.5,0.25@0.5", "signal": "top:0.5", "gamma": 0.5, "lam": 0.3, "r2": 2.0, "sigma2": 0.1},
    {"spectrum": "power:1.2", "signal": "bottom:0.5", "gamma": 3.0, "lam": 0.1, "r2": 5.0, "sigma2": 0.2},
    {"spectrum": "isotropic", "gamma": 2.0, "lam": 0.2, "r2": 5.0, "sigma2": 2.0},
)
KAPPA = r"\kappa=\lambda+\gamma\kappa\int\frac{s}{s+\kappa}dH(s)"


def theory(*, spectrum, signal, **given):
    return ridge.ridge(law(spectrum, signal), **given)


def _rivals(of):
    def field(**given):
        return getattr(theory(**given), of)

    return {
        "gamma read as n/p": lambda *, gamma, **k: field(gamma=1 / gamma, **k),
        "lam scaled by p": lambda *, lam, gamma, **k: field(lam=lam * gamma, gamma=gamma, **k),
        "sigma in place of sigma2": lambda *, sigma2, **k: field(sigma2=sigma2**0.5, **k),
        "correlation ignored": lambda *, spectrum, signal, **k: field(spectrum="isotropic", signal="isotropic", **k),
    }


def _claim(of):
    return Mean(theory=theory, simulation=simulate.fastest.ridge, of=of, sizes=(40, 80, 160, 320))


any_spectrum = Theorem(
    title="Ridge regression for any spectrum and any signal: the test error",
    statement=KAPPA
    + r",\quad R+\sigma^2\to\frac{r^2\kappa^2\int s(s+\kappa)^{-2}dG+\sigma^2}{1-\gamma\int s^2(s+\kappa)^{-2}dH}",
    source="dobriban2018high, Theorem 2.1 (isotropic signal); hastie2022surprises, Theorem 5 (numbering from memory)",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=_claim("test"),
    cases=CASES,
    rivals=_rivals("test") | {"noise of the new label left out": lambda **k: theory(**k).excess},
    plot=Plot(at={"spectrum": "ar1:0.7", "r2": 5.0, "sigma2": 1.0}, lines={"lam": (0.01, 0.1, 1.0)}),
)

training_error = Theorem(
    title="The training error is (lam/kappa)^2 times the test error",
    statement=KAPPA + r",\quad \tfrac1n\|y-X\hat\beta\|^2\to\frac{\lambda^2}{\kappa^2}\,(R+\sigma^2)",
    source="canatar2021out, equation (5) (from memory); simon2024more",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=_claim("train"),
    cases=CASES,
    rivals=_rivals("train")
    | {
        "the ratio not squared": lambda *, lam, **k: (t := theory(lam=lam, **k)).test * lam / t.kappa,
        "the ratio times the excess": lambda *, lam, **k: (t := theory(lam=lam, **k)).excess * (lam / t.kappa) ** 2,
    },
)

norm = Theorem(
    title="The squared norm of the ridge estimator",
    statement=KAPPA
    + r",\quad \|\hat\beta\|^2\to r^2\!\int\frac{s^2dG}{(s+\kappa)^2}+(R+\sigma^2)\,\gamma\!\int\frac{s\,dH}{(s+\kappa)^2}",
    source="derived from hastie2022surprises, Theorem 5 (numbering from memory)",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=_claim("norm2"),
    cases=CASES,
    rivals=_rivals("norm2"),
)

estimation_error = Theorem(
    title="The estimation error of the ridge estimator",
    statement=KAPPA
    + r",\quad \|\hat\beta-\beta\|^2\to r^2\!\int\frac{\kappa^2dG}{(s+\kappa)^2}+(R+\sigma^2)\,\gamma\!\int\frac{s\,dH}{(s+\kappa)^2}",
    source="dobriban2018high, section 2 (from memory)",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=_claim("estimation"),
    cases=CASES,
    rivals=_rivals("estimation") | {"the prediction error": lambda **k: theory(**k).excess},
)


def _searched(**given):
    """The least excess risk over penalties above zero."""
    return least(lambda lam: theory(signal="isotropic", lam=lam, **given).excess)


optimal_penalty = Theorem(
    title="With an isotropic signal the optimal penalty does not depend on the spectrum",
    statement=r"\lambda^*=\frac{\gamma\sigma^2}{r^2},\qquad R^*+\sigma^2=\sigma^2\,\frac{\kappa^*}{\lambda^*}",
    source="dobriban2018high, Theorem 2.1 (numbering from memory)",
    assumptions=("the signal is isotropic: G has density proportional to H's", *MODEL),
    domain={k: v for k, v in DOMAIN.items() if k not in ("lam", "signal")} | NOISY,
    claim=Identity(
        theory=lambda *, spectrum, **k: ridge.optimal(law(spectrum, "isotropic"), **k),
        other=_searched,
        rtol=1e-10,
    ),
    cases=({"spectrum": "ar1:0.7", "gamma": 2.0, "r2": 5.0}, {"spectrum": "power:1.2", "gamma": 0.5, "sigma2": 2.0}),
    rivals={
        "lam* = sigma2/r2": lambda *, spectrum, r2, sigma2, **k: theory(
            spectrum=spectrum, signal="isotropic", lam=sigma2 / r2, r2=r2, sigma2=sigma2, **k
        )
    },
)
