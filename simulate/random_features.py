r"""Ridge and ridgeless regression on k Gaussian random features of Gaussian data, simulated as it stands.

Model: y = <x, beta> + noise, x ~ N(0, S) in R^p; features h(x) = W'x, W = F/sqrt(k) of independent N(0, 1/k) entries; the fit is
f(x) = a'h(x), a = Z'G y, Z = X W (n x k), G = (Z Z' + n lam)^-1. beta is uniform on the sphere of squared norm r2 in the
directions that `signal` names. Given W, everything is Gaussian: with m = min(p, k) coordinates u ~ N(0, I_m) in which h = T'u,

    y = u'eta + xi + noise,    xi ~ N(0, tau2) independent of u,    E eta eta' = E,                                (1)

    k >= p: T T' = S^1/2 W W' S^1/2, E = S^1/2 D S^1/2, tau2 = 0;        k < p: T'T = W'S W, E = T^-T W'S D S W T^-1,

with D = E beta beta', and tau2 = tr(S D) - tr(E) is what no function of the features explains. Each draw is the expectation over
noise, xi and beta, given W and the rows u (n x m) of U: where n <= m, with J = G Z T' (prediction = u'J'y) and R = U E U' + tau2 I,

    bias = tr E + tau2 - 2 tr(J'U E) + tr(J'R J),   variance = sigma2 |J|^2,   train = delta^2 tr(G (R + sigma2) G)/n,
    |a|^2 = tr(G Z Z'G (R + sigma2)),     GCV from tr G;                                                           (2)

where n > m, with P = (Z'Z + delta)^-1 and Q = T^-1 E T^-T: T'eta-hat - eta is -delta T P T^-1 eta + T P Z'(xi + noise).  (3)
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import cholesky, solve_triangular
from scipy.linalg.blas import dsyrk
from scipy.linalg.lapack import dsygst

from simulate import _conditional, designs
from simulate._forms import grid, halved, one, summed, times
from simulate._gram import factor, inverse
from simulate.conventions import features, refuse, simulator
from simulate.draws import Draws
from simulate.ridge import below

Array = NDArray[np.float64]


def _dimension(psi: float, k: int) -> int:
    if not 0 < psi < math.inf:
        refuse("psi", psi, "it must be positive and finite: input dimensions per feature, p/k")
    return max(1, round(psi * k))


def moments(*, n: int, gamma: float, psi: float, lam: ArrayLike = 0.0, of: str | None = None, **_: object) -> float:
    """Finite moments of a draw; of the field `of` where that is given, else of the worst.

    Without penalty those below (|m - n| + 1)/2, m = min(p, k), as the smallest singular value of Z says; for `norm2` with n > m
    that of the features too, below (|p - k| + 1)/2. Penalised risks are bounded given the design, so all exist.
    """
    if np.all(np.asarray(lam) > 0) or of in ("train", "gcv"):
        return math.inf
    k = features(n, gamma)
    p = _dimension(psi, k)
    gap = abs(min(p, k) - n)
    if of in (None, "norm2") and n > min(p, k):
        gap = min(gap, abs(p - k))
    return below((gap + 1) / 2)


def _bartlett(p: int, k: int, rng: np.random.Generator) -> Array:
    """A lower triangular factor of F F', F (p, k) of standard normals, k >= p."""
    A = np.tril(rng.standard_normal((p, p)), -1)
    A[np.diag_indices(p)] = np.sqrt(rng.chisquare(k - np.arange(p)))
    return A


def _features(s: Array, v: Array, k: int, rng: np.random.Generator) -> tuple[Array, Array, float]:
    """(T, E, tau2) of (1) for S = diag(s), D = diag(v); E as the vector of its diagonal where it is diagonal."""
    p = len(s)
    if k >= p:
        return np.sqrt(s / k)[:, None] * _bartlett(p, k, rng), s * v, 0.0
    F = rng.standard_normal((p, k))
    F *= np.sqrt(s / k)[:, None]
    T = cholesky((F.T @ F).T, lower=False, overwrite_a=True, check_finite=False)
    F *= np.sqrt(s * v)[:, None]
    E = dsygst((F.T @ F).T, T, lower=0, overwrite_a=1)[0]
    E = np.triu(E) + np.triu(E, 1).T
    return T, E, max(0.0, float(s @ v - E.trace()))


def _wide(Z: Array, U: Array, T: Array, E: Array, tau2: float, delta: Array, sigma2: float) -> dict[str, Array]:
    """(2), n <= m: from the forms A = Z T'T Z', B = U E T Z' and C = R, in the eigenvectors' basis for more than one penalty."""
    found = inverse(Z, delta)
    rows, fitted = U, Z
    if found is None:
        c, basis, product = factor(Z, delta)
        rows = basis.T @ U
        fitted = times(rows, T) if product is None else product
    reach = times(fitted, T, transposed=True)  # J = G reach
    seen = _conditional._times(rows, E)
    A, C = reach @ reach.T, seen @ rows.T
    C.flat[:: len(C) + 1] += tau2
    power = float(np.sum(E if E.ndim == 1 else E.diagonal())) + tau2
    if found is None:
        return grid(c, delta, A=A, B=np.einsum("ij,ij->i", seen, reach), C=C, power=power, sigma2=sigma2)
    return one(found[0], delta, A=A, B=seen @ reach.T, half=halved(C), power=power, sigma2=sigma2)[0]


def _tall(Z: Array, T: Array, E: Array, tau2: float, delta: Array, sigma2: float) -> dict[str, Array]:
    """(3), n > m: from A = T'T and Q, in the eigenvectors' basis of Z'Z for more than one penalty."""
    n, m = Z.shape
    found = inverse(Z, delta)
    if found is None:
        c, basis, _ = factor(Z, delta)
    moved = solve_triangular(T, np.eye(m) if found else basis, trans=1, lower=T[0, -1] == 0, check_finite=False)
    Q, reach = moved.T @ _conditional._times(moved.T, E).T, T.T if found else times(basis.T, T, transposed=True)
    A = reach @ reach.T
    if found is None:
        f = 1 / (c[:, None] + delta)
        f2, F, shrunk = c[:, None] * f**2, f.sum(axis=0), np.sum(f**2, axis=0)
        missed, spread = np.einsum("il,il->l", f, (A * Q) @ f), A.diagonal() @ f2
        shown, kept, gain = Q.diagonal() @ f2, Q.diagonal() @ (c[:, None] * f) ** 2, f2.sum(axis=0)
    else:
        P, diagonal, square = found
        PA, PQ, F, shrunk = P @ A, P @ Q, diagonal.sum(), square.sum()
        missed, spread = np.vdot(PA, PQ.T), PA.trace() - delta * np.vdot(PA, P)
        shown, gain = PQ.trace() - delta * np.vdot(PQ, P), F - delta * shrunk
        kept = np.vdot(Q - delta * PQ, np.eye(m) - delta * P)
    noise = sigma2 + tau2
    train = delta**2 * shown + noise * (n - m + delta**2 * shrunk)
    return {
        "bias": delta**2 * missed + tau2 * (1 + spread),
        "variance": sigma2 * spread,
        "train": train / n,
        "gcv": n * train / (n - m + delta * F) ** 2,
        "norm2": kept + noise * gain,
    }


def _left_out(Z: Array, X: Array, v: Array, delta: Array, sigma2: float) -> dict[str, Array] | None:
    """As `_wide` for the first n of n + 1 rows, at one penalty; bias and variance average over the row left out. None: too few digits.

    With P = (Z Z' + delta)^-1 over all rows, row i is missed by (P X D X'P)_ii/P_ii^2 and the noise by (P^2)_ii/P_ii^2 - 1;
    G = P - q q'/q_last, q the last column of P, is that of the first n rows.
    """
    if (found := inverse(Z, delta)) is None:
        return None
    P, diagonal, square = found
    lower = np.asarray(dsyrk(1.0, (X * np.sqrt(v)).T, trans=1)).T
    lower.flat[:: len(P) + 1] /= 2  # R = lower + lower'
    moved = times(P, lower)
    missed = 2 * np.einsum("ij,ij->i", moved, P)
    q, last = P[:, -1], P[-1, -1]
    Pq, Rq, size = P @ q, lower @ q + q @ lower, square[-1]
    first = 2 * np.trace(moved) - q @ Rq / last  # tr G R
    second = missed.sum() - 2 * (Rq @ Pq) / last + size * (q @ Rq) / last**2  # tr G^2 R
    trace = diagonal.sum() - size / last
    total = second + sigma2 * (square.sum() - 2 * (q @ Pq) / last + size**2 / last**2)
    n, d = len(P) - 1, delta[0]
    found_at = {
        "bias": np.mean(missed / diagonal**2),
        "variance": sigma2 * np.mean(square / diagonal**2 - 1),
        "train": d**2 * total / n,
        "gcv": n * total / trace**2,
        "norm2": first + sigma2 * trace - d * total,
    }
    return {name: np.array([value]) for name, value in found_at.items()}


@simulator(moments=moments)
def ridge(
    *,
    n: int,
    gamma: float,
    psi: float,
    lam: ArrayLike = 0.0,
    r2: float = 1.0,
    sigma2: float = 1.0,
    spectrum: str | ArrayLike = "isotropic",
    signal: str = "isotropic",
    draws: int,
    rng: np.random.Generator,
) -> Draws:
    """Draws of the risks of ridge regression on random features; all fields of Draws but loo and estimation, (draws, *lam.shape).

    k = round(gamma n) features of p = round(psi k) >= 1 inputs; lam: penalties >= 0 of any shape, 0 for the fit of least norm;
    r2 = |beta|^2; spectrum, signal: see `simulate.designs`. `norm2` = |a|^2. For one penalty and min(p, k) > n >= 512 bias and
    variance have the exact mean, but average over which of n + 1 rows is left out of the fit.
    Raises ValueError on bad arguments, and at lam = 0 where Z lacks full rank.

    >>> draws = ridge(n=50, gamma=2.0, psi=2.0, lam=[0.0, 0.1], spectrum="ar1:0.5", draws=3, rng=np.random.default_rng(0))
    >>> draws.excess.shape, bool(np.all(draws.train[:, 0] < 1e-20))
    ((3, 2), True)
    """
    k = features(n, gamma)
    p = _dimension(psi, k)
    values = designs.parse(spectrum, p)
    active = int(np.count_nonzero(values))  # nothing is seen of a direction of variance zero
    if active == 0:
        refuse("spectrum", spectrum, "at least one eigenvalue must be positive")
    s, v = values[:active], designs.energies(signal, r2, p)[:active]
    delta = n * np.ravel(np.asarray(lam, dtype=np.float64))
    if np.any(delta < 0):
        refuse("lam", lam, "random features take penalties >= 0")
    m = min(active, k)
    large = m > n >= _conditional.LARGE and len(delta) == 1 and delta[0] <= _conditional.DWARFED * s.sum()

    def draw() -> dict[str, Array]:
        if large:
            X = rng.standard_normal((n + 1, active))
            X *= np.sqrt(s)
            Z = times(X, _bartlett(active, k, rng)) if k >= active else X @ rng.standard_normal((active, k))
            Z /= math.sqrt(k)
            if (risks := _left_out(Z, X, v, delta, sigma2)) is not None:
                return summed(risks, sigma2)
        T, E, tau2 = _features(s, v, k, rng)
        U = rng.standard_normal((n, m))
        Z = times(U, T)
        risks = _tall(Z, T, E, tau2, delta, sigma2) if n > m else _wide(Z, U, T, E, tau2, delta, sigma2)
        return summed(risks, sigma2)

    return _conditional.collect(draws, lam, draw)


@simulator(moments=moments)
def function_norm(
    *,
    n: int,
    gamma: float,
    psi: float,
    lam: ArrayLike = 0.0,
    r2: float = 1.0,
    sigma2: float = 1.0,
    spectrum: str | ArrayLike = "isotropic",
    signal: str = "isotropic",
    draws: int,
    rng: np.random.Generator,
) -> Array:
    """Draws of |W a|^2, the squared norm of f in the space of the mean kernel <x, x'>: (draws, *lam.shape), for lam > 0.

    Arguments as in `ridge`. Each draw is the expectation over noise and beta given the rows of X and W, from explicit inverses.

    >>> function_norm(n=20, gamma=2.0, psi=2.0, lam=0.1, draws=3, rng=np.random.default_rng(0)).shape
    (3,)
    """
    k = features(n, gamma)
    p = _dimension(psi, k)
    s, v = designs.parse(spectrum, p), designs.energies(signal, r2, p)
    penalties = np.asarray(lam, dtype=np.float64)
    if np.any(penalties <= 0):
        refuse("lam", lam, "the norm of the function is simulated for penalties > 0")
    out = np.empty((draws, penalties.size))
    for i in range(draws):
        X, W = np.sqrt(s) * rng.standard_normal((n, p)), rng.standard_normal((p, k)) / math.sqrt(k)
        Z = X @ W
        for j, penalty in enumerate(penalties.ravel()):
            B = W @ np.linalg.solve(Z.T @ Z + n * penalty * np.eye(k), Z.T)  # of beta-hat = B y
            out[i, j] = np.sum((B @ (X * np.sqrt(v))) ** 2) + sigma2 * np.sum(B**2)
    return out.reshape(draws, *penalties.shape)
