"""SymPy's tree, read into polynomials of words at given sizes; every refusal names the sub-expression."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray
from sympy import (
    Add,
    Expr,
    Float,
    Function,
    Identity,
    Integer,
    MatAdd,
    MatMul,
    MatPow,
    MatrixSymbol,
    Mul,
    Number,
    NumberSymbol,
    OneMatrix,
    Pow,
    Rational,
    Symbol,
    Trace,
    Transpose,
    ZeroMatrix,
    nan,
    zoo,
)
from sympy import Sum as Summation
from sympy.matrices.expressions.adjoint import Adjoint
from sympy.matrices.expressions.matexpr import MatrixElement, MatrixExpr

from simulate.conventions import refuse
from simulate.expressions.algebra import Algebra
from simulate.expressions.indices import product
from simulate.expressions.letters import Matrix, Ones, Polynomial, Resolvent, Word
from simulate.expressions.letters import Sum as SumLetter

Array = NDArray[np.float64]
Description = Mapping[Any, Any]


def unreadable(expression: Any, why: str) -> NoReturn:
    refuse("expression", expression, why)
    raise AssertionError


class Reader:
    """Reads expressions in the matrices that `roles` describes: symbol -> (role, whatever goes with it)."""

    def __init__(self, sizes: Description, roles: Mapping[Any, tuple[str, Any]], parameters: Description) -> None:
        self.sizes, self.roles, self.given = dict(sizes), roles, parameters
        self.values = {s.name: self._eigenvalues(s, v) for s, (role, v) in roles.items() if role == "deterministic"}
        self.alphabet = Algebra(lambda name: float(self.values[name].min()))

    # Sizes and scalars

    def size(self, expression: Any, whole: Any) -> int:
        known = expression.subs(self.sizes) if isinstance(expression, Expr) else Integer(expression)
        if not (known.is_Integer and known > 0):
            missing = ", ".join(map(str, known.free_symbols)) or f"{expression} = {known}"
            unreadable(whole, f"its sizes must be positive integers, and sizes= says nothing of {missing}; {self._known(known)}")
        return int(known)

    def shape(self, e: Any) -> tuple[int, int]:
        return self.size(e.shape[0], e), self.size(e.shape[1], e)

    def _known(self, e: Any) -> str:
        names = {str(s) for s in e.free_symbols} & {str(s) for s in (*self.sizes, *self.given)}
        if names:
            return f"{', '.join(names)} stands there as another symbol, of other assumptions: use the very same symbols"
        return f"sizes= has {', '.join(map(str, self.sizes)) or 'none'}"

    def _eigenvalues(self, symbol: Any, values: Any) -> Array:
        rows, columns = self.shape(symbol)
        values = np.asarray(values, dtype=np.float64)
        values = np.full(rows, float(values)) if values.ndim == 0 else values
        if rows != columns or values.shape != (rows,) or not np.all(np.isfinite(values)):
            unreadable(
                symbol, f"a deterministic matrix is square, and given by its {rows} finite eigenvalues; got {values.shape}"
            )
        return values

    def scalar(self, e: Any) -> Any:
        """The scalar with its sizes put in, and a dummy for every trace."""
        if isinstance(e, Number | NumberSymbol):
            return e
        if isinstance(e, Symbol):
            if e in self.sizes:
                return Integer(self.sizes[e])
            if e not in self.given:
                unreadable(e, f"nothing describes this symbol: give it in parameters= or sizes=; {self._known(e)}")
            return e
        if isinstance(e, Trace):
            return self._trace(e)
        if isinstance(e, MatrixElement):
            if self.shape(e.parent) != (1, 1):
                unreadable(
                    e, "only the entry [0, 0] of a matrix of one row and column can be read; Trace(e_i.T*A*e_j) reads another"
                )
            return self.trace(self.matrix(e.parent))
        if isinstance(e, Summation):
            return self._summation(e)
        if isinstance(e, MatrixExpr):
            if self.shape(e) != (1, 1):
                unreadable(e, "a scalar is wanted here, and this is a matrix")
            return self.trace(self.matrix(e))
        if isinstance(e, Add | Mul | Pow | Function):
            whole = e.func(*(self.scalar(part) for part in e.args))
            if whole.has(zoo, nan):
                unreadable(e, "it divides by zero")
            return _factored(self._gathered(whole))
        unreadable(e, f"a {type(e).__name__} is not read: write it by sums, products, powers, functions and Trace")

    def _gathered(self, e: Any) -> Any:
        """As `Algebra.gathered`, for a number and a trace that would cancel: n - tr M (M + delta)^-1 = delta tr (M + delta)^-1."""
        number, rest = e.as_coeff_Add()
        for symbol in e.free_symbols & self.alphabet.scalars.keys() if number else ():
            word = self.alphabet.scalars[symbol]
            l = word[0]
            if len(word) == 1 and isinstance(l, Resolvent) and l.a == l.b == 1 and rest.coeff(symbol) * l.shape[0] == -number:
                return rest + rest.coeff(symbol) * (
                    -l.delta * self.trace(Polynomial(l.shape, {(self.alphabet.resolvent(l.word, l.delta),): Integer(1)})) - symbol
                )
        return e

    def _trace(self, e: Any) -> Any:
        rows, columns = self.shape(e.arg)
        if rows != columns:
            unreadable(e, f"the trace of a {rows} x {columns} matrix")
        return self.trace(self.matrix(e.arg))

    def _summation(self, e: Any) -> Any:
        found = product(e)
        if found is None or self.shape(found[1]) != (1, 1):
            unreadable(e, "this sum over indices is no product of one row and column: write Trace(b.T*A*b), or b.T*A*b itself")
        return self.scalar(found[0]) * self.trace(self.matrix(found[1]))

    def trace(self, polynomial: Polynomial) -> Any:
        total: Any = Integer(0)
        for word, c in polynomial.terms.items():
            for part, d in self.alphabet.expanded(word, around=True).items():
                total += c * d * (self._traced(part) if part else Integer(polynomial.shape[0] if not word else word[0].shape[0]))
        return _factored(total)

    def _traced(self, word: Word) -> Any:
        """The trace of a word; where it passes through vectors, the product of the numbers between them."""
        ones = [k for k, l in enumerate(word) if l.shape[0] == 1]
        if not ones:
            return self._dummy(self.alphabet.around(word))
        word = word[ones[0] :] + word[: ones[0]]
        cuts = [k for k, l in enumerate(word) if l.shape[0] == 1] + [len(word)]
        out = Integer(1)
        for i, j in pairwise(cuts):
            out *= self._dummy(min(word[i:j], self.alphabet.transpose(word[i:j]), key=lambda w: [l.index for l in w]))
        return out

    def _dummy(self, word: Word) -> Any:
        symbol = Symbol("_" + "_".join(str(l.index) for l in word), real=True)
        self.alphabet.scalars[symbol] = word
        return symbol

    # Matrices

    def matrix(self, e: Any) -> Polynomial:
        shape = self.shape(e)
        if isinstance(e, Identity):
            return Polynomial(shape, {(): Integer(1)})
        if isinstance(e, ZeroMatrix):
            return Polynomial(shape, {})
        if isinstance(e, OneMatrix):
            left = (self.alphabet.make(Ones, shape=(shape[0], 1), text=f"1_{shape[0]}"),)
            right = (self.alphabet.make(Ones, shape=(1, shape[1]), text=f"1_{shape[1]}.T", transposed=True),)
            return Polynomial(shape, {(*(left if shape[0] > 1 else ()), *(right if shape[1] > 1 else ())): Integer(1)})
        if isinstance(e, MatrixSymbol):
            return Polynomial(shape, {self._symbol(e, shape): Integer(1)})
        if isinstance(e, Transpose | Adjoint):
            return self.alphabet.transposed(self.matrix(e.arg))
        if isinstance(e, MatAdd):
            return self._added(e, shape)
        if isinstance(e, MatMul):
            return self._multiplied(e)
        if isinstance(e, MatPow):
            return self._power(e, *e.args)  # of an Inverse too: its exponent is -1
        unreadable(e, f"a {type(e).__name__} is not read: write it by sums, products, powers, inverses and transposes")

    def _symbol(self, e: Any, shape: tuple[int, int]) -> Word:
        if e not in self.roles:
            unreadable(
                e, "nothing describes this matrix: give it as gaussian=, symmetric=, haar=, features=, deterministic= or vectors="
            )
        role = self.roles[e][0]
        if role == "deterministic":
            return self.alphabet.diagonal(shape[0], {e.name: Integer(1)})
        if role in ("symmetric", "haar") and shape[0] != shape[1]:
            unreadable(e, f"a matrix that is {role} is square, and this is {shape[0]} x {shape[1]}")
        return (
            self.alphabet.make(
                Matrix,
                shape=shape,
                text=e.name,
                name=e.name,
                random=role != "vectors",
                symmetric=role == "symmetric" or shape == (1, 1),
                orthogonal=role == "haar",
            ),
        )

    def _added(self, e: Any, shape: tuple[int, int]) -> Polynomial:
        out = Polynomial(shape, {})
        for part in e.args:
            if self.shape(part) != shape:
                unreadable(e, f"{part} is {_by(self.shape(part))}, the first term {_by(shape)}")
            out = out + self.matrix(part)
        return self.alphabet.gathered(out)

    def _multiplied(self, e: Any) -> Polynomial:
        factors = [a for a in e.args if isinstance(a, MatrixExpr)]
        out = self.matrix(factors[0])
        for before, part in pairwise(factors):
            if self.shape(before)[1] != self.shape(part)[0]:
                unreadable(e, f"{before} is {_by(self.shape(before))}, and {part} after it {_by(self.shape(part))}")
            out = self.alphabet.multiplied(out, self.matrix(part))
        for scalar in (a for a in e.args if not isinstance(a, MatrixExpr)):
            out = out * self.scalar(scalar)
        return out

    def _power(self, e: Any, base: Any, exponent: Any) -> Polynomial:
        rows, columns = self.shape(base)
        if rows != columns:
            unreadable(
                e,
                f"a power of a {rows} x {columns} matrix; SymPy itself makes b**2 of b*b where a scalar b.T*A*b stands before b",
            )
        exponent = self.scalar(exponent)
        exponent = Rational(exponent) if isinstance(exponent, Float) else exponent
        if not exponent.is_Rational:
            unreadable(e, f"the exponent {exponent} is not a number")
        inside = self.matrix(base)
        if exponent.is_Integer:
            inside = self.alphabet.inverse(inside) if exponent < 0 else inside
            out = Polynomial(inside.shape, {(): Integer(1)})
            for _ in range(abs(int(exponent))):
                out = self.alphabet.multiplied(out, inside)
            return out
        return self._fraction(e, inside, exponent)

    def _fraction(self, e: Any, inside: Polynomial, exponent: Any) -> Polynomial:
        letters = [l for w in inside.terms for l in w]
        if len(inside.terms) == 1 and len(letters) <= 1 and all(l.diagonal and not isinstance(l, SumLetter) for l in letters):
            ((word, c),) = inside.terms.items()
            powers = dict(getattr(word[0], "powers", ())) if word else {}
            if any(self.alphabet.least(name) < 0 for name in powers) or c.is_negative:
                unreadable(e, f"the power {exponent} of a matrix with a negative eigenvalue")
            diagonal = self.alphabet.diagonal(inside.shape[0], {name: p * exponent for name, p in powers.items()})
            return Polynomial(inside.shape, {diagonal: c**exponent})
        if all(l.diagonal for l in letters):
            return Polynomial(inside.shape, {(self.alphabet.sum(inside, exponent),): Integer(1)})
        inside = self.alphabet.finished(inside)
        word = next(iter(inside.terms)) if len(inside.terms) == 1 else (self.alphabet.sum(inside),)
        c = inside.terms[word] if len(inside.terms) == 1 else Integer(1)
        function = self.alphabet.resolvent(word, Integer(0), 0, exponent)
        if not function.symmetric:
            unreadable(e, f"the power {exponent} is taken of symmetric matrices only")
        return Polynomial(inside.shape, {(function,): c**exponent})


def _factored(e: Any) -> Any:
    """A sum with the powers that its terms share in front, negative ones too: there those of a penalty cancel."""
    terms = Add.make_args(e)
    powers = [{b: k for b, k in t.as_powers_dict().items() if not b.is_Number and k.is_Number} for t in terms]
    shared = Mul(*(b ** min(q.get(b, 0) for q in powers) for b in {b for q in powers for b in q}))
    return shared * Add(*(t / shared for t in terms)) if len(terms) > 1 else e


def _by(shape: tuple[int, int]) -> str:
    return f"{shape[0]} x {shape[1]}"
