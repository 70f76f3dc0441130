"""The main job as a user waits for it: `ridgeless tour` from a warm cache, in wall time."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator


def _wall(*options: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        command = [sys.executable, "-m", "theorems.cli", "tour", "--out", folder, *options]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return time.perf_counter() - start


def rows() -> Iterator[tuple[str, str, str]]:
    _wall("--quick")  # fills the caches of compiled kernels and of fonts
    yield "`ridgeless tour` on two cores, warm cache", "at most 90 s", f"{_wall():.0f} s"
