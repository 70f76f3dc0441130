r"""The exponent a of c n^-a (+ d n^-2a), with an interval, from means measured at several sizes.

The means are fitted by weighted least squares. For a given a the model is linear: the residual r of the fit is independent of the
fitted c and d, hence of the direction g in which the fit would move with a. So under normal means

    score = (g.r)^2 ~ chi2_1,     rest = |r|^2 - score ~ chi2_(rows - fitted - 1)     are independent at the true a,          (S)

whatever the noise. What a fits, a/2 fits with c = 0: the exponent wanted is that of the leading power, |d| <= |c| at the smallest size
(in the component that shows the bias best), and an a whose c and d contradict this by more than noise is left out. The interval is
the shortest one with all a at which the three are plausible, `rest` and |d| <= |c| with SHARE of 1 - level each: it covers the true a
with at least the level's probability, however weak the bias, where the model holds and the noise is known (some hundred draws).
Several components (a vector, the levels of a law) share one exponent; each has its own c and d.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from asymptotics.conventions import refuse, within

Array = NDArray[np.float64]
RANGE = (0.05, 8.0)  # exponents looked at; an interval that reaches an end says that the noise hides the exponent
SHARE = 0.1
UNSEEN = 1e-3  # level at which all means equal the theory's number: no bias is seen
STEP = 1e-6  # relative, beside the estimate: the search for it ends far closer


class NoRate(ValueError):
    """The draws do not tell the exponent; the words say why, and what would."""


class Exponent(NamedTuple):
    """The exponent, its interval, and the fit: least chi2 on `freedom` degrees, with `order` powers.

    edge: whether the estimate is the last exponent at which the first power leads: the fit would be better beyond.
    """

    estimate: float
    low: float
    high: float
    chi2: float
    freedom: int
    order: int
    edge: bool


class _Fits(NamedTuple):
    chi2: Array
    score: Array
    excess: Array  # by how many deviations the second power is above the first at the smallest size, squared
    freedom: int


def _fits(a: Array, sizes: Array, y: Array, whitener: Array, order: int, lead: int) -> _Fits:
    """At every exponent of a (g,): the fit of y (s, k), whitened by (s, k, k). `lead` is the component of which |d| <= |c| is asked."""
    s, k = y.shape
    log = np.log(sizes[0] / sizes)
    j = np.arange(1, order + 1)
    powers = np.exp(a[:, None, None] * j * log[:, None])  # (g, s, order)
    design = np.einsum("gso,skl->gskol", powers, whitener).reshape(len(a), s * k, order * k)
    slope = np.einsum("gso,skl->gskol", powers * j * log[:, None], whitener).reshape(len(a), s * k, order * k)
    target = np.einsum("skl,sl->sk", whitener, y).ravel()
    u, d, vt = np.linalg.svd(design, full_matrices=False)
    kept = d > 1e-10 * d[:, :1]  # a component without noise and bias has no column
    along = np.einsum("grc,r->gc", u, target) * kept
    fitted = np.einsum("gcl,gc->gl", vt, along / np.where(kept, d, 1.0))
    residual = target - np.einsum("grc,gc->gr", u, along)
    g = np.einsum("grl,gl->gr", slope, fitted)
    for _ in range(2):  # twice is enough
        g -= np.einsum("grc,gc->gr", u * kept[:, None, :], np.einsum("grc,gr->gc", u, g))
    size = (g**2).sum(axis=1)
    score = (g * residual).sum(axis=1) ** 2 / np.where(size > 0, size, 1.0)
    rows = int((np.abs(whitener).sum(axis=2) > 0).sum())
    excess = np.zeros(len(a))
    if order == 2:
        root = np.where(kept, 1 / np.where(kept, d, 1.0), 0.0)[:, :, None] * vt  # its square is the covariance of the fitted
        first, second = fitted[:, lead], fitted[:, k + lead]
        both = []
        for sign in (1, -1):
            variance = ((root[:, :, k + lead] + sign * root[:, :, lead]) ** 2).sum(axis=1)
            both.append(
                (second + sign * first) ** 2 / np.where(variance > 0, variance, np.inf)
            )  # without a column nothing is known
        excess = np.where(np.abs(second) > np.abs(first), np.minimum(*both), 0.0)
    return _Fits((residual**2).sum(axis=1), score, excess, rows - int(kept[0].sum()))


def _whiteners(covariance: Array) -> Array:
    """Symmetric roots of the inverse covariances (s, k, k), zero where there is no variance."""
    values, vectors = np.linalg.eigh(covariance)
    roots = np.where(values > 1e-12 * values[:, -1:], 1 / np.sqrt(np.maximum(values, 1e-300)), 0.0)
    return roots[:, :, None] * np.swapaxes(vectors, 1, 2)


def exponent(sizes: Sequence[int], bias: ArrayLike, covariance: ArrayLike, *, level: float = 0.95) -> Exponent:
    """The exponent of bias (s,) or (s, k) at growing sizes (s,), measured with error covariance (s,) or (s, k, k).

    Two powers n^-a and n^-2a from four sizes on, one with three; at least three. Raises NoRate (a ValueError) where the noise
    hides the bias or its exponent, where no exponent in RANGE fits, and where the bias does not fall.
    Coverage, measured: at least the level, up to 3 % more (`python -m tests.reliability rates`, 36 000 runs).

    >>> n = np.array([50, 100, 200, 400])
    >>> round(exponent(n, 3 / n + 10 / n**2, np.full(4, 1e-10)).estimate, 2)
    1.0
    """
    from scipy.special import chdtri  # 25 ms: not at import

    within("level", level, lambda v: (v > 0) & (v < 1), "a probability strictly between 0 and 1, such as 0.95")
    n = np.asarray(growing(sizes), dtype=np.float64)
    y = np.asarray(bias, dtype=np.float64).reshape(len(n), -1)
    spread = np.asarray(covariance, dtype=np.float64).reshape(len(n), y.shape[1], y.shape[1])
    whitener, lead = _whiteners(spread), int(np.argmax(np.abs(y[0]) / np.sqrt(np.maximum(np.diag(spread[0]), 1e-300))))
    seen = float((np.einsum("skl,sl->sk", whitener, y) ** 2).sum())
    if seen <= chdtri(np.count_nonzero(np.abs(whitener).sum(axis=2)), UNSEEN):
        raise NoRate("noise hides the bias")
    order = 2 if len(n) >= 4 else 1

    def at(a: Array) -> _Fits:
        return _fits(np.clip(a, *RANGE), n, y, whitener, order, lead)

    rest = at(np.ones(1)).freedom - 1
    misses = SHARE * (1 - level)
    good, ordered = (chdtri(rest, misses) if rest else np.inf), chdtri(1, misses)
    likely = chdtri(1, 1 - level / (1 - misses) ** 2)
    best, step = 0.0, 0.0
    for grid in (np.geomspace(*RANGE, 400), *[np.linspace(-1, 1, 41)] * 8):
        a = grid if step == 0 else np.clip(best + step * grid, *RANGE)
        fits = at(a)
        i = int(np.argmin(np.where(fits.excess <= ordered, fits.chi2, np.inf)))
        best, step = float(a[i]), float(a[min(i + 1, len(a) - 1)] - a[max(i - 1, 0)]) or step / 20
    least = float(at(np.array([best])).chi2[0])
    far = np.concatenate([[0.0], np.geomspace(1e-9, np.log(RANGE[1] / RANGE[0]), 500)])

    def holds(a: Array) -> Array:
        fits = at(a)
        return np.asarray((fits.score <= likely) & (fits.chi2 - fits.score <= good) & (fits.excess <= ordered))

    still = "the bias is not seen to fall with n: the theory's number may not be the limit (verify it)"
    if least > good:
        unfit = f"no exponent in [{RANGE[0]:g}, {RANGE[1]:g}] fits: chi2 = {least:.3g} on {rest} degrees"
        raise NoRate(still if best < 2 * RANGE[0] else f"{unfit}; take larger sizes, at which fewer powers are left")
    ends = []
    for sign in (-1.0, 1.0):
        a = np.clip(best * np.exp(sign * far), *RANGE)
        last = int(np.flatnonzero(holds(a)).max(initial=0))
        between = np.linspace(a[last], a[min(last + 1, len(a) - 1)], 41)
        ends.append(float(between[np.flatnonzero(holds(between)).max(initial=0)]))
    if ends[0] <= RANGE[0]:
        raise NoRate(still)
    if ends[1] >= RANGE[1]:
        raise NoRate("noise hides the exponent of the bias")
    edge = bool(np.any(at(best * np.array([1 - STEP, 1 + STEP])).excess > ordered))
    return Exponent(best, ends[0], ends[1], least, rest, order, edge)


def growing(sizes: Sequence[int]) -> tuple[int, ...]:
    """Sizes from which an exponent can be read, or ValueError."""
    if any(isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1 for n in sizes):
        refuse("sizes", tuple(sizes), "sizes are positive whole numbers of samples")
    if len(sizes) < 3 or np.any(np.diff(sizes) <= 0):
        refuse("sizes", tuple(sizes), "an exponent needs at least three growing sizes")
    return tuple(int(n) for n in sizes)
