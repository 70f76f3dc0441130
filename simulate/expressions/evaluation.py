r"""Numbers for words: one draw, one point of the parameters at a time, everything that can be kept from one to the next kept.

With f(M), g(M) functions of the eigenvalues c of M = U diag(c) U', and what stays the same from point to point evaluated once,

    tr(f(M) B) = sum_i f(c_i) (U'B U)_ii,      tr(f(M) A g(M) B) = sum_ij f(c_i) (U'A U)_ij g(c_j) (U'B U)_ji.           (1)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from simulate.expressions import dense
from simulate.expressions.alphabet import Alphabet
from simulate.expressions.chains import Chains
from simulate.expressions.letters import (
    Basis,
    Diagonal,
    Letter,
    Matrix,
    Ones,
    Polynomial,
    Product,
    Resolvent,
    Select,
    Stack,
    Sum,
    Values,
    Word,
)
from simulate.expressions.memory import Point
from simulate.expressions.resolvents import Resolvents

Array = NDArray[np.float64]


class Evaluation(Resolvents):
    """Evaluates at `points`; `values`: eigenvalues of the deterministic matrices by name."""

    def __init__(self, alphabet: Alphabet, values: Mapping[str, Array], points: Sequence[Point]) -> None:
        super().__init__(alphabet, points)
        self.values, self.chains = values, Chains(alphabet)
        self.matrices: dict[str, Array] = {}

    def draw(self, matrices: dict[str, Array]) -> None:
        """Take the matrices of the next draw, by name; more may be added to them."""
        self.matrices = matrices
        self.forget()

    # Scalars

    def traced(self, word: Word) -> float:
        """The trace of a word, or the entry of a word of one row and one column."""
        size = word[0].shape[0]
        return float(self.once(("trace", word), word, lambda: sum(c * self._traced(w, size) for w, c in self.lowered(word))))

    def at_once(self, word: Word) -> Array | None:
        if word[0].shape[0] == 1 or any(isinstance(l, Resolvent) and not self.shared(l) for l in word):
            return None
        head, rest = self._turned(self.lowered(word)[0][0])
        if not head or not all(isinstance(l, Values) for l in head):
            return None
        f = np.prod([self.function(l.of, self.numbers(l.of.delta)) for l in head if isinstance(l, Values)], axis=0)
        return f @ self._diagonal(rest) if rest else f.sum(axis=-1)

    def _turned(self, word: Word) -> tuple[Word, Word]:
        """A word under a trace that was turned so that what moves from point to point comes first, if that is one run; else no head."""
        gaps = [k for k, l in enumerate(word) if self._moves(l) and not self._moves(word[k - 1])]
        if len(gaps) != 1:
            return (), word
        word = word[gaps[0] :] + word[: gaps[0]]
        last = sum(self._moves(l) for l in word)
        return word[:last], word[last:]

    def _traced(self, word: Word, size: int) -> float:
        if not word:
            return size
        if word[0].shape[0] == 1:
            return float(self.product(self._gathered(word)).sum())
        head, rest = self._turned(word)
        if head and rest and all(l.diagonal for l in head):
            return float(self.product(head) @ self._diagonal(rest))
        left, right = self.chains.ends(self._gathered(head + rest), True)
        return dense.trace(self.product(left), self.product(right) if right else None)

    def _diagonal(self, word: Word) -> Array:
        def make() -> Array:
            left, right = self.chains.ends(word, False)
            return dense.diagonal(self.product(left), self.product(right) if right else None)

        return self.once(("diagonal", word), word, make)

    # Matrices

    def matrix(self, polynomial: Polynomial) -> Array:
        """The matrix (rows, columns), or its diagonal where all its letters are diagonal."""
        ones = np.ones(polynomial.shape[0])
        return self._added(
            polynomial.shape, [(self.multiplied(w) if w else ones, self.number(c)) for w, c in polynomial.terms.items()]
        )

    def _added(self, shape: tuple[int, int], terms: list[tuple[Array, float]]) -> Array:
        flat = shape[0] == shape[1] and all(A.ndim == 1 for A, _ in terms)
        out = np.zeros(shape[0] if flat else shape)
        for A, c in terms:
            target = out if out.ndim == A.ndim else np.einsum("ii->i", out)
            target += c * A
        return out

    def multiplied(self, word: Word) -> Array:
        """A word of at least one letter, as `product`; its resolvents may be functions of their eigenvalues."""
        parts = self.lowered(word)
        if len(parts) == 1:
            return self.product(self._gathered(parts[0][0]))
        rows, columns = word[0].shape[0], word[-1].shape[1]
        return self._added((rows, columns), [(self.product(self._gathered(w)) if w else np.ones(rows), c) for w, c in parts])

    def product(self, word: Word) -> Array:
        """A word multiplied out, (rows, columns), or its diagonal; shared, not to be changed."""
        if len(word) == 1:
            return self.once(word, word, lambda: self._letter(word[0]))
        form = self.chains.canonical(word)
        A = self.once(form, form, lambda: self._product(form))
        return A if form == word or A.ndim == 1 else A.T

    def _product(self, word: Word) -> Array:
        k = self.chains.split(word)
        if k == 0:
            u = self.product(self.alphabet.halves(word) or ())
            return dense.gram(u)
        left, right = word[:k], word[k:]
        if self._thin(left, right):
            return self.solve(left[0], self.product(right))  # type: ignore[arg-type]
        if self._thin(self.alphabet.transpose(right), self.alphabet.transpose(left)):
            return self.solve(self.alphabet.transpose(right)[0], self.product(left).T).T  # type: ignore[arg-type]
        return dense.times(self.product(left), self.product(right))

    def _thin(self, left: Word, right: Word) -> bool:
        """Whether the left word is an inverse, not needed as a matrix, to be solved with."""
        rows, columns = right[0].shape[0], right[-1].shape[1]
        return len(left) == 1 and isinstance(left[0], Resolvent) and 3 * columns <= rows and not all(l.diagonal for l in right)

    def _letter(self, letter: Letter) -> Array:
        if isinstance(letter, Matrix):
            A = self.matrices[letter.name]
            return A.T if letter.transposed else A
        if isinstance(letter, Diagonal):
            with np.errstate(all="ignore"):
                d = np.prod([self.values[name] ** float(e) for name, e in letter.powers], axis=0)
            return self.finite(letter, d)
        if isinstance(letter, Sum):
            A = self.matrix(Polynomial(letter.shape, dict(letter.terms)))
            if letter.exponent == 1:
                return A
            with np.errstate(all="ignore"):
                return self.finite(letter, A ** float(letter.exponent))
        if isinstance(letter, Product):
            return self.product(letter.word)
        if isinstance(letter, Stack):
            A = np.hstack([np.sqrt(self.number(c)) * self.multiplied(u) for u, c in letter.blocks])
            return A.T if letter.transposed else A
        if isinstance(letter, Select):
            blocks = letter.stack.blocks[: letter.block + 1]
            rows, columns = sorted(letter.shape)
            A = np.eye(rows, columns, sum(u[-1].shape[1] for u, _ in blocks[:-1])) / np.sqrt(self.number(blocks[-1][1]))
            return A.T if letter.transposed else A
        if isinstance(letter, Basis):
            U = self.eigen(letter.word)[1]
            return U.T if letter.transposed else U
        if isinstance(letter, Values):
            return self.function(letter.of, self.number(letter.of.delta))
        if isinstance(letter, Resolvent):
            assert (letter.a, letter.b) == (1, 0), "others are lowered"
            return self.inverse(letter)
        assert isinstance(letter, Ones)
        return np.ones(letter.shape)

    def _moves(self, letter: Letter) -> bool:
        return isinstance(letter, Values) or bool(letter.parameters & self.varying)

    def _gathered(self, word: Word) -> Word:
        """Runs of letters that stay the same from point to point as one letter each."""
        if not any(self._moves(l) for l in word):
            return word
        out: list[Letter] = []
        run: list[Letter] = []
        for l in (*word, None):
            if l is not None and not self._moves(l):
                run.append(l)
                continue
            out += run if len(run) < 2 else [self.alphabet.product(tuple(run))]
            run = []
            out += [l] if l is not None else []
        return tuple(out)
