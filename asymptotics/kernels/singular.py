r"""The eigenvalues on the sphere of kernels that are singular at t = 1 or -1: routes (3) and (4) of `gegenbauer`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from mpmath import mp, mpf
from numpy.typing import NDArray

from asymptotics._digits import bits
from asymptotics.errors import ConvergenceError
from asymptotics.kernels import Kernel

Array = NDArray[np.float64]

BITS = 320  # of fixed point
NODES = 16  # degrees of one parity through which the polynomial of (4) goes
CLOSE = 1e-15  # its value at infinite degree, without two of them
SLACK = 2**-300


def _rule(level: int, d: int) -> tuple[Array, Array, Array]:
    """2^(level + 1) + 1 nodes theta of the tanh-sinh rule on (0, pi), and weights sin(theta)^(d - 2) d theta; which are the rule before.

    It ends where the weights are below those bits.
    """
    least = min(5.0, math.asinh(math.log(math.pi / math.asin(2.0 ** (-BITS / max(d - 2, 1))) - 1) / math.pi))
    i = np.arange(-(2**level), 2**level + 1)
    step = mpf(least) / 2**level
    u = [mp.exp(mp.pi * mp.sinh(int(n) * step)) for n in i]
    theta = [mp.pi * v / (1 + v) for v in u]
    slope = [mp.pi**2 * mp.cosh(int(n) * step) * v / (1 + v) ** 2 for n, v in zip(i, u, strict=True)]
    weight = [step * a * mp.sin(x) ** (d - 2) for a, x in zip(slope, theta, strict=True)]
    return np.array(theta, dtype=object), np.array(weight, dtype=object), i % 2 == 0


def quadrature(kernel: Kernel, d: int, degrees: int) -> list[Any]:
    """The eigenvalues of the degrees 0 ... `degrees` - 1, or down to 1e-60, to 18 digits and more, as mpf: (3).

    Halving the step squares the error, so that the rule of twice the step is its certificate.
    """
    nu2, unit = d - 2, 2**BITS
    for level in (7, 8, 9, 10):
        with bits(BITS):
            theta, weight, coarse = _rule(level, d)
            norm = mp.sqrt(mp.pi) * mp.gamma(mpf(d - 1) / 2) / mp.gamma(mpf(d) / 2) / unit
            f = np.array([int(w * kernel.angle(x, mp) / norm) for x, w in zip(theta, weight, strict=True)], dtype=object)
            t = np.array([int(mp.cos(x) * unit) for x in theta], dtype=object)
            old, new, found, error = 0 * t, 0 * t + unit, [], mpf(0)
            for l in range(degrees):
                product = f * new
                total = int(product.sum())
                s = mpf(total) / unit**2
                found.append(s if s > SLACK else mpf(0))
                error = max(error, abs(mpf(total - 2 * int(product[coarse].sum()))) / unit**2)
                if 0 < found[-1] < 1e-60:
                    break
                old, new = new, (t if l == 0 else ((2 * l + nu2) * (t * new >> BITS) - l * old) // (l + nu2))
            least = min(s for s in found if s > 0)
            if error**2 <= 1e-18 * least:
                return found
    raise ConvergenceError(
        f"the eigenvalues of {kernel.family}{kernel.parameters} on the sphere",
        residual=float(error / least),
        iterations=level,
        causes="a kernel too narrow for its dimension",
    )


class Series:
    """(4) for one parity: s at any degree from `degrees` on; None of `build` where the polynomial is not certified."""

    def __init__(self, kernel: Kernel, d: int, found: list[Any], parity: int) -> None:
        self.a, self.d, self.nu2 = kernel.roughness, d, d - 2
        self.steps, degrees = round(2 * self.a) + d - 1, len(found)  # Gamma(l - a)/Gamma(l - a + steps)
        of = [l for l in range(degrees // 2, degrees) if l % 2 == parity]
        of = [of[i] for i in np.linspace(0, len(of) - 1, NODES).round().astype(int)]
        self.start = float(of[-1])
        with bits(BITS):
            a = mpf(self.a)
            y = [found[l] * mp.gamma(l - a + self.steps) / mp.gamma(l - a) for l in of]
            scale = (self.start - a - 1) * (self.start + self.nu2 + a + 1)
            x = [scale / ((l - a - 1) * (l + self.nu2 + a + 1)) for l in of]
            whole, less = _interpolate(x, y), _interpolate(x[2:], y[2:])
            self.error = float(abs(less[0] / whole[0] - 1)) if whole[0] else math.inf
            self.scale = float(scale)
            self.coefficients = np.array([float(c) for c in whole])
            self.size = float(mp.gamma(self.start - a) / mp.gamma(self.start - a + self.steps))

    def __call__(self, l: Array) -> Array:
        base = np.full(l.shape, self.size)
        for j in range(self.steps):
            base *= (self.start - self.a + j) / (l - self.a + j)
        x = self.scale / ((l - self.a - 1) * (l + self.nu2 + self.a + 1))
        return base * np.polynomial.polynomial.polyval(x, self.coefficients)


def _interpolate(x: list[Any], y: list[Any]) -> list[Any]:
    """Coefficients of the polynomial through (x, y), by Newton's divided differences."""
    c = list(y)
    for k in range(1, len(x)):
        for i in range(len(x) - 1, k - 1, -1):
            c[i] = (c[i] - c[i - 1]) / (x[i] - x[i - k])
    out = [mpf(0)]
    for k in range(len(x) - 1, -1, -1):
        out = [c[k] - x[k] * out[0], *(out[i - 1] - x[k] * out[i] for i in range(1, len(out))), out[-1]]
    return out[: len(x)]
