r"""Regression on random features of points on a sphere, simulated as it stands, for any of the named activations.

Model: x_i and theta_a uniform on the sphere of radius sqrt d, d = round(psi k); features phi(<theta_a, x>/sqrt d), not centred;
y = f(x) + noise, f = b0 + <b1, x> + g(x), b1 uniform on the sphere of squared norm r2, and g a Gaussian process of degree 2,

    E g(x) g(x') = nonlinear (d t^2 - 1)/(d - 1),     t = <x, x'>/d,                                                   (1)

whose variance is `nonlinear` at every point, and in which there is no constant and no linear part. Given the x_i (n) and theta_a (k),
risks are expectations over noise, f and a new x: with P = X'(X X' + n lam)^-1 (k, n), C = E f(x_i) f(x_j) by (1),

    excess = E f^2 - 2 tr P'M + tr U P (C + sigma2) P',    M = E phi_a(x) f(x) f(x_i),    U = E phi_a(x) phi_b(x),     (2)

all known: U is an arc-cosine kernel of <theta_a, theta_b>/d for relu, |.|, sign and the identity, which are homogeneous, and a series
of Gegenbauer polynomials for erf and tanh; by Funk and Hecke M needs the means of phi(s), s phi(s), s^2 phi(s), s = <theta, x>/sqrt d.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray
from scipy.linalg.blas import dsyrk

from simulate import _conditional
from simulate._forms import form, grid, one, summed, triangle
from simulate._gram import factor, inverse
from simulate.conventions import features, refuse, simulator
from simulate.draws import Draws
from simulate.nonlinear_features import activation_of
from simulate.ridge import below

Array = NDArray[np.float64]

HOMOGENEOUS = ("identity", "relu", "abs", "sign")  # so that a Gaussian of the same direction has the same kernel
NAMES = (*HOMOGENEOUS, "erf", "tanh")
BLOCK = 64
TERMS = 200  # Gegenbauer coefficients, of which a kernel takes those that show


class Layer(NamedTuple):
    """One layer in d dimensions: phi, E phi(s), E s phi(s), E s^2 phi(s), and U as a function of <theta, theta'>/d."""

    function: Callable[[Array], Array]
    means: tuple[float, float, float]
    kernel: Callable[[Array], Array]


class Target(NamedTuple):
    """The parts of f: b0^2, r2 and the variance of g."""

    constant: float
    linear: float
    nonlinear: float

    def covariance(self, t: Array, d: int) -> Array:
        """E f(x) f(x') at t = <x, x'>/d."""
        return self.constant + self.linear * t + self.nonlinear * (d * t * t - 1) / (d - 1)

    def seen(self, layer: Layer, t: Array, d: int) -> Array:
        """M: E over x and f of phi_a(x) f(x) f(x_i) at t = <theta_a, x_i>/d."""
        m0, m1, m2 = layer.means
        return (
            self.constant * m0
            + self.linear * m1 / math.sqrt(d) * t
            + self.nonlinear * (m2 - m0) / (d - 1) * (d * t * t - 1) / (d - 1)
        )


@lru_cache(maxsize=1)
def _legendre() -> tuple[Array, Array]:
    nodes, weights = np.polynomial.legendre.leggauss(256)
    return nodes, weights


def _coordinate(d: int) -> tuple[Array, Array]:
    """Nodes and weights of s = <theta, x>/sqrt d: s = +-sqrt d cos a with density sin^(d-2) a on (0, pi/2); a kink at 0 costs nothing."""
    nodes, weights = _legendre()
    angle = math.pi / 4 * (nodes + 1)
    weights = weights * np.sin(angle) ** (d - 2)
    s = math.sqrt(d) * np.cos(angle)
    return np.concatenate([s, -s]), np.tile(weights / weights.sum() / 2, 2)


def _coefficients(values: Array, s: Array, w: Array, d: int) -> Array:
    """Squares of the coefficients of phi on the orthonormal polynomials of t = s/sqrt d (Gegenbauer's)."""
    t, below, here, last, found = s / math.sqrt(d), np.zeros_like(s), np.ones_like(s), 0.0, []
    for l in range(TERMS):
        found.append(float(w @ (values * here)) ** 2)
        step = math.sqrt(_step(l + 1, d))
        below, here, last = here, (t * here - last * below) / step, step
    return np.array(found)


def _step(l: int, d: int) -> float:
    return l * (l + d - 3) / ((2 * l + d - 2) * (2 * l + d - 4))


def _polynomials_py(t, squares, terms, rise, fall, out):
    # out: sum over l < terms of squares[l] P_l(t), P_l = rise[l] t P_(l-1) - fall[l] P_(l-2), by Clenshaw's recurrence, block by block
    near, far = np.empty(BLOCK), np.empty(BLOCK)
    for first in range(0, t.size, BLOCK):
        count = min(BLOCK, t.size - first)
        at, sums = t[first : first + count], out[first : first + count]
        near[:] = 0.0
        far[:] = 0.0
        for l in range(terms - 1, 0, -1):
            square, up, down = squares[l], rise[l + 1], fall[l + 2]
            for i in range(count):
                new = square + up * at[i] * near[i] - down * far[i]
                far[i] = near[i]
                near[i] = new
        for i in range(count):
            sums[i] = squares[0] + rise[1] * at[i] * near[i] - fall[2] * far[i]


_polynomials = njit(cache=True, nogil=True, error_model="numpy")(_polynomials_py)


def _series(squares: Array, size: float, d: int) -> Callable[[Array], Array]:
    """The kernel sum of squares[l] P_l(t); `size` is its value at 1, where the series is slow."""
    l = np.arange(TERMS + 2)
    rise, fall = (2 * l + d - 4) / (l + d - 3 + (l < 1)), (l - 1) / (l + d - 3 + (l < 1))
    left = np.maximum(size - np.cumsum(squares), 0.0)  # of the terms beyond l

    def kernel(t: Array) -> Array:
        t = np.ascontiguousarray(t)
        near = t > 1 - 1e-12  # the same weights
        inside = np.where(near, 0.0, t)
        shown, below, here, terms = np.linspace(0, np.abs(inside).max(), 33), np.zeros(33), np.ones(33), TERMS
        for m in range(1, TERMS):
            below, here = here, rise[m] * shown * here - fall[m] * below
            if left[m] * max(np.abs(here).max(), np.abs(below).max()) < 1e-17 * size:  # lost beside the diagonal
                terms = m + 1
                break
        out = np.empty(t.size)
        _polynomials(inside.ravel(), squares, terms, rise, fall, out)
        return np.where(near, size, out.reshape(t.shape))

    return kernel


@lru_cache(maxsize=64)
def layer(activation: str, d: int) -> Layer:
    """The layer of this activation in d >= 3 dimensions; ValueError for an unknown name or fewer dimensions."""
    if activation not in NAMES:
        refuse("activation", activation, f"it must be one of {', '.join(NAMES)}")
    if d < 3:
        refuse("psi", d, "the sphere must have at least d = 3 dimensions: a larger psi = d/k, or larger sizes")
    phi = activation_of(activation)
    s, w = _coordinate(d)
    values = phi.function(s)
    means = (float(w @ values), float(w @ (s * values)), float(w @ (s * s * values)))
    if activation in HOMOGENEOUS:
        return Layer(phi.function, means, lambda t: phi.mean**2 + phi.sd**2 * phi.kernel(np.clip(t, -1, 1)))
    return Layer(phi.function, means, _series(_coefficients(values, s, w, d), float(w @ values**2), d))


def sphere(count: int, d: int, rng: np.random.Generator) -> Array:
    """Points (count, d) uniform on the sphere of radius sqrt d."""
    x = rng.standard_normal((count, d))
    return x * (math.sqrt(d) / np.linalg.norm(x, axis=1, keepdims=True))


def moments(*, n: int, gamma: float, psi: float, activation: str, lam: ArrayLike, of: str | None = None, **_: object) -> float:
    """All but without penalty: there as for Gaussian features of the same rank, and with or without noise."""
    k = features(n, gamma)
    rank = min(k, round(psi * k)) if activation == "identity" else k
    ridgeless = bool(np.any(np.asarray(lam) == 0)) and of not in ("train", "gcv")
    return below((abs(rank - n) + 1) / 2) if ridgeless else math.inf


@simulator(moments=moments)
def ridge(
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
) -> Draws:
    """Draws of the risks, Eq. (2), expectations given points and weights, for every penalty of `lam` >= 0; (draws, *lam.shape).

    k = round(gamma n) features of d = round(psi k) >= 3 inputs; activation: a name of NAMES; r2, `nonlinear`, `constant` = b0^2: the
    parts of f. Gives bias, variance, excess, test, train, gcv, norm2. Raises ValueError on bad arguments, and at lam = 0 where the
    features lack full rank (identity with d < min(n, k); sign at small n near k, where they take finitely many values).
    Accuracy of U and M: 1e-12, against quadrature over the sphere for d = 3, 12, 60; risks: 1e-15 times the condition of X X' + n lam.

    >>> ridge(n=20, gamma=2.0, psi=0.5, activation="relu", lam=[0.0, 0.1], draws=3, rng=np.random.default_rng(0)).excess.shape
    (3, 2)
    """
    for name, value in (("nonlinear", nonlinear), ("constant", constant)):
        if not 0 <= value < math.inf:
            refuse(name, value, "it must be a nonnegative variance")
    if not 0 < psi < math.inf:
        refuse("psi", psi, "it must be positive and finite: input dimensions per feature, d/k")
    if np.any(np.asarray(lam) < 0):
        refuse("lam", lam, "random features take penalties >= 0")
    k = features(n, gamma)
    d = round(psi * k)
    phi, f = layer(activation, d), Target(constant, r2, nonlinear)
    delta = n * np.ravel(np.asarray(lam, dtype=np.float64))

    def draw() -> dict[str, Array]:
        x, theta = sphere(n, d, rng), sphere(k, d, rng)
        t = x @ theta.T / d
        X, M = phi.function(math.sqrt(d) * t), f.seen(phi, t, d)
        C, U = lower(lambda t: f.covariance(t, d), x), lower(phi.kernel, theta)
        risks = (_wide if n <= k else _tall)(X, delta, C, M, U, float(sum(f)), sigma2)
        return summed(risks, sigma2)

    return _conditional.collect(draws, lam, draw)


def lower(kernel: Callable[[Array], Array], x: Array) -> Array:
    """The lower triangle of kernel(x x'/d), x (m, d), its diagonal halved: with its transpose it makes the whole."""
    t = np.asarray(dsyrk(1 / x.shape[1], x.T, trans=1)).T
    t.flat[:: len(t) + 1] = 1.0  # to the last bit: there arcsin is infinitely steep
    for at in triangle(len(t)):
        t[at] = np.tril(kernel(t[at]), at[0].start)
    t.flat[:: len(t) + 1] /= 2
    return t


def _wide(X: Array, delta: Array, C: Array, M: Array, U: Array, power: float, sigma2: float) -> dict[str, Array]:
    """Eq. (2) and its like, n <= k; M (n, k), C and U as `lower` leaves them."""
    given: dict[str, float] = {"power": power, "sigma2": sigma2}
    if found := inverse(X, delta):
        return one(found[0], delta, A=form(X, U), B=X @ M.T, half=C, **given)[0]
    c, basis, product = factor(X, delta)
    rows = basis.T @ X if product is None else product
    return grid(c, delta, A=form(rows, U), B=np.einsum("ij,ij->i", basis.T @ M, rows), C=form(basis.T, C), **given)


def _tall(X: Array, delta: Array, C: Array, M: Array, U: Array, power: float, sigma2: float) -> dict[str, Array]:
    """The same for n > k, with R = (X'X + delta)^-1 and D = X'C X, in the eigenvectors' basis for more than one penalty."""
    n, k = X.shape
    found = inverse(X, delta)
    if found is None:
        c, basis, product = factor(X, delta)
        left = basis.T @ X.T if product is None else product.T
        f, D, kernel = 1 / (c[:, None] + delta), form(left, C), form(basis.T, U)
        f2, shrunk, trace, gain = f**2, np.sum(f**2, axis=0), f.sum(axis=0), c @ f**2  # gain: tr R X'X R
        explained, drawn, spread = D.diagonal() @ f, D.diagonal() @ f2, (kernel.diagonal() * c) @ f2
        bias = power - 2 * np.einsum("ij,ij->i", left @ M, basis.T) @ f + np.einsum("il,il->l", f, (kernel * D) @ f)
    else:
        R, diagonal, square = found
        D, shrunk, trace = form(np.ascontiguousarray(X.T), C), square.sum(), diagonal.sum()
        RU, RD, gain = R @ (U + U.T), R @ D, trace - delta * shrunk
        explained, drawn, spread = RD.trace(), (RD * R).sum(), RU.trace() - delta * np.vdot(RU, R)
        bias = np.atleast_1d(power - 2 * np.vdot(R, X.T @ M) + np.vdot(RU, RD.T))
    residual = 2 * C.trace() - explained - delta * drawn + sigma2 * (n - k + delta**2 * shrunk)
    return {
        "bias": np.maximum(bias, 0.0),
        "variance": sigma2 * spread,
        "train": residual / n,
        "gcv": n * residual / (n - k + delta * trace) ** 2,
        "norm2": drawn + sigma2 * gain,
    }
