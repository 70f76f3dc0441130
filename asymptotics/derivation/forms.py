r"""Linear fractional forms: a rational expression of matrices as deterministic ones around its random ones.

    y = Delta v,   v = A y + B u,   out = C y + D u:        E = D + C Delta (1 - A Delta)^-1 B.              (1)

A *port* is one occurrence of a random matrix, `v` what enters it and `y` what leaves it; Delta is the diagonal of all occurrences.
A, B, C, D are functions of the deterministic matrices, which commute within a dimension, so their entries are scalars. Sums,
products and inverses of forms are forms (`plus`, `times`, `inverse`), with as many ports as the expression has random letters.

Source: the realisations of noncommutative rational functions, e.g. helton2018applications (wording from memory).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Symbol
from sympy.polys.fields import FracElement

Entries = Mapping[tuple[int, int], FracElement]
Vector = Mapping[int, FracElement]


@dataclass(frozen=True)
class Port:
    """One occurrence of a random matrix: it leads from dimension `cols` to dimension `rows`."""

    letter: str
    transposed: bool
    rows: Symbol
    cols: Symbol

    @property
    def T(self) -> Port:
        return Port(self.letter, not self.transposed, self.cols, self.rows)


@dataclass(frozen=True)
class Form:
    """Equation (1), from dimension `cols` to dimension `rows`; entries that are absent are zero."""

    rows: Symbol
    cols: Symbol
    ports: tuple[Port, ...]
    A: Entries
    B: Vector
    C: Vector
    D: FracElement

    @property
    def T(self) -> Form:
        """The transpose."""
        flipped = {(j, i): a for (i, j), a in self.A.items()}
        return Form(self.cols, self.rows, tuple(p.T for p in self.ports), flipped, self.C, self.B, self.D)

    def scaled(self, by: FracElement) -> Form:
        C = {j: by * c for j, c in self.C.items()}
        return Form(self.rows, self.cols, self.ports, self.A, self.B, C, by * self.D)

    def plus(self, other: Form) -> Form:
        m = len(self.ports)
        A = {**self.A, **{(m + i, m + j): a for (i, j), a in other.A.items()}}
        B, C = ({**own, **{m + i: x for i, x in its.items()}} for own, its in ((self.B, other.B), (self.C, other.C)))
        return Form(self.rows, self.cols, self.ports + other.ports, A, B, C, self.D + other.D)

    def times(self, other: Form) -> Form:
        """self * other: what leaves `other` enters `self`."""
        m = len(self.ports)
        A = {**self.A, **{(m + i, m + j): a for (i, j), a in other.A.items()}}
        A |= {(i, m + j): b * c for i, b in self.B.items() for j, c in other.C.items()}
        B = {m + i: b for i, b in other.B.items()} | {i: b * other.D for i, b in self.B.items() if other.D}
        C = dict(self.C) | {m + j: self.D * c for j, c in other.C.items() if self.D}
        return Form(self.rows, other.cols, self.ports + other.ports, A, B, C, self.D * other.D)

    def inverse(self) -> Form:
        """The inverse of a form with D != 0: u = (out - C y)/D."""
        d = 1 / self.D
        A = dict(self.A)
        for i, b in self.B.items():
            for j, c in self.C.items():
                entry = A.get((i, j), self.D.field.zero) - b * d * c
                if entry:
                    A[i, j] = entry
                else:
                    A.pop((i, j), None)
        B = {i: b * d for i, b in self.B.items()}
        C = {j: -d * c for j, c in self.C.items()}
        return Form(self.cols, self.rows, self.ports, A, B, C, d)


def constant(dimension: Symbol, value: FracElement) -> Form:
    """A function of deterministic matrices, without ports."""
    return Form(dimension, dimension, (), {}, {}, {}, value)


def letter(port: Port, one: FracElement) -> Form:
    """One random matrix by itself."""
    return Form(port.rows, port.cols, (port,), {}, {0: one}, {0: one}, 0 * one)
