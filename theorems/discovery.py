"""Every theorem there is, found where it stands: modules named by a paper's key (author, year), here or in a user's file."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import re
import sys
from pathlib import Path
from types import ModuleType

import theorems
from theorems.record import Theorem

_PAPER = re.compile(r"[a-z]+\d{4}[a-z]?$")


def _records(module: ModuleType) -> dict[str, Theorem]:
    return {v.name: v for v in vars(module).values() if isinstance(v, Theorem) and v.module == module.__name__}


def load(where: str | Path | None = None) -> dict[str, Theorem]:
    """Records by name: all of the library's, those of one paper (or one record) by name, or those of a .py file."""
    if where is not None and str(where).endswith(".py"):
        return _load_file(Path(where))
    found: dict[str, Theorem] = {}
    for paper in pkgutil.iter_modules(theorems.__path__):
        if _PAPER.match(paper.name):
            module = importlib.import_module(f"theorems.{paper.name}")
            found |= _records(module)
            for part in pkgutil.iter_modules(getattr(module, "__path__", [])):
                found |= _records(importlib.import_module(f"{module.__name__}.{part.name}"))
    if where is None:
        return found
    chosen = {k: v for k, v in found.items() if k == where or v.paper == where}
    if not chosen:
        raise ValueError(
            f"theorem = {str(where)!r} is refused: no record, paper or .py file of this name; "
            f"the papers are {', '.join(sorted({v.paper for v in found.values()}))}"
        )
    return chosen


def _load_file(path: Path) -> dict[str, Theorem]:
    if not path.is_file():
        raise ValueError(f"theorem = {str(path)!r} is refused: there is no such file")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    found = _records(module)
    if not found:
        raise ValueError(f"theorem = {str(path)!r} is refused: the file defines no theorems.Theorem")
    return found
