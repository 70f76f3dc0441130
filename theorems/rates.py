r"""How fast does the mean at size n approach the theorem's number? The exponent a of c n^-a (+ d n^-2a), with an interval.

The means at the sizes are fitted by weighted least squares on their own scale (logarithms of noisy values are biased), the theory at
the p/n really drawn. For a given a the model is linear: the residual r of the fit is independent of the fitted c and d, hence
of the direction g in which the fit would move with a. So under normal means

    score = (g.r)^2 ~ chi2_1,     rest = |r|^2 - score ~ chi2_(rows - fitted - 1)     are independent at the true a,          (S)

whatever the noise. What a fits, a/2 fits with c = 0: the exponent wanted is that of the leading power, |d| <= |c| at the smallest size
(in the component that shows the bias best), and an a whose c and d contradict this by more than noise is left out. The interval is
the shortest one with all a at which the three are plausible, `rest` and |d| <= |c| with SHARE of 1 - level each: it covers the true a
with at least the level's probability, however weak the bias, where the model holds and the noise is known (some hundred draws).
Several components (a vector, the levels of a law) share one exponent; each has its own c and d.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from asymptotics.conventions import refuse, within
from simulate.streams import stream
from simulate.threads import one_blas_thread
from theorems.claims import Bound, Identity, Law, Mean, moments
from theorems.record import Theorem

Array = NDArray[np.float64]
RANGE = (0.05, 8.0)  # exponents looked at; an interval that reaches an end says that the noise hides the exponent
SHARE = 0.1
UNSEEN = 1e-3  # level at which all means equal the theory's number: no bias is seen
PLAIN = 20.0  # times its noise the bias at the smallest size should be: from there on intervals are short
FEWEST = 200  # draws a size: the covariance of the means counts as known
MOMENTS = 8  # finite moments of a draw: with fewer its mean is not normal enough at some thousand draws
ROUND_OFF = 1e-12  # of a simulation, in units of the claim's scale


class NoRate(ValueError):
    """The draws do not tell the exponent; the words say why, and what would."""


class Exponent(NamedTuple):
    """The exponent, its interval, and the fit: least chi2 on `freedom` degrees, with `order` powers."""

    estimate: float
    low: float
    high: float
    chi2: float
    freedom: int
    order: int


@dataclass(frozen=True, kw_only=True)
class Rate:
    """The exponent measured of one case of a record. `bias` and `noise` (its standard error) by size, in units of the claim's scale,
    are those of the component that shows the bias best."""

    theorem: str
    params: Mapping[str, Any]
    estimate: float
    low: float
    high: float
    level: float
    declared: float | None
    chi2: float
    freedom: int
    order: int
    sizes: tuple[int, ...]
    draws: tuple[int, ...]
    bias: tuple[float, ...]
    noise: tuple[float, ...]
    entropy: int = 0

    def __str__(self) -> str:
        where = ", ".join(f"{k}={v:g}" if isinstance(v, float) else f"{k}={v}" for k, v in self.params.items())
        says = "no rate declared" if self.declared is None else f"declared {self.declared:g}"
        out = self.declared is not None and not self.low <= self.declared <= self.high
        fit = f"chi2 = {self.chi2:.3g} on {self.freedom}, {self.order} power{'s' if self.order > 1 else ''}"
        return (
            f"{says}{', OUTSIDE:' if out else ','} measured {self.estimate:.3g} [{self.low:.3g}, {self.high:.3g}] "
            f"at {100 * self.level:g} % ({fit}; n = {', '.join(map(str, self.sizes))}; "
            f"bias at n = {self.sizes[0]} {self.bias[0]:+.2e} +- {self.noise[0]:.1e})  {where}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


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
        both = [(second + s * first) ** 2 / ((root[:, :, k + lead] + s * root[:, :, lead]) ** 2).sum(axis=1) for s in (1, -1)]
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

    within("level", level, lambda v: (v > 0) & (v < 1), "a probability")
    n = np.asarray(_growing(sizes), dtype=np.float64)
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
    return Exponent(best, ends[0], ends[1], least, rest, order)


def rate(
    record: Theorem,
    *,
    params: Mapping[str, Any] | None = None,
    sizes: Sequence[int] | None = None,
    draws: int | None = None,
    level: float = 0.95,
    entropy: int = 0,
) -> Rate:
    """The exponent with which the mean of a record's claim (Mean or Law) approaches the theorem's number, in one case.

    params: the case, by default the record's first. sizes: by default the claim's, those halfway where p is whole there too, and two
    doublings where a draw costs O(n). draws: at the smallest size, by default 20 000 where a draw costs O(n) and 2000 elsewhere; fewer at
    larger sizes, as they cost more. level: of the interval. entropy: the seed.
    Raises ValueError for a claim without bias or limit and where a draw has fewer than MOMENTS moments, and NoRate as `exponent`
    does, with the bias, its noise, and the draws that would show it.
    """
    claim = record.claim
    if isinstance(claim, Identity | Bound) or claim.exact:
        kind = "an Identity" if isinstance(claim, Identity) else "a Bound" if isinstance(claim, Bound) else "exact at every n"
        refuse("record", record.name, f"its claim is {kind}: nothing approaches a limit there, and there is no rate to measure")
    cost = float(getattr(claim.simulation, "cost", 2.0))
    draws = (20_000 if cost <= 1 else 2_000) if draws is None else draws
    if draws < FEWEST:
        refuse("draws", draws, f"at least {FEWEST} are needed to know the noise")
    given = record.parameters(**(record.cases[0] if params is None else params))
    if isinstance(claim, Mean):
        claim = replace(claim, finite=None)  # the known bias is what is to be measured
    n = _sizes(claim, given, cost) if sizes is None else _growing(sizes)
    for m in n:
        if (have := moments(claim.simulation, given, m, getattr(claim, "of", None))) < MOMENTS and isinstance(claim, Mean):
            refuse(
                "sizes", n, f"at n = {m} a draw has {have:g} finite moments and its mean's noise needs {MOMENTS}; larger sizes"
            )
    each = tuple(max(FEWEST, math.ceil(draws * (n[0] / m) ** (cost / 2))) for m in n)
    gaps, covariances = [], []
    with one_blas_thread():
        for m, count in zip(n, each, strict=True):
            raw = claim.observe(given, m, count, stream(entropy, record.name, "rate", given, m))
            values, target, scale = claim.compare(raw, given, m)
            gap = (values - target) / scale
            gaps.append(gap.mean(axis=0))
            covariances.append(np.atleast_2d(np.cov(gap.T)) / count + ROUND_OFF**2 * np.eye(len(target)))
    bias, covariance = np.array(gaps), np.array(covariances)
    noise = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    best = int(np.argmax(np.abs(bias[0]) / noise[0]))
    seen = float(abs(bias[0, best]) / noise[0, best])
    if noise.max() <= 2 * ROUND_OFF and np.abs(bias).max() <= 1e3 * ROUND_OFF:  # 1e3: round-off of the theory too
        raise NoRate(f"{record.name} at {given}: the simulation meets the theory at every size, to round-off: there is no bias")
    try:
        found = exponent(n, bias, covariance, level=level)
    except NoRate as error:
        raise NoRate(
            f"{record.name} at {given}: {error}. At n = {n[0]} the bias is {bias[0, best]:+.2e} +- {noise[0, best]:.1e} of the claim's "
            f"scale with {draws} draws" + (f"; {_needed(draws, seen)} would show it" if seen < PLAIN else "")
        ) from None
    return Rate(
        **found._asdict(),
        theorem=record.name,
        params=given,
        level=level,
        declared=claim.rate,
        sizes=n,
        draws=each,
        bias=tuple(bias[:, best].tolist()),
        noise=tuple(noise[:, best].tolist()),
        entropy=entropy,
    )


def _growing(sizes: Sequence[int]) -> tuple[int, ...]:
    if len(sizes) < 3 or np.any(np.diff(sizes) <= 0):
        refuse("sizes", tuple(sizes), "an exponent needs at least three growing sizes")
    return tuple(int(n) for n in sizes)


def _needed(draws: int, seen: float) -> str:
    """The draws at which the bias would be PLAIN times its noise; a bias below its noise may be as small as one likes."""
    return f"{'more than ' if seen < 1 else 'about '}{float(f'{draws * (PLAIN / max(seen, 1.0)) ** 2:.1g}'):.0f}"


def _sizes(claim: Mean | Law, params: Mapping[str, Any], cost: float) -> tuple[int, ...]:
    """The claim's sizes, those halfway (3/2 n) where p is whole, and two doublings where a draw costs O(n)."""
    gamma = params.get("gamma", 1.0)
    own = [*claim.sizes, *((2 * claim.sizes[-1], 4 * claim.sizes[-1]) if cost <= 1 else ())]
    between = [3 * n // 2 for n in own[:-1] if n % 2 == 0 and (1.5 * n * gamma) % 1 == 0]
    return tuple(sorted({*own, *between}))
