r"""Risks of ridge regression given the rows X (n x p) that were drawn: expectations over the noise of the labels, exact.

Labels are y = X beta + h + noise, with h (n,) an optional drawn part that is not linear in x. With delta = n lam and
K = X X', G = (K + delta)^-1, the fit is X'G y, and where p < n the same in p x p form, R = (X'X + delta)^-1:

    bias  |S^(1/2) (beta - X'G X beta)|^2      variance  sigma2 tr(S X'G^2 X) + |S^(1/2) X'G h|^2
    train |(I - H) y|^2 / n                    loo       mean_i ((I - H) y)_i^2 / (1 - H_ii)^2       I - H = delta G

GCV and leave-one-out depend on I - H up to a factor, so G stands for it where p >= n: their ridgeless limits are then
plain values. One factorisation serves a whole grid of penalties. Two routes:

`exact`     for any population covariance S, which enters by its quadratic form a -> a'S a.
`one_more`  for p > n and rows of covariance S = diag(s): draw n + 1 rows and factor their Gram matrix, P = (K + delta)^-1.
            Left out, row i has (P^2)_ii / P_ii^2 - 1 = |G_(-i) X_(-i) x_i|^2, of mean tr(S X'G^2 X), for x_i is independent
            of the others: the variance needs no second product of n^2 p flops. All else is exact for the first n rows, by
            the downdate G = P - k k'/k_last, k = P e_last. Where S = s I the variance is exact too: tr(S X'G^2 X) = s tr(G K G).

Why both: at n = 1000, p = 2000 and one penalty the second product alone costs as much as the floor (normals, Gram matrix,
Cholesky), and `one_more` takes 0.54 of the time of `exact`. Its scatter squared, over that of `exact`, was 1.2 in `excess` there
(ar1:0.7, lam = 0.05, r2 = sigma2), 1.1 to 5 elsewhere (5 where noise is all: near p = n, or fast decay), 4 to 13 in `variance`.
So `exact` is the better buy where many draws are averaged, at small n; `one_more` where a draw itself is dear.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh
from scipy.linalg.blas import dsyrk
from scipy.linalg.lapack import dpotrf, dpotri

from simulate.conventions import refuse
from simulate.draws import Draws

Array = NDArray[np.float64]
Form = Callable[[Array], Array]  # (m, p) -> (m,): a'S a of each row a

ILL = 1e7  # condition of a Gram matrix past which its inverse keeps fewer than 8 digits: then singular values of X itself
LARGE = 512  # samples from which a draw is dear: less time a draw is then worth more than less scatter
EDGE = 0.01  # a negative penalty must stay this fraction of itself away from a draw's pole, or the draw raises


class _Factors(NamedTuple):
    """X = U diag(c)^(1/2) V' on the smaller side. U (n, n) and VX = U'X where n <= p; V (p, p) and XV where p < n."""

    c: Array
    basis: Array
    product: Array | None  # from the singular values, where these were needed


def _gram(X: Array) -> Array:
    """The smaller of X X' and X'X, lower triangle, in Fortran order."""
    return np.asarray(dsyrk(1.0, X.T, trans=1, lower=1) if X.shape[0] <= X.shape[1] else dsyrk(1.0, X.T, lower=1))


def _check_edge(smallest: float, delta: Array) -> None:
    worst = float(delta.min())
    if worst < 0 and smallest + worst <= EDGE * -worst:
        refuse(
            "n lam",
            worst,
            f"it is within {EDGE:.0%} of, or beyond, the pole of a draw, whose smallest eigenvalue is {smallest:.6g}; "
            "take a penalty nearer zero, or a larger n",
        )


def _factor(X: Array, delta: Array) -> _Factors:
    c, basis = eigh(_gram(X), lower=True, overwrite_a=True, check_finite=False, driver="evd")
    worst = float(delta.min())
    product = None
    if c[0] + worst < c[-1] / ILL:
        left, s, right = np.linalg.svd(X, full_matrices=False)
        if worst <= 0 and s[-1] <= s[0] * max(X.shape) * np.finfo(float).eps:
            refuse("n lam", worst, f"a design drawn at {X.shape} is rank deficient: give lam > 0, or a larger n")
        wide = X.shape[0] <= X.shape[1]
        c, basis, product = s * s, (left if wide else right.T), (s[:, None] * right if wide else left * s)
    _check_edge(float(c.min()), delta)
    return _Factors(c, basis, product)


class _Residual(NamedTuple):
    """E, where I - H = factor E: its products with the parts of the labels' mean, and the diagonals of E and E^2."""

    parts: list[Array]  # (n, L) each
    diagonal: Array  # (n, L)
    square: Array  # (n, L)
    factor: Array | float  # (L,)

    def scores(self, sigma2: float) -> dict[str, Array]:
        n = len(self.diagonal)
        mean2 = np.add.reduce(self.parts) ** 2
        total = mean2.sum(axis=0) + sigma2 * self.square.sum(axis=0)
        return {
            "train": self.factor**2 * total / n,
            "gcv": n * total / self.diagonal.sum(axis=0) ** 2,
            "loo": np.mean((mean2 + sigma2 * self.square) / self.diagonal**2, axis=0),
        }


def _risks(
    miss: Array, hidden: Array | None, norm2: Array, spread: Array, trace: Array, sigma2: float, form: Form
) -> dict[str, Array]:
    """From beta - (fit without the hidden part) (p, L), the hidden part's fit, |fit|^2, tr(S X'G^2 X) and tr(X'G^2 X)."""
    total = miss if hidden is None else miss - hidden
    bias, variance = form(miss.T), sigma2 * spread
    excess = variance + (bias if hidden is None else form(total.T))
    return {
        "bias": bias,
        "variance": variance if hidden is None else variance + form(hidden.T),
        "excess": excess,
        "test": excess + sigma2,
        "norm2": norm2 + sigma2 * trace,
        "estimation": np.sum(total**2, axis=0) + sigma2 * trace,
    }


def _single(delta: Array) -> bool:
    return len(delta) == 1 and bool(delta[0] >= 0)


def _inverse(gram: Array, delta: float) -> tuple[Array, Array, Array] | None:
    """P = (gram + delta)^-1 and the diagonals of P and P^2, by Cholesky; None where digits are lacking. Overwrites `gram`."""
    m = len(gram)
    gram.flat[:: m + 1] += delta
    norm2 = 2 * np.vdot(gram.T, gram.T) - np.sum(gram.diagonal() ** 2)  # of both triangles, the upper one being stored as zeros
    factor, info = dpotrf(gram, lower=1, overwrite_a=1, clean=0)
    if info != 0:
        return None
    half = dpotri(factor, lower=1, overwrite_c=1)[0]
    diagonal = half.diagonal().copy()
    half.flat[:: m + 1] = diagonal / 2
    inverse = half + half.T
    square = np.einsum("ij,ij->j", inverse, inverse)
    if norm2 * square.sum() > (10 * ILL) ** 2:  # Frobenius norms: 10 to 100 times the condition for the spectra in use
        return None
    return inverse, diagonal, square


def _exact_one(X: Array, parts: list[Array], beta: Array, delta: float, sigma2: float, form: Form) -> dict[str, Array] | None:
    """`exact` at one penalty >= 0, by Cholesky and one product T = G X = X R; None where digits are lacking."""
    found = _inverse(_gram(X), delta)
    if found is None:
        return None
    inverse, diagonal, square = found
    wide = X.shape[0] <= X.shape[1]
    T = inverse @ X if wide else X @ inverse
    fits = [T.T @ part for part in parts]
    if wide:
        missed = [inverse @ part for part in parts]
        miss = beta - fits[0]
    else:  # H = X T', H^2 = H - delta T T'
        miss = delta * (inverse @ beta)
        missed = [X @ miss, *(part - X @ fit for part, fit in zip(parts[1:], fits[1:], strict=True))]
        diagonal = 1 - np.einsum("ij,ij->i", X, T)
        square = diagonal - delta * np.einsum("ij,ij->i", T, T)
    residual = _Residual([m[:, None] for m in missed], diagonal[:, None], square[:, None], np.array([delta if wide else 1.0]))
    norm2, spread, trace = (np.array([v]) for v in (np.sum(np.add.reduce(fits) ** 2), np.sum(form(T)), np.vdot(T, T)))
    hidden = fits[1][:, None] if len(fits) > 1 else None
    return residual.scores(sigma2) | _risks(miss[:, None], hidden, norm2, spread, trace, sigma2, form)


def exact(X: Array, beta: Array, delta: Array, *, sigma2: float, form: Form, hidden: Array | None = None) -> dict[str, Array]:
    """Every field of Draws, (L,) each, given X (n, p) and the quadratic form of S.

    Raises ValueError where a penalty is at a pole, or is zero and X has not full rank.
    """
    n, p = X.shape
    extra = [] if hidden is None else [hidden]
    if _single(delta) and (risks := _exact_one(X, [X @ beta, *extra], beta, float(delta[0]), sigma2, form)):
        return risks
    c, basis, product = _factor(X, delta)
    f = 1 / (c[:, None] + delta)
    if n <= p:
        product = basis.T @ X if product is None else product
        turned = [f * (basis.T @ part)[:, None] for part in (X @ beta, *extra)]
        squares = basis**2
        residual = _Residual([basis @ part for part in turned], squares @ f, squares @ f**2, delta)
        fits = [product.T @ part for part in turned]
        miss, spread = beta[:, None] - fits[0], form(product) @ f**2
        fit, norm2 = fits[1] if extra else None, np.sum(np.add.reduce(fits) ** 2, axis=0)
    else:
        product = X @ basis if product is None else product
        shrunk = delta * f * (basis.T @ beta)[:, None]
        turned = [f * (product.T @ part)[:, None] for part in extra]
        squares = product**2
        parts = [product @ shrunk, *(part[:, None] - product @ t for part, t in zip(extra, turned, strict=True))]
        residual = _Residual(parts, 1 - squares @ f, 1 - squares @ (2 * f - c[:, None] * f**2), 1.0)
        miss, spread = basis @ shrunk, form(basis.T) @ (c[:, None] * f**2)
        fit = basis @ turned[0] if extra else None
        norm2 = np.sum(np.add.reduce([c[:, None] * f * (basis.T @ beta)[:, None], *turned]) ** 2, axis=0)
    return residual.scores(sigma2) | _risks(miss, fit, norm2, spread, c @ f**2, sigma2, form)


def _many_penalties(X: Array, delta: Array, vectors: list[Array]) -> tuple[Array, Array, Array, Array, list[Array]]:
    """Of P = (X X' + delta)^-1: the diagonals of P and P^2, their last columns, and P times vectors; (n, L) each."""
    c, basis, _ = _factor(X, delta)
    f = 1 / (c[:, None] + delta)
    f2, e = f * f, basis[-1][:, None]
    columns = np.concatenate([f * e, f2 * e, *(f * (basis.T @ v)[:, None] for v in vectors)], axis=1)
    last, last2, *parts = np.split(basis @ columns, 2 + len(vectors), axis=1)
    diagonal, square = np.split(basis**2 @ np.concatenate([f, f2], axis=1), 2, axis=1)
    return diagonal, square, last, last2, parts


def one_more(X: Array, beta: Array, delta: Array, *, sigma2: float, s: Array, hidden: Array | None = None) -> dict[str, Array]:
    """As `exact` for the first n of n + 1 rows X (n < p), of covariance diag(s); the variance averages over the row left out."""
    vectors = [X @ beta] + ([] if hidden is None else [hidden])
    if found := _inverse(_gram(X), float(delta[0])) if _single(delta) else None:
        inverse, diagonal, square = found[0], found[1][:, None], found[2][:, None]
        last, last2 = inverse[:, -1:], inverse @ inverse[:, -1:]
        parts = [inverse @ v[:, None] for v in vectors]
    else:
        diagonal, square, last, last2, parts = _many_penalties(X, delta, vectors)
    left_out = np.mean(square / diagonal**2 - 1, axis=0)
    ratio = (last / last[-1])[:-1]  # the downdate: G = P - k k'/k_last, on the first n rows
    parts = [part[:-1] - ratio * part[-1] for part in parts]
    diagonal = diagonal[:-1] - ratio * last[:-1]
    square = square[:-1] - 2 * ratio * last2[:-1] + ratio**2 * last2[-1]
    fits = [X[:-1].T @ part for part in parts]
    trace = diagonal.sum(axis=0) - delta * square.sum(axis=0)  # tr G K G = tr G - delta tr G^2
    spread = s[0] * trace if s[0] == s[-1] else left_out
    miss, fit = beta[:, None] - fits[0], None if hidden is None else fits[1]
    norm2 = np.sum(np.add.reduce(fits) ** 2, axis=0)
    scores = _Residual(parts, diagonal, square, delta).scores(sigma2)
    return scores | _risks(miss, fit, norm2, spread, trace, sigma2, diagonal_form(s))


def diagonal_form(s: Array) -> Form:
    """The quadratic form of diag(s)."""
    return lambda a: a**2 @ s


def extra_rows(n: int, s: Array, degrees: float = math.inf) -> int:
    """How many rows more than n to draw for `diagonal`: one where that pays, which then takes `one_more`.

    For S = s I the routes are one. Left-out rows enter by |x|^2, so rows that lack moments take `exact`.
    """
    return int(len(s) > n and (s[0] == s[-1] or (n >= LARGE and math.isinf(degrees))))


def diagonal(
    X: Array, beta: Array, delta: Array, *, n: int, sigma2: float, s: Array, hidden: Array | None = None
) -> dict[str, Array]:
    """Every field of Draws for n of the rows X, whose covariance is diag(s); X has n + extra_rows(n, s) rows."""
    if len(X) > n:
        return one_more(X, beta, delta, sigma2=sigma2, s=s, hidden=hidden)
    return exact(X, beta, delta, sigma2=sigma2, form=diagonal_form(s), hidden=hidden)


def collect(draws: int, lam: ArrayLike, one: Callable[[], dict[str, Array]]) -> Draws:
    """Stack `draws` calls of `one`, whose fields are (L,), in the shape (draws, *lam.shape)."""
    shape = (draws, *np.shape(lam))
    records = [one() for _ in range(draws)]
    return Draws(**{name: np.stack([record[name] for record in records]).reshape(shape) for name in records[0]})
