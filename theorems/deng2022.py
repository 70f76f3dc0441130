"""Deng, Kammoun and Thrampoulidis, A model of double descent for high-dimensional binary linear classification (2022)."""

import math

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

import simulate.logistic
import simulate.max_margin
from asymptotics import logistic, max_margin
from theorems import GAMMA, Identity, Mean, Plot, Real, Theorem, through

MODEL = (
    "y = +-1 with equal weights, rows x = y mu + z with z ~ N(0, I_p) and |mu|^2 = r2; no intercept",
    "p/n -> gamma",
)
MARGIN = ("the classifier maximises min_i y_i <x_i, w> over |w| <= 1; where nothing separates the rows it is w = 0", *MODEL)
SIGNAL = Real(0, math.inf, default=1.0)
CLOSED = (
    r"\gamma\,\psi_2(c)+r^2\psi_1(c)^2=\gamma^2,\quad \psi_k(c)=\mathbb E(c-G)_+^k:\qquad "
    r"m=c+\frac{r^2\psi_1(c)}{\gamma},\quad \rho=\frac{r\,\psi_1(c)}{\gamma}"
)


def _solved(*, gamma, r2):
    """c, rho and m of the one equation, left of which nothing is separated."""

    def psi(c):
        below, density = ndtr(c), math.exp(-0.5 * c * c) / math.sqrt(2 * math.pi)
        return c * below + density, (1 + c * c) * below + c * density

    def left(c):
        first, second = psi(c)
        return gamma * second + r2 * first**2 - gamma**2

    c = brentq(left, -40.0, 2 + 2 * math.sqrt(gamma), xtol=1e-15)
    return c, math.sqrt(r2) * psi(c)[0] / gamma, c + r2 * psi(c)[0] / gamma


def _closed(of):
    def theory(**given):
        return np.vectorize(lambda **k: of(*_solved(**k), math.sqrt(k["r2"])), otypes=[float])(**given)

    return theory


_margin = _closed(lambda c, rho, m, r: max(m, 0.0))
_error = _closed(lambda c, rho, m, r: ndtr(-rho * r) if m > 0 else 0.5)


def _two_classes(**given):
    return given | {"labels": "mixture"}


def _theory(**given):
    return max_margin.max_margin(**_two_classes(**given))


_simulation = through(simulate.max_margin.max_margin, _two_classes)
RIVALS = {
    "gamma read as n/p": lambda theory: lambda *, gamma, **k: theory(gamma=1 / gamma, **k),
    "r in place of r2": lambda theory: lambda *, r2, **k: theory(r2=r2**0.5, **k),
    "classes 2 mu apart read as mu": lambda theory: lambda *, r2, **k: theory(r2=r2 / 4, **k),
}

mixture_margin = Theorem(
    title="The margin of the max-margin classifier, two Gaussian classes",
    statement=CLOSED + r",\qquad \max_{\|w\|=1}\min_iy_i\langle x_i,w\rangle\to m",
    source="deng2022model, section 4; montanari2019generalization, Theorem 3 (numbering from memory)",
    assumptions=MARGIN,
    domain={"gamma": GAMMA, "r2": SIGNAL},
    claim=Mean(theory=_theory, simulation=_simulation, of="margin", sizes=(20, 40, 80)),
    cases=({"gamma": 3.0, "r2": 1.0}, {"gamma": 3.0, "r2": 2.25}),
    rivals={k: v(_margin) for k, v in RIVALS.items()} | {"signal lost from m": _closed(lambda c, rho, m, r: max(c, 0.0))},
    plot=Plot(low=0.1, high=10.0, lines={"r2": (0.25, 1.0, 4.0)}, n=80),
)

mixture_error = Theorem(
    title="The test error of the max-margin classifier, two Gaussian classes",
    statement=CLOSED + r",\qquad P(y\langle x,\hat w\rangle<0)\to\Phi(-\rho r)",
    source="deng2022model, section 4 (numbering from memory)",
    assumptions=MARGIN,
    domain={"gamma": GAMMA, "r2": SIGNAL},
    claim=Mean(theory=_theory, simulation=_simulation, of="error", sizes=(20, 40, 80)),
    cases=({"gamma": 3.0, "r2": 1.0}, {"gamma": 1.5, "r2": 0.5}),
    rivals={k: v(_error) for k, v in RIVALS.items()}
    | {
        "the best classifier's error": lambda *, gamma, r2: ndtr(-np.sqrt(r2) + 0 * gamma),
        "margin for rho r": _closed(lambda c, rho, m, r: ndtr(-m)),
    },
    plot=Plot(low=0.1, high=10.0, lines={"r2": (0.25, 1.0, 4.0)}, n=80),
)

mixture_equation = Theorem(
    title="Two Gaussian classes: the max-margin problem is one equation",
    statement=CLOSED,
    source="deng2022model, section 4 (numbering from memory; the equation is derived here)",
    assumptions=MARGIN,
    domain={"gamma": GAMMA, "r2": SIGNAL},
    claim=Identity(theory=_theory, other=_margin, of="margin"),
    cases=({"gamma": 0.2, "r2": 4.0}, {"gamma": 1.0, "r2": 1.0}, {"gamma": 30.0, "r2": 9.0}, {"gamma": 0.1, "r2": 0.5}),
    rivals={"r2 not squared in the second term": _closed(lambda c, rho, m, r: max(c + rho, 0.0))},
)

mixture_likelihood = Theorem(
    title="Double descent of logistic regression without a penalty, two Gaussian classes",
    statement=r"\gamma<\gamma^*:\ \hat w\text{ maximises the likelihood};\quad \gamma>\gamma^*:\ \hat w\text{ maximises the margin},\quad "
    r"\gamma^*=\min_t(1+t^2)\,\psi_2\!\Bigl(\frac{tr}{\sqrt{1+t^2}}\Bigr);\qquad P(y\langle x,\hat w\rangle<0)\to\Phi(-\rho r)",
    source="deng2022model, Theorem 1 (numbering from memory)",
    assumptions=(
        "w is the limit of the ridge-penalised fit as the penalty vanishes; rho solves the system of salehi2019.error",
        *MODEL,
    ),
    domain={"gamma": GAMMA, "r2": SIGNAL},
    claim=Mean(
        theory=lambda **k: logistic.ridgeless(labels="mixture", **k),
        simulation=through(simulate.logistic.ridge, lambda **k: k | {"labels": "mixture", "lam": 0.0}),
        of="error",
        sizes=(40, 80, 160),
    ),
    cases=({"gamma": 0.1, "r2": 1.0}, {"gamma": 0.2, "r2": 0.25}, {"gamma": 2.0, "r2": 0.5}),
    rivals={
        "max margin everywhere": _error,
        "r in place of r2": lambda *, r2, **k: logistic.ridgeless(labels="mixture", r2=r2**0.5, **k),
        "labels of a logistic signal": lambda **k: logistic.ridgeless(labels="logistic", **k),
        "the least-squares classifier": lambda *, gamma, r2: ndtr(-r2 / np.sqrt(r2 + gamma)),
    },
    plot=Plot(low=0.05, high=5.0, lines={"r2": (0.25, 1.0, 4.0)}, n=80),
)
