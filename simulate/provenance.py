"""What numbers come from: the code that made them, versions, command, date. No names of hosts, users or folders."""

from __future__ import annotations

import functools
import hashlib
import inspect
import platform
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePath
from typing import Any

from simulate.conventions import refuse


def versions() -> dict[str, str]:
    """Python and the packages that compute draws."""
    found = {"python": platform.python_version()}
    for package in ("ridgeless", "numpy", "scipy", "numba"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # run from a source tree
            found[package] = "not installed"
    return found


def now() -> str:
    """The date and time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def command() -> str:
    """The command line, folders cut off."""
    return " ".join(PurePath(word).name if "/" in word or "\\" in word else word for word in sys.argv)


def _sha(parts: Iterable[bytes]) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(hashlib.sha256(part).digest())
    return whole.hexdigest()


@functools.cache
def _simulate() -> str:
    here = Path(__file__).parent
    return _sha(p.relative_to(here).as_posix().encode() + b"\0" + p.read_bytes() for p in sorted(here.rglob("*.py")))


@functools.lru_cache(maxsize=256)  # by function: code that is loaded again is a new function, code that is not is the old
def code(function: Callable[..., Any], name: str) -> dict[str, str]:
    """SHA-256 of the sources behind `function`, called `name` ("module:qualname"): of the package simulate, of that module.

    As they stood when they were first asked for in this process. Helpers that the module imports are not looked into.
    Raises ValueError where there is no source to read.

    >>> import simulate.isotropic
    >>> sorted(code(simulate.isotropic.ridge, "simulate.isotropic:ridge"))
    ['simulate']
    """
    found = {"simulate": _simulate()}
    module = name.partition(":")[0]
    if module.partition(".")[0] == "simulate":
        return found
    at = sys.modules.get("__main__" if getattr(function, "__module__", "") == "__main__" else module)
    file = getattr(at, "__file__", None)
    try:
        source = Path(file).read_bytes() if file else inspect.getsource(function).encode()
    except (OSError, TypeError):
        refuse("function", name, "its source cannot be read, and a store must know it: put it into a file")
    return found | {module: _sha([source])}
