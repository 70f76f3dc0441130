r"""The companion equation far from the real axis, and down to it: a start for Newton at any complex point.

    x(k) = k (theta + gamma k sum_j w_j / (k - s_j)),      theta = 1 - gamma (1 - H{0}),

has one root k with Im k > 0 for Im x > 0 (then Im k >= Im x). Far above the spectrum k = x - gamma mean(H); from there Newton
follows it down a vertical line, each height a fraction of the one before, the fraction adapted to what converges.
"""

from __future__ import annotations

import numpy as np
from numba import njit


def _descend_py(s, w, gamma, theta, x, starts, failures):
    """starts[i]: k near the root for x[i], Im x[i] > 0, to about 1e-6; failures[i]: 0, or inf if the path was lost."""
    mean = gamma * np.sum(w * s)
    for i in range(x.size):
        height = max(4.0 * (s[0] * (1.0 + gamma) + abs(x[i])), x[i].imag)
        k = complex(x[i].real, height) - mean
        ratio = 0.5
        failures[i] = np.inf
        for _ in range(4000):
            goal = max(height * ratio, x[i].imag)
            y = complex(x[i].real, goal)
            trial, done = k, False
            for _ in range(12):
                f = e = 0j
                for j in range(s.size):
                    v = 1.0 / (trial - s[j])
                    f += w[j] * v
                    e += w[j] * v * ((trial - 2.0 * s[j]) * v)
                f = trial * (theta + gamma * trial * f) - y
                e = theta + gamma * trial * e
                step = f / e
                trial -= step
                if not trial.imag > 0.0:
                    break
                if abs(step.imag) <= 1e-3 * trial.imag and abs(step) <= 1e-6 * abs(trial):  # a start only
                    done = True
                    break
            if done:
                k, height = trial, goal
                if height <= x[i].imag:
                    failures[i] = 0.0
                    break
                ratio = max(0.25 * ratio, 1e-3)
            else:
                ratio = np.sqrt(ratio)
                if ratio > 0.9999:
                    break
        starts[i] = k


_descend = njit(cache=True, nogil=True, error_model="numpy")(_descend_py)
