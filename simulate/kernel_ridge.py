r"""Kernel ridge regression on the sphere or the hypercube: risks given the points, target and noise integrated out.

Model: x uniform on the unit sphere of R^d, or on {-1, 1}^d / sqrt d; y = f(x) + noise; f_hat = k(., X) (K + delta)^-1 y, K = k(X, X), for a
kernel k(<x, x'>) of eigenvalue s_l on the N_l harmonics of degree l. The target has the power q_l on degree l and no preferred
direction within it: E f(x) f(x') = C(<x, x'>) = sum_l q_l P_l. With G = (K + delta)^-1, and the matrices at the points

    C,     B = E_x k(X, x) C(x, X) = sum_l s_l q_l P_l,     A = E_x k(X, x) k(x, X) = sum_l N_l s_l^2 P_l,            (1)

the draws are exact expectations over target, noise and test point:

    bias = C(1) - 2 tr(G B) + tr(G A G C),   variance = sigma2 tr(G A G),   train = delta^2 tr(G^2 (C + sigma2))/n,   (2)

norm2 = |f_hat|^2 in the kernel's space = tr(G K G (C + sigma2)). One eigendecomposition of K serves a grid of delta.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh

from simulate import _conditional, kernels
from simulate._forms import grid, halved, one, summed, times, triangle
from simulate._gram import inverted
from simulate.conventions import refuse, simulator
from simulate.draws import Draws
from simulate.harmonics import Space, eigenvalues, space_of
from simulate.ridge import below

Array = NDArray[np.float64]

LOST = 1e-5  # what rounding may cost: of K, n eps of its largest eigenvalue beside the least; of A, B and C, eps of each in (2)


def moments(*, n: int, d: int, kernel: str, delta: ArrayLike, of: str | None = None, **_: object) -> float:
    """Finite moments of a draw: all with a penalty. Without one, two near points leave those below (d - 1)/2, as many features as
    the polynomial kernel has those below (|p - n| + 1)/2; `train` and `bias` have all."""
    if np.all(np.asarray(delta) > 0) or of in ("train", "bias"):
        return math.inf
    exist = below((d - 1) / 2)
    if kernel.startswith("polynomial"):
        degree = int(float(kernel.partition(":")[2].split(",")[0]))
        exist = min(exist, below((abs(math.comb(degree + d, d) - n) + 1) / 2))
    return exist


@simulator(moments=moments, cost=3.0)
def ridge(
    *,
    n: int,
    d: int,
    kernel: str,
    delta: ArrayLike,
    powers: ArrayLike = (0.0, 1.0),
    sigma2: float = 1.0,
    space: str = "sphere",
    draws: int,
    rng: np.random.Generator,
) -> Draws:
    """Draws of the risks given n points, expectations (2) over target, noise and test point, for every `delta`; (draws, *delta.shape).

    kernel: see `simulate.kernels`; powers: q_l of the degrees 0, 1, ...; delta >= 0, any shape; space: sphere or hypercube; d >= 3.
    Fields: bias, variance, excess, test, train, gcv, loo, norm2. Raises ValueError on bad arguments and where K + delta is not
    positive definite to working accuracy: a kernel of finite rank, or a smooth one, without penalty.
    Accuracy: where rounding may move the excess risk by more than 1e-5 of itself there is an error; 2e-7 is the most that was seen
    beside 40 digits (smooth kernels, few points).

    >>> ridge(n=20, d=5, kernel="ntk:2", delta=[0.0, 0.1], draws=3, rng=np.random.default_rng(0)).excess.shape
    (3, 2)
    """
    where, penalties = space_of(space, d), _penalties(delta)
    q = _powers(powers, where)
    s, N = eigenvalues(kernel, where)
    s0 = np.append(s, np.zeros(max(0, q.size - s.size)))  # what the spectrum leaves out is below rounding
    coefficients = np.zeros((3, s0.size))
    coefficients[0, : q.size], coefficients[1, : q.size], coefficients[2, : s.size] = q, s0[: q.size] * q, N * s**2

    def draw() -> dict[str, Array]:
        K, T = _gram(where, kernel, n, rng)
        C, B, A = _zonal(where, T, coefficients)
        forms: dict[str, Any] = {"A": A, "B": B, "power": float(q.sum()), "sigma2": sigma2}
        if found := _inverse(K, penalties):
            at, loo = one(found[0], penalties, half=halved(C), **forms)
            at, trace, size = summed(at, sigma2) | {"loo": loo}, found[0].trace(), np.linalg.norm(found[0])
        else:
            c, U = _factor(K, kernel, penalties)
            f = 1 / (c[:, None] + penalties)
            at, trace, size = risks(c, U, penalties, C=C, **forms), f.sum(axis=0), np.linalg.norm(f, axis=0)
        second = at["gcv"] * trace**2 / n  # tr(G (C + sigma2) G)
        moved = forms["power"] + 2 * np.linalg.norm(B) * size + np.linalg.norm(A) * second
        if np.any(np.finfo(float).eps * moved > LOST * at["excess"]):
            _lost(kernel, n, penalties, f"their excess risk, {at['excess'].min():.3g}, is below what rounding moves")
        return at

    return _conditional.collect(draws, delta, draw)


@simulator(moments=moments, cost=3.0)
def learnability(
    *, n: int, d: int, kernel: str, delta: float, degree: int, space: str = "sphere", draws: int, rng: np.random.Generator
) -> Array:
    """Draws (draws,) of the learnability of a harmonic of this degree: E_x f(x) f_hat(x) when it is the target,
    s_l tr(G P_l(X X')) in the mean over its degree.

    Their sum over all harmonics is tr(K G) = n - delta tr(G), for every draw: the conservation law.

    >>> draws = learnability(n=20, d=5, kernel="ntk:2", delta=0.0, degree=1, draws=3, rng=np.random.default_rng(0))
    >>> bool(np.all((0 < draws) & (draws < 1)))
    True
    """
    where, penalties = space_of(space, d), _penalties(delta)
    s, _ = eigenvalues(kernel, where)
    if degree != int(degree) or not 0 <= degree < s.size:
        refuse("degree", degree, f"a degree of the kernel's spectrum is an integer from 0 to {s.size - 1}")
    unit = np.eye(int(degree) + 1)[-1:]
    out = np.empty(draws)
    for i in range(draws):
        K, T = _gram(where, kernel, n, rng)
        P = _zonal(where, T, unit)[0]
        if found := _inverse(K, penalties):
            out[i] = s[int(degree)] * np.vdot(found[0], P)
        else:
            c, U = _factor(K, kernel, penalties)
            out[i] = s[int(degree)] * np.sum(np.einsum("ij,ij->j", U, P @ U) / (c + penalties[0]))
    return out


def risks(c: Array, U: Array, delta: Array, *, A: Array, B: Array, C: Array, power: float, sigma2: float) -> dict[str, Array]:
    """(2) and what follows for K = U diag(c) U', from the matrices (1) at the points; `power` = C(1). Fields of Draws, (L,) each."""
    rows = np.ascontiguousarray(U.T)
    A, C = (rows @ M @ U for M in (A, C))
    at = summed(grid(c, delta, A=A, B=np.einsum("ij,ij->i", rows @ B, rows), C=C, power=power, sigma2=sigma2), sigma2)
    f = 1 / (c[:, None] + delta)
    columns, half = np.ascontiguousarray(U), halved(C)
    signal = [2 * np.einsum("ij,ij->i", times(Uf, half), Uf) for Uf in (columns * h for h in f.T)]  # the diagonal of G C G
    spread = np.stack(signal, axis=1) + sigma2 * (U**2 @ f**2)
    return at | {"loo": np.mean(spread / (U**2 @ f) ** 2, axis=0)}


def _gram(where: Space, kernel: str, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """The lower triangle of K at n new points, and all of their inner products."""
    X = where.points(n, rng)
    T = where.inner(X, X)
    np.fill_diagonal(T, 1.0)
    k, K = kernels.parse(kernel), np.zeros_like(T)
    for at in triangle(n):
        K[at] = k(T[at])
    return np.tril(K), T


def _inverse(K: Array, delta: Array) -> tuple[Array, Array, Array] | None:
    """G and the diagonals of G and G^2, at one penalty; None without the digits."""
    return inverted(np.asfortranarray(K), delta) if len(delta) == 1 else None


def _factor(K: Array, kernel: str, delta: Array) -> tuple[Array, Array]:
    """Eigenvalues and eigenvectors of K; ValueError where K + delta is singular."""
    c, U = eigh(K, lower=True, check_finite=False, driver="evd")
    if LOST * float(c[0] + delta.min()) <= len(K) * np.finfo(float).eps * c[-1]:
        _lost(kernel, len(K), delta, f"least eigenvalue {c[0]:.3g}, largest {c[-1]:.3g}")
    return c, U


def _lost(kernel: str, n: int, delta: Array, why: str) -> None:
    refuse(
        "delta",
        float(delta.min()),
        f"the kernel {kernel} is not positive definite, to working accuracy, on the {n} points of a draw ({why}): "
        "give a larger penalty, or a rougher kernel",
    )


def _zonal(where: Space, T: Array, coefficients: Array) -> Array:
    """sum_l coefficients[:, l] P_l(T), T symmetric: (m, n, n)."""
    out = np.zeros((len(coefficients), *T.shape))
    for at in triangle(len(T)):
        for P, column in zip(where.polynomials(T[at]), coefficients.T, strict=False):
            for i in np.flatnonzero(column):
                out[i][at] += column[i] * P
        rows, before = at[0], slice(at[0].start)
        out[:, before, rows] = out[:, rows, before].swapaxes(1, 2)
    return out


def _penalties(delta: ArrayLike) -> Array:
    try:
        array = np.ravel(np.asarray(delta, dtype=np.float64))
    except (TypeError, ValueError):
        refuse("delta", delta, "it must be a number or an array of numbers")
    if array.size == 0 or not np.all((array >= 0) & np.isfinite(array)):
        refuse("delta", delta, "the un-normalised ridge is nonnegative and finite: (K + delta)^-1 y")
    return array


def _powers(powers: ArrayLike, where: Space) -> Array:
    q = np.atleast_1d(np.asarray(powers, dtype=np.float64))
    if q.ndim != 1 or not np.all((q >= 0) & np.isfinite(q)):
        refuse("powers", powers, "one power a degree, nonnegative and finite")
    if where.name == "hypercube" and q.size > where.d + 1:
        refuse("powers", q.size, f"the hypercube has the degrees 0 to {where.d}")
    return q
