"""Numbers: all solutions of a system at one rational point, and the way back from the kept quantity to the unknowns, at 60 digits."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from mpmath import mp, mpf

from asymptotics.elimination.factors import coefficients, factors
from asymptotics.elimination.resultants import Note, Step, eliminate

DIGITS = 60
ZERO = mpf(10) ** -20  # of the sum of the terms' sizes: a third of the digits, for a double root halves them
Values = dict[int, Any]


def value(f: Any, at: Values) -> tuple[Any, Any]:
    """f at the numbers of its generators, and the sum of its terms' sizes."""
    total = size = mpf(0)
    powers: dict[tuple[int, int], Any] = {}
    for exponents, c in f.terms():
        term = mpf(int(c))
        for i, e in enumerate(exponents):
            if e:
                if (i, e) not in powers:
                    powers[i, e] = at[i] ** e
                term = term * powers[i, e]
        total, size = total + term, size + abs(term)
    return total, size


def vanishes(f: Any, at: Values) -> bool:
    """Is f zero there, up to rounding?"""
    total, size = value(f, at)
    return bool(abs(total) <= ZERO * size)


def specialised(f: Any, first: int, point: Sequence[Fraction]) -> Any:
    """f, over the integers, with rational numbers for the generators from number `first` on, which stay in the ring."""
    from sympy import QQ

    parts: dict[Any, Any] = {}
    for exponents, c in f.terms():
        number = Fraction(int(c))
        for e, v in zip(exponents[first:], point, strict=True):
            number *= v**e
        key = (*exponents[:first], *(0 for _ in point))
        parts[key] = parts.get(key, Fraction(0)) + number
    rational = f.ring.clone(domain=QQ)
    g = rational.from_dict({k: QQ(v.numerator, v.denominator) for k, v in parts.items() if v})
    return g.clear_denoms()[1].set_ring(f.ring) if g else f.ring.zero


def roots(f: Any, t: int, at: Values) -> list[Any]:
    """All t where f, at the numbers of the other generators, is zero; none where it vanishes for every t."""
    pairs = [value(c, at) for c in coefficients(f, t)]
    while pairs and abs(pairs[-1][0]) <= ZERO * pairs[-1][1]:
        pairs.pop()
    if len(pairs) < 2:
        return []
    return list(mp.polyroots([c for c, _ in reversed(pairs)], maxsteps=500, extraprec=4 * mp.prec))


def continued(steps: list[Step], at: Values) -> list[Values]:
    """Every way to fill in the unknowns of `steps`, the last one first."""
    found = [at]
    for t, having in reversed(steps):
        more = []
        for known in found:
            for f in having:  # the first that does not vanish identically
                if candidates := roots(f, t, known):
                    more += [known | {t: x} for x in candidates if all(vanishes(g, known | {t: x}) for g in having)]
                    break
        found = more
    return found


def solutions(
    system: Sequence[Any], denominators: Sequence[Any], others: int, point: Sequence[Fraction], note: Note
) -> list[Values]:
    """All isolated solutions at a point of the parameters: unknowns are generators 0 ... others - 1, the kept one number `others`."""
    numbers = {others + 1 + i: mpf(v.numerator) / v.denominator for i, v in enumerate(point)}
    special = [specialised(f, others + 1, point) for f in system]
    found = []
    for left, steps in eliminate(special, list(range(others)), lambda factors: factors, note):
        having = [f for f in left if f.degree(others) > 0]
        for h in [h for h in factors(having[0]) if h.degree(others) > 0] if having else []:
            for y in roots(h, others, numbers):
                found += [s for s in continued(steps, numbers | {others: y}) if solves(system, denominators, s)]
    return found


def solves(system: Sequence[Any], denominators: Sequence[Any], at: Values) -> bool:
    """Do the equations hold, and is no denominator zero?"""
    return all(vanishes(f, at) for f in system) and not any(vanishes(d, at) for d in denominators)
