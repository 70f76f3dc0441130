r"""Spectra that are continuous or have no end: laws from a density or a symbol, power laws with their analytic tails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from asymptotics.conventions import refuse, within
from asymptotics.spectra import quadratures
from asymptotics.spectra.laws import Array, Law, masses
from asymptotics.spectra.signals import SIGNALS, Signal, Spectrum, assemble, part


def _continuous(
    rule: Callable[[float, float], tuple[Array, Array]],
    ends: Callable[[str], tuple[float, float]],
    signal: Signal,
    reciprocal: float = -1.0,
) -> Spectrum:
    # the law of a rule over (0, 1), and the signal on a part of it
    H = replace(masses(*quadratures.trimmed(*rule(*ends("isotropic"))), unit=True), reciprocal=reciprocal)
    if signal is None or signal == "isotropic":
        return Spectrum(H, H)
    if not isinstance(signal, str):
        refuse("signal", type(signal).__name__, f"for a continuous spectrum, one of {SIGNALS}")
    s, w = quadratures.trimmed(*rule(*ends(signal)))
    return Spectrum(H, masses(s, w, unit=True))


def power(a: float, signal: Signal = "isotropic") -> Spectrum:
    """s = u^a, u uniform on (0, 1), a >= 0. Proportional; in p dimensions simulations take u_i = (i - 1/2)/p.

    Accuracy: int s/(s + kappa) dH, that of its square and 1 - int s/(s + kappa) dH within 5e-15 for kappa in [1e-12, 1e6], a in
    [0.01, 100] (hypergeometric functions at 50 digits). For a > 12 the mass e^(-690/a) has s < 1e-299 and sits at that.

    >>> round(power(2.0).H.mean(), 14)
    0.33333333333333
    """
    if not (a >= 0 and np.isfinite(a)):
        refuse("a", a, "the exponent must be nonnegative and finite")
    if a == 0:
        return assemble(np.ones(1), np.ones(1), signal, unit=True)
    reciprocal = 1 / (1 - a) if a < 1 else np.inf  # the nodes, at s > 1e-30 or so, do not see where 1/s is large
    return _continuous(lambda low, high: quadratures.power(a, low, high), _top_is_one, signal, reciprocal)


def autoregressive(rho: float, signal: Signal = "isotropic") -> Spectrum:
    """The limit of the AR(1) covariance rho^|i-j|, |rho| < 1: (1 - rho^2)/(1 - 2 rho cos t + rho^2), t uniform. Proportional.

    Accuracy: int s/(s + kappa) dH, that of its square and 1 - int s/(s + kappa) dH within 5e-15 for kappa in [1e-12, 1e6],
    1 - |rho| >= 1e-9 (closed forms at 50 digits); the first within 2e-14 at 0.99 of the least eigenvalue below 0.

    >>> round(autoregressive(0.7).H.mean(), 14)
    1.0
    """
    if not -1 < rho < 1:
        refuse("rho", rho, "the correlation of neighbours must lie in (-1, 1)")
    if rho == 0:
        return assemble(np.ones(1), np.ones(1), signal, unit=True)
    return _continuous(lambda low, high: quadratures.autoregressive(rho, 1 - high, 1 - low), _top_is_one, signal)


def _top_is_one(signal: str) -> tuple[float, float]:
    # the part of (0, 1) on which the signal sits, where s increases in u
    kind, q = part(signal)
    return (1 - q, 1.0) if kind == "top" else (0.0, q)


def density(pdf: Callable[[float], float], low: float, high: float, signal: Signal = "isotropic") -> Spectrum:
    """Eigenvalues with the density `pdf` on (`low`, `high`), 0 <= low < high. Proportional.

    `pdf` takes and gives a float; it is smooth inside and may have integrable power-law singularities at both ends.
    Raises ValueError if its mass is off 1 by more than 1e-10; what remains is divided out.
    Accuracy: 1e-13 for uniform, arcsine and semicircle densities.

    >>> round(density(lambda s: 0.5, 1, 3).H.mean(), 13)
    2.0
    """
    if not (0 <= low < high < np.inf):
        refuse("low", low, f"0 <= low < high is needed; high = {high!r}")
    mass = float(np.sum(quadratures.density(pdf, float(low), float(high))[1]))
    if abs(mass - 1) > 1e-10:  # the rule gives 1e-13 where the density is smooth inside
        refuse("pdf", mass, "its integral over (low, high) must be 1; a density with kinks or jumps inside is refused too")

    def rule(a: float, b: float) -> tuple[Array, Array]:
        nodes, weights = quadratures.density(pdf, a, b)
        return nodes, weights / np.sum(weights)

    def ends(signal: str) -> tuple[float, float]:
        from scipy.optimize import brentq

        kind, q = part(signal)
        if q == 1:
            return float(low), float(high)

        def excess(x: float) -> float:
            return float(np.sum(quadratures.density(pdf, float(low), x)[1])) / mass - (q if kind == "bottom" else 1 - q)

        span = high - low
        first, last = low + 1e-6 * span, high - 1e-6 * span  # nearer the ends the power laws there are not seen
        if not excess(first) < 0 < excess(last):
            refuse("signal", signal, "for a density the fraction must end inside (low, high), 1e-6 of the length from either end")
        cut = float(brentq(excess, first, last, xtol=1e-15 * span, rtol=1e-14))
        return (cut, float(high)) if kind == "top" else (float(low), cut)

    near = [pdf(float(high) * x) for x in (1e-12, 1e-9)] if low == 0 else [0.0, 1.0]
    return _continuous(rule, ends, signal, np.inf if near[0] >= near[1] * (1 - 1e-6) > 0 else -1.0)  # flat or steeper: int pdf/s


def power_law(alpha: float, beta: float | None = None, p: int | None = None) -> Spectrum:
    """Eigenvalues i^-alpha, i = 1 ... p, or without end: p = None, alpha > 1. Dimension-free.

    The target has the powers v_i^2 = s_i beta_i^2 = i^-beta in the basis of unit variance, so that G has the weights
    i^(alpha - beta), not normalised: pass r2 = 1 for this target, or what multiplies it. beta = alpha (default) is an isotropic
    signal; an infinite spectrum asks for beta > 1. Beyond the resolved part the sums are Hurwitz zeta
    functions: nothing is truncated.

    Accuracy: kappa, df1, df2, n - df2 and the sums of G in the risks within 5e-15 for alpha in {1.05, 1.2, 1.5, 2, 3, 8}, beta in
    {1.05, 1.5, alpha, 4, 9}, n = 10 ... 10^6 without penalty (Euler-Maclaurin sums at 40 to 60 digits). kappa must be at least
    `resolved`, which is n of about 1e12.

    >>> from asymptotics.equivalents import effective_ridge
    >>> round(float(effective_ridge(power_law(2.0).H, n=100, delta=0.0).kappa) * 1e4, 3)  # (pi/2/n)^2 at large n
    2.443
    """
    beta = alpha if beta is None else beta
    alpha, beta = (float(within(name, v, np.isfinite, "finite: an exponent")) for name, v in (("alpha", alpha), ("beta", beta)))
    if not (0 < alpha < np.inf and np.isfinite(beta)):
        refuse("alpha", alpha, f"the exponents must be finite, alpha > 0; beta = {beta!r}")
    if p is None and not (alpha > 1 and beta > 1):
        refuse("alpha", alpha, f"infinitely many eigenvalues need alpha > 1 and beta > 1 (finite variance); beta = {beta!r}")
    if p is not None and not (p >= 1 and p == int(p)):
        refuse("p", p, "the number of features must be a positive integer, or None for infinitely many")
    if p is not None and float(p) ** -alpha < np.finfo(float).tiny:
        refuse("alpha", alpha, f"the least eigenvalue, p^-alpha with p = {p}, is below the range of doubles")
    # at n = 1e12, kappa ~ n^-alpha; the next term of the tail is s_last/kappa < 1e-14 beside the first
    last = 10.0 ** np.floor(min(12 + 14 / alpha, 280 / alpha)) if p is None else float(p)
    i, w, above = quadratures.integers(last, float(np.exp(min([1.0, 3 / alpha, 3 / max(abs(alpha - beta), 1e-9)]))))
    s, energy = i**-alpha, w * i ** (alpha - beta)
    if p is not None:
        return Spectrum(Law(s, w, mass=last, above=above), Law(s, energy))
    resolved = 1e14 * last**-alpha
    from scipy.special import zeta

    H = Law(s, w, tail=float(zeta(alpha, last + 1)), mass=np.inf, resolved=resolved, above=above)
    total = float(zeta(beta - alpha)) if beta - alpha > 1 else np.inf
    return Spectrum(H, Law(s, energy, tail=float(zeta(beta, last + 1)), mass=total, resolved=resolved))
