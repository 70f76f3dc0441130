r"""From one SymPy expression of random matrices to the equations of its limit, and to the number.

    derive(lam**2 * Trace(S * R * R) / p, gaussian=[X], laws={S: spectra.atoms([1, 3], [0.5, 0.5])})

`forms` writes the expression as deterministic matrices around the occurrences of its random ones; `dyson` puts a deterministic
self-energy in their place; `reduction` leaves the few scalars that a person would have kept; `solver` finds them.
"""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["derive"]


def __getattr__(name: str) -> Any:
    if name == "derive":
        return importlib.import_module("asymptotics.derivation.describing").derive
    raise AttributeError(f"asymptotics.derivation has no {name!r}; it has derive")
