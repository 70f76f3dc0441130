"""The threshold of separability against closed sums, mpmath, a direct minimisation of its definition, and Cover's count."""

import itertools
import math

import numpy as np
import pytest
from mpmath import mp, mpf
from scipy.optimize import linprog, minimize, minimize_scalar

from asymptotics.labels import law
from asymptotics.separability import fraction, threshold


def closed(labels, r2):
    """At margin 0 the law of labels gives E (t T - G)_+^2 without an integral: sum w (arccot a - a/(1 + a^2))/(pi s^2)."""
    at = law(labels, r2)

    def value(t):
        s = 1 / math.hypot(1, t)
        a = t * s / np.sqrt(at.inverse + s * s)
        return float(at.weights @ (np.arctan2(1, a) - a / (1 + a * a))) / math.pi / s**2

    return minimize_scalar(value, bounds=(0, 2 + 2 * math.sqrt(r2)), method="bounded", options={"xatol": 1e-9}).fun


@pytest.mark.parametrize("labels", ["logistic", "probit"])
@pytest.mark.parametrize("r2", [1e-4, 0.5, 4.0, 100.0, 1e4])
def test_against_closed_sums(labels, r2):
    assert threshold(r2=r2, labels=labels) == pytest.approx(closed(labels, r2), rel=2e-12)


@pytest.mark.parametrize("r", [0.1, 1.0, 4.0, 10.0])
def test_two_classes_against_mpmath(r):
    with mp.workdps(60):

        def value(t):
            c = t * r / mp.sqrt(1 + t * t)
            return (1 + t * t) * ((1 + c * c) * mp.ncdf(c) + c * mp.npdf(c))

        low, high = mpf(-20), mpf(0)
        for _ in range(150):  # golden section: value is convex
            a, b = high - (high - low) * (mp.sqrt(5) - 1) / 2, low + (high - low) * (mp.sqrt(5) - 1) / 2
            low, high = (low, b) if value(a) < value(b) else (a, high)
        want = value(low)
    assert threshold(r2=r * r, labels="mixture") == pytest.approx(float(want), rel=1e-12)


@pytest.mark.parametrize("b", [0.7, 3.0])
def test_with_an_intercept_against_a_direct_minimisation(b):
    x, w = np.polynomial.hermite_e.hermegauss(80)
    w = w / w.sum()

    def value(t):
        total = 0.0
        for y in (1.0, -1.0):
            over = np.maximum(y * (t[0] + t[1] * x[:, None]) - g[None, :], 0.0)
            total += float((w / (1 + np.exp(-y * (b + 2 * x)))) @ over**2 @ weight)
        return total

    g = np.linspace(-9, 9, 20001)
    weight = np.exp(-0.5 * g**2) / np.sqrt(2 * np.pi) * (g[1] - g[0])
    want = minimize(value, [0.0, 0.0], method="BFGS", options={"gtol": 1e-7}).fun
    assert threshold(r2=4.0, intercept=b) == pytest.approx(want, rel=1e-6)  # the kink on a grid of 1e-3
    assert threshold(r2=4.0, intercept=-b) == pytest.approx(float(threshold(r2=4.0, intercept=b)), rel=1e-12)


def test_limits():
    assert threshold(r2=0.0) == pytest.approx(0.5, rel=1e-15)
    assert threshold(r2=0.0, intercept=[0.0, 2.0, 8.0])[1:].tolist() == sorted(
        threshold(r2=0.0, intercept=[2.0, 8.0]), reverse=True
    )
    assert threshold(r2=1.0, labels="sign") == 0
    assert threshold(r2=1e4) == pytest.approx(1.01499758746e-2, rel=1e-10)
    assert np.all(np.diff(threshold(r2=[0.0, 0.1, 1.0, 10.0])) < 0)


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize(("n", "p"), [(5, 2), (6, 3), (7, 1)])
def test_covers_count_by_all_labellings(n, p):
    X = np.random.default_rng(0).standard_normal((n, p))
    count = 0
    for y in itertools.product([-1.0, 1.0], repeat=n):
        A = np.array(y)[:, None] * X
        count += linprog(np.zeros(p), A_ub=-A, b_ub=-np.ones(n), bounds=(None, None)).status == 0
    assert fraction(n=n, p=p) == pytest.approx(count / 2**n, rel=1e-14)
    assert fraction(n=n, p=n + 3) == 1


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="only logistic and probit"):
        threshold(r2=1.0, labels="mixture", intercept=1.0)
    with pytest.raises(ValueError, match="labels"):
        threshold(r2=1.0, labels="cauchy")
    with pytest.raises(ValueError, match="intercept"):
        threshold(r2=1.0, intercept=np.inf)


@pytest.mark.parametrize("r2", [1400.0, 1500.0, 1600.0, 1e4, 1e6])
def test_classes_so_far_apart_that_no_double_holds_the_threshold(r2):
    assert 0 <= threshold(r2=r2, labels="mixture") < 1e-290


def test_classes_far_apart_decay_as_a_normal_density():
    high, low = threshold(r2=[1000.0, 1200.0], labels="mixture")
    assert np.log(high / low) == pytest.approx(100.0, rel=0.01)  # e^(-r2/2), but for powers of r2


@pytest.mark.parametrize(("given", "name"), [({"n": 2.5, "p": 2}, "n"), ({"n": 0.5, "p": 2}, "n"), ({"n": 3, "p": 1.5}, "p")])
def test_points_are_counted_in_integers(given, name):
    with pytest.raises(ValueError, match=f"^{name} = .*integer"):
        fraction(**given)
    assert fraction(n=[3.0, 4.0], p=2.0).tolist() == [0.75, 0.5]
