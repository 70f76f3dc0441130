"""Derivatives of a limit along a parameter, by implicit differentiation of its equations at the solution, all points at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy import Symbol

from asymptotics.derivation.evaluation import Evaluation, Numbers


def along(derivation: Any, name: str, flat: Mapping[str, NDArray], variables: NDArray) -> dict[str, NDArray]:
    """d output / d parameter `name` (points,), of every output."""
    reduced = derivation.reduced
    evaluation = Evaluation(
        reduced, derivation.laws, Numbers(lambda p, q: np.float64(p / q), np.float64, lambda x, q: x ** (1 / q))
    )
    V = list(variables.T)
    moved: dict[Symbol, Any] = _generators(derivation, derivation.parameters[name], flat)
    for block in reduced.blocks:
        names = evaluation.unknowns(block)
        known = list(moved)
        right = [_sum(evaluation.slopes(s, known, V), moved.values()) for s in names]
        J = [[np.broadcast_to(x, len(variables)) for x in row] for row in evaluation.jacobian(block, V)]
        b = np.stack([np.broadcast_to(x, len(variables)) for x in right], axis=-1)
        dx = np.linalg.solve(np.moveaxis(np.array(J), -1, 0), b[..., None])[..., 0]
        moved |= dict(zip(names, dx.T, strict=True))
    steps = list(moved)
    return {
        k: np.broadcast_to(_sum((evaluation.derivative(x, s, V) for s in steps), moved.values()), len(variables))
        for k, x in reduced.outputs.items()
    }


def _sum(slopes: Any, moved: Any) -> Any:
    return sum((a * b for a, b in zip(slopes, moved, strict=True)), np.float64(0))


def _generators(derivation: Any, symbol: Symbol, flat: Mapping[str, NDArray]) -> dict[Symbol, Any]:
    """The generators that depend on the parameter, with their derivatives."""
    of = {derivation.parameters[k]: v for k, v in flat.items()}
    generators = derivation.reader.generators
    found = {}
    for s, q in generators.roots.items():
        expr = generators.opaque[s] if s in generators.opaque else s ** sympy.Rational(1, q)
        if symbol in expr.free_symbols:
            slope = sympy.diff(expr, symbol)
            used = sorted(slope.free_symbols, key=str)
            found[s] = sympy.lambdify(used, slope)(*(of[u] for u in used))
    return found
