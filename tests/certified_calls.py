"""Every certified form, called at corner-biased points in each of its cases, and how far its float may be off."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from asymptotics import eigenlearning, spectra, spherical_features
from tests import closed_form_oracles as old
from tests.certified_cases import parts

RNG = np.random.default_rng(20261121)
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

INFINITE = spherical_features.spectrum(activation="relu", d=10, nonlinear=0.3)
ENDS = {"n": np.array([37.0, 37, 20, 20, np.inf, 50, 10, 37]), "k": np.array([37.0, 60, 20, np.inf, 20, 50, 37, 20])}

#: module.function and what is special -> (arguments, how many eps the float may be off: what its docstring promises)
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
    "spherical_features.wide": ((), {"inputs": FREE, "activation": "relu", "delta": PENALTY, **SCALE}, 14),
    "spherical_features.wide, identity": ((), {"inputs": FREE, "activation": "identity", "delta": PENALTY, **SCALE}, 14),
    "spherical_features.wide, abs": ((), {"inputs": FREE, "activation": "abs", "delta": PENALTY, "nonlinear": 0.3, **SCALE}, 14),
    "spherical_features.large_sample": ((), {"psi": FREE, "activation": "sign", "lam": PENALTY, "nonlinear": 0.3, **SCALE}, 14),
    "spherical_features.large_sample, identity": ((), {"psi": FREE, "activation": "identity", "lam": PENALTY, **SCALE}, 14),
    "separability.fraction": ((), {"n": SIZE, "p": COUNT}, 30),
    "phases.interpolation": ((), {"activation": "erf"}, 5),
    "phases.overparametrisation": ((), {"activation": "relu", "inputs": FREE}, 5),
    "wishart.moments": ((), {"n": SIZE, "p": COUNT, "sigma2": SIGMA2}, 0),
    "wishart.ridgeless": ((), {"n": SIZE, "p": COUNT, **SCALE}, 4),
    "wishart.spread": ((), {"n": SIZE, "p": COUNT, **SCALE}, 6),
    "noise_lower_bound.excess": ((), {"n": SIZE, "p": COUNT, "sigma2": SIGMA2}, 3),
    "tradeoff.bound": ((), {"gamma": GAMMA, "tau": TAU}, 4),
    "tradeoff.frontier": ((), {"gamma": GAMMA, "tau": TAU, "sigma2": SIGMA2}, 5),
    "tradeoff.least_training_error": ((), {"gamma": FREE, "excess": 0.5, "universal": True}, 9),
    "tradeoff.least_ratio": ((), {"tau": TAU, "excess": FREE}, 6),
    "tradeoff.meeting_ratio": ((), {"tau": TAU, "factor": 1 + FREE}, 90),  # 1e-15/(factor - 1)
    "spectral_fluctuations.ridge": ((), {"gamma": FREE, "lam": PENALTY, **SCALE}, 500),  # of its terms, if those cancel
    "spectral_fluctuations.ridge, bias": ((), {"gamma": FREE, "lam": 0.1 + PENALTY, **SCALE, "of": "bias"}, 90000),
    "spectral_fluctuations.ridge, variance": ((), {"gamma": FREE, "lam": 0.1 + PENALTY, **SCALE, "of": "variance"}, 90000),
    "spectral_fluctuations.ridge, train": ((), {"gamma": FREE, "lam": 0.1 + PENALTY, **SCALE, "of": "train"}, 90000),
    "spectral_fluctuations.ridge, norm2": ((), {"gamma": FREE, "lam": 0.1 + PENALTY, **SCALE, "of": "norm2"}, 90000),
    "spectral_fluctuations.ridge, gcv": ((), {"gamma": FREE, "lam": 0.1 + PENALTY, **SCALE, "of": "gcv"}, 90000),
    "power_laws.relative_test": ((), {"alpha": ALPHA, "beta": BETA, "fitting": TAU, "noise": FREE}, 10),
    "power_laws.critical_noise": ((), {"alpha": ALPHA, "beta": BETA}, 4),
    "power_laws.optimal_fitting": ((), {"alpha": 3 + ALPHA, "beta": 2.0, "noise": FREE}, 90),  # 2e-16, absolute
    "power_laws.interpolation": ((), {"alpha": ALPHA, "beta": BETA, "n": 10 * FREE}, 200),  # powers up to 7
    "power_laws.ridge": ((), {"alpha": ALPHA, "beta": BETA, "n": 10 * FREE, "fitting": 0.9 * TAU, "sigma2": SIGMA2}, 200),
    "scaling_exponents.rates": ((), {"alpha": 2 + ALPHA, "beta": 1 + 4 * FREE, "ell": 2 * FREE, "q": [[0.5], [1.0], [np.inf]]}, 99),
    "scaling_exponents.rates, no noise": ((), {"alpha": ALPHA, "beta": 3.0, "ell": np.inf, "q": [[0.5], [1.0]], "noisy": False}, 99),
    "scaling_exponents.optimal": ((), {"alpha": ALPHA, "beta": [[3.0], [20.0]]}, 30),
    "equivalents.effective_ridge": ((FINITE.H,), {"n": SIZE, "delta": PENALTY}, 23),  # 5e-15
    "equivalents.edge": ((FINITE.H,), {"n": SIZE}, 23),
    "ridge.ridge": ((FINITE,), {"n": SIZE, "delta": PENALTY, **SCALE}, 23),
    "correlated.ridgeless": ((PROPORTIONAL,), {"gamma": OFF, **SCALE}, 60),
    "eigenlearning.modes": ((KERNEL,), {"eigenvalue": FREE, "n": SIZE, "delta": PENALTY, "sigma2": 0.5}, 23),
    "covariate_shift.ridge": ((PROPORTIONAL,), {"shifted": np.sqrt, "gamma": OFF, "lam": PENALTY, **SCALE}, 60),
    "covariate_shift.ridge, values": ((FINITE,), {"shifted": [1.0, 0.0, 2.0, 0.5], "n": SIZE, "delta": PENALTY, **SCALE}, 60),
    "covariate_shift.ridge, kappa = 0": ((FINITE,), {"shifted": [1.0, 0.0, 2.0, 0.5], "n": [37.0, 38.0, 50.0], "delta": 0.0}, 9),
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
    "isotropic.ridge, penalties below 0": ((), {"gamma": FREE, "lam": -0.9 * (1 - FREE**0.5) ** 2, **SCALE}, 9),
    "isotropic.optimal, no noise, no signal": ((), {"gamma": FREE, "r2": [[0.0], [1.0], [0.0]], "sigma2": [[1.0], [0.0], [0.0]]}, 5),
    "isotropic.companion, ridgeless": ((), {"gamma": FREE, "lam": 0.0}, 3),
    "isotropic.effective_ridge, ridgeless": ((), {"gamma": FREE, "lam": 0.0}, 3),
    "isotropic.local_minimum, no noise": ((), {"r2": [0.0, 1.0], "sigma2": 0.0}, 3),
    "tradeoff.meeting_ratio, beyond": ((), {"tau": [0.64, 0.25, 1.0], "factor": 9.0}, 9),
    "misspecified.ridge, decay": ((), {"gamma": GAMMA, "lam": LAM, "decay": 10 * SHARE, **SCALE}, 5),
    "marchenko_pastur.cdf, ends": ((np.array([-np.inf, -1.0, 0.0, 1.0, 9.0, np.inf]),), {"gamma": 4.0}, 2),
    "marchenko_pastur.density, ends": ((np.array([-np.inf, 0.0, np.inf]),), {"gamma": [[4.0], [1.0]]}, 2),
    "marchenko_pastur.quantile, ends": ((np.array([0.0, 0.749, 0.75, 0.751, 1.0]),), {"gamma": 4.0}, 7),
    "marchenko_pastur.moment, 0": ((0,), {"gamma": GAMMA}, 1),
    "marchenko_pastur.moment, -1": ((-1,), {"gamma": GAMMA}, 1),
    "marchenko_pastur.moment, -4": ((-4,), {"gamma": GAMMA}, 1),
    "marchenko_pastur.stieltjes, 0": ((0.0,), {"gamma": GAMMA}, 3),
    "marchenko_pastur.companion, 0": ((0.0,), {"gamma": GAMMA}, 3),
    "nonlinear_features.ridge, identity": ((), {"gamma": FREE, "psi": [[0.3], [2.5]], "activation": "identity", "lam": PENALTY}, 14),
    "nonlinear_features.ridgeless, identity": ((), {"gamma": FREE, "psi": [[0.3], [2.5]], "activation": "identity"}, 14),
    "nonlinear_features.ridge, below 0": ((), {"gamma": 0.05 * np.minimum(FREE, 1.0), "psi": 9.0, "activation": "sign", "lam": -0.1}, 30),
    "nonlinear_features.ridge, no linear part": ((), {"gamma": FREE, "psi": 2.0, "activation": "abs", "lam": PENALTY}, 9),
    "spherical_features.ridge, erf": ((), {**CURVED, "activation": "erf", "lam": PENALTY, "constant": 0.3, "nonlinear": 0.2}, 23),
    "spherical_features.ridge, identity": ((), {**CURVED, "activation": "identity", "lam": PENALTY}, 23),
    "tradeoff.frontier, penalties": ((), {"gamma": GAMMA, "lam": LAM, "sigma2": SIGMA2}, 5),
    "tradeoff.frontier, ends": ((), {"gamma": [1.0, 1.0, 0.5, 0.5, 2.0, 2.0], "tau": [0.0, 1.0, 0.5, 0.1, 0.0, 2.0]}, 5),
    "tradeoff.least_training_error, features": ((), {"gamma": 4 * FREE, "excess": FREE[::-1], "sigma2": 0.5}, 60),  # near 0
    "tradeoff.least_ratio, universal": ((), {"tau": 2 * TAU, "excess": FREE, "sigma2": 2.0, "universal": True}, 6),
    "power_laws.optimal_fitting, no noise": ((), {"alpha": 3 + ALPHA, "beta": BETA, "noise": 0.0}, 90),
    "equivalents.effective_ridge, proportional": ((PROPORTIONAL.H,), {"gamma": FREE, "lam": PENALTY}, 23),
    "equivalents.effective_ridge, below 0": ((FINITE.H,), {"n": np.array([5.0, 20, 50, 90]), "delta": -1e-6}, 60),
    "equivalents.effective_ridge, kappa = 0": ((FINITE.H,), {"n": np.array([37.0, 38, 50]), "delta": 0.0}, 9),
    "equivalents.effective_ridge, a tail": ((INFINITE.H,), {"n": SIZE, "delta": PENALTY}, 9),
    "ridge.ridge, proportional": ((PROPORTIONAL,), {"gamma": FREE, "lam": PENALTY, **SCALE}, 60),
    "ridge.ridge, kappa = 0": ((FINITE,), {"n": np.array([37.0, 38, 50]), "delta": 0.0, "sigma2": [[0.0], [1.0]]}, 9),
    "ridge.ridge, a tail": ((INFINITE,), {"n": SIZE, "delta": PENALTY, **SCALE}, 9),
    "ridge.ridge, unseen signal": ((KERNEL,), {"n": np.array([10.0, 32, 33, 50]), "delta": [[0.0], [0.1]]}, 9),
    "eigenlearning.modes, kappa = 0": ((KERNEL,), {"eigenvalue": [[0.0], [0.5]], "n": np.array([32.0, 33, 50]), "delta": 0.0}, 9),
    "bagging.ridge, disjoint": ((PROPORTIONAL,), {"gamma": FREE, "share": 0.25, "lam": PENALTY, "members": 3, "disjoint": True}, 60),
    "bagging.ridge, kappa = 0": ((spectra.isotropic(),), {"gamma": 0.25, "share": [0.25, 0.5, 1.0], "members": [[1.0], [np.inf]]}, 60),
    "bagging.equivalent_share, members": ((PROPORTIONAL,), {"gamma": FREE, "lam": 0.1 + PENALTY, "member": 0.05}, 23),
    "random_projections.ridgeless, proportional": ((PROPORTIONAL,), {"gamma": 2.0 ** RNG.integers(-3, 4, N), "psi": FREE, **SCALE}, 200),
    "subsampling.ridge, no penalty": ((FINITE,), {"k": ENDS["k"], "n": [[37.0], [20.0], [50.0]], "pool": 60, "delta": 0.0}, 90),
    "two_ridges.effective, proportional": ((PROPORTIONAL.H,), PSI, 45),
    "two_ridges.effective, ends": ((FINITE.H,), {**ENDS, "delta": [[0.0], [0.1]]}, 23),
    "two_ridges.effective, a tail": ((INFINITE.H,), WIDTHS, 23),
    "random_features.ridge, ends": ((FINITE,), {**ENDS, "delta": [[0.0], [0.1]]}, 23),
    "random_features.ridge, a tail": ((INFINITE,), {**WIDTHS, **SCALE}, 23),
    "ensembles.ridge, ends": ((FINITE,), {**ENDS, "members": 3, "delta": [[0.0], [0.1]]}, 45),
    "decomposition.split, ends": ((FINITE,), {**ENDS, "delta": [[0.0], [0.1]]}, 45),
    "sgd.critical_step, a tail": ((INFINITE,), {}, 3),
}  # fmt: skip


def call(name: str, first: int | None = None, **more: Any) -> dict[Any, Any]:
    """The parts of one of `CALLS`, at the `first` points."""
    module, function = name.split(",")[0].split(".")
    args, kwargs, _ = CALLS[name]
    cut = {k: v[..., :first] if isinstance(v, np.ndarray) else v for k, v in kwargs.items()}
    places = [v[..., :first] if isinstance(v, np.ndarray) else v for v in args]
    return parts(getattr(importlib.import_module(f"asymptotics.{module}"), function)(*places, **cut, **more))
