r"""The two effective ridges of random features: the scalars from which their risks follow.

Features h(x) = k^-1/2 (<g_a, x>), a = 1 ... k, g_a ~ N(0, I), K = H H' over n samples, fit K (K + delta)^-1 y. With
df1 = int s/(s + kappa) dH, the integral over the eigenvalues of the population covariance,

    n = df1 + delta/kappa1,       k = df1 + k kappa1/kappa.                                                     (K)

So (n - df1)(k - df1) = k delta/kappa. With m = min(n, k), the smaller gap g = m - df1 solves g (g + |n - k|) = k delta/kappa, and

    m - df1(kappa) = g(kappa) = 2 (delta/kappa) / (theta + sqrt(theta^2 + 4 delta/(k kappa))),    theta = |n - k|/k,     (1)

one equation for kappa whose sides fall and rise: no double root at n = k, and nothing cancels. The larger gap is g + |n - k|.
Its left side is taken as in `equivalents`: n - df1 = neg - pos, sums of positive terms, masses in double-double; log((pos + g)/neg)
falls in log kappa with a slope between 1/2 and 2. The proportional setting is n = 1, k = gamma, H -> gamma psi H, delta = lam.

Source: simon2024more, equations (6) and (7) (numbering from memory); (1) is the form of defilippis2024dimension.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from asymptotics.conventions import guard, refuse, within
from asymptotics.errors import ConvergenceError
from asymptotics.spectra.laws import Law

Value = NDArray[np.float64] | float

PSI = "positive and finite: eigenvalues (input dimensions) per random feature, d/k"
ROUNDING = 4e-15  # of sums of a hundred terms
ROUNDS = 200  # Newton takes 5 to 10; bisection of 600 decades in log kappa to the last bit takes 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """The two ridges and what follows from them; every field has the broadcast shape of the arguments.

    `n_left` = n - df1 = delta/kappa1, `k_left` = k - df1 = k kappa1/kappa and `spread` = df1 - df2 are what differences of the other
    fields would lose digits of. Norms ask for `slope` = int s/(s + kappa)^2 dH = spread/kappa and `outside` = int kappa/(s + kappa)^2
    dH over s > 0, which is inf for infinitely many eigenvalues.
    """

    kappa: Value
    kappa1: Value
    df1: Value
    df2: Value
    n_left: Value
    k_left: Value
    spread: Value
    slope: Value
    outside: Value


def _excess_py(high, low, j, a, m):
    # a * (mass of the first j atoms) - m, in double-double
    if j == 0:
        return -m
    h = high[j - 1]
    s = 134217729.0 * a  # 2^27 + 1: Dekker's product
    a1 = s - (s - a)
    a2 = a - a1
    s = 134217729.0 * h
    h1 = s - (s - h)
    h2 = h - h1
    p = a * h
    e = ((a1 * h1 - p) + a1 * h2 + a2 * h1) + a2 * h2 + a * low[j - 1]
    d = p - m
    b = d - p
    return d + ((p - (d - b)) - (m + b) + e)


_excess = njit(cache=True, nogil=True, error_model="numpy")(_excess_py)


def _sides_py(s, w, high, low, tail, a, m, delta, theta, u, k):
    # pos + g, neg, their derivatives in log kappa, g
    neg = neg1 = pos = pos1 = 0.0
    j = 0
    while j < s.size and s[j] > k:
        r = 1.0 / (s[j] + k)
        q = w[j] * r
        neg += q
        neg1 += q * s[j] * r
        j += 1
    for i in range(j, s.size):
        r = 1.0 / (s[i] + k)
        p = w[i] * s[i] * r
        pos += p
        pos1 += p * r
    e = _excess(high, low, j, a, m)
    rest = a * tail / k
    g = slope = 0.0
    if delta > 0.0:
        root = np.hypot(theta, 2.0 * np.sqrt(u * delta / k))
        g = 2.0 * (delta / k) / (theta + root)
        slope = 0.5 * g * (1.0 + theta / root)
    return a * pos + max(e, 0.0) + rest + g, a * k * neg + max(-e, 0.0), a * k * pos1 + rest + slope, a * k * neg1, g


_sides = njit(cache=True, nogil=True, error_model="numpy")(_sides_py)


def _solve_py(s, w, high, low, tail, a, n, k, delta, out):
    # out: kappa, df1, df2, slope, outside, the smaller gap, residual, rounds;  k or n may be inf
    size = s.size
    first = 0.0
    for i in range(size):
        first += w[i] * s[i]
    first += tail
    for point in range(n.size):
        A, m = a[point], min(n[point], k[point])
        D = delta[point] if n[point] < np.inf else 0.0
        u = 1.0 / k[point]
        theta = 1.0 if max(n[point], k[point]) == np.inf else abs(n[point] - k[point]) * u
        whole = _excess(high, low, size, A, m)
        x = residual = gap = 0.0
        rounds = 0
        if D > 0.0 or tail > 0.0 or whole > 0.0:
            bottom = max(D / (m * (theta + u * m)), max(A * tail / m, s[size - 1] * (whole / m))) * (1.0 - 1e-14)
            top = 2.0 * max(A * first / m, 2.0 * D / (m * (2.0 * theta + u * m)))
            x = s[min(np.searchsorted(high, m / A), size - 1)] if A * high[size - 1] > m else np.sqrt(bottom) * np.sqrt(top)
            x = min(max(x, bottom), top)
            # a step of 1e-8 is the last, unless it crosses an atom, where the slope jumps: the certificate tells
            for enough in (1e-8, ROUNDING):
                while rounds < ROUNDS:
                    rounds += 1
                    pos, neg, pos1, neg1, gap = _sides(s, w, high, low, tail, A, m, D, theta, u, x)
                    ratio = np.log(pos / neg)
                    if ratio > 0.0:
                        bottom = max(bottom, x)
                    else:
                        top = min(top, x)
                    step = ratio / (pos1 / pos + neg1 / neg)
                    new = x * np.exp(step)
                    if abs(step) <= enough or new == x:
                        x = new
                        break
                    if not (bottom <= new <= top):
                        new = np.sqrt(bottom) * np.sqrt(top)
                    x = new
                pos, neg, pos1, neg1, gap = _sides(s, w, high, low, tail, A, m, D, theta, u, x)
                residual = abs(pos - neg) / (pos1 + neg1)
                if residual <= ROUNDING:
                    break
        df1 = df2 = slope = outside = 0.0
        for i in range(size):
            r = 1.0 / (s[i] + x)
            p = s[i] * r
            df1 += w[i] * p
            df2 += w[i] * p * p
            slope += w[i] * p * r
            outside += w[i] * r * r
        rest = A * tail / x if x > 0.0 else 0.0
        out[0, point] = x
        out[1, point] = A * df1 + rest
        out[2, point] = A * df2
        out[3, point] = A * slope + (rest / x if x > 0.0 else 0.0)
        out[4, point] = A * x * outside if tail == 0.0 else np.inf
        out[5, point] = gap if x > 0.0 else 0.0 - whole
        out[6, point] = residual
        out[7, point] = rounds


_solve = njit(cache=True, nogil=True, error_model="numpy")(_solve_py)


def setting(gamma: Any, psi: Any, lam: Any, n: Any, k: Any, delta: Any) -> tuple[Any, Any, Any, Any]:
    """(factor of H, n, k, delta) of the setting that was chosen; ValueError where it is not one, or out of range."""
    given = [v is not None for v in (gamma, psi, lam, n, k, delta)]
    if given == [True] * 3 + [False] * 3:
        name, penalty, psi = "lam", lam, within("psi", psi, lambda v: (v > 0) & np.isfinite(v), PSI)
        found = gamma * psi, 1.0, gamma, lam
    elif given == [False] * 3 + [True] * 3:
        name, penalty = "delta", delta
        k = within("k", k, lambda v: v > 0, "positive: the number of random features, or inf")
        if np.any(np.isinf(n) & np.isinf(k)):
            refuse("k", np.inf, "one of n and k must be finite")
        found = 1.0, n, k, delta
    else:
        name = "lam" if n is not None and lam is not None else "delta" if gamma is not None and delta is not None else "gamma"
        value = {"lam": lam, "delta": delta, "gamma": gamma}[name]
        refuse(name, value, "pass gamma=, psi=, lam= (H of mass 1), or n=, k=, delta= (H with multiplicities; delta = n lam)")
    if np.any(penalty < 0):
        refuse(name, float(np.min(penalty)), "random features take penalties >= 0; 0 is the ridgeless limit")
    return found


@guard(infinite=("n",))
def effective(
    H: Law, *, gamma: Any = None, psi: Any = None, lam: Any = None, n: Any = None, k: Any = None, delta: Any = None
) -> Effective:
    """The two effective ridges of the law `H`, (K), and the degrees of freedom.

    Either (`gamma` = k/n, `psi` = eigenvalues per feature, `lam`), all counts then per sample, or (`n`, `k`, `delta`), of which n
    or k may be inf; they broadcast, and need not be integers. A penalty of 0 is the limit from above: min(n_left, k_left) = 0
    where the mass of the positive eigenvalues is at least min(n, k), else kappa = 0. Raises ValueError on bad input, ConvergenceError
    where no root could be certified, and where kappa lies below what the analytic tail of an infinite spectrum resolves.

    Accuracy: every field within 2e-15 of 60-digit mpmath at 846 random points (up to 8 eigenvalues with multiplicities over 13 decades;
    n = k, k +- 1, k (1 + 1e-9), n and k at the mass of H; delta = 0 and 1e-18 to 1e6); the compression of many adds 5e-15.

    >>> from asymptotics import spectra
    >>> at = effective(spectra.multiplicities([1.0], [8]).H, n=4, k=4, delta=1)  # df1 = 8/(1 + kappa), (4 - df1)^2 kappa = 4
    >>> abs(float(at.n_left * at.k_left * at.kappa - 4)) < 1e-14
    True
    """
    arrays = np.broadcast_arrays(*setting(gamma, psi, lam, n, k, delta))
    shape = arrays[0].shape
    a, n, k, delta = (np.array(v, dtype=np.float64).ravel() for v in arrays)  # copies: one type for the kernel
    law, out = H.compressed(), np.empty((8, n.size))
    _solve(law.atoms, law.weights, law.above[0], law.above[1], law.tail, a, n, k, delta, out)
    kappa, df1, df2, slope, outside, gap, residual, rounds = out
    low = (law.tail > 0) & (kappa < law.resolved)
    bad = ~((residual <= 1e-13) & (gap >= 0)) | low  # 25 times what Newton stops at
    if np.any(bad):
        i = int(np.flatnonzero(bad)[0])
        causes = (
            f"kappa = {kappa[i]:.3g} is below what the analytic tail of this infinite spectrum resolves; take smaller n or k"
            if low[i]
            else "eigenvalues or sizes span more than the range of doubles"
        )
        what = f"effective ridges of random features (n = {n[i]:g}, k = {k[i]:g}, penalty {delta[i]:g})"
        raise ConvergenceError(what, residual=float(residual[i]), iterations=int(rounds[i]), causes=causes)
    n_left, k_left = gap + np.maximum(n - k, 0), gap + np.maximum(k - n, 0)
    kappa1 = kappa * np.divide(k_left, k, out=np.ones(k.shape), where=k < np.inf)
    spread = kappa * slope
    if H.reciprocal >= 0:  # of a law that reaches 0, which its nodes do not tell
        slope = np.where(kappa > 0, slope, a * H.reciprocal)
    values = (kappa, kappa1, df1, df2, n_left, k_left, spread, slope, outside)
    return Effective(**{name: v.reshape(shape) for name, v in zip(Effective.__slots__, values, strict=True)})
