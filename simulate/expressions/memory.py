"""Scalars at a point, and a memory of everything evaluated: for all draws, for one draw, for one value of the parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import lambdify

from simulate.conventions import refuse
from simulate.expressions.alphabet import Alphabet
from simulate.expressions.letters import Letter, Word, parameters

Array = NDArray[np.float64]
Point = Mapping[Any, float]

ROOM = 2**29  # bytes for what differs from point to point: the oldest goes first


class Memory:
    """What was evaluated stays, as long as what it depends on does; `points` are those of the parameters, `point` the present one."""

    def __init__(self, alphabet: Alphabet, points: Sequence[Point]) -> None:
        self.alphabet, self.points = alphabet, points
        self.varying = {s for s in points[0] if len({point[s] for point in points}) > 1}
        self.point = points[0]
        self._lasting: dict[Any, Any] = {}
        self._drawn: dict[Any, Any] = {}
        self._moving: dict[Any, Any] = {}
        self._held = 0
        self._functions: dict[Any, tuple[Callable[..., Any], tuple[Any, ...]]] = {}

    def traced(self, word: Word) -> float:
        """The trace of a word, or the entry of a word of one row and one column."""
        raise NotImplementedError

    def at_once(self, word: Word) -> Array | None:
        """The same at all points, if they need not be taken one by one."""
        raise NotImplementedError

    def forget(self) -> None:
        """The present draw."""
        self._drawn, self._moving, self._held = {}, {}, 0

    def once(self, key: Any, word: Sequence[Letter], make: Callable[[], Any]) -> Any:
        """What `make` returns, made once for the draw and the parameters on which the word depends, as long as there is room."""
        own, random = parameters(word), any(l.random for l in word)
        memory = self._lasting if not random else self._moving if own & self.varying else self._drawn
        full = (key, *(value if s in own else None for s, value in self.point.items()))
        if full in memory:
            return memory[full]
        memory[full] = made = make()
        if memory is self._moving:
            self._held += _bytes(made)
            while self._held > ROOM and len(memory) > 1:
                self._held -= _bytes(memory.pop(next(iter(memory))))
        return made

    def traces(self, words: Iterable[Word]) -> dict[Word, Array]:
        """`traced` at all points: one point after another, as the words may have much in common there."""
        before, fixed = self.point, [w for w in words if not parameters(w) & self.varying]
        out = {w: np.full(len(self.points), self.traced(w)) for w in fixed}
        rest = {w: a for w in words if w not in out for a in [self.at_once(w)]}
        out |= {w: a if a is not None else np.empty(len(self.points)) for w, a in rest.items()}
        single = [w for w, a in rest.items() if a is None]
        for k, point in enumerate(self.points if single else ()):
            self.point = point
            for w in single:
                out[w][k] = self.traced(w)
        self.point = before
        return out

    def number(self, e: Any) -> Any:
        """The value of a SymPy scalar at the present point; inf or nan where it divides by zero."""
        function, symbols = self._function(e)
        inside = [np.float64(self.point[s] if s in self.point else self.traced(self.alphabet.scalars[s])) for s in symbols]
        with np.errstate(all="ignore"):
            return np.float64(function(*inside))

    def numbers(self, e: Any) -> Array:
        """The same at all points."""
        function, symbols = self._function(e)
        words = {s: self.alphabet.scalars[s] for s in symbols if s not in self.point}
        traces = self.traces(list(words.values()))
        inside = [traces[words[s]] if s in words else np.array([point[s] for point in self.points]) for s in symbols]
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


def _bytes(made: Any) -> int:
    return sum(map(_bytes, made)) if isinstance(made, tuple) else getattr(made, "nbytes", 0)
