"""How often the interval of `ridgeless rate` holds the true exponent: planted simulators whose exponent is known."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from theorems import Mean, Real, Theorem
from theorems.rates.rate import NoRate, rate

DRAWS = 400
SIZES = (50, 75, 100, 150, 200, 300, 400)


def planted(*, n, exponent, second, snr, skew, draws, rng):
    """Draws of mean 1 + h^a + second h^2a at h = 50/n; with DRAWS draws the bias at n = 50 is snr times its noise, which falls like h."""
    h = SIZES[0] / n
    noise = rng.exponential(size=draws) - 1 if skew else rng.standard_normal(draws)
    return 1 + h**exponent + second * h ** (2 * exponent) + np.sqrt(DRAWS) / snr * h * noise


record = Theorem(
    title="A planted exponent",
    statement="x",
    source="none",
    assumptions=(),
    domain={
        "exponent": Real(0, 8),
        "second": Real(-1, 1, "[]", 0.5),
        "snr": Real(0, 1e9, default=20.0),
        "skew": Real(0, 1, "[]", 0),
    },
    claim=Mean(theory=lambda **_: 1.0, simulation=planted, rate=None, sizes=SIZES),
    cases=({"exponent": 1.0},),
)


def outcomes(runs: int, **params: float) -> tuple[int, int]:
    """Of so many runs, how many told an interval, and how many of these without the true exponent in it."""
    told = missed = 0
    for entropy in range(runs):
        try:
            found = rate(record, params=params, draws=DRAWS, sizes=SIZES, entropy=entropy)
        except NoRate:
            continue
        told += 1
        missed += not found.low <= params["exponent"] <= found.high
    return told, missed


def within(count: int, of: int, level: float = 0.99) -> tuple[float, float]:
    """Clopper and Pearson's interval of a probability."""
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    low = float(betaincinv(count, of - count + 1, tail)) if count else 0.0
    return low, float(betaincinv(count + 1, of - count, 1 - tail)) if count < of else 1.0


def rows(runs: int = 2000) -> Iterator[tuple[str, str, str]]:
    """(what, to reach, measured), one cell a row."""
    for skew in (0, 1):
        for a in (0.5, 1.0, 2.0):
            for snr in (5.0, 20.0, 100.0):
                told, missed = outcomes(runs, exponent=a, snr=snr, skew=skew)
                low, high = within(missed, told) if told else (0.0, 1.0)
                share = f"{100 * missed / max(told, 1):.1f} % [{100 * low:.1f}, {100 * high:.1f}]"
                law = "exponential" if skew else "normal"
                yield (
                    f"`rate`: exponent {a:g}, bias {snr:g} times its noise at n = {SIZES[0]}, {law} draws",
                    "at most 5 % of the intervals at 95 % miss it",
                    f"{share} of {told} (of {runs} runs; the others tell none)",
                )
