"""The measured split against the same four fits written out, and its sum against the risks of one fit."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simulate import designs, spherical_features
from simulate.decomposition import gaussian, operator, spherical
from simulate.ensembles import ridge as ensemble
from tests.test_simulate_ridge import RATE, Z

NAMES = ("bias2", "v_x", "v_w", "v_xw", "v_xe", "v_xwe")


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("lam", [0.0, 0.3])
@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_the_split_of_four_fits_written_out(gamma: float, lam: float) -> None:
    """In the coordinates of x: beta_hat - beta = E beta + R noise, and every product of two of the four."""
    n, psi, sigma2 = 12, 1.5, 0.7
    k = round(gamma * n)
    p = round(psi * k)
    given = {"spectrum": "power:1", "signal": "top:0.5", "lam": lam, "r2": 2.0, "sigma2": sigma2}
    found = gaussian(n=n, gamma=gamma, psi=psi, draws=1, rng=np.random.default_rng(4), **given)
    rng, s, v = np.random.default_rng(4), designs.parse("power:1", p), designs.energies("top:0.5", 2.0, p)
    fill, rows = designs.rows("power:1", "gaussian", p), [np.empty((n, p)), np.empty((n, p))]
    for x in rows:
        fill(x, rng)
    weights = [rng.standard_normal((k, p)) for _ in (0, 1)]
    signal, noise = {}, {}
    for i, x in enumerate(rows):
        for j, g in enumerate(weights):
            H = x @ g.T / math.sqrt(k)
            fit = np.linalg.pinv(H) if lam == 0 else np.linalg.solve(H.T @ H + n * lam * np.eye(k), H.T)
            R = g.T @ fit / math.sqrt(k)
            signal[i, j], noise[i, j] = np.sqrt(s)[:, None] * (R @ x - np.eye(p)) * np.sqrt(v), np.sqrt(s)[:, None] * R

    def mean(table: dict, di: int, dj: int) -> float:
        return float(np.mean([np.vdot(table[i, j], table[i ^ di, j ^ dj]) for i, j in table]))

    ss, sx, sw, so = (mean(signal, *d) for d in ((0, 0), (0, 1), (1, 0), (1, 1)))
    es, ex, ew, eo = (sigma2 * mean(noise, *d) for d in ((0, 0), (0, 1), (1, 0), (1, 1)))
    want = (so, sx - so, sw - so, ss - sx - sw + so, ex - eo, es - ex - ew + eo)
    for name, value in zip(NAMES, want, strict=True):
        assert getattr(found, name)[0] == pytest.approx(value, rel=1e-8, abs=1e-10), name  # conditions up to 1e4
    assert found.terms.shape == (1, 6)


@pytest.mark.false_alarm(2 * RATE)
def test_terms_of_gaussian_features_add_up_to_the_risk_of_one_fit() -> None:
    given = {"n": 16, "gamma": 1.5, "psi": 1.0, "lam": 0.1, "sigma2": 0.5, "spectrum": "ar1:0.5", "draws": 1500}
    found = gaussian(rng=np.random.default_rng(1), **given)
    one = ensemble(members=1, rng=np.random.default_rng(2), **given)
    for total, risk in (
        (found.bias2 + found.v_x + found.v_w + found.v_xw, one.bias),
        (found.v_xe + found.v_xwe, one.variance),
    ):
        assert abs(total.mean() - risk.mean()) < Z * math.sqrt((total.var() + risk.var()) / 1500)


@pytest.mark.false_alarm(RATE)
@pytest.mark.parametrize("name", ["relu", "erf"])
def test_terms_on_the_sphere_add_up_to_the_bias_of_one_fit(name: str) -> None:
    given = {"n": 16, "gamma": 1.5, "psi": 0.5, "lam": 0.1, "activation": name, "nonlinear": 0.5, "constant": 0.3, "draws": 800}
    found = spherical(rng=np.random.default_rng(1), **given)
    one = spherical_features.ridge(rng=np.random.default_rng(2), **given)
    total = found.bias2 + found.v_x + found.v_w + found.v_xw
    assert abs(total.mean() - one.bias.mean()) < Z * math.sqrt((total.var() + one.bias.var()) / 800)


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize(("n", "k"), [(8, 20), (20, 8), (10, 10)])
@pytest.mark.parametrize("delta", [0.0, 1e-9, 0.5])
def test_the_operator_is_the_fit(n: int, k: int, delta: float) -> None:
    X = np.random.default_rng([n, k]).standard_normal((n, k))
    left, c, right = np.linalg.svd(X, full_matrices=False)
    want = (right.T * (c / (c**2 + delta))) @ left.T
    np.testing.assert_allclose(operator(X, delta), want, rtol=0, atol=1e-10 * np.abs(want).max())  # conditions up to 1e4, squared


@pytest.mark.false_alarm(0)
def test_bad_input() -> None:
    rng = np.random.default_rng(0)
    for lam in ([0.1, 0.2], -0.1):
        with pytest.raises(ValueError, match="lam"):
            gaussian(n=10, gamma=2.0, psi=1.0, lam=lam, draws=1, rng=rng)
    with pytest.raises(ValueError, match="activation"):
        spherical(n=10, gamma=2.0, psi=1.0, lam=0.1, activation="rely", draws=1, rng=rng)
