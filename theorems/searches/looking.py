"""Looks at cases: each once, then the undecided ones again with more draws, as far as the time goes.

Round by round every undecided case is judged again with MORE times the draws, nearest to a refutation first. Its outcome is a function
of the case and of the round, unless the time ends first, and looking again costs nothing of the error rate: the draws of `verify`
come in blocks that are keyed by the case and whose sizes do not depend on the budget, so that those of a smaller budget are
the first of a larger one, and its intervals hold at every look at this one sequence at once.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from theorems.searches.trial import Outcome, Trial, words

SHRINKS = 200  # most cases that are judged while shrinking; four parameters took 10 to 60
MORE = 4  # times the draws from round to round: drawing again what was seen before costs a third
SHARE = 0.75  # of the time until there is a find: the rest is for shrinking
FOUND = {"refuted": "refuted case found", "formula fails": "formula fails", "simulation fails": "simulation fails"}


@dataclass
class Looking:
    """The cases judged so far, and a predicate for Hypothesis: true of a find, false of other cases and of those there is no time for."""

    judge: Trial
    examples: int  # most cases until there is a find
    seconds: float
    progress: Callable[[str], None]
    start: float = field(default_factory=lambda: time.monotonic())
    seen: dict[str, Outcome] = field(default_factory=dict)
    paid: dict[str, tuple[int, float]] = field(default_factory=dict)  # of the last judgement: the most draws a size, and seconds
    kind: str = ""  # of the first find: shrinking keeps to it
    again: int = 0  # judgements that were not the first of their case

    @property
    def left(self) -> float:
        """Seconds."""
        return self.seconds * (1.0 if self.kind else SHARE) - (time.monotonic() - self.start)

    def __call__(self, case: Mapping[str, Any]) -> bool:
        key = json.dumps(case)
        room = len(self.seen) < self.examples + (SHRINKS if self.kind else 0)
        simpler = bool(self.kind) and key in self.seen and self._open(key)  # seen with fewer draws than it took to find this one
        wanted = simpler or (room and key not in self.seen)
        if wanted and self.left > 0:
            self._look(case)
        kind = self.seen[key].kind if key in self.seen else ""
        if kind in FOUND and not self.kind:
            self.kind = kind
        return bool(kind) and kind == self.kind

    def longer(self, most: int) -> dict[str, Any] | None:
        """A find among the undecided cases, with ever more draws, at most `most`, until the time ends."""
        looked = True
        while looked and self.judge.draws < most:
            self.judge = replace(self.judge, draws=min(MORE * self.judge.draws, most))
            looked = False
            for key in sorted(filter(self._open, self.seen), key=lambda key: -self.seen[key].nearness):
                if self.paid[key][1] < self.left:  # else there is no time for more draws than were seen
                    looked = True
                    case: dict[str, Any] = json.loads(key)
                    self._look(case)
                    if self(case):
                        return case
        return None

    def _open(self, key: str) -> bool:
        return self.seen[key].kind == "undecided" and self.paid[key][0] < self.judge.draws

    def _look(self, case: Mapping[str, Any]) -> None:
        key, begun = json.dumps(case), time.monotonic()
        self.again += key in self.seen
        self.seen[key] = self.judge(case, begun + self.left)
        self.paid[key] = self.judge.draws, time.monotonic() - begun
        self.progress(f"{self.judge.record.name} {words(case)}")
