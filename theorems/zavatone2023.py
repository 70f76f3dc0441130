"""Zavatone-Veth and Pehlevan, Learning curves for deep structured Gaussian feature models (2023): two linear layers."""

import numpy as np

from asymptotics import random_features
from theorems import Choice, Real, Theorem, each
from theorems.derived import Derived
from theorems.hastie2022.correlated import law
from theorems.layers import deep, errors, joint
from theorems.model import Model
from theorems.simon2024.eigenframework import DOMAIN as ONE_LAYER

MODEL = (
    "x Gaussian with a covariance whose spectrum converges to H, the signal's energy over its eigenvectors to G; |beta|^2 = r2",
    "features W'V'x/sqrt(k l), V (p x l) and W (l x k) of independent N(0, 1) entries; the fit on them is ridge regression",
    "k/n -> gamma, p/n -> inputs, l/n -> hidden",
)
STATEMENT = (
    r"\lambda=\kappa(1-{\rm df}_1)\frac{\gamma-{\rm df}_1}{\gamma}\,\frac{\eta-{\rm df}_1}{\eta},\quad "
    r"\frac1\rho=1+\frac{{\rm df}_1-{\rm df}_2}{\gamma-{\rm df}_1}+\frac{{\rm df}_1-{\rm df}_2}{\eta-{\rm df}_1},\quad "
    r"R+\sigma^2\to\frac{B_2+(1-\rho)C+\sigma^2}{1-{\rm df}_1+\rho({\rm df}_1-{\rm df}_2)},\quad \eta=l/n,\ {\rm df}\ \text{per sample}"
)
SIZE = Real(0.0, 1e3)
DOMAIN = {k: ONE_LAYER[k] for k in ("spectrum", "signal", "gamma", "r2", "sigma2")}
DOMAIN |= {"inputs": SIZE, "hidden": SIZE, "lam": Real(0.0, np.inf)}
ATOMS = "atoms:4@0.5,0.25@0.5"


def _two_layers(law, **more):
    from sympy import symbols

    n, p, k, l = symbols("n p k l", positive=True)
    return errors(deep, law, **more, ratios={"gamma": k / n, "inputs": p / n, "hidden": l / n})


def _excess(law):
    given = _two_layers(law, averaged=True, training=False)
    return {**given, "expression": {"excess": sum(given["expression"].values())}}


derived = Derived(_two_layers, law).of("bias", "variance", "train")
drawn = Derived(_excess, joint).of("excess")


def _formula(*, spectrum, signal, gamma, inputs, hidden, lam, r2, sigma2):
    """The statement, kappa by bisection; plain, for one point."""
    H, G = law(spectrum, signal).H, law(spectrum, signal).G

    def df(power, kappa):
        return inputs * H.integrate(lambda s: (s / (s + kappa)) ** power)

    low, high = 1e-300, 1e300
    while high > low * (1 + 4e-16):
        kappa = np.sqrt(low) * np.sqrt(high)
        used = df(1, kappa)
        room = np.array([1.0, gamma, hidden]) - used
        enough = np.all(room > 0) and kappa * np.prod(room) / gamma / hidden >= lam
        low, high = (low, kappa) if enough else (kappa, high)
        if kappa in (low, high) and high <= low * (1 + 1e-15):
            break
    spread = df(1, high) - df(2, high)
    left = np.array([1.0, gamma, hidden]) - df(1, high)
    rho = 1 / (1 + spread / left[1] + spread / left[2])
    D = left[0] + rho * spread
    missed = r2 * G.integrate(lambda s: s * (high / (s + high)) ** 2) + (1 - rho) * r2 * high * G.integrate(
        lambda s: (s / (s + high)) ** 2
    )
    bias, variance = missed / D, sigma2 * (1 - D) / D
    return {"bias": bias, "variance": variance, "train": left[0] ** 2 * (bias + variance + sigma2)}


def _one_layer(*, spectrum, signal, gamma, inputs, hidden, **given):
    return random_features.ridge(law(spectrum, signal), gamma=gamma, psi=inputs / gamma, **given)


two_layers = Model(
    title="Two random linear layers: the excess risk derived from its expression",
    statement=STATEMENT,
    source="zavatone2023learning, the section on isotropic weights (from memory); derived here from the expression",
    assumptions=MODEL,
    domain=DOMAIN | {"spectrum": Choice((ATOMS, "atoms:2@0.5,0.5@0.5"), open=True)},
    claim=drawn.claim(sizes=(16, 32, 64)),
    cases=(
        {
            "spectrum": ATOMS,
            "signal": "top:0.5",
            "gamma": 1.5,
            "inputs": 2.0,
            "hidden": 1.0,
            "lam": 3.0,
            "r2": 2.0,
            "sigma2": 0.5,
        },
        {
            "spectrum": "atoms:2@0.5,0.5@0.5",
            "signal": "bottom:0.5",
            "gamma": 0.5,
            "inputs": 1.0,
            "hidden": 1.5,
            "lam": 0.5,
            "sigma2": 2.0,
        },
    ),
    rivals=drawn.rivals("gamma", "lam", "sigma2", "signal")
    | {
        "one layer": drawn.by(_one_layer),
        "widths exchanged": drawn.by(gamma=lambda *, hidden, **k: hidden, hidden=lambda *, gamma, **k: 2 * gamma),
    },
)

formula = Theorem(
    title="Two random linear layers: each adds a factor to the effective ridge",
    statement=STATEMENT,
    source="zavatone2023learning, the section on isotropic weights (from memory; in these variables derived here)",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=derived.identity(each(None, _formula), rtol=1e-11),
    cases=(
        *two_layers.cases,
        {"spectrum": "ar1:0.7", "signal": "bottom:0.5", "gamma": 0.5, "inputs": 2.0, "hidden": 0.4, "lam": 1e-3, "sigma2": 0.2},
        {"spectrum": "power:1.2", "signal": "top:0.5", "gamma": 2.0, "inputs": 3.0, "hidden": 3.0, "lam": 0.01, "r2": 5.0},
        {"spectrum": "isotropic", "gamma": 1.0, "inputs": 1.0, "hidden": 1.0, "lam": 1e-2},
    ),
    rivals=derived.rivals("gamma", "lam", "sigma2", "signal") | {"one layer": derived.by(_one_layer)},
)
