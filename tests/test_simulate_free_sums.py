"""Simulators of sums, products and ratios of random matrices: exact moments at finite size, other routes, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from simulate import free_sums
from simulate.streams import stream

DRAWS = 4000
Z = 6.0  # standard errors: 2e-9 for a normal mean


def agree(values, expected):
    """The mean of independent values is `expected`, to Z standard errors."""
    assert abs(values.mean() - expected) <= Z * values.std(ddof=1) / np.sqrt(len(values))


@pytest.mark.false_alarm(3 * 3e-9)
def test_moments_of_a_wigner_and_a_wishart_matrix():
    n, p = 8, 4
    w = free_sums.wigner_plus_wishart(n=n, gamma=p / n, sigma2=0.5, draws=DRAWS, rng=stream(0, "sum"))
    assert w.shape == (DRAWS, p)
    agree(w.mean(axis=1), 1.0)
    # E tr(W^2)/p = (p + 1)/p; E tr(A^2)/p = 1 + (p + 1)/n
    agree((w**2).mean(axis=1), 0.5 * (p + 1) / p + 1 + (p + 1) / n)
    s = free_sums.signal_plus_noise(n=6, spectrum="atoms:1@0.5,3@0.5", sigma2=2.0, draws=DRAWS, rng=stream(0, "noise"))
    agree((s**2).mean(axis=1), 5.0 + 2.0 * 7 / 6)


@pytest.mark.false_alarm(2 * 3e-9)
def test_moments_of_the_anticommutator():
    n, rho = 6, 0.5
    w = free_sums.anticommutator(n=n, rho=rho, draws=DRAWS, rng=stream(0, "anti"))
    agree(w.mean(axis=1), 2 * rho * (n + 1) / n)
    flat = free_sums.anticommutator(n=n, draws=DRAWS, rng=stream(1, "anti"))
    rng = np.random.default_rng(7)
    g = rng.standard_normal((2, DRAWS, n, n))
    x, y = (g + g.swapaxes(2, 3)) / np.sqrt(2 * n)
    other = np.linalg.eigvalsh(x @ y + y @ x)
    difference = (flat**2).mean(axis=1) - (other**2).mean(axis=1)
    agree(difference, 0.0)


@pytest.mark.false_alarm(3 * 3e-9)
def test_ratios_products_and_signals():
    w = free_sums.double_wishart(n=6, gamma=0.5, rows=2.0, draws=DRAWS, rng=stream(0, "ratio"))
    assert np.all((w > 0) & (w < 1))
    agree(w.mean(axis=1), 6 / 18)  # matrix beta: n/(n + k)
    q = free_sums.wishart_product(n=4, gamma=1.5, draws=DRAWS, rng=stream(0, "product"))
    assert q.shape == (DRAWS, 6)
    assert np.all(q[:, :2] == 0)
    agree(q.mean(axis=1), 1.0)
    t = free_sums.information_plus_noise(
        n=8, gamma=0.5, spectrum="atoms:4@0.5,1@0.5", sigma2=0.5, draws=DRAWS, rng=stream(0, "t")
    )
    agree(t.mean(axis=1), 2.5 + 0.5)


@pytest.mark.false_alarm(0)  # holds for every draw
def test_without_noise_the_signal_is_left():
    rng = stream(0, "none")
    t = free_sums.information_plus_noise(n=8, gamma=0.5, spectrum="atoms:4@0.5,1@0.5", sigma2=0.0, draws=1, rng=rng)
    np.testing.assert_allclose(t, [[1, 1, 4, 4]], rtol=1e-14)
    s = free_sums.signal_plus_noise(n=4, spectrum="atoms:4@0.5,1@0.5", sigma2=0.0, draws=1, rng=rng)
    np.testing.assert_allclose(s, [[1, 1, 4, 4]], rtol=1e-14)


@pytest.mark.false_alarm(0)  # holds for every draw
@pytest.mark.parametrize(
    ("simulator", "given"),
    [
        (free_sums.anticommutator, {"rho": 1.5}),
        (free_sums.double_wishart, {"gamma": 3.0}),
        (free_sums.information_plus_noise, {"gamma": 2.0}),
    ],
)
def test_refusals(simulator, given):
    with pytest.raises(ValueError, match="is refused"):
        simulator(n=4, draws=1, rng=stream(0), **given)
