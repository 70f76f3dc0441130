"""What a proof costs: microseconds a point of `certified=True`, all fields of the answer, beside the same call in doubles."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from asymptotics import equivalents, isotropic, latent_space, marchenko_pastur, random_features, ridge, spectra, two_ridges
from tests import closed_form_oracles as old

GOAL = "at most 1 ms"


def _best(call: Callable[[], Any], repeats: int) -> float:
    call()
    best = np.inf
    for _ in range(repeats):
        start = time.process_time()
        call()
        best = min(best, time.process_time() - start)
    return best


def rows() -> Iterator[tuple[str, str, str]]:
    rng = np.random.default_rng(11)
    count = 200
    g, x = old.points(count, rng)
    r, s = old.scales(count, rng)
    y, h = old.support_points(count, rng)
    u, v = old.levels(count, rng)
    calls: list[tuple[str, int, Callable[..., Any]]] = [
        ("isotropic.ridge, 12 fields", count, lambda **k: isotropic.ridge(gamma=g, lam=x, r2=r, sigma2=s, **k)),
        ("latent_space.ridgeless, 10 fields", count, lambda **k: latent_space.ridgeless(gamma=g, psi=0.3, r2=r, sigma2=s, **k)),
        ("marchenko_pastur.cdf", count, lambda **k: marchenko_pastur.cdf(y, gamma=h, **k)),
        ("marchenko_pastur.quantile", count, lambda **k: marchenko_pastur.quantile(u, gamma=v, **k)),
    ]
    few = 40
    a, b = g[:few], x[:few]
    (n, k), d = rng.integers(5, 150, (2, few)), 10 ** rng.uniform(-16, 2, few)
    for size in (2, 100, 1000):
        values = np.exp(rng.normal(size=size))
        one, many = spectra.from_eigenvalues(values), spectra.multiplicities(values, np.ones(size))
        calls += [
            (f"equivalents.effective_ridge, {size} atoms", few, lambda one=one, **o: equivalents.effective_ridge(
                one.H, gamma=a, lam=b, **o)),
            (f"ridge.ridge, {size} atoms, 12 fields", few, lambda one=one, **o: ridge.ridge(one, gamma=a, lam=b, **o)),
            (f"two_ridges.effective, {size} atoms", few, lambda many=many, **o: two_ridges.effective(many.H, n=n, k=k, delta=d, **o)),
            (f"random_features.ridge, {size} atoms, 14 fields", few, lambda many=many, **o: random_features.ridge(
                many, n=n, k=k, delta=d, **o)),
        ]  # fmt: skip
    for what, points, call in calls:
        proven, plain = _best(lambda call=call: call(certified=True), 3) / points, _best(call, 20) / points
        goal = "" if " 1000 atoms" in what else GOAL
        yield f"certified: {what}", goal, f"{1e6 * proven:.0f} us a point ({1e6 * plain:.2g} us in doubles)"
    once = _best(lambda: isotropic.ridge(gamma=2.0, lam=0.1, certified=True), 50)
    yield "certified: a call at one point, isotropic.ridge", GOAL, f"{1e6 * once:.0f} us"


if __name__ == "__main__":
    for row in rows():
        print(" | ".join(row), flush=True)
