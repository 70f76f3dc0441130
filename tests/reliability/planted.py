"""The catalogue of planted wrong theorems, each judged at the default budget, with the truth beside it on the same draws."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.planted_theorems import CATALOGUE, TRUTH
from tests.reliability import keep, kept, table
from theorems import verify
from theorems.executors import pool


def judged(name: str) -> dict[str, Any]:
    """The verdict on one of them, as plain data."""
    verdict = verify(CATALOGUE[name])
    return {
        "title": CATALOGUE[name].title,
        "kind": type(CATALOGUE[name].claim).__name__,
        "status": verdict.status,
        "truth": verdict.rivals.get(TRUTH, "-"),
        "seconds": verdict.seconds,
        "draws": sum(sum(case.draws) for case in verdict.cases),
    }


def measure(workers: int = 2) -> None:
    """All of them, side by side."""
    with pool("processes", workers) as workforce:
        done = list(workforce.map(judged, CATALOGUE) if workforce is not None else map(judged, CATALOGUE))
    keep("planted", {"verdicts": done})


def _verdicts() -> list[dict[str, Any]]:
    return (kept("planted") or {"verdicts": []})["verdicts"]


def rows() -> Iterator[tuple[str, str, str]]:
    """(what, to reach, measured)."""
    if found := _verdicts():
        count = {s: sum(f["status"] == s for f in found) for s in ("refuted", "undecided", "consistent")}
        true = sum(f["truth"] == "refuted" for f in found)
        yield (
            f"{len(found)} planted wrong theorems, default budget",
            "all refuted, none consistent",
            f"{', '.join(f'{v} {k}' for k, v in count.items())}; of their truths, on the same draws, {true} refuted",
        )


def tables() -> Iterator[str]:
    lines = [
        [f["title"], f["kind"], f["status"], f["truth"], f"{f['seconds']:.2g}", f"{f['draws']}"]
        for f in sorted(_verdicts(), key=lambda f: f["kind"])
    ]
    head = ["what is wrong", "claim", "verdict", "the truth, same draws", "seconds", "draws in all"]
    yield "**Planted wrong theorems** (`tests/planted_theorems.py`), judged by `verify` with its defaults.\n\n" + table(
        head, lines
    )
