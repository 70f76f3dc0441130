"""What a sweep costs beyond its cells: time over the bare loop for cells of 50 ms, small cells a second through the journal.

`python -m tests.reliability.overhead` prints the table. Ratios are medians over rounds in which both sides take turns, so that
other work on the machine hits both.
"""

from __future__ import annotations

import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path

from simulate.cells import Cell
from simulate.streams import stream
from simulate.sweep import run
from simulate.threads import one_blas_thread
from tests.reliability.simulators import burn

SECONDS = 0.05
N = 60  # the size of the matrices that `burn` multiplies


def calibrated() -> int:
    """The turns of `burn` that take SECONDS here and now."""
    turns, taken = 64, 0.0
    while taken < SECONDS / 2:
        turns *= 2
        start = time.perf_counter()
        burn(turns=turns, n=N, draws=1, rng=stream(0))
        taken = time.perf_counter() - start
    return round(turns * SECONDS / taken)


def bare(turns: int, count: int) -> None:
    """The loop that a sweep stands for."""
    with one_blas_thread():
        for i in range(count):
            burn(turns=turns, n=N, draws=100, rng=stream(0, i))


def cells(turns: int, count: int) -> list[Cell]:
    return [Cell("tests.reliability.simulators:burn", {"turns": turns}, n=N, draws=100, block=b) for b in range(count)]


def timed(work: object) -> float:
    start = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - start


def overhead(turns: int, count: int, rounds: int, executor: Executor | None, workers: int) -> float:
    """The sweep's time over that of `workers` bare loops at once, less one: the median of the rounds."""
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        for i in range(rounds):

            def loops() -> None:
                if executor is None:
                    return bare(turns, count)
                for future in [executor.submit(bare, turns, count // workers) for _ in range(workers)]:
                    future.result()

            def sweep(store: Path = Path(folder) / str(i)) -> None:
                for _ in run(cells(turns, count), entropy=0, executor=executor, store=store):
                    pass

            before, over, after = timed(loops), timed(sweep), timed(loops)
            ratios.append(2 * over / (before + after) - 1)
    return statistics.median(ratios)


def small(count: int) -> tuple[float, float]:
    """Cells a second of a trivial simulator through the journal: computed and kept; read again."""
    work = [Cell("tests.reliability.simulators:uniform", {"level": 0.5}, n=1, draws=10, block=b) for b in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        rates = []
        for _ in range(2):
            start = time.perf_counter()
            assert sum(1 for _ in run(work, entropy=0, store=Path(folder) / "store")) == count
            rates.append(count / (time.perf_counter() - start))
    return rates[0], rates[1]


def rows() -> Iterator[tuple[str, str, str]]:
    """(what, to reach, measured)."""
    turns = calibrated()
    found = overhead(turns, 100, 5, None, 1)
    yield "a sweep of cells of 50 ms with a store, serial, over the bare loop", "at most 5 %", f"{100 * found:+.1f} %"
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        list(pool.map(bare, [1, 1], [1, 1]))  # the workers start
        found = overhead(turns, 200, 5, pool, 2)
    yield "the same, two processes, over two bare loops at once", "at most 5 %", f"{100 * found:+.1f} %"
    kept, read = small(100_000)
    yield "10^5 small cells computed and kept", "5000 a second", f"{kept:.0f} a second"
    yield "10^5 small cells read again", "5000 a second", f"{read:.0f} a second"


if __name__ == "__main__":
    for row in rows():
        print(" | ".join(row), flush=True)
