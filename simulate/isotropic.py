r"""Ridge and ridgeless least squares on isotropic Gaussian designs, exactly, in O(n) a draw and penalty.

Model: y = X beta + noise, X of n x p independent standard normals, beta_hat = (X'X + delta I)^-1 X'y with delta = n lam.

The signal is uniform on the sphere of squared norm r2, and is averaged over with the noise: the risks are traces of functions of
X'X. Householder reflections turn X into an upper bidiagonal B = U X V whose squared entries are independent chi-squares:

    q_i = B_ii^2 ~ chi2(n - i + 1),    e_i = B_{i,i+1}^2 ~ chi2(p - i),    i = 1, ..., m = min(n, p),      (1)

with e_m absent where p <= n; for p > n, B is n x (n + 1) and p - n - 1 further directions are null.
B is a path: column 1, row 1, column 2, row 2, ... with edges q_1, e_1, q_2, .... Cut at column i, the part below gives

    a_i = delta [(B'B + delta)^-1]_ii,   b_i = delta^2 [(B'B + delta)^-2]_ii,   rho_i = [B'B (B'B + delta)^-2]_ii,

the (1, 1) entries for the trailing block that starts with column i, and with w = 1 / (e_i a_{i+1} + delta + q_i)

    a_i = (e_i a_{i+1} + delta) w,   b_i = a_i^2 + q_i e_i w^2 b_{i+1},   rho_i = q_i w^2 (1 + e_i rho_{i+1}).   (2)

They start from a = b = 1, rho = 0 (and e_m = 0 where p <= n). The part above obeys the same recursion, with q and e in each
other's place; its values carry hats. Rows join the two: for row i, with G_i = 1 / (delta + e_i a_{i+1} + q_i a^_i),

    [(BB' + delta)^-1]_ii = G_i,   [(BB' + delta)^-2]_ii = G_i^2 (1 + e_i rho_{i+1} + q_i rho^_i),
    [BB' (BB' + delta)^-2]_ii = G_i^2 (e_i b_{i+1} + q_i b^_i),
    [(BB')^2 (BB' + delta)^-2]_ii = G_i^2 ((e_i a_{i+1} + q_i a^_i)^2 + delta^2 (e_i rho_{i+1} + q_i rho^_i)),   (3)

the last for 1 - delta G_i = G_i (e_i a_{i+1} + q_i a^_i). Nothing is ever subtracted, and every quantity stays bounded
as delta -> 0, so that (2) and (3) hold at delta = 0 as they stand.

Source: golub2013matrix, section 5.4 (the reduction); dumitriu2002matrix, section 3 (the chi entries); numbering from memory.
(2) and (3) are derived here: Schur complements of B'B + delta and BB' + delta, and their derivatives in delta.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from simulate.conventions import features, refuse, simulator
from simulate.draws import Draws

FIELDS = ("bias", "variance", "train", "gcv", "norm2")


def _chi_squares_py(n, p, q, e, rng):
    """Fill q, e with the squared bidiagonal of one draw, equation (1); e[-1] = 0 where p <= n."""
    m = len(q)
    for i in range(m):
        q[i] = 2.0 * rng.standard_gamma(0.5 * (n - i))
        e[i] = 2.0 * rng.standard_gamma(0.5 * (p - i - 1)) if p - i - 1 > 0 else 0.0


_chi_squares = njit(cache=True, nogil=True)(_chi_squares_py)


def _risk_py(n, p, delta, r2, sigma2, q, e, below, out):
    """The five FIELDS at one penalty from one squared bidiagonal, equations (2) and (3); `below` is workspace (m, 3).

    rho is carried as c rho with c = max(delta, 1): neither delta^2 nor delta^-2 is ever formed.
    """
    m = len(q)
    c = max(delta, 1.0)
    x = delta / c
    a, b, rho = 1.0, 1.0, 0.0
    for i in range(m - 1, -1, -1):
        below[i, 0], below[i, 1], below[i, 2] = a, b, rho
        ea = e[i] * a + delta
        w = 1.0 / (ea + q[i])
        qw, ew = q[i] * w, e[i] * w
        a = ea * w
        b = a * a + qw * ew * b
        rho = qw * (c * w + ew * rho)
    a, b, rho = 1.0, 1.0, 0.0
    g1, g2, spread, fit = 0.0, 0.0, 0.0, 0.0
    for i in range(m):
        qa = q[i] * a
        ea = e[i] * below[i, 0]
        g = 1.0 / (ea + qa + delta)
        eg, qg, cg = e[i] * g, q[i] * g, c * g
        both = eg * below[i, 2] + qg * rho
        hat = (ea + qa) * g
        g1 += cg  # c tr (BB' + delta)^-1
        g2 += cg * (cg + both)  # c^2 tr (BB' + delta)^-2
        spread += cg * (eg * below[i, 1] + qg * b)  # c tr BB' (BB' + delta)^-2
        fit += hat * hat + x * x * cg * both  # tr (BB')^2 (BB' + delta)^-2
        qa += delta
        w = 1.0 / (qa + e[i])
        qw, ew = q[i] * w, e[i] * w
        a = qa * w
        b = a * a + qw * ew * b
        rho = ew * (c * w + qw * rho)
    each = r2 / p  # of the signal's energy in any direction
    residual = each * c * spread + sigma2 * g2
    variance = sigma2 * spread / c
    idle = float(n - m)  # directions of the samples that no feature reaches
    out[0] = each * (float(p - m) + x * x * g2)
    out[1] = variance
    error = x * x * residual + sigma2 * idle
    free = x * g1 + idle  # n (1 - df1 / n)
    out[2] = error / n
    out[3] = n * residual / (g1 * g1) if idle == 0.0 else n * error / (free * free)
    out[4] = each * fit + variance


_risk = njit(cache=True, nogil=True)(_risk_py)


def _draw_py(n, p, deltas, r2, sigma2, out, rng):
    """Fill out (draws, penalties, 5): one bidiagonal a draw, two sweeps a penalty."""
    m = min(n, p)
    q, e, below = np.empty(m), np.empty(m), np.empty((m, 3))
    for k in range(out.shape[0]):
        _chi_squares(n, p, q, e, rng)
        for j in range(len(deltas)):
            _risk(n, p, deltas[j], r2, sigma2, q, e, below, out[k, j])


_draw = njit(cache=True, nogil=True)(_draw_py)


def _moments(*, n: int, gamma: float, lam: ArrayLike = 0.0, sigma2: float = 1.0, of: str | None = None, **_: Any) -> float:
    """Moments that the field `of` has (every field by default): all, or |p - n| // 2 where a ridgeless fit meets noise.

    The smallest nonzero eigenvalue of X'X has density ~ x^((|p - n| + 1)/2 - 1) at 0 and the variance is about sigma2 over it:
    its k-th moment is finite iff 2k < |p - n| + 1. For lam > 0 the risk is at most r2 + sigma2 min(n, p) / (4 n lam), and
    without noise it is at most r2. Ridgeless bias and train are bounded, and gcv <= n (sigma2 + r2 lambda_max(X'X)).
    """
    if of in ("bias", "train", "gcv") or sigma2 == 0 or np.all(np.asarray(lam) > 0):
        return math.inf
    return abs(features(n, gamma) - n) // 2


@simulator(moments=_moments, cost=1.0)
def ridge(
    *,
    n: int,
    gamma: float,
    lam: ArrayLike = 0.0,
    r2: float = 1.0,
    sigma2: float = 1.0,
    draws: int,
    rng: np.random.Generator,
) -> Draws:
    r"""Draws of the risk of ridge regression on n x round(gamma n) independent standard normals; lam = 0 is ridgeless.

    Each value is the expectation given X over the noise of the labels and the direction of the signal: exactly distributed as, and
    not an approximation to, the dense simulation. `lam` is a scalar or an array; all penalties of a draw share their X.
    Fields of shape (draws, *lam.shape):

    * bias = (r2/p) delta^2 tr (X'X + delta)^-2, which is r2 (1 - n/p)_+ in every ridgeless draw;
      variance = sigma2 tr X'X (X'X + delta)^-2, excess = estimation = bias + variance, test = excess + sigma2;
    * norm2 = E |beta_hat|^2 = (r2/p) tr (X'X)^2 (X'X + delta)^-2 + variance;
    * train = E |y - X beta_hat|^2 / n, and gcv = train / (1 - df1/n)^2 with df1 = tr X'X (X'X + delta)^-1: the expectation is of the
      numerator, the denominator depends on X alone. At lam = 0 <= p - n both vanish, and gcv is the limit of their ratio;
    * loo is None: the law of the score needs the rows of X. Its mean is the mean of `test` for n - 1 samples at the same p and n lam.

    Memory is O(min(n, p)); with the same rng the first draws do not depend on how many follow.

    Raises ValueError for a negative penalty and for what `simulate.conventions` refuses.

    Accuracy: relative error of every field at most 2e-15 against 60-digit linear algebra on the same B (n, p <= 35, half of them with
    |p - n| <= 1; n lam = 0 or in [1e-16, 1e12]); against extended precision at n = 20 000 to 200 000, at most 2e-14 for n lam >= 1 and
    1e-12 for n lam = 1e-8 at p = n. Finite for n lam from 1e-300 to 1e300.

    >>> import numpy as np
    >>> d = ridge(n=100, gamma=2, lam=[0, 0.5], r2=5, sigma2=1, draws=3, rng=np.random.default_rng(1))
    >>> d.excess.shape
    (3, 2)
    >>> bool(np.all(d.test == d.excess + 1) and np.all(d.train[:, 0] == 0))
    True
    >>> ridge.moments(n=100, gamma=1.02, lam=0), ridge.moments(n=100, gamma=1, lam=0), ridge.moments(n=100, gamma=1, lam=0.1)
    (1, 0, inf)
    """
    penalties = np.asarray(lam, dtype=np.float64)
    if np.any(penalties < 0):
        refuse("lam", lam, "the exact sampler takes lam >= 0 (0 is ridgeless); simulate.ridge.ridge is dense and goes below")
    out: NDArray[np.float64] = np.empty((draws, penalties.size, len(FIELDS)))
    _draw(int(n), features(n, gamma), n * penalties.ravel(), float(r2), float(sigma2), out, rng)
    out = np.moveaxis(out, -1, 0).reshape(len(FIELDS), draws, *penalties.shape)
    found = dict(zip(FIELDS, np.ascontiguousarray(out), strict=True))
    excess = found["bias"] + found["variance"]
    return Draws(**found, excess=excess, test=excess + sigma2, estimation=excess)
