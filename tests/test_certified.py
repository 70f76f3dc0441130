"""`certified=True`: enclosures hold 100-digit values by other routes, agree with the floats, and break when their formula is broken."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import fields, is_dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from asymptotics import eigenlearning, equivalents, isotropic, marchenko_pastur, max_margin, ridge, spectra, spherical_features
from asymptotics.certified import Enclosure, calls
from asymptotics.errors import ConvergenceError
from tests import closed_form_oracles as old
from tests.certified_cases import FAMILIES, failures, parts

pytest.importorskip("flint")

RNG = np.random.default_rng(20261121)
EPS = 2.0**-52
N = 60
GAMMA, LAM = old.points(N, RNG)
LAM[::7] = 0.0
R2, SIGMA2 = old.scales(N, RNG)
SCALE = {"r2": R2, "sigma2": SIGMA2}
OFF = np.where((LAM == 0) & (GAMMA == 1), 2.0, GAMMA)  # away from the pole
SHARE = np.concatenate([RNG.random(N // 2), 10 ** RNG.uniform(-12, 0, N - N // 2)])
X, XGAMMA = old.support_points(N, RNG)
Z = np.where(RNG.random(N) < 0.5, -LAM - 1e-30, 4 * (1 + GAMMA))
LEVEL, UGAMMA = old.levels(N, RNG)
SIZE, COUNT = RNG.integers(1, 40, (2, N)).astype(float)
ALPHA = 1 + 10 ** RNG.uniform(-1, 0.5, N)
BETA = 1 + 2 * ALPHA * RNG.uniform(0.01, 0.99, N)
TAU = np.where(RNG.random(N) < 0.5, RNG.random(N), 10 ** RNG.uniform(-14, 0, N))
FREE = 10 ** RNG.uniform(-1, 1, N)
PENALTY = RNG.choice([0.0, 1e-18, 1e-9, 0.1, 30.0], N)
PROPORTIONAL = spectra.atoms([4.0, 1.0, 0.01, 0.0], [0.25, 0.5, 0.125, 0.125])
FINITE = spectra.multiplicities([4.0, 1.0, 1e-5, 0.0], [5, 20, 12, 2], [1.0, 2.0, 0.5, 0.1])
KERNEL = eigenlearning.target([1.0, 0.1, 0.0], [20, 12, 5], [5.0, 1.0, 2.0])
PSI = {
    "gamma": 2.0 ** RNG.integers(-3, 4, N),
    "psi": FREE,
    "lam": PENALTY,
}  # gamma psi is a double: rounding it is felt near n = d
WIDTHS = {"n": SIZE, "k": np.where(RNG.random(N) < 0.5, SIZE, COUNT), "delta": PENALTY}
CURVED = {"gamma": OFF, "psi": FREE, "activation": "relu"}

#: module.function -> (arguments, how many eps the float may be off: what its docstring promises)
CALLS: dict[str, tuple[tuple, dict, float]] = {
    "isotropic.edge": ((), {"gamma": GAMMA}, 3),
    "isotropic.stieltjes": ((), {"gamma": GAMMA, "lam": LAM}, 3),
    "isotropic.companion": ((), {"gamma": GAMMA, "lam": LAM}, 3),
    "isotropic.effective_ridge": ((), {"gamma": GAMMA, "lam": LAM}, 3),
    "isotropic.ridge": ((), {"gamma": GAMMA, "lam": LAM, **SCALE}, 5),
    "isotropic.ridgeless": ((), {"gamma": GAMMA, **SCALE}, 5),
    "isotropic.optimal_penalty": ((), {"gamma": GAMMA, **SCALE}, 3),
    "isotropic.optimal": ((), {"gamma": GAMMA, **SCALE}, 5),
    "isotropic.local_minimum": ((), SCALE, 3),
    "misspecified.ridge": ((), {"gamma": GAMMA, "lam": LAM, "explained": SHARE, **SCALE}, 5),
    "misspecified.ridgeless": ((), {"gamma": GAMMA, "decay": 10 * SHARE, **SCALE}, 5),
    "misspecified.optimal_penalty": ((), {"gamma": GAMMA, "explained": SHARE, **SCALE}, 5),
    "misspecified.optimal": ((), {"gamma": GAMMA, "explained": SHARE, **SCALE}, 5),
    "equicorrelated.ridge": ((), {"gamma": GAMMA, "lam": LAM, "rho": SHARE * 0.9, **SCALE}, 5),
    "equicorrelated.ridgeless": ((), {"gamma": GAMMA, "rho": SHARE * 0.9, **SCALE}, 5),
    "equicorrelated.optimal_penalty": ((), {"gamma": GAMMA, "rho": 0.5, **SCALE}, 3),
    "latent_space.induced": ((), {"psi": SHARE, "mu": FREE, **SCALE}, 4),
    "latent_space.effective_ridge": ((), {"gamma": GAMMA, "psi": SHARE, "mu": FREE}, 3),
    "latent_space.ridgeless": ((), {"gamma": GAMMA, "psi": SHARE, "mu": FREE, **SCALE}, 5),
    "marchenko_pastur.edges": ((), {"gamma": GAMMA}, 2),
    "marchenko_pastur.atom": ((), {"gamma": GAMMA}, 2),
    "marchenko_pastur.density": ((X,), {"gamma": XGAMMA}, 4),
    "marchenko_pastur.cdf": ((X,), {"gamma": XGAMMA}, 5),
    "marchenko_pastur.survival": ((X,), {"gamma": XGAMMA}, 5),
    "marchenko_pastur.quantile": ((LEVEL,), {"gamma": UGAMMA}, 7),
    "marchenko_pastur.moment": ((5,), {"gamma": GAMMA}, 2),
    "marchenko_pastur.stieltjes": ((Z,), {"gamma": GAMMA}, 3),
    "marchenko_pastur.companion": ((Z,), {"gamma": GAMMA}, 3),
    "nonlinear_features.ridge": ((), {**CURVED, "lam": PENALTY, **SCALE}, 14),
    "nonlinear_features.ridgeless": ((), {**CURVED, "activation": "sign", **SCALE}, 14),
    "spherical_features.ridge": ((), {**CURVED, "lam": PENALTY, **SCALE}, 14),
    "spherical_features.ridgeless": ((), {**CURVED, "activation": "abs", "nonlinear": 0.1, **SCALE}, 14),
    "phases.interpolation": ((), {"activation": "erf"}, 5),
    "phases.overparametrisation": ((), {"activation": "relu", "inputs": FREE}, 5),
    "wishart.moments": ((), {"n": SIZE, "p": COUNT, "sigma2": SIGMA2}, 0),
    "wishart.ridgeless": ((), {"n": SIZE, "p": COUNT, **SCALE}, 4),
    "wishart.spread": ((), {"n": SIZE, "p": COUNT, **SCALE}, 6),
    "noise_lower_bound.excess": ((), {"n": SIZE, "p": COUNT, "sigma2": SIGMA2}, 3),
    "tradeoff.bound": ((), {"gamma": GAMMA, "tau": TAU}, 4),
    "tradeoff.frontier": ((), {"gamma": GAMMA, "tau": TAU, "sigma2": SIGMA2}, 5),
    "tradeoff.least_training_error": ((), {"gamma": FREE, "excess": 2.0**-3, "universal": True}, 9),
    "tradeoff.least_ratio": ((), {"tau": TAU, "excess": FREE}, 6),
    "tradeoff.meeting_ratio": ((), {"tau": TAU, "factor": 1 + FREE}, 90),  # 1e-15/(factor - 1)
    "spectral_fluctuations.ridge": ((), {"gamma": FREE, "lam": PENALTY, **SCALE}, 500),  # of its terms, if those cancel
    "power_laws.relative_test": ((), {"alpha": ALPHA, "beta": BETA, "fitting": TAU, "noise": FREE}, 10),
    "power_laws.critical_noise": ((), {"alpha": ALPHA, "beta": BETA}, 4),
    "power_laws.optimal_fitting": ((), {"alpha": 3 + ALPHA, "beta": 2.0, "noise": FREE}, 90),  # 2e-16, absolute
    "power_laws.interpolation": ((), {"alpha": ALPHA, "beta": BETA, "n": 10 * FREE}, 200),  # powers up to 7
    "power_laws.ridge": ((), {"alpha": ALPHA, "beta": BETA, "n": 10 * FREE, "fitting": 0.9 * TAU, "sigma2": SIGMA2}, 200),
    "equivalents.effective_ridge": ((FINITE.H,), {"n": SIZE, "delta": PENALTY}, 23),  # 5e-15
    "equivalents.edge": ((FINITE.H,), {"n": SIZE}, 23),
    "ridge.ridge": ((FINITE,), {"n": SIZE, "delta": PENALTY, **SCALE}, 23),
    "correlated.ridgeless": ((PROPORTIONAL,), {"gamma": OFF, **SCALE}, 60),
    "eigenlearning.modes": ((KERNEL,), {"eigenvalue": FREE, "n": SIZE, "delta": PENALTY, "sigma2": 0.5}, 23),
    "bagging.ridge": ((PROPORTIONAL,), {"gamma": 1.9 * FREE, "share": 0.3, "lam": PENALTY, "members": [[2.0], [np.inf]]}, 90),
    "bagging.equivalent_penalty": ((PROPORTIONAL,), {"gamma": FREE, "share": 0.3, "lam": PENALTY}, 23),
    "bagging.equivalent_share": ((PROPORTIONAL,), {"gamma": FREE, "lam": PENALTY, "member": 0.0}, 23),
    "random_projections.ridgeless": ((FINITE,), {"n": SIZE, "k": COUNT, **SCALE}, 45),
    "subsampling.ridge": ((FINITE,), {"n": SIZE, "pool": SIZE + 37, "k": COUNT, "delta": PENALTY, **SCALE}, 450),
    "two_ridges.effective": ((FINITE.H,), WIDTHS, 23),
    "random_features.ridge": ((FINITE,), {**WIDTHS, **SCALE}, 23),
    "decomposition.split": ((PROPORTIONAL,), {**PSI, **SCALE}, 45),
    "ensembles.ridge": ((FINITE,), {**WIDTHS, "members": [[3.0], [np.inf]]}, 45),
    "ensembles.implicit_penalty": ((PROPORTIONAL,), PSI, 45),
    "sgd.critical_step": ((FINITE,), {}, 3),
}  # fmt: skip


def call(name, **more):
    module, function = name.split(".")
    args, kwargs, _ = CALLS[name]
    return getattr(importlib.import_module(f"asymptotics.{module}"), function)(*args, **kwargs, **more)


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("family", FAMILIES)
def test_enclosures_hold_the_value_at_100_digits(family):
    share, cases = FAMILIES[family]
    assert list(failures(cases(np.random.default_rng(7), int(600 * share)))) == []


def test_every_certified_form_is_called_here():
    assert set(calls.functions()) == set(CALLS)


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("name", CALLS)
def test_floats_lie_within_their_accuracy_of_the_enclosure(name):
    plain, boxes, allowed = parts(call(name)), parts(call(name, certified=True)), CALLS[name][2] * EPS
    assert plain.keys() == boxes.keys()
    for field in plain.keys() - {"residual"}:
        value, box = np.asarray(plain[field]), boxes[field]
        assert isinstance(box, Enclosure)
        assert box.shape == value.shape
        assert np.all(box.relative_width <= 4 * EPS), field
        low, high = np.asarray(box.lower), np.asarray(box.upper)
        inside = (low <= value) & (value <= high)
        off = np.minimum(*(np.abs(np.where(inside, 0.0, value) - np.where(inside, 0.0, end)) for end in (low, high)))
        size = np.where(inside, 1.0, np.abs(low))
        assert np.all(off <= allowed * size), (field, float(np.max(off / size)) / EPS)


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("name", CALLS)
def test_two_precisions_overlap(name, monkeypatch):
    first = parts(call(name, certified=True))
    monkeypatch.setattr(calls, "BITS", (600, 2400, 16384))
    for field, box in parts(call(name, certified=True)).items():
        assert np.all(np.maximum(box.lower, first[field].lower) <= np.minimum(box.upper, first[field].upper)), field


def test_what_a_call_gives():
    risk = isotropic.ridge(gamma=2, lam=0, r2=5, certified=True)
    assert risk.excess.contains(3.5)
    assert is_dataclass(risk)
    assert all(isinstance(getattr(risk, f.name), Enclosure) for f in fields(risk))
    pole = isotropic.ridgeless(gamma=1, certified=True).variance
    assert pole.lower == pole.upper == np.inf
    assert pole.width == 0
    low, high = marchenko_pastur.edges(gamma=[2.0, 4.0], certified=True)
    assert (low.lower[1], low.upper[1], high.lower[1]) == (1.0, 1.0, 9.0)
    assert low.shape == (2,)
    assert type(isotropic.local_minimum(r2=4, sigma2=1, certified=True)).__name__ == "LocalMinimum"
    assert isotropic.edge(gamma=np.ones((0, 3)), certified=True).shape == (0, 3)
    assert ridge.ridge(FINITE, n=[], delta=1.0, certified=True).bias.shape == (0,)


def test_an_enclosure():
    box = isotropic.effective_ridge(gamma=[3.0, 2.0], lam=[0.5, 0.0], certified=True)
    third = Enclosure(np.nextafter(1 / 3, 0), np.nextafter(1 / 3, 1))
    assert third.contains(Fraction(1, 3))
    assert not third.contains(Decimal("0.3334"))
    assert box.contains([box.mid[0], 1.0]).tolist() == [True, True]
    assert box[1].contains(1)
    assert repr(box[1]) == "Enclosure[1.0, 1.0]"
    assert repr(box) == f"Enclosure(shape (2,), relative width at most {np.max(box.relative_width):.2g})"
    assert Enclosure(-1.0, 1.0).relative_width == np.inf
    assert Enclosure(0.0, 0.0).relative_width == 0
    assert Enclosure(-2.0, 2.0**-1074).mid == -1.0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: max_margin.max_margin(gamma=2, r2=1, certified=True),
            "has no certified form; these have one: .*isotropic.ridge",
        ),
        (lambda: isotropic.ridge(gamma=2, lam=-3, certified=True), "must be above edge"),
        (lambda: isotropic.ridge(gamma=2, alpha=1, certified=True), "alpha"),
        (lambda: ridge.ridge(spectra.power_law(1.5, 2.0), n=10, delta=0, certified=True), "approximates a law"),
        (lambda: marchenko_pastur.stieltjes(1j, gamma=2.0, certified=True), "real numbers"),
        (lambda: spherical_features.ridgeless(gamma=2, psi=1, activation="tanh", certified=True), "by quadrature only"),
    ],
)
def test_refusals(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_without_python_flint_the_error_says_what_to_install(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "flint" else find(name, *rest))
    calls._twin.cache_clear()
    with pytest.raises(ValueError, match=r"pip install 'ridgeless\[certified\]'"):
        isotropic.edge(gamma=2, certified=True)
    assert isotropic.edge(gamma=4.0) == -1


@pytest.mark.parametrize("wrong", [1e-30, 0.9, 2.0, 1e9, -0.5, 0.0, float("inf")])
def test_a_wrong_start_never_gives_a_wrong_enclosure(wrong, monkeypatch):
    law = spectra.atoms([1.0, 1e-3], [0.5, 0.5]).H
    right = equivalents.effective_ridge(law, gamma=1.5, lam=1e-6, certified=True).kappa
    plain = equivalents.effective_ridge

    def lie(*args, **kwargs):
        return type("Lie", (), {"kappa": wrong})() if "n" in kwargs else plain(*args, **kwargs)

    monkeypatch.setattr(equivalents, "effective_ridge", lie)
    try:
        found = plain(law, gamma=1.5, lam=1e-6, certified=True).kappa
    except ConvergenceError:
        return
    assert (found.lower, found.upper) == (right.lower, right.upper)
