"""Certified form of `asymptotics.sgd.critical_step`."""

from __future__ import annotations

from typing import Any

from flint import arb

from asymptotics.certified.laws import Masses


def critical_step(spectrum: tuple[Masses, Masses]) -> Any:
    H = spectrum[0]
    return 2 / sum((m * s for s, m in zip(H.atoms, H.masses, strict=True)), arb(0) + H.tail)
