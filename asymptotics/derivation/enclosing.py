r"""Enclosures of a limit: each block's equations by Krawczyk's operator, around the solver's result, in ball arithmetic.

Proved: in the box there is exactly one solution of the equations, and the enclosure holds it. That it is the branch of the limit is
the solver's finding (continuity along its path), not part of the proof; formulas with a monotone fixed point, such as
`equivalents.effective_ridge`, are proved on their branch too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from asymptotics.derivation.blocks import Block
from asymptotics.derivation.evaluation import Evaluation, Numbers


def enclose(derivation: Any, flat: Mapping[str, NDArray], variables: NDArray) -> dict[str, Any]:
    """Every output's `Enclosure` (points,), from parameters that are doubles and the solver's variables."""
    from asymptotics.certified.calls import enclosures

    def twin(i: int) -> dict[str, Any]:
        return _point(derivation, {k: v[i].item() for k, v in flat.items()}, variables[i])

    return enclosures(twin, len(variables))


def _point(derivation: Any, at: Mapping[str, float], start: NDArray) -> dict[str, Any]:
    from flint import arb

    from asymptotics.certified.krawczyk import krawczyk

    root = lambda x, q: x if q == 1 else x.root(q)  # noqa: E731
    evaluation = Evaluation(derivation.reduced, derivation.exact_laws, Numbers(lambda p, q: arb(p) / q, arb, root))
    of = {derivation.parameters[k]: arb(v) for k, v in at.items()}
    of |= {s: arb(v) for s, v in derivation.given.constants.items()}
    V: list[Any] = [arb(x) for x in start.tolist()]
    known = derivation.generators(of, root, "flint")
    V[: len(known)] = [arb(x) for x in known]
    for block in derivation.reduced.blocks:
        names = evaluation.unknowns(block)
        place = [evaluation.place[s] for s in names]
        if not block.core:
            for s, i in zip(names, place, strict=True):
                V[i] = evaluation.right(s, V)
            continue

        box = _box(evaluation, block, V, place, krawczyk)
        for i, v in zip(place, box, strict=True):
            V[i] = v
    return {name: evaluation.function(x, V) for name, x in derivation.reduced.outputs.items()}


def _box(evaluation: Evaluation, block: Block, V: list[Any], place: list[int], krawczyk: Any) -> list[Any]:
    def put(x: list[Any]) -> list[Any]:
        W = list(V)
        for i, v in zip(place, x, strict=True):
            W[i] = v
        return W

    F, J = lambda x: evaluation.residual(block, put(x)), lambda x: evaluation.jacobian(block, put(x))
    return krawczyk(F, J, [V[i] for i in place])
