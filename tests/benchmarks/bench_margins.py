"""Max-margin and logistic asymptotics, milliseconds a point, corners included; the worst gap between two exact routes. CPU time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import process_time
from typing import Any

import numpy as np

import theorems
from asymptotics.labels import LABELS
from asymptotics.logistic import ridge
from asymptotics.max_margin import max_margin
from asymptotics.separability import threshold
from simulate.max_margin import separate

POINTS = 40


def _each(call: Callable[..., Any], points: list[dict[str, Any]]) -> str:
    """Median and worst time of a point, the best of two."""
    call(**points[0])
    spent = np.full((2, len(points)), np.inf)
    for row in spent:
        for i, point in enumerate(points):
            start = process_time()
            call(**point)
            row[i] = process_time() - start
    best = 1e3 * spent.min(axis=0)
    return f"{np.median(best):.2g} ms a point, worst of {len(points)} {best.max():.2g} ms"


def rows() -> Iterator[tuple[str, str, str]]:
    """The table's lines; fresh points each run."""
    rng = np.random.default_rng()
    wide = [{"gamma": 10 ** rng.uniform(-2, 2), "r2": 10 ** rng.uniform(-2, 2)} for _ in range(POINTS)]
    goal = "at most 20 ms a point"
    for labels in LABELS:
        yield f"`max_margin.max_margin`, {labels} labels", goal, _each(max_margin, [p | {"labels": labels} for p in wide])
    for labels in LABELS:
        points = [p | {"labels": labels, "lam": 10 ** rng.uniform(-6, 1)} for p in wide]
        yield f"`logistic.ridge`, {labels} labels, lam from 1e-6 to 10", goal, _each(ridge, points)
    near = [{"gamma": float(f * threshold(r2=4.0)), "lam": 0.0, "r2": 4.0} for f in (0.1, 0.5, 0.9, 0.99, 0.999)]
    yield "`logistic.ridge` at lam = 0, up to 0.999 of the threshold", goal, _each(ridge, near)
    yield "`separability.threshold`", goal, _each(threshold, [{"r2": p["r2"]} for p in wide])
    for name in ("deng2022.mixture_equation", "salehi2019.state_evolution"):
        claim, record = theorems.load(name)[name].claim, theorems.load(name)[name]
        gaps = [0.0]
        for case in record.cases:
            given = record.parameters(**case)
            if want := float(claim.other(**given)):
                gaps.append(abs(float(getattr(claim.theory(**given), claim.of)) / want - 1))
        yield f"two routes, `{name}`", "at most 1e-10", f"{max(gaps):.1e}"
    A = rng.standard_normal((160, 160))
    A[:, 0] += 1.5
    yield "`simulate.max_margin.separate`, n = p = 160", "", _each(lambda: separate(A), [{}] * 5)


if __name__ == "__main__":
    for row in rows():
        print(" | ".join(row), flush=True)
