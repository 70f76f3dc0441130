r"""Kernels of unit vectors, k(<x, y>): infinitely wide ReLU networks, Gaussian, Laplace, polynomial.

With a0(u) = (pi - arccos u)/pi and a1(u) = (sqrt(1 - u^2) + u (pi - arccos u))/pi, the arc-cosine kernels of order 0 and 1, a ReLU
network of L hidden layers without biases, weights of variance 2/(fan-in), has at t = <x, y>

    NNGP:  S_0 = t,  S_l = a1(S_{l-1}),           the covariance of its random output at initialisation,           (1)
    NTK:   T_0 = t,  T_l = S_l + T_{l-1} a0(S_{l-1}),   the kernel that gradient descent sees; T_L(1) = L + 1.          (2)

    Gaussian  exp(-|x - y|^2/(2 w^2)),   Laplace  exp(-|x - y|/w),   polynomial  (t + c)^m,   |x - y|^2 = 2 - 2t.    (3)

All are positive definite in every dimension, and analytic in the angle theta = arccos t on [0, pi]. Where theta = 0 (and pi) is an
odd point of them, k has a term (1 - t)^a: a = 1/2 for NTK and Laplace, 3/2 for NNGP; eigenvalues then fall as a power of the degree.

Source: cho2009kernel (arc-cosine kernels), jacot2018neural (NTK); bietti2021deep (the exponents a).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from asymptotics.conventions import refuse, within

KNOWN = "ntk:LAYERS, nngp:LAYERS, gaussian:WIDTH, laplace:WIDTH, polynomial:DEGREE,OFFSET"
DEEPEST = 64


@dataclass(frozen=True)
class Kernel:
    """k(<x, y>) on unit vectors; `kernel(t)` takes t in [-1, 1], arrays too.

    `family` and `parameters` say which of (1) to (3) it is; `roughness` is a, inf where k is smooth. `angle(theta, m)` is k(cos theta),
    for the functions of `m`: NumPy, or mpmath's mp.
    """

    family: str
    parameters: tuple[float, ...]
    roughness: float
    angle: Callable[[Any, Any], Any] = field(compare=False)

    def __call__(self, t: ArrayLike) -> NDArray[np.float64]:
        t = within("t", t, lambda v: np.abs(v) <= 1, "the inner product of two unit vectors, in [-1, 1]")
        return np.asarray(self.angle(np.acos(t), np))[()]


def _arccosine(layers: float, tangent: bool) -> Callable[[Any, Any], Any]:
    def angle(theta: Any, m: Any) -> Any:
        total = m.cos(theta)
        for layer in range(int(layers)):
            share = 1 - theta / m.pi  # a0
            value = m.sin(theta) / m.pi + share * m.cos(theta)  # a1
            total = value + total * share if tangent else value
            if layer + 1 < layers:
                theta = m.acos(np.minimum(value, 1.0) if m is np else min(value, m.one))
        return total

    return angle


def ntk(layers: int) -> Kernel:
    """The neural tangent kernel (2) of a ReLU network with this many hidden layers.

    >>> [round(float(v), 12) for v in ntk(1)([-1.0, 1.0])]
    [0.0, 2.0]
    """
    return Kernel("ntk", (_layers(layers),), 0.5, _arccosine(layers, True))


def nngp(layers: int) -> Kernel:
    """The Gaussian-process kernel (1) of a ReLU network with this many hidden layers.

    >>> round(float(nngp(1)(0.0)) * np.pi, 12)
    1.0
    """
    return Kernel("nngp", (_layers(layers),), 1.5, _arccosine(layers, False))


def gaussian(width: float) -> Kernel:
    """exp(-|x - y|^2/(2 width^2)), width >= 0.01.

    >>> round(float(np.log(gaussian(1.0)(-1.0))), 12)
    -2.0
    """
    w = _width(width)
    return Kernel("gaussian", (w,), math.inf, lambda theta, m: m.exp(-2 * (m.sin(theta / 2) / w) ** 2))


def laplace(width: float) -> Kernel:
    """exp(-|x - y|/width), width >= 0.01.

    >>> round(float(np.log(laplace(2.0)(-1.0))), 12)
    -1.0
    """
    w = _width(width)
    return Kernel("laplace", (w,), 0.5, lambda theta, m: m.exp(-2 * m.sin(theta / 2) / w))


def polynomial(degree: int, offset: float = 1.0) -> Kernel:
    """(t + offset)^degree, degree >= 1, offset >= 0 (below 0 it is not positive definite).

    >>> float(polynomial(2)(0.5))
    2.25
    """
    if not 1 <= degree <= 1000 or degree != int(degree):
        refuse("degree", degree, "the degree of the polynomial is an integer from 1 to 1000")
    if not 0 <= offset < math.inf:
        refuse("offset", offset, "it must be nonnegative: (t + c)^m with c < 0 is not positive definite")
    power, c = int(degree), float(offset)
    return Kernel("polynomial", (float(power), c), math.inf, lambda theta, m: (m.cos(theta) + c) ** power)


def parse(kernel: str | Kernel) -> Kernel:
    """The kernel that a string names (see `KNOWN`); simulations read the same strings.

    >>> parse("ntk:3").parameters
    (3.0,)
    """
    if isinstance(kernel, Kernel):
        return kernel
    family, _, text = str(kernel).partition(":")
    made: dict[str, Callable[..., Kernel]] = {
        "ntk": ntk,
        "nngp": nngp,
        "gaussian": gaussian,
        "laplace": laplace,
        "polynomial": polynomial,
    }
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if family not in made or not 1 <= len(numbers) <= (2 if family == "polynomial" else 1):
        refuse("kernel", kernel, f"known kernels: {KNOWN}")
    return made[family](*numbers)


def _layers(layers: float) -> float:
    if not 1 <= layers <= DEEPEST or layers != int(layers):
        refuse("layers", layers, f"the number of hidden layers is an integer from 1 to {DEEPEST}")
    return float(layers)


def _width(width: float) -> float:
    if not 0.01 <= width < math.inf:
        refuse("width", width, "a width is a distance on the unit sphere; it must be at least 0.01")
    return float(width)
