"""Spectra of kernels by degree: seconds, digits, and what a truncated spectrum gets wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.polynomial.polynomial import polyval

from asymptotics.eigenlearning import target
from asymptotics.kernels import gegenbauer, parse
from asymptotics.kernels import singular as _singular_kernels
from asymptotics.ridge import ridge
from simulate import harmonics, kernel_ridge
from simulate.kernels import parse as simulated
from tests.benchmarks.floors import cholesky, eigen, entries, floors, form, gram, normals, product, triangular


def _seconds(call: Callable[[], Any], repeats: int = 3) -> float:
    best = np.inf
    for _ in range(repeats):
        start = time.process_time()
        call()
        best = min(best, time.process_time() - start)
    return best


def rows() -> Iterator[tuple[str, str, str]]:
    for name, d in (("ntk:3", 3), ("ntk:3", 20), ("laplace:1", 10), ("gaussian:1", 10), ("gaussian:0.1", 3)):
        took = _seconds(lambda name=name, d=d: gegenbauer.sphere.__wrapped__.__wrapped__(name, d=d), 2)
        found = gegenbauer.sphere(name, d=d)
        left = abs(np.dot(found.H.atoms, found.H.weights) + found.H.tail - found.trace) / found.trace
        yield f"spectrum of {name} on the sphere, d = {d}: seconds; what is lost of its trace", "", f"{took:.2f} s; {left:.0e}"
    spectrum = gegenbauer.sphere("ntk:3", d=3).spectrum([0.0, 1.0, 0.5])
    n = np.geomspace(10, 1e6, 1000)
    ridge(spectrum, n=n, delta=0.0)
    curve = _seconds(lambda: ridge(spectrum, n=n, delta=0.0))
    yield "learning curve of ntk:3 on the sphere, d = 3, n = 10 ... 10^6, ridgeless: a point", "", f"{curve * 1e3:.1f} us"
    exact = float(ridge(spectrum, n=1e3, delta=0.0).test)
    s, counts = harmonics.eigenvalues("ntk:3", harmonics.space_of("sphere", 3))
    for degrees in (50, 200):
        cut = target(s[:degrees], counts[:degrees], np.append([0.0, 1.0, 0.5], np.zeros(degrees - 3)))
        wrong = float(ridge(cut, n=1e3, delta=0.0).test) / exact - 1
        yield f"the same at n = 10^3, the spectrum cut off after {degrees} degrees: test error off by", "", f"{wrong:+.1%}"
    took = _seconds(lambda: _singular_kernels.quadrature(parse("ntk:3"), 10, 64), 2)
    yield "eigenvalues of ntk:3 to 18 digits by tanh-sinh in fixed point, d = 10, degrees 0 ... 63", "", f"{took:.2f} s"
    yield from dense()


def dense(n: int = 500, d: int = 50, penalties: int = 20) -> Iterator[tuple[str, str, str]]:
    given = {"n": n, "d": d, "kernel": "ntk:3", "powers": (0.0, 1.0, 0.5), "draws": 1, "rng": np.random.default_rng(0)}
    half, terms = n * (n + 1) // 2, harmonics.eigenvalues("ntk:3", harmonics.space_of("sphere", d))[0]
    drawn = [normals(n * d), gram(n, d), entries(simulated("ntk:3"), half), entries(lambda t: polyval(t, terms), half)]
    once = [cholesky(n), product(n, n, n), triangular(n, n)]
    many = [eigen(n), form(n, n), form(n, n), product(n, n, n), *penalties * [triangular(n, n)]]
    for what, last, delta, goal, extra in (
        ("one penalty", "Cholesky, the forms A and C against the inverse", 0.1, 2.0, once),
        (
            f"{penalties} penalties",
            "eigendecomposition, three forms in its basis, a triangular product for each penalty's leave-one-out",
            np.geomspace(1e-2, 10, penalties),
            1.5,
            many,
        ),
    ):
        ratio, least = floors(lambda delta=delta: kernel_ridge.ridge(delta=delta, **given), *drawn, *extra)
        yield (
            f"kernel ridge drawn at n = {n}, d = {d}, {what}; floor = points, <x, x'>, K, one polynomial of its degree, {last}",
            f"<= {goal} floors",
            f"{ratio:.2f} floors of {1e3 * least:.0f} ms",
        )
