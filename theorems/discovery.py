"""Every theorem there is, found where it stands: modules named by a paper's key (author, year), here or in a user's file."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import pkgutil
import re
import shlex
import sys
import traceback
from collections.abc import Callable, Iterable
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


def by_name(package: str) -> Callable[[str], Theorem]:
    """The `__getattr__` of a paper whose records stand in submodules."""
    paper = package.rpartition(".")[2]

    def record(name: str) -> Theorem:
        if name.startswith("_") or f"{paper}.{name}" not in (found := load(paper)):
            raise AttributeError(f"{paper} has no record {name!r}")
        return found[f"{paper}.{name}"]

    return record


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

    The name of a record in FILE.py of this folder, as it is printed ("FILE.record"), names it too. Raises ValueError where there is
    none, and where a file does not load (with its line).
    """
    text = "" if where is None else str(where)
    path, _, wanted = text.rpartition(":") if ".py:" in text else (text, "", "")
    if path.endswith(".py"):
        return _chosen(path, wanted)
    found = _library()
    chosen = {k: v for k, v in found.items() if text in ("", k, v.paper)}
    papers = sorted({v.paper for v in found.values()})
    stem, _, name = text.partition(".")
    if stem not in papers and name.isidentifier() and Path(f"{stem}.py").is_file():
        return _chosen(f"{stem}.py", name)
    own = [f"{text}.py"] if Path(f"{text}.py").is_file() else []
    close = own or difflib.get_close_matches(text, [*found, *papers], n=1)
    hint = f"did you mean {close[0]}?" if close else f"the papers are {', '.join(papers)}"
    if stem not in papers and name.isidentifier():
        hint += f"; a record of your own is FILE.py:{name}, with the file's path"
    return chosen or refuse("theorem", text, f"no record, paper or .py file of this name; {hint}")


def _chosen(path: str, wanted: str) -> dict[str, Theorem]:
    """The records of a file, or the one that is wanted."""
    found = _file(Path(path))
    chosen = {k: v for k, v in found.items() if wanted in ("", k, k.partition(".")[2])}
    if not chosen:
        close = difflib.get_close_matches(wanted, [k.partition(".")[2] for k in found], n=1)
        remedy = f"did you mean {_typed(path, close)}?" if close else f"name one: {_typed(path, found)}"
        refuse("theorem", f"{path}:{wanted}", f"the file has no such record; {remedy}")
    return chosen


def _typed(where: str, names: Iterable[str]) -> str:
    """Names of records as one types them in a shell, where they stand in a file with its path as it was given."""
    own = where.endswith(".py")
    return ", ".join(shlex.quote(f"{where}:{name.rpartition('.')[2]}" if own else name) for name in names)


def one(where: str | Path) -> Theorem:
    """The one record that `where` names; ValueError lists them where there are several."""
    found = load(where)
    if len(found) > 1:
        refuse("theorem", str(where), f"it holds {len(found)} records; name one: {_typed(str(where), found)}")
    return next(iter(found.values()))


def every(names: Iterable[str]) -> list[Theorem]:
    """All the records that the names give, each once, in order."""
    return list({k: v for name in names for k, v in load(name).items()}.values())
