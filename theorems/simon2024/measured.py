"""The real-data sides of figures 1 and 2 of Simon et al. (2024): digits in place of CIFAR-10, and MNIST where it is there.

Odd digits against even ones, labels of mean 0 and variance 1, images centred and of one length; ReLU features for figure 1, the
neural tangent kernel of a network with three hidden layers for figure 2, in place of a convolutional one. Theory knows the table's
own spectrum and signal (asymptotics.subsampling), or, figure 2, the exponents fitted to it alone. MNIST: `mnist10k.npz` in the
folder that the environment's RIDGELESS_DATA names.
"""

import os
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from theorems import Curve, Plot

RIDGES = tuple(10 ** (-3 + i / 6) for i in (4, 8, 12, 20, 26))  # the paper's five of logspace(-3, 2, 31)
MNIST = Path(os.environ.get("RIDGELESS_DATA", "")) / "mnist10k.npz"
FITTED = {"digits": (1.22, 1.60), "MNIST": (1.13, 1.38)}  # alpha, beta, as `_fitted` finds them; the paper's of MNIST: 1.12, 1.36
FILES: dict[str, Path | None] = {"digits": None} | ({"MNIST": MNIST} if MNIST.is_file() else {})


@cache
def _seen(table, model):
    """The pool: at most 2000 rows of the table under the model."""
    from theorems.data import models, reading

    read = reading.read(FILES[table], "labels" if FILES[table] else None, clean=True)
    X, odd = read.X - read.X.mean(axis=0), np.asarray(read.y) % 2
    X *= np.sqrt(X.shape[1]) / np.linalg.norm(X, axis=1, keepdims=True)
    table = replace(read, X=X, y=(odd - odd.mean()) / odd.std())
    return models.seen(table, scale=False, model=model, rng=np.random.default_rng(0))


def _layer(*, n, k, delta):
    from asymptotics import subsampling

    pool, n = _seen("digits", "rf:relu:2"), np.asarray(n, dtype=float)
    given = {"pool": pool.rows - 1.0, "r2": pool.r2, "sigma2": pool.sigma2}
    risk = subsampling.ridge(pool.spectrum, n=n - 1, k=k, delta=delta, **given)
    return {"test": (1 + 1 / n) * risk.test, "train": (1 - 1 / n) * risk.train}


def _best(**sizes):
    return np.min([_layer(delta=v, **sizes)["test"] for v in np.geomspace(1e-2, 1e2, 25)], axis=0)


def _layers(*, n, k, delta, draws, rng):
    from simulate import feature_subsampling

    pool = _seen("digits", "rf:relu:2")
    return feature_subsampling.ridge(X=pool.inputs, y=pool.y, n=n, k=k, lam=delta / n, draws=draws, rng=rng)


def along(x, fixed, *, best, **own):
    """Figure 1 along the samples or the features, at 256 of the others."""
    of, also = ("test", "train"), {"optimal ridge": Curve(best, of="test")}
    return Plot(x=x, low=10.0, at={fixed: 256}, lines={"delta": RIDGES}, of=of, together=True, also=also, log_y=True, **own)


def _along(x, fixed):
    return along(
        x,
        fixed,
        best=_best,
        high=1000.0,
        points=6,
        theory=_layer,
        simulation=_layers,
        limits=(0.1, 2.0),
        data="digits",
        text="ReLU features of digits, odd against even, where the paper has CIFAR-10; its five ridges. The data are not Gaussian.",
    )


FIGURE_1 = {"figure 1, features, digits": _along("k", "n"), "figure 1, samples, digits": _along("n", "k")}


@cache
def _fitted(table):
    """The power laws of the table under the kernel, from interpolation at a fortieth to a third of its rows."""
    from asymptotics import power_law_fit
    from theorems.data.exponents import POINTS, curve

    pool = _seen(table, "kernel:ntk:3")
    n = np.unique(np.geomspace(pool.rows / 40, 0.35 * pool.rows, POINTS).round())
    kappa, test = curve(pool.gram, pool.y, n)
    return power_law_fit.fit(n=n, kappa=kappa, test=test, noisy=False)


def _subsampled(table, n, noise, lam, draws, rng):
    """Test and training errors of kernel ridge regression, labels with noise, (draws, len(lam))."""
    from simulate import kernel_subsampling

    pool = _seen(table, "kernel:ntk:3")
    found = [
        kernel_subsampling.ridge(
            gram=pool.drawn, y=pool.y + np.sqrt(noise) * rng.standard_normal(pool.rows), n=n, lam=lam, draws=1, rng=rng
        )
        for _ in range(draws)
    ]
    return np.concatenate([f.test for f in found]), np.concatenate([f.train for f in found])


@cache
def _interpolated(table, n):
    """The noiseless test error of interpolation, measured."""
    return float(_subsampled(table, n, 0.0, np.zeros(1), 200, np.random.default_rng(0))[0].mean())


def figure_2(relative, levels, **titles):
    """The test error along train/test measured on a table, beside the record's theory at the exponents that are fitted to it."""

    def predicted(*, table, ratio, noise):
        at = _fitted(table)
        found = relative(alpha=at.alpha, source=(at.beta - 1) / (2 * at.alpha), fitting=np.sqrt(ratio), noise=noise)
        return found / (1 + at.alpha * noise)

    def measured(*, table, n, ratio, noise, draws, rng):
        """At each draw's own penalty of this train/test, in units of interpolation at the same noise by the fitted alpha."""
        unit = _interpolated(table, n)
        lam = _seen(table, "kernel:ntk:3").level * np.geomspace(1e-4, 1e2, 37)
        test, train = _subsampled(table, n, noise * unit, lam, draws, rng)
        at = [np.interp(ratio, b / a, np.log(a)) for a, b in zip(test, train, strict=True)]
        return np.exp(at) / unit / (1 + _fitted(table).alpha * noise)

    return {
        f"figure 2, {table} measured": Plot(
            x="ratio",
            low=0.0,
            high=0.8,
            log=False,
            log_y=False,
            at={"table": table},
            lines=levels,
            theory=predicted,
            simulation=measured,
            n=200,
            points=8,
            data=table,
            text=f"Kernel ridge regression on {table}, neural tangent kernel of three hidden layers (the paper: a convolutional "
            "one, more rows); lines: Theorem 2 at the exponents fitted to the table, alpha = {:.2f}, beta = {:.2f}, ".format(
                *FITTED[table]
            )
            + "noise added to the labels; in units of interpolation at that noise. E_0 is the test error of noiseless interpolation.",
            **titles,
        )
        for table in FILES
    }
