"""What a figure calls things: symbols of parameters, titles of axes, names of fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SYMBOLS = {
    "gamma": r"$\gamma$",
    "lam": r"$\lambda$",
    "sigma2": r"$\sigma^2$",
    "r2": r"$r^2$",
    "delta": r"$\delta$",
    "psi": r"$\psi$",
    "psi1": r"$\psi_1$",
    "psi2": r"$\psi_2$",
    "mu": r"$\mu$",
    "rho": r"$\rho$",
    "n": r"$n$",
    "p": r"$p$",
}
AXES = {
    "gamma": r"aspect ratio $\gamma = p/n$",
    "lam": r"penalty $\lambda$",
    "delta": r"ridge $\delta = n\lambda$",
    "n": r"samples $n$",
    "sigma2": r"variance of the noise $\sigma^2$",
    "r2": r"squared norm of the signal $r^2$",
}
FIELDS = {
    "excess": "excess risk, without the noise of a new label",
    "test": "test risk, with the noise of a new label",
    "bias": "bias",
    "variance": "variance",
    "train": "training error",
    "gcv": "generalised cross-validation",
    "loo": "leave-one-out error",
    "norm2": "squared norm of the estimate",
    "estimation": "estimation error (squared norm)",
    "kappa": "effective ridge",
    "df1": "degrees of freedom",
    "df2": "degrees of freedom (second kind)",
}


def value_text(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def label(params: Mapping[str, Any], varied: Sequence[str]) -> str:
    return ", ".join(f"{SYMBOLS.get(k, k)} = {value_text(params[k])}" for k in varied)
