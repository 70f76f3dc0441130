r"""The companion equation of sample covariances at a point: certified roots on the real axis and off it.

In the notation of the `support` and `expansion` beside this file: given x, find k with x(k) = x on the physical branch, by
Newton in z = k - k0 on

    z (r + z Q(z)) = x - x(k0),     Q(z) = gamma sum_j w_j s_j^2 / (c_j^2 (z + c_j)),                          (L)
    z (r + z (q - z P(z))) = x - x(k0),  P(z) = gamma sum_j w_j s_j^2 / (c_j^3 (z + c_j)),                     (P)

(P) about a pinch and near the edges of a narrow gap, where Q nearly vanishes, (L) about other edges and the origin. Nothing is
solved at x + i eta. A root is accepted with its certificate only:

* inside the support and for Im x > 0, Im k > 0 and a small residual: the root in the upper half plane is unique;
* on the real axis outside, x'(k) > 0 and k in the gap's bracket: x(k) increases there, from end to end.

Inside, Newton starts from a cubic in the angle tau, x = middle - half cos(tau), through the last two points; where that fails,
from the nearest edge; where that fails too, from a bisection which cannot: on a bulk, k = a + i b with sum_j gamma w_j s_j^2 /
((a - s_j)^2 + b^2) = 1 gives b from a, and x increases with a (biane1997free, section 3; numbering from memory).
"""

from __future__ import annotations

import numpy as np
from numba import njit

TINY = 2.0**-40  # a Newton step below this leaves its square, 2^-80, relatively
FLOOR = 2.0**-24  # steps that no longer shrink are rounding, if they are below this


def _terms_py(s, a, row, cubic, c, p):
    """c_j and the coefficients of Q, or of P if `cubic`."""
    for j in range(s.size):
        c[j] = row[1] - (s[j] - row[0])
        i = 1.0 / c[j]
        p[j] = a[j] * i * i * (i if cubic else 1.0)


def _value_py(c, p, r, q, cubic, zr, zi):
    """Left side of (L) or (P) at z and its derivative: (Fr, Fi, Dr, Di)."""
    gr = gi = dr = di = 0.0
    m = c.size
    for start in range(0, m, 64):  # sums of sums: rounding stays that of short sums
        ar = ai = br = bi = 0.0
        for j in range(start, min(start + 64, m)):
            y = zr + c[j]
            i = 1.0 / (y * y + zi * zi)
            y *= i
            v = -zi * i
            ar += p[j] * y
            ai += p[j] * v
            br -= p[j] * (y * y - v * v)
            bi -= p[j] * (2.0 * y * v)
        gr += ar
        gi += ai
        dr += br
        di += bi
    z, g, d = complex(zr, zi), complex(gr, gi), complex(dr, di)
    if cubic:
        f = z * (r + z * (q - z * g))
        e = r + z * (2.0 * q - z * (3.0 * g + z * d))
    else:
        f = z * (r + z * g)
        e = r + z * (2.0 * g + z * d)
    return f, e


def _newton_py(c, p, row, cubic, t, z):
    """(z, derivative, residual / largest term, success) from the start z, kept where Im z > 0."""
    last = np.inf
    f, e = _value(c, p, row[2], row[3], cubic, z.real, z.imag)
    for _ in range(40):
        f -= t
        step = f / e
        size = abs(step) / abs(z)
        if size <= FLOOR and abs(step.imag) >= 0.5 * z.imag:
            return z, e, np.inf, False  # on its way to a real root
        new = z - step
        for _ in range(60):
            if new.imag > 0.05 * z.imag:
                break
            step *= 0.5
            new = z - step
        else:
            return z, e, np.inf, False
        if size <= TINY or (size <= FLOOR and size >= 0.5 * last):
            return new, e, abs(f), new.imag > 1024.0 * abs((f / e).imag)  # no real root passes: steps reach it
        if not size < 1e300:
            return z, e, np.inf, False
        last = size
        z = new
        f, e = _value(c, p, row[2], row[3], cubic, z.real, z.imag)
    return z, e, np.inf, False


def _bisect_py(s, a, gamma, w, x, low, high):
    """k = a + i b on the bulk over (low, high) with x(k) near x, by bisection in a: a start that cannot fail."""
    b2 = 0.0
    k = 0.5 * (low + high)
    for _ in range(40):
        k = 0.5 * (low + high)
        b2 = 0.0
        for j in range(s.size):
            b2 = max(b2, a[j] - (k - s[j]) ** 2)
        for _ in range(100):
            h = g = 0.0
            for j in range(s.size):
                i = 1.0 / ((k - s[j]) ** 2 + b2)
                h += a[j] * i
                g += a[j] * i * i
            step = h * (h - 1.0) / g  # Newton on 1/h, concave and increasing in b^2: from below
            b2 += step
            if step <= 1e-12 * b2:  # a start only
                break
        f = k
        for j in range(s.size):
            f += gamma * w[j] * s[j] + a[j] * (k - s[j]) / ((k - s[j]) ** 2 + b2)
        if f < x:
            low = k
        else:
            high = k
    return complex(k, np.sqrt(b2))


def _bulk_py(s, w, gamma, points, bands, pinches, x, rows, roots, residuals):
    """Roots for increasing x: rows[i] is the expansion point, roots[i] is z; 0 off the support; residual inf means failure."""
    m = s.size
    a = gamma * w * s * s
    c, p = np.empty(m), np.empty(m)
    have = 0
    band = 0
    last_band, count = -1, 0
    t0 = t1 = 0.0
    k0 = k1 = d0 = d1 = 0j
    for i in range(x.size):
        while band < bands and (x[i] - points[2 * band + 1, 4]) - points[2 * band + 1, 5] >= 0.0:
            band += 1
        rows[i], roots[i], residuals[i] = -1, 0j, 0.0
        if band == bands:
            continue
        tl = (x[i] - points[2 * band, 4]) - points[2 * band, 5]
        tr = (points[2 * band + 1, 4] - x[i]) + points[2 * band + 1, 5]
        if tl <= 0.0:
            continue
        if band != last_band:
            last_band, count = band, 0
        use, t = (2 * band, tl) if tl <= tr else (2 * band + 1, -tr)
        for j in range(2 * bands, 2 * bands + pinches):
            if points[j, 4] > x[i] + points[j, 6]:
                break
            y = (x[i] - points[j, 4]) - points[j, 5]
            if abs(y) < min(points[j, 6], tl, tr):
                use, t = j, y
        row = points[use]
        cubic = abs(t) < row[6]
        mark = use + 1 if cubic else -use - 1
        if mark != have:
            _terms(s, a, row, cubic, c, p)
            have = mark
        base = row[0] + row[1]
        tau = 2.0 * np.arctan2(np.sqrt(tl), np.sqrt(tr))
        z, e, res, good = 0j, 0j, np.inf, False
        if count > 0:
            h = tau - t1
            if count > 1 and t1 > t0 and h < 3.0 * (t1 - t0):  # cubic through two values and slopes
                g = t1 - t0
                v = h / g
                d = (k1 - k0) / g
                k = k1 + h * (d1 + v * ((d0 + 2.0 * d1 - 3.0 * d) + v * (d0 + d1 - 2.0 * d)))
            else:
                k = k1 + h * d1
            z = k - base
            if z.imag > 0.0:
                z, e, res, good = _newton(c, p, row, cubic, t, z)
        if not good:
            near = points[2 * band] if tl <= tr else points[2 * band + 1]
            k = complex(near[0] + near[1], np.sqrt(abs(min(tl, tr) / near[3])))
            z, e, res, good = _newton(c, p, row, cubic, t, k - base)
        if not good:
            low, high = points[2 * band, 0] + points[2 * band, 1], points[2 * band + 1, 0] + points[2 * band + 1, 1]
            k = _bisect(s, a, gamma, w, x[i], low, high)
            z, e, res, good = _newton(c, p, row, cubic, t, k - base)
        rows[i], roots[i] = use, z
        residuals[i] = res / abs(x[i]) if good else np.inf
        t0, k0, d0 = t1, k1, d1
        t1, k1 = tau, z + base
        d1 = np.sqrt(tl * tr) / e
        count = count + 1 if good else 0


def _gaps_py(s, w, gamma, points, bands, x, rows, roots, residuals):
    """Real roots for real x off the support (points with rows < 0), in any order; residual inf means failure."""
    m = s.size
    a = gamma * w * s * s
    c, p = np.empty(m), np.empty(m)
    have = -1
    origin = points.shape[0] - 1
    for i in range(x.size):
        if rows[i] >= 0:
            continue
        band = 0
        while band < bands and (x[i] - points[2 * band + 1, 4]) - points[2 * band + 1, 5] >= 0.0:
            band += 1
        left = 2 * band - 1  # the edge below x, and the one above it
        right = 2 * band
        use = left
        if left < 0 or (right < 2 * bands and points[right, 4] - x[i] < x[i] - points[left, 4]):
            use = right
        if left < 0 and points[right, 4] > 0.0 and abs(x[i]) < 0.5 * points[right, 4]:
            use = origin
        row = points[use]
        if use != have:
            _terms(s, a, row, False, c, p)
            have = use
        base = row[0] + row[1]
        t = (x[i] - row[4]) - row[5]
        mean = gamma * np.sum(w * s)
        low = (points[left, 0] - row[0]) + (points[left, 1] - row[1]) if left >= 0 else min(x[i], 0.0) - mean - base
        high = x[i] - base if right >= 2 * bands else (points[right, 0] - row[0]) + (points[right, 1] - row[1])
        z = t / row[2] if use == origin else np.sqrt(max(t / row[3], 0.0)) * (1.0 if use == left else -1.0)
        res, size, e = np.inf, np.inf, 0.0
        if t == 0.0:
            z, res = 0.0, 0.0
        else:
            for _ in range(200):
                if not low <= z <= high:
                    z = 0.5 * (low + high)
                f, d = _value(c, p, row[2], row[3], False, z, 0.0)
                f0, e = f.real - t, d.real
                if f0 > 0.0:
                    high = z
                else:
                    low = z
                step = f0 / e if e > 0.0 else np.inf
                size = abs(step) / abs(z)
                if size <= TINY or high - low <= 4e-16 * abs(z):
                    res = abs(f0)
                    if e > 0.0 and low <= z - step <= high:
                        z -= step
                    break
                z -= step
        rows[i], roots[i] = use, complex(z, 0.0)
        residuals[i] = res / max(abs(x[i]), 1e-300) if t == 0.0 or e > 0.0 else np.inf


def _refine_py(s, w, gamma, points, bands, x, starts, rows, roots, residuals):
    """Roots for Im x > 0 from starts k near them; rows[i] is the nearest expansion point."""
    a = gamma * w * s * s
    c, p = np.empty(s.size), np.empty(s.size)
    have = -1
    origin = points.shape[0] - 1
    for i in range(x.size):
        use = 0
        for j in range(1, points.shape[0]):
            usable = j < 2 * bands or (j == origin and points[j, 2] != 0.0)  # no pinch, and no origin at a hard edge
            if usable and abs(x[i] - points[j, 4]) < abs(x[i] - points[use, 4]):
                use = j
        row = points[use]
        if use != have:
            _terms(s, a, row, False, c, p)
            have = use
        t = complex((x[i].real - row[4]) - row[5], x[i].imag)
        rows[i] = use
        roots[i], _, res, good = _newton(c, p, row, False, t, starts[i] - (row[0] + row[1]))
        residuals[i] = res / abs(x[i]) if good else np.inf


def _sums_py(s, w, points, rows, roots, stieltjes, tails):
    """sum w/(k - s), and the part of the upper tail under arg: sum w (arg(k - s) + s Im 1/(k - s)), at each root."""
    for i in range(rows.size):
        row = points[rows[i]]
        z = roots[i]
        gr = gi = tail = 0.0
        for start in range(0, s.size, 64):
            ar = ai = b = 0.0
            for j in range(start, min(start + 64, s.size)):
                y = z.real + (row[1] - (s[j] - row[0]))
                v = 1.0 / (y * y + z.imag * z.imag)
                ar += w[j] * y * v
                ai -= w[j] * z.imag * v
                if tails.size:
                    b += w[j] * (np.arctan2(z.imag, y) - s[j] * z.imag * v)
            gr += ar
            gi += ai
            tail += b
        stieltjes[i] = complex(gr, gi)
        if tails.size:
            tails[i] = tail


_terms = njit(cache=True, nogil=True, error_model="numpy")(_terms_py)
_value = njit(cache=True, nogil=True, error_model="numpy")(_value_py)
_newton = njit(cache=True, nogil=True, error_model="numpy")(_newton_py)
_bisect = njit(cache=True, nogil=True, error_model="numpy")(_bisect_py)
_bulk = njit(cache=True, nogil=True, error_model="numpy")(_bulk_py)
_gaps = njit(cache=True, nogil=True, error_model="numpy")(_gaps_py)
_refine = njit(cache=True, nogil=True, error_model="numpy")(_refine_py)
_sums = njit(cache=True, nogil=True, error_model="numpy")(_sums_py)
