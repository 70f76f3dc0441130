"""Canatar, Bordelon and Pehlevan, Out-of-distribution generalization in kernel regression (2021)."""

import simulate.covariate_shift
from asymptotics import covariate_shift, ridge
from theorems import GAMMA, LAM, R2, SIGMA2, Mean, Plot, Real, Theorem, through
from theorems.hastie2022.correlated import SIGNAL, SPECTRUM, law


def _theory(*, spectrum, signal, power, **given):
    return covariate_shift.ridge(law(spectrum, signal), shifted=lambda s: s**power, **given)


def _no_shift(*, spectrum, signal, power, **given):
    return ridge.ridge(law(spectrum, signal), **given)


def _bias_alone(**given):
    return _theory(**given).bias + _no_shift(**given).variance


shifted_test_covariance = Theorem(
    title="Ridge regression tested under another covariance",
    statement=r"R\to\kappa^2r^2\int\frac{s'\,dG}{(s+\kappa)^2}+(R_0+\sigma^2)\,\gamma\int\frac{s\,s'\,dH}{(s+\kappa)^2},\qquad s'=s^{P}",
    source="canatar2021out, equation (4) (numbering from memory)",
    assumptions=(
        "training rows have covariance S, test rows S' with the same eigenvectors and eigenvalues s' = s^P",
        "R0 + sigma2 is the test error without shift",
        "p/n -> gamma; the spectrum of S converges to H, the signal's energy over its eigenvectors to G",
    ),
    domain={
        "spectrum": SPECTRUM,
        "signal": SIGNAL,
        "power": Real(0.0, 4.0, "["),
        "gamma": GAMMA,
        "lam": LAM,
        "r2": R2,
        "sigma2": SIGMA2,
    },
    claim=Mean(
        theory=_theory,
        simulation=through(simulate.covariate_shift.ridge, lambda *, power, **k: k | {"shifted": f"power:{power!r}"}),
        sizes=(40, 80, 160, 320),
    ),
    cases=(
        {"spectrum": "atoms:4@0.5,0.25@0.5", "power": 2.0, "gamma": 2.0, "lam": 0.1, "r2": 5.0},
        {"spectrum": "ar1:0.7", "power": 0.0, "gamma": 0.5, "lam": 0.1, "r2": 2.0, "sigma2": 2.0},
    ),
    rivals={
        "no shift": _no_shift,
        "the variance not shifted": _bias_alone,
        "the noise in place of the whole test error": lambda *, sigma2, power, **k: (
            (t := _theory(sigma2=sigma2, power=power, **k)).bias + t.variance * sigma2 / (t.bias + t.variance + sigma2)
        ),
    },
    plot=Plot(at={"spectrum": "atoms:4@0.5,0.25@0.5", "lam": 0.1, "r2": 5.0, "sigma2": 1.0}, lines={"power": (0.0, 1.0, 2.0)}),
)
