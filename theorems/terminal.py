"""What every command of the terminal shares: refusals in one line, a progress bar, work on several threads."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click


class Refused(click.ClickException):
    """Bad input: one line, exit status 2."""

    exit_code = 2


def plain(command: Callable[..., Any]) -> Callable[..., Any]:
    """One BLAS thread, and the library's refusals as one line instead of a traceback."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        from threadpoolctl import threadpool_limits

        from asymptotics.errors import ConvergenceError

        try:
            with threadpool_limits(1):
                return command(*args, **kwargs)
        except (ValueError, ConvergenceError, OSError) as error:
            raise Refused(" ".join(str(error).split()) or type(error).__name__) from error

    return run


@contextmanager
def bar(total: int) -> Iterator[Callable[[str], None]]:
    """A progress bar on stderr; each call is one step, under the name given."""
    from tqdm import tqdm

    with tqdm(total=total, file=sys.stderr, leave=False, dynamic_ncols=True, mininterval=0.2) as bar:

        def step(name: str = "") -> None:
            if name:
                bar.set_description_str(name, refresh=False)
            bar.update()

        yield step


def at_once(work: Callable[[Any], Any], items: list[Any], jobs: int) -> Iterator[Any]:
    """`work` on every item, in order; LAPACK and the kernels release the GIL, so threads share the work."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(jobs) as pool:
        waiting = [pool.submit(work, item) for item in items]
        try:
            yield from (w.result() for w in waiting)
        finally:
            for w in waiting:
                w.cancel()
