"""Random features of any spectrum: test and training error, norms, and more is better."""

import numpy as np

import simulate.random_features
from asymptotics import random_features, ridge
from theorems import GAMMA, LAM, R2, SIGMA2, Bound, Mean, Plot, Real, Theorem, through
from theorems.hastie2022.correlated import SIGNAL, SPECTRUM, law
from theorems.simon2024 import figures

MODEL = (
    "x Gaussian of covariance S in R^p, or so in effect: the eigenfunctions of a kernel, by universality; k features h(x) = W'x with "
    "entries of W independent N(0, 1/k)",
    "the spectrum of S converges to H, the signal's energy over its eigenvectors to G, |beta|^2 = r2; noise of variance sigma2",
    "the fit is a'h(x), a = H'(H H' + n lam)^-1 y; k/n -> gamma, p/k -> psi",
)
DOMAIN = {
    "spectrum": SPECTRUM,
    "signal": SIGNAL,
    "gamma": GAMMA,
    "psi": Real(0.0, 1e3),
    "lam": LAM,
    "r2": R2,
    "sigma2": SIGMA2,
}
ATOMS = "atoms:4@0.5,0.25@0.5"
CASES = (
    {"spectrum": ATOMS, "signal": "top:0.5", "gamma": 1.5, "psi": 2.0, "lam": 0.1, "r2": 2.0, "sigma2": 0.5},
    {"spectrum": "ar1:0.7", "signal": "bottom:0.5", "gamma": 0.5, "psi": 4.0, "lam": 0.1, "r2": 5.0, "sigma2": 0.2},
    {"spectrum": "power:1.2", "gamma": 4.0, "psi": 0.5, "lam": 0.05, "r2": 5.0},
    {"spectrum": "isotropic", "gamma": 1.0, "psi": 2.0, "lam": 0.2, "r2": 2.0, "sigma2": 2.0},
)
RIDGELESS = ({"spectrum": ATOMS, "gamma": 2.0, "psi": 2.0, "lam": 0.0, "r2": 2.0, "sigma2": 0.5},)
KAPPA = r"1=\gamma\psi\int\frac{s\,dH}{s+\kappa}+\frac{\lambda}{\kappa_1},\quad 1=\psi\int\frac{s\,dH}{s+\kappa}+\frac{\kappa_1}{\kappa}"
SIZES = (30, 60, 120)


def theory(*, spectrum, signal, **given):
    return random_features.ridge(law(spectrum, signal), **given)


def _kernel(*, spectrum, signal, gamma, psi, **given):
    return ridge.ridge(law(spectrum, signal), gamma=gamma * psi, **given)


def _rivals(of):
    def field(**given):
        return getattr(theory(**given), of)

    return {
        "infinitely many features": lambda **k: getattr(_kernel(**k), of),
        "samples and features exchanged": lambda *, gamma, psi, lam, **k: field(
            gamma=1 / gamma, psi=psi * gamma, lam=lam / gamma, **k
        ),
        "features not divided by the root of k": lambda *, gamma, lam, **k: field(gamma=gamma, lam=lam / gamma, **k),
        "sigma in place of sigma2": lambda *, sigma2, **k: field(sigma2=sigma2**0.5, **k),
        "the signal taken as isotropic": lambda *, signal, **k: field(signal="isotropic", **k),
    }


def _claim(of):
    return Mean(theory=theory, simulation=simulate.random_features.ridge, of=of, sizes=SIZES)


random_features_ridge = Theorem(
    title="Ridge regression on random features: the test error",
    statement=KAPPA
    + r",\quad R+\sigma^2\to\frac{B_2+(1-\rho)C+\sigma^2}{1-\mathrm{df}_1+\rho(\mathrm{df}_1-\mathrm{df}_2)},\quad "
    r"\rho=\frac{\gamma-\mathrm{df}_1}{\gamma-\mathrm{df}_2},\quad B_2=r^2\kappa^2\!\int\!\frac{s\,dG}{(s+\kappa)^2},\quad "
    r"C=r^2\kappa\!\int\!\frac{s^2dG}{(s+\kappa)^2}",
    source="simon2024more, equations (6) to (8) (numbering from memory)",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=_claim("test"),
    cases=CASES + RIDGELESS,
    rivals=_rivals("test")
    | {
        "noise of the new label left out": lambda **k: theory(**k).excess,
        "what the features cannot express costs no variance": lambda **k: theory(**k).variance + k["sigma2"] + _kernel(**k).bias,
    },
    plot={
        "": Plot(
            at={"spectrum": ATOMS, "psi": 2.0, "r2": 1.0, "sigma2": 0.2},
            lines={"lam": (0.001, 0.1, 1.0)},
            low=0.2,
            high=5.0,
            n=60,
        ),
        **figures.FIGURE_1,
    },
)

training_error = Theorem(
    title="Random features: the training error is (delta/(n kappa1))^2 times the test error",
    statement=KAPPA + r",\quad \tfrac1n\|y-Ha\|^2\to\frac{\lambda^2}{\kappa_1^2}\,(R+\sigma^2)",
    source="simon2024more, equation (9) (numbering from memory)",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=_claim("train"),
    cases=({**CASES[0], "lam": 1.0}, *CASES[1:]),
    rivals=_rivals("train") | {"(lam/kappa)^2": lambda *, lam, **k: (at := theory(lam=lam, **k)).test * (lam / at.kappa) ** 2},
)

coefficient_norm = Theorem(
    title="Random features: the squared norm of the coefficients",
    statement=KAPPA + r",\quad \|a\|^2\to\frac{1}{\kappa_1}\Bigl[\int\frac{r^2\kappa s\,dG}{s+\kappa}+\sigma^2\Bigr]"
    r"-\frac{\lambda}{\kappa_1^2}\,(R+\sigma^2)",
    source="simon2024more, from equations (6) to (9) (numbering from memory): |a|^2 = y'(K + delta)^-1 y - n train/delta",
    assumptions=(*MODEL, "lam > 0; at lam = 0, where kappa1 may be 0, the limit lam -> 0"),
    domain=DOMAIN,
    claim=_claim("norm2"),
    cases=CASES + RIDGELESS,
    rivals=_rivals("norm2") | {"the norm of the function": lambda **k: theory(**k).rkhs2},
)


def _inside(*, spectrum, signal, gamma, psi, lam, r2, sigma2):
    """The norm of the function as for a kernel, at this kappa and test error."""
    given = {"gamma": gamma, "psi": psi, "lam": lam}
    at = random_features.effective((pair := law(spectrum, signal)).H, **given)
    kept = r2 * pair.G.integrate(lambda s: (s / (s + at.kappa)) ** 2)
    return kept + np.asarray(at.slope) * np.asarray(random_features.ridge(pair, r2=r2, sigma2=sigma2, **given).test)


function_norm = Theorem(
    title="Random features: the squared norm of the function in the space of the mean kernel",
    statement=KAPPA + r",\quad \|f\|^2\to r^2\int\frac{s^2dG}{(s+\kappa)^2}+(R+\sigma^2)\,\gamma\psi\int\frac{s+(1-\rho)\kappa}"
    r"{(s+\kappa)^2}dH+\frac{C}{\gamma-\mathrm{df}_2}\,\gamma\psi\int\frac{\kappa\,dH}{(s+\kappa)^2}",
    source="simon2024more, from equations (6) and (7) (numbering from memory), by a derivative: derived here",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=Mean(theory=theory, simulation=simulate.random_features.function_norm, of="rkhs2", sizes=(20, 40, 80)),
    cases=CASES,
    rivals={
        "infinitely many features": lambda **k: _kernel(**k).norm2,
        "the norm of the coefficients": lambda **k: theory(**k).norm2,
        "the function within the inputs' own directions": _inside,
    },
)


def _larger(*, spectrum, signal, lam, gamma, psi, samples, features, **given):
    """The optimal test error with `samples` times the samples, `features` times the features, and the same inputs."""
    sizes = {"gamma": gamma * features / samples, "psi": psi / features}
    return random_features.optimal(law(spectrum, signal), **sizes, **given).test


more_is_better = Theorem(
    title="More samples and more features are better, at the optimal penalty",
    statement=r"n'\ge n,\ k'\ge k\ \Rightarrow\ \min_\delta E_{\rm test}(n',k',\delta)\le\min_\delta E_{\rm test}(n,k,\delta)",
    source="simon2024more, Theorem 1, equation (5)",
    assumptions=(
        *MODEL,
        "`samples` = n'/n >= 1, `features` = k'/k >= 1: no penalty does better at (n, k) than the best at (n', k')",
    ),
    domain=DOMAIN | {"samples": Real(1.0, 100.0, "["), "features": Real(1.0, 100.0, "[")},
    claim=Bound(
        theory=_larger,
        simulation=through(simulate.random_features.ridge, lambda *, samples, features, **k: k),
        of="test",
        sizes=SIZES,
    ),
    cases=(
        {"spectrum": ATOMS, "gamma": 1.5, "psi": 2.0, "lam": 4.0, "samples": 1.0, "features": 1.0, "r2": 2.0, "sigma2": 0.5},
        {"spectrum": "ar1:0.7", "gamma": 0.5, "psi": 3.0, "lam": 0.8, "samples": 1.0, "features": 1.2, "r2": 5.0, "sigma2": 0.2},
        {"spectrum": "power:1.2", "gamma": 2.0, "psi": 1.0, "lam": 0.8, "samples": 1.2, "features": 1.0, "r2": 5.0},
    ),
    rivals={
        "fewer features are better": lambda *, features, **k: _larger(features=features / 2, **k),
        "fewer samples are better": lambda *, samples, **k: _larger(samples=samples / 2, **k),
        "no penalty is best": lambda *, spectrum, signal, gamma, psi, lam, samples, features, **k: (
            theory(spectrum=spectrum, signal=signal, gamma=gamma * features / samples, psi=psi / features, lam=0.0, **k).test
        ),
    },
    plot=figures.more_is_better(_larger, law),
)
