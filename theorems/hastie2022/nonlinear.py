"""Features of one random nonlinear layer: their Gaussian equivalent, and the purely nonlinear case."""

import numpy as np

import simulate.nonlinear_features
from asymptotics import isotropic, nonlinear_features
from theorems import GAMMA, LAM, R2, SIGMA2, Choice, Mean, Plot, Real, Theorem, through

MODEL = (
    "x = phi(W z), z standard normal in R^d, rows of W independent and uniform on the unit sphere",
    "E phi(G) = 0, E phi(G)^2 = 1, c1 = (E G phi(G))^2",
    "y = <x, beta> + noise, beta isotropic with |beta|^2 = r2",
    "p/n -> gamma, d/p -> psi",
)
LAYER = {"gamma": GAMMA, "psi": Real(0.0, 1e3), "lam": LAM, "r2": R2, "sigma2": SIGMA2}


def _isotropic(*, activation, psi, **given):
    return isotropic.ridge(**given)


def _only_linear_part(*, activation, **given):
    return nonlinear_features.ridge(activation="identity", **given)


nonlinear_ridge = Theorem(
    title="Ridge regression on one layer of nonlinear features: the Gaussian equivalent",
    statement=r"\Sigma\simeq c_1WW^\top+(1-c_1)I:\quad R(\lambda)\text{ as for correlated features with this spectrum}",
    source="hastie2022surprises, Theorem 8 (numbering from memory): the variance; the bias by the same equivalence",
    assumptions=MODEL,
    domain={"activation": Choice(("relu", "tanh", "erf", "abs", "identity")), **LAYER},
    claim=Mean(theory=nonlinear_features.ridge, simulation=simulate.nonlinear_features.ridge, sizes=(40, 80, 160)),
    cases=(
        {"activation": "tanh", "gamma": 2.0, "psi": 0.5, "lam": 0.1, "r2": 2.0, "sigma2": 0.05},
        {"activation": "relu", "gamma": 2.0, "psi": 0.5, "lam": 0.1, "r2": 2.0, "sigma2": 0.5},
        {"activation": "relu", "gamma": 0.5, "psi": 1.0, "lam": 0.1, "r2": 2.0},
        {"activation": "abs", "gamma": 2.0, "psi": 0.5, "lam": 0.1, "r2": 2.0, "sigma2": 2.0},
    ),
    rivals={"features taken as isotropic": _isotropic, "activation taken as linear": _only_linear_part},
    plot={
        "": Plot(at={"activation": "relu", "psi": 0.5, "r2": 5.0, "sigma2": 1.0}, lines={"lam": (0.01, 0.1, 1.0)}),
        "figure 10": Plot(
            at={"activation": "relu", "lam": 0.0, "r2": 0.0, "sigma2": 1.0},
            lines={"psi": (0.2, 0.5, 2.0)},
            of="variance",
            text="The variance without penalty by d/p, ReLU (values as recalled).",
        ),
        "figure 10, activations": Plot(
            at={"psi": 0.5, "lam": 0.0, "r2": 0.0, "sigma2": 1.0},
            lines={"activation": ("abs", "relu", "tanh")},
            of="variance",
            text="The same by activation: c1 = 0, 0.733 and 0.930 (activations chosen here).",
        ),
    },
)


def _any_input(*, psi, gamma, **given):
    return isotropic.ridge(gamma=gamma + 0 * np.asarray(psi), **given)  # of psi it takes the shape


purely_nonlinear = Theorem(
    title="Purely nonlinear features behave as isotropic ones, whatever the input dimension",
    statement=r"\mathbb E\,G\varphi(G)=0\ \Rightarrow\ "
    r"R\to r^2\lambda^2m'(-\lambda)+\sigma^2\gamma\bigl(m(-\lambda)-\lambda m'(-\lambda)\bigr),\quad "
    r"m(-\lambda)=\frac{-(1-\gamma+\lambda)+\sqrt{(1-\gamma+\lambda)^2+4\gamma\lambda}}{2\gamma\lambda}",
    source="hastie2022surprises, Corollary 7 (numbering from memory)",
    assumptions=("phi(t) = a(|t| - b)", *MODEL),
    domain=LAYER,
    claim=Mean(
        theory=_any_input,
        simulation=through(simulate.nonlinear_features.ridge, lambda **k: k | {"activation": "abs"}),
        sizes=(40, 80, 160),
    ),
    cases=({"gamma": 2.0, "psi": 0.5, "lam": 0.1, "r2": 2.0}, {"gamma": 0.5, "psi": 2.0, "lam": 0.4, "sigma2": 0.05}),
    rivals={"the linear features' spectrum": lambda **k: nonlinear_features.ridge(activation="identity", **k)},
    plot=Plot(at={"psi": 1.0, "r2": 5.0, "sigma2": 1.0}, lines={"lam": (0.01, 0.1, 1.0)}),
)
