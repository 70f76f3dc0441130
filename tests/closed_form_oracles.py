"""Closed forms by other routes, in mpmath at 60 digits: textbook formulas and the general equivalents, cancellation and all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np

mp = mpmath.mp.clone() if hasattr(mpmath.mp, "clone") else mpmath.MPContext()
mp.dps = 60
mpf = mp.mpf
GAMMA, LAM = (1e-3, 1e3), (1e-12, 1e4)


def points(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(gamma, lam), biased to corners: |gamma - 1| down to 1e-14 and 0, ends of the ranges, lam near |gamma - 1| and its square."""
    log = rng.uniform
    near = rng.choice([-1.0, 1.0], count) * 10 ** log(-14, -0.31, count)
    gamma = np.select(
        [(k := rng.integers(0, 10, count)) < 4, k < 8, k == 8],
        [1 + near, 10 ** log(-3, 3, count), rng.choice([1e-3, 1e3, 1.0, 0.5, 2.0], count)],
        np.exp(near),
    )
    off = np.abs(gamma - 1) * (1 + 10 ** log(-14, 0, count) * rng.choice([-1.0, 0.0, 1.0], count))
    lam = np.select(
        [(k := rng.integers(0, 10, count)) < 5, k < 7, k == 7],
        [10 ** log(-12, 4, count), off, off**2],
        rng.choice([1e-12, 1e4, 1.0, 2.0**-30], count),
    )
    return np.clip(gamma, *GAMMA), np.clip(lam, *LAM)


def scales(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(r2, sigma2) over eight orders, exact ties and zeros among them."""
    r2, sigma2 = 10 ** rng.uniform(-4, 4, (2, count))
    return np.where(rng.random(count) < 0.05, 0.0, r2), np.where(rng.random(count) < 0.1, r2, sigma2)


def stieltjes(gamma: Any, lam: Any) -> Any:
    """m(-lam), the textbook quadratic."""
    g, x = mpf(gamma), mpf(lam)
    if x == 0:
        return 1 / (1 - g) if g < 1 else mp.inf
    h = 1 - g + x
    return (-h + mp.sqrt(h * h + 4 * g * x)) / (2 * g * x)


def derivative(gamma: Any, lam: Any) -> Any:
    """m'(-lam) = int (s + lam)^-2 dF, from the quadratic by implicit differentiation: z = -lam."""
    g, z, m = mpf(gamma), -mpf(lam), stieltjes(gamma, lam)
    return -(g * m * m + m) / (2 * g * z * m + z + g - 1)


def ridge(gamma: Any, lam: Any, r2: Any, sigma2: Any) -> dict[str, Any]:
    """The paper's B = r2 lam^2 m', V = sigma2 gamma (m - lam m'), and resolvent traces for the rest; lam > 0 or < 0."""
    g, x, r, s = mpf(gamma), mpf(lam), mpf(r2), mpf(sigma2)
    m, d = stieltjes(gamma, lam), derivative(gamma, lam)
    bias, variance = r * x * x * d, s * g * (m - x * d)
    fit = 1 - 2 * x * m + x * x * d  # int (s/(s + lam))^2
    df1 = g * (1 - x * m)
    v = g * m + (1 - g) / x
    train = r * x * x * (m - x * d) + s * (1 - 2 * df1 + g * fit)  # int s lam^2/(s + lam)^2, and |(I - S) noise|^2/n
    test = bias + variance + s
    return {
        "bias": bias,
        "variance": variance,
        "excess": bias + variance,
        "estimation": bias + variance,
        "test": test,
        "gcv": train / (1 - df1) ** 2,
        "loo": test,
        "train": train,
        "norm2": r * fit + variance,
        "kappa": 1 / v,
        "df1": df1,
        "df2": g / (1 + 1 / v) ** 2,
    }


def ridgeless(gamma: Any, r2: Any, sigma2: Any) -> dict[str, Any]:
    g, r, s = mpf(gamma), mpf(r2), mpf(sigma2)
    bias = r * (1 - 1 / g) if g > 1 else mpf(0)
    variance = mpf(0) if s == 0 else mp.inf if g == 1 else s * min(g, mpf(1)) / abs(1 - g)
    norm2 = variance + (r / g if g > 1 else r)
    return {"bias": bias, "variance": variance, "excess": bias + variance, "test": bias + variance + s, "norm2": norm2,
            "train": s * max(1 - g, mpf(0)), "kappa": max(g - 1, mpf(0)), "df1": min(g, mpf(1)), "df2": min(g, 1 / g)}  # fmt: skip


def latent(gamma: Any, psi: Any, mu: Any, r2: Any, sigma2: Any) -> dict[str, Any]:
    """Theorem 3's c0, B(H, G), V(H) with the two atoms of W W' + I: Eqs. (31)-(35) for any mu."""
    g, w, m, r, x = mpf(gamma), mpf(psi), mpf(mu), mpf(r2), mpf(sigma2)
    a = 1 + m / w
    beta2, noise = r * m / w / a**2, x + r / a
    if g <= 1:
        variance = mp.inf if g == 1 else noise * g / (1 - g)
        return {"bias": mpf(0), "variance": variance, "excess": variance, "test": variance + noise, "train": noise * (1 - g)}
    # 1 - 1/g = (1 - w)/(1 + c g) + w/(1 + c g a) with t = c g
    lead = 1 - 1 / g
    A, B, C = lead * a, lead * (1 + a) - (1 - w) * a - w, lead - 1
    t = (-B + mp.sqrt(B * B - 4 * A * C)) / (2 * A)
    e1 = (1 - w) / (1 + t) ** 2 + w * a**2 / (1 + t * a) ** 2
    e2 = (1 - w) / (1 + t) ** 2 + w * a / (1 + t * a) ** 2
    rho = t * e1 / e2
    bias, variance = beta2 * (1 + rho) * a / (1 + t * a) ** 2, noise * rho
    return {
        "bias": bias,
        "variance": variance,
        "excess": bias + variance,
        "test": bias + variance + noise,
        "kappa": 1 / t,
        "train": 0,
    }


def misspecified(gamma: Any, lam: Any, r2: Any, sigma2: Any, explained: Any) -> dict[str, Any]:
    missing = mpf(r2) * (1 - mpf(explained))
    out = ridge(gamma, lam, mpf(r2) * mpf(explained), mpf(sigma2) + missing)
    return out | {"bias": out["bias"] + missing, "excess": out["excess"] + missing}


def equicorrelated(gamma: Any, lam: Any, r2: Any, sigma2: Any, rho: Any) -> dict[str, Any]:
    """kappa = lam + gamma kappa s/(s + kappa) at the one atom s = 1 - rho, and the sums of the general formula."""
    g, x, r, v, s = mpf(gamma), mpf(lam), mpf(r2), mpf(sigma2), 1 - mpf(rho)
    b = s - x - g * s
    k = (-b + mp.sqrt(b * b + 4 * x * s)) / 2
    gap = x / k + g * k * s / (s + k) ** 2
    test = (r * s * (k / (s + k)) ** 2 + v) / gap
    bias = r * s * (k / (s + k)) ** 2 / gap
    spread = test * g * s / (s + k) ** 2
    return {"bias": bias, "variance": v * g * (s / (s + k)) ** 2 / gap, "test": test, "train": (x / k) ** 2 * test,
            "norm2": r * (s / (s + k)) ** 2 + spread, "estimation": r * (k / (s + k)) ** 2 + spread, "kappa": k}  # fmt: skip


def distribution(x: Any, gamma: Any) -> tuple[Any, Any]:
    """(F, 1 - F) by the textbook arcsines, at enough digits to survive their cancellation; x inside the support."""
    saved, mp.dps = mp.dps, 120
    g, x = mpf(gamma), mpf(x)
    q, d = mp.sqrt(g), abs(1 - g)
    a, b = (1 - q) ** 2, (1 + q) ** 2
    w = mp.sqrt((b - x) * (x - a))
    first = mp.asin((x - 1 - g) / (2 * q))
    second = mp.asin(((1 + g) * x - (1 - g) ** 2) / (2 * q * x)) if g != 1 else mp.pi / 2
    part = (w + (1 + g) * first - d * second + mp.pi / 2 * (1 + g - d)) / (2 * mp.pi * g)
    out = max(1 - 1 / g, mpf(0)) + part, min(1 / g, mpf(1)) - part
    mp.dps = saved
    return out


def density(x: Any, gamma: Any) -> Any:
    g, x = mpf(gamma), mpf(x)
    return mp.sqrt(4 * g - (x - 1 - g) ** 2) / (2 * mp.pi * g * x)


def quantile_error(x: float, u: float, gamma: float) -> float:
    """The least k, in halves, with F(x (1 - k eps)) <= u <= F(x (1 + k eps)): the error of a quantile in eps."""
    g, eps = mpf(gamma), mpf(2) ** -52
    a, b = (1 - mp.sqrt(g)) ** 2, (1 + mp.sqrt(g)) ** 2
    if x == 0:
        return 0.0 if (gamma > 1 and mpf(u) <= 1 - 1 / g) or (gamma == 1 and u == 0) else float("inf")
    for half in range(1, 100):
        low, high = mpf(x) * (1 - half * eps / 2), mpf(x) * (1 + half * eps / 2)
        if (low <= a or distribution(min(low, b), g)[0] <= u) and (high >= b or distribution(max(high, a), g)[0] >= u):
            return half / 2
    return float("inf")


def transforms(z: Any, gamma: Any) -> dict[str, Any]:
    """m and v at complex or real z off the support, with the roots of z - a and z - b apart; real where z is."""
    g, w = mpf(gamma), mp.mpc(z)
    root = mp.sqrt(w - (1 - mp.sqrt(g)) ** 2) * mp.sqrt(w - (1 + mp.sqrt(g)) ** 2)
    m = (1 - g - w + root) / (2 * g * w)
    v = g * m - (1 - g) / w
    return {"m": m, "v": v} if isinstance(z, complex) else {"m": m.real, "v": v.real}


def support_points(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(x, gamma) inside the support, near both edges too, down to their last ulp."""
    gamma, _ = points(count, rng)
    angle = np.where(rng.random(count) < 0.3, rng.random(count) * np.pi, 10 ** rng.uniform(-6, 0.49, count))
    angle = np.where(rng.random(count) < 0.5, angle, np.pi - angle)
    root = np.sqrt(gamma)
    a, b = ((1 - gamma) / (1 + root)) ** 2, (1 + root) ** 2
    x = a + 4 * root * np.sin(angle / 2) ** 2
    return np.clip(x, a + np.maximum(8 * np.spacing(a), 1e-300), b - 8 * np.spacing(b)), gamma


def levels(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(u, gamma), with u near 0, near 1, and near the atom of gamma > 1 on both sides."""
    gamma, _ = points(count, rng)
    u = np.where(rng.random(count) < 0.5, rng.random(count), 10 ** rng.uniform(-15, 0, count))
    u = np.where(rng.random(count) < 0.5, u, 1 - u)
    atom = np.maximum(1 - 1 / gamma, 0)
    return np.where(rng.random(count) < 0.6, np.clip(atom + (1 - atom) * u, 0, 1), u), gamma


def error_in_eps(value: Any, exact: Any) -> float:
    """|value - exact|/(2^-52 |exact|); infinities and zeros must agree."""
    if exact == mp.inf or value == np.inf:
        return 0.0 if (value == np.inf and exact == mp.inf) else float("inf")
    if exact == 0:
        return 0.0 if value == 0 else float("inf")
    return float(abs(mp.mpmathify(value) - exact) / abs(exact) * mpf(2) ** 52)


def worst(
    values: dict[str, np.ndarray], oracle: Callable[..., dict[str, Any]], *arguments: np.ndarray
) -> dict[str, tuple[float, float, tuple]]:
    """name -> (worst, mean, where) error in eps over the points."""
    total: dict[str, tuple[float, float, tuple]] = {}
    for i, args in enumerate(zip(*(a.tolist() for a in arguments), strict=True)):
        for name, exact in oracle(*args).items():
            if name in values:
                error = error_in_eps(values[name][i].item(), exact)
                top, mean, where = total.get(name, (-1.0, 0.0, ()))
                total[name] = (max(top, error), mean + error / arguments[0].size, args if error > top else where)
    return total
