"""How fast does the mean at size n approach the theorem's number? The exponent of one case of a record, measured (`exponents`).

The means at the sizes are fitted on their own scale (logarithms of noisy values are biased), the theory at the p/n really drawn.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.conventions import refuse
from simulate.streams import stream
from simulate.threads import one_blas_thread
from theorems.claims import Bound, Identity, Law, Mean, moments
from theorems.rates.exponents import NoRate, exponent, growing
from theorems.record import Theorem
from theorems.verdicts.verdict import words

Array = NDArray[np.float64]
PLAIN = 20.0  # times its noise the bias at the smallest size should be: from there on intervals are short
FEWEST = 200  # draws a size: the covariance of the means counts as known
MOMENTS = 8  # finite moments of a draw: with fewer its mean is not normal enough at some thousand draws
ROUND_OFF = 1e-12  # of a simulation, in units of the claim's scale


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
    edge: bool
    sizes: tuple[int, ...]
    draws: tuple[int, ...]
    bias: tuple[float, ...]
    noise: tuple[float, ...]
    entropy: int = 0

    def __str__(self) -> str:
        says = "no rate declared" if self.declared is None else f"declared {self.declared:g}"
        out = self.declared is not None and not self.low <= self.declared <= self.high
        fit = f"chi2 = {self.chi2:.3g} on {self.freedom}, {self.order} power{'s' if self.order > 1 else ''}"
        best = "" if self.edge else f"{self.estimate:.3g} "
        edge = (
            f", best at its end {self.estimate:.3g}, beyond which the second power would outweigh the first" if self.edge else ""
        )
        return (
            f"{says}{', OUTSIDE:' if out else ','} measured {best}[{self.low:.3g}, {self.high:.3g}] "
            f"at {100 * self.level:g} %{edge} ({fit}; n = {', '.join(map(str, self.sizes))}; "
            f"bias at n = {self.sizes[0]} {self.bias[0]:+.2e} +- {self.noise[0]:.1e})  {words(self.params)}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


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
    n = _sizes(claim, given, cost) if sizes is None else growing(sizes)
    for m in n:
        if (have := moments(claim.simulation, given, m, getattr(claim, "of", None))) < MOMENTS and isinstance(claim, Mean):
            refuse(
                "sizes", n, f"at n = {m} a draw has {have:g} finite moments and its mean's noise needs {MOMENTS}; larger sizes"
            )
    each = tuple(max(FEWEST, math.ceil(draws * (n[0] / m) ** (cost / 2))) for m in n)
    gaps, covariances = [], []
    with one_blas_thread():
        for m, count in zip(n, each, strict=True):
            gap = _gaps(record.name, claim, given, m, count, stream(entropy, record.name, "rate", given, m))
            gaps.append(gap.mean(axis=0))
            covariances.append(np.atleast_2d(np.cov(gap.T)) / count + ROUND_OFF**2 * np.eye(gap.shape[1]))
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


def _gaps(name: str, claim: Mean | Law, params: Mapping[str, Any], n: int, draws: int, rng: np.random.Generator) -> Array:
    """Draws less the theory over its scale (draws, k); ValueError where one is not finite, in place of NumPy's warning."""
    at = f"at n = {n}, {dict(params)}"
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        raw = claim.observe(params, n, draws, rng)
        if np.shape(raw)[:1] != (draws,):
            what = f"an array of shape {np.shape(raw)} for {draws} draws {at}: the first axis must be the draws"
            raise ValueError(f"the simulation of {name} returned {what}")
        values, target, scale = claim.compare(raw, params, n)
    for what, numbers in (("theory", target), ("simulation", values)):
        if not np.isfinite(numbers).all():
            bad = np.asarray(numbers)[~np.isfinite(numbers)][0]
            raise ValueError(
                f"the {what} of {name} gave {bad} {at}: there is no mean to measure; take larger sizes, or another case"
            )
    for warning in told:
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    return np.asarray((values - target) / scale)


def _needed(draws: int, seen: float) -> str:
    """The draws at which the bias would be PLAIN times its noise; a bias below its noise may be as small as one likes."""
    return f"{'more than ' if seen < 1 else 'about '}{float(f'{draws * (PLAIN / max(seen, 1.0)) ** 2:.1g}'):.0f}"


def _sizes(claim: Mean | Law, params: Mapping[str, Any], cost: float) -> tuple[int, ...]:
    """The claim's sizes, those halfway (3/2 n) where p is whole, and two doublings where a draw costs O(n)."""
    gamma = params.get("gamma", 1.0)
    own = [*claim.sizes, *((2 * claim.sizes[-1], 4 * claim.sizes[-1]) if cost <= 1 else ())]
    between = [3 * n // 2 for n in own[:-1] if n % 2 == 0 and (1.5 * n * gamma) % 1 == 0]
    return tuple(sorted({*own, *between}))
