r"""Words: products in their shortest form, resolvents on their smaller side.

With M = u v, R = (M + delta)^-1, G = (v u + delta)^-1, and v u the smaller of the two,

    R u = u G,      v R = G v.                                                                    (1)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulate.expressions.letters import Basis, Diagonal, Letter, Matrix, Ones, Polynomial, Product, Resolvent, Sum, Word
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

    # Letters

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

    # Transposes and products

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
        assert isinstance(letter, Matrix | Ones | Basis)
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

    def join(self, *words: Word) -> Word:
        """The product of words, by the rules that leave one word: diagonal letters merge, H'H = 1, and (1)."""
        out: list[Letter] = []
        for word in words:
            for letter in word:
                self._push(out, letter)
        return tuple(out)

    def _push(self, out: list[Letter], letter: Letter) -> None:
        if self._merged(out, letter):
            return
        if isinstance(letter, Resolvent):
            if letter.inner is None and _ends(out, letter.word):
                return self._replace(out, len(letter.word), (self.resolvent(letter.word, letter.delta, letter.a, letter.b + 1),))
            if letter.inner is not None and _ends(out, letter.v):
                return self._replace(out, len(letter.v), (letter.inner, *letter.v))
            less = letter.inner and self.inverse_diagonal(letter.v[0])
            if letter.inner is not None and less and len(letter.v) > 1 and _ends(out, letter.v[1:]):
                return self._replace(out, len(letter.v) - 1, (*less, letter.inner, *letter.v))
        out.append(letter)
        for k in range(2, len(out) + 1):
            r, tail = out[-k], tuple(out[len(out) - k + 1 :])
            if not isinstance(r, Resolvent):
                continue
            if r.inner is None and tail == r.word:
                return self._replace(out, k, (self.resolvent(r.word, r.delta, r.a, r.b + 1),))
            if r.inner is not None and tail == r.u:
                return self._replace(out, k, (*r.u, r.inner))
            less = r.inner and self.inverse_diagonal(r.u[-1])
            if r.inner is not None and less and len(tail) > 0 and tail == r.u[:-1]:
                return self._replace(out, k, (*r.u, r.inner, *less))

    def _replace(self, out: list[Letter], last: int, word: Word) -> None:
        del out[len(out) - last :]
        for letter in word:
            self._push(out, letter)

    def _merged(self, out: list[Letter], letter: Letter) -> bool:
        for k in range(1, len(out) + 1):
            other = out[-k]
            new = self._pair(other, letter)
            if new is not None:
                later = out[len(out) - k + 1 :]
                self._replace(out, k, (*new, *later))
                return True
            if not (letter.diagonal and other.diagonal):
                break
        return False

    def _pair(self, one: Letter, two: Letter) -> Word | None:
        """The product of two letters where it is shorter than both."""
        if isinstance(one, Diagonal) and isinstance(two, Diagonal):
            powers = dict(one.powers)
            for name, e in two.powers:
                powers[name] = powers.get(name, 0) + e
            return self.diagonal(one.shape[0], powers)
        if isinstance(one, Resolvent) and isinstance(two, Resolvent) and (one.word, one.delta) == (two.word, two.delta):
            return (self.resolvent(one.word, one.delta, one.a + two.a, one.b + two.b),)
        orthogonal = isinstance(one, Matrix) and isinstance(two, Matrix) and one.orthogonal and one.name == two.name
        if orthogonal and one.transposed != two.transposed:  # type: ignore[attr-defined]
            return ()
        if isinstance(one, Sum) and isinstance(two, Sum) and one.diagonal and one.terms == two.terms:
            e = one.exponent + two.exponent
            return (self.sum(Polynomial(one.shape, dict(one.terms)), e),) if e else ()
        return None

    def around(self, word: Word) -> Word:
        """The shortest form of a word under a trace: of all its rotations, and its transpose's; equal traces give equal words."""
        while True:
            turned = [self.join(word[k:], word[:k]) for k in range(len(word))] or [()]
            best = min(turned, key=_weight)
            if _weight(best) >= _weight(word):
                break
            word = best
        every = [w[k:] + w[:k] for w in (word, self.transpose(word)) for k in range(len(word))] or [()]
        return min(every, key=lambda w: [l.index for l in w])


def _ends(out: list[Letter], word: Word) -> bool:
    return len(out) >= len(word) and tuple(out[len(out) - len(word) :]) == word


def _weight(word: Word) -> tuple[int, int, int]:
    """Resolvents on their larger side, then letters."""
    return sum(isinstance(l, Resolvent) and l.inner is not None for l in word), len(word), sum(not l.diagonal for l in word)
