"""The generator of a cell, keyed by what the cell is: the same bits for any order, executor, number of workers or resume."""

from __future__ import annotations

import hashlib
import json

import numpy as np

STREAM_VERSION = 1  # a change of any simulator's stream needs a new one: tests/golden holds the bits of this


def stream(entropy: int, *cell: object) -> np.random.Generator:
    """The generator of a cell, keyed by what the cell is and not by where it stands in a loop.

    entropy: the seed of all cells, a nonnegative integer. cell: plain data (what JSON can hold; other things by their str).

    >>> a, b = stream(0, "ridge", {"n": 10, "gamma": 2.0}), stream(0, "ridge", {"gamma": 2.0, "n": 10})
    >>> bool(a.random() == b.random())
    True
    """
    key = hashlib.sha256(json.dumps([STREAM_VERSION, *cell], sort_keys=True, default=str).encode()).digest()
    words = tuple(int(w) for w in np.frombuffer(key, dtype="<u4"))
    return np.random.Generator(np.random.PCG64DXSM(np.random.SeedSequence(entropy, spawn_key=words)))
