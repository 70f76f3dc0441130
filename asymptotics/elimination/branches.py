"""The search itself: resultants pruned by a numerical solution, then the factor of the physical branch, checked on the equations."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy as sp
from mpmath import mpc, mpf

from asymptotics._digits import digits
from asymptotics.elimination.factors import factors
from asymptotics.elimination.points import DIGITS, Values, continued, roots, solutions, solves, vanishes
from asymptotics.elimination.resultants import Note, eliminate

MATCH = 1e-7  # relative: `at` is asked for eight digits
Problem = tuple[list[Any], list[Any], list[Any], Any, list[Any], list[tuple[list[Fraction], complex | None]]]


def search(problem: Problem, note: Note) -> Any:
    """The polynomial as an expression, or a sentence that says why there is none."""
    with digits(DIGITS):
        return _search(problem, note)


def _search(problem: Problem, note: Note) -> Any:
    numerators, denominators, others, kept, parameters, samples = problem
    ring, *_ = sp.ring([*others, kept, *parameters], sp.ZZ)
    system = [_integral(ring, e) for e in numerators]
    below = [_integral(ring, e) for e in denominators]
    size = len(others)
    point, wanted = samples[0]

    def at_a_point(text: str, work: int) -> None:
        note(f"at one point of the parameters, {text}", work)

    physical = [s for s in solutions(system, below, size, point, at_a_point) if wanted is None or _near(s[size], wanted)]
    if not physical:
        what = "isolated solution" if wanted is None else f"solution with {kept} = {_shown(wanted)}"
        return f"the equations have no {what} at {_where(parameters, point)}"
    if wanted is not None:
        physical = physical[:1]

    def choose(factors: list[Any]) -> list[Any]:
        live = [h for h in factors if any(h.degree(i) > 0 for i in range(size + 1))]
        return [h for h in live if any(vanishes(h, s) for s in physical)]

    good: list[Any] = []
    for left, steps in eliminate(system, list(range(size)), choose, note):
        having = [f for f in left if f.degree(size) > 0]
        if not having:
            return f"the equations do not determine {kept}"
        note(f"factoring {len(having[0])} terms, and checking", 4 * len(having[0]))
        good += [
            h
            for h in choose(factors(having[0]))
            if h not in good and all(_holds(h, system, below, steps, size, *s) for s in samples)
        ]
    if len(good) == 1:
        found = good[0].primitive()[1]
        return (found if found.LC > 0 else -found).as_expr()
    if not good:
        return "no factor has a root at the value given at every point: `at` is not the kept quantity, or is not accurate to eight digits"
    shown = "; ".join(_cut(str(h.as_expr())) for h in good)
    return f"{len(good)} factors fit, pass at= (a function, or pairs of parameters and value) to choose: {shown}"


def _integral(ring: Any, e: Any) -> Any:
    return ring.clone(domain=sp.QQ).from_expr(e).clear_denoms()[1].set_ring(ring)


def _holds(h: Any, system: Any, below: Any, steps: Any, size: int, point: list[Fraction], wanted: complex | None) -> bool:
    """Is there a root of h, at the value wanted if there is one, from which a solution of the equations continues?"""
    at: Values = {size + 1 + i: mpf(v.numerator) / v.denominator for i, v in enumerate(point)}
    candidates = [y for y in roots(h, size, at) if wanted is None or _near(y, wanted)]
    return any(solves(system, below, s) for y in candidates for s in continued(steps, at | {size: y}))


def _near(y: Any, wanted: complex) -> bool:
    target = mpc(wanted)
    return bool(abs(y - target) <= MATCH * abs(target))


def _where(parameters: list[Any], point: list[Fraction]) -> str:
    return ", ".join(f"{s} = {v}" for s, v in zip(parameters, point, strict=True)) or "any point"


def _shown(number: complex) -> str:
    return f"{number.real:.10g}" if not number.imag else f"{number:.10g}"


def _cut(text: str) -> str:
    return text if len(text) <= 300 else f"{text[:300]} ..."
