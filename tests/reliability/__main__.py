"""Measures of reliability as Markdown: python -m tests.reliability [name ...] [--write].

Names are those of the modules here; each is measured, its rows are printed and kept under docs/reliability/. Without names all
are measured, which takes hours (calibration, power). --write renders docs/reliability.md from what is kept: alone it measures nothing.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.measured import machine  # sets one BLAS thread before NumPy is imported
from tests.reliability import DOCS, keep, kept, table
from tests.reliability.page import ORDER, PAGE, TITLES

HEAD = ["what", "to reach", "measured"]


def module(name: str) -> ModuleType:
    return importlib.import_module(f"tests.reliability.{name}")


def names() -> list[str]:
    """Modules with `rows`, in the order of the page, others after them."""
    files = [p.stem for p in sorted(Path(__file__).parent.glob("*.py")) if re.search(r"^def rows\(", p.read_text("utf-8"), re.M)]
    return [*(n for n in ORDER if n in files), *(n for n in files if n not in ORDER)]


def measured(name: str) -> dict[str, Any]:
    """Measure by `measure`, which keeps counts, or by `rows`, which are kept as they are."""
    at = module(name)
    if hasattr(at, "measure"):
        at.measure()
    else:
        found: list[tuple[str, str, str]] = []
        for row in at.rows():
            found.append(row)
            print(*row, sep=" | ", flush=True)
        keep(name, {"rows": found, "tables": list(at.tables()) if hasattr(at, "tables") else []})
    return kept(name) or {}


def shown(name: str) -> tuple[list[list[str]], list[str]]:
    """Rows and tables of what is kept."""
    found = kept(name)
    if found is None:
        return [], []
    if "rows" in found:
        return found["rows"], found["tables"]
    at = module(name)
    return [list(row) for row in at.rows()], list(at.tables())


def page() -> Iterator[str]:
    """The paragraphs of docs/reliability.md."""
    yield PAGE["head"]
    goals: list[list[str]] = []
    parts: list[str] = []
    for name in names():
        rows, tables = shown(name)
        if rows:
            goals += rows
            at = kept(name) or {}
            note = f"`{at['command']}`, {at['date']}, {at['machine']}."
            parts += [f"## {TITLES.get(name, name.capitalize())}", *([PAGE[name]] if name in PAGE else []), *tables, note]
    yield table(HEAD, goals)
    yield PAGE["guarantees"]
    yield from parts


def main(words: list[str]) -> None:
    write = "--write" in words
    wanted = [w for w in words if w != "--write"]
    if unknown := set(wanted) - set(names()):
        sys.exit(f"{', '.join(sorted(unknown))} is refused: the names are {', '.join(names())}")
    print(f"Measured on {machine()}.\n\n{table(HEAD, [])}")
    for name in wanted or ([] if write else names()):
        measured(name)
        for row in shown(name)[0]:
            print(f"| {' | '.join(row)} |", flush=True)
    if write:
        (DOCS / "reliability.md").write_text("\n\n".join(page()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
