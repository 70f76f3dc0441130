"""The way to the point: x = a + t, a - t or 1/t, or several parameters as functions of x; t falls to 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import Any

import sympy as sp
from mpmath import mpf

from asymptotics.conventions import refuse
from asymptotics.elimination import keyword

T = sp.Symbol("t", positive=True)
Polynomial = dict[tuple[Fraction, int], Any]


@dataclass(frozen=True)
class Path:
    """`symbols` are those of the function; `given` are the numbers of all but x, and but those that go `along`."""

    x: sp.Symbol
    to: Any
    side: str
    along: Mapping[sp.Symbol, Any]
    given: Mapping[sp.Symbol, Any]
    symbols: tuple[sp.Symbol, ...]

    def __post_init__(self) -> None:
        if self.side not in ("+", "-"):
            refuse("side", self.side, '"+": x falls to the point, or "-": x rises to it')
        if missing := [s for s in self.others if s not in self.given]:
            refuse(
                "given",
                dict(self.given),
                f"a rational number for each symbol but {self.x}, to tell the branch by: {missing} have none",
            )

    @property
    def small(self) -> Any:
        """t, in x."""
        if self.to == sp.oo:
            return 1 / self.x
        return self.x - self.to if self.side == "+" else self.to - self.x

    @cached_property
    def moving(self) -> dict[sp.Symbol, Any]:
        """Symbols that move, as functions of t."""
        where = 1 / T if self.to == sp.oo else self.to + (T if self.side == "+" else -T)
        return {s: sp.sympify(v).subs(self.x, where) for s, v in self.along.items()} | {self.x: where}

    @cached_property
    def others(self) -> list[sp.Symbol]:
        """Symbols that stay, by name: those of the coefficients."""
        used = [self.moving.get(s, s) for s in self.symbols] + [self.moving[self.x]]
        return sorted(set().union(*(e.free_symbols for e in used)) - {T}, key=lambda s: s.name)

    @cached_property
    def power(self) -> int:
        """q, where fractional powers of t are those of t^(1/q)."""
        found = [p.exp.q for v in self.moving.values() for p in v.atoms(sp.Pow) if p.base == T and p.exp.is_Rational]
        return lcm(*(int(q) for q in found))

    def put(self, f: Any) -> Any:
        """f on the path, with t^q for t."""
        return f.subs({s: v.subs(T, T**self.power) for s, v in self.moving.items()}, simultaneous=True)

    def numbers(self, t: Any) -> dict[str, Any]:
        """The symbols of the function at t, by keyword."""
        values = {s: mpf(int(v.p)) / int(v.q) for s, v in self.given.items()}
        found = {}
        for s in self.symbols:
            if s in self.moving:
                arguments = [T, *self.others]
                found[keyword(s)] = sp.lambdify(arguments, self.moving[s], "mpmath")(t, *(values[o] for o in self.others))
            else:
                found[keyword(s)] = values[s]
        return found

    def polynomial(self, f: Any, y: sp.Symbol) -> tuple[Polynomial, Any]:
        """f, on the path already, as terms of t and y, and the field of its coefficients."""
        if not f.is_polynomial(y, T):
            f = sp.fraction(sp.together(f))[0]
            if not f.is_polynomial(y, T):
                refuse("f", f, "a closed form, or an equation that is polynomial in y once denominators are cleared")
        field = sp.QQ.frac_field(*self.others) if self.others else sp.QQ
        poly = sp.Poly(f, T, y, domain=field)
        if self._double(poly):  # roots that coincide on the path
            poly = poly.sqf_part()
        return {(Fraction(i, self.power), j): a for (i, j), a in poly.as_dict(native=True).items()}, field

    def _double(self, poly: sp.Poly) -> bool:
        """Has the polynomial double roots at the given parameters and one t?"""
        line: dict[tuple[int], Any] = {}
        point = [sp.QQ.from_sympy(self.given[s]) for s in self.others]
        for (i, j), a in poly.as_dict(native=True).items():
            value = a.numer(*point) / a.denom(*point) if self.others else a
            line[(j,)] = line.get((j,), sp.QQ(0)) + value / sp.QQ(7) ** i
        g = sp.ring("y", sp.QQ)[0].from_dict({k: v for k, v in line.items() if v})
        return bool(g) and g.gcd(g.diff(g.ring.gens[0])).degree() > 0
