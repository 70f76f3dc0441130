r"""Where the eigenvalues of a sample covariance lie: the support of the limiting law, edges first.

Model: (1/n) X'X, X = Z S^{1/2}, S with spectral law H = zero delta_0 + sum_j w_j delta_{s_j}, p/n -> gamma. In the variable
k = -1/u, u the companion Stieltjes transform (k is minus the effective ridge), the law is the curve of the real rational function

    x(k) = k (theta + gamma k sum_j w_j / (k - s_j)),      theta = 1 - gamma (1 - zero),                       (X)
    x'(k) = 1 - phi(k),      phi(k) = gamma sum_j w_j s_j^2 / (k - s_j)^2.                                      (E)

Off the support x' > 0; an edge is a root of phi = 1. phi is convex between neighbouring atoms: one minimum, then two roots if it
is below 1. A gap whose neighbours' terms alone exceed 1 is closed, which is known after a few terms.

Edges are found in double precision and polished in double-double (asymptotics.sample_covariance.expansion).

Source: silverstein1995analysis, Theorems 4.1-4.4 (numbering from memory); biane1997free for the parametrisation of bulks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from asymptotics.sample_covariance.expansion import EPS, HIGH, LOW, REACH, R, expansions, theta
from asymptotics.spectra.laws import Array

CLOSED = 1.2  # a gap whose minimum of phi is above this is closed, and no cusp is near


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


def _gaps_py(s, a):
    """Rows (i, y, 1 - phi, phi''/6): the minimum of phi, at s[i+1] + y < s[i], of each gap where it may be at most CLOSED."""
    rows = np.empty((s.size, 4))
    count = 0
    for i in range(s.size - 1):
        y = _minimum(s, a, i)
        if y == np.inf:
            continue
        phi = cubic = 0.0
        for j in range(s.size):
            c = y - (s[j] - s[i + 1])
            phi += a[j] / (c * c)
            cubic += a[j] / (c * c * c * c)
        rows[count, 0], rows[count, 1], rows[count, 2], rows[count, 3] = i, y, 1.0 - phi, cubic
        count += 1
    return rows[:count]


def _edges_py(s, a, gaps):
    """Edges in double precision, as distances d from an atom: the lowest, the top one, and both of each open gap."""
    spread = 2.0 * np.sqrt(np.sum(a))  # phi <= sum(a)/d^2 beyond the last atom
    inner = np.empty((gaps.shape[0], 2))
    for g in range(gaps.shape[0]):
        i, y, r, cubic = int(gaps[g, 0]), gaps[g, 1], gaps[g, 2], gaps[g, 3]
        width = s[i] - s[i + 1]
        if r < 1e-6:  # phi = 1 - r + 3 cubic z^2 about its minimum
            h = np.sqrt(r / (3.0 * cubic))
            inner[g, 0], inner[g, 1] = y - h, (y - width) + h
        else:
            inner[g, 0], inner[g, 1] = _edge(s, a, s[i + 1], 1.0, y), -_edge(s, a, s[i], -1.0, width - y)
    return -_edge(s, a, s[s.size - 1], -1.0, spread), _edge(s, a, s[0], 1.0, spread), inner


def _zero_py(s, w, gamma):
    """The k < 0 with x(k) = 0 where theta < 0: gamma sum w s/(s - k) = 1, by Newton on its reciprocal, monotone."""
    k = 0.0
    for _ in range(200):
        h = g = 0.0
        for j in range(s.size):
            t = gamma * w[j] * s[j] / (s[j] - k)
            h += t
            g += t / (s[j] - k)
        step = h * (h - 1.0) / g
        k -= step
        if abs(step) <= 1e-14 * abs(k):  # polished by the caller
            break
    return k


_edge = njit(cache=True, nogil=True, error_model="numpy")(_edge_py)
_minimum = njit(cache=True, nogil=True, error_model="numpy")(_minimum_py)
_gaps = njit(cache=True, nogil=True, error_model="numpy")(_gaps_py)
_edges = njit(cache=True, nogil=True, error_model="numpy")(_edges_py)
_zero = njit(cache=True, nogil=True, error_model="numpy")(_zero_py)


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
    th = theta(gamma, above[:, -1])
    setting = (atoms, weights, gamma, th)
    a = gamma * weights * atoms**2
    gaps = _gaps(atoms, a)[::-1].copy()  # increasing
    index = gaps[:, 0].astype(np.int64)
    reach = np.zeros(len(gaps))
    narrow = np.abs(gaps[:, 2]) < CLOSED - 1  # nearly open or nearly closed: decided in double-double
    pinches = expansions(*setting, atoms[index[narrow] + 1], atoms[index[narrow]], gaps[narrow, 1], root=False)
    gaps[narrow, 2] = pinches[:, R]
    rho = 0.25 * np.minimum(gaps[:, 1], (atoms[index] - atoms[index + 1]) - gaps[:, 1])
    reach[narrow] = (np.abs(gaps[:, 2]) * rho + gaps[:, 3] * rho**3)[narrow]
    pinches[:, REACH] = reach[narrow]
    pinches = pinches[pinches[:, R] <= 0]  # of the others the edges serve
    is_open = gaps[:, 2] > 0
    index, reach = index[is_open], reach[is_open]
    lowest, top, inner = _edges(atoms, a, gaps[is_open])
    left = expansions(
        *setting, np.append(atoms[-1], atoms[index]), np.append(0.0, atoms[index + 1]), np.append(lowest, inner[:, 1]), root=True
    )
    right = expansions(
        *setting, np.append(atoms[index + 1], atoms[0]), np.append(atoms[index], atoms[0]), np.append(inner[:, 0], top), root=True
    )
    left[1:, REACH] = right[:-1, REACH] = reach
    if th[0] == 0:  # a hard edge: k = x = 0
        left[0] = 0, 0, 0, -gamma * np.sum(weights / atoms), 0, 0, 0
    ends = np.concatenate([[-1], index[::-1], [atoms.size - 1]])  # the last atom above each gap, from the top
    totals = np.concatenate([np.zeros((2, 1)), above], axis=1)[:, ends + 1]
    masses = np.diff(totals).sum(axis=0)[::-1].copy()
    if th[0] < 0:
        masses[0] += th[0] / gamma  # the rest of the lowest atoms' mass sits at 0
    points = np.stack([left, right], axis=1).reshape(-1, 7)
    return Support(np.concatenate([points, pinches, _origin(*setting)]), len(left), masses, th[0])


def _origin(atoms: Array, weights: Array, gamma: float, th: tuple[float, float]) -> Array:
    """The expansion (1, 7) at x = 0, off the support; zeros at a hard edge."""
    if th[0] >= 0:
        return np.array([[0, 0, th[0], -gamma * np.sum(weights / atoms) if th[0] else 0.0, 0, 0, 0]])
    zero, k = np.zeros(1), np.array([_zero(atoms, weights, gamma)])
    for _ in range(3):  # Newton in double-double
        row = expansions(atoms, weights, gamma, th, zero, zero, k, root=False)
        k = k - row[:, HIGH] / row[:, R]
    return expansions(atoms, weights, gamma, th, zero, zero, k, root=False)
