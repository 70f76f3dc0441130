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
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import NoReturn

import theorems
from asymptotics.conventions import refuse
from theorems.record import Theorem

_PAPER = re.compile(r"[a-z]+\d{4}[a-z]?$")


def _records(module: ModuleType) -> dict[str, Theorem]:
    return {v.name: v for v in vars(module).values() if isinstance(v, Theorem) and v.home is vars(module)}


class Unknown(KeyError):
    """A KeyError whose words are a sentence."""

    def __str__(self) -> str:
        return str(self.args[0])


class Records(dict[str, Theorem]):
    """Theorems by name; a name that is missing is a KeyError that says which one is close."""

    def __missing__(self, name: object) -> NoReturn:
        raise Unknown(f"{name!r} is no theorem here; {_remedy(str(name), self)}")


def matching(words: Iterable[str], records: Mapping[str, Theorem]) -> Records:
    """The records with all the words in name, title or source, in capitals or not.

    >>> list(matching(["Double", "isotropic"], load("hastie2022")))
    ['hastie2022.isotropic_ridgeless']
    """
    wanted = [word.lower() for word in words]
    texts = {name: f"{name} {r.title} {r.source}".lower() for name, r in records.items()}
    return Records({name: records[name] for name, text in texts.items() if all(word in text for word in wanted)})


def _remedy(text: str, names: Iterable[str]) -> str:
    """The name that was meant, or how to find one."""
    if close := difflib.get_close_matches(text, names, n=1):
        return f"did you mean {close[0]}?"
    words = re.sub(r"[^\w.-]+", " ", text).split()
    return f"see `{' '.join(['ridgeless list', *(words if matching(words, _library()) else [])])}`"


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
        submodule = (
            importlib.util.find_spec(f"{package}.{name}") is not None
        )  # which `from paper import submodule` asks for first
        if name.startswith("_") or submodule or f"{paper}.{name}" not in (found := load(paper)):
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


def load(where: str | Path | None = None) -> Records:
    """Records by name: all of the library's, or those that `where` names: a record, a paper, FILE.py, or FILE.py:record.

    The name of a record in FILE.py of this folder, as it is printed ("FILE.record"), names it too. Raises ValueError where there is
    none, and where a file does not load (with its line); a name that is missing in what is returned is a KeyError with a hint.
    """
    text = "" if where is None else str(where)
    path, _, wanted = text.rpartition(":") if ".py:" in text else (text, "", "")
    if path.endswith(".py"):
        return _chosen(path, wanted)
    found = _library()
    chosen = Records({k: v for k, v in found.items() if text in ("", k, v.paper)})
    papers = sorted({v.paper for v in found.values()})
    stem, _, name = text.partition(".")
    if stem not in papers and name.isidentifier() and Path(f"{stem}.py").is_file():
        return _chosen(f"{stem}.py", name)
    hint = f"did you mean {text}.py?" if Path(f"{text}.py").is_file() else _remedy(text, [*found, *papers])
    if stem not in papers and name.isidentifier():
        hint += f"; a record of your own is FILE.py:{name}, with the file's path"
    return chosen or refuse("theorem", text, f"no record, paper or .py file of this name; {hint}")


def _chosen(path: str, wanted: str) -> Records:
    """The records of a file, or the one that is wanted."""
    found = _file(Path(path))
    chosen = Records({k: v for k, v in found.items() if wanted in ("", k, k.partition(".")[2])})
    if not chosen:
        close = difflib.get_close_matches(wanted, [k.partition(".")[2] for k in found], n=1)
        remedy = f"did you mean {typed(path, close[0])}?" if close else f"name one: {_all_typed(path, found)}"
        refuse("theorem", f"{path}:{wanted}", f"the file has no such record; {remedy}")
    return chosen


def typed(where: str, name: str) -> str:
    """The name of a record as one types it in a shell, where it stands in a file with its path as it was given."""
    return shlex.quote(f"{where}:{name.rpartition('.')[2]}" if where.endswith(".py") else name)


def _all_typed(where: str, names: Iterable[str]) -> str:
    return ", ".join(typed(where, name) for name in names)


def one(where: str | Path) -> Theorem:
    """The one record that `where` names; ValueError lists them where there are several."""
    found = load(where)
    if len(found) > 1:
        refuse("theorem", str(where), f"it holds {len(found)} records; name one: {_all_typed(str(where), found)}")
    return next(iter(found.values()))


def every(names: Iterable[str]) -> list[Theorem]:
    """All the records that the names give, each once, in order."""
    return list({k: v for name in names for k, v in load(name).items()}.values())
