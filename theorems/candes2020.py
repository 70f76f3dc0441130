"""Candes and Sur, The phase transition for the existence of the maximum likelihood estimate in logistic regression (2020)."""

import math

import numpy as np

import simulate.separability
from asymptotics import separability
from theorems import GAMMA, Mean, Plot, Real, Theorem, through

SIGNAL = Real(0, math.inf, "[", default=1.0)
INTERCEPT = Real(-3, 3, "[]", default=0.0)
MODEL = ("rows x ~ N(0, I_p), P(y = 1 | x) = 1/(1 + exp(-b - <x, beta>)), |beta|^2 = r2; `intercept` is b", "p, n -> infinity")
THRESHOLD = r"\gamma^*=\min_{t_0,t}\mathbb E(t_0y+tT-G)_+^2,\quad T=y\langle x,\beta\rangle/r"


def _threshold(*, r2, intercept):
    return separability.threshold(r2=r2, intercept=intercept)


fewest_features = Theorem(
    title="The features per sample from which on two classes are separable",
    statement=THRESHOLD + r",\qquad \tfrac1n\min\{p:\text{some hyperplane separates the rows}\}\to\gamma^*",
    source="candes2020phase, Theorem 1 (numbering from memory)",
    assumptions=(
        *MODEL,
        "features are added one by one, first that along beta; the hyperplane has an intercept of its own",
        "what is tested is how the least of an average over n rows concentrates: the simulation averages over all features "
        "but beta's by the same (.)_+^2, which its own tests check by counting",
    ),
    domain={"r2": SIGNAL, "intercept": INTERCEPT},
    claim=Mean(
        theory=_threshold,
        simulation=through(simulate.separability.fewest_features, lambda **k: k | {"free": True}),
        sizes=(40, 160, 640),
    ),
    cases=({"r2": 0.0}, {"r2": 4.0}, {"r2": 1.0, "intercept": 1.0}),
    rivals={
        "Cover's half": lambda *, r2, intercept: 0.5 + 0.0 * r2,
        "r in place of r2": lambda *, r2, intercept: _threshold(r2=r2**0.5, intercept=intercept),
        "samples per feature": lambda **k: 1 / _threshold(**k),
        "the intercept forgotten": lambda *, r2, intercept: _threshold(r2=r2, intercept=0.0),
    },
    plot=Plot(x="r2", low=0.1, high=100.0, lines={"intercept": (0.0, 1.0, 2.0)}, n=80, value=r"threshold $\gamma^*$"),
)


def _above(*, gamma, **given):
    return np.where(gamma > _threshold(**given), 1.0, 0.0)


phase_transition = Theorem(
    title="The maximum-likelihood estimate of logistic regression exists or not",
    statement=THRESHOLD + r",\qquad P(\text{some hyperplane separates the rows})\to1_{\gamma>\gamma^*}",
    source="candes2020phase, Theorem 1 (numbering from memory)",
    assumptions=(*MODEL, "p/n -> gamma, which is not gamma*; the hyperplane has an intercept of its own"),
    domain={"gamma": GAMMA, "r2": SIGNAL, "intercept": INTERCEPT},
    claim=Mean(
        theory=_above,
        simulation=simulate.separability.separable,
        scale=1.0,
        sizes=(40, 60, 80),
    ),
    cases=({"gamma": 0.05, "r2": 1.0}, {"gamma": 0.45, "r2": 100.0}, {"gamma": 2.1, "r2": 0.04}),
    rivals={
        "Cover's half": lambda *, gamma, **k: np.where(gamma > 0.5, 1.0, 0.0),
        "samples per feature": lambda *, gamma, **k: _above(gamma=1 / gamma, **k),
        "separable below": lambda **k: 1.0 - _above(**k),
    },
    plot=Plot(high=2.0, lines={"r2": (1.0, 9.0)}, n=80, value="share of separable draws"),
)
