"""Salehi, Abbasi and Hassibi, The impact of regularization on high-dimensional logistic regression (2019)."""

import math

import numpy as np
from scipy.special import expit, ndtr

import simulate.logistic
from asymptotics import logistic
from asymptotics.errors import ConvergenceError
from theorems import GAMMA, Choice, Identity, Mean, Plot, Real, Theorem

MODEL = (
    "rows x ~ N(0, I_p), P(y = 1 | x) = f(<x, beta>) with |beta|^2 = r2 (or two Gaussian classes at -mu and mu, |mu|^2 = r2)",
    "w minimises (1/n) sum l(y_i <x_i, w>) + (lam/2) |w|^2 with l(z) = log(1 + e^-z), no intercept; p/n -> gamma",
)
PENALTY = Real(0, math.inf, default=0.1)
SIGNAL = Real(0, math.inf, default=1.0)
DOMAIN = {
    "labels": Choice(("logistic", "probit", "sign", "mixture"), default="logistic"),
    "gamma": GAMMA,
    "lam": PENALTY,
    "r2": SIGNAL,
}
SYSTEM = (
    r"u=\rho T+\sqrt{1-\rho^2}\,G,\ T=y\langle x,\beta\rangle/r,\ z+\eta\,\ell'(z)=qu:\quad "
    r"\eta^2\,\mathbb E\,\ell'(z)^2=\gamma q^2(1-\rho^2),\quad "
    r"\mathbb E\frac{\eta\,\ell''(z)}{1+\eta\,\ell''(z)}=\gamma-\lambda\eta,\quad \mathbb E\,T\,\ell'(z)=-\lambda q\rho"
)
CASES = (
    {"gamma": 3.0, "lam": 0.1, "r2": 9.0},
    {"gamma": 0.5, "lam": 1.0, "r2": 25.0},
    {"labels": "mixture", "gamma": 2.0, "lam": 0.5, "r2": 0.5},
    {"labels": "sign", "gamma": 3.0, "lam": 0.3, "r2": 3.0},
)


def _claim(of, sizes=(20, 40, 80)):
    return Mean(theory=logistic.ridge, simulation=simulate.logistic.ridge, of=of, sizes=sizes)


def _rivals(of):
    def at(**given):
        return getattr(logistic.ridge(**given), of)

    return {
        "gamma read as n/p": lambda *, gamma, **k: at(gamma=1 / gamma, **k),
        "r in place of r2": lambda *, r2, **k: at(r2=r2**0.5, **k),
        "lam scaled by p": lambda *, lam, gamma, **k: at(lam=lam * gamma, gamma=gamma, **k),
        "lam halved": lambda *, lam, **k: at(lam=lam / 2, **k),
        "labels without noise": lambda *, labels, **k: at(labels="sign", **k),
    }


error = Theorem(
    title="The test error of ridge-penalised logistic regression",
    statement=SYSTEM + r",\qquad P(y\langle x,\hat w\rangle<0)\to P(u<0)",
    source="salehi2019impact, Theorem 2 (numbering from memory)",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=_claim("error"),
    cases=(CASES[0], *CASES[2:]),
    rivals={k: v for k, v in _rivals("error").items() if "lam" not in k},  # the error hardly depends on lam: see norm
    plot=Plot(low=0.1, high=10.0, at={"labels": "logistic", "r2": 9.0}, lines={"lam": (0.001, 0.1, 1.0)}, n=80),
)

norm = Theorem(
    title="The squared norm of ridge-penalised logistic regression",
    statement=SYSTEM + r",\qquad \|\hat w\|^2\to q^2",
    source="salehi2019impact, Theorem 2 (numbering from memory)",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=_claim("norm2"),
    cases=CASES,
    rivals=_rivals("norm2"),
    plot=Plot(low=0.1, high=10.0, at={"labels": "logistic", "r2": 9.0}, lines={"lam": (0.001, 0.1, 1.0)}, n=80),
)

training_loss = Theorem(
    title="The training loss of ridge-penalised logistic regression",
    statement=SYSTEM + r",\qquad \frac1n\sum_i\ell(y_i\langle x_i,\hat w\rangle)\to\mathbb E\,\ell(z)",
    source="salehi2019impact, Theorem 2 (from memory)",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=_claim("train"),
    cases=({"gamma": 3.0, "lam": 1.0, "r2": 4.0}, *CASES[1:]),
    rivals=_rivals("train") | {"the loss of a new row": lambda **k: logistic.ridge(**k).test},
)


def _iterated(*, labels, gamma, lam, r2):
    """|w|^2 by the fixed point of loureiro2021learning, for one teacher and unit covariance: overlaps m, q, V and their conjugates.

    Rows y x have first coordinate T, of density 2 phi(t) f(r t) or phi(t - r): integrals over (T, G) are sums in two dimensions.
    """
    r, t, g = math.sqrt(r2), np.arange(-12, 12, 1 / 16)[:, None], np.arange(-9, 9, 1 / 8)[None, :]
    t = t + r if labels == "mixture" else t
    f = {"mixture": lambda: np.exp(r * t - r2 / 2), "logistic": lambda: 2 * expit(r * t), "probit": lambda: 2 * ndtr(r * t)}[
        labels
    ]()
    weight = f * np.exp(-0.5 * (t**2 + g**2)) / (16 * 8 * 2 * math.pi)
    m, q, V = 0.0, 1.0, 1.0  # <w, e>, |w|^2, width of the proximal map
    for _ in range(1000):
        x = m * t + math.sqrt(q - m * m) * g
        z, step = np.maximum(x, 0.0), 1.0
        while np.max(np.abs(step)) > 1e-13 * (1 + np.max(np.abs(z))):
            step = (z - V * expit(-z) - x) / (1 + V * expit(-z) * expit(z))
            z = z - step
        l1, l2 = expit(-z), expit(-z) * expit(z)
        V_hat = np.sum(weight * l2 / (1 + V * l2)) / gamma
        q_hat, m_hat = np.sum(weight * l1**2) / gamma, np.sum(weight * t * l1) / gamma + m * V_hat
        V_new = 1 / (lam / gamma + V_hat)
        last, found = np.array([m, q, V]), np.array([m_hat * V_new, (q_hat + m_hat**2) * V_new**2, V_new])
        if np.all(np.abs(found - last) <= 1e-13 * np.array([math.sqrt(q), q, V])):
            return q
        m, q, V = (found + last) / 2  # half a step: a whole one may go to and fro for ever
    raise ConvergenceError("the fixed point", residual=float(abs(found[1] / q - 1)), iterations=1000, causes="a tiny penalty")


state_evolution = Theorem(
    title="The convex min-max system is the fixed point of the teacher-student model",
    statement=r"\hat V=\tfrac1\gamma\mathbb E\frac{\ell''(z)}{1+V\ell''(z)},\ \hat q=\tfrac1\gamma\mathbb E\,\ell'(z)^2,\ "
    r"\hat m=-\tfrac1\gamma\mathbb E\,T\ell'(z)+m\hat V;\quad V=\frac1{\lambda/\gamma+\hat V},\ m=V\hat m,\ q=V^2(\hat q+\hat m^2)",
    source="loureiro2021learning, Theorem 4 (numbering from memory), unit covariances",
    assumptions=MODEL,
    domain=DOMAIN  # of r2 and lam as the grid of the second route resolves them
    | {
        "labels": Choice(("logistic", "probit", "mixture"), default="logistic"),
        "lam": Real(0.01, math.inf, "[", default=0.1),
        "r2": Real(0.0, 16.0, "]", default=1.0),
    },
    claim=Identity(theory=logistic.ridge, other=_iterated, of="norm2", rtol=1e-10),
    cases=(
        {"gamma": 0.5, "lam": 0.1, "r2": 4.0},
        {"gamma": 2.0, "lam": 0.5, "r2": 9.0},
        {"labels": "mixture", "gamma": 1.0, "lam": 0.2, "r2": 2.25},
        {"labels": "probit", "gamma": 0.3, "lam": 0.05, "r2": 1.0},
    ),
    rivals={k: v for k, v in _rivals("norm2").items() if k in ("gamma read as n/p", "lam scaled by p")},
)
