"""Eigenlearning: modes against sums at 60 digits, the two splits of the test error, targets that the kernel does not see."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf

from asymptotics.eigenlearning import modes, target
from asymptotics.ridge import ridge

VALUES, COUNTS, POWERS = [1.0, 0.3, 1e-2, 3e-4], [1, 9, 40, 50], [0.5, 2.0, 1.0, 0.25]


def oracle(values, counts, powers, n, delta, sigma2, unseen=0.0):
    """kappa by bisection of (K) in its plain form, then (1) and (2), at 60 digits."""
    with mp.workdps(60):
        s, N, q = [mpf(v) for v in values], [mpf(c) for c in counts], [mpf(p) for p in powers]
        n, delta = mpf(n), mpf(delta)

        def excess(t):
            k = mp.exp(t)
            return sum(c * a / (a + k) for a, c in zip(s, N, strict=True)) + delta / k - n

        low, high = mpf(-200), mp.log((sum(a * c for a, c in zip(s, N, strict=True)) + delta) / n)
        for _ in range(230):
            middle = (low + high) / 2
            low, high = (middle, high) if excess(middle) > 0 else (low, middle)
        k = mp.exp(low)
        L = [a / (a + k) for a in s]
        E0 = n / (n - sum(c * l * l for c, l in zip(N, L, strict=True)))
        bias = [(1 - l) ** 2 * p for l, p in zip(L, q, strict=True)]
        test = E0 * (sum(bias) + unseen + sigma2)
        return (
            [[float(v) for v in row] for row in (L, [E0 * b for b in bias], bias, [l * l * test / n for l in L])],
            float(E0),
            float(test),
        )


@given(st.sampled_from([3, 10, 49, 99, 100, 101, 400]), st.sampled_from([1e-14, 1e-6, 0.1, 1e3]), st.sampled_from([0.0, 0.5]))
def test_modes_against_sums(n, delta, sigma2):
    rows, E0, test = oracle(VALUES, COUNTS, POWERS, n, delta, sigma2)
    spectrum = target(VALUES, COUNTS, POWERS)
    found = modes(spectrum, eigenvalue=VALUES, power=POWERS, n=n, delta=delta, sigma2=sigma2)
    for name, row in zip(("learnability", "error", "bias", "variance"), rows, strict=True):
        assert getattr(found, name) == pytest.approx(row, rel=2e-14, abs=1e-300), name  # of some ten operations each
    assert found.overfitting[0] == pytest.approx(E0, rel=2e-14)
    at = ridge(spectrum, n=n, delta=delta, sigma2=sigma2)
    assert at.test == pytest.approx(test, rel=2e-14)
    assert at.df1 == pytest.approx(np.dot(COUNTS, found.learnability), rel=1e-14)
    assert at.df1 <= n
    # the two splits: what a mode adds to the test error, and where the error sits
    assert at.test == pytest.approx(found.error.sum() + found.overfitting[0] * sigma2, rel=1e-14)
    assert at.excess == pytest.approx(found.bias.sum() + np.dot(COUNTS, found.variance), rel=1e-13)


def test_power_that_the_kernel_does_not_see_acts_as_noise():
    with_it = target([*VALUES, 0.0], [*COUNTS, 7], [*POWERS, 0.75])
    at = ridge(with_it, n=40, delta=0.1, sigma2=0.25)
    noisy = ridge(target(VALUES, COUNTS, POWERS), n=40, delta=0.1, sigma2=1.0)
    assert at.test == pytest.approx(noisy.test, rel=1e-14)
    assert at.train == pytest.approx(noisy.train, rel=1e-14)
    assert at.bias == pytest.approx(noisy.test - noisy.variance / 4 - 0.25, rel=1e-14)


def test_the_threshold():
    spectrum = target([1.0, 0.0], [10, 3], [1.0, 0.5])
    assert ridge(spectrum, n=10, delta=0.0, sigma2=0.0).test == np.inf  # the unseen part is fitted as noise
    assert ridge(target([1.0], [10], [1.0]), n=10, delta=0.0, sigma2=0.0).test == 0
    found = modes(spectrum, eigenvalue=[1.0, 0.0], power=[1.0, 0.5], n=10, delta=0.0, sigma2=0.0)
    assert found.overfitting.tolist() == [np.inf, np.inf]
    assert found.error.tolist() == [0, np.inf]
    assert found.variance.tolist() == [np.inf, 0]


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: target([1.0], [2], [-1.0]), "powers"),
        (lambda: target([-1.0], [2], [1.0]), "values"),
        (lambda: target([1.0, 0.0], [2, 2], [0.0, 1.0]), "positive"),
        (lambda: target([1.0, 0.5], [2], [1.0]), "one count"),
        (lambda: target([0.0], [2], [1.0]), "positive"),
        (lambda: modes(target([1.0], [2], [1.0]), eigenvalue=-1.0, n=3, delta=0.0), "eigenvalue"),
        (lambda: modes(target([1.0], [2], [1.0]), eigenvalue=1.0, n=3, delta=-0.1), "delta"),
        (lambda: modes(target([1.0], [2], [1.0]), eigenvalue=1.0, n=3, ridge=0.1), "delta="),
    ],
)
def test_bad_arguments(call, word):
    with pytest.raises(ValueError, match=word):
        call()
