"""Scalars at a point, and a memory of everything evaluated: for all draws, for one draw, for one value of the parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import lambdify

from simulate.conventions import refuse
from simulate.expressions.letters import Letter, Word, parameters
from simulate.expressions.words import Alphabet

Array = NDArray[np.float64]
Point = Mapping[Any, float]


class Memory:
    """What was evaluated stays, as long as what it depends on does; `points` are those of the parameters, `point` the present one."""

    def __init__(self, alphabet: Alphabet, points: Sequence[Point]) -> None:
        self.alphabet, self.points = alphabet, points
        self.varying = {s for s in points[0] if len({point[s] for point in points}) > 1}
        self.point = points[0]
        self._lasting: dict[Any, Any] = {}
        self._drawn: dict[Any, Any] = {}
        self._functions: dict[Any, tuple[Callable[..., Any], tuple[Any, ...]]] = {}

    def traced(self, word: Word) -> float:
        """The trace of a word, or the entry of a word of one row and one column."""
        raise NotImplementedError

    def traces(self, word: Word) -> Array:
        """The same at all points."""
        out = np.empty(len(self.points))
        for k, point in enumerate(self.points):
            self.point = point
            out[k] = self.traced(word)
            if not parameters(word) & self.varying:
                return np.full(len(self.points), out[0])
        return out

    def forget(self) -> None:
        """The present draw."""
        self._drawn = {}

    def once(self, key: Any, word: Sequence[Letter], make: Callable[[], Any]) -> Any:
        """What `make` returns, made once for the draw and the parameters on which the word depends."""
        memory = self._drawn if any(l.random for l in word) else self._lasting
        full = (key, *(self.point[s] for s in parameters(word)))
        if full not in memory:
            memory[full] = make()
        return memory[full]

    def number(self, e: Any) -> Any:
        """The value of a SymPy scalar at the present point; inf or nan where it divides by zero."""
        function, symbols = self._function(e)
        inside = [np.float64(self.point[s] if s in self.point else self.traced(self.alphabet.scalars[s])) for s in symbols]
        with np.errstate(all="ignore"):
            return np.float64(function(*inside))

    def numbers(self, e: Any) -> Array:
        """The same at all points."""
        function, symbols = self._function(e)
        inside = [
            np.array([point[s] for point in self.points]) if s in self.point else self.traces(self.alphabet.scalars[s])
            for s in symbols
        ]
        with np.errstate(all="ignore"):
            return np.broadcast_to(np.asarray(function(*inside), dtype=np.float64), (len(self.points),))

    def _function(self, e: Any) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        if e not in self._functions:
            symbols = tuple(sorted(e.free_symbols, key=str))
            self._functions[e] = lambdify(symbols, e, modules=["numpy", "scipy"]), symbols
        return self._functions[e]

    def where(self, letter: Letter) -> str:
        """The present values of the parameters of a letter, in words."""
        at = ", ".join(f"{s} = {self.point[s]:.6g}" for s in sorted(letter.parameters, key=str))
        return f" at {at}" if at else ""

    def finite(self, letter: Letter, A: Array) -> Array:
        """A, or a refusal of the letter."""
        if not np.all(np.isfinite(A)):
            refuse("expression", letter.text, f"it is singular, or a root of a negative number{self.where(letter)}")
        return A
