"""Adlam and Pennington, Understanding double descent requires a fine-grained bias-variance decomposition (2020)."""

import numpy as np

import simulate.decomposition
from asymptotics import decomposition, random_features, spherical_features
from theorems import GAMMA, LAM, R2, SIGMA2, Choice, Identity, Mean, Plot, Real, Theorem, each, through
from theorems.hastie2022.correlated import SIGNAL, SPECTRUM, law

TERMS = (
    "an ANOVA over samples X, features W and label noise e: bias2 = E(E[f|x] - f*)^2, V_X, V_W, V_Xe of one or two alone, V_XW, V_XWe "
    "of what they add together; V_e and V_We tend to 0",
)
LAYER = (
    "x and the rows of W uniform on the sphere of radius sqrt d; k features phi(<w, x>/sqrt d); X'X + n lam",
    "y = <b1, x> + g(x) + noise, |b1|^2 = r2, g orthogonal to linear functions, of variance r2 times `nonlinear`",
    "k/n -> gamma, d/n -> `inputs`",
)
GAUSSIAN = (
    "x Gaussian with a covariance whose spectrum converges to H, the signal's energy over its eigenvectors to G; k features <g, x>/sqrt k",
    "the fit K (K + n lam)^-1 y, K = H H' of the features; k/n -> gamma, p/k -> psi",
)
STATEMENT = (
    r"A_1=\frac{n}{D},\ A_2=\frac{n}{n-{\rm df}_2}:\quad (B^2,V_X,V_W,V_{XW},V_{X\varepsilon},V_{XW\varepsilon})\to"
    r"\bigl(B_2,\,(A_2-1)B_2,\,(1-\rho)C,\,(A_1-1)(1-\rho)C+(A_1-A_2)B_2,\,(A_2-1)\sigma^2,\,(A_1-A_2)\sigma^2\bigr)"
)


def _one_layer(*, gamma, inputs, activation, lam, nonlinear, **given):
    at = spherical_features.spectrum(activation=activation, nonlinear=nonlinear)
    psi = np.asarray(inputs) / gamma
    return decomposition.split(at, gamma=gamma, psi=psi, lam=lam * psi, **given)


_layer = each("nonlinear", _one_layer)


def _any(*, spectrum, signal, **given):
    return decomposition.split(law(spectrum, signal), **given)


def _rivals(theory):
    def changed(change):
        def terms(**given):
            return np.stack(change(**theory(**given).to_dict()), axis=-1)

        return terms

    return {
        "samples and features swapped": changed(lambda bias2, v_x, v_w, v_xw, v_xe, v_xwe: (bias2, v_w, v_x, v_xw, v_xe, v_xwe)),
        "the features' variance counted as bias": changed(
            lambda bias2, v_x, v_w, v_xw, v_xe, v_xwe: (bias2 + v_w, v_x, 0 * v_w, v_xw, v_xe, v_xwe)
        ),
        "what samples and features add together left out": changed(
            lambda bias2, v_x, v_w, v_xw, v_xe, v_xwe: (bias2, v_x, v_w, 0 * v_xw, v_xe, v_xwe)
        ),
        "all noise taken as the samples'": changed(
            lambda bias2, v_x, v_w, v_xw, v_xe, v_xwe: (bias2, v_x, v_w, v_xw, v_xe + v_xwe, 0 * v_xwe)
        ),
        "gamma read as n/k": lambda *, gamma, **k: theory(gamma=1 / gamma, **k),
        "sigma in place of sigma2": lambda *, sigma2, **k: theory(sigma2=sigma2**0.5, **k),
    }


AREAS = {
    "of": ("bias2", "v_x", "v_w", "v_xw", "v_xe", "v_xwe"),
    "stack": True,
    "points": 0,
    "value": "excess risk, split six ways",
}

six_terms = Theorem(
    title="The error of one random layer split six ways: samples, features, noise",
    statement=STATEMENT + r",\quad s_1=\dots=s_d=\mu_1^2/d,\ \sum_{i>d}s_i=\mu_*^2",
    source="adlam2020understanding, the section on the fine-grained decomposition; in these variables simon2024more (both from memory)",
    assumptions=(*TERMS, *LAYER),
    domain={
        "gamma": GAMMA,
        "inputs": Real(0.0, 1e3),
        "activation": Choice(("relu", "tanh", "erf", "sign")),
        "lam": LAM,
        "r2": R2,
        "nonlinear": Real(0.0, 1e6, "[", default=0.0),
        "sigma2": SIGMA2,
    },
    claim=Mean(
        theory=_layer,
        simulation=through(
            simulate.decomposition.spherical,
            lambda *, gamma, inputs, nonlinear, r2, **k: (
                k | {"gamma": gamma, "psi": inputs / gamma, "nonlinear": nonlinear * r2, "r2": r2}
            ),
        ),
        of="terms",
        sizes=(20, 40, 80),
    ),
    cases=(
        {"activation": "sign", "gamma": 2.0, "inputs": 2.0, "lam": 0.2, "sigma2": 0.5},
        {"activation": "tanh", "gamma": 1.0, "inputs": 1.0, "lam": 0.3, "nonlinear": 0.2, "sigma2": 0.5},
    ),
    rivals=_rivals(_layer),
    plot={
        f"areas, {name}": Plot(
            at={"activation": "relu", "inputs": 1.0, "lam": lam, "r2": 1.0, "sigma2": 0.1},
            **AREAS,
            text=f"ReLU, d = n, penalty {lam:g} (values chosen here); no simulation.",
        )
        for name, lam in (("small penalty", 1e-3), ("large penalty", 0.1))
    },
)

any_spectrum = Theorem(
    title="The error of Gaussian random features split six ways, for any spectrum and signal",
    statement=STATEMENT,
    source="simon2024more, appendix on the fine-grained decomposition (from memory); adlam2020understanding",
    assumptions=(*TERMS, *GAUSSIAN),
    domain={
        "spectrum": SPECTRUM,
        "signal": SIGNAL,
        "gamma": GAMMA,
        "psi": Real(0.0, 1e3),
        "lam": LAM,
        "r2": R2,
        "sigma2": SIGMA2,
    },
    claim=Mean(theory=_any, simulation=simulate.decomposition.gaussian, of="terms", sizes=(20, 40, 80)),
    cases=(
        {"spectrum": "isotropic", "gamma": 1.0, "psi": 2.0, "lam": 1.0, "sigma2": 0.5},
        {"spectrum": "atoms:2@0.5,0.5@0.5", "signal": "top:0.5", "gamma": 2.0, "psi": 1.0, "lam": 0.5, "sigma2": 0.5},
    ),
    rivals=_rivals(_any),
    plot=Plot(
        at={"spectrum": "atoms:4@0.5,0.25@0.5", "psi": 2.0, "lam": 0.01, "r2": 1.0, "sigma2": 0.1},
        **AREAS,
        text="Two eigenvalues, 4 and 1/4, p = 2k; no simulation.",
    ),
)

they_add_up = Theorem(
    title="The six terms add up to the error",
    statement=r"B^2+V_X+V_W+V_{XW}+V_{X\varepsilon}+V_{XW\varepsilon}=\frac{n}{D}\bigl(B_2+(1-\rho)C+\sigma^2\bigr)-\sigma^2",
    source="adlam2020understanding; simon2024more, equations (6) to (9) (from memory)",
    assumptions=GAUSSIAN,
    domain=any_spectrum.domain,
    claim=Identity(
        theory=_any, other=lambda *, spectrum, signal, **k: random_features.ridge(law(spectrum, signal), **k), rtol=1e-12
    ),
    cases=(
        {"spectrum": "ar1:0.7", "signal": "top:0.5", "gamma": 2.0, "psi": 1.0, "lam": 0.05},
        {"spectrum": "power:1.2", "signal": "bottom:0.5", "gamma": 0.5, "psi": 4.0, "lam": 0.0, "sigma2": 0.2},
        {"spectrum": "atoms:4@0.5,0.25@0.5", "gamma": 1.0, "psi": 2.0, "lam": 1e-6},
    ),
    rivals={
        "the classical bias and variance: V_XW left out": lambda **k: (t := _any(**k)).excess - t.v_xw,
        "the noise of the samples alone": lambda **k: (t := _any(**k)).excess - t.v_xwe,
    },
)
