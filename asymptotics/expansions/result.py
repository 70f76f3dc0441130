"""What `expand` returns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy as sp
from mpmath import mp, mpf

from asymptotics.conventions import refuse
from asymptotics.elimination import keyword
from asymptotics.expansions.algebraic import expression, number, unsolved
from asymptotics.expansions.branch import Branch, checked


@dataclass(frozen=True)
class Expansion:
    """y = sum of coefficient * small^exponent over `terms`, + O(small^remainder), as `small` falls to 0+.

    `small` is x - a, a - x or 1/x. `terms`: pairs (exponent, coefficient), SymPy rationals and expressions in the parameters,
    exact; `remainder`: the next exponent, oo where the series ends; `slope`: of the remainder, as measured. `roots`: of a coefficient
    that has no radicals, its symbol and the polynomial whose root it is, the one of the branch.

    Called with numbers of the variable and the parameters, by keyword (`lambda` as `lam`), it is the value of the terms.
    """

    variable: sp.Symbol
    to: Any
    small: sp.Expr
    terms: tuple[tuple[sp.Rational, sp.Expr], ...]
    remainder: Any
    slope: float
    roots: dict[sp.Symbol, sp.Expr]

    @property
    def exponent(self) -> Any:
        """Of the leading term."""
        return self.terms[0][0]

    @property
    def coefficient(self) -> Any:
        """Of the leading term."""
        return self.terms[0][1]

    @property
    def leading(self) -> Any:
        """The leading term."""
        return self.coefficient * self.small**self.exponent

    @cached_property
    def expression(self) -> Any:
        """The sum of the terms."""
        return sp.Add(*(c * self.small**e for e, c in self.terms))

    def latex(self) -> str:
        """The terms in rising order, and the order of the remainder."""
        text = " + ".join(sp.latex(c * self.small**e) for e, c in self.terms).replace("+ -", "-")
        return text if self.remainder == sp.oo else rf"{text} + \mathcal{{O}}\left({sp.latex(self.small**self.remainder)}\right)"

    def series(self) -> Any:
        """The terms + SymPy's O."""
        if self.remainder == sp.oo:
            return self.expression
        return self.expression + sp.Order(self.small**self.remainder, (self.variable, self.to))

    def __call__(self, **numbers: Any) -> Any:
        symbols = sorted(self.expression.free_symbols | {self.variable}, key=lambda s: s.name)
        missing = [keyword(s) for s in symbols if keyword(s) not in numbers]
        if missing:
            refuse("numbers", sorted(numbers), f"it also takes {', '.join(missing)}")
        plain = self.expression.replace(lambda e: isinstance(e, sp.CRootOf), lambda e: e.evalf(20))
        return sp.lambdify(symbols, plain, "numpy")(*(numbers[keyword(s)] for s in symbols))


def collected(
    found: list[Any], values: Branch, terms: int, x: sp.Symbol, to: Any, small: Any, field: Any, point: list[Any]
) -> Expansion:
    """The expansion of the first `terms` of the terms found, one more than are shown, checked on the values."""
    numbers = [(mpf(e.numerator) / e.denominator, number(c, point)) for e, c in found]
    slope = checked(values, lambda t: mp.fsum(c * t**e for e, c in numbers[:terms]), numbers[terms - 1 :])
    exponents = [sp.Rational(e.numerator, e.denominator) for e, _ in found]
    shown = [(e, expression(c, field, point)) for e, (_, c) in zip(exponents, found[:terms], strict=False)]
    roots = {name: p for _, c in found[:terms] for name, p in unsolved(c, field, point).items()}
    return Expansion(x, to, small, tuple(shown), exponents[terms] if len(found) > terms else sp.oo, slope, roots)
