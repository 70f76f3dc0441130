"""Kobak, Lomond and Sanchez (2020); Wu and Xu (2020): the penalty can be negative, and the best one may be."""

import numpy as np

import simulate.eigenvalues
import simulate.ridge
from asymptotics import equivalents, ridge
from theorems import OVER, R2, SIGMA2, Identity, Mean, Plot, Real, Theorem
from theorems.hastie2022.correlated import SIGNAL, SPECTRUM, law
from theorems.least import least

MODEL = (
    "x = S^(1/2) z with z of independent entries; y = <x, beta> + noise of variance sigma2; p/n -> gamma",
    "lam is above the edge, where X'X + n lam I is singular in the limit: there n = df2(kappa)",
)
DOMAIN = {"spectrum": SPECTRUM, "signal": SIGNAL, "gamma": OVER, "lam": Real(-1e6, 1e6), "r2": R2, "sigma2": SIGMA2}
NOISY = {k: Real(1e-3, 1e3, "[]", default=1.0) for k in ("r2", "sigma2")}  # the search has no digits for a best penalty of 1e-14
SPIKED = "atoms:10@0.25,1@0.75"


def _theory(*, spectrum, signal, **given):
    return ridge.ridge(law(spectrum, signal), **given)


negative_ridge = Theorem(
    title="Ridge regression with a negative penalty",
    statement=r"\lambda>\lambda_{\rm edge}=\min_{\kappa}\kappa\Bigl(1-\gamma\int\frac{s\,dH}{s+\kappa}\Bigr):\quad "
    r"R\text{ by the formula for }\lambda>0\text{ on the branch }\gamma\int\frac{s^2dH}{(s+\kappa)^2}<1",
    source="kobak2020optimal; wu2020optimal, Theorem 4 (numbering from memory)",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=Mean(theory=_theory, simulation=simulate.ridge.ridge, sizes=(40, 80, 160)),
    cases=(
        {"spectrum": "isotropic", "gamma": 4.0, "lam": -0.5, "r2": 0.5, "sigma2": 2.0},
        {"spectrum": SPIKED, "signal": "top:0.25", "gamma": 4.0, "lam": -0.3, "r2": 5.0, "sigma2": 2.0},
        {"spectrum": "ar1:0.7", "signal": "top:0.25", "gamma": 4.0, "lam": -0.2, "r2": 5.0, "sigma2": 0.5},
        {"spectrum": "power:1.2", "signal": "bottom:0.5", "gamma": 4.0, "lam": -0.1, "r2": 5.0},
        {"spectrum": "ar1:0.7", "signal": "bottom:0.5", "gamma": 4.0, "lam": -0.1, "r2": 5.0},
    ),
    rivals={
        "the sign of lam lost": lambda *, lam, **k: _theory(lam=-lam, **k),
        "ridgeless": lambda *, lam, **k: _theory(lam=0.0, **k),
        "lam scaled by p": lambda *, lam, gamma, **k: _theory(lam=lam / gamma, gamma=gamma, **k),
    },
    plot=Plot(x="lam", low=-0.8, high=0.8, log=False, at={"spectrum": SPIKED, "gamma": 4.0, "r2": 5.0, "sigma2": 0.1},
              lines={"signal": ("top:0.25", "isotropic", "bottom:0.5")}),
)  # fmt: skip


def _searched(*, spectrum, signal, gamma, **given):
    """The least excess risk over (edge, inf)."""
    edge = equivalents.edge(law(spectrum, signal).H, gamma=gamma)
    return least(lambda lam: _theory(spectrum=spectrum, signal=signal, gamma=gamma, lam=lam, **given).excess, above=edge)


optimal_penalty = Theorem(
    title="The optimal penalty, of either sign, for a signal that is not isotropic",
    statement=r"\lambda^*=\arg\min_{\lambda>\lambda_{\rm edge}}R(\lambda)",
    source="wu2020optimal, Theorem 4 (numbering from memory)",
    assumptions=MODEL,
    domain={k: v for k, v in DOMAIN.items() if k != "lam"} | NOISY | {"gamma": Real(1.01, np.inf, "[")},
    claim=Identity(
        theory=lambda *, spectrum, signal, **k: ridge.optimal(law(spectrum, signal), **k),
        other=_searched,
        rtol=1e-9,  # a bounded search finds the minimum to the square root of round-off in its place, its value to 1e-14
    ),
    cases=(
        {"spectrum": SPIKED, "signal": "top:0.25", "gamma": 4.0, "r2": 5.0, "sigma2": 0.1},
        {"spectrum": SPIKED, "signal": "bottom:0.5", "gamma": 2.0, "r2": 5.0},
        {"spectrum": "ar1:0.7", "signal": "top:0.25", "gamma": 4.0, "r2": 5.0, "sigma2": 0.1},
        {"spectrum": "power:1.2", "signal": "top:0.25", "gamma": 4.0, "r2": 5.0, "sigma2": 0.1},
    ),
    rivals={
        "the isotropic signal's penalty": lambda *, gamma, r2, sigma2, **k: _theory(
            gamma=gamma, lam=gamma * sigma2 / r2, r2=r2, sigma2=sigma2, **k
        ),
    },
)


def _least_eigenvalue(*, n, spectrum, gamma, draws, rng):
    """The least eigenvalue of XX'/n: the n-th largest of X'X/n."""
    found = simulate.eigenvalues.sample_covariance(n=n, spectrum=spectrum, gamma=gamma, draws=draws, rng=rng)
    return np.sort(found, axis=1)[:, -n]


_least_eigenvalue.cost = 3.0  # type: ignore[attr-defined]


def _edge(*, spectrum, gamma):
    return -equivalents.edge(law(spectrum).H, gamma=gamma)


edge = Theorem(
    title="The least penalty of all: the branch of the risk ends where X'X + n lam I becomes singular",
    statement=r"\lambda_{\min}\bigl(XX^\top/n\bigr)\to-\lambda_{\rm edge}=\max_\kappa\kappa\Bigl(\gamma\int\frac{s\,dH}{s+\kappa}-1\Bigr)",
    source="kobak2020optimal; patil2024optimal (from memory)",
    assumptions=(MODEL[0], "p/n -> gamma > 1; fluctuations and bias of order n^(-2/3)"),
    domain={"spectrum": SPECTRUM, "gamma": OVER},
    claim=Mean(theory=_edge, simulation=_least_eigenvalue, rate=2 / 3, sizes=(60, 120, 240)),
    cases=(
        {"spectrum": "isotropic", "gamma": 9.0},
        {"spectrum": SPIKED, "gamma": 9.0},
    ),
    rivals={
        "as if isotropic": lambda *, spectrum, gamma: (np.sqrt(gamma) - 1) ** 2,
        "gamma read as n/p": lambda *, spectrum, gamma: _edge(spectrum=spectrum, gamma=gamma) / gamma,
        "the least eigenvalue of S": lambda *, spectrum, gamma: float(law(spectrum).H.atoms.min()) + 0 * np.asarray(gamma),
    },
    plot=Plot(low=1.05, lines={"spectrum": ("isotropic", "ar1:0.5")}, value="least eigenvalue of XX'/n"),
)
