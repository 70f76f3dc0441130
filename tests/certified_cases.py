"""Corner-biased cases of `certified=True`, each with its exact values, and what to say where an enclosure does not hold one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from asymptotics import (
    decomposition,
    equicorrelated,
    equivalents,
    isotropic,
    latent_space,
    marchenko_pastur,
    misspecified,
    noise_lower_bound,
    power_laws,
    random_features,
    ridge,
    spectra,
    tradeoff,
    two_ridges,
    wishart,
)
from asymptotics.certified import Enclosure
from tests import closed_form_oracles as old
from tests.certified_oracles import (
    Exact,
    below,
    dot,
    exact_masses,
    features,
    general,
    inf,
    latent,
    marchenko,
    mp,
    mpf,
    one_atom,
    pair,
    ridge_of,
    unobserved,
)

Case = tuple[str, dict[Any, Enclosure], Exact]  # what was asked, the enclosures, the exact values


def parts(result: Any) -> dict[Any, Any]:
    """The fields of a result that are there, by name or place."""
    if is_dataclass(result) and not isinstance(result, Enclosure):
        return {f.name: v for f in fields(result) if (v := getattr(result, f.name)) is not None}
    return dict(enumerate(result)) if isinstance(result, tuple) else {0: result}


def holds(box: Enclosure, value: Any) -> bool:
    """Whether a scalar enclosure holds the value, but for the oracle's own rounding."""
    low, high = float(box.lower), float(box.upper)
    if value in (inf, -inf) or (np.isinf(low) and low == high):
        return low == value == high
    slack = 0 if isinstance(value, Fraction) else abs(value) * mpf(10) ** -85 + mpf(10) ** -95
    return bool(low <= value + slack and value - slack <= high)


def _rows(call: Callable[..., Any], oracle: Callable[..., Exact], arguments: dict[str, np.ndarray]) -> Iterator[Case]:
    found = parts(call(**arguments))
    for i in range(len(next(iter(arguments.values())))):
        point = {name: float(v[i]) for name, v in arguments.items()}
        yield f"{call.__module__}.{call.__name__} at {point}", {name: box[i] for name, box in found.items()}, oracle(**point)


def certify(function: Callable[..., Any], **fixed: Any) -> Callable[..., Any]:
    def call(**arguments: Any) -> Any:
        return function(**arguments, **fixed, certified=True)

    call.__module__, call.__name__ = function.__module__, function.__name__
    return call


def _closed(rng: np.random.Generator, count: int) -> Iterator[Case]:
    each = max(1, count // 8)
    g, x = old.points(each, rng)
    x = np.where(rng.random(each) < 0.1, rng.choice([0.0, 1e-18, 1e-30], each), x)
    r, s = old.scales(each, rng)
    scale = {"r2": r, "sigma2": np.where(rng.random(each) < 0.05, 0.0, s)}
    yield from _rows(certify(isotropic.ridge), one_atom, {"gamma": g, "lam": x, **scale})
    negative = np.minimum(isotropic.edge(gamma=g) * (1 - 10 ** rng.uniform(-12, 0, each)), 0.0)
    yield from _rows(certify(isotropic.ridge), one_atom, {"gamma": g, "lam": negative, **scale})
    yield from _rows(certify(isotropic.ridgeless), lambda **k: one_atom(lam=0.0, **k), {"gamma": g, **scale})
    best = {"gamma": g, "r2": np.maximum(r, 1e-4), "sigma2": scale["sigma2"]}
    yield from _rows(certify(isotropic.optimal), lambda gamma, r2, sigma2: one_atom(
        gamma, mpf(sigma2) * mpf(gamma) / mpf(r2), r2, sigma2), best)  # fmt: skip
    part = np.select([(k := rng.random(each)) < 0.5, k < 0.9], [rng.random(each), 10 ** rng.uniform(-12, 0, each)], 1.0)
    half = slice(None, None, 2)
    for name, value in (("explained", part), ("decay", 10 ** rng.uniform(-3, 1, each))):
        given = {"gamma": g, "lam": x, **scale, name: value}
        yield from _rows(certify(misspecified.ridge), unobserved, {n: v[half] for n, v in given.items()})
    rho = np.where(part < 1, part, 0.0)
    yield from _rows(certify(equicorrelated.ridge), lambda rho, **k: one_atom(**k, s=1 - mpf(rho)),
                     {"gamma": g, "lam": x, "rho": rho, **scale})  # fmt: skip
    mu = np.where(rng.random(each) < 0.3, 1.0, 10 ** rng.uniform(-6, 6, each))
    yield from _rows(certify(latent_space.ridgeless), latent, {"gamma": g, "psi": part, "mu": mu, **scale})
    y, g = old.support_points(each, rng)
    y = np.where(rng.random(each) < 0.05, rng.choice([-1.0, 0.0, 1.0, 1e9], each), y)
    for function in (marchenko_pastur.density, marchenko_pastur.cdf, marchenko_pastur.survival):
        yield from _rows(certify(function), lambda x, gamma, f=function: {0: marchenko(x, gamma)[f.__name__]},
                         {"x": y[half], "gamma": g[half]})  # fmt: skip


def _algebra(rng: np.random.Generator, count: int) -> Iterator[Case]:
    each = max(1, count // 5)
    n = rng.integers(1, 60, each).astype(float)
    p = np.maximum(n + rng.integers(-6, 7, each), 1.0)
    v = 10.0 ** rng.integers(-3, 3, each)

    def finite(n: float, p: float, sigma2: float) -> Exact:
        m, q = abs(Fraction(p) - Fraction(n)), min(Fraction(n), Fraction(p))
        return {"variance": Fraction(sigma2) * q / (m - 1) if m > 1 else inf}

    yield from _rows(certify(wishart.ridgeless, r2=0.0), finite, {"n": n, "p": p, "sigma2": v})

    def least(n: float, p: float, sigma2: float) -> Exact:
        m, q = abs(Fraction(p) - Fraction(n)), min(Fraction(n), Fraction(p))
        return {0: Fraction(sigma2) * q / (m + 1)}

    yield from _rows(certify(noise_lower_bound.excess), least, {"n": n, "p": p, "sigma2": v})
    g, _ = old.points(each, rng)
    tau = np.clip(np.where(rng.random(each) < 0.5, rng.random(each), 10 ** rng.uniform(-14, 0, each)), None, 1 - 1e-15)

    def frontier(gamma: float, tau: float) -> Exact:
        g, t = mpf(gamma), mpf(tau)
        if g - 1 + t <= 0:
            return {"excess": inf, "kappa": mpf(0)} if g - 1 + t < 0 else {"kappa": mpf(0)}
        u = g * (1 - t) / (g + mp.sqrt(g * t * (g - 1 + t)))
        return {"excess": u**2 / (g - u**2), "kappa": g / u - 1}

    yield from _rows(certify(tradeoff.frontier), frontier, {"gamma": g, "tau": tau})
    u, g = old.levels(each, rng)
    found = marchenko_pastur.quantile(u, gamma=g, certified=True)
    for i in range(each):  # F at the ends of the enclosure
        low, high = (below(float(x[i]), float(g[i])) for x in (found.lower, found.upper))
        level = mpf(float(u[i]))
        inside = low <= level <= high or (found[i].upper == 0 and level <= below(0.0, float(g[i])))
        yield f"marchenko_pastur.quantile at {u[i]}, {g[i]}", {0: found[i]}, {0: mpf(float(found.lower[i])) if inside else inf}
    alpha = 1 + 10 ** rng.uniform(-2, 1, each)
    beta = 1 + 2 * alpha * rng.uniform(1e-3, 0.999, each)

    def interpolation(alpha: float, beta: float, n: float) -> Exact:
        a, t = mpf(alpha), (mpf(beta) - 1) / mpf(alpha)
        C = mp.gamma(1 + 1 / a) * mp.gamma(1 - 1 / a)
        D = mp.gamma(t) * mp.gamma(2 - t) / a
        return {"kappa": (C / mpf(n)) ** a, "test": a * D * (C / mpf(n)) ** (mpf(beta) - 1)}

    yield from _rows(certify(power_laws.interpolation), interpolation,
                     {"alpha": alpha, "beta": beta, "n": 10 ** rng.uniform(0, 6, each)})  # fmt: skip


def _sizes(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, float]:
    """Eigenvalues, multiplicities, energies; n near the mass, at it, and anywhere; a penalty from 0 on."""
    size = int(rng.integers(1, 6))
    s, c, e = 10 ** rng.uniform(-6, 4, size), rng.integers(1, 200, size).astype(float), rng.uniform(0.01, 1, size)
    whole = c.sum()
    n = float(rng.choice([whole, whole * (1 + 1e-14), max(1.0, whole - 1), c[0], rng.integers(1, 1.5 * whole + 2)]))
    return s, c, e, n, float(rng.choice([0.0, 1e-18, 1e-14, 1e-6, 0.1, 10 ** rng.uniform(-8, 4)]))


def _ridges(rng: np.random.Generator, count: int) -> Iterator[Case]:
    for i in range(count):
        s, c, e, n, delta = _sizes(rng)
        spectrum = spectra.multiplicities(s, c, e)
        if i % 4 == 0:
            edge = float(equivalents.edge(spectrum.H, n=n))
            delta = edge * float(rng.choice([0.5, 0.99, 1 - 1e-6])) if edge < 0 else delta
        H = [(mpf(float(a)), mpf(float(b))) for a, b in zip(s, c, strict=True)]
        start = float(ridge.ridge(spectrum, n=n, delta=delta).kappa)
        kappa = ridge_of(H, n, delta, start)
        G = exact_masses(spectrum.G)
        given = {"r2": float(rng.choice([0.0, 2.0])), "sigma2": float(rng.choice([0.0, 0.5]))}
        exact = general(H, G, n, delta, kappa, **given)
        what = f"eigenvalues {s.tolist()}, counts {c.tolist()}, n = {n!r}, delta = {delta!r}, {given}"
        if i % 2:
            yield f"ridge.ridge of {what}", parts(ridge.ridge(spectrum, n=n, delta=delta, **given, certified=True)), exact
        else:
            exact["gap"] = n - exact["df2"] if kappa else n - dot(H, lambda s: 1)
            only = {name: exact[name] for name in ("kappa", "df1", "df2", "gap")}
            yield (
                f"effective_ridge of {what}",
                parts(equivalents.effective_ridge(spectrum.H, n=n, delta=delta, certified=True)),
                only,
            )


def _pairs(rng: np.random.Generator, count: int) -> Iterator[Case]:
    for i in range(count):
        s, c, e, n, delta = _sizes(rng)
        k = float(rng.choice([n, n + 1, max(1.0, n - 1), n * (1 + 1e-9), rng.integers(1, 2 * c.sum() + 2)]))
        spectrum = spectra.multiplicities(s, c, e)
        plain = two_ridges.effective(spectrum.H, n=n, k=k, delta=delta)
        if delta == 0 and (n == k or min(n, k) >= c.sum()):
            delta = 1e-18
            plain = two_ridges.effective(spectrum.H, n=n, k=k, delta=delta)
        law = sorted(((mpf(float(a)), mpf(float(b))) for a, b in zip(s, c, strict=True)), reverse=True)
        at = pair(law, n, k, delta, (float(plain.kappa), float(plain.kappa1)))
        what = f"eigenvalues {s.tolist()}, counts {c.tolist()}, n = {n!r}, k = {k!r}, delta = {delta!r}"
        energies = [2 * g for _, g in exact_masses(spectrum.G)]
        exact = features(law, energies, n, k, delta, at, 0.5)
        sizes = {"n": n, "k": k, "delta": delta}
        if i % 3 == 0:
            only = {name: exact[name] for name in ("kappa", "kappa1", "df1", "df2")}
            yield f"two_ridges.effective of {what}", parts(two_ridges.effective(spectrum.H, **sizes, certified=True)), only
        elif i % 3 == 1:
            found = random_features.ridge(spectrum, **sizes, r2=2.0, sigma2=0.5, certified=True)
            yield f"random_features.ridge of {what}", parts(found), exact
        else:
            found = decomposition.split(spectrum, **sizes, r2=2.0, sigma2=0.5, certified=True)
            z, q, x = exact["df1"], exact["df2"], at[0]
            lost, A2 = (z - q) / (k - q), n / (n - q)
            B2 = mp.fsum(g * s * (x / (s + x)) ** 2 for (s, _), g in zip(law, energies, strict=True))
            C = mp.fsum(g * s * x * s / (s + x) ** 2 for (s, _), g in zip(law, energies, strict=True))
            A1 = exact["test"] / (B2 + lost * C + mpf(0.5))
            only = {"bias2": B2, "v_w": lost * C, "v_x": (A2 - 1) * B2, "v_xe": (A2 - 1) * mpf(0.5), "v_xwe": (A1 - A2) * mpf(0.5),
                    "v_xw": (A1 - 1) * lost * C + (A1 - A2) * B2}  # fmt: skip
            yield f"decomposition.split of {what}", parts(found), only


#: name -> (share of the cases, the cases)
FAMILIES: dict[str, tuple[float, Callable[[np.random.Generator, int], Iterator[Case]]]] = {
    "closed forms (isotropic, misspecified, equicorrelated, latent space, Marchenko-Pastur)": (0.6, _closed),
    "rational functions, trade-off, quantiles, power laws": (0.1, _algebra),
    "kappa and ridge, 1 to 5 eigenvalues over ten decades, n at the mass of H, negative penalties": (0.15, _ridges),
    "the pair, random features, six terms": (0.15, _pairs),
}


def failures(cases: Iterator[Case]) -> Iterator[str]:
    """What an enclosure does not hold, or is wider than 4 eps about: one line each; nothing for a sound implementation."""
    for what, found, exact in cases:
        for name, value in exact.items():
            if not holds(found[name], value):
                yield f"{what}: {name} in {found[name]!r} is not {mp.nstr(value, 20) if not isinstance(value, Fraction) else value}"
            elif not float(found[name].relative_width) <= 4 * 2.0**-52 and value:
                yield f"{what}: {name} in {found[name]!r} is wide"
