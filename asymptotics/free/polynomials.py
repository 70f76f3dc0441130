r"""Polynomials P(m, z) that vanish at a Stieltjes transform, exactly: substitution, elimination, and the factor that is meant.

P is a table of integers, P[i][j] the coefficient of m^i z^j. What an operation on measures gives has factors besides the one
that is sought. The moments of the result are known by power series; a factor whose value at the truncated series

    m = -w (m_0 + m_1 w + ... + m_N w^N) + O(w^(N+2)),   w = 1/z,                                               (1)

has a coefficient other than 0 below the truncation does not vanish at the transform, and one factor must: when the others are
excluded it is proved. The branch at infinity is the root of P through (1), known from enough moments to make it a simple root.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from math import comb
from typing import Any

from asymptotics.conventions import refuse
from asymptotics.free.series import Series, exact_root

Table = tuple[tuple[int, ...], ...]
LIMIT = 600  # monomials of an eliminant before it is factored: above, factoring takes minutes


def rational(name: str, value: Any) -> Fraction:
    """An exact number: integers, fractions, SymPy's rationals, strings; a float is read as its shortest decimal (0.1 is 1/10)."""
    try:
        if isinstance(value, str | int | Fraction):
            return Fraction(value)
        if hasattr(value, "is_Rational") and value.is_Rational:
            return Fraction(int(value.p), int(value.q))
        return Fraction(Decimal(repr(float(value))))
    except (TypeError, ValueError, OverflowError):
        refuse(name, value, "it must be a rational number, or a float, which is read as its shortest decimal")


@cache
def generators() -> tuple[Any, ...]:
    """u, m, z of the ring ZZ[u, m, z] and m, z of ZZ[m, z]."""
    from sympy import ZZ
    from sympy.polys.rings import ring

    _, u, m, z = ring("u,m,z", ZZ)
    _, m2, z2 = ring("m,z", ZZ)
    return u, m, z, m2, z2


def table(P: Any) -> Table:
    """The table of an element of ZZ[m, z]."""
    rows, columns = (max(e[k] for e in P) + 1 for k in (0, 1))
    return tuple(tuple(int(P.get((i, j), 0)) for j in range(columns)) for i in range(rows))


def substitute(P: Table, m: tuple[Any, Any], z: tuple[Any, Any]) -> Any:
    """P at m = m[0]/m[1], z = z[0]/z[1], times the denominators that clear it; any ring elements."""
    total = 0
    tops, bottoms = _powers(m[0], len(P)), _powers(m[1], len(P))
    above, below = _powers(z[0], len(P[0])), _powers(z[1], len(P[0]))
    for i, row in enumerate(P):
        inner = 0
        for j, c in enumerate(row):
            if c:
                inner = inner + c * above[j] * below[len(row) - 1 - j]
        total = total + inner * tops[i] * bottoms[len(P) - 1 - i]
    return total


def _powers(x: Any, count: int) -> list[Any]:
    out = [1]
    for _ in range(count - 1):
        out.append(out[-1] * x)
    return out


def eliminate(P: Any, Q: Any) -> Any:
    """The resultant of P and Q in ZZ[u, m, z] with respect to u. ValueError if it would be too large to factor."""
    common = P.gcd(Q)  # of the denominators that were cleared
    P, Q = P.exquo(common), Q.exquo(common)
    du, dv = P.degree(0), Q.degree(0)
    size = (dv * P.degree(1) + du * Q.degree(1) + 1) * (dv * P.degree(2) + du * Q.degree(2) + 1)
    if size > LIMIT:
        refuse(
            "the eliminant",
            f"up to {size} monomials",
            f"at most {LIMIT} are factored in seconds; asymptotics.free.subordination needs no polynomial",
        )
    return P.resultant(Q)


def factor(P: Any, moments: Callable[[int], Series]) -> tuple[Table, Series]:
    """The irreducible factor of P in ZZ[m, z] that vanishes at the law of these moments, and moments that isolate its branch."""
    found = [f for f, _ in P.factor_list()[1]]
    for count in (6, 12, 24, 48, 96):
        known = moments(count)
        found = [f for f in found if f.degree(0) > 0 and vanishes(table(f), known)]
        if not found:
            raise ArithmeticError("no factor of the eliminant vanishes at the law: please report this")
        if len(found) == 1 and (isolated := isolate(table(found[0]), known)) is not None:
            return table(found[0]), isolated
    refuse("the eliminant", [f.degrees() for f in found], "96 moments do not tell its factors, or branches, apart")


def at_infinity(P: Table, moments: Series, order: int | None = None) -> list[list[Fraction]]:
    """H[i][j] of g^i w^j: P at m = -w (m_0 + ... + m_(k-1) w^(k-1) + g w^k), times the power of w that leaves a polynomial in w.

    k = len(moments) - 1: the root g(w) starts at the last of the moments. Only powers of w below `order` where that is given.
    """
    k = len(moments) - 1
    columns = len(P[0])
    size = columns + (len(P) - 1) * (k + 1)
    size = size if order is None else min(size, order)
    rows = [[Fraction(0)] * size for _ in P]
    power = [Fraction(1)] + [Fraction(0)] * (size - 1)
    head = (list(moments[:k]) + [Fraction(0)] * size)[:size]
    powers = [power]
    for _ in range(len(P) - 1):
        powers.append(_convolve(powers[-1], head, size))
    for i, row in enumerate(P):
        for l in range(i + 1):  # g^l (head)^(i-l) w^(k l), times (-w)^i
            scale = comb(i, l) * (-1) ** i
            for j, c in enumerate(row):
                if c:
                    start = i + k * l + columns - 1 - j
                    for t in range(size - start):
                        rows[l][start + t] += scale * c * powers[i - l][t]
    return rows


def _convolve(a: Series, b: Series, size: int) -> Series:
    out = [Fraction(0)] * size
    for i, x in enumerate(a):
        if x:
            for j in range(min(len(b), size - i)):
                out[i + j] += x * b[j]
    return out


def _lowered(rows: list[list[Fraction]]) -> list[list[Fraction]]:
    low = min((j for row in rows for j, c in enumerate(row) if c), default=0)
    return [row[low:] for row in rows]


def vanishes(P: Table, moments: Series) -> bool:
    """Whether nothing that these moments determine of P at (1) differs from 0."""
    rows = at_infinity(P, [*moments, Fraction(0)], order=len(P[0]) + len(P) + len(moments))
    low = min((j for row in rows[1:] for j, c in enumerate(row) if c), default=len(rows[0]))
    return not any(rows[0][:low])


def isolate(P: Table, moments: Sequence[Fraction]) -> Series | None:
    """The shortest start of `moments` at which the branch is a simple root of `at_infinity`; None if they do not suffice."""
    for k in range(len(moments)):
        rows = _lowered(at_infinity(P, list(moments[: k + 1])))
        if sum(i * row[0] * moments[k] ** (i - 1) for i, row in enumerate(rows) if i) != 0:
            return list(moments[: k + 1])
    return None


def expand(P: Table, isolated: Series, count: int) -> Series:
    """Moments m_0, ..., m_(count - 1) of the branch."""
    if count <= len(isolated):
        return isolated[:count]
    rows = _lowered(at_infinity(P, isolated))
    return isolated[:-1] + exact_root(rows, isolated[-1], count - len(isolated) + 1)


def branch(P: Table) -> Series:
    """Moments that isolate the branch of a P of which nothing else is known; ValueError if there are several to choose from."""
    known = [Fraction(1)]
    if sum(row[0] for row in _lowered(at_infinity(P, known))) != 0:
        refuse("P", P, "no branch m(z) = -1/z + ... at infinity: not the Stieltjes transform int dmu(x)/(x - z) of a law")
    for _ in range(24):
        if isolate(P, known) is not None:
            return known
        rows = _lowered(at_infinity(P, [*known, Fraction(0)]))
        choices = _roots([row[0] for row in rows])
        if len(choices) != 1:
            shown = ", ".join(map(str, choices)) or "none rational"
            refuse("moments", [str(m) for m in known], f"several branches go on from here; give the next moment too: {shown}")
        known.append(choices[0])
    refuse("P", P, "24 moments do not isolate the branch at infinity; is P squarefree?")


def _roots(coefficients: Series) -> Series:
    from sympy import QQ, Poly, Symbol, roots

    found = roots(Poly([QQ(c.numerator, c.denominator) for c in reversed(coefficients)], Symbol("g")), filter="Q")
    return [Fraction(int(r.p), int(r.q)) for r in found]
