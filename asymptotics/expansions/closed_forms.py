"""A closed form with radicals as the root of a polynomial: each radical becomes an unknown with an equation of its own, eliminated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from mpmath import mpf

from asymptotics.conventions import refuse
from asymptotics.elimination import eliminate, keyword
from asymptotics.expansions.path import Path, T

Value = Callable[[Any], Any]


def values(f: Any, path: Path, at: Callable[..., Any] | None) -> Value:
    """y as a function of t: by `at`, in doubles, or by the closed form f itself, to the working precision."""
    if at is not None:
        return lambda t: at(**{name: float(v) for name, v in path.numbers(t).items()})
    own = sp.lambdify([keyword(s) for s in path.symbols], f.subs({s: sp.Symbol(keyword(s)) for s in path.symbols}), "mpmath")
    return lambda t: own(**path.numbers(t))


def polynomial(f: Any, y: sp.Symbol, path: Path, value: Value) -> Any:
    """The irreducible polynomial of y = f, f in rational functions and radicals, on the path; `value` tells the signs."""
    equations: list[Any] = []
    unknowns: list[sp.Symbol] = []

    def plain(e: Any) -> Any:
        if e.is_Symbol or e.is_Rational:
            return e
        if e.is_Add or e.is_Mul:
            return e.func(*map(plain, e.args))
        if e.is_Pow and e.exp.is_Rational:
            base = plain(e.base)
            if e.exp.is_Integer:
                return base**e.exp
            root = sp.Dummy("r")
            unknowns.append(root)
            equations.append(root**e.exp.q - base)
            return root**e.exp.p
        return refuse("f", e, "a closed form of rational functions and radicals; give anything else a symbol and an equation")

    g = plain(path.put(f))
    if not equations:
        return y - g
    samples = [({T: sp.Rational(1, 2**k), **path.given}, value(mpf(2) ** (-k * path.power))) for k in (5, 6, 7)]
    return eliminate(equations, unknowns, sp.Eq(y, g, evaluate=False), at=samples).as_expr()
