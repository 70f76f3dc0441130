r"""`derive`: an expression with what is known of its matrices, and the limit of it.

model = derive(lam**2 * Trace(S * R * R) / p, gaussian=[X], laws={S: spectra.atoms([1, 3], [0.5, 0.5])})
model.limit(gamma=2, lam=0.1).value
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy import Expr, MatrixSymbol, Symbol

from asymptotics.conventions import refuse, refuse_foreign
from asymptotics.derivation.algebra import PATH
from asymptotics.derivation.dyson import Dyson
from asymptotics.derivation.equations import Equations, equations
from asymptotics.derivation.precise import Precise
from asymptotics.derivation.reading import Reader
from asymptotics.derivation.reduction import Reduced, reduce
from asymptotics.derivation.tables import Measure, points, tables
from asymptotics.errors import ConvergenceError

TINY = (1e-48, 1e-52)  # penalties that stand for 0: gaps to a threshold are 1e-16 at least, and their squares 1e-32
DOUBTFUL = 1e-13  # residual or loss beyond which doubles do not give 12 digits
DIGITS = 120  # decimal digits then


@dataclass(frozen=True, kw_only=True)
class Limit:
    """The limit and its certificate; all fields have the broadcast shape of the arguments, `value` by name of several expressions.

    `residual`: the last relative step of Newton's method, about the relative error of the unknowns; `loss`: the worst cancellation
    among the terms of an equation, times machine precision; `unknowns`: the scalars of the equations, by name.
    """

    value: Any
    residual: Any
    loss: Any
    unknowns: Mapping[str, Any]


def keyword(symbol: Symbol) -> str:
    """How a parameter is called: lambda is a word of Python's, so lam."""
    return {"lambda": "lam"}.get(symbol.name, symbol.name)


class Derivation:
    """The equations of one expression's limit, and their solution."""

    def __init__(
        self,
        expr: Expr | Mapping[str, Expr],
        kinds: Mapping[str, str],
        variances: Mapping[str, Expr],
        laws: Mapping[Any, Any],
        ratios: Mapping[Symbol, Expr],
    ) -> None:
        self.many = isinstance(expr, Mapping)
        self.reader = Reader(expr if isinstance(expr, Mapping) else {"value": expr}, kinds, ratios)
        self.reduced: Reduced = reduce(Dyson(self.reader, variances).system(), self.reader.law, self.reader.generators)
        self.laws = _by_dimension(laws, self.reader)
        generators = self.reader.generators
        own = {s for s in generators.roots if s not in self.reader.laws.values() and s not in generators.opaque and s != PATH}
        hidden = {s for e in generators.opaque.values() for s in e.free_symbols}
        self.parameters: dict[str, Symbol] = {keyword(s): s for s in sorted(own | hidden, key=str)}

    @cached_property
    def _tables(self):
        return tables(self.reduced)

    def limit(self, **parameters: Any) -> Limit:
        """The limit at these parameters, which broadcast. Raises ConvergenceError where no solution was certified."""
        for name, value in parameters.items():
            if name not in self.parameters:
                refuse_foreign(name, value, self.parameters, "this expression")
        missing = [name for name in self.parameters if name not in parameters]
        if missing:
            refuse(missing[0], None, f"a value is needed; parameters are {', '.join(self.parameters)}")
        arrays = {k: np.asarray(v, dtype=np.complex128 if np.iscomplexobj(v) else np.float64) for k, v in parameters.items()}
        shape = np.broadcast_shapes(*(a.shape for a in arrays.values()))
        flat = {k: np.broadcast_to(a, shape).ravel() for k, a in arrays.items()}
        found, residual, loss, variables = self._solve(flat, math.prod(shape))
        names = {str(s): variables[:, self.reduced.algebra.symbols.index(s)].reshape(shape)[()] for s in self._displayed()}
        value = {k: found[:, i].reshape(shape)[()] for i, k in enumerate(self.reduced.expressions)}
        return Limit(
            value=value if self.many else value["value"],
            residual=residual.reshape(shape)[()],
            loss=loss.reshape(shape)[()],
            unknowns=names,
        )

    def equations(self) -> Equations:
        """The equations as SymPy objects."""
        laws = list(self.reader.laws.values())
        letters = {s: Symbol("s" if len(laws) == 1 else f"s_{s.name}", positive=True) for s in laws}
        return equations(self.reduced, letters)

    def _displayed(self) -> list[Symbol]:
        return [*self.reduced.equations, *self.reduced.integrals]

    def _generators(self, flat: Mapping[str, NDArray], count: int) -> NDArray:
        """The values (points, k) of the generators that are parameters or laws; those of laws are not read."""
        of = {self.parameters[k]: v for k, v in flat.items()}
        columns = []
        for s, q in self.reader.generators.roots.items():
            if s == PATH or s in self.reader.laws.values():
                columns.append(np.ones(count))
            elif s in self.reader.generators.opaque:
                expr = self.reader.generators.opaque[s]
                used = sorted(expr.free_symbols, key=str)
                columns.append(np.broadcast_to(sympy.lambdify(used, expr)(*(of[u] for u in used)), (count,)))
            else:
                columns.append(of[s] if q == 1 else of[s] ** (1 / q))
        return np.stack(columns, axis=1)

    def _solve(self, flat: Mapping[str, NDArray], count: int) -> tuple[NDArray, NDArray, NDArray, NDArray]:
        """Values, residuals, losses and variables; a penalty of 0 is the limit from above."""
        ridgeless = [k for k in flat if k.startswith("lam") and np.any(flat[k] == 0)]
        if not ridgeless:
            return self._positive(flat, count)
        zero = np.any([flat[k] == 0 for k in ridgeless], axis=0)
        near, nearer = (
            self._positive({k: np.where(v == 0, tiny, v) if k in ridgeless else v for k, v in flat.items()}, count)
            for tiny in TINY
        )
        value = nearer[0].copy()
        with np.errstate(divide="ignore", invalid="ignore"):
            moved = np.where(zero[:, None], np.abs(nearer[0] / near[0] - 1), 0)
        open_ = moved > 1e-12  # a limit approached like lam^(1/2) moves by 1e-18
        value[open_ & (np.abs(nearer[0]) > np.abs(near[0]))] *= np.inf
        value[open_ & (np.abs(nearer[0]) < np.abs(near[0]))] = 0
        return value, *nearer[1:]

    def _positive(self, flat: Mapping[str, NDArray], count: int) -> tuple[NDArray, NDArray, NDArray, NDArray]:
        from asymptotics.derivation import solver

        made, monomials, keys = self._tables
        measures, roots = {key: self._measure(*key) for key in keys}, list(self.reader.generators.roots.values())
        columns = {key[0]: self._columns(key[0]) for key in keys}
        at = points(monomials, list(measures.values()), [columns[d] for d, _ in keys], roots, self.reduced.law)
        parameters = np.ascontiguousarray(self._generators(flat, count))
        size = len(self.reduced.algebra.symbols)
        width = max((len(b.core) for b in self.reduced.blocks), default=0) + 1
        V, G = np.zeros(size, dtype=parameters.dtype), np.zeros((size, width), dtype=parameters.dtype)
        found, values = np.empty((count, size), dtype=V.dtype), np.empty((count, len(self.reduced.values)), dtype=V.dtype)
        certificate, status = np.empty((count, 2)), np.empty(count, dtype=np.int64)
        path = self.reduced.algebra.symbols.index(PATH)
        linear = np.array([b.linear for b in self.reduced.blocks], dtype=np.bool_)
        solver._solve(
            made.index, made.coefficient, at.ends, at.at, parameters, path, linear, V, G, found, values, certificate, status
        )
        value, worst = self._final(flat, values)
        residual, loss = certificate[:, 0], np.maximum(certificate[:, 1], worst) * np.finfo(float).eps
        for i in np.flatnonzero((status != solver.OK) | ~(residual < DOUBTFUL) | ~(loss < DOUBTFUL)):
            value[i], residual[i], loss[i] = self._precisely(flat, i, found[i], measures, columns, roots)
        return value, residual, loss, found

    def _precisely(
        self, flat: Mapping[str, NDArray], i: int, found: NDArray, measures, columns, roots
    ) -> tuple[Any, float, float]:
        """Point i with more digits, from where the solver ended."""
        import mpmath

        with mpmath.workdps(2 * DIGITS):
            V = [mpmath.mpmathify(x.item()) for x in found]
            exact = {k: mpmath.mpmathify(v[i].item()) for k, v in flat.items()}
            V[: len(roots)] = self._exactly(exact)
            values, last = Precise(self.reduced, measures, columns, roots).solve(V, DIGITS)
            used = self._used
            of = {self.parameters[k]: v for k, v in exact.items()} | dict(zip(self.reduced.values, values, strict=True))
            value = sympy.lambdify(used, self._expressions, "mpmath")(*(of[s] for s in used))
        if not last < mpmath.mpf(10) ** -DIGITS:
            where = ", ".join(f"{k} = {v[i]:.12g}" for k, v in flat.items())
            raise ConvergenceError(
                f"the limit at {where}",
                residual=float(last),
                iterations=60,
                causes="the path from no randomness meets a singularity: a spectrum's edge, a penalty that is negative",
            )
        number = complex if np.iscomplexobj(found) else float
        found[:] = [number(v) for v in V]
        return [number(v) for v in value], 0.0, float(np.finfo(float).eps)

    def _exactly(self, parameters: Mapping[str, Any]) -> list[Any]:
        """The generators from mpmath numbers."""
        import mpmath

        of, found = {self.parameters[k]: v for k, v in parameters.items()}, []
        for s, q in self.reader.generators.roots.items():
            if s == PATH or s in self.reader.laws.values():
                found.append(mpmath.mpf(1))
            elif s in self.reader.generators.opaque:
                expr = self.reader.generators.opaque[s]
                used = sorted(expr.free_symbols, key=str)
                found.append(sympy.lambdify(used, expr, "mpmath")(*(of[u] for u in used)))
            else:
                found.append(of[s] if q == 1 else mpmath.root(of[s], q))
        return found

    @property
    def _expressions(self) -> list[Expr]:
        return list(self.reduced.expressions.values())

    @property
    def _used(self) -> list[Symbol]:
        return sorted({s for x in self._expressions for s in x.free_symbols}, key=str)

    @cached_property
    def _last(self) -> Callable[..., Any]:
        """The expressions in the values, then of each sum in them sum |terms| / |sum|."""
        sums = [x for e in self._expressions for x in sympy.preorder_traversal(e) if x.is_Add]
        ratios = [sympy.Add(*(sympy.Abs(a) for a in x.args)) / sympy.Abs(x) for x in sums]
        return sympy.lambdify(self._used, [*self._expressions, *ratios])

    def _final(self, flat: Mapping[str, NDArray], values: NDArray) -> tuple[NDArray, NDArray]:
        """The expressions (points, names) at the values, and their worst cancellation."""
        of = {self.parameters[k]: v for k, v in flat.items()} | {name: values[:, i] for i, name in enumerate(self.reduced.values)}
        with np.errstate(divide="ignore", invalid="ignore"):
            found = self._last(*(of[s] for s in self._used))
        count, lost = len(self._expressions), np.ones(len(values))
        for ratio in found[count:]:
            lost = np.maximum(lost, ratio)
        return np.stack([np.broadcast_to(x, (len(values),)) for x in found[:count]], axis=1), lost

    # laws

    def _columns(self, dimension: Symbol) -> dict[int, int]:
        letters = self.laws.get(dimension, (None, ()))[1]
        return {self.reader.algebra.symbols.index(self.reader.laws[x]): i for i, x in enumerate(letters) if x in self.reader.laws}

    def _measure(self, dimension: Symbol, vectors: tuple[str, ...]) -> Measure:
        law, letters = self.laws.get(dimension, (None, ()))
        if vectors and vectors[0] != vectors[1]:
            return Measure(
                np.zeros((1, max(1, len(letters)))), np.zeros(1)
            )  # different vectors are orthogonal in every function of S
        if law is None:
            return Measure(np.ones((1, 1)), np.ones(1))
        if isinstance(law, tuple):
            return Measure(np.asarray(law[0], dtype=np.float64), np.asarray(law[1], dtype=np.float64))
        own = (getattr(law, "G", law) if vectors else getattr(law, "H", law)).compressed()
        s, w = (np.append(own.atoms, 0.0), np.append(own.weights, own.zero)) if own.zero else (own.atoms, own.weights)
        return Measure(s[:, None], w)


def _by_dimension(laws: Mapping[Any, Any], reader: Reader) -> dict[Symbol, tuple[Any, tuple[str, ...]]]:
    """dimension -> (law, letters); one law, or one joint law, a dimension."""
    found: dict[Symbol, tuple[Any, tuple[str, ...]]] = {}
    for key, law in laws.items():
        letters = key if isinstance(key, tuple) else (key,)
        dimension = letters[0].shape[0]
        if dimension in found:
            refuse(
                "laws",
                list(laws),
                f"{found[dimension][1][0]} and {letters[0].name} act on one dimension, {dimension}: give their joint law, laws={{({found[dimension][1][0]}, {letters[0].name}): (values (m, 2), weights (m,))}}",
            )
        found[dimension] = (law, tuple(x.name for x in letters))
    return found


def derive(
    expr: Expr | Mapping[str, Expr],
    *,
    gaussian: Iterable[MatrixSymbol] | Mapping[MatrixSymbol, Any] = (),
    symmetric: Iterable[MatrixSymbol] | Mapping[MatrixSymbol, Any] = (),
    haar: Iterable[MatrixSymbol] = (),
    laws: Mapping[Any, Any] | None = None,
    vectors: Iterable[MatrixSymbol] = (),
    ratios: Mapping[Any, Expr] | None = None,
) -> Derivation:
    """The limit of a scalar SymPy expression of random matrices, or of several by name, as all dimensions grow together.

    gaussian: matrices of iid entries of variance 1, or a mapping to their variances; symmetric: Gaussian symmetric ones (off the
    diagonal); haar: Haar-distributed orthogonal ones. laws: a deterministic symmetric matrix -> a Spectrum or Law of mass 1, or
    (S, T) -> (values (m, 2), weights (m,)) for those that commute. vectors: columns of unit norm, whose energy over the eigenvectors
    is that of the spectrum (G). ratios: parameter -> ratio of two dimensions; by default gamma = p/n.
    """
    kinds: dict[str, str] = {}
    variances: dict[str, Expr] = {}
    for kind, group in (("gaussian", gaussian), ("symmetric", symmetric), ("haar", haar), ("vector", vectors)):
        for x in group:
            kinds[x.name] = kind
            variances[x.name] = sympy.sympify(group[x]) if isinstance(group, Mapping) else sympy.S.One
    for key in laws or {}:
        for x in key if isinstance(key, tuple) else (key,):
            kinds[x.name] = "deterministic"
    return Derivation(expr, kinds, variances, laws or {}, dimensions(expr, ratios))


def dimensions(expr: Expr | Mapping[str, Expr], ratios: Mapping[Any, Expr] | None) -> dict[Symbol, Expr]:
    """Every dimension of the expression over the scale, which is n where there is one, in terms of ratios."""
    parts = expr.values() if isinstance(expr, Mapping) else [expr]
    sizes = {s for e in parts for x in e.atoms(MatrixSymbol, sympy.Identity) for s in x.shape if s != 1}
    if bad := [s for s in sizes if not s.is_Symbol]:
        refuse("expr", str(bad[0]), "a dimension must be one symbol")
    named = {s.name: s for s in sizes}
    given = dict(ratios) if ratios is not None else _usual(named)
    scale = named.get("n", min(sizes, key=str) if sizes else None)
    found = {} if scale is None else {scale: sympy.S.One}
    left = {(sympy.Symbol(k, positive=True) if isinstance(k, str) else k): sympy.fraction(v) for k, v in given.items()}
    while True:
        new = {}
        for ratio, (top, bottom) in left.items():
            if bottom in found and top not in found:
                new[top] = ratio * found[bottom]
            elif top in found and bottom not in found:
                new[bottom] = found[top] / ratio
        if not new:
            break
        found |= new
    if missing := sorted(str(s) for s in sizes - set(found)):
        refuse(
            "ratios", ratios, f"nothing ties {', '.join(missing)} to {scale}: give ratios={{gamma: {missing[0]}/{scale}, ...}}"
        )
    return found


def _usual(named: Mapping[str, Symbol]) -> dict[str, Expr]:
    """gamma = p/n; with random features gamma = k/n and psi = p/k or d/k; with inputs of dimension d, psi = d/p."""
    names = set(named) - {"n"}
    if "n" in named and len(names) == 1:
        return {"gamma": named[names.pop()] / named["n"]}
    if "n" in named and "k" in names and len(names) == 2:
        other = (names - {"k"}).pop()
        return {"gamma": named["k"] / named["n"], "psi": named[other] / named["k"]}
    if "n" in named and names == {"p", "d"}:
        return {"gamma": named["p"] / named["n"], "psi": named["d"] / named["p"]}
    return {}
