r"""Does simulation converge to the theorem? A three-valued answer with its tolerance, interval, sizes and draws.

At sizes n_1 < ... < n_k the mean discrepancy is modelled as m(n) = b0 + c n^-a (+ d n^-2a from four sizes on), with the rate a that
the claim declares; exact claims have m(n) = b0. The verdict is about b0:

* consistent  where the interval of b0 lies within +-delta (times the scale of the claim),
* refuted     where it lies outside,
* undecided   where it does neither; then the number of draws that would decide is stated.

This first version looks once, at a number of draws planned from a pilot; the interval is Student's. It is this file alone that says how.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from scipy.special import stdtrit

from theorems.claims import Identity
from theorems.record import Theorem

Status = Literal["consistent", "refuted", "undecided"]
PILOT = 48  # draws a size before the plan; 46 degrees of freedom or more make Student's quantile at 1e-6 5.5, the normal's 4.9
STREAM_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class CaseVerdict:
    """One case: the worst component's extrapolated discrepancy `estimate` in units of its scale, and its interval."""

    status: Status
    params: Mapping[str, Any]
    estimate: float
    halfwidth: float
    target: float
    sizes: tuple[int, ...]
    draws: int
    needs: int | None = None  # draws a size that would decide

    def __str__(self) -> str:
        where = ", ".join(f"{k}={v}" for k, v in self.params.items())
        more = f"; about {self.needs} draws a size would decide" if self.needs else ""
        size = f"n <= {max(self.sizes)}, {self.draws} draws a size" if self.sizes else "two exact routes"
        return f"{self.status:<10} off by {self.estimate:+.2e} +- {self.halfwidth:.1e} of {self.target:.6g} ({size}{more})  {where}"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The verdict on a record: its cases, and the verdict on each rival from the same draws."""

    theorem: str
    status: Status
    delta: float
    false_refute: float
    cases: tuple[CaseVerdict, ...]
    rivals: Mapping[str, Status] = field(default_factory=dict)
    entropy: int = 0

    def __bool__(self) -> bool:
        raise TypeError("a verdict has three values: compare verdict.status with 'consistent', 'refuted' or 'undecided'")

    @property
    def has_power(self) -> bool:
        """Whether every rival was refuted by some case."""
        return all(status == "refuted" for status in self.rivals.values())

    def __str__(self) -> str:
        size = max((max(c.sizes, default=0) for c in self.cases), default=0)
        to = f" to {self.delta:.2g} at n <= {size}" if self.status == "consistent" and size else ""
        lines = [f"{self.theorem}: {self.status}{to}", *(f"  {c}" for c in self.cases)]
        lines += [f"  rival {status:<10} {name}" for name, status in self.rivals.items()]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as written beside a figure."""
        return asdict(self) | {"stream_version": STREAM_VERSION}


def stream(entropy: int, *cell: object) -> np.random.Generator:
    """The generator of a cell, keyed by what the cell is and not by where it stands in a loop."""
    key = hashlib.sha256(json.dumps([STREAM_VERSION, *cell], sort_keys=True, default=str).encode()).digest()
    words = tuple(int(w) for w in np.frombuffer(key, dtype=np.uint32))
    return np.random.Generator(np.random.PCG64DXSM(np.random.SeedSequence(entropy, spawn_key=words)))


def _extrapolation(sizes: tuple[int, ...], rate: float, exact: bool) -> np.ndarray:
    """Weights a_k with b0 = sum a_k m(n_k): least squares in powers of n^-rate. Draws scatter like 1/n, so sizes weigh n."""
    n = np.asarray(sizes, dtype=np.float64)
    order = 0 if exact else min(2, len(sizes) - 2)
    if order < 0:
        raise ValueError(f"sizes = {sizes} is refused: an asymptotic claim needs at least two sizes to extrapolate")
    design = np.stack([(n[0] / n) ** (rate * j) for j in range(order + 1)], axis=1)
    return np.linalg.pinv(design * n[:, None])[0] * n


def _draw(record: Theorem, params: Mapping[str, Any], n: int, draws: int, block: int, entropy: int) -> Any:
    rng = stream(entropy, record.name, dict(params), n, block)
    return record.claim.observe(params, n, draws, rng)


def _judge(blocks: dict[int, list[Any]], record: Theorem, params: Mapping[str, Any], delta: float, level: float) -> CaseVerdict:
    """The verdict of one case on given draws; `level` is this case's share of the false-refutation budget."""
    claim = record.claim
    weights = _extrapolation(tuple(blocks), claim.rate, claim.exact)
    estimate, variance, draws, target, scale = 0.0, 0.0, math.inf, None, None
    for weight, (n, raws) in zip(weights, blocks.items(), strict=True):
        parts = [claim.compare(raw, params, n) for raw in raws]
        values = np.concatenate([p.values for p in parts])
        target, scale = parts[0].target, parts[0].scale
        draws = min(draws, len(values))
        if values.shape[1] != len(target):
            raise ValueError(f"the simulation of {record.name} gives {values.shape[1]} quantities a draw, theory {len(target)}")
        if not (np.isfinite(values).all() and np.isfinite(target).all()):
            raise ValueError(f"{record.name} at {dict(params)}, n = {n}: a value is not finite; no mean can be judged there")
        estimate = estimate + weight * (values.mean(axis=0) - target) / scale
        variance = variance + weight**2 * values.var(axis=0, ddof=1) / len(values) / scale**2
    quantile = -stdtrit(draws - 1, level / (2 * len(target)))
    half = quantile * np.sqrt(variance) + 1e-12  # 1e-12: round-off of the simulation itself
    miss = -estimate if claim.one_sided else np.abs(estimate)
    if np.all(miss + half <= delta):
        status: Status = "consistent"
    elif np.any(miss - half > delta):
        status = "refuted"
    else:
        status = "undecided"
    worst = int(np.argmax(miss - half if status == "refuted" else miss + half))
    room = max(abs(delta - float(miss[worst])), 0.1 * delta)
    needs = math.ceil(draws * (float(half[worst]) / room) ** 2) if status == "undecided" else None
    return CaseVerdict(status=status, params=dict(params), estimate=float(estimate[worst]), halfwidth=float(half[worst]),
                       target=float(target[worst]), sizes=tuple(blocks), draws=int(draws), needs=needs)


def _judge_identity(record: Theorem, params: Mapping[str, Any]) -> CaseVerdict:
    claim = record.claim
    assert isinstance(claim, Identity)
    values, target, scale = claim.compare(claim.observe(params, 0, 1, stream(0)), params, 0)
    gap = np.abs(values[0] - target) / scale
    worst = int(np.argmax(gap))
    status: Status = "consistent" if gap[worst] <= claim.rtol else "refuted"
    return CaseVerdict(status=status, params=dict(params), estimate=float(gap[worst]), halfwidth=0.0, target=float(target[worst]),
                       sizes=(), draws=1)


def _overall(statuses: list[Status]) -> Status:
    if "refuted" in statuses:
        return "refuted"
    return "consistent" if all(s == "consistent" for s in statuses) else "undecided"


def verify(record: Theorem, *, delta: float = 0.01, false_refute: float = 1e-6, entropy: int = 0, max_draws: int = 4096,
           progress: Callable[[str], None] | None = None) -> Verdict:
    """Hold the record against its simulator on its cases, and its rivals against the same draws.

    delta: tolerance, relative to the claim's scale, > 0. false_refute: bound on the probability that a true record is refuted,
    split evenly over the cases. entropy: the seed of all draws. max_draws: most draws a size.
    Raises ValueError on bad arguments, or where a drawn value is not finite.
    """
    for name, value, top in (("delta", delta, math.inf), ("false_refute", false_refute, 0.5), ("max_draws", max_draws, math.inf)):
        if not 0 < value < top:
            raise ValueError(f"{name} = {value!r} is refused: it must be positive" + ("" if math.isinf(top) else f" and below {top}"))
    cases, rivals = [], {name: "undecided" for name in record.rivals}
    rival_records = {name: record.rival(name) for name in record.rivals}
    level = false_refute / len(record.cases)
    for given in record.cases:
        params = record.parameters(**given)
        if progress:
            progress(f"{record.name} {params}")
        if isinstance(record.claim, Identity):
            case = _judge_identity(record, params)
            verdicts = {name: _judge_identity(rival, params) for name, rival in rival_records.items()}
        else:
            blocks = {n: [_draw(record, params, n, PILOT, 0, entropy)] for n in record.claim.sizes}
            case = _judge(blocks, record, params, delta, level)
            goal = max(delta - abs(case.estimate), delta / 3) / 1.5
            wanted = math.ceil(PILOT * (case.halfwidth / goal) ** 2)
            if wanted > PILOT:
                for n in blocks:
                    blocks[n].append(_draw(record, params, n, min(wanted, max_draws) - PILOT or 1, 1, entropy))
                case = _judge(blocks, record, params, delta, level)
            verdicts = {name: _judge(blocks, rival, params, delta, level) for name, rival in rival_records.items()}
        cases.append(case)
        for name, verdict in verdicts.items():
            if verdict.status == "refuted" or all(verdict.status == "consistent" for _ in cases):
                rivals[name] = verdict.status if rivals[name] != "refuted" else "refuted"
    return Verdict(theorem=record.name, status=_overall([c.status for c in cases]), delta=delta, false_refute=false_refute,
                   cases=tuple(cases), rivals=rivals, entropy=entropy)
