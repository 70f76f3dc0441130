"""The verdict on claims whose truth is known: a plain normal simulator with a planted bias, rate and noise."""

from __future__ import annotations

import functools
import json
import math

import numpy as np
import pytest

import theorems
from simulate.streams import stream
from theorems import Bound, Identity, Law, Mean, Real, Theorem
from theorems.verdicts.finite_size import reading

RATE = 1e-9
judge = functools.partial(theorems.verify, false_refute=RATE, false_accept=RATE)
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


class Uniform:
    """The law on (0, top)."""

    def __init__(self, top):
        self.top = top

    def quantile(self, u):
        return self.top * np.asarray(u)

    def cdf(self, x):
        return np.clip(np.asarray(x) / self.top, 0, 1)


def biased(offset: float = 0.0, first: float = 2.0, second: float = 5.0, noise: float = 0.2):
    """Draws around level (1 + offset) + first/n + second/n^2, with noise of order 1/sqrt(n)."""

    def simulate(*, n, level, draws, rng):
        return level * (1 + offset) + first / n + second / n**2 + noise * rng.standard_normal(draws) / math.sqrt(n)

    return simulate


@pytest.mark.false_alarm(RATE)
@pytest.mark.parametrize("seed", range(5))
def test_a_true_claim_with_finite_size_bias_is_consistent(seed):
    # bias +4.6 % at n = 50 is extrapolated away
    verdict = judge(record(biased()), entropy=seed)
    assert verdict.status == "consistent"
    assert verdict.delta < verdict.least_discrepancy < 6 * verdict.delta
    case = verdict.cases[0]
    assert case.reach <= verdict.delta
    assert case.sizes == (50, 100, 200, 400)


@pytest.mark.false_alarm(RATE)
@pytest.mark.parametrize("offset", [-0.03, -0.01, 0.01, 0.03])
def test_a_claim_off_by_the_tolerance_is_refuted(offset):
    assert judge(record(biased(offset))).status == "refuted"


@pytest.mark.false_alarm(2 * RATE)
def test_a_claim_off_by_less_than_the_tolerance_is_consistent_to_it_and_refuted_at_a_smaller_one():
    assert judge(record(biased(0.002))).status == "consistent"
    verdict = judge(record(biased(0.002)), delta=0.002)
    assert verdict.status == "refuted"


@pytest.mark.false_alarm(0)
def test_too_few_draws_leave_it_undecided_and_say_what_would_decide():
    verdict = judge(record(biased(noise=30.0)), budget=300)
    assert verdict.status == "undecided"
    assert verdict.cases[0].needs > 1
    assert max(verdict.cases[0].draws) <= 300
    assert "would decide" in str(verdict)


@pytest.mark.false_alarm(0)
def test_constant_draws():
    same = biased(first=0, second=0, noise=0)
    verdict = judge(record(same, rivals={"five per cent": lambda *, level: 1.05 * level}))
    assert verdict.status == "consistent"
    assert verdict.has_power
    assert min(verdict.cases[0].draws) >= math.log(1e3) / 0.01  # else more than 1 % of the draws might differ unseen
    with pytest.raises(ValueError, match=r"gave 3\.06 in every draw at .*ignores rng"):
        judge(record(biased(0.02, first=0, second=0, noise=0)))


@pytest.mark.false_alarm(0)  # nothing but zeros can come
def test_zeros_refute_nothing_for_so_do_rare_events_begin():
    rare = record(lambda *, n, level, draws, rng: np.where(rng.random(draws) < 1e-3, 1e3 * level, 0.0) * 0.0)
    verdict = judge(rare, budget=5000)
    assert verdict.status == "undecided"
    assert "every draw is 0" in str(verdict)


@pytest.mark.false_alarm(0)  # the claim is that no budget of this size decides
@pytest.mark.parametrize("seed", range(20))
def test_rare_events_yield_no_hollow_verdict(seed):
    # the mean is right; one draw in 500 carries it, so that most first looks see none and few see enough
    rare = record(lambda *, n, level, draws, rng: np.where(rng.random(draws) < 2e-3, 500 * level, 0.0))
    assert judge(rare, budget=1000, entropy=seed).status == "undecided"


@pytest.mark.false_alarm(0)
def test_a_wrong_rate_shows_in_the_fit_and_refutes_nothing():
    def slow(*, n, level, draws, rng):
        return level * (1 + n**-0.5) + 1e-4 * rng.standard_normal(draws)

    assert judge(record(slow, rate=0.5), budget=2000).status == "consistent"
    verdict = judge(record(slow), budget=20_000)
    assert verdict.status == "undecided"
    assert "finite-size model does not fit" in str(verdict)
    rivals = {"twice": lambda *, level: 2 * level}  # what is off by more than the misfit explains is refuted all the same
    assert judge(record(slow, rivals=rivals), budget=20_000).has_power


@pytest.mark.false_alarm(2 * RATE)
def test_a_theory_of_zero_needs_a_scale():
    def simulate(*, n, level, draws, rng):
        return level / n + rng.standard_normal(draws) / n

    def zero(*, level):
        return 0.0 * level

    with pytest.raises(ValueError, match=r"is 0 at .*Mean\(scale="):
        judge(record(simulate, theory=zero))
    assert judge(record(simulate, theory=zero, scale=1.0)).status == "consistent"
    assert judge(record(simulate, theory=zero, scale=0.1), budget=10**5).status == "consistent"
    assert judge(record(lambda **given: simulate(**given) + 0.02, theory=zero, scale=1.0)).status == "refuted"
    assert judge(record(lambda **given: 0.0 * simulate(**given), theory=zero)).status == "consistent"


@pytest.mark.false_alarm(2 * RATE)
@pytest.mark.parametrize("rate", [0.3, 0.55, 1.0, 1.3, 2.0])
def test_an_unknown_rate_is_estimated(rate):
    def simulate(*, n, level, draws, rng):
        return level * (1 + 2 * n**-rate) + 1e-3 * rng.standard_normal(draws)

    rivals = {"five per cent": lambda *, level: 1.05 * level}
    verdict = judge(record(simulate, rate=None, rivals=rivals), budget=10**6)
    assert verdict.status == "consistent"
    assert verdict.has_power
    assert min(verdict.cases[0].rates) <= 1.1 * rate
    assert max(verdict.cases[0].rates) >= rate / 1.1


@pytest.mark.false_alarm(2 * RATE)
def test_a_known_finite_size_mean_needs_no_extrapolation():
    def finite(*, n, level):
        return level + 2 / n + 5 / n**2

    known, unknown = record(biased(), finite=finite), record(biased())
    assert judge(known).status == "consistent"
    few, many = (judge(r, delta=0.001).cases[0] for r in (known, unknown))
    assert sum(few.draws) < sum(many.draws) / 4
    wrong = record(biased(), finite=lambda *, n, level: level + 40 / n)  # a wrong finite-size law shows in the fit
    assert "does not fit" in str(judge(wrong, budget=20_000, delta=0.02))
    assert judge(record(biased(0.03), finite=finite)).status == "refuted"


@pytest.mark.false_alarm(2 * RATE)
def test_rivals_share_the_draws_and_survive_only_within_the_tolerance():
    rivals = {"five per cent": lambda *, level: 1.05 * level, "a thousandth": lambda *, level: 1.001 * level}
    verdict = judge(record(biased(), rivals=rivals))
    assert verdict.rivals["five per cent"] == "refuted"
    assert verdict.rivals["a thousandth"] == "consistent"
    assert not verdict.has_power


@pytest.mark.false_alarm(2 * RATE)
def test_a_bound_is_one_sided():
    above, below = biased(+0.5), biased(-0.5)
    assert judge(record(above, kind=Bound)).status == "consistent"
    assert judge(record(below, kind=Bound)).status == "refuted"


@pytest.mark.false_alarm(2 * RATE)
def test_an_exact_claim_uses_every_size_without_extrapolation():
    exact = record(biased(), theory=lambda *, n, level: level + 2 / n + 5 / n**2, exact=True, sizes=(10, 20))
    limit = record(biased(), theory=lambda *, n, level: level, exact=True, sizes=(10, 20))
    assert judge(exact).status == "consistent"
    assert judge(limit).status == "refuted"


@pytest.mark.false_alarm(RATE)
@pytest.mark.parametrize("wrong", [10, 20])
def test_an_exact_claim_that_fails_at_one_size_is_not_averaged_into_truth(wrong):
    # 3 % off at one of two sizes; the average over the sizes may be off by less than the tolerance
    def theory(*, n, level):
        return level * (1.03 if n == wrong else 1.0)

    claim = record(biased(first=0, second=0), theory=theory, exact=True, sizes=(10, 20))
    assert judge(claim).status == "refuted"


@pytest.mark.false_alarm(RATE)
def test_the_headline_of_a_bound_speaks_of_the_bound():
    verdict = judge(record(biased(+2.0), kind=Bound))
    assert verdict.headline == "the bound holds to 0 % at n <= 400"  # three times the bound: not "consistent to 200 %"
    assert "beyond the bound by +2.00e+00" in str(verdict)


@pytest.mark.false_alarm(0)
def test_what_would_decide_counts_the_component_that_needs_most():
    def simulate(*, n, level, draws, rng):
        return level + 0.02 * np.array([1, 30]) * rng.standard_normal((draws, 2))

    verdict = judge(record(simulate, theory=lambda *, level: np.full(2, level)), budget=400)
    case = verdict.cases[0]  # the second component's interval is 30 times as wide: it alone is open
    assert case.status == "undecided"
    assert case.halfwidth > 0.05
    assert case.needs >= 4


@pytest.mark.false_alarm(2 * RATE)
def test_a_law_is_judged_by_its_quantiles():
    def points(*, n, level, draws, rng):
        return level * rng.random((draws, n))

    verdict = judge(
        record(points, kind=Law, theory=lambda *, level: Uniform(level), rivals={"wider": lambda *, level: Uniform(1.1 * level)})
    )
    assert verdict.status == "consistent"
    assert verdict.has_power


@pytest.mark.false_alarm(0)
def test_identities_are_judged_to_their_own_tolerance_and_nan_is_no_agreement():
    def identity(other, theory=lambda *, level: level):
        return Theorem(
            title="x", statement="x", source="hastie2022surprises", assumptions=(), domain=DOMAIN, cases=({},),
            claim=Identity(theory=theory, other=other),
        )  # fmt: skip

    assert judge(identity(lambda *, level: level * (1 + 1e-12))).status == "consistent"
    assert judge(identity(lambda *, level: level * (1 + 1e-8))).status == "refuted"
    assert judge(identity(lambda *, level: math.nan)).status == "refuted"
    assert judge(identity(lambda *, level: math.inf)).status == "refuted"
    assert judge(identity(lambda *, level: math.inf, theory=lambda *, level: math.inf)).status == "consistent"


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("rate", [0.5, 1.0, 2.0])
def test_extrapolation_is_exact_on_its_own_model(order, rate):
    sizes = (50, 100, 200, 400)
    n = np.array(sizes, dtype=float)
    means = np.full(4, 7.0) + sum(3.0 * n ** (-rate * j) for j in range(1, order + 1))
    found = reading(sizes, rate=rate)
    assert (found.limit @ means).tolist() == pytest.approx([7.0], rel=1e-12)  # linear algebra of a 4 x 3 system
    assert (found.remainder @ means).tolist() == pytest.approx([0.0], abs=1e-9)  # the same, of a difference
    beyond = means + 3.0 * n ** (-3 * rate)
    assert abs((found.remainder @ beyond).item()) == pytest.approx(
        abs((found.limit @ beyond).item() - 7.0), rel=1e-6
    )  # what it measures


@pytest.mark.false_alarm(0)
def test_streams_are_keyed_by_content():
    def bits(*cell):
        return stream(*cell).integers(2**63)

    assert bits(0, "a", {"x": 1, "y": 2}) == bits(0, "a", {"y": 2, "x": 1})
    assert len({bits(0, "a"), bits(0, "b"), bits(1, "a"), bits(0, "a", 0)}) == 4


@pytest.mark.false_alarm(RATE)
def test_a_verdict_is_not_a_bool_and_is_plain_data():
    verdict = judge(record(biased()))
    with pytest.raises(TypeError, match="three values"):
        bool(verdict)
    assert json.loads(json.dumps(verdict.to_dict()))["status"] == "consistent"
    assert verdict.headline.startswith("consistent to")


@pytest.mark.false_alarm(0)
def test_the_same_entropy_gives_the_same_verdict():
    assert judge(record(biased()), entropy=5) == judge(record(biased()), entropy=5)
    assert judge(record(biased()), entropy=5) != judge(record(biased()), entropy=6)


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("delta", 0.0),
        ("delta", -1),
        ("delta", math.nan),
        ("false_refute", 0.0),
        ("false_refute", 0.7),
        ("false_accept", 0.0),
        ("budget", 0),
        ("budget", "0s"),
        ("budget", "soon"),
        ("method", "luck"),
        ("method", "bounded"),
    ],
)
def test_bad_arguments_are_named(argument, value):
    with pytest.raises(ValueError, match=argument):
        judge(record(biased()), **{argument: value})


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize(
    ("simulation", "says"),
    [
        (lambda *, n, level, draws, rng: np.full(draws, np.nan), "returned nan"),
        (lambda *, n, level, draws, rng: np.full(draws, np.inf), "not finite"),
        (lambda *, n, level, draws, rng: np.ones((draws, 2)), "2 quantities a draw, the theory 1"),
        (lambda *, n, level, draws, rng: rng.standard_normal(draws + 1), r"first axis must be the \d+ draws"),
        (lambda *, n, level, draws, rng: rng.standard_normal(), r"first axis must be the \d+ draws"),
        (lambda *, n, level, draws, rng: np.full(draws, 5.0), "in every draw"),
        (lambda *, n, level, draws, rng: level + np.random.default_rng(0).standard_normal(draws) / n, "the same draws twice"),
        (lambda *, n, level, draws, rng: level + np.random.default_rng().standard_normal(draws) / n, "a generator of its own"),
    ],
)
def test_bad_simulators_are_refused(simulation, says):
    with pytest.raises(ValueError, match=says):
        judge(record(simulation))


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize(
    ("sizes", "says"), [((50,), "three sizes"), ((50, 100), "three sizes"), ((100, 50, 200), "increase"), ((), "three")]
)
def test_sizes_that_carry_no_limit_are_refused(sizes, says):
    with pytest.raises(ValueError, match=says):
        judge(record(biased(), sizes=sizes))


def with_moments(count, **claim):
    made = record(biased(), **claim)
    made.claim.simulation.moments = count
    return made


@pytest.mark.false_alarm(3 * RATE)
def test_moments_decide_the_method():
    assert judge(with_moments(lambda *, n, **_: 8)).cases[0].method == "mean"
    few = with_moments(lambda *, n, **_: 1)
    verdict = judge(few, delta=0.02)
    assert verdict.status == "consistent"
    assert verdict.cases[0].method == "median"
    assert "for any distribution" in str(verdict)
    with pytest.raises(ValueError, match=r"at n = 50, .* has 1 finite moments"):
        judge(few, method="mean")
    grows = with_moments(lambda *, n, **_: n // 100)
    with pytest.raises(ValueError, match="sizes from n = 800 on"):
        judge(grows, method="mean")
    exact = with_moments(lambda *, n, **_: 1, exact=True, theory=lambda *, n, level: level + 2 / n + 5 / n**2)
    with pytest.raises(ValueError, match="finite moments"):
        judge(exact)


@pytest.mark.false_alarm(2 * RATE)
def test_medians_judge_draws_without_a_mean():
    def cauchy(*, n, level, draws, rng):
        return level * (1 + 1 / n + rng.standard_cauchy(draws) / n)

    cauchy.moments = lambda **_: 0
    rivals = {"five per cent": lambda *, level: 1.05 * level}
    verdict = judge(record(cauchy, rivals=rivals))
    assert verdict.status == "consistent"
    assert verdict.has_power


@pytest.mark.false_alarm(0)
def test_medians_are_refused_where_the_quantity_does_not_concentrate():
    def spread(*, n, level, draws, rng):
        return level * rng.exponential(size=draws)  # its mean is the level at every n, its median never

    spread.moments = lambda **_: 1
    with pytest.raises(ValueError, match="does not shrink"):
        judge(record(spread))


@pytest.mark.false_alarm(2 * RATE)
def test_a_declared_range_is_judged_by_an_inequality():
    def coin(*, n, level, draws, rng):
        return (rng.random(draws) < 0.4).astype(float)

    rivals = {"four fifths": lambda *, level: 0.8}
    verdict = judge(record(coin, theory=lambda *, level: 0.4, rivals=rivals, bounds=(0.0, 1.0)), delta=0.1)
    assert verdict.status == "consistent"
    assert verdict.has_power
    assert verdict.cases[0].method == "bounded"
    assert "empirical Bernstein" in str(verdict)
