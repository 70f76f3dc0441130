r"""The matrix Dyson equation of linear fractional forms: a deterministic self-energy in place of the random matrices.

    H = A (1 - Sigma A)^-1,   Sigma_ql = v r <H_ql>   for ports q of X and l of X',          E ~ D + C Sigma (1 - A Sigma)^-1 B,   (1)

where X has iid entries of variance v, r is the size of the dimension that enters port q over the scale, and < > is the mean over the
law of the deterministic matrices of that dimension. A symmetric Gaussian matrix links any two of its ports; Haar's O links O to O' by

    Sigma = h - Sigma h' Sigma,   h = <H> from O' to O, h' from O to O',                                                           (2)

the sum over its free cumulants (-1)^(k-1) Catalan(k-1). Links that are zero, and links with equal equations, are found by evaluation at
random points of a prime field: the coarsest partition that the equations respect; the solution, a power series in Sigma, respects it.

Source: helton2007operator, Theorem 2.1; mingo2017free, chapter 10 (numbering from memory); (2) from the cumulants of Haar unitaries.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

import sympy
from sympy import Symbol
from sympy.polys.fields import FracElement

from asymptotics.derivation.algebra import PATH, PRIME, Algebra, residue
from asymptotics.derivation.forms import Form
from asymptotics.derivation.reading import Functional, Reader

Link = tuple[int, int, int]  # (functional, port, port)
Matrix = dict[tuple[int, int], FracElement]


@dataclass(frozen=True)
class Unknown:
    """An unknown and its equation: name = mean of `integrand` over the law of dimension `over` (None: no law is in it)."""

    name: Symbol
    integrand: FracElement
    over: Symbol | None


@dataclass(frozen=True)
class Value:
    """A functional's limit, the mean of `integrand` over `over`: of the law of its spectrum, or of the energy of vectors in it."""

    name: Symbol
    integrand: FracElement
    over: Symbol | None
    vectors: tuple[str, ...] = ()


@dataclass(frozen=True)
class System:
    """All of it: unknowns with equations, values as integrals, and the expressions in the values' names."""

    algebra: Algebra
    unknowns: tuple[Unknown, ...]
    values: tuple[Value, ...]
    expressions: Mapping[str, sympy.Expr]


class Dyson:
    """Writes (1) for the functionals of a reader; `variances` by letter."""

    def __init__(self, reader: Reader, variances: Mapping[str, sympy.Expr]) -> None:
        self.reader, self.variances = reader, variances
        self.forms = [self._random(f.form) for f in reader.functionals]
        self.links = [
            (f, q, l) for f, form in enumerate(self.forms) for q in range(len(form.ports)) for l in self._partners(form, q)
        ]
        self.weights = {x: self._weight(x) for x in self.links}
        self.classes = self._classes()

    def _random(self, form: Form) -> Form:
        """The form without the ports of vectors: they are too thin to act on the others."""
        keep = {i: n for n, i in enumerate(i for i, p in enumerate(form.ports) if self.reader.kinds[p.letter] != "vector")}
        A = {(keep[i], keep[j]): a for (i, j), a in form.A.items() if i in keep and j in keep}
        B, C = ({keep[i]: x for i, x in part.items() if i in keep} for part in (form.B, form.C))
        return Form(form.rows, form.cols, tuple(form.ports[i] for i in keep), A, B, C, form.D)

    def _partners(self, form: Form, q: int) -> list[int]:
        port = form.ports[q]
        symmetric = self.reader.kinds[port.letter] == "symmetric"
        return [l for l, p in enumerate(form.ports) if p.letter == port.letter and (symmetric or p.transposed != port.transposed)]

    def _weight(self, link: Link) -> FracElement:
        """v r of (1)."""
        f, q, _ = link
        port = self.forms[f].ports[q]
        if self.reader.kinds[port.letter] == "haar":
            return self.reader.algebra.of[PATH]
        return self.reader.algebra.element(PATH * self.variances[port.letter] * self.reader.ratios.get(port.cols, sympy.S.Zero))

    def _haar(self, link: Link) -> bool:
        return self.reader.kinds[self.forms[link[0]].ports[link[1]].letter] == "haar"

    # which links are equal

    def _classes(self) -> dict[tuple[str, Link], int]:
        """The class of each unknown ("mean" of a link, and its "sum", the self-energy, of a Haar link); 0 is zero."""
        draw = random.Random(1)  # any seed: a coincidence has probability 2^-55
        at = [draw.randrange(2, PRIME) for _ in self.reader.algebra.symbols]
        A = [{ij: residue(a, at) for ij, a in form.A.items()} for form in self.forms]
        weight = {x: residue(w, at) for x, w in self.weights.items()}
        unknowns = [("mean", x) for x in self.links] + [("sum", x) for x in self.links if self._haar(x)]

        def image(values: Mapping[tuple[str, Link], int]) -> dict[tuple[str, Link], int]:
            found = {}
            for f, form in enumerate(self.forms):
                H = _closed(A[f], self._energies(f, values, weight), len(form.ports))
                mine = [x for x in self.links if x[0] == f]
                found |= {("mean", x): H.get((x[1], x[2]), 0) for x in mine}
                found |= {("sum", x): self._haar_equation(x, values, weight[x]) % PRIME for x in mine if self._haar(x)}
            return found

        zero = dict.fromkeys(unknowns, 0)
        values = image(zero)
        while True:
            live = {u: draw.randrange(1, PRIME) if v else 0 for u, v in values.items()}
            now = image(live)
            if all(bool(now[u]) <= bool(values[u]) for u in unknowns):
                break
            values = {u: now[u] or values[u] for u in unknowns}
        kinds = {u: (u[0], weight[u[1]], self._over(u)) if live[u] else () for u in unknowns}
        label = {u: k for u, k in kinds.items()}
        while True:
            numbers = {k: draw.randrange(1, PRIME) for k in sorted(set(label.values()), key=str) if k}
            now = image({u: numbers.get(label[u], 0) for u in unknowns})
            finer = {u: (*kinds[u], now[u]) if live[u] else () for u in unknowns}
            if len(set(finer.values())) == len(set(label.values())):
                break
            label = finer
        order: dict[tuple, int] = {(): 0}
        return {u: order.setdefault(label[u], len(order)) for u in unknowns}

    def _over(self, unknown: tuple[str, Link]) -> str:
        f, q, _ = unknown[1]
        return str(self.forms[f].ports[q].cols)

    def _energies(self, f: int, values: Mapping, weight: Mapping) -> dict:
        found = {}
        for x in self.links:
            if x[0] == f:
                value = values["sum", x] if self._haar(x) else weight[x] * values["mean", x]
                if value:
                    found[x[1], x[2]] = value
        return found

    def _haar_equation(self, link: Link, values: Mapping, weight: FracElement | int) -> FracElement | int:
        f, q, l = link
        found = weight * values["mean", link]
        for left in self.links:
            if left[:2] == (f, q) and (first := values["sum", left]):
                for right in self.links:
                    if right[0] == f and right[2] == l and (last := values["sum", right]):
                        found = found - first * values["mean", (f, left[2], right[1])] * last
        return found

    # the equations

    def system(self) -> System:
        """One unknown a class."""
        count = max(self.classes.values(), default=0)
        names = [Symbol(f"tau_{i}", positive=True) for i in range(1, count + 1)]
        algebra = Algebra(self.reader.generators, names)
        lift = lambda x: x.set_field(algebra.field)  # noqa: E731
        symbol = [algebra.zero, *(algebra.of[n] for n in names)]
        values = {u: symbol[c] for u, c in self.classes.items()}
        weight = {x: lift(w) for x, w in self.weights.items()}
        first = {c: u for u, c in reversed(self.classes.items()) if c}
        unknowns: list[Unknown] = []
        inverses = [_Closed(form, self._energies(f, values, weight), lift, algebra) for f, form in enumerate(self.forms)]
        for c, name in enumerate(names, start=1):
            kind, link = first[c]
            f, q, l = link
            if kind == "sum":
                unknowns.append(Unknown(name, self._haar_equation(link, values, weight[link]), None))
            else:
                column = inverses[f].solve({i: lift(a) for (i, j), a in self.forms[f].A.items() if j == l})
                unknowns.append(Unknown(name, column.get(q, algebra.zero), self.forms[f].ports[q].cols))
        found, named = [], {}
        for f, functional in enumerate(self.reader.functionals):
            if functional.over is None:
                parts, expr = _overlaps(functional, self._vectors(functional.form), inverses[f], lift, algebra)
                found += parts
                named[functional.name] = expr
            else:
                x = inverses[f].solve({i: lift(b) for i, b in self.forms[f].B.items()})
                found.append(
                    Value(functional.name, inverses[f].leaves(self.forms[f].C, x) + lift(self.forms[f].D), functional.over)
                )
        return System(algebra, tuple(unknowns), tuple(found), {k: x.xreplace(named) for k, x in self.reader.values.items()})

    def _vectors(self, form: Form) -> list[int]:
        return [i for i, p in enumerate(form.ports) if self.reader.kinds[p.letter] == "vector"]


class _Closed:
    """(1 - A Sigma) x = b, and C Sigma x, with elements of the field."""

    def __init__(self, form: Form, energies: Matrix, lift, algebra: Algebra) -> None:
        self.energies, self.lift, self.algebra = energies, lift, algebra
        self.M: Matrix = {(i, i): algebra.one for i in range(len(form.ports))}
        for (i, j), a in form.A.items():
            for (q, l), s in energies.items():
                if q == j:
                    self.M[i, l] = self.M.get((i, l), algebra.zero) - lift(a) * s
        self.M = {ij: x for ij, x in self.M.items() if x}

    def solve(self, b: dict[int, FracElement]) -> dict[int, FracElement]:
        return _solve(self.M, b)

    def leaves(self, C: Mapping[int, FracElement], x: dict[int, FracElement]) -> FracElement:
        terms = (self.lift(C[q]) * s * x[l] for (q, l), s in self.energies.items() if q in C and l in x)
        return sum(terms, self.algebra.zero)


def _solve(M: Matrix, b: dict[int, FracElement]) -> dict[int, FracElement]:
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


def _closed(A: Mapping[tuple[int, int], int], energies: Mapping[tuple[int, int], int], size: int) -> dict[tuple[int, int], int]:
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


def _overlaps(
    functional: Functional, vectors: list[int], closed: _Closed, lift, algebra: Algebra
) -> tuple[list[Value], sympy.Expr]:
    """A 1 x 1 form: its vectors joined by their energies, once the random matrices are replaced by Sigma."""
    form = functional.form
    random_ports = {i: n for n, i in enumerate(i for i in range(len(form.ports)) if i not in vectors)}
    values: list[Value] = []

    def transfer(l: int, q: int) -> FracElement:  # from y_q to v_l
        direct = lift(form.A[l, q]) if (l, q) in form.A else algebra.zero
        x = closed.solve({random_ports[i]: lift(a) for (i, j), a in form.A.items() if j == q and i in random_ports})
        return direct + closed.leaves({random_ports[j]: a for (i, j), a in form.A.items() if i == l and j in random_ports}, x)

    out, into = [i for i in vectors if form.ports[i].transposed], [i for i in vectors if not form.ports[i].transposed]
    O = sympy.zeros(len(out), len(into))
    for a, l in enumerate(out):
        for b, q in enumerate(into):
            if form.ports[l].cols == form.ports[q].rows and (entry := transfer(l, q)):
                name = Symbol(f"{functional.name}{l}{q}")
                values.append(Value(name, entry, form.ports[l].cols, (form.ports[l].letter, form.ports[q].letter)))
                O[a, b] = name
    number = lambda x: algebra.expr(lift(x))  # noqa: E731
    A11 = sympy.Matrix(len(into), len(out), lambda i, j: number(form.A[into[i], out[j]]) if (into[i], out[j]) in form.A else 0)
    B = sympy.Matrix(len(into), 1, lambda i, _: number(form.B[into[i]]) if into[i] in form.B else 0)
    C = sympy.Matrix(1, len(out), lambda _, j: number(form.C[out[j]]) if out[j] in form.C else 0)
    total = C * O * (sympy.eye(len(into)) - A11 * O).LUsolve(B) if into and out else sympy.zeros(1, 1)
    return values, number(form.D) + total[0, 0]
