"""Spectra of kernels by degree: seconds, digits, and what a truncated spectrum gets wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from asymptotics import _singular_kernels, gegenbauer
from asymptotics.eigenlearning import target
from asymptotics.kernels import parse
from asymptotics.ridge import ridge
from simulate import harmonics, kernel_ridge


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
    rng = np.random.default_rng(0)
    given = {"n": 500, "d": 50, "kernel": "ntk:3", "delta": np.geomspace(1e-2, 10, 20), "powers": (0.0, 1.0, 0.5), "rng": rng}
    took = _seconds(lambda: kernel_ridge.ridge(**given, draws=1))
    yield "kernel ridge drawn at n = 500, d = 50, 20 penalties", "", f"{took:.2f} s"
