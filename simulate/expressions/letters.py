r"""Letters, words and polynomials: what a matrix expression is, once its sizes are known.

A word is a product of letters, a polynomial a sum of words with scalar coefficients (SymPy's, in the parameters). Letters are interned:
equal letters are one object, so that words compare and hash by identity and a common sub-expression is met again. The letters are

    Matrix      a symbol that was drawn or given, or its transpose          Diagonal    prod_i D_i^(e_i) of commuting diagonal ones
    Sum         a polynomial kept as one matrix                              Ones        a column of ones
    Resolvent   M^b (M + delta)^-a, M a word: every inverse is one           Stack, Select  a sum of Gram matrices as one, its parts
    Basis, Values, Product      made in evaluation
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Word = tuple["Letter", ...]
Shape = tuple[int, int]


@dataclass(frozen=True, eq=False, kw_only=True)
class Letter:
    """rows x columns; `parameters`: the scalars on which it depends; `random`: whether it differs from draw to draw."""

    shape: Shape
    text: str
    index: int
    parameters: frozenset[Any] = frozenset()
    random: bool = False
    diagonal: bool = False
    symmetric: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Matrix(Letter):
    name: str
    transposed: bool = False
    orthogonal: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Ones(Letter):
    transposed: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Diagonal(Letter):
    """prod D_i^(e_i): `powers` holds (name, e)."""

    powers: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class Sum(Letter):
    """(sum of coefficient * word)^exponent; the exponent is 1 unless all words are diagonal."""

    terms: tuple[tuple[Word, Any], ...]
    exponent: Any = 1


@dataclass(frozen=True, eq=False, kw_only=True)
class Resolvent(Letter):
    """M^b (M + delta)^-a. Where M = u v is larger than v u, `inner` is (v u + delta)^-a: then R u = u inner, v R = inner v."""

    word: Word
    delta: Any
    a: int
    b: Any = 0
    u: Word = ()
    v: Word = ()
    inner: Resolvent | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Stack(Letter):
    """[c_1^(1/2) u_1, c_2^(1/2) u_2, ...], so that Stack Stack' = sum c_i u_i u_i'; `blocks` holds (u, c)."""

    blocks: tuple[tuple[Word, Any], ...]
    transposed: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Select(Letter):
    """The block of a stack that is u': u' = Select Stack'."""

    stack: Stack
    block: int
    transposed: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Basis(Letter):
    """The eigenvectors U of a symmetric word M = U diag(c) U', or U'."""

    word: Word
    transposed: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Values(Letter):
    """diag f(c), f the function of M that the resolvent is."""

    of: Resolvent


@dataclass(frozen=True, eq=False, kw_only=True)
class Product(Letter):
    """A word multiplied out, as one letter."""

    word: Word


@dataclass(frozen=True)
class Polynomial:
    shape: Shape
    terms: dict[Word, Any]

    def __add__(self, other: Polynomial) -> Polynomial:
        return added(self.shape, (*self.terms.items(), *other.terms.items()))

    def __mul__(self, scalar: Any) -> Polynomial:
        return added(self.shape, ((w, c * scalar) for w, c in self.terms.items()))


def added(shape: Shape, terms: Iterable[tuple[Word, Any]]) -> Polynomial:
    """The sum of words with their coefficients."""
    out: dict[Word, Any] = {}
    for word, c in terms:
        out[word] = out.get(word, 0) + c
    return Polynomial(shape, {w: c for w, c in out.items() if c != 0})


def shape(word: Word) -> Shape:
    return word[0].shape[0], word[-1].shape[1]


def parameters(word: Iterable[Letter]) -> frozenset[Any]:
    return frozenset().union(*(l.parameters for l in word))


def text(word: Word) -> str:
    return "*".join(l.text for l in word) or "I"
