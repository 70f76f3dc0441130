"""What importing a package costs beyond Python's own start, in CPU time."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator


def _cpu(code: str, runs: int = 7) -> float:
    """Least user + system seconds of `python -c code`."""
    best = float("inf")
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return best


def rows() -> Iterator[tuple[str, str, str]]:
    start, numpy = _cpu("pass"), _cpu("import numpy")
    for package in ("asymptotics", "simulate", "theorems"):
        cost = _cpu(f"import {package}") - start
        yield (
            f"`import {package}`",
            "at most 150 ms CPU beyond Python's start",
            f"{1e3 * cost:.0f} ms (NumPy alone {1e3 * (numpy - start):.0f} ms)",
        )
