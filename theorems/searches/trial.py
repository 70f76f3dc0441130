"""What becomes of one case of a search: consistent, undecided, refused, refuted, a finite-size effect, or a failure.

The case is judged at half the sizes of the claim, where more cases can be had for the same time. One that is refuted is judged
again, with fresh draws, at twice the sizes of the search, and counts only if it is refuted there too by at least half as much: what
fades as n grows is an effect of finite size and no error of the theorem. Where that takes more draws than there are, it is undecided.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from theorems.claims import Identity
from theorems.record import Theorem
from theorems.verdicts.budget import Budget
from theorems.verdicts.evidence import RARE
from theorems.verdicts.rule import SAME
from theorems.verdicts.verdict import CaseVerdict
from theorems.verdicts.verify import verify

LEAST = 16  # the least size that is made by halving: at gamma = 0.2 it leaves 3 features


def number(value: Any) -> str:
    """A value as one would type it."""
    return format(value, ".15g") if isinstance(value, float) else str(value)


def words(case: Mapping[str, Any]) -> str:
    """A case in one line."""
    return ", ".join(f"{k}={number(v)}" for k, v in case.items()) or "no parameters"


@dataclass(frozen=True)
class Outcome:
    kind: str
    verdict: CaseVerdict | None = None
    error: str = ""

    @property
    def nearness(self) -> float:
        """To a refutation: the miss over its half-width, 0 where none is known; below all others what more draws would not decide."""
        told = self.verdict
        if told is None or not 0 < told.halfwidth < math.inf:
            return 0.0
        miss = max(-told.estimate, 0.0) if told.one_sided else abs(told.estimate)
        return miss / told.halfwidth - (1e9 if told.needs is None else 0.0)

    def __str__(self) -> str:
        return self.error or str(self.verdict).partition(" ")[2].strip()  # without the status


def smaller(sizes: tuple[int, ...], exact: bool) -> tuple[int, ...]:
    """The sizes of the search: half the claim's, unless the smallest would be tiny or the claim is exact at every n.

    >>> smaller((50, 100, 200), False), smaller((24, 48, 96), False)
    ((25, 50, 100), (24, 48, 96))
    """
    return sizes if exact or not sizes or sizes[0] < 2 * LEAST else tuple(n // 2 for n in sizes)


@dataclass(frozen=True)
class Trial:
    """What becomes of a case: a ValueError is a refusal; any other error is a find, and so is what is no draws, as nan."""

    record: Theorem
    level: float
    delta: float
    draws: int  # most a size, of a judgement
    entropy: int

    def __call__(self, case: Mapping[str, Any], deadline: float = math.inf) -> Outcome:
        """deadline: on the clock of time.monotonic(); a judgement that it cuts short is undecided."""
        stage = "formula fails"
        try:
            params = self.record.parameters(**case)
            with np.errstate(all="ignore"):
                if why := self._formula(params):
                    return Outcome("refused", error=f"{words(case)}: {why}")
                stage = "simulation fails"
                return self._verdict(params, deadline)
        except Exception as error:
            said = " ".join(str(error).split())
            if re.search(r", block \d+ returned ", said):  # nan, or no draws at all
                return Outcome(stage, error=said)
            if "the first look takes" in said:  # more draws than there may be in this round
                return Outcome("undecided", error=f"{words(case)}: {said}")
            if "in every draw" in said:  # so `verify` refuses a whole record; one case may well have no randomness, as sigma2 = 0
                return Outcome("refuted", error=said)
            if isinstance(error, ValueError) and not isinstance(error, np.linalg.LinAlgError):
                return Outcome("refused", error=f"{words(case)}: {said}")
            return Outcome(stage, error=f"{type(error).__name__}: {said}")

    def _formula(self, params: Mapping[str, Any]) -> str:
        """Why the formula's value cannot be judged, "" where it can; ArithmeticError where it is nan."""
        claim = self.record.claim
        for n in smaller(claim.sizes, claim.exact) or (0,):
            target = claim.compare([[0.0]], params, n).target
            if np.isnan(target).any():
                raise ArithmeticError("its value is nan")
            if np.isinf(target).any():
                return "the value is infinite"
        return ""

    def _verdict(self, params: Mapping[str, Any], deadline: float) -> Outcome:
        claim = self.record.claim
        if isinstance(claim, Identity):
            found = self._verify(self.record, params, self.entropy, deadline)
            return Outcome(found.status, found)
        sizes = smaller(claim.sizes, claim.exact)
        first = self._verify(_at(self.record, sizes), params, self.entropy, deadline)
        if first.status != "refuted":
            return Outcome(first.status, first)
        doubled = sizes if claim.exact else tuple(2 * n for n in sizes)
        again = self._verify(_at(self.record, doubled), params, self.entropy + 1, deadline)
        if again.status == "undecided":
            return Outcome("undecided", again)
        stays = abs(again.estimate) >= abs(first.estimate) / 2
        return Outcome("refuted" if again.status == "refuted" and stays else "finite-size effect", again)

    def _verify(self, record: Theorem, params: Mapping[str, Any], entropy: int, deadline: float) -> CaseVerdict:
        alone = replace(record, cases=(params,), rivals={})
        rules: dict[str, Any] = {"delta": self.delta, "false_refute": self.level, "entropy": entropy}

        def within(draws: int) -> CaseVerdict:
            budget: Any = Budget(max(deadline - time.monotonic(), 0.0), draws)
            return verify(alone, budget=budget, **rules).cases[0]

        found = within(self.draws)
        if found.reason == SAME and abs(found.estimate) > self.delta:  # without randomness it takes more to be sure of it
            found = within(math.ceil(-2 * math.log(self.level) / RARE))
        return found


def _at(record: Theorem, sizes: tuple[int, ...]) -> Theorem:
    assert not isinstance(record.claim, Identity)
    return replace(record, claim=replace(record.claim, sizes=sizes))
