"""Corner-biased cases of derived limits, `certified=True`, with exact values by the library's formulas or textbooks' at 140 digits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from sympy import Identity, MatrixSymbol, Trace, sqrt, symbols

from asymptotics import random_features, ridge, spectra
from asymptotics.certified import Enclosure
from asymptotics.derivation import derive
from asymptotics.errors import ConvergenceError
from tests.certified_cases import Case
from tests.certified_oracles import Exact, exact_masses, features, general, mpf, pair, polished, ridge_of
from tests.closed_form_oracles import points

n, m, p, k, lam = symbols("n m p k lambda", positive=True)
X, Y, S, W = MatrixSymbol("X", n, p), MatrixSymbol("Y", m, p), MatrixSymbol("Sigma", p, p), MatrixSymbol("W", p, k)
A, b, I = MatrixSymbol("A", p, p), MatrixSymbol("b", p, 1), Identity(p)
Z = X * S**0.5
R = (Z.T * Z / n + lam * I).inverse()
F = Z * W / sqrt(k)
Q = (F.T * F / n + lam * Identity(k)).inverse()
MISS = I - W * Q * F.T * Z / sqrt(k) / n
RIDGE = {
    "bias": lam**2 * Trace(b.T * R * S * R * b),
    "variance": Trace(S * R * Z.T * Z * R) / n**2,
    "df1": Trace(Z * R * Z.T) / n**2,
}
FEATURES = {"bias": Trace(b.T * MISS.T * S * MISS * b), "variance": Trace(W.T * S * W * Q * F.T * F * Q) / k / n**2}
POINTS = 20  # a law
REFUSED: list[str] = []  # points that the solver gave no limit for


def law(rng: np.random.Generator) -> spectra.Spectrum:
    """1 to 8 atoms over up to twelve orders, with energies of their own."""
    count = int(rng.integers(1, 9))
    values = 10 ** (rng.uniform(-1, 1, count) * rng.choice([0.1, 1.0, 6.0]))
    return spectra.atoms(values, rng.dirichlet(np.ones(count)), rng.dirichlet(np.ones(count)))


def _cases(limit: Any, oracle: Callable[..., Exact], arguments: dict[str, np.ndarray]) -> Iterator[Case]:
    for i in range(len(next(iter(arguments.values())))):
        at = {name: float(v[i]) for name, v in arguments.items()}
        try:
            found = limit.limit(**at, certified=True)
        except ConvergenceError as error:
            REFUSED.append(f"{at}: {error}")
            continue
        boxes = found.value if isinstance(found.value, dict) else {"value": found.value}
        yield f"{limit.given.expressions} at {at}", boxes | {"proved": _said(found.branch)}, oracle(**at) | {"proved": mpf(1)}


def _said(branch: str) -> Enclosure:
    proved = float(branch.startswith("proved"))
    return Enclosure(proved, proved)


def _ridge(rng: np.random.Generator, count: int) -> Iterator[Case]:
    for _ in range(max(1, count // POINTS)):
        one = law(rng)
        H, G = exact_masses(one.H), exact_masses(one.G)

        def oracle(gamma: float, lam: float, one: Any = one, H: Any = H, G: Any = G) -> Exact:
            wide = [(s, w * mpf(gamma)) for s, w in H]
            start: Any = ridge.ridge(one, gamma=gamma, lam=lam).kappa
            found = general(wide, G, 1, lam, ridge_of(wide, 1, lam, float(start)), 1, 1)
            return {name: found[name] for name in RIDGE}

        g, x = points(POINTS, rng)
        yield from _cases(derive(RIDGE, gaussian=[X], vectors=[b], laws={S: one}), oracle, {"gamma": g, "lam": x})


def _features(rng: np.random.Generator, count: int) -> Iterator[Case]:
    for _ in range(max(1, count // POINTS)):
        one = law(rng)
        H, G = exact_masses(one.H), exact_masses(one.G)

        def oracle(gamma: float, psi: float, lam: float, one: Any = one, H: Any = H, G: Any = G) -> Exact:
            wide = [(s, w * mpf(gamma) * mpf(psi)) for s, w in H]
            start: Any = random_features.ridge(one, gamma=gamma, psi=psi, lam=lam)
            at = pair(wide, 1, gamma, lam, (float(start.kappa), float(start.kappa1)))
            found = [features(wide, [w for _, w in G], 1, gamma, lam, at, noise) for noise in (0, 1)]
            return {"bias": found[0]["bias"], "variance": found[1]["variance"]}

        g, x = points(POINTS, rng)
        psi, _ = points(POINTS, rng)
        yield from _cases(
            derive(FEATURES, gaussian=[X, W], vectors=[b], laws={S: one}), oracle, {"gamma": g, "psi": psi, "lam": x}
        )


def _sums(rng: np.random.Generator, count: int) -> Iterator[Case]:
    """m = 1/(lam + 1/(1 + gamma m) + 1/(1 + alpha m)) of two sample covariances, p/n = gamma, p/m = alpha; of one and a semicircle."""
    g, alpha = symbols("gamma alpha", positive=True)
    both = X.T * X / n + Y.T * Y / m + lam * I
    two = derive(Trace(both.inverse()) / p, gaussian=[X, Y], ratios={g: p / n, alpha: p / m})
    wigner = derive(Trace((X.T * X / n + A / sqrt(p) + (3 + lam) * I).inverse()) / p, gaussian=[X], symmetric=[A])

    def of(f: Callable[[Any], Any], slope: Callable[[Any], Any], start: float) -> Exact:
        return {"value": polished(lambda t: (t - f(t)) / (1 - slope(t)), start)}

    def covariances(gamma: float, alpha: float, lam: float) -> Exact:
        g, a, x = mpf(gamma), mpf(alpha), mpf(lam)
        bottom = lambda t: x + 1 / (1 + g * t) + 1 / (1 + a * t)  # noqa: E731
        slope = lambda t: (g / (1 + g * t) ** 2 + a / (1 + a * t) ** 2) / bottom(t) ** 2  # noqa: E731
        return of(lambda t: 1 / bottom(t), slope, float(two.limit(gamma=gamma, alpha=alpha, lam=lam).value))

    def deformed(gamma: float, lam: float) -> Exact:
        g, x = mpf(gamma), mpf(lam)
        bottom = lambda t: 3 + x - t + 1 / (1 + g * t)  # noqa: E731
        slope = lambda t: (1 + g / (1 + g * t) ** 2) / bottom(t) ** 2  # noqa: E731
        return of(lambda t: 1 / bottom(t), slope, float(wigner.limit(gamma=gamma, lam=lam).value))

    (g, x), (a, _) = points(max(1, count // 2), rng), points(max(1, count // 2), rng)
    yield from _cases(two, covariances, {"gamma": g, "alpha": a, "lam": x})
    for what, boxes, exact in _cases(wigner, deformed, {"gamma": g, "lam": x}):
        yield what, boxes, {"value": exact["value"]}  # subtractions: by continuity


FAMILIES = {"ridge": (0.4, _ridge), "random features": (0.3, _features), "sums": (0.3, _sums)}
