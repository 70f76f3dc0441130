"""Ghosh and Belkin, A universal trade-off between the model size, test loss, and training loss of linear predictors (2023)."""

import math

import numpy as np
from scipy.optimize import brentq

import simulate.isotropic
import simulate.tradeoff
from asymptotics import tradeoff
from theorems import GAMMA, LAM, R2, SIGMA2, Bound, Choice, Identity, Mean, Plot, Real, Theorem, through
from theorems.derived import Derived

MODEL = (
    "n samples, p features, gamma = p/n; y = <x, beta> + noise of variance sigma2, independent of x",
    "tau sigma2 is the mean training error, R the mean excess test error; the estimator may know beta",
)
MARCHENKO_PASTUR = "the spectrum of the whitened features tends to the Marchenko-Pastur law; p/n -> gamma"
TAU = Real(0, 1, "[")
AXIS = r"features per sample $p/n$"
FRONTIER = r"R\to\sigma^2\Bigl(\frac{1-\tau}{\sqrt{\gamma-1+\tau}+\sqrt{\gamma\tau}}\Bigr)^2"
ON_NOISE = (
    r"\tau\to\lambda^2\!\int\!\frac{dF(s)}{(s+\lambda)^2},\quad R\to\sigma^2\!\int\!\frac{s\,dF(s)}{(s+\lambda)^2},"
    r"\quad F\text{ the law of }XX^\top\!/n"
)


def _bound(*, n, estimator, features, r2, gamma, tau, sigma2):
    return tradeoff.bound(gamma=gamma, tau=tau, sigma2=sigma2)


def _instead(formula):
    """A rival of the bound that is a formula of (gamma, tau), in units of sigma2."""
    return lambda *, n, estimator, features, r2, gamma, tau, sigma2: sigma2 * formula(gamma, tau)


universal_bound = Theorem(
    title="No linear predictor is small, well trained and good at once: the universal trade-off",
    statement=r"R\ \ge\ \sigma^2\,\frac np\,(1-\sqrt\tau)^2\qquad\text{for every estimator, any features and every }n, p",
    source="ghosh2023universal, Theorem 1 (numbering from memory)",
    assumptions=(*MODEL, "the covariance of the features has full rank; nothing else is asked of them"),
    domain={
        "estimator": Choice(simulate.tradeoff.ESTIMATORS, default="oracle ridge"),
        "features": Choice(("gaussian", "rademacher", "sphere", "elliptical:20", "orthogonal"), default="gaussian"),
        "gamma": GAMMA,
        "tau": TAU,
        "r2": R2,
        "sigma2": SIGMA2,
    },
    claim=Bound(theory=_bound, simulation=simulate.tradeoff.excess, exact=True, sizes=(20, 40)),
    cases=(
        {"features": "orthogonal", "gamma": 3.0, "tau": 0.25, "sigma2": 2.0},
        {"features": "orthogonal", "gamma": 2.0, "tau": 0.04},
        {"features": "gaussian", "gamma": 8.0, "tau": 0.25},
        {"features": "elliptical:20", "gamma": 2.0, "tau": 0.1},
        {"features": "sphere", "estimator": "oracle flow", "gamma": 3.0, "tau": 0.3},
        {"features": "rademacher", "estimator": "ridge", "gamma": 2.0, "tau": 0.2, "r2": 0.5},
        {"features": "gaussian", "estimator": "flow", "gamma": 0.5, "tau": 0.7, "r2": 5.0},
    ),
    rivals={
        "1 - tau for 1 - sqrt(tau)": _instead(lambda gamma, tau: (1 - tau) ** 2 / gamma),
        "1 - sqrt(tau) not squared": _instead(lambda gamma, tau: (1 - tau**0.5) / gamma),
        "p/n for n/p": _instead(lambda gamma, tau: (1 - tau**0.5) ** 2 * gamma),
        "n/(p - n) for n/p": _instead(lambda gamma, tau: (1 - tau**0.5) ** 2 / abs(gamma - 1)),
        "the Marchenko-Pastur frontier for any features": _instead(
            lambda gamma, tau: tradeoff.frontier(gamma=gamma, tau=tau).excess
        ),
    },
    plot=Plot(low=0.35, at={"r2": 0.0, "sigma2": 1.0}, lines={"tau": (0.7, 0.9)}, n=60),
)


def _frontier(*, features, **given):
    return tradeoff.frontier(**given)


frontier = Theorem(
    title="The excess of ridge regression on the noise alone, at a given training error: the frontier",
    statement=FRONTIER,
    source="ghosh2023universal, Theorem 2 (numbering from memory); without lambda: derived here",
    assumptions=(*MODEL, MARCHENKO_PASTUR, "tau >= 1 - gamma"),
    domain={
        "features": Choice(("gaussian", "rademacher", "sphere"), default="gaussian"),
        "gamma": GAMMA,
        "tau": TAU,
        "sigma2": SIGMA2,
    },
    claim=Mean(theory=_frontier, simulation=simulate.tradeoff.excess, sizes=(40, 80, 160)),
    cases=(
        {"features": "gaussian", "gamma": 2.0, "tau": 0.25},
        {"features": "gaussian", "gamma": 0.5, "tau": 0.8, "sigma2": 2.0},
        {"features": "rademacher", "gamma": 3.0, "tau": 0.1},
        {"features": "sphere", "gamma": 4.0, "tau": 0.01},
    ),
    rivals={
        "the universal bound": lambda *, features, **k: tradeoff.bound(**k),
        "gamma - 1 for gamma - 1 + tau": lambda *, features, gamma, tau, sigma2: (
            sigma2 * ((1 - tau) / (abs(gamma - 1) ** 0.5 + (gamma * tau) ** 0.5)) ** 2
        ),
        "sigma in place of sigma2": lambda *, features, sigma2, **k: tradeoff.frontier(sigma2=sigma2**0.5, **k).excess,
        "tau squared: a ratio of norms": lambda *, features, tau, **k: tradeoff.frontier(tau=tau**2, **k).excess,
    },
    plot={
        "": Plot(low=0.35, high=10, at={"sigma2": 1.0}, lines={"tau": (0.7, 0.9)}, n=60),
        "frontier": Plot(
            theory=lambda **k: {"frontier": tradeoff.frontier(**k).excess, "bound": tradeoff.bound(**k)},
            simulation=simulate.tradeoff.excess,
            low=1.02,
            high=30.0,
            lines={"tau": (0.0, 0.1, 0.3, 0.6)},
            of=("frontier", "bound"),
            n=60,
            limits=(3e-3, 30.0),
            log_y=True,
            axis=AXIS,
            value=r"least excess risk / $\sigma^2$",
            text="The least excess risk at training error tau sigma2 (tau chosen here; the paper's figures not verified). At tau = 0 "
            "the frontier has its pole at p = n, which the bound for any features has not.",
        ),
        "level sets": Plot(
            theory=lambda **k: {
                "frontier": tradeoff.least_training_error(**k),
                "bound": tradeoff.least_training_error(universal=True, **k),
            },
            low=0.1,
            high=30.0,
            lines={"excess": (0.05, 0.1, 0.3, 1.0)},
            of=("frontier", "bound"),
            limits=(0.0, 1.0),
            log_y=False,
            axis=AXIS,
            value=r"training error / $\sigma^2$",
            text="The least training error at a given excess risk (over sigma2; levels chosen here); no simulation.",
        ),
    },
)


def _at_penalty(of, claimed, bound):
    """One coordinate of the frontier, `of`, at penalty lam: what ridge regression does on the noise alone, in units of sigma2."""

    def coordinate(**given):
        return getattr(tradeoff.frontier(**given), of)

    return Theorem(
        title=f"The frontier by its penalty: the {claimed} error of ridge regression on the noise alone",
        statement=ON_NOISE,
        source="ghosh2023universal, Theorem 2 (numbering from memory)",
        assumptions=(*MODEL, MARCHENKO_PASTUR, "beta is known, and the noise is fitted by ridge regression"),
        domain={"gamma": GAMMA, "lam": LAM},
        claim=Mean(
            theory=coordinate,
            simulation=through(simulate.isotropic.ridge, lambda **k: k | {"r2": 0.0}),
            of=claimed,
            sizes=(40, 80, 160, 320),
        ),
        cases=({"gamma": 1.1, "lam": 0.3}, {"gamma": 8.0, "lam": 2.0}, {"gamma": 0.5, "lam": 0.3}),
        rivals={
            "gamma read as n/p": lambda *, gamma, lam: coordinate(gamma=1 / gamma, lam=lam),
            "lam scaled by p": lambda *, gamma, lam: coordinate(gamma=gamma, lam=lam * gamma),
            "on the universal bound": lambda *, gamma, lam: bound(gamma, tradeoff.frontier(gamma=gamma, lam=lam)),
        },
    )


frontier_training_error = _at_penalty(
    "tau", "train", lambda gamma, at: tradeoff.least_training_error(gamma=gamma, excess=at.excess, universal=True)
)
frontier_excess = _at_penalty("excess", "excess", lambda gamma, at: tradeoff.bound(gamma=gamma, tau=at.tau))


def _by_quadrature(*, gamma, tau, sigma2):
    """The frontier by the integrals over the Marchenko-Pastur law, lam found by a root search: the trapezoid rule in its angle.

    1 - tau is integrated, which has no pole at s = 0. Where tau is below 1 - gamma, which lam = 0 has, noise costs inf.
    """
    angle = np.pi * (np.arange(16000) + 0.5) / 16000
    s, mass = 1 + gamma + 2 * math.sqrt(gamma) * np.cos(angle), 2 * gamma * np.sin(angle) ** 2 / 16000
    train = lambda t: 1 - tau - np.sum(mass * (s + 2 * math.exp(t)) / (s + math.exp(t)) ** 2)  # noqa: E731
    if train(-60) > 0:
        return math.inf if sigma2 > 0 else 0.0
    lam = math.exp(brentq(train, -60, 60, xtol=1e-14, rtol=1e-14))
    return sigma2 * float(np.sum(mass / (s + lam) ** 2))


frontier_without_penalty = Theorem(
    title="The penalty eliminated from the frontier",
    statement=ON_NOISE + r"\quad\Longleftrightarrow\quad " + FRONTIER,
    source="ghosh2023universal, Theorem 2 (numbering from memory); the right side is derived here",
    assumptions=(
        "F is the law of XX'/n for Marchenko-Pastur features",
        "tau >= 1 - gamma: less has no penalty, and no finite excess unless sigma2 = 0",
    ),
    domain={"gamma": GAMMA, "tau": Real(1e-3, 1, "["), "sigma2": SIGMA2},
    claim=Identity(theory=tradeoff.frontier, other=_by_quadrature, rtol=1e-11),
    cases=(
        {"gamma": 2.0, "tau": 0.25},
        {"gamma": 0.5, "tau": 0.7, "sigma2": 3.0},
        {"gamma": 1.2, "tau": 0.01},
        {"gamma": 30.0, "tau": 0.9},
    ),
    rivals={
        "the universal bound": tradeoff.bound,
        "gamma for sqrt(gamma)": lambda *, gamma, tau, sigma2: sigma2 * ((1 - tau) / (abs(gamma - 1 + tau) + gamma * tau)) ** 2,
    },
    plot=Plot(low=0.8, lines={"tau": (0.25, 0.5)}),
)


def _on_noise(law):
    from sympy import Identity, MatrixSymbol, Trace, symbols

    n, p, lam, sigma2 = symbols("n p lambda sigma2", positive=True)
    X = MatrixSymbol("X", n, p)
    Q = (X * X.T / n + lam * Identity(n)).inverse()
    return {
        "expression": {"tau": lam**2 * Trace(Q * Q) / n, "excess": sigma2 * Trace(X * X.T * Q * Q) / n**2},
        "gaussian": [X],
    }


def _bounded(**given):
    at = tradeoff.frontier(**given)
    return {"tau": at.tau, "excess": tradeoff.bound(gamma=given["gamma"], tau=at.tau, sigma2=given["sigma2"])}


_derived = Derived(_on_noise).of("tau", "excess")

derived_frontier = Theorem(
    title="The frontier is what the expressions of ridge regression on the noise alone give",
    statement=ON_NOISE + r"\quad\Longleftrightarrow\quad " + FRONTIER,
    source="ghosh2023universal, Theorem 2 (numbering from memory); derived here from the expressions",
    assumptions=(*MODEL, MARCHENKO_PASTUR, "beta is known, and the noise is fitted by ridge regression of penalty n lam"),
    domain={"gamma": GAMMA, "lam": LAM, "sigma2": SIGMA2},
    claim=_derived.identity(tradeoff.frontier),
    cases=(
        {"gamma": 2.0, "lam": 0.3},
        {"gamma": 1 + 2.0**-40, "lam": 1e-6, "sigma2": 3.0},
        {"gamma": 0.5, "lam": 0.0, "sigma2": 0.1},
        {"gamma": 30.0, "lam": 100.0},
    ),
    rivals=_derived.rivals("gamma", "lam", "sigma2") | {"on the universal bound": _derived.by(_bounded)},
)
