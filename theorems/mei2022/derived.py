"""One nonlinear layer by its Gaussian equivalent, derived from the expression, `theorems.layers`: against draws, and the closed form."""

from functools import partial

from asymptotics.activations import hermite
from theorems import Identity, Real, Theorem
from theorems.derived import Apart, Derived
from theorems.layers import Fits, equivalent
from theorems.mei2022.sphere import CASES, DOMAIN, LINEAR, MODEL, ROOT, theory
from theorems.model import Model

MU = Real(0.0, 10.0, default=1.0)
EQUIVALENT = (
    "X (n x d), W (d x k) and Theta (n x k) of independent N(0, 1) entries; features mu1 X W/sqrt d + mu_star Theta",
    "y = X b + noise, |b|^2 = r2, noise of variance sigma2 + `nonlinear`, of which the second is part of the target",
    "k/n -> gamma, d/n -> inputs",
)
SOURCE = "mei2022generalization, Theorem 2 (from memory), by the Gaussian equivalence; derived here from its expression"


def _fit(law, averaged):
    from sympy import Trace, symbols

    n, d, k = symbols("n p k", positive=True)
    at = Fits(equivalent, averaged=averaged, white=True, ratios={"gamma": k / n, "inputs": d / n})
    Z, _, A, *_ = at.fit()
    (missed, shown), R, noise = at.error(), at.residual(), at.nonlinear + at.sigma2
    return at.given(
        {
            "bias": missed + at.nonlinear * (1 + shown),
            "variance": at.sigma2 * shown,
            "train": (at.signal(Z.T * R * R * Z) + noise * Trace(R * R)) / at.n,
            "norm2": at.signal(Z.T * A.T * A * Z) + noise * Trace(A.T * A),
        }
    )


drawn = Derived(partial(_fit, averaged=True)).of("bias", "variance")
apart = Apart(partial(_fit, averaged=False)).of("bias", "variance", "train", "norm2")


def _equivalent(*, activation, **given):
    phi = hermite(activation)
    return apart.theory(mu1=phi.mu1, mu_star=phi.mu_star2**0.5, **given)


_formula = partial(theory, constant=0.0)

derived_equivalent = Model(
    title="The Gaussian equivalent of a nonlinear layer: bias and variance derived from its expression",
    statement=ROOT + r",\ F=\mu_1XW/\sqrt d+\mu_*\Theta:\quad \text{bias and variance as on the sphere}",
    source=SOURCE,
    assumptions=EQUIVALENT,
    domain={k: DOMAIN[k] for k in ("gamma", "inputs", "lam", "r2", "nonlinear", "sigma2")} | {"mu1": MU, "mu_star": MU},
    claim=drawn.claim(sizes=(20, 40, 80)),
    cases=(
        {"gamma": 2.0, "inputs": 0.5, "lam": 0.2, "mu1": 0.5, "mu_star": 0.3, "r2": 2.0, "nonlinear": 0.5, "sigma2": 0.5},
        {"gamma": 0.5, "inputs": 1.0, "lam": 0.1, "mu1": 0.8, "mu_star": 0.6, "r2": 2.0},
    ),
    rivals=drawn.rivals("gamma", "lam", "sigma2") | {"Theta forgotten": drawn.by(mu_star=lambda **k: 1e-9)},
)

derived_sphere = Theorem(
    title="The formulas on the sphere are what the expression of the Gaussian equivalent gives",
    statement=derived_equivalent.statement,
    source=SOURCE,
    assumptions=(*MODEL, *EQUIVALENT[:1]),
    domain={k: v for k, v in (DOMAIN | LINEAR).items() if k != "constant"},
    claim=Identity(theory=apart.by(_formula), other=_equivalent, of=apart.names, rtol=1e-12),
    cases=(
        *({k: v for k, v in c.items() if k != "constant"} for c in CASES),
        {"activation": "tanh", "gamma": 1.0, "inputs": 2.0, "lam": 1e-4, "sigma2": 0.1},  # k = n
        {"activation": "relu", "gamma": 0.5, "inputs": 0.5, "lam": 0.0, "nonlinear": 0.3},  # k = d
        {"activation": "sign", "gamma": 2.0, "inputs": 0.4, "lam": 0.0, "r2": 2.0, "sigma2": 0.1},
        {"activation": "erf", "gamma": 3.0, "inputs": 1.0, "lam": 0.0},  # n = d
    ),
    rivals={
        "gamma read as n/k": apart.by(_formula, gamma=lambda *, gamma, **k: 1 / gamma),
        "the paper's penalty taken for lam": apart.by(_formula, lam=lambda *, gamma, inputs, lam, **k: lam * gamma / inputs),
        "activation taken as linear": apart.by(_formula, activation=lambda **k: "identity"),
        "sigma in place of sigma2": apart.by(_formula, sigma2=lambda *, sigma2, **k: sigma2**0.5),
    },
)
