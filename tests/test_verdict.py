"""The verdict on claims whose truth is known: a plain normal simulator with a planted bias, rate and noise."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

import theorems
from simulate.streams import stream
from theorems import Bound, Identity, Law, Mean, Real, Theorem
from theorems.verdict import _extrapolation

DOMAIN = {"level": Real(0.0, 100.0, default=3.0)}


def record(simulation, *, theory=lambda *, level: level, kind=Mean, rivals=None, cases=({"level": 3.0},), **claim):
    return Theorem(
        title="planted",
        statement="x",
        source="hastie2022surprises",
        assumptions=(),
        domain=DOMAIN,
        claim=kind(theory=theory, simulation=simulation, **claim),
        cases=cases,
        rivals=rivals or {},
    )


def biased(offset: float = 0.0, first: float = 2.0, second: float = 5.0, noise: float = 0.2):
    """Draws around level (1 + offset) + first/n + second/n^2, with noise of order 1/sqrt(n)."""

    def simulate(*, n, level, draws, rng):
        return level * (1 + offset) + first / n + second / n**2 + noise * rng.standard_normal(draws) / math.sqrt(n)

    return simulate


@pytest.mark.parametrize("entropy", range(20))
def test_a_true_claim_with_finite_size_bias_is_consistent(entropy):
    # bias +4.6 % at n = 50 is extrapolated away; undecided after four planned looks is a 10-sigma event
    verdict = theorems.verify(record(biased()), entropy=entropy)
    assert verdict.status == "consistent"
    case = verdict.cases[0]
    assert abs(case.estimate) + case.halfwidth <= verdict.delta
    assert case.sizes == (50, 100, 200, 400)


@pytest.mark.parametrize("offset", [-0.03, 0.03])
@pytest.mark.parametrize("entropy", range(10))
def test_a_claim_three_per_cent_off_is_refuted_at_one_per_cent(offset, entropy):
    # false acceptance needs the estimate to err by two tolerances, 12 sigma at the planned width
    assert theorems.verify(record(biased(offset)), entropy=entropy).status == "refuted"


def test_too_few_draws_leave_it_undecided_and_say_what_would_decide():
    verdict = theorems.verify(record(biased(noise=30.0)), max_draws=100)
    assert verdict.status == "undecided"
    assert verdict.cases[0].needs > 1
    assert "would decide" in str(verdict)


def test_constant_draws_are_judged_by_their_value():
    assert theorems.verify(record(biased(first=0, second=0, noise=0))).status == "consistent"
    assert theorems.verify(record(biased(0.02, first=0, second=0, noise=0))).status == "refuted"


def test_the_wrong_rate_is_a_wrong_extrapolation():
    slow = record(lambda *, n, level, draws, rng: np.full(draws, level * (1 + n**-0.5)), rate=0.5)
    assert theorems.verify(slow).status == "consistent"
    assert theorems.verify(record(slow.claim.simulation)).status == "refuted"


def test_rivals_share_the_draws_and_survive_only_within_the_tolerance():
    rivals = {"five per cent": lambda *, level: 1.05 * level, "a thousandth": lambda *, level: 1.001 * level}
    verdict = theorems.verify(record(biased(), rivals=rivals))
    assert verdict.rivals["five per cent"] == "refuted"
    assert verdict.rivals["a thousandth"] != "refuted"
    assert not verdict.has_power


def test_a_bound_is_one_sided():
    above, below = biased(+0.5), biased(-0.5)
    assert theorems.verify(record(above, kind=Bound)).status == "consistent"
    assert theorems.verify(record(below, kind=Bound)).status == "refuted"


def test_an_exact_claim_uses_every_size_without_extrapolation():
    exact = record(biased(), theory=lambda *, n, level: level + 2 / n + 5 / n**2, exact=True, sizes=(10, 20))
    limit = record(biased(), theory=lambda *, n, level: level, exact=True, sizes=(10, 20))
    assert theorems.verify(exact).status == "consistent"
    assert theorems.verify(limit).status == "refuted"


@pytest.mark.parametrize("wrong", [10, 20])
def test_an_exact_claim_that_fails_at_one_size_is_not_averaged_into_truth(wrong):
    # 3 % off at one of two sizes; the average over the sizes may be off by less than the tolerance
    def theory(*, n, level):
        return level * (1.03 if n == wrong else 1.0)

    claim = record(biased(first=0, second=0), theory=theory, exact=True, sizes=(10, 20))
    assert theorems.verify(claim).status == "refuted"


def test_the_headline_of_a_bound_speaks_of_the_bound():
    verdict = theorems.verify(record(biased(+2.0), kind=Bound))
    assert verdict.headline == "the bound holds to 0 % at n <= 400"  # three times the bound: not "consistent to 200 %"
    assert "beyond the bound by +2.00e+00" in str(verdict)


def test_what_would_decide_counts_the_component_that_needs_most():
    def simulate(*, n, level, draws, rng):
        return level + 0.02 * np.array([1, 30]) * rng.standard_normal((draws, 2)) + 0.0247 * np.array([1, 0])

    verdict = theorems.verify(record(simulate, theory=lambda *, level: np.full(2, level)), max_draws=48)
    case = verdict.cases[0]  # the second component's interval is 30 times as wide
    assert case.status == "undecided"
    assert case.needs >= math.floor((case.halfwidth / (verdict.delta - abs(case.estimate))) ** 2)


def test_a_law_is_judged_by_its_quantiles():
    class Uniform:
        def __init__(self, top):
            self.top = top

        def quantile(self, u):
            return self.top * np.asarray(u)

        def cdf(self, x):
            return np.clip(np.asarray(x) / self.top, 0, 1)

    def points(*, n, level, draws, rng):
        return level * rng.random((draws, n))

    verdict = theorems.verify(
        record(points, kind=Law, theory=lambda *, level: Uniform(level), rivals={"wider": lambda *, level: Uniform(1.1 * level)})
    )
    assert verdict.status == "consistent"
    assert verdict.has_power


def test_identities_are_judged_to_their_own_tolerance_and_nan_is_no_agreement():
    def identity(other):
        return Theorem(
            title="x", statement="x", source="hastie2022surprises", assumptions=(), domain=DOMAIN, cases=({},),
            claim=Identity(theory=lambda *, level: level, other=other),
        )  # fmt: skip

    assert theorems.verify(identity(lambda *, level: level * (1 + 1e-12))).status == "consistent"
    assert theorems.verify(identity(lambda *, level: level * (1 + 1e-8))).status == "refuted"
    assert theorems.verify(identity(lambda *, level: math.nan)).status == "refuted"


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("rate", [0.5, 1.0, 2.0])
def test_extrapolation_is_exact_on_its_own_model(order, rate):
    sizes = (50, 100, 200, 400)
    n = np.array(sizes, dtype=float)
    means = np.full(4, 7.0) + sum(3.0 * n ** (-rate * j) for j in range(1, order + 1))
    assert (_extrapolation(sizes, rate, exact=False) @ means).tolist() == pytest.approx(
        [7.0], rel=1e-12
    )  # linear algebra of a 4 x 3 system


def test_streams_are_keyed_by_content():
    def bits(*cell):
        return stream(*cell).integers(2**63)

    assert bits(0, "a", {"x": 1, "y": 2}) == bits(0, "a", {"y": 2, "x": 1})
    assert len({bits(0, "a"), bits(0, "b"), bits(1, "a"), bits(0, "a", 0)}) == 4


def test_a_verdict_is_not_a_bool_and_is_plain_data():
    verdict = theorems.verify(record(biased()))
    with pytest.raises(TypeError, match="three values"):
        bool(verdict)
    assert json.loads(json.dumps(verdict.to_dict()))["status"] == "consistent"
    assert verdict.headline.startswith("consistent to")


def test_the_same_entropy_gives_the_same_verdict():
    assert theorems.verify(record(biased()), entropy=5) == theorems.verify(record(biased()), entropy=5)
    assert theorems.verify(record(biased()), entropy=5) != theorems.verify(record(biased()), entropy=6)


@pytest.mark.parametrize(
    ("argument", "value"), [("delta", 0.0), ("delta", -1), ("false_refute", 0.0), ("false_refute", 0.7), ("max_draws", 0)]
)
def test_bad_arguments_are_named(argument, value):
    with pytest.raises(ValueError, match=argument):
        theorems.verify(record(biased()), **{argument: value})


def test_bad_simulators_are_refused():
    with pytest.raises(ValueError, match="not finite"):
        theorems.verify(record(lambda *, n, level, draws, rng: np.full(draws, np.nan)))
    with pytest.raises(ValueError, match="2 quantities a draw, its theory 1"):
        theorems.verify(record(lambda *, n, level, draws, rng: np.ones((draws, 2))))
    no_variance = record(biased())
    no_variance.claim.simulation.moments = lambda *, n, **_: 1
    with pytest.raises(ValueError, match="needs 2 to be judged"):
        theorems.verify(no_variance)
    with pytest.raises(ValueError, match="at least two sizes"):
        theorems.verify(record(biased(), sizes=(50,)))
