r"""Laws to begin with, as exact objects: parameters are rationals, strings such as "1/3", or floats read as their shortest decimal."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from asymptotics.conventions import refuse
from asymptotics.free.algebraic import Algebraic
from asymptotics.free.operations import compression, free_sum, scale
from asymptotics.free.polynomials import rational


def _positive(name: str, value: Any) -> Fraction:
    number = rational(name, value)
    if number <= 0:
        refuse(name, value, "it must be positive")
    return number


def _integers(rows: Sequence[Sequence[Fraction | int]]) -> tuple[tuple[int, ...], ...]:
    from math import gcd, lcm

    bottom = lcm(*(Fraction(c).denominator for row in rows for c in row))
    whole = [[int(c * bottom) for c in row] for row in rows]
    common = gcd(*(c for row in whole for c in row))
    return tuple(tuple(c // common for c in row) for row in whole)


def semicircle(variance: Any = 1) -> Algebraic:
    """Wigner's law on [-2 sigma, 2 sigma]: variance m^2 + z m + 1 = 0.

    >>> semicircle(4).cuts.tolist()
    [[-4.0, 4.0]]
    """
    return Algebraic(_integers([[1, 0], [0, 1], [_positive("variance", variance), 0]]), (Fraction(1),))


def marchenko_pastur(gamma: Any) -> Algebraic:
    """The law of X'X/n, p/n -> gamma: gamma z m^2 + (z + gamma - 1) m + 1 = 0, an atom 1 - 1/gamma at 0 for gamma > 1.

    >>> marchenko_pastur(4).weights.tolist(), marchenko_pastur(4).cuts.tolist()
    ([0.75], [[1.0, 9.0]])
    """
    gamma = _positive("gamma", gamma)
    return Algebraic(_integers([[1, 0], [gamma - 1, 1], [0, gamma]]), (Fraction(1),))


def free_poisson(rate: Any, jump: Any = 1) -> Algebraic:
    """All free cumulants k_j = rate jump^j: jump z m^2 + (z + jump (1 - rate)) m + 1 = 0.

    >>> [int(k) for k in free_poisson(3, 2).free_cumulants(3)]
    [6, 12, 24]
    """
    rate, jump = _positive("rate", rate), rational("jump", jump)
    return scale(marchenko_pastur(1 / rate), rate * jump)


def atoms(values: Sequence[Any], weights: Sequence[Any]) -> Algebraic:
    """Masses `weights` at `values`, made to sum to 1 exactly if they do so to rounding: m = sum w/(s - z).

    >>> atoms([0, 1], ["1/2", "1/2"]).moments(3)[2]
    Fraction(1, 2)
    """
    places, masses = [rational("values", v) for v in values], [rational("weights", w) for w in weights]
    if len(places) != len(masses) or len(set(places)) != len(places) or not places:
        refuse("values", list(values), "different places, one weight each")
    if min(masses) <= 0 or abs(float(sum(masses)) - 1) > 1e-12:  # rounding of many weights
        refuse("weights", list(weights), "positive and of sum 1")
    total = sum(masses)
    top, bottom = [Fraction(0)], [Fraction(1)]  # m = top/bottom, polynomials in z
    for s, w in zip(places, masses, strict=True):
        top = [a + b for a, b in zip(_by(top, s), [*(w / total * c for c in bottom), Fraction(0)], strict=True)]
        bottom = _by(bottom, s)
    top += [Fraction(0)] * (len(bottom) - len(top))
    return Algebraic(_integers([[-c for c in top], bottom]), (Fraction(1),))


def _by(p: list[Fraction], s: Fraction) -> list[Fraction]:
    """p(z) (s - z)."""
    return [s * a - b for a, b in zip([*p, Fraction(0)], [Fraction(0), *p], strict=True)]


def arcsine(radius: Any = 2) -> Algebraic:
    """1/(pi sqrt(radius^2 - x^2)): (z^2 - radius^2) m^2 = 1.

    >>> [int(m) for m in arcsine(2).moments(7)]
    [1, 0, 2, 0, 6, 0, 20]
    """
    radius = _positive("radius", radius)
    return Algebraic(_integers([[-1, 0, 0], [0, 0, 0], [-(radius**2), 0, 1]]), (Fraction(1),))


def jacobi(alpha: Any, beta: Any) -> Algebraic:
    """The free Jacobi law: of q in the corner of p, for free projections of traces `alpha` (of q) and `beta` (of p).

    >>> from asymptotics.free import shift
    >>> jacobi("1/2", "1/2") == shift(scale(arcsine(1), "1/2"), "1/2")
    True
    """
    alpha = rational("alpha", alpha)
    if not 0 < alpha < 1:
        refuse("alpha", alpha, "the trace of a projection, between 0 and 1")
    return compression(atoms([0, 1], [1 - alpha, alpha]), beta)


def wachter(gamma: Any, other: Any) -> Algebraic:
    """The law of A (A + B)^{-1} for A = X'X, B = Y'Y, p/n -> `gamma` for X (n x p) and p/k -> `other` for Y (k x p), p <= n + k.

    It is the law of a corner of a projection: X and Y stacked have orthonormal columns in random directions.

    >>> wachter(1, 1).cuts.tolist()
    [[0.0, 1.0]]
    """
    gamma, other = _positive("gamma", gamma), _positive("other", other)
    if gamma * other > gamma + other:
        refuse("gamma", gamma, "A + B must be invertible: 1/gamma + 1/other >= 1")
    return jacobi(other / (gamma + other), gamma * other / (gamma + other))


def anticommutator(rho: Any = 0) -> Algebraic:
    """The law of xy + yx for semicirculars x, y of variance 1 and correlation `rho`, else free: a^2 - b^2 for free a, b of
    variances 1 + rho and 1 - rho, a, b = (x +- y)/sqrt 2.

    >>> anticommutator().equation()
    Eq(m**3*z - m**2 - m*z - 1, 0)
    """
    rho = rational("rho", rho)
    if not -1 < rho < 1:
        refuse("rho", rho, "a correlation between -1 and 1")
    return free_sum(scale(marchenko_pastur(1), 1 + rho), scale(marchenko_pastur(1), rho - 1))
