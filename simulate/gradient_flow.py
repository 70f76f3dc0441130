r"""Gradient flow on least squares, stopped at time t: risks given the design, exactly by its spectrum, or by explicit steps.

Model: y = X beta + noise, rows of X from `simulate.designs`, p = round(gamma n), beta as in `simulate.ridge`. The estimator follows
d beta_hat/dt = X'(y - X beta_hat)/n from 0. With H what it misses of beta and W what it makes of the noise,
beta_hat - beta = -H beta + W noise, and in expectation over both, S the covariance and D = E beta beta',

    bias = tr S H D H',  variance = sigma2 tr S W W',  train = (tr X H D H'X' + sigma2 |I - X W|^2)/n.             (1)

By the spectrum: X'X/n = V diag(s) V', H = V h(s) V', W = V (1 - h(s))/s V'X'/n, h(s) = exp(-ts), or 1/(1 + ts) for ridge at 1/t.
By steps: H <- H - step X'X H/n, W <- W + step X'(I - X W)/n.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulate import _conditional, designs, eigenvalues
from simulate.conventions import features, refuse, simulator
from simulate.draws import Draws

Array = NDArray[np.float64]
Filter = Callable[[Array], Array]  # h(s)


def _flow(s: Array, *, t: float) -> Array:
    return np.exp(-t * s)


def _ridge(s: Array, *, t: float) -> Array:
    return 1 / (1 + t * s)


def _filters(t: ArrayLike) -> list[Filter]:
    grid = np.asarray(t, dtype=np.float64)
    if not np.all((grid >= 0) & np.isfinite(grid)):
        refuse("t", t, "times of stopping are nonnegative and finite")
    return [partial(_flow, t=float(time)) for time in grid.ravel()]


def _fields(parts: dict[str, list[float]], sigma2: float) -> dict[str, Array]:
    found = {name: np.array(values) for name, values in parts.items()}
    excess = found["bias"] + found["variance"]
    return found | {"excess": excess, "test": excess + sigma2}


def by_eigenvalues(s: Array, n: int, filters: Sequence[Filter], r2: float, sigma2: float) -> dict[str, Array]:
    """All fields where S = I and the signal is isotropic, from the eigenvalues s (p,) of X'X/n."""
    p = len(s)
    parts: dict[str, list[float]] = {k: [] for k in ("bias", "variance", "train", "norm2", "estimation")}
    for h in (filtered(s) for filtered in filters):
        noise = sigma2 / n * float(np.sum(np.divide((1 - h) ** 2, s, out=np.zeros(p), where=s > 0)))
        bias = r2 / p * float(h @ h)
        rest = float(np.sum(h[max(p - n, 0) :] ** 2)) + max(n - p, 0)
        values = (
            bias,
            noise,
            r2 / p * float(s @ h**2) + sigma2 / n * rest,
            r2 / p * float(np.sum((1 - h) ** 2)) + noise,
            bias + noise,
        )
        for name, value in zip(parts, values, strict=True):
            parts[name].append(value)
    return _fields(parts, sigma2)


def by_spectrum(X: Array, filters: Sequence[Filter], v: Array, S: Array, sigma2: float) -> dict[str, Array]:
    """All fields given X (n, p); v (p,): E beta_j^2; S (p,): the diagonal of the covariance."""
    n, p = X.shape
    singular, V = np.linalg.svd(X, full_matrices=False)[1:]
    s = singular**2 / n
    of_S, of_D = (V * S) @ V.T, (V * v) @ V.T
    both = of_S * of_D
    crossed = np.einsum("ij,ij->i", V * (S * v), V)
    parts: dict[str, list[float]] = {k: [] for k in ("bias", "variance", "train", "norm2", "estimation")}
    for h in (filtered(s) for filtered in filters):
        done = 1 - h
        g = np.divide(done**2, s, out=np.zeros(len(s)), where=s > 0) * (sigma2 / n)
        seen, noise = of_D.diagonal(), float(g.sum())
        bias = h @ both @ h if p <= n else S @ v - 2 * done @ crossed + done @ both @ done
        rest = seen @ (h**2) if p <= n else v.sum() - seen @ (done * (1 + h))
        values = (
            float(bias),
            float(g @ of_S.diagonal()),
            float(seen @ (s * h**2) + sigma2 / n * (np.sum(h**2) + max(n - p, 0))),
            float(seen @ done**2) + noise,
            float(rest) + noise,
        )
        for name, value in zip(parts, values, strict=True):
            parts[name].append(value)
    return _fields(parts, sigma2)


def _moments(*, entries: str = "gaussian", **_: object) -> float:
    """All, for what is made of the noise is at most t^2 tr X'X/n^2; but as many as |x|^2 where entries lack moments."""
    degrees = designs.degrees(entries)
    return math.inf if math.isinf(degrees) else math.ceil(degrees / 2) - 1


def _collect(filters: Sequence[Filter], shape: tuple[int, ...], *, n: int, gamma: float, r2: float, sigma2: float,
    spectrum: str | ArrayLike, signal: str, entries: str, draws: int, rng: np.random.Generator,
) -> Draws:  # fmt: skip
    p, grid = features(n, gamma), np.empty(shape)
    if isinstance(spectrum, str) and (spectrum, signal, entries) == ("isotropic", "isotropic", "gaussian"):
        rows = iter(eigenvalues.sample_covariance(n=n, gamma=gamma, draws=draws, rng=rng))
        return _conditional.collect(draws, grid, lambda: by_eigenvalues(next(rows), n, filters, r2, sigma2))
    S, fill, v = designs.parse(spectrum, p), designs.rows(spectrum, entries, p), designs.energies(signal, r2, p)
    X = np.empty((n, p))

    def one() -> dict[str, Array]:
        fill(X, rng)
        return by_spectrum(X, filters, v, S, sigma2)

    return _conditional.collect(draws, grid, one)


@simulator(moments=_moments)
def flow(
    *,
    n: int,
    gamma: float,
    t: ArrayLike,
    r2: float = 1.0,
    sigma2: float = 1.0,
    spectrum: str | ArrayLike = "isotropic",
    signal: str = "isotropic",
    entries: str = "gaussian",
    draws: int,
    rng: np.random.Generator,
) -> Draws:
    """Draws of the risks of gradient flow at the times t >= 0, of any shape: bias, variance, excess, test, train, norm2, estimation.

    Fields (draws, *t.shape), expectations over noise and signal given the design: O(n^2) a draw for isotropic Gaussian rows and
    an isotropic signal, one SVD otherwise. Raises ValueError on bad arguments.
    Accuracy: 1e-12 of r2 and sigma2, against explicit matrix exponentials and steps in tests.

    >>> flow(n=20, gamma=2.0, t=[0.0, 1.0], draws=3, rng=np.random.default_rng(0)).excess[:, 0].round(12).tolist()
    [1.0, 1.0, 1.0]
    """
    given = {"n": n, "gamma": gamma, "r2": r2, "sigma2": sigma2, "spectrum": spectrum, "signal": signal, "entries": entries}
    return _collect(_filters(t), np.shape(t), **given, draws=draws, rng=rng)  # type: ignore[arg-type]


@simulator(moments=_moments)
def against_ridge(
    *,
    n: int,
    gamma: float,
    t: float,
    r2: float = 1.0,
    sigma2: float = 1.0,
    spectrum: str | ArrayLike = "isotropic",
    signal: str = "isotropic",
    entries: str = "gaussian",
    draws: int,
    rng: np.random.Generator,
) -> Array:
    """Draws (draws,) of the excess risk of ridge regression at lam = 1/t over that of gradient flow at t > 0, on the same rows.

    Without signal and noise both are 0: the ratio is 1.

    >>> bool(against_ridge(n=20, gamma=2.0, t=1.0, draws=1, rng=np.random.default_rng(0))[0] > 0.59)
    True
    """
    if not t > 0:
        refuse("t", t, "both risks are that of 0 there: take t > 0")
    given = {"n": n, "gamma": gamma, "r2": r2, "sigma2": sigma2, "spectrum": spectrum, "signal": signal, "entries": entries}
    excess = _collect([partial(_ridge, t=t), partial(_flow, t=t)], (2,), **given, draws=draws, rng=rng).excess  # type: ignore[arg-type]
    top, bottom = np.asarray(excess).T
    return np.divide(top, bottom, out=np.where(top > 0, math.inf, 1.0), where=bottom > 0)


@simulator(moments=_moments, cost=3.0)
def descent(
    *,
    n: int,
    gamma: float,
    t: float,
    step: float,
    r2: float = 1.0,
    sigma2: float = 1.0,
    spectrum: str | ArrayLike = "isotropic",
    signal: str = "isotropic",
    entries: str = "gaussian",
    draws: int,
    rng: np.random.Generator,
) -> Draws:
    """The same risks of gradient descent after round(t/step) steps of size `step`, step by step: O(n p^2) each. It tends to `flow`.

    >>> descent(n=5, gamma=2.0, t=1.0, step=0.1, draws=3, rng=np.random.default_rng(0)).test.shape
    (3,)
    """
    if not (step > 0 and t >= 0 and t / step < 1e6):
        refuse("step", step, "it must be positive, and take fewer than a million steps to t")
    p = features(n, gamma)
    S, fill, v = designs.parse(spectrum, p), designs.rows(spectrum, entries, p), designs.energies(signal, r2, p)

    def one() -> dict[str, Array]:
        X, H, W = np.empty((n, p)), np.eye(p), np.zeros((p, n))
        fill(X, rng)
        for _ in range(round(t / step)):
            H -= step / n * (X.T @ (X @ H))
            W += step / n * (X.T @ (np.eye(n) - X @ W))
        lost, spread = H**2 @ v, sigma2 * np.sum(W**2, axis=1)
        train = (np.sum((X @ H) ** 2 @ v) + sigma2 * np.sum((np.eye(n) - X @ W) ** 2)) / n
        norm2 = np.sum((np.eye(p) - H) ** 2 @ v) + spread.sum()
        values = (S @ lost, S @ spread, train, norm2, lost.sum() + spread.sum())
        return _fields(
            {k: [float(x)] for k, x in zip(("bias", "variance", "train", "norm2", "estimation"), values, strict=True)}, sigma2
        )

    return _conditional.collect(draws, t, one)
