r"""The equations of a limit as SymPy objects: to read, to print as LaTeX, to eliminate from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sympy
from sympy import Eq, Expr, Rational, Symbol

from asymptotics.derivation.algebra import PATH
from asymptotics.derivation.reduction import Integral, Reduced

ORDER = "rev-lex"  # 1 - x, not -x + 1
NAMES = {Symbol(k, positive=True): v for k, v in {"r2": "r^2", "sigma2": r"\sigma^2"}.items()}


def _latex(expr: Expr) -> str:
    words = {s: rf"\mathrm{{{s.name}}}" for s in expr.free_symbols if len(s.name) > 1 and sympy.latex(s) == s.name}
    return sympy.latex(expr, order=ORDER, symbol_names=words | NAMES)


class Mean(sympy.Function):
    """The mean of its first argument over the law that the second names: int ... dH(s)."""

    def _sympystr(self, printer) -> str:
        return f"Mean[{self.args[1]}]({printer._print(self.args[0])})"

    def _latex(self, printer, exp=None) -> str:
        variables = sorted((x for x in self.args[0].free_symbols if x.name == "s" or x.name.startswith("s_")), key=str)
        inside = (
            r"\int\,"
            + printer._print(self.args[0])
            + r"\,d"
            + printer._print(self.args[1])
            + "("
            + ", ".join(map(printer._print, variables))
            + ")"
        )
        return inside if exp is None else rf"\left({inside}\right)^{{{exp}}}"


@dataclass(frozen=True)
class Equations:
    """`system`: unknowns and their equations in the order they are solved in (`core`: by iteration); `values`: what is asked, in them."""

    core: tuple[Symbol, ...]
    system: tuple[Eq, ...]
    values: dict[str, Expr]

    def latex(self, only: Iterable[str] | None = None) -> str:
        """All of it, one line an equation, for an align* environment; `only`: these values, and every equation."""
        wanted = self.values if only is None else {k: self.values[k] for k in only}
        rows = [rf"\text{{{name}}} &\to {_latex(value)}" for name, value in wanted.items()]
        rows += [rf"{_latex(e.lhs)} &= {_latex(e.rhs)}" for e in self.system]
        return " \\\\\n".join(rows)

    def __str__(self) -> str:
        lines = [f"{name} -> {sympy.sstr(value, order=ORDER)}" for name, value in self.values.items()]
        return "\n".join([*lines, *(f"  {e.lhs} = {sympy.sstr(e.rhs, order=ORDER)}" for e in self.system)])

    __repr__ = __str__


def numbered(reduced: Reduced) -> dict[Symbol, Symbol]:
    """The unknowns in the order in which they are solved, and their names in print: tau of equations, J of integrals, numbered anew."""
    order = [s for b in reduced.blocks for s in (*b.core, *b.rest) if s not in reduced.functionals]
    stem = {s: "J" if s in reduced.integrals else "tau" for s in order}
    count = dict.fromkeys(("J", "tau"), 0)
    names = {}
    for s in order:
        count[stem[s]] += 1
        alone = list(stem.values()).count(stem[s]) == 1
        names[s] = Symbol(stem[s] if alone else f"{stem[s]}_{count[stem[s]]}", positive=True)
    return names


def equations(reduced: Reduced, letters: dict[Symbol, Symbol]) -> Equations:
    """The reduced system with unknowns numbered anew; `letters`: law generator -> how it is written."""
    algebra, names = reduced.algebra, numbered(reduced)

    def shown(expr: Expr) -> Expr:
        return expr.subs(PATH, 1).xreplace(names)

    def integral(x: Integral) -> Expr:
        body = sympy.Integer(1)
        for g, k in zip(reduced.law, x.power, strict=True):
            symbol = algebra.symbols[g]
            body *= letters[symbol] ** Rational(k, algebra.roots[symbol])
        for d, m in x.factors:
            body /= algebra.expr(d).xreplace(letters) ** m
        measure = "G" if x.vectors else "H"
        return Mean(
            shown(body), Symbol(measure if len({i.over for i in reduced.integrals.values()}) == 1 else f"{measure}_{x.over}")
        )

    system = []
    for s in names:
        right = shown(algebra.expr(reduced.equations[s])) if s in reduced.equations else integral(reduced.integrals[s])
        system.append(Eq(names[s], right, evaluate=False))
    found = {name: shown(algebra.expr(reduced.equations[name])) for name in reduced.functionals if name in reduced.equations}
    outputs = {name: shown(algebra.expr(x)) for name, x in reduced.outputs.items()} | dict(reduced.later)
    asked = {name: x.xreplace(found) for name, x in outputs.items() if Symbol(name) not in reduced.functionals}
    read = set().union(*(x.free_symbols for x in asked.values()))
    for _ in system:  # what is read of what is read
        read |= {y for e in system if e.lhs in read for y in e.rhs.free_symbols}
    core = tuple(names[s] for b in reduced.blocks for s in b.core if names[s] in read)
    return Equations(core, tuple(e for e in system if e.lhs in read), asked)
