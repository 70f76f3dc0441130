r"""Kernels of unit vectors as functions of t = <x, y>, by the strings that theory reads too, but written apart from it.

`ntk:L`, `nngp:L`: ReLU networks of L hidden layers, weights of variance 2/(fan-in), no biases. `gaussian:W`: exp(-|x - y|^2/(2 W^2)),
`laplace:W`: exp(-|x - y|/W), `polynomial:M,C`: (t + C)^M (C = 1 if left out).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simulate.conventions import refuse

Array = NDArray[np.float64]
Kernel = Callable[[Array], Array]

KNOWN = "ntk:LAYERS, nngp:LAYERS, gaussian:WIDTH, laplace:WIDTH, polynomial:DEGREE,OFFSET"


def _layer(c: Array) -> tuple[Array, Array]:
    """2 E relu(g) relu(g') and 2 E step(g) step(g') for standard normals of correlation c."""
    both = 0.5 + np.arcsin(c) / np.pi
    return np.sqrt((1 - c) * (1 + c)) / np.pi + c * both, both


def _network(layers: int, tangent: bool) -> Kernel:
    def kernel(t: Array) -> Array:
        value, slope = t, t
        for _ in range(layers):
            value, both = _layer(np.clip(value, -1.0, 1.0))
            slope = value + slope * both
        return slope if tangent else value

    return kernel


def parse(kernel: str) -> Kernel:
    """The kernel that a string names, a function from inner products in [-1, 1] to values.

    >>> float(parse("ntk:1")(np.array(1.0)))
    2.0
    """
    family, _, text = str(kernel).partition(":")
    try:
        first, *rest = (float(part) for part in text.split(","))
    except ValueError:
        first, rest = math.nan, []
    whole = family in ("ntk", "nngp", "polynomial")
    if not (0 < first < math.inf) or (whole and first != int(first)) or (rest and (family != "polynomial" or len(rest) > 1)):
        family = ""
    if family in ("ntk", "nngp"):
        return _network(int(first), family == "ntk")
    if family == "gaussian":
        return lambda t: np.exp((t - 1) / first**2)
    if family == "laplace":
        return lambda t: np.exp(-np.sqrt(2 - 2 * t) / first)
    offset = rest[0] if rest else 1.0
    if family == "polynomial" and offset < 0:
        refuse("kernel", kernel, "an offset below 0 makes the polynomial kernel indefinite")
    if family != "polynomial":
        refuse("kernel", kernel, f"known kernels: {KNOWN}")
    return lambda t: (t + offset) ** int(first)
