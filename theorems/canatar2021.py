"""Canatar, Bordelon and Pehlevan, Out-of-distribution generalization in kernel regression (2021)."""

import simulate.covariate_shift
from asymptotics import covariate_shift, ridge
from theorems import GAMMA, LAM, R2, SIGMA2, Mean, Plot, Real, Theorem, each, through
from theorems.hastie2022.correlated import SIGNAL, SPECTRUM, law


def _at_one_power(*, spectrum, signal, power, **given):
    return covariate_shift.ridge(law(spectrum, signal), shifted=lambda s: s**power, **given)


_theory = each("power", _at_one_power)


def _no_shift(*, spectrum, signal, power, **given):
    return ridge.ridge(law(spectrum, signal), **given)


def _bias_alone(**given):
    return _theory(**given).bias + _no_shift(**given).variance


def _noise_alone(*, sigma2, **given):
    """sigma2 in the place of R0 + sigma2: the excess is affine in sigma2, and at R0 + sigma2 = 0 only the first term is left."""
    quiet, noisy = (_theory(sigma2=v, **given) for v in (0.0, 1.0))
    unit = (noisy.excess - quiet.excess) / (_no_shift(sigma2=1.0, **given).test - _no_shift(sigma2=0.0, **given).test)
    return quiet.excess + (sigma2 - _no_shift(sigma2=0.0, **given).test) * unit


shifted_test_covariance = Theorem(
    title="Ridge regression tested under another covariance",
    statement=r"R\to\kappa^2r^2\int\frac{s'\,dG}{(s+\kappa)^2}+(R_0+\sigma^2)\,\gamma\int\frac{s\,s'\,dH}{(s+\kappa)^2},\qquad s'=s^{P}",
    source="canatar2021out, equation (4) (numbering from memory)",
    assumptions=(
        "training rows have covariance S, test rows S' with the same eigenvectors and eigenvalues s' = s^P; `power` is P",
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
        {
            "spectrum": "atoms:4@0.5,0.25@0.5",
            "signal": "bottom:0.5",
            "power": 2.0,
            "gamma": 2.0,
            "lam": 0.1,
            "r2": 5.0,
            "sigma2": 0.2,
        },
        {"spectrum": "ar1:0.7", "signal": "top:0.5", "power": 0.0, "gamma": 0.5, "lam": 0.1, "r2": 2.0, "sigma2": 2.0},
        {"spectrum": "ar1:0.7", "signal": "bottom:0.5", "power": 2.0, "gamma": 2.0, "lam": 0.1, "r2": 5.0, "sigma2": 0.2},
        {"spectrum": "power:1.2", "power": 0.5, "gamma": 2.0, "lam": 0.1, "r2": 5.0, "sigma2": 0.2},
        {"spectrum": "isotropic", "power": 1.0, "gamma": 2.0, "lam": 0.1, "r2": 5.0},
    ),
    rivals={
        "no shift": _no_shift,
        "the variance not shifted": _bias_alone,
        "the noise in place of the whole test error": _noise_alone,
    },
    plot=Plot(at={"spectrum": "atoms:4@0.5,0.25@0.5", "lam": 0.1, "r2": 5.0, "sigma2": 1.0}, lines={"power": (0.0, 1.0, 2.0)}),
)
