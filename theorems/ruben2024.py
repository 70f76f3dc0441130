"""Ruben, Tong, Chaudhry and Pehlevan, No free lunch from random feature ensembles (2024)."""

from functools import partial

import numpy as np

import simulate.ensembles
from asymptotics import ensembles, random_features, ridge
from theorems import GAMMA, LAM, R2, SIGMA2, Bound, Choice, Identity, Integer, Mean, Plot, Real, Theorem
from theorems.derived import Derived
from theorems.hastie2022.correlated import SIGNAL, SPECTRUM, law
from theorems.layers import Fits, joint, random
from theorems.model import Model

MODEL = (
    "x Gaussian with a covariance whose spectrum converges to H, the signal's energy over its eigenvectors to G",
    "`members` fits K_j (K_j + n lam)^-1 y of the same data, each with k features <g, x>/sqrt k of its own, are averaged",
    "k/n -> gamma, p/k -> psi",
)
SIZES = {"gamma": GAMMA, "psi": Real(0.0, 1e3), "lam": LAM}
DOMAIN = {
    "spectrum": SPECTRUM,
    "signal": SIGNAL,
    **SIZES,
    "members": Integer(1, 1000, default=4),
    "r2": R2,
    "sigma2": SIGMA2,
}
CASES = (
    {"spectrum": "isotropic", "gamma": 1.5, "psi": 1.0, "lam": 0.05, "members": 3, "r2": 2.0, "sigma2": 0.5},
    {"spectrum": "ar1:0.7", "signal": "bottom:0.5", "gamma": 0.75, "psi": 2.0, "lam": 0.1, "members": 2, "sigma2": 0.2},
    {"spectrum": "power:1.2", "signal": "top:0.5", "gamma": 0.5, "psi": 2.0, "lam": 0.02, "members": 5, "sigma2": 2.0},
)


def theory(*, spectrum, signal, **given):
    return ensembles.ridge(law(spectrum, signal), **given)


def _one_large(*, spectrum, signal, members, gamma, psi, **given):
    """One model with the features of all members."""
    return random_features.ridge(law(spectrum, signal), gamma=gamma * members, psi=psi / members, **given)


def _rivals(of):
    def field(**given):
        return getattr(theory(**given), of)

    return {
        "one member": lambda *, members, **k: field(members=1 + 0 * np.asarray(members), **k),
        "infinitely many members": lambda *, members, **k: field(members=np.inf + 0 * np.asarray(members), **k),
        "one model with all the features": lambda **k: getattr(_one_large(**k), of),
        "sigma in place of sigma2": lambda *, sigma2, **k: field(sigma2=sigma2**0.5, **k),
    }


def _all_divided(*, members, **given):
    few, many = (theory(members=m + 0 * np.asarray(members), **given) for m in (1, np.inf))
    return many.bias + (few.bias - many.bias + few.variance) / members + given["sigma2"]


ensemble = Theorem(
    title="An ensemble of random-feature regressions divides the variance of the features by its size, and no other",
    statement=r"R_K=B^2+V_X+V_{X\varepsilon}+\frac{V_W+V_{XW}+V_{XW\varepsilon}}{K}",
    source="ruben2024no (from memory); adlam2020understanding, section on ensembles",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=Mean(theory=theory, simulation=simulate.ensembles.ridge, of="test", sizes=(40, 80, 160)),
    cases=CASES,
    rivals=_rivals("test") | {"all of the noise divided": _all_divided},
    plot=Plot(at={"spectrum": "isotropic", "psi": 2.0, "lam": 1e-3, "sigma2": 0.5}, lines={"members": (1, 2, 10)}, n=60),
)

training_error = Theorem(
    title="The training error of an ensemble is as far below its test error as each member's",
    statement=r"\tfrac1n\|y-\bar f\|^2\to\Bigl(1-\frac{{\rm df}_1}{n}\Bigr)^2(R_K+\sigma^2)",
    source="derived from simon2024more, equation (9) (numbering from memory), and ruben2024no",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=Mean(theory=theory, simulation=simulate.ensembles.ridge, of="train", sizes=(40, 80, 160)),
    cases=CASES,
    rivals=_rivals("train"),
)


def _implicit(*, spectrum, signal, gamma, psi, lam, **given):
    at = law(spectrum, signal)
    implicit = ensembles.implicit_penalty(at, gamma=gamma, psi=psi, lam=lam)
    return ridge.ridge(at, gamma=gamma * psi, lam=implicit, **given)


def _explicit(*, spectrum, signal, gamma, psi, **given):
    return ridge.ridge(law(spectrum, signal), gamma=gamma * psi, **given)


infinite_ensemble = Theorem(
    title="Infinitely many members are ridge regression on the inputs at an implicit penalty",
    statement=r"K\to\infty:\quad R_K\to R_{\rm ridge}(\lambda'),\quad \lambda'=\kappa\Bigl(1-\frac{{\rm df}_1}{n}\Bigr)"
    r"=\lambda\,\frac{\kappa}{\kappa_1}",
    source="jacot2020implicit; lejeune2020implicit; ruben2024no (from memory)",
    assumptions=MODEL,
    domain={k: v for k, v in DOMAIN.items() if k != "members"},
    claim=Identity(theory=lambda **k: theory(members=np.inf, **k), other=_implicit, rtol=1e-11),
    cases=(
        {"spectrum": "isotropic", "gamma": 0.5, "psi": 3.0, "lam": 0.0},
        {"spectrum": "ar1:0.7", "signal": "bottom:0.5", "gamma": 2.0, "psi": 2.0, "lam": 0.1, "r2": 2.0},
        {"spectrum": "power:1.2", "signal": "top:0.5", "gamma": 1.0, "psi": 2.0, "lam": 0.01, "sigma2": 0.1},
    ),
    rivals={
        "the explicit penalty": _explicit,
        "as many inputs as features": lambda *, psi, **k: _implicit(psi=1.0 + 0 * np.asarray(psi), **k),
    },
)


def _best_large(*, spectrum, signal, gamma, psi, members, lam, **given):
    """The least test error, over penalties, of one model with all the features; of `lam` it takes the shape."""
    found = random_features.optimal(law(spectrum, signal), gamma=gamma * members, psi=psi / members, **given)
    return found.test + 0 * np.asarray(lam)


no_free_lunch = Theorem(
    title="No ensemble beats one model with as many features in all, at its best penalty",
    statement=r"R_K(k,\lambda)\ge\min_{\lambda'}R_1(Kk,\lambda')\quad\text{for every }\lambda",
    source="ruben2024no, the theorem of the title (from memory)",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=Bound(theory=_best_large, simulation=simulate.ensembles.ridge, of="test", sizes=(40, 80, 160)),
    cases=(
        {"spectrum": "isotropic", "gamma": 0.5, "psi": 4.0, "lam": 0.01, "members": 2, "r2": 2.0, "sigma2": 0.2},
        {"spectrum": "power:1.2", "gamma": 0.5, "psi": 2.0, "lam": 0.02, "members": 4, "r2": 2.0},
    ),
    rivals={
        "at the same penalty": lambda **k: _one_large(**k).test,
        "of one member": lambda *, members, gamma, psi, **k: _one_large(members=1 + 0 * members, gamma=gamma, psi=psi, **k).test,
    },
    plot=Plot(
        at={"spectrum": "isotropic", "psi": 4.0, "r2": 2.0, "sigma2": 0.2, "members": 2},
        lines={"lam": (0.01, 1.0)},
        n=60,
        points=10,
    ),
)


PAIRS = r"R_K=\frac1K e(W_1,W_1)+\Bigl(1-\frac1K\Bigr)e(W_1,W_2),\quad e(W,W')=\operatorname{E}(f_W-f)(f_{W'}-f)"


def _shared(law, *, averaged=False):
    """Of K members each pair has the samples in common, and K of the K^2 pairs the features; the training error of a vector's fit."""
    from sympy import Symbol, Trace

    at, K = Fits(random, law, averaged=averaged), Symbol("members", positive=True)
    Z, R, O = at.fit()[0], at.residual(1, 1), at.residual(1, 2)
    bias, variance = zip(at.error((1, 1), (1, 1)), at.error((1, 1), (1, 2)), strict=True)

    def mean(own, other):
        return own / K + (1 - 1 / K) * other

    found = {"bias": mean(*bias), "variance": at.sigma2 * mean(*variance)}
    if not averaged:
        found["train"] = mean(*((at.signal(Z.T * R * Q * Z) + at.sigma2 * Trace(R * Q)) / at.n for Q in (R, O)))
    return at.given(found)


derived = Derived(_shared, law).of("bias", "variance", "train")
drawn = Derived(partial(_shared, averaged=True), joint).of("bias", "variance")

ensemble_in_samples = Model(
    title="An ensemble of random features on the same data, derived from two of its members",
    statement=PAIRS,
    source="ruben2024no (from memory); derived here from the expression",
    assumptions=MODEL,
    domain=DOMAIN | {"spectrum": Choice(("atoms:4@0.5,0.25@0.5", "atoms:2@0.5,0.5@0.5"), open=True)},
    claim=drawn.claim(sizes=(20, 40, 80)),
    cases=(
        {"spectrum": "atoms:4@0.5,0.25@0.5", "gamma": 1.5, "psi": 1.0, "lam": 0.5, "members": 3, "r2": 2.0, "sigma2": 0.5},
        {"spectrum": "atoms:2@0.5,0.5@0.5", "signal": "bottom:0.5", "gamma": 0.5, "psi": 4.0, "lam": 0.2, "members": 2},
    ),
    rivals=drawn.rivals("gamma", "lam", "sigma2")
    | {"one member": drawn.by(theory, members=lambda **k: 1), "one model with all the features": drawn.by(_one_large)},
)

derived_ensemble = Theorem(
    title="The errors of an ensemble derived from two of its members",
    statement=PAIRS,
    source="ruben2024no (from memory); derived here from the expression",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=derived.identity(theory),
    cases=(
        *CASES,
        {"spectrum": "atoms:4@0.5,0.25@0.5", "signal": "top:0.5", "gamma": 1.0, "psi": 2.0, "lam": 1e-3, "members": 10},
        {"spectrum": "ar1:0.7", "gamma": 0.5, "psi": 4.0, "lam": 0.0, "members": 3},
    ),
    rivals=derived.rivals("gamma", "lam", "sigma2", "signal")
    | {"one member": derived.by(theory, members=lambda **k: 1), "one model with all the features": derived.by(_one_large)},
)
