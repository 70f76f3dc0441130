"""Many cells: on any executor, into a store that survives what may happen, the same bits whatever happens.

`run` takes cells as they come; `sweep` makes them from a grid of parameters, sizes and blocks of draws, and labels the results.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor
from pathlib import Path
from typing import Any

from simulate import pool, provenance
from simulate.cells import Cell, Failure, Values, attempt, resolve
from simulate.conventions import refuse
from simulate.journal import Journal
from simulate.results import Plan, Sweep
from simulate.threads import one_blas_thread

PAUSE = 0.1  # seconds between two commits, or more: they take at most a hundredth of the time
BATCH = 0.01  # seconds of small cells at once in this thread
HELD = 2**24  # bytes that wait for a commit, at most about


class _Ledger:
    """Results that wait until the store has them for good; without a store they do not wait."""

    def __init__(self, journal: Journal | None) -> None:
        self._journal = journal
        self._held: list[tuple[Cell, Values | Failure]] = []
        self._bytes, self._pause, self._last = 0, PAUSE, time.monotonic()

    def add(self, cell: Cell, result: Values | Failure) -> None:
        if self._journal is not None:
            self._journal.append(cell, result)
            self._bytes += 0 if isinstance(result, Failure) else sum(a.nbytes for a in result.values())
        self._held.append((cell, result))

    def patience(self) -> float | None:
        """Seconds until the next commit is due; None where nothing waits."""
        return max(0.0, self._last + self._pause - time.monotonic()) if self._held else None

    def due(self) -> list[tuple[Cell, Values | Failure]]:
        """What has become safe."""
        return self.settle() if self._journal is None or self._bytes > HELD or self.patience() == 0 else []

    def settle(self) -> list[tuple[Cell, Values | Failure]]:
        """All, made safe now."""
        if self._journal is not None:
            start = time.monotonic()
            self._journal.commit()
            self._last = time.monotonic()
            self._pause = min(max(PAUSE, 100 * (self._last - start)), 5.0)
        held, self._held, self._bytes = self._held, [], 0
        return held


def _alone(cells: Iterable[Cell], entropy: int, known: Callable[[Cell], bool]) -> Generator[tuple[Cell | None, pool.Result]]:
    source, more = iter(cells), True
    while more:
        batch: list[tuple[Cell, pool.Result]] = []
        with one_blas_thread():  # never while the caller has the turn; setting it takes as long as a small cell
            until = time.monotonic() + BATCH
            while more and (not batch or time.monotonic() < until):
                if (cell := next(source, None)) is None:
                    more = False
                elif known(cell):
                    batch.append((cell, None))
                else:
                    resolve(cell)
                    batch.append((cell, attempt(cell, entropy)))
        yield from batch


def run(
    cells: Iterable[Cell],
    *,
    entropy: int,
    executor: Executor | None = None,
    store: str | Path | Journal | None = None,
    progress: Callable[[Cell], object] | None = None,
    in_flight: int | None = None,
) -> Generator[tuple[Cell, Values | Failure]]:
    """Each cell with its values, or the Failure that it ended in, as they are done; the same bits for every executor and order.

    cells: any iterable, read no further than the workers need. executor: any `concurrent.futures.Executor` of threads or
    processes, here or elsewhere; none works in this thread. store: cells that it has are read, not computed; others are given
    (and `progress` is told) only when they are safe in it; failures are recorded, and tried again the next time. in_flight:
    tasks that are sent ahead at most, by default two for each worker.
    Raises ValueError on bad arguments and on a store of other code or entropy, OSError when the disk is full, BrokenExecutor
    when the pool has died; whatever ends it, Ctrl-C included, nothing that the store had is lost.

    >>> cells = [Cell("simulate.isotropic:ridge", {"gamma": 2.0}, n=50, draws=5, block=b) for b in range(3)]
    >>> sum(values["excess"].size for cell, values in run(cells, entropy=0))
    15
    """
    if isinstance(entropy, bool) or not isinstance(entropy, int) or entropy < 0:
        refuse("entropy", entropy, "it must be a nonnegative integer")
    if in_flight is not None and in_flight < 1:
        refuse("in_flight", in_flight, "at least one task must be under way")
    if executor is not None and not isinstance(executor, Executor):
        refuse("executor", executor, "it must be a concurrent.futures.Executor (of dask.distributed: client.get_executor())")
    return _run(cells, entropy, executor, store, progress or (lambda cell: None), in_flight)


def _run(
    cells: Iterable[Cell],
    entropy: int,
    executor: Executor | None,
    store: str | Path | Journal | None,
    progress: Callable[[Cell], object],
    in_flight: int | None,
) -> Generator[tuple[Cell, Values | Failure]]:
    with contextlib.ExitStack() as stack:
        journal = stack.enter_context(Journal(store)) if isinstance(store, str | Path) else store
        if journal is not None:
            journal.begin(entropy)
        ledger, code, seen = _Ledger(journal), dict[str, str](), set[Any]()

        def known(cell: Cell) -> bool:
            if journal is None:
                return False
            if cell.function not in seen:
                if not isinstance(cell.function, str) and cell.function.__module__ != "__main__":
                    refuse("function", cell.name, "a store knows cells by its name: define it at the top level of a module")
                journal.trust(found := provenance.code(resolve(cell), cell.name))
                code.update(found)
                seen.add(cell.function)
            return cell.key in journal

        if executor is None:
            source: Generator[tuple[Cell | None, pool.Result]] = _alone(cells, entropy, known)
        else:
            source = pool.spread(
                cells, executor, entropy=entropy, known=known, code=code, in_flight=in_flight, patience=ledger.patience
            )
        stack.enter_context(contextlib.closing(source))
        try:
            for cell, result in source:
                if cell is not None and result is not None:
                    ledger.add(cell, result)
                elif cell is not None and journal is not None:
                    progress(cell)
                    yield cell, journal[cell.key]
                for pair in ledger.due():
                    progress(pair[0])
                    yield pair
        except BrokenExecutor as error:
            ledger.settle()
            safe = "nothing was kept; give a store=PATH"
            if journal is not None:
                safe = f"the {len(journal)} cells in {journal.path} are safe: run the same again with a new pool, it goes on from there"
            raise BrokenExecutor(f"the pool of workers has died, and {safe}. {error}") from error
        except BaseException:  # Ctrl-C, a full disk, or the caller has enough
            with contextlib.suppress(OSError):
                ledger.settle()
            raise
        for pair in ledger.settle():
            progress(pair[0])
            yield pair


def blocks(draws: int, block: int) -> list[int]:
    """The draws of each block: full ones, and what is left.

    >>> blocks(250, 100)
    [100, 100, 50]
    """
    full, rest = divmod(draws, block)
    return [block] * full + [rest] * (rest > 0)


def sweep(
    function: str | Callable[..., Any],
    *,
    grid: Mapping[str, Sequence[Any]],
    sizes: Sequence[int],
    draws: int,
    fixed: Mapping[str, Any] | None = None,
    block: int | None = None,
    entropy: int = 0,
    executor: Executor | None = None,
    store: str | Path | Journal | None = None,
    progress: Callable[[Cell], object] | None = None,
) -> Sweep:
    """`draws` draws of a simulator at every point of a grid and every size, in cells of `block` draws; see `run` for the rest.

    function: as in `Cell`. grid: values (numbers or strings) by the name of the parameter; fixed: the other parameters.
    More draws, sizes or values of the same store go on from what it has, where `block` is the same (100 by default).
    Raises ValueError on bad arguments; cells that fail are in `.failures`.

    >>> found = sweep("simulate.isotropic:ridge", grid={"gamma": [0.5, 2.0]}, sizes=[20, 40], draws=10)
    >>> dict(found.to_xarray()["excess"].sizes)
    {'gamma': 2, 'n': 2, 'draw': 10}
    """
    block = 100 if block is None else block
    for name, value in (("draws", draws), ("block", block)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            refuse(name, value, "it must be a positive integer")
    plan = Plan(function=function, grid=grid, fixed=fixed or {}, sizes=sizes, blocks=blocks(draws, block))
    with contextlib.ExitStack() as stack:
        journal = stack.enter_context(Journal(store)) if isinstance(store, str | Path) else store
        found = dict(run(plan.cells, entropy=entropy, executor=executor, store=journal, progress=progress))
        code = dict(journal.code) if journal is not None else {}
        if journal is None:
            with contextlib.suppress(ValueError):  # what was typed into a session has no source, and needs none without a store
                code = {m: [sha] for m, sha in provenance.code(resolve(plan.cells[0]), plan.cells[0].name).items()}
        return plan.filled(found, entropy, code)
