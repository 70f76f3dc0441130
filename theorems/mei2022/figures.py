"""Figures 1 to 5 of Mei and Montanari (2022): ReLU features, d = 100 and n = 300, and the paper's penalty, lam/psi_1."""

import numpy as np

from asymptotics import spherical_features
from theorems import Curve, Plot, through

RELU = {"activation": "relu", "inputs": 1 / 3, "r2": 1.0}
NOISE = {"strong signal": 0.2, "weak signal": 5.0}  # r2 = 1
WIDE = {"low": 0.05, "high": 5.0, "log": False}


def _penalty(*, gamma, inputs, penalty, **given):
    return given | {"gamma": gamma, "inputs": inputs, "lam": penalty * gamma / inputs}


def test_error(theory, simulation):
    """Figure 1, from the record's theory and simulation at (gamma, inputs, lam), and sections of the surfaces of figure 3."""
    own = {"theory": through(theory, _penalty), "at": RELU | {"sigma2": 0.0}}
    drawn = own | WIDE | {"simulation": through(simulation, _penalty), "n": 300}
    return {
        "figure 1": Plot(
            **drawn,
            lines={"penalty": (0.0, 1e-3)},
            points=25,
            together=True,
            limits=(0.0, 3.0),
            text="ReLU, d = 100, n = 300, no noise, without penalty and at the paper's 1e-3 (parameters as recalled).",
        ),
        "figure 1, logarithmic": Plot(
            **drawn,
            lines={"penalty": (0.0,)},
            limits=(0.03, 30.0),
            log_y=True,
            text="Figure 1 without penalty, on a logarithmic scale.",
        ),
        "figure 3": Plot(
            **own | {"at": RELU},
            low=0.05,
            high=20.0,
            up=("penalty", 1e-4, 10.0),
            lines={"sigma2": tuple(NOISE.values())},
            of="excess",
            points=0,
            limits=(0.05, 20.0),
            value="excess risk",
            text="The surface over features and the paper's penalty, d/n = 1/3, two levels of noise (chosen here); no simulation.",
        ),
        **{
            f"figure 3, {name}": Plot(
                **own | {"at": RELU | {"sigma2": sigma2}},
                low=0.05,
                high=20.0,
                lines={"penalty": (1e-4, 1e-2, 0.1, 1.0)},
                of="excess",
                limits=(0.0, 2.0 if sigma2 < 1 else 10.0),
                text=f"Sections of the surface of figure 3, {name} (values chosen here); no simulation.",
            )
            for name, sigma2 in NOISE.items()
        },
    }


def training_error(theory, simulation):
    """Figure 2."""
    return {
        "figure 2": Plot(
            theory=through(theory, _penalty),
            simulation=through(simulation, _penalty),
            **WIDE,
            at=RELU | {"sigma2": 0.1},
            lines={"penalty": (1e-3, 1e-1)},
            together=True,
            of=("test", "train"),
            n=300,
            points=12,
            text="Test and training error, d = 100, n = 300 (penalties and noise chosen here).",
        )
    }


def ridgeless(theory):
    """Figure 4: the least-norm fit beside the best penalty, found on a grid of 5 % a step, and the kernel's interpolator."""
    lam = np.geomspace(1e-5, 1e3, 380)[:, None]
    further = {
        "optimal penalty": Curve(lambda **k: theory(lam=lam, **k).excess.min(axis=0), of="excess"),
        "infinitely many features": Curve(lambda *, gamma, **k: spherical_features.wide(delta=0.0, **k).excess),
    }
    return {
        f"figure 4, {name}": Plot(
            at=RELU | {"sigma2": sigma2},
            also=further,
            low=0.05,
            high=10.0,
            n=300,
            points=12,
            limits=(0.0, 2.0 if sigma2 < 1 else 6.0),
            text=f"The least-norm fit beside the optimal penalty, {name} (noise chosen here). The gap of the points is of order 1/d.",
        )
        for name, sigma2 in NOISE.items()
    }


def _wide(*, samples, penalty, **given):
    return spherical_features.wide(inputs=1 / samples, delta=penalty * samples, **given)


FIGURE_5 = {
    f"figure 5, {name}": Plot(
        x="samples",
        high=100.0,
        theory=_wide,
        at={"activation": "relu", "r2": 1.0, "sigma2": sigma2},
        lines={"penalty": (0.0, 0.1, 1.0, 10.0)},
        axis=r"samples per input dimension $\psi_2 = n/d$",
        text=f"Infinitely many features, by the paper's penalty, {name} (values chosen here); no simulation.",
    )
    for name, sigma2 in NOISE.items()
}
