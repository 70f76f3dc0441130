"""What a proof costs for derived limits: milliseconds a point of `certified=True`, beside the same call in doubles."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from asymptotics import spectra
from asymptotics.derivation import derive
from tests.benchmarks.bench_certified import _best
from tests.derivation_cases import FEATURES, RIDGE, S, W, X, b

GOAL = "at most 10 ms"
CORNERS = {"": {"gamma": 2.0, "lam": 0.1}, ", gamma = 1, lam = 1e-9": {"gamma": 1.0, "lam": 1e-9}}


def rows() -> Iterator[tuple[str, str, str]]:
    rng = np.random.default_rng(0)
    for size in (2, 100, 1000):
        one = spectra.from_eigenvalues(np.exp(rng.normal(size=size)))
        models = {
            "ridge, bias, variance and df1": (derive(RIDGE, gaussian=[X], vectors=[b], laws={S: one}), {}),
            "random features, bias and variance": (derive(FEATURES, gaussian=[X, W], vectors=[b], laws={S: one}), {"psi": 1.0}),
        }
        for (what, (limit, more)), (where, at) in ((m, c) for m in models.items() for c in CORNERS.items()):
            given = at | more
            proven, plain = _best(lambda: limit.limit(**given, certified=True), 5), _best(lambda: limit.limit(**given), 5)  # noqa: B023
            goal = GOAL if size <= 100 else ""
            yield (
                f"certified: derived {what}, {size} atoms{where}",
                goal,
                f"{1e3 * proven:.2g} ms ({1e3 * plain:.2g} ms in doubles)",
            )


if __name__ == "__main__":
    for row in rows():
        print(" | ".join(row), flush=True)
