r"""Risks of ridge regression given the rows X (n x p) that were drawn: expectations over noise and signal, exact.

Labels are y = X beta + noise. The signal's direction is uniform on a sphere, so that it enters by E beta beta' = D = diag(v), in
the basis of the rows: v_j = r2/q in the q directions that it may have, 0 elsewhere. With delta = n lam, K = X X',
G = (K + delta)^-1, M = X'G X (what the fit keeps of beta), A = I - M, and where p < n with R = (X'X + delta)^-1, A = delta R:

    bias  tr(S A D A)                         variance  sigma2 tr(S X'G^2 X)
    train tr(E X D X'E + sigma2 E^2)/n        loo   mean_i (E X D X'E + sigma2 E^2)_ii / E_ii^2        E = I - H = delta G
    norm2 tr(D M^2) + sigma2 tr(X'G^2 X)      estimation  tr(D A^2) + sigma2 tr(X'G^2 X)

GCV and leave-one-out depend on E up to a factor, so G stands for it where p >= n: their ridgeless limits are then plain values.
As A^2 = I - M - delta X'G^2 X and M^2 = M - delta X'G^2 X, all but the bias asks for diagonals only, and so does the bias where
D or S is a multiple of I. One factorisation serves a whole grid of penalties. Two routes:

`exact`     for any population covariance S, a matrix or the vector of its diagonal.
`one_more`  for p > n, D = v I and S = diag(s): draw n + 1 rows and factor their Gram matrix, P = (K + delta)^-1. Left out, row i has

    (P^2)_ii / P_ii^2 - 1 = |G_(-i) X_(-i) x_i|^2,     (P - delta P^2)_ii / P_ii^2 = x_i' A_(-i)^2 x_i,

            of means tr(S X'G^2 X) and tr(S A^2), for x_i is independent of the others: no second product of n^2 p flops. All else
            is exact for the first n rows, by the downdate G = P - k k'/k_last, k = P e_last.

Where S = s I and D = v I the diagonals of G and G^2 say all, without that product and without a row more.

Why both: at n = 1000, p = 2000 and one penalty the second product alone costs as much as the floor (normals, Gram matrix,
Cholesky), and `one_more` takes 0.48 of the time of `exact`. Its scatter squared, over that of `exact`, was 3.8 in `excess` there
(ar1:0.7, lam = 0.05, r2 = sigma2; 3.4 to 10 at n = 320): `exact` is the better buy wherever many draws are averaged. At large n one
draw does: its standard deviation is then 0.2 % of the excess by `one_more`, 0.1 % by `exact`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulate._gram import DWARFED, factor, inverse
from simulate.draws import Draws

Array = NDArray[np.float64]
Fields = dict[str, Array]

LARGE = 512  # samples from which one draw scatters little and is dear: less time is then worth more than less scatter


class _Residual(NamedTuple):
    """E up to `factor`, and the diagonals (n, L) of E X D X'E, E and E^2."""

    signal: Array
    diagonal: Array
    square: Array
    factor: Array | float  # (L,)

    def scores(self, sigma2: float) -> Fields:
        n = len(self.diagonal)
        total = self.signal.sum(axis=0) + sigma2 * self.square.sum(axis=0)
        return {
            "train": self.factor**2 * total / n,
            "gcv": n * total / self.diagonal.sum(axis=0) ** 2,
            "loo": np.mean((self.signal + sigma2 * self.square) / self.diagonal**2, axis=0),
        }


def _risks(bias: Array, kept: Array, missed: Array, spread: Array, trace: Array, sigma2: float) -> Fields:
    """From tr(S A D A), tr(D M^2), tr(D A^2), tr(S X'G^2 X) and tr(X'G^2 X); (L,) each."""
    bias, variance = np.maximum(bias, 0.0), sigma2 * spread  # a bias of zero is met to round-off
    return {
        "bias": bias,
        "variance": variance,
        "excess": bias + variance,
        "test": bias + variance + sigma2,
        "norm2": kept + sigma2 * trace,
        "estimation": missed + sigma2 * trace,
    }


def flat(a: Array) -> bool:
    """Whether diag(a) is a multiple of I."""
    return a.ndim == 1 and bool(a.min() == a.max())


def _times(a: Array, S: Array) -> Array:
    return a * S if S.ndim == 1 else a @ S


def _trace(S: Array) -> float:
    return float(S.sum() if S.ndim == 1 else S.trace())


def _exact_one(X: Array, delta: Array, v: Array, S: Array, sigma2: float) -> Fields | None:
    """`exact` at one penalty, by Cholesky and one product T = G X = X R; None where digits are lacking."""
    found = inverse(X, delta)
    if found is None:
        return None
    G, diagonal, square = found  # or R
    d, wide = float(delta[0]), X.shape[0] <= X.shape[1]
    T = G @ X if wide else X @ G
    squares, weighted = T**2, _times(T, S)
    column = squares.sum(axis=0)  # the diagonal of X'G^2 X
    spread = np.vdot(weighted, T)
    if wide:
        kept = np.einsum("ij,ij->j", X, T) - d * column
        missed = 1 - kept - 2 * d * column
        residual = _Residual((squares @ v)[:, None], diagonal[:, None], square[:, None], delta)
    else:  # H = X T', H^2 = H - delta T T'
        kept, missed = 1 - 2 * d * diagonal + d**2 * square, d**2 * square
        row = 1 - np.einsum("ij,ij->i", X, T)
        residual = _Residual(d**2 * (squares @ v)[:, None], row[:, None], (row - d * squares.sum(axis=1))[:, None], 1.0)
    if flat(v):
        bias = _trace(S) - np.vdot(weighted, X) - d * spread if wide else d**2 * np.vdot(_times(G, S), G)
        bias *= v[0]
    elif flat(S):
        bias = S[0] * (v @ missed)
    else:
        on = np.flatnonzero(v)
        left = -(T[:, on].T @ X) if wide else d * G[on]  # the rows of A in which the signal lies
        left[np.arange(len(on)), on] += wide
        bias = v[on] @ np.einsum("ij,ij->i", _times(left, S), left)
    one = np.array([[bias], [v @ kept], [v @ missed], [spread], [column.sum()]])
    return residual.scores(sigma2) | _risks(one[0], one[1], one[2], one[3], one[4], sigma2)


def _exact_grid(X: Array, delta: Array, v: Array, S: Array, sigma2: float) -> Fields:
    """`exact` for any penalties, from one eigendecomposition."""
    c, basis, product = factor(X, delta)
    wide = X.shape[0] <= X.shape[1]
    f = 1 / (c[:, None] + delta)
    left = basis if wide else X @ basis if product is None else product
    right = basis.T if not wide else basis.T @ X if product is None else product
    weighted, squares = _times(right, S), left**2
    of_S, of_D = np.einsum("ij,ij->i", weighted, right), right**2 @ v
    g = f if wide else delta * f  # E X B = left g right B, A = [I -] right' g right, for D = B B'
    if flat(v):
        signal = squares @ (of_D[:, None] * g**2)
    else:
        B = right[:, v > 0] * np.sqrt(v[v > 0])
        signal = np.stack([np.sum(((left * h) @ B) ** 2, axis=1) for h in g.T], axis=1)
    if wide:
        residual = _Residual(signal, squares @ f, squares @ f**2, delta)
        lost, kept, spread = f + delta * f**2, of_D @ (c[:, None] * f**2), of_S @ f**2
        missed = v.sum() - of_D @ lost
    else:
        residual = _Residual(signal, 1 - squares @ f, 1 - squares @ (2 * f - c[:, None] * f**2), 1.0)
        kept, missed, spread = of_D @ (c[:, None] * f) ** 2, of_D @ g**2, of_S @ (c[:, None] * f**2)
    if flat(v):
        bias = v[0] * (_trace(S) - of_S @ lost if wide else of_S @ g**2)
    elif flat(S):
        bias = S[0] * missed
    else:
        SD = _times(right, v)
        bias = np.einsum("il,il->l", g, ((weighted @ right.T) * (SD @ right.T)) @ g)
        if wide:
            bias += v @ (S if S.ndim == 1 else S.diagonal()) - 2 * np.einsum("ij,ij->i", weighted, SD) @ g
    return residual.scores(sigma2) | _risks(bias, kept, missed, spread, c @ f**2, sigma2)


def exact(X: Array, delta: Array, *, v: Array, S: Array, sigma2: float) -> Fields:
    """Every field of Draws, (L,) each, given X (n, p); v (p,): E beta_j^2; S (p, p), or (p,) if diagonal.

    Raises ValueError where a penalty is at a pole, or is zero and X has not full rank.
    """
    if flat(v) and flat(S) and X.shape[0] <= X.shape[1]:
        diagonal, square, shrunk, *_ = _diagonals(X, delta)
        return _from_diagonals(X.shape[1], delta, v[0], S[0], sigma2, diagonal, square, shrunk)
    return _exact_one(X, delta, v, S, sigma2) or _exact_grid(X, delta, v, S, sigma2)


def _diagonals(X: Array, delta: Array) -> tuple[Array, Array, Array, Array, Array]:
    """The diagonals of P = (X X' + delta)^-1, P^2 and P X X'P, and the last columns of P and P^2; (n, L) each."""
    if found := inverse(X, delta):
        P, diagonal, square = found[0], found[1][:, None], found[2][:, None]
        return diagonal, square, diagonal - delta * square, P[:, -1:], P @ P[:, -1:]
    c, basis, _ = factor(X, delta)
    f = 1 / (c[:, None] + delta)
    f2, e = f * f, basis[-1][:, None]
    diagonals = np.split(basis**2 @ np.concatenate([f, f2, c[:, None] * f2], axis=1), 3, axis=1)
    columns = np.split(basis @ np.concatenate([f * e, f2 * e], axis=1), 2, axis=1)
    return (*diagonals, *columns)  # type: ignore[return-value]


def _from_diagonals(
    p: int,
    delta: Array,
    v: float,
    s: float,
    sigma2: float,
    diagonal: Array,
    square: Array,
    shrunk: Array,
    drawn: tuple[Array, Array] | None = None,
) -> Fields:
    """All fields for D = v I from the diagonals of G, G^2 and G K G; tr(S A^2) and tr(S X'G^2 X) as `drawn`, or S = s I."""
    n, trace = len(diagonal), shrunk.sum(axis=0)
    missed = p - n + delta**2 * square.sum(axis=0)
    kept = n - delta * (diagonal.sum(axis=0) + trace)
    loss, spread = drawn or (s * missed, s * trace)
    scores = _Residual(v * shrunk, diagonal, square, delta).scores(sigma2)
    return scores | _risks(v * loss, v * kept, v * missed, spread, trace, sigma2)


def one_more(X: Array, delta: Array, *, v: Array, s: Array, sigma2: float) -> Fields:
    """As `exact` for the first n of n + 1 rows X (n < p) where D = v I, S = diag(s); bias and variance average over the row left out."""
    diagonal, square, shrunk, last, last2 = _diagonals(X, delta)
    drawn = np.mean(shrunk / diagonal**2, axis=0), np.mean(square / diagonal**2 - 1, axis=0)
    ratio = (last / last[-1])[:-1]  # the downdate: G = P - k k'/k_last, on the first n rows
    diagonal = diagonal[:-1] - ratio * last[:-1]
    square = square[:-1] - 2 * ratio * last2[:-1] + ratio**2 * last2[-1]
    return _from_diagonals(X.shape[1], delta, v[0], s[0], sigma2, diagonal, square, diagonal - delta * square, drawn)


def extra_rows(n: int, s: Array, v: Array, delta: Array, degrees: float = math.inf) -> int:
    """How many rows more than n to draw for `diagonal`: one where that pays, which then takes `one_more`.

    Left-out rows enter by |x|^2, so rows that lack moments take `exact`; so does a penalty that dwarfs the Gram matrix.
    """
    dear = len(s) > n >= LARGE and math.isinf(degrees)
    return int(dear and flat(v) and not flat(s) and float(delta.max()) <= DWARFED * s.sum())


def diagonal(X: Array, delta: Array, *, n: int, v: Array, s: Array, sigma2: float) -> Fields:
    """Every field of Draws for n of the rows X, whose covariance is diag(s); X has n + extra_rows(n, s, v, delta) rows."""
    if len(X) > n:
        return one_more(X, delta, v=v, s=s, sigma2=sigma2)
    return exact(X, delta, v=v, S=s, sigma2=sigma2)


def collect(draws: int, lam: ArrayLike, one: Callable[[], Fields]) -> Draws:
    """Stack `draws` calls of `one`, whose fields are (L,), in the shape (draws, *lam.shape)."""
    shape = (draws, *np.shape(lam))
    records = [one() for _ in range(draws)]
    return Draws(**{name: np.stack([record[name] for record in records]).reshape(shape) for name in records[0]})
