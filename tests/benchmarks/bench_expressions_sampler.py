"""The sampler of expressions beside the same quantity written by hand in NumPy and LAPACK. CPU time, best of several, one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from scipy.linalg import cho_factor, cho_solve, eigh
from scipy.linalg.blas import dsyrk
from sympy import Identity, MatrixSymbol, Trace, symbols

from simulate.expressions import sample
from tests.benchmarks.bench_dense import _interleaved

N, P, DRAWS = 400, 800, 10
s = np.linspace(0.5, 3.0, P)
n, p, lam = symbols("n p lambda", positive=True)
X, S = MatrixSymbol("X", n, p), MatrixSymbol("S", p, p)
R = (S**0.5 * X.T * X * S**0.5 / n + lam * Identity(p)).inverse()


def one(penalty: float, rng: np.random.Generator) -> float:
    """lam^2 tr(S R R)/p by Cholesky on the smaller side."""
    Z, delta = rng.standard_normal((N, P)) * np.sqrt(s), N * penalty
    K = dsyrk(1.0, Z.T, trans=1, lower=1)
    K.flat[:: N + 1] += delta
    A = cho_solve(cho_factor(K, lower=True, check_finite=False), Z, check_finite=False)
    return float(s.sum() - np.vdot(Z * s, A) - delta * np.vdot(A * s, A)) / P


def many(penalties: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same by eigenvectors."""
    Z, delta = rng.standard_normal((N, P)) * np.sqrt(s), N * penalties
    c, U = eigh(dsyrk(1.0, Z.T, trans=1, lower=1), lower=True, check_finite=False, driver="evd")
    f = 1 / (c[:, None] + delta)
    return np.asarray(s.sum() - (f + delta * f * f).T @ ((U.T @ Z) ** 2 @ s)) / P


def ours(penalties: float | np.ndarray, rng: np.random.Generator, draws: int = DRAWS) -> np.ndarray:
    given = {"gaussian": {X: 1.0}, "deterministic": {S: s}, "parameters": {lam: penalties}}
    return sample(lam**2 * Trace(S * R * R) / p, sizes={n: N, p: P}, **given, draws=draws, rng=rng)  # type: ignore[arg-type]


def rows() -> Iterator[tuple[str, str, str]]:
    grid, rng = np.geomspace(0.01, 10, 20), np.random.default_rng(0)
    for what, by_hand, penalties in (("one penalty", one, 0.1), ("20 penalties", many, grid)):
        theirs = by_hand(penalties, np.random.default_rng(1))  # type: ignore[operator]
        apart = np.max(np.abs(ours(penalties, np.random.default_rng(1), 1)[0] / theirs - 1))
        tasks: dict[str, Callable[[], object]] = {
            "hand": lambda f=by_hand, a=penalties: [f(a, rng) for _ in range(DRAWS)],  # type: ignore[misc]
            "ours": lambda a=penalties: ours(a, rng),  # type: ignore[misc]
        }
        seconds = _interleaved(tasks)
        yield (
            f"ridge bias from its expression, n = {N}, p = {P}, {what}, {DRAWS} draws, reading included",
            "<= 1.5 times the same by hand",
            f"{seconds['ours'] / seconds['hand']:.2f} times ({1e3 * seconds['ours'] / DRAWS:.1f} ms a draw); they differ by {apart:.0e}",
        )


if __name__ == "__main__":
    for row in rows():
        print(" | ".join(row))
