"""Song, Bhattacharya and Sur, Generalization error of min-norm interpolators in transfer learning (2024); with a penalty as well."""

import math

import numpy as np

from asymptotics import several_sources
from asymptotics.risk import Risk
from theorems import GAMMA, R2, SIGMA2, Choice, Identity, Plot, Real, Theorem, each
from theorems.derived import Derived
from theorems.model import Model

LAWS = {  # eigenvalues of the covariances of source and target, (s, t), in equal parts
    "equal": [(1.0, 1.0)],
    "opposite": [(4.0, 0.25), (0.25, 4.0)],
    "crossed": [(4.0, 1.0), (4.0, 2.0), (0.25, 1.0), (0.25, 2.0)],
}
MODEL = (
    "n rows of the target, y = <x, beta> + noise of variance sigma2, x = T^(1/2) z; `source` n rows of the source, "
    "y = <x, beta'> + noise of variance sigma2, x = S^(1/2) z; z of independent standard normal entries",
    "beta_hat = (X'X + n lam)^-1 X'y of all rows; p/n -> gamma; S and T commute, and their joint law is H",
    "|beta|^2 = |beta'|^2 = r2, <beta, beta'> = `cosine` r2, spread alike over all directions",
    "the excess risk is the target's",
)
DOMAIN = {
    "covariances": Choice(tuple(LAWS), default="equal"),
    "gamma": GAMMA,
    "source": Real(0, 1e3, default=1.0),
    "lam": Real(0, math.inf),
    "cosine": Real(-1.0, 1.0, "[]", default=0.5),
    "r2": R2,
    "sigma2": SIGMA2,
}
STATEMENT = (
    r"k=\frac1{\lambda+a_1s+a_2t},\ a_1=\frac{\text{source}}{1+\gamma\int sk},\ a_2=\frac1{1+\gamma\int tk},\ "
    r"\bar\beta=k(a_1s\beta'+a_2t\beta):\quad R\to\int t(\bar\beta-\beta)^2+"
    r"u_1\Bigl(\int s(\bar\beta-\beta')^2+\sigma^2\Bigr)+u_2\Bigl(\int t(\bar\beta-\beta)^2+\sigma^2\Bigr)"
)
SOURCE = "song2024generalization, yang2020precise (from memory: ridgeless); with a penalty derived here"


def joint(*, covariances):
    return np.array(LAWS[covariances]), np.full(len(LAWS[covariances]), 1 / len(LAWS[covariances]))


def _pooled(law):
    """A: the source's sample covariance, C: the target's; beta' = cosine beta + (1 - cosine^2)^(1/2) another."""
    from sympy import Identity, MatrixSymbol, Trace, symbols

    n, m, p, lam, r2, sigma2, source, cosine = symbols("n m p lambda r2 sigma2 source cosine", positive=True)
    X, Y, S, T = (MatrixSymbol(*x) for x in (("X", m, p), ("Y", n, p), ("Sigma", p, p), ("T", p, p)))
    A, C = S**0.5 * X.T * X * S**0.5 / n, T**0.5 * Y.T * Y * T**0.5 / n
    R = (A + C + lam * Identity(p)).inverse()
    miss = (1 - cosine) * R * A + lam * R  # of beta

    def error(M):
        signal = Trace(miss.T * M * miss) + (1 - cosine**2) * Trace(A * R * M * R * A)
        return r2 * signal / p + sigma2 * Trace(M * R * A * R) / n

    return {
        "expression": {
            "excess": error(T) + sigma2 * Trace(T * R * C * R) / n,
            "train": error(C) + sigma2 * (1 - 2 * Trace(C * R) / n + Trace(C * R * C * R) / n),
        },
        "gaussian": [X, Y],
        "laws": {(S, T): law},
        "ratios": {"gamma": p / n, source: m / n},
    }


drawn = Derived(_pooled, joint)
derived = drawn.of("excess", "train")


def _one_pair(*, covariances, gamma, source, lam, cosine, r2, sigma2):
    values, weights = joint(covariances=covariances)
    found = several_sources.ridge(
        values, weights, r2 * np.array([[1, cosine], [cosine, 1]]), rows=[source, 1.0], gamma=gamma, lam=lam, noises=sigma2
    )
    return Risk(excess=found.excess[..., 1], test=found.test[..., 1], train=found.train[..., 1])


formula = each(("source", "cosine", "r2", "sigma2"), _one_pair)


def _alone(**given):
    """The target's rows by themselves."""
    return formula(**given | {"source": 1e-12})


def _rivals(part):
    return part.rivals("gamma", "lam", "sigma2") | {
        "the same signal in both": part.by(cosine=lambda **k: 1.0),
        "the target's rows alone": part.by(_alone),
        "one covariance for both": part.by(covariances=lambda **k: "equal"),
    }


transfer_in_samples = Model(
    title="Ridge regression on two sources of data, derived from its expression",
    statement=STATEMENT,
    source=SOURCE,
    assumptions=MODEL,
    domain=DOMAIN,
    claim=derived.claim(),
    cases=(
        {"covariances": "opposite", "gamma": 2.0, "source": 0.5, "lam": 0.5, "r2": 2.0, "sigma2": 0.5},
        {"covariances": "crossed", "gamma": 1.0, "source": 2.0, "lam": 0.5, "cosine": -0.5, "sigma2": 2.0},
    ),
    rivals=_rivals(derived),
    plot=Plot(
        x="source",
        low=0.1,
        high=10.0,
        at={"covariances": "equal", "gamma": 2.0, "lam": 0.01, "r2": 5.0, "sigma2": 1.0},
        lines={"cosine": (0.0, 0.7, 0.95)},
        theory=formula,
        simulation=drawn.simulation,
        of="excess",
        n=40,
        points=8,
        text="Many rows of the source help where the signals agree; near as many rows as features they hurt.",
        axis="rows of the source per row of the target",
    ),
)

transfer_formulas = Theorem(
    title="The formula for ridge regression on several sources is what the expression gives for two",
    statement=STATEMENT,
    source=SOURCE,
    assumptions=MODEL,
    domain=DOMAIN,
    claim=derived.identity(formula),
    cases=(
        {"covariances": "opposite", "gamma": 2.0, "source": 0.5, "lam": 0.1, "sigma2": 0.5},
        {"covariances": "crossed", "gamma": 0.5, "source": 3.0, "lam": 1e-3, "cosine": -0.2, "r2": 2.0},
        {"covariances": "crossed", "gamma": 3.0, "source": 2.0, "lam": 1e-4, "cosine": 0.9},
        {"covariances": "opposite", "gamma": 50.0, "source": 0.1, "lam": 2.0, "cosine": 1.0, "sigma2": 0.1},
        {"covariances": "equal", "gamma": 0.01, "source": 100.0, "lam": 5.0, "cosine": -1.0},
    ),
    rivals=_rivals(derived),
)

_fitted = derived.of("excess")


def _without_penalty(**change):
    return _fitted.by(formula, lam=lambda **k: 0.0, **change)


transfer_ridgeless = Theorem(
    title="The least-norm fit of two sources pooled",
    statement=STATEMENT.replace(r"\lambda+", r"0^++"),
    source=SOURCE,
    assumptions=(*MODEL[:1], "the fit of least norm among those of least squared error; p/n -> gamma", *MODEL[2:]),
    domain={k: v for k, v in DOMAIN.items() if k != "lam"},
    claim=Identity(  # a penalty moves the limit by lam over the squared distance from gamma to source + 1
        theory=_without_penalty(),
        other=_fitted.by(lam=lambda **k: 1e-20),
        rtol=1e-12,
    ),
    cases=(
        {"covariances": "opposite", "gamma": 2.0, "source": 0.5, "sigma2": 0.5},
        {"covariances": "crossed", "gamma": 3.0, "source": 1.9, "cosine": 0.9},
        {"covariances": "crossed", "gamma": 0.5, "source": 3.0, "cosine": -0.2, "r2": 2.0},
        {"covariances": "equal", "gamma": 20.0, "source": 4.0, "cosine": 0.0},
    ),
    rivals={
        "the same signal in both": _without_penalty(cosine=lambda **k: 1.0),
        "the target's rows alone": _without_penalty(source=lambda **k: 1e-12),
        "one covariance for both": _without_penalty(covariances=lambda **k: "equal"),
        "gamma read as n/p": _without_penalty(gamma=lambda *, gamma, **k: 1 / gamma),
    },
)
