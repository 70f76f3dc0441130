r"""Does simulation converge to the theorem? A three-valued answer with its tolerance, interval, sizes and draws.

At sizes n_1 < ... < n_k the mean discrepancy is modelled as m(n) = b0 + c n^-a (+ d n^-2a from four sizes on), with the rate a
that the claim declares, and the verdict is about b0; of an exact claim m(n) is judged at every size by itself:

* consistent  where the interval of b0 lies within +-delta (times the scale of the claim),
* refuted     where it lies outside,
* undecided   where it does neither; then the draws that would decide are stated.

This first version looks at most LOOKS times, each look with its share of the false-refutation budget: a pilot plans the draws of the
second look, and so on. The interval is Student's. This file alone says how.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np

from asymptotics.conventions import refuse
from simulate.streams import STREAM_VERSION, stream
from theorems.claims import Identity, Parameters, moments
from theorems.record import Theorem

Status = Literal["consistent", "refuted", "undecided"]
Progress = Callable[[str], None] | None
PILOT = 48  # draws a size before the plan: with 47 degrees of freedom Student's quantile at 1e-6 is 5.6, the normal's 4.9
LOOKS = 4  # the pilot, its plan, and two more where the plan fell short


@dataclass(frozen=True, kw_only=True)
class CaseVerdict:
    """One case: the worst component's extrapolated discrepancy `estimate` in units of its scale, and its interval."""

    status: Status
    params: Mapping[str, Any]
    estimate: float
    halfwidth: float
    target: float
    sizes: tuple[int, ...] = ()
    draws: tuple[int, ...] = ()
    needs: int | None = None  # how many times these draws would decide
    one_sided: bool = False  # a lower bound: only falling below it is a miss

    @property
    def reach(self) -> float:
        """The largest discrepancy that the interval allows."""
        return max(0.0, self.halfwidth - self.estimate) if self.one_sided else self.halfwidth + abs(self.estimate)

    def __str__(self) -> str:
        where = ", ".join(f"{k}={v:g}" if isinstance(v, float) else f"{k}={v}" for k, v in self.params.items())
        if not self.sizes:
            return f"{self.status:<10} two exact routes differ by {self.estimate:.1e} of {self.target:.6g}  {where}"
        more = f"; about {self.needs} times these draws would decide" if self.needs else ""
        gap = "beyond the bound" if self.one_sided else "off"
        return (
            f"{self.status:<10} {gap} by {self.estimate:+.2e} +- {self.halfwidth:.1e} of {self.target:.6g} "
            f"(n = {', '.join(map(str, self.sizes))}; {', '.join(map(str, self.draws))} draws{more})  {where}"
        )


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
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as written beside a figure."""
        return asdict(self) | {"headline": self.headline, "stream_version": STREAM_VERSION}


def _extrapolation(sizes: Sequence[int], rate: float, exact: bool) -> np.ndarray:
    """Weights (1, k) with b0 = sum a_k m(n_k): least squares in powers of n^-rate. Conditional risks scatter like 1/n: n weighs n."""
    if exact:  # what holds at every size is not averaged over them: a row each
        return np.eye(len(sizes))
    n = np.asarray(sizes, dtype=np.float64)
    order = min(2, len(sizes) - 2)
    if order < 0:
        refuse("sizes", tuple(sizes), "an asymptotic claim needs at least two sizes to extrapolate from")
    design = np.stack([(n[0] / n) ** (rate * j) for j in range(order + 1)], axis=1)
    return np.linalg.pinv(design * n[:, None])[:1] * n


@dataclass(frozen=True)
class _Fit:
    """b0 of each component in units of its scale, and what each size contributes to its variance."""

    sizes: np.ndarray  # (s,)
    draws: np.ndarray  # (s,)
    estimate: np.ndarray  # (k,)
    spread2: np.ndarray  # (s, k): squared weight times the variance of one draw
    target: np.ndarray  # (k,)

    def _quantile(self, level: float) -> float:
        from scipy.special import stdtrit  # 25 ms: not at import

        return -float(stdtrit(self.draws.min() - 1.0, level / (2 * len(self.target))))

    def halfwidth(self, level: float) -> np.ndarray:
        """Student's interval at `level`, split over components; degrees of freedom of the size with the fewest draws."""
        variance = (self.spread2 / self.draws[:, None]).sum(axis=0)
        return self._quantile(level) * np.sqrt(variance) + 1e-12  # 1e-12: round-off of the simulation itself

    def plan(self, level: float, delta: float, most: int) -> np.ndarray:
        """Draws a size that narrow the interval to what decides, at least cost, where a draw at size n costs like n^2."""
        goal = max(delta - float(np.abs(self.estimate).max()), delta / 2) / 1.5  # 1.5: room for the estimate to move
        spread = np.sqrt(self.spread2.max(axis=1))
        if not spread.any():
            return self.draws
        share = np.maximum(spread / self.sizes, 1e-6 * (spread / self.sizes).max())
        total = (spread**2 / share).sum() * (self._quantile(level) / goal) ** 2
        return np.clip(np.ceil(total * share), self.draws, max(most, self.draws.max())).astype(int)

    def judge(self, params: Mapping[str, Any], level: float, delta: float, one_sided: bool) -> CaseVerdict:
        half = self.halfwidth(level)
        miss = -self.estimate if one_sided else np.abs(self.estimate)
        status: Status = "undecided"
        if np.all(miss + half <= delta):
            status = "consistent"
        elif np.any(miss - half > delta):
            status = "refuted"
        worst = int(np.argmax(miss - half if status == "refuted" else miss + half))
        ratio, beyond = (half / np.maximum(np.abs(delta - miss), delta / 10)) ** 2, miss > delta
        times = ratio[beyond].min() if beyond.any() else ratio.max()  # one component refutes, all must be consistent
        return CaseVerdict(
            status=status,
            params=dict(params),
            estimate=float(self.estimate[worst]),
            halfwidth=float(half[worst]),
            target=float(self.target[worst]),
            sizes=tuple(int(n) for n in self.sizes),
            draws=tuple(int(d) for d in self.draws),
            needs=math.ceil(times) if status == "undecided" else None,
            one_sided=one_sided,
        )


def _fit(record: Theorem, params: Mapping[str, Any], blocks: Mapping[int, list[Any]]) -> _Fit:
    claim = record.claim
    weights = _extrapolation(tuple(blocks), claim.rate, claim.exact)
    gaps, spreads, draws, targets = [], [], [], []
    for weight, (n, raws) in zip(weights.T, blocks.items(), strict=True):
        parts = [claim.compare(raw, params, n) for raw in raws]
        values = np.concatenate([p.values for p in parts])
        target, scale = parts[0].target, parts[0].scale
        if values.shape[1] != len(target):
            raise ValueError(
                f"the simulation of {record.name} gives {values.shape[1]} quantities a draw, its theory {len(target)}"
            )
        if not (np.isfinite(values).all() and np.isfinite(target).all()):
            raise ValueError(f"{record.name} at {dict(params)}, n = {n}: a value is not finite, and no mean can be judged there")
        gaps.append(np.outer(weight, (values.mean(axis=0) - target) / scale).ravel())
        spreads.append(np.outer(weight**2, values.var(axis=0, ddof=1) / scale**2).ravel())
        draws.append(len(values))
        targets.append(target)
    target = np.concatenate(targets if claim.exact else targets[-1:])
    return _Fit(np.array(list(blocks)), np.array(draws), np.sum(gaps, axis=0), np.array(spreads), target)


def _judge_identity(record: Theorem, params: Mapping[str, Any]) -> CaseVerdict:
    claim = record.claim
    assert isinstance(claim, Identity)
    values, target, scale = claim.compare(claim.observe(params, 0, 1, stream(0)), params, 0)
    gap = np.abs(values[0] - target) / scale
    worst = int(np.argmax(gap))
    agree = bool(gap[worst] <= claim.rtol)  # nan is no agreement
    status: Status = "consistent" if agree else "refuted"
    return CaseVerdict(status=status, params=dict(params), estimate=float(gap[worst]), halfwidth=0.0, target=float(target[worst]))


def _simulate(record: Theorem, params: Parameters, level: float, delta: float, most: int, entropy: int) -> dict[int, list[Any]]:
    """Draws by size: a pilot, then whatever the last look asks for, until the case is decided or the draws or looks are spent."""

    def block(n: int, draws: int, number: int) -> Any:
        return record.claim.observe(params, n, draws, stream(entropy, record.name, dict(params), n, number))

    _gate_moments(record, params)
    blocks = {n: [block(n, PILOT, 0)] for n in record.claim.sizes}
    for look in range(1, LOOKS):
        fit = _fit(record, params, blocks)
        wanted = fit.plan(level, delta, most)
        if fit.judge(params, level, delta, record.claim.one_sided).status != "undecided" or np.all(wanted <= fit.draws):
            break
        for n, more in zip(blocks, wanted - fit.draws, strict=True):
            if more > 0:
                blocks[n].append(block(n, int(more), look))
    return blocks


def _gate_moments(record: Theorem, params: Mapping[str, Any]) -> None:
    """Refuse sizes at which a draw has no variance: no mean's interval could be trusted there."""
    claim = record.claim
    assert not isinstance(claim, Identity)
    for n in claim.sizes:
        if (exist := moments(claim.simulation, params, n, getattr(claim, "of", None))) < 2:
            raise ValueError(
                f"sizes = {claim.sizes} is refused: at n = {n}, {dict(params)} a draw of {record.name} has {exist} "
                "finite moments, and a mean needs 2 to be judged; choose larger sizes or a case farther from p = n"
            )


def _overall(statuses: list[Status]) -> Status:
    if "refuted" in statuses:
        return "refuted"
    return "consistent" if all(s == "consistent" for s in statuses) else "undecided"


def verify(
    record: Theorem,
    *,
    delta: float = 0.01,
    false_refute: float = 1e-6,
    entropy: int = 0,
    max_draws: int = 20_000,
    progress: Progress = None,
) -> Verdict:
    """Hold the record against its simulator on its cases, and its rivals against the same draws. BLAS is kept to one thread.

    delta: tolerance, relative to the claim's scale, > 0. false_refute: bound on the probability that a true record is refuted,
    split evenly over cases and looks. entropy: the seed of all draws. max_draws: most draws a size. progress: called once a case.
    Raises ValueError on bad arguments, where a draw has no variance, or where a drawn value is not finite.
    """
    for name, value, top in (("delta", delta, math.inf), ("false_refute", false_refute, 0.5), ("max_draws", max_draws, math.inf)):
        if not 0 < value < top:
            refuse(name, value, "it must be positive" + ("" if math.isinf(top) else f" and below {top}"))
    from threadpoolctl import threadpool_limits  # threads of BLAS spin against each other: up to 10 times slower on two cores

    with threadpool_limits(1):
        return _verify(record, delta, false_refute, entropy, max_draws, progress)


def _verify(record: Theorem, delta: float, false_refute: float, entropy: int, max_draws: int, progress: Progress) -> Verdict:
    level = false_refute / len(record.cases) / LOOKS
    rivals = {name: record.rival(name) for name in record.rivals}
    cases: list[CaseVerdict] = []
    against: dict[str, list[Status]] = {name: [] for name in rivals}
    for given in record.cases:
        params = record.parameters(**given)
        if progress:
            progress(f"{record.name} {params}")
        if isinstance(record.claim, Identity):
            cases.append(_judge_identity(record, params))
            for name, rival in rivals.items():
                against[name].append(_judge_identity(rival, params).status)
        else:
            blocks = _simulate(record, params, level, delta, max_draws, entropy)
            cases.append(_fit(record, params, blocks).judge(params, level, delta, record.claim.one_sided))
            for name, rival in rivals.items():
                against[name].append(_fit(rival, params, blocks).judge(params, level, delta, rival.claim.one_sided).status)
    return Verdict(
        theorem=record.name,
        status=_overall([c.status for c in cases]),
        delta=delta,
        false_refute=false_refute,
        cases=tuple(cases),
        rivals={name: _overall(statuses) for name, statuses in against.items()},
        entropy=entropy,
    )
