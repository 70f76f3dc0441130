r"""The letters that there are: made and interned, transposed, and what each word is under a square root or on its smaller side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
    Word,
)
from simulate.expressions.letters import parameters as parameters_of
from simulate.expressions.letters import text as text_of


class Alphabet:
    """Makes and interns letters; `least`: the least eigenvalue of a diagonal symbol, by its name."""

    def __init__(self, least: Callable[[str], float]) -> None:
        self.least = least
        self.scalars: dict[
            Any, Word
        ] = {}  # a SymPy dummy for the trace of a word, or for the entry of a word of one row and column
        self._flipped: dict[Letter, Letter] = {}
        self._made: dict[tuple[Any, ...], Letter] = {}

    def make(self, kind: type, **fields: Any) -> Any:
        letter = kind(index=len(self._made), **fields)
        key = (kind, *(getattr(letter, k) for k in kind.__dataclass_fields__ if k not in ("index", "text")))  # type: ignore[attr-defined]
        return self._made.setdefault(key, letter)

    def letters(self, kind: type) -> list[Any]:
        """All letters of a kind."""
        return [l for l in self._made.values() if type(l) is kind]

    def depends(self, *coefficients: Any) -> tuple[frozenset[Any], bool]:
        """The parameters in scalars, and whether they are random: through the traces that stand in them."""
        symbols = {s for c in coefficients for s in getattr(c, "free_symbols", ())}
        inside = [self.scalars[s] for s in symbols if s in self.scalars]
        own = frozenset(s for s in symbols if s not in self.scalars)
        return own.union(*(parameters_of(w) for w in inside)), any(l.random for w in inside for l in w)

    def join(self, *words: Word) -> Word:
        """The product of words."""
        raise NotImplementedError

    def diagonal(self, size: int, powers: dict[str, Any]) -> Word:
        kept = tuple(sorted((name, e) for name, e in powers.items() if e != 0))
        text = "*".join(name if e == 1 else f"{name}**({e})" for name, e in kept)
        return (self.make(Diagonal, shape=(size, size), text=text, powers=kept, diagonal=True, symmetric=True),) if kept else ()

    def root(self, letter: Letter) -> Word | None:
        """The square root of a diagonal letter, or None where it may have none."""
        if isinstance(letter, Diagonal) and all(self.least(name) >= 0 for name, _ in letter.powers):
            return self.diagonal(letter.shape[0], {name: e / 2 for name, e in letter.powers})
        return None

    def inverse_diagonal(self, letter: Letter) -> Word | None:
        """Its inverse, or None where it may have none."""
        if isinstance(letter, Diagonal) and all(self.least(name) > 0 for name, _ in letter.powers):
            return self.diagonal(letter.shape[0], {name: -e for name, e in letter.powers})
        return None

    def sum(self, polynomial: Polynomial, exponent: Any = 1) -> Letter:
        """A polynomial as one letter."""
        terms = tuple(sorted(polynomial.terms.items(), key=lambda t: [l.index for l in t[0]]))
        own, random = self.depends(*polynomial.terms.values())
        letters = [l for w in polynomial.terms for l in w]
        text = "(" + " + ".join(f"{c}*{text_of(w)}" if c != 1 else text_of(w) for w, c in terms) + ")"
        return self.make(
            Sum,
            shape=polynomial.shape,
            text=text if exponent == 1 else f"{text}**({exponent})",
            terms=terms,
            exponent=exponent,
            parameters=own | parameters_of(letters),
            random=random or any(l.random for l in letters),
            diagonal=all(l.diagonal for l in letters) and polynomial.shape[0] == polynomial.shape[1],
            symmetric=polynomial.terms == self.transposed(polynomial).terms,
        )

    def stack(self, polynomial: Polynomial) -> tuple[Word, Any] | None:
        """A word and a coefficient for a sum of Gram matrices of fewer columns than rows in all; None for other sums."""
        terms = sorted(polynomial.terms.items(), key=lambda t: [l.index for l in t[0]])
        first = terms[0][1]
        blocks = tuple((self.halves(w), c / first) for w, c in terms)
        columns = [u[-1].shape[1] for u, c in blocks if u and c.is_positive]
        if len(columns) < len(blocks) or sum(columns) >= polynomial.shape[0]:
            return None
        own, random = self.depends(*(c for _, c in blocks))
        letters = [l for u, _ in blocks for l in u or ()]
        letter = self.make(
            Stack,
            shape=(polynomial.shape[0], sum(columns)),
            text="[" + ", ".join(text_of(u or ()) for u, _ in blocks) + "]",
            blocks=blocks,
            parameters=own | parameters_of(letters),
            random=random or any(l.random for l in letters),
        )
        return (letter, *self.transpose((letter,))), first

    def _block(self, stack: Stack, k: int) -> Letter:
        """The letter with u_k' = letter Stack'."""
        own, random = self.depends(stack.blocks[k][1])
        shape = (stack.blocks[k][0][-1].shape[1], stack.shape[1])
        return self.make(Select, shape=shape, text=f"E_{k}", stack=stack, block=k, parameters=own, random=random)

    def _blocks(self, letter: Resolvent) -> list[tuple[Word, Letter]]:
        """u_k and its letter, for a resolvent of a stack."""
        u = letter.u[0] if len(letter.u) == 1 else None
        return [(w, self._block(u, k)) for k, (w, _) in enumerate(u.blocks)] if isinstance(u, Stack) else []

    def resolvent(self, word: Word, delta: Any, a: int = 1, b: Any = 0) -> Resolvent:
        own, random = self.depends(delta)
        u, v = self._split(word) or ((), ())
        inner = self.resolvent(self.join(v, u), delta, a) if u and a else None
        size = word[0].shape[0]
        return self.make(
            Resolvent,
            shape=(size, size),
            text=(f"({text_of(word)} + {delta}*I)**-{a}" if delta else f"({text_of(word)})**-{a}") * bool(a)
            + "*" * bool(a and b)
            + f"({text_of(word)})**({b})" * bool(b),
            word=word,
            delta=delta,
            a=a,
            b=b,
            u=u,
            v=v,
            inner=inner,
            parameters=own | parameters_of(word),
            random=random or any(l.random for l in word),
            symmetric=word == self.transpose(word),
        )

    def halves(self, word: Word) -> Word | None:
        """u where the word is u u', or None."""
        k = len(word) // 2
        half = word[:k]
        if len(word) % 2:
            root = self.root(word[k])
            return None if root is None or word != (*half, word[k], *self.transpose(half)) else half + root
        return half if word[k:] == self.transpose(half) else None

    def _split(self, word: Word) -> tuple[Word, Word] | None:
        """u, v with the word = u v and v u smaller, symmetric if that can be."""
        size = word[0].shape[0]
        half = self.halves(word)
        if half and half[-1].shape[1] < size:
            return half, self.transpose(half)
        inner = [l.shape[1] for l in word[:-1]]
        if not inner or min(inner) >= size:
            return None
        k = inner.index(min(inner)) + 1
        return word[:k], word[k:]

    def _flip(self, letter: Letter) -> Letter:
        rest = {"shape": letter.shape[::-1]}
        if letter.symmetric:
            return letter
        if isinstance(letter, Sum):
            return self.sum(self.transposed(Polynomial(letter.shape, dict(letter.terms))), letter.exponent)
        if isinstance(letter, Resolvent):
            return self.resolvent(self.transpose(letter.word), letter.delta, letter.a, letter.b)
        if isinstance(letter, Product):
            return self.product(self.transpose(letter.word))
        assert isinstance(letter, Matrix | Ones | Basis | Stack | Select)
        text = letter.text[:-2] if letter.transposed else f"{letter.text}.T"
        fields = {k: getattr(letter, k) for k in letter.__dataclass_fields__ if k != "index"}
        return self.make(type(letter), **(fields | rest | {"transposed": not letter.transposed, "text": text}))

    def transpose(self, word: Word) -> Word:
        for l in word:
            if l not in self._flipped:
                self._flipped[l] = self._flip(l)
        return tuple([self._flipped[l] for l in reversed(word)])

    def transposed(self, polynomial: Polynomial) -> Polynomial:
        return Polynomial(polynomial.shape[::-1], {self.transpose(w): c for w, c in polynomial.terms.items()})

    def product(self, word: Word) -> Letter:
        return self.make(
            Product,
            shape=(word[0].shape[0], word[-1].shape[1]),
            text=text_of(word),
            word=word,
            parameters=parameters_of(word),
            random=any(l.random for l in word),
            symmetric=word == self.transpose(word),
            diagonal=all(l.diagonal for l in word),
        )
