"""Equations made shorter: unknowns put into others, and denominators that are the inverse of an unknown."""

from __future__ import annotations

from sympy import Symbol
from sympy.polys.fields import FracElement
from sympy.polys.rings import PolyElement

from asymptotics.derivation.algebra import Algebra, substitute

SHORT = 10  # terms of an equation into which another is put; beyond it the other stays, as a definition


def symbols(algebra: Algebra, x: FracElement) -> set[Symbol]:
    ring = algebra.field.ring
    return {s for s, g in zip(algebra.symbols, ring.gens, strict=True) if x.numer.degree(g) > 0 or x.denom.degree(g) > 0}


def merged(algebra: Algebra, equations: dict, factors: list, values: dict) -> tuple[dict, list, dict]:
    """One unknown for those whose equations differ by a factor that holds no unknown; `factors` are the elements inside of integrals."""
    names = list(equations)
    for i, t in enumerate(names):
        for u in names[:i]:
            if u not in equations or t not in equations or not equations[u]:
                continue
            ratio = equations[t] / equations[u]
            if all(s in algebra.roots for s in symbols(algebra, ratio)):
                ways = []
                for gone, kept, by in ((t, u, ratio), (u, t, 1 / ratio)):
                    place, found = algebra.symbols.index(gone), by * algebra.of[kept]
                    ways.append((_odd(algebra, put(algebra, equations[kept], place, found)), gone, place, found))
                _, gone, place, found = min(ways, key=lambda w: w[0])
                change = lambda x: put(algebra, x, place, found)  # noqa: B023, E731
                equations = {s: change(x) for s, x in equations.items() if s != gone}
                factors = [change(x) for x in factors]
                values = {s: change(x) for s, x in values.items()}
    return equations, factors, values


def _odd(algebra: Algebra, x: FracElement) -> int:
    """In how many terms a root of a symbol stands that is no power of the symbol."""
    roots = list(algebra.roots.values())
    return sum(any(k % q for k, q in zip(m, roots, strict=False)) for p in (x.numer, x.denom) for m in p.monoms())


def inlined(algebra: Algebra, equations: dict, integrals: dict, values: dict) -> tuple[dict, dict]:
    """Put those unknowns that stand in no integral, and that no other needs to stay, into the equations of the rest."""
    inside = {s for x in integrals.values() for d, _ in x.factors for s in symbols(algebra, d)}
    kept: set[Symbol] = set(inside)
    while True:
        left = [t for t in equations if t not in kept]
        if not left:
            return equations, values
        t = min(left, key=lambda t: (len(equations[t].numer) + len(equations[t].denom), str(t)))
        place = algebra.symbols.index(t)
        found = solved(algebra, equations[t], place)
        if found is None:
            kept.add(t)
            continue
        new = {u: put(algebra, x, place, found) for u, x in equations.items() if u != t}
        if any(len(x.numer) + len(x.denom) > SHORT for u, x in new.items() if x != equations[u]):
            kept.add(t)
            continue
        equations = new
        values = {v: put(algebra, x, place, found) for v, x in values.items()}


def solved(algebra: Algebra, x: FracElement, place: int) -> FracElement | None:
    """t from t = x, where the equation is linear in t."""
    gen = algebra.field.ring.gens[place]
    own = x.denom * gen - x.numer
    if own.degree(gen) != 1:
        return None
    slope = own.diff(gen)
    return algebra.field(slope * gen - own) / algebra.field(slope)


def put(algebra: Algebra, x: FracElement, place: int, solved: FracElement) -> FracElement:
    gen = algebra.field.ring.gens[place]
    return substitute(x, {place: solved}) if x.numer.degree(gen) > 0 or x.denom.degree(gen) > 0 else x


def tidied(algebra: Algebra, equations: dict, values: dict, fixed: set[Symbol]) -> tuple[dict, dict]:
    """Where t = c/P, and P stands in another equation: t in its place, if that is shorter. `fixed`: equations that stay as they are."""
    for t in list(equations):
        x = equations[t]  # as it stands: what others were rewritten with stays as it is
        if len(x.numer) == 1 and len(x.denom) > 1:
            common = algebra.field.ring({tuple(map(min, zip(*x.denom.monoms(), strict=True))): 1})
            P = x.denom.exquo(common)
            unit = algebra.of[t] * algebra.field(common) / algebra.field(x.numer)  # 1/P
            rest = {u: _expanded(algebra, y, P, unit) for u, y in equations.items() if u != t and u not in fixed}
            equations = {u: rest.get(u, y) for u, y in equations.items()}
            values = {u: _expanded(algebra, y, P, unit) for u, y in values.items()}
    return equations, values


def _expanded(algebra: Algebra, y: FracElement, P: PolyElement, unit: FracElement) -> FracElement:
    """y in powers of P, above and below divided by the highest, with `unit` = 1/P."""
    top, bottom = _powers(y.numer, P), _powers(y.denom, P)
    most = max(len(top), len(bottom)) - 1
    if most == 0:
        return y
    above, below = (sum((algebra.field(c) * unit ** (most - k) for k, c in enumerate(p)), algebra.zero) for p in (top, bottom))
    found = above / below
    return found if len(found.numer) + len(found.denom) < len(y.numer) + len(y.denom) else y


def _powers(p: PolyElement, P: PolyElement) -> list[PolyElement]:
    """The coefficients c_k of p = sum c_k P^k."""
    found = []
    while p:
        (p,), rest = p.div([P])
        found.append(rest)
    return found or [p]
