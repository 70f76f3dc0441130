"""Run one of the README's two commands as it stands: the fenced block after the marker `<!-- command: NAME -->`.

The main command is run in its quick mode: `--quick` is appended.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path


def command(name: str) -> str:
    text = Path("README.md").read_text(encoding="utf-8")
    found = re.search(rf"<!-- command: {name} -->\s*```\w*\n(.*?)```", text, re.S)
    if not found:
        sys.exit(f"README.md has no block marked <!-- command: {name} -->")
    return found.group(1).strip()


def main() -> int:
    name = sys.argv[1]
    line = command(name)
    line += " --quick" if name == "main" else ""
    print(f"$ {line}", flush=True)
    return subprocess.call(["bash", "-euo", "pipefail", "-c", line])


if __name__ == "__main__":
    sys.exit(main())
