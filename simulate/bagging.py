r"""Bagged ridge and ridgeless regression on dense designs: risks given the design, for any number of members from two of them.

Model: as `simulate.ridge`; M members, ridge (X_I'X_I + k lam I)^-1 X_I'y_I on k = round(share n) of the n rows each, drawn
without replacement, are averaged. Member I misses H_I of beta and makes W_I of the noise of its rows. In expectation over beta and noise

    excess of the mean = (1/M) q(I, I) + (1 - 1/M) q(I, J),    q(I, J) = tr S H_I D H_J' + sigma2 tr S W_I W_J',     (1)

I, J two random sets of rows: the expectation over the choice of M sets is that over the choice of two, whatever M, and M = inf too.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulate import _conditional, designs
from simulate.conventions import features, refuse, simulator
from simulate.draws import Draws

Array = NDArray[np.float64]


def _member(X: Array, rows: NDArray[np.int64], lam: float) -> tuple[Array, Array]:
    """H (p, p) and W (p, n) of the member that sees these rows."""
    n, p = X.shape
    part, k = X[rows], len(rows)
    W = np.zeros((p, n))
    if k <= p:
        W[:, rows] = np.linalg.solve(part @ part.T + k * lam * np.eye(k), part).T
    else:
        W[:, rows] = np.linalg.solve(part.T @ part + k * lam * np.eye(p), part.T)
    return np.eye(p) - W[:, rows] @ part, W


def _moments(*, n: int, gamma: float, share: float = 1.0, lam: float = 0.0, sigma2: float = 1.0, **_: object) -> float:
    """As `simulate.ridge`, of a member's k rows."""
    k = max(1, round(share * n))
    return math.inf if lam > 0 or sigma2 == 0 else abs(features(n, gamma) - k) // 2


@simulator(moments=_moments, cost=3.0)
def ridge(
    *,
    n: int,
    gamma: float,
    share: float,
    lam: float = 0.0,
    members: float = math.inf,
    disjoint: bool = False,
    r2: float = 1.0,
    sigma2: float = 1.0,
    spectrum: str | ArrayLike = "isotropic",
    signal: str = "isotropic",
    entries: str = "gaussian",
    draws: int,
    rng: np.random.Generator,
) -> Draws:
    """Draws (draws,) of the risks of `members` averaged ridge fits on k = round(share n) rows: all fields but gcv and loo.

    share in (0, 1], lam >= 0 (0 is ridgeless), members >= 1, a whole number or inf; `train` is over all n rows. Members are drawn
    independently, or with no row in common (2 k <= n then). Each draw is (1), exact over noise and signal, given the design and two sets
    of rows. Raises ValueError on bad arguments, LinAlgError where a ridgeless member's Gram matrix is singular.
    Accuracy: eps times the condition of a member's Gram matrix; checked against averages of fits in tests.

    >>> ridge(n=20, gamma=2.0, share=0.5, draws=3, rng=np.random.default_rng(0)).excess.shape
    (3,)
    """
    p, k = features(n, gamma), max(1, round(share * n))
    if not (0 < share <= 1 and (not disjoint or 2 * k <= n)):
        refuse("share", share, "it must lie in (0, 1], or (0, 1/2] for disjoint members")
    if not (members >= 1 and (math.isinf(members) or members == int(members))):
        refuse("members", members, "it must be a whole number of fits, or inf")
    if not (np.ndim(lam) == 0 and lam >= 0):
        refuse("lam", lam, "members are penalised by one lam >= 0 (0 is ridgeless)")
    S, fill, v = designs.parse(spectrum, p), designs.rows(spectrum, entries, p), designs.energies(signal, r2, p)
    X, root = np.empty((n, p)), np.sqrt(v)

    def form(one: tuple[Array, Array], two: tuple[Array, Array]) -> Array:
        """bias, variance, train, norm2, estimation of two members: the bilinear forms that are their risks where they are one."""
        (H, W), (K, V) = one, two
        lost, spread = (H * K) @ v, sigma2 * np.einsum("ij,ij->i", W, V)
        kept = np.sum((np.eye(p) - H) * (np.eye(p) - K) @ v)
        noise = float(spread.sum())
        left = sigma2 * (n - np.trace(X @ W) - np.trace(X @ V) + np.vdot(X @ W, X @ V))
        train = (np.vdot(X @ (H * root), X @ (K * root)) + left) / n
        return np.array([S @ lost, S @ spread, train, kept + noise, lost.sum() + noise])

    def one() -> dict[str, Array]:
        fill(X, rng)
        first = rng.permutation(n)
        second = first[k : 2 * k] if disjoint else rng.permutation(n)[:k]
        pair = [_member(X, rows, lam) for rows in (first[:k], second)]
        same = sum(form(m, m) for m in pair) / 2
        bias, variance, train, norm2, estimation = same / members + (1 - 1 / members) * form(*pair)
        excess = bias + variance
        found = {"bias": bias, "variance": variance, "excess": excess, "test": excess + sigma2}
        return found | {"train": train, "norm2": norm2, "estimation": estimation}

    return _conditional.collect(draws, 0.0, one)
