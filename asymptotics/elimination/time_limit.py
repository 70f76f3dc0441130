"""A time limit that holds: what is not tiny runs in a process of its own, ended at the limit.

A SymPy call cannot be stopped from inside. The child is a fresh interpreter that reads the problem from its standard input: no
fork of a process with threads, no `__main__` imported twice, the same on Linux, macOS and Windows.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from typing import Any

from asymptotics.conventions import refuse
from asymptotics.elimination.branches import Problem, search

TINY = 40  # degree in the unknowns times terms, summed: below it milliseconds
CHILD = "import sys; sys.path[:] = {path!r}; from asymptotics.elimination import time_limit; time_limit.child()"


def watched(problem: Problem, limit: float) -> Any:
    """`search(problem)`; ValueError where it found none, or not within `limit` seconds."""
    start = time.perf_counter()
    found = search(problem, lambda text: None) if _tiny(problem) else _apart(problem, limit)
    if isinstance(found, str):
        refuse("equations", _size(problem), f"{found} ({time.perf_counter() - start:.1f} s)")
    return found


def _apart(problem: Problem, limit: float) -> Any:
    command = [sys.executable, "-c", CHILD.format(path=sys.path)]
    try:
        done = subprocess.run(command, input=pickle.dumps(problem), capture_output=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired as late:
        notes = (late.stderr or b"").decode(errors="replace").strip().splitlines()
        refuse(
            "limit",
            limit,
            f"eliminating from {_size(problem)} takes more than {limit:g} s; it was {notes[-1] if notes else 'starting'}. Raise limit=, "
            "put numbers for some parameters, keep another unknown, or solve by hand for those that the equations give linearly",
        )
    if done.returncode:
        raise RuntimeError(f"elimination failed in its process:\n{done.stderr.decode(errors='replace')[-2000:]}")
    return pickle.loads(done.stdout)


def child() -> None:
    """What the process runs: a problem in, an answer out, notes on the way."""
    found = search(pickle.load(sys.stdin.buffer), lambda text: print(text, file=sys.stderr, flush=True))
    sys.stdout.buffer.write(pickle.dumps(found))


def _degrees(problem: Problem) -> list[int]:
    import sympy as sp

    return [sp.Poly(e, *problem[2], problem[3]).total_degree() for e in problem[0]]


def _terms(problem: Problem) -> list[int]:
    return [len(e.args) if e.is_Add else 1 for e in problem[0]]


def _tiny(problem: Problem) -> bool:
    return len(problem[0]) <= 3 and sum(d * t for d, t in zip(_degrees(problem), _terms(problem), strict=True)) <= TINY


def _size(problem: Problem) -> str:
    return f"{len(problem[0])} equations of degrees {_degrees(problem)} with {_terms(problem)} terms and {len(problem[4])} parameters"
