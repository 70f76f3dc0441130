"""Bach, High-dimensional analysis of double descent for linear regression with random projections (2024)."""

import simulate.random_features
from asymptotics import random_features, random_projections, ridge
from theorems import GAMMA, R2, SIGMA2, Choice, Identity, Mean, Plot, Real, Theorem, through
from theorems.hastie2022.correlated import SIGNAL, SPECTRUM, law
from theorems.layers import of_errors

MODEL = (
    "rows x Gaussian of covariance S in R^p; the spectrum of S converges to H, the signal's energy over its eigenvectors to G",
    "k projections w'x with independent Gaussian w; least squares of least norm on them; k/n -> gamma, p/k -> psi",
    "where the rank of S is at most min(n, k), it stands for k, and kappa = 0",
)
KAPPA = (
    r"\int\!\frac{s\,dH}{s+\kappa}=\min(n,k),\ C=r^2\!\int\!\frac{\kappa s\,dG}{s+\kappa},\ "
    r"B=r^2\!\int\!\frac{\kappa^2s\,dG}{(s+\kappa)^2}:\quad "
)
DOMAIN = {"spectrum": SPECTRUM, "signal": SIGNAL, "gamma": GAMMA, "psi": Real(0.0, 1e3), "r2": R2, "sigma2": SIGMA2}
CASES = (
    {"spectrum": "ar1:0.7", "signal": "bottom:0.5", "gamma": 0.5, "psi": 3.0, "r2": 3.0, "sigma2": 0.5},
    {"spectrum": "atoms:4@0.5,0.25@0.5", "signal": "top:0.5", "gamma": 2.0, "psi": 2.0, "r2": 2.0, "sigma2": 0.5},
    {"spectrum": "power:1.2", "gamma": 3.0, "psi": 1.0, "r2": 5.0, "sigma2": 2.0},
    {"spectrum": "isotropic", "gamma": 2.0, "psi": 0.2},
)


SWAPPED = {"top:0.5": "bottom:0.5", "bottom:0.5": "top:0.5"}


def _theory(*, spectrum, signal, **given):
    return random_projections.ridgeless(law(spectrum, signal), **given)


def _all_inputs(*, spectrum, signal, gamma, psi, **given):
    return ridge.ridge(law(spectrum, signal), gamma=gamma * psi, lam=0.0, **given).excess


def _population(*, spectrum, signal, gamma, psi, r2, sigma2):
    """The best predictor on the projections, without its estimation."""
    return _theory(spectrum=spectrum, signal=signal, gamma=1e-9, psi=psi, r2=r2, sigma2=0.0).excess + 0 * gamma


def _noise_alone(*, gamma, r2, sigma2, **given):
    """What the projection leaves of the signal is not taken for noise."""
    return (
        _theory(gamma=gamma, r2=r2, sigma2=0.0, **given).excess * abs(1 - gamma)
        + _theory(gamma=gamma, r2=0.0, sigma2=sigma2, **given).excess
    )


projected_least_squares = Theorem(
    title="Least squares on random projections: double descent in their number",
    statement=KAPPA + r"R+\sigma^2\to\frac{n(C+\sigma^2)}{n-k}\ (k<n),\qquad "
    r"\frac{n(B+\sigma^2)}{n-\mathrm{df}_2}+\frac{n(C+\sigma^2)}{k-n}\ (k>n)",
    source="bach2024high, Propositions 4 and 5 (numbering from memory)",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=Mean(
        theory=_theory, simulation=through(simulate.random_features.ridge, lambda **k: k | {"lam": 0.0}), sizes=(40, 80, 160)
    ),
    cases=CASES,
    rivals={
        "least squares on all inputs": _all_inputs,
        "the best predictor on the projections": _population,
        "what is projected away is not noise": _noise_alone,
        "p/n for p/k": lambda *, psi, gamma, **k: _theory(psi=psi * gamma, gamma=gamma, **k).excess,
    },
    plot=Plot(at={"spectrum": "ar1:0.7", "psi": 4.0, "r2": 1.0}, lines={"sigma2": (0.0, 0.25, 1.0)}, n=60),
)

training_error = Theorem(
    title="Least squares on random projections: the training error",
    statement=KAPPA + r"\tfrac1n\|y-\hat y\|^2\to\Bigl(1-\frac kn\Bigr)(C+\sigma^2)\ (k<n),\qquad 0\ (k>n)",
    source="bach2024high, Proposition 4 (numbering from memory)",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=Mean(
        theory=_theory,
        simulation=through(simulate.random_features.ridge, lambda **k: k | {"lam": 0.0}),
        of="train",
        sizes=(40, 80, 160),
    ),
    cases=(CASES[0], {"spectrum": "power:1.2", "gamma": 0.25, "psi": 4.0, "r2": 5.0, "sigma2": 0.1}, CASES[3]),
    rivals={
        "without what is projected away": lambda *, r2, **k: _theory(r2=0.0, **k).train,
        "1 - k/n squared": lambda *, gamma, **k: _theory(gamma=gamma, **k).train * abs(1 - gamma),
        "the whole of the test error": lambda **k: _theory(**k).test,
    },
    plot=Plot(at={"spectrum": "ar1:0.7", "psi": 4.0, "r2": 1.0}, lines={"sigma2": (0.0, 1.0)}, n=60),
)

random_features_at_no_penalty = Theorem(
    title="Random projections are random features without penalty",
    statement=KAPPA + r"R\ \text{as for random features with}\ \delta\to0",
    source="bach2024high, section 5, and simon2024more, equations (6) to (9) (numbering from memory)",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=Identity(
        theory=_theory,
        other=lambda *, spectrum, signal, **k: random_features.ridge(law(spectrum, signal), lam=0.0, **k),
        of="test",
    ),
    cases=(*CASES, {"spectrum": "ar1:0.7", "gamma": 1.001, "psi": 10.0}),
    rivals={"least squares on all inputs": lambda *, sigma2, **k: _all_inputs(sigma2=sigma2, **k) + sigma2},
)

derived_errors = Theorem(
    title="Random projections derived from their expression, without penalty",
    statement=KAPPA + r"\text{bias, variance and training error as derived}",
    source="bach2024high, Propositions 4 and 5 (numbering from memory); derived here from the expression",
    assumptions=MODEL,
    domain=DOMAIN | {"spectrum": Choice(("ar1:0.7", "atoms:4@0.5,0.25@0.5", "isotropic"), open=True)},
    claim=of_errors.identity(_theory, lam=0.0),
    cases=(
        *CASES,
        {"spectrum": "atoms:4@0.5,0.25@0.5", "gamma": 1.1, "psi": 4.0},
        {"spectrum": "ar1:0.7", "gamma": 3.0, "psi": 0.2},
    ),
    rivals={
        "p/n for p/k": of_errors.by(_theory, psi=lambda *, psi, gamma, **k: psi * gamma),
        "the signal at the other end": of_errors.by(_theory, signal=lambda *, signal, **k: SWAPPED.get(signal, "top:0.5")),
        "sigma in place of sigma2": of_errors.by(_theory, sigma2=lambda *, sigma2, **k: sigma2**0.5),
    },
)
