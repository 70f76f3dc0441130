"""Fixed points and integrals against mpmath by plain formulas: the worst error of any field at random points, corners among them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from mpmath import mp, mpf

from asymptotics import (
    bagging,
    eigenlearning,
    gradient_flow,
    max_margin,
    random_features,
    random_projections,
    sgd,
    spectra,
    tradeoff,
)
from asymptotics import spherical_features as sphere
from asymptotics.separability import threshold
from tests import (
    test_bagging,
    test_eigenlearning,
    test_gradient_flow,
    test_max_margin,
    test_random_features,
    test_random_projections,
    test_separability,
    test_sgd,
    test_spherical_features,
)

Exact = Mapping[str, Any]
GOAL = "at most 1e-12, or an error"
NONE = mpf(10) ** -40  # what the oracle's digits do not tell from 0


def _error(got: float, value: Any) -> float:
    """Relative; absolute where the exact value is 0, and 0 or inf where it is infinite."""
    if mp.isinf(value):
        return 0.0 if got == value else math.inf if not math.isnan(got) else math.nan
    return float(abs(mpf(got) - value) / (abs(value) if abs(value) > NONE else 1))


def _worst(what: str, goal: str, points: Iterator[tuple[Any, Exact, float]]) -> tuple[str, str, str]:
    """(result, exact fields, what a relative error is divided by: the condition of the point) to a row; nan is the worst of all."""
    worst, count = {"": 0.0}, 0
    for found, exact, condition in points:
        count += 1
        for name, value in exact.items():
            got = float(found[name] if isinstance(found, dict) else getattr(found, name))
            worst[name] = float(np.maximum(worst.get(name, 0.0), _error(got, value) / condition))
    name = max(worst, key=lambda field: (math.isnan(worst[field]), worst[field]))
    return f"{what}; {count} points", goal, f"{worst[name]:.1e}" + (f" ({name})" if len(worst) > 2 else "")


def _features(rng: np.random.Generator, count: int) -> Iterator[tuple[Any, Exact, float]]:
    for _ in range(count):
        size = rng.integers(1, 5)
        s, c, e = 10 ** rng.uniform(-4, 3, size), rng.integers(1, 200, size).astype(float), rng.uniform(0.01, 1, size)
        n = float(rng.integers(1, 1.5 * c.sum() + 2))
        k = rng.choice([n, n + 1, max(1.0, n - 1), n * (1 + 1e-9), float(rng.integers(1, 2 * c.sum() + 2))])
        delta = rng.choice([0.0, 1e-14, 1e-10, 1e-5, 0.1, 100.0])
        if delta == 0 and (n == k or min(n, k) >= c.sum()):
            delta = 1e-14
        found = random_features.ridge(spectra.multiplicities(s, c, e), n=n, k=k, delta=delta, r2=2.0, sigma2=0.5)
        yield found, test_random_features.oracle(s, c, e, n, k, delta, 2.0, 0.5), 1.0


def _near_one(rng: np.random.Generator, decades: float) -> float:
    """A ratio over the decades, or as near to 1 as 1e-14."""
    return float(
        10 ** rng.uniform(-decades, decades) if rng.random() < 0.7 else 1 + rng.choice([-1, 1]) * 10 ** rng.uniform(-14, -1)
    )


def _sphere(rng: np.random.Generator, count: int) -> Iterator[tuple[Any, Exact, float]]:
    for _ in range(count):
        point = {
            "gamma": _near_one(rng, 2),
            "psi": 10 ** rng.uniform(-2, 2),
            "activation": str(rng.choice(["relu", "tanh", "erf", "sign", "abs"])),
            "lam": 10 ** rng.uniform(-14, 3),
            "r2": 10 ** rng.uniform(-2, 2),
            "nonlinear": float(rng.choice([0.0, 0.3])),
            "sigma2": 10 ** rng.uniform(-2, 2),
        }
        yield sphere.ridge(**point), test_spherical_features.polynomials(**point), 1.0


def _modes(rng: np.random.Generator, count: int) -> Iterator[tuple[Any, Exact, float]]:
    law = test_eigenlearning.VALUES, test_eigenlearning.COUNTS, test_eigenlearning.POWERS
    for _ in range(count):
        n, delta = float(rng.choice([3, 10, 49, 99, 100, 101, 400])), 10 ** rng.uniform(-14, 3)
        rows, factor, test = test_eigenlearning.oracle(*law, n, delta, 0.5)
        at = eigenlearning.modes(test_eigenlearning.target(*law), eigenvalue=law[0], power=law[2], n=n, delta=delta, sigma2=0.5)
        exact = {f"{name}{i}": mpf(x) for name, row in zip(("learnability", "error", "bias", "variance"), rows, strict=True)
                 for i, x in enumerate(row)}  # fmt: skip
        found = {f"{name}{i}": getattr(at, name)[i] for name in ("learnability", "error", "bias", "variance") for i in range(4)}
        whole = eigenlearning.ridge(test_eigenlearning.target(*law), n=n, delta=delta, sigma2=0.5)
        yield (
            found | {"test": whole.test, "overfitting": at.overfitting[0]},
            exact | {"test": mpf(test), "overfitting": mpf(factor)},
            1.0,
        )


def _bags(rng: np.random.Generator, count: int) -> Iterator[tuple[Any, Exact, float]]:
    for _ in range(count):
        gamma, share, lam = (
            10 ** rng.uniform(-1, 1),
            float(rng.choice([1.0, 0.5, rng.uniform(0.05, 1)])),
            10 ** rng.uniform(-12, 1),
        )
        members = float(rng.choice([1, 2, 10, np.inf]))
        if rng.random() < 0.3 and abs(gamma / share - 1) > 0.1:  # nearer the rounding of gamma/share is amplified
            lam = 0.0
        found = bagging.ridge(test_bagging.SPECTRUM, gamma=gamma, share=share, lam=lam, members=members, r2=2.0, sigma2=0.5)
        yield found, test_bagging.oracle(gamma, share, lam, members, 2.0, 0.5), 1.0


def _projections(rng: np.random.Generator, count: int) -> Iterator[tuple[Any, Exact, float]]:
    for _ in range(count):
        gamma, psi = 10 ** rng.uniform(-1, 1), 10 ** rng.uniform(-1, 1)
        if abs(gamma * psi / min(gamma, 1) - 1) < 1e-3:  # the rounding of gamma psi is amplified there
            continue
        names = ("test", "variance", "train")
        exact = dict(zip(names, test_random_projections.oracle(gamma, psi, 2.0, 0.5), strict=True))
        yield random_projections.ridgeless(test_random_projections.SPECTRUM, gamma=gamma, psi=psi, r2=2.0, sigma2=0.5), exact, 1.0


def _flows(rng: np.random.Generator, count: int) -> Iterator[tuple[Any, Exact, float]]:
    for _ in range(count):
        gamma, t = 10 ** rng.uniform(-2, 2), 10 ** rng.uniform(-6, 4)
        bias, variance, seen, noise = test_gradient_flow.integrals(gamma, t)
        found = gradient_flow.isotropic_flow(gamma=gamma, t=t, r2=1, sigma2=1)
        yield found, {"bias": bias, "variance": variance, "train": seen + noise}, 1.0


def _passes(rng: np.random.Generator, count: int) -> Iterator[tuple[Any, Exact, float]]:
    for _ in range(count):
        step, t = 10 ** rng.uniform(-2, 0.4), 10 ** rng.uniform(-6, 1.5)
        bias, variance = test_sgd.exponential(step, t)
        found = sgd.one_pass(test_sgd.SPECTRUM, step=step, t=t)
        scale = max(1.0, test_sgd.ENERGY / bias)  # the bias is a sum of what decays
        yield {"bias": found.bias}, {"bias": mpf(bias)}, scale
        yield {"variance": found.variance}, {"variance": mpf(variance)}, 1.0


def _frontier(rng: np.random.Generator, count: int) -> Iterator[tuple[Any, Exact, float]]:
    for _ in range(count):
        gamma, tau = (
            _near_one(rng, 3),
            float(rng.choice([rng.random(), 10 ** rng.uniform(-14, 0), 1 - 10 ** rng.uniform(-14, -1)])),
        )
        with mp.workdps(60):
            g, t = mpf(gamma), mpf(tau)
            exact = {"bound": (1 - mp.sqrt(t)) ** 2 / g}
            found = {"bound": tradeoff.bound(gamma=gamma, tau=tau)}
            if g - 1 + t > 0:
                u = g * (1 - t) / (g + mp.sqrt(g * t * (g - 1 + t)))
                at = tradeoff.frontier(gamma=gamma, tau=tau)
                exact |= {"excess": u**2 / (g - u**2), "kappa": g / u - 1}
                found |= {"excess": at.excess, "kappa": at.kappa}
            yield found, exact, 1.0


def _margins(rng: np.random.Generator, count: int) -> Iterator[tuple[Any, Exact, float]]:
    for _ in range(count):
        gamma, r2 = 10 ** rng.uniform(-1.5, 3), 10 ** rng.uniform(-4, 2)
        exact = test_max_margin.two_classes(gamma, r2)
        if exact["margin"] > 0 and exact["error"] > 1e-300:
            near = max(1.0, float(1 / exact["margin"])) * (1 + float(r2 * exact["cosine"]))
            yield max_margin.max_margin(gamma=gamma, r2=r2, labels="mixture"), exact, near


def _thresholds(rng: np.random.Generator, count: int) -> Iterator[tuple[Any, Exact, float]]:
    for _ in range(count):
        labels, r2 = str(rng.choice(["logistic", "probit"])), 10 ** rng.uniform(-4, 4)
        yield {"threshold": threshold(r2=r2, labels=labels)}, {"threshold": mpf(test_separability.closed(labels, r2))}, 1.0


FAMILIES: dict[str, tuple[int, str, Callable[[np.random.Generator, int], Iterator[tuple[Any, Exact, float]]]]] = {
    "`random_features.ridge`, 1 to 4 eigenvalues over 7 decades, k = n, n +- 1, n (1 + 1e-9), delta from 0; 80 digits": (
        60, GOAL, _features),
    "`spherical_features.ridge`, five activations, gamma to 1e-14 from 1, lam from 1e-14; the paper's polynomials at 120 digits": (
        200, GOAL, _sphere),
    "`eigenlearning.modes` and `.ridge`, n = p, p +- 1, delta from 1e-14; 60 digits": (40, GOAL, _modes),
    "`bagging.ridge`, lam = 0 and from 1e-12, 1 to infinitely many members; 60 digits": (60, GOAL, _bags),
    "`random_projections.ridgeless`; 60 digits": (100, GOAL, _projections),
    "`gradient_flow.isotropic_flow`; quadrature at 30 digits": (40, GOAL, _flows),
    "`sgd.one_pass`, below and above the critical step, the bias relative to its parts; matrix exponentials at 40 digits": (
        40, GOAL, _passes),
    "`tradeoff.bound` and `.frontier`, tau to 1e-14 from 0 and 1; 60 digits": (2000, GOAL, _frontier),
    "`max_margin.max_margin`, two classes, divided by its condition, max(1, 1/margin)(1 + r cosine); 50 digits": (60, GOAL, _margins),
    "`separability.threshold`, logistic and probit labels; closed sums in doubles": (40, GOAL, _thresholds),
}  # fmt: skip


def rows() -> Iterator[tuple[str, str, str]]:
    """The table's lines; a fresh generator each run, since the bound must hold at any points."""
    rng = np.random.default_rng()
    for what, (count, goal, points) in FAMILIES.items():
        yield _worst(what, goal, points(rng, count))


if __name__ == "__main__":
    for row in rows():
        print(" | ".join(row), flush=True)
