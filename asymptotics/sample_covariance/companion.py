r"""The companion transform of a sample covariance's limiting law: u(x) with its certificate, anywhere.

    x = -1/u + gamma int s / (1 + s u) dH(s),                                                                  (1)

u(z) = int 1/(t - z) d((1 - gamma) delta_0 + gamma F)(t), F the limiting law of the eigenvalues of (1/n) X'X. Solved in k = -1/u,
in units in which the largest atom of H lies in [1/2, 1).

Source: silverstein1995analysis, Theorem 1.1 (numbering from memory).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from asymptotics.conventions import check, refuse
from asymptotics.errors import ConvergenceError
from asymptotics.sample_covariance import silverstein, upper_half_plane
from asymptotics.sample_covariance.expansion import REF, D
from asymptotics.sample_covariance.support import Support, support
from asymptotics.spectra.laws import Array, Law

CAUSES = "a point too near a cusp or an edge for double precision, or atoms that differ by rounding only"
TOLERANCE = 1e-10  # residual before the last Newton step, relative to x; that step squares what is left


@dataclass(frozen=True)
class Solution:
    """`u` at `x` (from above inside the support), `k` = -1/u, and the certificate.

    `residual` is |x(k) - x|/|x| before the last Newton step, which squares it; `inside`: where Im u != 0.
    """

    x: NDArray[np.generic]
    u: NDArray[np.complex128]
    k: NDArray[np.complex128]
    residual: Array
    inside: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Companion:
    """Equation (1) for a population law `H` of mass 1 and `gamma` = p/n > 0.

    Raises ValueError if H has not mass 1, has an unresolved tail, or spans more than 140 orders of magnitude.

    >>> Companion(Law([1.0], [1.0]), 0.25).edges()
    array([[0.25, 2.25]])
    """

    H: Law
    gamma: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "gamma", float(check("gamma", self.gamma)))
        if not abs(self.H.mass - 1) <= 1e-12:  # rounding of up to 10^4 weights
            refuse("H", self.H.mass, "its mass must be 1 (proportional setting); divide multiplicities by p")
        if self.H.tail:
            refuse("H", self.H.tail, "a law with infinitely many eigenvalues has no limit of this kind; take p=")
        if self.H.atoms[-1] < 1e-140 * self.H.atoms[0]:
            refuse("H", float(self.H.atoms[-1]), "atoms this far below the largest belong in zero=")

    @cached_property
    def _distinct(self) -> tuple[Array, Array, Array]:
        """Atoms, strictly decreasing and scaled to a largest of 1 (exactly, by a power of 2); weights; cumulative masses."""
        s, w, above = self.H.atoms, self.H.weights, np.asarray(self.H.above)
        last = np.append(s[1:] != s[:-1], True)
        if not last.all():
            w = np.add.reduceat(w, np.append(0, np.flatnonzero(last)[:-1] + 1))
            s, above = s[last], above[:, last]
        return s / self._scale, np.ascontiguousarray(w), np.ascontiguousarray(above)

    @cached_property
    def _scale(self) -> float:
        return 2.0 ** math.frexp(float(self.H.atoms[0]))[1]

    @cached_property
    def support(self) -> Support:
        """Edges, masses and expansion points, in units of the scale."""
        return support(*self._distinct, self.gamma)

    def edges(self) -> Array:
        """(bands, 2): the support intervals of the continuous part, increasing. Correctly rounded but for the last bit."""
        return self.support.intervals * self._scale

    def _real(self, x: ArrayLike, off: bool) -> tuple[Array, NDArray[np.int64], NDArray[np.complex128], Array]:
        """Sorted x as a vector in units of the scale, expansion points, roots about them, residuals. `off`: also off it."""
        array = np.asarray(x, dtype=np.float64)
        if not np.all(np.isfinite(array)):
            refuse("x", float(array[~np.isfinite(array)].flat[0]), "it must be finite")
        s, w, _ = self._distinct
        points, bands = self.support.points, self.support.bands
        flat = array.ravel() / self._scale
        rows, roots, residuals = (
            np.empty(flat.size, dtype=np.int64),
            np.empty(flat.size, dtype=np.complex128),
            np.empty(flat.size),
        )
        silverstein._bulk(s, w, self.gamma, points, bands, len(points) - 2 * bands - 1, flat, rows, roots, residuals)
        if off:
            silverstein._gaps(s, w, self.gamma, points, bands, flat, rows, roots, residuals)
        _certify(residuals, "the companion transform")
        return flat, rows, roots, residuals

    def _k(self, rows: NDArray[np.int64], roots: NDArray[np.complex128]) -> NDArray[np.complex128]:
        points = self.support.points
        return (points[rows, REF] + points[rows, D]) + roots

    def solve(self, x: ArrayLike) -> Solution:
        """u(x) with its certificate, for real x (the boundary value from above inside the support) or complex x, any shape.

        Raises ConvergenceError where no certified root is found.

        >>> F = Companion(Law([1.0], [1.0]), 0.25)
        >>> at = F.solve(1.0)
        >>> bool(at.inside), bool(at.residual < 1e-11), complex(at.u).imag > 0
        (True, True, True)
        """
        array = np.asarray(x)
        if not np.iscomplexobj(array):
            order, back = sorting(np.asarray(array, dtype=np.float64))
            _, rows, roots, residuals = self._real(array.ravel()[order], off=True)
            rows, roots, residuals = rows[back], roots[back], residuals[back]
            k = self._k(rows, roots)
        else:
            rows, roots, k, residuals = self._complex(array.ravel())
        pole = k == 0  # at x = 0, gamma (1 - H{0}) <= 1
        u = np.where(pole, np.inf, -1 / np.where(pole, 1, k * self._scale))
        shape = array.shape
        return Solution(
            array,
            u.reshape(shape),
            k.reshape(shape) * self._scale,
            residuals.reshape(shape),
            (k.imag != 0).reshape(shape),
        )

    def _complex(
        self, z: NDArray[np.complex128]
    ) -> tuple[NDArray[np.int64], NDArray[np.complex128], NDArray[np.complex128], Array]:
        """Expansion points, roots, k and residuals for complex z: lower half plane by reflection, real points from above."""
        if not np.all(np.isfinite(z)):
            refuse("z", complex(z[~np.isfinite(z)][0]), "it must be finite")
        s, w, _ = self._distinct
        rows, roots = np.empty(z.size, dtype=np.int64), np.empty(z.size, dtype=np.complex128)
        residuals = np.empty(z.size)
        real = z.imag == 0
        order, back = sorting(z.real[real])
        _, a, b, c = self._real(z.real[real][order], off=True)
        rows[real], roots[real], residuals[real] = a[back], b[back], c[back]
        up = np.where(z.imag < 0, z.conj(), z)[~real] / self._scale
        a, b = np.empty(up.size, dtype=np.int64), np.empty(up.size, dtype=np.complex128)
        k, c = np.empty(up.size, dtype=np.complex128), np.empty(up.size)
        upper_half_plane._descend(s, w, self.gamma, self.support.theta, up, k, c)
        _certify(c, "the companion transform")
        silverstein._refine(s, w, self.gamma, self.support.points, self.support.bands, up, k, a, b, c)
        _certify(c, "the companion transform")
        rows[~real], roots[~real], residuals[~real] = a, b, c
        roots = np.where(z.imag < 0, roots.conj(), roots)
        return rows, roots, self._k(rows, roots), residuals

    def companion(self, z: ArrayLike) -> NDArray[np.complex128]:
        """u(z) = int 1/(t - z) d((1 - gamma) delta_0 + gamma F)(t), complex z; real z inside the support: the limit from above.

        Raises ConvergenceError; inf at the pole z = 0 of gamma (1 - H{0}) < 1.

        >>> abs(Companion(Law([1.0], [1.0]), 1.0).companion(-1.0) - (5**0.5 - 1) / 2) < 1e-15
        np.True_
        """
        return self.solve(z).u[()]


def sorting(x: Array) -> tuple[NDArray[np.int64] | slice, NDArray[np.int64] | slice]:
    """Indices that sort the flat x, and those that put it back; slices if it is sorted already."""
    flat = x.ravel()
    if flat.size < 2 or np.all(flat[1:] >= flat[:-1]):
        return slice(None), slice(None)
    order = np.argsort(flat, kind="stable")
    back = np.empty_like(order)
    back[order] = np.arange(order.size)
    return order, back


def _certify(residuals: Array, what: str) -> None:
    worst = float(np.max(residuals, initial=0.0))
    if not worst <= TOLERANCE:
        raise ConvergenceError(what, residual=worst, iterations=40, causes=CAUSES)
