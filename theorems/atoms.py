"""Laws at a finite size: eigenvalues in their proportions, and vectors in them."""

from __future__ import annotations

from typing import Any

import numpy as np


def wave(eigenvalues: np.ndarray, j: int) -> np.ndarray:
    """Signs and sizes (p,) of the j-th vector: cosines, orthogonal to those of other vectors in every eigenspace."""
    found = np.ones(len(eigenvalues))
    for value in np.unique(eigenvalues, axis=0) if j else ():
        here = np.all(eigenvalues == value, axis=1)
        count = int(np.sum(here))
        found[here] = np.sqrt(2) * np.cos(np.pi * j * (np.arange(count) + 0.5) / count)
    return found


def spread(law: Any, p: int) -> tuple[np.ndarray, np.ndarray]:
    """The law at p eigenvalues: (p, q) values in the proportions of its weights, as nearly as integers allow, and |b_i|^2 of a vector.

    The vector's energy goes to the eigenvalue that is nearest.
    """
    if isinstance(law, tuple):
        values, weights = (np.asarray(x, dtype=np.float64) for x in law)
    else:
        H, G = getattr(law, "H", law), getattr(law, "G", law)
        values, weights = np.append(H.atoms, 0.0)[:, None], np.append(H.weights, H.zero)
    counts = np.diff(np.round(np.cumsum(weights) / np.sum(weights) * p).astype(int), prepend=0)
    values, weights, counts = values[counts > 0], weights[counts > 0], counts[counts > 0]
    energy: Any = weights
    if not isinstance(law, tuple):
        between = (values[1:, 0] + values[:-1, 0]) / 2  # decreasing
        at, parts = np.append(G.atoms, 0.0), np.append(G.weights, G.zero)
        energy = np.bincount(np.searchsorted(-between, -at), weights=parts, minlength=len(values))
    return np.repeat(values, counts, axis=0), np.repeat(energy / counts / np.sum(energy), counts)
