"""Certified form of `asymptotics.noise_lower_bound`."""

from __future__ import annotations

from typing import Any

from asymptotics.certified.balls import sign


def excess(*, n: Any, p: Any, sigma2: Any) -> Any:
    return sigma2 * n / (p + 1 - n) if sign(p - n) >= 0 else sigma2 * p / (n + 1 - p)
