"""The fastest sampler has the law of the dense one, and is the one that was meant."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simulate import bartlett, fastest, isotropic, ridge

FIELDS = ("bias", "variance", "excess", "test", "train", "gcv", "norm2", "estimation")
SAME = {"n": 30, "r2": 2.0, "sigma2": 0.5, "draws": 4}


def rng():
    return np.random.default_rng(5)


@pytest.mark.parametrize(
    ("sampler", "given"),
    [
        (isotropic.ridge, {"gamma": 2.0, "lam": [0.0, 0.1]}),
        (isotropic.ridge, {"gamma": 0.5, "lam": 0.1}),
        (bartlett.ridge, {"gamma": 0.5, "lam": 0.1, "spectrum": "ar1:0.5", "signal": "top:0.5"}),
        (ridge.ridge, {"gamma": 2.0, "lam": 0.1, "spectrum": "ar1:0.5"}),
        (ridge.ridge, {"gamma": 0.5, "lam": 0.1, "entries": "rademacher"}),
        (ridge.ridge, {"gamma": 2.0, "lam": -0.01}),
    ],
)
@pytest.mark.false_alarm(0)
def test_it_is_the_sampler_that_applies(sampler, given):
    ours, other = fastest.ridge(**SAME, **given, rng=rng()), sampler(**SAME, **given, rng=rng())
    for field in FIELDS:
        assert np.array_equal(getattr(ours, field), getattr(other, field)), field
    assert ours.loo is None


@pytest.mark.parametrize("given", [{"gamma": 2.0}, {"gamma": 0.5, "spectrum": "ar1:0.5"}])
@pytest.mark.false_alarm(2 * 8 * 3.8e-8)  # |z| < 5.5 in eight fields of two cases
def test_its_law_is_that_of_the_dense_simulation(given, entropy):
    many = {"n": 40, "lam": 0.1, "r2": 2.0, "draws": 2000}
    ours = fastest.ridge(**many, **given, rng=np.random.default_rng([entropy, 1]))
    other = ridge.ridge(**many, **given, rng=np.random.default_rng([entropy, 2]))
    for field in FIELDS:
        x, y = getattr(ours, field), getattr(other, field)
        assert abs(x.mean() - y.mean()) < 5.5 * math.sqrt((x.var() + y.var()) / 2000) + 1e-12, field  # 1e-12: constants
