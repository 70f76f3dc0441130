"""Newton's method with many digits, from where the solver ended: what doubles cannot resolve, near an interpolation threshold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mpmath
import numpy as np

from asymptotics._digits import digits
from asymptotics.derivation.algebra import PATH
from asymptotics.derivation.evaluation import Evaluation, Numbers

DIGITS = 220  # penalties of 1e-52 lose up to three times as many
NEAR = 0.1  # the first relative step at a point of the path
ROUNDS = 4  # of the equations from zero, at the start of the path
FAR = 50  # a relative step as long as that leads nowhere
SMALL = mpmath.mpf(10) ** -80  # the last relative step, after which twice the digits are right


def numbers() -> Numbers:
    """mpmath at the digits of its context."""
    return Numbers(
        lambda p, q: mpmath.mpf(p) / q if q != 1 else mpmath.mpf(p),
        mpmath.mpmathify,
        lambda x, q: x if q == 1 else mpmath.root(x, q),
        mpmath.fdot,
    )


def solve(derivation: Any, at: Mapping[str, Any], start: Any) -> tuple[list[Any], list[Any], Any]:
    """(all variables, outputs, the last relative step)."""
    with digits(DIGITS):
        arithmetic = numbers()
        evaluation = Evaluation(derivation.program, derivation.laws, arithmetic)
        of = {derivation.parameters[k]: mpmath.mpmathify(v) for k, v in at.items()}
        of |= {s: mpmath.mpmathify(v) for s, v in derivation.given.constants.items()}
        V = [mpmath.mpmathify(x.item() if np.isfinite(x) else 0.0) for x in start]  # what overflowed is found anew
        known = derivation.generators(of, arithmetic.root, "mpmath")
        V[: len(known)] = [mpmath.mpmathify(x) for x in known]
        V[evaluation.place[PATH]] = mpmath.mpf(start[evaluation.place[PATH]].real)
        last = max((_path(evaluation, b, V) for b in derivation.reduced.blocks), default=mpmath.mpf(0))
        return V, [evaluation.output(name, V)[0] for name in derivation.reduced.outputs], last


def _path(evaluation: Evaluation, block: Any, V: list[Any]) -> Any:
    """The block at the path's end, from where the solver left the path, by steps that Newton's method finds small."""
    path, stride = evaluation.place[PATH], mpmath.mpf(1)
    if not block.core or block.linear:
        V[path] = mpmath.mpf(1)
    elif V[path] < 1 and not _block(evaluation, block, V) < SMALL and not _begun(evaluation, block, V):
        return mpmath.inf
    while V[path] < 1:
        kept = list(V)
        V[path] = min(mpmath.mpf(1), V[path] * mpmath.exp(stride))
        last = _block(evaluation, block, V, gently=True)
        if last < SMALL:
            stride *= 2
        else:
            V[:], stride = kept, stride / 4
        if stride < SMALL:
            return mpmath.inf
    return _block(evaluation, block, V)


def _begun(evaluation: Evaluation, block: Any, V: list[Any]) -> bool:
    """Whether the block is solved at the start of the path, where a few rounds of the equations nearly solve it."""
    place = [evaluation.place[s] for s in evaluation.unknowns(block)]
    for i in range(80):
        V[evaluation.place[PATH]] = mpmath.mpf(100) ** -i
        for j in place:
            V[j] = mpmath.mpf(0)
        for _ in range(ROUNDS):
            for s, j in [*zip(block.rest, place[len(block.core) :], strict=True), *zip(block.core, place, strict=False)]:
                V[j], _ = evaluation.right(s, V)
        if _block(evaluation, block, V, gently=True) < SMALL:
            return True
    return False


def _block(evaluation: Evaluation, block: Any, V: list[Any], gently: bool = False) -> Any:
    """Newton's method, to the last relative step; `gently`: inf where its first two steps do not show that one root is near."""
    names = evaluation.unknowns(block)
    place, core = [evaluation.place[s] for s in names], len(block.core)
    last = mpmath.inf if core else mpmath.mpf(0)
    for count in range(60):
        before = last
        for s, i in zip(names[core:], place[core:], strict=True):
            V[i], _ = evaluation.right(s, V)
        if last < SMALL:
            break
        try:
            F, J = evaluation.system(block, V)
            step = mpmath.lu_solve(mpmath.matrix(J), mpmath.matrix(F))
        except (TypeError, ZeroDivisionError):  # not numbers, or a singular matrix: mpmath's ways to say so
            return mpmath.inf
        change = [d / (V[i] or 1) for d, i in zip(step[:core], place[:core], strict=True)]
        last = max(map(abs, change))
        if not (last < FAR or (block.linear and mpmath.isfinite(last))) or (
            gently and ((count == 0 and last > NEAR) or (count == 1 and last > before / 10))
        ):
            return mpmath.inf
        positive = not block.linear and all(mpmath.im(V[i]) == 0 and V[i] > 0 for i in place[:core])
        for d, i in zip(change, place[:core], strict=True):  # of logarithms, while it is far
            V[i] = V[i] * mpmath.exp(-d) if positive else V[i] - d * (V[i] or 1)
    return last
