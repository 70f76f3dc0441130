"""Adlam and Pennington, Understanding double descent requires a fine-grained bias-variance decomposition (2020)."""

from functools import partial

import numpy as np

import simulate.decomposition
from asymptotics import decomposition, random_features, spherical_features
from asymptotics.activations import hermite
from theorems import GAMMA, LAM, R2, SIGMA2, Choice, Identity, Mean, Plot, Real, Theorem, each, through
from theorems.derived import Apart, Derived
from theorems.hastie2022.correlated import SIGNAL, SPECTRUM, law
from theorems.layers import Fits, equivalent, joint, random
from theorems.model import Model

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


NAMES = ("bias2", "v_x", "v_w", "v_xw", "v_xe", "v_xwe")
AREAS = {
    "of": NAMES,
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


def _four(at):
    """The errors of two fits of the same samples and features, of the samples alone, of the features alone, of neither."""
    return (at.error((1, 1), second) for second in ((1, 1), (1, 2), (2, 1), (2, 2)))


def _crossed(layer, law, *, white=False):
    """The six terms as errors of two fits: of the same samples and features, of one of them, of neither."""
    from sympy import symbols

    n, p, k = symbols("n p k", positive=True)
    at = Fits(layer, law, ratios={"gamma": k / n, "inputs": p / n} if white else None, white=white)
    (same, same_e), (x, x_e), (w, _), (neither, _) = _four(at)
    if white:  # the nonlinear part is noise to the fits, and missed by all
        same, x, neither, w = (
            same + at.nonlinear * (1 + same_e),
            x + at.nonlinear * (1 + x_e),
            neither + at.nonlinear,
            w + at.nonlinear,
        )
    signal = {"bias2": neither, "v_x": x - neither, "v_w": w - neither, "v_xw": same - x - w + neither}
    return at.given(signal | {"v_xe": at.sigma2 * x_e, "v_xwe": at.sigma2 * (same_e - x_e)})


CROSSED = (
    r"e(ij,i'j')=\operatorname{E}(f_{ij}-f)(f_{i'j'}-f):\quad B^2=e(11,22),\ V_X=e(11,12)-B^2,\ V_W=e(11,21)-B^2,\ "
    r"V_{XW}=e(11,11)-e(11,12)-e(11,21)+B^2;\quad\text{of the noise } V_{X\varepsilon}=e_\varepsilon(11,12),\ "
    r"V_{XW\varepsilon}=e_\varepsilon(11,11)-V_{X\varepsilon}"
)
derived = Derived(partial(_crossed, random), law).of(*NAMES)
_apart = Apart(partial(_crossed, equivalent, white=True)).of(*NAMES)


def _equivalent(*, activation, r2, nonlinear, **given):
    phi = hermite(activation)
    return _apart.theory(mu1=phi.mu1, mu_star=phi.mu_star2**0.5, r2=r2, nonlinear=nonlinear * r2, **given)


def _fits(law):
    """The errors themselves, of which the terms are differences: these are drawn with less noise."""
    at = Fits(random, law, averaged=True)
    (same, same_e), (x, x_e), (w, _), (neither, _) = _four(at)
    return at.given(dict(zip(FITS, (neither, x, w, same, at.sigma2 * x_e, at.sigma2 * same_e), strict=True)))


def _sums(**given):
    """The same of the six terms."""
    t = _any(**given)
    return dict(
        zip(FITS, (t.bias2, t.bias2 + t.v_x, t.bias2 + t.v_w, t.excess - t.v_xe - t.v_xwe, t.v_xe, t.v_xe + t.v_xwe), strict=True)
    )


def _swapped(**given):
    found = _sums(**given)
    return found | {"same_samples": found["same_features"], "same_features": found["same_samples"]}


FITS = ("apart", "same_samples", "same_features", "same", "noise_of_samples", "noise")
_drawn = Derived(_fits, joint).of(*FITS)

crossed_in_samples = Model(
    title="The errors of crossed fits, of which the six terms are differences, derived and drawn",
    statement=CROSSED,
    source="adlam2020understanding, the section on the fine-grained decomposition (from memory); derived here from the expressions",
    assumptions=(*TERMS, *GAUSSIAN),
    domain=any_spectrum.domain | {"spectrum": Choice(("atoms:2@0.5,0.5@0.5", "atoms:4@0.5,0.25@0.5"), open=True)},
    claim=_drawn.claim(sizes=(20, 40, 80)),
    cases=(
        {"spectrum": "atoms:2@0.5,0.5@0.5", "signal": "top:0.5", "gamma": 2.0, "psi": 1.0, "lam": 0.5, "sigma2": 0.5},
        {"spectrum": "atoms:4@0.5,0.25@0.5", "gamma": 0.5, "psi": 2.0, "lam": 0.5, "sigma2": 0.5},
    ),
    rivals=_drawn.rivals("gamma", "lam", "sigma2", "signal")
    | {
        "samples and features swapped": _drawn.by(_swapped),
        "fits of the same samples have all in common": _drawn.by(lambda **k: (at := _sums(**k)) | {"same_samples": at["same"]}),
    },
)

derived_terms = Theorem(
    title="The six terms derived from fits that are crossed",
    statement=CROSSED,
    source="adlam2020understanding, the section on the fine-grained decomposition (from memory); derived here from the expressions",
    assumptions=(*TERMS, *GAUSSIAN),
    domain=any_spectrum.domain,
    claim=Identity(theory=_any, other=derived.theory, of=NAMES, rtol=1e-12),
    cases=(
        *any_spectrum.cases,
        {"spectrum": "ar1:0.7", "signal": "bottom:0.5", "gamma": 0.5, "psi": 4.0, "lam": 0.0, "sigma2": 0.2},
        {"spectrum": "power:1.2", "signal": "top:0.5", "gamma": 1.0, "psi": 2.0, "lam": 1e-3, "r2": 2.0},
        {"spectrum": "atoms:4@0.5,0.25@0.5", "gamma": 3.0, "psi": 0.2, "lam": 1e-3},
    ),
    rivals=_rivals(_any) | derived.rivals("lam", "signal"),
)

derived_layer = Theorem(
    title="The six terms of one nonlinear layer derived from crossed fits of its Gaussian equivalent",
    statement=CROSSED + r",\quad F_{ij}=\mu_1X_iW_j/\sqrt d+\mu_*\Theta_{ij}",
    source="adlam2020understanding, the section on the fine-grained decomposition (from memory); derived here from the expressions",
    assumptions=(*TERMS, *LAYER, "by the Gaussian equivalence: Theta_ij independent for each pair of samples and features"),
    domain=six_terms.domain,
    claim=Identity(theory=_layer, other=_equivalent, of=NAMES, rtol=1e-12),
    cases=(
        *six_terms.cases,
        {"activation": "relu", "gamma": 0.5, "inputs": 1.0, "lam": 0.0, "nonlinear": 0.3, "r2": 2.0},
        {"activation": "erf", "gamma": 3.0, "inputs": 0.5, "lam": 1e-3, "sigma2": 0.1},
    ),
    rivals=_rivals(_layer)
    | {
        "the nonlinear part counted as noise of the labels": lambda *, r2, nonlinear, sigma2, **k: _layer(
            r2=r2, nonlinear=0.0, sigma2=sigma2 + r2 * nonlinear, **k
        )
    },
)
