r"""The effective ridge: the one scalar from which the risks of ridge regression follow.

    n = int s/(s + kappa) dH(s) + delta/kappa,      its largest root kappa,                                  (K)
    df1 = int s/(s + kappa) dH,   df2 = int (s/(s + kappa))^2 dH,   gap = n - df2,   d kappa/d delta = 1/gap.

The proportional setting is n = 1, H -> gamma H, delta = lam: every quantity is then per sample. The branch is n > df2; delta may
be negative down to the edge, where n = df2. With q = kappa/(s + kappa), and M the mass of atoms above kappa in double-double,

    n - df1 = (n - M) + sum_{s > kappa} q - sum_{s <= kappa} (1 - q),                                        (1)
    n - df2 = delta/kappa + kappa int s/(s + kappa)^2 dH.                                                    (2)

(1) makes (K) an equation pos = neg between sums of positive terms, and log(pos/neg) falls with a slope between 1/2 and 2 in
log kappa: Newton's method converges from anywhere, at n = p with delta = 1e-16 too. In (2) nothing cancels for delta >= 0.

Source: silverstein1995empirical (kappa is 1/companion transform); hastie2022surprises, Theorem 5 (numbering from memory).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from asymptotics.conventions import refuse, theory
from asymptotics.errors import ConvergenceError
from asymptotics.laws import Law

Value = NDArray[np.float64] | float

ROUNDING = 4e-15  # of sums of a hundred terms
ROUNDS = 200  # Newton takes 5 to 10; bisection of 600 decades in log kappa to the last bit takes 64
_OK, _BELOW, _STALLED, _UNRESOLVED = range(4)


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
    # the kappa where df2 = n, with residual and rounds
    m = s.size
    least = s[m - 1]
    whole = _excess(high, low, m, a, n)
    if whole == 0.0 and tail == 0.0:
        return 0.0, 0.0, 0
    if whole > 0.0:
        second = 0.0
        for i in range(m):
            second += w[i] * s[i] * s[i]
        # a M (least/(least + k))^2 <= df2 <= a int s^2 dH / k^2
        bottom = least * (whole / n) / (1.0 + np.sqrt(1.0 + whole / n))
        top = np.sqrt(a * second / n)
        return _root(s, w, high, low, a, n, 0.0, True, bottom, top, _start(s, high, a, n), ROUNDING)
    if tail > 0.0:
        return 0.0, np.inf, 0
    # all of H lies above -kappa = y: a int q(2 + q) dH = n - a M, q = y/(s - y), in the variable log(y/(least - y))
    need = -whole
    low_q = need / (a * high[m - 1])
    high_q = need / (a * w[m - 1])
    bottom = np.log(low_q / (1.0 + np.sqrt(1.0 + low_q)))
    top = np.log(high_q / (1.0 + np.sqrt(1.0 + high_q)))
    z = bottom
    y = 0.0
    step = np.inf
    for rounds in range(1, ROUNDS + 1):
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
        if abs(step) <= ROUNDING:
            return -y, abs(step), rounds
        new = z - step
        if not (bottom <= new <= top):
            new = 0.5 * (bottom + top)
        if new == z:
            return -y, abs(step), rounds
        z = new
    return -y, abs(step), ROUNDS


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


def _solve_py(s, w, high, low, tail, resolved, a, n, delta, out, edges, status):
    # out: kappa, df1, df2, gap, ddf1, ddf2, residual, rounds;  edges: the smallest penalty, where it was asked for
    m = s.size
    first = 0.0
    for i in range(m):
        first += w[i] * s[i]
    for point in range(n.size):
        aa, nn = a[point], n[point]
        D = delta[point] + aa * tail  # what is not resolved acts as more ridge
        whole = _excess(high, low, m, aa, nn)
        k, residual, rounds, edge = 0.0, 0.0, 0, -np.inf
        status[point] = _OK
        if D < 0.0:
            edge, residual, rounds = _edge(s, w, high, low, tail, aa, nn)
            square = 0.0
            for i in range(m):
                square += w[i] * (edge / (s[i] + edge)) * (edge / (s[i] + edge)) * s[i]
            edges[point] = -aa * square - aa * tail  # at the edge n - df1 = -kappa int s/(s + kappa)^2 dH
            if delta[point] <= edges[point] and residual <= 1e-13:
                status[point] = _BELOW
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
                elif whole < 0.0:
                    start = K / -whole
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
            status[point] = _UNRESOLVED
        elif not (residual <= 1e-13 and gap >= 0.0):  # 25 times what Newton stops at
            status[point] = _STALLED
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


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveRidge:
    """kappa and what follows from it; every field has the broadcast shape of the arguments.

    `gap` = n - df2 > 0, `dkappa` = d kappa/d delta = 1/gap (inf at kappa = 0 with n = p), `ddf1`, `ddf2` the derivatives of df1
    and df2 in delta; `residual` is the certificate: the relative error left in kappa (delta >= 0), or the relative change of the
    penalty that would make it exact (delta < 0).
    """

    kappa: Value
    df1: Value
    df2: Value
    gap: Value
    dkappa: Value
    ddf1: Value
    ddf2: Value
    residual: Value


def _setting(gamma: ArrayLike | None, n: ArrayLike | None) -> tuple[ArrayLike, ArrayLike]:
    # (factor of H, n) of the setting that was chosen
    if gamma is not None and n is None:
        return gamma, 1.0
    if n is not None and gamma is None:
        return 1.0, n
    refuse("gamma", gamma, "pass gamma= and lam= (H of mass 1), or n= and delta= (H with multiplicities)")


@theory
def effective_ridge(
    H: Law,
    *,
    gamma: ArrayLike | None = None,
    lam: ArrayLike | None = None,
    n: ArrayLike | None = None,
    delta: ArrayLike | None = None,
) -> EffectiveRidge:
    """The effective ridge of the law `H`: the root of (K), degrees of freedom, their derivatives.

    Either `gamma` > 0 and `lam`, or `n` > 0 and `delta`; they broadcast. A penalty of 0 is the limit from above: kappa = 0 where
    the mass of the positive eigenvalues is at most n. Penalties may be negative, above `edge`.

    Raises ValueError below the edge; ConvergenceError where no root could be certified, and where kappa lies below what the
    analytic tail of an infinite spectrum resolves.

    Accuracy: kappa, df1, df2, gap within 1e-14 of 60-digit mpmath for penalties >= 0: up to 40 eigenvalues of up to 25 decades,
    with clusters 20 decades apart, n = p, n = p/2, n at a cluster's mass, delta from 1e-16 to 1e4. Negative penalties: kappa is as
    exact as the condition number |delta|/(kappa gap) of the root allows, 1e-13 at a hundredth from the edge.

    >>> from asymptotics.spectra import isotropic
    >>> float(effective_ridge(isotropic().H, gamma=2.0, lam=0.0).kappa)  # 1 = 2/(1 + kappa)
    1.0
    """
    if (gamma is None) != (lam is None) or (n is None) != (delta is None):
        refuse("lam" if gamma is not None else "delta", None, "pass gamma= with lam=, or n= with delta=")
    a, size = _setting(gamma, n)
    name, given = ("lam", lam) if lam is not None else ("delta", delta)
    arrays = np.broadcast_arrays(a, size, given)  # type: ignore[arg-type]
    shape = arrays[0].shape
    # copies: one type for the kernel
    factor, samples, penalty = (np.array(v, dtype=np.float64).ravel() for v in arrays)
    law = H.compressed()
    out, edges, status = np.empty((8, factor.size)), np.empty(factor.size), np.empty(factor.size, dtype=np.int64)
    _solve(
        law.atoms, law.weights, law.above[0], law.above[1], law.tail, law.resolved, factor, samples, penalty, out, edges, status
    )
    if np.any(status != _OK):
        _raise(name, penalty, out, edges, status)
    kappa, df1, df2, gap, ddf1, ddf2, residual, _ = out.reshape(8, *shape)
    with np.errstate(divide="ignore"):  # n = p without penalty: kappa leaves 0 with infinite slope
        dkappa = 1 / gap
    return EffectiveRidge(kappa=kappa, df1=df1, df2=df2, gap=gap, dkappa=dkappa, ddf1=ddf1, ddf2=ddf2, residual=residual)


def _raise(
    name: str, penalty: NDArray[np.float64], out: NDArray[np.float64], edges: NDArray[np.float64], status: NDArray[np.int64]
) -> None:
    i = int(np.flatnonzero(status != _OK)[0])
    if status[i] == _BELOW:
        refuse(
            name,
            float(penalty[i]),
            f"the smallest penalty that keeps df2 < n is {edges[i]:.12g} (exclusive); see equivalents.edge",
        )
    if status[i] == _UNRESOLVED:
        causes = f"kappa = {out[0, i]:.3g} is below what the analytic tail of this infinite spectrum resolves; take smaller n"
    else:
        causes = "the penalty is at its edge to rounding, or eigenvalues span more than the range of doubles"
    raise ConvergenceError(
        f"effective ridge ({name} = {penalty[i]:g})", residual=float(out[6, i]), iterations=int(out[7, i]), causes=causes
    )


@theory
def edge(H: Law, *, gamma: ArrayLike | None = None, n: ArrayLike | None = None) -> Value:
    """The smallest penalty (exclusive), <= 0: `lam` for `gamma`, `delta` for `n`; there df2 = n.

    >>> from asymptotics.spectra import isotropic
    >>> round(float(edge(isotropic().H, gamma=4.0)), 12)  # -(1 - sqrt(gamma))^2
    -1.0
    """
    a, size = np.broadcast_arrays(*_setting(gamma, n))
    law, result = H.compressed(), np.empty(a.shape)
    for i in np.ndindex(*a.shape):
        k, residual, rounds = _edge(law.atoms, law.weights, law.above[0], law.above[1], law.tail, float(a[i]), float(size[i]))
        if not residual <= 1e-13 or (law.tail > 0 and k < law.resolved):  # 25 times what Newton stops at
            raise ConvergenceError("edge", residual=residual, iterations=rounds, causes="kappa there is not resolved by the tail")
        result[i] = -float(a[i]) * (float(np.dot(law.weights, law.atoms * (k / (law.atoms + k)) ** 2)) + law.tail)
    return result + 0.0  # no -0.0
