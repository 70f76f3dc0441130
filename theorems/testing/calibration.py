"""How a call of `converges` behaves over many entropies: how often it fails, and whether its draws are as normal as it trusts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from simulate.streams import stream
from theorems.record import Theorem
from theorems.verdicts.verify import Verdict

SHEVTSOVA = (
    0.4748  # |P(sqrt(N) (mean - mu)/sigma <= x) - Phi(x)| <= this times E|X - mu|^3 / (sigma^3 sqrt(N)), for all x and laws
)
BIASED = (
    "A right limit that is refuted more often than its rate, or undecided at all, wants another estimator, theory, rate or budget.\n"
    "To choose a seed because one failed (or passed) is biased: the test then tells of the seed."
)


def calibrate(record: Theorem, judge: Callable[[int], Verdict], entropies: Sequence[int]) -> tuple[Verdict, dict[str, Any]]:
    """The first verdict, and a row of the report: plain data, for it may come from a worker of pytest-xdist.

    sees: the least discrepancy, in units of the limit, that these draws would have refuted at both error rates.
    closest: the largest estimate over its half-width; a right limit is refuted where it is above 1.
    """
    verdicts = [judge(entropy) for entropy in entropies]
    count = Counter(v.status for v in verdicts)
    cases = [c for v in verdicts for c in v.cases]
    shapes = [_shape(record, c.params, n, m) for c in verdicts[0].cases for n, m in zip(c.sizes, c.draws, strict=True)]
    return verdicts[0], {
        "runs": len(verdicts),
        "refuted": count["refuted"],
        "undecided": count["undecided"],
        "draws": int(np.median([sum(sum(c.draws) for c in v.cases) for v in verdicts])),
        "sees": float(np.median([v.least_discrepancy for v in verdicts])),
        "closest": max(abs(c.estimate) / c.halfwidth for c in cases if c.halfwidth > 0),
        "skewness": max((skewness for skewness, _ in shapes), key=abs),
        "Berry-Esseen": max(bound for _, bound in shapes),
    }


def _shape(record: Theorem, params: Mapping[str, Any], n: int, draws: int) -> tuple[float, float]:
    """Skewness of a draw at size n, and the Berry-Esseen bound for the mean of as many as the verdict took; of the worst component."""
    drawn = np.asarray(record.claim.observe(params, n, draws, stream(0, "calibration", record.name, dict(params), n)))
    drawn = drawn.reshape(draws, -1)
    z = drawn[:, drawn.std(axis=0) > 0]
    if not z.size:
        return 0.0, 0.0
    z = (z - z.mean(axis=0)) / z.std(axis=0)
    bound = SHEVTSOVA * (np.abs(z) ** 3).mean(axis=0).max() / np.sqrt(draws)
    return float(max((z**3).mean(axis=0), key=abs)), float(min(1.0, bound))


def interval(count: int, runs: int, confidence: float = 0.99) -> tuple[float, float]:
    """Clopper-Pearson interval for a probability, from `count` events in `runs`.

    >>> tuple(round(end, 4) for end in interval(0, 100))
    (0.0, 0.0516)
    """
    from scipy.special import betaincinv  # 25 ms: not at import

    tail = (1 - confidence) / 2
    low = betaincinv(count, runs - count + 1, tail) if count else 0.0
    high = betaincinv(count + 1, runs - count, 1 - tail) if count < runs else 1.0
    return float(low), float(high)


def table(rows: list[tuple[str, dict[str, Any]]]) -> str:
    """The report: a line for each call of `converges`, with 99 % Clopper-Pearson intervals."""
    import pandas as pd

    def rate(count: int, runs: int) -> str:
        low, high = interval(count, runs)
        return f"{count}/{runs} [{low:.2g}, {high:.2g}]"

    shown = [{"test": t} | r | {k: rate(r[k], r["runs"]) for k in ("refuted", "undecided")} for t, r in rows]
    frame = pd.DataFrame(shown).drop(columns="runs")
    return f"{frame.to_string(index=False, float_format=lambda x: f'{x:.2g}')}\n{BIASED}"
