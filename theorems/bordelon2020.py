"""Bordelon, Canatar and Pehlevan, Spectrum dependent learning curves in kernel regression and wide neural networks (2020)."""

import numpy as np

import simulate.kernel_ridge
from asymptotics import isotropic, learning_stages
from theorems import GAMMA, R2, SIGMA2, Choice, Mean, Plot, Real, Theorem, through

MODEL = (
    "x uniform on the unit sphere of R^d, kernel k(<x, x'>) = sum_l a_l t^l; d/n -> gamma, so that degree 1 is being learned",
    "the target has power r2 on degree 1 and `above` on degree 2, no preferred direction in either; noise of variance sigma2",
    "f_hat = k(., X) (K + delta)^-1 y, delta fixed",
)
DOMAIN = {
    "kernel": Choice(("ntk:1", "ntk:3", "nngp:2", "gaussian:1", "laplace:1"), open=True),
    "gamma": GAMMA,
    "delta": Real(0.0, np.inf, "["),
    "r2": R2,
    "above": Real(0.0, np.inf, "[", default=0.0),
    "sigma2": SIGMA2,
}
CASES = (
    {"kernel": "ntk:3", "gamma": 0.5, "delta": 0.5, "r2": 2.0, "above": 0.5, "sigma2": 0.5},
    {"kernel": "gaussian:1", "gamma": 1.0, "delta": 0.1, "r2": 5.0, "above": 0.2, "sigma2": 0.2},
    {"kernel": "laplace:1", "gamma": 0.7, "delta": 0.2, "r2": 2.0, "sigma2": 1.0},
)
EQUATIONS = (
    r"\lambda_{\rm eff}=\gamma\,\frac{\delta+\tau}{a_1},\quad\tau=k(1)-a_0-a_1,\quad\sigma^2_{\rm eff}=\sigma^2+q_2:\quad "
)


def at(*, n, gamma, r2, above, **given):
    """The arguments of the simulation: d = gamma n, the powers of degrees 0, 1 and 2."""
    return given | {"n": n, "d": max(3, round(gamma * n)), "powers": (0.0, r2, above)}


def _isotropic(ridge, *, kernel, gamma, delta, r2, above, sigma2):
    """Isotropic ridge regression with this ridge in the place of delta + tau; its noise counts the higher degrees of the target."""
    _, a, tau = learning_stages.coefficients(kernel, 1)
    return isotropic.ridge(gamma=gamma, lam=gamma * ridge(delta, tau) / a, r2=r2, sigma2=sigma2 + above)


RIVALS = {
    "the higher degrees of the kernel are no ridge": lambda **k: _isotropic(lambda delta, tau: delta, **k),
    "the higher degrees count twice": lambda **k: _isotropic(lambda delta, tau: delta + 2 * tau, **k),
    "all of the kernel's trace is ridge": lambda *, kernel, **k: _isotropic(
        lambda delta, tau: delta + sum(learning_stages.coefficients(kernel, 1)), kernel=kernel, **k
    ),
}


def _claim(of):
    return Mean(theory=learning_stages.ridge, simulation=through(simulate.kernel_ridge.ridge, at), of=of, sizes=(40, 80, 160))


test_error = Theorem(
    title="Kernel ridge regression on the sphere, as many samples as dimensions: the test error",
    statement=EQUATIONS + r"R+\sigma^2\to R_{\rm iso}(\lambda_{\rm eff})+\sigma^2_{\rm eff}",
    source="bordelon2020spectrum, section 4 (numbering from memory); misiakiewicz2022spectrum",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=_claim("test"),
    cases=CASES,
    rivals=RIVALS | {"unlearned degrees cost nothing": lambda **k: learning_stages.ridge(**(k | {"above": 0.0}))},
    plot=Plot(at={"kernel": "ntk:3", "r2": 5.0, "sigma2": 0.5}, lines={"delta": (0.0, 1.0, 10.0)}, low=0.1, high=10.0, n=100),
)

training_error = Theorem(
    title="Kernel ridge regression on the sphere, as many samples as dimensions: the training error",
    statement=EQUATIONS
    + r"\tfrac1n\|y-\hat f(X)\|^2\to\Bigl(\frac{\delta}{\delta+\tau}\frac{\lambda_{\rm eff}}{\kappa}\Bigr)^2(R+\sigma^2)",
    source="canatar2021spectral; bordelon2020spectrum, section 4 (numbering from memory)",
    assumptions=MODEL,
    domain=DOMAIN,
    claim=_claim("train"),
    cases=CASES,
    rivals={
        "the training error of isotropic ridge": lambda **k: _isotropic(lambda delta, tau: delta + tau, **k),
        "the higher degrees of the kernel are no ridge": RIVALS["the higher degrees of the kernel are no ridge"],
        "the ratio not squared": lambda *, delta, kernel, **k: (
            learning_stages.ridge(kernel, delta=delta, **k).train * (delta + learning_stages.coefficients(kernel, 1)[2]) / delta
        ),
    },
)


def _second(*, kernel, modes, delta, r2, above, sigma2):
    return learning_stages.ridge(kernel, gamma=modes, delta=delta, r2=r2, above=above, sigma2=sigma2, degree=2)


def _at_dimension(*, n, modes, r2, above, **given):
    """The arguments of the simulation in n dimensions, with as many samples as `modes` says."""
    return given | {"d": n, "n": round((n * (n + 1) / 2 - 1) / modes), "powers": (0.0, 0.0, r2, above)}


_in_dimensions = through(simulate.kernel_ridge.ridge, _at_dimension)
_in_dimensions.cost = 5.0  # of dimensions: n^2.5, as measured up to n = 400

SECOND = (
    "x uniform on the unit sphere of R^d, kernel k(<x, x'>) = sum_l a_l t^l; N_2/n -> `modes`, so that degree 2 is being learned",
    "the target has power r2 on degree 2 and `above` on degree 3, no preferred direction in either; noise of variance sigma2",
    "f_hat = k(., X) (K + delta)^-1 y, delta fixed",
    "the sizes of the verdict are dimensions d: n = N_2/modes samples are drawn",
)
SECOND_EQUATIONS = (
    r"N_2=\tfrac{d(d+1)}2-1,\quad\lambda_{\rm eff}=\frac{N_2}{n}\,\frac{\delta+\tau}{a_2},\quad\tau=k(1)-a_0-a_1-a_2,"
    r"\quad\sigma^2_{\rm eff}=\sigma^2+q_3:\quad "
)
SECOND_DOMAIN = {"modes": GAMMA} | {name: DOMAIN[name] for name in ("kernel", "delta", "r2", "above", "sigma2")}


def _second_claim(of, sizes):
    return Mean(theory=_second, simulation=_in_dimensions, of=of, sizes=sizes)


def _first_degree_is_ridge(*, kernel, delta, **given):
    return _second(kernel=kernel, delta=delta + learning_stages.coefficients(kernel, 1)[1], **given)


second_stage = Theorem(
    title="Kernel ridge regression on the sphere learns degree by degree: the second stage, of n ~ d^2 samples",
    statement=SECOND_EQUATIONS + r"R+\sigma^2\to R_{\rm iso}(\lambda_{\rm eff})+\sigma^2_{\rm eff}",
    source="bordelon2020spectrum, section 4 (numbering from memory); misiakiewicz2022spectrum",
    assumptions=SECOND,
    domain=SECOND_DOMAIN,
    claim=_second_claim("test", (5, 8, 11, 14)),
    cases=(
        {"kernel": "ntk:1", "modes": 0.25, "delta": 0.5, "r2": 2.0, "above": 0.5, "sigma2": 1.0},
        {"kernel": "polynomial:2,0", "modes": 0.25, "delta": 0.5, "r2": 2.0, "above": 0.3, "sigma2": 0.5},
    ),
    rivals={
        "the first degree acts as ridge still": _first_degree_is_ridge,
        "unlearned degrees cost nothing": lambda **k: _second(**(k | {"above": 0.0})),
    },
)

second_training_error = Theorem(
    title="Kernel ridge regression on the sphere, the second stage: the training error",
    statement=SECOND_EQUATIONS
    + r"\tfrac1n\|y-\hat f(X)\|^2\to\Bigl(\frac{\delta}{\delta+\tau}\frac{\lambda_{\rm eff}}{\kappa}\Bigr)^2(R+\sigma^2)",
    source="canatar2021spectral; bordelon2020spectrum, section 4 (numbering from memory)",
    assumptions=SECOND,
    domain=SECOND_DOMAIN,
    claim=_second_claim("train", (5, 8, 11, 14)),
    cases=({"kernel": "ntk:1", "modes": 0.5, "delta": 0.5, "r2": 2.0, "above": 0.6, "sigma2": 0.5},),
    rivals={
        "the first degree acts as ridge still": _first_degree_is_ridge,
        "the higher degrees of the kernel are no ridge": lambda *, kernel, modes, delta, r2, above, sigma2: isotropic.ridge(
            gamma=modes, lam=modes * delta / learning_stages.coefficients(kernel, 2)[2], r2=r2, sigma2=sigma2 + above
        ),
        "unlearned degrees are no noise": lambda **k: _second(**(k | {"above": 0.0})),
    },
)
