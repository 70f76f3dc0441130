"""Random features on the sphere: test and training error, norm, and the ridgeless fit."""

import numpy as np

import simulate.spherical_features
from asymptotics import isotropic, spherical_features
from asymptotics.activations import hermite
from theorems import GAMMA, LAM, R2, SIGMA2, Choice, Mean, Plot, Real, Theorem, through
from theorems.mei2022 import figures

MODEL = (
    "x and the rows of W uniform on the sphere of radius sqrt d; k features phi(<w, x>/sqrt d), as they are",
    "y = b0 + <b1, x> + g(x) + noise, |b1|^2 = r2, b0^2 = `constant`, g a Gaussian process of variance `nonlinear`, orthogonal to linear",
    "coefficients (X'X + n lam)^-1 X'y; k/n -> gamma, d/n -> `inputs`",
    "mu0 = E phi(G), mu1 = E G phi(G), mu_*^2 = Var phi(G) - mu1^2; where mu0 = 0 the constant counts as nonlinear",
)
PART = Real(0.0, 1e6, "[", default=0.0)
INPUTS = Real(0.0, 1e3)
LAYER = {"gamma": GAMMA, "inputs": INPUTS, "activation": Choice(("relu", "tanh", "erf", "abs", "sign"))}
LINEAR = {"activation": Choice(("relu", "tanh", "erf", "sign"))}  # with a linear part, and another
TARGET = {"r2": R2, "nonlinear": PART, "constant": PART, "sigma2": SIGMA2}
DOMAIN = LAYER | {"lam": LAM} | TARGET
CASES = (
    {"activation": "relu", "gamma": 2.0, "inputs": 0.5, "lam": 0.05, "r2": 2.0, "constant": 1.0, "sigma2": 0.2},
    {"activation": "tanh", "gamma": 1.5, "inputs": 0.5, "lam": 0.05, "nonlinear": 0.5, "sigma2": 0.2},
    {"activation": "erf", "gamma": 0.5, "inputs": 0.5, "lam": 0.02, "nonlinear": 0.2, "constant": 0.2, "sigma2": 0.5},
    {"activation": "sign", "gamma": 1.0, "inputs": 0.75, "lam": 0.05, "r2": 2.0},
)
ROOT = (
    r"(\psi_1-Z)(\psi_2-Z)=t\,\psi_2\frac{\lambda}{\mu_*^2},\quad Z=t+\frac{\zeta^2t}{1+\zeta^2t},\quad \zeta=\frac{\mu_1}{\mu_*}"
)


def theory(*, gamma, inputs, **given):
    return spherical_features.ridge(gamma=gamma, psi=np.asarray(inputs) / gamma, **given)


simulation = through(simulate.spherical_features.ridge, lambda *, gamma, inputs, **k: k | {"gamma": gamma, "psi": inputs / gamma})


def _rivals(of):
    def field(**given):
        return getattr(theory(**given), of)

    return {
        "the paper's penalty taken for lam": lambda *, gamma, inputs, lam, **k: field(
            gamma=gamma, inputs=inputs, lam=lam * gamma / inputs, **k
        ),
        "features normalised to variance 1": lambda *, activation, lam, **k: field(
            activation=activation, lam=lam * hermite(activation).variance, **k
        ),
        "gamma read as n/k": lambda *, gamma, **k: field(gamma=1 / gamma, **k),
        "activation taken as linear": lambda *, activation, **k: field(activation="identity", **k),
        "the nonlinear part forgotten": lambda *, nonlinear, **k: field(nonlinear=0.0, **k),
        "sigma in place of sigma2": lambda *, sigma2, **k: field(sigma2=sigma2**0.5, **k),
    }


def _claim(of):
    return Mean(theory=theory, simulation=simulation, of=of, sizes=(40, 80, 160))


test_error = Theorem(
    title="The test error of random features regression",
    statement=ROOT
    + r",\ \chi=-t:\quad R+\tau^2\to F_1^2\frac{E_1}{E_0}+(\tau^2+F_*^2)\frac{E_2}{E_0}+F_*^2+\tau^2\quad\text{(Eqs. 15 to 20)}",
    source="mei2022generalization, Theorem 2, Eqs (15) to (20) (theorem number from memory)",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=_claim("test"),
    cases=CASES,
    rivals=_rivals("test")
    | {
        "the nonlinear part not noise": lambda *, nonlinear, **k: theory(nonlinear=0.0, **k).test + nonlinear,
        "the noise of the new label left out": lambda **k: theory(**k).excess,
    },
    plot={
        "": Plot(at=figures.RELU | {"sigma2": 0.0}, lines={"lam": (0.0, 1e-3, 0.1)}, low=0.05, high=10, n=90),
        **figures.test_error(theory, simulation),
    },
)

training_error = Theorem(
    title="The training error of random features regression",
    statement=ROOT + r":\quad \tfrac1n\|y-Xa\|^2\to\Bigl(1-\frac{Z}{\psi_2}\Bigr)^2(R+\tau^2)",
    source="mei2022generalization, section 8 (from memory; in this form by simon2024more, equation (9))",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=_claim("train"),
    cases=CASES,
    rivals=_rivals("train")
    | {
        "the ratio not squared": lambda **k: (t := theory(**k)).test * (1 - t.df1),
        "the ratio times the excess": lambda **k: (t := theory(**k)).excess * (1 - t.df1) ** 2,
    },
    plot={
        "": Plot(at=figures.RELU | {"sigma2": 0.1}, lines={"lam": (1e-3, 0.1)}, low=0.1, n=90),
        **figures.training_error(theory, simulation),
    },
)

norm = Theorem(
    title="The squared norm of the second layer",
    statement=ROOT
    + r":\quad \|\hat a\|^2\to\frac{-F_1^2\chi^2((1-\psi_2)\chi\zeta^4-\chi\zeta^2+(1+\psi_2)\zeta^2+1)"
    + r"+(\tau^2+F_*^2)\chi^2(\chi\zeta^2-1)(\chi^2\zeta^4-2\chi\zeta^2+\zeta^2+1)}{\mu_*^2E_0}",
    source="mei2022generalization, Eq. (48)",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=_claim("norm2"),
    cases=CASES,
    rivals=_rivals("norm2"),
)


ridgeless = Theorem(
    title="Random features without penalty: least squares below k = n, the least-norm interpolator above",
    statement=r"\chi=-\frac{\sqrt{(\psi\zeta^2-\zeta^2-1)^2+4\zeta^2\psi}+\psi\zeta^2-\zeta^2-1}{2\zeta^2},\quad\psi=\min(\psi_1,\psi_2)",
    source="mei2022generalization, Theorem 3 (numbering from memory)",
    assumptions=MODEL,
    domain=LAYER | TARGET,
    claim=Mean(
        theory=lambda **k: theory(lam=0.0, **k), simulation=through(simulation, lambda **k: k | {"lam": 0.0}), sizes=(40, 80, 160)
    ),
    cases=(
        {"activation": "relu", "gamma": 2.0, "inputs": 0.5, "r2": 2.0, "sigma2": 0.2},
        {"activation": "tanh", "gamma": 3.0, "inputs": 0.5, "nonlinear": 0.5, "sigma2": 0.2},
        {"activation": "erf", "gamma": 0.5, "inputs": 0.5, "constant": 0.2, "sigma2": 0.5},
    ),
    rivals={
        "gamma read as n/k": lambda *, gamma, **k: theory(gamma=1 / gamma, lam=0.0, **k),
        "a kernel's interpolator": lambda *, gamma, **k: spherical_features.wide(delta=0.0, **k),
        "features as Gaussian and isotropic": lambda *, gamma, inputs, activation, r2, nonlinear, constant, sigma2: (
            isotropic.ridgeless(gamma=gamma, r2=r2, sigma2=sigma2 + nonlinear + constant)
        ),
    },
    plot={
        "": Plot(at=figures.RELU, lines={"sigma2": (0.0, 0.2, 1.0)}, low=0.05, n=90),
        **figures.ridgeless(theory),
    },
)
