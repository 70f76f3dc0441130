"""Moments decide by which interval a case is judged, and what none supports is refused."""

from __future__ import annotations

import math

import pytest

from theorems import Bound, Law, Mean
from theorems.verdicts.methods import METHODS, MOMENTS, choose


def simulation(declared=None):
    def simulate(*, n, level, draws, rng):
        raise AssertionError("a method is chosen before anything is drawn")

    if declared is not None:
        simulate.moments = declared
    return simulate


def claim(kind=Mean, declared=None, **given):
    return kind(theory=lambda *, level: level, simulation=simulation(declared), **given)


CASE = {"level": 3.0}


@pytest.mark.parametrize("kind", [Mean, Bound, Law])
def test_what_declares_nothing_has_every_moment(kind):
    assert choose(claim(kind), CASE) == "mean"


@pytest.mark.parametrize(
    ("count", "method"), [(MOMENTS, "mean"), (math.inf, "mean"), (MOMENTS - 1, "median"), (1, "median"), (0, "median")]
)
def test_moments_decide(count, method):
    assert choose(claim(declared=lambda **_: count), CASE) == method


def test_a_law_is_judged_by_fractions_which_have_every_moment():
    assert choose(claim(Law, declared=lambda **_: 0), CASE) == "mean"


def test_the_size_with_the_fewest_moments_decides():
    assert choose(claim(declared=lambda *, n, **_: n / 50 * MOMENTS), CASE) == "mean"
    assert choose(claim(declared=lambda *, n, **_: n / 50 * MOMENTS - 1), CASE) == "median"


def test_moments_may_hang_on_the_field_that_is_claimed():
    def declared(*, n, of, **_):
        return 2 if of == "excess" else math.inf

    assert choose(claim(declared=declared), CASE) == "median"
    assert choose(claim(declared=declared, of="norm2"), CASE) == "mean"


def test_a_declared_range_needs_no_moments():
    assert choose(claim(declared=lambda **_: 0, bounds=(0.0, 1.0)), CASE) == "bounded"
    assert choose(claim(declared=lambda **_: 0, bounds=(0.0, 1.0)), CASE, "bounded") == "bounded"
    assert choose(claim(Law, declared=lambda **_: 0, bounds=(0.0, 1.0)), CASE) == "bounded"
    assert choose(claim(bounds=(0.0, 1.0)), CASE, "mean") == "mean"
    assert choose(claim(bounds=(0.0, 1.0)), CASE, "median") == "median"


@pytest.mark.parametrize(
    ("made", "method", "says"),
    [
        (claim(), "luck", "method.*" + ", ".join(METHODS)),
        (claim(), "bounded", "declares no range"),
        (claim(Law), "median", "judged by means"),
        (claim(exact=True), "median", "the mean at each size"),
        (claim(declared=lambda **_: 3), "mean", "at n = 50, .* has 3 finite moments .*needs 8; .*medians"),
        (claim(declared=lambda *, n, **_: n // 50), "mean", "sizes from n = 400 on have them"),
        (claim(declared=lambda **_: 3, exact=True), "auto", "has 3 finite moments"),
    ],
)
def test_what_no_interval_supports_is_refused(made, method, says):
    with pytest.raises(ValueError, match=says) as refused:
        choose(made, CASE, method)
    if made.exact:
        assert "method='median'" not in str(refused.value)  # it would be refused as well
