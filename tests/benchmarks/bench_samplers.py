"""The exact fast samplers against dense draws of the same law, in one run: process CPU time, least of several repeats."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

from simulate import bartlett, eigenvalues, isotropic


def seconds(run: Callable[[], object], repeats: int) -> float:
    best = np.inf
    for _ in range(repeats):
        start = time.process_time()
        run()
        best = min(best, time.process_time() - start)
    return float(best)


def dense(n: int, p: int, lam: float, rng: np.random.Generator) -> float:
    """The excess risk of one draw from n x p normals and the thin SVD; r2 = sigma2 = 1."""
    _, s, _ = np.linalg.svd(rng.standard_normal((n, p)), full_matrices=False)
    t, delta = s * s, n * lam
    return float((np.sum((delta / (t + delta)) ** 2) + p - len(t)) / p + np.sum(t / (t + delta) ** 2))


def gram(n: int, p: int, rng: np.random.Generator) -> np.ndarray:
    x = rng.standard_normal((n, p))
    return np.linalg.eigh(x.T @ x)[0]


def rows() -> Iterator[tuple[str, str, str]]:
    rng = np.random.default_rng(0)
    fast = lambda draws: isotropic.ridge(n=1000, gamma=2, lam=0.1, draws=draws, rng=rng)  # noqa: E731
    fast(1)
    slow, quick = seconds(lambda: dense(1000, 2000, 0.1, rng), 3), seconds(lambda: fast(500), 5) / 500
    values = seconds(lambda: np.linalg.svd(rng.standard_normal((1000, 2000)), compute_uv=False), 2)
    yield (
        "isotropic Monte Carlo, n = 1000, p = 2000, against normals + SVD",
        ">= 1000 times",
        f"{slow / quick:.0f} times ({1e3 * slow:.0f} ms to {1e6 * quick:.0f} us); {values / quick:.0f} times singular values alone",
    )
    for lam, name in ((0.0, "ridgeless"), (0.1, "lam = 0.1")):
        worst = max(
            seconds(lambda g=g, lam=lam: isotropic.ridge(n=10**6, gamma=g, lam=lam, draws=1, rng=rng), 3) for g in (0.5, 1, 2)
        )
        yield f"isotropic, n = 10^6, one draw, {name}, the worst of gamma = 1/2, 1, 2", "<= 0.5 s", f"{worst:.3f} s"
    slow = seconds(lambda: gram(3000, 300, rng), 3)
    quick = seconds(
        lambda: bartlett.ridge(n=3000, gamma=0.1, lam=np.geomspace(0.01, 10, 100), spectrum="ar1:0.5", draws=1, rng=rng), 5
    )
    yield (
        "Bartlett, ar1:0.5, n = 3000, p = 300, 100 penalties, against normals + X'X + eigh",
        "faster",
        f"{slow / quick:.1f} times ({1e3 * quick:.0f} ms)",
    )
    slow = seconds(lambda: np.linalg.svd(rng.standard_normal((1000, 1000)), compute_uv=False), 3)
    quick = seconds(lambda: eigenvalues.sample_covariance(n=1000, gamma=1.0, draws=1, rng=rng), 10)
    yield (
        "eigenvalues, isotropic, n = p = 1000, against normals + singular values",
        "faster",
        f"{slow / quick:.0f} times ({1e3 * quick:.0f} ms)",
    )
