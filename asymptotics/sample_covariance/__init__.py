r"""The limiting law of the eigenvalues of a sample covariance, for any population spectrum.

Model: (1/n) X'X, X = Z S^{1/2}, Z with i.i.d. entries of mean 0 and variance 1, S with spectral law H, n, p -> infinity with
p/n -> gamma. The companion Stieltjes transform u solves

    x = -1/u + gamma int s / (1 + s u) dH(s),                                                                  (1)

and with k = -1/u, theta = 1 - gamma (1 - H{0}), density and upper tail are closed forms in k, without an integral:

    f(x) = Im k / (pi gamma |k|^2),                                                                             (2)
    1 - F(x) = (theta/gamma arg k + int_{s>0} arg(k - s) + s Im 1/(k - s) dH(s)) / pi,                          (3)

(3) being the integral of (1) du by parts. Moments: the companion law has free cumulants gamma int s^j dH (compound free Poisson).

Source: marchenko1967distribution, Theorem 1; silverstein1995analysis, Theorems 1.1 and 4.1-4.4 (numbering from memory).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from asymptotics.conventions import refuse, theory
from asymptotics.errors import ConvergenceError
from asymptotics.sample_covariance import silverstein
from asymptotics.sample_covariance.companion import Companion, sorting
from asymptotics.sample_covariance.expansion import HIGH, REACH
from asymptotics.spectra.laws import Array, Law

NODES = 2**14  # of a quadrature; an integrand that needs more is not smooth on the support


@dataclass(frozen=True, eq=False)
class SampleCovarianceLaw(Companion):
    """The limiting spectral law F of (1/n) X'X for a population law `H` of mass 1 and `gamma` = p/n > 0.

    Every value stands on a root of (1) with its certificate: a small residual and the right branch (Im u > 0 inside the support,
    x'(u) > 0 outside); else ConvergenceError. Methods take arrays of any shape and give scalars for scalars. The atom at 0 is
    `atom`, a mass of its own: it is in `cdf`, not in `density`.

    Raises ValueError if H has not mass 1, has an unresolved tail, or spans more than 140 orders of magnitude.

    Accuracy, against 60-digit mpmath: density 1e-15 relatively (gamma 0.003 to 4, 1 to 10^4 atoms, cusps, hard edges, down to one
    rounding from the edges; 1e-14 beside a cusp), cdf 1e-15 absolutely, transforms 3e-15 relatively; docs/benchmarks.md.

    >>> from asymptotics.spectra.laws import Law
    >>> F = SampleCovarianceLaw(Law([3.0, 1.0], [0.5, 0.5]), 0.5)
    >>> F.edges().round(12).tolist()
    [[0.118095917418, 7.071272162421]]
    >>> round(F.moment(2), 12), float(F.cdf(10.0)), F.atom
    (7.0, 1.0, 0.0)
    """

    @property
    def masses(self) -> Array:
        """(bands,): the mass of each interval, exactly: that of the atoms of H under it, less what sits at 0 if gamma > 1."""
        return self.support.masses

    @property
    def atom(self) -> float:
        """The mass at 0: max(H{0}, 1 - 1/gamma)."""
        return max(self.H.zero, 1 - 1 / self.gamma)

    def density(self, x: ArrayLike) -> Array:
        """The density of the continuous part at real x, any shape: 0 off the support, inf at 0 if gamma (1 - H{0}) = 1.

        Raises ConvergenceError. Accurate to 1e-14 of the largest density (or 1), relatively down to the edges.

        >>> from asymptotics.spectra.laws import Law
        >>> F = SampleCovarianceLaw(Law([12.0, 1.0], [0.5, 0.5]), 0.05)
        >>> round(float(F.density(8.799)), 6)
        0.04222
        """
        array = np.asarray(x, dtype=np.float64)
        order, back = sorting(array)
        flat, rows, roots, _ = self._real(array.ravel()[order], off=False)
        inside = rows >= 0
        k = np.where(inside, self._k(rows, roots), 1)
        f = roots.imag / (np.pi * self.gamma * self._scale) / (k.real**2 + k.imag**2)  # (2)
        if self.support.theta == 0:
            f[flat == 0] = np.inf
        return f[back].reshape(array.shape)[()]

    def cdf(self, x: ArrayLike) -> Array:
        """F(x), the atom at 0 included, for real x of any shape. Closed form (3); between bands a partial sum of weights.

        Raises ConvergenceError. Accurate to 1e-14, absolutely.

        >>> from asymptotics.spectra.laws import Law
        >>> F = SampleCovarianceLaw(Law([1.0], [1.0]), 2.0)
        >>> F.cdf([-1.0, 0.0, 9.0])
        array([0. , 0.5, 1. ])
        """
        array = np.asarray(x, dtype=np.float64)
        order, back = sorting(array)
        flat, rows, roots, _ = self._real(array.ravel()[order], off=False)
        inside = rows >= 0
        lows, levels = self.support.intervals[:, 0], self._levels
        value = np.where(flat < 0, 0.0, levels[np.searchsorted(lows, flat, side="left")])
        if inside.any():
            s, w, _ = self._distinct
            sums, tails = np.empty(inside.sum(), dtype=np.complex128), np.empty(inside.sum())
            silverstein._sums(s, w, self.support.points, rows[inside], roots[inside], sums, tails)
            k = self._k(rows[inside], roots[inside])
            f = 1 - (self.support.theta / self.gamma * np.angle(k) + tails) / np.pi  # (3)
            band = np.searchsorted(lows, flat[inside], side="right") - 1
            value[inside] = np.clip(f, levels[band], levels[band + 1])
        return value[back].reshape(array.shape)[()]

    @cached_property
    def _levels(self) -> Array:
        """F to the left of the first band, then at the right end of each."""
        levels = 1 - np.append(np.cumsum(self.masses[::-1])[::-1], 0.0)
        levels[0] = self.atom
        return np.maximum(levels, self.atom)

    def quantile(self, u: ArrayLike) -> Array:
        """The least x with F(x) >= u, for u in [0, 1], any shape; 0 for u up to `atom`.

        Raises ValueError outside [0, 1], ConvergenceError. cdf(quantile(u)) = u to 1e-14 in a band's interior.

        >>> from asymptotics.spectra.laws import Law
        >>> F = SampleCovarianceLaw(Law([1.0], [1.0]), 2.0)
        >>> F.quantile([0.25, 0.5]).tolist(), bool(abs(F.cdf(F.quantile(0.75)) - 0.75) < 1e-14)
        ([0.0, 0.0], True)
        """
        array = np.asarray(u, dtype=np.float64)
        if not np.all((array >= 0) & (array <= 1)):
            refuse("u", float(array[~((array >= 0) & (array <= 1))].flat[0]), "a probability lies in [0, 1]")
        flat = array.ravel()
        lows, ends = self.support.intervals.T
        levels = self._levels
        band = np.clip(np.searchsorted(levels, flat, side="left") - 1, 0, lows.size - 1)
        low, width = lows[band], (ends - lows)[band]
        share = np.clip((flat - levels[band]) / (levels[band + 1] - levels[band]), 0, 1)
        a, b = np.zeros(flat.size), np.full(flat.size, np.pi)  # bracket in tau, x = low + width sin^2(tau/2)
        tau = np.pi * share
        live = flat > self.atom
        x = np.where(live, low, 0.0)
        done = ~live
        for _ in range(80):
            if done.all():
                break
            i = np.flatnonzero(~done)
            x[i] = low[i] + width[i] * np.sin(tau[i] / 2) ** 2
            gap = self.cdf(x[i] * self._scale) - flat[i]
            slope = self.density(x[i] * self._scale) * self._scale * width[i] * np.sin(tau[i]) / 2
            a[i], b[i] = np.where(gap <= 0, tau[i], a[i]), np.where(gap >= 0, tau[i], b[i])
            step = np.divide(gap, slope, out=np.full(i.size, np.inf), where=(slope > 0) & np.isfinite(slope))
            new = tau[i] - step
            new = np.where((new >= a[i]) & (new <= b[i]), new, (a[i] + b[i]) / 2)
            done[i] = (np.abs(gap) <= 2e-16) | (np.abs(new - tau[i]) <= 4e-16 * tau[i])  # the rounding of F, of tau
            tau[i] = new
        x = np.where(live & (share >= 1), ends[band], x)
        return (x * self._scale).reshape(array.shape)[()]

    def moment(self, k: int) -> float:
        """int x^k dF(x) for an integer k >= 0: positive sums only, relative error about k eps. inf if it overflows.

        >>> from asymptotics.spectra.laws import Law
        >>> [SampleCovarianceLaw(Law([1.0], [1.0]), 1.0).moment(k) for k in range(5)]
        [1.0, 1.0, 2.0, 5.0, 14.0]
        """
        if k != int(k) or k < 0:
            refuse("k", k, "the order of a moment is an integer >= 0")
        k = int(k)
        if k == 0:
            return 1.0
        s, w, _ = self._distinct
        cumulants = [self.gamma * float(np.dot(w, s**j)) for j in range(1, k + 1)]
        # M(z) = 1 + sum_j kappa_j (z M)^j: powers[j] holds the coefficients of M^j
        M = np.zeros(k + 1)
        M[0] = 1
        for order in range(1, k + 1):
            power, total = M[: order + 1].copy(), 0.0
            for j in range(1, order + 1):
                total += cumulants[j - 1] * power[order - j]
                power = np.convolve(power, M[: order + 1])[: order + 1]
            M[order] = total
        with np.errstate(over="ignore"):
            return float(M[k] / self.gamma * np.float64(self._scale) ** k)

    def stieltjes(self, z: ArrayLike) -> NDArray[np.complex128]:
        """m(z) = int 1/(t - z) dF(t), atom included, complex z; real z inside the support: the limit from above; inf at an atom.

        Raises ConvergenceError. Relative error 1e-14, down to z = 0 too.

        >>> from asymptotics.spectra.laws import Law
        >>> abs(SampleCovarianceLaw(Law([1.0], [1.0]), 0.5).stieltjes(0.0) - 2) < 1e-15  # 1/(1 - gamma)
        np.True_
        """
        array = np.asarray(z)
        rows, roots, k, _ = self._complex(np.asarray(array.ravel(), dtype=np.complex128))
        s, w, _ = self._distinct
        sums = np.empty(k.size, dtype=np.complex128)
        silverstein._sums(s, w, self.support.points, rows, roots, sums, np.empty(0))
        flat = array.ravel() / self._scale
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where((flat == 0) & (self.support.theta > 0), np.divide(1, self.support.theta), k / flat)
            m = -sums * ratio - (self.H.zero / flat if self.H.zero else 0)  # m = -H{0}/z - (k/z) int dH/(k - s)
        m = np.where((flat == 0) & ((self.atom > 0) | (self.support.theta <= 0)), np.inf, m / self._scale)
        return m.reshape(array.shape)[()]

    def integrate(self, f: Callable[[Array], Array]) -> float:
        """int f dF, the atom included, for f analytic near the support: Gauss-Chebyshev on each band, nodes doubled to 1e-13
        (Gauss-Legendre on panels graded towards cusps, and towards ends near 0 or at a narrow gap).

        Raises ConvergenceError if 2^14 nodes a band do not settle it.

        >>> from asymptotics.spectra.laws import Law
        >>> F = SampleCovarianceLaw(Law([3.0, 1.0], [0.5, 0.5]), 0.5)
        >>> abs(F.integrate(lambda x: x**2) - F.moment(2)) < 1e-12
        True
        """
        total = self.atom * float(f(np.zeros(1))[0]) if self.atom else 0.0
        pinches = self.support.points[2 * self.support.bands : -1, HIGH] * self._scale
        reaches = self.support.points[: 2 * self.support.bands, REACH].reshape(-1, 2)
        for (low, high), reach in zip(self.edges(), reaches, strict=True):
            graded = bool(reach.any()) or 0 < low < 0.01 * high
            inner = pinches[(pinches > low) & (pinches < high)]
            last, value, n = np.inf, np.inf, 16
            while n <= NODES:
                tau, weights = _rule(low, high, inner, graded, n)
                x = low + (high - low) * np.sin(tau / 2) ** 2
                terms = np.asarray(f(x)) * self.density(x) * np.sin(tau) * weights * ((high - low) / 2)
                last, value = value, float(np.sum(terms))
                if abs(value - last) <= 1e-13 * float(np.sum(np.abs(terms))):
                    break
                n *= 2
            else:
                raise ConvergenceError(
                    "a linear statistic",
                    residual=abs(value - last),
                    iterations=NODES,
                    causes="f is not smooth on the support, or a cusp",
                )
            total += value
        return total


def _rule(low: float, high: float, inner: Array, graded: bool, n: int) -> tuple[Array, Array]:
    """Nodes and weights in tau on (0, pi), x = low + (high - low) sin^2(tau/2); dense at `inner`, at the ends if `graded`."""
    if not inner.size and not graded:
        return np.pi * (np.arange(n) + 0.5) / n, np.full(n, np.pi / n)
    ends = np.concatenate([[0.0], 2 * np.arcsin(np.sqrt((inner - low) / (high - low))), [np.pi]])
    grades = np.concatenate([[0.0], 2.0 ** np.arange(-44, 0)])  # panels halve, down to 6e-14 of the interval
    grades = np.unique(np.concatenate([grades, 1 - grades]))
    cuts = np.concatenate([a + (b - a) * grades for a, b in pairwise(ends)])
    half, middle = np.diff(cuts)[:, None] / 2, ((cuts[1:] + cuts[:-1]) / 2)[:, None]
    nodes, weights = np.polynomial.legendre.leggauss(n)
    return (middle + half * nodes).ravel(), (half * weights).ravel()


@theory
def law(H: Law, *, gamma: float) -> SampleCovarianceLaw:
    """The limiting spectral law for the population law `H` and gamma = p/n > 0; see SampleCovarianceLaw.

    >>> from asymptotics.spectra.laws import Law
    >>> law(Law([1.0], [1.0]), gamma=4.0).atom
    0.75
    """
    return SampleCovarianceLaw(H, float(gamma))
