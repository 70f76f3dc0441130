r"""The Dyson equation in the few scalars that a person would have kept.

Every mean over a law is a sum of integrals J = int s^k / (D_1(s)^m_1 D_2(s)^m_2 ...) dH(s) with coefficients free of s (`split`); what is
then free of laws, and short, is put into the rest. Unknowns that need one another form a block, most of them explicit in a few.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy
from sympy import Symbol
from sympy.polys.fields import FracElement
from sympy.polys.rings import PolyElement

from asymptotics.derivation.algebra import Algebra, Generators, by_powers, substitute
from asymptotics.derivation.blocks import Block, in_order, used
from asymptotics.derivation.dyson import System
from asymptotics.derivation.tidying import inlined, merged, tidied


@dataclass(frozen=True)
class Integral:
    """J = mean of s^power / prod D^m over the law of `over`, or over the energy of `vectors` in it; power: one exponent a generator."""

    name: Symbol
    over: Symbol
    vectors: tuple[str, ...]
    power: tuple[int, ...]
    factors: tuple[tuple[FracElement, int], ...]


@dataclass(frozen=True)
class Reduced:
    """`equations`: unknown or functional = element; `integrals` by name; `blocks` in the order they are solved in.

    `outputs`: what was asked for, where it is a rational function of the functionals; of what is not (`later`) they have the functionals.
    """

    algebra: Algebra
    law: tuple[int, ...]
    equations: Mapping[Symbol, FracElement]
    integrals: Mapping[Symbol, Integral]
    functionals: tuple[Symbol, ...]
    outputs: Mapping[str, FracElement]
    later: Mapping[str, sympy.Expr]
    blocks: tuple[Block, ...]


def reduce(system: System, law: list[int], generators: Generators) -> Reduced:
    """The system in integrals and the unknowns that cannot be eliminated."""
    integrands, results = _signed(system)
    known: dict[tuple, Symbol] = {}
    pieces = {u.name: split(x, u.over, (), law, known) for u, x in zip(system.unknowns, integrands, strict=True)}
    answers = {v.name: split(x, v.over, v.vectors, law, known) for v, x in zip(system.values, results, strict=True)}
    algebra = Algebra(generators, [*(u.name for u in system.unknowns), *known.values(), *answers])
    equations = {name: _total(algebra, parts) for name, parts in pieces.items()}
    values = {name: _total(algebra, parts) for name, parts in answers.items()}
    inside = list(dict.fromkeys(d for *_, factors in known for d, _ in factors))
    equations, changed, values = merged(algebra, equations, [algebra.polynomial(d) for d in inside], values)
    now = dict(zip(inside, changed, strict=True))
    integrals = {
        name: Integral(name, over, vectors, power, tuple((now[d], m) for d, m in factors))
        for (over, vectors, power, factors), name in known.items()
    }
    equations, values = inlined(algebra, equations, integrals, values)
    iterated = {s for b in in_order(algebra, dict(equations), integrals) if b.core and not b.linear for s in (*b.core, *b.rest)}
    # those that are iterated start from 0, where they must be regular as they stand
    equations, values = tidied(algebra, equations, values, iterated)
    outputs, later = _outputs(algebra, system, tuple(values))
    live = used(algebra, equations | values, integrals, outputs)
    integrals = {j: x for j, x in integrals.items() if j in live}
    equations = {t: x for t, x in (equations | values).items() if t in live}
    return Reduced(
        algebra, tuple(law), equations, integrals, tuple(values), outputs, later, in_order(algebra, equations, integrals)
    )


def _outputs(
    algebra: Algebra, system: System, functionals: tuple[Symbol, ...]
) -> tuple[dict[str, FracElement], dict[str, sympy.Expr]]:
    outputs, later = {}, {}
    for name, expr in system.expressions.items():
        try:
            outputs[name] = algebra.element(expr)
        except (KeyError, TypeError, AttributeError):  # a function of functionals that the field does not have
            later[name] = expr
            outputs |= {str(t): algebra.of[t] for t in functionals if t in expr.free_symbols}
    return outputs, later


def _total(algebra: Algebra, parts: list[tuple[PolyElement, PolyElement, Symbol | None]]) -> FracElement:
    terms = (algebra.polynomial(a) / algebra.polynomial(b) * (algebra.of[j] if j else algebra.one) for a, b, j in parts)
    return sum(terms, algebra.zero)


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
            d, sign = _positive(d)
            bottom = bottom * sign**m
            factors.append((d, m))
        else:
            bottom = bottom * d**m
    factors.sort(key=str)
    found = []
    for power, top in by_powers(x.numer, law).items():
        if not factors and not any(power):  # the mass of the law; different vectors are orthogonal
            found += [(top, bottom, None)] if len(set(vectors)) < 2 else []
            continue
        key = (over, vectors, power, tuple(factors))
        found.append((top, bottom, known.setdefault(key, sympy.Dummy(f"J_{len(known) + 1}", positive=True))))
    return found


def _positive(d: PolyElement) -> tuple[PolyElement, int]:
    """d or -d, such that more of its terms are positive."""
    signs = sum(1 if c > 0 else -1 for _, c in d.terms())
    return (d, 1) if signs >= 0 else (-d, -1)


def _signed(system: System) -> tuple[list[FracElement], list[FracElement]]:
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
