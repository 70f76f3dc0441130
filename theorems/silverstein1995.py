"""Silverstein and Choi, Analysis of the limiting spectral distribution of large dimensional random matrices (1995)."""

import simulate.eigenvalues
from asymptotics import marchenko_pastur, sample_covariance
from theorems import GAMMA, Law, Theorem
from theorems.hastie2022.correlated import SPECTRUM
from theorems.hastie2022.correlated import law as spectrum_of


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
