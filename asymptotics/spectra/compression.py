r"""A measure of any number of atoms, replaced by about a hundred, for all functions of s/(s + kappa) at once.

Put s = least + u, with least the smallest atom. Then 1/(s + kappa) = 1/(u + eps) with eps = kappa + least > 0 for every penalty
that is allowed, negative ones too, and that is analytic in x = log u in the strip |Im x| < pi, uniformly in eps. On a panel of
half-width 2 in x the Gauss rule of the measure itself, with k positive nodes, errs by O(R^-2k), R = pi/2 + sqrt(1 + pi^2/4) =
3.43: k = 16 gives R^-32 = 7e-18. The rule comes from Lanczos' recurrence; without reorthogonalisation it is the exact rule of a
measure blurred by rounding, which is all that the bound asks for (greenbaum1992predicting). A panel of many atoms is cut into
chunks, compressed, and compressed again: every stage keeps the moments. The masses of whole panels stay exact.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]

WIDTH = 4.0  # of a panel in log u
NODES = 16  # of its Gauss rule
CHUNK = 1024  # atoms compressed at once: two vectors that stay in the first cache


def _lanczos_py(x, w, mass, old, new, a, b):
    # recurrence coefficients of the measure sum w delta_x, x in [-1, 1]; how many
    size = x.size
    for i in range(size):
        old[i] = 0.0
        new[i] = np.sqrt(w[i] / mass)
    last = 0.0
    product = 1.0
    for k in range(NODES):
        mean = lost = 0.0  # compensated: the mean of equal weights would drift by size * eps
        for i in range(size):
            t = x[i] * new[i] * new[i] - lost
            total = mean + t
            lost = (total - mean) - t
            mean = total
        a[k] = mean
        square = lost = 0.0
        for i in range(size):
            old[i] = (x[i] - mean) * new[i] - last * old[i]
            t = old[i] * old[i] - lost
            total = square + t
            lost = (total - square) - t
            square = total
        # the k-node rule errs by (product of b^2) f^(2k)/(2k)!, and |f^(2k)|/(2k)! < (pi/2)^-2k: nothing is left
        product *= square
        if product < 1e-20 or k == NODES - 1:
            return k + 1
        last = np.sqrt(square)
        b[k] = last
        for i in range(size):
            t = old[i] / last
            old[i] = new[i]
            new[i] = t
    return NODES


_lanczos = njit(cache=True, nogil=True, error_model="numpy")(_lanczos_py)


def _eigen_py(a, b, z, k):
    # implicit QL: a becomes the eigenvalues of the Jacobi matrix (a, b), z the first components of its eigenvectors
    for i in range(k):
        z[i] = 0.0
    z[0] = 1.0
    b[k - 1] = 0.0
    for l in range(k):
        for _ in range(60):  # 2 to 3 are usual
            m = l
            while m < k - 1 and abs(b[m]) > 1e-17:  # absolute: the matrix has norm 1
                m += 1
            if m == l:
                break
            g = (a[l + 1] - a[l]) / (2.0 * b[l])
            r = np.hypot(g, 1.0)
            g = a[m] - a[l] + b[l] / (g + (r if g >= 0.0 else -r))
            s = c = 1.0
            p = 0.0
            i = m - 1
            while i >= l:
                f = s * b[i]
                h = c * b[i]
                r = np.hypot(f, g)
                b[i + 1] = r
                if r == 0.0:
                    a[i + 1] -= p
                    b[m] = 0.0
                    break
                s = f / r
                c = g / r
                g = a[i + 1] - p
                r = (a[i] - g) * s + 2.0 * c * h
                p = s * r
                a[i + 1] = g + p
                g = c * r - h
                f = z[i + 1]
                z[i + 1] = s * z[i] + c * f
                z[i] = c * z[i] - s * f
                i -= 1
            if i < l:
                a[l] -= p
                b[l] = g
                b[m] = 0.0


_eigen = njit(cache=True, nogil=True, error_model="numpy")(_eigen_py)


def _shrink_py(x, w, size, old, new, a, b, z):
    # x, w[:size] -> their Gauss rule, in place; its size
    while size > NODES:
        done = 0
        chunk = 0
        while chunk < size:
            end = min(chunk + CHUNK, size)
            if size - end < NODES:
                end = size
            mass = lost = 0.0
            for i in range(chunk, end):
                t = w[i] - lost
                total = mass + t
                lost = (total - mass) - t
                mass = total
            count = end - chunk
            k = _lanczos(x[chunk:end], w[chunk:end], mass, old[:count], new[:count], a, b)
            _eigen(a, b, z, k)
            for i in range(k):
                x[done + i] = a[i]
                w[done + i] = mass * z[i] * z[i]
            done += k
            chunk = end
        if done <= NODES or size <= CHUNK + NODES:
            return done
        size = done
    return size


_shrink = njit(cache=True, nogil=True, error_model="numpy")(_shrink_py)


def _compress_py(s, w, high, low, nodes, weights, above):
    # s decreasing, s[-1] = least, s[-2] > least; how many nodes
    m = s.size
    least = s[m - 1]
    top = np.log(s[0] - least)
    bottom = np.log(s[m - 2] - least)
    panels = max(1, int(np.ceil((top - bottom) / WIDTH)))
    width = (top - bottom) / panels
    x = np.empty(m)
    y = np.empty(m)
    old = np.empty(CHUNK + NODES)
    new = np.empty(CHUNK + NODES)
    a = np.empty(NODES)
    b = np.empty(NODES)
    z = np.empty(NODES)
    count = 0
    begin = 0
    total = 0.0
    rest = 0.0
    for panel in range(panels):
        floor = least + np.exp(top - (panel + 1) * width)
        end = begin
        while end < m - 1 and (s[end] > floor or panel == panels - 1):
            end += 1
        size = end - begin
        if size == 0:
            continue
        start = count
        if size <= NODES:
            for i in range(begin, end):
                nodes[count] = s[i]
                weights[count] = w[i]
                count += 1
        else:
            # the panel's own range, so that rounding at its ends does not matter
            center = 0.5 * (np.log(s[begin] - least) + np.log(s[end - 1] - least))
            half = max(0.5 * (np.log(s[begin] - least) - np.log(s[end - 1] - least)), 1e-300)
            for i in range(size):
                x[i] = (np.log(s[begin + i] - least) - center) / max(half, 0.5 * WIDTH)
                y[i] = w[begin + i]
            size = _shrink(x, y, size, old, new, a, b, z)
            order = np.argsort(-x[:size])
            for i in order:
                if y[i] > 0.0:
                    nodes[count] = least + np.exp(center + max(half, 0.5 * WIDTH) * x[i])
                    weights[count] = y[i]
                    count += 1
            mass = (high[end - 1] - total) + (low[end - 1] - rest)
            found = 0.0
            for i in range(start, count):
                found += weights[i]
            if mass > 1e-14 * total:  # else the difference of masses, known to 1e-31 of them, is worse than the sum found
                for i in range(start, count):
                    weights[i] *= mass / found
        # masses inside the panel in plain sums on top of the exact mass before it; at its end the exact one
        inside = 0.0
        for i in range(start, count):
            inside += weights[i]
            h = total + inside
            above[0, i] = h
            above[1, i] = (total - (h - (h - total))) + (inside - (h - total)) + rest
        total = high[end - 1]
        rest = low[end - 1]
        above[0, count - 1] = total
        above[1, count - 1] = rest
        begin = end
    nodes[count] = least
    weights[count] = w[m - 1]
    above[0, count] = high[m - 1]
    above[1, count] = low[m - 1]
    return count + 1


_compress = njit(cache=True, nogil=True, error_model="numpy")(_compress_py)


def compress(atoms: Array, weights: Array, above: Array) -> tuple[Array, Array, Array]:
    """Nodes, weights and masses above them, in place of `atoms` (m,), decreasing, with `weights` (m,) and `above` (2, m).

    Accuracy: int f dH for f = s/(s + kappa), its square, 1/(s + kappa), s/(s + kappa)^2, s^2/(s + kappa)^3: relative error at
    most 5e-15 for kappa > 0, 130 to 10^6 atoms over up to 39 decades, weights too; for kappa < 0, where 1/(s + kappa) magnifies
    the rounding of s, 1e-15 s_min/(s_min + kappa) for equal weights (tests/test_spectra.py; extended precision).
    """
    # equal least atoms become one
    first = int(np.searchsorted(-atoms, -atoms[-1], side="left"))
    if first == 0:
        return atoms[:1], np.array([above[0, -1]]), above[:, -1:]
    s, w, cumulative = atoms[: first + 1], weights[: first + 1].copy(), above[:, : first + 1].copy()
    w[-1] = np.sum(weights[first:])
    cumulative[:, -1] = above[:, -1]
    nodes, masses, sums = np.empty(s.size), np.empty(s.size), np.empty((2, s.size))
    count = _compress(s, w, cumulative[0], cumulative[1], nodes, masses, sums)
    return nodes[:count].copy(), masses[:count].copy(), sums[:, :count].copy()
