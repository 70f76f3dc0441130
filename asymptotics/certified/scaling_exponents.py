"""Certified forms of `asymptotics.scaling_exponents`: (1) to (4) as they stand there, -inf and inf where a rate has none."""

from __future__ import annotations

import functools
from typing import Any

from flint import arb

from asymptotics.certified.balls import INF, sign


def _least(*values: Any) -> Any:
    return functools.reduce(lambda x, y: arb(x).min(arb(y)), values)


def rates(*, alpha: Any, beta: Any, ell: Any, q: Any, noisy: Any) -> dict[str, Any]:
    source = (beta - 1) / (2 * alpha)
    mu = _least(arb(1), INF if ell == INF else ell / alpha, q)
    target = 2 * alpha * mu * _least(arb(1), source)
    features = alpha * mu * _least(arb(1), 2 * source) + q - mu
    noise = 1 - mu if noisy is True or (noisy is not False and sign(noisy)) else arb(INF)
    if q != INF and not sign(q - 1):  # the peak at k = n
        peak = INF if ell == INF else (ell - alpha).max(arb(0)) / 2
        target, features, noise = (INF if v == INF else v - peak for v in (target, features, noise))
    return {"target": target, "features": features, "noise": noise, "excess": _least(target, features, noise), "modes": mu}


def optimal(*, alpha: Any, beta: Any) -> dict[str, Any]:
    source = (beta - 1) / (2 * alpha)
    mu = 1 / (1 + 2 * alpha * _least(arb(1), source))
    other = 1 - alpha * mu * _least(arb(1), 2 * source)
    return {"ell": alpha * mu, "excess": 1 - mu, "q": mu.max(other)}
