"""What theory predicts: closed forms and deterministic equivalents of high-dimensional learning.

Every submodule is loaded when it is first used: `asymptotics.isotropic.ridge(gamma=2, lam=0.1, r2=5, sigma2=1)`.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from types import ModuleType

__ridgeless__ = "asymptotics"  # the mark by which `theorems` knows its own sibling

if any(Path(__file__).parent.parent.glob("asymptotics-*.dist-info")):
    raise ImportError(
        "An unrelated distribution named 'asymptotics' is installed in the same environment as ridgeless, and its files are "
        "mixed with ours. Install ridgeless in an environment of its own (python -m venv), or pip uninstall both and "
        "install ridgeless again."
    )


def __getattr__(name: str) -> ModuleType:
    if name.startswith("_") or name not in __dir__():
        raise AttributeError(f"asymptotics has no module {name!r}; it has {', '.join(__dir__())}")
    return importlib.import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))


__all__ = __dir__()
