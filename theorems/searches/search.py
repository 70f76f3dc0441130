"""A case that refutes: Hypothesis looks through the domain for one, and shrinks it to the simplest.

Cases are numbers of at most two digits, of every order of magnitude that can be simulated (`REACH`), from simple to fine
(`theorems.domain`: rungs). Each is judged by `theorems.verify` at half the sizes of the claim, where more cases can be had; one that
is refuted is judged again with fresh draws at the claim's own sizes, and counts only if it is refuted there too with at least
half the discrepancy: what fades as n grows is an effect of finite size and no error of the theorem. All draws are keyed by the case.
The false-refutation budget is split over the most cases that can be judged, those of the shrinking included. Undecided cases are
judged again with more draws (`theorems.searches.looking`) in what is left of the time.
"""

from __future__ import annotations

import contextlib
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from asymptotics.conventions import refuse
from theorems.record import Theorem
from theorems.searches.looking import FOUND, SHRINKS, Looking
from theorems.searches.trial import Outcome, Trial, number, smaller, words
from theorems.verdicts import budget as budgets
from theorems.verdicts.verdict import CaseVerdict
from theorems.verdicts.verify import check_rates

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

REACH = {"gamma": (0.2, 8.0), "psi": (0.2, 8.0), "lam": (1e-3, 10.0)}  # what can be simulated: p = gamma n, d = psi p
ELSEWHERE = (0.01, 100.0)
DRAWS = 1000  # a size and case, at first, where the budget is a time
MOST = 4**6 * DRAWS  # unless the caller says otherwise: what memory holds


@dataclass(frozen=True, kw_only=True)
class Search:
    """What was found, where and how well was looked. `case` is the simplest that refutes, with all its parameters."""

    theorem: str
    status: str  # a value of FOUND, or "none found"
    case: Mapping[str, Any] | None = None
    verdict: CaseVerdict | None = None  # of that case, from fresh draws at twice the sizes of the search
    error: str = ""  # how formula or simulation fails
    tried: int  # cases judged, shrinking included
    outcomes: Mapping[str, int]  # how many were consistent, undecided, refused, a finite-size effect, refuted, failed
    remarks: Mapping[str, str]  # outcome -> the first such case, and why
    region: Mapping[str, str]
    sizes: tuple[int, ...]
    draws: int  # at one size, the most that a case took
    again: int  # judgements of undecided cases with more draws
    examples: int
    delta: float
    false_refute: float
    entropy: int
    seconds: float

    @property
    def blind(self) -> bool:
        """Whether not one case was decided: then nothing was learnt."""
        return self.case is None and not self.outcomes.get("consistent")

    def replay(self, name: str = "") -> str:
        """The command that judges the case alone; `name` as on the command line where the record stands in a file."""
        import shlex

        if self.case is None:
            return ""
        pairs = [f"{k}={number(v)}" for k, v in self.case.items()]
        if self.status == "formula fails":
            return shlex.join(["ridgeless", "predict", name or self.theorem, *pairs])
        return shlex.join(["ridgeless", "verify", name or self.theorem, "--case", ",".join(pairs), "--delta", f"{self.delta:g}"])

    def __str__(self) -> str:
        tolerance = f"tolerance {100 * self.delta:g} %, n <= {max(self.sizes)}" if self.sizes else "two exact routes"
        if self.case is None:
            short = "" if self.tried >= self.examples else f" (of {self.examples} asked for)"
            nothing = "but none could be judged: allow more time or draws" if self.blind else tolerance
            lines = [f"{self.theorem}: no case among {self.tried}{short} refutes it ({nothing})"]
        else:
            what = "refuted" if self.status == FOUND["refuted"] else f"the {self.status}"
            lines = [f"{self.theorem}: {what} at {words(self.case)}, the simplest case found", f"  {self.verdict or self.error}"]
        most = f"{self.draws:,}".replace(",", " ")
        more = f"; {self.again} judged again, with up to {most} draws a size" if self.again else ""
        lines += [
            f"  {', '.join(f'{v} {k}' for k, v in self.outcomes.items())}{more}; {self.seconds:.0f} s, entropy {self.entropy}"
        ]
        lines += [f"  looked in {'; '.join(self.region.values()) or 'no parameters'}"]
        return "\n".join(lines + [f"  {k}, for one: {why}".replace("\n", "\n  ") for k, why in self.remarks.items()])


def _cases(rungs: Mapping[str, Sequence[Sequence[Any]]]) -> SearchStrategy[dict[str, Any]]:
    """Cases coded by two bytes a parameter, rung and step: uniform, and small bytes are simple values, to which Hypothesis shrinks.

    One draw a case, as Hypothesis copies draws onto one another: parameters drawn apart were often equal, and regions were missed.
    """
    from hypothesis import strategies as st

    def pick(items: Sequence[Any], byte: int) -> Any:
        return items[byte * len(items) // 256]

    def case(code: bytes) -> dict[str, Any]:
        return {k: pick(pick(v, code[2 * i]), code[2 * i + 1]) for i, (k, v) in enumerate(rungs.items())}

    return st.binary(min_size=2 * len(rungs), max_size=2 * len(rungs)).map(case)


def _simpler(rungs: Mapping[str, Sequence[Sequence[Any]]], case: Mapping[str, Any]) -> SearchStrategy[dict[str, Any]]:
    """Cases of which no parameter is less simple than this one's: nearly every draw is this one, to be shrunk by rung and step."""
    from hypothesis import strategies as st

    def down(name: str) -> SearchStrategy[Any]:
        rung = next(i for i, values in enumerate(rungs[name]) if case[name] in values)
        step = list(rungs[name][rung]).index(case[name])
        ladder = [*rungs[name][:rung], rungs[name][rung][: step + 1]]
        far = st.integers(0, 2**16 - 1)  # there are far fewer rungs and steps, and what is above the last is the last
        return st.tuples(far, far).map(lambda at: (values := ladder[min(at[0], rung)])[min(at[1], len(values) - 1)])

    return st.fixed_dictionaries({name: down(name) for name in rungs})


def _region(name: str, rungs: Sequence[Sequence[Any]]) -> str:
    values = [v for rung in rungs for v in rung]
    if isinstance(values[0], str):
        return f"{name} in {{{', '.join(values)}}}"
    return f"{name} in [{min(values):g}, {max(values):g}]"


def _find(cases: SearchStrategy[dict[str, Any]], looking: Looking, examples: int, entropy: int) -> dict[str, Any] | None:
    """The simplest case that Hypothesis finds."""
    import hypothesis

    plan = hypothesis.settings(
        max_examples=examples,
        phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
        verbosity=hypothesis.Verbosity.quiet,
        database=None,
        deadline=None,
        derandomize=False,
    )
    with contextlib.suppress(hypothesis.errors.NoSuchExample):
        return hypothesis.find(cases, looking, settings=plan, random=random.Random(entropy))
    return None


def search(
    record: Theorem,
    *,
    examples: int = 100,
    delta: float = 0.01,
    false_refute: float = 1e-6,
    budget: str | int = "60s",
    draws: int | None = None,
    entropy: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Search:
    """Look through the domain for a case that refutes the record, and shrink it to the simplest one.

    examples: cases to look at. delta: tolerance, relative to the claim's scale. false_refute: bound on the probability that a true
    record is refuted anywhere in the search, further looks at undecided cases included. budget: the time of the whole search,
    "60s" or "10min" (the first look of a judgement is finished), or a whole number of draws a size and case, without a limit of time.
    draws: beside a time, the most draws a size and case (by default 4 million). entropy: the seed of cases and draws.
    progress: called once a judgement. The same arguments give the same result, unless the time ends first: each judgement is a
    function of case and round, and the time decides only how many there are, and cuts the last one short.

    A case where formula or simulation fails (nan, any error but ValueError) is a find too. One that is refused (ValueError, too few
    moments, an infinite value) is none, and is counted. Parameters are numbers of at most two digits; the region is part of
    the result. Raises ValueError on bad arguments.

    >>> from theorems.discovery import one
    >>> found = search(one("hastie2022.two_forms"), examples=5)
    >>> found.status, found.tried
    ('none found', 5)
    """
    if isinstance(examples, bool) or not isinstance(examples, int) or examples < 1:
        refuse("examples", examples, "it must be a positive integer: how many cases to look at")
    check_rates(delta, false_refute=false_refute)
    spend = budgets.parse(budget)
    if draws is not None and (isinstance(draws, bool) or not isinstance(draws, int) or draws < 1):
        refuse("draws", draws, "it must be a positive integer: the most draws a size and case")
    if draws is not None and spend.draws is not None:
        refuse(
            "draws",
            draws,
            f"the budget is a number of draws already ({spend.draws}); give a time beside it, such as budget='60s'",
        )
    most = spend.draws or draws or MOST  # a size and case
    first = spend.draws or min(DRAWS, most)
    looking = Looking(
        Trial(record, false_refute / (examples + SHRINKS), delta, first, entropy),
        examples,
        spend.seconds,
        progress or (lambda _: None),
    )
    rungs = {name: domain.rungs(*REACH.get(name, ELSEWHERE)) for name, domain in record.domain.items()}
    simplest = _find(_cases(rungs), looking, 2 * examples, entropy)  # two codes may mean one case, which is judged once
    if simplest is None and (found := looking.longer(most)) is not None:
        simplest = _find(_simpler(rungs, found), looking, 100, entropy) or found
    seen = looking.seen
    told = seen[json.dumps(simplest)] if simplest is not None else Outcome("")
    remarks = {o.kind: str(o) for o in reversed(seen.values()) if o.kind in ("undecided", "refused", "finite-size effect")}
    return Search(
        theorem=record.name,
        status=FOUND.get(told.kind, "none found"),
        case=simplest,
        verdict=told.verdict,
        error=told.error,
        tried=len(seen),
        outcomes=dict(Counter(o.kind for o in seen.values()).most_common()),
        remarks=remarks,
        region={name: _region(name, ladder) for name, ladder in rungs.items()},
        sizes=smaller(record.claim.sizes, record.claim.exact),
        draws=max((n for o in seen.values() if o.verdict for n in o.verdict.draws), default=0),
        again=looking.again,
        examples=examples,
        delta=delta,
        false_refute=false_refute,
        entropy=entropy,
        seconds=time.monotonic() - looking.start,
    )
