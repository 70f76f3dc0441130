r"""The eigenvalues of a kernel k(<x, y>) by degree, on the sphere S^(d-1) and on the hypercube {-1, 1}^d / sqrt d.

The eigenfunctions are the N_l harmonics of degree l. With P_l the Legendre polynomial in d dimensions, P_l(1) = 1, nu = d/2 - 1,

    k(t) = sum_l N_l s_l P_l(t),   s_l = E k(t) P_l(t),   t = cos theta of density sin(theta)^(d-2),   sum_l N_l s_l = k(1).  (1)

On the hypercube t = 1 - 2j/d, j binomial, N_l = C(d, l), and P_l(t) is the Krawtchouk polynomial K_l(j)/C(d, l): a finite sum.
On the sphere (1) is
    a sum of positive terms where k = sum_j a_j t^j is entire: s_l = sum_i a_(l+2i) (l+2i)! Gamma(nu+1)/(2^(l+2i) i! Gamma(l+nu+i+1)),
        which for the Gaussian is a Bessel function, by its ratios from the continued fraction;                        (2)
    else the tanh-sinh rule in theta, where k is analytic, in fixed point of 320 bits: s_l is far below rounding of k;        (3)
    and for large l, where singular terms (1 -+ t)^(a+j) of k give the powers of X = 1/((l - a - 1)(l + 2 nu + a + 1)) in
        s_l = Gamma(l - a)/Gamma(l + 2 nu + 1 + a) (b_0 + b_1 X + ...), one series for even and one for odd degrees,         (4)
    its polynomial through degrees of (3), checked at others. Sums over l are then Gauss rules of the integers.
What lies below 1e-14 of the eigenvalue at which 1e12 eigenfunctions are counted, or below 1e-290, is kept as the `tail` of the law: its
trace, which acts as ridge. Nothing is truncated.

Source: bietti2021deep, section 2 and Theorem 1 (numbering from memory); canatar2021spectral (spectra of dot-product kernels).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from mpmath import mp, mpf
from numpy.typing import ArrayLike, NDArray

from asymptotics._digits import bits
from asymptotics.conventions import refuse, theory
from asymptotics.eigenlearning import attach
from asymptotics.errors import ConvergenceError
from asymptotics.kernels import Kernel, parse
from asymptotics.kernels import singular as _singular_kernels
from asymptotics.spectra import quadratures
from asymptotics.spectra.laws import Law, vector
from asymptotics.spectra.signals import Spectrum

Array = NDArray[np.float64]

MOST = 1e12  # eigenfunctions: as many samples are resolved
DEEP = 1e-14  # of the eigenvalue there, down to which degrees are resolved
LEAST = 1e-290
BITS = 1100  # 1e-290 is 2^-963
FIRST = 64  # degrees by (3); twice as many until (4) is certified


@dataclass(frozen=True, eq=False)
class Degrees:
    """The spectrum of a kernel by degree.

    `eigenvalues` (m,) and `counts` (m,), the multiplicities, of the degrees 0 ... m - 1; `H`, the law of all eigenvalues, dimension-free,
    with its tail; `trace` = k(1), the sum of all eigenvalues.
    """

    eigenvalues: Array
    counts: Array
    H: Law
    trace: float

    def __repr__(self) -> str:
        return f"Degrees(0 to {self.counts.size - 1}, trace {self.trace:.6g}, {self.H})"

    def spectrum(self, powers: ArrayLike) -> Spectrum:
        """This kernel and a target of total power `powers` (q,), q <= m, on the degrees 0 ... q - 1; for r2 = 1, with n and delta.

        Power on degrees of eigenvalue 0 (odd ones above 1 for ReLU networks of one layer) stays in the bias and acts as noise.
        """
        powers = vector("powers", powers)
        if powers.size > self.eigenvalues.size:
            refuse("powers", powers.size, f"degrees up to {self.eigenvalues.size - 1} are resolved one by one")
        return attach(self.H, self.eigenvalues[: powers.size], powers)


def multiplicity(degree: int, *, d: int) -> int:
    """The number of spherical harmonics of this degree in d >= 2 dimensions, an integer of any size.

    >>> [multiplicity(l, d=3) for l in range(4)]
    [1, 3, 5, 7]
    """
    d = _dimension(d, 2, 10**9)
    if not isinstance(degree, int | np.integer) or degree < 0:
        refuse("degree", degree, "a degree is a nonnegative integer")
    degree = int(degree)
    return math.comb(degree + d - 1, d - 1) - (math.comb(degree + d - 3, d - 1) if degree > 1 else 0)


@theory
@lru_cache(maxsize=128)
def sphere(kernel: str | Kernel, *, d: int) -> Degrees:
    """The spectrum of `kernel` for x uniform on the unit sphere of R^d, 2 <= d <= 10^6. Kernels as in `kernels.parse`.

    Raises ValueError for bad arguments; ConvergenceError where (3) or (4) cannot be certified.

    Accuracy: eigenvalues one by one within 2e-16 relative (40-digit quadrature, d from 2 to 8, degrees to 9; Bessel functions), those of
    (4) within 2e-14 (quadrature up to degree 200); N_l s_l and the tail add up to k(1) within 1e-13 (d from 2 to 600).
    Time: 5 ms where k is smooth, 0.1 to 0.5 s where it is not; then cached.

    >>> found = sphere("polynomial:2,0", d=3)  # t^2 = 1/3 + 2/3 P_2
    >>> [round(float(v), 15) for v in found.counts * found.eigenvalues]
    [0.333333333333333, 0.0, 0.666666666666667]
    """
    known, d = parse(kernel), _dimension(d, 2, 10**6)
    with bits(_singular_kernels.BITS if math.isfinite(known.roughness) else BITS):
        one = known.angle(mpf(0), mp)
        if math.isfinite(known.roughness):
            return _singular(known, d, one)
        values = _bessel(known, d) if known.family == "gaussian" else _powers(known, d)
        return _explicit(values, lambda l: multiplicity(l, d=d), one)


@theory
@lru_cache(maxsize=128)
def hypercube(kernel: str | Kernel, *, d: int) -> Degrees:
    """The spectrum of `kernel` for x uniform on {-1, 1}^d / sqrt d, 1 <= d <= 2000; degree l are the parities of l coordinates.

    Accuracy: eigenvalues exact to 2e-16 relative: (1) is summed to 320 + 4 d bits.

    >>> found = hypercube("polynomial:2,0", d=4)  # t^2: 1/d + (1 - 1/d)
    >>> [round(float(v), 15) for v in found.counts * found.eigenvalues]
    [0.25, 0.0, 0.75, 0.0, 0.0]
    """
    known, d = parse(kernel), _dimension(d, 1, 2000)
    with bits(BITS):
        k = [int(known.angle(mp.acos(mpf(d - 2 * j) / d), mp) * 2**BITS) * math.comb(d, j) for j in range(d + 1)]
        t = np.array([d - 2 * j for j in range(d + 1)], dtype=object)

        def eigenvalues() -> Iterator[Any]:
            old, new = 0 * t, 0 * t + 1  # K_l, integers
            for l in range(d + 1):
                value = mpf(int(np.dot(k, new))) / (math.comb(d, l) << (d + BITS))
                yield value if value > mpf(2) ** -1000 else mpf(0)  # what is 0 comes out as the rounding of k
                old, new = new, (t * new - (d - l + 1) * old) // (l + 1)

        return _explicit(eigenvalues(), lambda l: math.comb(d, l), known.angle(mpf(0), mp))


def _dimension(d: int, least: int, most: int) -> int:
    if not isinstance(d, int | float | np.integer | np.floating) or not least <= d <= most or d != int(d):
        refuse("d", d, f"the input dimension is an integer, from {least} to {most}")
    return int(d)


def _explicit(eigenvalues: Iterable[Any], count: Callable[[int], int], one: Any) -> Degrees:
    """Degrees one by one, until they are deep enough; what they leave of the trace `one` is the tail."""
    s: list[Any] = []
    N: list[int] = []
    total, rest, floor, ended = 0, one, mpf(LEAST), True
    for value in eigenvalues:
        number = count(len(s))
        if 0 < value < floor or number > 1e300:
            ended = False
            break
        s.append(value)
        N.append(number)
        total, rest = total + number, rest - number * value
        if total >= MOST and value > 0:
            floor = max(floor, DEEP * value)
    values, counts = np.array([float(v) for v in s]), np.array([float(c) for c in N])
    live = values > 0
    endless: dict[str, Any] = (
        {} if ended else {"tail": float(rest), "mass": math.inf, "resolved": float(values[live].min()) / DEEP}
    )
    H = Law(values[live], counts[live], **(endless or {"zero": float(counts[~live].sum())}))
    return Degrees(values, counts, H, float(one))


def _singular(kernel: Kernel, d: int, one: Any) -> Degrees:
    """(3), and (4) beyond."""
    for first in (FIRST, 2 * FIRST, 4 * FIRST, 8 * FIRST):
        values = _singular_kernels.quadrature(kernel, d, first)
        found = _explicit(iter(values), lambda l: multiplicity(l, d=d), one)
        if found.H.tail > 0:
            return found
        if len(values) < first:
            refuse("d", d, "the eigenvalues fall below 1e-60 within few degrees; take fewer dimensions")
        both = [p for p in (0, 1) if any(values[l] > 0 for l in range(first // 2 + p, first, 2))]
        series = [_singular_kernels.Series(kernel, d, values, p) for p in both]
        error = max(s.error for s in series)
        if error <= _singular_kernels.CLOSE:
            return Degrees(found.eigenvalues, found.counts, _whole(kernel, d, found, series, one), found.trace)
    raise ConvergenceError(
        f"the eigenvalues of {kernel.family}{kernel.parameters} at large degree, d = {d}",
        residual=error,
        iterations=first,
        causes="a narrow kernel: its eigenvalues fall as a power of the degree only beyond 1/width",
    )


def _whole(kernel: Kernel, d: int, found: Degrees, series: list[Any], one: Any) -> Law:
    """The law of all degrees: Gauss rules of the integers for l = 2 (i - 1) + parity, to where every sum is its first term."""
    first = found.eigenvalues.size
    steps = series[0].steps  # s falls as l^-steps
    last = np.floor(10.0 ** min(15.0, 290 / steps))
    i, w, _ = quadratures.integers(last, 1 + min(64 / first, math.expm1(min(1.0, 3 / steps))))
    s, N, tail = [], [], 0.0
    for parity in (0, 1):
        l = 2 * (i - 1) + parity
        known = l < first
        at = l[known].astype(int)
        s.append(found.eigenvalues[at])
        N.append(found.counts[at])
        of = next((x for x in series if x.start % 2 == parity), None)
        if of is not None:
            s.append(of(l[~known]))
            N.append(w[~known] * _counts(l[~known], d))
            tail += float(s[-1][-1] * _counts(l[-1:], d)[0] * l[-1]) / (4 * kernel.roughness)  # the integral beyond `last`
    values, counts = np.concatenate(s), np.concatenate(N)
    order = np.argsort(-values, kind="stable")
    values, counts = values[order], counts[order]
    if not abs(np.dot(values, counts) + tail - float(one)) <= 1e-12 * float(one):  # a check of (1): sums of some hundred terms
        raise ConvergenceError(
            "the trace of a kernel", residual=float(np.dot(values, counts)) + tail - float(one), iterations=first, causes="a bug"
        )
    deep = DEEP * values[min(int(np.searchsorted(np.cumsum(counts), MOST)), values.size - 1)]
    live = (values > 0) & (values >= deep)
    tail += float(np.dot(values[~live], counts[~live]))
    return Law(values[live], counts[live], tail=tail, mass=math.inf, resolved=float(values[live].min()) / DEEP)


def _counts(l: Array, d: int) -> Array:
    """N_l at any l > 0: (2 l + d - 2)/(d - 2) prod_(j < d - 2) (l + j)/j, a polynomial in l."""
    if d == 2:
        return np.full(l.shape, 2.0)
    out = (2 * l + d - 2) / (d - 2)
    for j in range(1, d - 2):
        out = out * (l + j) / j
    return out


def _bessel(kernel: Kernel, d: int) -> Iterator[Any]:
    """(2) for the Gaussian: s_l = e^-z Gamma(nu + 1) (2/z)^nu I_(l + nu)(z), z = 1/w^2."""
    z, nu = 1 / mpf(kernel.parameters[0]) ** 2, mpf(d - 2) / 2
    last = 300 + int(2 * mp.sqrt(1400 * z))  # below 1e-290 in every dimension
    ratios, ratio = [], z / (last + nu + mp.hypot(last + nu, z))
    for l in range(last, 0, -1):
        ratio = 1 / (2 * (l + nu) / z + ratio)  # I_(l + nu)/I_(l - 1 + nu)
        ratios.append(ratio)
    value = mp.exp(-z) * mp.hyp0f1(nu + 1, z * z / 4)
    yield value
    for ratio in reversed(ratios):
        value *= ratio
        yield value


def _powers(kernel: Kernel, d: int) -> Iterator[Any]:
    """(2) for (t + c)^m."""
    m, c, nu = int(kernel.parameters[0]), mpf(kernel.parameters[1]), mpf(d - 2) / 2
    a = [math.comb(m, j) * (c ** (m - j) if j < m else mpf(1)) for j in range(m + 1)]
    lead = mpf(1)
    for l in range(m + 1):
        term, value = lead, mpf(0)
        for i in range((m - l) // 2 + 1):
            j = l + 2 * i
            value += a[j] * term
            term *= (j + 1) * (j + 2) / (4 * (i + 1) * (l + nu + i + 1))
        yield value
        lead *= (l + 1) / (2 * (l + nu + 1))
