r"""A table as a population: its spectrum and signal, and what theory predicts for ridge trained on n of its rows.

The whole table (N rows, columns centred and, by default, scaled to variance one) is the population: s_i are the eigenvalues of
its covariance, beta_i the coefficients of its own least squares in that eigenbasis, e its residuals, sigma2 their mean square. An
intercept fitted on the training rows takes one dimension from the training rows and one from the table, and adds the error of a
mean:

    test(n, N) = (1 + 1/n) * [test error of n - 1 rows of N - 1, without intercept],                             (1)

exactly where the direction of 1 is like any other direction (asymptotics.subsampling). Two predictions are made from the same
numbers: `predict`, which knows that the rows are drawn without replacement from N, and `omniscient`, the usual formula, which
takes the table's estimates for the truth of an infinite population; they differ by O(rank/N).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import linalg

from asymptotics import spectra, subsampling

if TYPE_CHECKING:
    from theorems.data.reading import Table

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Population:
    """`scores` (N, rank): the rows in the eigenbasis of their covariance; `y` (N,): the target less its mean; `columns`: p.

    `eigenvalues`, `coefficients` (rank,), `sigma2` and `variance` (of y) are sums of squares over N - 1.
    """

    scores: Array
    y: Array
    eigenvalues: Array
    coefficients: Array
    sigma2: float
    variance: float
    columns: int

    @property
    def rows(self) -> int:
        return len(self.y)

    @property
    def rank(self) -> int:
        return len(self.eigenvalues)

    @property
    def explained(self) -> float:
        """The share of the target's variance that the table's own least squares explains."""
        return 1 - self.sigma2 / self.variance

    @cached_property
    def spectrum(self) -> spectra.Spectrum:
        """Eigenvalues with multiplicities, and how beta is spread over them."""
        return spectra.multiplicities(self.eigenvalues, np.ones(self.rank), signal=self._energies)

    @cached_property
    def _energies(self) -> Array:
        energies = self.coefficients**2
        return energies if energies.any() else np.ones(self.rank)  # no signal at all: r2 = 0 says so

    @property
    def r2(self) -> float:
        return float(self.coefficients @ self.coefficients)

    def _arguments(self, n: ArrayLike, lam: ArrayLike) -> dict[str, Any]:
        n, lam = np.asarray(n, dtype=np.float64), np.asarray(lam, dtype=np.float64)
        return {"n": n - 1, "delta": n * lam, "r2": self.r2, "sigma2": self.sigma2}

    def predict(self, n: ArrayLike, lam: ArrayLike) -> Array:
        """Test error on the rows left out, ridge on n of the table's rows; they broadcast. Infinite at n - 1 = rank, lam = 0."""
        risk = subsampling.ridge(self.spectrum, pool=self.rows - 1.0, **self._arguments(n, lam))
        return (1 + 1 / np.asarray(n, dtype=np.float64)) * np.asarray(risk.test)

    def omniscient(self, n: ArrayLike, lam: ArrayLike) -> Array:
        """The same by the formula for an infinite population, with the table's estimates put in."""
        from asymptotics import ridge

        n, lam = np.broadcast_arrays(np.asarray(n, dtype=np.float64), np.asarray(lam, dtype=np.float64))
        return (1 + 1 / n) * np.asarray(ridge.ridge(self.spectrum, **self._arguments(n, lam)).test)

    def best(self, n: ArrayLike, points: int = 97) -> tuple[Array, Array]:
        """The penalty with the least predicted test error at each n, over 1e-6 ... 1e6 mean eigenvalues, and that error."""
        grid = self.eigenvalues.mean() * np.geomspace(1e-6, 1e6, points)
        test = self.predict(np.asarray(n, dtype=np.float64)[..., None], grid)
        at = np.argmin(test, axis=-1)
        return grid[at], np.take_along_axis(test, at[..., None], axis=-1)[..., 0]

    def fit(self, y: Array) -> Population:
        """The same rows with another target (centred here)."""
        return _population(
            self.scores / np.sqrt(self.eigenvalues * (self.rows - 1)), self.eigenvalues, y - y.mean(), self.columns
        )

    # Controls: what is left of a gap when one property of the data is taken away.

    def shuffled(self, rng: np.random.Generator) -> Population:
        """The same rows, signal and noise level; residuals dealt out to the rows at random, so that they know nothing of them."""
        U = self.scores / np.sqrt(self.eigenvalues * (self.rows - 1))
        residual = self.y - self.scores @ self.coefficients
        return self.fit(self.scores @ self.coefficients + _noise(rng.permutation(residual), U, residual))

    def gaussian(self, rng: np.random.Generator) -> Population:
        """Gaussian rows and residuals with exactly the same covariance, signal and noise level."""
        U = rng.standard_normal(self.scores.shape)
        U, R = linalg.qr(U - U.mean(axis=0), mode="economic", check_finite=False)
        U *= np.sign(np.diag(R))  # makes it Haar
        residual = self.y - self.scores @ self.coefficients
        scores = U * np.sqrt(self.eigenvalues * (self.rows - 1))
        y = scores @ self.coefficients + _noise(rng.standard_normal(self.rows), U, residual)
        return _population(U, self.eigenvalues, y - y.mean(), self.columns)


def _noise(e: Array, U: Array, like: Array) -> Array:
    """e made orthogonal to 1 and to U, with the norm of `like`."""
    e = e - e.mean()
    e = e - U @ (U.T @ e)
    size = linalg.norm(e)
    return e * (linalg.norm(like) / size) if size > 0 else e


def _population(U: Array, eigenvalues: Array, y: Array, columns: int) -> Population:
    rows = len(y)
    c = U.T @ y
    residual = y - U @ c
    wide = rows - 1 <= len(eigenvalues)  # the table's least squares goes through every point: what is left is round-off
    return Population(
        scores=U * np.sqrt(eigenvalues * (rows - 1)),
        y=y,
        eigenvalues=eigenvalues,
        coefficients=c / np.sqrt(eigenvalues * (rows - 1)),
        sigma2=0.0 if wide else float(residual @ residual) / (rows - 1),
        variance=float(y @ y) / (rows - 1),
        columns=columns,
    )


def population(table: Table, *, scale: bool = True) -> Population:
    """The table as a population; `scale` divides each column by its standard deviation over the table (its fixed units)."""
    X = table.X - table.X.mean(axis=0)
    if scale:
        X /= X.std(axis=0)
    U, s, _ = linalg.svd(X, full_matrices=False, check_finite=False)
    rank = int(np.sum(s > max(X.shape) * np.finfo(float).eps * s[0]))
    return _population(U[:, :rank], s[:rank] ** 2 / (len(X) - 1), table.y - table.y.mean(), X.shape[1])
