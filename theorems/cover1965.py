"""Cover, Geometrical and statistical properties of systems of linear inequalities (1965)."""

import numpy as np

import simulate.separability
from asymptotics import separability
from theorems import Mean, Plot, Real, Theorem, through


def _theory(*, n, gamma):
    return separability.fraction(n=n, p=np.maximum(1, np.round(gamma * n)))


random_labels = Theorem(
    title="How often a hyperplane separates points with random labels, at every n and p",
    statement=r"P=2^{1-n}\sum_{k<p}\binom{n-1}{k}",
    source="cover1965geometrical, Theorem 1 (numbering from memory)",
    assumptions=(
        "n points in general position in R^p, labels +-1 with equal weights, independent of the points and of each other",
        "the hyperplane passes through the origin",
    ),
    domain={"gamma": Real(0, 100)},
    claim=Mean(
        theory=_theory,
        simulation=through(simulate.separability.separable, lambda **k: k | {"r2": 0.0, "free": False}),
        exact=True,
        scale=1.0,
        sizes=(10, 20),
        bounds=(0.0, 1.0),
    ),
    cases=({"gamma": 0.2}, {"gamma": 0.7}),
    rivals={
        "a hyperplane with an intercept": lambda *, n, gamma: separability.fraction(n=n, p=np.round(gamma * n) + 1),
        "the limit": lambda *, n, gamma: 1.0 * (gamma > 0.5),
        "n points for n - 1": lambda *, n, gamma: separability.fraction(n=n + 1, p=np.round(gamma * n)),
    },
    plot=Plot(high=2.0, n=40, value="share of separable draws"),
)
