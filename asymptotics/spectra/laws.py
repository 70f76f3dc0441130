r"""A positive measure on [0, inf): where the eigenvalues are, or how a signal is spread over them.

    dH(s) = zero * delta_0 + sum_i weights_i * delta_{atoms_i} + a part too near 0 to be resolved,

of which last only `tail`, its integral of s, is kept: int s/(s+kappa) over it is tail/kappa for every kappa >= `resolved`.
Masses above an atom are kept in double-double, because n - (mass above kappa) decides kappa near interpolation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from asymptotics import _twofold
from asymptotics.conventions import refuse
from asymptotics.spectra.accumulation import accumulate

Array = NDArray[np.float64]

#: A law of fewer atoms is not compressed: a hundred nodes is what compression leaves.
SMALL = 128


def vector(name: str, values: ArrayLike) -> Array:
    """`values` as a vector of finite float64, not empty, or ValueError."""
    try:
        array = np.array(values, dtype=np.float64, ndmin=1)
    except (TypeError, ValueError):
        refuse(name, values, "it must be a list of numbers")
    if array.ndim != 1 or array.size == 0:
        refuse(name, array.shape, "it must be a vector with at least one entry")
    if not np.all(np.isfinite(array)):
        refuse(name, float(array[~np.isfinite(array)][0]), "every entry must be finite")
    return array


@dataclass(frozen=True, eq=False)
class Law:
    """A positive measure on [0, inf).

    `atoms` (m,) are positive and decreasing, `weights` (m,) positive; `zero` is the mass at 0; `tail` the integral of s over the
    part too near 0 to be resolved, which is right for kappa >= `resolved`; `mass` is the whole mass, inf for infinitely many
    eigenvalues. `reciprocal` is int 1/s dH of a law that reaches 0, where the atoms do not tell it; negative where they do.
    `above` (2, m), high and low halves, is the mass of atoms_0 ... atoms_i to twice double precision; it is summed
    from the weights when not given.
    """

    atoms: Array
    weights: Array
    zero: float = 0.0
    tail: float = 0.0
    mass: float = -1.0
    resolved: float = 0.0
    above: Array = None  # type: ignore[assignment]
    reciprocal: float = -1.0

    def __repr__(self) -> str:
        s = self.atoms
        atoms = (
            f"{s.size} atoms from {s[0]:.3g} to {s[-1]:.3g}" if s.size > 1 else f"atom at {s[0]:.3g}" if s.size else "no atoms"
        )
        rest = [f"{name} {value:.3g}" for name, value in (("zero", self.zero), ("tail", self.tail), ("mass", self.mass)) if value]
        return f"Law({', '.join([atoms, *rest])})"

    def __post_init__(self) -> None:
        atoms, weights = vector("atoms", self.atoms), vector("weights", self.weights)
        if atoms.shape != weights.shape:
            refuse("weights", weights.shape, f"one weight an atom: {atoms.size} of them")
        if np.any(atoms < np.finfo(float).tiny):
            refuse("atoms", float(atoms.min()), "atoms are positive and their reciprocals finite; what sits at 0 goes into zero=")
        if np.any(weights <= 0):
            refuse("weights", float(weights.min()), "weights must be positive")
        above: Array | None = self.above
        if np.any(np.diff(atoms) > 0):
            if above is not None:
                refuse("atoms", atoms, "they must decrease where the masses above them are given")
            order = np.argsort(-atoms, kind="stable")
            atoms, weights = atoms[order], weights[order]
        above = accumulate(weights) if above is None else np.asarray(above, dtype=np.float64)
        for name, value in (("atoms", atoms), ("weights", weights), ("above", above)):
            object.__setattr__(self, name, value)
        if self.mass < 0:
            object.__setattr__(self, "mass", float(above[0, -1] + self.zero))

    def integrate(self, f: Callable[[Array], Array]) -> float:
        """int f(s) dH(s) over atoms and the mass at 0. The unresolved part is not in it: use `tail` where it matters."""
        total = float(np.dot(self.weights, f(self.atoms)))
        return total + self.zero * float(f(np.zeros(1))[0]) if self.zero else total

    def moment(self, k: int) -> float:
        """int s^k dH(s), k >= 0."""
        if k == 0:
            return self.mass
        return float(np.dot(self.weights, self.atoms**k)) + (self.tail if k == 1 else 0.0)

    def mean(self) -> float:
        """int s dH(s)."""
        return self.moment(1)

    def compressed(self) -> Law:
        """A law of about a hundred atoms that cannot be told from this one by functions of s/(s + kappa), to 5e-15."""
        return self._compressed

    @cached_property
    def _compressed(self) -> Law:
        if self.atoms.size <= SMALL:
            return self
        from asymptotics.spectra.compression import compress

        nodes, weights, above = compress(self.atoms, self.weights, self.above)
        if nodes.size >= self.atoms.size:
            return self
        kept = {name: getattr(self, name) for name in ("zero", "tail", "mass", "resolved", "reciprocal")}
        return Law(nodes, weights, above=above, **kept)


def masses(values: Array, weights: Array, *, unit: bool = False) -> Law:
    """The law of `weights` at `values` >= 0, in any order; `unit`: divided by their sum, to twice double precision."""
    order = np.argsort(-values, kind="stable")
    values, weights = values[order], weights[order]
    above = accumulate(weights)
    mass = float(above[0, -1])
    if unit:
        high, low = above[:, -1]
        above, weights, mass = np.stack(_twofold.quotient((above[0], above[1]), (high, low))), weights / high, 1.0
    positive = (values > 0) & (weights > 0)
    if not np.any(positive):
        refuse("values", float(values[0]), "at least one eigenvalue must be positive, and its mass too")
    zero = float(np.sum(weights[values == 0]))
    return Law(values[positive], weights[positive], zero=zero, mass=mass, above=above[:, positive])
