"""One hash: executors, numbers of workers, orders, interruptions, a worker of Dask's killed, ranks of MPI.

A part of what `python -m tests.reliability.bits` measures.
"""

from __future__ import annotations

import importlib.util
import random
import secrets
import subprocess
import sys
import time

import pytest

from simulate.journal import Journal
from simulate.sweep import run
from tests.reliability import bits
from theorems.executors import KINDS, pool


@pytest.fixture(scope="module")
def truth() -> str:
    return bits.over("serial", 1)


def have(*packages: str) -> None:
    for package in packages:
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed: pip install 'ridgeless[cluster]'")


@pytest.mark.parametrize(("kind", "workers"), [("threads", 1), ("threads", 7), ("processes", 2), ("forkserver", 3), ("loky", 2)])
def test_one_hash(truth, kind, workers):
    have(*(["loky"] if kind == "loky" else []))
    assert bits.over(kind, workers, shuffle=secrets.randbelow(2**32)) == truth


def test_one_hash_over_ranks_of_mpi(truth):
    have("mpi4py")
    if bits.mpiexec() is None:
        pytest.skip("there is no mpiexec")
    assert bits.over("mpi", 2) == truth


def test_one_hash_though_blas_was_told_to_use_two_threads(truth):
    assert bits.threaded(2) == truth


@pytest.mark.parametrize(("kind", "workers"), [("serial", 1), ("threads", 3), ("forkserver", 2)])
def test_one_hash_when_interrupted_and_resumed_again_and_again(truth, tmp_path, kind, workers):
    assert bits.interrupted(kind, workers, tmp_path / "store", secrets.randbelow(2**32)) == truth


def test_one_hash_of_a_dask_cluster_one_of_whose_two_workers_is_killed(tmp_path):
    have("distributed")
    assert set(bits.killed(tmp_path / "store")) == {bits.digest(run(bits.slow(), entropy=0))}


def test_a_hash_that_depends_on_the_order_would_be_seen(truth):
    work = bits.cells()
    assert bits.digest(run(work, entropy=1)) != truth
    random.Random(0).shuffle(work)
    assert bits.digest(run(work[1:], entropy=0)) != truth


def test_every_kind_is_named():
    assert {"forkserver", *KINDS} == set(bits.KINDS)
    with pytest.raises(ValueError, match="it is one of serial, threads"), pool("cluster"):
        pass


def test_what_is_not_installed_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "loky", None)
    with pytest.raises(ValueError, match=r"pip install 'ridgeless\[cluster\]'"), pool("loky", 2):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_workers_leave_when_their_parent_is_killed(tmp_path):
    code = f"""if True:
        import itertools, os
        from simulate.cells import Cell
        from simulate.sweep import run
        from theorems.executors import pool
        late = "tests.reliability.simulators:late"
        cells = (Cell(late, {{"seconds": 0.05}}, n=1, draws=1, block=b) for b in itertools.count())
        with pool("processes", 2) as workers:
            for cell, _ in run(cells, entropy=0, executor=workers, store={str(tmp_path / "s")!r}):
                print(*workers._processes, flush=True)
    """
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=bits.ROOT) as parent:
        assert parent.stdout is not None
        pids = parent.stdout.readline().split()
        parent.kill()
    assert len(pids) == 2
    until = time.monotonic() + 20
    while time.monotonic() < until and any(alive(pid) for pid in pids):
        time.sleep(0.05)
    assert not any(alive(pid) for pid in pids)
    with Journal(tmp_path / "s") as journal:  # nor do they hold the store
        assert len(journal)


def alive(pid: str) -> bool:
    done = subprocess.run(["ps", "-o", "stat=", "-p", pid], capture_output=True, text=True, check=False)
    return bool(done.stdout.strip()) and not done.stdout.startswith("Z")
