"""Infinitely many features, and infinitely many samples."""

import numpy as np

from asymptotics import isotropic, spherical_features
from asymptotics.activations import hermite
from theorems import LAM, R2, SIGMA2, Identity, Theorem
from theorems.mei2022 import figures
from theorems.mei2022.sphere import INPUTS, LINEAR, MODEL, PART

OMEGA = (
    r"\zeta=\frac{\mu_1}{\mu_*},\ (1+\Lambda)\omega^2+(\psi\zeta^2-\zeta^2-\Lambda-1)\omega=\psi\zeta^2,\ \omega<0,\ "
    r"D=(\psi-1)\omega^3+(1-3\psi)\omega^2+3\psi\omega-\psi:\quad "
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
    statement=OMEGA + r"\psi_1\to\infty,\ \psi=\psi_2=\frac nd,\ \Lambda=\frac{\delta}{\mu_*^2}:\quad "
    r"R\to F_1^2\frac{\psi\omega-\psi}{D}+(\tau^2+F_*^2)\frac{\omega^3-\omega^2}{D}+F_*^2",
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
    statement=OMEGA + r"\psi_2\to\infty,\ \psi=\psi_1=\frac kd,\ \Lambda=\frac{\lambda}{\mu_*^2}:\quad "
    r"R\to F_1^2\frac{(\omega^3-\omega^2)/\zeta^2+\psi\omega-\psi}{D}+F_*^2",
    source="mei2022generalization, section on large samples (from memory)",
    assumptions=("n/k -> inf at fixed lam; d/k -> `psi`, which is 1/psi_1", *MODEL[:2]),
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
