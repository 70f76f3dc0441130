"""One BLAS thread while simulations run: threads of BLAS change the last bits, and fight for cores with the workers."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

_lock = threading.Lock()
_inside = 0  # how many are between enter and leave, in all threads
_before: list[tuple[Any, int]] = []  # the libraries, and the threads that they had
_libraries: list[Any] = []
_modules = 0  # how many modules were loaded when the libraries were looked for

if hasattr(os, "register_at_fork"):  # a child that is forked while another thread holds the lock would wait for it for ever
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)


class _Mine(threading.local):
    inside = 0  # the same of this thread
    before: tuple[tuple[Any, int], ...] = ()


_mine = _Mine()


def _look() -> None:
    """What is loaded of BLAS. Looking takes milliseconds: done again where modules came since."""
    global _libraries, _modules
    import scipy.linalg  # noqa: F401  NumPy and SciPy each bring an OpenBLAS; one that comes later would escape
    from threadpoolctl import ThreadpoolController

    if not _libraries or len(sys.modules) != _modules:
        _libraries, _modules = [k for k in ThreadpoolController().lib_controllers if k.user_api == "blas"], len(sys.modules)


def _one(openmp: bool) -> list[tuple[Any, int]]:
    """Give each library of this kind one thread: what they had."""
    found = [k for k in _libraries if (getattr(k, "threading_layer", "") == "openmp") == openmp]
    before = [(k, k.num_threads) for k in found]
    _set([(k, 1) for k in found])
    return before


def _set(threads: Iterable[tuple[Any, int]]) -> None:
    for library, number in threads:
        if hasattr(library, "clear_controlling_thread"):  # from 3.8 on threadpoolctl heeds one thread of a process, and does
            library.clear_controlling_thread(force=True)  # nothing, silently, in any other: take over, and let go
        library.set_num_threads(number)
        if hasattr(library, "clear_controlling_thread"):
            library.clear_controlling_thread(force=True)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """One BLAS thread in this process until the last of all threads and nested blocks that entered has left.

    The number is the process's, not the thread's (but with OpenMP, where each thread has its own): `threadpool_limits(1)` in
    several threads would give the first that leaves the others' threads back while they run. A BLAS that is first loaded
    inside the block is not limited before the next one.

    >>> with one_blas_thread(), one_blas_thread():
    ...     from threadpoolctl import threadpool_info
    ...     {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}
    {1}
    """
    global _inside, _before
    with _lock:
        if _inside == 0:
            _look()
            _before = _one(openmp=False)
        _inside += 1
    if _mine.inside == 0:
        _mine.before = tuple(_one(openmp=True))
    _mine.inside += 1
    try:
        yield
    finally:
        _mine.inside -= 1
        if _mine.inside == 0:
            _set(_mine.before)
        with _lock:
            _inside -= 1
            if _inside == 0:
                _set(_before)
