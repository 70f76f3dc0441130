r"""Inverses of matrices that are not symmetric, or have Haar matrices in them, held against a positive definite route.

The solver continues the limit from where there is no randomness. Where the spectrum of M is swept over 0 on the way, the equations of a
symmetric Gaussian M have an edge, at which the solver stops; those of other matrices may have none, and their solution goes on to
be analytic where M^-1 is not what it describes: inside the disk of a Ginibre or a Haar matrix, in the gap beyond an atom. So, at the same
parameters,

    tr M^-1 M^-*      must be      tr (M M* + t)^-1 as t -> 0 from above,                                           (1)

whose matrix is positive definite on all of that way; otherwise the limit is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy import MatrixExpr, Symbol

from asymptotics.derivation.ends import LADDER
from asymptotics.derivation.forms import Form
from asymptotics.derivation.minimal import minimal
from asymptotics.derivation.reading import Reader
from asymptotics.errors import ConvergenceError

if TYPE_CHECKING:
    from asymptotics.derivation.limits import Derivation

NEAR = 1e-4  # of (1), relative: another branch is elsewhere
SMALL, ZERO = 1e-13, 1e-6  # t at the end of its way, over t at its start; a penalty that stands for 0
PENALTY = "t_guard"


@dataclass(frozen=True)
class Guard:
    """Equation (1) for one inverse; `direct` and `safe` are its two sides."""

    inverted: MatrixExpr
    direct: Derivation
    safe: Derivation

    def at(self, laws: Mapping[Any, Any]) -> Guard:
        return replace(self, direct=self.direct.at(laws), safe=self.safe.at(laws))

    def check(self, flat: Mapping[str, NDArray]) -> None:
        """Raise ValueError where (1) does not hold."""
        flat = {k: np.where(v == 0, ZERO, v) if k.startswith("lam") else v for k, v in flat.items()}
        at = flat | {f"{k}_fixed": v for k, v in flat.items()} | {f"{k}_conjugate": np.conj(v) for k, v in flat.items()}
        found = np.atleast_1d(self.direct.limit(**{k: v for k, v in at.items() if k in self.direct.parameters}).value)
        for i in range(len(found)):
            where = ", ".join(f"{k} = {v[i]:.12g}" for k, v in flat.items())
            try:
                right = self._right(at, i)
            except ConvergenceError as error:
                raise self._refusal(where, "its singular values may come near 0") from error
            if not abs(found[i] - right) <= NEAR * abs(right):
                raise self._refusal(
                    where, f"tr M^-1 M^-*, for M inverted, is {right.real:.6g}, and its equations go on to {found[i].real:.6g}"
                )

    def _right(self, at: Mapping[str, NDArray], i: int) -> complex:
        """The right side at the i-th point."""
        ladder = LADDER ** np.arange(np.log(SMALL) / np.log(LADDER))
        here = {k: np.full(len(ladder), v[i]) for k, v in at.items() if k in self.safe.parameters}
        return self.safe._direct({**here, PENALTY: 10 * ladder}, len(ladder), NEAR, chained=True)[0][-1, 0]

    def _refusal(self, where: str, why: str) -> ValueError:
        return ValueError(f"{self.inverted.inverse()} is refused{where and f' at {where}'}: {why}; its limit is not derived here")


def guards(derivation: Derivation) -> list[Guard]:
    """One for each inverse that needs it."""
    from asymptotics.derivation.limits import Derivation

    given, reader, found = derivation.given, derivation.reader, []
    for inverted, (form, power) in reader.inverted.items():
        if _symmetric(form, reader) and (
            "z" in derivation.parameters or not any(reader.kinds[p.letter] == "haar" for p in form.ports)
        ):
            continue
        size = inverted.shape[0]
        scale = next(s for s, r in given.ratios.items() if r == 1) ** (2 * power)
        free = [s for s in inverted.free_symbols & set(derivation.parameters.values()) if not s.is_real]
        fixed, star = (
            inverted.xreplace({s: Symbol(f"{s.name}_fixed") for s in free}),
            inverted.T.xreplace({s: Symbol(f"{s.name}_conjugate") for s in free}),
        )
        sides = (
            inverted.inverse() * star.inverse(),
            (fixed * star + Symbol(PENALTY, positive=True) * scale * sympy.Identity(size)).inverse(),
        )
        found.append(
            Guard(
                inverted,
                *(
                    Derivation(replace(given, expressions={"value": sympy.Trace(x) * scale / size}), many=False, guarded=False)
                    for x in sides
                ),
            )
        )
    return found


def _symmetric(form: Form, reader: Reader) -> bool:
    """Whether form - form' is 0."""
    both = form.plus(form.T.scaled(-form.D.field.one))
    ports = tuple(replace(p, transposed=p.transposed and reader.kinds[p.letter] != "symmetric") for p in both.ports)
    rest = minimal(replace(both, ports=ports), reader.law)
    return not rest.ports and not rest.D
