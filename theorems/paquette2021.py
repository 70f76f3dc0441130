"""Paquette, Lee, Pedregosa and Paquette, SGD in the large (2021), for one pass (Collins-Woodfin and Paquette, 2024)."""

import math

import numpy as np
from scipy.linalg import expm

import simulate.sgd
from asymptotics import sgd
from theorems import GAMMA, R2, SIGMA2, Choice, Identity, Mean, Plot, Real, Theorem
from theorems.hastie2022.correlated import SIGNAL, SPECTRUM, law

MODEL = (
    "rows x ~ N(0, S), the spectrum of S converges to H and the signal's energy over its eigenvectors to G; |beta|^2 = r2",
    "from 0 each of n samples makes one step of size step/p; n/p -> t = 1/gamma",
)
STEP = Real(0, 100)
VOLTERRA = (
    r"R(t)=r^2\!\int\!s\,e^{-2\eta st}dG+\int_0^tK(t-u)\bigl(R(u)+\sigma^2\bigr)du,\quad "
    r"K(t)=\eta^2\!\int\!s^2e^{-2\eta st}dH"
)


def _theory(*, spectrum, signal, gamma, **given):
    return sgd.one_pass(law(spectrum, signal), t=1 / gamma, **given)


def _no_gradient_noise(*, spectrum, signal, gamma, step, r2, sigma2):
    """The gradient flow of the population: the first term of the equation alone."""
    G = law(spectrum, signal).G
    return r2 * G.integrate(lambda s: s * np.exp(-2 * step * s / gamma))


one_pass = Theorem(
    title="One-pass stochastic gradient descent: the risk solves a Volterra equation",
    statement=VOLTERRA + r",\quad t=n/p",
    source="paquette2021sgd, Theorem 1; collinswoodfin2024high, Theorem 1.1 (numbering from memory)",
    assumptions=MODEL,
    domain={"spectrum": SPECTRUM, "signal": SIGNAL, "gamma": GAMMA, "step": STEP, "r2": R2, "sigma2": SIGMA2},
    claim=Mean(theory=_theory, simulation=simulate.sgd.one_pass, sizes=(40, 80, 160)),
    cases=(
        {"spectrum": "isotropic", "gamma": 0.5, "step": 0.6, "r2": 3.0},
        {"spectrum": "ar1:0.7", "signal": "bottom:0.5", "gamma": 0.25, "step": 0.5, "r2": 5.0, "sigma2": 0.5},
        {"spectrum": "atoms:4@0.5,0.25@0.5", "signal": "top:0.5", "gamma": 0.5, "step": 0.2, "r2": 0.5, "sigma2": 2.0},
    ),
    rivals={
        "no noise of the gradient": _no_gradient_noise,
        "sigma2/2: the paper's loss is half of ours": lambda *, sigma2, **k: _theory(sigma2=sigma2 / 2, **k).excess,
        "steps of size step/n": lambda *, step, gamma, **k: _theory(step=step * gamma, gamma=gamma, **k).excess,
        "rates step s for 2 step s": lambda *, step, r2, sigma2, **k: (
            4 * _theory(step=step / 2, r2=r2 / 4, sigma2=sigma2, **k).excess
        ),
        "correlation ignored": lambda *, spectrum, signal, **k: _theory(spectrum="isotropic", signal="isotropic", **k).excess,
    },
    plot=Plot(low=0.3, high=10.0, at={"spectrum": "ar1:0.7", "r2": 5.0, "sigma2": 1.0}, lines={"step": (0.2, 0.4, 0.8)}, n=100),
)

ATOMS = Choice(("atoms:4@0.5,0.25@0.5",), open=True)
LATE = Real(0.1, math.inf, "[")  # the theory has 3e-14 of the first risk, of which at small gamma nothing is left


def _by_exponential(*, spectrum, signal, gamma, step, r2, sigma2):
    """The energies e_i of the error at each eigenvalue s_i: e' = -2 step s e + step^2 s h (s . e + sigma2), by a matrix exponential.

    Its largest rate is taken out of the exponential: inf where the risk is beyond doubles.
    """
    H, G = law(spectrum, signal).H, law(spectrum, signal).G
    energy = np.zeros(len(H.atoms) + 1)
    energy[np.searchsorted(-H.atoms, -G.atoms)] = r2 * G.weights
    energy[-1] = 1.0
    A = np.zeros((len(energy), len(energy)))
    A[:-1, :-1] = step**2 * np.outer(H.atoms * H.weights, H.atoms) - np.diag(2 * step * H.atoms)
    A[:-1, -1] = step**2 * H.atoms * H.weights * sigma2
    rate = np.linalg.eigvals(A).real.max()
    risk = float(H.atoms @ (expm((A - rate * np.eye(len(A))) / gamma) @ energy)[:-1])
    with np.errstate(over="ignore"):
        return risk and float(risk * np.exp(rate / gamma))


volterra_solved = Theorem(
    title="The Volterra equation of SGD, solved by its Laplace transform and as a linear system",
    statement=VOLTERRA
    + r"\quad\Longleftrightarrow\quad\hat R=\frac{r^2\hat F+\sigma^2\hat K/z}{1-\hat K},\qquad R=\sum_is_ie_i,\ "
    r"\dot e_i=-2\eta s_ie_i+\eta^2s_ih_i(R+\sigma^2)",
    source="paquette2021sgd, section 1 (numbering from memory)",
    assumptions=("H has finitely many atoms s_i of weights h_i",),
    domain={"spectrum": ATOMS, "signal": SIGNAL, "gamma": LATE, "step": STEP, "r2": R2, "sigma2": SIGMA2},
    claim=Identity(theory=_theory, other=_by_exponential, rtol=1e-10),
    cases=(
        {"spectrum": "atoms:4@0.5,0.25@0.5", "gamma": 0.2, "step": 0.4, "r2": 3.0},
        {"spectrum": "atoms:3@0.2,1@0.3,0.1@0.5", "signal": "bottom:0.5", "gamma": 1.0, "step": 1.5, "sigma2": 0.1},
        {"spectrum": "atoms:4@0.5,0.25@0.5", "signal": "top:0.5", "gamma": 0.5, "step": 1.1, "r2": 2.0},
    ),
    rivals={
        "no noise of the gradient": _no_gradient_noise,
        "the noise of the labels left out": lambda *, sigma2, **k: _theory(sigma2=0.0, **k).excess,
    },
)


def _late(*, spectrum, step, sigma2):
    return sgd.one_pass(law(spectrum, "isotropic"), step=step, t=1e9 / step, r2=1.0, sigma2=sigma2).to_dict()["variance"]


stationary_risk = Theorem(
    title="A constant step leaves a risk that does not depend on the spectrum's shape, below a critical step",
    statement=r"\eta<\frac2m,\ m=\int s\,dH:\qquad R(\infty)=\sigma^2\frac{\eta m}{2-\eta m}",
    source="paquette2021sgd, section 3 (numbering from memory)",
    assumptions=("t -> infinity in the Volterra equation; the eigenvalues are bounded away from 0",),
    domain={"spectrum": Choice(("isotropic", "ar1:0.7", "atoms:4@0.5,0.25@0.5")), "step": Real(0, 0.9), "sigma2": SIGMA2},
    claim=Identity(
        theory=lambda *, spectrum, step, sigma2: sgd.one_pass(law(spectrum, "isotropic"), step=step, t=math.inf, sigma2=sigma2),
        other=_late,
        of="variance",
        rtol=1e-11,
    ),
    cases=({"spectrum": "ar1:0.7", "step": 0.5}, {"spectrum": "atoms:4@0.5,0.25@0.5", "step": 0.8, "sigma2": 3.0}),
    rivals={
        "the critical step is 1/m": lambda *, spectrum, step, sigma2: (
            (half := step * law(spectrum, "isotropic").H.mean()),
            sigma2 * half / abs(1 - half),
        )[1],
        "to first order in the step": lambda *, spectrum, step, sigma2: sigma2 * step * law(spectrum, "isotropic").H.mean() / 2,
    },
)
