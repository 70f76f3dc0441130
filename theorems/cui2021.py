r"""Cui, Loureiro, Krzakala and Zdeborova, Generalization error rates in kernel regression (2021): the crossover's four regimes.

A rate says n^x R_n -> c; a claim of it needs c too: that of `asymptotics.power_laws`, and of sums that are integrals in the limit.
"""

import numpy as np
from mpmath import mpf

import simulate.power_laws
from asymptotics import power_laws, scaling_exponents
from theorems import Choice, Identity, Mean, Real, Theorem, mellin

MODEL = (
    "eigenfunctions Gaussian, kernel eigenvalues i^-alpha, target powers i^-beta, i = 1, 2, ...",
    "alpha is the capacity, r = (beta - 1)/(2 alpha) the source, `source`",
    "noise of variance sigma2; lam = n^-ell, delta = n lam",
)
ALPHA = Real(1.2, 3.0, "[]")
SOURCE = Real(0.0, 1.0)
SIGMA2 = Real(0.0, 1e6, default=1.0)
ATLAS = {
    "alpha": ALPHA,
    "source": Real(0.05, 2.0, "[]"),
    "ell": Real(0.05, 4.0, "[]"),
    "labels": Choice(("noiseless", "noisy"), default="noisy"),
}


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


def _kept(alpha):
    """C of df1 = C kappa^(-1/alpha)."""
    return np.pi / alpha / np.sin(np.pi / alpha)


def _some_is_fitted(*, alpha, source, share, sigma2):
    return sigma2 * (1 - 1 / alpha) * _kept(alpha) + 0 * np.asarray(source) * share


def _penalised(*, n, alpha, source, share, sigma2, draws, rng):
    """n^(1 - share) V at kappa = n^-ell (1 + lower orders): those with which V has no term of relative order n^-share or n^(share - 1)."""
    C = _kept(alpha)
    c = (1 - 1 / alpha) * C  # df2 = c kappa^(-1/alpha) - 1/2
    kappa = n ** (-share * alpha) * (1 + alpha * (c * n ** (share - 1) - n**-share / (2 * c)))
    given = {"alpha": alpha, "beta": 1 + 2 * alpha * source, "sigma2": sigma2, "wide": 4}  # 4 n eigenfunctions: many below kappa
    delta = kappa * (n + 0.5 - C * kappa ** (-1 / alpha))
    return n ** (1 - share) * np.asarray(simulate.power_laws.ridge(n=n, delta=delta, draws=draws, rng=rng, **given).variance)


_penalised.cost = 3.0  # type: ignore[attr-defined]

penalised = Theorem(
    title="With noise and a penalty n^-ell, ell < alpha, the noise fitted falls as n^(ell/alpha - 1)",
    statement=r"0<\ell<\alpha:\quad n^{1-\ell/\alpha}V\to\sigma^2\Bigl(1-\frac1\alpha\Bigr)\frac{\pi/\alpha}{\sin(\pi/\alpha)}",
    source="cui2021generalization, section 4 (the noisy regularised regime; numbering from memory); the constant rederived",
    assumptions=(*MODEL, "`share` is ell/alpha; here lam = n^-ell (1 + lower orders), those that leave V the least bias"),
    domain={"alpha": Real(1.4, 3.0, "[]"), "source": SOURCE, "share": Real(0.35, 0.6, "[]"), "sigma2": SIGMA2},
    claim=Mean(theory=_some_is_fitted, simulation=_penalised, sizes=(20, 40, 80)),
    cases=(
        {"alpha": 1.5, "source": 0.3, "share": 0.5},
        {"alpha": 2.0, "source": 0.25, "share": 0.5, "sigma2": 0.5},
    ),
    rivals={
        "df1 for df2": lambda *, alpha, **k: _some_is_fitted(alpha=alpha, **k) / (1 - 1 / alpha),
        "the plateau's factor": lambda *, alpha, sigma2, **k: (alpha - 1) * sigma2,
        "sigma in place of sigma2": lambda *, sigma2, **k: _some_is_fitted(sigma2=sigma2**0.5, **k),
        "kappa^(-1/alpha) modes, no constant": lambda *, alpha, **k: _some_is_fitted(alpha=alpha, **k) / _kept(alpha),
    },
)


def atlas(*, alpha, source, ell, labels, q=np.inf):
    """R(2n)/R(n) = 2^-x."""
    given = {"alpha": alpha, "beta": 1 + 2 * alpha * np.asarray(source), "ell": ell, "q": q}
    return 2.0 ** -np.asarray(scaling_exponents.rates(noisy=labels == "noisy", **given).excess)


def summed(*, alpha, source, ell, labels, q=np.inf):
    """The same of whole sums at n = 10^10000."""
    given = {"alpha": alpha, "beta": 1 + 2 * alpha * source, "sigma2": 1.0 if labels == "noisy" else 0.0}
    first, second = (
        mellin.excess(n=n, delta=n ** (1 - mpf(ell)), k=n ** mpf(q), **given) for n in (mpf(10) ** 10000, 2 * mpf(10) ** 10000)
    )
    return float(second / first)


def not_capped(*, alpha, source, ell, labels, q=np.inf):
    """The target's rate at any source as at one below 1."""
    mu = np.minimum(np.minimum(ell / alpha, 1), q)
    return 2.0 ** -np.minimum(2 * alpha * mu * source, 1 - mu if labels == "noisy" else np.inf)


rates = Theorem(
    title="The rate atlas: which exponent rules",
    statement=r"\mu=\min(\ell/\alpha,1):\quad R\sim n^{-x},\quad x=\min\bigl(2\alpha\mu\min(r,1),\ 1-\mu\bigr)\text{ (noisy)},"
    r"\quad x=2\alpha\mu\min(r,1)\text{ (noiseless)}",
    source="cui2021generalization, section 4 (numbering from memory)",
    assumptions=(*MODEL, "n -> infinity: R(2n)/R(n) is compared with 2^-x, whole sums at n = 10^10000"),
    domain=ATLAS,
    claim=Identity(theory=atlas, other=summed, rtol=1e-4),  # x to 1/log n = 4.3e-5: logarithms, and rates that tie
    cases=(
        {"alpha": 1.5, "source": 0.2, "ell": 0.5, "labels": "noisy"},
        {"alpha": 1.5, "source": 0.5, "ell": 1.2, "labels": "noisy"},
        {"alpha": 2.0, "source": 0.4, "ell": 3.0, "labels": "noiseless"},
        {"alpha": 2.0, "source": 1.6, "ell": 1.0, "labels": "noiseless"},
        {"alpha": 1.3, "source": 1.0, "ell": 0.8, "labels": "noiseless"},
    ),
    rivals={
        "the source is not capped": not_capped,
        "the penalty acts at every ell": lambda *, alpha, source, ell, labels: (
            2.0 ** -np.minimum(2 * ell * np.minimum(source, 1), np.maximum(1 - ell / alpha, 0) if labels == "noisy" else np.inf)
        ),
        "noise is not fitted": lambda *, labels, **k: atlas(labels="noiseless", **k),
    },
)
