"""What happens at the ends of the parameters: a penalty of 0, a transform's argument near the real line, points that are not reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.errors import ConvergenceError

TINY = (1e-44, 1e-48, 1e-52)  # penalties that stand for 0: gaps to a threshold are 1e-16 at least, and their squares 1e-32
LADDERS = (0.94, 0.98, 0.995)  # ratios of the heights at which a transform is continued to the real axis, tried in turn


def continued(
    derivation: Any, at: Mapping[str, Any], name: str, way: Callable[[float], NDArray], doubtful: float
) -> tuple[NDArray, ...]:
    """The solver's arrays at the end of way(ratio), values of parameter `name`; each point continues the one before."""
    for ratio in LADDERS:
        path = way(ratio)
        flat = {k: path if k == name else np.full(len(path), v) for k, v in at.items()}
        try:
            return tuple(x[-1:] for x in derivation._direct(flat, len(path), doubtful, chained=True))
        except ConvergenceError as error:
            last = error
    raise last


def descended(derivation: Any, at: Mapping[str, Any], doubtful: float) -> tuple[NDArray, ...]:
    """At one z, along the line from far above it (or below): the branch of a transform is the one that is analytic there."""
    z = complex(at["z"])
    found = continued(derivation, at, "z", lambda ratio: descent(z, ratio), doubtful)
    if np.iscomplexobj(at["z"]):
        return found
    if np.any(np.abs(found[0].imag) > 1e-8 * np.abs(found[0])):  # far more than is left of the line's end
        where = f"z = {z.real:.12g} inside the spectrum"
        raise ConvergenceError(
            f"the limit at {where}",
            residual=float(np.max(np.abs(found[0].imag))),
            iterations=1,
            causes="a transform has no value there; z + 0j has the one from above",
        )
    return found[0].real, found[1], found[2], found[3].real


def descent(z: complex, ratio: float) -> NDArray[np.complex128]:
    """Points from far above z, or below, down to it."""
    size = 10 * (1 + abs(z))
    steps = int(np.log(1e11 if z.imag == 0 else max(size / abs(z.imag), 1.0)) / -np.log(ratio)) + 1
    heights = size * ratio ** np.arange(steps)
    return np.append(z.real + 1j * heights[heights > abs(z.imag)] * (1 if z.imag >= 0 else -1), z)


def limits(first: NDArray, second: NDArray, third: NDArray) -> NDArray:
    """The limit of what was computed at the penalties TINY: inf or 0 of what goes like a power of the penalty."""
    with np.errstate(divide="ignore", invalid="ignore"):
        still = (third == second) | (np.abs(third / second - 1) <= 1e-12)  # a limit approached like lam^(1/2) moves by 1e-24
        powers = [np.log(np.abs(b / a)) / np.log(TINY[1] / TINY[0]) for a, b in ((first, second), (second, third))]
        before, last = second - first, third - second
        ratio = last / before  # of a limit approached like lam^(1/4), of any power
        geometric = (np.abs(last) < 1e-8 * np.abs(third)) & (ratio > 0) & (ratio < 0.5)
        beyond = third + last * ratio / (1 - ratio)
    power = (np.abs(powers[0] - powers[1]) < 1e-4) & (np.abs(powers[1]) > 1e-2)
    if not np.all(still | power | geometric):
        causes = "the limit is approached more slowly than doubles can tell, like lam^(1/8) or 1/log(lam)"
        raise ConvergenceError("the limit without penalty", residual=float("nan"), iterations=len(TINY), causes=causes)
    return np.select([still, power, geometric], [third, np.where(powers[1] < 0, np.copysign(np.inf, third), 0.0), beyond])


def stuck(at: Mapping[str, Any], residual: float, iterations: int) -> ConvergenceError:
    where = ", ".join(f"{k} = {v:.12g}" for k, v in at.items())
    causes = "the path from no randomness meets a singularity: a spectrum's edge, a penalty that is negative"
    return ConvergenceError(f"the limit at {where}", residual=residual, iterations=iterations, causes=causes)
