r"""A spectrum read off a table: sample eigenvalues, the signal on the eigenvectors, the noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from asymptotics.conventions import refuse
from asymptotics.spectra.laws import vector
from asymptotics.spectra.signals import Spectrum, assemble


@dataclass(frozen=True, eq=False)
class Measured(Spectrum):
    """A spectrum read off data, with the squared norm of its signal and the noise; None where no target was given."""

    r2: float | None = None
    sigma2: float | None = None


def from_data(X: ArrayLike, y: ArrayLike | None = None) -> Measured:
    """The sample covariance of the rows of `X` (m, p), centred; with `y` (m,), the signal on its eigenvectors and the noise too.

    Biases. The eigenvalues are those of the sample: spread wider than the population's unless p << m (by about sqrt(p/m)), and
    m - 1 of them at most are positive. The eigencoefficients are least-squares ones, b_i = u_i'y/sqrt(m s_i), and their energies
    b_i^2 - sigma2/(m s_i), cut off at 0, which biases them up where the signal is below the noise. The noise is the residual
    variance, unbiased for linear models, if the rank is below m - 1; else that of ridge at the penalty of least GCV,
    residual/(m - 1 - df), biased either way. Where no energy exceeds the noise, r2 is 0 and the signal isotropic.

    Raises ValueError for a table that is not of finite numbers, has fewer than 3 rows, or is constant in every column.

    >>> found = from_data([[1.0, 0.0], [-1.0, 0.0], [0.0, 2.0], [0.0, -2.0]], [1.0, -1.0, 2.0, -2.0])
    >>> [round(float(v), 12) for v in (*found.H.atoms, found.r2, found.sigma2)]  # y = x_1 + x_2
    [2.0, 0.5, 2.0, 0.0]
    """
    try:
        X = np.array(X, dtype=np.float64)
    except (TypeError, ValueError):
        refuse("X", type(X).__name__, "it must be a table of numbers, rows of one length")
    if X.ndim != 2 or X.shape[0] < 3 or X.shape[1] < 1:
        refuse("X", X.shape, "a table of at least 3 rows and 1 column is needed")
    if not np.all(np.isfinite(X)):
        refuse("X", "nan or inf", "every entry must be finite")
    m, p = X.shape
    largest = np.abs(X).max()
    X -= X.mean(axis=0)
    u, d, _ = np.linalg.svd(X, full_matrices=False)
    rank = int(
        np.count_nonzero(d > max(d[0], largest) * max(m, p) * np.finfo(float).eps)
    )  # what the rounding of X leaves of a rank
    if rank == 0:
        refuse("X", "constant columns", "at least one column must vary")
    values = np.zeros(p)
    values[:rank] = d[:rank] ** 2 / m
    if y is None:
        spectrum = assemble(values, np.ones(p), None, unit=True)
        return Measured(spectrum.H, spectrum.G)
    target = vector("y", y)
    if target.size != m:
        refuse("y", target.size, f"one entry a row of X: {m}")
    target -= target.mean()
    projections = u[:, :rank].T @ target
    rest = float(np.sum((target - u[:, :rank] @ projections) ** 2))
    free = m - 1
    if rank < free:
        sigma2 = rest / (free - rank)
    else:
        penalties = (
            d[0] ** 2 * np.logspace(-10, 2, 121)[:, None]
        )  # from none to all shrunk, 10 a decade: GCV is flat at its least
        shrink = penalties / (d[:rank] ** 2 + penalties)
        residual, freedom = np.sum((shrink * projections) ** 2, axis=1), np.sum(shrink, axis=1)
        best = int(np.argmin(residual / freedom**2))
        sigma2 = float(residual[best] / freedom[best])
    energies = np.zeros(p)
    energies[:rank] = np.maximum(projections**2 - sigma2, 0) / d[:rank] ** 2
    spectrum = assemble(values, np.ones(p), energies if np.any(energies > 0) else None, unit=True)
    return Measured(spectrum.H, spectrum.G, r2=float(energies.sum()), sigma2=sigma2)
