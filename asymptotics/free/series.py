r"""Power series: of a root of a polynomial, of moments, free cumulants and free products. Exact with fractions, fast with floats.

With w = 1/z the Stieltjes transform is m(z) = int dmu(x)/(x - z) = -w (m_0 + m_1 w + m_2 w^2 + ...), m_0 = 1. Moments m and free
cumulants k, and the law of a^{1/2} b a^{1/2} for a and b free, psi(w) = sum_{j>=1} m_j w^j, h(w) = psi/(w (1 + psi)):

    M(w) = 1 + sum_j k_j (w M(w))^j,                                                                            (1)
    psi_ab(w) = psi_a(v),   v = w h_b(w h_a(v)).                                                                (2)

Source: nica2006lectures, Lectures 12 and 14; belinschi2007new, for (2) (numbering from memory).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numba import njit

Series = list[Fraction]


def _root_py(H, powers, out):
    """out[k] of h(w) = sum_k out[k] w^k with sum_ij H[i, j] h^i w^j = 0, given the simple root out[0]; `powers` (i, k): zeros."""
    degree, count = H.shape[0] - 1, out.shape[0]
    powers[0, 0] = out[0] - out[0] + 1
    slope = out[0] - out[0]
    for i in range(1, degree + 1):
        slope += i * H[i, 0] * powers[i - 1, 0]
        powers[i, 0] = powers[i - 1, 0] * out[0]
    for k in range(1, count):
        total = slope - slope
        out[k] = total
        for i in range(2, degree + 1):  # of h^i as if h_k were 0
            s = total - total
            for l in range(k):
                s += powers[i - 1, k - l] * out[l]
            powers[i, k] = s
        for i in range(degree + 1):
            for j in range(min(k + 1, H.shape[1])):
                total += H[i, j] * powers[i, k - j]
        out[k] = -total / slope
        for i in range(1, degree + 1):
            powers[i, k] += i * powers[i - 1, 0] * out[k]


_root = njit(cache=True, nogil=True, error_model="numpy")(_root_py)


def root(H: np.ndarray, start: complex, count: int) -> np.ndarray:
    """`count` coefficients of the root h(w) of sum_ij H[i, j] h^i w^j with h(0) = `start`, a simple root; complex128."""
    out = np.zeros(count, dtype=np.complex128)
    out[0] = start
    _root(np.asarray(H, dtype=np.complex128), np.zeros((H.shape[0], count), dtype=np.complex128), out)
    return out


def exact_root(H: Sequence[Sequence[Fraction]], start: Fraction, count: int) -> Series:
    """The same in fractions."""
    table = np.array([[Fraction(c) for c in row] for row in H], dtype=object)
    out = np.array([Fraction(start)] + [Fraction(0)] * (count - 1), dtype=object)
    _root_py(table, np.full((len(H), count), Fraction(0), dtype=object), out)
    return list(out)


def times(a: Series, b: Series) -> Series:
    """The product of two series of one length, to that length."""
    return [sum((a[l] * b[k - l] for l in range(k + 1)), Fraction(0)) for k in range(len(a))]


def over(a: Series, b: Series) -> Series:
    """a/b, b[0] not 0."""
    out: Series = []
    for k in range(len(a)):
        out.append((a[k] - sum((out[l] * b[k - l] for l in range(k)), Fraction(0))) / b[0])
    return out


def compose(a: Sequence[Fraction], b: Series) -> Series:
    """a(b(w)) to the length of b, b[0] = 0."""
    out = [Fraction(0)] * len(b)
    for c in reversed(a):
        out = times(out, b)
        out[0] += c
    return out


def cumulants(moments: Series) -> Series:
    """Free cumulants [0, k_1, k_2, ...] from [1, m_1, m_2, ...], by (1).

    >>> cumulants([Fraction(m) for m in (1, 0, 1, 0, 2)])
    [Fraction(0, 1), Fraction(0, 1), Fraction(1, 1), Fraction(0, 1), Fraction(0, 1)]
    """
    return _invert(moments, lambda n, rest: moments[n] - rest)


def moments(cumulants: Series) -> Series:
    """Moments [1, m_1, ...] from free cumulants [0, k_1, ...], by (1).

    >>> moments([Fraction(k) for k in (0, 1, 1, 1, 1)])
    [Fraction(1, 1), Fraction(1, 1), Fraction(2, 1), Fraction(5, 1), Fraction(14, 1)]
    """
    M = [Fraction(1)] + [Fraction(0)] * (len(cumulants) - 1)
    for n in range(1, len(cumulants)):
        power = M[:n]
        for s in range(1, n + 1):  # power = M^s: its coefficient of w^(n-s) needs moments below n only
            M[n] += cumulants[s] * power[n - s]
            power = times(power, M[:n])
    return M


def _invert(moments: Series, cumulant: Any) -> Series:
    out = [Fraction(0)] * len(moments)
    powers = [[Fraction(1)] + [Fraction(0)] * (len(moments) - 1)]
    for _ in range(1, len(moments)):
        powers.append(times(powers[-1], moments))
    for n in range(1, len(moments)):
        out[n] = cumulant(n, sum((out[s] * powers[s][n - s] for s in range(1, n)), Fraction(0)))
    return out


def product(a: Series, b: Series) -> Series:
    """Moments of the free multiplicative convolution from those of its factors, by (2); means may be 0.

    >>> [int(m) for m in product([Fraction(m) for m in (1, 1, 2, 5)], [Fraction(m) for m in (1, 1, 2, 5)])]
    [1, 1, 3, 12]
    """
    size = len(a)
    zero = [Fraction(0)]
    ha, hb = (over(zero * 0 + x[1:] + zero, x) for x in (a, b))
    v = zero * size
    for _ in range(size):
        inner = zero + compose(ha, v)[:-1]
        v = zero + compose(hb, inner)[:-1]
    return [Fraction(1), *compose(zero + list(a[1:]), v)[1:]]
