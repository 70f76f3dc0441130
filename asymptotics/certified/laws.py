r"""A law in exact numbers: the measure that a `Law` of finitely many atoms holds.

    H = zero delta_0 + sum_i m_i delta_{s_i},

with s_i the doubles `atoms`, and m_i the difference of successive masses `above`, kept to twice double precision, where that agrees
with the double `weights_i` to its rounding; else the weight itself, and the largest mass takes what is left of the whole. So 1/3 is meant
to 2^-104, and masses that add up to 1 do so. Atoms are not compressed. A `tail` that is right for every kappa > 0 (`resolved` = 0:
infinitely many eigenvalues, infinitely small) is part of the law; one that stands for the rest of an infinite sum, and nodes that are
known not to tell 1/s (`reciprocal`), only approximate a law, and are refused.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from flint import arb, ctx

from asymptotics.certified.balls import INF, sign
from asymptotics.conventions import refuse
from asymptotics.spectra.laws import Law

EXACT = 4500  # bits, in which sums of doubles are exact


class Measure(Protocol):
    """What risks ask of a law: the mass at 0 and the rest, and integrals."""

    @property
    def zero(self) -> Any: ...

    @property
    def live(self) -> Any: ...

    def integrals(self, kappa: Any) -> tuple[Any, Any, Any, Any]:
        """int s/(s + kappa), its square, int s/(s + kappa)^2 and int 1/(s + kappa)^2 over s > 0."""

    def missed(self, kappa: Any, slope: Any) -> Any:
        """kappa^2 int s/(s + kappa)^2, of the integral."""


@dataclass(frozen=True)
class Masses:
    """Atoms (decreasing), their masses, the mass at 0 and that of all atoms, the integral of s over infinitely small ones, as balls.

    `law` gives starting values, where there is one.
    """

    atoms: list[Any]
    masses: list[Any]
    zero: Any
    live: Any
    tail: Any
    law: Law | None = None

    def sums(self, kappa: Any) -> tuple[Any, Any]:
        """int s/(s + kappa) and int (s/(s + kappa))^2."""
        first = second = arb(0)
        for s, m in zip(self.atoms, self.masses, strict=True):
            share = s / (s + kappa)
            part = m * share
            first += part
            second += part * share
        return first + self.tail / kappa if sign(self.tail) else first, second

    def integrals(self, kappa: Any) -> tuple[Any, Any, Any, Any]:
        first: Any = arb(0)
        second: Any = arb(0)
        slope: Any = arb(0)
        outside: Any = arb(0)
        for s, m in zip(self.atoms, self.masses, strict=True):
            r = 1 / (s + kappa)
            share = s * r
            part = m * share
            first += part
            second += part * share
            slope += part * r
            outside += m * r * r
        if sign(self.tail):
            first, slope = (v + self.tail / kappa**i if sign(kappa) else INF for i, v in ((1, first), (2, slope)))
            outside = INF
        return first, second, slope, outside

    def missed(self, kappa: Any, slope: Any) -> Any:
        return kappa * kappa * slope if sign(kappa) else self.tail


def point(s: Any) -> Masses:
    """The mass 1 at s."""
    return Masses([s], [arb(1)], arb(0), arb(1), arb(0))


@functools.lru_cache(16)
def exact(law: Law) -> Masses:
    """The law's atoms and masses as exact balls; ValueError for one that stands for another."""
    if law.resolved > 0 or law.reciprocal >= 0 or not (law.tail or np.isfinite(law.mass)):
        refuse("certified", True, f"{law!r} approximates a law that it does not hold; give one of finitely many eigenvalues")
    high, low = (np.diff(v, prepend=0.0) for v in law.above)
    kept = np.abs(high + low - law.weights) <= 2.0**-50 * law.weights
    with ctx.workprec(EXACT):
        above = [arb(h) + arb(l) for h, l in zip(*law.above.tolist(), strict=True)]
        masses = [b - a for a, b in zip([arb(0), *above], above, strict=False)]
        for i in np.flatnonzero(~kept):
            masses[i] = arb(float(law.weights[i]))
        if not kept.all():
            largest = int(np.argmax(law.weights))
            masses[largest] += above[-1] - sum(masses, arb(0))
        live = arb.pos_inf() if law.tail else above[-1]
        return Masses([arb(s) for s in law.atoms.tolist()], masses, arb(law.zero), live, arb(law.tail), law)
