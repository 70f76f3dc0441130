"""Confidence sequences: closed forms against quadrature, coverage under peeking, symmetries, and what few draws may not say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import integrate, special, stats

from theorems.verdicts import sequences

ALARM = 1e-7
LOOKS = (64, 96, 144, 216, 324, 486)
levels = st.floats(1e-9, 0.4)


def too_many(count: int, runs: int, rate: float) -> bool:
    """Whether `count` exceeds what a binomial of this rate gives, but for ALARM."""
    return special.bdtrc(count - 1, runs, rate) < ALARM if count else False


def mixture(weights, shifted, c2):
    """(1) of the module, from its definition."""
    n, total = len(shifted), weights.sum()
    s, v = weights @ shifted, weights @ shifted**2
    return math.sqrt(c2 / (total + c2)) * ((total + c2) * v / ((total + c2) * v - s**2)) ** (n / 2)


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize(("n", "c2"), [(2, 3.0), (5, 3.0), (9, 0.7)])
def test_the_mixture_is_the_ratio_of_scale_free_likelihoods(n, c2):
    # effect ~ N(0, 1/c2) against effect 0, both with the right Haar prior d sigma / sigma
    rng = np.random.default_rng([n, 1])
    w, y = rng.uniform(0.3, 4, n), rng.standard_normal(n) + 0.4
    total, s, v = w.sum(), w @ y, w @ y**2
    scale = math.sqrt(v / n)

    def null(u):  # u = log(sigma / scale)
        return math.exp(-n * u - n / 2 * math.exp(-2 * u))

    def both(effect, u):
        sigma = scale * math.exp(u)
        exponent = -(v - 2 * effect * sigma * s + effect**2 * sigma**2 * total) / (2 * sigma**2) - c2 * effect**2 / 2
        return math.sqrt(c2 / (2 * math.pi)) * math.exp(exponent - n * u)

    far = 10 / math.sqrt(c2)
    top, _ = integrate.dblquad(both, -3, 20, -far, far, epsabs=0, epsrel=1e-8)
    bottom, _ = integrate.quad(null, -3, 20, epsabs=0, epsrel=1e-10)
    assert top / bottom == pytest.approx(mixture(w, y, c2), rel=1e-6)  # of the quadrature


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("n", [1, 2, 5, 20])
def test_the_mixture_is_a_martingale_whatever_the_weights(n):
    rng = np.random.default_rng([n, 2])
    w, z = rng.uniform(0.1, 9, n + 1), rng.standard_normal(n)
    z /= math.sqrt(z @ z)  # what is free of the scale; given this, z_(n+1) is Student's t / sqrt(n)
    c2 = 2.0

    def after(t):
        return mixture(w, np.append(z, t / math.sqrt(n)) / np.sqrt(w), c2) * stats.t.pdf(t, n)

    value, _ = integrate.quad(after, -np.inf, np.inf, epsabs=0, epsrel=1e-10)
    assert value == pytest.approx(mixture(w[:n], z / np.sqrt(w[:n]), c2), rel=1e-8)  # of the quadrature
    assert n > 1 or value == pytest.approx(1.0)  # it starts at 1


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("level", [1e-1, 1e-3, 1e-6])
@pytest.mark.parametrize("n", [64, 200, 5000])
def test_the_half_width_inverts_the_mixture(n, level):
    rng = np.random.default_rng([n, 3])
    w = rng.uniform(0.1, 9, n)
    x = rng.standard_normal(n)
    x -= w @ x / w.sum()
    x /= math.sqrt(w @ x**2 / n)
    half = float(sequences.standard_width(n, w.sum(), level))
    for side in (-1, 1):
        assert mixture(w, x + side * half, sequences._prior(level)) == pytest.approx(
            1 / level, rel=1e-10
        )  # round-off, to the n/2
    ones = np.ones(n)
    x = (x - x.mean()) / x.std()
    corrected = sequences.student(ones, x[:, None], level)[0]  # at a smaller level, by the skewness
    c2 = sequences._prior(level)
    z2 = math.log((n + c2) / c2) + 2 * math.log(1 / level)
    extra = abs(float((x**3).mean())) * z2**1.5 / (2 * math.sqrt(n))
    assert mixture(ones, x + corrected, sequences._prior(level)) == pytest.approx(math.exp(extra) / level, rel=1e-9)


@pytest.mark.false_alarm(ALARM)
@pytest.mark.parametrize("ratio", [0.1, 4.0, 64.0])
def test_wrong_weights_cost_width_and_not_coverage(ratio):
    # blocks as a verdict draws them, after the first one each round `ratio` times as heavy as it deserves; three times the level
    # was exceeded at 4 before the spread was taken by weight as well
    runs, level, rounds = 4000, 1e-2, 64
    rng = np.random.default_rng(11)
    x, w = rng.standard_normal((64, runs)), np.ones(64)
    out = np.zeros(runs, dtype=bool)
    for _ in range(6):
        size = math.ceil(0.5 * rounds / 16)
        x = np.concatenate([x, rng.standard_normal((16, runs)) / math.sqrt(size)])
        w = np.concatenate([w, np.full(16, ratio * size)])
        rounds += 16 * size
        out |= np.abs(w @ x / w.sum()) > sequences.student(w, x, level)
    assert not too_many(int(out.sum()), runs, level)


def test_the_width_is_in_mpmath_what_it_is_in_floats():
    import mpmath

    with mpmath.workdps(50):
        for n, total, level in [(64, 64.0, 1e-6), (300, 1e6, 1e-3), (10**6, 1e6, 1e-9)]:
            c2, t = mpmath.mpf(sequences._prior(level)), mpmath.mpf(total)
            odds = mpmath.expm1((mpmath.log((t + c2) / c2) + 2 * mpmath.log(1 / mpmath.mpf(level))) / n)
            want = mpmath.sqrt(odds * (t + c2) * n / t / (t - c2 * odds))
            assert float(sequences.standard_width(n, total, level) / want) == pytest.approx(1, rel=1e-13)  # a dozen operations


def test_the_prior_is_near_the_narrowest():
    for level in (1e-2, 1e-4, 1e-6):
        at = float(sequences.standard_width(10**9, sequences.TUNED, level))  # 1e9: Student's n out of the way
        c2 = sequences._prior(level) * np.geomspace(0.2, 5, 401)
        total = sequences.TUNED
        squares = (np.log((total + c2) / c2) + 2 * math.log(1 / level)) * (total + c2) / total**2
        assert at**2 <= squares.min() * 1.002  # the prior is the leading order of the narrowest one


@pytest.mark.false_alarm(ALARM)
@pytest.mark.parametrize(("level", "runs"), [(1e-1, 4000), (1e-2, 5000)])
@pytest.mark.parametrize("law", ["normal", "t5", "exponential", "two-point"])
def test_student_covers_at_every_look(law, level, runs):
    rng = np.random.default_rng([runs, 4, len(law)])
    shape = (LOOKS[-1], runs)
    draw = {
        "normal": lambda: rng.standard_normal(shape),
        "t5": lambda: rng.standard_t(5, shape),
        "exponential": lambda: rng.exponential(size=shape) - 1,
        "two-point": lambda: (rng.random(shape) < 0.2) - 0.2,
    }
    x = draw[law]()
    w = np.repeat([1.0, 4.0, 0.5], [64, 200, LOOKS[-1] - 264])  # what a block knows of its precision
    x = x / np.sqrt(w)[:, None]
    out = np.zeros(runs, dtype=bool)
    for n in LOOKS:
        out |= np.abs(w[:n] @ x[:n] / w[:n].sum()) > sequences.student(w[:n], x[:n], level)
    assert not too_many(int(out.sum()), runs, level)


@pytest.mark.false_alarm(ALARM)
@pytest.mark.parametrize(("level", "runs"), [(1e-1, 2000), (1e-2, 5000)])
@pytest.mark.parametrize("p", [0.5, 0.03])
def test_bernstein_covers_at_every_look(p, level, runs):
    rng = np.random.default_rng([runs, 5])
    x = 3.0 * (rng.random((300, runs)) < p) - 1.0  # in [-1, 2]
    out = np.zeros(runs, dtype=bool)
    for n in (1, 2, 3, 5, 10, 20, 50, 100, 200, 300):
        centre, half = sequences.bernstein(x[:n], level, -1.0, 2.0)
        out |= np.abs(centre - (3 * p - 1)) > half
    assert not too_many(int(out.sum()), runs, level)


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("at", [0, 3, 29])
def test_bernstein_bets_before_it_sees(at):
    # the bet on draw t, and the centre that its square is taken about, must not change with draw t: paid and won are then linear
    # and quadratic in it. A second difference in x_t is free of x_t where the later bets (which may know it) are cut off.
    x = np.random.default_rng(6).random((at + 1, 1))

    def ends(value):
        x[at] = value
        return np.array(sequences.bernstein(x, 0.05, 0.0, 1.0)).ravel()

    low, middle, high, beyond = (ends(v) for v in (0.1, 0.3, 0.5, 0.7))
    assert (low + high - 2 * middle)[0] == pytest.approx(0, abs=1e-12)  # round-off
    assert (low - 3 * middle + 3 * high - beyond)[1] == pytest.approx(0, abs=1e-12)  # the same


def test_bernstein_by_hand():
    # two draws: bets min(sqrt(2 log(2/a) / (s2 t log(1 + t))), 1/2), centres 1/2 and (1/2 + x1) / 2; Waudby-Smith and Ramdas, Theorem 2
    x1, x2, level = 0.9, 0.2, 0.5
    m1 = (0.5 + x1) / 2
    s1 = (0.25 + (x1 - m1) ** 2) / 2
    bets = [min(math.sqrt(2 * math.log(2 / level) / (s * t * math.log(1 + t))), 0.5) for t, s in ((1, 0.25), (2, s1))]
    psi = [(-math.log(1 - b) - b) / 4 for b in bets]
    half = (math.log(2 / level) + 4 * (x1 - 0.5) ** 2 * psi[0] + 4 * (x2 - m1) ** 2 * psi[1]) / sum(bets)
    found = sequences.bernstein(np.array([[x1], [x2]]), level, 0.0, 1.0)
    assert [float(f[0]) for f in found] == pytest.approx([(bets[0] * x1 + bets[1] * x2) / sum(bets), half], rel=1e-14)


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("q", [0.5, 0.2, 0.9])
@pytest.mark.parametrize("n", [1, 7, 40, 300])
def test_order_statistics_are_those_that_the_mixture_leaves(n, q):
    # the same set from the definition: x is in it iff some K from #{X < x} to #{X <= x} has mixture below 1/level
    rng = np.random.default_rng([n, 7])
    ordered = np.sort(rng.integers(0, 12, n).astype(float))[:, None]  # ties on purpose
    level = 0.05
    a, b = sequences._prior(level) * q, sequences._prior(level) * (1 - q)
    ratio = [stats.betabinom.logpmf(k, n, a, b) - stats.binom.logpmf(k, n, q) for k in range(n + 1)]
    low, high = (float(end[0]) for end in sequences.order_statistics(ordered, level, q))
    for x in np.arange(-1.0, 13.0, 0.5):
        below, upto = int((ordered < x).sum()), int((ordered <= x).sum())
        kept = any(ratio[k] < math.log(1 / level) for k in range(below, upto + 1))
        assert kept == (low <= x <= high)


@pytest.mark.false_alarm(ALARM)
@pytest.mark.parametrize(("level", "runs"), [(1e-1, 2000), (1e-2, 5000)])
@pytest.mark.parametrize("law", ["cauchy", "ties"])
def test_order_statistics_cover_at_every_look(law, level, runs):
    rng = np.random.default_rng([runs, 8])
    x = rng.standard_cauchy((200, runs)) if law == "cauchy" else rng.integers(-1, 2, (200, runs)).astype(float)  # the median is 0
    out = np.zeros(runs, dtype=bool)
    for n in (1, 2, 5, 10, 20, 40, 80, 140, 200):
        low, high = sequences.order_statistics(np.sort(x[:n], axis=0), level)
        out |= (low > 0) | (high < 0)
    assert not too_many(int(out.sum()), runs, level)


numbers = arrays(np.float64, st.tuples(st.integers(64, 90), st.integers(1, 3)), elements=st.integers(-1000, 1000).map(float))


@given(numbers, levels, st.floats(-100, 100), st.sampled_from([0.125, 2.0, 1024.0]))
def test_student_follows_scale_and_shift(x, level, shift, scale):
    w = np.linspace(0.5, 3, len(x))
    half = sequences.student(w, x, level)
    np.testing.assert_array_equal(sequences.student(w, scale * x, level), scale * half)  # powers of two: no rounding
    moved = sequences.student(w, -x + shift, level)
    spread = x.std(axis=0) > 0  # of equal numbers, round-off is all there is
    np.testing.assert_allclose(moved[spread], half[spread], rtol=1e-8)  # 1e3 of cancellation, twice cubed


@given(numbers, levels, levels)
def test_every_sequence_is_wider_at_a_smaller_level(x, one, other):
    small, large = sorted((one, other))
    w = np.ones(len(x))
    assert np.all(sequences.student(w, x, small) >= sequences.student(w, x, large) * (1 - 1e-12))  # round-off
    for q in (0.5, 0.1):
        ends = [sequences.order_statistics(np.sort(x, axis=0), level, q) for level in (small, large)]
        assert np.all(ends[0][0] <= ends[1][0]) or small > large / 2  # the prior follows the level: a hair may cross
        assert np.all(ends[0][1] >= ends[1][1]) or small > large / 2


@given(numbers, levels, st.floats(0.05, 0.95))
def test_order_statistics_follow_monotone_maps(x, level, q):
    x = np.sort(x, axis=0)
    low, high = sequences.order_statistics(x, level, q)
    mapped = sequences.order_statistics(np.arctan(x), level, q)
    assert np.array_equal(mapped[0][np.isfinite(low)], np.arctan(low[np.isfinite(low)]))
    assert np.array_equal(mapped[1][np.isfinite(high)], np.arctan(high[np.isfinite(high)]))
    turned = sequences.order_statistics(-x[::-1], level, 0.5)
    straight = sequences.order_statistics(x, level, 0.5)
    assert np.array_equal(-turned[1], straight[0])
    assert np.array_equal(-turned[0], straight[1])


@pytest.mark.false_alarm(0)
@given(st.integers(64, 400), levels, st.sampled_from([0.25, 1.0, 8.0]))
def test_equal_weights_are_a_unit_of_precision(n, level, unit):
    # n draws of weight u are n draws of variance 1/u; the interval differs only in where it is tuned to be narrowest
    x = np.random.default_rng(n).standard_normal((n, 1))
    plain = sequences.student(np.ones(n), x, level)
    assert sequences.student(np.full(n, unit), x, level) == pytest.approx(plain, rel=0.35)


@pytest.mark.false_alarm(0)
def test_too_few_draws_say_nothing():
    x = np.random.default_rng(9).standard_normal((sequences.LEAST - 1, 2))
    assert np.all(np.isinf(sequences.student(np.ones(len(x)), x, 0.1)))
    low, high = sequences.order_statistics(np.zeros((3, 1)), 1e-3)
    assert low[0] == -math.inf
    assert high[0] == math.inf
    assert sequences.bernstein(np.zeros((5, 1)), 1e-3, 0.0, 1.0)[1][0] > 1  # more than the range: nothing
    one = np.zeros((64, 1))
    one[0] = 1.0  # a first event among zeros: no narrow interval from it
    assert sequences.student(np.ones(64), one, 1e-6)[0] > 5 / 64


@pytest.mark.false_alarm(ALARM)
@pytest.mark.parametrize(("draws", "accept"), [(64, 1e-2), (400, 1e-2), (400, 1e-1)])
def test_the_least_discrepancy_is_sound(draws, accept):
    gap = sequences.least_discrepancy(1.0, draws, 1e-4, accept)
    runs = 5000
    x = np.random.default_rng([draws, 10]).standard_normal((draws, runs)) + gap
    missed = np.abs(x.mean(axis=0)) <= sequences.student(np.ones(draws), x, 1e-4)
    assert not too_many(int(missed.sum()), runs, accept)


@pytest.mark.parametrize("draws", [200, 2000, 20_000])
def test_the_least_discrepancy_is_within_a_factor_two_in_draws_of_the_fixed_sample(draws):
    refute, accept = 1e-6, 1e-3
    best = -(special.ndtri(refute / 2) + special.ndtri(accept))  # z-test at this many draws, no peeking
    assert 1 <= (sequences.least_discrepancy(1.0, draws, refute, accept) * math.sqrt(draws) / best) ** 2 < 2


@given(st.floats(0.02, 1.0), st.floats(0.1, 10.0))
def test_draws_needed_inverts_the_least_discrepancy(gap, spread):
    draws = sequences.draws_needed(spread, gap * spread, 1e-6, 1e-3)
    assert sequences.least_discrepancy(spread, draws, 1e-6, 1e-3) <= gap * spread
    assert draws == sequences.LEAST or sequences.least_discrepancy(spread, draws - 1, 1e-6, 1e-3) > gap * spread
