"""Montanari, Ruan, Sohn and Yan, The generalization error of max-margin linear classifiers (2019)."""

import math

import numpy as np

import simulate.max_margin
from asymptotics import max_margin
from theorems import GAMMA, Choice, Mean, Plot, Real, Theorem

MODEL = (
    "rows x ~ N(0, I_p); P(y = 1 | x) = f(<x, beta>) with |beta|^2 = r2, f logistic, normal (probit), or y = sign <x, beta>",
    "the classifier maximises min_i y_i <x_i, w> over |w| <= 1, without an intercept; where nothing separates the rows it is w = 0",
    "p/n -> gamma",
)
SIGNAL = Real(0, math.inf, default=1.0)
DOMAIN = {"labels": Choice(("logistic", "probit", "sign"), default="logistic"), "gamma": GAMMA, "r2": SIGNAL}
THEORY = (
    r"u=\rho T+\sqrt{1-\rho^2}\,G,\ T=y\langle x,\beta\rangle/r:\quad m=\max\bigl\{m:\min_\rho\bigl[\mathbb E(m-u)_+^2"
    r"-\gamma(1-\rho^2)\bigr]\le0\bigr\}"
)
CASES = (
    {"gamma": 1.0, "r2": 4.0},
    {"gamma": 3.0, "r2": 25.0},
    {"labels": "probit", "gamma": 2.0, "r2": 9.0},
    {"labels": "sign", "gamma": 1.0, "r2": 3.0},
)


def rivals(of):
    """What people get wrong; `of` is the field that is claimed."""

    def at(**given):
        return getattr(max_margin.max_margin(**given), of)

    return {
        "gamma read as n/p": lambda *, gamma, **k: at(gamma=1 / gamma, **k),
        "r in place of r2": lambda *, r2, **k: at(r2=r2**0.5, **k),
        "two Gaussian classes": lambda *, labels, **k: at(labels="mixture", **k),
        "labels without noise": lambda *, labels, **k: at(labels="sign", **k),
    }


margin = Theorem(
    title="The margin of the max-margin classifier, labels of a linear signal",
    statement=THEORY + r",\qquad \max_{\|w\|=1}\min_iy_i\langle x_i,w\rangle\to m",
    source="montanari2019generalization, Theorem 3 (numbering from memory)",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=Mean(theory=max_margin.max_margin, simulation=simulate.max_margin.max_margin, of="margin", sizes=(20, 40, 80)),
    cases=CASES,
    rivals=rivals("margin"),
    plot=Plot(low=0.3, high=10.0, at={"labels": "logistic"}, lines={"r2": (1.0, 9.0, 100.0)}, n=80),
)

error = Theorem(
    title="The test error of the max-margin classifier, labels of a linear signal",
    statement=THEORY + r",\qquad P(y\langle x,\hat w\rangle<0)\to P(u<0)\text{ at }(m,\rho)",
    source="montanari2019generalization, Theorem 3 (numbering from memory)",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=Mean(theory=max_margin.max_margin, simulation=simulate.max_margin.max_margin, of="error", sizes=(20, 40, 80)),
    cases=CASES,
    rivals=rivals("error") | {"twice the error": lambda **k: 2 * np.asarray(max_margin.max_margin(**k).error)},
    plot=Plot(low=0.3, high=10.0, at={"labels": "logistic"}, lines={"r2": (1.0, 9.0, 100.0)}, n=80),
)
