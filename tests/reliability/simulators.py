"""Simulators of nothing, for the machinery: workers import them by name."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np


def uniform(*, level: float = 0.0, n: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """As little work as can be."""
    return level + rng.random(draws)


def late(*, seconds: float, n: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Work that waits."""
    time.sleep(seconds)
    return rng.random(draws)


def burn(*, turns: int, n: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Work of the processor that no other thread can share: `turns` multiplications of small matrices."""
    turn = matrix = np.eye(n)[::-1].copy()
    for _ in range(turns):
        matrix = turn @ matrix
    return rng.random(draws)


def unlucky(*, level: float, n: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Fails at level 13."""
    if level == 13:
        raise ArithmeticError("level 13")
    return level + rng.random(draws)


def whatever(*, what: str, n: int, draws: int, rng: np.random.Generator) -> Any:
    """What no simulator should return."""
    nan = np.full(draws, 1.0)
    nan[-1] = np.nan
    return {
        "nothing": None,
        "a number": 1.0,
        "too few": np.ones(draws - 1),
        "nan": nan,
        "an empty record": {},
        "an empty array": np.ones((draws, 0)),
        "complex": np.ones(draws) * 1j,
        "objects": np.array([None] * draws),
        "too large": np.full(draws, 2**64 - 1, dtype=np.uint64),
    }[what]


def fatal(*, level: float, once: str, n: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """At level 13 takes its process down; only once, where `once` names a file."""
    if level == 13 and not (once and Path(once).exists()):
        if once:
            Path(once).touch()
        os._exit(1)
    return level + rng.random(draws)
