"""The constants of `asymptotics.activations` as balls, where they are known in closed form: mu0 = 0 or not, mu1^2, mu_star^2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flint import arb

from asymptotics.conventions import refuse

_KNOWN: dict[str, tuple[bool, Callable[[], tuple[Any, Any]]]] = {  # mu0 = 0?, (mu1^2, mu_star^2)
    "identity": (True, lambda: (arb(1), arb(0))),
    "relu": (False, lambda: (arb(1) / 4, arb(1) / 4 - 1 / (2 * arb.pi()))),
    "abs": (False, lambda: (arb(0), 1 - 2 / arb.pi())),
    "sign": (True, lambda: (2 / arb.pi(), 1 - 2 / arb.pi())),
    "erf": (True, lambda: (4 / (3 * arb.pi()), 2 / arb.pi() * (arb(2) / 3).asin() - 4 / (3 * arb.pi()))),
    "purely_nonlinear": (True, lambda: (arb(0), arb(1))),
}


def constants(activation: Any) -> tuple[bool, Any, Any]:
    """Whether mu0 = 0, mu1^2 and mu_star^2; ValueError where they are known by quadrature only."""
    if not isinstance(activation, str) or activation not in _KNOWN:
        refuse("certified", True, f"the constants of {activation!r} are known by quadrature only; closed: {', '.join(_KNOWN)}")
    centred, parts = _KNOWN[activation]
    return centred, *parts()
