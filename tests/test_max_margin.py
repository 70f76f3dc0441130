"""Max margin: against the one equation of two Gaussian classes in mpmath, the definition by quadrature in mpmath, and limits."""

import numpy as np
import pytest
from mpmath import mp, mpf

from asymptotics.max_margin import max_margin
from asymptotics.separability import threshold

FIELDS = ("error", "cosine", "norm2", "margin", "support")


def psi1(c):
    return c * mp.ncdf(c) + mp.npdf(c)


def psi2(c):
    return (1 + c * c) * mp.ncdf(c) + c * mp.npdf(c)


def two_classes(gamma, r2):
    """Every field by 50-digit bisection of gamma psi2(c) + r2 psi1(c)^2 = gamma^2."""
    with mp.workdps(50):
        gamma, r2 = mpf(gamma), mpf(r2)
        low, high = mpf(-45), 2 + 2 * mp.sqrt(gamma)
        for _ in range(180):
            c = (low + high) / 2
            low, high = (c, high) if gamma * psi2(c) + r2 * psi1(c) ** 2 < gamma**2 else (low, c)
        rho = mp.sqrt(r2) * psi1(c) / gamma
        m = c + r2 * psi1(c) / gamma
        return dict(zip(FIELDS, (mp.ncdf(-rho * mp.sqrt(r2)), rho, m**-2, m, mp.ncdf(c)), strict=True))


@pytest.mark.parametrize("gamma", [0.02, 0.5, 1.0, 3.0, 80.0, 1000.0])
@pytest.mark.parametrize("r2", [1e-4, 0.3, 2.25, 30.0, 1e4])
def test_two_gaussian_classes_against_mpmath(gamma, r2):
    found, want = max_margin(gamma=gamma, r2=r2, labels="mixture"), two_classes(gamma, r2)
    if want["margin"] <= 0:
        assert (found.margin, found.error, found.cosine, found.support) == (0, 0.5, 0, 1)
        assert np.isinf(found.norm2)
        return
    for name in FIELDS:
        if want[name] < 1e-300:  # error rates that no double holds
            continue
        scale = 1 + float(r2 * want["cosine"]) if name == "error" else 1.0  # the condition of Phi(-rho r) in rho
        worst = 3e-12 * max(scale, float(1 / want["margin"]))  # of the margin: m = c + rho r is a difference near the threshold
        assert abs(mpf(float(getattr(found, name))) / want[name] - 1) < worst, name


SIGNALS = [("logistic", 1.0, 4.0), ("logistic", 0.3, 100.0), ("probit", 5.0, 0.3), ("sign", 0.05, 1.0)]


@pytest.mark.parametrize(("labels", "gamma", "r2"), SIGNALS)
def test_labels_of_a_signal_satisfy_the_definition_in_mpmath(labels, gamma, r2):
    """E (m - rho T - s G)_+^2 and its derivative in rho, with G in closed form and T by 20-digit quadrature."""
    found = max_margin(gamma=gamma, r2=r2, labels=labels)
    with mp.workdps(20):
        m, rho, r = mpf(float(found.margin)), mpf(float(found.cosine)), mp.sqrt(mpf(r2))
        s = mp.sqrt(1 - rho**2)
        f = {"logistic": lambda t: 1 / (1 + mp.exp(-t)), "probit": mp.ncdf, "sign": lambda t: mpf(t > 0)}[labels]
        knots = sorted({-12, -3, -1, -1 / r, 0, 1 / r, m / rho - s / rho, m / rho, m / rho + s / rho, 1, 3, 12})

        def mean(g):
            return mp.quad(lambda x: 2 * mp.npdf(x) * f(r * x) * g((m - rho * x) / s, x), knots)

        second = s**2 * mean(lambda c, x: psi2(c))
        turn = s * mean(lambda c, x: x * psi1(c)) - rho * (mpf(gamma) - mean(lambda c, x: mp.ncdf(c)))  # stationarity
        error = mean(lambda c, x: mp.ncdf(-rho * x / s))
    tolerance = 1e-12 / (1 - float(rho) ** 2)  # rho is a double: s^2 is known to eps/s^2
    assert float(second / (mpf(gamma) * s**2) - 1) == pytest.approx(0, abs=tolerance)
    assert float(turn) / gamma == pytest.approx(0, abs=tolerance)
    assert found.error == pytest.approx(float(error), rel=tolerance)


@pytest.mark.parametrize("labels", ["mixture", "logistic", "probit"])
def test_it_separates_just_above_the_threshold_and_not_just_below(labels):
    edge = float(threshold(r2=4.0, labels=labels))
    found = max_margin(gamma=[edge * (1 - 1e-6), edge * (1 + 1e-6)], r2=4.0, labels=labels)
    assert found.margin[0] == 0
    assert 0 < found.margin[1] < 1e-5


def test_random_labels_and_very_many_features():
    found = max_margin(gamma=[0.4, 0.75, 1.0], r2=0.0, labels="logistic")
    assert found.margin[0] == 0
    assert found.margin[2] == pytest.approx(float(two_classes(1.0, 0.0)["margin"]), rel=1e-13)
    np.testing.assert_array_equal(found.cosine, 0)
    np.testing.assert_array_equal(found.error, 0.5)
    many = max_margin(gamma=1e4, r2=4.0, labels="mixture")
    assert many.margin == pytest.approx(100, rel=1e-3)  # every row is a support vector: |w|^2 = 1/gamma
    assert many.support == pytest.approx(1, abs=1e-12)


def test_noise_in_the_labels_hurts_and_fields_broadcast():
    found = [max_margin(gamma=1.0, r2=4.0, labels=labels) for labels in ("sign", "probit", "logistic")]
    errors = [float(at.error) for at in found]
    assert errors == sorted(errors)
    grid = max_margin(gamma=np.array([1.0, 2.0])[:, None], r2=[1.0, 2.25, 4.0], labels="mixture")
    assert grid.margin.shape == (2, 3)
    assert grid.margin[0, 1] == pytest.approx(1.0669313064948218, rel=1e-13)
    assert grid.error[0, 1] == pytest.approx(0.16144112104100838, rel=1e-13)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="gamma"):
        max_margin(gamma=0.0)
    with pytest.raises(ValueError, match="r2"):
        max_margin(gamma=1.0, r2=-1.0)
    with pytest.raises(ValueError, match="labels"):
        max_margin(gamma=1.0, labels="hinge")
