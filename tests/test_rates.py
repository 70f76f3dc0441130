"""The exponent of the finite-size bias: planted ones are found, with the stated coverage, and noise is not fitted."""

from __future__ import annotations

import contextlib
import json
import math
import warnings
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.special import bdtrc

import theorems
from asymptotics.spectral_fluctuations import Normal
from tests.reliability import rates as reliability
from theorems import Bound, Law, Mean, Real, Theorem
from theorems.cli import main
from theorems.fluctuations import fluctuation
from theorems.rates.exponents import RANGE, NoRate, exponent
from theorems.rates.rate import Rate, rate

SIZES = (50, 75, 100, 150, 200, 300, 400)
H = SIZES[0] / np.array(SIZES, dtype=float)


def record(simulation, *, theory=lambda *, level: level, kind=Mean, **claim):
    return Theorem(
        title="planted",
        statement="x",
        source="none",
        assumptions=(),
        domain={"level": Real(0.0, 100.0, default=3.0)},
        claim=kind(theory=theory, simulation=simulation, **claim),
        cases=({"level": 3.0},),
    )


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("a", [0.3, 0.5, 1.0, 2.0, 3.5])
def test_without_noise_the_exponent_is_found_to_many_digits(a, order):
    sizes, bias = (SIZES, H**a - 0.5 * H ** (2 * a)) if order == 2 else (SIZES[:3], H[:3] ** a)
    found = exponent(sizes, bias, np.full(len(sizes), 1e-20))
    assert found.order == order
    assert found.low <= a <= found.high
    assert found.estimate == pytest.approx(a, abs=1e-6)  # noise 1e-10 of the bias, and two powers that are hard to tell apart
    assert found.high - found.low < 1e-5


def test_the_second_power_is_not_taken_for_the_first():
    # n^-1 alone is also n^-1/2 with c = 0 and d = 1: the leading power is meant
    found = exponent(SIZES, H, (0.01 * H) ** 2)
    assert 0.5 < found.low < 1 < found.high


@pytest.mark.false_alarm(1e-8)
@pytest.mark.parametrize(("a", "snr", "skew"), [(0.5, 20.0, 0), (1.0, 100.0, 1), (2.0, 50.0, 0)])
def test_the_interval_covers_as_stated(a, snr, skew):
    # misses ~ binomial(150, at most 0.055): normal means up to 400 draws' skewness and the noise of their variance
    _, missed = reliability.outcomes(150, exponent=a, snr=snr, skew=skew)
    assert bdtrc(missed - 1, 150, 0.055) > 1e-8 / 3


@pytest.mark.false_alarm(1e-8)
def test_no_exponent_is_told_of_a_limit_met_at_once():
    def unbiased(*, n, level, draws, rng):
        return level + rng.standard_normal(draws)

    told = 0
    for entropy in range(40):
        with contextlib.suppress(NoRate):
            rate(record(unbiased), draws=200, entropy=entropy)
            told += 1
    assert bdtrc(told - 1, 40, 0.003) > 1e-8  # a bias is seen at level 1e-3, somewhat more often at 200 draws


@pytest.mark.false_alarm(1e-8)
def test_noise_that_hides_the_bias_is_refused_in_words():
    def faint(*, n, level, draws, rng):
        return level + 1 / n + 30 * rng.standard_normal(draws) / math.sqrt(n)  # bias 0.02 +- 0.3 at n = 50

    with pytest.raises(NoRate, match=r"At n = 50 the bias is .* \+- .* with 200 draws; (about|more than) \d+ would show it"):
        rate(record(faint), draws=200)


def test_a_bias_that_does_not_fall_is_no_rate():
    with pytest.raises(NoRate, match="may not be the limit"):
        exponent(SIZES, 1 + 0.001 * H, np.full(len(SIZES), 1e-8))


def test_a_bias_that_no_power_fits_is_refused():
    with pytest.raises(NoRate, match="no exponent in"):
        exponent(SIZES, H * np.resize([1, -1], len(SIZES)), (0.01 * H) ** 2)
    assert RANGE[0] < 0.1 < 4 < RANGE[1]


@pytest.mark.false_alarm(0)
def test_without_randomness_the_bias_speaks_and_equality_has_none():
    def slow(*, n, level, draws, rng):
        return np.full(draws, level * (1 + n**-0.5))

    found = rate(record(slow, rate=0.5), draws=200)
    assert found.low <= 0.5 <= found.high
    with pytest.raises(NoRate, match="there is no bias"):
        rate(record(lambda *, n, level, draws, rng: np.full(draws, level)), draws=200)


@pytest.mark.false_alarm(0)
def test_components_share_one_exponent():
    ends = np.array([1.0, -4.0, 0.0])

    def vector(*, n, level, draws, rng):
        noise = rng.standard_normal((draws, 1)) * [1, 1, 1e-3] + rng.standard_normal((draws, 3)) * [0.1, 1.0, 1e-3]
        return level + 100 * ends / n + 1e-9 * noise

    found = rate(record(vector, theory=lambda *, level: np.full(3, level)), draws=300)
    assert found.estimate == pytest.approx(1, abs=1e-3)  # noise 1e-9 of the bias at n = 50, 1e-8 at n = 400
    assert found.bias[0] in (pytest.approx(2 / 3), pytest.approx(-8 / 3))


@pytest.mark.false_alarm(1e-7)
def test_a_law_over_draws_has_a_rate():
    def average(*, n, level, draws, rng):
        return rng.standard_gamma(n, draws) / n

    def law(*, level):
        return Normal(mean=0.0, variance=1.0)  # Edgeworth: the cdf is off by (1 - z^2) density(z)/(3 sqrt n), then by 1/n

    skewed = record(fluctuation(average, lambda *, level: 1.0, power=0.5), theory=law, kind=Law, levels=(0.3, 0.5, 0.7), rate=0.5)
    found = rate(skewed, draws=400_000, level=1 - 1e-7, sizes=(4, 8, 16, 32, 64))
    assert found.low <= 0.5 <= found.high
    assert found.declared == 0.5


@pytest.mark.false_alarm(1e-8)
def test_the_rate_of_a_record_is_compared_with_what_it_declares():
    isotropic = theorems.load("hastie2022.isotropic_ridgeless")["hastie2022.isotropic_ridgeless"]
    found = rate(isotropic, params={"gamma": 2.0}, draws=20_000, level=1 - 1e-8)
    assert found.low <= 1 <= found.high  # E R_n - R = 1/(n (gamma - 1)^2) + ...
    assert str(found).startswith("declared 1, measured ")
    assert "chi2" in str(found)
    assert json.loads(json.dumps(found.to_dict()))["declared"] == 1


@pytest.mark.false_alarm(0)
def test_claims_without_a_rate_are_refused():
    exact = record(lambda *, n, level, draws, rng: np.full(draws, level), theory=lambda *, n, level: level, exact=True)
    bound = record(lambda *, n, level, draws, rng: np.full(draws, level), kind=Bound)
    for claimed, word in ((exact, "exact at every n"), (bound, "a Bound")):
        with pytest.raises(ValueError, match=word):
            rate(claimed)
    identity = theorems.load("hastie2022.two_forms")["hastie2022.two_forms"]
    with pytest.raises(ValueError, match="an Identity"):
        rate(identity)


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize(
    ("argument", "value"), [("sizes", (50, 100)), ("sizes", (100, 50, 200)), ("draws", 10), ("level", 0.0), ("level", 1.0)]
)
def test_bad_arguments_are_named(argument, value):
    with pytest.raises(ValueError, match=argument):
        rate(record(lambda *, n, level, draws, rng: level + 1 / n + rng.standard_normal(draws) / n), **{argument: value})


@pytest.mark.false_alarm(0)
def test_a_draw_with_few_moments_has_no_noise_to_speak_of():
    isotropic = theorems.load("hastie2022.isotropic_ridgeless")["hastie2022.isotropic_ridgeless"]
    with pytest.raises(ValueError, match="finite moments"):
        rate(isotropic, params={"gamma": 1.1})


@pytest.mark.false_alarm(0)
def test_the_command_prints_a_line_a_case_and_refuses_in_words():
    run = CliRunner().invoke(main, ["rate", "hastie2022.isotropic_ridgeless", "gamma=2", "--draws", "20000"])
    assert run.exit_code in (0, 2)  # 2: no exponent fits, one run in two hundred
    assert "measured" in run.output or "no exponent" in run.output
    refused = CliRunner().invoke(main, ["rate", "hastie2022.training_error"])
    assert refused.exit_code == 2
    assert refused.output.count("there is no bias") == 3
    assert CliRunner().invoke(main, ["rate", "hastie2022.isotropic_ridge", "--sizes", "50,x"]).exit_code == 2
    level = CliRunner().invoke(main, ["rate", "hastie2022.isotropic_ridge", "--level", "95"])
    assert level.exit_code == 2
    assert "strictly between 0 and 1" in level.stderr


@pytest.mark.false_alarm(0)
def test_an_estimate_at_the_end_of_its_interval_is_told_as_such():
    found = exponent(SIZES, H + 2 * H**2, (0.01 * H) ** 2)  # n^-1 does not lead here
    assert found.edge
    assert min(found.estimate - found.low, found.high - found.estimate) < 1e-6
    assert not exponent(SIZES, H - 0.5 * H**2, (0.01 * H) ** 2).edge
    told = Rate(
        theorem="x", params={}, level=0.95, declared=1.0, sizes=(50,), draws=(1,), bias=(1.0,), noise=(0.1,), **found._asdict()
    )
    assert f"measured [{found.low:.3g}, {found.high:.3g}] at 95 %, best at its end {found.estimate:.3g}, beyond which" in str(
        told
    )
    inside = replace(told, edge=False)
    assert f"measured {found.estimate:.3g} [{found.low:.3g}" in str(inside)


@pytest.mark.false_alarm(0)
def test_sizes_at_which_nothing_can_be_measured_are_refused_without_a_warning(recwarn):
    def sample_variance(*, n, level, draws, rng):
        return level * rng.standard_normal((draws, n)).var(axis=1, ddof=1)  # of one number: nan, with a RuntimeWarning

    with pytest.raises(ValueError, match=r"the simulation of .* gave nan at n = 1, .*take larger sizes"):
        rate(record(sample_variance), sizes=(1, 2, 3, 4))
    with pytest.raises(ValueError, match=r"sizes = \(0, 1, 2\) is refused: sizes are positive whole numbers"):
        rate(record(sample_variance), sizes=(0, 1, 2))
    with pytest.raises(ValueError, match=r"returned an array of shape \(50,\) for 2000 draws"):
        rate(record(lambda *, n, level, draws, rng: rng.standard_normal(n)))
    assert not recwarn.list


@pytest.mark.false_alarm(0)
def test_a_size_without_noise_does_not_warn():
    def deviation(*, n, level, draws, rng):
        return level * rng.standard_normal((draws, n)).std(axis=1)  # of one number: 0

    with contextlib.suppress(NoRate):  # warnings are errors
        assert math.isfinite(rate(record(deviation), sizes=(1, 2, 3, 4)).low)


@pytest.mark.false_alarm(0)
def test_what_a_simulation_warns_of_is_passed_on():
    def warns(*, n, level, draws, rng):
        warnings.warn("mind this", UserWarning, stacklevel=1)
        return level + 1 / n + rng.standard_normal(draws) / n**2

    with pytest.warns(UserWarning, match="mind this"), contextlib.suppress(NoRate):
        rate(record(warns))
