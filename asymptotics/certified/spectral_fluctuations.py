"""Certified form of `asymptotics.spectral_fluctuations.ridge`: (R) with kappa, D from the isotropic quadratic, u and w of (F)."""

from __future__ import annotations

from typing import Any

from flint import arb

from asymptotics.certified import isotropic


def _terms(at: dict[str, Any], of: str, gamma: Any, x: Any, r2: Any, sigma2: Any) -> tuple[Any, Any]:
    """f = u/(s + x) + w/(s + x)^2: gamma^-1 [r2 x^2/(s + x)^2] and gamma [sigma2 s/(s + x)^2] of p eigenvalues, per sample."""
    signal, kappa = r2 / gamma, at["kappa"]
    if of == "bias":  # r2/p x^2
        return arb(0), signal * x**2
    if of == "variance":  # sigma2 s/(s + x)^2
        return sigma2, -sigma2 * x
    if of in ("excess", "test", "estimation"):
        return sigma2, signal * x**2 - sigma2 * x
    if of == "train":  # (r2/p) s x^2/(s + x)^2 + sigma2 (x^2/(s + x)^2 - 1)
        return signal * x**2, sigma2 * x**2 - signal * x**3
    if of == "norm2":  # (r2/p) s^2/(s + x)^2 + sigma2 s/(s + x)^2
        return sigma2 - 2 * signal * x, signal * x**2 - sigma2 * x
    # gcv = train/(x/kappa)^2, and 1/kappa = int dF'/(s + x), which moves too
    return signal * kappa**2 - 2 * at["test"] * kappa, (sigma2 - signal * x) * kappa**2


def ridge(*, gamma: Any, lam: Any, r2: Any, sigma2: Any, of: str) -> dict[str, Any]:
    at = isotropic.ridge(gamma=gamma, lam=lam, r2=r2, sigma2=sigma2)
    root = ((1 - gamma + lam) ** 2 + 4 * gamma * lam).sqrt()
    c, q = 1 + at["kappa"], at["df2"]
    u, w = _terms(at, of, gamma, lam, r2, sigma2)
    U, W = u / root, w * c / root**3
    return {
        "mean": q * c / root * (U + W * (3 + q)),
        "variance": 2 * q * (c / root) ** 2 * ((U + 2 * W * (1 + q)) ** 2 + 2 * q * W**2),
    }
