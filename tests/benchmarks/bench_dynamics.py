"""Early stopping, SGD, bagging, projections, the trade-off: time a point, and the error against another route."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy.linalg import expm

import simulate.bagging
import simulate.gradient_flow
import simulate.sgd
from asymptotics import bagging, gradient_flow, random_features, random_projections, ridge, sgd, spectra, tradeoff

GAMMA, TIME = np.geomspace(0.1, 10, 10)[:, None], np.geomspace(0.1, 100, 40)


def _best(call: Callable[[], Any], repeats: int = 3) -> float:
    """Least process CPU seconds of a call, after a first one."""
    call()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)


def _draw(call: Callable[..., Any], draws: int = 5, **given: Any) -> str:
    cost = _best(lambda: call(**given, draws=draws, rng=np.random.default_rng())) / draws
    return f"{1e3 * cost:.2g} ms a draw"


def rows() -> Iterator[tuple[str, str, str]]:
    points = GAMMA.size * TIME.size
    goal = "milliseconds a point at most"

    cost = _best(lambda: tradeoff.frontier(gamma=np.full(10**5, 2.0), tau=np.linspace(0, 0.99, 10**5))) / 1e5
    at = tradeoff.frontier(gamma=GAMMA, lam=TIME)
    apart = np.max(np.abs(tradeoff.frontier(gamma=GAMMA, tau=at.tau).excess / at.excess - 1))
    yield (
        "`tradeoff.frontier` by tau, 10^5 points",
        "closed form",
        f"{1e6 * cost:.2g} us a point; from its own penalties {apart:.0e}",
    )

    cost = _best(lambda: gradient_flow.isotropic_flow(gamma=GAMMA, t=TIME)) / points
    one = gradient_flow.isotropic_flow(gamma=GAMMA, t=TIME, r2=2.0).excess
    two = gradient_flow.flow(spectra.isotropic(), gamma=GAMMA, t=TIME, r2=2.0).excess
    text = f"{1e6 * cost:.0f} us a point; the contour differs by {np.max(np.abs(two / one - 1)):.0e}"
    yield "`gradient_flow.isotropic_flow`, 10 ratios x 40 times", goal, text

    for name, spectrum in (("ar1:0.7", spectra.autoregressive(0.7)), ("10^5 eigenvalues", _many(10**5))):
        cost = _best(lambda s=spectrum: gradient_flow.flow(s, gamma=GAMMA, t=TIME)) / points
        late = gradient_flow.flow(spectrum, gamma=3.0, t=1e6).excess
        apart = abs(late / ridge.ridge(spectrum, gamma=3.0, lam=0.0).excess - 1)
        text = f"{1e6 * cost:.0f} us a point; at t = 10^6 it is ridgeless to {apart:.0e}"
        yield f"`gradient_flow.flow`, {name}, 10 ratios x 40 times", goal, text

    big = _many(10**5)
    t = np.geomspace(0.01, 100, 400)
    cost = _best(lambda: sgd.one_pass(big, step=1.0, t=t)) / t.size
    yield "`sgd.one_pass`, 10^5 eigenvalues, 400 times", goal, f"{1e6 * cost:.0f} us a point; they are compressed once"
    values = np.asarray(_many(300).H.atoms)
    A = np.outer(values, values) / 300 - np.diag(2 * values)
    exact = float(values @ (expm(2.0 * A) @ np.full(300, 1 / 300)))
    small = spectra.from_eigenvalues(values)
    error = abs(float(sgd.one_pass(small, step=1.0, t=2.0, sigma2=0.0).bias) / exact - 1)
    slow = _best(lambda: expm(2.0 * A), 1)
    fast = _best(lambda: sgd.one_pass(small, step=1.0, t=[2.0]))
    yield (
        "one point of it, 300 eigenvalues, against a matrix exponential",
        "12 digits",
        f"{error:.0e}; {slow / fast:.0f} times faster",
    )

    cost = _best(lambda: bagging.ridge(big, gamma=GAMMA, share=np.linspace(0.05, 1, 40), lam=0.01, members=10)) / points
    yield "`bagging.ridge`, 10^5 eigenvalues, 10 ratios x 40 shares", goal, f"{1e6 * cost:.2g} us a point"
    psi = np.geomspace(0.2, 5, 40)
    cost = _best(lambda: random_projections.ridgeless(big, gamma=GAMMA, psi=psi)) / points
    one = random_projections.ridgeless(big, gamma=1.5 * GAMMA, psi=psi).test
    two = random_features.ridge(big, gamma=1.5 * GAMMA, psi=psi, lam=0.0).test
    text = f"{1e6 * cost:.2g} us a point; random features without penalty differ by {np.max(np.abs(one / two - 1)):.0e}"
    yield "`random_projections.ridgeless`, 10^5 eigenvalues, 10 x 40", goal, text

    size = {"n": 200, "gamma": 2.0}
    yield "simulated gradient flow, n = 200, p = 400, isotropic, 1 time", "", _draw(simulate.gradient_flow.flow, **size, t=1.0)
    yield "the same, ar1:0.7", "", _draw(simulate.gradient_flow.flow, **size, t=1.0, spectrum="ar1:0.7")
    yield (
        "simulated SGD, one pass, n = 200, p = 400, over all signals and noises",
        "",
        _draw(simulate.sgd.one_pass, **size, step=0.5),
    )
    yield (
        "simulated bagging, n = 200, p = 400, any number of members",
        "",
        _draw(simulate.bagging.ridge, **size, share=0.5, lam=0.1),
    )


def _many(p: int) -> spectra.Spectrum:
    """p distinct eigenvalues of mean 1 over three decades."""
    values = 10.0 ** (-3 * (np.arange(p) + 0.5) / p)
    return spectra.from_eigenvalues(values / values.mean())


if __name__ == "__main__":
    for row in rows():
        print(" | ".join(row))
