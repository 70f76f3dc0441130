"""Right records with a theory that is slightly wrong, judged again and again: what a cell of `power` does."""

from __future__ import annotations

import dataclasses

import numpy as np

from theorems import Mean, Theorem, discovery, verify


def wrong(name: str, factor: float) -> Theorem:
    """The record with its theory's value multiplied, and no rivals."""
    record = discovery.one(name)
    claim = record.claim
    assert isinstance(claim, Mean)
    theory, of = claim.theory, claim.of
    scaled = dataclasses.replace(claim, theory=lambda **given: factor * getattr(theory(**given), of))
    return dataclasses.replace(record, claim=scaled, rivals={})


def judged(
    *, record: str, factor: float, delta: float, budget: str, n: int, draws: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """So many verdicts as a cell of a sweep: whether refuted, whether consistent, seconds, draws at all sizes of all cases."""
    found = []
    for entropy in rng.integers(2**31, size=draws).tolist():
        verdict = verify(wrong(record, factor), delta=delta, budget=budget, entropy=entropy)
        many = float(sum(sum(case.draws) for case in verdict.cases))
        found.append((float(verdict.status == "refuted"), float(verdict.status == "consistent"), verdict.seconds, many))
    return dict(zip(("refuted", "consistent", "seconds", "draws"), np.array(found).T, strict=True))
