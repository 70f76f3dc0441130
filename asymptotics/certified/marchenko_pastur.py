r"""Certified forms of `asymptotics.marchenko_pastur`, from textbook antiderivatives and the quadratic of m.

With d = |1 - gamma|, inside the support [a, b], and the mass of the continuous part min(1, 1/gamma),

    2 pi gamma (F - atom) = w + (1 + gamma) arcsin((x - 1 - gamma)/(2 sqrt gamma))
                          - d arcsin(((1 + gamma) x - (1 - gamma)^2)/(2 sqrt(gamma) x)) + pi (1 + gamma - d)/2,        (1)

w^2 = (x - a)(b - x). A quantile is the root of F = u in a box inside the support, where F increases: it is the only one.
"""

from __future__ import annotations

from typing import Any

from flint import arb

from asymptotics import marchenko_pastur
from asymptotics.certified.balls import INF, Undecided, sign
from asymptotics.certified.krawczyk import krawczyk


def edges(*, gamma: Any) -> tuple[Any, Any]:
    return (1 - gamma.sqrt()) ** 2, (1 + gamma.sqrt()) ** 2


def atom(*, gamma: Any) -> Any:
    return 1 - 1 / gamma if sign(gamma - 1) > 0 else arb(0)


def _wave(x: Any, gamma: Any) -> Any:
    return (4 * gamma - (x - 1 - gamma) ** 2).sqrt()


def _place(x: Any, gamma: Any) -> int:
    """-1 at a or below it, 1 at b or above it, 0 between them."""
    side = x - 1 - gamma
    return 0 if sign(4 * gamma - side * side) > 0 else sign(side)


def _inside(x: Any, gamma: Any) -> Any:
    return _wave(x, gamma) / (2 * arb.pi() * gamma * x)


def density(x: Any, *, gamma: Any) -> Any:
    if not sign(gamma - 1) and x != INF and x != -INF and not sign(x):
        return INF
    return arb(0) if x == INF or x == -INF or _place(x, gamma) else _inside(x, gamma)


def _below(x: Any, gamma: Any) -> Any:
    """(1), the atom included."""
    away = abs(1 - gamma)
    root = 2 * gamma.sqrt()
    second = (((1 + gamma) * x - (1 - gamma) ** 2) / (root * x)).asin() * away if sign(gamma - 1) else arb(0)
    part = _wave(x, gamma) + (1 + gamma) * ((x - 1 - gamma) / root).asin() - second + arb.pi() / 2 * (1 + gamma - away)
    return atom(gamma=gamma) + part / (2 * arb.pi() * gamma)


def cdf(x: Any, *, gamma: Any) -> Any:
    if x == -INF or (x != INF and sign(x) < 0):
        return arb(0)
    place = 1 if x == INF else _place(x, gamma)
    return _below(x, gamma) if place == 0 else atom(gamma=gamma) if place < 0 else arb(1)


def survival(x: Any, *, gamma: Any) -> Any:
    return 1 - cdf(x, gamma=gamma)


def quantile(u: Any, *, gamma: Any) -> Any:
    low, high = edges(gamma=gamma)
    rest = u * gamma - (gamma - 1) if sign(gamma - 1) > 0 else u
    if sign(rest) <= 0:
        return arb(0) if sign(gamma - 1) > 0 else low
    if not sign(1 - u):
        return high
    start = arb(marchenko_pastur.quantile(float(u), gamma=float(gamma)))
    if not (start > low and start < high):
        start = (low + (high - low) * arb(2) ** -60 if start < 1 + gamma else high - (high - low) * arb(2) ** -60).mid()
    box = krawczyk(lambda x: [_below(x[0], gamma) - u], lambda x: [[_inside(x[0], gamma)]], [start])[0]
    if not (box > low and box < high):
        raise Undecided
    return box


def moment(order: Any, *, gamma: Any) -> Any:
    order = int(order.unique_fmpz())
    k = order if order >= 0 else -order - 1
    if order < 0 and sign(gamma - 1) >= 0:
        return INF
    total = arb(1) if k == 0 else arb(0)
    for i in range(k):
        total += gamma**i * arb(k).bin(i) * arb(k - 1).bin(i) / (i + 1)
    return total if order >= 0 else total / (1 - gamma) ** (2 * k + 1)


def stieltjes(z: Any, *, gamma: Any) -> Any:
    if not sign(z):
        return 1 / (1 - gamma) if sign(1 - gamma) > 0 else INF
    side = z - 1 - gamma
    root = (side * side - 4 * gamma).sqrt()
    return (1 - gamma - z + (root if sign(side) > 0 else -root)) / (2 * gamma * z)


def companion(z: Any, *, gamma: Any) -> Any:
    if not sign(z):
        return 1 / (gamma - 1) if sign(gamma - 1) > 0 else INF
    return gamma * stieltjes(z, gamma=gamma) - (1 - gamma) / z
