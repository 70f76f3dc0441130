"""SymPy's trees of scalar expressions of random matrices, read as functionals of linear fractional forms.

Sizes tend to infinity together: every dimension is a ratio times one scale N, iid entries of variance v/N are what stays bounded, and
each sub-expression is carried with its power of N. What grows in the end, or mixes powers in a sum, is refused by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import sympy
from sympy import Expr, MatrixExpr, MatrixSymbol, Rational, Symbol
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.polys.fields import FracElement

from asymptotics.derivation.algebra import PATH, Algebra, Generators, rational
from asymptotics.derivation.forms import Form, Port, constant, letter
from asymptotics.derivation.minimal import minimal

LARGEST = 40  # ports of one functional

Sized = tuple[Form, Rational]  # a form times N to this power


@dataclass(frozen=True)
class Functional:
    """A normalised trace of a form (dimension `over`), or, `over` None, the one entry of a 1 x 1 form; `name` stands for it."""

    name: Symbol
    form: Form
    over: Symbol | None
    source: Expr


class Reader:
    """Reads scalar expressions by name; `kinds` gives each letter's kind: gaussian, symmetric, haar, vector or deterministic."""

    def __init__(
        self,
        expressions: Mapping[str, Expr],
        kinds: Mapping[str, str],
        ratios: Mapping[Symbol, Expr],
        scalars: Iterable[Expr] = (),
    ) -> None:
        self.kinds, self.ratios = dict(kinds), dict(ratios)
        self.laws: dict[str, Symbol] = {}  # deterministic letter -> its generator
        self.functionals: list[Functional] = []
        self.inverted: dict[MatrixExpr, Sized] = {}  # what is inverted
        fixed = {x for e in expressions.values() for x in e.atoms(MatrixSymbol) if self.kinds.get(x.name) == "deterministic"}
        expressions = {name: e.xreplace({sympy.Transpose(x): x for x in fixed}) for name, e in expressions.items()}
        generators = Generators()
        generators.add(PATH)
        for expr in expressions.values():
            self._scan(expr, generators)
        for scalar in [*self.ratios.values(), *scalars]:
            generators.scan(scalar)
        self.generators = generators
        self.algebra = Algebra(generators)
        self.law = [self.algebra.symbols.index(s) for s in self.laws.values()]
        self.values = {name: self._scalar(expr) for name, expr in expressions.items()}

    # what there is

    def _scan(self, expr: Any, generators: Generators) -> None:
        if isinstance(expr, MatrixSymbol):
            self._kind(expr)
            if self.kinds[expr.name] == "deterministic":
                if expr.shape[0] != expr.shape[1]:
                    _refuse(expr, "a deterministic matrix is square and given by its law; a rectangular one has no law")
                generators.add(self.laws.setdefault(expr.name, sympy.Dummy(expr.name, positive=True)))
        elif isinstance(expr, sympy.MatPow) and isinstance(expr.base, MatrixSymbol):
            self._scan(expr.base, generators)
            if expr.base.name in self.laws and rational(expr.exp).is_Rational:
                generators.add(self.laws[expr.base.name], rational(expr.exp))
        elif isinstance(expr, MatrixExpr | sympy.Trace | MatrixElement) or (
            isinstance(expr, Expr) and expr.has(sympy.Trace, MatrixSymbol)
        ):
            for part in expr.args:
                if isinstance(part, Expr):
                    self._scan(part, generators)
        elif isinstance(expr, Expr):
            generators.scan(self._sized(expr)[0])

    def _kind(self, symbol: MatrixSymbol) -> str:
        if symbol.name not in self.kinds:
            one = (
                f"vectors=[{symbol.name}]"
                if symbol.shape[1] == 1
                else f"gaussian=[{symbol.name}], or its law, laws={{{symbol.name}: ...}}"
            )
            _refuse(symbol, f"nothing is said of {symbol.name}: give {one}")
        return self.kinds[symbol.name]

    # scalars

    def _sized(self, expr: Expr) -> tuple[Expr, Rational]:
        """A scalar with its dimensions written as ratios, and its power of N; of a sum the leading power."""
        if expr in self.ratios:
            return self.ratios[expr], Rational(1)
        if isinstance(expr, sympy.Mul):
            parts = [self._sized(a) for a in expr.args]
            return sympy.Mul(*(x for x, _ in parts)), sum((k for _, k in parts), Rational(0))
        if isinstance(expr, sympy.Pow) and expr.base.has(*self.ratios):
            base, k = self._sized(expr.base)
            exponent = rational(expr.exp)
            if not exponent.is_Rational:
                _refuse(expr, "a dimension stands in it to a power that is no rational number")
            return sympy.expand_power_base(base**exponent, force=True), k * exponent
        if isinstance(expr, sympy.Add):
            parts = [self._sized(a) for a in expr.args]
            top = max(k for _, k in parts)
            return sympy.Add(*(x for x, k in parts if k == top)), top
        if self.ratios and expr.has(*self.ratios):
            _refuse(expr, "a dimension stands in a function that is not rational")
        return expr, Rational(0)

    def _coefficient(self, expr: Expr) -> tuple[FracElement, Rational]:
        if expr.has(sympy.Trace, MatrixSymbol):
            _refuse(expr, "it stands inside a matrix, which must be rational in its letters: give its limit a symbol of its own")
        scalar, k = self._sized(expr)
        return self.algebra.element(scalar), k

    def _scalar(self, expr: Expr) -> Expr:
        """The expression with its functionals replaced by their names."""
        found, k = self._functionals(expr)
        if k != 0:
            _refuse(
                expr,
                f"it grows like n^{k}: divide so that it has a limit" if k > 0 else f"it vanishes like n^{k}: its limit is 0",
            )
        return found

    def _functionals(self, expr: Any) -> tuple[Expr, Rational]:
        if isinstance(expr, sympy.Trace):
            form, k = self.matrix(_turned(expr.arg))
            if form.rows == form.cols == sympy.S.One:
                return self._named(form, None, expr), k
            scale, own = self._sized(form.rows)
            return scale * self._named(form, form.rows, expr), k + own
        if isinstance(expr, MatrixExpr):
            if expr.shape != (1, 1):
                _refuse(expr, f"it is a matrix of shape {expr.shape}: take a Trace, or a 1 x 1 product such as b.T*A*b")
            form, k = self.matrix(expr)
            return self._named(form, None, expr), k
        if isinstance(expr, MatrixElement) or expr.has(sympy.Sum):
            _refuse(expr, "write an entry of a 1 x 1 product as its Trace: Trace(b.T*A*b)")
        if not expr.has(MatrixSymbol, sympy.Trace):
            return self._sized(expr)
        if any(isinstance(a, MatrixExpr) for a in expr.args):
            _refuse(expr, f"{type(expr).__name__} of a matrix is no trace of a rational expression")
        if isinstance(expr, sympy.Mul):
            parts = [self._functionals(a) for a in expr.args]
            return sympy.Mul(*(x for x, _ in parts)), sum((k for _, k in parts), Rational(0))
        if isinstance(expr, sympy.Add):
            parts = [self._functionals(a) for a in expr.args]
            _alike(expr, [k for _, k in parts])
            return sympy.Add(*(x for x, _ in parts)), parts[0][1]
        if isinstance(expr, sympy.Pow) and rational(expr.exp).is_Rational:
            base, k = self._functionals(expr.base)
            return base**expr.exp, k * rational(expr.exp)
        parts = [self._functionals(a) for a in expr.args]
        if any(k != 0 for _, k in parts):
            _refuse(expr, "what stands in a function must have a limit")
        return expr.func(*(x for x, _ in parts)), Rational(0)

    def _named(self, form: Form, over: Symbol | None, source: Expr) -> Symbol:
        if len(form.ports) > LARGEST:
            _refuse(
                source, f"its linearisation is too large: {len(form.ports)} occurrences of random matrices, at most {LARGEST}"
            )
        if form.rows != form.cols:
            _refuse(source, f"a trace is taken of a square matrix; this one is {form.rows} x {form.cols}")
        least = minimal(form, self.law)
        known = next((f.name for f in self.functionals if f.form == least and f.over == over), None)
        if known is None:
            known = Symbol(f"T_{len(self.functionals) + 1}")
            self.functionals.append(Functional(known, least, over, source))
        return known

    # matrices

    def matrix(self, expr: Any) -> Sized:
        """The form of a matrix expression, and its power of N."""
        if isinstance(expr, MatrixSymbol):
            return self._letter(expr)
        if isinstance(expr, sympy.Identity):
            return constant(expr.shape[0], self.algebra.one), Rational(0)
        if isinstance(expr, sympy.ZeroMatrix):
            return Form(expr.shape[0], expr.shape[1], (), {}, {}, {}, self.algebra.zero), Rational(0)
        if isinstance(expr, sympy.Transpose):
            form, k = self.matrix(expr.arg)
            return form.T, k
        if isinstance(expr, sympy.MatAdd):
            return self._sum(expr)
        if isinstance(expr, sympy.MatMul):
            return self._product(expr)
        if isinstance(expr, sympy.MatPow):  # an Inverse is one
            return self._power(expr)
        _refuse(expr, f"{type(expr).__name__} is not a sum, product, power, transpose or inverse of matrices")

    def _letter(self, symbol: MatrixSymbol) -> Sized:
        kind = self._kind(symbol)
        rows, cols = symbol.shape
        if kind == "deterministic":
            return constant(rows, self.algebra.power(self.laws[symbol.name], Rational(1))), Rational(0)
        for size in (rows, cols):
            if size not in self.ratios and size != 1:
                _refuse(
                    symbol,
                    f"its dimension {size} is not one symbol with a ratio; ratios are known of {', '.join(map(str, self.ratios))}",
                )
        if kind in ("symmetric", "haar") and rows != cols:
            _refuse(symbol, f"a {kind} matrix is square; this one is {rows} x {cols}")
        if kind != "vector" and sympy.S.One in (rows, cols):
            _refuse(
                symbol,
                f"a random column is no letter of its own: say vectors=[{symbol}], or average over it, Trace(A) for {symbol}.T*A*{symbol}",
            )
        grows = kind in ("gaussian", "symmetric")
        return letter(Port(symbol.name, False, rows, cols), self.algebra.one), Rational(1, 2) if grows else Rational(0)

    def _sum(self, expr: MatrixExpr) -> Sized:
        parts = [self.matrix(a) for a in expr.args]
        form = parts[0][0]
        for term, (other, _) in zip(expr.args, parts, strict=True):
            if (other.rows, other.cols) != (form.rows, form.cols):
                first = f"{expr.args[0]} is {form.rows} x {form.cols}"
                _refuse(expr, f"shapes do not match: {first}, and {term} is {other.rows} x {other.cols}")
        _alike(expr, [k for _, k in parts])
        for other, _ in parts[1:]:
            form = form.plus(other)
        return form, parts[0][1]

    def _product(self, expr: MatrixExpr) -> Sized:
        scalars = [a for a in expr.args if not isinstance(a, MatrixExpr)]
        matrices = [a for a in expr.args if isinstance(a, MatrixExpr)]
        form, k = self.matrix(matrices[0])
        for factor in matrices[1:]:
            other, more = self.matrix(factor)
            if form.cols != other.rows:
                _refuse(
                    expr,
                    f"shapes do not match: {factor} is {other.rows} x {other.cols}, and what it is multiplied by has {form.cols} columns",
                )
            form, k = form.times(other), k + more
        by, more = self._coefficient(sympy.Mul(*scalars))
        return form.scaled(by), k + more

    def _power(self, expr: MatrixExpr) -> Sized:
        base, exponent = expr.base, rational(expr.exp)
        if isinstance(base, MatrixSymbol) and self._kind(base) == "deterministic" and exponent.is_Rational:
            return constant(base.shape[0], self.algebra.power(self.laws[base.name], exponent)), Rational(0)
        if not exponent.is_Integer:
            _refuse(
                expr, "only powers of deterministic matrices may be fractional; a random matrix to such a power is not rational"
            )
        form, k = self.matrix(base)
        if form.rows != form.cols:
            _refuse(expr, f"a power is taken of a square matrix; {base} is {form.rows} x {form.cols}")
        if exponent == 0:
            return constant(form.rows, self.algebra.one), Rational(0)
        if exponent < 0:
            if not form.D:
                _refuse(
                    expr,
                    "without its random matrices it is 0, so its inverse may be singular: invert (A + lam*Identity), and let lam tend to 0",
                )
            if base.shape != (1, 1):
                self.inverted[base] = form, k
            form, k = form.inverse(), -k
        whole, total = form, k
        for _ in range(abs(int(exponent)) - 1):
            whole, total = whole.times(form), total + k
        return whole, total


def _turned(expr: Any) -> Any:
    """A product with a column in it, from after that column on: of the same trace, and 1 x 1."""
    factors = expr.args if isinstance(expr, sympy.MatMul) else ()
    i = next((i for i, x in enumerate(factors) if isinstance(x, MatrixExpr) and x.shape[1] == 1), len(factors))
    return sympy.MatMul(*factors[i + 1 :], *factors[: i + 1]) if i + 1 < len(factors) else expr


def _alike(expr: Any, powers: list[Rational]) -> None:
    """Refuse a sum whose terms grow with different powers of N."""
    if len(set(powers)) > 1:
        terms = ", ".join(f"{a} like n^{k}" for a, k in zip(expr.args, powers, strict=True))
        _refuse(expr, f"its terms grow differently: {terms}")


def _refuse(expr: object, remedy: str) -> NoReturn:
    raise ValueError(f"{expr} is refused: {remedy}")
