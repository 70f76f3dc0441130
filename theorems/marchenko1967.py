"""Marchenko and Pastur, Distribution of eigenvalues for some sets of random matrices (1967)."""

from typing import Any

import numpy as np

import simulate.eigenvalues
from asymptotics import isotropic, marchenko_pastur, sample_covariance, spectra
from theorems import GAMMA, LAM, Choice, Identity, Law, Mean, Plot, Real, Theorem
from theorems.derived import Derived
from theorems.model import Model

MODEL = (
    "X is n x p with independent entries of mean 0 and variance 1",
    "p, n -> infinity with p/n -> gamma",
)


class _Density:
    """Rival: the same density with its atom at zero lost, mass rescaled to one."""

    def __init__(self, gamma):
        self.law, self.atom = marchenko_pastur.law(gamma=gamma), max(0.0, 1 - 1 / gamma)

    def quantile(self, u):
        return self.law.quantile(self.atom + (1 - self.atom) * np.asarray(u))

    def cdf(self, x):
        return (self.law.cdf(x) - self.atom) / (1 - self.atom)


class _Scaled:
    """Rival: a law read in other units."""

    def __init__(self, law, unit):
        self.law, self.unit = law, unit

    def quantile(self, u):
        return self.unit * self.law.quantile(u)

    def cdf(self, x):
        return self.law.cdf(np.asarray(x) / self.unit)


eigenvalues = Theorem(
    title="The Marchenko-Pastur law of sample covariance matrices",
    statement=r"dF_\gamma(x)=\frac{\sqrt{(x-a)(b-x)}}{2\pi\gamma x}\,dx+\Bigl(1-\frac1\gamma\Bigr)_+\delta_0,\qquad "
    r"a,b=(1\mp\sqrt\gamma)^2",
    source="marchenko1967distribution",
    assumptions=MODEL,
    domain={"entries": Choice(("gaussian", "rademacher", "student:9"), default="gaussian"), "gamma": GAMMA},
    claim=Law(
        theory=lambda *, entries, gamma: marchenko_pastur.law(gamma=gamma), simulation=simulate.eigenvalues.sample_covariance
    ),
    cases=({"gamma": 0.5}, {"gamma": 1.0}, {"gamma": 3.0}, {"gamma": 0.125, "entries": "rademacher"}),
    rivals={
        "gamma read as n/p": lambda *, entries, gamma: marchenko_pastur.law(gamma=1 / gamma),
        "the atom at zero lost": lambda *, entries, gamma: _Density(gamma),
        "X'X/p for X'X/n": lambda *, entries, gamma: _Scaled(marchenko_pastur.law(gamma=gamma), 1 / gamma),
    },
)

resolvent = Theorem(
    title="The Stieltjes transform of the Marchenko-Pastur law",
    statement=r"m(-\lambda)=\int\frac{dF_\gamma(x)}{x+\lambda}=\frac{-(1-\gamma+\lambda)+\sqrt{(1-\gamma+\lambda)^2+4\gamma\lambda}}{2\gamma\lambda}",
    source="marchenko1967distribution",
    assumptions=MODEL,
    domain={"gamma": GAMMA, "lam": LAM},
    claim=Mean(
        theory=isotropic.stieltjes,
        simulation=lambda *, gamma, lam, **k: np.mean(
            1 / (simulate.eigenvalues.sample_covariance(gamma=gamma, **k) + lam), axis=1
        ),
        of="resolvent",
    ),
    cases=({"gamma": 0.5, "lam": 0.1}, {"gamma": 1.0, "lam": 0.1}, {"gamma": 2.0, "lam": 0.5}),
    rivals={
        "the companion transform": isotropic.companion,
        "gamma read as n/p": lambda *, gamma, lam: isotropic.stieltjes(gamma=1 / gamma, lam=lam),
        "the sign of lam in the root": lambda *, gamma, lam: (
            (gamma - 1 - lam + np.sqrt((1 - gamma - lam) ** 2 + 4 * gamma * lam)) / (2 * gamma * lam)
        ),
    },
)

one_atom = Theorem(
    title="With one atom the general law of sample covariances is Marchenko-Pastur's",
    statement=r"H=\delta_1:\quad F_{\gamma,H}=F_\gamma",
    source="marchenko1967distribution; silverstein1995analysis",
    assumptions=MODEL,
    domain={"gamma": GAMMA, "u": Real(0.0, 1.0)},
    claim=Identity(
        theory=lambda *, gamma, u: marchenko_pastur.law(gamma=gamma).quantile(u),
        other=lambda *, gamma, u: sample_covariance.law(spectra.isotropic().H, gamma=gamma).quantile(u),
        rtol=1e-10,
    ),
    cases=(
        {"gamma": 0.25, "u": 0.5},
        {"gamma": 0.5, "u": 0.1},
        {"gamma": 1.0, "u": 0.5},
        {"gamma": 1.5, "u": 0.9},
        {"gamma": 3.0, "u": 0.9},
    ),
    rivals={"gamma read as n/p": lambda *, gamma, u: marchenko_pastur.law(gamma=1 / gamma).quantile(u)},
    plot=Plot(lines={"u": (0.5, 0.9)}, value="quantile of the eigenvalues"),
)


def _resolvents(law):
    from sympy import Identity, MatrixSymbol, Trace, symbols

    n, p, lam = symbols("n p lambda", positive=True)
    X = MatrixSymbol("X", n, p)
    R, Q = (X.T * X / n + lam * Identity(p)).inverse(), (X * X.T / n + lam * Identity(n)).inverse()
    return {"expression": {"resolvent": Trace(R) / p, "companion": Trace(Q) / n}, "gaussian": [X]}


_derived = Derived(_resolvents).of("resolvent", "companion")
_PAIR: dict[str, Any] = {
    "statement": r"\gamma\lambda m^2+(1-\gamma+\lambda)\,m=1:\quad \tfrac1p\operatorname{tr}(X^\top X/n+\lambda)^{-1}\to m,\quad "
    r"\tfrac1n\operatorname{tr}(XX^\top/n+\lambda)^{-1}\to\frac{1-\gamma}\lambda+\gamma m",
    "source": "marchenko1967distribution",
    "assumptions": MODEL,
    "domain": {"gamma": GAMMA, "lam": LAM},
    "rivals": _derived.rivals("gamma", "lam"),
}

derived_resolvents = Model(
    title="Both resolvents of a sample covariance, derived from their expressions",
    claim=_derived.claim(),
    cases=({"gamma": 0.5, "lam": 0.1}, {"gamma": 1.0, "lam": 0.1}, {"gamma": 2.0, "lam": 0.5}),
    **_PAIR,
)

resolvent_formulas = Theorem(
    title="The closed forms of both Stieltjes transforms are what their expressions give",
    claim=_derived.identity(
        lambda **k: {"resolvent": isotropic.stieltjes(**k), "companion": isotropic.companion(**k)},
    ),
    cases=(
        {"gamma": 0.5, "lam": 1e-12},
        {"gamma": 2.0, "lam": 1e-9},
        {"gamma": 1.0, "lam": 1e-30},
        {"gamma": 1 - 2.0**-50, "lam": 1e-3},
        {"gamma": 300.0, "lam": 7.0},
    ),
    **_PAIR,
)
