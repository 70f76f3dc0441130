"""What a folder's modules measure, as one Markdown table with the machine that measured it; `rows()` of a module yields its lines."""

from __future__ import annotations

import importlib
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"


def machine() -> str:
    cpu = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        cpu = next((x.split(":")[1].strip() for x in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in x), cpu)
    libraries = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "numba"))
    system = f"{cpu}, {os.cpu_count()} cores, one BLAS thread; Python {platform.python_version()}, {libraries}"
    return f"{system}; {datetime.now(UTC):%Y-%m-%d}"


def table(folder: str, wanted: Sequence[str], prefix: str = "") -> None:
    """Prints the rows of tests/<folder>/<prefix><name>.py, of all or of those that are `wanted`."""
    print(f"Measured on {machine()}.\n\n| what | to reach | measured |\n|---|---|---|")
    for path in sorted((Path(__file__).parent / folder).glob(f"{prefix}[a-z]*.py")):
        if not wanted or path.stem.removeprefix(prefix) in wanted:
            for what, goal, measured in importlib.import_module(f"tests.{folder}.{path.stem}").rows():
                print(f"| {what} | {goal} | {measured} |", flush=True)
