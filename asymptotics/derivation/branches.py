r"""Proof that an enclosed solution is the limit: it continues the one without randomness, through boxes that hold no other solution.

All variances are multiplied by h. Around an approximate solution (x, h) with tangent v = dx/dh, in charts u of the unknowns and t of
h (logarithms; as they are near h = 0), the solutions x + v t + r at all h of a segment at once are fixed points of

    r - C F(v t + r, t)  in  - C F(0, 0) - C (F_u v + F_t) t + (1 - C F_u) r,                                              (1)

with derivatives over the whole tube |r| <= R. If (1) lies in the interior of the tube, each h of the segment has exactly one solution
there, by Krawczyk's theorem with a parameter. A solution that leaves one tube enters the next; the first tube holds h = 0, where the
equations are explicit, and the last one the enclosure. The limit of the random matrices solves the equations at every h, is analytic
in h where the penalties are positive, and is explicit at h = 0, so it is this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flint import arb, arb_mat

from asymptotics.derivation.algebra import PATH
from asymptotics.derivation.blocks import Block
from asymptotics.derivation.evaluation import Evaluation, Program

LEAST = 1e-3  # stride of log h at which the path counts as lost
FIRST = 60  # eighths of h, at most, to where the equations are nearly explicit
START = 0.1  # radius of a tube, relative
WIDE = 3.0  # radius beyond which there is no hope of one
EXACT = 2.0**-10  # Newton's last relative step in a tube's middle


@dataclass(frozen=True)
class Tube:
    """x + v t + |r| <= R about h = `middle`; `inner` is (1). `logs`: charts are logarithms of the unknowns and of h."""

    middle: Any
    x: Sequence[Any]
    v: Sequence[Any]
    radius: Sequence[Any]
    inner: Sequence[Any]
    logs: Sequence[bool]
    near: bool

    def along(self, h: Any) -> Any:
        return h - self.middle if self.near else (h / self.middle).log()

    def at(self, h: Any) -> list[Any]:
        """The solution at h."""
        t = self.along(h)
        return [_point(x, v * t + r, log) for x, v, r, log in zip(self.x, self.v, self.inner, self.logs, strict=True)]

    def holds(self, h: Any, found: Sequence[Any]) -> bool:
        """Whether a solution at h is the one of this tube."""
        t = self.along(h)
        away = (_chart(x, y, log) - v * t for x, y, v, log in zip(self.x, found, self.v, self.logs, strict=True))
        return all(arb(0, R).contains_interior(r) for r, R in zip(away, self.radius, strict=True))


def proved(evaluation: Evaluation, V: Sequence[Any]) -> bool:
    """Whether V, all variables enclosed, is proven to be the limit's solution."""
    hard = [b for b in evaluation.program.blocks if b.core and not b.linear]
    try:
        return all(explicit(evaluation.program, b) and _Path(evaluation, b, V).reaches(V) for b in hard)
    except ZeroDivisionError:  # a singular Jacobian on the way
        return False


def explicit(program: Program, block: Block) -> bool:
    """Whether the equations at h = 0 have one solution, for no unknown needs itself there, nor h anything solved for before."""
    path = program.place[PATH]
    names = {program.place[s]: s for s in (*block.core, *block.rest)}
    before = program.blocks[: program.blocks.index(block)]
    if any(path in program.needs(s) for b in before for s in (*b.core, *b.rest)):
        return False
    needs = {i: program.needs(s, without=path) & names.keys() for i, s in names.items()}
    while ready := {i for i, x in needs.items() if not x & needs.keys()}:
        needs = {i: x for i, x in needs.items() if i not in ready}
    return not needs


class _Path:
    """A nonlinear block's solutions for h from 0 to 1; V has the other variables."""

    def __init__(self, evaluation: Evaluation, block: Block, V: Sequence[Any]) -> None:
        self.evaluation, self.block, self.V, self.path = evaluation, block, list(V), evaluation.place[PATH]
        self.places = [evaluation.place[s] for s in evaluation.unknowns(block)]

    def reaches(self, V: Sequence[Any]) -> bool:
        """Whether the path ends in V."""
        tube, h = self.first()
        stride = arb(1)
        while tube and h < 1:
            far = (h * stride.exp()).mid()
            end = far if far < 1 else arb(1)
            middle = (h * end).sqrt().mid()
            found = self.tube(tube.at(middle), h, middle, end)
            if found and found.holds(h, self.tightened(tube.at(h), h)):
                tube, h, stride = found, end, stride * 1.5
            elif (stride := stride / 2) < LEAST:
                return False
        return bool(tube and tube.holds(h, [V[i] for i in self.places]))

    def first(self) -> tuple[Tube | None, Any]:
        """The tube from h = 0 on, and its end."""
        end = arb(1)
        for _ in range(FIRST):
            self.V[self.path] = middle = end / 2
            for s in self.block.core:
                self.V[self.evaluation.place[s]] = arb(0)
            for s in (*self.block.rest, *self.block.core) * 3:
                self.V[self.evaluation.place[s]] = self.evaluation.right(s, self.V)[0].mid()
            if found := self.tube([self.V[i] for i in self.places], arb(0), middle, end):
                return found, end
            end = end / 8
        return None, end

    def system(self, x: Sequence[Any], h: Any) -> tuple[Any, list[list[Any]]]:
        """F, and its derivatives along the unknowns and h."""
        self.V[self.path] = h
        for i, v in zip(self.places, x, strict=True):
            self.V[i] = v
        F, J = self.evaluation.system(self.block, self.V, [self.path])
        return arb_mat([[f] for f in F]), J

    def tightened(self, x: Sequence[Any], h: Any) -> list[Any]:
        """Where in the box the solutions at h are: Krawczyk's operator."""
        middle = [v.mid() for v in x]
        F, J = self.system(middle, h)
        C = arb_mat([row[:-1] for row in J]).inv().mid()
        M = C * arb_mat([row[:-1] for row in self.system(x, h)[1]])
        step = (C * F).entries()
        away = [v - m for v, m in zip(x, middle, strict=True)]
        return [m - s + b for m, s, b in zip(middle, step, _rest(M, away), strict=True)]

    def tube(self, x: Sequence[Any], start: Any, middle: Any, end: Any) -> Tube | None:
        """The tube over h in [start, end] from near x at its middle, if there is a proof."""
        near = not start > 0
        x = [v.mid() for v in x]
        logs = [not near and v > 0 for v in x]

        def charted(x: Sequence[Any], h: Any) -> tuple[Any, Any, Any]:
            F, J = self.system(x, h)
            scale = [v if log else 1 for v, log in zip(x, logs, strict=True)]
            slopes = arb_mat([[d * s for d, s in zip(row, scale, strict=False)] for row in J])
            return F, slopes, arb_mat([[row[-1] * (1 if near else h)] for row in J])

        for _ in range(4):
            F, slopes, along = charted(x, middle)
            C = slopes.inv().mid()
            offset = (C * F).entries()
            if all(abs(s.mid()) < (EXACT if log else abs(v) * EXACT) for s, v, log in zip(offset, x, logs, strict=True)):
                break
            x = [_point(v, -s, log).mid() for v, s, log in zip(x, offset, logs, strict=True)]
        v = [-s.mid() for s in (C * along).entries()]
        tube = Tube(middle, x, v, (), (), logs, near)
        t = tube.along(start).union(tube.along(end))
        radius = [arb(START) * (1 if log else abs(a) + abs(b) * end) for a, b, log in zip(x, v, logs, strict=True)]
        for _ in range(3):
            r = [arb(0, R) for R in radius]
            _, slopes, along = charted([_point(a, b * t + c, log) for a, b, c, log in zip(x, v, r, logs, strict=True)],
                                       start.union(end))  # fmt: skip
            M = C * slopes
            drift = (M * arb_mat([[a] for a in v]) + C * along).entries()
            inner = [a - o - d * t for a, o, d in zip(_rest(M, r), offset, drift, strict=True)]  # Equation (1)
            if all(a.contains_interior(b) for a, b in zip(r, inner, strict=True)):
                return replace(tube, radius=radius, inner=inner)
            radius = [(2 * abs(a)).upper() for a in inner]
            if not all(a < WIDE * (1 if log else abs(b) + 1) for a, b, log in zip(radius, x, logs, strict=True)):
                break
        return None


def _rest(M: Any, r: Sequence[Any]) -> list[Any]:
    """(1 - M) r."""
    return [sum((((1 if i == j else 0) - M[i, j]) * a for j, a in enumerate(r)), arb(0)) for i in range(len(r))]


def _point(x: Any, u: Any, log: bool) -> Any:
    return x * u.exp() if log else x + u


def _chart(x: Any, y: Any, log: bool) -> Any:
    return (y / x).log() if log else y - x
