"""Misspecified features: part of the signal lives on features that are not observed."""

import math

import simulate.misspecified
from asymptotics import isotropic
from asymptotics import misspecified as formula
from theorems import GAMMA, R2, SIGMA2, Curve, Mean, Plot, Real, Theorem, through

MODEL = (
    "y = <x, beta> + <w, theta> + noise; only x is observed, x and w are independent and isotropic",
    "|beta|^2 + |theta|^2 = r2, of which the fraction `explained` is |beta|^2/r2",
    "p/n -> gamma; the excess risk is over E[y|x, w]",
)
EXPLAINED = Real(0.0, 1.0, "[]")


def _hidden_part_forgotten(*, gamma, r2, sigma2, explained):
    return isotropic.ridgeless(gamma=gamma, r2=r2 * explained, sigma2=sigma2)


def _hidden_part_counted_once(*, gamma, r2, sigma2, explained):
    return isotropic.ridgeless(gamma=gamma, r2=r2 * explained, sigma2=sigma2).excess + r2 * (1 - explained)


misspecified = Theorem(
    title="Ridgeless least squares with misspecified features",
    statement=r"\kappa=\|\beta\|^2/r^2,\ M=r^2(1-\kappa):\quad R\to M+(M+\sigma^2)\frac{\gamma}{1-\gamma}\ (\gamma<1),\quad "
    r"M+r^2\kappa\Bigl(1-\frac1\gamma\Bigr)+\frac{M+\sigma^2}{\gamma-1}\ (\gamma>1)",
    source="hastie2022surprises, Theorem 4 (numbering from memory)",
    assumptions=MODEL,
    domain={"gamma": GAMMA, "r2": R2, "sigma2": SIGMA2, "explained": EXPLAINED},
    claim=Mean(theory=formula.ridgeless, simulation=simulate.misspecified.ridge),
    cases=(
        {"gamma": 0.5, "r2": 5.0, "explained": 0.6},
        {"gamma": 2.0, "r2": 5.0, "sigma2": 2.0, "explained": 0.6},
        {"gamma": 4.0, "r2": 5.0, "explained": 0.3},
        {"gamma": 0.25, "r2": 0.5, "sigma2": 4.0, "explained": 0.6},
    ),
    rivals={
        "hidden part forgotten": _hidden_part_forgotten,
        "hidden part not noise": _hidden_part_counted_once,
        "hidden part not risk": lambda *, r2, explained, **k: (
            formula.ridgeless(r2=r2, explained=explained, **k).excess - r2 * (1 - explained)
        ),
    },
)

polynomial_bias = Theorem(
    title="Approximation bias that falls polynomially with the number of features",
    statement=r"1-\kappa(\gamma)=(1+\gamma)^{-a}:\quad R\text{ as for misspecified features, with }M=r^2(1+\gamma)^{-a}",
    source="hastie2022surprises, section 5.3 (from memory)",
    assumptions=(*MODEL, "`explained` = kappa(gamma) = 1 - (1 + gamma)^-a; `decay` is a"),
    domain={"gamma": GAMMA, "r2": R2, "sigma2": SIGMA2, "decay": Real(0.0, 20.0)},
    claim=Mean(theory=formula.ridgeless, simulation=simulate.misspecified.ridge),
    cases=(
        {"gamma": 0.5, "r2": 5.0, "decay": 1.5},
        {"gamma": 3.0, "r2": 5.0, "sigma2": 0.5, "decay": 1.0},
        {"gamma": 0.25, "r2": 0.5, "sigma2": 4.0, "decay": 1.5},
    ),
    rivals={
        "gamma^-a for (1 + gamma)^-a": lambda *, gamma, decay, **k: formula.ridgeless(
            gamma=gamma, explained=max(0.0, 1 - gamma**-decay), **k
        ),
        "nothing hidden": lambda *, decay, **k: isotropic.ridgeless(**k),
    },
    plot={
        "figure 6": Plot(
            at={"sigma2": 1.0, "decay": 1.5},
            lines={"r2": (1.0, 2.33, 3.67, 5.0)},
            limits=(0.0, 10.0),
            text="Misspecified features, four signal-to-noise ratios at a = 1.5 (values as recalled).",
        ),
        "figure 7": Plot(
            at={"r2": 5.0, "sigma2": 1.0},
            lines={"decay": (0.5, 1.0, 2.0, 5.0)},
            limits=(0.0, 10.0),
            text="Misspecified features at SNR 5, by how fast their bias falls (values as recalled).",
        ),
    },
)


def _tuned(*, gamma, r2, sigma2, explained, **given):
    """The penalty that is optimal with the hidden part as noise."""
    lam = gamma * (sigma2 + r2 * (1 - explained)) / (r2 * explained)
    return given | {"gamma": gamma, "lam": lam, "r2": r2, "sigma2": sigma2, "explained": explained}


def _tuned_along(*, n, gamma, decay, **given):
    """The same where the explained part grows with p."""
    return _tuned(n=n, gamma=gamma, explained=1 - (1 + round(gamma * n) / n) ** -decay, **given)


misspecified_optimal_ridge = Theorem(
    title="The optimally tuned ridge with misspecified features",
    statement=r"R^*\to M+(M+\sigma^2)\gamma\,m(-\lambda^*),\quad M=r^2(1-\kappa),\ \kappa=\|\beta\|^2/r^2,\quad "
    r"\lambda^*=\gamma\frac{M+\sigma^2}{r^2\kappa},\quad "
    r"m(-\lambda)=\frac{-(1-\gamma+\lambda)+\sqrt{(1-\gamma+\lambda)^2+4\gamma\lambda}}{2\gamma\lambda}",
    source="hastie2022surprises, Corollary 6 applied to Theorem 4 (from memory)",
    assumptions=MODEL,
    domain={"gamma": GAMMA, "r2": Real(0.0, math.inf, default=1.0), "sigma2": SIGMA2, "explained": Real(0.0, 1.0, "]")},
    claim=Mean(theory=formula.optimal, simulation=through(simulate.misspecified.ridge, _tuned)),
    cases=(
        {"gamma": 0.5, "r2": 5.0, "sigma2": 4.0, "explained": 0.9},
        {"gamma": 2.0, "r2": 5.0, "sigma2": 0.5, "explained": 0.6},
    ),
    rivals={
        "hidden part forgotten": lambda *, r2, explained, **k: isotropic.optimal(r2=r2 * explained, **k),
        "hidden part not noise": lambda *, r2, explained, **k: (
            isotropic.optimal(r2=r2 * explained, **k).excess + r2 * (1 - explained)
        ),
    },
    plot={
        "figure 8, misspecified": Plot(
            theory=formula.optimal,
            simulation=through(simulate.misspecified.ridge, _tuned_along),
            at={"r2": 5.0, "sigma2": 1.0, "decay": 1.5},
            also={"ridgeless": Curve(polynomial_bias)},
            limits=(0.0, 10.0),
            text="The tuned ridge beside ridgeless, where the bias falls as (1 + gamma)^-a (parameters as recalled).",
        )
    },
)
