"""What a figure calls things: symbols of parameters, titles of axes, names of fields."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from theorems.record import Plot, Theorem

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
    "k": r"$k$",
    "tau": r"$\tau$",
    "alpha": r"$\alpha$",
    "inputs": r"$d/n$",
    "decay": r"$a$",
    "t": r"$t$",
    "penalty": r"the paper's $\lambda$",
    "u": r"$u$",
    "noise": r"$\sigma^2/E_0$",
    "excess": r"excess",
    "samples": r"$n'/n$",
}
FEATURES = {"p": "aspect ratio", "k": "random features per sample", "d": "input dimensions per sample"}
AXES = {
    "lam": r"penalty $\lambda$",
    "delta": r"ridge $\delta = n\lambda$",
    "penalty": r"the paper's penalty $\lambda$",
    "n": r"samples $n$",
    "t": r"time $t$",
    "share": "share of the samples in each fit",
    "k": r"random features $k$",
    "sigma2": r"variance of the noise $\sigma^2$",
    "r2": r"squared norm of the signal $r^2$",
}
FIELDS = {
    "excess": "excess risk, without the noise of a new label",
    "test": "test error, with the noise of a new label",
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
    "bound": "any features (bound)",
    "frontier": "Marchenko-Pastur features",
    "bias2": "bias",
    "v_x": "samples",
    "v_w": "features",
    "v_xw": "samples and features",
    "v_xe": "samples and noise",
    "v_xwe": "samples, features and noise",
}


def letter(record: Theorem) -> str:
    """What gamma counts per sample: the k of "k/n -> gamma" in the assumptions, p where they do not say."""
    said = re.search(r"\b([a-z])/n -> gamma", " ".join(record.assumptions))
    return said[1] if said else "p"


def axis(record: Theorem, plot: Plot) -> str:
    """The title of the x axis."""
    if plot.x == "gamma" and not plot.axis:
        count = letter(record)
        return rf"{FEATURES.get(count, 'aspect ratio')} $\gamma = {count}/n$"
    return plot.axis or AXES.get(plot.x, SYMBOLS.get(plot.x, plot.x))


def threshold(record: Theorem, plot: Plot) -> tuple[float, str] | None:
    """Where there are as many features as samples, on the axis, and how it is written there."""
    if plot.x == "gamma":
        return 1.0, f"${letter(record)} = n$"
    if plot.x in ("n", "k") and {plot.x, *plot.at} >= {"n", "k"}:
        return float(plot.at["n" if plot.x == "k" else "k"]), "$k = n$"
    return None


def value_text(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def label(params: Mapping[str, Any], varied: Sequence[str]) -> str:
    return ", ".join(f"{SYMBOLS.get(k, k)} = {_short(params[k])}" for k in varied)


def _short(value: Any) -> str:
    """A number as a power of ten, where it is one of thirds or sixths and has no short decimals: $10^{-7/3}$."""
    if isinstance(value, float) and 0 < value < math.inf and not math.isclose(value, float(f"{value:.3g}"), rel_tol=1e-12):
        exponent = Fraction(math.log10(value)).limit_denominator(6)
        if math.isclose(value, 10.0 ** float(exponent), rel_tol=1e-12):
            return f"$10^{{{exponent}}}$"
    return value_text(value)


def names(of: Sequence[str]) -> str:
    """What an axis that has these fields is called."""
    if len(of) == 1:
        return FIELDS.get(of[0], of[0]).replace(", ", ",\n", 1)
    short = [FIELDS.get(k, k).partition(",")[0] for k in of]
    return ", ".join(short[:-1]) + f"\nand {short[-1]}"


def cited(source: str) -> str:
    """The source without what was said of our own memory, which is for the record's page."""
    bare = re.sub(r"[^(),;]*\bfrom memory", "", source)
    bare = re.sub(r"\s*\([\s,;]*\)", "", bare)
    return re.sub(r"[\s,;]+\)", ")", re.sub(r"\([\s,;]+", "(", bare))
