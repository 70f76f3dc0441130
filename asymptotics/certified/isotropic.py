r"""Certified forms of `asymptotics.isotropic`, as the paper has them: by m(-lam), the larger root of its quadratic, and m'(-lam).

    gamma x m^2 + (1 - gamma + x) m = 1,     m' = m (1 + gamma m)/sqrt D,    D = (1 - gamma + x)^2 + 4 gamma x     (x = lam),
    B = r2 x^2 m',    V = sigma2 gamma (m - x m'),    v = gamma m + (1 - gamma)/x = 1/kappa;

D > 0 and x m, x v > 0 or x < 0: the branch that tends to 1/x as x grows. lam = 0 is Theorem 1, the limit.

Source: hastie2022surprises, Theorems 1 and 5 (numbering from memory).
"""

from __future__ import annotations

from typing import Any

from flint import arb

from asymptotics.certified.balls import INF, sign, times


def transform(g: Any, x: Any) -> tuple[Any, Any]:
    """m(-x), m'(-x) for x != 0."""
    h = 1 - g + x
    root = (h * h + 4 * g * x).sqrt()
    m = (root - h) / (2 * g * x)
    return m, m * (1 + g * m) / root


def edge(*, gamma: Any) -> Any:
    return -((1 - gamma.sqrt()) ** 2)


def stieltjes(*, gamma: Any, lam: Any) -> Any:
    if sign(lam):
        return transform(gamma, lam)[0]
    return 1 / (1 - gamma) if sign(1 - gamma) > 0 else INF


def companion(*, gamma: Any, lam: Any) -> Any:
    if sign(lam):
        return gamma * transform(gamma, lam)[0] + (1 - gamma) / lam
    return 1 / (gamma - 1) if sign(gamma - 1) > 0 else INF


def effective_ridge(*, gamma: Any, lam: Any) -> Any:
    if sign(lam):
        return 1 / companion(gamma=gamma, lam=lam)
    return gamma - 1 if sign(gamma - 1) > 0 else arb(0)


def _losses(bias: Any, variance: Any, sigma2: Any) -> dict[str, Any]:
    excess = bias + variance
    test = excess + sigma2
    parts = {"bias": bias, "variance": variance, "excess": excess, "estimation": excess}
    return parts | {"test": test, "gcv": test, "loo": test}


def ridge(*, gamma: Any, lam: Any, r2: Any, sigma2: Any) -> dict[str, Any]:
    if not sign(lam):
        return ridgeless(gamma=gamma, r2=r2, sigma2=sigma2)
    m, slope = transform(gamma, lam)
    variance = sigma2 * gamma * (m - lam * slope)
    found = _losses(r2 * lam**2 * slope, variance, sigma2)
    kappa = 1 / (gamma * m + (1 - gamma) / lam)
    fit = 1 - 2 * lam * m + lam**2 * slope  # int (s/(s + lam))^2
    noise = 1 - 2 * gamma * (1 - lam * m) + gamma * fit  # |(1 - smoother) noise|^2/n
    return found | {
        "train": r2 * lam**2 * (m - lam * slope) + sigma2 * noise,  # int s lam^2/(s + lam)^2
        "norm2": r2 * fit + variance,
        "kappa": kappa,
        "df1": gamma * (1 - lam * m),
        "df2": gamma / (1 + kappa) ** 2,
    }


def ridgeless(*, gamma: Any, r2: Any, sigma2: Any) -> dict[str, Any]:
    side = sign(gamma - 1)
    bias = r2 * (1 - 1 / gamma) if side > 0 else arb(0)
    unit = INF if side == 0 else gamma / (1 - gamma) if side < 0 else 1 / (gamma - 1)
    variance = times(sigma2, unit)
    return _losses(bias, variance, sigma2) | {
        "train": sigma2 * (1 - gamma) if side < 0 else arb(0),
        "norm2": (r2 / gamma if side > 0 else r2) + variance,
        "kappa": gamma - 1 if side > 0 else arb(0),
        "df1": arb(1) if side > 0 else gamma,
        "df2": 1 / gamma if side > 0 else gamma,
    }


def optimal_penalty(*, gamma: Any, r2: Any, sigma2: Any) -> Any:
    if not sign(sigma2):
        return arb(0)
    return sigma2 * gamma / r2 if sign(r2) else INF


def optimal(*, gamma: Any, r2: Any, sigma2: Any) -> dict[str, Any]:
    lam = optimal_penalty(gamma=gamma, r2=r2, sigma2=sigma2)
    if not isinstance(lam, float):
        return ridge(gamma=gamma, lam=lam, r2=r2, sigma2=sigma2)
    nothing = _losses(arb(0), arb(0), sigma2)  # beta_hat = 0
    return nothing | {"train": sigma2, "norm2": arb(0), "kappa": INF, "df1": arb(0), "df2": arb(0)}


def local_minimum(*, r2: Any, sigma2: Any) -> tuple[Any, Any]:
    if sign(r2 - sigma2) <= 0:
        return INF, r2
    ratio = (r2 / sigma2).sqrt() if sign(sigma2) else INF
    return (arb(1), arb(0)) if isinstance(ratio, float) else (ratio / (ratio - 1), sigma2 * (2 * ratio - 1))
