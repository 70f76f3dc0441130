"""Phases in the signal-to-noise ratio: 700 digits, and the risks on both sides of them."""

import numpy as np
import pytest
from mpmath import mp, mpf

from asymptotics import phases, spherical_features


@pytest.mark.parametrize("inputs", [1e-300, 1e-160, 1e-6, 0.1, 0.999, 1.0, 1.001, 7.0, 1e6, 1e160, 1e300])
@pytest.mark.parametrize("z2", [1e-6, 0.3, 2.75, 1e6])
def test_many_digits(inputs, z2, monkeypatch):
    monkeypatch.setattr(phases, "_zeta2", lambda activation: z2)
    with mp.workdps(700):
        psi = 1 / mpf(inputs)
        b = psi * z2 - mpf(z2) - 1
        w = (mp.sqrt(b * b + 4 * psi * z2) + b) / 2
        exact = float(w / (2 * psi - (1 - psi) * w))
    assert phases.overparametrisation(inputs=inputs, activation="relu") == pytest.approx(exact, rel=2e-15)  # measured 1.3e-15


@pytest.mark.parametrize("activation", ["relu", "tanh", "sign"])
@pytest.mark.parametrize("inputs", [0.2, 1.0, 3.0])
def test_the_best_penalty_leaves_zero_at_the_phase(activation, inputs):
    noise = 1 / phases.interpolation(activation=activation)
    delta = np.geomspace(1e-6, 1e3, 400)
    for factor, interpolates in ((0.98, True), (1.02, False)):
        at = {"inputs": inputs, "activation": activation, "nonlinear": 0.1 * factor * noise, "sigma2": 0.9 * factor * noise}
        best = spherical_features.wide(delta=delta, **at).excess.min()
        assert (best >= spherical_features.wide(delta=0.0, **at).excess) == interpolates


@pytest.mark.parametrize("activation", ["relu", "tanh", "sign"])
@pytest.mark.parametrize("inputs", [0.2, 1.0, 3.0])
def test_many_features_are_best_beyond_the_phase(activation, inputs):
    noise = 1 / phases.overparametrisation(inputs=inputs, activation=activation)
    gamma = np.geomspace(1e-6, 1e3, 500)
    for factor, best in ((0.98, True), (1.02, False)):
        at = {"activation": activation, "nonlinear": 0.3 * factor * noise, "sigma2": 0.7 * factor * noise}
        end = spherical_features.wide(inputs=inputs, delta=0.0, **at).excess
        assert np.all(spherical_features.ridgeless(gamma=gamma, psi=inputs / gamma, **at).excess >= end) == best


def test_linear_activations_have_no_phase():
    for activation in ("identity", lambda t: t, lambda t: 2 - 3 * t):
        with pytest.raises(ValueError, match="linear"):
            phases.interpolation(activation=activation)
        with pytest.raises(ValueError, match="linear"):
            phases.overparametrisation(inputs=1.0, activation=activation)
