"""The rule, on intervals that are made by hand."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

import numpy as np
import pytest

from theorems.verdicts.evidence import Interval
from theorems.verdicts.finite_size import reading
from theorems.verdicts.rule import agreed, judge, unfit
from theorems.verdicts.verify import RATES

SIZES = (50, 100, 200, 400)
READINGS = [reading(SIZES, rate=rate) for rate in RATES]


def interval(estimate, *, half, remainder=0.0, remainder_half=0.0):
    x, h, rest, loose = (np.full(1, float(v)) for v in (estimate, half, remainder, remainder_half))
    return Interval(x, h, h, rest, loose, loose, h + loose, np.ones(1))


@lru_cache
def outcomes(half: float, limit: float) -> Counter:
    """Verdicts, the exponent unknown, on limit + c n^-a for all kinds of c and a, with next to no noise or some."""
    count: Counter = Counter()
    for c in (-1.0, -0.5, 0.3, 1.0, 2.0, 5.0, 20.0):
        for rate in np.linspace(0.25, 3.0, 56):
            mean = limit + c * np.array(SIZES, dtype=float) ** -rate
            found = [
                interval((how.limit @ mean)[0], half=half, remainder=(how.remainder @ mean)[0], remainder_half=half)
                for how in READINGS
            ]
            count[agreed([judge(f, 0.01, False) for f in found], [not unfit(f, 0.01) for f in found])["status"]] += 1
    return count


@pytest.mark.parametrize("half", [1e-4, 1e-3, 3e-3, 1e-2])
def test_no_bias_of_an_unknown_rate_refutes_a_true_limit(half):
    assert outcomes(half, 0.0)["refuted"] == 0


@pytest.mark.parametrize("half", [1e-4, 1e-3, 3e-3])
def test_most_limits_of_an_unknown_rate_are_decided(half):
    assert outcomes(half, 0.0)["consistent"] > 0.75 * outcomes(half, 0.0).total()
    for off in (-0.05, 0.05):
        assert outcomes(half, off)["refuted"] > 0.75 * outcomes(half, off).total()
        assert outcomes(half, off)["consistent"] == 0


def test_what_would_decide_is_not_read_off_noise():
    seen = judge(interval(0.002, half=0.02, remainder_half=0.02), 1e-4, False)  # the estimate is a tenth of its noise
    assert seen["status"] == "undecided"
    assert seen["needs"] >= (0.02 / 1e-4) ** 2


def test_a_model_that_does_not_fit_is_told_from_one_whose_fit_is_not_yet_seen():
    misfit = judge(interval(0.02, half=0.001, remainder=-0.03, remainder_half=0.001), 0.01, False)
    assert "does not fit" in misfit["reason"]
    assert misfit["needs"] is None
    noise = judge(interval(0.02, half=0.001, remainder=-0.03, remainder_half=0.04), 0.01, False)
    assert noise["status"] == "undecided"
    assert noise["needs"] >= (0.04 / 0.001) ** 2
    assert not noise["reason"]
