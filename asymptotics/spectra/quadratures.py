r"""Continuous and infinite spectra as positive nodes: where a law is an integral or an endless sum, its Gauss rules.

Integrands are functions of s/(s + kappa), analytic in log s in the strip |Im log s| < pi; panels are cut so that they are
analytic in an ellipse of parameter R >= 3.4 around each, and 16 nodes leave R^-32 < 1e-16.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from asymptotics.conventions import refuse
from asymptotics.spectra.laws import Array

NODES = 16
#: Share of the mass, nearest 0, that is moved to the node above it: that changes int 1/(s + kappa) by at most 1e-25/kappa.
NEGLIGIBLE = 1e-25

_X, _W = np.polynomial.legendre.leggauss(NODES)


def panels(ends: Array) -> tuple[Array, Array]:
    """Gauss-Legendre nodes and weights of the intervals between consecutive `ends` (increasing), joined."""
    center, half = 0.5 * (ends[1:] + ends[:-1]), 0.5 * np.diff(ends)
    return (center[:, None] + half[:, None] * _X).ravel(), (half[:, None] * _W).ravel()


def power(a: float, low: float, high: float) -> tuple[Array, Array]:
    """s = u^a for u uniform on (low, high) in [0, 1], with weights that sum to high - low."""
    # y = log u; e^y is entire, u^a/(u^a + kappa) has its poles at |Im y| = pi/a. From 0 on: what lies below e^-60 is negligible,
    # what lies below e^(-690/a) has s < 1e-299, about where doubles end; that mass goes to the lowest node
    bottom = np.log(low) if low > 0 else np.log(high) - min(60.0, 690.0 / a)
    width = min(2.0, 3.0 / a)
    y, w = panels(np.linspace(bottom, np.log(high), 1 + int(np.ceil((np.log(high) - bottom) / width))))
    w *= np.exp(y)
    if low == 0.0:
        w[0] += np.exp(bottom)
    return np.exp(a * y), w


def autoregressive(rho: float, low: float, high: float) -> tuple[Array, Array]:
    """The symbol (1 - rho^2)/(1 - 2 rho cos t + rho^2) at t = pi u, u uniform on (low, high).

    rho counts by its modulus: the law is the same (t -> pi - t), and the symbol then decreases in u.
    """
    rho = abs(rho)
    scale = -np.log(rho)
    if low == 0.0 and high == 1.0 and rho < 0.95:
        # midpoint rule: error rho^(2 nodes), 2e-23; so many for penalties near a negative edge too (poles near t = pi)
        t = np.pi * (np.arange(512) + 0.5) / 512
        w = np.full(512, 1.0 / 512)
    else:
        # Gauss panels, halved: graded towards t = 0, where the symbol varies over -log rho, and t = pi, down to the step above
        near = scale * 2.0 ** np.arange(0, max(1, int(np.ceil(np.log2(np.pi / scale)))))
        graded = np.concatenate([near[near < 2.0], np.pi - 0.5 ** np.arange(0, 8)])
        ends = np.concatenate([[np.pi * low], graded[(graded > np.pi * low) & (graded < np.pi * high)], [np.pi * high]])
        t, w = panels(np.unique(np.concatenate([ends, 0.5 * (ends[1:] + ends[:-1])])))
        w = w / np.pi
    return (1 - rho) * (1 + rho) / ((1 - rho) ** 2 + 4 * rho * np.sin(0.5 * t) ** 2), w


def density(pdf: Callable[[float], float], low: float, high: float) -> tuple[Array, Array]:
    """Nodes in (low, high), weights pdf(s) ds, by the tanh-sinh rule: integrable singularities at both ends are allowed.

    The step 1/128 leaves e^(-2 pi 128 0.11) = 4e-39 at the poles of s/(s + kappa), kappa = 1e-12 of the length; that is more than
    enough for them, and room for densities with singularities of their own near (low, high).
    Distances to an end that doubles cannot tell from the end itself (1e-10 of it) carry the power law that the density has there.
    """
    step = 1 / 128
    t = step * np.arange(1, int(6.1 / step))
    # distance to an end as a share of the whole; e^(-pi sinh 6.1) = 1e-304
    share = 1 / (1 + np.exp(np.pi * np.sinh(t)))
    jacobian = step * np.pi * np.cosh(t) * share * (1 - share) * (high - low)
    nodes = [np.array([0.5 * (low + high)])]
    weights = [np.array([0.25 * step * np.pi * (high - low) * float(pdf(0.5 * (low + high)))])]
    for end, sign in ((low, 1.0), (high, -1.0)):
        distance = share * (high - low)
        s = end + sign * distance
        if end == 0.0:
            f = np.array([float(pdf(x)) for x in s])
        else:
            near = end + sign * 1e-10 * abs(end) * np.array([1.0, 4.0])
            d = np.abs(near - end)
            f0, f1 = float(pdf(near[0])), float(pdf(near[1]))
            slope = float(np.log(f1 / f0) / np.log(d[1] / d[0])) if f0 > 0 and f1 > 0 else 0.0
            seen = distance > d[0]
            f = np.empty_like(s)
            f[~seen] = f0 * (distance[~seen] / d[0]) ** slope
            # the density at the exact distance, from the one at its rounding
            f[seen] = [float(pdf(x)) for x in s[seen]] * (distance[seen] / np.abs(s[seen] - end)) ** slope
        nodes.append(s)
        weights.append(jacobian * f)
    s, w = np.concatenate(nodes), np.concatenate(weights)
    if not np.all(np.isfinite(w)) or np.any(w < 0):
        bad = s[~(np.isfinite(w) & (w >= 0))][0]
        refuse("pdf", float(bad), "the density must be finite and nonnegative inside (low, high); this is where it is not")
    return s, w


def trimmed(s: Array, w: Array) -> tuple[Array, Array]:
    """Nodes sorted downwards, those of no weight dropped, and the negligible mass nearest 0 moved up."""
    keep = w > 0
    order = np.argsort(-s[keep])
    s, w = s[keep][order], w[keep][order]
    below = np.cumsum(w[::-1])[::-1]
    last = max(int(np.count_nonzero(below > NEGLIGIBLE * below[0])), 1)
    w = w[:last].copy()
    w[-1] = below[last - 1]
    return s[:last], w


def integers(last: float, ratio: float) -> tuple[Array, Array, Array]:
    """Gauss rules of the counting measure on 1 ... last: nodes (increasing), weights, and the exact counts up to each (2, m).

    Each rule covers the integers of [A, ratio * A); one of N consecutive integers has the Gram (discrete Chebyshev) recurrence
    b_k^2 = k^2 (N^2 - k^2)/(4 (4 k^2 - 1)).
    """
    first = min(last, max(32.0, np.ceil(2 * NODES / (ratio - 1))))
    starts = [first + 1]
    while starts[-1] < last + 1:
        starts.append(min(np.ceil(starts[-1] * ratio), last + 1))
    begin, counts = np.array(starts[:-1]), np.diff(starts)
    if counts.size and counts[-1] < 2 * NODES:  # too few for a rule of their own
        begin, counts = begin[:-1], np.append(counts[:-2], counts[-2:].sum()) if counts.size > 1 else counts[:0]
        if not counts.size:
            first = last
    k = np.arange(1.0, NODES)
    b = 0.5 * k * np.sqrt((1 - (k / counts[:, None]) ** 2) / (4 * k**2 - 1))
    matrix = np.zeros((counts.size, NODES, NODES))
    matrix[:, np.arange(NODES - 1), np.arange(1, NODES)] = matrix[:, np.arange(1, NODES), np.arange(NODES - 1)] = b
    x, vectors = np.linalg.eigh(matrix)
    nodes = begin[:, None] + 0.5 * (counts[:, None] - 1) + counts[:, None] * x
    weights = counts[:, None] * vectors[:, 0, :] ** 2
    done = np.cumsum(weights, axis=1) + (begin[:, None] - 1)
    if counts.size:
        done[:, -1] = begin + counts - 1
    low = np.arange(1.0, first + 1)
    high = np.concatenate([low, done.ravel()])
    return np.concatenate([low, nodes.ravel()]), np.concatenate([np.ones(low.size), weights.ravel()]), np.stack([high, 0 * high])
