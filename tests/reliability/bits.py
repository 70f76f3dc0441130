"""The same bits whatever computes them: every executor, 1, 2, 3, 7 workers, shuffled, interrupted and resumed, a worker killed.

`python -m tests.reliability.bits` prints the table; under `mpiexec python -m mpi4py.futures -m` the hash that MPI's ranks give.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from simulate.cells import Cell
from simulate.journal import Journal
from simulate.sweep import run
from theorems.executors import pool

ROOT = Path(__file__).parent.parent.parent
KINDS = ("serial", "threads", "processes", "forkserver", "loky", "dask", "mpi")


def cells() -> list[Cell]:
    """Cells that use BLAS and LAPACK, Numba, and neither."""
    cases = [{"gamma": g, "lam": l} for g in (0.5, 1.0, 2.0) for l in (0.01, 1.0)]
    lapack = [Cell("simulate.ridge:ridge", c, n=n, draws=3, block=b) for c in cases for n in (20, 60) for b in range(2)]
    numba = [Cell("simulate.isotropic:ridge", c, n=n, draws=3, block=b) for c in cases for n in (20, 60) for b in range(2)]
    return lapack + numba + [Cell("tests.reliability.simulators:uniform", {}, n=1, draws=5, block=b) for b in range(20)]


def slow() -> list[Cell]:
    """Cells of 50 ms, so that something can happen meanwhile."""
    return [Cell("tests.reliability.simulators:late", {"seconds": 0.05}, n=1, draws=5, block=b) for b in range(60)]


def digest(results: Iterable[tuple[Cell, Any]]) -> str:
    """One hash of all cells' bits, in the order of their keys."""
    whole = hashlib.sha256()
    for key, values in sorted({cell.key: values for cell, values in results}.items()):
        for name, array in sorted(values.items()):
            whole.update(f"{key} {name} {array.dtype.str} {array.shape}".encode() + array.tobytes())
    return whole.hexdigest()


@contextmanager
def executor(kind: str, workers: int) -> Iterator[Executor | None]:
    if kind == "forkserver":
        with ProcessPoolExecutor(workers, multiprocessing.get_context("forkserver")) as found:
            yield found
    else:
        with pool(kind, workers) as found:
            yield found


def over(kind: str, workers: int, *, shuffle: int | None = None) -> str:
    """The hash, by a pool of these workers, the cells in a random order where `shuffle` is its seed."""
    if kind == "mpi":
        return mpi(workers)
    work = cells()
    if shuffle is not None:
        random.Random(shuffle).shuffle(work)
    with executor(kind, workers) as workforce:
        return digest(run(work, entropy=0, executor=workforce))


def mpiexec() -> str | None:
    """MPI's launcher: the one beside this Python, or on the path."""
    return shutil.which("mpiexec", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))


def mpi(workers: int) -> str:
    """The hash, by this many ranks of MPI (and one that leads them)."""
    launch = [
        str(mpiexec()),
        "-n",
        str(workers + 1),
        sys.executable,
        "-m",
        "mpi4py.futures",
        "-m",
        "tests.reliability.bits",
        "mpi",
    ]
    return subprocess.run(launch, capture_output=True, text=True, check=True, cwd=ROOT, timeout=300).stdout.strip()


def threaded(threads: int) -> str:
    """The hash, by a process whose BLAS was told to use so many threads."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    words = [sys.executable, "-m", "tests.reliability.bits", "serial"]
    return subprocess.run(
        words, capture_output=True, text=True, check=True, cwd=ROOT, env=environment, timeout=300
    ).stdout.strip()


def interrupted(kind: str, workers: int, store: Path, seed: int) -> str:
    """The hash, where the work is dropped again and again after a random number of cells, with another order each time."""
    chance = random.Random(seed)
    with executor(kind, workers) as workforce:
        while True:
            work = cells()
            chance.shuffle(work)
            results = run(work, entropy=0, executor=workforce, store=store)
            for _ in range(chance.randint(1, len(work))):
                next(results)
            results.close()
            with Journal(store, read_only=True) as journal:
                if len(journal) == len(work):
                    return digest((cell, journal[cell.key]) for cell in work)


def killed(store: Path) -> tuple[str, str]:
    """Hashes of a Dask cluster one of whose two workers is killed (-9) in the middle, and of the store that it leaves."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as client,
        client.get_executor() as workforce,
    ):
        victim = next(iter(client.run(os.getpid).values()))
        results = []
        for count, pair in enumerate(run(slow(), entropy=0, executor=workforce, store=store)):
            results.append(pair)
            if count == 15:
                os.kill(victim, signal.SIGKILL)
    with Journal(store, read_only=True) as journal:
        return digest(results), digest((cell, journal[cell.key]) for cell in slow())


def rows() -> Iterator[tuple[str, str, str]]:
    """(what, to reach, measured)."""
    truth = over("serial", 1)
    yield "serial", "one hash", f"`{truth[:16]}`, {len(cells())} cells"
    for kind in KINDS[1:]:
        same = {k: over(kind, k, shuffle=k) == truth for k in (1, 2, 3, 7)}
        yield f"{kind}, 1, 2, 3, 7 workers, shuffled", "the same", "the same" if all(same.values()) else f"NOT: {same}"
    yield "serial, OPENBLAS_NUM_THREADS=2", "the same", "the same" if threaded(2) == truth else "NOT"
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("serial", "threads", "processes", "loky"):
            same = {k: interrupted(kind, k, Path(folder) / f"{kind}{k}", k) == truth for k in (1, 3)}
            words = "the same" if all(same.values()) else f"NOT: {same}"
            yield f"{kind}, interrupted and resumed until done, 1 and 3 workers", "the same", words
        quiet = digest(run(slow(), entropy=0))
        found = killed(Path(folder) / "killed")
        yield "dask, one of two workers killed (-9) in the middle", "the same", "the same" if set(found) == {quiet} else "NOT"


if __name__ == "__main__":
    if sys.argv[1:] in (["mpi"], ["serial"]):
        with pool(sys.argv[1]) as ranks:
            print(digest(run(cells(), entropy=0, executor=ranks)))
    else:
        for row in rows():
            print(" | ".join(row), flush=True)
