r"""Cui, Loureiro, Krzakala and Zdeborova, Generalization error rates in kernel regression (2021): the crossover's four regimes.

A rate says n^x R_n -> c; a claim of it needs c too: that of `asymptotics.power_laws`, and of sums that are integrals in the limit.
"""

import numpy as np

import simulate.power_laws
from asymptotics import power_laws, ridge, scaling_exponents, spectra
from theorems import Choice, Identity, Mean, Real, Theorem

MODEL = (
    "eigenfunctions Gaussian, kernel eigenvalues i^-alpha, target powers i^-beta, i = 1, 2, ...",
    "alpha is the capacity, r = (beta - 1)/(2 alpha) the source, `source`",
    "noise of variance sigma2; lam = n^-ell, delta = n lam",
)
ALPHA = Real(1.2, 3.0, "[]")
SOURCE = Real(0.0, 1.0)
SIGMA2 = Real(0.0, 1e6, default=1.0)


def _scaled(of, penalty):
    """A simulation of n^x times a part of the risk, x by the atlas, at lam = n^-penalty(alpha)."""

    def simulation(*, n, alpha, source, draws, rng, sigma2=0.0):
        beta, ell = 1 + 2 * alpha * source, penalty(alpha)
        x = scaling_exponents.rates(alpha=alpha, beta=beta, ell=ell)
        given = {"alpha": alpha, "beta": beta, "delta": n ** (1 - ell) if np.isfinite(ell) else 0.0, "sigma2": sigma2}
        found = simulate.power_laws.ridge(n=n, draws=draws, rng=rng, **given)
        return n ** float(x.noise if of == "variance" else x.target) * getattr(found, of)

    simulation.cost = 3.0  # type: ignore[attr-defined]
    return simulation


def _interpolated(*, alpha, source):
    """n^(beta - 1) test_0, which does not depend on n."""
    return power_laws.interpolation(alpha=alpha, beta=1 + 2 * alpha * np.asarray(source), n=1.0).test


noiseless = Theorem(
    title="Without noise and penalty the error falls as n^(1 - beta)",
    statement=r"n^{\beta-1}R\to\alpha DC^{\beta-1},\quad C=\frac{\pi/\alpha}{\sin(\pi/\alpha)},\quad "
    r"D=\frac{(\pi/\alpha)(1-2r)}{\sin 2\pi r},\quad\beta-1=2\alpha r<2\alpha",
    source="cui2021generalization, section 4 (the noiseless unregularised regime; numbering from memory); simon2024more, Theorem 2",
    assumptions=(*MODEL, "sigma2 = 0, ell > alpha; r < 1; here lam = 0"),
    domain={"alpha": ALPHA, "source": SOURCE},
    claim=Mean(theory=_interpolated, simulation=_scaled("bias", lambda alpha: np.inf), sizes=(20, 40, 80)),
    cases=({"alpha": 1.5, "source": 0.2}, {"alpha": 2.0, "source": 0.375}, {"alpha": 1.3, "source": 0.3}),
    rivals={
        "kappa counted, not E0": lambda *, alpha, source: _interpolated(alpha=alpha, source=source) / alpha,
        "truncation at n modes": lambda *, alpha, source: 1 / (2 * alpha * source),  # sum_(i > n) i^-beta
    },
)

plateau = Theorem(
    title="With noise and no penalty the error stays at (alpha - 1) sigma2: all noise is fitted",
    statement=r"\ell>\alpha:\quad V\to(\alpha-1)\,\sigma^2",
    source="cui2021generalization, section 4 (the noisy unregularised regime; numbering from memory); simon2024more, Theorem 2",
    assumptions=(*MODEL, "ell > alpha; here lam = 0"),
    domain={"alpha": ALPHA, "source": SOURCE, "sigma2": SIGMA2},
    claim=Mean(
        theory=lambda *, alpha, source, sigma2: (alpha - 1) * sigma2 + 0 * np.asarray(source),
        simulation=_scaled("variance", lambda alpha: np.inf),
        of="variance",
        sizes=(20, 40, 80),
    ),
    cases=({"alpha": 1.5, "source": 0.2}, {"alpha": 2.0, "source": 0.3, "sigma2": 0.5}, {"alpha": 1.3, "source": 0.3}),
    rivals={
        "the test error's factor": lambda *, alpha, source, sigma2: alpha * sigma2 + 0 * np.asarray(source),
        "1/(alpha - 1)": lambda *, alpha, source, sigma2: sigma2 / (alpha - 1) + 0 * np.asarray(source),
        "sigma in place of sigma2": lambda *, alpha, source, sigma2: (alpha - 1) * np.sqrt(sigma2) + 0 * np.asarray(source),
    },
)


N, STEP = 1e9, 2.0  # exact sums at N and N STEP: at source = 1, where a logarithm stays, 3.5 % of their ratio is left


def _atlas(*, alpha, source, ell, labels):
    """R(2n)/R(n) = 2^-x."""
    beta = 1 + 2 * alpha * np.asarray(source)
    return STEP ** -np.asarray(scaling_exponents.rates(alpha=alpha, beta=beta, ell=ell, noisy=labels == "noisy").excess)


def _ratio(*, alpha, source, ell, labels):
    """The same of eigenlearning's exact sums, analytic tails included."""
    spectrum, n = spectra.power_law(alpha, 1 + 2 * alpha * source), np.array([N, N * STEP])
    found = ridge.ridge(spectrum, n=n, delta=n ** (1 - ell), r2=1.0, sigma2=1.0 if labels == "noisy" else 0.0)
    return float(np.divide(*np.asarray(found.excess)[::-1]))


rates = Theorem(
    title="The rate atlas: which exponent rules",
    statement=r"\mu=\min(\ell/\alpha,1):\quad R\sim n^{-x},\quad x=\min\bigl(2\alpha\mu\min(r,1),\ 1-\mu\bigr)\text{ (noisy)},"
    r"\quad x=2\alpha\mu\min(r,1)\text{ (noiseless)}",
    source="cui2021generalization, section 4 (numbering from memory)",
    assumptions=(*MODEL, "n -> infinity: R(2n)/R(n) is compared with 2^-x, exact sums at n = 10^9; source and ell away from 0"),
    domain={
        "alpha": ALPHA,
        "source": Real(0.2, 2.0, "["),
        "ell": Real(0.25, 4.0, "[]"),
        "labels": Choice(("noiseless", "noisy"), default="noisy"),
    },
    claim=Identity(theory=_atlas, other=_ratio, rtol=0.04),
    cases=(
        {"alpha": 1.5, "source": 0.2, "ell": 0.5, "labels": "noisy"},
        {"alpha": 1.5, "source": 0.5, "ell": 1.2, "labels": "noisy"},
        {"alpha": 2.0, "source": 0.4, "ell": 3.0, "labels": "noiseless"},
        {"alpha": 2.0, "source": 1.6, "ell": 1.0, "labels": "noiseless"},
    ),
    rivals={
        "the source is not capped": lambda *, alpha, source, ell, labels: (
            STEP
            ** -np.minimum(
                2 * alpha * np.minimum(ell / alpha, 1) * source, 1 - np.minimum(ell / alpha, 1) if labels == "noisy" else np.inf
            )
        ),
        "the penalty acts at every ell": lambda *, alpha, source, ell, labels: (
            STEP ** -np.minimum(2 * ell * np.minimum(source, 1), np.maximum(1 - ell / alpha, 0) if labels == "noisy" else np.inf)
        ),
        "noise is not fitted": lambda *, labels, **k: _atlas(labels="noiseless", **k),
    },
)
