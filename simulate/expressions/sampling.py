"""Draws of an expression: what is described is read once, then drawn and evaluated at every point of the parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigvalsh
from sympy import Integer

from simulate.conventions import refuse
from simulate.expressions import drawing
from simulate.expressions.estimation import Estimation
from simulate.expressions.evaluation import Evaluation
from simulate.expressions.letters import Polynomial
from simulate.expressions.reading import Reader, unreadable

Array = NDArray[np.float64]
Matrices = Mapping[Any, Any]


class Sampler:
    """An expression with everything that it needs; arguments as of `simulate.expressions.sample`."""

    def __init__(
        self,
        *,
        sizes: Mapping[Any, int],
        gaussian: Mapping[Any, float],
        symmetric: Mapping[Any, float],
        haar: Iterable[Any],
        features: Mapping[Any, tuple[Any, Any]],
        deterministic: Mapping[Any, ArrayLike],
        vectors: Mapping[Any, ArrayLike],
        parameters: Mapping[Any, ArrayLike],
    ) -> None:
        described: dict[str, Mapping[Any, Any]] = {
            "gaussian": {s: drawing.variance(s, v) for s, v in gaussian.items()},
            "symmetric": {s: drawing.variance(s, v) for s, v in symmetric.items()},
            "haar": dict.fromkeys(haar),
            "features": features,
            "deterministic": deterministic,
            "vectors": vectors,
        }
        self.roles = _roles(described)
        try:
            arrays = np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in parameters.values())) if parameters else []
        except (TypeError, ValueError):
            refuse("parameters", dict(parameters), "they must be numbers or arrays that broadcast against one another")
        self.shape = arrays[0].shape if parameters else ()
        flat = [a.ravel() for a in arrays]
        count = len(flat[0]) if flat else 1
        self.points = [{s: a[k] for s, a in zip(parameters, flat, strict=True)} for k in range(count)]
        if not all(np.all(np.isfinite(a)) for a in flat) or count == 0:
            refuse("parameters", dict(parameters), "they must be finite, and at least one point")
        self.reader = Reader(sizes, self.roles, parameters)
        self.shapes = {s.name: self.reader.shape(s) for s in self.roles}
        self.vectors = {s.name: _vector(s, v, self.shapes[s.name]) for s, v in vectors.items()}
        self.features = [
            (s, drawing.activation(f), self._argument(s, e)) for s, (f, e) in sorted(features.items(), key=lambda t: t[0].name)
        ]
        self.evaluation = Evaluation(self.reader.alphabet, self.reader.values, self.points)
        self.formulas: dict[Any, Any] = {}  # what was read, for further draws

    def _argument(self, symbol: Any, e: Any) -> Polynomial:
        if self.reader.shape(e) != self.shapes[symbol.name]:
            unreadable(e, f"the argument of {symbol}, which is {self.shapes[symbol.name]}, is {self.reader.shape(e)}")
        polynomial = self.reader.matrix(e)
        letters = [l for w in polynomial.terms for l in w]
        features = {symbol.name for symbol, (role, _) in self.roles.items() if role == "features"}
        if features & {getattr(l, "name", "") for l in letters} or self.reader.alphabet.depends(*polynomial.terms.values())[0]:
            unreadable(
                e, f"the argument of {symbol} may hold matrices that are drawn or given, but no features and no parameters"
            )
        return polynomial

    def draw(self, rng: np.random.Generator) -> None:
        matrices = dict(drawing.draw(self.roles, self.shapes, rng)) | self.vectors
        self.evaluation.draw(matrices)
        for symbol, function, argument in self.features:
            A = self.evaluation.matrix(argument)
            matrices[symbol.name] = np.asarray(function(np.diag(A) if A.ndim == 1 else A), dtype=np.float64)

    def scalar(self, expression: Any, draws: int, rng: np.random.Generator) -> Array:
        formula = self.formulas[expression] if expression in self.formulas else self.reader.scalar(expression)
        self.formulas[expression] = formula
        out = np.empty((draws, len(self.points)))
        for row in out:
            self.draw(rng)
            row[:] = self.evaluation.numbers(formula)
            self._check(expression, row)
        return out.reshape(draws, *self.shape)

    def estimate(self, expression: Any, draws: int, rng: np.random.Generator, probes: int, exact_to: int) -> tuple[Array, Array]:
        formula = self.reader.scalar(expression)
        self.evaluation = estimation = Estimation(self.evaluation, probes, exact_to, rng.spawn(1)[0])
        values, errors = np.empty((2, draws, len(self.points)))
        for k in range(draws):
            self.draw(rng)
            values[k], errors[k] = estimation.estimated(formula)
            self._check(expression, values[k])
        return values.reshape(draws, *self.shape), errors.reshape(draws, *self.shape)

    def _check(self, expression: Any, row: Array) -> None:
        if not np.all(np.isfinite(row)):
            k = int(np.argmin(np.isfinite(row)))
            at = ", ".join(f"{s} = {v:.6g}" for s, v in self.points[k].items())
            unreadable(expression, f"its value at {at or 'a draw'} is {row[k]}: there is no finite limit as it is written")

    def spectrum(self, expression: Any, draws: int, rng: np.random.Generator) -> Array:
        matrix = self.reader.alphabet.finished(self.reader.matrix(expression))
        rows, columns = matrix.shape
        if rows != columns or matrix.terms != self.reader.alphabet.transposed(matrix).terms:
            unreadable(
                expression,
                f"eigenvalues are those of a symmetric matrix, and this one is {rows} x {columns}, and not its own transpose",
            )
        smaller = self.reader.alphabet.smaller(matrix)
        out = np.empty((draws, len(self.points), rows))
        for row in out:
            self.draw(rng)
            for k, point in enumerate(self.points):
                self.evaluation.point = point
                A = self.evaluation.matrix(smaller)
                c = A if A.ndim == 1 else eigvalsh(A, driver="evd", check_finite=False)
                shift = np.full(rows - len(c), self.evaluation.number(matrix.terms.get((), Integer(0))))
                row[k] = np.sort(np.concatenate([c, shift]))
        return out.reshape(draws, *self.shape, rows)


def _roles(described: Mapping[str, Mapping[Any, Any]]) -> dict[Any, tuple[str, Any]]:
    roles: dict[Any, tuple[str, Any]] = {}
    for role, given in described.items():
        for symbol, value in given.items():
            if not hasattr(symbol, "is_MatrixExpr") or not symbol.is_symbol:
                refuse(role, symbol, "matrices are described by their MatrixSymbol")
            if symbol in roles or symbol.name in {s.name for s in roles}:
                refuse(role, symbol, "a matrix of this name is described already")
            roles[symbol] = role, value
    return roles


def _vector(symbol: Any, values: ArrayLike, shape: tuple[int, int]) -> Array:
    v = np.asarray(values, dtype=np.float64)
    if 1 not in shape or v.size != shape[0] * shape[1] or not np.all(np.isfinite(v)):
        refuse(str(symbol), v.shape, f"a vector needs its {shape[0]} x {shape[1]} finite values, one of these sizes being 1")
    return v.reshape(shape)
