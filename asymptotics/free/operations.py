r"""Operations on laws, exactly: each gives the polynomial of the result by substitution or a resultant, and its moments by series.

With m(z) = int dmu(x)/(x - z), for free a, b of laws A, B and (as limits of matrices) X of independent entries (0, 1):

    sum of a and b                     A(m, u) = 0,  B(m, z - u - 1/m) = 0                                      (1)
    product a^{1/2} b a^{1/2}          A(zm/u, u) = 0,  B((1 + zm) u/z, z^2 m/((1 + zm) u)) = 0                 (2)
    free power, s a                    A(m, (z + 1/m)/s - 1/m) = 0                                              (3)
    compression, p a p / trace t       A(t m, z + (1 - 1/t)/m) = 0                                              (4)
    S^{1/2} X'X S^{1/2}/n, S ~ A       A(m v, z/v) = 0,  v = 1 - gamma - gamma z m                              (5)
    (T + sigma X)'(T + sigma X)/n      A(m/v, v^2 z - v sigma2 (1 - gamma)) = 0,  v = 1 + sigma2 gamma m        (6)

with T'T/n ~ A in (6). u is eliminated in (1) and (2); the factor that is meant is proved by moments (asymptotics.free.polynomials).

Source: rao2008polynomial, sections 4-6; dozier2007empirical, Theorem 1.1 for (6) (numbering from memory).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import comb
from typing import Any

from asymptotics.conventions import refuse
from asymptotics.free import series
from asymptotics.free.algebraic import Algebraic
from asymptotics.free.polynomials import eliminate, factor, generators, rational, substitute
from asymptotics.free.series import Series


def _law(P: Any, moments: Callable[[int], Series]) -> Algebraic:
    found, start = factor(P, moments)
    return Algebraic(found, tuple(start))


def _substituted(mu: Algebraic, m: tuple[Any, Any], z: tuple[Any, Any], moments: Callable[[int], Series]) -> Algebraic:
    return _law(substitute(mu.table, m, z), moments)


def free_sum(mu: Algebraic, nu: Algebraic) -> Algebraic:
    """The free additive convolution: the law of a + b, (1). ValueError if the elimination would take minutes.

    >>> from asymptotics.free import atoms
    >>> coin = atoms([-1, 1], ["1/2", "1/2"])
    >>> free_sum(coin, coin).equation()  # the arcsine law on [-2, 2]
    Eq(m**2*z**2 - 4*m**2 - 1, 0)
    """
    u, m, z, *_ = generators()
    P = eliminate(substitute(mu.table, (m, 1), (u, 1)), substitute(nu.table, (m, 1), (z * m - u * m - 1, m)))

    def moments(count: int) -> Series:
        both = (series.cumulants(law.moments(count)) for law in (mu, nu))
        return series.moments([a + b for a, b in zip(*both, strict=True)])

    return _law(P, moments)


def free_product(mu: Algebraic, nu: Algebraic) -> Algebraic:
    """The free multiplicative convolution: the law of a^{1/2} b a^{1/2}, (2). One of the two must live on [0, inf).

    >>> from asymptotics.free import marchenko_pastur
    >>> mu = free_product(marchenko_pastur(1), marchenko_pastur(1))  # Fuss and Catalan
    >>> mu.equation(), [int(k) for k in mu.moments(5)]
    (Eq(m**3*z**2 - m*z - 1, 0), [1, 1, 3, 12, 55])
    """
    if min(mu.edges[0], nu.edges[0]) < 0 and max(mu.edges[0], nu.edges[0]) < 0:
        refuse("the laws", (mu.edges[0], nu.edges[0]), "both have mass below 0; one factor of a product must be nonnegative")
    u, m, z, *_ = generators()
    t = 1 + z * m
    P = eliminate(substitute(mu.table, (z * m, u), (u, 1)), substitute(nu.table, (t * u, z), (z**2 * m, t * u)))
    return _law(P, lambda count: series.product(mu.moments(count), nu.moments(count)))


def free_power(mu: Algebraic, s: Any) -> Algebraic:
    """The s-th power of the free additive convolution, s >= 1, (3): free cumulants times s.

    >>> from asymptotics.free import atoms
    >>> free_power(atoms([-1, 1], ["1/2", "1/2"]), 2).cuts.tolist()
    [[-2.0, 2.0]]
    """
    s = rational("s", s)
    if s < 1:
        refuse("s", s, "a free power exists for s >= 1, and for all s > 0 of infinitely divisible laws only")
    *_, m, z = generators()
    a, b = s.numerator, s.denominator
    return _substituted(
        mu, (m, 1), (b * (z * m + 1) - a, a * m), lambda n: series.moments([s * k for k in series.cumulants(mu.moments(n))])
    )


def compression(mu: Algebraic, t: Any) -> Algebraic:
    """The law of p a p in the corner of a free projection p of trace t in (0, 1], (4): free cumulants k_j t^(j - 1).

    >>> from asymptotics.free import semicircle
    >>> compression(semicircle(1), "1/4").cuts.tolist()
    [[-1.0, 1.0]]
    """
    t = rational("t", t)
    if not 0 < t <= 1:
        refuse("t", t, "the trace of a projection lies in (0, 1]")
    *_, m, z = generators()
    a, b = t.numerator, t.denominator

    def moments(count: int) -> Series:
        k = series.cumulants(mu.moments(count))
        return series.moments([Fraction(0), *(t ** (j - 1) * k[j] for j in range(1, count))])

    return _substituted(mu, (a * m, b), (a * z * m + a - b, a * m), moments)


def shift(mu: Algebraic, c: Any) -> Algebraic:
    """The law of a + c."""
    c = rational("c", c)
    *_, m, z = generators()

    def moments(count: int) -> Series:
        old = mu.moments(count)
        return [sum((comb(k, j) * old[j] * c ** (k - j) for j in range(k + 1)), Fraction(0)) for k in range(count)]

    return _substituted(mu, (m, 1), (c.denominator * z - c.numerator, c.denominator), moments)


def scale(mu: Algebraic, c: Any) -> Algebraic:
    """The law of c a, c not 0 (negative c reflects)."""
    c = rational("c", c)
    if c == 0:
        refuse("c", c, "0 times anything is an atom: asymptotics.free.atoms([0], [1])")
    *_, m, z = generators()
    a, b = c.numerator, c.denominator
    return _substituted(mu, (a * m, b), (b * z, a), lambda n: [c**k * x for k, x in enumerate(mu.moments(n))])


def sample_covariance(mu: Algebraic, *, gamma: Any) -> Algebraic:
    """The limiting law of S^{1/2} X'X S^{1/2}/n for S of law mu on [0, inf), p/n -> gamma, (5).

    >>> from asymptotics.free import atoms
    >>> sample_covariance(atoms([1, 3], ["1/2", "1/2"]), gamma="1/2").cuts.round(12).tolist()
    [[0.118095917418, 7.071272162421]]
    """
    gamma = rational("gamma", gamma)
    if gamma <= 0 or mu.edges[0] < 0:
        refuse("gamma", gamma, "the aspect ratio p/n is positive, and a covariance has no mass below 0")
    *_, m, z = generators()
    a, b = gamma.numerator, gamma.denominator
    v = b - a - a * z * m

    def moments(count: int) -> Series:  # of the companion law: free cumulants gamma m_k
        companion = series.moments([Fraction(0), *(gamma * x for x in mu.moments(count)[1:])])
        return [Fraction(1), *(x / gamma for x in companion[1:])]

    return _substituted(mu, (m * v, b), (b * z, v), moments)


def information_plus_noise(mu: Algebraic, *, gamma: Any, sigma2: Any) -> Algebraic:
    """The limiting law of (T + sigma X)'(T + sigma X)/n for T'T/n of law mu on [0, inf), X n x p, p/n -> gamma, (6).

    >>> from asymptotics.free import atoms, marchenko_pastur
    >>> information_plus_noise(atoms([0], [1]), gamma=2, sigma2=1) == marchenko_pastur(2)
    True
    """
    gamma, sigma2 = rational("gamma", gamma), rational("sigma2", sigma2)
    if gamma <= 0 or sigma2 <= 0 or mu.edges[0] < 0:
        refuse("sigma2", sigma2, "the variance and p/n are positive, and T'T has no mass below 0")
    if sum(mu.weights[mu.atoms == 0]) < 1 - 1 / gamma - Fraction(1, 10**12):  # rounding of the weight
        refuse("gamma", gamma, "T'T has rank n at most: a law mu without a mass 1 - 1/gamma at 0 is impossible")
    *_, m, z = generators()
    a, b = (sigma2 * gamma).numerator, (sigma2 * gamma).denominator
    c, d = (sigma2 * (1 - gamma)).numerator, (sigma2 * (1 - gamma)).denominator
    v = b + a * m

    def moments(count: int) -> Series:
        old, h = mu.moments(count), [Fraction(1)] + [Fraction(0)] * (count - 1)
        for _ in range(count):  # each turn of the fixed point settles one more
            beta = [Fraction(1), *(-sigma2 * gamma * x for x in h[:-1])]
            square = series.times(beta, beta)
            bottom = [square[0], *(square[k] - sigma2 * (1 - gamma) * beta[k - 1] for k in range(1, count))]
            inverse = series.over([Fraction(1)] + [Fraction(0)] * (count - 1), bottom)  # z/zeta
            inner = series.compose(old, [Fraction(0), *inverse[:-1]])
            h = series.times(beta, series.times(inverse, inner))
        return h

    return _substituted(mu, (b * m, v), (v * (v * z * d - b * c), b * b * d), moments)


def inverse(mu: Algebraic) -> Algebraic:
    """The law of 1/a, for a law with 0 outside its support whose inverse moments are rational; else ValueError.

    >>> from asymptotics.free import marchenko_pastur
    >>> [str(m) for m in inverse(marchenko_pastur("1/2")).moments(3)]
    ['1', '2', '8']
    """
    low, high = mu.edges
    if mu.cdf(0.0) > mu.cdf(-1e-300) or any(a <= 0 <= b for a, b in mu.cuts):
        refuse("mu", (low, high), "0 lies in its support: 1/a is not bounded")
    *_, m, z = generators()
    value = complex(mu.stieltjes(0.0)).real
    start = Fraction(value).limit_denominator(10**6)  # the mean of 1/a, if it is rational; then it is a root exactly
    if sum(row[0] * start**i for i, row in enumerate(mu.table)) != 0 or abs(float(start) - value) > 1e-9 * abs(value):
        refuse("mu", value, "the moments of its inverse are not rational (or of large denominators)")

    def moments(count: int) -> Series:
        rows = [[Fraction(c) for c in row] for row in mu.table]
        return [Fraction(1), *series.exact_root(rows, start, count - 1)]

    return _substituted(mu, (-z * (z * m + 1), 1), (1, z), moments)


def square(mu: Algebraic) -> Algebraic:
    """The law of a^2.

    >>> from asymptotics.free import marchenko_pastur, semicircle
    >>> square(semicircle(1)) == marchenko_pastur(1)
    True
    """
    u, m, z, *_ = generators()  # z^2 is the variable: 2 z m(z^2) = mu(z) - mu(-z)
    P = eliminate(substitute(mu.table, (u, 1), (z, 1)), substitute(mu.table, (u - 2 * z * m, 1), (-z, 1)))
    norm = P * P.compose(P.ring.gens[1], -P.ring.gens[1])  # in z^2
    even = P.ring.from_dict({(i, j // 2): c for (i, j), c in norm.items()})
    return _law(even, lambda count: mu.moments(2 * count)[::2][:count])


def symmetric_root(mu: Algebraic) -> Algebraic:
    """The symmetric law whose square is mu on [0, inf): of the eigenvalues +- s of [[0, Y], [Y', 0]], mu of Y'Y.

    >>> from asymptotics.free import marchenko_pastur, semicircle
    >>> symmetric_root(marchenko_pastur(1)) == semicircle(1)
    True
    """
    if mu.edges[0] < 0:
        refuse("mu", mu.edges[0], "a square root needs a law on [0, inf)")
    *_, m, z = generators()

    def moments(count: int) -> Series:
        return [x for even in mu.moments(count) for x in (even, Fraction(0))][:count]

    return _substituted(mu, (m, z), (z**2, 1), moments)
