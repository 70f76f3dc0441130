r"""Elimination: from a system of equations of the limit to the one polynomial of the quantity that is kept.

    equations(tau_1 ... tau_m; parameters) = 0,   keep = one tau or a rational function of them   ->   P(keep, parameters) = 0

with P irreducible over the rationals, the factor on whose zeros the physical branch lies. Unknowns are eliminated one after the other by
resultants (`resultants`), the cheapest first; after each the product is factored and all but the factor of the physical solution dropped,
whose unknowns are first found at one rational point (`points`). P is then checked at every point: its root next to the value given
is continued, at 60 digits, to a solution of the equations as they stood. So numbers only choose among exact factors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

import sympy as sp

from asymptotics.conventions import refuse
from asymptotics.elimination.time_limit import watched

At = Callable[..., Any] | Iterable[tuple[Mapping[sp.Symbol, Any], Any]]
POINTS = 3  # of parameters, at which a branch is told from others


def eliminate(
    equations: Iterable[Any], unknowns: Iterable[sp.Symbol], keep: Any, *, at: At | None = None, limit: float = 10.0
) -> sp.Poly:
    """The irreducible P(keep, parameters), a `sympy.Poly` over the integers, that vanishes on the physical branch.

    `equations`: rational SymPy expressions, each = 0, or `Eq`; parameters are the symbols that are not `unknowns`. `keep`: one of the
    unknowns, or `Eq(symbol, rational function of the unknowns)`. `at` tells the branch: a function of the parameters, by keyword
    (`lambda` as `lam`), that gives the kept quantity to eight digits, or pairs (parameters, value); without it P must be the only factor.

    Raises ValueError where the equations do not determine `keep`, where `at` fits no factor or several, and where `limit` seconds did
    not suffice: what is not tiny runs in a process of its own, which is ended then (half a second to start). Marchenko-Pastur takes 10 ms,
    XY + YX 20 ms, the variance of random features 0.1 s, that of ridge at two symbolic atoms (6 symbols, 346 terms) 1 s.

    >>> m, lam, gamma = sp.symbols("m lambda gamma")
    >>> eliminate([m - 1 / (lam + 1 / (1 + gamma * m))], [m], m).as_expr()
    gamma*lambda*m**2 - gamma*m + lambda*m + m - 1
    """
    unknowns = list(unknowns)
    numerators, denominators = _cleared(equations)
    if isinstance(keep, sp.Equality):
        numerator, denominator = sp.fraction(sp.together(keep.rhs))
        numerators.append(sp.expand(keep.lhs * denominator - numerator))
        denominators.append(denominator)
        kept = keep.lhs
        if kept in unknowns or not isinstance(kept, sp.Symbol):
            refuse("keep", keep, "its left side is a new symbol, its right side a rational function of the unknowns")
    else:
        kept = keep
        if kept not in unknowns:
            refuse("keep", keep, f"one of the unknowns {unknowns}, or Eq(new symbol, rational function of them)")
    if len(numerators) < len({kept, *unknowns}):
        refuse("equations", len(numerators), f"as many as there are unknowns: {len({kept, *unknowns})}, {kept} included")
    free = set().union(*(e.free_symbols for e in numerators)) - {kept, *unknowns}
    parameters = sorted(free, key=lambda s: s.name)
    for e in numerators:
        if not e.is_polynomial(*unknowns, kept, *parameters):
            refuse("equations", e, "rational functions of unknowns and parameters: give a radical a name and an equation")
    others = [u for u in unknowns if u != kept]
    found = watched((numerators, denominators, others, kept, parameters, _samples(at, parameters)), limit)
    return sp.Poly(found, kept, *parameters)


def _cleared(equations: Iterable[Any]) -> tuple[list[Any], list[Any]]:
    """Numerators and denominators."""
    pairs = []
    for e in equations:
        e = sp.sympify(e)
        pairs.append(sp.fraction(sp.together(e.lhs - e.rhs if isinstance(e, sp.Equality) else e)))
    return [sp.expand(n) for n, _ in pairs], [sp.expand(d) for _, d in pairs]


def keyword(symbol: sp.Symbol) -> str:
    """The keyword by which a function takes the number of a symbol: its name, `lam` for lambda."""
    return "lam" if symbol.name in ("lambda", "lamda") else str(symbol.name)


def dyadic(index: int, count: int) -> list[Fraction]:
    """The `index`-th point of `count` parameters in (0.3, 2.2): odd sixteenths, exact as floats."""
    return [Fraction(5 + 2 * ((7 * index + 5 * i + i * i) % 16), 16) for i in range(count)]


def _samples(at: At | None, parameters: list[sp.Symbol]) -> list[tuple[list[Fraction], complex | None]]:
    """Points of the parameters, with the kept quantity there, or None."""
    points = [dyadic(k, len(parameters)) for k in range(4 * POINTS)] if parameters else [[]]
    if at is None:
        return [(point, None) for point in points[:POINTS]]
    found: list[tuple[list[Fraction], complex | None]] = []
    if callable(at):
        causes = set()
        for point in points:
            try:
                value = complex(at(**{keyword(s): float(v) for s, v in zip(parameters, point, strict=True)}))
            except (ArithmeticError, ValueError) as error:
                causes.add(str(error))
                continue
            if abs(value) < float("inf"):
                found.append((point, value))
            if len(found) == POINTS:
                return found
        if not found:
            refuse(
                "at", at, f"it gave no finite number at points like {list(map(str, points[0]))}: {' '.join(causes)}; pass pairs"
            )
        return found
    for where, value in at:
        if missing := set(parameters) - set(where):
            refuse("at", where, f"a value of each parameter; it lacks {missing}")
        found.append(([_exact(where[s]) for s in parameters], complex(value)))
    return found


def _exact(value: Any) -> Fraction:
    number = sp.Rational(value) if not isinstance(value, sp.Basic) else value
    if not isinstance(number, sp.Rational):
        refuse("at", value, "rational parameters")
    return Fraction(int(number.p), int(number.q))
