"""A user's own file of theorems, one of each claim: what the command line and the figures are tested on. No test of its own."""

from __future__ import annotations

import math

import numpy as np

from asymptotics.conventions import theory
from simulate.conventions import features, simulator
from theorems import GAMMA, LAM, OVER, R2, SIGMA2, Bound, Identity, Law, Mean, Plot, Theorem

CASES = ({"gamma": 0.5, "r2": 5.0, "sigma2": 1.0}, {"gamma": 2.0, "r2": 5.0, "sigma2": 1.0})


@theory
def ridgeless(*, gamma, r2=1.0, sigma2=1.0):
    """Excess risk of the least-norm interpolator, isotropic features."""
    with np.errstate(divide="ignore"):
        over = r2 * (1 - 1 / gamma) + sigma2 / np.maximum(gamma - 1, 0)
        return np.where(gamma < 1, sigma2 * gamma / np.maximum(1 - gamma, 0), over)


@simulator(moments=lambda *, n, gamma, **_: max(0.0, (abs(features(n, gamma) - n) + 1) // 2))
def least_norm(*, n, gamma, r2=1.0, sigma2=1.0, draws, rng):
    """Excess risk given the design, dense."""
    p = features(n, gamma)
    out = np.empty(draws)
    for i in range(draws):
        _, s, v = np.linalg.svd(rng.standard_normal((n, p)), full_matrices=False)
        bias = r2 * (1 - np.sum(v[:, 0] ** 2)) if p > n else 0.0
        out[i] = bias + sigma2 * np.sum(1 / s**2)
    return out


@simulator(moments=lambda **_: math.inf)
def eigenvalues(*, n, gamma, draws, rng):
    """All p eigenvalues of X'X/n, draw by draw."""
    p = features(n, gamma)
    return np.stack([np.linalg.eigvalsh((x := rng.standard_normal((n, p))).T @ x / n) for _ in range(draws)])


class MarchenkoPastur:
    """The law by brute force: good enough to draw, not a model to follow."""

    def __init__(self, gamma):
        low, high = (1 - math.sqrt(gamma)) ** 2, (1 + math.sqrt(gamma)) ** 2
        angle = (np.arange(4000) + 0.5) * math.pi / 4000
        x = 0.5 * (low + high) - 0.5 * (high - low) * np.cos(angle)
        weight = np.sqrt((high - x) * (x - low)) / (2 * math.pi * gamma * x) * 0.5 * (high - low) * np.sin(angle) * math.pi / 4000
        self.gamma, self.low, self.high = gamma, low, high
        self.zero = max(0.0, 1 - 1 / gamma)
        self.x, self.levels = x, self.zero + np.cumsum(weight)

    def cdf(self, x):
        return np.where(np.asarray(x) < 0, 0.0, np.interp(x, self.x, self.levels, left=self.zero, right=1.0))

    def quantile(self, u):
        return np.where(np.asarray(u) <= self.zero, 0.0, np.interp(u, self.levels, self.x))

    def density(self, x):
        inside = np.maximum((self.high - x) * (x - self.low), 0.0)
        return np.sqrt(inside) / (2 * math.pi * self.gamma * x)


def kappa(*, gamma, lam):
    """The effective ridge in closed form; takes scalars only, as users' formulas often do."""
    h = 1 - gamma - lam
    return (math.sqrt(h * h + 4 * lam) - h) / 2


def kappa_by_root(*, gamma, lam):
    """The same from its equation."""
    from scipy.optimize import brentq

    return brentq(lambda k: lam + gamma * k / (1 + k) - k, 0.0, 1e6, xtol=1e-15, rtol=1e-14)


COMMON = {"source": "own2026, Theorem 1", "assumptions": ("Gaussian rows", "p, n -> infinity with p/n -> gamma")}
DOMAIN = {"gamma": GAMMA, "r2": R2, "sigma2": SIGMA2}

double_descent = Theorem(
    title="Ridgeless least squares, isotropic features",
    statement=r"$R = \sigma^2\gamma/(1-\gamma)$ for $\gamma<1$, $r^2(1-1/\gamma)+\sigma^2/(\gamma-1)$ for $\gamma>1$",
    domain=DOMAIN,
    claim=Mean(theory=ridgeless, simulation=least_norm, sizes=(20, 30, 40, 60)),
    rivals={"sigma for sigma2": lambda gamma, r2, sigma2: ridgeless(gamma=gamma, r2=r2, sigma2=sigma2 / 2)},
    cases=CASES,
    plot=Plot(at={"sigma2": 1.0}, lines={"r2": (1.0, 5.0)}, n=60, points=11),
    **COMMON,
)

noise_only = Theorem(
    title="The risk is at least its variance",
    statement=r"$R \geq \sigma^2/(\gamma-1)$",
    domain={"gamma": OVER, "r2": R2, "sigma2": SIGMA2},
    claim=Bound(theory=lambda gamma, r2, sigma2: sigma2 / (gamma - 1), simulation=least_norm, sizes=(20, 30, 40)),
    cases=({"gamma": 2.0, "r2": 5.0, "sigma2": 1.0},),
    plot=Plot(low=1.2, high=5.0, at={"r2": 5.0}, n=40, points=6),
    **COMMON,
)

law = Theorem(
    title="Law of the eigenvalues",
    statement=r"the empirical law of $X^\top X/n$ tends to Marchenko and Pastur's",
    domain={"gamma": GAMMA},
    claim=Law(theory=MarchenkoPastur, simulation=eigenvalues, sizes=(20, 40, 80)),
    rivals={"gamma upside down": lambda gamma: MarchenkoPastur(1 / gamma)},
    cases=({"gamma": 0.5}, {"gamma": 2.0}),
    plot=Plot(lines={"gamma": (0.5, 2.0)}, n=60),
    **COMMON,
)

two_routes = Theorem(
    title="The effective ridge, twice",
    statement=r"$\kappa = \lambda + \gamma\kappa/(1+\kappa)$",
    domain={"gamma": GAMMA, "lam": LAM},
    claim=Identity(theory=kappa, other=kappa_by_root, of="kappa"),
    rivals={"gamma upside down": lambda gamma, lam: kappa(gamma=1 / gamma, lam=lam)},
    cases=({"gamma": 0.5, "lam": 0.1}, {"gamma": 2.0, "lam": 0.1}),
    plot=Plot(lines={"lam": (0.01, 0.1, 1.0)}),
    **COMMON,
)
