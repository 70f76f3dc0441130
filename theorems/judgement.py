"""A verdict as a value, the rule that reaches it from an interval, and its words, which never claim more than was seen."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np

from simulate.streams import STREAM_VERSION, stream
from theorems.claims import Identity
from theorems.evidence import Interval

Status = Literal["consistent", "refuted", "undecided"]
SLACK = 0.1  # of delta: what the finite-size model may leave out before it counts against a theorem
LEFT_OUT = 10.0  # times the measured remainder, where one shows: a series cut there is rarely worse
SAME = "every draw so far is the same: more must be seen before that counts"
GUARANTEES = {
    "mean": "the rates hold at every look, exactly for normal rounds, asymptotically for others",
    "median": "the rates hold at every look for any distribution of the draws (order statistics)",
    "bounded": "the rates hold at every look for any distribution in the declared range (empirical Bernstein)",
    "identity": "no randomness",
}


@dataclass(frozen=True, kw_only=True)
class CaseVerdict:
    """One case: the worst component's extrapolated discrepancy `estimate` in units of its scale, and its intervals."""

    status: Status
    params: Mapping[str, Any]
    estimate: float
    halfwidth: float  # of the sequence that refutes
    accept_halfwidth: float = 0.0  # of the sequence that accepts
    target: float
    sizes: tuple[int, ...] = ()
    draws: tuple[int, ...] = ()
    method: str = "identity"
    remainder: tuple[float, float] = (0.0, 0.0)  # what the next power of the finite-size model moves the estimate by, +-
    least_discrepancy: float = 0.0  # that these draws would have refuted, at both error rates
    needs: int | None = None  # how many times these draws would decide
    reason: str = ""  # why more draws alone would not
    one_sided: bool = False  # a lower bound: only falling below it is a miss

    @property
    def reach(self) -> float:
        """The largest discrepancy that the accepting interval allows."""
        half = self.accept_halfwidth
        return max(0.0, half - self.estimate) if self.one_sided else half + abs(self.estimate)

    def __str__(self) -> str:
        where = ", ".join(f"{k}={v:g}" if isinstance(v, float) else f"{k}={v}" for k, v in self.params.items())
        if not self.sizes:
            return f"{self.status:<10} two exact routes differ by {self.estimate:.1e} of {self.target:.6g}  {where}"
        if self.needs:
            more = ", ".join(f"{d * self.needs:.3g}" for d in self.draws)
            end = f"; about {more} draws would decide"
        else:
            end = f"; {self.reason}" if self.reason else ""
        rest, noise = self.remainder
        fit = f"; the fit's next power {rest:+.0e} +- {noise:.0e}" if 0 < noise < math.inf else ""
        gap = "beyond the bound" if self.one_sided else "off"
        kind = "" if self.method == "mean" else f" by {'medians' if self.method == 'median' else 'a bounded range'}"
        return (
            f"{self.status:<10} {gap} by {self.estimate:+.2e} +- {self.accept_halfwidth:.1e} (to refute: +- {self.halfwidth:.1e}) "
            f"of {self.target:.6g}{kind} "
            f"(n = {', '.join(map(str, self.sizes))}; {', '.join(map(str, self.draws))} draws{fit}{end})  {where}"
        )


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The verdict on a record: its cases, and the verdict on each rival from the same draws."""

    theorem: str
    status: Status
    delta: float
    false_refute: float
    false_accept: float
    cases: tuple[CaseVerdict, ...]
    rivals: Mapping[str, Status] = field(default_factory=dict)
    entropy: int = 0
    seconds: float = field(default=0.0, compare=False)

    def __bool__(self) -> bool:
        raise TypeError("a verdict has three values: compare verdict.status with 'consistent', 'refuted' or 'undecided'")

    @property
    def has_power(self) -> bool:
        """Whether every rival was refuted by some case."""
        return all(status == "refuted" for status in self.rivals.values())

    @property
    def least_discrepancy(self) -> float:
        """The least discrepancy that the draws of every case would have refuted, at both error rates."""
        return max((c.least_discrepancy for c in self.cases), default=math.inf)

    @property
    def headline(self) -> str:
        """One line that never over-claims."""
        size = max((max(c.sizes, default=0) for c in self.cases), default=0)
        if self.status == "consistent":
            worst = max(c.reach for c in self.cases)
            says = "the bound holds" if self.cases[0].one_sided else "consistent"
            return f"{says} to {100 * worst:.2g} % at n <= {size}" if size else f"two exact routes agree to {worst:.1e}"
        return self.status

    def __str__(self) -> str:
        lines = [f"{self.theorem}: {self.headline}", *(f"  {c}" for c in self.cases)]
        lines += [f"  rival {status:<10} {name}" for name, status in self.rivals.items()]
        return "\n".join(lines + [f"  {line}" for line in self.rates])

    @property
    def rates(self) -> list[str]:
        """Both error rates in words, what the draws would have seen, and what the rates rest on."""
        if not any(c.sizes for c in self.cases):
            return []
        seen = self.least_discrepancy
        stated = (
            f"error rates: {self.false_refute:g} to refute a true theorem, {self.false_accept:g} to accept one that is off by "
            f"{100 * self.delta:g} %"
        )
        stated += f"; these draws would have refuted {100 * seen:.2g} %" if math.isfinite(seen) else ""
        return [stated, *(f"{m}: {GUARANTEES[m]}" for m in sorted({c.method for c in self.cases}))]

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as written beside a figure."""
        return asdict(self) | {
            "headline": self.headline,
            "least_discrepancy": self.least_discrepancy,
            "stream_version": STREAM_VERSION,
        }


def judge(found: Interval, delta: float, one_sided: bool) -> dict[str, Any]:
    """The rule: status and, of the component that decides, the numbers of a CaseVerdict."""
    miss = -found.estimate if one_sided else np.abs(found.estimate)
    rest, half = np.abs(found.remainder), found.remainder_half
    misfit = rest - half > SLACK * delta  # the next power moves the estimate by more than may be left out
    slack = SLACK * delta * np.any(half > 0) + np.where(misfit, LEFT_OUT * rest, 0.0)
    kept = miss + np.where(misfit, rest, 0.0)
    ahead = found.estimate + found.remainder  # as the fit with one more power has it: it must refute as well
    missed = -ahead if one_sided else np.sign(found.estimate) * ahead
    certain = np.minimum(miss - found.refute - slack, missed - found.further - SLACK * delta * np.any(half > 0))
    status: Status = "undecided"
    reason = ""
    if np.all(kept + found.accept <= delta):
        status = "consistent"
    elif np.any(certain > 0):
        status = "refuted"
    if found.constant == "zero" and status == "refuted":  # so do rare events begin
        status = "undecided"
    if status == "undecided" and found.constant:
        reason = "every draw is 0: nothing shows how large others may be" if found.constant == "zero" else SAME
    worst = int(np.argmax(certain if status == "refuted" else kept + found.accept))
    needs = None
    if status == "undecided" and not np.all(np.isfinite(found.accept)):
        reason = reason or "too few draws for any interval"
    if status == "undecided" and not reason:
        needs = _needs(kept, missed, found, delta, slack)
        if needs is None:
            reason = (
                f"the finite-size model does not fit (one more power moves the estimate by {found.remainder[worst]:+.1e}): "
                "larger sizes or another rate would decide"
            )
    ratio = np.where(np.isfinite(found.refute), found.accept / np.minimum(found.refute, 1e300), 1.0)
    sees = np.maximum(found.refute + found.accept, found.further * (1 + ratio)) + slack
    return {
        "status": status,
        "estimate": float(found.estimate[worst]),
        "halfwidth": float(found.refute[worst]),
        "accept_halfwidth": float(found.accept[worst]),
        "target": float(found.target[worst]),
        "remainder": (float(found.remainder[worst]), float(half[worst])),
        "least_discrepancy": float(np.max(sees, where=np.isfinite(sees), initial=0.0)) or math.inf,  # what never moved apart
        "needs": needs,
        "reason": reason,
    }


def _needs(kept: Any, missed: Any, found: Interval, delta: float, slack: Any) -> int | None:
    """How many times the draws would decide: one component refutes, all must be consistent; None where none would."""
    with np.errstate(divide="ignore", invalid="ignore"):
        refuting = np.where(kept > slack, found.refute / (kept - slack), np.inf)
        refuting = np.maximum(refuting, np.where(missed > slack, found.further / (missed - slack), np.inf))
        accepting = np.where(kept < delta, found.accept / (delta - kept), np.inf)
    times = min(float(np.min(refuting)), float(np.max(accepting)))
    return max(2, math.ceil(times**2)) if math.isfinite(times) else None


def judge_identity(claim: Identity, params: Mapping[str, Any]) -> CaseVerdict:
    """Two exact routes, side by side."""
    values, target, scale = claim.compare(claim.observe(params, 0, 1, stream(0)), params, 0)
    gap = np.abs(values[0] - target) / scale
    worst = int(np.argmax(gap))
    agree = bool(gap[worst] <= claim.rtol)  # nan is no agreement
    status: Status = "consistent" if agree else "refuted"
    return CaseVerdict(status=status, params=dict(params), estimate=float(gap[worst]), halfwidth=0.0, target=float(target[worst]))


def overall(cases: Sequence[CaseVerdict]) -> Status:
    """One refuted case refutes; consistent takes all."""
    statuses = {case.status for case in cases}
    if "refuted" in statuses:
        return "refuted"
    return "undecided" if "undecided" in statuses else "consistent"
