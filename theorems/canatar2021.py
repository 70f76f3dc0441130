"""Canatar, Bordelon and Pehlevan, Out-of-distribution generalization in kernel regression (2021)."""

from typing import Any

import numpy as np
from scipy.optimize import brentq

import simulate.covariate_shift
import simulate.harmonics
from asymptotics import covariate_shift, eigenlearning, ridge
from asymptotics.kernels import gegenbauer
from theorems import GAMMA, LAM, R2, SIGMA2, Choice, Identity, Integer, Mean, Plot, Real, Theorem, each, through
from theorems.bordelon2020 import DOMAIN as KERNEL
from theorems.derived import Derived
from theorems.hastie2022.correlated import SIGNAL, SPECTRUM, law
from theorems.hastie2022.derived import ATOMS, joint
from theorems.model import Model


def _at_one_power(*, spectrum, signal, power, **given):
    return covariate_shift.ridge(law(spectrum, signal), shifted=lambda s: s**power, **given)


_theory = each("power", _at_one_power)


def _no_shift(*, spectrum, signal, power, **given):
    return ridge.ridge(law(spectrum, signal), **given)


def _bias_alone(**given):
    return _theory(**given).bias + _no_shift(**given).variance


def _noise_alone(*, sigma2, **given):
    """sigma2 in the place of R0 + sigma2: the excess is affine in sigma2, and at R0 + sigma2 = 0 only the first term is left."""
    quiet, noisy = (_theory(sigma2=v, **given) for v in (0.0, 1.0))
    unit = (noisy.excess - quiet.excess) / (_no_shift(sigma2=1.0, **given).test - _no_shift(sigma2=0.0, **given).test)
    return quiet.excess + (sigma2 - _no_shift(sigma2=0.0, **given).test) * unit


shifted_test_covariance = Theorem(
    title="Ridge regression tested under another covariance",
    statement=r"R\to\kappa^2r^2\int\frac{s'\,dG}{(s+\kappa)^2}+(R_0+\sigma^2)\,\gamma\int\frac{s\,s'\,dH}{(s+\kappa)^2},\qquad s'=s^{P}",
    source="canatar2021out, equation (4) (numbering from memory)",
    assumptions=(
        "training rows have covariance S, test rows S' with the same eigenvectors and eigenvalues s' = s^P; `power` is P",
        "R0 + sigma2 is the test error without shift",
        "p/n -> gamma; the spectrum of S converges to H, the signal's energy over its eigenvectors to G",
    ),
    domain={
        "spectrum": SPECTRUM,
        "signal": SIGNAL,
        "power": Real(0.0, 4.0, "["),
        "gamma": GAMMA,
        "lam": LAM,
        "r2": R2,
        "sigma2": SIGMA2,
    },
    claim=Mean(
        theory=_theory,
        simulation=through(simulate.covariate_shift.ridge, lambda *, power, **k: k | {"shifted": f"power:{power!r}"}),
        sizes=(40, 80, 160, 320),
    ),
    cases=(
        {"spectrum": "atoms:4@0.5,0.25@0.5", "power": 2.0, "gamma": 2.0, "lam": 0.1, "r2": 5.0},
        {
            "spectrum": "atoms:4@0.5,0.25@0.5",
            "signal": "bottom:0.5",
            "power": 2.0,
            "gamma": 2.0,
            "lam": 0.1,
            "r2": 5.0,
            "sigma2": 0.2,
        },
        {"spectrum": "ar1:0.7", "signal": "top:0.5", "power": 0.0, "gamma": 0.5, "lam": 0.1, "r2": 2.0, "sigma2": 2.0},
        {"spectrum": "ar1:0.7", "signal": "bottom:0.5", "power": 2.0, "gamma": 2.0, "lam": 0.1, "r2": 5.0, "sigma2": 0.2},
        {"spectrum": "power:1.2", "power": 0.5, "gamma": 2.0, "lam": 0.1, "r2": 5.0, "sigma2": 0.2},
        {"spectrum": "isotropic", "power": 1.0, "gamma": 2.0, "lam": 0.1, "r2": 5.0},
    ),
    rivals={
        "no shift": _no_shift,
        "the variance not shifted": _bias_alone,
        "the noise in place of the whole test error": _noise_alone,
    },
    plot=Plot(at={"spectrum": "atoms:4@0.5,0.25@0.5", "lam": 0.1, "r2": 5.0, "sigma2": 1.0}, lines={"power": (0.0, 1.0, 2.0)}),
)


def _by_modes(*, kernel, d, n, delta, linear, quadratic, sigma2):
    """The excess, added up over degrees: mode errors E0 (1 - L)^2 v^2 and the noise's E0 - 1."""
    found, powers = gegenbauer.hypercube(kernel, d=int(d)), np.array([0.0, linear, quadratic])
    modes = eigenlearning.modes(
        found.spectrum(powers), eigenvalue=found.eigenvalues[:3], power=powers, n=n, delta=delta, sigma2=sigma2
    )
    noise = np.asarray(eigenlearning.ridge(found.spectrum(powers), n=n, delta=delta, sigma2=sigma2).variance)  # (E0 - 1) sigma2
    return np.sum(modes.error) + noise


def _replica(*, kernel, d, n, delta, linear, quadratic, sigma2, twice=False):
    """The paper's E_g, by its own kappa = delta + sum kappa s/(kappa + n s), on the simulation's eigenvalues."""
    s, count = simulate.harmonics.eigenvalues(kernel, simulate.harmonics.space_of("hypercube", d))
    total = float(count @ s)

    def excess(t):
        return delta * np.exp(-t) + count @ (s / (np.exp(t) + n * s)) - 1

    kappa = np.exp(brentq(excess, np.log(delta) - 1, np.log(delta + total) + 1, xtol=1e-14, rtol=1e-15))
    lost = kappa / (kappa + n * s)
    share = n * count @ (s / (kappa + n * s)) ** 2  # the paper's gamma
    power = np.zeros(s.size)
    power[1:3] = linear, quadratic
    return (lost**2 @ power + (sigma2 if twice else share * sigma2)) / (1 - share)


replica = Theorem(
    title="The replica formula of kernel regression is eigenlearning, mode by mode",
    statement=r"\kappa=\delta+\sum_i\frac{\kappa s_i}{\kappa+ns_i},\ \gamma=\sum_i\frac{ns_i^2}{(\kappa+ns_i)^2}:\quad "
    r"R=\frac1{1-\gamma}\Bigl[\sum_i\frac{\kappa^2v_i^2}{(\kappa+ns_i)^2}+\gamma\sigma^2\Bigr]=\sum_iE_0(1-L_i)^2v_i^2+(E_0-1)\sigma^2",
    source="canatar2021spectral, Eqs (4) to (6) (numbering from memory); simon2023eigenlearning, section 4 (mode errors)",
    assumptions=(
        "x uniform on {-1, 1}^d / sqrt d, kernel k(<x, x'>) of eigenvalue s_i on parities; n samples, ridge delta > 0",
        "the target has power `linear` on the parities of one coordinate, `quadratic` on those of two; noise of variance sigma2",
    ),
    domain={
        "kernel": KERNEL["kernel"],
        "d": Integer(4, 16),
        "n": Real(1.0, 1e4, "[]"),
        "delta": Real(0.0, np.inf),
        "linear": Real(0.0, np.inf, default=1.0),
        "quadratic": Real(0.0, np.inf, "[", default=0.0),
        "sigma2": SIGMA2,
    },
    claim=Identity(theory=np.vectorize(_by_modes, otypes=[float]), other=_replica, rtol=1e-10),
    cases=(
        {"kernel": "ntk:3", "d": 10, "n": 50.0, "delta": 0.5, "quadratic": 0.5},
        {"kernel": "gaussian:1", "d": 8, "n": 200.0, "delta": 1e-3, "sigma2": 0.1},
        {"kernel": "laplace:1", "d": 12, "n": 1000.0, "delta": 2.0, "linear": 0.5, "quadratic": 2.0},
    ),
    rivals={
        "the noise of the new label in it": lambda **k: _replica(twice=True, **k),
        "delta = lam": lambda *, delta, n, **k: _by_modes(delta=delta * n, n=n, **k),
        "noise is not fitted": lambda *, sigma2, **k: _by_modes(sigma2=0.0, **k),
    },
)


def _shifted(law):
    from sympy import Identity, MatrixSymbol, Trace, symbols

    n, p, lam, r2, sigma2 = symbols("n p lambda r2 sigma2", positive=True)
    X, S, T, B = (MatrixSymbol(*x) for x in (("X", n, p), ("Sigma", p, p), ("T", p, p), ("B", p, p)))
    A = S**0.5 * X.T * X * S**0.5 / n
    R = (A + lam * Identity(p)).inverse()
    return {
        "expression": {
            "bias": r2 * lam**2 * Trace(B * R * T * R) / p,
            "variance": sigma2 * Trace(T * R * A * R) / n,
            "excess": r2 * lam**2 * Trace(B * R * T * R) / p + sigma2 * Trace(T * R * A * R) / n,
        },
        "gaussian": [X],
        "laws": {(S, T, B): law},
    }


TESTED = {  # eigenvalues in training, in testing, and the signal's energy over its mean, in equal parts
    "opposite": [(4.0, 0.25, 0.5), (0.25, 4.0, 1.5)],
    "square": [(4.0, 16.0, 2.0), (0.25, 0.0625, 0.0)],
    "unseen": [(4.0, 1.0, 1.0), (0.0, 1.0, 1.0)],
    "four": [(4.0, 1.0, 0.5), (4.0, 2.0, 1.5), (0.25, 1.0, 0.0), (0.25, 0.5, 2.0)],
}


def _joint(*, covariances):
    return np.array(TESTED[covariances]), np.full(len(TESTED[covariances]), 1 / len(TESTED[covariances]))


def _powers(*, spectrum, signal, power):
    values, weights = joint(spectrum, signal)
    return np.stack([values[:, 0], values[:, 0] ** power, values[:, 1]], axis=1), weights


def _matrices(*, covariances, gamma, lam, r2, sigma2):
    """The library's other formula, between matrices: here diagonal ones of a few rows, of which n may be any number."""
    (s, t, energy), weights = np.transpose(TESTED[covariances]), _joint(covariances=covariances)[1]
    n = len(weights) / gamma
    beta = (r2 * energy * weights) ** 0.5
    return covariate_shift.ridge_matrices(np.diag(s), np.diag(t), beta, n=n, delta=n * lam, sigma2=sigma2)


_by_values, _by_power = (Derived(_shifted, chosen).of("bias", "variance") for chosen in (_joint, _powers))
_SHIFT: dict[str, Any] = {
    "statement": shifted_test_covariance.statement.replace(r",\qquad s'=s^{P}", ""),
    "source": "canatar2021out, equation (4) (numbering from memory)",
    "assumptions": (
        "training rows have covariance S, test rows T with the same eigenvectors; their joint law and the signal's energy converge",
        *shifted_test_covariance.assumptions[1:2],
        "p/n -> gamma; `covariances`: eigenvalues in training and in testing and the signal's energy, in equal parts",
    ),
    "domain": {"covariances": Choice(tuple(TESTED)), "gamma": GAMMA, "lam": LAM, "r2": R2, "sigma2": SIGMA2},
    "rivals": _by_values.rivals("gamma", "lam", "sigma2"),
}

derived_shift = Model(
    title="Ridge regression tested under another covariance, derived from its expression",
    claim=_by_values.claim(),
    cases=(
        {"covariances": "opposite", "gamma": 2.0, "lam": 0.2, "r2": 2.0, "sigma2": 0.5},
        {"covariances": "four", "gamma": 1.0, "lam": 0.5, "r2": 5.0, "sigma2": 2.0},
    ),
    **_SHIFT,
)

matrix_formula = Theorem(
    title="The formula of ridge regression between two covariance matrices is what its expression gives",
    claim=_by_values.identity(each(None, _matrices)),
    cases=(
        {"covariances": "opposite", "gamma": 2.0, "lam": 0.0, "sigma2": 0.5},
        {"covariances": "square", "gamma": 1.0, "lam": 1e-12},
        {"covariances": "unseen", "gamma": 3.0, "lam": 0.0, "r2": 5.0, "sigma2": 0.5},
        {"covariances": "four", "gamma": 0.2, "lam": 0.5},
        {"covariances": "four", "gamma": 30.0, "lam": 1e-6, "sigma2": 2.0},
    ),
    **_SHIFT,
)

shift_formula = Theorem(
    title="The formula of ridge regression under another covariance is what its expression gives",
    statement=shifted_test_covariance.statement,
    source=shifted_test_covariance.source,
    assumptions=shifted_test_covariance.assumptions,
    domain=shifted_test_covariance.domain | {"spectrum": ATOMS},
    claim=_by_power.identity(_theory),
    cases=(
        {"spectrum": "atoms:4@0.5,0.25@0.5", "signal": "bottom:0.5", "power": 2.0, "gamma": 2.0, "lam": 0.1, "r2": 5.0},
        {"spectrum": "atoms:4@0.5,0.25@0.5", "signal": "top:0.5", "power": 0.0, "gamma": 1 - 2.0**-40, "lam": 0.0, "sigma2": 0.2},
        {"spectrum": "atoms:3@0.25,1@0.5,0.1@0.25", "signal": "bottom:0.5", "power": 1.5, "gamma": 0.5, "lam": 0.01, "r2": 2.0},
    ),
    rivals=_by_power.rivals("gamma", "lam", "signal") | {"no shift": _by_power.by(_no_shift)},
)
