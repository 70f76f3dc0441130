"""Where theory and simulation meet: records, verdicts, figures, the command line.

>>> import theorems
>>> "hastie2022.isotropic_ridge" in theorems.load()
True
"""

from __future__ import annotations

from typing import Any

import asymptotics
import simulate

for _package in (asymptotics, simulate):
    if not hasattr(_package, "__ridgeless__"):
        raise ImportError(
            f"The package {_package.__name__!r} that Python found at {_package.__path__[0]} is not ridgeless's but an unrelated "
            "one of the same name. Install ridgeless in an environment of its own (python -m venv)."
        )

_HOMES = {
    "load": "discovery",
    "Theorem": "record",
    "Model": "model",
    "Plot": "record",
    "Curve": "record",
    "verify": "verdicts.verify",
    "converges": "testing.converges",
    "audit": "audits.audit",
    "search": "searches.search",
    "rate": "rates.rate",
    "page": "pages.page",
    "Verdict": "verdicts.verdict",
    "figure": "figures",
    **dict.fromkeys(("Mean", "Bound", "Law", "Identity", "each", "through"), "claims"),
    **dict.fromkeys(("Real", "Integer", "Choice", "GAMMA", "UNDER", "OVER", "LAM", "R2", "SIGMA2"), "domain"),
}


__all__ = list(_HOMES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:
    import importlib

    if name in _HOMES:
        return getattr(importlib.import_module(f"theorems.{_HOMES[name]}"), name)
    try:
        return importlib.import_module(f"theorems.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"theorems.{name}":
            raise
        raise AttributeError(f"theorems has no attribute {name!r}") from None
