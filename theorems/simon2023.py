"""Simon, Dickens, Karkada and DeWeese, The eigenlearning framework: a conservation law perspective on kernel regression (2023)."""

import numpy as np

import simulate.harmonics
import simulate.kernel_ridge
from asymptotics import equivalents, isotropic, learning_stages
from asymptotics.kernels import gegenbauer
from theorems import Identity, Integer, Mean, Plot, Real, Theorem, each, through
from theorems.bordelon2020 import DOMAIN


def _learnability(*, kernel, gamma, delta):
    return 1 / (1 + np.asarray(learning_stages.ridge(kernel, gamma=gamma, delta=delta).kappa))


def _of_isotropic(ridge):
    def wrong(*, kernel, gamma, delta):
        _, a, tau = learning_stages.coefficients(kernel, 1)
        return 1 / (1 + np.asarray(isotropic.ridge(gamma=gamma, lam=gamma * ridge(delta, tau) / a).kappa))

    return wrong


learnability = Theorem(
    title="The learnability of a linear function on the sphere, as many samples as dimensions",
    statement=r"\mathcal L=\mathbb E_x f(x)\hat f(x)\to\frac{s}{s+\kappa},\quad n=\sum_i\frac{s_i}{s_i+\kappa}+\frac\delta\kappa"
    r"\qquad(\mathbb E f^2=1,\ s\text{ the eigenvalue of degree }1)",
    source="simon2023eigenlearning, section 3 (numbering from memory)",
    assumptions=(
        "x uniform on the unit sphere of R^d, kernel k(<x, x'>), f_hat = k(., X) (K + delta)^-1 f(X), delta fixed",
        "f linear; d/n -> gamma",
    ),
    domain={name: DOMAIN[name] for name in ("kernel", "gamma", "delta")},
    claim=Mean(
        theory=_learnability,
        simulation=through(
            simulate.kernel_ridge.learnability, lambda *, n, gamma, **k: k | {"n": n, "d": max(3, round(gamma * n)), "degree": 1}
        ),
        sizes=(40, 80, 160),
    ),
    cases=(
        {"kernel": "ntk:3", "gamma": 0.5, "delta": 0.5},
        {"kernel": "gaussian:1", "gamma": 2.0, "delta": 0.0},
        {"kernel": "laplace:1", "gamma": 1.0, "delta": 0.2},
    ),
    rivals={
        "the higher degrees of the kernel are no ridge": _of_isotropic(lambda delta, tau: delta),
        "the higher degrees count twice": _of_isotropic(lambda delta, tau: delta + 2 * tau),
        "squared": lambda **k: _learnability(**k) ** 2,
        "samples per dimension": lambda *, gamma, **k: np.minimum(1.0, 1 / gamma) + 0 * _learnability(gamma=gamma, **k),
    },
    plot=Plot(at={"kernel": "ntk:3"}, lines={"delta": (0.0, 1.0, 10.0)}, n=100),
)


def _ridge(field):
    def at(*, kernel, d, n, delta):
        return getattr(equivalents.effective_ridge(gegenbauer.hypercube(kernel, d=int(d)).H, n=n, delta=delta), field)

    return each("d", at)


def _from_the_ridge(*, kernel, d, n, delta):
    """n - delta/kappa, on the simulation's own eigenvalues, by bisection in log kappa."""
    s, count = simulate.harmonics.eigenvalues(kernel, simulate.harmonics.space_of("hypercube", d))
    low, high = np.log(delta / n), np.log((delta + count @ s) / n)
    for _ in range(200):
        middle = (low + high) / 2
        below = count @ (s / (s + np.exp(middle))) + delta * np.exp(-middle) > n
        low, high = (middle, high) if below else (low, middle)
    return n - delta * np.exp(-middle)


conservation = Theorem(
    title="The learnabilities of all eigenfunctions add up to n - delta/kappa, at most the number of samples",
    statement=r"\sum_i\mathcal L_i=\sum_i\frac{s_i}{s_i+\kappa}=n-\frac\delta\kappa\le n",
    source="simon2023eigenlearning, Theorem 3.2 (numbering from memory)",
    assumptions=(
        "x uniform on the hypercube {-1, 1}^d / sqrt d, the eigenfunctions are its 2^d parities; kernel k(<x, x'>), ridge delta",
    ),
    domain={"kernel": DOMAIN["kernel"], "d": Integer(3, 16), "n": Real(1.0, 1e4, "[]"), "delta": Real(0.0, np.inf)},
    claim=Identity(theory=_ridge("df1"), other=_from_the_ridge, rtol=1e-11),
    cases=(
        {"kernel": "ntk:3", "d": 10, "n": 50.0, "delta": 0.5},
        {"kernel": "gaussian:1", "d": 8, "n": 255.0, "delta": 1e-3},
        {"kernel": "laplace:1", "d": 12, "n": 1000.0, "delta": 2.0},
    ),
    rivals={
        "all samples count": lambda *, n, **k: n + 0 * _ridge("df1")(n=n, **k),
        "learnabilities squared": _ridge("df2"),
        "n kappa in the place of kappa": lambda *, n, delta, **k: n - delta / (n * _ridge("kappa")(n=n, delta=delta, **k)),
    },
)
