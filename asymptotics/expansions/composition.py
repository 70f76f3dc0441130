r"""The series of y = g(t, u(t)), g rational: numerator and denominator composed with the series of u, and divided."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy as sp

from asymptotics.expansions import puiseux
from asymptotics.expansions.algebraic import Element
from asymptotics.expansions.branch import Branch
from asymptotics.expansions.path import T

U = sp.Symbol("u", positive=True)


def composed(y: Any, u: list[puiseux.Term], values: Branch, terms: int, field: Any, point: list[Any]) -> list[puiseux.Term]:
    """Of the first `terms` terms of y, rational in T and U, those that the terms of U decide; `values`: numbers of y."""
    one, u = _lifted(u, field.one)
    parts = [terms_of(sp.expand(part), field) for part in sp.fraction(sp.together(y))]
    known = [min((i + (j - 1) * u[0][0] + u[-1][0] for i, j in p if j), default=None) for p in parts]
    top, bottom = (_put(p, u, one, end) for p, end in zip(parts, known, strict=True))
    Q = {(i, 1): a for i, a in bottom.items()} | {(i, 0): -a for i, a in top.items()}
    found = puiseux.series(Q, values, terms, field, point, one)
    shift = min(bottom)
    ends = [end + move for end, move in zip(known, (-shift, found[0][0] - shift), strict=True) if end is not None]
    return [(e, c) for e, c in found if all(e <= end for end in ends)]


def terms_of(e: Any, field: Any) -> puiseux.Polynomial:
    """A polynomial in t and u as terms, its coefficients in the field."""
    return {(Fraction(i), j): a for (i, j), a in sp.Poly(e, T, U, domain=field).as_dict(native=True).items()}


def _lifted(series: list[puiseux.Term], one: Any) -> tuple[Any, list[puiseux.Term]]:
    """All coefficients in the field of the last."""
    last = series[-1][1]
    if not isinstance(last, Element):
        return one, series
    lift = last.extension.lift
    return lift(one), [(e, c if isinstance(c, Element) else lift(c)) for e, c in series]


def _put(p: puiseux.Polynomial, u: list[puiseux.Term], one: Any, end: Fraction | None) -> dict[Fraction, Any]:
    """p(t, u(t)) up to t^end."""
    power: dict[Fraction, Any] = {Fraction(0): one}
    out: dict[Fraction, Any] = {}
    for j in range(max(k for _, k in p) + 1):
        for (i, k), a in p.items():
            if k == j:
                scale = one.extension.lift(a) if isinstance(one, Element) else a
                for e, c in power.items():
                    if end is None or i + e <= end:
                        out[i + e] = out[i + e] + scale * c if i + e in out else scale * c
        following: dict[Fraction, Any] = {}
        for e, c in power.items():
            for d, b in u:
                if end is None or e + d <= end:
                    following[e + d] = following[e + d] + b * c if e + d in following else b * c
        power = following
    return {e: c for e, c in out.items() if c}
