"""How surely a formula that is slightly wrong is refuted: right records with their theory multiplied by a factor, many entropies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from simulate.cells import Cell, Failure
from simulate.sweep import run
from tests.reliability import keep, kept, table
from tests.reliability.banks import FOLDER
from theorems.executors import pool
from theorems.testing.calibration import interval

FAST, DENSE = "hastie2022.isotropic_ridge", "dobriban2018.any_spectrum"
PLAN = (  # record, factor, delta, budget, runs, in a cell
    (FAST, 1.01, 0.01, "60s", 6000, 50),
    (FAST, 0.99, 0.01, "60s", 1000, 50),
    (FAST, 1.002, 0.002, "10min", 1000, 10),
    (DENSE, 1.01, 0.01, "60s", 200, 2),
    (DENSE, 1.002, 0.002, "10min", 10, 1),
)


def measure(workers: int = 2) -> None:
    """All of the plan; goes on where it was stopped (RIDGELESS_BANK, as in `calibration`), and keeps what is there after every line."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    done = []
    with pool("processes", workers) as workforce:
        for record, factor, delta, budget, runs, block in PLAN:
            params = {"record": record, "factor": factor, "delta": delta, "budget": budget}
            cells = [Cell("tests.reliability.wrong:judged", params, n=1, draws=block, block=b) for b in range(runs // block)]
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
