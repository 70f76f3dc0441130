r"""Certified form of `asymptotics.subsampling.ridge`: (2) to (5) at the proven root of (4).

kappa (n - df1)(k - df1)/(N - df1) = delta k/N increases in kappa where n - df1, k - df1 > 0, for n <= N: the root there is unique.
Without penalty df1 = min(n, k), or kappa = 0 where the rank is no more.
"""

from __future__ import annotations

from typing import Any

from flint import arb

from asymptotics import subsampling
from asymptotics.certified.balls import INF, sign, times
from asymptotics.certified.laws import Masses
from asymptotics.certified.roots import root
from asymptotics.certified.two_ridges import least
from asymptotics.spectra.signals import Spectrum


def _kappa(H: Masses, n: Any, N: Any, delta: Any, k: Any) -> Any:
    m = least(n, k)
    if not sign(delta) and sign(H.live - m) <= 0:
        return arb(0)
    assert H.law is not None
    start = subsampling.ridge(Spectrum(H.law, H.law), n=float(n), pool=float(N), delta=float(delta), k=float(k)).kappa
    none = arb(0) if k == INF else 1 / k

    def left(x: Any) -> tuple[Any, Any, Any, Any]:
        """n - df1, (k - df1)/k, N - df1, and how fast df1 falls."""
        first, second = H.sums(x)
        return n - first, 1 - first * none, N - first, (first - second) / x

    def excess(x: Any) -> tuple[Any, Any]:
        a, b, c, fall = left(x)
        if not sign(delta):
            return m - H.sums(x)[0], fall
        return x * a * b - delta * c / N, a * b + x * fall * (b + a * none) - delta * fall / N

    def below(x: Any) -> bool:
        return bool(excess(x)[0].mid() < 0 or (sign(delta) and min(v.mid() for v in left(x)[:2]) < 0))

    return root(excess, start, below, lambda box: bool(box > 0 and (not sign(delta) or all(v > 0 for v in left(box)[:3]))))


def ridge(spectrum: tuple[Masses, Masses], *, n: Any, pool: Any, delta: Any, k: Any, r2: Any, sigma2: Any) -> dict[str, Any]:
    H, G = spectrum
    x = _kappa(H, n, pool, delta, k)
    df1, df2 = H.sums(x)
    m, spread = least(n, k), df1 - df2
    slack, room = n - df1, k - df1
    if not sign(delta):  # exactly, for one may be 0
        gap = arb(0) if sign(x) else m - H.live
        slack, room = gap + (n - m), INF if k == INF else gap + (k - m)
    if not sign(x):
        df1, spread = H.live, arb(0)
    rho = arb(1) if k == INF or not sign(x) else room / (room + spread)
    _, kept, seen, _ = G.integrals(x)
    B, C = r2 * G.missed(x, seen), r2 * x * kept
    level = B + (1 - rho) * C + sigma2
    below = slack * (pool - df1) + (pool - n) * rho * spread
    test = n * pool * level / below if sign(below) else times(level, INF)
    train = times((slack / n) ** 2, test) if sign(slack) else arb(0)
    return {"test": test, "train": train, "gcv": test, "kappa": x, "df1": df1, "df2": df1 - spread}
