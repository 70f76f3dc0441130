"""Exact values for `certified=True` at 100 digits and more, by other routes than the certified forms take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath

mp = mpmath.MPContext()
mp.dps = 140
mpf, inf = mp.mpf, mp.inf
Exact = dict[Any, Any]


# The general formulas, by (K) where the certified forms take sums: n - df1 = delta/kappa, n - df2 = delta/kappa + kappa int s/(s + kappa)^2


def dot(law: Any, f: Callable[[Any], Any]) -> Any:
    return mp.fsum(m * f(s) for s, m in law)


def polished(step: Callable[[Any], Any], start: float) -> Any:
    """Newton's iteration to 100 digits; a wrong start is an error."""
    x = mpf(start)
    for _ in range(12):
        move = step(x)
        x -= move
        if abs(move) < abs(x) * mpf(10) ** -100:
            return x
    raise AssertionError(f"the oracle did not converge from {start}: {x}, {move}")


def general(H: Any, G: Any, n: Any, delta: Any, kappa: Any, r2: Any, sigma2: Any, unseen: Any = 0) -> Exact:
    n, delta, r2, sigma2, k = (mpf(v) for v in (n, delta, r2, sigma2, kappa))
    square = dot(H, lambda s: s / (s + k) ** 2)
    left = delta / k if k else n - dot(H, lambda s: 1)
    gap = left + k * square
    lost, df2 = dot(G, lambda s: s * (k / (s + k)) ** 2), dot(H, lambda s: (s / (s + k)) ** 2)

    def over(v: Any) -> Any:
        return (inf if v else mpf(0)) if gap == 0 else v / gap

    bias, variance = n * over(r2 * lost), over(sigma2) * df2 if sigma2 else mpf(0)
    test = bias + variance + sigma2
    spread = (over(r2 * lost) + over(sigma2)) * square
    return {"bias": bias, "variance": variance, "excess": bias + variance, "test": test, "gcv": test, "loo": test,
            "train": (left / n) ** 2 * test if left else mpf(0), "norm2": r2 * dot(G, lambda s: (s / (s + k)) ** 2) + spread,
            "estimation": r2 * (dot(G, lambda s: (k / (s + k)) ** 2) + unseen) + spread,
            "kappa": k, "df1": n - left, "df2": df2}  # fmt: skip


def ridge_of(H: Any, n: float, delta: float, start: float) -> Any:
    """The effective ridge: Newton's iteration for kappa (n - df1) = delta."""

    def step(x: Any) -> Any:
        return (x * (n - dot(H, lambda s: s / (s + x))) - mpf(delta)) / (n - dot(H, lambda s: (s / (s + x)) ** 2))

    return polished(step, start) if start else mpf(0)


def quadratic(b: Any, c: Any) -> Any:
    """The larger root of x^2 - b x - c = 0."""
    return (b + mp.sqrt(b * b + 4 * c)) / 2


def one_atom(gamma: Any, lam: Any, r2: Any, sigma2: Any, s: Any = 1) -> Exact:
    g, x, s = mpf(gamma), mpf(lam), mpf(s)
    kappa = quadratic(x + (g - 1) * s, x * s) if x else max((g - 1) * s, mpf(0))
    return general([(s, g)], [(s, mpf(1))], 1, x, kappa, r2, sigma2)


def unobserved(gamma: Any, lam: Any, r2: Any, sigma2: Any, explained: Any = None, decay: Any = None) -> Exact:
    share = 1 - mpf(explained) if decay is None else mp.exp(-mpf(decay) * mp.log1p(mpf(gamma)))
    out, missing = one_atom(gamma, lam, (1 - share) * mpf(r2), mpf(sigma2) + share * mpf(r2)), share * mpf(r2)
    return out | {"bias": out["bias"] + missing, "excess": out["excess"] + missing}


def latent(gamma: Any, psi: Any, mu: Any, r2: Any, sigma2: Any) -> Exact:
    """Theorem 3 of hastie2022surprises in t = c0 gamma, as in `closed_form_oracles`, which has 60 digits."""
    g, w, m, r, x = mpf(gamma), mpf(psi), mpf(mu), mpf(r2), mpf(sigma2)
    a = 1 + m / w
    beta2, noise = r * m / w / a**2, x + r / a
    if g <= 1:
        variance = inf if g == 1 and noise else noise * g / (1 - g) if noise else mpf(0)
        return {"bias": mpf(0), "variance": variance, "test": variance + noise, "train": noise * (1 - g), "kappa": mpf(0)}
    lead = 1 - 1 / g
    A, B, C = lead * a, lead * (1 + a) - (1 - w) * a - w, lead - 1
    t = (-B + mp.sqrt(B * B - 4 * A * C)) / (2 * A)
    e1, e2 = ((1 - w) / (1 + t) ** 2 + w * a**i / (1 + t * a) ** 2 for i in (2, 1))
    rho = t * e1 / e2
    bias, variance = beta2 * (1 + rho) * a / (1 + t * a) ** 2, noise * rho
    return {"bias": bias, "variance": variance, "test": bias + variance + noise, "kappa": 1 / t, "train": mpf(0)}


def below(x: Any, gamma: Any) -> Any:
    """F by formula (A) of `_formulas`, in the angle t of x = 1 + gamma - 2 sqrt gamma cos t."""
    g = mpf(gamma)
    atom, root = max(1 - 1 / g, mpf(0)), mp.sqrt(g)
    if x < 0:
        return mpf(0)
    c = (1 + g - mpf(x)) / (2 * root)
    if abs(c) >= 1:
        return atom if c > 0 else mpf(1)
    q, t = min(root, 1 / root), mp.acos(c)
    turn = 1 - q * mp.expj(t)
    C = (t + mp.sin(t) / q + (1 / q**2 - 1) * mp.arg(turn)) / mp.pi
    return atom + min(mpf(1), 1 / g) * C


def marchenko(x: float, gamma: float) -> Exact:
    g, wave = mpf(gamma), 4 * mpf(gamma) - (mpf(x) - 1 - mpf(gamma)) ** 2
    density = inf if g == 1 and x == 0 else mp.sqrt(wave) / (2 * mp.pi * g * mpf(x)) if wave > 0 else mpf(0)
    return {"density": density, "cdf": below(x, gamma), "survival": 1 - below(x, gamma)}


def pair(law: Any, n: float, k: float, delta: float, start: tuple[float, float]) -> tuple[Any, Any]:
    """(kappa, kappa1): Newton's iteration for both equations (K); without penalty df1 = min(n, k)."""
    n, k, d = mpf(n), mpf(k), mpf(delta)

    def df1(x: Any) -> Any:
        return dot(law, lambda s: s / (s + x))

    def rise(x: Any) -> Any:
        return dot(law, lambda s: s / (s + x) ** 2)

    if d == 0:
        m = min(n, k)
        x = polished(lambda x: (m - df1(x)) / rise(x), start[0]) if dot(law, lambda s: 1) > m else mpf(0)
        return x, x * (k - m) / k
    x, y = mpf(start[0]), mpf(start[1])
    for _ in range(12):
        a, b = df1(x) + d / y - n, df1(x) + k * y / x - k
        J = mp.matrix([[-rise(x), -d / y**2], [-rise(x) - k * y / x**2, k / x]])
        move = mp.lu_solve(J, mp.matrix([a, b]))
        x, y = x - move[0], y - move[1]
        if abs(move[0]) < abs(x) * mpf(10) ** -100:
            assert x > 0
            assert y > 0
            return x, y
    raise AssertionError(f"the oracle did not converge from {start}: {x}, {move}")


def features(law: Any, energies: Any, n: Any, k: Any, delta: Any, at: tuple[Any, Any], sigma2: Any) -> Exact:
    """simon2024more as printed, for kappa > 0 and n, k not both df1: the factor 1 - (q (k - 2 z) + z^2)/(n (k - q)), and so on."""
    (x, y), n, k, sigma2 = at, mpf(n), mpf(k), mpf(sigma2)
    z, q = (dot(law, lambda s, i=i: (s / (s + x)) ** i) for i in (1, 2))
    if delta == 0:
        z = min(n, k)
    L, power = [s / (s + x) for s, _ in law], [s * g for (s, _), g in zip(law, energies, strict=True)]
    factor = 1 - (q * (k - 2 * z) + z * z) / (n * (k - q))
    missed = mp.fsum((1 - l - y / x * l * (1 - l) * k / (k - q)) * e for l, e in zip(L, power, strict=True))
    test, left = (missed + sigma2) / factor, (n - z) / n
    found = {"bias": missed / factor, "variance": sigma2 / factor - sigma2, "excess": test - sigma2, "test": test,
             "train": left**2 * test, "kappa": x, "kappa1": y, "df1": z, "df2": q}  # fmt: skip
    if delta > 0:
        target = mp.fsum((1 - l) * e for l, e in zip(L, power, strict=True)) + sigma2
        found["norm2"] = (target - left * test) / y
    return found


def exact_masses(law: Any) -> list[tuple[Any, Any]]:
    """Atoms and masses as `asymptotics.certified.laws` means them: differences of `above`."""
    above = [mpf(h) + mpf(l) for h, l in zip(*law.above.tolist(), strict=True)]
    return [(mpf(s), b - a) for s, a, b in zip(law.atoms.tolist(), [mpf(0), *above], above, strict=False)]
