"""Hermite constants of activations against mpmath, and the quadrature against the closed forms."""

import numpy as np
import pytest
from mpmath import mp, mpf

from asymptotics.activations import NAMED, Hermite, function, hermite, normalized
from asymptotics.errors import ConvergenceError

CLOSED = [name for name, (_, constants) in NAMED.items() if constants is not None]


def oracle(f, *breaks):
    """(mu0, mu1, mu_star2) by mpmath at 50 digits; `breaks` are the kinks and jumps of f."""
    with mp.workdps(50):
        points = sorted({-40, *range(-20, 21, 2), 40, *breaks})

        def mean(g):
            return mp.quad(lambda t: g(t) * mp.npdf(t), points)

        mu0, mu1 = mean(f), mean(lambda t: t * f(t))
        return float(mu0), float(mu1), float(mean(lambda t: (f(t) - mu0 - mu1 * t) ** 2))


def close(got: Hermite, want, rel):
    size = np.sqrt(want[0] ** 2 + want[1] ** 2 + want[2])
    assert abs(got.mu0 - want[0]) <= rel * size
    assert abs(got.mu1 - want[1]) <= rel * size
    assert abs(got.mu_star2 - want[2]) <= rel * size**2


MP = {
    "identity": lambda t: t,
    "relu": lambda t: max(t, mpf(0)),
    "abs": abs,
    "sign": mp.sign,
    "erf": mp.erf,
    "purely_nonlinear": lambda t: (abs(t) - mp.sqrt(2 / mp.pi)) / mp.sqrt(1 - 2 / mp.pi),
    "tanh": mp.tanh,
}


@pytest.mark.parametrize("name", NAMED)
def test_named_constants_against_mpmath(name):
    close(hermite(name), oracle(MP[name], 0), 1e-15 if name in CLOSED else 1e-14)  # a few eps; quadrature: sum of panels


@pytest.mark.parametrize("name", CLOSED)
def test_quadrature_of_the_same_function_finds_the_closed_form(name):
    constants = hermite(name)
    close(hermite(function(name)), (constants.mu0, constants.mu1, constants.mu_star2), 1e-14)  # sum of panels


@pytest.mark.parametrize(
    ("f", "exact", "breaks"),
    [
        (lambda t: np.logaddexp(0, t), lambda t: mp.log1p(mp.exp(t)), ()),
        (np.exp, mp.exp, ()),
        (lambda t: np.cos(7 * t), lambda t: mp.cos(7 * t), ()),
        (lambda t: np.maximum(t - 0.3, 0), lambda t: max(t - mpf(0.3), 0), (mpf(0.3),)),
        (lambda t: 1.0 * (t > 1 / 3), lambda t: 1 if t > mpf(1 / 3) else 0, (mpf(1 / 3),)),
        (lambda t: 1e6 * t**3, lambda t: mpf(10) ** 6 * t**3, ()),
        (lambda t: np.exp(t * t / 5), lambda t: mp.exp(t * t / 5), tuple(range(-120, 121, 5))),
    ],
)
def test_callables_against_mpmath(f, exact, breaks):
    close(hermite(f), oracle(exact, *breaks), 2e-14)  # panels agree to 2e-16 of the scale each


@pytest.mark.parametrize("jump", [0.0, 1e-12, 1e-6, 1e-3, 0.1234567, 0.499999, 0.500001, 0.777, -2.3])
def test_jumps_anywhere(jump):
    with mp.workdps(50):  # E 1(G > a) = Phi(-a), E G 1(G > a) = phi(a)
        mu0, mu1 = mp.ncdf(-mpf(jump)), mp.npdf(mpf(jump))
        exact = float(mu0), float(mu1), float(mu0 - mu0**2 - mu1**2)
    close(hermite(lambda t: 1.0 * (t > jump)), exact, 3e-15)  # measured 2e-15


@pytest.mark.parametrize("height", [1.0, -0.01])
@pytest.mark.parametrize(
    ("start", "width"), [(1.3, 0.01), (0.7, 0.01), (1.3, 1e-3), (-0.2503, 6.3e-4), (0.0625, 6.3e-4), (6.0, 7e-4)]
)
def test_narrow_features_are_seen(height, start, width):
    found = hermite(lambda t: np.tanh(t) + height * ((t > start) & (t < start + width)))
    with mp.workdps(30):
        exact = float(height * (mp.ncdf(mpf(start + width)) - mp.ncdf(mpf(start))))
    assert found.mu0 == pytest.approx(exact, rel=1e-9, abs=1e-15)  # abs: of sqrt(E f^2)


def test_a_narrow_bump_alone():
    found = hermite(lambda t: np.exp(-(((t - 3.333) / 1e-3) ** 2)))
    with mp.workdps(30):
        exact = mp.quad(lambda t: mp.exp(-(((t - mpf(3.333)) / mpf(1e-3)) ** 2)) * mp.npdf(t), [3.323, 3.333, 3.343])
    assert found.mu0 == pytest.approx(float(exact), rel=1e-12)


@pytest.mark.parametrize("f", [lambda t: t, lambda t: 3 * t, lambda t: t + 5, lambda t: t / 7 - 1e3, lambda t: 0.1 * t + 0.2 * t])
def test_linear_callables_have_no_tail(f):
    assert hermite(f).mu_star2 == 0
    assert hermite(f).linear == 1


def test_nearly_linear_activation_keeps_its_small_remainder():
    # f = t + e (t^2 - 1) has mu_star2 = 2 e^2; E f^2 - mu1^2 would have no digit left
    e = 1e-7
    assert hermite(lambda t: t + e * (t * t - 1)).mu_star2 == pytest.approx(2 * e * e, rel=1e-7)  # f itself is rounded at eps / e


@pytest.mark.parametrize("name", NAMED)
def test_normalized_has_mean_zero_variance_one_and_the_same_linear_share(name):
    constants = hermite(normalized(name))
    close(constants, (0.0, np.sqrt(hermite(name).linear), 1 - hermite(name).linear), 1e-13)
    assert constants.variance == pytest.approx(1, rel=1e-13)  # quadrature once more


@pytest.mark.false_alarm(0)
def test_bad_activations_are_refused_by_name():
    with pytest.raises(ValueError, match=r"activation = 'rleu'.*relu"):
        hermite("rleu")
    with pytest.raises(ValueError, match="activation = 3"):
        hermite(3)
    with pytest.raises(ValueError, match="constant"):
        hermite(lambda t: np.ones_like(t))
    with pytest.raises(ValueError, match="constant"):
        hermite(np.zeros_like)
    with pytest.raises(ValueError, match="finite values"):
        hermite(lambda t: np.where(t > 1, np.nan, t))
    with pytest.raises(ValueError, match="same shape"):
        hermite(lambda t: t.sum())
    rng = np.random.default_rng(0)
    with pytest.raises(ConvergenceError, match="noisy"):
        hermite(lambda t: rng.standard_normal(t.shape))
