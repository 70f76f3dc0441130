r"""The matrix Dyson equation of linear fractional forms: a deterministic self-energy in place of the random matrices.

    H = A (1 - Sigma A)^-1,   Sigma_ql = v r <H_ql>   for ports q of X and l of X',          E ~ D + C Sigma (1 - A Sigma)^-1 B,   (1)

where X has iid entries of variance v, r is the size of the dimension that enters port q over the scale, and < > is the mean over the
law of the deterministic matrices of that dimension. A symmetric Gaussian matrix links any two of its ports; Haar's O links O to O' by

    Sigma = h - Sigma h' Sigma,   h = <H> from O' to O, h' from O to O',                                                           (2)

the sum over its free cumulants (-1)^(k-1) Catalan(k-1).

Source: helton2007operator, Theorem 2.1; mingo2017free, chapter 10 (numbering from memory); (2) from the cumulants of Haar unitaries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy
from sympy import Symbol
from sympy.polys.fields import FracElement

from asymptotics.derivation.algebra import Algebra
from asymptotics.derivation.links import Links
from asymptotics.derivation.loops import Loop
from asymptotics.derivation.reading import Functional, Reader


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


def dyson(reader: Reader, variances: Mapping[str, sympy.Expr]) -> System:
    """The equations (1), (2) with one unknown a class of links; `variances` by letter."""
    links = Links(reader, variances)
    count = max(links.classes.values(), default=0)
    names = [sympy.Dummy(f"tau_{i}", positive=True) for i in range(1, count + 1)]
    algebra = Algebra(reader.generators, names)
    symbol = [algebra.zero, *(algebra.of[n] for n in names)]
    values = {u: symbol[c] for u, c in links.classes.items()}
    weight = {x: algebra.lift(w) for x, w in links.weights.items()}
    first = {c: u for u, c in reversed(links.classes.items()) if c}
    unknowns: list[Unknown] = []
    inverses = [Loop(form, links.energies(f, values, weight), algebra) for f, form in enumerate(links.forms)]
    for c, name in enumerate(names, start=1):
        kind, link = first[c]
        f, q, l = link
        if kind == "sum":
            unknowns.append(Unknown(name, links.haar_equation(link, values, weight[link]), None))
        else:
            column = inverses[f].solve({i: algebra.lift(a) for (i, j), a in links.forms[f].A.items() if j == l})
            unknowns.append(Unknown(name, column.get(q, algebra.zero), links.forms[f].ports[q].cols))
    found, named = [], {}
    for f, functional in enumerate(reader.functionals):
        if functional.over is None:
            parts, expr = _overlaps(
                functional,
                [i for i, p in enumerate(functional.form.ports) if reader.kinds[p.letter] == "vector"],
                inverses[f],
                algebra,
            )
            found += parts
            named[functional.name] = expr
        else:
            x = inverses[f].solve({i: algebra.lift(b) for i, b in links.forms[f].B.items()})
            found.append(
                Value(functional.name, inverses[f].leaves(links.forms[f].C, x) + algebra.lift(links.forms[f].D), functional.over)
            )
    return System(algebra, tuple(unknowns), tuple(found), {k: x.xreplace(named) for k, x in reader.values.items()})


def _overlaps(functional: Functional, vectors: list[int], loop: Loop, algebra: Algebra) -> tuple[list[Value], sympy.Expr]:
    """A 1 x 1 form: its vectors joined by their energies, once the random matrices are replaced by Sigma."""
    form = functional.form
    random_ports = {i: n for n, i in enumerate(i for i in range(len(form.ports)) if i not in vectors)}
    values: list[Value] = []

    def transfer(l: int, q: int) -> FracElement:  # from y_q to v_l
        direct = algebra.lift(form.A[l, q]) if (l, q) in form.A else algebra.zero
        x = loop.solve({random_ports[i]: algebra.lift(a) for (i, j), a in form.A.items() if j == q and i in random_ports})
        return direct + loop.leaves({random_ports[j]: a for (i, j), a in form.A.items() if i == l and j in random_ports}, x)

    out, into = [i for i in vectors if form.ports[i].transposed], [i for i in vectors if not form.ports[i].transposed]
    O = sympy.zeros(len(out), len(into))
    for a, l in enumerate(out):
        for b, q in enumerate(into):
            if form.ports[l].cols == form.ports[q].rows and (entry := transfer(l, q)):
                name = Symbol(f"{functional.name}{l}{q}")
                values.append(Value(name, entry, form.ports[l].cols, (form.ports[l].letter, form.ports[q].letter)))
                O[a, b] = name
    number = lambda x: algebra.expr(algebra.lift(x))  # noqa: E731
    A11 = sympy.Matrix(len(into), len(out), lambda i, j: number(form.A[into[i], out[j]]) if (into[i], out[j]) in form.A else 0)
    B = sympy.Matrix(len(into), 1, lambda i, _: number(form.B[into[i]]) if into[i] in form.B else 0)
    C = sympy.Matrix(1, len(out), lambda _, j: number(form.C[out[j]]) if out[j] in form.C else 0)
    total = C * O * (sympy.eye(len(into)) - A11 * O).LUsolve(B) if into and out else sympy.zeros(1, 1)
    return values, number(form.D) + total[0, 0]
