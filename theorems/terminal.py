"""What every command of the terminal shares: refusals in one line, a progress bar, work on several threads."""

from __future__ import annotations

import functools
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor


MOST = 10**6  # columns of what is no terminal: a file, a pipe


class Refused(click.ClickException):
    """Bad input: one line, exit status 2."""

    exit_code = 2


def _from_file(error: Exception, names: Any) -> str | None:
    """One line on an error in a user's own FILE.py, with the place in it; None where no such file is at work."""
    import traceback

    stems = [str(n).partition(".py" if ".py" in str(n) else ".")[0] for n in names]  # FILE.py:record, or FILE.record
    files = [file for stem in stems if (file := Path(f"{stem}.py").absolute()).is_file()]
    if not files:
        return None
    places = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).absolute() in files]
    where = f"{Path(places[-1].filename).name}, line {places[-1].lineno}, in {places[-1].name}" if places else files[0].name
    return f"{where} fails: {type(error).__name__}: {error}"


def plain(command: Callable[..., Any]) -> Callable[..., Any]:
    """One BLAS thread, and the library's refusals as one line instead of a traceback."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        from threadpoolctl import threadpool_limits

        from asymptotics.errors import ConvergenceError

        try:
            with threadpool_limits(1):
                return command(*args, **kwargs)
        except KeyboardInterrupt:
            click.echo("Aborted!", err=True)
            sys.stdout.flush()
            os._exit(130)  # Python's own exit would wait until every thread has finished its simulation
        except BrokenPipeError:  # of `| head`; click ends quietly
            raise
        except OSError as error:
            place = f"path = {str(error.filename)!r} is refused: " if error.filename else ""
            remedy = "; name one that can be read, or written for --out" if error.filename else ""
            raise Refused(f"{place}{error.strerror or ' '.join(str(error).split())}{remedy}") from error
        except (ValueError, ConvergenceError) as error:
            raise Refused(" ".join(str(error).split()) or type(error).__name__) from error
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:  # in the library a traceback is right; in a user's own file its line is
            line = _from_file(error, kwargs.get("names") or (kwargs.get("name", ""),))
            if line is None:
                raise
            raise Refused(" ".join(line.split())) from error

    return run


@contextmanager
def bar(total: int) -> Iterator[Callable[[str], None]]:
    """A progress bar on stderr; each call is one step, under the name given. Nothing is shown before the first."""
    from tqdm import tqdm

    late = 1e-9  # any delay leaves the bar to the first step: what is refused before it stands alone on the terminal
    shown = {"leave": False, "dynamic_ncols": True, "mininterval": 0.2, "delay": late, "disable": None}  # None: no bar in a pipe
    with tqdm(total=total, file=sys.stderr, **shown) as bar:

        def step(name: str = "") -> None:
            if name:
                bar.set_description_str(name.partition(" ")[0], refresh=False)  # parameters too would leave no room for the bar
            first = bar.n == 0
            bar.update()
            if first:
                bar.refresh()  # at once: the next step may be many seconds away

        yield step


def say(text: str, *, err: bool = False) -> None:
    """A line on stdout or stderr, above the progress bar rather than behind it."""
    from tqdm import tqdm

    tqdm.write(text, file=sys.stderr if err else sys.stdout)


def columns(texts: Mapping[str, str], *, cut: bool) -> Iterator[str]:
    """A line a name, with its text beside it, which is `cut` to the width of the terminal, where there is one; names are whole."""
    width = shutil.get_terminal_size((MOST, 24)).columns
    wide = max(map(len, texts), default=0)
    for name, text in texts.items():
        room = width - wide - 2 if cut else len(text)
        short = text if len(text) <= room else f"{text[: max(room - 4, 0)].rpartition(' ')[0]} ..."
        yield f"{name:<{wide}}  {short}"


def writable(folder: Path) -> None:
    """ValueError, before the work, for a folder in which nothing can be written."""
    from asymptotics.conventions import refuse

    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        why = "cannot be written to" if there.is_dir() else "is a file, not a folder"
        refuse("out", str(folder), f"{there} {why}; name a folder of your own")


@contextmanager
def threads(jobs: int) -> Iterator[ThreadPoolExecutor]:
    """A pool of threads that is not waited for where an error or ctrl-C ends the work."""
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(jobs)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def at_once(work: Callable[[Any], Any], items: list[Any], jobs: int) -> Iterator[Any]:
    """`work` on every item, in order; LAPACK and the kernels release the GIL, so threads share the work."""
    with threads(jobs) as pool:
        waiting = [pool.submit(work, item) for item in items]
        yield from (w.result() for w in waiting)
