"""The limiting law of sample covariances: time and error of the density, edges at many atoms, mass by quadrature."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import mpmath as mp
import numpy as np

from asymptotics.sample_covariance import SampleCovarianceLaw
from tests.test_sample_covariance import CASES, Reference, build


def seconds(f: Callable[[], object], repeats: int) -> float:
    """Least CPU time of a call, after one to warm up."""
    f()
    best = np.inf
    for _ in range(repeats):
        start = time.process_time()
        f()
        best = min(best, time.process_time() - start)
    return best


def error(F: SampleCovarianceLaw, x: np.ndarray, every: int) -> float:
    """Largest error of the density against 50 digits, in units of the largest density if that exceeds 1."""
    f, k = F.density(x), F.solve(x).k
    reference = Reference(F)
    with mp.workdps(50):
        worst = max(abs(f[i] - reference.density(float(x[i]), complex(k[i]))) for i in range(0, x.size, every))
    return float(worst / max(1, f.max()))


def spread(m: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(m)
    w = rng.exponential(size=m)
    return np.sort(rng.uniform(1, 10, m))[::-1], w / w.sum()


def rows() -> Iterator[tuple[str, str, str]]:
    F = build(*CASES["two atoms"])
    x = np.linspace(*F.edges()[0], 1002)[1:-1]
    best = seconds(lambda: F.density(x), 50)
    whole = seconds(lambda: build(*CASES["two atoms"]).density(x), 50)
    yield (
        "density of the law for H = 1/2 at 1, 1/2 at 3, gamma = 1/2, 1000 points",
        "error at most 1e-14, at most 0.5 ms",
        f"{error(F, x, 1):.1e}; {best * 1e3:.2f} ms, {whole * 1e3:.2f} ms with edges",
    )
    times, errors, edges = [], [], []
    for m, every in ((100, 50), (1000, 100), (10_000, 300)):
        G = build(*spread(m), 0.0, 0.5)
        grid = np.linspace(*G.edges()[0], 1002)[1:-1]
        times.append(seconds(lambda G=G, grid=grid: G.density(grid), 3))
        errors.append(error(G, grid, every))
        edges.append(seconds(lambda m=m: build(*spread(m), 0.0, 0.5).edges(), 3))
    yield (
        "the same for 100, 1000, 10^4 atoms of random place and weight",
        "linear in the number of atoms, as exact",
        f"{', '.join(f'{t * 1e3:.2g} ms' for t in times)}; errors {', '.join(f'{e:.0e}' for e in errors)}",
    )
    yield "edges for 100, 1000, 10^4 atoms", "linear", ", ".join(f"{t * 1e3:.2g} ms" for t in edges)
    w = np.full(1000, 1e-3)
    apart = seconds(lambda: build(np.geomspace(1e60, 1, 1000), w, 0.0, 0.1).edges(), 1)
    yield "edges of 1000 separate bands", "-", f"{apart * 1e3:.0f} ms (atoms times gaps, in double-double)"
    near = np.concatenate([F.edges()[0, 0] * (1 + 2.0 ** -np.arange(10, 52)), F.edges()[0, 1] * (1 - 2.0 ** -np.arange(10, 52))])
    near.sort()
    f, k, reference = F.density(near), F.solve(near).k, Reference(F)
    with mp.workdps(60):
        exact = np.array([reference.density(float(a), complex(b)) for a, b in zip(near, k, strict=True)])
    yield "its relative error 2^-10 to 2^-51 from the edges", "keeps its digits", f"{np.max(np.abs(f / exact - 1)):.1e}"
    worst = max(abs(build(*case).integrate(np.ones_like) - 1) for case in CASES.values())
    yield "total mass by quadrature, less 1: all cases of the tests", "1e-12", f"{worst:.1e}"
    u = np.linspace(0, 1, 1001)[1:-1]
    c, q = seconds(lambda: F.cdf(x), 20), seconds(lambda: F.quantile(u), 3)
    yield "cdf, quantile at 1000 points, two atoms", "-", f"{c * 1e3:.2f} ms, {q * 1e3:.1f} ms"
