"""Silverstein and Choi, Analysis of the limiting spectral distribution of large dimensional random matrices (1995)."""

from typing import Any

import simulate.eigenvalues
from asymptotics import equivalents, marchenko_pastur, sample_covariance
from theorems import GAMMA, LAM, Choice, Law, Theorem
from theorems.derived import Derived
from theorems.hastie2022.correlated import SPECTRUM
from theorems.hastie2022.correlated import law as spectrum_of
from theorems.model import Model


def _law(*, spectrum, gamma):
    return sample_covariance.law(spectrum_of(spectrum).H, gamma=gamma)


eigenvalues = Theorem(
    title="The limiting law of sample covariance matrices for any population spectrum",
    statement=r"x=-\frac1u+\gamma\int\frac{s\,dH(s)}{1+su},\qquad \text{density}=\frac{\operatorname{Im}u(x)}{\gamma\pi}",
    source="silverstein1995analysis, equation (1.4) (numbering from memory)",
    assumptions=(
        "X = Z S^(1/2) with Z of n x p independent entries of mean 0 and variance 1; the spectrum of S converges to H",
        "p, n -> infinity with p/n -> gamma",
    ),
    domain={"spectrum": SPECTRUM, "gamma": GAMMA},
    claim=Law(theory=_law, simulation=simulate.eigenvalues.sample_covariance, sizes=(32, 64, 128)),
    cases=(
        {"spectrum": "atoms:4@0.5,0.25@0.5", "gamma": 0.5},
        {"spectrum": "atoms:1@0.5,3@0.5", "gamma": 2.0},
        {"spectrum": "ar1:0.7", "gamma": 0.5},
    ),
    rivals={
        "Marchenko-Pastur whatever the spectrum": lambda *, spectrum, gamma: marchenko_pastur.law(gamma=gamma),
        "gamma read as n/p": lambda *, spectrum, gamma: _law(spectrum=spectrum, gamma=1 / gamma),
    },
)


def _traces(law):
    from sympy import Identity, MatrixSymbol, Trace, symbols

    n, p, lam = symbols("n p lambda", positive=True)
    X, S = MatrixSymbol("X", n, p), MatrixSymbol("Sigma", p, p)
    A = S**0.5 * X.T * X * S**0.5 / n
    R, Q = (A + lam * Identity(p)).inverse(), (X * S * X.T / n + lam * Identity(n)).inverse()
    return {
        "expression": {
            "kappa": n / Trace(Q),
            "df1": Trace(A * R) / n,
            "df2": 1 - Trace(Q) ** 2 / Trace(Q * Q) / n,
            "smoothed": lam * Trace(S * R) / p,
        },
        "gaussian": [X],
        "laws": {S: law},
    }


_derived = Derived(_traces, lambda *, spectrum: spectrum_of(spectrum)).of("kappa", "df1", "df2", "smoothed")
_TRACES: dict[str, Any] = {
    "statement": r"\kappa=\lambda+\gamma\kappa\int\frac{s\,dH}{s+\kappa}:\quad "
    r"\frac n{\operatorname{tr}Q}\to\kappa,\ \tfrac1n\operatorname{tr}AR\to\gamma\int\frac{s\,dH}{s+\kappa},\ "
    r"1-\frac{(\operatorname{tr}Q)^2}{n\operatorname{tr}Q^2}\to\gamma\int\frac{s^2dH}{(s+\kappa)^2},\ "
    r"\frac\lambda p\operatorname{tr}SR\to\kappa\int\frac{s\,dH}{s+\kappa}",
    "source": "silverstein1995analysis, equation (1.4) (numbering from memory)",
    "assumptions": (
        *eigenvalues.assumptions,
        "A = S^(1/2) X'X S^(1/2)/n with X of independent entries, R = (A + lam)^-1, Q = (X S X'/n + lam)^-1",
    ),
    "rivals": _derived.rivals("gamma", "lam"),
}

derived_traces = Model(
    title="The effective ridge and the degrees of freedom of sample covariances, derived from their expressions",
    domain={"spectrum": Choice(("atoms:4@0.5,0.25@0.5", "atoms:1@0.5,3@0.5"), open=True), "gamma": GAMMA, "lam": LAM},
    claim=_derived.claim(),
    cases=(
        {"spectrum": "atoms:4@0.5,0.25@0.5", "gamma": 2.0, "lam": 0.2},
        {"spectrum": "atoms:1@0.5,3@0.5", "gamma": 0.5, "lam": 0.5},
    ),
    **_TRACES,
)


def _equivalents(*, spectrum, gamma, lam):
    at = equivalents.effective_ridge(spectrum_of(spectrum).H, gamma=gamma, lam=lam)
    return {"kappa": at.kappa, "df1": at.df1, "df2": at.df2, "smoothed": at.kappa * at.df1 / gamma}


trace_formulas = Theorem(
    title="The effective ridge and the degrees of freedom are what their expressions give, for any population spectrum",
    domain={"spectrum": SPECTRUM, "gamma": GAMMA, "lam": LAM},
    claim=_derived.identity(_equivalents),
    cases=(
        {"spectrum": "atoms:4@0.5,0.25@0.5", "gamma": 1.0, "lam": 1e-20},
        {"spectrum": "atoms:4@0.5,0@0.5", "gamma": 2 + 2.0**-40, "lam": 0.0},
        {"spectrum": "atoms:4@0.5,0.25@0.5", "gamma": 1 - 2.0**-40, "lam": 1e-15},
        {"spectrum": "ar1:0.7", "gamma": 0.5, "lam": 1e-3},
        {"spectrum": "ar1:0.99", "gamma": 3.0, "lam": 0.0},
        {"spectrum": "power:1.2", "gamma": 20.0, "lam": 0.1},
        {"spectrum": "power:4", "gamma": 1.5, "lam": 0.0},
    ),
    **_TRACES,
)
