r"""Sums of words: products of them, inverses, and what is left of a resolvent on its larger side.

With M = u v, R = (M + delta)^-1, G = (v u + delta)^-1, and v u the smaller of the two,

    R^a = delta^-a (1 - u (sum_{j=1..a} delta^(j-1) G^j) v).                                      (1)

The pole at delta = 0 stands as a power in front, where it cancels against the powers of the penalty in an expression that has a
ridgeless limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sympy import Integer

from simulate.conventions import refuse
from simulate.expressions.letters import Diagonal, Polynomial, Resolvent, Word, added
from simulate.expressions.words import Words

BARE = 6  # resolvents of a word that (1) expands, into 2^BARE words at most
WORDS = 256  # of a product that is multiplied out


class Algebra(Words):
    """Polynomials in the letters of an alphabet."""

    def multiplied(self, one: Polynomial, two: Polynomial) -> Polynomial:
        """The product; sums without inverses and parameters are kept as one letter, all else is multiplied out."""
        one, two = self._kept(one, two), self._kept(two, one)
        return added(
            (one.shape[0], two.shape[1]), ((self.join(u, v), c * d) for u, c in one.terms.items() for v, d in two.terms.items())
        )

    def gathered(self, polynomial: Polynomial) -> Polynomial:
        """The same where what would cancel in numbers does in symbols: 1 - M R = delta R, 1 - u G v = delta R."""
        for word, c in polynomial.terms.items():
            for partner, same, delta in self._partners(word):
                if polynomial.terms.get(partner, 0) == -c:
                    rest = Polynomial(polynomial.shape, {w: d for w, d in polynomial.terms.items() if w not in (word, partner)})
                    return self.gathered(rest + Polynomial(polynomial.shape, {same: -c * delta}))
        return polynomial

    def _partners(self, word: Word) -> Iterator[tuple[Word, Word, Any]]:
        """Words w, s and delta with w - word = delta s."""
        for k, l in enumerate(word):
            if isinstance(l, Resolvent) and l.b >= 1 and l.a:
                less = (self.resolvent(l.word, l.delta, l.a - 1, l.b - 1),) if l.a > 1 else l.word * int(l.b - 1)
                same = self.resolvent(l.word, l.delta, l.a, l.b - 1)
                yield self.join(word[:k], less, word[k + 1 :]), self.join(word[:k], (same,), word[k + 1 :]), l.delta
            elif isinstance(l, Resolvent) and l.a == 1:
                for i in range(1, len(l.word)):
                    v, u = l.word[:i], l.word[i:]
                    left, right = word[: max(k - len(u), 0)], word[k + 1 + len(v) :]
                    if word == (*left, *u, l, *v, *right):
                        same = self.resolvent(self.join(u, v), l.delta)
                        yield self.join(left, right), self.join(left, (same,), right), l.delta

    def _kept(self, polynomial: Polynomial, other: Polynomial) -> Polynomial:
        """The polynomial, or one letter for it where nothing is gained by multiplying it out, or too much would come of it."""
        plain = not any(isinstance(l, Resolvent) for w in polynomial.terms for l in w)
        plain = plain and self.depends(*polynomial.terms.values()) == (frozenset(), False)
        many = len(polynomial.terms) * len(other.terms) > WORDS
        if len(polynomial.terms) < 2 or set(other.terms) <= {()} or not (plain or many):
            return polynomial
        word, c = self.stack(polynomial) or ((self.sum(polynomial),), Integer(1))
        return Polynomial(polynomial.shape, {word: c})

    def expanded(self, word: Word, around: bool = False) -> dict[Word, Any]:
        """(1) put in for the resolvents whose smaller side is the other one: words and their coefficients."""
        word = self.around(word) if around else word
        bare = [k for k, l in enumerate(word) if isinstance(l, Resolvent) and l.inner is not None]
        if not bare or len(bare) > BARE:
            return {word: Integer(1)}
        k = bare[0]
        r = word[k]
        assert isinstance(r, Resolvent)
        assert r.inner is not None
        if r.delta == 0:
            refuse(
                "expression",
                r.text,
                f"it is singular: its rank is at most {r.inner.shape[0]}, and it is {r.shape[0]} x {r.shape[0]}",
            )
        parts = [(self.join(word[:k], word[k + 1 :]), r.delta**-r.a)]
        for j in range(1, r.a + 1):
            inner = self.resolvent(r.inner.word, r.delta, j)
            parts.append((self.join(word[:k], r.u, (inner,), r.v, word[k + 1 :]), -(r.delta ** (j - 1 - r.a))))
        return added(r.shape, ((w, c * d) for part, c in parts for w, d in self.expanded(part, around).items())).terms

    def finished(self, polynomial: Polynomial) -> Polynomial:
        """The polynomial with (1) put in."""
        return added(
            polynomial.shape, ((w, c * d) for word, c in polynomial.terms.items() for w, d in self.expanded(word).items())
        )

    def smaller(self, polynomial: Polynomial) -> Polynomial:
        """c u'u + shift in place of c u u' + shift, if that is larger: what it lacks are eigenvalues at the shift."""
        words = [w for w in polynomial.terms if w]
        half = self.halves(words[0]) if len(words) == 1 else None
        if not half or half[-1].shape[1] >= polynomial.shape[0]:
            return polynomial
        size, terms = half[-1].shape[1], dict(polynomial.terms)
        c = terms.pop(words[0])
        return Polynomial((size, size), terms | {self.join(self.transpose(half), half): c})

    def inverse(self, polynomial: Polynomial) -> Polynomial:
        """The inverse of a square polynomial: a diagonal letter, or a resolvent."""
        shape, terms = polynomial.shape, self.finished(polynomial).terms
        shift = terms.get((), Integer(0))
        rest = {w: c for w, c in terms.items() if w}
        if not terms:
            refuse("expression", "0**-1", "the zero matrix has no inverse")
        if not rest:
            return Polynomial(shape, {(): 1 / shift})
        if all(l.diagonal for w in rest for l in w):
            (word, c), *more = rest.items()
            if not more and shift == 0 and len(word) == 1 and isinstance(word[0], Diagonal):
                return Polynomial(shape, {self.diagonal(shape[0], {name: -e for name, e in word[0].powers}): 1 / c})
            return Polynomial(shape, {(self.sum(Polynomial(shape, terms), -1),): Integer(1)})
        edge: Word = ()
        diagonal = [w for w in rest if len(w) == 1 and isinstance(w[0], Diagonal)]
        root = self.root(diagonal[0][0]) if shift == 0 and len(rest) == 2 and len(diagonal) == 1 else None
        if root and (less := self.inverse_diagonal(root[0])):
            edge = less  # D + w = D^(1/2) (1 + D^(-1/2) w D^(-1/2)) D^(1/2)
            shift = rest.pop(diagonal[0])
            ((word, c),) = rest.items()
            rest = {self.join(edge, word, edge): c}
        ((word, c), *more) = rest.items()
        if more:
            word, c = self.stack(Polynomial(shape, rest)) or ((self.sum(Polynomial(shape, rest)),), Integer(1))
        return Polynomial(shape, {self.join(edge, (self.resolvent(word, shift / c),), edge): 1 / c})
