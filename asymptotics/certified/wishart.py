"""Certified forms of `asymptotics.wishart`: (M) and (V), rational functions of whole numbers."""

from __future__ import annotations

from typing import Any

from flint import arb

from asymptotics.certified.balls import INF, sign, times


def _sizes(n: Any, p: Any) -> tuple[Any, Any]:
    """min(n, p) and |p - n|."""
    return (n, p - n) if sign(p - n) >= 0 else (p, n - p)


def moments(*, n: Any, p: Any, sigma2: Any) -> Any:
    return (_sizes(n, p)[1] / 2).floor() if sign(sigma2) else INF


def ridgeless(*, n: Any, p: Any, r2: Any, sigma2: Any) -> dict[str, Any]:
    q, m = _sizes(n, p)
    variance = times(sigma2, q / (m - 1) if sign(m - 1) > 0 else INF)
    wide = sign(p - n) > 0
    bias = r2 * (p - n) / p if wide else arb(0)
    excess = bias + variance
    train = arb(0) if wide else sigma2 * (n - p) / n
    return {"bias": bias, "variance": variance, "excess": excess, "test": excess + sigma2, "train": train,
            "norm2": r2 * q / p + variance, "estimation": excess}  # fmt: skip


def spread(*, n: Any, p: Any, r2: Any, sigma2: Any) -> dict[str, Any]:
    q, m = _sizes(n, p)
    bias = r2**2 * 2 * n * (p - n) / (p**2 * (p + 2)) if sign(p - n) > 0 else arb(0)
    trace = 2 * q * (q + m - 1) / (m * (m - 1) ** 2 * (m - 3)) if sign(m - 3) > 0 else INF
    variance = times(sigma2**2, trace)
    excess = bias + variance
    return {"bias": bias, "variance": variance, "excess": excess, "norm2": excess, "estimation": excess, "train": arb(0)}
