"""Phases in the signal-to-noise ratio: when no penalty is best, and when infinitely many features are."""

import numpy as np

from asymptotics import phases, spherical_features
from asymptotics.activations import hermite
from theorems import Identity, Theorem, each
from theorems.mei2022.sphere import INPUTS, LINEAR, MODEL

RATIO = (
    r"\rho=\frac{F_1^2}{F_*^2+\tau^2},\ \zeta=\frac{\mu_1}{\mu_*},\ \psi=\frac nd,\ "
    r"\omega^2+(\psi\zeta^2-\zeta^2-1)\omega=\psi\zeta^2,\ \omega<0:\quad "
)


def _slope_vanishes(*, inputs, activation):
    """The ratio at which the paper's risk of the wide limit has no slope in the penalty at 0, by a complex step.

    Its D is (w - 1)(psi (w - 1)^2 - w^2), and 1/w = u has no digits to lose: the parts of the risk are 1/E and psi u^2/E.
    """
    phi, psi = hermite(activation), 1 / inputs
    z2, penalty = phi.mu1**2 / phi.mu_star2, 1e-30j
    b = psi * z2 - z2 - penalty - 1
    root = np.sqrt(b * b + 4 * psi * z2 * (penalty + 1))
    u = -2 * (penalty + 1) / (root + b) if b.real > 0 else (b - root) / (2 * psi * z2)
    E = psi * (1 - u) ** 2 - 1
    return -(1 / E).imag / (psi * u**2 / E).imag


interpolation_is_optimal = Theorem(
    title="Infinitely many random features: no penalty is best if and only if the signal outweighs the noise enough",
    statement=RATIO + r"\min_\lambda R_{\rm wide}=R_{\rm wide}(0)\iff\rho\ge\frac{\omega^2-\omega}{(1-\psi)\omega+\psi}=\zeta^2",
    source="mei2022generalization, section 5 (from memory); the right-hand side is derived here",
    assumptions=("the value is the least rho; k/n -> inf, d/n -> `inputs`", *MODEL[:2]),
    domain={"inputs": INPUTS, **LINEAR},
    claim=Identity(
        theory=lambda *, inputs, activation: phases.interpolation(activation=activation) + 0 * np.asarray(inputs),
        other=_slope_vanishes,
        rtol=1e-10,
    ),
    cases=(
        {"inputs": 0.5, "activation": "relu"},
        {"inputs": 1.0, "activation": "tanh"},
        {"inputs": 4.0, "activation": "sign"},
    ),
    rivals={
        "zeta": lambda *, inputs, activation: phases.interpolation(activation=activation) ** 0.5,
        "more samples, more signal": lambda *, inputs, activation: phases.interpolation(activation=activation) * inputs,
        "infinitely many beat none": phases.overparametrisation,
    },
)


def _searched(*, inputs, activation):
    """The least rho at which the ridgeless curve is nowhere below its end: the largest of (V_wide - V)/(B - B_wide) along it."""

    def excess(gamma, r2, sigma2):
        at = {"activation": activation, "r2": r2, "sigma2": sigma2}
        if gamma is None:
            return spherical_features.wide(inputs=inputs, delta=0.0, **at).excess
        return spherical_features.ridgeless(gamma=gamma, psi=inputs / gamma, **at).excess

    gamma = np.concatenate([np.geomspace(1e-14 * min(inputs, 1.0), 0.99, 400), np.geomspace(1.01, 100, 100)])
    signal, noise = (excess(gamma, *unit) - excess(None, *unit) for unit in ((1.0, 0.0), (0.0, 1.0)))
    return float(np.max(-noise / signal))


overparametrisation_is_optimal = Theorem(
    title="Without penalty, infinitely many random features beat any number of them if and only if they beat none",
    statement=RATIO + r"\min_kR(\lambda=0)=R_{\rm wide}(0)\iff\rho\ge\rho^*=\frac{-\omega}{(1-\psi)\omega+2\psi}",
    source="mei2022generalization, section 5 (from memory); in this form derived here",
    assumptions=("the value is rho*; d/n -> `inputs`", *MODEL),
    domain={"inputs": INPUTS, **LINEAR},
    claim=Identity(theory=phases.overparametrisation, other=each("inputs", _searched), rtol=1e-10),
    cases=(
        {"inputs": 0.5, "activation": "relu"},
        {"inputs": 1.0, "activation": "tanh"},
        {"inputs": 4.0, "activation": "sign"},
    ),
    rivals={
        "where no penalty is best": lambda *, inputs, activation: phases.interpolation(activation=activation),
        "n/d for d/n": lambda *, inputs, activation: phases.overparametrisation(inputs=1 / inputs, activation=activation),
        "the linear share of the activation": lambda *, inputs, activation: hermite(activation).linear,
    },
)
