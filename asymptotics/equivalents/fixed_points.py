r"""The equation of the effective ridge solved point by point: safeguarded Newton in log kappa, in forms where nothing cancels.

`equivalents` says what is solved, (K), and which forms, (1) and (2); here are the kernels and their two wrappers.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from asymptotics.equivalents.starting_values import approach
from asymptotics.spectra.laws import Array, Law

ROUNDING = 4e-15  # of sums of a hundred terms
ROUNDS = 200  # Newton takes 5 to 10; bisection of 600 decades in log kappa to the last bit takes 64
OK, BELOW, STALLED, UNRESOLVED = range(4)


def _excess_py(high, low, j, a, n):
    # a * (mass of the first j atoms) - n, in double-double
    if j == 0:
        return -n
    h = high[j - 1]
    s = 134217729.0 * a  # 2^27 + 1: Dekker's product
    a1 = s - (s - a)
    a2 = a - a1
    s = 134217729.0 * h
    h1 = s - (s - h)
    h2 = h - h1
    p = a * h
    e = ((a1 * h1 - p) + a1 * h2 + a2 * h1) + a2 * h2 + a * low[j - 1]
    d = p - n
    b = d - p
    return d + ((p - (d - b)) - (n + b) + e)


_excess = njit(cache=True, nogil=True, error_model="numpy")(_excess_py)


def _sums_py(s, w, high, low, a, n, k):
    # pos, neg of (1) and their derivatives in log kappa
    m = s.size
    neg = neg1 = pos = pos1 = 0.0
    j = 0
    while j < m and s[j] > k:
        r = 1.0 / (s[j] + k)
        q = w[j] * r
        neg += q
        neg1 += q * s[j] * r
        j += 1
    for i in range(j, m):
        r = 1.0 / (s[i] + k)
        p = w[i] * s[i] * r
        pos += p
        pos1 += p * r
    e = _excess(high, low, j, a, n)
    return a * pos + max(e, 0.0), a * k * neg + max(-e, 0.0), a * k * pos1, a * k * neg1


_sums = njit(cache=True, nogil=True, error_model="numpy")(_sums_py)


def _squares_py(s, w, high, low, a, n, k):
    # the same of n - df2 = (n - M) + sum_(s > k) q (1 + p) - sum_(s <= k) p^2, p = 1 - q
    m = s.size
    neg = neg1 = pos = pos1 = 0.0
    j = 0
    while j < m and s[j] > k:
        r = 1.0 / (s[j] + k)
        p = s[j] * r
        neg += w[j] * r * (1.0 + p)
        neg1 += 2.0 * w[j] * r * p * p
        j += 1
    for i in range(j, m):
        r = 1.0 / (s[i] + k)
        p = s[i] * r
        pos += w[i] * p * p
        pos1 += 2.0 * w[i] * p * p * r
    e = _excess(high, low, j, a, n)
    return a * pos + max(e, 0.0), a * k * neg + max(-e, 0.0), a * k * pos1, a * k * neg1


_squares = njit(cache=True, nogil=True, error_model="numpy")(_squares_py)


def _root_py(s, w, high, low, a, n, D, squares, bottom, top, start, enough):
    # the kappa > 0 where pos + D/kappa = neg: safeguarded Newton on the log of pos/neg; (kappa, step, rounds)
    bottom *= 1.0 - 1e-14  # the bounds are rounded
    top *= 1.0 + 1e-14
    k = min(max(start, bottom), top)
    step = np.inf
    for rounds in range(1, ROUNDS + 1):
        if squares:
            pos, neg, pos1, neg1 = _squares(s, w, high, low, a, n, k)
        else:
            pos, neg, pos1, neg1 = _sums(s, w, high, low, a, n, k)
        pos += D / k
        pos1 += D / k
        ratio = np.log(pos / neg)
        if ratio > 0.0:
            bottom = max(bottom, k)
        else:
            top = min(top, k)
        step = ratio / (pos1 / pos + neg1 / neg)
        new = k * np.exp(step)
        if abs(step) <= enough or new == k:
            return new, abs(step), rounds
        if not (bottom <= new <= top):
            new = np.sqrt(bottom) * np.sqrt(top)
        k = new
    return k, abs(step), ROUNDS


_root = njit(cache=True, nogil=True, error_model="numpy")(_root_py)


def _start_py(s, high, a, n):
    # the atom at which the mass above is n
    return s[min(np.searchsorted(high, n / a), s.size - 1)]


_start = njit(cache=True, nogil=True, error_model="numpy")(_start_py)


def _edge_py(s, w, high, low, tail, a, n):
    # the kappa where df2 = n, the penalty there, the last relative step, rounds
    m = s.size
    least = s[m - 1]
    whole = _excess(high, low, m, a, n)
    if whole == 0.0 and tail == 0.0:
        return 0.0, 0.0, 0.0, 0
    if whole > 0.0:
        second = square = 0.0
        for i in range(m):
            second += w[i] * s[i] * s[i]
        # a M (least/(least + k))^2 <= df2 <= a int s^2 dH / k^2
        bottom = least * (whole / n) / (1.0 + np.sqrt(1.0 + whole / n))
        top = np.sqrt(a * second / n)
        k, step, rounds = _root(s, w, high, low, a, n, 0.0, True, bottom, top, _start(s, high, a, n), ROUNDING)
        for i in range(m):
            square += w[i] * s[i] * (k / (s[i] + k)) ** 2
        return k, -a * (square + tail), step, rounds  # n - df1 = df2 - df1 = -kappa int s/(s + kappa)^2 dH
    if tail > 0.0:
        return 0.0, 0.0, np.inf, 0
    # all of H lies above -kappa = y: a int q(2 + q) dH = n - a M, q = y/(s - y), in the variable log(y/(least - y))
    need = -whole
    low_q = need / (a * high[m - 1])
    high_q = need / (a * w[m - 1])
    bottom = np.log(low_q / (1.0 + np.sqrt(1.0 + low_q)))
    top = np.log(high_q / (1.0 + np.sqrt(1.0 + high_q)))
    z = bottom
    rounds, y, step = 0, 0.0, np.inf
    while rounds < ROUNDS:
        rounds += 1
        y = least / (1.0 + np.exp(-z))
        rest = least / (1.0 + np.exp(z))
        pos = pos1 = 0.0
        for i in range(m):
            r = 1.0 / ((s[i] - least) + rest)
            q = y * r
            pos += w[i] * q * (2.0 + q)
            pos1 += 2.0 * w[i] * (s[i] * r) ** 2 * r
        pos *= a
        pos1 *= a * y * (rest / least)
        ratio = np.log(pos / need)
        if ratio > 0.0:
            top = min(top, z)
        else:
            bottom = max(bottom, z)
        step = ratio * pos / pos1
        new = z - step
        if not (bottom <= new <= top):
            new = 0.5 * (bottom + top)
        if abs(step) <= ROUNDING or new == z:
            break
        z = new
    lost = 0.0
    for i in range(m):
        lost += w[i] * y / (s[i] - y)
    return -y, -y * (need - a * lost), abs(step), rounds  # kappa (n - df1), stationary here: the rounding of y drops out


_edge = njit(cache=True, nogil=True, error_model="numpy")(_edge_py)


def _descend_py(s, w, high, low, a, n, D, k, edge):
    # D < 0: kappa (n - df1) is convex on kappa > edge, and Newton descends from the right of its root; (kappa, residual, rounds)
    for rounds in range(1, ROUNDS + 1):
        pos, neg, pos1, neg1 = _sums(s, w, high, low, a, n, k)
        defect = k * (neg - pos) - D
        gap = neg - pos + pos1 + neg1
        scale = abs(D) + abs(k) * (abs(pos) + abs(neg))
        step = defect / gap
        new = k - step
        if not (new > edge):
            new = 0.5 * (k + edge)
        if not (gap > 0.0) or step <= ROUNDING * abs(k) or new == k:
            return k, abs(defect) / scale, rounds
        k = new
    return k, np.inf, ROUNDS


_descend = njit(cache=True, nogil=True, error_model="numpy")(_descend_py)


def _solve_py(s, w, high, low, tail, resolved, a, n, delta, starts, out, edges, status):
    # out: kappa, df1, df2, gap, ddf1, ddf2, residual, rounds;  edges: the smallest penalty, where asked for; starts: kappa or 0
    m = s.size
    first = 0.0
    for i in range(m):
        first += w[i] * s[i]
    for point in range(n.size):
        aa, nn = a[point], n[point]
        D = delta[point] + aa * tail  # what is not resolved acts as more ridge
        whole = _excess(high, low, m, aa, nn)
        k, residual, rounds, edge = starts[point], 0.0, 0, -np.inf
        status[point] = OK
        if D < 0.0:
            edge, edges[point], residual, rounds = _edge(s, w, high, low, tail, aa, nn)
            if delta[point] <= edges[point] and residual <= 1e-13:
                status[point] = BELOW
                continue
        # a step of 1e-8 is the last, unless it crosses an atom, where the slope jumps: the certificate tells
        for enough in (1e-8, ROUNDING):
            if D > 0.0 or whole > 0.0:
                K = max(D, 0.0)
                top = (aa * first + K) / nn
                bottom = max(K / nn, s[m - 1] * (whole / nn))
                if k > 0.0:
                    start = k
                elif aa * high[m - 1] > nn:
                    start = _start(s, high, aa, nn)
                else:
                    start = np.sqrt(bottom) * np.sqrt(top)
                k, residual, rounds = _root(s, w, high, low, aa, nn, K, False, bottom, top, start, enough)
            if D < 0.0:
                if whole < 0.0 and tail == 0.0:
                    k = max(D / -whole, edge)
                k, residual, rounds = _descend(s, w, high, low, aa, nn, D, k, edge)
            df1 = df2 = square = cube = above = below = 0.0
            j = 0
            for i in range(m):
                r = 1.0 / (s[i] + k)
                p = s[i] * r
                x = w[i] * p
                df1 += x
                df2 += x * p
                square += x * r
                cube += x * p * r
                if s[i] > k:
                    above += w[i] * r
                    j += 1
                else:
                    below += x
            df1 *= aa
            gap = 0.0 - whole  # not -0.0
            if k != 0.0:
                gap = D / k + aa * k * square  # (2)
                df1 += aa * tail / k
                square += tail / k / k
                if D >= 0.0:
                    residual = abs(aa * (below - k * above) + _excess(high, low, j, aa, nn) + D / k) / gap
            if D < 0.0 or residual <= ROUNDING:
                break
        if tail > 0.0 and k < resolved:
            status[point] = UNRESOLVED
        elif not (residual <= 1e-13 and gap >= 0.0):  # 25 times what Newton stops at
            status[point] = STALLED
        slope = 1.0 / gap if gap > 0.0 else np.inf
        out[0, point] = k
        out[1, point] = df1
        out[2, point] = aa * df2
        out[3, point] = gap
        out[4, point] = -aa * square * slope
        out[5, point] = -2.0 * aa * cube * slope
        out[6, point] = residual
        out[7, point] = rounds


_solve = njit(cache=True, nogil=True, error_model="numpy")(_solve_py)


def solve(law: Law, a: Array, n: Array, delta: Array) -> tuple[Array, Array, NDArray[np.int64]]:
    """(K) for a law a H at the points `a`, `n`, `delta` (m,).

    Gives (8, m): kappa, df1, df2, gap, ddf1, ddf2, residual, rounds; the smallest penalties where delta is below 0; and a status a
    point: OK, BELOW the edge, STALLED (the residual at kappa is above 1e-13), UNRESOLVED (kappa is below what the tail resolves).
    """
    law = law.compressed()
    out, edges, status = np.empty((8, a.size)), np.empty(a.size), np.empty(a.size, dtype=np.int64)
    given = (a, n, delta, approach(law, a, n, delta))
    _solve(law.atoms, law.weights, law.above[0], law.above[1], law.tail, law.resolved, *given, out, edges, status)
    return out, edges, status


def edge(law: Law, a: float, n: float) -> tuple[float, float, float, int]:
    """kappa where n = df2 of a H, the penalty there, the last relative step, rounds. Not to be used below `law.resolved`."""
    law = law.compressed()
    return _edge(law.atoms, law.weights, law.above[0], law.above[1], law.tail, a, n)
