r"""Free sums and products of any two laws, numerically, by subordination: no polynomial, any number of atoms.

With F(z) = -1/m(z), h = F(z) - z and k = -1/h, which map the upper half plane into itself, the law of a + b, or of
a^{1/2} b a^{1/2} (both on [0, inf)), has m(z) = m_a(z_1), or z m(z) = z_1 m_a(z_1), where

    z_2 = z + h_a(z_1),   z_1 = z + h_b(z_2),       or      z_2 = z k_a(z_1),   z_1 = z k_b(z_2).               (1)

z_1 is a fixed point of a self-map T of the half plane (of the sector arg > arg z, for products), of which there is one at most
(Denjoy and Wolff): a small residual with z_1, z_2 inside proves the root, on the real axis too. Off the support z_1 is real,
and 0 < T' < 1 proves it. Newton follows it down from far above, where z_1 is nearly z.

Atoms: a mass A{a} + B{b} - 1 > 0 at a + b, or a b; at 0 of a product the larger of A{0} and B{0}.

Source: belinschi2007new, Theorem 3.2; bercovici1998regularity, Theorem 7.4; belinschi2003atoms (numbering from memory).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from asymptotics.conventions import refuse
from asymptotics.errors import ConvergenceError
from asymptotics.free.algebraic import Algebraic
from asymptotics.free.cosines import Continuous, continuous

Array = NDArray[Any]  # of float64
Complex = NDArray[Any]  # of complex128
EPS = 2.0**-52
STEPS = 120  # heights, each a fraction of the one before
START = 1e-8  # of a start for the next height


@dataclass(frozen=True, eq=False)
class Part:
    """A law as subordination sees it: m and m' at complex points, its ends, its atoms (places, masses)."""

    transform: Callable[[Complex], tuple[Complex, Complex]]
    low: float
    high: float
    atoms: Array
    weights: Array


def _part(name: str, law: Any) -> Part:
    """A `Part` of a `spectra` law of mass 1, of two arrays (values, weights), or of what has `stieltjes` and `edges` (and `atoms`)."""
    if isinstance(law, tuple) and len(law) == 2:
        return _discrete(*(np.asarray(v, dtype=np.float64) for v in law))
    if hasattr(law, "zero") and hasattr(law, "weights"):
        if abs(law.mass - 1) > 1e-9 or law.tail:
            refuse(name, law, "its mass must be 1, all of it resolved")
        zero = [law.zero] if law.zero else []
        return _discrete(np.append(law.atoms, zero and [0.0]), np.append(law.weights, zero))
    if not (hasattr(law, "stieltjes") and hasattr(law, "edges")):
        refuse(name, law, "pass a law of asymptotics.free or asymptotics.spectra, (values, weights), or stieltjes(z) with edges")
    edges = np.asarray(law.edges() if callable(law.edges) else law.edges, dtype=np.float64)
    atoms, weights = (np.asarray(getattr(law, key, ()), dtype=np.float64).ravel() for key in ("atoms", "weights"))
    if not hasattr(law, "weights") and np.ndim(getattr(law, "atom", 0.0)) == 0:  # the mass at 0 of a sample covariance law
        atoms, weights = (np.array([0.0]), np.array([law.atom])) if getattr(law, "atom", 0.0) > 0 else (np.empty(0), np.empty(0))
    ends = np.concatenate([edges.ravel(), atoms])
    if isinstance(law, Algebraic):
        return Part(law.sheet.pair, float(ends.min()), float(ends.max()), atoms, weights)

    def transform(z: Complex) -> tuple[Complex, Complex]:
        step = 1e-4 * np.maximum(abs(z.imag), 1e-3 * (1 + abs(z)))  # the derivative steers Newton only
        step = np.where(z.imag > 0, np.minimum(step, z.imag / 4), step)
        values = law.stieltjes(np.concatenate([z, z + step, z - step]))
        m, right, left = np.split(np.asarray(values, dtype=np.complex128), 3)
        return m, (right - left) / (2 * step)

    return Part(transform, float(ends.min()), float(ends.max()), atoms, weights)


def _discrete(values: Array, weights: Array) -> Part:
    if values.shape != weights.shape or not values.size or np.any(weights <= 0) or abs(weights.sum() - 1) > 1e-9:
        refuse("weights", weights.tolist(), "positive, one for each value, of sum 1")

    def transform(z: Complex) -> tuple[Complex, Complex]:
        inverse = 1 / (values - z[:, None])
        terms = weights * inverse
        return terms.sum(axis=1), (terms * inverse).sum(axis=1)

    return Part(transform, float(values.min()), float(values.max()), values, weights)


@dataclass(frozen=True, eq=False)
class Convolution:
    """A free sum or product. Methods take arrays of any shape; atoms are in `cdf`, not in `density`.

    Every value of the transform stands on a root of (1) with its certificate; `solve` gives the error estimates. The cuts are found
    from a grid, which may miss a gap or a cut narrower than a 400th of the support; but the masses must make 1 to 1e-9.

    Raises ConvergenceError where a certificate fails, and at points nearer to an edge than rounding tells.
    """

    a: Part
    b: Part
    product: bool

    def _turn(self, part: Part, z: Complex, at: Complex) -> tuple[Complex, Complex, Array]:
        """The other point, z + h(at) or z k(at), its derivative in `at`, and its rounding."""
        m, slope = part.transform(at)
        h = -1 / m - at
        dh = slope / m**2 - 1
        if self.product:
            return -z / h, z * dh / h**2, EPS * abs(z / h) * (1 + abs(at / h))
        return z + h, dh, EPS * (abs(z) + abs(at))

    def _map(self, z: Complex, z1: Complex) -> tuple[Complex, Complex, Complex, Array]:
        """T(z_1), T'(z_1), z_2 and the rounding of T."""
        z2, one, first = self._turn(self.a, z, z1)
        value, two, second = self._turn(self.b, z, z2)
        return value, one * two, z2, 4 * (second + abs(two) * first + EPS * abs(z1))

    def _inside(self, z: Complex, z1: Complex, z2: Complex) -> NDArray[np.bool_]:
        if self.product:
            return (z1.imag > 0) & (z2.imag > 0) & ((z1 / z).imag > -1e-12 * abs(z1 / z)) & ((z2 / z).imag > -1e-12 * abs(z2 / z))
        return (z1.imag > 0) & (z2.imag > 0) & (z1.imag >= z.imag * (1 - 1e-12)) & (z2.imag >= z.imag * (1 - 1e-12))

    def _step(
        self, z: Complex, z1: Complex, turns: int, enough: float, real: bool = False
    ) -> tuple[Complex, Complex, Complex, Array, Array]:
        """Newton on z_1 = T(z_1), at most `turns`, until all residuals are `enough` times z_1; on the real axis if `real`.

        Gives z_1, T' and z_2 there, the residual, and the rounding that residuals of roots have.
        """
        for turn in range(turns + 1):
            value, slope, z2, rounding = self._map(z, z1)
            rest = abs(value - z1)
            if turn == turns or not np.any(rest > enough * abs(z1)):
                break
            z1 = z1 - (z1 - value) / (1 - slope)
            z1 = z1.real + 0j if real else z1
        return z1, slope, z2, rest, rounding

    def _root(self, z: Complex, z1: Complex, real: bool) -> tuple[Complex, Array, NDArray[np.bool_]]:
        """The root near z_1, its estimated error, and whether its certificate holds: inside the half plane, or on the real axis."""
        z1, slope, z2, rest, rounding = self._step(z, z1.real + 0j if real else z1, 12, 2 * EPS, real)
        error = (rest + rounding) / abs(1 - slope)
        good = (rest <= 16 * rounding) & np.isfinite(error)
        if real:
            return z1, error, good & (slope.real > 0) & (slope.real < 1) & (z.imag == 0)
        return z1, error, good & self._inside(z, z1, z2) & (error <= 0.1 * z1.imag)

    def solve(self, z: ArrayLike) -> tuple[Complex, Array]:
        """z_1 at z (n,), Im z >= 0, and the estimated error of each; inf where no certificate was had."""
        goal = np.atleast_1d(np.asarray(z, dtype=np.complex128))
        out, errors = np.full(goal.size, np.nan + 0j), np.full(goal.size, np.inf)
        height, z1 = self._above(goal)
        left, ratio = np.arange(goal.size), np.full(goal.size, 0.25)
        with np.errstate(all="ignore"):
            for turn in range(STEPS):
                new = np.maximum(height * ratio, goal.imag[left])
                at = goal.real[left] + 1j * new
                root, _, z2, rest, rounding = self._step(at, z1, 6, START)
                good = (rest <= 100 * START * abs(root) + rounding) & self._inside(at, root, z2)  # one root has this: that of T
                z1, height = np.where(good, root, z1), np.where(good, new, height)
                ratio = np.where(good, np.maximum(ratio**1.5, 1e-3), np.sqrt(ratio))
                if turn % 4 == 3 or np.all(goal.imag > 0):
                    for real in (False, True):
                        root, error, home = self._root(goal[left], z1, real)
                        out[left[home]], errors[left[home]] = root[home], error[home]
                        stay = ~home
                        left, z1, height, ratio = left[stay], z1[stay], height[stay], ratio[stay]
                        if not left.size:
                            return out, errors
        return out, errors

    def _above(self, goal: Complex) -> tuple[Array, Complex]:
        """A height from which all is close to its expansion at infinity, and z_1 there."""
        ends = [abs(v) for part in (self.a, self.b) for v in (part.low, part.high)]
        if not self.product:
            height = 8 * sum(ends) + abs(goal)
            return height, goal.real + 1j * height - _mean(self.b)
        height = 8 * max(self.a.high * self.b.high, 1e-300) + abs(goal)
        return height, (goal.real + 1j * height) / _mean(self.b)

    def _stieltjes(self, z: Complex) -> tuple[Complex, Array]:
        z1, error = self.solve(z)
        z1 = np.where(np.isfinite(error), z1, 1j)
        m, slope = self.a.transform(z1)
        factor = z1 / z if self.product else np.ones(1)
        return m * factor, np.where(np.isfinite(error), (abs(slope) * error + 4 * EPS * abs(m)) * abs(factor), np.inf)

    def stieltjes(self, z: ArrayLike) -> Any:
        """m(z) = int dmu(x)/(x - z); at real z the limit from above. ConvergenceError without a certificate to 1e-8."""
        array = np.asarray(z, dtype=np.complex128)
        flat = array.ravel()
        lower = flat.imag < 0
        m, error = self._stieltjes(np.where(lower, flat.conj(), flat))
        bad = ~(error <= 1e-8 * np.maximum(abs(m), 1))
        if bad.any():
            where = flat[bad][0]
            raise ConvergenceError(
                f"the subordination equation at {where:g}", residual=float(error[bad][0]), iterations=STEPS,
                causes="a point at an edge of the support, at an atom, or masses closer than rounding",
            )  # fmt: skip
        return np.where(lower, m.conj(), m).reshape(array.shape)[()]

    def density(self, x: ArrayLike) -> Any:
        """The density of the continuous part at real x."""
        array = np.asarray(x, dtype=np.float64)
        live = (array > 0) if self.product else np.ones(array.shape, dtype=bool)
        out = np.zeros(array.shape)
        out[live] = np.maximum(self.stieltjes(array[live]).imag / np.pi, 0.0)
        return out[()]

    @cached_property
    def point_masses(self) -> tuple[Array, Array]:
        """Places (increasing) and masses of the atoms."""
        found: dict[float, float] = {}
        for s, v in zip(self.a.atoms, self.a.weights, strict=True):
            for t, w in zip(self.b.atoms, self.b.weights, strict=True):
                if v + w > 1 + 4 * EPS and not (self.product and s * t == 0):
                    found[float(s * t if self.product else s + t)] = float(v + w - 1)
        if self.product:
            zero = max(float(part.weights[part.atoms == 0].sum()) for part in (self.a, self.b))
            found |= {0.0: zero} if zero > 0 else {}
        places = np.array(sorted(found))
        return places, np.array([found[s] for s in places.tolist()])

    @cached_property
    def continuous(self) -> Continuous:
        """Cuts and the series of the density on each. ConvergenceError unless all masses make 1."""
        low, high = self.a.low + self.b.low, self.a.high + self.b.high
        low, high = (0.0, self.a.high * self.b.high * 1.0) if self.product else (low, high)
        return continuous(self._stieltjes, low, high, *self.point_masses, positive=self.product)

    @property
    def cuts(self) -> Array:
        """(cuts, 2): the intervals of the continuous part, to about 1e-12 of the support."""
        return self.continuous.cuts

    def cdf(self, x: ArrayLike) -> Any:
        """mu(-inf, x], to the error `continuous.error`."""
        return self.continuous.cdf(np.asarray(x, dtype=np.float64))

    def quantile(self, u: ArrayLike) -> Any:
        """The least x with cdf(x) >= u."""
        return self.continuous.quantile(np.asarray(u, dtype=np.float64))


def _mean(part: Part) -> float:
    z = np.array([1e4j * max(abs(part.low), abs(part.high), 1e-300)])
    return float((-(part.transform(z)[0] * z + 1) * z).real[0])


def free_sum(mu: Any, nu: Any) -> Convolution:
    """The law of a + b for free a, b. mu and nu: laws of asymptotics.free or spectra, (values, weights), or `stieltjes` and `edges`.

    >>> coin = ([-1.0, 1.0], [0.5, 0.5])
    >>> bool(abs(free_sum(coin, coin).density(1.0) - 1 / (np.pi * np.sqrt(3))) < 1e-14)  # the arcsine law
    True
    """
    return Convolution(_part("mu", mu), _part("nu", nu), False)


def free_product(mu: Any, nu: Any) -> Convolution:
    """The law of a^{1/2} b a^{1/2} for free a, b >= 0. ValueError where one has mass below 0.

    >>> from asymptotics.free import marchenko_pastur
    >>> F = free_product(([1.0, 3.0], [0.5, 0.5]), marchenko_pastur("1/2"))
    >>> bool(abs(F.cuts[0, 1] - 7.071272162420762) < 1e-9)
    True
    """
    a, b = _part("mu", mu), _part("nu", nu)
    if min(a.low, b.low) < 0:
        refuse("mu" if a.low < b.low else "nu", min(a.low, b.low), "both laws of a product must live on [0, inf)")
    if max(a.high, 0) * max(b.high, 0) == 0:
        refuse("mu", "an atom at 0", "the product is 0")
    return Convolution(a, b, True)
