"""Defilippis, Loureiro and Misiakiewicz, Dimension-free deterministic equivalents for random feature regression (2024)."""

from functools import partial

import numpy as np
from scipy.optimize import brentq

from asymptotics import random_features, spectra
from asymptotics.spectra import Spectrum
from asymptotics.spectra.laws import Law
from theorems import SIGMA2, Identity, Real, Theorem, each
from theorems.cui2021 import ATLAS, MODEL, atlas, not_capped, summed
from theorems.derived import Derived
from theorems.layers import errors, random

P = 300  # eigenvalues


def _one_law(*, alpha, beta, n, k, delta, sigma2):
    return random_features.ridge(spectra.power_law(alpha, beta, p=P), n=n, k=k, delta=delta, sigma2=sigma2)


_theory = each(("alpha", "beta"), _one_law)


def _theirs(*, alpha, beta, n, k, delta, sigma2, swapped=False):
    """B + V by the equations of the paper, their p features being k; `swapped`: nu1 and nu2 exchanged in Upsilon."""
    i = np.arange(1.0, P + 1)
    s, v2 = i**-alpha, i**-beta

    def root(nu2):
        return np.sqrt((1 - n / k) ** 2 + 4 * delta / (k * nu2))

    def defect(t):
        return 1 + n / k - root(np.exp(t)) - 2 / k * np.sum(s / (s + np.exp(t)))

    nu2 = np.exp(brentq(defect, np.log(delta / n) - 1 - np.log1p(n / k), np.log(10 * (s.sum() + delta) * (1 + 1 / k) / min(n, 1.0)),
                        xtol=1e-15, rtol=1e-15))  # fmt: skip
    nu1 = nu2 / 2 * (1 - n / k + root(nu2))
    df2 = np.sum((s / (s + nu2)) ** 2)
    ratio = nu2 / nu1 if swapped else nu1 / nu2
    upsilon = k / n * ((1 - ratio) ** 2 + ratio**2 * df2 / (k - df2))
    chi = np.sum(s / (s + nu2) ** 2) / (k - df2)
    bias = nu2**2 / (1 - upsilon) * (np.sum(v2 / (s + nu2) ** 2) + chi * np.sum(v2 * s / (s + nu2) ** 2))
    return bias + sigma2 * upsilon / (1 - upsilon)


same_as_simon = Theorem(
    title="The dimension-free equivalents of random features and the eigenframework are one formula",
    statement=r"1+\frac nk-\sqrt{\Bigl(1-\frac nk\Bigr)^2+\frac{4\delta}{k\nu_2}}=\frac2k\operatorname{Tr}\Sigma(\Sigma+\nu_2)^{-1},\quad "
    r"\nu_1=\frac{\nu_2}2\Bigl[1-\frac nk+\sqrt{\cdot}\Bigr],\quad \nu_2=\kappa,\ \nu_1=\kappa_1:\quad "
    r"R=\frac{\nu_2^2}{1-\Upsilon}\bigl[\|v\|^2_{(\Sigma+\nu_2)^{-2}}+\chi\|v\|^2_{\Sigma(\Sigma+\nu_2)^{-2}}\bigr]"
    r"+\sigma^2\frac{\Upsilon}{1-\Upsilon}",
    source="defilippis2024dimension, Theorem 3.3 and the definitions before it (numbering from memory); simon2024more",
    assumptions=(
        f"eigenvalues i^-alpha, powers v_i^2 = i^-beta of the target, i = 1 ... {P}; n samples, k features, penalty delta > 0",
        "Upsilon = (k/n)[(1 - nu1/nu2)^2 + (nu1/nu2)^2 df2/(k - df2)], chi = Tr Sigma (Sigma + nu2)^-2/(k - df2)",
    ),
    domain={
        "alpha": Real(1.0, 4.0, "[]"),
        "beta": Real(1.0, 8.0, "[]"),
        "n": Real(1.0, 1e5, "[]"),
        "k": Real(1.0, 1e5, "[]"),
        "delta": Real(0.0, 1e6),
        "sigma2": SIGMA2,
    },
    claim=Identity(theory=_theory, other=_theirs, rtol=1e-10),
    cases=(
        {"alpha": 1.5, "beta": 1.5, "n": 100.0, "k": 40.0, "delta": 1.0, "sigma2": 0.5},
        {"alpha": 1.5, "beta": 1.5, "n": 100.0, "k": 250.0, "delta": 0.03, "sigma2": 0.5},
        {"alpha": 2.0, "beta": 1.2, "n": 60.0, "k": 60.0, "delta": 1e-3},
        {"alpha": 1.2, "beta": 3.0, "n": 200.0, "k": 150.0, "delta": 1e-4, "sigma2": 0.0},
    ),
    rivals={
        "nu1 and nu2 exchanged": lambda **given: _theirs(swapped=True, **given),
        "n and k exchanged": lambda *, n, k, **given: _theory(n=k, k=n, **given),
    },
)


def _law(alpha, beta):
    """Of mass 1, and so the signal's energy, v_i^2 over the eigenvalue."""
    i = np.arange(1.0, P + 1)
    energy = i ** (alpha - beta)
    return Spectrum(Law(i**-alpha, np.full(P, 1 / P), mass=1.0), Law(i**-alpha, energy / energy.sum(), mass=1.0))


_errors = Derived(partial(errors, random), _law).of("bias", "variance")


def _derived(*, alpha, beta, n, k, delta, sigma2):
    power = np.sum(np.arange(1.0, P + 1) ** (alpha - beta))
    parts = _errors.theory(alpha=alpha, beta=beta, gamma=k / n, psi=P / k, lam=delta / n, r2=power, sigma2=sigma2)
    return parts["bias"] + parts["variance"]


derived_errors = Theorem(
    title="The dimension-free equivalents derived from the expression of a random features fit",
    statement=same_as_simon.statement,
    source="defilippis2024dimension, Theorem 3.3 (numbering from memory); derived here from the expression",
    assumptions=same_as_simon.assumptions,
    domain=same_as_simon.domain,
    claim=Identity(theory=each(None, _theirs), other=_derived, rtol=1e-10),  # by roots of brentq, as the record above
    cases=same_as_simon.cases,
    rivals={
        "nu1 and nu2 exchanged": lambda **given: _theirs(swapped=True, **given),
        "n and k exchanged": lambda *, n, k, **given: _theirs(n=k, k=n, **given),
    },
)

rates = Theorem(
    title="The rate atlas of random features: which exponent rules, and how many features are enough",
    statement=r"\mu=\min(\ell/\alpha,1,q):\quad R\sim n^{-x},\quad x=\min\bigl(2\alpha\mu\min(r,1),\ "
    r"\alpha\mu\min(2r,1)+q-\mu,\ 1-\mu\text{ (noisy)}\bigr)",
    source="defilippis2024dimension, section 4 (numbering from memory; rederived)",
    assumptions=(
        *MODEL,
        "k = n^q random features; at k = n with ell > alpha the exponent is less by (ell - alpha)/2",
        "n -> infinity: R(2n)/R(n) is compared with 2^-x, whole sums at n = 10^10000",
    ),
    domain=ATLAS | {"q": Real(0.05, 3.0, "[]")},
    claim=Identity(theory=atlas, other=summed, rtol=1e-4),  # x to 1/log n = 4.3e-5: logarithms, and rates that tie
    cases=(
        {"alpha": 1.5, "source": 0.2, "ell": 0.9, "q": 0.5, "labels": "noisy"},  # few features rule
        {"alpha": 1.5, "source": 0.8, "ell": 0.6, "q": 0.45, "labels": "noisy"},  # more of them than the penalty lets in
        {"alpha": 2.0, "source": 0.3, "ell": 1.0, "q": 0.8, "labels": "noisy"},  # as for the kernel
        {"alpha": 2.0, "source": 1.6, "ell": 3.0, "q": 1.4, "labels": "noiseless"},
        {"alpha": 1.5, "source": 0.4, "ell": 2.0, "q": 1.0, "labels": "noisy"},  # the peak at k = n
    ),
    rivals={
        "the kernel's": lambda *, q, **given: atlas(**given),
        "what the features cannot express costs nothing": not_capped,
        "no peak at k = n": lambda *, q, **given: atlas(q=np.where(q == 1, 1 + 1e-9, q), **given),
        "noise is not fitted": lambda *, labels, **given: atlas(labels="noiseless", **given),
    },
)
