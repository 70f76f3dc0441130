"""Voiculescu, Limit laws for random matrices and free products (1991): independent random matrices are free in the limit."""

from functools import lru_cache

import numpy as np

import simulate.free_sums
from asymptotics import free, marchenko_pastur, sample_covariance, spectra
from theorems import GAMMA, UNDER, Identity, Law, Real, Theorem, each

WIGNER = "W is symmetric, p x p, with independent centred Gaussian entries of variance 1/p (2/p on the diagonal)"
WISHART = "X is n x p with independent N(0, 1) entries, p/n -> gamma"


class _Independent:
    """Rival: the classical convolution of a law with the semicircle of variance sigma2, by quadrature over it."""

    def __init__(self, law, sigma2):
        angle = np.pi * (np.arange(400) + 0.5) / 400
        self.law, self.at, self.weights = law, 2 * np.sqrt(sigma2) * np.cos(angle), np.sin(angle) ** 2 / 200

    def cdf(self, x):
        return self.law.cdf(np.asarray(x)[..., None] - self.at) @ self.weights

    def quantile(self, u):
        low, high = np.full(np.shape(u), -50.0), np.full(np.shape(u), 50.0)
        for _ in range(60):
            middle = (low + high) / 2
            above = self.cdf(middle) >= u
            low, high = np.where(above, low, middle), np.where(above, middle, high)
        return high


@lru_cache(maxsize=64)
def _sum(*, gamma, sigma2):
    return free.free_sum(free.semicircle(sigma2), free.marchenko_pastur(gamma))


@lru_cache(maxsize=64)
def _product(*, gamma):
    return free.free_product(free.marchenko_pastur(gamma), free.marchenko_pastur(gamma))


wigner_plus_wishart = Theorem(
    title="The sum of a Wigner and a Wishart matrix: semicircle plus Marchenko-Pastur",
    statement=r"\sigma W+\tfrac1nX'X:\quad \sigma^2\gamma m^3+(\sigma^2+\gamma z)m^2+(z+\gamma-1)m+1=0,\qquad "
    r"m(z)=\int\frac{d\mu(x)}{x-z}",
    source="voiculescu1991limit, Theorem 2.2 (numbering from memory)",
    assumptions=(WIGNER, WISHART),
    domain={"gamma": GAMMA, "sigma2": Real(0.0, np.inf, default=1.0)},
    claim=Law(theory=_sum, simulation=simulate.free_sums.wigner_plus_wishart, sizes=(32, 64, 128)),
    cases=({"gamma": 0.5}, {"gamma": 2.0, "sigma2": 0.01}, {"gamma": 1.0, "sigma2": 0.25}),
    rivals={
        "gamma read as n/p": lambda *, gamma, sigma2: _sum(gamma=1 / gamma, sigma2=sigma2),
        "the classical convolution": lambda *, gamma, sigma2: _Independent(marchenko_pastur.law(gamma=gamma), sigma2),
        "sigma for sigma2": lambda *, gamma, sigma2: _sum(gamma=gamma, sigma2=np.sqrt(sigma2)),
    },
)

wishart_product = Theorem(
    title="The product of two independent Wishart matrices: the free product of two Marchenko-Pastur laws",
    statement=r"A^{1/2}BA^{1/2}:\quad S(y)=\frac1{(1+\gamma y)^2},\qquad "
    r"\gamma=1:\ \int x^k\,d\mu=\frac1{2k+1}\binom{3k}{k}",
    source="voiculescu1991limit, Theorem 2.2 (numbering from memory); rao2008polynomial",
    assumptions=("A = X'X/n and B = Y'Y/n, X and Y independent", WISHART),
    domain={"gamma": GAMMA},
    claim=Law(
        theory=_product,
        simulation=simulate.free_sums.wishart_product,
        sizes=(32, 64, 128),
    ),
    cases=({"gamma": 0.5}, {"gamma": 1.0}, {"gamma": 2.0}),
    rivals={
        "gamma read as n/p": lambda *, gamma: _product(gamma=1 / gamma),
        "gamma of both, 2 gamma, in one": lambda *, gamma: free.marchenko_pastur(2 * gamma),
        "one factor": lambda *, gamma: free.marchenko_pastur(gamma),
    },
)

anticommutator = Theorem(
    title="The anticommutator XY + YX of two Wigner matrices",
    statement=r"XY+YX=A^2-B^2,\ A,B=\tfrac{X\pm Y}{\sqrt2}:\qquad R(g)=\frac{1+\rho}{1-(1+\rho)g}-\frac{1-\rho}{1+(1-\rho)g}",
    source="nica1998commutators; voiculescu1991limit (numbering from memory)",
    assumptions=("X and Y are Wigner matrices of variance 1/n, entries of correlation rho", "n -> infinity"),
    domain={"rho": Real(-1.0, 1.0, default=0.0)},
    claim=Law(
        theory=lru_cache(maxsize=64)(free.anticommutator), simulation=simulate.free_sums.anticommutator, sizes=(32, 64, 128)
    ),
    cases=({"rho": 0.0}, {"rho": 0.5}, {"rho": -0.75}),
    rivals={
        "2 XY for XY + YX, of symmetric law": lambda *, rho: free.scale(
            free.symmetric_root(free.free_product(free.marchenko_pastur(1), free.marchenko_pastur(1))), 2
        ),
        "the sign of rho": lambda *, rho: free.anticommutator(-rho),
        "a semicircle of its variance": lambda *, rho: free.shift(free.semicircle(2 * (1 + rho**2)), 2 * rho),
    },
)

ATOMS = ("gamma", "s", "w")


def _scaled(convolution):
    """Quantiles of Marchenko-Pastur with two atoms."""
    return each(
        ATOMS,
        lambda *, gamma, s, w, u: convolution(free.marchenko_pastur(gamma), free.atoms([1.0, s], [w, 1 - w])).quantile(u),
    )


sample_covariance_is_a_free_product = Theorem(
    title="A sample covariance is a free product: Marchenko-Pastur times the population law",
    statement=r"F_{\gamma,H}=F_\gamma\boxtimes H",
    source="voiculescu1991limit; rao2008polynomial",
    assumptions=("H has two atoms, 1 with mass w and s with mass 1 - w", WISHART),
    domain={"gamma": GAMMA, "s": Real(0.0, np.inf), "w": UNDER, "u": Real(0.0, 1.0)},
    claim=Identity(
        theory=_scaled(free.free_product),
        other=each(
            ATOMS, lambda *, gamma, s, w, u: sample_covariance.law(spectra.atoms([1.0, s], [w, 1 - w]).H, gamma=gamma).quantile(u)
        ),
        rtol=1e-12,  # both are right to 1e-14 where the density is not small
    ),
    cases=(
        {"gamma": 0.5, "s": 3.0, "w": 0.5, "u": 0.3},
        {"gamma": 0.05, "s": 12.0, "w": 0.5, "u": 0.75},
        {"gamma": 2.0, "s": 0.25, "w": 0.25, "u": 0.9},
        {"gamma": 1.0, "s": 4.0, "w": 0.75, "u": 0.5},
    ),
    rivals={
        "gamma read as n/p": lambda *, gamma, **k: _scaled(free.free_product)(gamma=1 / gamma, **k),
        "the free sum": _scaled(free.free_sum),
        "weights exchanged": lambda *, w, **k: _scaled(free.free_product)(w=1 - w, **k),
    },
)
