"""Enclosures against 100-digit values by other routes: does every one hold its value, and is it as tight as doubles allow?"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import numpy as np

from tests.certified_cases import FAMILIES, Case, failures

COUNT = 100_000
GOAL = "0 outside, width at most 4 eps"


def rows(count: int = COUNT) -> Iterator[tuple[str, str, str]]:
    """The table's lines; a fresh generator each run, since an enclosure must hold at any point."""
    rng = np.random.default_rng()
    for name, (share, cases) in FAMILIES.items():
        seen = values = 0

        def counted(cases: Iterator[Case]) -> Iterator[Case]:
            nonlocal seen, values
            for case in cases:
                seen, values = seen + 1, values + len(case[2])
                yield case

        start = time.process_time()
        bad = list(failures(counted(cases(rng, int(share * count)))))
        print(*bad[:20], sep="\n", end="\n" if bad else "", file=sys.stderr, flush=True)
        took = time.process_time() - start
        yield f"certified: {name}; {seen} cases, {values} values", GOAL, f"{len(bad)} failures in {took:.0f} s"


if __name__ == "__main__":
    for row in rows(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT):
        print(" | ".join(row), flush=True)
