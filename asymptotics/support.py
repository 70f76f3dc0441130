r"""Where the eigenvalues of a sample covariance lie: the support of the limiting law, edges first.

Model: (1/n) X'X, X = Z S^{1/2}, S with spectral law H = zero delta_0 + sum_j w_j delta_{s_j}, p/n -> gamma. In the variable
k = -1/u, u the companion Stieltjes transform (k is minus the effective ridge), the law is the curve of the real rational function

    x(k) = k (theta + gamma k sum_j w_j / (k - s_j)),      theta = 1 - gamma (1 - zero),                       (X)
    x'(k) = 1 - phi(k),      phi(k) = gamma sum_j w_j s_j^2 / (k - s_j)^2.                                      (E)

Off the support x' > 0; an edge is a root of phi = 1. phi is convex between neighbouring atoms: one minimum, then two roots if it
is below 1. A gap whose neighbours' terms alone exceed 1 is closed, which is known after a few terms.

Around any real k0 = ref + d the equation is exact in z = k - k0, c_j = k0 - s_j, with no cancellation at an edge (r = 0):

    x - x(k0) = z (r + z Q(z)),  Q = gamma sum_j w_j s_j^2 / (c_j^2 (z + c_j)),   r = x'(k0),  q = Q(0).            (L)

Expansion points keep x(k0), r and q from double-double sums, so a density keeps its relative accuracy down to the edge.

Source: silverstein1995analysis, Theorems 4.1-4.4 (numbering from memory); biane1997free for the parametrisation of bulks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from asymptotics.laws import Array

#: Columns of an expansion point: k0 = REF + D; x'(k0), x''(k0)/2; x(k0) as high + low; the |x - x(k0)| below which (P) serves.
REF, D, R, Q, HIGH, LOW, REACH = range(7)
CLOSED = 1.2  # a gap whose minimum of phi is above this is closed, and no cusp is near
EPS = 2.0**-52


def _sum2_py(a, b):
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def _add_py(ah, al, bh, bl):
    s, e = _sum2(ah, bh)
    t, f = _sum2(al, bl)
    s, e = _sum2(s, e + t)
    return _sum2(s, e + f)


def _mul_py(ah, al, bh, bl):
    p = ah * bh
    t = 134217729.0 * ah  # 2^27 + 1 (Dekker)
    a1 = t - (t - ah)
    t = 134217729.0 * bh
    b1 = t - (t - bh)
    a2, b2 = ah - a1, bh - b1
    e = ((a1 * b1 - p) + a1 * b2 + a2 * b1) + a2 * b2
    return _sum2(p, e + (ah * bl + al * bh))


def _div_py(ah, al, bh, bl):
    q = ah / bh
    ph, pl = _mul(q, 0.0, bh, bl)
    rh, _ = _add(ah, al, -ph, -pl)
    return _sum2(q, rh / bh)


def _expand_py(s, w, gamma, th, tl, ref, d):
    """The expansion point at k0 = ref + d: r, q, x(k0) high and low, in double-double."""
    kh, kl = _sum2(ref, d)
    s0h = s0l = s1h = s1l = s2h = s2l = 0.0
    for j in range(s.size):
        ch, cl = _sum2(ref, -s[j])
        ch, cl = _add(ch, cl, d, 0.0)
        ih, il = _div(1.0, 0.0, ch, cl)
        wh, wl = _mul(w[j], 0.0, ih, il)  # w/c
        s0h, s0l = _add(s0h, s0l, wh, wl)
        yh, yl = _add(ch, cl, -s[j], 0.0)  # k - 2s
        ph, pl = _mul(wh, wl, ih, il)  # w/c^2
        yh, yl = _mul(ph, pl, yh, yl)
        s1h, s1l = _add(s1h, s1l, yh, yl)
        ph, pl = _mul(ph, pl, s[j], 0.0)
        ph, pl = _mul(ph, pl, s[j], 0.0)
        ph, pl = _mul(ph, pl, ih, il)  # w s^2/c^3
        s2h, s2l = _add(s2h, s2l, ph, pl)
    gh, gl = _mul(kh, kl, gamma, 0.0)
    rh, rl = _mul(gh, gl, s1h, s1l)
    rh, rl = _add(rh, rl, th, tl)  # r = theta + gamma k sum w (k - 2s)/c^2
    xh, xl = _mul(gh, gl, s0h, s0l)
    xh, xl = _add(xh, xl, th, tl)
    xh, xl = _mul(xh, xl, kh, kl)
    return rh, gamma * s2h, xh, xl


def _edge_py(s, a, ref, sign, limit):
    """Distance d of the root of phi = 1 at ref + sign d: phi decreases in d up to `limit`."""
    low, high = 0.0, limit
    d = 0.0
    for j in range(s.size):
        if s[j] == ref:
            d = np.sqrt(a[j])  # one term alone; the others only add
            break
    if d >= high:
        d = 0.5 * high
    for _ in range(200):
        phi = q = 0.0
        for j in range(s.size):
            c = sign * d - (s[j] - ref)
            i = 1.0 / c
            t = a[j] * i * i
            phi += t
            q += t * i
        if phi >= 1.0:
            low = d
        else:
            high = d
        step = phi * (1.0 - np.sqrt(phi)) / (sign * q) if q != 0.0 else 0.0  # Newton on phi^(-1/2) = 1
        new = d - step
        if not low < new < high:
            new = 0.5 * (low + high)
        if abs(new - d) <= 4.0 * EPS * d or high - low <= 4.0 * EPS * d:
            return new
        d = new
    return d


def _minimum_py(s, a, i):
    """Where phi is least between s[i+1] < s[i], as a distance from s[i+1]; inf as soon as it is known to exceed CLOSED."""
    m = s.size
    width = s[i] - s[i + 1]
    u, v = np.cbrt(a[i + 1]), np.cbrt(a[i])
    bound = (u + v) ** 3 / (width * width)  # least value of the two neighbours' terms
    reach = 1
    while bound <= CLOSED and (i - reach >= 0 or i + 1 + reach < m):
        if i - reach >= 0:
            bound += a[i - reach] / (s[i - reach] - s[i + 1]) ** 2
        if i + 1 + reach < m:
            bound += a[i + 1 + reach] / (s[i] - s[i + 1 + reach]) ** 2
        reach += 1
    if bound > CLOSED:
        return np.inf
    low, high = 0.0, width
    y = width * u / (u + v)
    for _ in range(100):
        f = g = 0.0
        for j in range(m):
            t = 1.0 / ((s[j] - s[i + 1]) - y)
            t3 = a[j] * t * t * t
            f += t3
            g += t3 * t
        if f > 0:
            high = y
        else:
            low = y
        new = y - f / (3.0 * g)
        if not low < new < high:
            new = 0.5 * (low + high)
        if abs(new - y) <= 1e-13 * y:  # an expansion point need not be the minimum to the last digit
            return new
        y = new
    return y


def _polish_py(s, w, gamma, th, tl, ref, d):
    """Newton on x'(ref + d) = 0 in double-double, then the expansion there."""
    r, q, xh, xl = _expand(s, w, gamma, th, tl, ref, d)
    for _ in range(50):
        if r == 0.0 or q == 0.0:
            break
        step = -0.5 * r / q
        if abs(step) > 0.5 * abs(d) and d != 0.0:
            step = np.copysign(0.5 * abs(d), step)
        new = d + step
        if new == d:
            break
        d = new
        r, q, xh, xl = _expand(s, w, gamma, th, tl, ref, d)
        if abs(step) <= 2.0 * EPS * abs(d):
            break
    return d, r, q, xh, xl


def _put_py(row, s, w, gamma, th, tl, near, far, d, root):
    """Write the expansion point at near + d (polished to x' = 0 if `root`), kept from the nearer of two references."""
    ref, e = near, d
    if abs((near - far) + d) < abs(d):
        ref, e = far, (near - far) + d
    if root:
        e, r, q, xh, xl = _polish(s, w, gamma, th, tl, ref, e)
    else:
        r, q, xh, xl = _expand(s, w, gamma, th, tl, ref, e)
    row[0], row[1], row[2], row[3], row[4], row[5], row[6] = ref, e, r, q, xh, xl, 0.0


def _support_py(s, w, gamma, th, tl):
    """(edges, first, pinches, origin, counts): rows from the top down; first[b] is the first atom under band b."""
    m = s.size
    a = gamma * w * s * s
    edges = np.zeros((2 * m, 7))
    first = np.zeros(m + 1, dtype=np.int64)
    pinches = np.zeros((m, 7))
    bands = cusps = 0
    spread = 2.0 * np.sqrt(np.sum(a))  # phi <= sum(a)/d^2 beyond the last atom
    _put(edges[0], s, w, gamma, th, tl, s[0], s[0], _edge(s, a, s[0], 1.0, spread), True)
    for i in range(m - 1):
        y = _minimum(s, a, i)
        if y == np.inf:
            continue
        width = s[i] - s[i + 1]
        near = min(y, width - y)
        phi = cubic = 0.0
        for j in range(m):
            c = y - (s[j] - s[i + 1])
            phi += a[j] / (c * c)
            cubic += a[j] / (c * c * c * c)
        r, reach = 1.0 - phi, 0.0
        if 1.0 - CLOSED < r < CLOSED - 1.0:  # narrowly open or closed: decide in double-double
            row = pinches[cusps]
            _put(row, s, w, gamma, th, tl, s[i + 1], s[i], y, False)
            r = row[2]
            rho = 0.25 * near
            reach = abs(r) * rho + cubic * rho**3
            if r <= 0.0:
                row[6] = reach  # the point itself lies inside a band
                cusps += 1
        if r > 0.0:  # open
            if r < 1e-6:
                h = np.sqrt(r / (3.0 * cubic))
                below, above = y - h, (y - width) + h
            else:
                below, above = _edge(s, a, s[i + 1], 1.0, y), -_edge(s, a, s[i], -1.0, width - y)
            _put(edges[2 * bands + 1], s, w, gamma, th, tl, s[i], s[i + 1], above, True)
            edges[2 * bands + 1, 6] = reach  # Q nearly vanishes there: the cubic form
            bands += 1
            first[bands] = i + 1
            _put(edges[2 * bands], s, w, gamma, th, tl, s[i + 1], s[i], below, True)
            edges[2 * bands, 6] = reach
    if th == 0.0:  # a hard edge: k = x = 0
        row = edges[2 * bands + 1]
        row[0], row[1], row[2], row[4], row[5] = 0.0, 0.0, 0.0, 0.0, 0.0
        row[3] = -gamma * np.sum(w / s)
    else:
        d = _edge(s, a, s[m - 1], -1.0, spread)
        _put(edges[2 * bands + 1], s, w, gamma, th, tl, s[m - 1], 0.0, -d, True)
    bands += 1
    first[bands] = m
    origin = np.zeros(7)  # the expansion at x = 0, off the support
    if th > 0.0:
        origin[2], origin[3] = th, -gamma * np.sum(w / s)
    elif th < 0.0:
        k = min(edges[2 * bands - 1][0] + edges[2 * bands - 1][1], 0.0)
        for _ in range(200):  # gamma sum w s/(s - k) = 1, by Newton on its reciprocal: monotone
            h = g = 0.0
            for j in range(m):
                t = gamma * w[j] * s[j] / (s[j] - k)
                h += t
                g += t / (s[j] - k)
            step = h * (h - 1.0) / g
            k -= step
            if abs(step) <= 1e-14 * abs(k):  # the expansion below corrects what is left
                break
        for _ in range(3):
            r, q, xh, xl = _expand(s, w, gamma, th, tl, 0.0, k)
            k -= xh / r
        r, q, xh, xl = _expand(s, w, gamma, th, tl, 0.0, k)
        origin[1], origin[2], origin[3], origin[4], origin[5] = k, r, q, xh, xl
    return edges[: 2 * bands], first[: bands + 1], pinches[:cusps], origin


_sum2 = njit(cache=True, nogil=True, error_model="numpy", inline="always")(_sum2_py)
_add = njit(cache=True, nogil=True, error_model="numpy")(_add_py)
_mul = njit(cache=True, nogil=True, error_model="numpy")(_mul_py)
_div = njit(cache=True, nogil=True, error_model="numpy")(_div_py)
_expand = njit(cache=True, nogil=True, error_model="numpy")(_expand_py)
_edge = njit(cache=True, nogil=True, error_model="numpy")(_edge_py)
_minimum = njit(cache=True, nogil=True, error_model="numpy")(_minimum_py)
_polish = njit(cache=True, nogil=True, error_model="numpy")(_polish_py)
_put = njit(cache=True, nogil=True, error_model="numpy")(_put_py)
_support = njit(cache=True, nogil=True, error_model="numpy")(_support_py)


@dataclass(frozen=True, eq=False)
class Support:
    """Support intervals in increasing order, with the points that (X) is expanded around.

    `points`: rows (REF, D, R, Q, HIGH, LOW, REACH): left and right edge of each interval in turn, then `pinches` (minima of phi
    of gaps nearly open), then the origin. `masses`: what the law puts on each interval. `theta`: see (X).
    """

    points: Array
    bands: int
    masses: Array
    theta: float

    @property
    def intervals(self) -> Array:
        """(bands, 2): the support intervals, without the atom at 0."""
        x = self.points[: 2 * self.bands, HIGH] + self.points[: 2 * self.bands, LOW]
        return x.reshape(self.bands, 2)


def support(atoms: Array, weights: Array, above: Array, gamma: float) -> Support:
    """The support for strictly decreasing `atoms` with `weights`; `above` (2, m): their cumulative masses, high and low halves.

    Costs O(m) plus O(m) an open gap. theta within 4 eps of 0 is a hard edge: gamma (1 - zero) = 1 up to the rounding of weights.
    """
    ph = gamma * above[0, -1]
    th = float(_theta(gamma, above[0, -1], above[1, -1])[0])
    tl = float(_theta(gamma, above[0, -1], above[1, -1])[1])
    if abs(th) <= 4 * EPS * ph:
        th = tl = 0.0
    edges, first, pinches, origin = _support(atoms, weights, gamma, th, tl)
    ends = np.concatenate([[0.0], above[0]])[first]
    lows = np.concatenate([[0.0], above[1]])[first]
    masses = (np.diff(ends) + np.diff(lows))[::-1].copy()
    if th < 0:
        masses[0] += th / gamma  # the rest of the lowest atoms' mass sits at 0
    points = np.concatenate([edges[::-1], pinches[::-1], origin[None]])
    return Support(points, first.size - 1, masses, th)


def _theta_py(gamma, high, low):
    """1 - gamma (high + low) in double-double."""
    ph, pl = _mul(gamma, 0.0, high, low)
    return _add(1.0, 0.0, -ph, -pl)


_theta = njit(cache=True, nogil=True, error_model="numpy")(_theta_py)
