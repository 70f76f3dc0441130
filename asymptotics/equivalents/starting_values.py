"""Starting values for the effective ridge: a few plain Newton steps on a block of points at once, in vector registers.

Nothing here is certified: `fixed_points` goes on from these values in forms where nothing cancels, and starts elsewhere where they fail.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from asymptotics.spectra.laws import Array, Law

BLOCK = 64  # points that one inner loop takes in lockstep: the loop has no sum in it, so the compiler vectorises it
STEPS = 4  # the fifth and sixth step are the certified ones


def _approach_py(s, w, high, tail, a, n, delta, start):
    # log kappa <- log kappa + log(value/n) value/slope for n = int s/(s + kappa) + delta/kappa; 0 where delta is not above 0
    m = s.size
    mean = 0.0
    for i in range(m):
        mean += w[i] * s[i]
    k, df, slope, D = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    for begin in range(0, n.size, BLOCK):
        count = min(BLOCK, n.size - begin)
        for i in range(BLOCK):
            point = begin + min(i, count - 1)
            D[i] = max(delta[point] + a[point] * tail, 0.0)
            k[i] = s[min(np.searchsorted(high, n[point] / a[point]), m - 1)]  # the atom at which the mass above is n
            if a[point] * high[m - 1] <= n[point]:
                k[i] = min(max(k[i], D[i] / n[point]), (a[point] * mean + D[i]) / n[point])
        for _ in range(STEPS):
            df[:] = 0.0
            slope[:] = 0.0
            for j in range(m):
                x, y = s[j], w[j]
                for i in range(BLOCK):
                    r = 1.0 / (x + k[i])
                    p = y * x * r
                    df[i] += p
                    slope[i] += p * (k[i] * r)
            for i in range(count):
                point = begin + i
                if D[i] > 0.0:
                    value = a[point] * df[i] + D[i] / k[i]
                    step = np.log(value / n[point]) * value / (a[point] * slope[i] + D[i] / k[i])
                    k[i] *= np.exp(min(max(step, -4.0), 4.0))
        for i in range(count):
            start[begin + i] = k[i] if D[i] > 0.0 and np.isfinite(k[i]) else 0.0


_approach = njit(cache=True, nogil=True, error_model="numpy")(_approach_py)


def approach(law: Law, a: Array, n: Array, delta: Array) -> Array:
    """An approximate kappa (m,) of a H at the points `a`, `n`, `delta` (m,), where delta > 0; 0 elsewhere. `law` is compressed."""
    start = np.empty(n.size)
    _approach(law.atoms, law.weights, law.above[0], law.tail, a, n, delta, start)
    return start
