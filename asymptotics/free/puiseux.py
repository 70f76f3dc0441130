r"""All branches m(z) of P(m, z) = 0 about a point e, as convergent series in a root of z - e (Newton and Puiseux).

    m = sum_{t >= 0} a_t s^(k + t),      s = ((z - e)/step)^(1/q),                                              (1)

for every edge of the Newton polygon of P about (m_e, e), m_e a root of P(., e) or infinity. With |step| the distance to the
next singular point the series converges for |s| < 1. The polynomial is expanded about e in 100 digits, where what is zero
exactly can be told from what is not; then the series are summed in doubles.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import gcd
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from asymptotics.free.series import root

DIGITS = 100
TINY = 1e-60  # of the largest coefficient: zero, in 100 digits
TERMS = 60  # of a series, used for |s| <= 1/2: 2^-60


@cache
def context() -> Any:
    """mpmath at 100 digits, apart from everybody else's."""
    from mpmath.ctx_mp import MPContext

    out = MPContext()
    out.dps = DIGITS
    return out


class Branch(NamedTuple):
    """m = sum_t coefficients[t] s^(k + t), s = ((z - e)/step)^(1/q)."""

    q: int
    k: int
    coefficients: NDArray[np.complex128]

    def __call__(self, d: complex) -> complex:
        """m at (z - e)/step = d."""
        s = d ** (1 / self.q)
        return complex(np.polynomial.polynomial.polyval(s, self.coefficients) * s**self.k)


Rows = list[list[Any]]


def taylor(P: Rows, e: Any, step: Any) -> Rows:
    """C[i][j] of m^i d^j: P at z = e + step d."""
    out = []
    for row in P:
        c = list(row)
        for a in range(len(c) - 1):
            for b in range(len(c) - 2, a - 1, -1):
                c[b] = c[b] + e * c[b + 1]
        out.append([c[j] * step**j for j in range(len(c))])
    return out


def moved(C: Rows, m: Any) -> Rows:
    """C at m + mu."""
    out = [list(row) for row in C]
    for a in range(len(out) - 1):
        for b in range(len(out) - 2, a - 1, -1):
            out[b] = [x + m * y for x, y in zip(out[b], out[b + 1], strict=True)]
    return out


def clusters(p: Sequence[Any]) -> list[tuple[Any, int]]:
    """The distinct finite roots of sum_i p[i] x^i and their multiplicities, to 100 digits over the multiplicity."""
    mp = context()
    scale = max(abs(c) for c in p)
    coefficients = [c if abs(c) > TINY * scale else mp.mpf(0) for c in p]
    while coefficients and coefficients[-1] == 0:
        coefficients.pop()
    found: list[tuple[Any, int]] = []
    left = len(coefficients) - 1
    if left < 1:
        return found
    derivatives = [coefficients]
    for _ in range(left):
        derivatives.append([i * c for i, c in enumerate(derivatives[-1])][1:])
    approximate = np.roots(np.array([complex(c / scale) for c in reversed(coefficients)]))
    approximate = np.append(approximate, np.zeros(left - approximate.size))
    for start in approximate:
        together = int(np.sum(abs(approximate - start) <= 0.05 * max(abs(start), 1e-3)))  # doubles split roots that are one
        for multiplicity in range(together, 0, -1):
            x = _newton(derivatives[multiplicity - 1], derivatives[multiplicity], mp.mpc(complex(start)))
            if x is None or abs(x - start) > 0.05 * max(abs(start), 1e-3):
                continue
            size = sum(abs(c) * abs(x) ** i for i, c in enumerate(coefficients))
            if all(abs(mp.polyval(f[::-1], x)) <= TINY**0.7 * size for f in derivatives[:multiplicity]):
                if all(abs(x - y) > 1e-20 * max(abs(x), 1e-20) for y, _ in found):
                    found.append((mp.mpf(x.real) if abs(x.imag) < TINY * max(abs(x), TINY) else x, multiplicity))
                break
    if sum(k for _, k in found) != left:
        raise ArithmeticError("the roots of the polynomial about a singular point are not told apart in 100 digits")
    return found


def _newton(f: Sequence[Any], g: Sequence[Any], x: Any) -> Any:
    mp = context()
    for _ in range(60):
        slope = mp.polyval(g[::-1], x)
        if slope == 0:
            return None
        step = mp.polyval(f[::-1], x) / slope
        x -= step
        if abs(step) <= 1e-50 * abs(x) or abs(x) < 1e-50:
            return x
    return None


def hull(C: Rows) -> list[tuple[int, int, int, int]]:
    """Edges (i1, i2, p, q) of the lower Newton polygon of C: mu of order d^(p/q) for i2 - i1 branches."""
    scale = max(abs(c) for row in C for c in row)
    points = [(i, next(j for j, c in enumerate(row) if abs(c) > TINY * scale)) for i, row in enumerate(C) if
              any(abs(c) > TINY * scale for c in row)]  # fmt: skip
    edges: list[tuple[int, int, int, int]] = []
    i, j = points[0]
    while True:
        later = [(a, b) for a, b in points if a > i]
        if not later:
            return edges
        slope = max((j - b) / (a - i) for a, b in later)
        a, b = max((a, b) for a, b in later if abs((j - b) / (a - i) - slope) < 1e-9)
        divisor = gcd(abs(j - b), a - i)
        edges.append((i, a, (j - b) // divisor, (a - i) // divisor))
        i, j = a, b


def _grown(C: Rows, edge: tuple[int, int, int, int]) -> list[Branch]:
    """The branches of one edge: mu = s^p nu(s), d = s^q, nu(0) a root of the polynomial on the edge."""
    mp = context()
    i1, i2, p, q = edge
    scale = max(abs(c) for row in C for c in row)
    order = min(p * i + q * j for i, row in enumerate(C) for j, c in enumerate(row) if abs(c) > TINY * scale)
    width = max(p * i + q * j for i, row in enumerate(C) for j in range(len(row))) - order + 1
    H = [[mp.mpf(0)] * width for _ in C]
    for i, row in enumerate(C):
        for j, c in enumerate(row):
            if p * i + q * j >= order:
                H[i][p * i + q * j - order] += c
    out = []
    for start, multiplicity in clusters([H[i][0] for i in range(i1, i2 + 1)]):
        if multiplicity == 1:
            table = np.array([[complex(c / scale) for c in row] for row in H])
            out.append(Branch(q, p, root(table, complex(start), TERMS)))
            continue
        for deeper in _vanishing(moved(H, start), multiplicity):  # nu - nu(0) as a series in s^(1/Q)
            Q, k = deeper.q, deeper.k
            a = np.zeros(TERMS, dtype=np.complex128)
            a[0] = complex(start)
            a[k:] += deeper.coefficients[: TERMS - k]
            out.append(Branch(q * Q, p * Q, a))
    return out


def _vanishing(C: Rows, multiplicity: int) -> list[Branch]:
    """The branches with mu -> 0, of which there are `multiplicity`."""
    return [branch for edge in hull(C[: multiplicity + 1]) for branch in _grown(C, edge) if edge[2] > 0]


def branches(P: Rows, e: Any, step: Any) -> list[Branch]:
    """Every branch of P about e, in powers of ((z - e)/step)^(1/q)."""
    C = taylor(P, e, step)
    out = [branch for edge in hull(C) if edge[2] < 0 for branch in _grown(C, edge)]
    for m, multiplicity in clusters([row[0] for row in C]):
        for branch in _vanishing(moved(C, m), multiplicity):
            a = np.zeros(TERMS, dtype=np.complex128)
            a[0] = complex(m)
            a[branch.k :] += branch.coefficients[: TERMS - branch.k]
            out.append(Branch(branch.q, 0, a))
    return out
