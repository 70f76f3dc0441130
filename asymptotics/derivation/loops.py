"""The loop that a self-energy closes around a linear fractional form, solved for what goes round in it."""

from __future__ import annotations

from collections.abc import Mapping

from sympy.polys.fields import FracElement

from asymptotics.derivation.algebra import PRIME, Algebra
from asymptotics.derivation.forms import Form

Matrix = dict[tuple[int, int], FracElement]


class Loop:
    """(1 - A Sigma) x = b, and C Sigma x, with elements of the field."""

    def __init__(self, form: Form, energies: Matrix, algebra: Algebra) -> None:
        self.energies, self.algebra = energies, algebra
        self.M: Matrix = {(i, i): algebra.one for i in range(len(form.ports))}
        for (i, j), a in form.A.items():
            for (q, l), s in energies.items():
                if q == j:
                    self.M[i, l] = self.M.get((i, l), algebra.zero) - algebra.lift(a) * s
        self.M = {ij: x for ij, x in self.M.items() if x}

    def solve(self, b: dict[int, FracElement]) -> dict[int, FracElement]:
        return solve(self.M, b)

    def leaves(self, C: Mapping[int, FracElement], x: dict[int, FracElement]) -> FracElement:
        terms = (self.algebra.lift(C[q]) * s * x[l] for (q, l), s in self.energies.items() if q in C and l in x)
        return sum(terms, self.algebra.zero)


def solve(M: Matrix, b: dict[int, FracElement]) -> dict[int, FracElement]:
    """M x = b by elimination, in the order that fills least; only the unknowns that b can reach."""
    rows: dict[int, dict[int, FracElement]] = {}
    reached, front = set(), list(b)
    columns: dict[int, set[int]] = {}
    for i, j in M:
        columns.setdefault(j, set()).add(i)
    while front:  # x_j is nonzero only where b_j is, or a row j contains a nonzero x
        j = front.pop()
        if j not in reached:
            reached.add(j)
            front += columns.get(j, ())
    for (i, j), a in M.items():
        if i in reached and j in reached:
            rows.setdefault(i, {})[j] = a
    right = {i: b.get(i) for i in rows}
    done: list[tuple[int, int]] = []
    left = set(rows)
    while left:
        i, j = min(
            ((i, j) for i in left for j in rows[i]),
            key=lambda ij: (len(rows[ij[0]]) - 1) * (sum(ij[1] in rows[k] for k in left) - 1),
        )
        left.remove(i)
        pivot = 1 / rows[i][j]
        for k in [*left, *(r for r, _ in done)]:
            if j in rows[k]:
                factor = rows[k].pop(j) * pivot
                for m, a in rows[i].items():
                    if m != j:
                        entry = rows[k].get(m, 0 * a) - factor * a
                        if entry:
                            rows[k][m] = entry
                        else:
                            rows[k].pop(m, None)
                if right[i] is not None:
                    entry = (right[k] if right[k] is not None else 0 * factor) - factor * right[i]
                    right[k] = entry if entry else None
        done.append((i, j))
    return {j: right[i] / rows[i][j] for i, j in done if right[i] is not None}


def closed(A: Mapping[tuple[int, int], int], energies: Mapping[tuple[int, int], int], size: int) -> dict[tuple[int, int], int]:
    """H = (1 - A Sigma)^-1 A modulo PRIME."""
    M = [[int(i == j) for j in range(size)] + [A.get((i, j), 0) for j in range(size)] for i in range(size)]
    for (i, j), a in A.items():
        for (q, l), s in energies.items():
            if q == j:
                M[i][l] = (M[i][l] - a * s) % PRIME
    for j in range(size):
        i = next(i for i in range(j, size) if M[i][j])
        M[j], M[i] = M[i], M[j]
        inverse = pow(M[j][j], -1, PRIME)
        M[j] = [x * inverse % PRIME for x in M[j]]
        for i in range(size):
            if i != j and (x := M[i][j]):
                M[i] = [(a - x * b) % PRIME for a, b in zip(M[i], M[j], strict=True)]
    return {(i, j): M[i][size + j] for i in range(size) for j in range(size) if M[i][size + j]}
