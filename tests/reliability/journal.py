"""What may happen to a store: kill -9, a cut at any byte, a flipped byte, a full disk, a second writer.

`python -m tests.reliability.journal` prints the table.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from simulate import sweep
from simulate.cells import Cell, Values
from simulate.journal import Journal
from simulate.sweep import run

KILLS = 200


def endless() -> Iterator[Cell]:
    return (Cell("tests.reliability.simulators:uniform", {"level": 0.5}, n=1, draws=5, block=b) for b in itertools.count())


def cells(count: int) -> list[Cell]:
    return list(itertools.islice(endless(), count))


def truth(work: list[Cell]) -> dict[str, Values]:
    return {cell.key: values for cell, values in run(work, entropy=0) if isinstance(values, dict)}


def same(one: Values, other: Values) -> bool:
    """Equal in names, types, shapes and bits."""
    return one.keys() == other.keys() and all(
        one[k].dtype == other[k].dtype and one[k].shape == other[k].shape and one[k].tobytes() == other[k].tobytes() for k in one
    )


def sound(store: Path, right: dict[str, Values], acknowledged: set[str]) -> bool:
    """The store opens, holds all that was acknowledged, and nothing that is not right."""
    with Journal(store) as journal:
        return acknowledged <= set(journal) and all(same(journal[key], right[key]) for key in journal)


def work(store: Path, count: int, news: Connection | None = None, limit: int | None = None) -> str:
    """In a process of its own: fill the store, with a commit every two milliseconds, and tell each key that is acknowledged."""
    sweep.PAUSE = 0.002
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    try:
        for cell, _ in run(itertools.islice(endless(), count), entropy=0, store=store):
            if news is not None:
                news.send_bytes(cell.key.encode())
    except (OSError, ValueError) as error:
        if news is None:
            raise
        news.send_bytes(f"{type(error).__name__}: {error}".encode())
    return "done"


class Worker:
    """`work` in another process, and what it has acknowledged."""

    def __init__(self, store: Path, count: int, limit: int | None = None) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["simulate.sweep", "scipy.linalg", "tests.reliability.simulators"])
        self.news, there = context.Pipe(duplex=False)
        self.process = context.Process(target=work, args=(store, count, there, limit), daemon=True)
        self.process.start()
        there.close()
        self.keys: set[str] = set()
        self.words = ""

    def listen(self, seconds: float = 60.0) -> bool:
        """What it says for so long; False once it has ended."""
        until = time.monotonic() + seconds
        try:
            while self.news.poll(max(0.0, until - time.monotonic())):
                said = self.news.recv_bytes().decode()
                if len(said) == 64:
                    self.keys.add(said)
                else:
                    self.words = said
                if time.monotonic() > until:
                    return True
        except (EOFError, OSError):  # ended; a message may be cut in the middle
            return False
        return True

    def kill(self) -> None:
        self.process.kill()
        self.listen()
        self.process.join()


def kills(folder: Path, times: int, seed: int, count: int = 2000) -> tuple[int, int, int]:
    """Kill the writer at random moments, from its start on: (kills in the middle, keys acknowledged, times not sound)."""
    chance, right = random.Random(seed), truth(cells(count))
    store, known = folder / "kills-0", set[str]()
    done = acknowledged = bad = 0
    while done < times:
        worker, alive = Worker(store, count), True
        if not acknowledged or chance.random() < 0.7:  # from its first news on, else from its start
            while alive and not worker.keys:
                alive = worker.listen(0.001)
        alive = alive and worker.listen(chance.uniform(0, 0.15))
        worker.kill()
        known |= worker.keys
        acknowledged += len(worker.keys)
        bad += not sound(store, right, known) if store.exists() else bool(known)
        if alive:
            done += 1
        else:  # it had finished: all must be there, and the next begins a store of its own
            bad += known != set(right)
            store, known = folder / f"kills-{done}", set()
    resumed = {cell.key: values for cell, values in run(cells(count), entropy=0, store=store)}
    bad += not all(same(resumed[key], right[key]) for key in right)  # type: ignore[arg-type]
    return done, acknowledged, bad


def cuts(folder: Path) -> tuple[int, int]:
    """Cut a store at every byte of its first lines and its last: (cuts, of which not sound or not resumed with the same bits)."""
    work, store = cells(3), folder / "cuts"
    right = truth(work)
    for _ in run(work, entropy=0, store=store):
        pass
    whole = store.read_bytes()
    lines = whole.splitlines(keepends=True)
    last, first = len(whole) - len(lines[-1]), len(lines[0]) + len(lines[1])
    bad = 0
    places = [*range(first), *range(last, len(whole) + 1)]
    for place in places:
        store.write_bytes(whole[:place])
        left = {line[18:82].decode() for line in lines[2:]} if place == len(whole) else set()
        if place >= last:
            left |= {line[18:82].decode() for line in lines[2:-1]}
        resumed = sound(store, right, left) and {c.key: v for c, v in run(work, entropy=0, store=store)}
        bad += not resumed or not all(same(resumed[key], right[key]) for key in right)  # type: ignore[arg-type]
        bad += b"".join(store.read_bytes().splitlines(keepends=True)[2:]) != b"".join(lines[2:])
    return len(places), bad


def flips(folder: Path) -> tuple[int, int]:
    """Change every byte of a store but its last: (changes, of which none was noticed)."""
    work, store = cells(3), folder / "flips"
    for _ in run(work, entropy=0, store=store):
        pass
    whole = store.read_bytes()
    unseen = 0
    for place in range(len(whole) - 1):
        store.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        try:
            Journal(store).close()
            unseen += 1
        except ValueError:
            pass
    return len(whole) - 1, unseen


def full(folder: Path, every: int) -> tuple[int, int]:
    """The disk is full at every so many bytes: (times, of which not sound, not resumed with the same bits, or not said)."""
    count = 40
    right, times, bad = truth(cells(count)), 0, 0
    for _ in run(cells(count), entropy=0, store=folder / "all"):
        pass
    for limit in range(50, (folder / "all").stat().st_size, every):
        store = folder / f"full-{limit}"
        worker = Worker(store, count, limit)
        worker.listen()
        worker.process.join()
        times += 1
        bad += not ("cannot be written" in worker.words and "are safe" in worker.words)
        bad += not sound(store, right, worker.keys) or store.stat().st_size > limit
        resumed = {cell.key: values for cell, values in run(cells(count), entropy=0, store=store)}
        bad += not all(same(resumed[key], right[key]) for key in right)  # type: ignore[arg-type]
    return times, bad


def two(folder: Path) -> tuple[str, float, bool]:
    """A second writer: what it is told, after how many seconds, and whether it may write once the first was killed."""
    store = folder / "two"
    first = Worker(store, 10**6)
    while not first.keys:
        first.listen(0.01)
    start, words = time.perf_counter(), "nothing"
    try:
        next(run(cells(1), entropy=0, store=store))
    except ValueError as error:
        words = str(error)
    seconds = time.perf_counter() - start
    with Journal(store, read_only=True) as journal:
        looked = len(journal) > 0
    first.kill()
    found = sum(1 for _ in run(cells(10), entropy=0, store=store))
    return words, seconds, looked and found == 10


def rows() -> Iterator[tuple[str, str, str]]:
    """(what, to reach, measured)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        done, keys, bad = kills(folder, KILLS, seed=int(np.random.default_rng().integers(2**32)))
        reach = "nothing acknowledged lost, the same bits"
        yield f"kill -9 at {done} random moments", reach, f"{keys} cells acknowledged, {bad} stores not sound"
        times, bad = cuts(folder)
        yield f"cut at each of {times} bytes of the header and the last record", reach, f"{bad} not sound"
        times, unseen = flips(folder)
        yield f"a bit changed in each of {times} bytes", "refused, with the line", f"{unseen} not noticed"
        times, bad = full(folder, 131)
        yield f"disk full at {times} places", "said in words, nothing acknowledged lost, the same bits", f"{bad} not so"
        words, seconds, fine = two(folder)
        told = f"refused after {1000 * seconds:.1f} ms" if "another process is writing" in words else f"NOT: {words}"
        yield "a second writer", "refused at once", told
        yield "a reader meanwhile; a writer after the first was killed", "both may", "both may" if fine else "NOT"


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for row in rows():
        print(" | ".join(row), flush=True)
