r"""Certified forms of `asymptotics.two_ridges`: the pair of effective ridges, from one increasing equation.

kappa1 out of (K) leaves kappa (n - df1)(k - df1) = k delta, a product of three increasing functions where all are positive: it has
one root there. A box that holds a root, by Krawczyk's operator, and on which n - df1, k - df1 > 0, holds kappa. Without penalty
df1 = min(n, k), where the mass of H is more than that, and df1 falls in kappa; else kappa = 0. An infinite n or k leaves the system.
"""

from __future__ import annotations

from typing import Any

from flint import arb

from asymptotics import equivalents, two_ridges
from asymptotics.certified.balls import INF, sign, times
from asymptotics.certified.laws import Masses
from asymptotics.certified.roots import root


def setting(gamma: Any, psi: Any, lam: Any, n: Any, k: Any, delta: Any) -> tuple[Any, Any, Any, Any]:
    """(factor of H, n, k, delta) of either setting."""
    return (gamma * psi, arb(1), gamma, lam) if n is None else (arb(1), n, k, delta)


def least(n: Any, k: Any) -> Any:
    return n if k == INF or (n != INF and sign(k - n) >= 0) else k


def kappa(H: Masses, a: Any, n: Any, k: Any, delta: Any, start: Any = None) -> Any:
    """The root of (K), proven; Undecided or ConvergenceError at too low a precision."""
    m = least(n, k)
    if n == INF or not sign(delta):
        if sign(a * H.live - m) <= 0:
            return arb(0)

        if start is None:
            start = equivalents.effective_ridge(H.law, n=float(m / a), delta=0.0).kappa  # type: ignore[arg-type]

        def rest(x: Any) -> tuple[Any, Any]:
            first, _, slope, _ = H.integrals(x)
            return m - a * first, a * slope

        return root(rest, start, lambda x: bool(rest(x)[0].mid() < 0), lambda box: bool(box > 0))

    if start is None:
        sizes = (float(v) if v == INF else float(v / a) for v in (n, k, delta))
        start = two_ridges.effective(H.law, **dict(zip(("n", "k", "delta"), sizes, strict=True))).kappa  # type: ignore[arg-type]

    def left(x: Any) -> tuple[Any, Any, Any]:
        """n - df1, (k - df1)/k and df1 - df2."""
        first, second = H.sums(x)
        return n - a * first, arb(1) if k == INF else 1 - a * first / k, a * (first - second)

    def product(x: Any) -> tuple[Any, Any]:
        u, v, spread = left(x)
        return x * u * v - delta, u * v + spread * (v + (arb(0) if k == INF else u / k))

    def below(x: Any) -> bool:
        u, v, _ = left(x)
        return bool(u.mid() < 0 or v.mid() < 0 or (x * u * v - delta).mid() < 0)

    return root(product, start, below, lambda box: bool(box > 0 and all(v > 0 for v in left(box)[:2])))


def pair(H: Masses, a: Any, n: Any, k: Any, delta: Any, x: Any) -> dict[str, Any]:
    """The fields of `Effective` at kappa = x."""
    df1, df2, slope, outside = (a * v for v in H.integrals(x))
    n_left, k_left = n - df1, k - df1
    if n == INF or not sign(delta):  # exactly, for one is 0
        m = least(n, k)
        gap = m - a * H.live if not sign(x) else arb(0)
        n_left, k_left = (INF if v == INF else gap + (v - m) for v in (n, k))
    kappa1 = x if k == INF else x * k_left / k
    return {
        "kappa": x,
        "kappa1": kappa1,
        "df1": df1,
        "df2": df2,
        "n_left": n_left,
        "k_left": k_left,
        "spread": df1 - df2 if sign(x) else arb(0),
        "slope": slope,
        "outside": times(x, outside),
    }


def effective(H: Masses, *, gamma: Any, psi: Any, lam: Any, n: Any, k: Any, delta: Any) -> dict[str, Any]:
    at = setting(gamma, psi, lam, n, k, delta)
    return pair(H, *at, kappa(H, *at))
