"""Singular points of P(m, z) = 0: zeros of its leading coefficient in m and of its discriminant, in 100 digits."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from asymptotics._digits import digits
from asymptotics.conventions import refuse
from asymptotics.free.polynomials import Table
from asymptotics.free.puiseux import DIGITS, context

LIMIT = 150  # degree of a discriminant: some ten seconds


def _refined(coefficients: list[int], high: list[Any]) -> list[Any]:
    """Newton's limits from zeros in doubles; empty where it does not converge."""
    mp = context()
    scale = max(abs(c) for c in coefficients)
    slope = [c * (len(high) - 1 - i) for i, c in enumerate(high[:-1])]
    found = []
    for x in np.roots([float(Fraction(c, scale)) for c in reversed(coefficients)]):
        y = mp.mpc(complex(x))
        for _ in range(40):
            try:
                step = mp.polyval(high, y) / mp.polyval(slope, y)
            except ZeroDivisionError:
                return []
            y -= step
            if abs(step) <= 1e-55 * abs(y):
                found.append(y)
                break
        else:
            return []
    return found


def zeros(coefficients: list[int]) -> tuple[list[Any], list[Any]]:
    """Real zeros (increasing) and non-real ones of an irreducible integer polynomial (constant first), to 100 digits.

    Raises ArithmeticError unless they are as many real ones as Sturm's theorem counts.
    """
    from sympy import Poly, Symbol

    mp = context()
    degree = len(coefficients) - 1
    with digits(DIGITS + 5 * degree):  # zeros of high degree lose digits
        high = [mp.mpf(c) for c in reversed(coefficients)]
        found = _refined(coefficients, high)
        apart = all(abs(x - y) > 1e-25 * abs(x) for i, x in enumerate(found) for y in found[:i])
        if len(found) < degree or not apart:
            found = mp.polyroots(high, maxsteps=500, extraprec=400)
    found = [+x for x in found]  # rounded to DIGITS
    real = sorted(x.real for x in found if abs(x.imag) <= 1e-40 * abs(x))
    count = Poly(list(reversed(coefficients)), Symbol("z")).count_roots()
    if len(real) != count:
        raise ArithmeticError(f"{len(real)} real zeros found where Sturm's theorem counts {count}")
    return real, [x for x in found if abs(x.imag) > 1e-40 * abs(x)]


def singular_points(P: Table) -> tuple[list[Any], list[Any], list[Any]]:
    """Real and other singular points, and those of them where the leading coefficient vanishes and which are real.

    Raises ValueError where the discriminant would have so many zeros that the density would take minutes.
    """
    degree = (2 * len(P) - 4) * (len(P[0]) - 1)
    if degree > LIMIT:
        refuse(
            "P",
            f"of degrees {len(P) - 1}, {len(P[0]) - 1}",
            f"its discriminant is of degree {degree}, and above {LIMIT} takes minutes; moments and cumulants are had, "
            "a density by asymptotics.free.subordination",
        )
    from sympy import ZZ
    from sympy.polys.rings import ring

    R = ring("m,z", ZZ)[0]
    S = ring("z", ZZ)[0]
    f = R.from_dict({(i, j): c for i, row in enumerate(P) for j, c in enumerate(row) if c})
    leading = S.from_dict({(j,): c for j, c in enumerate(P[-1]) if c})
    known: dict[Any, tuple[list[Any], list[Any]]] = {}
    poles: list[Any] = []
    for k, part in enumerate((leading, f.discriminant() if len(P) > 2 else S(1))):
        for g, _ in part.factor_list()[1]:
            if g not in known:
                known[g] = zeros([int(g.get((j,), 0)) for j in range(g.degree() + 1)])
            if k == 0:
                poles += known[g][0]
    return sorted(x for r, _ in known.values() for x in r), [x for _, o in known.values() for x in o], sorted(poles)
