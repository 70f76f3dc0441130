"""The matrices of one draw, in the order of their symbols' names: the order in which the random stream is used."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulate.conventions import refuse
from simulate.nonlinear_features import activation_of

Array = NDArray[np.float64]


def gaussian(shape: tuple[int, int], variance: float, rng: np.random.Generator) -> Array:
    """Independent N(0, variance) entries."""
    return rng.standard_normal(shape) * math.sqrt(variance)


def symmetric(shape: tuple[int, int], variance: float, rng: np.random.Generator) -> Array:
    """(Z + Z')/sqrt(2): N(0, variance) off the diagonal, N(0, 2 variance) on it."""
    Z = rng.standard_normal(shape) * math.sqrt(variance / 2)
    return Z + Z.T


def haar(shape: tuple[int, int], _: None, rng: np.random.Generator) -> Array:
    """Q of a Gaussian matrix = QR with R_ii > 0: Haar on the orthogonal group. Source: mezzadri2007generate."""
    Q, R = np.linalg.qr(rng.standard_normal(shape))
    return Q * np.sign(R.diagonal())


DRAWN: dict[str, Callable[..., Array]] = {"gaussian": gaussian, "symmetric": symmetric, "haar": haar}


def activation(name: str | Callable[[Array], Array]) -> Callable[[Array], Array]:
    """The entrywise function: by name as it is written (relu is max(t, 0)); purely_nonlinear is (|t| - E|G|)/sd|G|."""
    if callable(name):
        return name
    known = activation_of(name)
    return (lambda t: (known.function(t) - known.mean) / known.sd) if name == "purely_nonlinear" else known.function


def draw(
    roles: Mapping[Any, tuple[str, Any]], shapes: Mapping[str, tuple[int, int]], rng: np.random.Generator
) -> Iterator[tuple[str, Array]]:
    """Name and values of every random matrix but the features."""
    for symbol in sorted(roles, key=lambda s: s.name):
        role, given = roles[symbol]
        if role in DRAWN:
            yield symbol.name, DRAWN[role](shapes[symbol.name], given, rng)


def variance(symbol: Any, value: Any) -> float:
    """One variance for all entries."""
    if not np.isscalar(value) or not (0 <= float(value) < math.inf):  # type: ignore[arg-type]
        refuse(str(symbol), value, "the variance of the entries must be one nonnegative number")
    return float(value)
