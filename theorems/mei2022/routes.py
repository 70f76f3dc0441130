"""The same formula by other routes: the eigenframework, and the paper's polynomials."""

from mpmath import mp, mpf

from asymptotics import random_features, spherical_features
from asymptotics.activations import hermite
from theorems import LAM, R2, SIGMA2, Identity, Real, Theorem
from theorems.mei2022.sphere import LAYER, LINEAR, MODEL, PART, theory


def _view(*, gamma, inputs, activation, lam, r2, nonlinear, sigma2):
    at = spherical_features.spectrum(activation=activation, nonlinear=nonlinear)
    return random_features.ridge(at, gamma=gamma, psi=inputs / gamma, lam=lam * inputs / gamma, r2=r2, sigma2=sigma2)


def _relative(*, nonlinear, r2, **given):
    """`nonlinear` per r2, as a spectrum has it."""
    return theory(nonlinear=nonlinear * r2, r2=r2, **given)


IDENTITIES = (
    {"activation": "relu", "gamma": 2.0, "inputs": 0.5, "lam": 0.05, "nonlinear": 0.5, "sigma2": 0.2},
    {"activation": "tanh", "gamma": 0.5, "inputs": 2.0, "lam": 0.3, "r2": 2.0, "sigma2": 0.5},
    {"activation": "erf", "gamma": 1.0, "inputs": 0.2, "lam": 0.01, "nonlinear": 2.0},
    {"activation": "sign", "gamma": 4.0, "inputs": 1.0, "lam": 1.0, "r2": 0.5},
    {"activation": "relu", "gamma": 0.2, "inputs": 0.1, "lam": 0.02, "nonlinear": 0.1, "sigma2": 2.0},
    {"activation": "tanh", "gamma": 10.0, "inputs": 3.0, "lam": 0.5, "nonlinear": 1.0},
)

eigenframework = Theorem(
    title="Mei and Montanari's formula is the eigenframework's for d eigenvalues mu1^2/d and a tail mu_*^2",
    statement=r"s_1=\dots=s_d=\frac{\mu_1^2}{d},\ \sum_{i>d}s_i=\mu_*^2:\quad R_{\rm MM}=R_{\rm eigen},\qquad \delta=\frac{n\lambda}{k}",
    source="simon2024more, equations (6) to (9) (numbering from memory); mei2022generalization, Theorem 2",
    assumptions=(*MODEL[2:], "`nonlinear` is relative to r2"),
    domain=LAYER | LINEAR | {"lam": LAM, "r2": R2, "nonlinear": PART, "sigma2": SIGMA2},
    claim=Identity(theory=_relative, other=_view, rtol=1e-12),
    cases=IDENTITIES,
    rivals={
        "delta = n lam": lambda *, lam, gamma, inputs, **k: _relative(lam=lam * gamma / inputs, gamma=gamma, inputs=inputs, **k),
        "no tail": lambda *, activation, **k: _relative(activation="identity", **k),
    },
)


def _paper(*, gamma, inputs, activation, lam, r2, nonlinear, sigma2):
    """Eqs (16) to (20) as they stand, chi = nu1 nu2 by bisection of Eq. (15) on the imaginary axis; 60 digits, for they cancel."""
    with mp.workdps(60):
        return float(_polynomials(mpf(gamma) / inputs, 1 / mpf(inputs), hermite(activation), lam, r2, nonlinear, sigma2))


def _polynomials(p1, p2, phi, lam, r2, nonlinear, sigma2):
    z2 = mpf(phi.mu1) ** 2 / phi.mu_star2
    xi = mp.sqrt(p2 * lam / phi.mu_star2)  # of the paper's i xi

    def gap(m1):
        m2 = m1 - (p1 - p2) / xi  # (15) for nu1 and nu2, subtracted
        return m1 * (xi + m2 + z2 * m2 / (1 + z2 * m1 * m2)) - p1

    low, high = max(mpf(0), (p1 - p2) / xi), p1 / xi
    for _ in range(200):
        m1 = (low + high) / 2
        low, high = (m1, high) if gap(m1) < 0 else (low, m1)
    c = -m1 * (m1 - (p1 - p2) / xi)
    z4, z6 = z2**2, z2**3
    e0 = (
        -(c**5) * z6 + 3 * c**4 * z4 + (p1 * p2 - p1 - p2 + 1) * c**3 * z6 - 2 * c**3 * z4 - 3 * c**3 * z2
        + (p1 + p2 - 3 * p1 * p2 + 1) * c**2 * z4 + 2 * c**2 * z2 + c**2 + 3 * p1 * p2 * c * z2 - p1 * p2
    )  # fmt: skip
    e1 = p2 * c**3 * z4 - p2 * c**2 * z2 + p1 * p2 * c * z2 - p1 * p2
    e2 = (
        c**5 * z6 - 3 * c**4 * z4 + (p1 - 1) * c**3 * z6 + 2 * c**3 * z4 + 3 * c**3 * z2
        + (-p1 - 1) * c**2 * z4 - 2 * c**2 * z2 - c**2
    )  # fmt: skip
    return r2 * e1 / e0 + (sigma2 + nonlinear) * e2 / e0 + nonlinear


polynomials = Theorem(
    title="One real equation and sums of positive terms give the paper's polynomials",
    statement=r"R=F_1^2\frac{E_1(\chi)}{E_0(\chi)}+(\tau^2+F_*^2)\frac{E_2(\chi)}{E_0(\chi)}+F_*^2,\quad\chi=\nu_1\nu_2(i\xi),\ "
    r"\xi^2=\psi_1\psi_2\frac{\lambda_{\rm MM}}{\mu_*^2}",
    source="mei2022generalization, Eqs (15) to (20)",
    assumptions=MODEL[2:],
    domain=LAYER | LINEAR | {"lam": Real(0.0, 1e6), "r2": R2, "nonlinear": PART, "sigma2": SIGMA2},
    claim=Identity(theory=theory, other=_paper, rtol=1e-11),
    cases=IDENTITIES,
    rivals={
        "lambda = lam": lambda *, lam, gamma, inputs, **k: theory(lam=lam * gamma / inputs, gamma=gamma, inputs=inputs, **k),
        "psi_1 and psi_2 swapped": lambda *, gamma, inputs, **k: theory(gamma=1 / gamma, inputs=inputs / gamma, **k),
        "F_* not in the variance": lambda *, nonlinear, **k: theory(nonlinear=0.0, **k).excess + nonlinear,
    },
)
