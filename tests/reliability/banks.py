"""Draws that null experiments take from, made once: ridgeless excess risks given the design, r2 = sigma2 = 1."""

from __future__ import annotations

import os
import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np

import simulate.isotropic
import simulate.ridge
from simulate.cells import Cell

DENSE, FAST = 200_000, 1_000_000  # draws of a bank by the dense simulator, by the O(n) sampler
FOLDER = Path(os.environ.get("RIDGELESS_BANK", Path(tempfile.gettempdir()) / "ridgeless-bank"))


def risks(*, gamma: float, entries: str, n: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Ridgeless excess risks given the design, r2 = sigma2 = 1."""
    if entries == "gaussian":
        return np.asarray(simulate.isotropic.ridge(n=n, gamma=gamma, draws=draws, rng=rng).excess)
    return np.asarray(simulate.ridge.ridge(n=n, gamma=gamma, entries=entries, draws=draws, rng=rng).excess)


def cells(gamma: float, entries: str, n: int) -> list[Cell]:
    block = 100_000 if entries == "gaussian" else 5000
    count = (FAST if entries == "gaussian" else DENSE) // block
    params = {"gamma": gamma, "entries": entries}
    return [Cell("tests.reliability.banks:risks", params, n=n, draws=block, block=b) for b in range(count)]


def file(gamma: float, entries: str, n: int) -> Path:
    return FOLDER / f"{entries.replace(':', '')}-{gamma:g}-{n}.npy"


@lru_cache(maxsize=64)
def bank(gamma: float, entries: str, n: int) -> np.ndarray:
    return np.load(file(gamma, entries, n))
