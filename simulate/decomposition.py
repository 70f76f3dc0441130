r"""The six-way split of random features' risk measured: two samples crossed with two sets of features, the noise averaged exactly.

X_1, X_2 and W_1, W_2 are independent; f_ij is the fit from samples X_i and features W_j, of labels whose noise belongs to X_i. For the
squared error at a new point, averaged over the point and the signal, and over the noise apart from it,

    e(i, j; i', j') = E (f_ij - f)(f_i'j' - f),      SS = e(ij; ij),  X = e(ij; ij'),  W = e(ij; i'j),  O = e(ij; i'j'),    (1)

i' and j' being the other ones, have the means bias2 + (the variances of what is common to both):

    bias2 = O,   V_X = X - O,   V_W = W - O,   V_XW = SS - X - W + O,   V_Xe = X_e - O_e,   V_XWe = SS_e - X_e - W_e + O_e,  (2)

so each draw, of four fits, is unbiased for each term. (O_e and W_e, the noise seen apart from its samples, are 0 for Gaussian features and
of order 1/n on the sphere.) With P the fit's matrix, U, M, C of `spherical_features`, e = E f^2 - tr P'M - tr P''M' + tr U P C P''.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulate import designs, spherical_features
from simulate._gram import factor, inverse
from simulate.conventions import features, refuse, simulator
from simulate.ridge import below

Array = NDArray[np.float64]
Blocks = list[list[Array]]

#: (i, j, i', j') of SS, X, W and O, each pair once
PAIRS = (
    ((0, 0, 0, 0), (0, 1, 0, 1), (1, 0, 1, 0), (1, 1, 1, 1)),
    ((0, 0, 0, 1), (1, 0, 1, 1)),
    ((0, 0, 1, 0), (0, 1, 1, 1)),
    ((0, 0, 1, 1), (1, 0, 0, 1)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Draws (draws,) of each of the six terms; single draws of a variance may be negative, their mean is not."""

    bias2: Array
    v_x: Array
    v_w: Array
    v_xw: Array
    v_xe: Array
    v_xwe: Array

    @property
    def terms(self) -> Array:
        """All six, (draws, 6), in the order of the fields."""
        return np.stack(list(self.to_dict().values()), axis=-1)

    def to_dict(self) -> dict[str, Array]:
        """The terms by name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def operator(X: Array, delta: float) -> Array:
    """P = X'(X X' + delta)^-1 of features X (n, k), by singular values where digits would be lost: (k, n)."""
    wide, penalty = X.shape[0] <= X.shape[1], np.array([delta])
    if found := inverse(X, penalty):
        return X.T @ found[0] if wide else found[0] @ X.T
    c, basis, product = factor(X, penalty)
    if wide:
        right = basis.T @ X if product is None else product
        return (right / (c + delta)[:, None]).T @ basis.T
    left = X @ basis if product is None else product
    return (basis / (c + delta)) @ left.T


def _split(P: Blocks, C: Blocks, M: Blocks, U: Blocks, size: float, sigma2: float) -> list[float]:
    """The six terms (2); P[i][j] (k, n), C[i][i'] (n, n), M[j][i] (k, n), U[j][j'] (k, k); C and U for i' <= i, j' <= j."""
    own = [[U[j][j] @ P[i][j] for j in (0, 1)] for i in (0, 1)]
    across = [U[1][0] @ P[i][0] for i in (0, 1)]
    shown = [[float(np.vdot(P[i][j], M[j][i])) for j in (0, 1)] for i in (0, 1)]

    def error(i: int, j: int, a: int, b: int) -> tuple[float, float]:
        between = P[a][b].T @ (own[i][j] if b == j else across[i])
        return size - shown[i][j] - shown[a][b] + float(np.vdot(between, C[a][i] if a >= i else C[i][a].T)), sigma2 * float(
            between.trace()
        )

    same, x, w, other = (np.mean([error(*pair) for pair in pairs], axis=0) for pairs in PAIRS)
    last = same - x - w + other
    return [other[0], (x - other)[0], (w - other)[0], last[0], (x - other)[1], last[1]]


def _gather(draws: int, one: Callable[[], list[float]]) -> Split:
    found = np.array([one() for _ in range(draws)])
    return Split(**{f.name: found[:, i] for i, f in enumerate(fields(Split))})


def _penalty(lam: ArrayLike) -> float:
    if np.ndim(lam) > 0 or not 0 <= float(np.asarray(lam)) < math.inf:
        refuse("lam", lam, "one penalty at a time, >= 0")
    return float(np.asarray(lam))


def moments(*, n: int, gamma: float, lam: ArrayLike, **_: object) -> float:
    """All with a penalty; without, those of |k - n| as for random features."""
    return math.inf if float(np.asarray(lam)) > 0 else below((abs(features(n, gamma) - n) + 1) / 2)


@simulator(moments=moments, cost=3.0)
def gaussian(
    *,
    n: int,
    gamma: float,
    psi: float,
    lam: ArrayLike,
    r2: float = 1.0,
    sigma2: float = 1.0,
    spectrum: str | ArrayLike = "isotropic",
    signal: str = "isotropic",
    entries: str = "gaussian",
    draws: int,
    rng: np.random.Generator,
) -> Split:
    """The split of k = round(gamma n) Gaussian features k^-1/2 <g, x> of x with p = round(psi k) coordinates, at one penalty.

    spectrum, signal, entries: see `simulate.designs`; beta is averaged exactly, as in `simulate.ridge`.

    >>> gaussian(n=10, gamma=2.0, psi=1.0, lam=0.1, draws=3, rng=np.random.default_rng(0)).terms.shape
    (3, 6)
    """
    k, delta = features(n, gamma), n * _penalty(lam)
    p = features(k, psi)
    s, v, fill = designs.parse(spectrum, p), designs.energies(signal, r2, p), designs.rows(spectrum, entries, p)

    def one() -> list[float]:
        rows = [np.empty((n, p)), np.empty((n, p))]
        for x in rows:
            fill(x, rng)
        G = [rng.standard_normal((k, p)) / math.sqrt(k) for _ in (0, 1)]
        P = [[operator(x @ g.T, delta) for g in G] for x in rows]
        C = [[(x * v) @ y.T for y in rows[: i + 1]] for i, x in enumerate(rows)]
        M = [[(g * (s * v)) @ x.T for x in rows] for g in G]
        U = [[(g * s) @ h.T for h in G[: j + 1]] for j, g in enumerate(G)]
        return _split(P, C, M, U, float(s @ v), sigma2)

    return _gather(draws, one)


@simulator(moments=moments, cost=3.0)
def spherical(
    *,
    n: int,
    gamma: float,
    psi: float,
    activation: str,
    lam: ArrayLike,
    r2: float = 1.0,
    nonlinear: float = 0.0,
    constant: float = 0.0,
    sigma2: float = 1.0,
    draws: int,
    rng: np.random.Generator,
) -> Split:
    """The split on the sphere, at one penalty; arguments as in `spherical_features.ridge`.

    >>> rng = np.random.default_rng(0)
    >>> spherical(n=10, gamma=2.0, psi=0.5, activation="tanh", lam=0.1, draws=3, rng=rng).terms.shape
    (3, 6)
    """
    k, delta = features(n, gamma), n * _penalty(lam)
    d = round(psi * k)
    phi, f = spherical_features.layer(activation, d), spherical_features.Target(constant, r2, nonlinear)

    def one() -> list[float]:
        points, weights = ([spherical_features.sphere(m, d, rng) for _ in (0, 1)] for m in (n, k))
        t = [[w @ x.T / d for x in points] for w in weights]
        P = [[operator(phi.function(math.sqrt(d) * t[j][i]).T, delta) for j in (0, 1)] for i in (0, 1)]
        C = [[f.covariance(x @ y.T / d, d) for y in points[: i + 1]] for i, x in enumerate(points)]
        M = [[f.seen(phi, t[j][i], d) for i in (0, 1)] for j in (0, 1)]
        first, second = (half + half.T for half in (spherical_features.lower(phi.kernel, w) for w in weights))
        return _split(P, C, M, [[first], [phi.kernel(weights[1] @ weights[0].T / d), second]], float(sum(f)), sigma2)

    return _gather(draws, one)
