"""How surely a formula that is slightly wrong is refuted: right records with their theory multiplied by a factor, many entropies."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from simulate.cells import Cell, Failure
from simulate.sweep import run
from tests.reliability import keep, kept, table
from tests.reliability.banks import FOLDER
from theorems import Mean, Theorem, discovery, verify
from theorems.calibration import interval
from theorems.executors import pool

FAST, DENSE = "hastie2022.isotropic_ridge", "dobriban2018.any_spectrum"
PLAN = (  # record, factor, delta, budget, runs, in a cell
    (FAST, 1.01, 0.01, "60s", 10_000, 50),
    (FAST, 0.99, 0.01, "60s", 10_000, 50),
    (FAST, 1.002, 0.002, "10min", 1000, 10),
    (DENSE, 1.01, 0.01, "60s", 1000, 2),
    (DENSE, 1.002, 0.002, "10min", 20, 1),
)


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


def measure(workers: int = 2) -> None:
    """All of the plan; goes on where it was stopped (RIDGELESS_BANK, as in `calibration`), and keeps what is there after every line."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    done = []
    with pool("processes", workers) as workforce:
        for record, factor, delta, budget, runs, block in PLAN:
            params = {"record": record, "factor": factor, "delta": delta, "budget": budget}
            cells = [Cell("tests.reliability.power:judged", params, n=1, draws=block, block=b) for b in range(runs // block)]
            parts: list[dict[str, Any]] = []
            for cell, values in run(cells, entropy=0, executor=workforce, store=FOLDER / "power.store"):
                assert not isinstance(values, Failure), f"{cell}: {values}"
                parts.append(values)
            whole = {k: np.concatenate([part[k] for part in parts]) for k in parts[0]}
            seconds = whole["seconds"]
            done.append(
                params
                | {"runs": len(seconds), "refuted": int(whole["refuted"].sum()), "consistent": int(whole["consistent"].sum())}
                | {"seconds": [float(np.median(seconds)), float(seconds.max())], "draws": float(np.median(whole["draws"]))}
            )
            keep("power", {"counts": done})
            print(done[-1], flush=True)


def _counts() -> list[dict[str, Any]]:
    return (kept("power") or {"counts": []})["counts"]


def _words(c: dict[str, Any]) -> str:
    least = interval(c["refuted"], c["runs"])[0]
    return (
        f"{c['refuted']} of {c['runs']} refuted, {c['consistent']} consistent (99 % lower bound {least:.4f}); "
        f"seconds on one core: median {c['seconds'][0]:.2g}, most {c['seconds'][1]:.2g}"
    )


def rows() -> Iterator[tuple[str, str, str]]:
    """(what, to reach, measured)."""
    for c in _counts():
        off = f"{100 * (c['factor'] - 1):+.2g} %"
        what = f"`{c['record']}` wrong by {off}, delta = {c['delta']:g}, false_refute 1e-6"
        yield what, f"refuted with probability at least 0.999 within {c['budget']} on two cores", _words(c)


def tables() -> Iterator[str]:
    lines = [
        [f"`{c['record']}`", *(f"{c[k]:g}" for k in ("factor", "delta", "runs", "refuted", "consistent"))]
        + [f"{seconds:.2g}" for seconds in c["seconds"]]
        + [f"{c['draws']:.3g}"]
        for c in _counts()
    ]
    head = ["record", "theory times", "delta", "runs", "refuted", "consistent", "seconds, median", "most", "draws in all, median"]
    yield (
        "**Power**: each run is `verify` with another entropy and the default error rates, serial, two runs side by side.\n\n"
        + table(head, lines)
    )
