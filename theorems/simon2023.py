"""Simon, Dickens, Karkada and DeWeese, The eigenlearning framework: a conservation law perspective on kernel regression (2023)."""

import numpy as np

import simulate.harmonics
import simulate.kernel_ridge
from asymptotics import eigenlearning, equivalents, isotropic, learning_stages
from asymptotics.kernels import gegenbauer
from theorems import GAMMA, R2, SIGMA2, Choice, Identity, Integer, Mean, Plot, Real, Theorem, each, through
from theorems.bordelon2020 import DOMAIN
from theorems.derived import Derived


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


KERNELS = {  # eigenvalues, their share of all, the target's share at each; the first is looked at
    "two": ([4.0, 0.25], [0.5, 0.5], [0.2, 0.8]),
    "three": ([1.0, 0.1, 5.0], [0.25, 0.65, 0.1], [0.5, 0.3, 0.2]),
    "not all seen": ([1.0, 0.0], [0.4, 0.6], [0.7, 0.3]),
}


def _coefficients(law):
    """X: the eigenfunctions at the samples, S: their eigenvalues; P: those that are looked at; B: the target's power."""
    from sympy import Identity, MatrixSymbol, Trace, symbols

    n, p, lam, r2, sigma2 = symbols("n p lambda r2 sigma2", positive=True)
    X, S, P, B = MatrixSymbol("X", n, p), MatrixSymbol("Sigma", p, p), MatrixSymbol("P", p, p), MatrixSymbol("B", p, p)
    Q = (X * S * X.T / n + lam * Identity(n)).inverse()
    fit = S * X.T * Q * X / n
    return {
        "expression": {
            "learnability": Trace(P * fit) / p,
            "squared": r2 * Trace(P * fit * B * fit.T) / p + sigma2 * Trace(P * S * X.T * Q * Q * X * S) / n**2,
            "overfitting": n * Trace(Q * Q) / Trace(Q) ** 2,
        },
        "gaussian": [X],
        "laws": {(S, P, B): law},
    }


def _table(*, eigenvalues):
    s, share, power = map(np.array, KERNELS[eigenvalues])
    chosen = np.arange(len(s)) == 0
    return np.stack([s, chosen / share, power / share], axis=1), share


def _modes(*, eigenvalues, gamma, lam, r2, sigma2):
    """Of the first eigenvalue, by the formulas: n = 1, and gamma eigenfunctions."""
    s, share, power = map(np.array, KERNELS[eigenvalues])
    spectrum = eigenlearning.target(s, gamma * share, power)
    at = eigenlearning.modes(spectrum, eigenvalue=s[0], power=r2 * power[0], n=1.0, delta=lam, r2=r2, sigma2=sigma2)
    return {
        "learnability": at.learnability,
        "squared": at.learnability**2 * r2 * power[0] / share[0] + gamma * at.variance,
        "overfitting": at.overfitting,
    }


_learned = Derived(_coefficients, _table).of("learnability", "squared", "overfitting")

derived_modes = Theorem(
    title="What kernel ridge regression learns of an eigenfunction is what the expression of its coefficient gives",
    statement=r"\operatorname{E}\hat v=\mathcal Lv,\quad \operatorname{E}\hat v^2=\mathcal L^2\Bigl(v^2+\frac{\text{test}}n\Bigr),\quad "
    r"\frac{n\operatorname{tr}Q^2}{(\operatorname{tr}Q)^2}\to\mathcal E_0=\frac n{n-\sum_i\mathcal L_i^2},\quad "
    r"\mathcal L=\frac s{s+\kappa}",
    source="simon2023eigenlearning, sections 3 and 4 (numbering from memory); derived here from the expressions",
    assumptions=(
        "eigenfunctions at the samples are independent standard normal; `eigenvalues` in given parts, gamma of them a sample",
        "ridge regression in their basis, penalty n lam; means over the eigenfunctions of the first eigenvalue",
        "Q = (K/n + lam)^-1, K the kernel at the samples",
    ),
    domain={"eigenvalues": Choice(tuple(KERNELS)), "gamma": GAMMA, "lam": Real(1e-9, 1e6, "[]"), "r2": R2, "sigma2": SIGMA2},
    claim=_learned.identity(each("gamma", _modes)),
    cases=(
        {"eigenvalues": "two", "gamma": 2.0, "lam": 0.1, "r2": 2.0, "sigma2": 0.5},
        {"eigenvalues": "three", "gamma": 1.0, "lam": 1e-6, "sigma2": 0.1},
        {"eigenvalues": "three", "gamma": 20.0, "lam": 0.01, "r2": 5.0},
        {"eigenvalues": "not all seen", "gamma": 3.0, "lam": 0.2},
    ),
    rivals=_learned.rivals("gamma", "lam", "sigma2"),
)
