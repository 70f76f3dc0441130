r"""The Dyson equation in the few scalars that a person would have kept.

Every mean over a law is a sum of integrals J = int s^k / (D_1(s)^m_1 D_2(s)^m_2 ...) dH(s) with coefficients free of s (`split`); what is
then free of laws, and short, is put into the rest. Unknowns that need one another form a block, most of them explicit in a few.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import sympy
from sympy import Symbol
from sympy.polys.fields import FracElement
from sympy.polys.rings import PolyElement

from asymptotics.derivation.algebra import Algebra, substitute
from asymptotics.derivation.dyson import System

SHORT = 10  # terms of an equation into which another is put; beyond it the other stays, as a definition


@dataclass(frozen=True)
class Integral:
    """J = mean of s^power / prod D^m over the law of `over`, or over the energy of `vectors` in it; power: one exponent a generator."""

    name: Symbol
    over: Symbol
    vectors: tuple[str, ...]
    power: tuple[int, ...]
    factors: tuple[tuple[FracElement, int], ...]


@dataclass(frozen=True)
class Block:
    """Unknowns that are found together: `core` by iteration, the `rest` explicitly from them, in order; `linear` in all of them or not."""

    core: tuple[Symbol, ...]
    rest: tuple[Symbol, ...]
    linear: bool


@dataclass(frozen=True)
class Reduced:
    """`equations`: unknown = element; `integrals` by name; `values`: functional = element; `blocks` in the order they are solved in."""

    algebra: Algebra
    law: tuple[int, ...]
    equations: Mapping[Symbol, FracElement]
    integrals: Mapping[Symbol, Integral]
    values: Mapping[Symbol, FracElement]
    blocks: tuple[Block, ...]
    expressions: Mapping[str, sympy.Expr]


def reduce(system: System, law: list[int], generators) -> Reduced:
    """The system in integrals and the unknowns that cannot be eliminated."""
    signed = _signs(system, law)
    known: dict[tuple, Symbol] = {}
    pieces = {u.name: split(x, u.over, (), law, known) for u, x in zip(system.unknowns, signed[0], strict=True)}
    values = {v.name: split(x, v.over, v.vectors, law, known) for v, x in zip(system.values, signed[1], strict=True)}
    taus = [u.name for u in system.unknowns]
    algebra = Algebra(generators, [*taus, *known.values()])
    total = lambda parts: sum(
        (
            algebra.field(a.set_ring(algebra.field.ring))
            / algebra.field(b.set_ring(algebra.field.ring))
            * (algebra.of[j] if j else 1)
            for a, b, j in parts
        ),
        algebra.zero,
    )
    equations = {name: total(parts) for name, parts in pieces.items()}
    found = {name: total(parts) for name, parts in values.items()}
    lift = lambda d: algebra.field(d.set_ring(algebra.field.ring))  # noqa: E731
    integrals = {
        name: Integral(name, over, vectors, power, tuple((lift(d), m) for d, m in factors))
        for (over, vectors, power, factors), name in known.items()
    }
    equations, found = _eliminate(algebra, equations, integrals, found)
    equations, found = _tidied(algebra, equations, found)
    used = _used(algebra, equations, integrals, found)
    integrals = {j: x for j, x in integrals.items() if j in used}
    equations = {t: x for t, x in equations.items() if t in used}
    return Reduced(algebra, tuple(law), equations, integrals, found, _blocks(algebra, equations, integrals), system.expressions)


def split(
    x: FracElement, over: Symbol | None, vectors: tuple[str, ...], law: list[int], known: dict[tuple, Symbol]
) -> list[tuple]:
    """The mean of x as a sum of (numerator, denominator) J with J from `known`, which grows; J None where no law is in it."""
    ring = x.field.ring
    bottom, factors = ring.one, []
    content, parts = x.denom.factor_list()
    bottom = bottom * content
    for d, m in parts:
        if any(d.degree(ring.gens[i]) > 0 for i in law):
            d, sign = _positive(d, law)
            bottom = bottom * sign**m
            factors.append((d, m))
        else:
            bottom = bottom * d**m
    factors.sort(key=str)
    tops: dict[tuple[int, ...], PolyElement] = {}
    for monomial, coefficient in x.numer.terms():
        power = tuple(monomial[i] for i in law)
        rest = tuple(0 if i in law else k for i, k in enumerate(monomial))
        tops[power] = tops.get(power, ring.zero) + ring({rest: coefficient})
    found = []
    for power, top in tops.items():
        if not factors and not any(power) and not vectors:
            found.append((top, bottom, None))
            continue
        key = (over, vectors, power, tuple(factors))
        found.append((top, bottom, known.setdefault(key, Symbol(f"J_{len(known) + 1}", positive=True))))
    return found


def _positive(d: PolyElement, law: list[int]) -> tuple[PolyElement, int]:
    """d or -d, such that more of its terms are positive."""
    signs = sum(1 if c > 0 else -1 for _, c in d.terms())
    return (d, 1) if signs >= 0 else (-d, -1)


def _signs(system: System, law: list[int]) -> tuple[list[FracElement], list[FracElement]]:
    """Integrands of unknowns and values with those unknowns negated that are negative where the penalties are large."""
    algebra = system.algebra
    names = [u.name for u in system.unknowns]
    places = [algebra.symbols.index(n) for n in names]
    at = [1.3 + 0.17 * i for i in range(len(algebra.symbols))]  # any generic positive numbers
    for i, s in enumerate(algebra.symbols):
        if str(s) in ("lambda", "lam", "z"):
            at[i] = 30.0
    values = [0.0] * len(names)
    for _ in range(4):
        point = list(at)
        for i, v in zip(places, values, strict=True):
            point[i] = v
        values = [_number(u.integrand, point) for u in system.unknowns]
    flipped = {i: -algebra.field.gens[i] for i, v in zip(places, values, strict=True) if v < 0}
    change = (lambda x: substitute(x, flipped)) if flipped else (lambda x: x)
    unknowns = [(-1 if i in flipped else 1) * change(u.integrand) for i, u in zip(places, system.unknowns, strict=True)]
    return unknowns, [change(v.integrand) for v in system.values]


def _number(x: FracElement, at: list[float]) -> float:
    parts = []
    for poly in (x.numer, x.denom):
        total = 0.0
        for monomial, coefficient in poly.terms():
            term = float(coefficient.numerator) / float(coefficient.denominator)
            for v, k in zip(at, monomial, strict=True):
                term *= v**k
            total += term
        parts.append(total)
    return parts[0] / parts[1] if parts[1] else 0.0


def _eliminate(algebra: Algebra, equations: dict, integrals: dict, values: dict) -> tuple[dict, dict]:
    """Put those unknowns that stand in no integral, and that no other needs to stay, into the equations of the rest."""
    inside = {s for x in integrals.values() for d, _ in x.factors for s in _symbols(algebra, d)}
    kept: set[Symbol] = set(inside)
    while True:
        left = [t for t in equations if t not in kept]
        if not left:
            return equations, values
        t = min(left, key=lambda t: (len(equations[t].numer) + len(equations[t].denom), str(t)))
        place = algebra.symbols.index(t)
        solved = _solved(algebra, equations[t], place)
        if solved is None:
            kept.add(t)
            continue
        new = {u: _put(algebra, x, place, solved) for u, x in equations.items() if u != t}
        if any(len(x.numer) + len(x.denom) > SHORT for u, x in new.items() if x != equations[u]):
            kept.add(t)
            continue
        equations = new
        values = {v: _put(algebra, x, place, solved) for v, x in values.items()}


def _solved(algebra: Algebra, x: FracElement, place: int) -> FracElement | None:
    """t from t = x, where the equation is linear in t."""
    gen = algebra.field.ring.gens[place]
    own = x.denom * gen - x.numer
    if own.degree(gen) != 1:
        return None
    slope = own.diff(gen)
    return algebra.field(slope * gen - own) / algebra.field(slope)


def _put(algebra: Algebra, x: FracElement, place: int, solved: FracElement) -> FracElement:
    gen = algebra.field.ring.gens[place]
    return substitute(x, {place: solved}) if x.numer.degree(gen) > 0 or x.denom.degree(gen) > 0 else x


def _tidied(algebra: Algebra, equations: dict, values: dict) -> tuple[dict, dict]:
    """Where t = c/P, and P stands in another denominator: t in its place, if that is shorter."""
    for t, x in list(equations.items()):
        if len(x.numer) == 1 and len(x.denom) > 1:
            common = algebra.field.ring({tuple(map(min, zip(*x.denom.monoms(), strict=True))): 1})
            P = x.denom.exquo(common)
            unit = algebra.of[t] * algebra.field(common) / algebra.field(x.numer)  # 1/P
            rest = {u: _expanded(algebra, y, P, unit) for u, y in equations.items() if u != t}
            equations = {u: rest.get(u, y) for u, y in equations.items()}
            values = {u: _expanded(algebra, y, P, unit) for u, y in values.items()}
    return equations, values


def _expanded(algebra: Algebra, y: FracElement, P: PolyElement, unit: FracElement) -> FracElement:
    """y in powers of P, and the negative ones as powers of `unit` = 1/P."""
    bottom, times = y.denom, 0
    while (parts := bottom.div([P]))[1] == 0:
        bottom, times = parts[0][0], times + 1
    if not times:
        return y
    top, found, k = y.numer, algebra.zero, times
    while k >= 0 and top:
        (quotient,), rest = top.div([P]) if k else ([algebra.field.ring.zero], top)
        found += algebra.field(rest) * unit**k if k else algebra.field(rest)
        top, k = quotient, k - 1
    found /= algebra.field(bottom)
    return found if len(found.numer) + len(found.denom) < len(y.numer) + len(y.denom) else y


def _symbols(algebra: Algebra, x: FracElement) -> set[Symbol]:
    ring = algebra.field.ring
    return {s for s, g in zip(algebra.symbols, ring.gens, strict=True) if x.numer.degree(g) > 0 or x.denom.degree(g) > 0}


def _needs(algebra: Algebra, name: Symbol, equations: Mapping, integrals: Mapping) -> set[Symbol]:
    parts = [equations[name]] if name in equations else [d for d, _ in integrals[name].factors]
    return {s for x in parts for s in _symbols(algebra, x) if s in equations or s in integrals}


def _used(algebra: Algebra, equations: Mapping, integrals: Mapping, values: Mapping) -> set[Symbol]:
    front = [s for x in values.values() for s in _symbols(algebra, x) if s in equations or s in integrals]
    used: set[Symbol] = set()
    while front:
        name = front.pop()
        if name not in used:
            used.add(name)
            front += _needs(algebra, name, equations, integrals)
    return used


def _blocks(algebra: Algebra, equations: dict, integrals: Mapping) -> tuple[Block, ...]:
    """Strongly connected unknowns together, in the order in which they can be solved."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    names = [*equations, *integrals]
    if not names:
        return ()
    place = {n: i for i, n in enumerate(names)}
    needs = {n: _needs(algebra, n, equations, integrals) for n in names}
    pairs = [(place[n], place[m]) for n in names for m in needs[n]]
    graph = csr_array(([1] * len(pairs), tuple(zip(*pairs, strict=True)) if pairs else ([], [])), shape=(len(names),) * 2)
    _, label = connected_components(graph, connection="strong")
    groups: dict[int, list[Symbol]] = {}
    for n, k in zip(names, label, strict=True):
        groups.setdefault(k, []).append(n)
    ordered: list[Block] = []
    done: set[Symbol] = set()
    left = list(groups.values())
    while left:
        ready = [g for g in left if all(needs[n] <= done | set(g) for n in g)]
        ordered += [_block(algebra, g, needs, equations) for g in ready]
        done |= {n for g in ready for n in g}
        left = [g for g in left if g not in ready]
    return _joined(ordered)


def _joined(blocks: list[Block]) -> tuple[Block, ...]:
    """All nonlinear blocks, with what stands between them, as one: they move along one path."""
    hard = [i for i, b in enumerate(blocks) if b.core and not b.linear]
    if len(hard) < 2:
        return tuple(blocks)
    first, last = hard[0], hard[-1] + 1
    core = tuple(s for b in blocks[first:last] for s in b.core)
    rest = tuple(s for b in blocks[first:last] for s in b.rest)
    return (*blocks[:first], Block(core, rest, False), *blocks[last:])


def _block(algebra: Algebra, names: list[Symbol], needs: Mapping, equations: dict) -> Block:
    """The fewest unknowns that cut all cycles, integrals first; a single one in a linear block is solved for."""
    linear = all(n in equations and _affine(algebra, equations[n], names) for n in names)
    for size in range(len(names) + 1):
        for core in combinations(sorted(names, key=lambda n: (n in equations, str(n))), size):
            rest = _order([n for n in names if n not in core], set(core), needs)
            if rest is None:
                continue
            if linear and size == 1:
                closed = equations[core[0]]
                for n in reversed(rest):
                    closed = _put(algebra, closed, algebra.symbols.index(n), equations[n])
                solved = _solved(algebra, closed, algebra.symbols.index(core[0]))
                if solved is not None:
                    equations[core[0]] = solved
                    return Block((), (core[0], *rest), True)
            return Block(core, tuple(rest), linear)
    raise AssertionError("all unknowns together cut every cycle")


def _affine(algebra: Algebra, x: FracElement, names: list[Symbol]) -> bool:
    gens = {algebra.symbols.index(n) for n in names}
    if any(x.denom.degree(algebra.field.ring.gens[i]) > 0 for i in gens):
        return False
    return all(sum(m[i] for i in gens) <= 1 for m in x.numer.monoms())


def _order(names: list[Symbol], known: set[Symbol], needs: Mapping) -> list[Symbol] | None:
    """An order in which each needs only earlier ones, `known` and what is outside of the block; None where there is a cycle."""
    inside, found = set(names), []
    while len(found) < len(names):
        ready = [n for n in names if n not in found and not (needs[n] & inside) - set(found) - known]
        if not ready:
            return None
        found += ready
    return found
