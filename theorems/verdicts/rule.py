"""The rule by which an interval becomes a verdict: refuted, consistent or undecided, and then what would decide."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulate.streams import stream
from theorems.claims import Identity
from theorems.verdicts.evidence import Array, Interval
from theorems.verdicts.verdict import CaseVerdict, Status

SLACK = 0.1  # of delta: what the finite-size model may leave out before it counts against a theorem
LEFT_OUT = 10.0  # times the measured remainder, where one shows: a series cut there is rarely worse
SAME = "every draw so far is the same: more must be seen before that counts"
ZERO = "every draw is 0: nothing shows how large others may be"


@dataclass(frozen=True)
class _Weighed:
    """What an interval says of a claim, component by component."""

    kept: Array  # the discrepancy that must lie within delta, with what the model is seen to leave out
    missed: Array  # the discrepancy as the fit with one more power has it
    slack: Array  # what the model may leave out before it counts against the theorem
    certain: Array  # by how much the sequences of both fits exclude 0 and the slack: above 0 refutes
    misfit: np.ndarray  # whether the next power surely moves the estimate by more than may be left out


def _weigh(found: Interval, delta: float, one_sided: bool) -> _Weighed:
    miss = -found.estimate if one_sided else np.abs(found.estimate)
    rest = np.abs(found.remainder)
    forgiven = SLACK * delta * np.any(found.remainder_half > 0)
    misfit = rest - found.remainder_half > SLACK * delta
    slack = forgiven + np.where(misfit, LEFT_OUT * rest, 0.0)
    ahead = found.estimate + found.remainder
    missed = -ahead if one_sided else np.sign(found.estimate) * ahead
    certain = np.minimum(miss - found.refute - slack, missed - found.further - forgiven)
    return _Weighed(miss + np.where(misfit, rest, 0.0), missed, slack, certain, misfit)


def judge(found: Interval, delta: float, one_sided: bool) -> dict[str, Any]:
    """Status and, of the component that decides, the numbers of a CaseVerdict."""
    by = _weigh(found, delta, one_sided)
    status: Status = "undecided"
    if np.all(by.kept + found.accept <= delta):
        status = "consistent"
    elif np.any(by.certain > 0) and found.constant != "zero":  # so do rare events begin
        status = "refuted"
    worst = int(np.argmax(by.certain if status == "refuted" else by.kept + found.accept))
    needs, reason = _missing(found, by, delta, worst) if status == "undecided" else (None, "")
    return {
        "status": status,
        "estimate": float(found.estimate[worst]),
        "halfwidth": float(found.refute[worst]),
        "accept_halfwidth": float(found.accept[worst]),
        "target": float(found.target[worst]),
        "remainder": (float(found.remainder[worst]), float(found.remainder_half[worst])),
        "least_discrepancy": _least(found, by),
        "needs": needs,
        "reason": reason,
    }


def unfit(found: Interval, delta: float) -> bool:
    """Whether the finite-size model is itself refuted: a true one is so with probability at most the level of false refutation."""
    return bool(np.any(np.abs(found.remainder) - found.remainder_refute > SLACK * delta))


def _least(found: Interval, by: _Weighed) -> float:
    """The least discrepancy that such draws refute, with the error rates of both half-widths; inf where there is no interval."""
    ratio = np.where(np.isfinite(found.refute), found.accept / np.minimum(found.refute, 1e300), 1.0)
    sees = np.maximum(found.refute + found.accept, found.further * (1 + ratio)) + by.slack
    return float(np.max(sees, where=np.isfinite(sees), initial=0.0)) or math.inf  # what never moved apart


def _missing(found: Interval, by: _Weighed, delta: float, worst: int) -> tuple[int | None, str]:
    """How many times the draws would decide, or why more draws alone would not."""
    if found.constant:
        return None, ZERO if found.constant == "zero" else SAME
    if not np.all(np.isfinite(found.accept)):
        return None, "too few draws for any interval"
    noise = by.kept <= found.accept  # nothing is seen: then it is taken for small, and what refutes is not extrapolated from it
    with np.errstate(divide="ignore", invalid="ignore"):
        refuting = np.where(by.kept > by.slack, found.refute / (by.kept - by.slack), np.inf)
        refuting = np.maximum(refuting, np.where(by.missed > by.slack, found.further / (by.missed - by.slack), np.inf))
        refuting = np.where(noise, np.inf, refuting)
        off = np.where(noise, np.minimum(by.kept, delta / 2), by.kept)
        accepting = np.where(off < delta, found.accept / (delta - off), np.inf)
    times = min(float(np.min(refuting)), float(np.max(accepting)))  # one component refutes, all must be consistent
    if not math.isfinite(times) and not by.misfit.any():
        times = float(np.max(found.remainder_half)) / (
            SLACK * delta
        )  # the two fits differ by noise: then it shows which is right
    if math.isfinite(times):
        return max(2, math.ceil(times**2)), ""
    return None, (
        f"the finite-size model does not fit (one more power moves the estimate by {found.remainder[worst]:+.1e}): "
        "larger sizes or another rate would decide"
    )


def agreed(found: Sequence[Mapping[str, Any]], fit: Sequence[bool]) -> dict[str, Any]:
    """The verdict where the exponent is not known, from those with each that is tried, in order: all that `fit` must agree.

    The true exponent lies between two that are tried: what refutes must exceed the step from one estimate to the next.
    """
    inside = [i for i, fits in enumerate(fit) if fits] or list(range(len(found)))
    worst = dict(min((found[i] for i in inside), key=lambda f: ("undecided", "refuted", "consistent").index(f["status"])))
    estimates = [f["estimate"] for f in found[max(0, inside[0] - 1) : inside[-1] + 2]]
    step = max((abs(a - b) for a, b in itertools.pairwise(estimates)), default=0.0)
    sure = min(abs(found[i]["estimate"]) - found[i]["halfwidth"] for i in inside) > step
    if len({found[i]["status"] for i in inside}) > 1 or (worst["status"] == "refuted" and not sure):
        worst |= {"status": "undecided", "needs": None, "reason": "the verdict depends on the rate: declare it, or larger sizes"}
    return worst


def judge_identity(claim: Identity, params: Mapping[str, Any]) -> CaseVerdict:
    """Two exact routes, side by side."""
    values, target, scale = claim.compare(claim.observe(params, 0, 1, stream(0)), params, 0)
    with np.errstate(invalid="ignore"):
        gap = np.where(values[0] == target, 0.0, np.abs(values[0] - target) / scale)  # both may be infinite
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
