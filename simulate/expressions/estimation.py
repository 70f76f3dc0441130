r"""Traces past a size estimated: Hutchinson's estimator, and the jackknife for functions of several traces.

With z_1 .. z_k of independent signs, E z'A z = tr A; A is a word, applied to all k at once from the right, its inverses solved with. A
trace is estimated in the smallest dimension that its word passes through. The same signs serve all traces of one dimension, and
the value f of an expression in the means of its traces has, with f_-i the value without z_i and f. their mean,

    k f - (k - 1) f.,      standard error^2 = (k - 1)/k sum_i (f_-i - f.)^2.                                          (1)

Source: hutchinson1989stochastic; efron1982jackknife, chapters 2 and 3 (numbering from memory).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulate.expressions.evaluation import Evaluation
from simulate.expressions.letters import Letter, Matrix, Word

Array = NDArray[np.float64]


class Estimation(Evaluation):
    """An evaluation whose traces of words that nowhere pass through less than `exact_to` dimensions are estimated by k = `probes`."""

    def __init__(self, base: Evaluation, probes: int, exact_to: int, signs: np.random.Generator) -> None:
        super().__init__(base.alphabet, base.values, base.points)
        self.probes, self.exact_to, self.signs = probes, exact_to, signs

    def draw(self, matrices: dict[str, Array]) -> None:
        super().draw(matrices)
        self._probes: dict[int, Letter] = {}

    def estimated(self, e: Any) -> tuple[Array, Array]:
        """The value of a scalar at all points, and its standard error."""
        function, symbols = self._function(e)
        values = [
            np.array([point[s] for point in self.points]) if s in self.point else self._seen(self.alphabet.scalars[s])
            for s in symbols
        ]
        k = self.probes
        without = [(v.sum(axis=0) - v) / (k - 1) if v.ndim == 2 else v for v in values]
        with np.errstate(all="ignore"):
            whole = np.asarray(function(*(v.mean(axis=0) if v.ndim == 2 else v for v in values)), dtype=np.float64)
            each = np.broadcast_to(function(*without), (k, len(self.points)))
        mean = each.mean(axis=0)
        return k * whole - (k - 1) * mean, np.sqrt((k - 1) / k * np.sum((each - mean) ** 2, axis=0))

    def _seen(self, word: Word) -> Array:
        """The trace at all points, exactly (points,), or as each probe sees it (probes, points)."""
        start = min(range(len(word)), key=lambda i: word[i].shape[0])
        size = word[start].shape[0]
        if size <= self.exact_to or all(l.diagonal for l in word):
            return self.traces([word])[word]
        word = word[start:] + word[:start]
        z = self._probe(size)
        out = np.empty((self.probes, len(self.points)))
        for i, point in enumerate(self.points):
            self.point = point
            out[:, i] = sum(c * np.einsum("ij,ij->j", self.product((z,)), self.product((*w, z))) for w, c in self.lowered(word))
        return out

    def _probe(self, size: int) -> Letter:
        """The signs (size, k), as a letter."""
        name = f"signs of {size}"
        if size not in self._probes:
            self._probes[size] = self.alphabet.make(Matrix, shape=(size, self.probes), text=name, name=name, random=True)
            self.matrices[name] = self.signs.choice([-1.0, 1.0], (size, self.probes))
        return self._probes[size]
