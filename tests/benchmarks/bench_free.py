"""Free probability: sums and products by polynomials and by subordination, time and error against 40-digit mpmath."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import mpmath as mp
import numpy as np

from asymptotics import free
from asymptotics.free import Algebraic, subordination
from asymptotics.free.algebraic import _atlas, _sheet
from tests.test_free import newton


def milliseconds(f: Callable[[], object], repeats: int) -> float:
    """Least CPU time of a call, after one to warm up."""
    f()
    best = np.inf
    for _ in range(repeats):
        start = time.process_time()
        f()
        best = min(best, time.process_time() - start)
    return best * 1e3


def error(mu: Algebraic, x: np.ndarray, f: np.ndarray) -> float:
    """Largest error of the density f at x, relative, against a root of the polynomial to 40 digits."""
    m = mu.stieltjes(x)
    with mp.workdps(50):
        return float(
            max(abs(b * mp.pi / newton(mu.table, float(a), complex(c)).imag - 1) for a, b, c in zip(x, f, m, strict=True))
        )


def anew(make: Callable[[], Algebraic]) -> Algebraic:
    """A law of which nothing is remembered."""
    _sheet.cache_clear()
    _atlas.cache_clear()
    return make()


def inner(mu: Algebraic, count: int) -> np.ndarray:
    return np.linspace(*mu.edges, count + 2)[1:-1]


def rows() -> Iterator[tuple[str, str, str]]:
    def made() -> Algebraic:
        return anew(lambda: free.free_sum(free.semicircle(1), free.marchenko_pastur("1/2")))

    mu = made()
    x = inner(mu, 181)
    yield (
        "semicircle + Marchenko-Pastur (gamma 0.5), density at 181 points",
        "1e-12 in at most 20 ms (a public code: 8e-9 in 500 ms)",
        f"{error(mu, x, mu.density(x)):.1e} relatively; {milliseconds(lambda: mu.density(x), 50):.3f} ms, "
        f"{milliseconds(lambda: made().density(x), 10):.0f} ms with elimination, cuts and series",
    )
    near = np.concatenate([mu.edges[0] + 2.0 ** -np.arange(8, 44, 4), mu.edges[1] - 2.0 ** -np.arange(8, 44, 4)])
    yield "its relative error 2^-8 to 2^-40 from the edges", "keeps its digits", f"{error(mu, near, mu.density(near)):.1e}"
    anti = free.anticommutator()
    y = inner(anti, 1000)
    yield (
        "XY + YX, density at 1000 points",
        "1e-10, at most 0.1 ms a point (a public code: 2e-3 in 8 ms)",
        f"{error(anti, y, anti.density(y)):.1e} relatively; {milliseconds(lambda: anti.density(y), 20):.2f} ms in all, "
        f"{milliseconds(lambda: anew(free.anticommutator).atlas, 5):.0f} ms to make",
    )
    u = np.linspace(0, 1, 1000)
    yield (
        "cdf, quantile of XY + YX at 1000 points",
        "-",
        f"{milliseconds(lambda: anti.cdf(y), 10):.2f} ms, {milliseconds(lambda: anti.quantile(u), 5):.2f} ms",
    )
    coin = ([0.0, 1.0], [1 / 3, 2 / 3])
    three = ([0.0, 1.0, 3.0], [0.25, 0.25, 0.5])
    exact = free.free_sum(free.atoms(*coin), free.atoms(*three))
    z = np.concatenate([np.linspace(a, b, 62)[1:-1] for a, b in exact.cuts])
    F = subordination.free_sum(coin, three)
    yield (
        "sum of 2 and 3 atoms (three cuts, an atom) by subordination, 180 points",
        "-",
        f"{error(exact, z, F.density(z)):.1e} relatively; {milliseconds(lambda: F.density(z), 5):.0f} ms, "
        f"cuts and series {milliseconds(lambda: subordination.free_sum(coin, three).cuts, 2):.0f} ms, mass to {F.continuous.error:.0e}",
    )
    s = np.linspace(1, 10, 100)
    G = subordination.free_sum((s, np.full(100, 0.01)), coin)
    w = np.linspace(1.5, 10.5, 181)
    yield "100 atoms + 2 atoms by subordination, 181 points", "-", f"{milliseconds(lambda: G.density(w), 3):.0f} ms"
