"""Mei and Montanari, The generalization error of random features regression: precise asymptotics and double descent curve (2022).

The records take d/n, called `inputs`, in place of psi = d/k: along a figure's axis k/n the data stay the same. The paper has
psi_1 = gamma/inputs, psi_2 = 1/inputs, and the penalty lam/psi_1.
"""

import numpy as np

import simulate.spherical_features
from asymptotics import isotropic, random_features, spherical_features
from asymptotics.activations import hermite
from theorems import GAMMA, LAM, R2, SIGMA2, Choice, Identity, Mean, Plot, Real, Theorem, through
from theorems.plots import mei2022 as figures

MODEL = (
    "x and the rows of W uniform on the sphere of radius sqrt d; k features phi(<w, x>/sqrt d), as they are",
    "y = b0 + <b1, x> + g(x) + noise, |b1|^2 = r2, b0^2 = `constant`, g a Gaussian process of variance `nonlinear`, orthogonal to linear",
    "coefficients (X'X + n lam)^-1 X'y; k/n -> gamma, d/n -> `inputs`",
    "mu0 = E phi(G), mu1 = E G phi(G), mu_*^2 = Var phi(G) - mu1^2; where mu0 = 0 the constant counts as nonlinear",
)
PART = Real(0.0, 1e6, "[", default=0.0)
INPUTS = Real(0.0, 1e3)
LAYER = {"gamma": GAMMA, "inputs": INPUTS, "activation": Choice(("relu", "tanh", "erf", "abs", "sign"))}
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


def _view(*, gamma, inputs, activation, lam, r2, nonlinear, sigma2):
    at = spherical_features.spectrum(activation=activation, nonlinear=nonlinear)
    return random_features.ridge(at, gamma=gamma, psi=inputs / gamma, lam=lam * inputs / gamma, r2=r2, sigma2=sigma2)


def _relative(*, nonlinear, r2, **given):
    """`nonlinear` per r2, as a spectrum has it."""
    return theory(nonlinear=nonlinear * r2, r2=r2, **given)


LINEAR = {"activation": Choice(("relu", "tanh", "erf", "sign"))}  # with a linear part, and another
IDENTITIES = (
    {"activation": "relu", "gamma": 2.0, "inputs": 0.5, "lam": 0.05, "nonlinear": 0.5, "sigma2": 0.2},
    {"activation": "tanh", "gamma": 0.5, "inputs": 2.0, "lam": 0.3, "r2": 2.0, "sigma2": 0.5},
    {"activation": "erf", "gamma": 1.0, "inputs": 0.2, "lam": 0.01, "nonlinear": 2.0},
    {"activation": "sign", "gamma": 4.0, "inputs": 1.0, "lam": 1.0, "r2": 0.5},
    {"activation": "relu", "gamma": 0.2, "inputs": 0.1, "lam": 0.02, "nonlinear": 0.1, "sigma2": 2.0},
    {"activation": "tanh", "gamma": 10.0, "inputs": 3.0, "lam": 0.5, "nonlinear": 1.0},
)

eigenframework = Theorem(
    title="Mei and Montanari's formula is the eigenframework's for d eigenvalues mu1^2/d and a tail mu_*^2",
    statement=r"s_1=\dots=s_d=\frac{\mu_1^2}{d},\ \sum_{i>d}s_i=\mu_*^2:\quad R_{\rm MM}=R_{\rm eigen},\qquad \delta=\frac{n\lambda}{k}",
    source="simon2024more, equations (6) to (9) (numbering from memory); mei2022generalization, Theorem 2",
    assumptions=(*MODEL[2:], "`nonlinear` is relative to r2"),
    domain=LAYER | LINEAR | {"lam": LAM, "r2": R2, "nonlinear": PART, "sigma2": SIGMA2},
    claim=Identity(theory=_relative, other=_view, rtol=1e-12),
    cases=IDENTITIES,
    rivals={
        "delta = n lam": lambda *, lam, gamma, inputs, **k: _relative(lam=lam * gamma / inputs, gamma=gamma, inputs=inputs, **k),
        "no tail": lambda *, activation, **k: _relative(activation="identity", **k),
    },
)


def _paper(*, gamma, inputs, activation, lam, r2, nonlinear, sigma2):
    """Eqs (16) to (20) as they stand, chi = nu1 nu2 by bisection of Eq. (15) on the imaginary axis."""
    from scipy.optimize import brentq

    phi, p1, p2 = hermite(activation), gamma / inputs, 1 / inputs
    z2 = phi.mu1**2 / phi.mu_star2
    xi = np.sqrt(p2 * lam / phi.mu_star2)  # of the paper's i xi

    def gap(m1):
        m2 = m1 - (p1 - p2) / xi  # (15) for nu1 and nu2, subtracted
        return m1 * (xi + m2 + z2 * m2 / (1 + z2 * m1 * m2)) - p1

    m1 = brentq(gap, max(0.0, (p1 - p2) / xi), p1 / xi, xtol=1e-300, rtol=1e-15)
    c = -m1 * (m1 - (p1 - p2) / xi)
    z4, z6 = z2**2, z2**3
    e0 = (
        -(c**5) * z6 + 3 * c**4 * z4 + (p1 * p2 - p1 - p2 + 1) * c**3 * z6 - 2 * c**3 * z4 - 3 * c**3 * z2
        + (p1 + p2 - 3 * p1 * p2 + 1) * c**2 * z4 + 2 * c**2 * z2 + c**2 + 3 * p1 * p2 * c * z2 - p1 * p2
    )  # fmt: skip
    e1 = p2 * c**3 * z4 - p2 * c**2 * z2 + p1 * p2 * c * z2 - p1 * p2
    e2 = (
        c**5 * z6 - 3 * c**4 * z4 + (p1 - 1) * c**3 * z6 + 2 * c**3 * z4 + 3 * c**3 * z2
        + (-p1 - 1) * c**2 * z4 - 2 * c**2 * z2 - c**2
    )  # fmt: skip
    return r2 * e1 / e0 + (sigma2 + nonlinear) * e2 / e0 + nonlinear


polynomials = Theorem(
    title="One real equation and sums of positive terms give the paper's polynomials",
    statement=r"R=F_1^2\frac{E_1(\chi)}{E_0(\chi)}+(\tau^2+F_*^2)\frac{E_2(\chi)}{E_0(\chi)}+F_*^2,\quad\chi=\nu_1\nu_2(i\xi),\ "
    r"\xi^2=\psi_1\psi_2\frac{\lambda_{\rm MM}}{\mu_*^2}",
    source="mei2022generalization, Eqs (15) to (20)",
    assumptions=MODEL[2:],
    domain=LAYER | LINEAR | {"lam": Real(0.0, 1e6), "r2": R2, "nonlinear": PART, "sigma2": SIGMA2},
    claim=Identity(theory=theory, other=_paper, rtol=1e-11),
    cases=IDENTITIES,
    rivals={
        "lambda = lam": lambda *, lam, gamma, inputs, **k: theory(lam=lam * gamma / inputs, gamma=gamma, inputs=inputs, **k),
        "psi_1 and psi_2 swapped": lambda *, gamma, inputs, **k: theory(gamma=1 / gamma, inputs=inputs / gamma, **k),
        "F_* not in the variance": lambda *, nonlinear, **k: theory(nonlinear=0.0, **k).excess + nonlinear,
    },
)


def _omega(psi, z2, penalty):
    """omega of both limits, and D; `penalty` is the paper's lambda psi/mu_*^2."""
    b = psi * z2 - z2 - penalty - 1
    w = -(np.sqrt(b * b + 4 * psi * z2 * (penalty + 1)) + b) / (2 * (penalty + 1))
    return w, (psi - 1) * w**3 + (1 - 3 * psi) * w**2 + 3 * psi * w - psi


def _wide(*, inputs, activation, delta, r2, nonlinear, sigma2):
    phi, psi = hermite(activation), 1 / inputs
    w, D = _omega(psi, phi.mu1**2 / phi.mu_star2, delta / phi.mu_star2)
    return (r2 * (psi * w - psi) + (sigma2 + nonlinear) * (w**3 - w**2)) / D + nonlinear


def _linear(*, inputs, activation, delta, r2, nonlinear, sigma2, tail=True):
    """Ridge regression on the inputs themselves."""
    phi = hermite(activation)
    lam = inputs * (delta + tail * phi.mu_star2) / phi.mu1**2
    return isotropic.ridge(gamma=inputs, lam=lam, r2=r2, sigma2=sigma2 + nonlinear).excess + nonlinear


wide_limit = Theorem(
    title="Infinitely many features are ridge regression on the inputs, with the nonlinear part as ridge and as noise",
    statement=r"\psi_1\to\infty:\quad R\to F_1^2\frac{\psi\omega-\psi}{D}+(\tau^2+F_*^2)\frac{\omega^3-\omega^2}{D}+F_*^2,\quad "
    r"D=(\psi-1)\omega^3+(1-3\psi)\omega^2+3\psi\omega-\psi,\ \psi=\psi_2",
    source="mei2022generalization, section on wide networks (from memory)",
    assumptions=("k/n -> inf with delta = n lam/k kept; d/n -> `inputs`", *MODEL[:2]),
    domain={"inputs": INPUTS, **LINEAR, "delta": LAM, "r2": R2, "nonlinear": PART, "sigma2": SIGMA2},
    claim=Identity(theory=spherical_features.wide, other=_wide, rtol=1e-11),
    cases=(
        {"activation": "relu", "inputs": 0.5, "delta": 0.1, "nonlinear": 0.5},
        {"activation": "tanh", "inputs": 2.0, "delta": 0.0, "sigma2": 0.1},
        {"activation": "sign", "inputs": 1.0, "delta": 1.0, "r2": 2.0},
    ),
    rivals={
        "the nonlinear features' ridge forgotten": lambda **k: _linear(tail=False, **k),
        "the nonlinear part not noise": lambda *, nonlinear, **k: spherical_features.wide(**k).excess + nonlinear,
    },
    plot=figures.FIGURE_5,
)


def _large_sample(*, psi, activation, lam, r2, nonlinear, sigma2):
    phi, p1 = hermite(activation), 1 / psi
    z2 = phi.mu1**2 / phi.mu_star2
    w, D = _omega(p1, z2, lam / phi.mu_star2)
    return r2 * ((w**3 - w**2) / z2 + p1 * w - p1) / D + nonlinear


large_sample_limit = Theorem(
    title="Infinitely many samples: what the features cannot express",
    statement=r"\psi_2\to\infty:\quad R\to F_1^2\frac{(\omega^3-\omega^2)/\zeta^2+\psi\omega-\psi}{D}+F_*^2,\quad\psi=\psi_1",
    source="mei2022generalization, section on large samples (from memory)",
    assumptions=("n/k -> inf at fixed lam; d/k -> psi", *MODEL[:2]),
    domain={"psi": INPUTS, **LINEAR, "lam": LAM, "r2": R2, "nonlinear": PART, "sigma2": SIGMA2},
    claim=Identity(theory=spherical_features.large_sample, other=_large_sample, rtol=1e-11),
    cases=(
        {"activation": "relu", "psi": 0.5, "lam": 0.1, "nonlinear": 0.5},
        {"activation": "tanh", "psi": 2.0, "lam": 0.0, "sigma2": 0.1},
        {"activation": "sign", "psi": 1.0, "lam": 1.0, "r2": 2.0},
    ),
    rivals={
        "the wide limit's": lambda *, psi, lam, **k: spherical_features.wide(inputs=psi, delta=lam, **k),
        "a projection on k of d directions": lambda *, psi, r2, nonlinear, **_: r2 * np.maximum(1 - 1 / psi, 0.0) + nonlinear,
    },
)
