r"""Ridge, also on random features, on n rows drawn without replacement from a finite pool of rows, tested on the rows left out.

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

Where k random features h(x) = k^-1/2 (<g_a, x>), g_a ~ N(0, I), stand for x, so that X X' is the mean of their kernel, it is
compressed a second time. With rho = (k - df1)/(k - df2) and C = sum kappa (s/(s + kappa))^2 beta^2, (3) holds with

    delta = N kappa (n - df1)/(N - df1) (k - df1)/k,                                                             (4)
    test  = n N (B + (1 - rho) C) / ((n - df1)(N - df1) + (N - n) rho (df1 - df2)),                              (5)

which are (1), (2) at k = infinity and `random_features` at N = infinity.

Source: derived here (free compression of a projection; the quadratic form on the left-out rows is the derivative of the
resolvent of X X' + c (1 - P) in 1/c at c = infinity); checked in tests against sampling and both limits. No printed source known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.conventions import check, refuse, theory, within
from asymptotics.errors import ConvergenceError
from asymptotics.risk import Risk

if TYPE_CHECKING:
    from asymptotics.spectra import Spectrum

Array = NDArray[np.float64]
_CHUNK = 2**20  # entries of one (points x atoms) array: 8 MiB


def _gap(e: Array, n: Array, k: Array) -> tuple[Array, Array]:
    """h = min(n, k) - df1 of h (h + |n - k|) = k e, and its derivative in e."""
    with np.errstate(invalid="ignore"):
        far = np.where(np.isinf(k), 1.0, np.abs(n / k - 1))
    root = np.sqrt(far**2 + 4 * e / k)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(e > 0, 2 * e / (far + root), 0.0), np.where(e > 0, 1 / root, 0.0)


def _kappa(s: Array, m: Array, n: Array, pool: Array, delta: Array, k: Array) -> Array:
    """Equation (4) in log kappa: min(n, k) - df1 rises, h of e = delta (1 - df1/N)/kappa falls."""
    rank, least = m.sum(), np.minimum(n, k)
    kappa = np.zeros_like(n)
    open_ = (delta > 0) | (least < rank)  # elsewhere ridgeless with enough rows and features, where kappa = 0
    if not open_.any():
        return kappa
    n, pool, delta, k, least = (v[open_, None] for v in (n, pool, delta, k, least))
    free = (pool - rank).clip(min=0)
    # df1(low) + h >= least and df1(high) + h <= least
    low = np.log(np.where(delta > 0, delta / pool, s.min() * (rank - least).clip(min=0) / least))
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.where(np.isinf(k), 1.0, np.abs(n / k - 1))
        reach = np.where(delta > 0, np.fmin(4 * k * delta / least**2, 2 * delta / (apart * least)), 0.0)
    high = np.maximum(np.log(np.maximum(2 * (m @ s) / least, reach)), low)
    t = 0.5 * (low + high)
    for iteration in range(200):  # noqa: B007
        x = np.exp(t)
        away = m * x / (s + x)
        missed = away.sum(1, keepdims=True)  # rank - df1
        spread = (away * s / (s + x)).sum(1, keepdims=True)
        e = delta * (free + missed) / (pool * x)
        h, rise = _gap(e, n, k)
        g = (least - rank) + missed - h
        slope = spread + rise * delta * (free + missed - spread) / (pool * x)
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


def _point(
    s: Array, m: Array, g: Array, w: Array, n: Array, pool: Array, delta: Array, k: Array, r2: Array, sigma2: Array
) -> list[Array]:
    kappa = _kappa(s, m, n, pool, delta, k)
    x, rank = kappa[:, None], m.sum()
    df1 = (m * s / (s + x)).sum(1)
    spread = (m * s * x / (s + x) ** 2).sum(1)  # df1 - df2
    left = (pool - rank).clip(min=0) + (m * x / (s + x)).sum(1)  # N - df1
    with np.errstate(divide="ignore", invalid="ignore"):
        h = np.where(kappa > 0, _gap(delta * left / (pool * kappa), n, k)[0], np.minimum(n, k) - rank)
        slack = h + (n - k).clip(min=0)  # n - df1
        wide = np.isinf(k)
        rest = h + np.where(wide, np.inf, k - n).clip(min=0)  # k - df1
        sure = wide | (spread == 0)
        rho, lost = np.where(sure, 1.0, rest / (rest + spread)), np.where(sure, 0.0, spread / (rest + spread))  # lost = 1 - rho
        miss = x / (g + x)
        level = r2 * (w * g * miss * (miss + lost[:, None] * (g / (g + x)))).sum(1) + sigma2
        below = slack * left + (pool - n) * rho * spread
        test = np.where(below > 0, n * pool * level / below, np.where(level > 0, np.inf, 0.0))  # (5)
        train = np.where(slack > 0, n * pool * level * (slack / n) ** 2 / below, 0.0)  # (3)
    return [test, train, kappa, df1, (m * (s / (s + x)) ** 2).sum(1)]


@theory
def ridge(spectrum: Spectrum, *, n: Any, pool: Any, delta: Any, k: Any = np.inf, r2: Any = 1.0, sigma2: Any = 1.0) -> Risk:
    """Test and training error of ridge on `n` rows of a pool of `pool` rows; delta = n lam, delta = 0 is ridgeless.

    spectrum: dimension-free, H with multiplicities (at most `pool` of them) and G the fractions of |beta|^2 = r2.
    k: the number of random features, inf for the rows themselves. n, pool, delta, k, r2, sigma2 broadcast. `test` is the mean over
    the rows left out (at n = pool, of rows left out one at a time), `gcv` its estimate from the training rows; at ridgeless
    n = min(k, rank) it is infinite. sigma2 is the pool's residual mean square |e|^2/N, not divided by N - p. Centred tables: pass
    n - 1 and pool - 1 and multiply `test` by 1 + 1/n (see theorems.data).

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
    arguments = (
        check("n", n),
        rows,
        check("delta", delta),
        within("k", k, lambda v: v > 0, "positive, or inf: the number of random features"),
        check("r2", r2),
        check("sigma2", sigma2),
    )
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
