"""Figures 1 and 2 of Simon, Karkada, Ghosh and Belkin (2024), at the paper's parameters where no data are needed."""

from functools import cache

import numpy as np

import simulate.random_features
from asymptotics import random_features, spectra
from theorems import Curve, Plot, through

EIGENVALUES = np.arange(1.0, 1001.0) ** -1.5  # figure 1: both exponents 3/2, so that every coefficient is 1


@cache
def _drawn():
    return spectra.from_eigenvalues(EIGENVALUES)


def _sizes(*, n, k, **given):
    count = len(EIGENVALUES)
    sizes = {"gamma": k / n, "psi": count / k, "r2": float(count), "sigma2": 0.5}
    return sizes | ({"lam": given.pop("delta") / n} if "delta" in given else {}) | given


_finite = through(lambda **k: random_features.ridge(_drawn(), **k), _sizes)
_best = through(lambda **k: random_features.optimal(_drawn(), **k), lambda **k: _sizes(**k))
_features = through(simulate.random_features.ridge, lambda *, n, **k: _sizes(n=n, **k) | {"n": n, "spectrum": EIGENVALUES})


def _along(x, fixed):
    """Along the samples or the features, at 256 of the others."""
    return Plot(
        x=x,
        low=10.0,
        high=1e4,
        points=8,
        at={fixed: 256},
        lines={"delta": tuple(10 ** (-3 + i / 6) for i in (4, 8, 12, 20, 26))},
        of=("test", "train"),
        theory=_finite,
        simulation=_features,
        also={"optimal ridge": Curve(_best, of="test")},
        limits=(0.4, 4.0),
        log_y=True,
        text="Gaussian features of Gaussian data, alpha = beta = 1.5, sigma2 = 0.5, the paper's five ridges; 1000 eigenvalues, not 10^4.",
    )


FIGURE_1 = {"figure 1, features": _along("k", "n"), "figure 1, samples": _along("n", "k")}
EXPONENTS = {"CIFAR-10": (1.17, 1.14), "SVHN": (1.22, 1.20), "MNIST": (1.12, 1.36)}  # alpha, beta as the paper fits them


def figure_2(relative, at_fitting):
    """The test error along train/test, from the record's theory and simulation along the root of that."""
    change = lambda *, ratio, **k: k | {"fitting": np.sqrt(ratio)}  # noqa: E731
    return {
        f"figure 2, {data}": Plot(
            x="ratio",
            low=0.0,
            high=0.8,
            log=False,
            log_y=True,
            at={"alpha": alpha, "source": (beta - 1) / (2 * alpha)},
            lines={"noise": (0.0, 1.0, 5.0, 50.0)},
            theory=through(relative, change),
            simulation=through(at_fitting, change),
            n=80,
            points=10,
            axis="fitting ratio: train / test",
            value="test error over that of\nnoiseless interpolation",
            text=f"The paper's exponents of {data}: alpha = {alpha:g}, beta = {beta:g}; the lines are its noise levels.",
        )
        for data, (alpha, beta) in EXPONENTS.items()
    }
