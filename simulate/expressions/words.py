r"""Words: products in their shortest form, resolvents on their smaller side.

With M = u v, R = (M + delta)^-1, G = (v u + delta)^-1, and v u the smaller of the two,

    R u = u G,      v R = G v.                                                                    (1)
"""

from __future__ import annotations

from simulate.expressions.alphabet import Alphabet
from simulate.expressions.letters import Diagonal, Letter, Matrix, Polynomial, Resolvent, Sum, Word


class Words(Alphabet):
    """Words in the letters of an alphabet."""

    def join(self, *words: Word) -> Word:
        """The product of words, by the rules that leave one word: diagonal letters merge, H'H = 1, (1), and (1) for parts of a stack."""
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
            for u, block in self._blocks(letter):
                if letter.inner is not None and _ends(out, self.transpose(u)):
                    return self._replace(out, len(u), (block, letter.inner, *letter.v))
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
            for u, block in self._blocks(r):
                if r.inner is not None and tail == u:
                    return self._replace(out, k, (*r.u, r.inner, *self.transpose((block,))))
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
