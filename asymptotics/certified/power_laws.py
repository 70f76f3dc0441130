"""Certified forms of `asymptotics.power_laws`: (1) to (5) as they stand there."""

from __future__ import annotations

from typing import Any

from flint import arb

from asymptotics import power_laws
from asymptotics.certified.balls import INF, Undecided, sign, times
from asymptotics.certified.krawczyk import krawczyk


def relative_test(*, alpha: Any, beta: Any, fitting: Any, noise: Any) -> Any:
    left = 1 - fitting
    return (left ** (1 - beta) + alpha * noise) / (1 + (alpha - 1) * fitting) if sign(left) else INF


def critical_noise(*, alpha: Any, beta: Any) -> Any:
    return (beta - alpha) / (alpha * (alpha - 1))


def optimal_fitting(*, alpha: Any, beta: Any, noise: Any) -> Any:
    """The root of (4), whose left side rises in q and whose right side does not: there is one."""
    if sign(noise * alpha * (alpha - 1) - (beta - alpha)) <= 0:
        return arb(0)
    if not sign(noise):
        return (alpha - beta) / ((alpha - 1) * beta)
    start = power_laws.optimal_fitting(alpha=float(alpha), beta=float(beta), noise=float(noise))
    c = alpha * (alpha - 1) * noise

    def balance(x: list[Any]) -> list[Any]:
        return [(alpha - 1) * beta * x[0] - (alpha - beta) - c * (1 - x[0]) ** beta]

    def slope(x: list[Any]) -> list[list[Any]]:
        return [[(alpha - 1) * beta + c * beta * (1 - x[0]) ** (beta - 1)]]

    box = krawczyk(balance, slope, [min(max(start, 1e-300), 1 - 2.0**-53)])[0]
    if not (box > 0 and box < 1):
        raise Undecided
    return box


def interpolation(*, alpha: Any, beta: Any, n: Any) -> dict[str, Any]:
    C = arb.pi() / alpha / (arb.pi() / alpha).sin()
    rest = 1 - (beta - 1) / alpha  # sin(pi (beta - 1)/alpha) = sin(pi rest)
    D = 1 / (alpha * (arb.pi() * rest).sinc())
    return {"kappa": (C / n) ** alpha, "test": alpha * D * (C / n) ** (beta - 1), "overfitting": alpha}


def ridge(*, alpha: Any, beta: Any, n: Any, fitting: Any, sigma2: Any) -> dict[str, Any]:
    unit = interpolation(alpha=alpha, beta=beta, n=n)
    scale = 1 + (alpha - 1) * fitting
    bias, noise = unit["test"] * (1 - fitting) ** (1 - beta) / scale, alpha * sigma2 / scale
    test = bias + noise
    return {
        "bias": bias,
        "variance": noise - sigma2,
        "excess": test - sigma2,
        "test": test,
        "train": times(fitting**2, test),
        "gcv": test,
        "loo": test,
        "kappa": unit["kappa"] * (1 - fitting) ** -alpha,
        "df1": n * (1 - fitting),
        "df2": n * (1 - scale / alpha),
    }
