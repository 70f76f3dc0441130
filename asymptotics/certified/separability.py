"""Certified form of `asymptotics.separability.fraction`: Cover's sum of binomial coefficients, exactly."""

from __future__ import annotations

from typing import Any

from flint import arb, fmpz


def fraction(*, n: Any, p: Any) -> Any:
    n, p = int(n.unique_fmpz()), int(p.unique_fmpz())
    if p >= n:
        return arb(1)
    term, total = fmpz(1), fmpz(0)
    for k in range(p):
        total += term
        term = term * (n - 1 - k) // (k + 1)
    return arb(total) / arb(2) ** (n - 1)
