"""Records by the words that a user gives: a record's name, a paper's, a part of a paper's, FILE.py, or FILE.py:record."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from asymptotics.conventions import refuse
from theorems.discovery import load
from theorems.record import Theorem


def find(where: str) -> dict[str, Theorem]:
    """Every record that `where` names. Raises ValueError where there is none, or where a file does not load."""
    if ".py:" in where:
        path, _, wanted = where.rpartition(":")
        found = {k: v for k, v in _file(path).items() if k.endswith(f".{wanted}")}
        return found or refuse("theorem", where, f"{path} defines no record {wanted!r}")
    if where.endswith(".py"):
        return _file(where)
    try:
        return load(where)
    except ValueError:
        part = {k: v for k, v in load().items() if v.module == f"theorems.{where}"}  # hastie2022.misspecified
        if not part:
            raise
        return part


@cache  # a file that is loaded twice would be two modules of one name
def _file(path: str) -> dict[str, Theorem]:
    try:
        return load(path)
    except (ValueError, OSError):
        raise
    except Exception as error:
        line, at = 0, error.__traceback__
        while at is not None:
            if Path(at.tb_frame.f_code.co_filename).name == Path(path).name:
                line = at.tb_lineno
            at = at.tb_next
        line = getattr(error, "lineno", None) or line
        where = f"{path}, line {line}" if line else path
        raise ValueError(f"{where} does not load: {type(error).__name__}: {error}") from error


def one(where: str) -> Theorem:
    """The one record that `where` names; ValueError lists them where there are several."""
    found = find(where)
    if len(found) > 1:
        names = ", ".join(f"{where}:{k.split('.')[-1]}" if where.endswith(".py") else k for k in found)
        refuse("theorem", where, f"it holds {len(found)} records; name one: {names}")
    return next(iter(found.values()))


def every(names: Iterable[str]) -> list[Theorem]:
    """All the records that the names give, each once, in order."""
    found: dict[str, Theorem] = {}
    for name in names:
        found |= find(name)
    return list(found.values())
