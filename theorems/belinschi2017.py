"""Belinschi, Mai and Speicher, Analytic subordination theory and a general random matrix problem (2017): laws of matrix expressions."""

from functools import lru_cache

import numpy as np

from asymptotics import free, spectra
from theorems import GAMMA, UNDER, Identity, Integer, Model, Real, Theorem, each
from theorems.derived import Derived
from theorems.pastur1972 import SPECTRUM, population

SOURCE = "belinschi2017analytic; helton2018applications (numbering from memory)"
WIGNER = "W = A/sqrt(p), A symmetric with independent N(0, 1) entries off the diagonal"
WISHART = "X is n x p with independent N(0, 1) entries, p/n -> gamma"
DYSON = r"m(z)=\lim\frac1p\mathrm{tr}\,(M-z)^{-1},\quad M="
SIGMA2 = Real(0.0, np.inf, default=1.0)
LEVEL = Real(0.0, 1.0)


def _sum(_):
    from sympy import MatrixSymbol, sqrt, symbols

    n, p, sigma2 = symbols("n p sigma2", positive=True)
    X, A = MatrixSymbol("X", n, p), MatrixSymbol("A", p, p)
    return {"expression": X.T * X / n + sqrt(sigma2) * A / sqrt(p), "gaussian": [X], "symmetric": [A]}


def _anticommutator(_):
    from sympy import MatrixSymbol, symbols

    p = symbols("p", positive=True)
    A, B = MatrixSymbol("A", p, p), MatrixSymbol("B", p, p)
    return {"expression": (A * B + B * A) / p, "symmetric": [A, B]}


def _noisy(law):
    from sympy import MatrixSymbol, sqrt, symbols

    n, sigma2 = symbols("n sigma2", positive=True)
    S, A = MatrixSymbol("S", n, n), MatrixSymbol("A", n, n)
    return {"expression": S + sqrt(sigma2) * A / sqrt(n), "symmetric": [A], "laws": {S: law}}


def _projections(law):
    from sympy import MatrixSymbol, symbols

    n = symbols("n", positive=True)
    P, O = MatrixSymbol("P", n, n), MatrixSymbol("O", n, n)
    return {"expression": P * O * P * O.T * P, "haar": [O], "laws": {P: law}}


sums, anticommutators = Derived(_sum), Derived(_anticommutator)
noisy = Derived(_noisy, lambda *, spectrum: spectra.parse(spectrum))
projections = Derived(_projections, lambda *, share: spectra.atoms([1.0, 0.0], [share, 1 - share]))


@lru_cache(maxsize=64)
def _free_sum(*, gamma, sigma2):
    return free.free_sum(free.semicircle(sigma2), free.marchenko_pastur(gamma))


@lru_cache(maxsize=64)
def _free_noisy(*, spectrum, sigma2):
    return free.free_sum(free.semicircle(sigma2), population(spectrum))


@lru_cache(maxsize=64)
def _free_projections(*, share):
    P = free.atoms([0, 1], [1 - share, share])
    return free.free_product(P, P)


def _quantiles(law):
    """Quantiles, from the left end of the support on."""

    def found(*, u, **given):
        mu = law(**given)
        return mu.quantile(u) - mu.edges[0]

    return each(("gamma", "sigma2", "percent"), found)


def _free_percent(*, percent):
    return _free_projections(share=percent / 100)


def _derived_percent(*, percent):
    return projections.law(share=percent / 100)


derived_sum = Model(
    title="Semicircle plus Marchenko-Pastur, derived from the matrix",
    statement=DYSON + r"\tfrac1nX'X+\sigma W",
    source=SOURCE,
    assumptions=(WIGNER, WISHART),
    domain={"gamma": GAMMA, "sigma2": SIGMA2},
    claim=sums.spectrum(),
    cases=({"gamma": 0.5}, {"gamma": 2.0, "sigma2": 0.25}),
    rivals={
        "gamma read as n/p": lambda *, gamma, sigma2: sums.law(gamma=1 / gamma, sigma2=sigma2),
        "sigma2 doubled": lambda *, gamma, sigma2: sums.law(gamma=gamma, sigma2=2 * sigma2),
    },
)

derived_anticommutator = Model(
    title="The anticommutator of two Wigner matrices, derived from the matrix",
    statement=DYSON + r"XY+YX:\qquad zm^3-m^2-zm-1=0",
    source=SOURCE,
    assumptions=("X and Y are independent Wigner matrices, off-diagonal entries of variance 1/p",),
    domain={},
    claim=anticommutators.spectrum(),
    cases=({},),
    rivals={
        "a semicircle of half its variance": lambda: free.semicircle(1),
        "correlated matrices": lambda: free.anticommutator(0.5),
    },
)

derived_signal_plus_noise = Model(
    title="Signal plus noise, derived from the matrix",
    statement=DYSON + r"S+\sigma W",
    source=SOURCE,
    assumptions=("the spectrum of S converges to H", WIGNER),
    domain={"spectrum": SPECTRUM, "sigma2": SIGMA2},
    claim=noisy.spectrum(),
    cases=({"spectrum": "atoms:0@0.5,2@0.5"}, {"spectrum": "atoms:1@0.75,3@0.25", "sigma2": 0.5}),
    rivals={
        "S without noise": lambda *, spectrum, sigma2: population(spectrum),
        "sigma2 doubled": lambda *, spectrum, sigma2: noisy.law(spectrum=spectrum, sigma2=2 * sigma2),
    },
)

derived_projections = Model(
    title="The product of two free projections (free Jacobi), derived from the matrix",
    statement=DYSON + r"PO\,P\,O'P",
    source=SOURCE,
    assumptions=("P is a projection of rank share n", "O is uniform on the orthogonal group"),
    domain={"share": UNDER},
    claim=projections.spectrum(),
    cases=({"share": 0.75}, {"share": 0.9375}),
    rivals={
        "rank 1 - share": lambda *, share: projections.law(share=1 - share),
        "projections of independent entries": lambda *, share: free.atoms([0, 1], [1 - share**2, share**2]),
    },
)

sums_are_free = Theorem(
    title="The derived law of X'X/n + sigma W is the free sum",
    statement=r"\mu=F_\gamma\boxplus\mathrm{sc}_{\sigma^2}",
    source=SOURCE,
    assumptions=(WIGNER, WISHART),
    domain={"gamma": GAMMA, "sigma2": SIGMA2, "u": LEVEL},
    claim=Identity(theory=_quantiles(_free_sum), other=_quantiles(sums.law), rtol=1e-12),
    cases=({"gamma": 0.5, "u": 0.3}, {"gamma": 2.0, "sigma2": 0.01, "u": 0.8}, {"gamma": 1.0, "sigma2": 0.25, "u": 0.01}),
    rivals={
        "gamma read as n/p": lambda *, gamma, sigma2, u: _quantiles(_free_sum)(gamma=1 / gamma, sigma2=sigma2, u=u),
        "sigma2 doubled": lambda *, gamma, sigma2, u: _quantiles(_free_sum)(gamma=gamma, sigma2=2 * sigma2, u=u),
    },
)

anticommutators_are_free = Theorem(
    title="The derived law of XY + YX is that of its free cumulants",
    statement=r"R(g)=\frac1{1-g}-\frac1{1+g}",
    source=SOURCE,
    assumptions=("X and Y are independent Wigner matrices",),
    domain={"u": LEVEL},
    claim=Identity(theory=_quantiles(free.anticommutator), other=_quantiles(anticommutators.law), rtol=1e-12),
    cases=({"u": 0.05}, {"u": 0.7}, {"u": 0.999}),
    rivals={
        "a semicircle of its variance": lambda *, u: _quantiles(free.semicircle)(variance=2, u=u),
        "correlated matrices": lambda *, u: _quantiles(free.anticommutator)(rho=0.5, u=u),
    },
)

noisy_is_free = Theorem(
    title="The derived law of S + sigma W is the free sum",
    statement=r"\mu=H\boxplus\mathrm{sc}_{\sigma^2}",
    source=SOURCE,
    assumptions=("the spectrum of S converges to H", WIGNER),
    domain={"spectrum": SPECTRUM, "sigma2": SIGMA2, "u": LEVEL},
    claim=Identity(theory=_quantiles(_free_noisy), other=_quantiles(noisy.law), rtol=1e-12),
    cases=(
        {"spectrum": "atoms:0@0.5,4@0.5", "sigma2": 0.5, "u": 0.3},
        {"spectrum": "atoms:1@0.75,3@0.25", "u": 0.9},
    ),
    rivals={
        "sigma2 doubled": lambda *, spectrum, sigma2, u: _quantiles(_free_noisy)(spectrum=spectrum, sigma2=2 * sigma2, u=u),
        "a semicircle alone": lambda *, spectrum, sigma2, u: _quantiles(free.semicircle)(variance=sigma2, u=u),
    },
)

projections_are_free = Theorem(
    title="The derived law of two projections is their free product",
    statement=r"\mu=\mathrm{Bernoulli}(t)\boxtimes\mathrm{Bernoulli}(t)",
    source=SOURCE,
    assumptions=("P is a projection of rank share n", "O is uniform on the orthogonal group"),
    domain={"percent": Integer(5, 95), "u": LEVEL},
    claim=Identity(theory=_quantiles(_free_percent), other=_quantiles(_derived_percent), rtol=1e-12),
    cases=({"percent": 75, "u": 0.4}, {"percent": 50, "u": 0.9}),
    rivals={
        "rank less by one percent": lambda *, percent, u: _quantiles(_free_percent)(percent=percent - 1, u=u),
        "rank greater by one percent": lambda *, percent, u: _quantiles(_free_percent)(percent=percent + 1, u=u),
    },
)
