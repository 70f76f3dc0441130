"""One BLAS thread while simulations run: threads of BLAS change the last bits, and fight for cores with the workers."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_lock = threading.Lock()
_inside = 0  # how many are between enter and leave
_limits: Any = None  # what the last one to leave restores
_controller: Any = None
_modules = 0  # how many modules were loaded when the controller looked for libraries

if hasattr(os, "register_at_fork"):  # a child that is forked while another thread holds the lock would wait for it for ever
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)


def _limited() -> Any:
    """Every BLAS that is loaded, set to one thread. Looking for them takes milliseconds: done again where modules came since."""
    global _controller, _modules
    import scipy.linalg  # noqa: F401  NumPy and SciPy each bring an OpenBLAS; one that comes later would escape
    from threadpoolctl import ThreadpoolController

    if _controller is None or len(sys.modules) != _modules:
        _controller, _modules = ThreadpoolController(), len(sys.modules)
    return _controller.limit(limits=1, user_api="blas")


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """One BLAS thread in this process until the last of all threads and nested blocks that entered has left.

    The number is the process's, not the thread's: `threadpool_limits(1)` in several threads would give the first that leaves
    the others' threads back while they run. A BLAS that is first loaded inside the block is not limited before the next one.

    >>> with one_blas_thread(), one_blas_thread():
    ...     from threadpoolctl import threadpool_info
    ...     {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}
    {1}
    """
    global _inside, _limits
    with _lock:
        if _inside == 0:
            _limits = _limited()
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                _limits.restore_original_limits()
