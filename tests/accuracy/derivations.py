"""Enclosures of derived limits against 140-digit values by formulas: does every one hold its value, tightly, and on a proven branch?"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import numpy as np

from tests.certified_cases import Case, failures
from tests.derivation_cases import FAMILIES, REFUSED

COUNT = 10_000
GOAL = "0 outside, width at most 4 eps, branch proved"


def rows(count: int = COUNT) -> Iterator[tuple[str, str, str]]:
    """The table's lines; a fresh generator each run, since an enclosure must hold at any point."""
    rng = np.random.default_rng()
    for name, (share, cases) in FAMILIES.items():
        REFUSED.clear()
        seen = values = 0

        def counted(cases: Iterator[Case]) -> Iterator[Case]:
            nonlocal seen, values
            for case in cases:
                seen, values = seen + 1, values + len(case[2])
                yield case

        start = time.process_time()
        bad = list(failures(counted(cases(rng, int(share * count)))))
        print(*bad[:20], *REFUSED[:20], sep="\n", end="\n" if bad or REFUSED else "", file=sys.stderr, flush=True)
        took = time.process_time() - start
        found = f"{len(bad)} failures, {len(REFUSED)} refused, in {took:.0f} s"
        yield f"certified: derived {name}; {seen} cases, {values} values", GOAL, found


if __name__ == "__main__":
    for row in rows(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT):
        print(" | ".join(row), flush=True)
