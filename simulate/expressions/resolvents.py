r"""Resolvents in numbers: factored, or as functions of eigenvalues.

By Cholesky, or by LU where it is not symmetric and positive; where several shifts of one symmetric M are asked for, and where
Cholesky would leave too few digits, by the eigenvalues of M = U diag(c) U', or of M = u u' by the singular values of u.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh, get_lapack_funcs, lu_factor, lu_solve, svd
from scipy.linalg.lapack import dpocon, dpotrf, dpotrs

from simulate.conventions import refuse
from simulate.expressions import dense
from simulate.expressions.letters import Basis, Resolvent, Values, Word
from simulate.expressions.letters import parameters as parameters_of
from simulate.expressions.letters import text as text_of
from simulate.expressions.memory import Memory

Array = NDArray[np.float64]

FEW = 2  # shifts of one matrix that are inverted one by one: eigenvectors cost about three inverses, and save products
ILL = 1e4  # condition of M past which singular values of a factor are taken, and ten times that past which no Cholesky factor is
DWARFED = 1e4  # a shift past this multiple of the mean eigenvalue takes eigenvectors: M G = 1 - delta G loses digits
EPS = float(np.finfo(float).eps)


class Resolvents(Memory):
    """The part of an evaluation that knows inverses."""

    def multiplied(self, word: Word) -> Array:
        """A word of at least one letter as a matrix."""
        raise NotImplementedError

    def product(self, word: Word) -> Array:
        """The same of a word that is `lowered`."""
        raise NotImplementedError

    def lowered(self, word: Word) -> list[tuple[Word, float]]:
        """The word with each resolvent in letters that are evaluated: a sum of words, with their coefficients."""
        for k, l in enumerate(word):
            if not isinstance(l, Resolvent) or (l.a == 1 and l.b == 0 and not self.spectral(l)):
                continue
            left, right = word[:k], word[k + 1 :]
            if self.spectral(l):
                return self.lowered(self._around_values(left, l, right))
            if l.b == 0:
                one = self.alphabet.resolvent(l.word, l.delta)
                return self._plain(left, (one,) * l.a, right)
            delta = float(self.number(l.delta))
            less = self.alphabet.resolvent(l.word, l.delta, l.a - 1, l.b - 1) if l.a > 1 else None
            power = (less,) if less else l.word * int(l.b - 1)
            same = self.alphabet.resolvent(l.word, l.delta, l.a, l.b - 1)
            parts = [(left + power + right, 1.0), ((*left, same, *right), -delta)]
            return [(w, c * d) for part, c in parts for w, d in self.lowered(part)]
        return [(word, 1.0)]

    def _plain(self, left: Word, middle: Word, right: Word) -> list[tuple[Word, float]]:
        return [(left + middle + w, c) for w, c in self.lowered(right)]

    def _around_values(self, left: Word, l: Resolvent, right: Word) -> Word:
        f = self.alphabet.make(
            Values,
            shape=l.shape,
            text=l.text,
            of=l,
            parameters=l.parameters,
            random=l.random,
            diagonal=True,
            symmetric=True,
        )
        same = {"word": l.word, "shape": l.shape, "parameters": parameters_of(l.word), "random": any(m.random for m in l.word)}
        U = self.alphabet.make(Basis, text=f"U({text_of(l.word)})", **same)
        V = self.alphabet.transpose((U,))[0]
        return (*left[:-1], f, V, *right) if left and left[-1] is V else (*left, U, f, V, *right)

    def _shifts(self, letter: Resolvent) -> Array:
        """delta at every point; nan where it is random."""
        random = self.alphabet.depends(letter.delta)[1]
        return np.full(len(self.points), np.nan) if random else self.numbers(letter.delta)

    def spectral(self, letter: Resolvent) -> bool:
        """Whether the letter is evaluated by eigenvectors of its matrix M at the present point."""
        if not letter.symmetric or letter.a == 0 or self.shared(letter):
            return letter.symmetric
        factor = self._factor(letter)
        return factor is None or (letter.b != 0 and factor[2])

    def shared(self, letter: Resolvent) -> bool:
        """Whether it is at all points, by the same eigenvectors."""
        if letter not in self._lasting:
            shifts, random = self._shifts(letter), self.alphabet.depends(letter.delta)[1]
            fixed = letter.symmetric and not parameters_of(letter.word) & self.varying
            many = bool(letter.parameters & self.varying) if random else len(set(shifts)) > FEW
            self._lasting[letter] = fixed and (letter.a == 0 or many)
        return bool(self._lasting[letter])

    def _factor(self, letter: Resolvent) -> tuple[str, Any, bool] | None:
        """A factorisation of M + delta, and whether delta dwarfs M; None where eigenvectors are needed."""
        return self.once(("factor", letter.word, letter.delta), (letter,), lambda: self._factored(letter))

    def _factored(self, letter: Resolvent) -> tuple[str, Any, bool] | None:
        delta = float(self.number(letter.delta))
        if not np.isfinite(delta):
            refuse("expression", letter.text, f"its shift {letter.delta} is not finite{self.where(letter)}")
        A = np.array(self.multiplied(letter.word), order="F")
        dwarfed = bool(delta > DWARFED * np.trace(A) / len(A))
        np.einsum("ii->i", A)[:] += delta
        norm = np.linalg.norm(A, 1)
        if letter.symmetric:
            L, info = dpotrf(A, lower=1, clean=1)
            if info == 0 and dpocon(L, norm, uplo="L")[0] * ILL * 10 >= 1:
                return "cholesky", L, dwarfed
            if self.alphabet.halves(letter.word) is not None:
                return None
        LU = lu_factor(A, check_finite=False)
        rcond = get_lapack_funcs("gecon", (A,))(LU[0], norm)[0]
        if rcond < len(A) * EPS:
            refuse(
                "expression",
                letter.text,
                f"it is singular{self.where(letter)}: its condition is {1 / rcond if rcond else np.inf:.1e}",
            )
        return "lu", LU, dwarfed

    def solve(self, letter: Resolvent, B: Array) -> Array:
        kind, factor, _ = self._factor(letter)  # type: ignore[misc]
        return dpotrs(factor, B, lower=1)[0] if kind == "cholesky" else lu_solve(factor, B, check_finite=False)

    def inverse(self, letter: Resolvent) -> Array:
        kind, factor, _ = self._factor(letter)  # type: ignore[misc]
        if kind == "lu":
            return lu_solve(factor, np.eye(len(factor[0])), check_finite=False)
        return dense.inverse(factor)

    def eigen(self, word: Word) -> tuple[Array, Array]:
        """Eigenvalues and eigenvectors of a symmetric word."""
        return self.once(("eigen", word), word, lambda: self._decomposed(word))

    def _decomposed(self, word: Word) -> tuple[Array, Array]:
        c, U = eigh(self.multiplied(word), lower=True, check_finite=False, driver="evd")
        half = self.alphabet.halves(word)
        if half is not None and c[0] + self._least(word) < c[-1] / ILL and half[-1].shape[1] >= len(c):
            U, s, _ = svd(self.multiplied(half), full_matrices=False, check_finite=False)
            c = s * s
        return c, U

    def _least(self, word: Word) -> float:
        shifts = [self._shifts(l) for l in self.alphabet.letters(Resolvent) if l.word == word]
        return float(np.nanmin(np.concatenate([[0.0 if np.isnan(s).any() else np.inf for s in shifts], *shifts])))

    def function(self, letter: Resolvent, delta: Any) -> Array:
        """f(c) (..., size), f the function of M that the resolvent is, for shifts (...)."""
        c = self.eigen(letter.word)[0]
        if letter.a == 0:
            with np.errstate(all="ignore"):
                return self.finite(letter, np.where(abs(c) < len(c) * EPS * abs(c).max(), 0.0, c) ** float(letter.b))
        shifted = c + np.asarray(delta)[..., None]
        least, most = abs(shifted).min(axis=-1), abs(c).max() + abs(delta)
        gram = (
            self.alphabet.halves(letter.word) is not None
        )  # whose eigenvalues are known to eps^2, as squares of singular values
        singular = least <= len(c) * EPS * most * (1e-3 if gram else 1.0)
        if np.any(singular):
            self.point = self.points[int(np.argmax(singular))] if np.ndim(delta) else self.point
            refuse(
                "expression",
                letter.text,
                f"it is singular{self.where(letter)}: its condition is above {1 / np.max(least / most):.0e}",
            )
        return shifted ** -float(letter.a) * c ** float(letter.b)
