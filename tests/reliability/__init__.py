"""Numbers that a verdict's reliability rests on, measured: `python -m tests.reliability [names ...] [--write]`, docs/reliability.md.

A module here defines `rows()`, and `tables()` where there is more to show. What takes hours is measured by `measure()` and kept
under docs/reliability/ as counts, from which its `rows` and `tables` are rendered.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent.parent.parent / "docs"


def keep(name: str, found: dict[str, Any]) -> None:
    """Write what was found beside the page, with date, machine and command; whole or not at all."""
    from simulate.provenance import now
    from tests.measured import machine

    path = DOCS / "reliability" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    where, _, date = machine().rpartition("; ")
    head = {"date": date or now()[:10], "machine": where, "command": f"python -m tests.reliability {name}"}
    part = path.with_suffix(".part")
    part.write_text(json.dumps(head | found, indent=1) + "\n", encoding="utf-8")
    part.replace(path)


def kept(name: str) -> dict[str, Any] | None:
    """What `keep` wrote, None where nothing was measured yet."""
    path = DOCS / "reliability" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def table(head: list[str], lines: list[list[str]]) -> str:
    """Markdown."""
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, ["---"] * len(head), *lines])
