"""One nonlinear layer by its Gaussian equivalent, derived from the expression: against draws, and the formulas."""

from asymptotics import nonlinear_features
from asymptotics.activations import hermite
from theorems import Choice, Identity, Real, Theorem
from theorems.derived import Apart, Derived
from theorems.hastie2022.nonlinear import LAYER
from theorems.hastie2022.nonlinear import MODEL as EXACT
from theorems.model import Model

PENALTY = Real(1e-6, 1e3, "[]")  # below, at the threshold, the derived limit takes minutes
LINEAR = Real(0.0, 1.0, default=0.5)


def _layer(law):
    """Features c1^(1/2) Z W/d^(1/2) + (1 - c1)^(1/2) U, their covariance S; the signal is averaged over its directions."""
    from sympy import Identity, MatrixSymbol, Trace, sqrt, symbols

    n, p, d, lam, r2, sigma2, linear = symbols("n p d lambda r2 sigma2 linear", positive=True)
    Z, W, U = MatrixSymbol("Z", n, d), MatrixSymbol("W", d, p), MatrixSymbol("U", n, p)
    X = sqrt(linear / d) * Z * W + sqrt(1 - linear) * U
    S, A = linear / d * W.T * W + (1 - linear) * Identity(p), X.T * X / n
    R, Q = (A + lam * Identity(p)).inverse(), (X * X.T / n + lam * Identity(n)).inverse()
    return {
        "expression": {
            "bias": lam**2 * r2 * Trace(R * S * R) / p,
            "variance": sigma2 * Trace(S * R * A * R) / n,
            "train": lam**2 * (r2 * Trace(R * A * R) / p + sigma2 * Trace(Q * Q) / n),
            "norm2": r2 * Trace(A * R * R * A) / p + sigma2 * Trace(R * A * R) / n,
        },
        "gaussian": [Z, W, U],
    }


def _risks(law):
    given = _layer(law)
    return {**given, "expression": {k: given["expression"][k] for k in ("bias", "variance")}}


apart = Apart(_layer).of("bias", "variance", "train", "norm2")
_drawn = Derived(_risks).of("bias", "variance")


def _equivalent(*, activation, **given):
    return apart.theory(linear=hermite(activation).linear, **given)


nonlinear_in_samples = Model(
    title="Ridge regression on the Gaussian equivalent of a nonlinear layer, derived from its expression",
    statement=r"X=\sqrt{c_1/d}\,ZW+\sqrt{1-c_1}\,U:\quad \text{ridge at the law of }\Sigma=\tfrac{c_1}{d}W'W+(1-c_1)I",
    source="hastie2022surprises, Theorem 8 (numbering from memory); derived here from the expression",
    assumptions=("Z (n x d), W (d x p) and U (n x p) of independent N(0, 1) entries; `linear` is c1", *EXACT[2:]),
    domain=LAYER | {"linear": LINEAR, "lam": PENALTY},
    claim=_drawn.claim(sizes=(20, 40, 80)),
    cases=(
        {"gamma": 2.0, "psi": 0.5, "linear": 0.8, "lam": 0.1, "r2": 2.0, "sigma2": 0.5},
        {"gamma": 0.5, "psi": 1.0, "linear": 0.5, "lam": 0.2, "r2": 2.0},
    ),
    rivals=_drawn.rivals("gamma", "lam", "sigma2") | {"U forgotten": _drawn.by(linear=lambda **k: 1 - 1e-9)},
)

nonlinear_formulas = Theorem(
    title="The formulas of ridge regression on a nonlinear layer are what the expression of its equivalent gives",
    statement=nonlinear_in_samples.statement,
    source=nonlinear_in_samples.source,
    assumptions=(*EXACT, *nonlinear_in_samples.assumptions[:1]),
    domain={"activation": Choice(("relu", "tanh", "erf")), **LAYER, "lam": PENALTY},
    claim=Identity(theory=apart.by(nonlinear_features.ridge), other=_equivalent, of=apart.names, rtol=1e-12),
    cases=(
        {"activation": "tanh", "gamma": 2.0, "psi": 0.5, "lam": 0.1, "r2": 2.0, "sigma2": 0.05},
        {"activation": "relu", "gamma": 1.0, "psi": 2.0, "lam": 1e-3, "sigma2": 0.5},
        {"activation": "erf", "gamma": 0.5, "psi": 1.0, "lam": 1e-6, "r2": 2.0},
        {"activation": "relu", "gamma": 20.0, "psi": 0.1, "lam": 1e-3, "sigma2": 2.0},
    ),
    rivals={
        "activation taken as linear": apart.by(nonlinear_features.ridge, activation=lambda **k: "identity"),
        "p/d for d/p": apart.by(nonlinear_features.ridge, psi=lambda *, psi, **k: 1 / psi),
        "sigma in place of sigma2": apart.by(nonlinear_features.ridge, sigma2=lambda *, sigma2, **k: sigma2**0.5),
    },
)
