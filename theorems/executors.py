"""Pools of workers by name, for the command line: in Python any `concurrent.futures.Executor` does."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from asymptotics.conventions import refuse

KINDS = ("serial", "threads", "processes", "loky", "dask", "mpi")


def _leave_with(leader: int) -> None:
    """A worker whose leader was killed would wait for ever: it leaves too."""

    def watch() -> None:
        while os.getppid() == leader:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _make(kind: str, workers: int, scheduler: Path | None, stack: ExitStack) -> Any:
    if kind == "threads":
        return ThreadPoolExecutor(workers)
    if kind == "processes":
        import multiprocessing

        return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _leave_with, (os.getpid(),))
    if kind == "loky":
        import loky

        return loky.ProcessPoolExecutor(workers, initializer=_leave_with, initargs=(os.getpid(),))
    if kind == "mpi":
        from mpi4py.futures import MPIPoolExecutor

        return MPIPoolExecutor()
    from distributed import Client, LocalCluster

    if scheduler is not None:
        client = stack.enter_context(Client(scheduler_file=str(scheduler)))
    else:
        cluster = stack.enter_context(LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0"))
        client = stack.enter_context(Client(cluster))
    return client.get_executor()


@contextmanager
def pool(kind: str, workers: int = 1, scheduler: Path | None = None) -> Iterator[Executor | None]:
    """The executor `kind` of KINDS, None for serial; not waited for where an error or Ctrl-C ends the work.

    scheduler: dask's scheduler file; without it a cluster of `workers` processes is made here. The workers of mpi are the ranks
    that `mpiexec python -m mpi4py.futures` began with. Raises ValueError for an unknown kind and for one that is not installed.

    >>> with pool("threads", 2) as executor:
    ...     list(executor.map(abs, [-1, -2]))
    [1, 2]
    """
    if kind not in KINDS:
        refuse("executor", kind, f"it is one of {', '.join(KINDS)}")
    if scheduler is not None and kind != "dask":
        refuse("scheduler-file", str(scheduler), "it is for --executor dask")
    if kind == "serial":
        yield None
        return
    with ExitStack() as stack:
        try:
            executor = _make(kind, workers, scheduler, stack)
        except ImportError as error:
            refuse("executor", kind, f"{error.name or error} is not installed: pip install 'ridgeless[cluster]'")
        try:
            yield executor
        except BaseException:
            executor.shutdown(wait=False, **{"dask": {}, "loky": {"kill_workers": True}}.get(kind, {"cancel_futures": True}))
            raise
        executor.shutdown()
