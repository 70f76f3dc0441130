r"""Enclosures of a limit: each block's equations by Krawczyk's operator, around the solver's result, in ball arithmetic.

Proved: in the box there is exactly one solution of the equations, and the enclosure holds it. That it is the limit's branch is proved
by `branches` where all is positive; else it is the solver's finding (continuity along its path).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, reduce
from operator import add, mul
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy import Expr, Symbol

from asymptotics.conventions import refuse
from asymptotics.derivation.algebra import rational
from asymptotics.derivation.blocks import Block
from asymptotics.derivation.branches import CONTINUED
from asymptotics.derivation.evaluation import Evaluation, Numbers


def enclose(derivation: Any, flat: Mapping[str, NDArray], variables: NDArray) -> tuple[dict[str, Any], NDArray]:
    """Every output's `Enclosure` (points,), from parameters that are doubles and the solver's variables; what is known of the branch."""
    from asymptotics.certified.calls import enclosures
    from asymptotics.certified.enclosure import Enclosure

    known, read = derivation.branch
    branches = np.full(len(variables), known)
    numbers = cache(lambda bits: _evaluation(derivation))

    def twin(i: int) -> dict[str, Any]:
        from flint import ctx

        V = _variables(derivation, {k: v[i].item() for k, v in flat.items()}, variables[i])
        evaluation = numbers(ctx.prec)
        for block in evaluation.program.blocks:
            _enclose(evaluation, block, V)
        branches[i] = known if all(V[j] > 0 for j in read) else CONTINUED
        return {name: evaluation.output(name, V)[0] for name in evaluation.program.outputs}

    if not len(variables):
        return dict.fromkeys(derivation.reduced.outputs, Enclosure(np.empty(0), np.empty(0))), branches
    return enclosures(twin, len(variables)), branches


def _root(x: Any, q: int) -> Any:
    return x if q == 1 else x.root(q)


def _ball(expr: Expr, of: Mapping[Symbol, Any]) -> Any:
    """A scalar that is not rational."""
    from flint import arb

    if expr in of:
        return of[expr]
    if expr == sympy.pi:
        return arb.pi()
    if expr.is_number and (number := rational(expr)).is_Rational:
        return arb(int(number.p)) / int(number.q)
    x = [_ball(a, of) for a in expr.args]
    if expr.is_Add or expr.is_Mul:
        return reduce(add if expr.is_Add else mul, x)
    if expr.is_Pow:
        return x[0] ** int(expr.exp) if expr.exp.is_Integer else x[0] ** x[1]
    name = expr.func.__name__.lower()
    if len(x) != 1 or not hasattr(arb, name):
        refuse("certified", True, f"{expr} has no enclosure")
    return getattr(x[0], name)()


def _evaluation(derivation: Any) -> Evaluation:
    """In balls of the context's precision."""
    from flint import arb

    return Evaluation(derivation.program, derivation.exact_laws, Numbers(lambda p, q: arb(p) / q, arb, _root))


def _variables(derivation: Any, at: Mapping[str, float], start: NDArray) -> list[Any]:
    """All variables as balls: parameters exactly, unknowns as the solver has them."""
    from flint import arb

    of = {derivation.parameters[k]: arb(v) for k, v in at.items()}
    of |= {s: arb(v) for s, v in derivation.given.constants.items()}
    generators = [arb(x) for x in derivation.generators(of, _root, _ball)]
    return [*generators, *map(arb, start[len(generators) :].tolist())]


def _enclose(evaluation: Evaluation, block: Block, V: list[Any]) -> None:
    """The block's unknowns in V become balls that hold a solution, the only one near."""
    from flint import arb_mat

    from asymptotics.certified.krawczyk import krawczyk

    places = [evaluation.place[s] for s in evaluation.unknowns(block)]
    if not block.core:
        for s, i in zip(block.rest, places, strict=True):
            V[i], _ = evaluation.right(s, V)
        return

    last: tuple[Any, Any] = (None, None)

    def at(x: list[Any]) -> Any:  # value and slopes are asked for one after the other
        nonlocal last
        if last[0] is not x:
            W = list(V)
            for i, v in zip(places, x, strict=True):
                W[i] = v
            last = x, evaluation.system(block, W)
        return last[1]

    start = [V[i] for i in places]
    if block.linear:
        F, J = at(start)
        box = [v - s for v, s in zip(start, arb_mat(J).solve(arb_mat([[x] for x in F])).entries(), strict=True)]
    else:
        box = krawczyk(lambda x: at(x)[0], lambda x: at(x)[1], start)
    for i, v in zip(places, box, strict=True):
        V[i] = v
