"""Wrong theorems, each a mistake that somebody could make, over the whole library. Every one must be refuted.

A planted theorem is a full record whose claim has the wrong formula, and the right one as its rival "the truth", which must
survive on the same draws (or no rival, where it is not the formula that is wrong). NEW are those whose truth is no record of
the library; `twin` is the right theorem on the cases of a planted one.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

import simulate.covariate_shift
import simulate.eigenvalues
import simulate.isotropic
import simulate.latent_space
import simulate.misspecified
import simulate.nonlinear_features
import simulate.ridge
import simulate.tuning
from asymptotics import (
    correlated,
    covariate_shift,
    equicorrelated,
    isotropic,
    latent_space,
    marchenko_pastur,
    misspecified,
    nonlinear_features,
    ridge,
    spectra,
    spectral_fluctuations,
    wishart,
)
from theorems import GAMMA, R2, SIGMA2, Bound, Choice, Identity, Law, Mean, Real, Theorem, through
from theorems.fluctuations import fluctuation

DOMAINS = {
    "gamma": GAMMA,
    "lam": Real(-0.9, math.inf),
    "r2": R2,
    "sigma2": SIGMA2,
    "explained": Real(0, 1, "[]"),
    "psi": Real(0, 1e3),
    "mu": Real(0, 1e3, default=1.0),
    "rho": Real(0, 1, "["),
    "power": Real(0, 4, "["),
    "share": Real(0, 1, "]"),
    "spectrum": Choice(("isotropic",), open=True),
    "signal": Choice(("isotropic",), default="isotropic", open=True),
    "activation": Choice(("relu", "tanh", "abs")),
}
TRUTH = "the truth"
TWO_ATOMS = "atoms:4@0.5,0.25@0.5"


def planted(title, truth, wrong, simulation, *cases, kind=Mean, takes="gamma r2 sigma2", **claim):
    given = {"other" if kind is Identity else "simulation": simulation, **claim}
    return Theorem(
        title=title,
        statement="wrong",
        source="hastie2022surprises",
        assumptions=("planted",),
        domain={name: DOMAINS[name] for name in takes.split()},
        claim=kind(theory=wrong, **given),
        cases=cases,
        rivals={TRUTH: truth} if truth else {},
    )


def twin(record):
    """The right theorem on the cases of a planted one."""
    right = record.rival(TRUTH).claim if record.rivals else replace(record.claim, rate=1.0)
    return replace(record, title=f"{record.title}: the truth", claim=right, rivals={})


def _ridgeless(**k):
    return isotropic.ridgeless(**k).excess


def _ridge(**k):
    return isotropic.ridge(**k).excess


# Ridgeless, isotropic: the aspect ratio, the sides of gamma = 1, variances and deviations, rates.

gamma_read_as_n_over_p = planted(
    "gamma read as n/p", _ridgeless, lambda *, gamma, **k: _ridgeless(gamma=1 / gamma, **k), simulate.isotropic.ridge, {"gamma": 0.5}
)  # fmt: skip
one_minus_gamma = planted(
    "1 - gamma for gamma - 1: the formula below the threshold used above it",
    _ridgeless,
    lambda *, gamma, r2, sigma2: r2 * (1 - 1 / gamma) + sigma2 * gamma / (gamma - 1),
    simulate.isotropic.ridge,
    {"gamma": 2.0, "r2": 5.0},
)
deviation_for_variance = planted(
    "sigma for sigma2", _ridgeless, lambda *, sigma2, **k: _ridgeless(sigma2=sigma2**0.5, **k), simulate.isotropic.ridge,
    {"gamma": 0.5, "sigma2": 2.0},
)  # fmt: skip
noise_counted_twice = planted(
    "the noise of the new label counted twice", lambda **k: isotropic.ridgeless(**k).test,
    lambda *, sigma2, **k: isotropic.ridgeless(sigma2=sigma2, **k).test + sigma2, simulate.isotropic.ridge, {"gamma": 0.5}, of="test",
)  # fmt: skip
wrong_rate = planted(
    "a bias of n^-1 declared to be n^-4: the limit is then read off finite sizes", None, _ridgeless, simulate.isotropic.ridge,
    {"gamma": 2.0}, rate=4.0, sizes=(20, 40, 80),
)  # fmt: skip
wrong_power_of_the_distance = planted(
    "the variance diverges like |gamma - 1|^-2", _ridgeless,
    lambda *, gamma, r2, sigma2: r2 * max(1 - 1 / gamma, 0) + sigma2 * min(gamma, 1) / (1 - gamma) ** 2, simulate.isotropic.ridge,
    {"gamma": 3.0}, {"gamma": 0.4},
)  # fmt: skip

# Ridge, isotropic: small constants, regions, scalings, derivatives.

two_per_cent = planted(
    "a constant that is 2 % off", _ridge, lambda **k: 1.02 * _ridge(**k), simulate.isotropic.ridge,
    {"gamma": 1.0, "lam": 0.3, "r2": 2.0}, takes="gamma lam r2 sigma2",
)  # fmt: skip
wrong_above_three = planted(
    "right up to gamma = 3, the signal not shrunk above", _ridge,
    lambda *, gamma, r2, **k: _ridge(gamma=gamma, r2=r2, **k) + (0.1 * r2 * (gamma - 3) if gamma > 3 else 0), simulate.isotropic.ridge,
    {"gamma": 0.5, "lam": 0.1}, {"gamma": 2.0, "lam": 0.1}, {"gamma": 4.0, "lam": 0.1}, takes="gamma lam r2 sigma2",
)  # fmt: skip
penalty_scaled_by_p = planted(
    "lam scaled by p", _ridge, lambda *, gamma, lam, **k: _ridge(gamma=gamma, lam=lam * gamma, **k), simulate.isotropic.ridge,
    {"gamma": 2.0, "lam": 0.2, "r2": 5.0}, takes="gamma lam r2 sigma2",
)  # fmt: skip
square_for_derivative = planted(
    "the bias lam^2 m^2 for lam^2 m': the factor 1/(1 - df2) lost",
    _ridge,
    lambda **k: (t := isotropic.ridge(**k)).excess - t.bias * t.df2,
    simulate.isotropic.ridge,
    {"gamma": 0.5, "lam": 0.5, "r2": 5.0},
    takes="gamma lam r2 sigma2",
)
training_ratio_not_squared = planted(
    "training error lam/kappa times the test error",
    lambda **k: isotropic.ridge(**k).train,
    lambda *, lam, **k: (t := isotropic.ridge(lam=lam, **k)).test * lam / t.kappa,
    simulate.isotropic.ridge,
    {"gamma": 0.5, "lam": 0.1},
    of="train",
    takes="gamma lam r2 sigma2",
)
signal_not_shrunk = planted(
    "the norm of the fit with the signal unshrunk",
    lambda **k: isotropic.ridgeless(**k).norm2,
    lambda *, gamma, r2, sigma2: r2 + sigma2 / (gamma - 1),
    simulate.isotropic.ridge,
    {"gamma": 2.0},
    of="norm2",
)
correction_not_squared = planted(
    "generalised cross-validation with 1 - df1/n not squared",
    lambda **k: isotropic.ridge(**k).gcv,
    lambda **k: (t := isotropic.ridge(**k)).train / (1 - t.df1),
    simulate.isotropic.ridge,
    {"gamma": 0.5, "lam": 0.1},
    of="gcv",
    takes="gamma lam r2 sigma2",
)
penalty_without_gamma = planted(
    "cross-validation tends to the risk at lam = sigma2/r2",
    lambda **k: isotropic.optimal(**k).excess,
    lambda *, gamma, r2, sigma2: _ridge(gamma=gamma, lam=sigma2 / r2, r2=r2, sigma2=sigma2),
    simulate.tuning.ridge,
    {"gamma": 0.5},
    sizes=(32, 64, 128),
)
subsample_costs_noise_only = planted(
    "fitting a share of the rows changes the variance and not the bias",
    lambda *, gamma, share, **k: _ridgeless(gamma=gamma / share, **k),
    lambda *, gamma, share, **k: (
        isotropic.ridgeless(gamma=gamma, **k).bias + isotropic.ridgeless(gamma=gamma / share, **k).variance
    ),
    through(
        simulate.isotropic.ridge,
        lambda *, n, gamma, share, **k: {"n": round(share * n), "gamma": round(gamma * n) / round(share * n), **k},
    ),
    {"gamma": 2.0, "share": 0.5, "r2": 5.0},
    takes="gamma share r2 sigma2",
)


def _tuned(*, gamma, r2, sigma2, **k):
    return k | {"gamma": gamma, "lam": gamma * sigma2 / r2, "r2": r2, "sigma2": sigma2}


bound_on_the_wrong_side = planted(
    "the tuned ridge risk is at least the ridgeless one",
    lambda **k: isotropic.optimal(**k).excess * 0.9,
    _ridgeless,
    through(simulate.isotropic.ridge, _tuned),
    {"gamma": 2.0},
    kind=Bound,
)  # fmt: skip
off_by_one = planted(
    "the exact variance n/(p - n) for n/(p - n - 1)",
    lambda *, n, gamma, r2, sigma2: wishart.ridgeless(n=n, p=round(gamma * n), r2=r2, sigma2=sigma2).excess,
    lambda *, n, gamma, r2, sigma2: _ridgeless(gamma=round(gamma * n) / n, r2=r2, sigma2=sigma2),
    simulate.isotropic.ridge,
    {"gamma": 2.0},
    exact=True,
    sizes=(30, 50),
)

# Other features.


def _correlated(*, spectrum, signal, **k):
    return correlated.ridgeless(spectra.parse(spectrum, signal), **k).excess


mean_eigenvalue = planted(
    "correlated features replaced by isotropic ones of the same trace", _correlated,
    lambda *, spectrum, signal, gamma, r2, sigma2: _ridgeless(gamma=gamma, r2=2.125 * r2, sigma2=sigma2), simulate.ridge.ridge,
    {"spectrum": TWO_ATOMS, "gamma": 3.0, "r2": 5.0}, takes="spectrum signal gamma r2 sigma2", sizes=(20, 40, 80),
)  # fmt: skip
other_end_of_the_spectrum = planted(
    "the signal at the other end of the spectrum", _correlated,
    lambda *, signal, **k: _correlated(signal="bottom:0.5", **k), simulate.ridge.ridge,
    {"spectrum": TWO_ATOMS, "signal": "top:0.5", "gamma": 3.0, "r2": 5.0}, takes="spectrum signal gamma r2 sigma2", sizes=(20, 40, 80),
)  # fmt: skip
noise_scaled_too = planted(
    "equicorrelated features: the noise scaled by 1 - rho",
    lambda **k: equicorrelated.ridgeless(**k).excess,
    lambda *, rho, sigma2, **k: equicorrelated.ridgeless(rho=rho, sigma2=sigma2 * (1 - rho), **k).excess,
    through(simulate.ridge.ridge, lambda *, rho, **k: k | {"spectrum": f"equicorrelated:{rho!r}"}),
    {"rho": 0.5, "gamma": 3.0},
    takes="rho gamma r2 sigma2",
    sizes=(20, 40, 80),
)
sign_of_the_penalty = planted(
    "the sign of a negative penalty lost",
    lambda *, spectrum, **k: ridge.ridge(spectra.parse(spectrum), **k).excess,
    lambda *, spectrum, lam, **k: ridge.ridge(spectra.parse(spectrum), lam=-lam, **k).excess,
    through(simulate.ridge.ridge, lambda *, lam, **k: k | {"lam": lam}),
    {"spectrum": "isotropic", "gamma": 4.0, "lam": -0.3, "r2": 5.0},
    takes="spectrum gamma lam r2 sigma2",
    sizes=(20, 40, 80),
)
hidden_part_is_no_risk = planted(
    "misspecified features: the hidden part counted as noise and not as risk",
    lambda **k: misspecified.ridgeless(**k).excess,
    lambda *, r2, explained, **k: misspecified.ridgeless(r2=r2, explained=explained, **k).excess - r2 * (1 - explained),
    simulate.misspecified.ridge,
    {"gamma": 2.0, "explained": 0.6},
    takes="gamma r2 sigma2 explained",
)
factors_per_sample = planted(
    "latent space: psi read as d/n", lambda **k: latent_space.ridgeless(**k).excess,
    lambda *, gamma, psi, **k: latent_space.ridgeless(gamma=gamma, psi=psi / gamma, **k).excess, simulate.latent_space.ridge,
    {"gamma": 2.5, "psi": 0.2, "sigma2": 0.5}, takes="gamma psi mu r2 sigma2", sizes=(20, 40, 80),
)  # fmt: skip
shift_of_the_bias_alone = planted(
    "covariate shift: the variance not shifted",
    lambda *, spectrum, power, **k: covariate_shift.ridge(spectra.parse(spectrum), shifted=lambda s: s**power, **k).excess,
    lambda *, spectrum, power, **k: (
        covariate_shift.ridge(at := spectra.parse(spectrum), shifted=lambda s: s**power, **k).bias + ridge.ridge(at, **k).variance
    ),
    through(simulate.covariate_shift.ridge, lambda *, power, **k: k | {"shifted": f"power:{power!r}"}),
    {"spectrum": TWO_ATOMS, "power": 2.0, "gamma": 2.0, "lam": 0.1},
    takes="spectrum power gamma lam r2 sigma2",
    sizes=(20, 40, 80),
)
activation_taken_as_linear = planted(
    "one nonlinear layer: all of the activation taken as linear", lambda **k: nonlinear_features.ridge(**k).excess,
    lambda *, activation, **k: nonlinear_features.ridge(activation="identity", **k).excess, simulate.nonlinear_features.ridge,
    {"activation": "relu", "gamma": 2.0, "psi": 0.5, "lam": 0.1, "r2": 2.0}, takes="activation gamma psi lam r2 sigma2", sizes=(20, 40, 80),
)  # fmt: skip

# Laws, fluctuations, identities.


class Bent:
    """A law whose quantiles are bent: x -> bend(x), increasing, with inverse unbend."""

    def __init__(self, law, bend, unbend):
        self.law, self.bend, self.unbend = law, bend, unbend

    def quantile(self, level):
        return self.bend(self.law.quantile(level))

    def cdf(self, x):
        return self.law.cdf(self.unbend(np.asarray(x)))


def _law(*, gamma):
    return marchenko_pastur.law(gamma=gamma)


def _edges_without_root(*, gamma):
    low, high = (1 - gamma**0.5) ** 2, (1 + gamma**0.5) ** 2
    wrong = (1 - gamma) ** 2, (1 + gamma) ** 2
    slope = (wrong[1] - wrong[0]) / (high - low)
    return Bent(_law(gamma=gamma), lambda x: wrong[0] + slope * (x - low), lambda y: low + (y - wrong[0]) / slope)


def _wrong_in_the_tail(*, gamma):
    corner = _law(gamma=gamma).quantile(0.85)

    def stretched(factor):
        return lambda x: np.where(x > corner, corner + factor * (x - corner), x)

    return Bent(_law(gamma=gamma), stretched(1.5), stretched(1 / 1.5))


edges_without_root = planted(
    "the spectrum from (1 - gamma)^2 to (1 + gamma)^2", _law, _edges_without_root, simulate.eigenvalues.sample_covariance,
    {"gamma": 0.5}, kind=Law, takes="gamma", sizes=(20, 40, 80),
)  # fmt: skip
wrong_in_the_tail = planted(
    "the law of the eigenvalues right up to its 85 % quantile", _law, _wrong_in_the_tail, simulate.eigenvalues.sample_covariance,
    {"gamma": 0.5}, kind=Law, takes="gamma", sizes=(20, 40, 80),
)  # fmt: skip
variance_doubled = planted(
    "fluctuations of the risk: the variance doubled",
    spectral_fluctuations.ridge,
    lambda **k: replace(law := spectral_fluctuations.ridge(**k), variance=2 * law.variance),
    fluctuation(simulate.isotropic.ridge, isotropic.ridge),
    {"gamma": 0.5, "lam": 0.3},
    kind=Law,
    takes="gamma lam r2 sigma2",
    sizes=(50, 100, 200),
)
wrong_exponent = planted(
    "fluctuations of the risk: of order n^-1/2",
    None,
    spectral_fluctuations.ridge,
    fluctuation(simulate.isotropic.ridge, isotropic.ridge, power=0.5),
    {"gamma": 0.5, "lam": 0.3},
    kind=Law,
    takes="gamma lam r2 sigma2",
    sizes=(50, 100, 200),
)
root_forgotten = planted(
    "the minimum of the ridgeless curve: SNR for its root",
    lambda **k: isotropic.local_minimum(**k).excess,
    lambda *, r2, sigma2: 2 * r2 - sigma2,
    lambda *, r2, sigma2: min(_ridgeless(gamma=g, r2=r2, sigma2=sigma2) for g in (r2**0.5 / (r2**0.5 - sigma2**0.5),)),
    {"r2": 5.0},
    kind=Identity,
    takes="r2 sigma2",
)

CATALOGUE = {name: value for name, value in globals().items() if isinstance(value, Theorem)}
NEW = ("wrong_rate", "subsample_costs_noise_only", "bound_on_the_wrong_side", "off_by_one")
