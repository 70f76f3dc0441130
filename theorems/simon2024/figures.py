"""Figures 1 and 2 of Simon, Karkada, Ghosh and Belkin (2024), at the paper's parameters where no data are needed."""

from functools import cache

import numpy as np

import simulate.random_features
from asymptotics import random_features, spectra
from theorems import Plot, through
from theorems.simon2024 import measured


@cache
def _eigenvalues(lumped):
    """Figure 1: i^-3/2 up to 10^4, both exponents 3/2, so that every coefficient is 1; `lumped`: those from the 701st on as 800 sums.

    The test errors of figure 1 change by at most 2.4 % (without the tail, by 21 %).
    """
    every = np.arange(1.0, 10_001.0) ** -1.5
    edges = np.unique(np.geomspace(700, every.size, 801).round().astype(int))
    return np.concatenate([every[:700], np.add.reduceat(every, edges[:-1])]) if lumped else every


@cache
def _spectrum(lumped):
    return spectra.from_eigenvalues(_eigenvalues(lumped))


def _sizes(lumped, *, n, k, **given):
    count = len(_eigenvalues(lumped))
    sizes = {"gamma": k / n, "psi": count / k, "r2": float(count), "sigma2": 0.5}
    return sizes | ({"lam": given.pop("delta") / n} if "delta" in given else {}) | given


def _finite(lumped=True, **given):
    return random_features.ridge(_spectrum(lumped), **_sizes(lumped, **given))


def _best(lumped=True, **given):
    return random_features.optimal(_spectrum(lumped), **_sizes(lumped, **given))


_features = through(
    simulate.random_features.ridge,
    lambda *, n, **k: _sizes(True, n=n, **k) | {"n": n, "spectrum": _eigenvalues(True)},
)


def _along(x, fixed):
    return measured.along(
        x,
        fixed,
        best=_best,
        high=1e4,
        points=8,
        theory=_finite,
        simulation=_features,
        limits=(0.4, 4.0),
        text="Gaussian features of Gaussian data, alpha = beta = 1.5, sigma2 = 0.5, the paper's five ridges. Of its 10^4 eigenvalues those "
        "from the 701st on are drawn as 800 sums of neighbours, which changes the test errors by at most 2.4 %.",
    )


BEST = "optimal"


def _over(*, delta, **sizes):
    return _best(False, **sizes) if delta == BEST else _finite(False, delta=delta, **sizes)


def _map(of, value):
    """The supplement's heat maps over n and k."""
    return Plot(
        x="k",
        up=("n", 10.0, 1e4),
        low=10.0,
        high=1e4,
        lines={"delta": measured.RIDGES[::2] if of == "train" else (*measured.RIDGES, BEST)},
        of=of,
        theory=_over,
        points=0,
        limits=(0.4, 4.0) if of == "test" else (0.01, 4.0),
        value=value,
        text="A heat map of the paper's supplement: the data and features of figure 1, with all 10^4 eigenvalues, the ridges of figure 1; "
        "no simulation. Dotted: k = n.",
    )


FIGURE_1 = {
    "figure 1, features": _along("k", "n"),
    "figure 1, samples": _along("n", "k"),
    **measured.FIGURE_1,
    "heat map, test error": _map("test", "test error"),
    "heat map, training error": _map("train", "training error"),
}


def more_is_better(larger, law):
    """The best test error along the features, from (n, k) with one feature a sample; simulated at the best penalty of (n', k')."""

    def sizes(*, gamma, psi, samples, features, **given):
        return given | {"gamma": gamma * features / samples, "psi": psi / features}

    def best(*, spectrum, signal, **given):
        return random_features.optimal_penalty(law(spectrum, signal), **sizes(**given))

    def simulation(*, n, draws, rng, **given):
        at = sizes(**given) | {"lam": float(best(**given))}
        return simulate.random_features.ridge(n=round(given["samples"] * n), draws=draws, rng=rng, **at)

    return Plot(
        x="features",
        low=1.0,
        high=10.0,
        at={"spectrum": "atoms:4@0.5,0.25@0.5", "signal": "isotropic", "gamma": 1.0, "psi": 4.0, "r2": 1.0, "sigma2": 0.2},
        lines={"samples": (1.0, 2.0, 4.0)},
        of="test",
        theory=lambda **given: larger(lam=0.0, **given),
        simulation=simulation,
        n=50,
        points=8,
        axis=r"random features, $k'/k$",
        value="test error at the optimal penalty",
        text="The test error at the optimal penalty falls along every curve, and from each curve to the next; p = 4n is held.",
    )


RATIO, VALUE = "training error / test error", "test error\nover that of interpolation"
LEVELS = {"noise": (0.0, 1.0, 5.0, 50.0)}
EXPONENTS = {  # alpha, beta as the paper fits them; how far the points at n = 80 are below the limit at most, in percent
    "CIFAR-10": (1.17, 1.14, 1),
    "SVHN": (1.22, 1.20, 1),
    "MNIST": (1.12, 1.36, 4),
}


def _over_interpolation(function):
    """By the root of train/test, and in units of interpolation at the same noise, (1 + alpha noise) test_0."""

    def changed(*, ratio, alpha, noise, **given):
        return function(alpha=alpha, noise=noise, fitting=np.sqrt(ratio), **given) / (1 + alpha * noise)

    return changed


def figure_2(relative, at_fitting):
    """The test error along train/test, from the record's theory and simulation along the root of that."""
    return {
        f"figure 2, {data}": Plot(
            x="ratio",
            low=0.0,
            high=0.8,
            log=False,
            log_y=False,
            at={"alpha": alpha, "source": (beta - 1) / (2 * alpha)},
            lines=LEVELS,
            theory=_over_interpolation(relative),
            simulation=_over_interpolation(at_fitting),
            n=80,
            points=10,
            axis=RATIO,
            value=VALUE,
            text=f"The paper's exponents of {data}: alpha = {alpha:g}, beta = {beta:g}; the lines are its noise levels, each in units of "
            "interpolation at that noise (the paper: of noiseless interpolation), so that a line's minimum can be seen; E_0 is the test "
            f"error of noiseless interpolation. At n = 80 the points lie some 0.6 % below the limit, without noise up to {worst} %.",
        )
        for data, (alpha, beta, worst) in EXPONENTS.items()
    } | measured.figure_2(relative, LEVELS, axis=RATIO, value=VALUE)
