"""Patil, Du and Kuchibhotla, Bagging in overparameterized learning (2023): subsampled ensembles and their ridge."""

import math
from functools import partial

import simulate.bagging
import simulate.fastest
from asymptotics import bagging, isotropic, ridge
from theorems import GAMMA, LAM, R2, SIGMA2, Identity, Integer, Mean, Plot, Real, Theorem, through
from theorems.hastie2022.correlated import SIGNAL, SPECTRUM, law
from theorems.least import least

MODEL = (
    "x = S^(1/2) z; the spectrum of S converges to H, the signal's energy over its eigenvectors to G; p/n -> gamma",
    "y = <x, beta> + noise with |beta|^2 = r2 and noise of variance sigma2",
    "each of M members is ridge regression on k of the n rows, k/n -> share, with penalty k lam; their mean is the estimator",
)
SHARE = Real(0, 1, "]")
DOMAIN = {"spectrum": SPECTRUM, "signal": SIGNAL, "gamma": GAMMA, "share": SHARE, "lam": LAM, "r2": R2, "sigma2": SIGMA2}
MEMBERS = Integer(1, 10**6, default=2)
NOISY = {"r2": Real(0.0, 1e6, default=1.0), "sigma2": Real(0.0, 1e6, default=1.0)}
KAPPA = (
    r"B=r^2\!\int\!\frac{\kappa^2s\,dG}{(s+\kappa)^2}+\sigma^2,\ "
    r"\mathrm{df}_2=\frac{\gamma}{\mathrm{share}}\int\!\frac{s^2dH}{(s+\kappa)^2}:\quad "
)


def theory(*, spectrum, signal, **given):
    return bagging.ridge(law(spectrum, signal), **given)


def _of_one(of):
    """A rival: one member alone, or the ridge of all rows."""
    return {
        "one member for the mean": lambda *, members, **k: getattr(theory(members=1, **k), of),
        "ridge on all rows at the same lam": lambda *, members, share, spectrum, signal, **k: getattr(
            ridge.ridge(law(spectrum, signal), **k), of
        ),
        "infinitely many members": lambda *, members, **k: getattr(theory(**k), of),
    }


def _members(of, title, statement):
    return Theorem(
        title=title,
        statement=KAPPA + statement,
        source="patil2023bagging, Theorem 4.1 (numbering from memory)",
        assumptions=(*MODEL, "the k rows of a member are drawn without replacement, independently of the other members"),
        domain=DOMAIN | {"members": MEMBERS},
        claim=Mean(theory=theory, simulation=simulate.bagging.ridge, of=of, sizes=(30, 60, 120)),
        cases=(
            {"spectrum": "isotropic", "gamma": 1.2, "share": 0.4, "lam": 0.0, "r2": 2.0},
            {"spectrum": "ar1:0.7", "signal": "bottom:0.5", "gamma": 1.0, "share": 0.7, "lam": 0.2, "members": 5, "r2": 5.0},
            {"spectrum": "atoms:4@0.5,0.25@0.5", "signal": "top:0.5", "gamma": 0.4, "share": 0.6, "lam": 0.5, "members": 3},
        ),
        rivals=_of_one(of),
        plot=Plot(
            x="share",
            low=0.1,
            high=1.0,
            log=False,
            at={"spectrum": "isotropic", "gamma": 0.5, "lam": 0.01, "r2": 5.0, "sigma2": 1.0},
            lines={"members": (1, 2, 1000)},
            n=60,
        ),
    )


subagging = _members(
    "excess",
    "Ridge averaged over random subsamples: the risk of M members",
    r"R+\sigma^2\to\frac1M\frac{B}{1-\mathrm{df}_2}+\Bigl(1-\frac1M\Bigr)\frac{B}{1-\mathrm{share}\cdot\mathrm{df}_2}",
)
training_error = _members(
    "train",
    "Ridge averaged over random subsamples: the training error on all rows",
    r"\rho=\frac\lambda\kappa,\ \tfrac1n\|y-X\hat\beta\|^2\to\frac{B\,(\mathrm{share}\,\rho^2+1-\mathrm{share})}{M(1-\mathrm{df}_2)}"
    r"+\Bigl(1-\frac1M\Bigr)\frac{B\,(1-\mathrm{share}+\mathrm{share}\,\rho)^2}{1-\mathrm{share}\cdot\mathrm{df}_2}",
)

splagging = Theorem(
    title="Ridge averaged over disjoint parts of the data",
    statement=KAPPA + r"R+\sigma^2\to\frac1M\frac{B}{1-\mathrm{df}_2}+\Bigl(1-\frac1M\Bigr)B",
    source="patil2023bagging, Theorem 4.3 (numbering from memory)",
    assumptions=(*MODEL, "the members have no row in common: share M <= 1; here share = 1/M"),
    domain={
        "spectrum": SPECTRUM,
        "signal": SIGNAL,
        "gamma": GAMMA,
        "members": Integer(2, 10**4),
        "lam": LAM,
        "r2": R2,
        "sigma2": SIGMA2,
    },
    claim=Mean(
        theory=lambda *, members, **k: theory(members=members, share=1 / members, disjoint=True, **k),
        simulation=through(
            simulate.bagging.ridge, lambda *, members, **k: k | {"members": members, "share": 1 / members, "disjoint": True}
        ),
        sizes=(30, 60, 120),
    ),
    cases=(
        {"spectrum": "isotropic", "gamma": 1.4, "members": 3, "lam": 0.0, "r2": 2.0},
        {"spectrum": "ar1:0.7", "signal": "bottom:0.5", "gamma": 0.5, "members": 2, "lam": 0.3, "r2": 5.0},
    ),
    rivals={
        "members with common rows": lambda *, members, **k: theory(members=members, share=1 / members, **k).excess,
        "one member": lambda *, members, **k: theory(members=1, share=1 / members, **k).excess,
        "ridge on all rows": lambda *, members, spectrum, signal, **k: ridge.ridge(law(spectrum, signal), **k).excess,
    },
)


def _on_all_rows(*, spectrum, signal, gamma, share, lam, r2, sigma2):
    full = law(spectrum, signal)
    penalty = bagging.equivalent_penalty(full, gamma=gamma, share=share, lam=lam)
    return ridge.ridge(full, gamma=gamma, lam=penalty, r2=r2, sigma2=sigma2)


def _at(penalty):
    """A rival: ridge on all rows at another penalty than the equivalent one, a formula of (share, lam, kappa)."""

    def other(*, spectrum, signal, share, lam, **given):
        kappa = theory(spectrum=spectrum, signal=signal, share=share, lam=lam, **given).kappa
        return ridge.ridge(law(spectrum, signal), lam=penalty(share, lam, kappa), **given).test

    return other


equivalence = Theorem(
    title="Infinitely many subsampled fits are one ridge regression on all rows",
    statement=r"\lambda'=\mathrm{share}\cdot\lambda+(1-\mathrm{share})\,\kappa:\qquad R_\infty(\mathrm{share},\lambda)=R(1,\lambda')",
    source="du2023subsample, Theorem 2.3 (numbering from memory)",
    assumptions=(*MODEL, "M = infinity"),
    domain=DOMAIN,
    claim=Identity(theory=_on_all_rows, other=theory, of="test"),
    cases=(
        {"spectrum": "isotropic", "gamma": 1.5, "share": 0.5, "lam": 0.0, "r2": 5.0},
        {"spectrum": "ar1:0.7", "signal": "bottom:0.5", "gamma": 0.5, "share": 0.3, "lam": 0.2, "r2": 2.0},
        {"spectrum": "power:1.2", "gamma": 3.0, "share": 0.9, "lam": 0.01},
    ),
    rivals={
        "the same penalty": _at(lambda share, lam, kappa: lam),
        "kappa itself": _at(lambda share, lam, kappa: kappa),
        "lam/share": _at(lambda share, lam, kappa: lam / share + (1 - share) * kappa),
    },
)

equivalence_simulated = Theorem(
    title="The mean of many ridgeless fits on subsamples is as good as ridge on all rows, in samples",
    statement=r"R_{\mathrm{ridge}}(\lambda')\text{ in samples }\to R_\infty(\mathrm{share},0),\quad \lambda'=(1-\mathrm{share})\,\kappa",
    source="du2023subsample, Theorem 2.3 (numbering from memory)",
    assumptions=(*MODEL, "M = infinity, lam = 0; k < p"),
    domain={"gamma": Real(1, math.inf), "share": SHARE, "r2": R2, "sigma2": SIGMA2},
    claim=Mean(
        theory=lambda **k: theory(spectrum="isotropic", signal="isotropic", lam=0.0, **k),
        simulation=through(
            simulate.fastest.ridge, lambda *, share, gamma, **k: k | {"gamma": gamma, "lam": (1 - share) * (gamma / share - 1)}
        ),
        sizes=(40, 80, 160),
    ),
    cases=({"gamma": 1.2, "share": 0.5, "r2": 5.0}, {"gamma": 2.0, "share": 0.8, "r2": 2.0}),
    rivals={
        "ridgeless on all rows": lambda *, share, **k: isotropic.ridgeless(**k).excess,
        "one member": lambda **k: theory(spectrum="isotropic", signal="isotropic", lam=0.0, members=1, **k).excess,
    },
)


def _least(members):
    """The least excess of ridgeless members over all shares of the rows."""

    def search(*, spectrum, **given):
        def risk(end, odds):
            return bagging.ridge(law(spectrum, "isotropic"), share=end / (1 + odds), members=members, **given).to_dict()["excess"]

        ends = 1.0, min(1.0, given["gamma"])  # the dip may lie close below share = gamma, the threshold k = p
        return min(least(partial(risk, end)) for end in ends)

    return search


optimal_subsample = Theorem(
    title="Ridgeless fits on subsamples of the best size attain the optimal ridge risk",
    statement=r"\min_{\mathrm{share}}R_\infty(\mathrm{share},0)=\min_{\lambda\ge0}R(1,\lambda),"
    r"\qquad \mathrm{share}^*=\mathrm{df}_1(\lambda^*)",
    source="patil2023bagging, section 5; du2023subsample, Theorem 2.3 (numbering from memory)",
    assumptions=(*MODEL, "M = infinity; the signal is isotropic, so that lam* = gamma sigma2/r2"),
    domain={"spectrum": SPECTRUM, "gamma": GAMMA, **NOISY},
    claim=Identity(
        theory=lambda *, spectrum, **k: ridge.optimal(law(spectrum, "isotropic"), **k), other=_least(math.inf), rtol=1e-10
    ),
    cases=({"spectrum": "isotropic", "gamma": 2.0, "r2": 5.0}, {"spectrum": "ar1:0.7", "gamma": 0.5, "r2": 2.0, "sigma2": 2.0}),
    rivals={
        "the best single subsample": _least(1),
        "half of the rows": lambda *, spectrum, **k: bagging.ridge(law(spectrum, "isotropic"), share=0.5, **k),
    },
)
