"""Weights that read a limit off several sizes: against an independent least squares, and what they let escape."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from theorems.verdicts.finite_size import reading
from theorems.verdicts.rule import SLACK

sizes_of = st.lists(st.integers(1, 2000), min_size=3, max_size=6, unique=True).map(sorted)


@pytest.mark.parametrize("rate", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("sizes", [(50, 100, 200, 400), (40, 80, 160), (20, 30, 50, 80, 130), (10, 20, 40, 80, 160, 320)])
def test_the_weights_are_those_of_weighted_least_squares(sizes, rate):
    # an independent route: exact normal equations in rationals of the squares n^2 (mpmath, 60 digits)
    import mpmath

    def constant(order):
        with mpmath.workdps(60):
            n = [mpmath.mpf(v) for v in sizes]
            x = mpmath.matrix(len(n), order + 1)
            for i, v in enumerate(n):
                for j in range(order + 1):
                    x[i, j] = v ** (-mpmath.mpf(rate) * j)
            w = mpmath.diag([v**2 for v in n])
            solved = (x.T * w * x) ** -1 * x.T * w
            return np.array([float(solved[0, i]) for i in range(len(n))])

    order = min(2, len(sizes) - 2)
    found = reading(sizes, rate=rate)
    np.testing.assert_allclose(found.limit[0], constant(order), rtol=1e-9)  # the condition of the design, 1e5 at most
    np.testing.assert_allclose(found.remainder[0], constant(order + 1) - constant(order), rtol=1e-8)  # a difference of such
    known = reading(sizes, rate=rate, known=True)
    np.testing.assert_allclose(known.limit[0], np.square(sizes) / np.square(sizes).sum(), rtol=1e-12)  # a weighted mean


@given(sizes_of, st.sampled_from([0.5, 1.0, 2.0]), st.integers(2, 9))
def test_the_weights_sum_to_one_kill_their_powers_and_know_no_unit_of_size(sizes, rate, unit):
    n = np.asarray(sizes, dtype=float)
    assume(np.min(n[1:] / n[:-1]) > 1.2)  # the pseudo-inverse drops what is closer than round-off to another size
    found = reading(sizes, rate=rate)
    assert found.limit.sum() == pytest.approx(1, abs=1e-9)  # linear algebra of a few sizes
    assert found.remainder.sum() == pytest.approx(
        0, abs=1e-6 * np.abs(found.remainder).sum() + 1e-12
    )  # the same, of a difference
    for j in range(1, min(2, len(sizes) - 2) + 1):
        assert (found.limit @ (n[0] / n) ** (rate * j))[0] == pytest.approx(0, abs=1e-8 * np.abs(found.limit).sum())  # the same
    again = reading([unit * v for v in sizes], rate=rate)
    np.testing.assert_allclose(again.limit, found.limit, atol=1e-8 * np.abs(found.limit).sum())  # the same


@pytest.mark.parametrize(
    ("sizes", "escapes"),  # the next term at the smallest size, relative to the limit, that moves the estimate by SLACK of 1 %
    [((50, 100, 200, 400), 0.0206), ((40, 80, 160), 0.00431)],
)
def test_what_escapes_notice(sizes, escapes):
    n = np.asarray(sizes, dtype=float)
    power = len(sizes) - 1  # the first that is not fitted
    found = reading(sizes)
    term = escapes * (n[0] / n) ** power
    assert abs((found.limit @ term)[0]) == pytest.approx(SLACK * 0.01, rel=0.01)  # the figures above have three digits
    assert (found.remainder @ term)[0] == pytest.approx(-(found.limit @ term)[0], rel=1e-6)  # the remainder is its negative
    next_but_one = escapes * (n[0] / n) ** (power + 1)
    assert abs((found.remainder @ next_but_one)[0]) < abs((found.limit @ next_but_one)[0]) * 2


def test_exact_claims_average_nothing():
    found = reading((10, 20, 30), exact=True)
    assert np.array_equal(found.limit, np.eye(3))
    assert found.remainder is None


@pytest.mark.parametrize(
    ("sizes", "given", "says"),
    [
        ((50, 100), {}, "three sizes"),
        ((50,), {"known": True}, "three sizes"),
        ((50, 50, 100), {}, "increase"),
        ((0, 50, 100), {}, "positive"),
        ((50, 100, 200), {"rate": 0.0}, "rate"),
        ((50, 100, 200), {"rate": -1.0}, "rate"),
        ((50, 100, 200), {"rate": math.nan}, "rate"),
        ((50, 100, 200), {"rate": math.inf}, "rate"),
    ],
)
def test_what_carries_no_limit_is_refused(sizes, given, says):
    with pytest.raises(ValueError, match=says):
        reading(sizes, **given)
