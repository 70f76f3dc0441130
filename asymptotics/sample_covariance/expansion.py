r"""Expansion points of the companion equation, in double-double.

Around any real k0 = ref + d the equation x(k) = k (theta + gamma k sum_j w_j/(k - s_j)) is exact in z = k - k0, c_j = k0 - s_j:

    x - x(k0) = z (r + z Q(z)),  Q = gamma sum_j w_j s_j^2 / (c_j^2 (z + c_j)),   r = x'(k0),  q = Q(0),        (L)

with no cancellation at an edge, where r = 0. x(k0), r and q cancel themselves, and so are summed in double-double: Knuth's sum,
Dekker's product. `ref` is the nearer of two atoms (or 0), so that d is relatively exact however close the point is.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from asymptotics.spectra.laws import Array

#: Columns of an expansion point: k0 = REF + D; x'(k0), x''(k0)/2; x(k0) as high + low; REACH is left to the caller.
REF, D, R, Q, HIGH, LOW, REACH = range(7)
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


def _expansions_py(s, w, gamma, th, tl, near, far, d, root):
    rows = np.empty((d.size, 7))
    for i in range(d.size):
        _put(rows[i], s, w, gamma, th, tl, near[i], far[i], d[i], root)
    return rows


def _theta_py(gamma, high, low):
    """1 - gamma (high + low) in double-double."""
    ph, pl = _mul(gamma, 0.0, high, low)
    return _add(1.0, 0.0, -ph, -pl)


_sum2 = njit(cache=True, nogil=True, error_model="numpy", inline="always")(_sum2_py)
_add = njit(cache=True, nogil=True, error_model="numpy")(_add_py)
_mul = njit(cache=True, nogil=True, error_model="numpy")(_mul_py)
_div = njit(cache=True, nogil=True, error_model="numpy")(_div_py)
_expand = njit(cache=True, nogil=True, error_model="numpy")(_expand_py)
_polish = njit(cache=True, nogil=True, error_model="numpy")(_polish_py)
_put = njit(cache=True, nogil=True, error_model="numpy")(_put_py)
_expansions = njit(cache=True, nogil=True, error_model="numpy")(_expansions_py)
_theta = njit(cache=True, nogil=True, error_model="numpy")(_theta_py)


def theta(gamma: float, mass: Array) -> tuple[float, float]:
    """1 - gamma mass as high + low, `mass` (2,) likewise; (0, 0) within 4 eps: gamma mass = 1 up to the rounding of weights."""
    high, low = _theta(gamma, float(mass[0]), float(mass[1]))
    return (0.0, 0.0) if abs(high) <= 4 * EPS else (float(high), float(low))


def expansions(
    atoms: Array, weights: Array, gamma: float, theta: tuple[float, float], near: Array, far: Array, d: Array, *, root: bool
) -> Array:
    """Rows (REF, D, R, Q, HIGH, LOW, 0) at near + d, kept from the nearer of `near` and `far`; polished to x' = 0 if `root`.

    Exact to about 1e-30 of the largest term of each sum. O(atoms) a row.
    """
    return _expansions(atoms, weights, gamma, theta[0], theta[1], near, far, d, root)
