"""Unknowns in the order in which they can be solved: those that need one another form a block, most of them explicit in a few."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from sympy import Symbol
from sympy.polys.fields import FracElement

from asymptotics.derivation.algebra import Algebra
from asymptotics.derivation.tidying import put, solved, symbols


@dataclass(frozen=True)
class Block:
    """Unknowns that are found together: `core` by iteration, the `rest` explicitly from them, in order; `linear` in all of them or not."""

    core: tuple[Symbol, ...]
    rest: tuple[Symbol, ...]
    linear: bool


def _needs(algebra: Algebra, name: Symbol, equations: Mapping, integrals: Mapping) -> set[Symbol]:
    parts = [equations[name]] if name in equations else [d for d, _ in integrals[name].factors]
    return {s for x in parts for s in symbols(algebra, x) if s in equations or s in integrals}


def used(algebra: Algebra, equations: Mapping, integrals: Mapping, values: Mapping) -> set[Symbol]:
    front = [s for x in values.values() for s in symbols(algebra, x) if s in equations or s in integrals]
    used: set[Symbol] = set()
    while front:
        name = front.pop()
        if name not in used:
            used.add(name)
            front += _needs(algebra, name, equations, integrals)
    return used


def in_order(algebra: Algebra, equations: dict, integrals: Mapping) -> tuple[Block, ...]:
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
                    closed = put(algebra, closed, algebra.symbols.index(n), equations[n])
                closed_form = solved(algebra, closed, algebra.symbols.index(core[0]))
                if closed_form is not None:
                    equations[core[0]] = closed_form
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
    inside = set(names)
    found: list[Symbol] = []
    while len(found) < len(names):
        ready = [n for n in names if n not in found and not (needs[n] & inside) - set(found) - known]
        if not ready:
            return None
        found += ready
    return found
