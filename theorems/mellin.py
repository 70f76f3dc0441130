r"""Risks of power laws at any size, by the Mellin expansion of their sums: the second route to rates, at n = 10^10000.

With eigenvalues i^-alpha, powers i^-beta and L = 1/(1 + kappa i^alpha), every sum that the risks need is one of

    S(b, j) = sum_i i^-b (1 - L)^j L^(2-j)
            = Gamma(a) Gamma(2 - a)/alpha kappa^((b-1)/alpha) + sum_m (-1)^m (m + 1) zeta(b - (j + m) alpha) kappa^(j+m),

a = j - (b - 1)/alpha; m = 0 ... 3 are kept, for small kappa.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mpmath import mp, mpf, workdps

TERMS = 4
NUDGE = mpf(10) ** -25  # of b, relative: where a is an integer below 1 two terms have opposite poles


def sums(b: Any, j: int, *, alpha: Any) -> Callable[[Any], Any]:
    """S(b, j) as a function of kappa.

    >>> with workdps(30):  # sum_i 1/(1 + i^2/100)^2
    ...     print(mp.nstr(sums(0, 0, alpha=mpf(2))(mpf("0.01")), 10))
    7.353981634
    """
    b += b * NUDGE
    a, power = j - (b - 1) / alpha, (b - 1) / alpha
    lead = mp.gamma(a) * mp.gamma(2 - a) / alpha
    series = [(-1) ** m * (m + 1) * mp.zeta(b - (j + m) * alpha) for m in range(TERMS)]
    return lambda kappa: lead * kappa**power + sum(c * kappa ** (j + m) for m, c in enumerate(series))


def excess(*, alpha: float, beta: float, n: Any, delta: Any, sigma2: float, k: Any = mp.inf) -> Any:
    """The excess error of ridge regression with the kernel (k = inf) or k random features, Eq. (1) of `asymptotics.random_features`.

    Accuracy: 1e-15 of the sums of `asymptotics.random_features.ridge` at n = 10^6, where kappa < 1e-4.
    """
    with workdps(60):
        alpha, beta, n, k, delta = mpf(alpha), mpf(beta), mpf(n), mpf(k), mpf(delta)
        noise2, spread, target, mixed = (sums(b, j, alpha=alpha) for b, j in ((0, 0), (0, 1), (beta, 2), (beta, 1)))
        kappa = _kappa(lambda kappa: noise2(kappa) + spread(kappa), alpha, n, k, delta)
        df2, spread = noise2(kappa), spread(kappa)
        many = max(n, k)
        # of n - df1 and k - df1 the lesser follows from (n - df1)(k - df1) kappa = k delta, in which nothing cancels
        other = 1 - (df2 + spread) / many
        less = mp.sqrt(n * delta / kappa) if n == k else delta / kappa / other * (1 if n < k else k / n)
        left, free = (less, many * other) if n < k else (many * other, less) if k < n else (less, less)
        lost = spread / (free + spread)  # 1 - rho
        gap = left + (1 - lost) * spread
        return n * (target(kappa) + lost * mixed(kappa)) / gap + sigma2 * (df2 + lost * spread) / gap


def _kappa(df1: Callable[[Any], Any], alpha: Any, n: Any, k: Any, delta: Any) -> Any:
    """The root of (n - df1)(1 - df1/k) kappa = delta with df1 < n, k, by bisection in log kappa."""
    few = min(n, k)
    low = -alpha * mp.log(few + 2)
    half = alpha * mp.log(2 * mp.pi / alpha / mp.sin(mp.pi / alpha) / few)  # df1 < few/2 there, and left is 1/4 of n at most
    high = max(half, mp.log(4 * delta / n)) if delta else half
    for _ in range(200):
        middle = (low + high) / 2
        kappa = mp.exp(middle)
        here = df1(kappa)
        below = here > few or (n - here) * (1 - here / k) * kappa < delta
        low, high = (middle, high) if below else (low, middle)
    return kappa
