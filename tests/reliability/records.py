"""Every record there is, judged by the engine with its defaults: 60 seconds, delta = 1 %, on one core."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.reliability import keep, kept, table
from theorems import discovery, verify
from theorems.executors import pool


def judged(name: str) -> dict[str, Any]:
    """The verdict on one record, as plain data."""
    verdict = verify(discovery.one(name))
    first = next((case for case in verdict.cases if case.status != "consistent"), None)
    return {
        "record": name,
        "status": verdict.status,
        "headline": verdict.headline,
        "seconds": verdict.seconds,
        "draws": sum(sum(case.draws) for case in verdict.cases),
        "least": max((case.least_discrepancy for case in verdict.cases if case.sizes), default=0.0),
        "methods": sorted({case.method for case in verdict.cases}),
        "cases": len(verdict.cases),
        "rivals": dict(verdict.rivals),
        "open": "" if first is None else str(first),
    }


def measure(workers: int = 2) -> None:
    """All records, side by side."""
    with pool("processes", workers) as workforce:
        names = list(discovery.load())
        done = []
        for found in workforce.map(judged, names) if workforce is not None else map(judged, names):
            done.append(found)
            keep("records", {"verdicts": done})
            print(found["record"], found["headline"], flush=True)


def _verdicts() -> list[dict[str, Any]]:
    return (kept("records") or {"verdicts": []})["verdicts"]


def _survivors(found: dict[str, Any]) -> list[str]:
    return [name for name, status in found["rivals"].items() if status != "refuted"]


def _least(found: dict[str, Any]) -> str:
    return "-" if found["methods"] == ["identity"] else f"{100 * found['least']:.2g} %"


def rows() -> Iterator[tuple[str, str, str]]:
    """(what, to reach, measured)."""
    if found := _verdicts():
        count = {s: sum(f["status"] == s for f in found) for s in ("consistent", "refuted", "undecided")}
        rivals = sum(len(f["rivals"]) for f in found)
        left = [f"{f['record']}: {name}" for f in found for name in _survivors(f)]
        others = "".join(f"; {f['record']} is {f['status']}" for f in found if f["status"] != "consistent")
        words = ", ".join(f"{v} {k}" for k, v in count.items())
        yield "every record, default budget", "judged", f"{len(found)} records: {words}{others}"
        yield (
            "their rivals, on the same draws",
            "all refuted",
            f"{rivals - len(left)} of {rivals}{''.join(f'; not {x}' for x in left)}",
        )


def tables() -> Iterator[str]:
    lines = []
    for f in _verdicts():
        rivals = f"{len(f['rivals']) - len(_survivors(f))} of {len(f['rivals'])}"
        by = ", ".join(f["methods"])
        lines.append(
            [f"`{f['record']}`", f["headline"], f"{f['cases']}", by, f"{f['seconds']:.2g}", f"{f['draws']}", _least(f), rivals]
        )
    head = ["record", "verdict", "cases", "by", "seconds", "draws in all", "least discrepancy", "rivals refuted"]
    extra = "".join(f"\n\n`{f['record']}`, what is open: {f['open']}" for f in _verdicts() if f["open"])
    yield (
        "**Every record**, by `verify` with its defaults (delta = 1 %, false refutation 1e-6, false acceptance 1e-3, 60 s) on one core. "
        "Least discrepancy: what these draws would have refuted, at both error rates.\n\n" + table(head, lines) + extra
    )
