"""Schröder, Cui, Dmitriev and Loureiro, Deterministic equivalent and error universality of deep random features learning (2023)."""

from functools import lru_cache

import numpy as np

import simulate.deep_features
from asymptotics import spherical_features
from asymptotics.activations import function, hermite
from theorems import GAMMA, R2, SIGMA2, Choice, Identity, Mean, Real, Theorem
from theorems.derived import Derived
from theorems.layers import Fits, deep_equivalent

MODEL = (
    "x standard normal in R^d; h_1 = phi_1(V'x/sqrt d), h_2 = phi_2(W'h_1/sqrt l), V (d x l) and W (l x k) of independent N(0, 1) entries",
    "phi_1 and phi_2 are odd; y = <x, b> + noise, |b|^2 = r2; ridge regression on h_2, penalty n lam",
    "phi_1(t) as mu_1 t + mu_* (independent) of variance v; phi_2 of variance v likewise with nu_1, nu_*",
    "k/n -> gamma, d/n -> inputs, l/n -> hidden",
)
PARTS = ("bias", "variance")
LAYERS = Choice(("tanh", "erf", "sign"))
SIZE = Real(0.0, 1e3)


def _risks(law):
    """Of one inverse each: with t C, C the features' covariance, added to it, their derivatives in t at 0 are the quadratic terms."""
    from sympy import Identity, Trace, symbols

    n, d, k, l, t = symbols("n p k l t", positive=True)
    at = Fits(deep_equivalent, white=True, ratios={"gamma": k / n, "inputs": d / n, "hidden": l / n})
    X, F, _, M, C = at.fit()
    Q = (F.T * F / n + at.lam * Identity(k) + t * (M.T * M + C)).inverse()
    b = at.beta
    return at.given(
        {
            "noise": Trace(F.T * F * Q) / n**2,
            "shown": Trace(b.T * M * Q * F.T * X * b) / n,
            "size": Trace(b.T * X.T * F * Q * F.T * X * b) / n**2,
        }
    )


derived = Derived(_risks)


@lru_cache(maxsize=64)
def _constants(first, second):
    """mu_1 nu_1, nu_1 mu_* and nu_*, the last two of the second layer's argument, of variance v."""
    phi, outer = hermite(first), function(second)
    scale = phi.variance**0.5
    nu = hermite(lambda t: outer(scale * t))
    return phi.mu1 * nu.mu1 / scale, phi.mu_star2**0.5 * nu.mu1 / scale, nu.mu_star2**0.5


def _numbers(gamma, inputs, hidden, lam, constants):
    both, inner, outer = constants
    given = {"linear": both / np.sqrt(inputs * hidden), "first": inner / np.sqrt(hidden), "second": outer}
    return given | {"gamma": gamma, "inputs": inputs, "hidden": hidden, "lam": lam}


STEP = 3e-5  # in t, of lam: at t = 0 some unknowns vanish. Two slopes leave STEP^2, and rounding: 1e-8 at lam = 0.1, 1e-7 at 1e-3


@lru_cache(maxsize=1024)  # a third of a second a point
def _point(first, second, r2, sigma2, **sizes):
    return _broadcast(first=first, second=second, r2=r2, sigma2=sigma2, **sizes)


def _theory(**given):
    """bias and variance; see STEP."""
    scalars = all(np.ndim(v) == 0 for v in given.values())
    return _point(**{k: v if isinstance(v, str) else float(v) for k, v in given.items()}) if scalars else _broadcast(**given)


def _broadcast(*, gamma, inputs, hidden, first, second, lam, r2, sigma2):
    at = _numbers(gamma, inputs, hidden, lam, _constants(first, second))
    t = STEP * np.asarray(lam)
    near, far = (derived.derivation.derivative("t", t=step, **at) for step in (t, 2 * t))
    slope = {k: 2 * near[k] - far[k] for k in near}
    value = derived.derivation.limit(t=t, **at).value
    shown = value["shown"] - t * slope["shown"]
    bias, variance = r2 * (1 - 2 * shown - slope["size"]), -sigma2 * slope["noise"]
    return {"bias": bias, "variance": variance}


def _composed(first, second):
    """An activation with the constants of both layers, the first infinitely wide."""
    both, inner, outer = _constants(first, second)
    return lambda t: both * t + np.hypot(inner, outer) * (t * t - 1) / np.sqrt(2)


def _one_layer(*, gamma, inputs, first, second, hidden=None, **given):
    return spherical_features.ridge(gamma=gamma, psi=np.asarray(inputs) / gamma, activation=_composed(first, second), **given)


SOURCE = "schroder2023deterministic; bosch2023precise (from memory); the risk derived here from the expression of the equivalent"

two_nonlinear_layers = Theorem(
    title="Two random layers with odd activations: bias and variance by Gaussian equivalents of Gaussian equivalents",
    statement=r"H=\nu_1\bigl(\mu_1XV/\sqrt d+\mu_*T\bigr)W/\sqrt l+\nu_*\Theta,\ C=\nu_1^2W'(\mu_1^2V'V/d+\mu_*^2)W/l+\nu_*^2,\ "
    r"Q_t=(H'H/n+\lambda+tC)^{-1}:\quad V\to-\frac{\sigma^2}{n}\partial_t\operatorname{tr}\frac{H'H}nQ_t,\quad "
    r"B\to r^2-2\,b'\tfrac{M}{n}Q_0H'Xb-\partial_t\,b'\tfrac{X'H}nQ_t\tfrac{H'X}nb,\ M=\tfrac{\nu_1\mu_1VW}{\sqrt{dl}}",
    source=SOURCE,
    assumptions=MODEL,
    domain={"gamma": GAMMA, "inputs": SIZE, "hidden": SIZE, "first": LAYERS, "second": LAYERS, "lam": Real(0.0, np.inf)}
    | {"r2": R2, "sigma2": SIGMA2},
    claim=Mean(theory=_theory, simulation=simulate.deep_features.ridge, of=PARTS, sizes=(20, 40, 80)),
    cases=(
        {"gamma": 1.5, "inputs": 1.0, "hidden": 0.75, "first": "tanh", "second": "tanh", "lam": 0.1, "sigma2": 0.5},
        {"gamma": 0.75, "inputs": 0.5, "hidden": 1.5, "first": "sign", "second": "erf", "lam": 0.05, "r2": 2.0},
        {"gamma": 2.0, "inputs": 0.5, "hidden": 1.0, "first": "erf", "second": "sign", "lam": 0.2, "r2": 2.0, "sigma2": 0.5},
    ),
    rivals={
        "one layer of the composed constants": _one_layer,
        "the layers exchanged": lambda *, first, second, **k: _theory(first=second, second=first, **k),
        "the widths exchanged": lambda *, gamma, hidden, **k: _theory(gamma=hidden, hidden=gamma, **k),
        "sigma in place of sigma2": lambda *, sigma2, **k: _theory(sigma2=sigma2**0.5, **k),
    },
)

wide_first_layer = Theorem(
    title="Two random layers, the first infinitely wide, are one",
    statement=r"l/n\to\infty:\quad \mu_1\to\mu_1\nu_1,\quad \mu_*^2\to\nu_1^2\mu_*^2+\nu_*^2",
    source=SOURCE + "; one layer: mei2022generalization, Theorem 2",
    assumptions=MODEL,
    domain={k: v for k, v in two_nonlinear_layers.domain.items() if k != "hidden"},
    claim=Identity(theory=_one_layer, other=lambda **k: _theory(hidden=1e4, **k), of=PARTS, rtol=1e-3),  # 10/hidden
    cases=tuple({k: v for k, v in c.items() if k != "hidden"} for c in two_nonlinear_layers.cases),
    rivals={
        "mu_* of the first layer lost": lambda *, first, second, **k: _one_layer(first="identity", second=second, **k),
        "lam multiplies p": lambda *, gamma, lam, **k: _one_layer(gamma=gamma, lam=lam * gamma, **k),
    },
)
