"""Every theorem there is, found where it stands: modules named by a paper's key (author, year), here or in a user's file."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import pkgutil
import re
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import theorems
from asymptotics.conventions import refuse
from theorems.record import Theorem

_PAPER = re.compile(r"[a-z]+\d{4}[a-z]?$")


def _records(module: ModuleType) -> dict[str, Theorem]:
    return {v.name: v for v in vars(module).values() if isinstance(v, Theorem) and v.home is vars(module)}


def _library() -> dict[str, Theorem]:
    found: dict[str, Theorem] = {}
    for paper in pkgutil.iter_modules(theorems.__path__):
        if _PAPER.match(paper.name):
            module = importlib.import_module(f"theorems.{paper.name}")
            found |= _records(module)
            for part in pkgutil.iter_modules(getattr(module, "__path__", [])):
                found |= _records(importlib.import_module(f"{module.__name__}.{part.name}"))
    return found


def _file(path: Path) -> dict[str, Theorem]:
    if not path.is_file():
        refuse("theorem", str(path), "there is no such file")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    if (folder := str(path.absolute().parent)) not in sys.path:  # for workers in other processes, who import it by name
        sys.path.append(folder)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == path.absolute()]
        line = getattr(error, "lineno", None) or (lines[-1] if lines else "?")
        raise ValueError(f"{path}, line {line} does not load: {type(error).__name__}: {error}") from error
    found = _records(module)
    if not found:
        refuse("theorem", str(path), "the file defines no theorems.Theorem")
    return found


def load(where: str | Path | None = None) -> dict[str, Theorem]:
    """Records by name: all of the library's, or those that `where` names: a record, a paper, FILE.py, or FILE.py:record.

    Raises ValueError where there is none, and where a file does not load (with its line).
    """
    text = "" if where is None else str(where)
    path, _, wanted = text.rpartition(":") if ".py:" in text else (text, "", "")
    if path.endswith(".py"):
        found = _file(Path(path))
        return {k: v for k, v in found.items() if not wanted or k.endswith(f".{wanted}")} or refuse(
            "theorem", text, f"the file's records are {', '.join(found)}"
        )
    found = _library()
    chosen = {k: v for k, v in found.items() if text in ("", k, v.paper)}
    papers = sorted({v.paper for v in found.values()})
    close = difflib.get_close_matches(text, [*found, *papers], n=1)
    hint = f"did you mean {close[0]}?" if close else f"the papers are {', '.join(papers)}"
    return chosen or refuse("theorem", text, f"no record, paper or .py file of this name; {hint}")


def one(where: str) -> Theorem:
    """The one record that `where` names; ValueError lists them where there are several."""
    found = load(where)
    if len(found) > 1:
        names = ", ".join(f"{where}:{k.split('.')[-1]}" if where.endswith(".py") else k for k in found)
        refuse("theorem", where, f"it holds {len(found)} records; name one: {names}")
    return next(iter(found.values()))


def every(names: Iterable[str]) -> list[Theorem]:
    """All the records that the names give, each once, in order."""
    return list({k: v for name in names for k, v in load(name).items()}.values())
