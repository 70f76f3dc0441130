r"""The limit of expressions: their equations, reduced, and their solution with a certificate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy import Symbol

from asymptotics.conventions import refuse, refuse_foreign
from asymptotics.derivation.algebra import PATH
from asymptotics.derivation.dyson import dyson
from asymptotics.derivation.ends import TINY, descended, limits, stuck
from asymptotics.derivation.equations import Equations, equations, numbered
from asymptotics.derivation.inputs import Inputs, array, by_dimension, measure
from asymptotics.derivation.means import unshielded
from asymptotics.derivation.outcome import Limit
from asymptotics.derivation.reading import Reader
from asymptotics.derivation.reduction import reduce
from asymptotics.derivation.tables import Laws, measured, tables

DOUBTFUL = 1e-13  # residual or loss beyond which doubles do not give 12 digits
START = 1e-6  # beyond which they are no place for an enclosure to begin


def keyword(symbol: Symbol) -> str:
    """How a parameter is called: lambda is a word of Python's, so lam."""
    return {"lambda": "lam"}.get(symbol.name, symbol.name)


class Derivation:
    """The equations of one or several expressions' limits, and their solution."""

    def __init__(self, given: Inputs, many: bool, *, guarded: bool = True) -> None:
        self.many, self.given, self._guarded = many, given, guarded
        self.reader = Reader(given.expressions, given.kinds, given.ratios, given.variances.values())
        if given.means:
            unshielded(self.reader, given.means)
        self.reduced = reduce(dyson(self.reader, given.variances), self.reader.law, self.reader.generators)
        self._by_dimension = by_dimension(given.laws)
        generators = self.reader.generators
        own = {s for s in generators.roots if s not in self.reader.laws.values() and s not in generators.opaque and s != PATH}
        hidden = {s for e in [*generators.opaque.values(), *self.reduced.later.values()] for s in e.free_symbols}
        free = (own | hidden) - set(given.constants) - set(self.reduced.functionals)
        self.parameters: dict[str, Symbol] = {keyword(s): s for s in sorted(free, key=str)}

    @cached_property
    def program(self) -> Any:
        """The equations for `evaluation.Evaluation`."""
        from asymptotics.derivation.evaluation import Program

        return Program(self.reduced)

    @cached_property
    def branch(self) -> tuple[str, set[int]]:
        """What is known of an enclosed solution; see `branches.branch`."""
        from asymptotics.derivation.branches import branch

        return branch(self.reduced, self.program, self.exact_laws)

    @cached_property
    def guards(self) -> list[Any]:
        """What holds its inverses against another route; see `guards`."""
        from asymptotics.derivation.guards import guards

        return guards(self) if self._guarded else []

    @staticmethod
    def unguarded(given: Inputs) -> Derivation:
        """The limit of a single expression without guards."""
        return Derivation(given, many=False, guarded=False)

    def at(self, laws: Mapping[Any, Any]) -> Derivation:
        """The same equations with other laws of the same matrices."""
        other = copy(self)
        other.given, other._by_dimension = replace(self.given, laws=laws), by_dimension(laws)
        for name in ("laws", "exact_laws", "_tables"):
            other.__dict__.pop(name, None)
        other.__dict__["guards"] = [guard.at(laws) for guard in self.guards]
        return other

    @property
    def _ratios(self) -> set[str]:
        """The parameters that are ratios of dimensions."""
        return {k for k, s in self.parameters.items() if any(s in r.free_symbols for r in self.given.ratios.values())}

    def equations(self) -> Equations:
        """The equations as SymPy objects."""
        laws = list(self.reader.laws.values())
        letters = {s: Symbol("s" if len(laws) == 1 else f"s_{s.name}", positive=True) for s in laws}
        return equations(self.reduced, letters)

    @cached_property
    def laws(self) -> Laws:
        return self._laws()

    @cached_property
    def exact_laws(self) -> Laws:
        """The same with every atom, where `laws` has those of a compressed law."""
        return self._laws(compressed=False)

    def _laws(self, compressed: bool = True) -> Laws:
        found = self._by_dimension
        place, own = {s: i for i, s in enumerate(self.reader.algebra.symbols)}, self.reader.laws
        columns = {d: {place[own[x]]: j for j, x in enumerate(letters) if x in own} for d, (_, letters) in found.items()}
        needed = measured(self.reduced)
        return Laws(
            measures={(d, vectors): measure(found.get(d, (None, ()))[0], vectors, compressed) for d, vectors in needed},
            columns={d: columns.get(d, {}) for d, _ in needed},
            roots=list(self.reader.generators.roots.values()),
        )

    def limit(self, *, certified: bool = False, **parameters: Any) -> Limit:
        """The limit at these parameters, which broadcast; a penalty of 0 is the limit from above. `certified`: enclosures (`enclosing`).

        Raises ConvergenceError where no solution was found.
        """
        flat, shape = self._flat(parameters)
        outputs, residual, loss, variables = self._solve(flat, math.prod(shape), START if certified else DOUBTFUL)
        if certified:
            return self._certified(flat, shape, residual, loss, variables)
        found = dict(zip([*self.reduced.outputs, *self.reduced.later], outputs.T, strict=True))
        value = {name: found[name].reshape(shape)[()] for name in self.given.expressions}
        return self._limit(value, shape, residual, loss, variables)

    def derivative(self, name: str, **parameters: Any) -> Any:
        """d limit / d `name`, a parameter, at parameters that broadcast and penalties > 0."""
        from asymptotics.derivation.derivatives import along

        flat, shape = self._flat(parameters)
        for k, v in flat.items():
            if k.startswith("lam") and np.any(v == 0):
                refuse(k, 0.0, "derivatives are taken at positive penalties; what happens at 0 is an expansion's")
        if self.reduced.later:
            refuse("name", name, f"{next(iter(self.reduced.later.values()))} is not rational in its traces: ask for these")
        if name not in self.parameters:
            refuse_foreign(name, None, self.parameters, "this expression")
        found = along(self, name, flat, self._solve(flat, math.prod(shape))[3])
        value = {k: v.reshape(shape)[()] for k, v in found.items()}
        return value if self.many else value["value"]

    def polynomial(self, output: str = "value", *, given: Mapping[str, Any] | None = None, limit: float = 30.0) -> sympy.Poly:
        """The irreducible polynomial equation of a limit; see `algebraic.polynomial`."""
        from asymptotics.derivation.algebraic import polynomial

        return polynomial(self, output, given=given, limit=limit)

    def expand(self, name: str, to: Any, *, output: str = "value", **how: Any) -> Any:
        """How a limit behaves as a parameter tends to `to`; see `algebraic.expand`."""
        from asymptotics.derivation.algebraic import expand

        return expand(self, output, name, to, **how)

    def _limit(
        self, value: Mapping[str, Any], shape: tuple[int, ...], residual: NDArray, loss: NDArray, variables: NDArray
    ) -> Limit:
        place = {s: i for i, s in enumerate(self.reduced.algebra.symbols)}
        names = numbered(self.reduced)
        return Limit(
            value=value if self.many else value["value"],
            residual=residual.reshape(shape)[()],
            loss=loss.reshape(shape)[()],
            unknowns={str(name): variables[:, place[s]].reshape(shape)[()] for s, name in names.items()},
        )

    def _certified(
        self, flat: Mapping[str, NDArray], shape: tuple[int, ...], residual: NDArray, loss: NDArray, variables: NDArray
    ) -> Limit:
        from asymptotics.derivation.enclosing import enclose

        for name, given in flat.items():
            if np.iscomplexobj(given) or (name.startswith("lam") and np.any(given == 0)):
                refuse(
                    name,
                    given.ravel()[0],
                    "enclosures are of real numbers and positive penalties: a penalty of 0 is a limit, not a value",
                )
        if self.reduced.later:
            refuse("certified", True, f"{next(iter(self.reduced.later.values()))} is not rational in its traces: ask for these")
        found, branch = enclose(self, flat, variables)
        value = {k: type(v)(v.lower.reshape(shape)[()], v.upper.reshape(shape)[()]) for k, v in found.items()}
        return replace(self._limit(value, shape, residual, loss, variables), branch=branch.reshape(shape)[()])

    def _flat(self, parameters: Mapping[str, Any]) -> tuple[dict[str, NDArray], tuple[int, ...]]:
        for name, value in parameters.items():
            if name not in self.parameters:
                refuse_foreign(name, value, self.parameters, "this expression")
        missing = [name for name in self.parameters if name not in parameters]
        if missing:
            refuse(missing[0], None, f"a value is needed; parameters are {', '.join(self.parameters)}")
        arrays = {k: array(k, v, k in self._ratios) for k, v in parameters.items()}
        shape = np.broadcast_shapes(*(a.shape for a in arrays.values()))
        return {k: np.broadcast_to(a, shape).ravel() for k, a in arrays.items()}, shape

    def generators(self, of: Mapping[Symbol, Any], root: Any, functions: Any = "numpy") -> list[Any]:
        """The values of the generators that are parameters, laws (1, which nobody reads) and the path's end.

        `functions`: a module that `sympy.lambdify` knows, or what evaluates an expression at `of`.
        """
        found, one = [], 1.0
        for s, q in self.reader.generators.roots.items():
            if s == PATH or s in self.reader.laws.values():
                found.append(one)
            elif s in self.reader.generators.opaque:
                expr = self.reader.generators.opaque[s]
                used = sorted(expr.free_symbols, key=str)
                found.append(
                    functions(expr, of) if callable(functions) else sympy.lambdify(used, expr, functions)(*(of[u] for u in used))
                )
            else:
                found.append(of[s] if q == 1 else root(of[s], q))
        return found

    def _solve(
        self, flat: Mapping[str, NDArray], count: int, doubtful: float = DOUBTFUL
    ) -> tuple[NDArray, NDArray, NDArray, NDArray]:
        """Outputs, residuals, losses and variables, in more digits where those are `doubtful`; a penalty of 0 is the limit from above."""
        for guard in self.guards:
            guard.check(flat)
        zero = np.any([flat[k] == 0 for k in flat if k.startswith("lam")] or [np.zeros(count, dtype=bool)], axis=0)

        def at(tiny: float, where: NDArray) -> dict[str, NDArray]:
            return {k: np.where((v == 0) & k.startswith("lam"), tiny, v)[where] for k, v in flat.items()}

        found = self._positive(at(TINY[-1], np.arange(count)), count, doubtful)
        if np.any(zero):
            place = np.flatnonzero(zero)
            first, second = (self._positive(at(tiny, place), len(place), doubtful)[0] for tiny in TINY[:2])
            found[0][place] = limits(first, second, found[0][place])
        return found

    def _positive(self, flat: Mapping[str, NDArray], count: int, doubtful: float) -> tuple[NDArray, NDArray, NDArray, NDArray]:
        if "z" not in flat:
            return self._direct(flat, count, doubtful)
        points = [descended(self, {k: v[i] for k, v in flat.items()}, doubtful) for i in range(count)]
        outputs, residual, loss, variables = (np.concatenate(x) for x in zip(*points, strict=True))
        return outputs, residual, loss, variables

    def _direct(
        self, flat: Mapping[str, NDArray], count: int, doubtful: float, chained: bool = False
    ) -> tuple[NDArray, NDArray, NDArray, NDArray]:
        """By the solver; `chained`: points that continue one another, of which the last counts."""
        from asymptotics.derivation import solver

        t = self._tables
        of: dict[Symbol, Any] = {self.parameters[k]: v for k, v in flat.items()} | dict(self.given.constants)
        columns = self.generators(of, lambda x, q: x ** (1 / q))
        parameters = np.stack([np.broadcast_to(x, (count,)) for x in columns], axis=1)
        size, width = len(self.reduced.algebra.symbols), max((len(b.core) for b in self.reduced.blocks), default=0) + 1
        V, G = np.zeros(size, dtype=parameters.dtype), np.zeros((size, width), dtype=parameters.dtype)
        variables, outputs = np.empty((count, size), dtype=V.dtype), np.empty((count, len(self.reduced.outputs)), dtype=V.dtype)
        certificate, status = np.empty((count, 2)), np.empty(count, dtype=np.int64)
        path = self.reduced.algebra.symbols.index(PATH)
        linear = np.array([b.linear for b in self.reduced.blocks], dtype=np.bool_)
        solver._solve(
            t.table, t.coefficient, t.atoms, parameters, path, linear, chained, V, G, variables, outputs, certificate, status
        )
        residual, loss = certificate[:, 0], certificate[:, 1] * np.finfo(float).eps
        unsure = (status != solver.OK) | ~((residual < doubtful) & (loss < doubtful)) | ~np.all(np.isfinite(outputs), axis=1)
        for i in [count - 1] if chained and unsure[-1] else [] if chained else np.flatnonzero(unsure).tolist():
            if chained and np.any(status != solver.OK):
                raise stuck({k: v[i].item() for k, v in flat.items()}, float(residual[i]), count)
            self._precisely({k: v[i].item() for k, v in flat.items()}, variables[i], outputs[i])
            residual[i], loss[i] = 0.0, np.finfo(float).eps
        later = [self._later(expr, flat, outputs) for expr in self.reduced.later.values()]
        return np.column_stack([outputs, *later]), residual, loss, variables

    def _later(self, expr: Any, flat: Mapping[str, NDArray], outputs: NDArray) -> NDArray:
        """An expression that is not rational in its functionals, from their values."""
        values = dict(zip(self.reduced.outputs, outputs.T, strict=True))
        of = {self.parameters[k]: v for k, v in flat.items()} | {
            t: values[str(t)] for t in self.reduced.functionals if str(t) in values
        }
        used = sorted(expr.free_symbols, key=str)
        return np.broadcast_to(sympy.lambdify(used, expr)(*(of[s] for s in used)), (len(outputs),))

    @cached_property
    def _tables(self) -> Any:
        return tables(self.reduced, self.laws)

    def _precisely(self, at: Mapping[str, Any], variables: NDArray, outputs: NDArray) -> None:
        """One point with more digits, from where the solver ended; both arrays are overwritten."""
        from asymptotics.derivation.precise import solve

        try:
            V, values, last = solve(self, at, variables)
        except ZeroDivisionError:
            remedy = "an inverse in it is singular at an eigenvalue of a law, or a parameter that is 0: only lam... may be"
            refuse("expression", ", ".join(self.given.expressions), remedy)
        if not last < 1e-60:
            raise stuck(at, float(last), 60)
        number = complex if np.iscomplexobj(variables) else float
        variables[:], outputs[:] = [number(v) for v in V], [number(v) for v in values]
