r"""Zonal functions on the sphere and the hypercube: values sum_l c_l P_l(t) at inner products t, and a kernel's eigenvalues.

P_l is the Legendre polynomial in d dimensions, or the Krawtchouk polynomial of the hypercube {-1, 1}^d / sqrt d, with P_l(1) = 1; a kernel
k = sum_l N_l s_l P_l has the eigenvalue s_l = E k(t) P_l(t), t the inner product with a fixed point, on N_l harmonics of degree l. Then

    E_x k(a, x) k(x, b) = sum_l N_l s_l^2 P_l(<a, b>).                                                           (1)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulate import kernels
from simulate.conventions import refuse

Array = NDArray[np.float64]

ENOUGH = 1e-13  # of (1) at t = 1: what the degrees left out may add to it
LARGEST = 3000  # degrees


@dataclass(frozen=True)
class Space:
    """The sphere of R^d or the hypercube of d coordinates."""

    name: str
    d: int

    def points(self, n: int, rng: np.random.Generator) -> Array:
        """n uniform points of unit norm, (n, d)."""
        if self.name == "hypercube":
            return rng.choice([-1.0, 1.0], size=(n, self.d)) / math.sqrt(self.d)
        X = rng.standard_normal((n, self.d))
        return X / np.linalg.norm(X, axis=1, keepdims=True)

    def inner(self, X: Array, Y: Array) -> Array:
        """All inner products, exact on the hypercube, where they are multiples of 2/d."""
        T = X @ Y.T
        return np.clip(1 - np.rint((1 - T) * self.d / 2) * 2 / self.d if self.name == "hypercube" else T, -1.0, 1.0)

    def multiplicity(self, l: int) -> int:
        """How many harmonics are of degree l."""
        if self.name == "hypercube":
            return math.comb(self.d, l)
        return math.comb(l + self.d - 1, self.d - 1) - (math.comb(l + self.d - 3, self.d - 1) if l > 1 else 0)

    def polynomials(self, t: Array) -> Iterator[Array]:
        """P_0(t), P_1(t), ... without end on the sphere; on the hypercube to P_d, by tables."""
        if self.name == "hypercube":
            j = np.rint((1 - t) * self.d / 2).astype(int)
            yield from (row[j] for row in _krawtchouk(self.d))
            return
        l, old, new = 0, np.zeros_like(t), np.ones_like(t)
        while True:
            yield new
            old, new = new, t.copy() if l == 0 else ((2 * l + self.d - 2) * t * new - l * old) / (l + self.d - 2)
            l += 1

    def nodes(self) -> tuple[Array, Array]:
        """t and its probabilities: the law of the hypercube, a Gauss rule in the angle for the sphere."""
        if self.name == "hypercube":
            j = np.arange(self.d + 1)
            return 1 - 2 * j / self.d, np.array([math.comb(self.d, int(i)) / 2**self.d for i in j])
        reach = math.acos(math.sqrt(-math.expm1(-80.0 / max(self.d - 2, 1))))  # sin^(d-2) is below e^-40 beyond
        if self.d < 20:
            reach = 0.0
        ends = np.linspace(reach, math.pi - reach, 401)
        x, w = np.polynomial.legendre.leggauss(16)
        half = 0.5 * np.diff(ends)[:, None]
        theta = (0.5 * (ends[1:] + ends[:-1])[:, None] + half * x).ravel()
        weight = (half * w).ravel() * np.sin(theta) ** (self.d - 2)
        return np.cos(theta), weight / weight.sum()


def space_of(name: str, d: int) -> Space:
    """The space of this name, or ValueError."""
    if name not in ("sphere", "hypercube"):
        refuse("space", name, "it must be sphere or hypercube")
    if d != int(d) or d < 3:
        refuse("d", d, "the input dimension is an integer, at least 3")
    return Space(name, int(d))


@lru_cache(maxsize=8)
def _krawtchouk(d: int) -> list[Array]:
    """K_l(j)/C(d, l) for j = 0 ... d, from integers."""
    t = np.array([d - 2 * j for j in range(d + 1)], dtype=object)
    old, new, rows = 0 * t, 0 * t + 1, []
    for l in range(d + 1):
        rows.append(np.array([int(v) / math.comb(d, l) for v in new]))
        old, new = new, (t * new - (d - l + 1) * old) // (l + 1)
    return rows


@lru_cache(maxsize=32)
def eigenvalues(kernel: str, space: Space) -> tuple[Array, Array]:
    """s_l and N_l for l = 0 ... L, with L such that (1) is whole to `ENOUGH`; ValueError where that takes too many degrees.

    What is left out may be more of the trace k(1), and acts as a ridge; on the hypercube nothing is left out up to d = 20.
    Accuracy: s_l within 1e-14/sqrt(N_l) of k(1), by quadrature.
    """
    t, weight = space.nodes()
    k = weight * kernels.parse(kernel)(t)
    rest = one = float(kernels.parse(kernel)(np.array(1.0)))
    s: list[float] = []
    N: list[float] = []
    squares, whole = 0.0, space.name == "hypercube" and space.d <= 20
    for l, P in enumerate(space.polynomials(t)):
        s.append(max(float(k @ P), 0.0))
        N.append(float(space.multiplicity(l)))
        rest -= N[l] * s[l]
        squares += N[l] * s[l] ** 2
        # what is left out of (1) is at most (largest eigenvalue beyond) * (their trace)
        if l >= 4 and not whole and max(s[-2:]) * max(rest, 1e-15 * one) <= ENOUGH * squares:
            return np.array(s), np.array(N)
        if l == LARGEST:
            refuse("kernel", kernel, f"its spectrum is not exhausted by {LARGEST} degrees for d = {space.d}; take a wider kernel")
    return np.array(s), np.array(N)
