r"""The physical sheet of P(m, z) = 0: its singular points, and the root m(z) followed from infinity to any z of the upper half plane.

All branches of P are analytic where its leading coefficient in m and its discriminant differ from 0. In a disc about z that reaches
to the nearest zero s of either, the Taylor series of a branch converges: it is summed at half that distance or less, polished
by Newton, and there expanded again. The first step is from infinity, where the moments are the series. No root is
ever chosen by its looks.

Everything is computed for zeta = (z - centre)/scale, which has the singular points in |zeta| <= 1, and mu = scale m.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from asymptotics.errors import ConvergenceError
from asymptotics.free.polynomials import Table, expand
from asymptotics.free.puiseux import Rows, context, moved, taylor
from asymptotics.free.series import Series
from asymptotics.free.singular import singular_points

ORDER = 24  # of a Taylor series at half its radius: a start for Newton, to 6e-8
HEIGHT = 8.0  # |zeta| where the moments take over: 20 terms leave 8^-20


def _residual_py(P, m, z):
    """P, dP/dm and the size of the terms of P at (m, z)."""
    value = slope = 0j
    size = 0.0
    for i in range(P.shape[0] - 1, -1, -1):
        c, s = 0j, 0.0
        for j in range(P.shape[1] - 1, -1, -1):
            c = c * z + P[i, j]
            s = s * abs(z) + abs(P[i, j])
        slope = slope * m + value
        value = value * m + c
        size = size * abs(m) + s
    return value, slope, size


def _track_py(P, singular, moments, targets, roots, errors):
    """roots[i]: the branch at targets[i], Im >= 0; errors[i]: an estimate of its error relative to |m|, inf where the path was lost."""
    dm, dz = P.shape
    C = np.empty((dm, dz), dtype=np.complex128)
    a = np.empty(ORDER, dtype=np.complex128)
    powers = np.empty((dm, ORDER), dtype=np.complex128)
    for n in range(targets.size):
        target = targets[n]
        errors[n] = np.inf
        for attempt in range(3):  # another way where a singular point lies on the straight one
            z = target
            if abs(target) < HEIGHT:
                z = complex(target.real + 0.3 * attempt, HEIGHT)
            w = 1.0 / z
            m = 0j
            for k in range(moments.size - 1, -1, -1):
                m = m * w + moments[k]
            m *= -w
            share = 0.5
            lost = True
            for _ in range(5000):
                for _ in range(6):
                    value, slope, size = _residual(P, m, z)
                    step = value / slope
                    m -= step
                    if abs(step) <= 1e-15 * abs(m):  # Newton's next step would be its square
                        break
                if z == target:
                    lost = not np.isfinite(abs(m))
                    break
                reach = np.inf
                for s in singular:
                    reach = min(reach, abs(z - s))
                away = abs(target - z)
                new = target if away <= share * reach else z + (target - z) * (share * reach / away)
                for i in range(dm):
                    for j in range(dz):
                        C[i, j] = P[i, j]
                    for b in range(dz - 1):
                        for j in range(dz - 2, b - 1, -1):
                            C[i, j] += z * C[i, j + 1]
                    scale = 1.0
                    for j in range(dz):
                        C[i, j] *= scale
                        scale *= reach
                powers[:] = 0.0
                a[0] = m
                _root(C, powers, a)
                d = (new - z) / reach
                trial = 0j
                for k in range(ORDER - 1, -1, -1):
                    trial = trial * d + a[k]
                value, slope, size = _residual(P, trial, new)
                if abs(value) <= 1e-4 * abs(slope) * abs(trial):  # Newton is at home
                    m, z = trial, new
                    share = min(0.5, share * 2.0)
                elif share > 1e-3:
                    share *= 0.5
                else:
                    break
            roots[n] = m
            value, slope, size = _residual(P, m, target)
            if not lost and abs(value / slope) <= 1e-6 * abs(m):
                errors[n] = 4e-16 * size / (abs(slope) * abs(m))  # rounding of P over its slope
                break


def _root_py(H, powers, out):
    """Taylor coefficients of a simple root, as in asymptotics.free.series, which a kernel of this file may not call."""
    degree, count = H.shape[0] - 1, out.shape[0]
    powers[0, 0] = 1.0
    slope = 0j
    for i in range(1, degree + 1):
        slope += i * H[i, 0] * powers[i - 1, 0]
        powers[i, 0] = powers[i - 1, 0] * out[0]
    for k in range(1, count):
        for i in range(2, degree + 1):
            s = 0j
            for l in range(1, k):
                s += powers[i - 1, k - l] * out[l]
            powers[i, k] = s + powers[i - 1, k] * out[0]
        total = 0j
        for i in range(degree + 1):
            for j in range(min(k + 1, H.shape[1])):
                total += H[i, j] * powers[i, k - j]
        out[k] = -total / slope
        for i in range(1, degree + 1):
            powers[i, k] += i * powers[i - 1, 0] * out[k]


_residual = njit(cache=True, nogil=True, error_model="numpy")(_residual_py)
_root = njit(cache=True, nogil=True, error_model="numpy")(_root_py)
_track = njit(cache=True, nogil=True, error_model="numpy")(_track_py)


class Sheet:
    """The sheet of the law whose transform solves P and begins with the moments `isolated`."""

    def __init__(self, P: Table, isolated: Series) -> None:
        mp = context()
        self.table = P
        self.real, self.others, self.poles = singular_points(P)
        mean = expand(P, isolated, 2)[1]
        spread = max((abs(s - mp.mpf(mean.numerator) / mean.denominator) for s in [*self.real, *self.others]), default=mp.mpf(0))
        exponent = int(mp.ceil(mp.log(spread, 2))) + 1 if spread > 1e-50 else 0  # one atom: rounding
        self.scale = Fraction(2) ** exponent
        self.centre = Fraction(round(mean / self.scale * 1024), 1024) * self.scale  # few bits: x - centre is nearly exact
        scaled = _scaled(P, self.centre, self.scale)
        top = max(abs(c) for row in scaled for c in row)
        self.rows: Rows = [[mp.mpf(c.numerator) / (c.denominator * top) for c in row] for row in scaled]
        self.P = np.array([[complex(c) for c in row] for row in self.rows])
        self.visited: list[tuple[Any, Any]] = []  # points above the axis and the branch there, in 100 digits
        self.about: dict[float, Any] = {}  # the branch about real singular points, as it is asked for
        self.moments = np.array([float(m) for m in _moved(expand(P, isolated, 20), self.centre, self.scale)])

    @cached_property
    def singular(self) -> NDArray[np.complex128]:
        """Zeros of the leading coefficient and the discriminant, scaled."""
        mp = context()
        c, r = (mp.mpf(x.numerator) / x.denominator for x in (self.centre, self.scale))
        return np.array([complex((s - c) / r) for s in [*self.real, *self.others]], dtype=np.complex128)

    def local(self, s: Any) -> Any:
        """(s - centre)/scale in 100 digits."""
        mp = context()
        return (s - mp.mpf(self.centre.numerator) / self.centre.denominator) / (
            mp.mpf(self.scale.numerator) / self.scale.denominator
        )

    @cached_property
    def reaches(self) -> list[float]:
        """From each real singular point to the next singular one, scaled; 1 where there is none."""
        every = self.singular
        return [float(np.min(np.delete(abs(every - every[i]), i), initial=1.0)) for i in range(len(self.real))]

    def follow(self, zeta: Any) -> tuple[NDArray[np.complex128], NDArray[np.float64]]:
        """The branch at points zeta (n,), Im >= 0, and the error estimate of each, relative; inf where the path was lost."""
        targets = np.atleast_1d(np.asarray(zeta, dtype=np.complex128))
        roots, errors = np.empty(targets.size, dtype=np.complex128), np.empty(targets.size)
        _track(self.P, self.singular, self.moments, targets, roots, errors)
        return roots, errors

    def pair(self, z: NDArray[np.complex128]) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
        """m(z) and m'(z) = -P_z/P_m, to the rounding of P in doubles; nan where the path was lost."""
        scale = float(self.scale)
        zeta = (z - float(self.centre)) / scale
        lower = zeta.imag < 0
        m, errors = self.follow(np.where(lower, zeta.conj(), zeta))
        m = np.where(errors < 1e-6, np.where(lower, m.conj(), m), np.nan)
        powers, heights = m ** np.arange(len(self.P))[:, None], zeta ** np.arange(self.P.shape[1])[:, None]
        i, j = np.arange(1, len(self.P))[:, None], np.arange(1, self.P.shape[1])[:, None]
        across = np.einsum("ij,in,jn->n", self.P[:, 1:], powers, j * heights[:-1])
        along = np.einsum("ij,in,jn->n", self.P[1:], i * powers[:-1], heights)
        return m / scale, -across / along / scale**2

    def root(self, zeta: Any) -> Any:
        """The branch at a zeta that is not singular, Im zeta >= 0, in 100 digits. ConvergenceError where the path is lost."""
        mp = context()
        root, error = self.follow(complex(zeta))
        m = self.polish(zeta, complex(root[0])) if error[0] < 1e-9 else self.patiently(zeta)  # 1e-9: Newton finds no other root
        return m if abs(m.imag) > 1e-70 * abs(m) else mp.mpc(m.real)

    def patiently(self, zeta: Any) -> Any:
        """The way from infinity in 100 digits, for polynomials that doubles cannot evaluate."""
        mp = context()
        singular = [self.local(s) for s in [*self.real, *self.others]]
        if not self.visited:
            z = mp.mpc(0.3, 2 * HEIGHT)
            m = self.polish(z, complex(-sum(c / complex(z) ** (k + 1) for k, c in enumerate(self.moments))))
            self.visited.append((z, m))
        above = [known for known in self.visited if abs(known[0].real - zeta.real) <= known[0].imag - zeta.imag]
        z, m = min(
            above or self.visited[:1], key=lambda known: abs(known[0] - zeta)
        )  # the half plane has no holes: any way is right
        for _ in range(500):
            reach = min(abs(z - s) for s in singular)
            new = zeta if abs(zeta - z) <= reach / 2 else z + (zeta - z) * (reach / 2 / abs(zeta - z))
            C = moved(taylor(self.rows, z, reach), m)
            top = max(abs(c) for row in C for c in row)
            H = np.array([[complex(c / top) for c in row] for row in C])
            H[0, 0] = 0
            a = np.zeros(ORDER, dtype=np.complex128)
            _root(H, np.zeros((len(H), ORDER), dtype=np.complex128), a)
            away = complex((new - z) / reach)
            z, m = new, self.polish(new, m + complex(np.polynomial.polynomial.polyval(away, a)))
            if z == zeta:
                return m
            self.visited.append((z, m))
        raise ConvergenceError(
            "the path from infinity", residual=float(reach), iterations=500, causes="z at a singular point of P"
        )

    def polish(self, zeta: Any, m: Any) -> Any:
        """The root near m at zeta, in 100 digits."""
        mp = context()
        p = [mp.polyval(row[::-1], zeta) for row in self.rows][::-1]
        slope = [c * (len(p) - 1 - i) for i, c in enumerate(p[:-1])]
        m = mp.mpc(m)
        for _ in range(6):
            m -= mp.polyval(p, m) / mp.polyval(slope, m)
        return m


def _scaled(P: Table, c: Fraction, r: Fraction) -> list[list[Fraction]]:
    """P(mu/r, c + r zeta)."""
    out = []
    for i, row in enumerate(P):
        shifted = [Fraction(x) for x in row]
        for a in range(len(shifted) - 1):
            for b in range(len(shifted) - 2, a - 1, -1):
                shifted[b] += c * shifted[b + 1]
        out.append([x * r**j / r**i for j, x in enumerate(shifted)])
    return out


def _moved(moments: Series, c: Fraction, r: Fraction) -> Series:
    """The moments of (x - c)/r."""
    from math import comb

    return [
        sum((comb(k, j) * moments[j] * (-c) ** (k - j) for j in range(k + 1)), Fraction(0)) / r**k for k in range(len(moments))
    ]
