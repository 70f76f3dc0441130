"""Patil, Du and Kuchibhotla, Bagging in overparameterized learning (2023): subsampled ensembles and their ridge."""

import math
from functools import partial

import numpy as np

import simulate.bagging
import simulate.fastest
from asymptotics import bagging, isotropic, ridge
from theorems import GAMMA, LAM, R2, SIGMA2, Identity, Integer, Mean, Plot, Real, Theorem, through
from theorems.derived import Derived
from theorems.hastie2022.correlated import SIGNAL, SPECTRUM, law
from theorems.hastie2022.derived import ATOMS, joint
from theorems.least import least
from theorems.model import Model

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


def _theory(*, spectrum, signal, **given):
    return bagging.ridge(law(spectrum, signal), **given)


def _of_one(of):
    """A rival: one member alone, or the ridge of all rows."""
    return {
        "one member for the mean": lambda *, members, **k: getattr(_theory(members=1, **k), of),
        "ridge on all rows at the same lam": lambda *, members, share, spectrum, signal, **k: getattr(
            ridge.ridge(law(spectrum, signal), **k), of
        ),
        "infinitely many members": lambda *, members, **k: getattr(_theory(**k), of),
    }


def _members(of, title, statement):
    return Theorem(
        title=title,
        statement=KAPPA + statement,
        source="patil2023bagging, Theorem 4.1 (numbering from memory)",
        assumptions=(*MODEL, "the k rows of a member are drawn without replacement, independently of the other members"),
        domain=DOMAIN | {"members": MEMBERS},
        claim=Mean(theory=_theory, simulation=simulate.bagging.ridge, of=of, sizes=(30, 60, 120)),
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
        theory=lambda *, members, **k: _theory(members=members, share=1 / members, disjoint=True, **k),
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
        "members with common rows": lambda *, members, **k: _theory(members=members, share=1 / members, **k).excess,
        "one member": lambda *, members, **k: _theory(members=1, share=1 / members, **k).excess,
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
        kappa = _theory(spectrum=spectrum, signal=signal, share=share, lam=lam, **given).kappa
        return ridge.ridge(law(spectrum, signal), lam=penalty(share, lam, kappa), **given).test

    return other


equivalence = Theorem(
    title="Infinitely many subsampled fits are one ridge regression on all rows",
    statement=r"\lambda'=\mathrm{share}\cdot\lambda+(1-\mathrm{share})\,\kappa:\qquad R_\infty(\mathrm{share},\lambda)=R(1,\lambda')",
    source="du2023subsample, Theorem 2.3 (numbering from memory)",
    assumptions=(*MODEL, "M = infinity"),
    domain=DOMAIN,
    claim=Identity(theory=_on_all_rows, other=_theory, of="test"),
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
        theory=lambda **k: _theory(spectrum="isotropic", signal="isotropic", lam=0.0, **k),
        simulation=through(
            simulate.fastest.ridge, lambda *, share, gamma, **k: k | {"gamma": gamma, "lam": (1 - share) * (gamma / share - 1)}
        ),
        sizes=(40, 80, 160),
    ),
    cases=({"gamma": 1.2, "share": 0.5, "r2": 5.0}, {"gamma": 2.0, "share": 0.8, "r2": 2.0}),
    rivals={
        "ridgeless on all rows": lambda *, share, **k: isotropic.ridgeless(**k).excess,
        "one member": lambda **k: _theory(spectrum="isotropic", signal="isotropic", lam=0.0, members=1, **k).excess,
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


def _two_members(laws):
    """D_1, D_2 choose the rows of two members; a mean over M of them has a part 1/M of its pairs equal."""
    from sympy import Identity, MatrixSymbol, Trace, symbols

    n, p, lam, r2, sigma2, share, members = symbols("n p lambda r2 sigma2 share members", positive=True)
    X, S, B = MatrixSymbol("X", n, p), MatrixSymbol("Sigma", p, p), MatrixSymbol("B", p, p)
    D = {j: MatrixSymbol(f"D_{j}", n, n) for j in (1, 2)}
    Z = X * S**0.5
    A = {j: Z.T * D[j] * Z / (share * n) for j in D}
    R = {j: (A[j] + lam * Identity(p)).inverse() for j in D}

    def mean(of):
        return of(1, 1) / members + (1 - 1 / members) * of(1, 2)

    def signal(M):
        return r2 * Trace(B * M) / p

    def noise(M, i, j):
        rows = D[i] if i == j else D[i] * D[j]
        return sigma2 * Trace(M * R[i] * Z.T * rows * Z * R[j]) / (share * n) ** 2

    def train(i, j):
        chosen = D[i] if i == j else D[i] * D[j]
        noises = 1 - (Trace(A[i] * R[i]) + Trace(A[j] * R[j])) / n
        noises += Trace(R[i] * Z.T * Z * R[j] * Z.T * chosen * Z) / n / (share * n) ** 2
        return lam**2 * signal(R[i] * Z.T * Z * R[j]) / n + sigma2 * noises

    return {
        "expression": {
            "bias": mean(lambda i, j: lam**2 * signal(R[i] * S * R[j])),
            "variance": mean(lambda i, j: noise(S, i, j)),
            "estimation": mean(lambda i, j: lam**2 * signal(R[i] * R[j]) + noise(Identity(p), i, j)),
            "train": mean(train),
        },
        "gaussian": [X],
        "laws": dict(zip([(D[1], D[2]), (S, B)], laws or (None, None), strict=True)),
    }


def _rows(share, common):
    """The joint law of D_1 and D_2."""
    return np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]), np.array(
        [common, share - common, share - common, 1 - 2 * share + common]
    )


def _random_rows(*, spectrum, signal, share):
    return _rows(share, share**2), joint(spectrum, signal)


def _disjoint_rows(*, spectrum, signal, share):
    return _rows(share, 0.0), joint(spectrum, signal)


_random, _disjoint = (
    Derived(_two_members, rows).of("bias", "variance", "train", "estimation") for rows in (_random_rows, _disjoint_rows)
)
_PAIRS = {
    "source": "patil2023bagging, Theorems 4.1 and 4.3 (numbering from memory); derived here from the expression",
    "statement": KAPPA
    + r"\rho=\frac\lambda\kappa:\quad R+\sigma^2\to\frac1M\frac{B}{1-\mathrm{df}_2}+\Bigl(1-\frac1M\Bigr)\frac{B}{1-c\,\mathrm{df}_2},"
    r"\quad c=\mathrm{share}\text{ of random, }0\text{ of disjoint rows}",
}
_TWO = "D_1 and D_2 choose the rows of two members: what M of them have in the mean is 1/M of one and 1 - 1/M of such a pair"

derived_members = Model(
    title="Ridge averaged over random subsamples, derived from the expression of two members",
    assumptions=(*subagging.assumptions, _TWO),
    domain=DOMAIN | {"spectrum": ATOMS, "members": MEMBERS},
    claim=_random.of("bias", "variance").claim(),
    cases=(
        {
            "spectrum": "atoms:4@0.5,0.25@0.5",
            "signal": "bottom:0.5",
            "gamma": 1.0,
            "share": 0.5,
            "lam": 0.4,
            "members": 3,
            "r2": 2.0,
        },
        {"spectrum": "isotropic", "gamma": 0.5, "share": 0.5, "lam": 0.2, "sigma2": 0.5},
    ),
    rivals=_random.of("bias", "variance").rivals("gamma", "lam")
    | {
        "one member": _random.of("bias", "variance").by(members=lambda **k: 1),
        "disjoint members": _disjoint.of("bias", "variance").by(),
    },
    **_PAIRS,
)

member_formulas = Theorem(
    title="The formulas of ridge averaged over random subsamples are what the expression gives",
    assumptions=derived_members.assumptions,
    domain=derived_members.domain,
    claim=_random.identity(_theory),
    cases=(
        {"spectrum": "isotropic", "gamma": 1.2, "share": 0.4, "lam": 0.0, "r2": 2.0},
        {"spectrum": "atoms:4@0.5,0.25@0.5", "signal": "bottom:0.5", "gamma": 1.0, "share": 0.7, "lam": 0.2, "members": 5},
        {"spectrum": "atoms:3@0.25,1@0.5,0.1@0.25", "signal": "top:0.5", "gamma": 0.3, "share": 0.6, "lam": 0.0, "members": 1000},
        {"spectrum": "atoms:4@0.5,0.25@0.5", "gamma": 20.0, "share": 0.01, "lam": 1e-6, "sigma2": 0.1},
    ),
    rivals=_random.rivals("gamma", "lam", "signal") | {"disjoint members": _disjoint.by()},
    **_PAIRS,
)

disjoint_formulas = Theorem(
    title="The formulas of ridge averaged over disjoint parts of the data are what the expression gives",
    assumptions=(*MODEL, "two members have no row in common", _TWO),
    domain=DOMAIN | {"spectrum": ATOMS, "share": Real(0, 0.5, "]")},
    claim=_disjoint.identity(partial(_theory, disjoint=True, members=2), members=2.0),
    cases=(
        {"spectrum": "atoms:4@0.5,0.25@0.5", "signal": "top:0.5", "gamma": 1.0, "share": 0.5, "lam": 0.2, "sigma2": 0.5},
        {"spectrum": "isotropic", "gamma": 0.2, "share": 0.3, "lam": 0.0},
    ),
    rivals={"random rows": _random.by(members=lambda **k: 2.0)},
    **_PAIRS,
)
