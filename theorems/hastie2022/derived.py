r"""The paper's models written as expressions of random matrices: the derived limit against draws, and against every closed form.

    A = S^(1/2) X'X S^(1/2)/n,   R = (A + lam)^-1,   Q = (X S X'/n + lam)^-1,     X of independent entries:

the fit is A R beta + R S^(1/2) X' noise/n, its residuals lam Q y, and 1 - df1/n = lam tr Q/n. Cross terms of signal and noise have
mean zero at every size and are left out. A signal is a vector, or the mean over vectors of random signs, of covariance r2 B/p.
"""

from functools import partial

import numpy as np

from asymptotics import equicorrelated, isotropic, ridge
from asymptotics.conventions import refuse
from theorems import GAMMA, LAM, R2, SIGMA2, Choice, Real, Theorem
from theorems.derived import Derived
from theorems.hastie2022.correlated import SIGNAL, correlated_ridgeless, law
from theorems.model import Model

MODEL = (
    "x = S^(1/2) z with z of independent standard normal entries; the spectrum of S converges to H",
    "y = <x, beta> + noise with |beta|^2 = r2, its energy over the eigenvectors of S tends to G; noise of variance sigma2",
    "p/n -> gamma",
)
BOUNDED = Choice(("atoms:4@0.5,0.25@0.5", "ar1:0.7", "isotropic"), open=True)  # away from 0, where norms are infinite
ATOMS = Choice(("atoms:4@0.5,0.25@0.5", "atoms:3@0.25,1@0.5,0.1@0.25", "isotropic"), open=True)
DOMAIN = {"spectrum": BOUNDED, "signal": SIGNAL, "gamma": GAMMA, "lam": LAM, "r2": R2, "sigma2": SIGMA2}


def joint(spectrum, signal):
    """The joint law of S and B, of a law of few eigenvalues: the energy of the signal over the mass at each."""
    H, G = law(spectrum, signal).H, law(spectrum, signal).G
    energy = np.array([G.weights[G.atoms == s].sum() for s in H.atoms])
    if abs(energy.sum() - 1) > 1e-12:  # the rounding of a sum
        refuse("spectrum", spectrum, "its eigenvalues and the signal's differ; take atoms:S@W,...")
    return np.stack([H.atoms, energy / H.weights], axis=1), H.weights


def _ridge(law, *, averaged):
    from sympy import Identity, MatrixSymbol, Trace, symbols

    n, p, lam, r2, sigma2 = symbols("n p lambda r2 sigma2", positive=True)
    X, S, B, beta = (MatrixSymbol(*x) for x in (("X", n, p), ("Sigma", p, p), ("B", p, p), ("beta", p, 1)))
    A = S**0.5 * X.T * X * S**0.5 / n
    R, Q = (A + lam * Identity(p)).inverse(), (X * S * X.T / n + lam * Identity(n)).inverse()

    def signal(M):
        return r2 * Trace(B * M) / p if averaged else r2 * Trace(beta.T * M * beta)

    noise = sigma2 * Trace(R * A * R) / n
    train = lam**2 * (signal(R * A * R) + sigma2 * Trace(Q * Q) / n)
    return {
        "expression": {
            "bias": lam**2 * signal(R * S * R),
            "variance": sigma2 * Trace(S * R * A * R) / n,
            "train": train,
            "gcv": train / (lam * Trace(Q) / n) ** 2,
            "norm2": signal(A * R * R * A) + noise,
            "estimation": lam**2 * signal(R * R) + noise,
            "kappa": n / Trace(Q),
            "df1": Trace(A * R) / n,
            "df2": 1 - Trace(Q) ** 2 / Trace(Q * Q) / n,
        },
        "gaussian": [X],
        "laws": {(S, B): law} if averaged else {S: law},
        "vectors": [] if averaged else [beta],
    }


with_vector = Derived(partial(_ridge, averaged=False), law)
with_signs = Derived(partial(_ridge, averaged=True), joint)


def _formulas(*, spectrum, signal, **given):
    return ridge.ridge(law(spectrum, signal), **given)


_risks = with_signs.of("bias", "variance", "train", "norm2")
_by_spectrum = with_vector.of("bias", "variance", "train", "gcv", "norm2", "estimation", "kappa", "df1", "df2")

ridge_in_samples = Model(
    title="Ridge regression for any spectrum and signal, derived from its expression",
    statement=r"\kappa=\lambda+\gamma\kappa\int\frac{s\,dH}{s+\kappa}:\quad "
    r"B=\frac{r^2\kappa^2\int s(s+\kappa)^{-2}dG}{1-{\rm df}_2},\ V=\frac{\sigma^2{\rm df}_2}{1-{\rm df}_2},\quad "
    r"{\rm df}_2=\gamma\int\frac{s^2dH}{(s+\kappa)^2};\quad \text{training error, GCV and norms with them}",
    source="hastie2022surprises, Theorem 5; dobriban2018high, Theorem 2.1 (numbering from memory)",
    assumptions=MODEL,
    domain=DOMAIN | {"spectrum": ATOMS},
    claim=_risks.claim(),
    cases=(
        {"spectrum": "atoms:4@0.5,0.25@0.5", "signal": "top:0.5", "gamma": 2.0, "lam": 0.1, "r2": 2.0, "sigma2": 0.5},
        {"spectrum": "atoms:4@0.5,0.25@0.5", "signal": "bottom:0.5", "gamma": 0.5, "lam": 0.3, "r2": 5.0, "sigma2": 0.2},
    ),
    rivals=_risks.rivals("gamma", "lam", "sigma2", "signal"),
)

ridge_formulas = Theorem(
    title="Every formula of ridge regression for any spectrum is what its expression gives",
    statement=ridge_in_samples.statement,
    source=ridge_in_samples.source,
    assumptions=MODEL,
    domain=DOMAIN,
    claim=_by_spectrum.identity(_formulas),
    cases=(
        {"spectrum": "atoms:4@0.5,0.25@0.5", "signal": "top:0.5", "gamma": 2.0, "lam": 0.1, "r2": 2.0, "sigma2": 0.5},
        {"spectrum": "atoms:4@0.5,0.25@0.5", "signal": "bottom:0.5", "gamma": 1 + 2.0**-40, "lam": 0.0},
        {"spectrum": "atoms:4@0.5,0.25@0.5", "signal": "bottom:0.5", "gamma": 1 - 2.0**-40, "lam": 1e-20},
        {"spectrum": "atoms:4@0.5,0.25@0.5", "gamma": 1.0, "lam": 1e-12, "r2": 5.0},
        {"spectrum": "ar1:0.7", "signal": "bottom:0.5", "gamma": 0.5, "lam": 0.0, "sigma2": 2.0},
        {"spectrum": "ar1:0.7", "signal": "top:0.5", "gamma": 20.0, "lam": 1e-6, "r2": 5.0},
        {"spectrum": "isotropic", "gamma": 0.01, "lam": 10.0, "sigma2": 0.1},
    ),
    rivals=_by_spectrum.rivals("gamma", "lam", "sigma2", "signal"),
)


def _isotropic(law, *, equicorrelated=False):
    """X'X/n; equicorrelated features but for the direction (1, ..., 1) are these times (1 - rho)^(1/2)."""
    from sympy import Identity, MatrixSymbol, Trace, symbols

    n, p, lam, r2, sigma2 = symbols("n p lambda r2 sigma2", positive=True)
    X, s = MatrixSymbol("X", n, p), 1 - symbols("rho", positive=True) if equicorrelated else 1
    A = s * X.T * X / n
    R, Q = (A + lam * Identity(p)).inverse(), (s * X * X.T / n + lam * Identity(n)).inverse()
    return {
        "expression": {
            "bias": s * r2 * lam**2 * Trace(R * R) / p,
            "variance": s * sigma2 * Trace(R * A * R) / n,
            "train": lam**2 * (r2 * Trace(R * A * R) / p + sigma2 * Trace(Q * Q) / n),
            "norm2": r2 * Trace(A * R * R * A) / p + sigma2 * Trace(R * A * R) / n,
            "kappa": n / Trace(Q),
            "df1": Trace(A * R) / n,
            "df2": 1 - Trace(Q) ** 2 / Trace(Q * Q) / n,
        },
        "gaussian": [X],
    }


_closed = Derived(_isotropic).of("bias", "variance", "train", "norm2", "kappa", "df1", "df2")

isotropic_formulas = Theorem(
    title="Every closed form of ridge regression with isotropic features is what its expression gives",
    statement=r"B=r^2\lambda^2m'(-\lambda),\ V=\sigma^2\gamma\,[m(-\lambda)-\lambda m'(-\lambda)],\quad "
    r"m(-\lambda)=\frac{-(1-\gamma+\lambda)+\sqrt{(1-\gamma+\lambda)^2+4\gamma\lambda}}{2\gamma\lambda}",
    source="hastie2022surprises, Theorem 1, Theorem 5 and Corollary 5 (numbering from memory)",
    assumptions=("the entries of x are independent, of mean 0 and variance 1", *MODEL[1:]),
    domain={k: DOMAIN[k] for k in ("gamma", "lam", "r2", "sigma2")},
    claim=_closed.identity(isotropic.ridge),
    cases=(
        {"gamma": 2.0, "lam": 0.0, "sigma2": 0.5},
        {"gamma": 1.0, "lam": 1e-9, "r2": 5.0},
        {"gamma": 1 - 2.0**-45, "lam": 0.0, "r2": 5.0},
        {"gamma": 1 + 2.0**-45, "lam": 1e-24},
        {"gamma": 0.3, "lam": 3.0, "sigma2": 4.0},
        {"gamma": 1000.0, "lam": 7.0},
    ),
    rivals=_closed.rivals("gamma", "lam", "sigma2"),
)

_equal = Derived(partial(_isotropic, equicorrelated=True)).of("bias", "variance", "train", "norm2", "kappa", "df1", "df2")

equicorrelated_formulas = Theorem(
    title="Every closed form of ridge regression with equicorrelated features is what its expression gives",
    statement=r"\Sigma=(1-\rho)I+\rho\,11':\quad \text{isotropic at } r^2(1-\rho),\ \lambda/(1-\rho)",
    source="hastie2022surprises, section 5.1 (from memory); derived here from the expression",
    assumptions=("S = (1 - rho) I + rho 11', of which the direction (1, ..., 1) leaves no trace in the limit", *MODEL[1:]),
    domain={"rho": Real(0.0, 0.99, default=0.5), **isotropic_formulas.domain},
    claim=_equal.identity(equicorrelated.ridge),
    cases=(
        {"gamma": 2.0, "rho": 0.25, "lam": 0.0, "sigma2": 0.5},
        {"gamma": 1.0, "rho": 0.9, "lam": 1e-9, "r2": 5.0},
        {"gamma": 0.3, "rho": 0.5, "lam": 3.0, "sigma2": 4.0},
    ),
    rivals=_equal.rivals("gamma", "lam") | {"correlation ignored": _equal.by(rho=lambda **k: 1e-9)},
)


_own = correlated_ridgeless.claim.theory
_ridgeless = with_vector.of("bias", "variance")

ridgeless_formulas = Theorem(
    title="The authors' own equation for correlated features is what the expression gives without a penalty",
    statement=correlated_ridgeless.statement,
    source=correlated_ridgeless.source,
    assumptions=MODEL,
    domain={**correlated_ridgeless.domain, "spectrum": BOUNDED},
    claim=_ridgeless.identity(_own, rtol=1e-11, lam=0.0),  # its root to 1e-11
    cases=(
        {"spectrum": "ar1:0.7", "signal": "top:0.5", "gamma": 2.0, "r2": 5.0, "sigma2": 2.0},
        {"spectrum": "atoms:4@0.5,0.25@0.5", "signal": "bottom:0.5", "gamma": 1.1, "sigma2": 0.25},
        {"spectrum": "isotropic", "gamma": 8.0},
    ),
    rivals={
        "the signal taken as isotropic": _ridgeless.by(_own, signal=lambda **k: "isotropic"),
        "the features taken as isotropic": _ridgeless.by(_own, spectrum=lambda **k: "isotropic"),
        "sigma in place of sigma2": _ridgeless.by(_own, sigma2=lambda *, sigma2, **k: sigma2**0.5),
    },
)
