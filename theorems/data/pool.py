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

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import linalg

from asymptotics import rowwise, spectra, subsampling
from simulate import subsampling as draws

if TYPE_CHECKING:
    from asymptotics.risk import Risk
    from theorems.data.reading import Table

Array = NDArray[np.float64]
LARGEST = 1e8  # rows times columns squared: a prediction row for row takes some seconds


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
    model: ClassVar[str] = "ridge"
    features: ClassVar[float] = math.inf  # random ones; inf: none
    ungaussian: ClassVar[str] = "the rows are not Gaussian"  # what is wrong, where Gaussian rows are predicted better
    unpredicted: ClassVar[str] = "the table is too large for it"  # why, where `rowwise` is None

    @property
    def rows(self) -> int:
        return len(self.y)

    @property
    def rank(self) -> int:
        return len(self.eigenvalues)

    @property
    def capacity(self) -> float:
        """The most that a fit without penalty can interpolate, less one for the intercept: its pole is at n = capacity + 1."""
        return min(self.rank, self.features)

    @property
    def level(self) -> float:
        """What a penalty lam is to be compared with: the variance of a column (1 after scaling), or of a row under a kernel."""
        return float(self.eigenvalues.sum()) * (self.rows - 1) / self.rows / self.columns

    def grid(self) -> Array:
        """The default penalties."""
        return np.array([0.0, *(float(f"{self.level * v:.3g}") for v in np.geomspace(1e-4, 1e2, 13))])

    def cost(self, n: int) -> float:
        """Multiplications a draw: the factorisation of n x r."""
        return 6.0 * n * self.rank * min(n, self.rank)

    def measure(self, n: int, lam: Array, count: int, rng: np.random.Generator) -> dict[str, Array]:
        """`count` subsamples of n rows: test, train, gcv of shape (count, len(lam))."""
        return draws.ridge(X=self.scores, y=self.y, n=n, lam=lam, draws=count, rng=rng).to_dict()

    def rowwise(self, n: int, lam: float) -> float | None:
        """The prediction that does not take the rows for alike, where there is one; None for tables too large for it."""
        if self.rows * self.rank**2 > LARGEST:
            return None
        return float(rowwise.tall(self.scores, self.y, n=n, delta=n * lam))

    def about(self) -> list[str]:
        """What the report says of the table under this model."""
        lines = [
            f"rank {self.rank}; eigenvalues {self.eigenvalues[-1]:.3g} ... {self.eigenvalues[0]:.3g}; least squares on the whole table "
            f"explains {self.explained:.1%} of the target's variance {self.variance:.4g}"
        ]
        if self.rank >= self.rows - 1:
            lines.append("wide: the whole table's least squares goes through every point, so noise cannot be told from signal;"
                         " `predicted` does not need to, `omniscient` takes the noise to be 0")  # fmt: skip
        elif self.rank < self.columns:
            lines.append(
                f"{self.columns - self.rank} of the columns are exact combinations of others: eigenvalues 0, which change nothing"
            )
        return lines

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
        return (1 + 1 / np.asarray(n, dtype=np.float64)) * np.asarray(self._risk(n, lam).test)

    def effective(self, n: ArrayLike, lam: ArrayLike) -> Array:
        """The effective ridge kappa of the whole pool for n of its rows."""
        return np.asarray(self._risk(n, lam).kappa)

    def shares(self) -> Array:
        """How much of each direction counts for a row's leverage: all of it, or, of N - 1 directions, what half the rows learn."""
        if self.rank < self.rows - 1:
            return np.ones(self.rank)
        kappa = float(self.effective(self.rows // 2, 0.0))
        return self.eigenvalues / (self.eigenvalues + kappa)

    def _risk(self, n: ArrayLike, lam: ArrayLike) -> Risk:
        return subsampling.ridge(self.spectrum, pool=self.rows - 1.0, k=self.features, **self._arguments(n, lam))

    def omniscient(self, n: ArrayLike, lam: ArrayLike) -> Array:
        """The same by the formula for an infinite population, with the table's estimates put in."""
        from asymptotics import random_features, ridge

        n, lam = np.broadcast_arrays(np.asarray(n, dtype=np.float64), np.asarray(lam, dtype=np.float64))
        given = self._arguments(n, lam)
        risk: Any = (
            ridge.ridge(self.spectrum, **given)
            if math.isinf(self.features)
            else random_features.ridge(self.spectrum, k=self.features, **given)
        )
        return (1 + 1 / n) * np.asarray(risk.test)

    def best(self, n: ArrayLike, points: int = 97) -> tuple[Array, Array]:
        """The penalty with the least predicted test error at each n, over 0 and 1e-6 ... 1e6 mean eigenvalues, and that error."""
        grid = np.append(self.eigenvalues.mean() * np.geomspace(1e6, 1e-6, points), 0.0)  # of equals the first
        test = self.predict(np.asarray(n, dtype=np.float64)[..., None], grid)
        at = np.argmin(test, axis=-1)
        return grid[at], np.take_along_axis(test, at[..., None], axis=-1)[..., 0]

    def fit(self, y: Array) -> Self:
        """The same rows with another target (centred here)."""
        U = self.scores / np.sqrt(self.eigenvalues * (self.rows - 1))
        return replace(self, **decompose(U, self.eigenvalues, y - y.mean()))

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
        return replace(self, **decompose(U, self.eigenvalues, y - y.mean()))


def _noise(e: Array, U: Array, like: Array) -> Array:
    """e made orthogonal to 1 and to U, with the norm of `like`."""
    e = e - e.mean()
    e = e - U @ (U.T @ e)
    size = linalg.norm(e)
    return e * (linalg.norm(like) / size) if size > 0 else e


def decompose(U: Array, eigenvalues: Array, y: Array) -> dict[str, Any]:
    """The numbers of a population: y on the orthonormal columns of U, of these eigenvalues."""
    rows = len(y)
    c = U.T @ y
    residual = y - U @ c
    wide = rows - 1 <= len(eigenvalues)  # the table's least squares goes through every point: what is left is round-off
    return {
        "scores": U * np.sqrt(eigenvalues * (rows - 1)),
        "y": y,
        "eigenvalues": eigenvalues,
        "coefficients": c / np.sqrt(eigenvalues * (rows - 1)),
        "sigma2": 0.0 if wide else float(residual @ residual) / (rows - 1),
        "variance": float(y @ y) / (rows - 1),
    }


def standardised(table: Table, scale: bool) -> Array:
    """The columns less their means; `scale` divides them by their standard deviations over the table (its fixed units)."""
    X = table.X - table.X.mean(axis=0)
    return X / X.std(axis=0) if scale else X


def population(table: Table, *, scale: bool = True) -> Population:
    """The table as a population of ridge regression."""
    X = standardised(table, scale)
    U, s, _ = linalg.svd(X, full_matrices=False, check_finite=False)
    rank = int(np.sum(s > max(X.shape) * np.finfo(float).eps * s[0]))
    found = decompose(U[:, :rank], s[:rank] ** 2 / (len(X) - 1), table.y - table.y.mean())
    return Population(columns=X.shape[1], **found)
