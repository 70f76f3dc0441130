r"""Does simulation converge to the theorem? A three-valued answer with both error rates, tolerance, interval, sizes and draws.

The claim's discrepancy at size n is modelled as m(n) = b0 + c n^-a (+ d n^-2a) and the verdict is about b0 (`finite_size`); of an
exact claim m(n) is judged at every size by itself. With confidence sequences of b0 at two levels (`sequences`),

* refuted     where the sequence at level false_refute excludes 0 and what the model may leave out (`rule.SLACK` of delta),
* consistent  where the sequence at level false_accept lies within +-delta (times the scale of the claim),
* undecided   where it does neither: then the draws that would decide are stated, or what else is in the way.

A true theorem is refuted with probability at most false_refute, over all its cases and looks together; one that is off by delta or
more is called consistent with probability at most false_accept. Sampling goes on until decided or until the budget ends; as the
sequences hold at every look, one may add draws and look again.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from asymptotics.conventions import refuse
from simulate.cells import Cell, Failure, compute
from simulate.journal import Journal
from simulate.sweep import run
from theorems.claims import Claim, Identity
from theorems.record import Theorem
from theorems.verdicts import budget as budgets
from theorems.verdicts import methods
from theorems.verdicts.evidence import BATCHES, Block, Drawn, Evidence, per_round, variance
from theorems.verdicts.finite_size import Reading, reading
from theorems.verdicts.rule import agreed, judge, judge_identity, overall, unfit
from theorems.verdicts.sequences import LEAST
from theorems.verdicts.verdict import CaseVerdict, Status, Verdict

__all__ = ["CaseVerdict", "Verdict", "verify"]

Progress = Callable[[str], None] | None
GROWTH = 0.5  # of the rounds so far, from look to look
RATES = (0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.85, 1.0, 1.2, 1.4, 1.7, 2.0)  # tried where a claim does not know its own


class _Case:
    """One case on its way to a verdict: what to draw next, what was drawn, what it says so far."""

    def __init__(self, record: Theorem, params: Mapping[str, Any], rules: Mapping[str, Any]) -> None:
        claim = record.claim
        assert not isinstance(claim, Identity)
        self.claim: Drawn = claim
        self.record, self.params, self.rules = record, params, rules
        self.readings = _readings(claim)
        method = methods.choose(claim, params, rules["method"])
        self.evidence = Evidence(tuple(claim.sizes), next(iter(self.readings.values())), method)
        self.cost = float(getattr(claim.simulation, "cost", 2.0))
        self.spreads: Sequence[float] = [1 / n for n in claim.sizes]  # as a conditional risk scatters; measured after a look
        self.base = math.nan
        self.verdict: CaseVerdict | None = None
        self.pace = 0.0  # seconds a round
        self.open = True

    def wanted(self) -> tuple[int, tuple[int, ...]]:
        """Rounds of the next block and draws a size in one; (0, ...) where the budget of draws is spent."""
        per = per_round(self.evidence.reading, self.evidence.sizes, self.spreads, self.cost)
        done = self.evidence.rounds
        rounds = BATCHES if done < LEAST else BATCHES * math.ceil(GROWTH * done / BATCHES)
        if (most := self.rules["budget"].draws) is not None:
            left = min((most - d) // k for d, k in zip(self.evidence.draws, per, strict=True))
            if left < rounds and not done:
                least = rounds * max(per)
                refuse(
                    "budget",
                    most,
                    f"the first look takes {least} draws at n = {self.evidence.sizes[per.index(max(per))]}: allow more",
                )
            rounds = rounds if rounds <= left else 0  # no part of a block: a larger budget goes on from where this one stopped
        return rounds, per

    def feed(self, rounds: int, per: tuple[int, ...], raws: tuple[Any, ...], seconds: float) -> None:
        weight = 1.0
        if self.evidence.blocks:
            first = variance(self.evidence.reading, self.spreads, self.evidence.blocks[0].per)
            now = variance(self.evidence.reading, self.spreads, per)
            weight = first / now if now > 0 else 1.0
        if self.evidence.blocks and any(_same(a, b) for a, b in zip(self.evidence.blocks[-1].raws, raws, strict=True)):
            raise ValueError(
                f"the simulation of {self.record.name} gave the same draws twice at {dict(self.params)}: it does not draw from the "
                "rng that it is given; take every random number from rng"
            )
        self.evidence.blocks.append(Block(rounds, per, weight, raws))
        self.pace = seconds / rounds
        _, spreads, _ = self.evidence.gaps(self.claim, self.params)
        self.spreads = [float(s.max()) for s in spreads]
        self.verdict = self.judge(self.claim)
        beyond = abs(self.verdict.estimate) > self.rules["delta"]
        if self.verdict.target == 0 and beyond and getattr(self.claim, "scale", 1.0) is None:
            raise ValueError(
                f"the theory of {self.record.name} is 0 at {dict(self.params)} and the draws are not: a tolerance relative to 0 has no "
                "meaning; say by Mean(scale=...) what delta is relative to"
            )
        if self.verdict.status == "refuted" and not any(self.spreads):
            value = self.evidence.blocks[0].raws[0].ravel()[0]
            raise ValueError(
                f"the simulation of {self.record.name} gave {value:.6g} in every draw at {dict(self.params)}: it ignores rng, or the "
                "quantity has no randomness there; draw from rng, or claim an Identity"
            )

    def judge(self, claim: Claim) -> CaseVerdict:
        """This claim, which may be a rival's, on what has been drawn."""
        assert not isinstance(claim, Identity)
        share = 1 if len(self.readings) == 1 else 2  # half is for ruling out the exponent that is the true one
        found, fit = [], []
        for how in self.readings.values():
            evidence = Evidence(self.evidence.sizes, how, self.evidence.method, self.evidence.blocks)
            interval = evidence.interval(claim, self.params, self.rules["refute"] / share, self.rules["accept"])
            found.append(judge(interval, self.rules["delta"], claim.one_sided))
            fit.append(not unfit(interval, self.rules["delta"]))
        return CaseVerdict(
            **(agreed(found, fit) if share > 1 else found[0]),
            params=dict(self.params),
            sizes=self.evidence.sizes,
            draws=self.evidence.draws,
            method=self.evidence.method,
            one_sided=claim.one_sided,
            rates=tuple(rate for rate, fits in zip(self.readings, fit, strict=True) if fits) if share > 1 else (),
        )


def _same(a: Any, b: Any) -> bool:
    """Whether two blocks begin alike, which blocks with generators of their own do not; few values may well meet by chance."""
    first, second = a[:BATCHES], b[:BATCHES]
    return bool(np.array_equal(first, second) and np.unique(first).size >= BATCHES)


def _readings(claim: Drawn) -> dict[float, Reading]:
    """By exponent; one where the claim knows its own or needs none."""
    rates = RATES if claim.rate is None and not claim.exact and claim.finite is None else (claim.rate or 1.0,)
    return {r: reading(claim.sizes, rate=r, exact=claim.exact, known=claim.finite is not None) for r in rates}


def _cells(case: _Case, rounds: int, per: tuple[int, ...]) -> list[Cell]:
    block = len(case.evidence.blocks)
    return [
        Cell(case.record.simulates, case.params, n=n, draws=rounds * k, block=block)
        for n, k in zip(case.evidence.sizes, per, strict=True)
    ]


def _value(cell: Cell, entropy: int) -> Any:
    try:
        return compute(cell, entropy)["value"]
    except Exception as error:
        if isinstance(error, ValueError) and str(error).startswith(cell.name) and callable(cell.function):
            raise ValueError(
                str(error).replace(cell.name, "the simulation", 1)
            ) from None  # an unnamed record's has no other name
        error.add_note(f"in {cell}")  # where it happened; the error itself stays what it was
        raise


def _draw(cells: list[Cell], entropy: int, executor: Executor | None, store: Journal | None) -> dict[Cell, Any]:
    if executor is None and store is None:
        return {cell: _value(cell, entropy) for cell in cells}
    found = {}
    for cell, values in run(cells, entropy=entropy, executor=executor, store=store):
        if isinstance(values, Failure):
            raise ValueError(f"{cell} failed: {values}")
        found[cell] = values["value"]
    return found


def check_rates(delta: float, **rates: float) -> None:
    """Refuse a tolerance that is not positive and finite, and a rate of error outside (0, 0.5)."""
    for name, value, top in (("delta", delta, math.inf), *((name, rate, 0.5) for name, rate in rates.items())):
        if not 0 < value < top:
            refuse(name, value, "it must be positive and " + ("finite" if math.isinf(top) else f"below {top}"))


def verify(
    record: Theorem,
    *,
    delta: float = 0.01,
    false_refute: float = 1e-6,
    false_accept: float = 1e-3,
    budget: str | int | budgets.Budget = "60s",
    method: str = "auto",
    entropy: int = 0,
    executor: Executor | None = None,
    store: str | Path | Journal | None = None,
    progress: Progress = None,
) -> Verdict:
    """Hold the record against its simulator on its cases, and its rivals against the same draws. BLAS is kept to one thread.

    delta: tolerance, relative to the claim's scale, > 0. false_refute: bound on the probability that a true record is refuted,
    split evenly over cases. false_accept: bound on the probability that a record off by delta in some case is called consistent.
    budget: a time ("60s", "10min", "2h") for the whole record, or a whole number of draws a size. method: "auto" lets the moments
    decide (`methods`). entropy: the seed of all draws. executor: where to simulate, any concurrent.futures.Executor (processes
    need a record that they can import); the same draws everywhere. store: a file (or an open Journal) that keeps the draws, so
    that a run that was killed, or is given a larger budget, goes on from there. progress: called once a case.
    Raises ValueError on bad arguments, where no interval could be trusted, or where a drawn value is not finite.
    """
    check_rates(delta, false_refute=false_refute, false_accept=false_accept)
    spend = budgets.parse(budget)
    rules = {
        "delta": delta,
        "refute": false_refute / len(record.cases),
        "accept": false_accept,
        "method": method,
        "budget": spend,
    }
    begun = time.monotonic()
    given = [record.parameters(**case) for case in record.cases]
    if isinstance(record.claim, Identity):
        cases, rivals = _identities(record, given, progress)
    else:
        with Journal(store) if isinstance(store, str | Path) else nullcontext(store) as journal:
            tried = [_Case(record, params, rules) for params in given]
            _repeats(tried[0], entropy)
            _decide(tried, spend.deadline(), entropy, executor, journal, progress)
        cases = [case.verdict for case in tried if case.verdict is not None]
        rivals = {name: overall([case.judge(record.rival(name).claim) for case in tried]) for name in record.rivals}
    return Verdict(
        theorem=record.name,
        status=overall(cases),
        delta=delta,
        false_refute=false_refute,
        false_accept=false_accept,
        cases=tuple(cases),
        rivals=rivals,
        entropy=entropy,
        seconds=time.monotonic() - begun,
    )


def _repeats(case: _Case, entropy: int) -> None:
    """Refuse a simulation that gives other draws when the same cell is drawn again: it uses a generator of its own."""
    size = min(case.evidence.sizes)
    first, again = (_value(Cell(case.record.simulates, case.params, n=size, draws=2), entropy) for _ in range(2))
    if not np.array_equal(first, again):
        raise ValueError(
            f"the simulation of {case.record.name} gave other draws from the same rng at {dict(case.params)}, n = {size}: it uses a "
            "generator of its own, so that nothing could be repeated; take every random number from rng"
        )


def _identities(record: Theorem, given: list[dict[str, Any]], progress: Progress) -> tuple[list[CaseVerdict], dict[str, Status]]:
    def every(claim: Identity) -> list[CaseVerdict]:
        return [judge_identity(claim, params) for params in given]

    assert isinstance(record.claim, Identity)
    cases = every(record.claim)
    for params in given if progress else ():
        progress(f"{record.name} {params}")  # type: ignore[misc]
    return cases, {name: overall(every(record.rival(name).claim)) for name in record.rivals}  # type: ignore[arg-type]


def _decide(
    cases: list[_Case], deadline: float, entropy: int, executor: Executor | None, store: Journal | None, progress: Progress
) -> None:
    """Look after look at every open case; with an executor all of them at once."""
    while cases:
        for group in [cases] if executor is not None else [[case] for case in cases]:
            plans = [(case, *case.wanted()) for case in group]
            late = time.monotonic() + max(rounds * case.pace for case, rounds, _ in plans)
            plans = [(case, rounds, per) for case, rounds, per in plans if rounds and not (case.verdict and late > deadline)]
            wanted = [(case, rounds, per, _cells(case, rounds, per)) for case, rounds, per in plans]
            begun = time.monotonic()
            drawn = _draw([cell for *_, cells in wanted for cell in cells], entropy, executor, store)
            seconds = time.monotonic() - begun
            for case, rounds, per, cells in wanted:
                case.feed(rounds, per, tuple(drawn[cell] for cell in cells), seconds)
            for case in group:
                assert case.verdict is not None
                case.open = case.verdict.status == "undecided" and any(case is c for c, *_ in wanted)
                if progress and not case.open:
                    progress(f"{case.record.name} {dict(case.params)}")
        cases = [case for case in cases if case.open]
