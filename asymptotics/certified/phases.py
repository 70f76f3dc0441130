"""Certified forms of `asymptotics.phases`: (1) and (2) by the root w of the paper, with psi = 1/inputs."""

from __future__ import annotations

from typing import Any

from asymptotics.certified.activations import constants
from asymptotics.certified.balls import sign


def interpolation(*, activation: Any) -> Any:
    _, linear, rest = constants(activation)
    return linear / rest


def overparametrisation(*, inputs: Any, activation: Any) -> Any:
    _, linear, rest = constants(activation)
    z = linear / rest
    if not sign(z):
        return z
    psi = 1 / inputs
    b = psi * z - z - 1  # w^2 + b w = psi z, its negative root
    w = (b + (b * b + 4 * psi * z).sqrt()) / 2  # |w|
    return w / (2 * psi - (1 - psi) * w)
