"""Cells on any `concurrent.futures.Executor`: small ones are sent together, and no more of them than the workers are about to need."""

from __future__ import annotations

import os
import queue
import sys
import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from simulate import provenance
from simulate.cells import Cell, Failure, Values, attempt, resolve
from simulate.conventions import refuse
from simulate.threads import one_blas_thread

Result = Values | Failure | None
TASK = 0.1  # seconds of work a task: sending it costs about 1 ms; at the end little is left to share out
BUSY = 2000  # with so many tasks under way they take a second each, for one scheduler hands out some thousand a second
BYTES = 2**24  # a task's results at most, about


class Done(NamedTuple):
    """What a task gives back."""

    results: list[Values | Failure]
    seconds: float


def task(cells: list[Cell], entropy: int, code: dict[str, str]) -> Done:
    """The work of a worker: these cells, with one BLAS thread, by the code that the sender has."""
    start = time.perf_counter()
    for cell in {c.name: c for c in cells}.values():
        function = resolve(cell)
        if code and isinstance(cell.function, str) and (other := different(code, provenance.code(function, cell.name))):
            refuse("function", cell.name, f"a worker has another version of {other}; install the same everywhere, start anew")
    with one_blas_thread():
        results = [attempt(cell, entropy) for cell in cells]
    return Done(results, time.perf_counter() - start)


def different(code: dict[str, str], there: dict[str, str]) -> str:
    """The modules whose sources differ, in words; "" where none does."""
    return " and ".join(m for m, sha in there.items() if code.get(m, sha) != sha)


def reachable(cell: Cell, executor: Executor) -> None:
    """ValueError for a function that the workers of `executor` could not import by its name."""
    if isinstance(executor, ThreadPoolExecutor) or isinstance(cell.function, str):
        return
    path = cell.name.partition(":")[2]
    function, main = cell.function, sys.modules["__main__"]
    if function.__module__ == "__main__" and getattr(main, path, None) is function:
        if Path(getattr(main, "__file__", None) or "").is_file() or type(executor).__module__.partition(".")[0] in (
            "loky",
            "distributed",
        ):
            return
        refuse("function", cell.name, "workers cannot see what was typed into a session; put it into a file and import it")
    refuse("function", cell.name, "workers import it by name: define it at the top level of a module, or use threads")


def workers(executor: Executor) -> int:
    """How many workers the executor has now, as far as it tells."""
    client = getattr(executor, "_client", None)  # dask.distributed, whose clusters grow and shrink
    if client is not None:
        return sum(client.nthreads().values())
    told = getattr(executor, "num_workers", None) or getattr(executor, "_max_workers", None)
    return told if isinstance(told, int) else (os.cpu_count() or 1)


class _Costs:
    """What a cell costs, as a part of a task: known of a function and a size from the last task that had it."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], float] = {}

    def __call__(self, cell: Cell) -> float:
        return self._known.get((cell.name, cell.n), 1.0)

    def learn(self, cells: list[Cell], done: Done, task: float) -> None:
        size = sum(a.nbytes for r in done.results if not isinstance(r, Failure) for a in r.values())
        each = max(done.seconds / task, size / BYTES, 1e-4) / len(cells)  # at most 10^4 cells a task
        for kind in {(c.name, c.n) for c in cells}:
            self._known[kind] = each


def _size(executor: Executor, in_flight: int | None, at: list[float]) -> int:
    """How many tasks may be under way: two for each worker, so that none waits for the next; asked for again each second."""
    if in_flight is not None:
        return in_flight
    if not at or time.monotonic() - at[1] > 1:
        at[:] = 2 * workers(executor) + 1, time.monotonic()
    return int(at[0])


def spread(
    cells: Iterable[Cell],
    executor: Executor,
    *,
    entropy: int,
    known: Callable[[Cell], bool],
    code: dict[str, str],
    in_flight: int | None,
    patience: Callable[[], float | None],
) -> Generator[tuple[Cell | None, Result]]:
    """Each cell with its result, as they are done; with None at once where it is `known`; (None, None) when patience ends.

    Raises BrokenExecutor where the pool has died, after giving what it had done. What waits when it is closed is cancelled.
    """
    costs, done = _Costs(), queue.SimpleQueue[Future[Any]]()
    flying: dict[Future[Any], list[Cell]] = {}
    source, more = iter(cells), True
    at: list[float] = []

    def fly(group: list[Cell]) -> None:
        future = executor.submit(task, group, entropy, dict(code))
        flying[future] = group
        future.add_done_callback(done.put)

    try:
        while more or flying:
            while more and len(flying) < _size(executor, in_flight, at):
                group: list[Cell] = []
                weight = 0.0
                while weight < 1:
                    cell = next(source, None)
                    if cell is None:
                        more = False
                        break
                    if known(cell):
                        yield cell, None
                        continue
                    reachable(cell, executor)
                    group.append(cell)
                    weight += costs(cell)
                if group:
                    fly(group)
            if not flying:
                continue
            try:
                future = done.get(timeout=patience())
            except queue.Empty:
                yield None, None
                continue
            group = flying[future]
            yield from zip(group, _results(future, group, costs, len(flying)), strict=True)
            del flying[future]
    except BrokenExecutor as error:
        lost = []
        for future, group in flying.items():
            if future.done() and not future.cancelled() and future.exception() is None:  # before it died
                yield from zip(group, future.result().results, strict=True)
            else:
                lost += group
        works = "; ".join(str(cell) for cell in lost[:5])
        raise BrokenExecutor(f"{error} In the works were, among others: {works}" if works else str(error)) from error
    finally:
        for future in flying:
            future.cancel()


def _results(future: Future[Any], group: list[Cell], costs: _Costs, tasks: int) -> list[Values | Failure]:
    try:
        found: Done = future.result()
    except CancelledError as error:
        raise BrokenExecutor("its tasks were cancelled") from error
    except Exception as error:
        if type(error).__name__ == "KilledWorker":  # dask's word for a task whose workers died again and again
            return [Failure("KilledWorker", "the workers that tried it died, one after another")] * len(group)
        raise
    costs.learn(group, found, max(TASK, tasks / BUSY))
    return found.results
