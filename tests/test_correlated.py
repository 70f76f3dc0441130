"""The correlated interpolator: numbers measured by simulation, values by hand, mpmath, and limits at its pole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf

from asymptotics import isotropic, spectra
from asymptotics.correlated import ridgeless


def test_two_atoms_with_the_signal_on_top():
    # by hand: kappa = 1 for s s' = 1; V = df2/(1 - df2) = .68/.32 = 2.125, B = 2.5, norm = 5 4/5 + 1
    risk = ridgeless(spectra.parse("atoms:4@0.5,0.25@0.5", "top:0.5"), gamma=2, r2=5, sigma2=1)
    assert risk.bias == pytest.approx(2.5, rel=1e-14)  # a few roundings, as below
    assert risk.variance == pytest.approx(2.125, rel=1e-14)
    assert risk.kappa == pytest.approx(1, rel=1e-14)
    assert risk.norm2 == pytest.approx(5, rel=1e-14)


@pytest.mark.parametrize(("exponent", "excess"), [(0, 2.670), (1, 2.318), (-1, 2.749)])
def test_autoregressive_numbers(exponent, excess):
    # simulated at n = 200, p = 400, rho = 0.7, r2 = 5: 2.679(20), 2.321(20), 2.754(20), energies isotropic, as s, as 1/s
    i = np.arange(400)
    values = np.linalg.eigvalsh(0.7 ** np.abs(i[:, None] - i))
    risk = ridgeless(spectra.from_eigenvalues(values, values ** (exponent / 2)), gamma=2, r2=5, sigma2=1)
    assert risk.excess == pytest.approx(excess, abs=6e-4)  # printed to three digits


@given(
    st.lists(st.tuples(st.floats(-3, 3), st.floats(0.05, 1), st.floats(0.01, 1)), min_size=1, max_size=5),
    st.floats(-6, 3).map(lambda e: 1 + 10.0**e),
)
def test_against_mpmath(rows, gamma):
    logs, weights, energies = (np.array(c) for c in zip(*rows, strict=True))
    weights = np.round(weights / weights.sum() * 2**20)  # binary fractions: without rounding, so that gamma may near 1
    weights[0] += 2**20 - weights.sum()
    weights /= 2**20
    risk = ridgeless(spectra.atoms(10.0**logs, weights, energies), gamma=gamma, r2=5, sigma2=1)
    with mp.workdps(50):
        s, w, g = [mpf(v) for v in 10.0**logs], [mpf(v) for v in weights], [mpf(v) for v in energies]
        g, gam = [v / mp.fsum(g) for v in g], mpf(gamma)
        low, high = mpf(10) ** -30, mpf(10) ** 30
        for _ in range(200):
            c = mp.sqrt(low * high)
            over = mp.fsum(b / (1 + c * gam * a) for a, b in zip(s, w, strict=True)) > 1 - 1 / gam
            low, high = (c, high) if over else (low, c)
        second = mp.fsum(b * a**2 / (1 + c * gam * a) ** 2 for a, b in zip(s, w, strict=True))
        first = mp.fsum(b * a / (1 + c * gam * a) ** 2 for a, b in zip(s, w, strict=True))
        rho = gam * c * second / first
        bias = 5 * (1 + rho) * mp.fsum(b * a / (1 + c * gam * a) ** 2 for a, b in zip(s, g, strict=True))
    assert risk.variance == pytest.approx(float(rho), rel=1e-13)  # tens of eps, in log c0
    assert risk.bias == pytest.approx(float(bias), rel=1e-13)
    assert risk.kappa == pytest.approx(float(1 / (c * gam)), rel=1e-13)


@given(st.floats(-12, 3).map(lambda e: 1 + 10.0**e), st.floats(1e-3, 1e3))
def test_isotropic(gamma, r2):
    one, two = ridgeless(spectra.isotropic(), gamma=gamma, r2=r2), isotropic.ridgeless(gamma=gamma, r2=r2)
    for name, value in one.to_dict().items():
        assert value == pytest.approx(getattr(two, name), rel=2e-14), name  # log c0 to eps: |log| <= 28


def test_below_and_at_the_threshold():
    spectrum = spectra.atoms([4.0, 1.0, 0.0], [0.25, 0.25, 0.5], [1.0, 1.0, 2.0])  # half of the features are silent
    risk = ridgeless(spectrum, gamma=[0.5, 1.0, 2.0, 4.0], r2=4, sigma2=1)
    assert risk.variance[:3].tolist() == [1 / 3, 1.0, np.inf]
    assert risk.bias[:3].tolist() == [0, 0, 0]
    assert risk.norm2[:2].tolist() == pytest.approx([2 + 0.5 * 0.3125 / 0.75, 2 + 1 * 0.3125 / 0.5], rel=1e-15)
    assert risk.norm2[2] == np.inf
    assert risk.kappa[:3].tolist() == [0, 0, 0]
    assert risk.bias[3] > 0
    calm = ridgeless(spectrum, gamma=[1.0, 2.0], r2=4, sigma2=0)
    assert calm.excess.tolist() == [0, 0]
    assert calm.norm2.tolist() == [2, 2]


def test_the_dimension_free_setting_is_refused():
    with pytest.raises(ValueError, match=r"spectrum = 3\.0.*mass 1"):
        ridgeless(spectra.multiplicities([1.0], [3.0]), gamma=2)
    with pytest.raises(ValueError, match="gamma = 0"):
        ridgeless(spectra.isotropic(), gamma=0)
    with pytest.raises(ValueError, match="lam"):
        ridgeless(spectra.isotropic(), gamma=2, lam=1)
