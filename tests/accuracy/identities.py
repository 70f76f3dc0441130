"""Every record of kind Identity: the worst difference of its two routes, at its cases and at random points of its whole domain."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import theorems
from tests.test_records import SLOW, draw
from theorems.claims import Identity

POINTS = 60


def rows() -> Iterator[tuple[str, str, str]]:
    rng = np.random.default_rng()
    for name, record in theorems.load().items():
        if not isinstance(record.claim, Identity):
            continue
        worst, count, refused = 0.0, 0, 0
        random = [{k: draw(d, rng) for k, d in record.domain.items()} for _ in range(SLOW.get(name, POINTS))]
        for params in (*(record.parameters(**case) for case in record.cases), *random):
            try:
                found, target, scale = record.claim.compare(record.claim.other(**params), params, 0)
            except ValueError:  # the formula has no number there
                refused += 1
                continue
            with np.errstate(invalid="ignore"):  # inf is inf; nan stays nan
                gap = np.where(found == target, 0.0, np.abs(found - target) / scale)
            worst, count = float(np.maximum(worst, np.max(gap))), count + 1
        none = f", refused at {refused} more" if refused else ""
        yield f"`{name}`, {count} points{none}", f"at most {record.claim.rtol:.0e}", f"{worst:.1e}"
