"""Power is shown, not assumed: which wrong formulas next to a theorem's its cases refute, and which none of them can see.

Every perturbation (`perturbations`) is a rival on the same draws. One that changes no prediction on the cases, or too little
to be refuted, is tried elsewhere in the domain: on the cases with one parameter changed at a time. Where it would be seen there, the
cases have a blind spot, and that place is its witness; where not, the theorem hardly depends on what was perturbed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np

from theorems.audits.perturbations import Formula, Perturbation, Point, change, claimed, named, of_arguments, remembered, tried
from theorems.claims import Identity
from theorems.domain import Choice, Domain, Integer, Real
from theorems.record import Theorem
from theorems.verdicts.verdict import Verdict, words
from theorems.verdicts.verify import verify

EQUAL = 1e-9  # a smaller change is the rounding of iterations
PLAIN = 2.0  # times delta: a change that cases would see
FACTORS = (0.25, 0.5, 2.0, 4.0)
PATIENCE = 200_000  # rounds of loops, as plain Python, for which a perturbation is tried elsewhere; some 0.3 s
FARTHEST = 8.0  # gamma, psi and the like: what can still be simulated

INTRODUCTION = """\
Every theorem's formula is perturbed: its arguments (gamma for 1/gamma, sigma for sigma2, r for r2, lam scaled by p, each 1 and 5 %
off) and its source, one place at a time (each constant 1 and 5 % off, each sign, each exponent). Each perturbation is a rival on the
draws of one verdict. *Seen*: a case refutes it, or the formula fails with it. *Blind spots*: no case refutes it, though a case with one
parameter changed would; that case is named. *Too small*: not refuted, and no such case was found (or a constant is 1 % off); the
largest change on the cases is named. *Change nothing*: no prediction changes, there or elsewhere (other quantities that the same
functions compute, starting values)."""

Status = Literal["seen", "unseen", "idle"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One perturbation: seen (refuted by a case, or the formula fails with it), unseen, or idle (it changes nothing anywhere tried).

    `change`: the largest on the cases, in units of the claim; `fails`: how the formula fails with it. Of what is unseen, `witness`
    is where in the domain a case would see it, None where no such place was found, and `there` the largest change outside the cases.
    """

    kind: str
    function: str
    where: str
    what: str
    size: float
    status: Status
    change: float
    fails: str = ""
    witness: Mapping[str, Any] | None = None
    there: float = 0.0

    @property
    def blind(self) -> bool:
        """Whether the cases are at fault: they do not see what another case would, and it is more than a constant 1 % off."""
        return self.status == "unseen" and self.witness is not None and not 0 < self.size < 0.05 - EQUAL

    def __str__(self) -> str:
        place = f"{self.where} " if self.where else ""
        return f"{self.status:<6} {self._effect():<8} {place}{self.kind}: {self.what}{self._elsewhere()}"

    def _effect(self) -> str:
        return "fails" if self.fails else percent(self.change)

    def _elsewhere(self) -> str:
        if self.witness is not None:
            return f"; {percent(self.there)} at {words(self.witness)}"
        return f"; elsewhere at most {percent(self.there)}" if self.status == "unseen" and self.change < EQUAL else ""


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What the cases of a theorem see. `verdict` is the one on the theorem and its own rivals, from the same draws."""

    verdict: Verdict
    findings: tuple[Finding, ...]

    @property
    def theorem(self) -> str:
        """The record's name."""
        return self.verdict.theorem

    def having(self, status: Status) -> tuple[Finding, ...]:
        """The findings of one status."""
        return tuple(f for f in self.findings if f.status == status)

    @property
    def blind(self) -> tuple[Finding, ...]:
        """The blind spots: signs, exponents, arguments, constants 5 % off that no case sees though another case would."""
        return tuple(f for f in self.findings if f.blind)

    @property
    def summary(self) -> str:
        """One line."""
        unseen, idle = self.having("unseen"), self.having("idle")
        live, small = len(self.findings) - len(idle), [f for f in unseen if not f.blind]
        parts = [f"sees {live - len(unseen)} of {live} perturbations"]
        if self.blind:
            parts.append(f"{len(self.blind)} unseen would be seen by another case")
        if small:
            parts.append(f"{len(small)} unseen change a prediction by at most {percent(max(f.change for f in small))}")
        status = self.verdict.status
        own = [] if status == "consistent" else [f"the theorem itself is {status}"]
        return "; ".join([*parts, f"{len(idle)} more change nothing", *own])

    def lines(self, *, every: bool = False) -> Iterator[str]:
        """What is unseen, one by one, and the rest as counts for each function; `every`: all one by one."""
        for function in dict.fromkeys(f.function for f in self.findings):
            here = [f for f in self.findings if f.function == function]
            count = {s: sum(f.status == s for f in here) for s in ("seen", "unseen", "idle")}
            yield f"  {function}: " + ", ".join(f"{v} {k}" for k, v in count.items() if v)
            yield from (f"    {f}" for f in here if every or f.status == "unseen")

    def __str__(self) -> str:
        return "\n".join([f"{self.theorem}: {self.summary}", *self.lines()])

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        findings = [asdict(f) for f in self.findings]
        return {"theorem": self.theorem, "summary": self.summary, "verdict": self.verdict.to_dict(), "findings": findings}


def percent(value: float) -> str:
    """A relative change in words."""
    return "nothing" if value < EQUAL else f"{100 * value:.2g} %" if value < 10 else f"{value:.1e}x"


def nearby(record: Theorem) -> list[dict[str, Any]]:
    """The cases with one parameter changed at a time, within the domain: halves, doubles, quarters, ends, other choices."""
    cases = [record.parameters(**case) for case in record.cases]
    found = {repr(c): c for c in cases}
    first = len(found)
    for case in cases:
        for name, domain in record.domain.items():
            for value in _values(domain, case[name]):
                try:
                    other = record.parameters(**{**case, name: value})
                except ValueError:
                    continue
                found.setdefault(repr(other), other)
    others = list(found.values())[first:]
    return [others[i] for i in np.random.default_rng(0).permutation(len(others))]  # one after the other would be much the same


def _values(domain: Domain, value: Any) -> list[Any]:
    if isinstance(domain, Choice):
        return list(domain.options)
    if isinstance(domain, Integer):
        return [value - 1, value + 1, 2 * value]
    values = [value * f for f in FACTORS if abs(value * f) <= FARTHEST] + [1.0]
    if isinstance(domain, Real) and math.isfinite(domain.high - domain.low) and domain.high - domain.low <= FARTHEST:
        values += [domain.low + f * (domain.high - domain.low) for f in (0.1, 0.5, 0.9)]
    return values + [end for end in (domain.low, domain.high) if math.isfinite(end) and abs(end) <= FARTHEST]


def audit(
    record: Theorem,
    *,
    delta: float = 0.01,
    budget: str | int = "60s",
    entropy: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Audit:
    """Perturb the record's arguments and the source of its formula; judge it, its rivals and every perturbation on the same draws.

    delta, budget, entropy: as `verify`'s. progress: called once a case. Raises ValueError for a record whose file cannot be read
    (it must stand at a name of a file), and what `verify` raises.
    """
    cases: list[Point] = [(record.parameters(**c), n) for c in record.cases for n in record.claim.sizes or (0,)]
    last = max(record.claim.sizes, default=0)
    around: list[Point] = [(params, last) for params in nearby(record)]
    formula = Formula(record, [c for c in cases if c[1] == last], around)
    found = [*of_arguments(record), *formula.perturbations()]
    true = [claimed(record.claim, *at) for at in cases]
    elsewhere = [
        (at, numbers) for at in around if (numbers := tried(record.claim, *at)) is not None and np.isfinite(numbers).all()
    ]
    effects = [_effect(record, p, cases, true) for p in found]
    rivals = {
        str(i): p.theory for i, (p, (moved, fails)) in enumerate(zip(found, effects, strict=True)) if moved >= EQUAL and not fails
    }
    verdict = _judge(record, rivals, delta=delta, budget=budget, entropy=entropy, progress=progress)
    findings = []
    for i, (p, (moved, fails)) in enumerate(zip(found, effects, strict=True)):
        finding = Finding(
            kind=p.kind, function=p.function, where=p.where, what=p.what, size=p.size, status="seen", change=moved, fails=fails
        )
        if not fails and verdict.rivals.get(str(i)) != "refuted":
            finding = _unseen(record, p, finding, elsewhere, delta)
        findings.append(finding)
    own = {name: verdict.rivals[name] for name in record.rivals}
    return Audit(verdict=replace(verdict, rivals=own), findings=tuple(findings))


def _judge(record: Theorem, rivals: Mapping[str, Callable[..., Any]], **how: Any) -> Verdict:
    if isinstance(record.claim, Identity):  # the other route does not change: once is enough
        record = named(record, claim=replace(record.claim, other=remembered(record.claim.other)))
    return verify(named(record, rivals={**record.rivals, **rivals}), **how)


def _effect(record: Theorem, p: Perturbation, cases: Sequence[Point], true: Sequence[np.ndarray]) -> tuple[float, str]:
    """The largest change on the cases, and how the formula fails with it, "" if it does not."""
    claim, most = replace(record.claim, theory=p.theory), 0.0
    for at, numbers in zip(cases, true, strict=True):
        try:
            moved = change(record.claim, *at, numbers, claimed(claim, *at))
        except Exception as error:
            return math.inf, f"{type(error).__name__}: {' '.join(str(error).split())}"[:200]
        if math.isnan(moved):
            return math.inf, "its value is not finite"
        most = max(most, moved)
    return most, ""


def _unseen(
    record: Theorem, p: Perturbation, finding: Finding, elsewhere: Sequence[tuple[Point, np.ndarray]], delta: float
) -> Finding:
    """Where else it would be seen: at the place where it changes most."""
    best: tuple[float, Mapping[str, Any] | None] = (0.0, None)
    begun = p.rounds()
    for at, numbers in elsewhere:
        if p.rounds() - begun > PATIENCE:
            break
        moved, fails = _effect(record, p, [at], [numbers])
        if not fails and moved > best[0]:
            best = moved, at[0]
    tolerance = getattr(record.claim, "rtol", delta)
    status: Status = "idle" if max(finding.change, best[0]) < EQUAL else "unseen"
    if best[0] >= PLAIN * tolerance and best[0] > finding.change:
        return replace(finding, status=status, there=best[0], witness=best[1])
    return replace(finding, status=status, there=best[0])


def markdown(audits: Sequence[Audit], made: str) -> str:
    """A page: how it was `made`, a table of all the theorems, then what is unseen, named."""
    lines = ["# What the cases can see", "", INTRODUCTION, "", made, ""]
    lines += ["| theorem | verdict | seen | blind spots | too small | change nothing |", "|---|---|---|---|---|---|"]
    for a in audits:
        seen, unseen, idle = (len(a.having(s)) for s in ("seen", "unseen", "idle"))
        blind = len(a.blind)
        lines.append(f"| `{a.theorem}` | {a.verdict.status} | {seen} of {seen + unseen} | {blind} | {unseen - blind} | {idle} |")
    for a in audits:
        for title, of in (("blind spots", a.blind), ("too small", [f for f in a.having("unseen") if not f.blind])):
            if of:
                lines += ["", f"`{a.theorem}`, {title}:", "", "```", *(str(f).removeprefix("unseen ") for f in of), "```"]
    return "\n".join([*lines, ""])
