"""A time limit that holds: at the first step that is not tiny, the search moves to a process of its own, ended at the limit.

A SymPy call cannot be stopped from inside. The child is a fresh interpreter that reads the problem from its standard input: no
fork of a process with threads, no `__main__` imported twice, the same on Linux, macOS and Windows.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from typing import Any

import sympy as sp

from asymptotics.conventions import refuse
from asymptotics.elimination.branches import Problem, search
from asymptotics.elimination.resultants import Note

TINY = 800  # of the work of `resultants`: a step up to it takes 0.1 s at most, most of them 0.01 s (2000 steps of random systems)
IMPORT = 0.5  # seconds: about what a process takes to start
CHILD = "import sys; sys.path[:] = {path!r}; from asymptotics.elimination import time_limit; time_limit.child()"


def watched(problem: Problem, limit: float) -> Any:
    """`search(problem)`; ValueError where it found none, or not within `limit` seconds."""
    start = time.perf_counter()
    try:
        found = search(problem, _only_tiny(start + min(limit, IMPORT)))
    except _Large:
        found = _apart(problem, limit)
    if isinstance(found, str):
        refuse("equations", _size(problem), f"{found} ({time.perf_counter() - start:.1f} s)")
    return found


class _Large(Exception):
    """A step that is not tiny."""


def _only_tiny(deadline: float) -> Note:
    def note(text: str, work: int) -> None:
        if work > TINY or time.perf_counter() > deadline:
            raise _Large

    return note


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
    found = search(pickle.load(sys.stdin.buffer), lambda text, work: print(text, file=sys.stderr, flush=True))
    sys.stdout.buffer.write(pickle.dumps(found))


def _degrees(problem: Problem) -> list[int]:
    return [sp.Poly(e, *problem[2], problem[3]).total_degree() for e in problem[0]]


def _terms(problem: Problem) -> list[int]:
    return [len(e.args) if e.is_Add else 1 for e in problem[0]]


def _size(problem: Problem) -> str:
    return f"{len(problem[0])} equations of degrees {_degrees(problem)} with {_terms(problem)} terms and {len(problem[4])} parameters"
