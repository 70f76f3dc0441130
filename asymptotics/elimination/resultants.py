r"""Resultants, and the order in which unknowns are eliminated.

Of two polynomials the one of higher degree is first reduced modulo the other. With f = sum f_j t^j of degree m <= n, that of g, the
resultant is the determinant of the n x n matrix of the polynomials

    t^i f  (i < n - m),     (f_m t^i + ... + f_(m-i)) g - t^(n-m) (g_n t^i + ... + g_(n-i)) f  (i < m),                  (1)

a hybrid of Bezout's and Sylvester's, taken without division by Berkowitz's algorithm: a small matrix, and no coefficients that swell.
Polynomials are elements of one sparse ring over the integers, in the unknowns, the kept symbol and the parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sympy.polys.matrices import DomainMatrix

from asymptotics.elimination.factors import coefficients, factors

Choose = Callable[[list[Any]], list[Any]]  # of factors, those to keep
Step = tuple[int, list[Any]]  # the index of an unknown, and the polynomials that had it
Note = Callable[[str, int], None]  # of a step before it: what it is, and how much work
Eliminated = tuple[list[Any], list[Step]]


def resultant(f: Any, g: Any, t: int) -> list[Any]:
    """Polynomials whose product is zero where the resultant is, and perhaps where the leading coefficient of the lesser one is."""
    f, g = sorted((f, g), key=lambda h: h.degree(t))
    if g.degree(t) > f.degree(t):
        g = remainder(g, f, t)
    if g.degree(t) <= 0:
        return [g]
    content = f.ring.zero
    for c in sorted(filter(None, coefficients(g, t)), key=len):
        content = content.gcd(c)
    return [content, determinant(f, g.exquo(content), t)]


def remainder(g: Any, f: Any, t: int) -> Any:
    """g modulo f, times some of the leading coefficient of f."""
    degree, above = f.degree(t), coefficients(f, t)[-1]
    while g.degree(t) >= degree:
        top = coefficients(g, t)[-1]
        common = above.gcd(top)
        g = (g * above.exquo(common) - f * top.exquo(common) * f.ring.gens[t] ** (g.degree(t) - degree)).primitive()[1]
    return g


def determinant(f: Any, g: Any, t: int) -> Any:
    """(1), up to its sign."""
    F, G = sorted((coefficients(f, t), coefficients(g, t)), key=len)
    m, n, zero = len(F) - 1, len(G) - 1, f.ring.zero
    if m == 0:
        return F[0] ** n
    rows = [[zero] * i + F + [zero] * (n - m - 1 - i) for i in range(n - m)]
    for i in range(m):
        row = [zero] * n
        for j in range(i + 1):
            for power, c in enumerate(G):
                if i - j + power < n:
                    row[i - j + power] += F[m - j] * c
            for power, c in enumerate(F):
                if n - m + i - j + power < n:
                    row[n - m + i - j + power] -= G[n - j] * c
        rows.append(row)
    return DomainMatrix(rows, (n, n), f.ring.to_domain()).charpoly()[-1]


def eliminate(system: list[Any], unknowns: list[int], choose: Choose, note: Note) -> Iterator[Eliminated]:
    """(polynomials without the `unknowns`, the steps for the way back): one pair, or more where polynomials have common factors."""
    if not unknowns:
        yield [f for f in system if f], []
        return
    t = min(unknowns, key=lambda u: _cost(system, u))
    having = sorted((f for f in system if f.degree(t) > 0), key=lambda f: (f.degree(t), len(f)))
    rest = [f for f in system if f.degree(t) <= 0]
    for g in having[1:]:
        f = having[0]
        degrees = f.degree(t), g.degree(t)
        note(
            f"eliminating {f.ring.symbols[t]} between polynomials of degrees {degrees}, {len(f)} and {len(g)} terms",
            len(f) * len(g) * max(degrees),
        )
        r = resultant(f, g, t)
        if not all(r):  # V(f, g) = V(h) + V(f/h, g/h)
            h = f.gcd(g)
            others = [p for p in system if p is not f and p is not g]
            for parts in ([h], [f.exquo(h), g.exquo(h)]):
                if all(choose([part]) for part in parts):
                    yield from eliminate(others + parts, unknowns, choose, note)
            return
        note(
            f"factoring {len(r[-1])} terms of degrees {dict(zip(map(str, f.ring.symbols), r[-1].degrees(), strict=True))}",
            4 * len(r[-1]),
        )
        product = f.ring.one
        for factor in choose([h for part in r for h in factors(part)]):
            product *= factor
        rest.append(product)
    for left, steps in eliminate(rest, [u for u in unknowns if u != t], choose, note):
        yield left, [(t, having), *steps]


def _cost(system: list[Any], t: int) -> tuple[int, int]:
    """Size of the determinants and of what enters them."""
    having = [f for f in system if f.degree(t) > 0]
    degrees = sorted(f.degree(t) for f in having)
    return sum(degrees[0] * d for d in degrees[1:]) if degrees else 0, sum(len(f) for f in having)
