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
    numbers = Numbers(lambda p, q: np.float64(p / q), np.float64, lambda x, q: x ** (1 / q))
    evaluation = Evaluation(derivation.program, derivation.laws, numbers)
    V, count = list(variables.T), len(variables)
    moved = {evaluation.place[s]: x for s, x in _generators(derivation, derivation.parameters[name], flat).items()}
    for block in derivation.reduced.blocks:
        places = [evaluation.place[s] for s in evaluation.unknowns(block)]
        _, J = evaluation.system(block, V, list(moved))
        A, right = _stacked(J, count)[:, :, : len(places)], _stacked(J, count)[:, :, len(places) :]
        by = np.stack([np.broadcast_to(x, count) for x in moved.values()], axis=-1)
        dx = -np.linalg.solve(A, right @ by[..., None])[..., 0]
        moved |= dict(zip(places, dx.T, strict=True))
    slopes = {k: evaluation.output(k, V, moved)[1] for k in derivation.reduced.outputs}
    return {k: np.broadcast_to(sum((x * moved[i] for i, x in by.items()), np.float64(0)), count) for k, by in slopes.items()}


def _stacked(rows: list[list[Any]], count: int) -> NDArray:
    return np.moveaxis(np.array([[np.broadcast_to(x, count) for x in row] for row in rows]), -1, 0)


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
