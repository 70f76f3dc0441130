"""Hastie, Montanari, Rosset and Tibshirani, Surprises in high-dimensional ridgeless least squares interpolation (2022).

Theorem and corollary numbers are from memory unless a record says otherwise. The records stand in the submodules and are reached
here by name: `theorems.hastie2022.isotropic_ridge`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from theorems.record import Theorem


def __getattr__(name: str) -> Theorem:
    from theorems.discovery import load

    if name.startswith("_") or f"hastie2022.{name}" not in (found := load("hastie2022")):
        raise AttributeError(f"hastie2022 has no record {name!r}")
    return found[f"hastie2022.{name}"]
