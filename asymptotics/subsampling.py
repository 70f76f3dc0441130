r"""Ridge on n rows drawn without replacement from a finite pool of rows, tested on the rows left out.

The pool is a fixed table of N = `pool` rows; Sigma = X'X/N has eigenvalues s_i, y = X beta + e with X'e = 0, sigma2 = |e|^2/N.
The n training rows are chosen at random, P projects on them, beta_hat = (X'PX + delta I)^-1 X'Py. If the left singular vectors
of [X, e] are in general position (Haar), P is free from X X', and the resolvent on the training rows follows from
free compression: P(P XX' P + delta)^-1 P ~ (XX' + w)^-1 with w = delta + (N - n) w / (N - df1). With kappa = w/N,

    df1 = sum s/(s + kappa),   df2 = sum (s/(s + kappa))^2,
    delta = N kappa (n - df1) / (N - df1),                                                                       (1)
    B = sum (kappa/(s + kappa))^2 s beta^2 + sigma2,
    test  = n N B / ((n - df1)(N - df1) + (N - n)(df1 - df2)),                                                   (2)
    train = ((n - df1)/n)^2 test.                                                                                (3)

N -> infinity gives back the omniscient formula (n - df1 = delta/kappa, test = n B/(n - df2)); n = N gives generalised
cross-validation of the whole pool. By (3) GCV of the training part has the limit `test`. Nothing of the pool needs to be
corrected for its being a sample itself, and it may be wide (rank N, sigma2 = 0).

Source: derived here (free compression of a projection; the quadratic form on the left-out rows is the derivative of the
resolvent of X X' + c (1 - P) in 1/c at c = infinity); checked in tests against sampling and both limits. No printed source known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from asymptotics.conventions import check, refuse, theory
from asymptotics.errors import ConvergenceError
from asymptotics.risk import Risk

if TYPE_CHECKING:
    from asymptotics.spectra import Spectrum

Array = NDArray[np.float64]
_CHUNK = 2**20  # entries of one (points x atoms) array: 8 MiB


def _kappa(s: Array, m: Array, n: Array, pool: Array, delta: Array) -> Array:
    """Equation (1) in log kappa: g = (n - r) + sum (kappa - delta/N)/(s + kappa) - delta (1 - r/N)/kappa rises through zero."""
    rank = m.sum()
    kappa = np.zeros_like(n)
    open_ = (delta > 0) | (n < rank)  # elsewhere ridgeless with n >= r, where kappa = 0
    if not open_.any():
        return kappa
    n, pool, delta = n[open_, None], pool[open_, None], delta[open_, None]
    # df1(low) >= n and df1(high) <= n, by the smallest eigenvalue and by the trace
    low = np.log(np.where(delta > 0, delta / pool, s.min() * (rank - n).clip(min=0) / n))
    high = np.maximum(np.log((m @ s + delta) / n), low)
    t, free = 0.5 * (low + high), (1 - rank / pool).clip(min=0)
    for iteration in range(200):  # noqa: B007
        k = np.exp(t)
        away = m / (s + k)
        g = (n - rank) + ((k - delta / pool) * away).sum(1, keepdims=True) - delta * free / k
        slope = k * ((s + delta / pool) * away / (s + k)).sum(1, keepdims=True) + delta * free / k
        low, high = np.where(g < 0, t, low), np.where(g > 0, t, high)
        step = t - g / slope
        step = np.where((step > low) & (step < high), step, 0.5 * (low + high))
        moved = np.abs(step - t)
        t = step
        if np.all(moved <= 4 * np.finfo(float).eps * np.maximum(1, np.abs(t))):  # a step of round-off size in log kappa
            break
    else:
        raise ConvergenceError(
            "kappa of a finite pool",
            residual=float(np.abs(g).max()),
            iterations=iteration + 1,
            causes="eigenvalues that overflow",
        )
    kappa[open_] = np.exp(t[:, 0])
    return kappa


def _point(s: Array, m: Array, g: Array, w: Array, n: Array, pool: Array, delta: Array, r2: Array, sigma2: Array) -> list[Array]:
    kappa = _kappa(s, m, n, pool, delta)
    k, rank = kappa[:, None], m.sum()
    df1 = (m * s / (s + k)).sum(1)
    gap = (m * s * k / (s + k) ** 2).sum(1)  # df1 - df2
    left = (pool - rank).clip(min=0) + (m * k / (s + k)).sum(1)  # N - df1
    with np.errstate(divide="ignore", invalid="ignore"):
        slack = np.where(kappa > 0, delta * left / (pool * kappa), (n - rank).clip(min=0))  # n - df1, by (1)
        level = r2 * (w * g * (k / (g + k)) ** 2).sum(1) + sigma2
        below = slack * left + (pool - n) * gap
        test = np.where(below > 0, n * pool * level / below, np.where(level > 0, np.inf, 0.0))  # (2)
        train = np.where(slack > 0, n * pool * level * (slack / n) ** 2 / below, 0.0)  # (3)
    return [test, train, kappa, df1, df1 - gap]


@theory
def ridge(spectrum: Spectrum, *, n: float, pool: float, delta: float, r2: float = 1.0, sigma2: float = 1.0) -> Risk:
    """Test and training error of ridge on `n` rows of a pool of `pool` rows; delta = n lam, delta = 0 is ridgeless.

    spectrum: dimension-free, H with multiplicities (at most `pool` of them) and G the fractions of |beta|^2 = r2.
    n, pool, delta, r2, sigma2 broadcast. `test` is the mean over the rows left out (at n = pool, of rows left out one at a time),
    `gcv` its estimate from the training rows; at ridgeless n = rank it is infinite. sigma2 is the pool's residual mean square
    |e|^2/N, not divided by N - p. Centred tables: pass n - 1 and pool - 1 and multiply `test` by 1 + 1/n (see theorems.data).

    Raises ValueError for n > pool, delta < 0, more nonzero eigenvalues than rows; ConvergenceError was never seen.
    Accuracy: 1e-13 relative against 60-digit mpmath over n <= pool <= 10^4, delta in {0} and [1e-16, 1e4], n = rank included.

        >>> from asymptotics import spectra, subsampling
        >>> ten = spectra.multiplicities([1.0], [10])
        >>> float(subsampling.ridge(ten, n=20, pool=40, delta=0, sigma2=3.0).test)  # n N sigma2 / ((n - p)(N - p))
        8.0
    """
    rows = np.asarray(pool, dtype=np.float64)
    if not np.all((rows > 0) & np.isfinite(rows)):
        refuse("pool", pool, "it must be positive and finite: the number of rows of the whole table")
    arguments = (check("n", n), rows, check("delta", delta), check("r2", r2), check("sigma2", sigma2))
    if np.any(arguments[0] > rows):
        refuse("n", float(arguments[0].max()), "no more rows can be drawn without replacement than the pool has: n <= pool")
    if np.any(arguments[2] < 0):
        refuse("delta", float(arguments[2].min()), "a finite pool is predicted for delta >= 0 only")
    H, G = spectrum.H, spectrum.G
    keep = np.asarray(H.atoms) > 0
    s, m = np.asarray(H.atoms, dtype=np.float64)[keep], np.asarray(H.weights, dtype=np.float64)[keep]
    if not len(s) or np.any(m.sum() > rows * (1 + 1e-12)) or np.any(np.asarray(H.tail) != 0):  # 1e-12: counts summed in floats
        refuse("spectrum", spectrum, "it needs between one and `pool` nonzero eigenvalues, with their multiplicities")
    g, w = np.asarray(G.atoms, dtype=np.float64), np.asarray(G.weights, dtype=np.float64)
    shape = np.broadcast_shapes(*(a.shape for a in arguments))
    flat = [np.broadcast_to(a, shape).ravel() for a in arguments]
    block = max(1, _CHUNK // len(s))
    parts = [_point(s, m, g, w, *(a[i : i + block] for a in flat)) for i in range(0, max(1, flat[0].size), block)]
    test, train, kappa, df1, df2 = (np.concatenate(p).reshape(shape) for p in zip(*parts, strict=True))
    return Risk(test=test, train=train, gcv=test, kappa=kappa, df1=df1, df2=df2)
