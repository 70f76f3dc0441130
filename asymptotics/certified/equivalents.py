r"""Certified forms of `asymptotics.equivalents`: the effective ridge in a box with a proof.

phi(kappa) = kappa (n - int s/(s + kappa) dH) is convex on kappa > -(least eigenvalue), for

    phi = n kappa - int s dH + int s^2/(s + kappa) dH,     phi' = n - int (s/(s + kappa))^2 dH = n - df2.              (1)

So of the roots of phi = delta, (K), the one where phi' > 0 is the largest, and there is at most one: a box to the right of -(least
eigenvalue) that holds a root, by Krawczyk's operator, and where phi' > 0 holds kappa. At delta = 0 the root 0 has phi' = n - mass.
"""

from __future__ import annotations

from typing import Any

from flint import arb

from asymptotics import equivalents
from asymptotics.certified.balls import INF, Undecided, sign
from asymptotics.certified.krawczyk import krawczyk
from asymptotics.certified.laws import Masses
from asymptotics.certified.roots import root


def setting(gamma: Any, lam: Any, n: Any, delta: Any) -> tuple[Any, Any, Any]:
    """(factor of H, n, delta) of either setting."""
    return (gamma, arb(1), lam) if n is None else (arb(1), n, delta)


def kappa(H: Masses, a: Any, n: Any, delta: Any, start: Any = None) -> Any:
    """The largest root of n = a int s/(s + kappa) dH + delta/kappa, proven; Undecided or ConvergenceError at too low a precision."""
    if not sign(delta) and sign(n - a * H.live) >= 0:
        return arb(0)
    if start is None:
        start = equivalents.effective_ridge(H.law, n=float(n / a), delta=float(delta / a)).kappa  # type: ignore[arg-type]

    def phi(x: Any) -> tuple[Any, Any]:
        first, second = H.sums(x)
        return x * (n - a * first) - delta, n - a * second

    def below(x: Any) -> bool:  # phi < delta below the root where delta >= 0, and only there
        return bool(phi(x)[0].mid() < 0)

    left = 0 if delta >= 0 or sign(H.tail) else -H.atoms[-1]
    return root(phi, start, below, lambda box: bool(box > left and phi(box)[1] > 0))


def effective_ridge(H: Masses, *, gamma: Any, lam: Any, n: Any, delta: Any) -> dict[str, Any]:
    a, n, delta = setting(gamma, lam, n, delta)
    k = kappa(H, a, n, delta)
    first, second, square, _ = H.integrals(k)
    cube = sum((m * s * s / (s + k) ** 3 for s, m in zip(H.atoms, H.masses, strict=True)), arb(0))
    gap = n - a * second
    if not sign(k):
        gap = n - a * H.live  # exactly, for it may be 0
    found = {"kappa": k, "df1": a * first, "df2": a * second, "gap": gap, "residual": arb(0)}
    if not sign(gap):
        return found | {"dkappa": INF, "ddf1": -INF, "ddf2": -INF}
    return found | {"dkappa": 1 / gap, "ddf1": -a * square / gap, "ddf2": -2 * a * cube / gap}


def edge(H: Masses, *, gamma: Any, n: Any) -> Any:
    """The least value of phi: where phi' = 0, which is increasing and concave; Newton climbs to it from the left."""
    a, n, _ = setting(gamma, None, n, None)
    if not sign(n - a * H.live):
        return arb(0)

    def bend(k: Any) -> Any:
        return 2 * a * sum((m * s * s / (s + k) ** 3 for s, m in zip(H.atoms, H.masses, strict=True)), arb(0))

    least = H.atoms[-1]
    x = (least * ((a * H.masses[-1] / n).sqrt() - 1)).mid()
    for _ in range(1000):
        step = ((a * H.sums(x)[1] - n) / bend(x)).mid()
        x = (x + step).mid()
        if abs(step) < abs(x) * 1e-9:
            break
    k = krawczyk(lambda v: [n - a * H.sums(v[0])[1]], lambda v: [[bend(v[0])]], [x])[0]
    if not k > (0 if sign(H.tail) else -least):
        raise Undecided
    return k * (n - a * H.sums(k)[0])
