r"""What follows from the equations where they are polynomials: one equation for the value, its expansions, the law of a spectrum.

Without laws the equations are polynomial; with a law of a few atoms too, its integrals being finite sums.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Eq, Expr, Poly, Rational, Symbol

from asymptotics.conventions import refuse
from asymptotics.derivation.algebra import PATH, rational
from asymptotics.errors import ConvergenceError

if TYPE_CHECKING:
    from asymptotics.derivation.reduction import Integral
    from asymptotics.expansions import Expansion

FEW = 6  # atoms of a law whose integrals are written out


def polynomial(derivation: Any, output: str, *, given: Mapping[str, Any] | None = None, limit: float = 30.0) -> Poly:
    """The irreducible P(`output`; parameters) = 0 of a limit; `given`: parameters put to rational numbers first.

    Raises ValueError where a law has more than a few atoms, and where elimination takes more than `limit` seconds.
    """
    from asymptotics.elimination import eliminate

    reduced, numbers = derivation.reduced, {k: rational(sympy.sympify(v)) for k, v in (given or {}).items()}
    if output in reduced.later or output not in reduced.outputs:
        refuse("output", output, f"what is rational in its traces: {', '.join(reduced.outputs)}")
    constants = {s: rational(sympy.Float(v)) for s, v in derivation.given.constants.items()}
    put = constants | {PATH: sympy.S.One} | {derivation.parameters[k]: v for k, v in numbers.items()}
    roots = {s: q for s, q in reduced.algebra.roots.items() if q > 1 and s not in derivation.reader.laws.values()}
    rooted = {s: Rational(put[s]) ** Rational(1, q) if s in put else Symbol(f"root_{s}") for s, q in roots.items()}
    rooted = {s: x if x.is_Rational or x.is_Symbol else Symbol(f"root_{s}") for s, x in rooted.items()}
    radicals = {x: x ** roots[s] - put.get(s, s) for s, x in rooted.items() if x.is_Symbol}  # unknowns, with their equations

    def shown(x: Expr) -> Expr:
        return x.xreplace({**put, **rooted})

    equations = [s - shown(x.as_expr()) for s, x in reduced.equations.items()]
    equations += [name - shown(_sum(derivation, x)) for name, x in reduced.integrals.items()]
    equations += radicals.values()
    unknowns = [*reduced.equations, *reduced.integrals, *radicals]
    value = Symbol(output)

    free = {k: s for k, s in derivation.parameters.items() if k not in numbers}
    return eliminate(
        equations,
        unknowns,
        Eq(value, shown(reduced.outputs[output].as_expr()), evaluate=False),
        at=_points(derivation, output, free, numbers),
        limit=limit,
    )


def _points(derivation: Any, output: str, free: Mapping[str, Symbol], numbers: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    """Three points of the parameters at which the limit exists, and its values: a `z` must lie outside of the spectrum."""
    found: list[tuple[Any, Any]] = []
    for shift in range(30):
        at = {k: Rational(7 + 3 * i + 2 * shift, 9 + i) * (10 ** (1 + shift % 3) if k == "z" else 1) for i, k in enumerate(free)}
        try:
            value = derivation.limit(certified=False, **{k: float(v) for k, v in {**numbers, **at}.items()}).value
        except ConvergenceError:
            continue
        found.append(({free[k]: v for k, v in at.items()}, value[output] if derivation.many else value))
        if len(found) == 3 or not free:
            return found
    refuse("expression", output, "no parameters were found at which its limit exists")


def _sum(derivation: Any, x: Integral) -> Expr:
    """The integral as a sum over the atoms."""
    laws, algebra = derivation.exact_laws, derivation.reduced.algebra
    measure, columns = laws.measures[x.over, x.vectors], laws.columns[x.over]
    if len(measure.weights) > FEW:
        refuse("laws", f"{len(measure.weights)} atoms", f"a polynomial is written out for laws of at most {FEW} atoms")
    weights = [sum(map(Rational, parts)) for parts in measure.parts.T.tolist()]
    mass, total = sum(weights), sympy.S.Zero
    near = abs(mass - 1) < 1e-9  # of a law of mass 1; the energy of a vector may be 0
    for atom, weight in zip(measure.atoms.tolist(), weights, strict=True):
        term = weight / mass if near else weight
        at = {algebra.symbols[g]: Rational(atom[j]) ** Rational(1, laws.roots[g]) for g, j in columns.items()}
        for g, k in zip(derivation.reduced.law, x.power, strict=True):
            term *= at.get(algebra.symbols[g], sympy.S.One) ** k
        for d, m in x.factors:
            term /= d.as_expr().xreplace(at) ** m
        total += term
    return total


def expand(
    derivation: Any,
    output: str,
    name: str,
    to: Any,
    *,
    side: str = "+",
    terms: int = 3,
    given: Mapping[str, Any] | None = None,
    near: Mapping[str, Any] | None = None,
) -> Expansion:
    """The output's first terms as parameter `name` tends to `to` (0, a number, oo) from a side.

    `given`: parameters put to numbers; `near`: numbers of those that stay symbols, around which the result holds.
    """
    from asymptotics import expansions

    P = polynomial(derivation, output, given=given)
    put = {k: float(rational(sympy.sympify(v))) for k, v in (given or {}).items()}
    if name not in derivation.parameters or name in put:
        refuse("name", name, f"one of the parameters {', '.join(k for k in derivation.parameters if k not in put)}")

    def at(**parameters: Any) -> Any:
        rest = {k: 1.0 for k in derivation.parameters if k not in parameters and k not in put}
        found = derivation.limit(certified=False, **rest, **put, **{k: float(v) for k, v in parameters.items()}).value
        return found[output] if derivation.many else found

    numbers = {derivation.parameters[k]: rational(sympy.sympify(v)) for k, v in (near or {}).items()}
    return expansions.expand(P, derivation.parameters[name], to, side=side, terms=terms, given=numbers, at=at)
