"""Which ports the self-energy links, and which links are zero or equal.

Found by evaluation at random points of a prime field: links that stay zero when the equations are iterated from zero, then the coarsest
partition that the equations respect. The solution, a power series in the self-energy, respects it too.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

import sympy
from sympy.polys.fields import FracElement

from asymptotics.derivation.algebra import PATH, PRIME, residue
from asymptotics.derivation.forms import Form
from asymptotics.derivation.loops import closed
from asymptotics.derivation.reading import Reader

Link = tuple[int, int, int]  # (functional, port, port)
Quantity = tuple[str, Link]  # "mean" of a link, or its "sum", the self-energy, of a Haar link


class Links:
    """The links of a reader's functionals; `variances` by letter."""

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
            found: dict[Quantity, int] = {}
            for f, form in enumerate(self.forms):
                H = closed(A[f], self.energies(f, values, weight), len(form.ports))
                mine = [x for x in self.links if x[0] == f]
                found |= {("mean", x): H.get((x[1], x[2]), 0) for x in mine}
                found |= {("sum", x): self.haar_equation(x, values, weight[x]) % PRIME for x in mine if self._haar(x)}
            return found

        zero = dict.fromkeys(unknowns, 0)
        values = image(zero)
        while True:
            live = {u: draw.randrange(1, PRIME) if v else 0 for u, v in values.items()}
            now = image(live)
            if all(bool(now[u]) <= bool(values[u]) for u in unknowns):
                break
            values = {u: now[u] or values[u] for u in unknowns}
        kinds: dict[Quantity, tuple] = {u: (u[0], weight[u[1]], self._over(u)) if live[u] else () for u in unknowns}
        label: dict[Quantity, tuple] = dict(kinds)
        while True:
            numbers: dict[tuple, int] = {k: draw.randrange(1, PRIME) for k in sorted(set(label.values()), key=str) if k}
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

    def energies(self, f: int, values: Mapping, weight: Mapping) -> dict:
        found = {}
        for x in self.links:
            if x[0] == f:
                value = values["sum", x] if self._haar(x) else weight[x] * values["mean", x]
                if value:
                    found[x[1], x[2]] = value
        return found

    def haar_equation(self, link: Link, values: Mapping, weight: FracElement | int) -> FracElement | int:
        f, q, l = link
        found = weight * values["mean", link]
        for left in self.links:
            if left[:2] == (f, q) and (first := values["sum", left]):
                for right in self.links:
                    if right[0] == f and right[2] == l and (last := values["sum", right]):
                        found = found - first * values["mean", (f, left[2], right[1])] * last
        return found
