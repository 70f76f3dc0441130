"""Logistic regression's limit: published numbers, the teacher-student fixed point, the slope of the optimum, and limits."""

import math

import numpy as np
import pytest

import theorems
from asymptotics.logistic import ridge, ridgeless
from asymptotics.max_margin import max_margin
from asymptotics.separability import threshold

POINTS = [
    ("logistic", 0.5, 0.1, 4.0),
    ("logistic", 3.0, 1e-6, 9.0),
    ("mixture", 2.0, 0.05, 2.25),
    ("probit", 0.2, 1e-3, 30.0),
    ("sign", 0.05, 1e-2, 1.0),
    ("mixture", 20.0, 1.0, 0.3),
]


def test_the_inflation_of_the_likelihood_estimate_as_published():
    """sur2019modern: at p/n = 0.2 and signal strength sqrt 5 the estimate is alpha beta + noise with alpha = 1.4994."""
    at = ridgeless(gamma=0.2, r2=5.0)
    assert math.sqrt(at.norm2) * at.cosine / math.sqrt(5) == pytest.approx(1.4994, abs=1e-4)  # printed to 4 digits


@pytest.mark.parametrize("case", [1, 3])
def test_every_overlap_is_that_of_the_teacher_student_fixed_point(case):
    record = theorems.load("salehi2019.state_evolution")["salehi2019.state_evolution"]
    given = record.parameters(**record.cases[case])
    assert ridge(**given).norm2 == pytest.approx(float(record.claim.other(**given)), rel=1e-13)


@pytest.mark.parametrize(("labels", "gamma", "lam", "r2"), POINTS)
def test_the_slope_of_the_optimum_is_half_the_squared_norm(labels, gamma, lam, r2):
    def optimum(penalty):
        at = ridge(gamma=gamma, lam=penalty, r2=r2, labels=labels)
        return at.train + penalty / 2 * at.norm2

    h = 1e-3
    a, b, c, d = (optimum(lam * math.exp(k * h)) for k in (2, 1, -1, -2))
    slope = (8 * (b - c) - (a - d)) / (12 * h) / lam
    assert ridge(gamma=gamma, lam=lam, r2=r2, labels=labels).norm2 / 2 == pytest.approx(slope, rel=1e-9)  # h^4, and 1e-13/h


@pytest.mark.parametrize("labels", ["mixture", "logistic", "probit", "sign"])
def test_a_vanishing_penalty_leads_to_the_limit(labels):
    edge = float(threshold(r2=4.0, labels=labels))
    if edge > 0:
        limit, near = (ridge(gamma=0.5 * edge, lam=lam, r2=4.0, labels=labels) for lam in (0.0, 1e-9))
        for name, value in limit.to_dict().items():
            assert getattr(near, name) == pytest.approx(value, rel=1e-5), name  # of order lam
    gamma = 2 * edge + 0.5
    limit, margin = ridgeless(gamma=gamma, r2=4.0, labels=labels), max_margin(gamma=gamma, r2=4.0, labels=labels)
    assert (limit.error, limit.cosine, limit.train, limit.train_error) == (margin.error, margin.cosine, 0, 0)
    assert np.isinf(limit.norm2)
    assert np.isinf(limit.test)
    cosines = ridge(gamma=gamma, lam=[1e-4, 1e-8, 1e-11], r2=4.0, labels=labels).cosine
    gaps = np.abs(cosines - margin.cosine)
    assert gaps[2] < gaps[1] < gaps[0]
    assert gaps[2] < 0.1 * (1 - margin.cosine)  # as 1/log lam


def test_few_features_and_large_penalties():
    few = ridgeless(gamma=1e-5, r2=[0.5, 4.0])
    np.testing.assert_allclose(np.sqrt(few.norm2), np.sqrt([0.5, 4.0]), rtol=1e-3)  # of order gamma
    np.testing.assert_allclose(few.train, few.test, rtol=1e-3)
    two = ridgeless(gamma=1e-5, r2=1.0, labels="mixture")
    assert math.sqrt(two.norm2) == pytest.approx(2, rel=1e-3)  # log odds of two classes: 2 <mu, x>
    far = ridge(gamma=2.0, lam=1e6, r2=4.0, labels="mixture")  # w = mean(y x)/(2 lam)
    assert far.norm2 * 4e12 == pytest.approx(4 + 2, rel=1e-5)
    assert far.cosine == pytest.approx(2 / math.sqrt(6), rel=1e-5)
    assert far.train == pytest.approx(math.log(2), rel=1e-5)


def test_without_signal_two_models_are_one():
    a, b = (ridge(gamma=0.3, lam=[0.0, 0.1], r2=0.0, labels=labels).to_dict() for labels in ("logistic", "mixture"))
    for name in a:
        np.testing.assert_allclose(a[name], b[name], rtol=1e-11, err_msg=name)
    assert a["error"].tolist() == [0.5, 0.5]


@pytest.mark.parametrize("near", [0.99, 0.9999])
def test_near_the_threshold(near):
    gamma = near * float(threshold(r2=4.0))
    at, limit = ridgeless(gamma=gamma, r2=4.0), max_margin(gamma=1.0001 * float(threshold(r2=4.0)), r2=4.0)
    assert at.norm2 > 0.1 / (1 - near) ** 1.5
    assert abs(at.cosine - limit.cosine) < 3 * (1 - near) + 1e-3


def test_bad_input_is_refused_and_fields_broadcast():
    with pytest.raises(ValueError, match="lam"):
        ridge(gamma=1.0, lam=-0.1)
    with pytest.raises(ValueError, match="alpha"):
        ridge(gamma=1.0, lam=0.1, alpha=1.0)
    assert ridge(gamma=np.array([0.5, 2.0])[:, None], lam=[0.1, 1.0], r2=1.0).error.shape == (2, 2)
