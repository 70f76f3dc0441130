"""What is fitted to a table: ridge on its columns, on random features of them, or with a kernel; each makes a population of it.

    ridge        ridge on the columns
    rf:relu:K    ridge on K random ReLU features of the columns; its mean kernel is nngp:1
    kernel:F     kernel ridge regression; F is ntk:L, nngp:L, gaussian, laplace, gaussian:W, laplace:W or polynomial:M,C

A kernel's population is the table seen through it: rows in the eigenbasis of the centred Gram matrix of all rows, of rank N - 1 as
a rule, with coefficients for every eigenfunction and no noise apart from them. Where no width W is given it is the median distance
of two rows. Tables of more than `LARGEST` rows give a random part of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from scipy.spatial.distance import pdist

from asymptotics import kernels, rowwise
from asymptotics.conventions import refuse
from asymptotics.kernels import tables as table_kernels
from simulate import feature_subsampling, kernel_subsampling
from simulate import table_kernels as measured_kernels
from theorems.data.pool import Population, decompose, population, standardised
from theorems.data.reading import Table

Array = NDArray[np.float64]

KNOWN = "ridge, rf:relu:K, kernel:ntk:L, kernel:nngp:L, kernel:gaussian[:W], kernel:laplace[:W], kernel:polynomial:M[,C]"
MOST = 20_000  # random features
LARGEST = 2000  # rows whose Gram matrix is taken apart in some seconds
PAIRS = 1000  # rows for a median distance
DISTANCES = ("gaussian", "laplace")


@dataclass(frozen=True)
class Model:
    """`kernel`: a string that theory and simulation both read, "" for ridge; its width may still be missing. `features`: K, or 0."""

    text: str
    kernel: str = ""
    features: int = 0


def parse(text: str) -> Model:
    """The model that a string names, or ValueError."""
    kind, _, rest = str(text).partition(":")
    if text == "ridge":
        return Model(text)
    if kind == "rf":
        activation, _, number = rest.partition(":")
        if activation == "relu" and number.isdecimal() and 2 <= int(number) <= MOST:
            return Model(text, "nngp:1", int(number))
        refuse("model", text, f"random features are written rf:relu:K, K = 2 ... {MOST} of them; known models: {KNOWN}")
    if kind == "kernel":
        if rest in DISTANCES:
            return Model(text, rest)
        family, _, number = rest.partition(":")
        if family in DISTANCES:
            if not _width(number):
                refuse(
                    "model",
                    text,
                    f"the width {number!r} is not a positive number, a distance between rows; known models: {KNOWN}",
                )
            return Model(text, rest)
        if family in ("ntk", "nngp", "polynomial"):
            try:
                kernels.parse(rest)
            except ValueError as error:
                refuse("model", text, f"{error}; known models: {KNOWN}")
            return Model(text, rest)
    refuse("model", text, f"known models: {KNOWN}")


def _width(text: str) -> bool:
    try:
        return 0 < float(text) < np.inf
    except ValueError:
        return False


@dataclass(frozen=True, kw_only=True, eq=False)
class KernelPopulation(Population):
    """The table under a kernel. `gram` is theory's Gram matrix, `drawn` the one that subsamples are drawn from, made apart."""

    kernel: str
    gram: Array
    drawn: Array
    singular: str
    notes: tuple[str, ...] = ()

    @property
    def model(self) -> str:  # type: ignore[override]
        return f"kernel {self.kernel}"

    @property
    def level(self) -> float:
        return float(self.eigenvalues.sum()) * (self.rows - 1) / self.rows

    def grid(self) -> Array:
        positive = [float(f"{self.level * v:.3g}") for v in np.geomspace(1e-6, 1, 13)]
        return np.array(positive if self.singular else [0.0, *positive])

    def cost(self, n: int) -> float:
        return 4.0 * n**3  # an eigendecomposition, at the speed of products

    def measure(self, n: int, lam: Array, count: int, rng: np.random.Generator) -> dict[str, Array]:
        return kernel_subsampling.ridge(gram=self.drawn, y=self.y, n=n, lam=lam, draws=count, rng=rng).to_dict()

    def rowwise(self, n: int, lam: float) -> float | None:
        start = float(self.effective(n, lam)) * (self.rows - 1)
        return float(rowwise.ridge(self.gram, self.y, n=n, delta=n * lam, start=max(start, 1e-12 * self.level)))

    def about(self) -> list[str]:
        total, power = self.eigenvalues.sum(), self.eigenvalues * self.coefficients**2
        shares = (
            f"{top}: {self.eigenvalues[:top].sum() / total:.0%} and {power[:top].sum() / self.variance:.0%}"
            for top in (1, 10, 100)
        )
        return [
            *self.notes,
            f"{self.model}, intercept fitted; variance of a row {self.level:.3g}; eigenvalues of its covariance {self.eigenvalues[-1]:.3g} "
            f"... {self.eigenvalues[0]:.3g}, {self.rank} of them",
            f"shares of the trace and of the target's variance {self.variance:.4g} on the leading eigenfunctions: {', '.join(shares)}",
            *([f"{self.singular}: without penalty it is not fitted"] if self.singular else []),
        ]

    def gaussian(self, rng: np.random.Generator) -> Population:
        found = super().gaussian(rng)
        gram = found.scores @ found.scores.T
        return replace(found, gram=gram, drawn=gram)  # type: ignore[call-arg]


@dataclass(frozen=True, kw_only=True, eq=False)
class FeaturePopulation(Population):
    """The table under the mean kernel of K random features of its rows `inputs`."""

    inputs: Array
    features: int  # type: ignore[misc]
    activation: str = "relu"
    notes: tuple[str, ...] = ()
    ungaussian: ClassVar[str] = "the features are not Gaussian"
    unpredicted: ClassVar[str] = "for random features it was not derived"

    @property
    def model(self) -> str:  # type: ignore[override]
        return f"{self.features} random {self.activation} features"

    @property
    def level(self) -> float:
        return float(self.eigenvalues.sum()) * (self.rows - 1) / self.rows

    def grid(self) -> Array:
        return np.array([0.0, *(float(f"{self.level * v:.3g}") for v in np.geomspace(1e-6, 1, 13))])

    def cost(self, n: int) -> float:
        k = self.features
        return float(6 * n * k * min(n, k) + self.rows * k * (k + self.inputs.shape[1]))

    def measure(self, n: int, lam: Array, count: int, rng: np.random.Generator) -> dict[str, Array]:
        given: dict[str, Any] = {"n": n, "k": self.features, "lam": lam, "draws": count, "rng": rng}
        return feature_subsampling.ridge(X=self.inputs, y=self.y, activation=self.activation, **given).to_dict()

    def rowwise(self, n: int, lam: float) -> float | None:
        return None

    def about(self) -> list[str]:
        return [
            *self.notes,
            f"{self.model}, drawn anew for each subsample, intercept fitted; their mean kernel is nngp:1: variance of a row "
            f"{self.level:.3g}, eigenvalues {self.eigenvalues[-1]:.3g} ... {self.eigenvalues[0]:.3g}, {self.rank} of them",
        ]

    def gaussian(self, rng: np.random.Generator) -> Population:
        found = super().gaussian(rng)
        rows = found.scores * np.sqrt(found.rank)  # features take inner products per column
        return replace(found, inputs=rows, activation="linear")  # type: ignore[call-arg]


def seen(table: Table, *, scale: bool, model: str, rng: np.random.Generator) -> Population:
    """The table as a population of `model`."""
    chosen = parse(model)
    if not chosen.kernel:
        return population(table, scale=scale)
    notes = []
    if len(table.y) > LARGEST:
        notes.append(f"the pool is a random part of {LARGEST} of its {len(table.y)} rows")
        part = np.sort(rng.choice(len(table.y), LARGEST, replace=False))
        table = replace(table, X=table.X[part], y=table.y[part])
    X = standardised(replace(table, X=_varying(table.X)), True) if scale else table.X
    kernel = chosen.kernel
    if kernel in DISTANCES:
        some = X if len(X) <= PAIRS else X[np.sort(rng.choice(len(X), PAIRS, replace=False))]
        kernel = f"{kernel}:{np.median(pdist(some)):.4g}"
        notes.append("its width is the median distance of two rows")
    gram = table_kernels.gram(kernel, X)
    U, eigenvalues, singular = _taken_apart(gram, X)
    shared: dict[str, Any] = {"columns": X.shape[1], "notes": tuple(notes), **decompose(U, eigenvalues, table.y - table.y.mean())}
    if chosen.features:
        return FeaturePopulation(features=chosen.features, inputs=X, **shared)
    drawn = measured_kernels.gram(X=X, kernel=kernel)
    return KernelPopulation(kernel=kernel, gram=gram, drawn=drawn, singular=singular, **shared)


def _varying(X: Array) -> Array:
    """The columns that are not constant in this part of a table."""
    return X[:, np.ptp(X, axis=0) > 1e-12 * np.abs(X).max(axis=0)]


def _taken_apart(gram: Array, X: Array) -> tuple[Array, Array, str]:
    """Eigenvectors and eigenvalues of the centred Gram matrix, and why it is singular ("" if it is not)."""
    N = len(gram)
    means = gram.mean(axis=0)
    c, U = linalg.eigh(gram - means - means[:, None] + gram.mean(), driver="evd", check_finite=False)
    c, U = c[::-1], U[:, ::-1]
    noise = 10 * N * np.finfo(float).eps * c[0]  # round-off of the Gram matrix moves its eigenvalues by so much
    if c[-1] < -1e3 * noise:
        refuse("kernel", f"least eigenvalue {c[-1]:.3g}, largest {c[0]:.3g}", "it is not positive definite on these rows")
    rank = int(np.sum(c[: N - 1] > noise))
    if not rank:
        refuse("kernel", f"largest eigenvalue {c[0]:.3g}", "it does not tell these rows apart")
    singular = ""
    if rank < N - 1:
        repeated = N - len(np.unique(X, axis=0))
        why = (
            f"{repeated} rows repeat others (leave them out of the table)" if repeated else "it is too smooth, or of finite rank"
        )
        singular = f"the kernel is singular on these {N} rows (rank {rank}): {why}"
    return U[:, :rank], c[:rank] / (N - 1), singular
