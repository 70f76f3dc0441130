r"""Inverses of matrices that are not symmetric, or have Haar matrices in them, held against a positive definite route.

The solver continues the limit from where there is no randomness. Where the spectrum of M is swept over 0 on the way, the equations of a
symmetric Gaussian M have an edge, at which the solver stops; those of other matrices may have none, and their solution goes on to
be analytic where M^-1 is not what it describes: inside the disk of a Ginibre or a Haar matrix, in the gap beyond an atom. So, at the same
parameters,

    tr M^-1 M^-*   must be   tr (M M* + t)^-1 as t -> 0 from above,   and of a symmetric M   tr M^-1   tr (M + it)^-1,      (1)

whose matrices are not singular on any of that way; otherwise the limit is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy import Expr, MatrixExpr, MatrixSymbol, Symbol

from asymptotics.derivation.ends import continued
from asymptotics.derivation.forms import Form
from asymptotics.derivation.inputs import Inputs, by_dimension, measure
from asymptotics.derivation.minimal import minimal
from asymptotics.derivation.reading import Reader
from asymptotics.errors import ConvergenceError

NEAR = 1e-4  # of (1), relative: another branch is elsewhere
SMALL, SQUARED, LEAST = 1e-7, 1e-21, 1e-6  # the last t over the first, of M and of M M*; a penalty that stands for lesser ones
PENALTY = "t_guard"


@dataclass(frozen=True)
class Guard:
    """Equation (1) for one inverse, of what grows like `scale`; `free`: its parameters that may be complex.

    derive(inputs): an unguarded Derivation.
    """

    inverted: MatrixExpr
    symmetric: bool
    scale: Expr
    free: frozenset[Symbol]
    given: Inputs
    derive: Callable[[Inputs], Any]

    @cached_property
    def direct(self) -> Any:
        inverse = self.inverted.inverse()
        return self._derived(inverse if self.symmetric else inverse * self._named("conjugate").T.inverse())

    @cached_property
    def safe(self) -> Any:
        definite = self._named("fixed") if self.symmetric else self._named("fixed") * self._named("conjugate").T
        penalty = Symbol(PENALTY) * self._power * sympy.Identity(self.inverted.shape[0])
        return self._derived((definite + penalty).inverse())

    @property
    def _power(self) -> Expr:
        return self.scale if self.symmetric else self.scale**2

    def _named(self, how: str) -> MatrixExpr:
        """M with its own names for parameters: a z by which the solver does not descend, and complex conjugates."""
        return self.inverted.xreplace({s: Symbol(f"{s.name}_{how}") for s in self.free})

    def _derived(self, matrix: MatrixExpr) -> Any:
        expression = sympy.Trace(matrix) * self._power / self.inverted.shape[0]
        return self.derive(replace(self.given, expressions={"value": expression}))

    def at(self, laws: Mapping[Any, Any]) -> Guard:
        other = replace(self, given=replace(self.given, laws=laws))
        for side in ("direct", "safe"):
            if side in self.__dict__:
                other.__dict__[side] = getattr(self, side).at(laws)
        return other

    @cached_property
    def definite(self) -> bool:
        """Whether M is positive definite at positive parameters, as it is written."""
        signs: dict[str, bool] = {}
        for law, letters in by_dimension(self.given.laws).values():
            signs |= dict(zip(letters, np.all(measure(law, ()).atoms >= 0, axis=0).tolist(), strict=True))
        return _nonnegative(self.inverted, signs)

    def check(self, flat: Mapping[str, NDArray]) -> None:
        """Raise ValueError where (1) does not hold."""
        if self.definite and all(np.all((np.imag(v) == 0) & (np.real(v) >= 0)) for v in flat.values()):
            return
        flat = {
            k: np.where((v >= 0) & (v < LEAST), LEAST, v) if k.startswith("lam") and np.isrealobj(v) else v
            for k, v in flat.items()
        }
        at = flat | {f"{k}_fixed": v for k, v in flat.items()} | {f"{k}_conjugate": np.conj(v) for k, v in flat.items()}
        found = np.atleast_1d(self.direct.limit(**{k: v for k, v in at.items() if k in self.direct.parameters}).value)
        for i in range(len(found)):
            where = ", ".join(f"{k} = {v[i]:.12g}" for k, v in flat.items())
            try:
                right = self._right(at, i)
            except ConvergenceError as error:
                raise self._refusal(where, "0 may lie inside") from error
            if not abs(found[i] - right) <= NEAR * abs(right):
                trace = "tr M^-1" if self.symmetric else "tr M^-1 M^-*"
                raise self._refusal(where, f"{trace} is {right.real:.6g}, and its equations go on to {found[i].real:.6g}")

    def _right(self, at: Mapping[str, NDArray], i: int) -> complex:
        """The right side at the i-th point."""
        first, least = (10j, SMALL) if self.symmetric else (10, SQUARED)
        here = {k: v[i] for k, v in at.items() if k in self.safe.parameters}

        def way(ratio: float) -> NDArray:
            return first * ratio ** np.arange(np.log(least) / np.log(ratio))

        return continued(self.safe, here | {PENALTY: first}, PENALTY, way, NEAR)[0][0, 0]

    def _refusal(self, where: str, why: str) -> ValueError:
        cause = f"0 lies inside the spectrum of M = {self.inverted}, or beyond a part of it ({why})"
        return ValueError(
            f"{self.inverted.inverse()} is refused{where and f' at {where}'}: {cause}; add to M, until 0 lies outside"
        )


def guards(derivation: Any) -> list[Guard]:
    """One for each inverse that needs it."""
    given, reader, found = derivation.given, derivation.reader, []
    size = next((s for s, r in given.ratios.items() if r == 1), sympy.S.One)
    for inverted, (form, power) in reader.inverted.items():
        symmetric, haar = _symmetric(form, reader), any(reader.kinds[p.letter] == "haar" for p in form.ports)
        if not symmetric or (haar and "z" not in derivation.parameters):
            free = {s for s in inverted.free_symbols & set(derivation.parameters.values()) if not s.is_real}
            found.append(Guard(inverted, symmetric, size**power, frozenset(free), given, derivation.unguarded))
    return found


def _nonnegative(expr: Any, signs: Mapping[str, bool]) -> bool:
    """Whether the matrix is positive semidefinite as it is written; `signs`: whether the law of a letter has no negative atoms."""
    if isinstance(expr, sympy.MatAdd):
        return all(_nonnegative(x, signs) for x in expr.args)
    if isinstance(expr, sympy.Identity):
        return True
    if isinstance(expr, sympy.MatPow):
        return _nonnegative(expr.base, signs)
    if isinstance(expr, sympy.MatMul):
        scalars, factors = expr.as_coeff_matrices()
        fixed = [x for x in expr.atoms(MatrixSymbol) if x.name in signs]
        while len(factors) > 1 and factors[0] == factors[-1].T.xreplace({sympy.Transpose(x): x for x in fixed}):
            factors = factors[1:-1]
        return bool(scalars.is_nonnegative) and (not factors or (len(factors) == 1 and _nonnegative(factors[0], signs)))
    return signs.get(getattr(expr, "name", ""), False)


def _symmetric(form: Form, reader: Reader) -> bool:
    """Whether form - form' is 0."""
    both = form.plus(form.T.scaled(-form.D.field.one))
    ports = tuple(replace(p, transposed=p.transposed and reader.kinds[p.letter] != "symmetric") for p in both.ports)
    rest = minimal(replace(both, ports=ports), reader.law)
    return not rest.ports and not rest.D
