"""Random features derived from their expression, `theorems.layers`: the limit against draws, and against the closed forms."""

from functools import partial

from asymptotics import random_features, two_ridges
from theorems import Choice, Theorem, each
from theorems.derived import Derived
from theorems.hastie2022.correlated import law
from theorems.layers import Fits, errors, joint, of_errors, of_norms, random
from theorems.model import Model
from theorems.simon2024.eigenframework import CASES, DOMAIN, KAPPA, MODEL

SOURCE = "simon2024more, equations (6) to (9) (numbering from memory); derived here from the expression"
ATOMS = "atoms:4@0.5,0.25@0.5"
PENALIZED = (
    *CASES,
    {"spectrum": ATOMS, "signal": "bottom:0.5", "gamma": 1.0, "psi": 2.0, "lam": 1e-4, "sigma2": 0.5},  # n = k
    {"spectrum": "ar1:0.7", "signal": "top:0.5", "gamma": 0.5, "psi": 2.0, "lam": 1e-3},  # n = p
)
RIDGELESS = (
    {"spectrum": ATOMS, "gamma": 2.0, "psi": 2.0, "lam": 0.0, "r2": 2.0, "sigma2": 0.5},
    {"spectrum": "power:1.2", "signal": "bottom:0.5", "gamma": 0.5, "psi": 3.0, "lam": 0.0},
)


def formula(*, spectrum, signal, **given):
    return random_features.ridge(law(spectrum, signal), **given)


drawn = Derived(partial(errors, random, averaged=True, training=False), joint).of("bias", "variance")
MISREAD = ("gamma", "lam", "sigma2", "signal")

derived_errors = Model(
    title="Random features: bias and variance derived from their expression",
    statement=KAPPA + r",\quad B\to\frac nD\bigl(B_2+(1-\rho)C\bigr),\ V\to\sigma^2\Bigl(\frac nD-1\Bigr),\ "
    r"D=n-\mathrm{df}_1+\rho(\mathrm{df}_1-\mathrm{df}_2),\quad \tfrac1n\|y-Ha\|^2\to\frac{\lambda^2}{\kappa_1^2}(B+V+\sigma^2)",
    source=SOURCE,
    assumptions=MODEL,
    domain=DOMAIN | {"spectrum": Choice((ATOMS, "atoms:2@0.5,0.5@0.5"), open=True)},
    claim=drawn.claim(sizes=(20, 40, 80)),
    cases=(
        {**CASES[0], "lam": 0.5},
        {"spectrum": "atoms:2@0.5,0.5@0.5", "signal": "bottom:0.5", "gamma": 0.5, "psi": 4.0, "lam": 0.2},
    ),
    rivals=drawn.rivals(*MISREAD),
)

error_formulas = Theorem(
    title="The formulas of random features' errors are what the expression gives",
    statement=derived_errors.statement,
    source=SOURCE,
    assumptions=MODEL,
    domain=DOMAIN,
    claim=of_errors.identity(formula),
    cases=(*PENALIZED, *RIDGELESS, {"spectrum": "ar1:0.7", "gamma": 3.0, "psi": 0.2, "lam": 0.0}),
    rivals=of_errors.rivals(*MISREAD),
)

norm_formulas = Theorem(
    title="The formulas of random features' norms are what the expression gives",
    statement=KAPPA + r",\quad \|a\|^2\ \text{and}\ \|f\|^2\ \text{as they are there}",
    source=SOURCE,
    assumptions=MODEL,
    domain=DOMAIN,
    claim=of_norms.identity(formula),
    cases=(*PENALIZED, *RIDGELESS),
    rivals=of_norms.rivals(*MISREAD),
)


def _traces(law):
    from sympy import Identity, Trace

    at = Fits(random, law)
    Z, F, A, M, _ = at.fit()
    left, right = Trace(at.residual()) / at.n, at.lam * Trace((F.T * F / at.n + at.lam * Identity(at.k)).inverse()) / at.n
    return at.given(
        {
            "kappa": at.lam * at.k / (at.n * left * right),
            "kappa1": at.lam / left,
            "df1": Trace(A * F) / at.n,
            "n_left": left,
            "k_left": right,
            "seen": Trace(at.beta.T * M * A * Z * at.beta),
        }
    )


def _two_ridges(*, spectrum, signal, **given):
    """The two ridges, and what of the signal's direction the fit has in the mean."""
    pair = law(spectrum, signal)
    at = two_ridges.effective(pair.H, **given)
    names = ("kappa", "kappa1", "df1", "n_left", "k_left")
    return {k: getattr(at, k) for k in names} | {"seen": pair.G.integrate(lambda s: s / (s + at.kappa))}


ridges = Derived(_traces, law).of("kappa", "kappa1", "df1", "n_left", "k_left", "seen")

two_effective_ridges = Theorem(
    title="The two effective ridges of random features, as traces",
    statement=KAPPA + r":\quad \operatorname{tr}(FF'+n\lambda)^{-1}\to\frac1{\kappa_1},\quad "
    r"\frac{\lambda}{\kappa_1}\operatorname{tr}(F'F+n\lambda)^{-1}\to\frac\gamma\kappa,\quad "
    r"\beta'PZ\beta\to\int\frac{s\,dG}{s+\kappa}",
    source=SOURCE,
    assumptions=MODEL,
    domain={k: v for k, v in DOMAIN.items() if k not in ("r2", "sigma2")},
    claim=ridges.identity(each(None, _two_ridges)),
    cases=tuple({k: v for k, v in c.items() if k not in ("r2", "sigma2")} for c in PENALIZED),
    rivals=ridges.rivals("gamma", "lam", "signal"),
)
