r"""Designs: laws of the rows x of a data matrix, and signals, written in the eigenbasis of the population covariance.

A design is an entry law and a spectrum. In the eigenbasis the covariance S is its vector of eigenvalues s_1 >= ... >= s_p, so
that a population risk is |diag(s)^(1/2) v|^2. Rows are x = S^(1/2) z with z of independent entries of mean 0 and variance 1:

    entries    gaussian | rademacher | student:NU (scaled to variance 1, NU > 2) | elliptical:NU
    spectrum   isotropic | ar1:RHO | atoms:S@W,S@W,... | equicorrelated:RHO | power:A | latent:MU,PSI | an array of p eigenvalues
    signal     isotropic | top:Q | bottom:Q

Elliptical rows are x = sqrt(tau) S^(1/2) g with g Gaussian and tau = (NU - 2)/chi2_NU, of mean 1: a multivariate Student law.
Where z is not Gaussian its coordinates matter. Autoregressive rows are drawn by x_j = rho x_{j-1} + (1 - rho^2)^(1/2) z_j,
equicorrelated ones by one factor, x = (1 - rho)^(1/2) z + rho^(1/2) f 1; both are then turned into the eigenbasis. The other
spectra are diagonal.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh_tridiagonal, eigvalsh_tridiagonal

from simulate.conventions import refuse

Array = NDArray[np.float64]

SPECTRA = "isotropic, ar1:RHO, atoms:S@W,S@W,..., equicorrelated:RHO, power:A, latent:MU,PSI, or an array of p eigenvalues"
ENTRIES = "gaussian, rademacher, student:NU or elliptical:NU"
SIGNALS = "isotropic, top:Q or bottom:Q"


def _no(name: str, value: object, remedy: str) -> NoReturn:
    refuse(name, value, remedy)
    raise AssertionError  # refuse raises


def _split(name: str, text: str, known: str) -> tuple[str, list[float]]:
    """`kind:A,B` -> (kind, [A, B])."""
    kind, _, rest = text.partition(":")
    try:
        return kind, [float(part) for part in rest.split(",")] if rest else []
    except ValueError:
        _no(name, text, f"it must be {known}")


def multiplicities(weights: ArrayLike, p: int) -> NDArray[np.int64]:
    """The nearest integers to p * weights that sum to p (largest remainders); weights (m,) of sum 1.

    >>> multiplicities([0.5, 0.25, 0.25], 10)
    array([5, 3, 2])
    """
    exact = np.asarray(weights, dtype=np.float64) * p
    counts = np.floor(exact + 1e-9).astype(np.int64)  # 1e-9: 0.1 * 30 is a hair below 3
    order = np.argsort(-(exact - counts), kind="stable")
    counts[order[: p - counts.sum()]] += 1
    return counts


def _atoms(text: str, p: int) -> Array:
    try:
        pairs = [tuple(map(float, pair.split("@"))) for pair in text.removeprefix("atoms:").split(",")]
        values, weights = map(np.array, zip(*pairs, strict=True))
    except ValueError:
        _no("spectrum", text, "atoms are written value@weight, separated by commas: atoms:4@0.5,0.25@0.5")
    if not (np.all(np.isfinite(values)) and np.all(values >= 0) and np.all(weights > 0)):
        _no("spectrum", text, "atoms need finite values >= 0 and weights > 0")
    if not abs(weights.sum() - 1) < 1e-9:  # 1e-9: weights typed with ten digits
        _no("spectrum", text, f"the weights must sum to 1; they sum to {weights.sum():.12g}")
    return np.repeat(values, multiplicities(weights, p))


def _precision(rho: float, p: int) -> tuple[Array, Array]:
    """Diagonal and off-diagonal of the tridiagonal inverse of (rho^|i-j|)."""
    diagonal = np.full(p, 1 + rho * rho)
    diagonal[[0, -1]] = 1.0 if p > 1 else 1 - rho * rho
    return diagonal / (1 - rho * rho), np.full(p - 1, -rho / (1 - rho * rho))


@lru_cache(maxsize=64)
def _eigenvalues(spectrum: str, p: int) -> Array:
    if spectrum.startswith("atoms:"):
        values = _atoms(spectrum, p)
    else:
        match _split("spectrum", spectrum, SPECTRA):
            case "isotropic", []:
                values = np.ones(p)
            case "ar1", [rho] if -1 < rho < 1:
                values = 1 / eigvalsh_tridiagonal(*_precision(rho, p)) if p > 1 else np.ones(1)
            case "equicorrelated", [rho] if 0 <= rho < 1:
                values = np.full(p, 1 - rho)
                values[0] += rho * p
            case "power", [a] if a >= 0 and math.isfinite(a):
                values = ((np.arange(p) + 0.5) / p) ** a
            case "latent", [mu, psi] if mu >= 0 and math.isfinite(mu) and 0 < psi <= 1:
                d = max(1, round(psi * p))
                values = np.ones(p)
                values[:d] += mu * p / d
            case _:
                _no(
                    "spectrum",
                    spectrum,
                    f"it must be {SPECTRA}; -1 < RHO < 1 (equicorrelated: 0 <= RHO < 1), A, MU >= 0, 0 < PSI <= 1",
                )
    values = np.sort(values)[::-1].copy()
    values.flags.writeable = False
    return values


def parse(spectrum: str | ArrayLike, p: int) -> Array:
    """The p eigenvalues of the population covariance, decreasing; a read-only array of shape (p,).

    Multiplicities of atoms are the nearest integers that sum to p; ar1:RHO has the eigenvalues of the p x p Toeplitz matrix;
    latent:MU,PSI has d = round(PSI p) eigenvalues 1 + MU p/d; power:A has ((i - 1/2)/p)^A.
    Raises ValueError on what it cannot read.
    Accuracy of ar1, against 40 digits at p = 10, 40: relative 3e-14 for |RHO| <= 0.9, 9e-13 at 0.99; the others 1e-15.

    >>> parse("atoms:1@0.75,4@0.25", 4)
    array([4., 1., 1., 1.])
    """
    if isinstance(spectrum, str):
        return _eigenvalues(spectrum, int(p))
    try:
        values = np.sort(np.asarray(spectrum, dtype=np.float64).ravel())[::-1].copy()
    except (TypeError, ValueError):
        _no("spectrum", spectrum, f"an array of eigenvalues, or one of {SPECTRA}")
    if values.shape != (p,) or not (np.all(np.isfinite(values)) and np.all(values >= 0)):
        _no("spectrum", spectrum, f"an array of eigenvalues must hold p = {p} finite numbers >= 0; or give {SPECTRA}")
    values.flags.writeable = False
    return values


def degrees(entries: str) -> float:
    """How many moments an entry of x has: all below the number returned (inf for gaussian and rademacher)."""
    match _split("entries", entries, ENTRIES):
        case "gaussian" | "rademacher", []:
            return math.inf
        case "student" | "elliptical", [nu] if nu > 2 and math.isfinite(nu):
            return nu
        case _:
            _no("entries", entries, f"it must be {ENTRIES}, with NU > 2 so that the variance exists")


def _fill(entries: str, out: Array, rng: np.random.Generator) -> None:
    """Independent entries of mean 0 and variance 1, in place."""
    kind, nu = entries.partition(":")[0], degrees(entries)
    if kind == "rademacher":
        bits = np.unpackbits(np.frombuffer(rng.bytes(-(-out.size // 8)), dtype=np.uint8), count=out.size)
        np.subtract(2.0 * bits.reshape(out.shape), 1.0, out=out)
    elif kind == "student":
        out[...] = rng.standard_t(nu, size=out.shape)
        out *= math.sqrt((nu - 2) / nu)
    else:
        rng.standard_normal(out=out)
        if kind == "elliptical":
            out *= np.sqrt((nu - 2) / rng.chisquare(nu, size=len(out)))[:, None]


def _autoregressive(rho: float, entries: str, p: int) -> Callable[[Array, np.random.Generator], None]:
    # increasing eigenvalues of the inverse are decreasing eigenvalues of the covariance
    turn = eigh_tridiagonal(*_precision(rho, p))[1] if p > 1 else np.ones((1, 1))

    def fill(out: Array, rng: np.random.Generator) -> None:
        _fill(entries, out, rng)
        out[:, 1:] *= math.sqrt(1 - rho * rho)
        for j in range(1, p):
            out[:, j] += rho * out[:, j - 1]
        out[...] = out @ turn

    return fill


def _equicorrelated(rho: float, entries: str, p: int) -> Callable[[Array, np.random.Generator], None]:
    # Householder's reflection that takes 1/sqrt(p) to e_1
    v = np.full(p, 1 / math.sqrt(p))
    v[0] -= 1
    norm2 = float(v @ v)

    def fill(out: Array, rng: np.random.Generator) -> None:
        _fill(entries, out, rng)
        factor = np.empty((len(out), 1))
        _fill(entries, factor, rng)
        out *= math.sqrt(1 - rho)
        out += math.sqrt(rho) * factor
        if norm2 > 0:
            out -= np.outer(out @ v, v * (2 / norm2))

    return fill


def rows(spectrum: str | ArrayLike, entries: str, p: int) -> Callable[[Array, np.random.Generator], None]:
    """A function `fill(out, rng)` that overwrites `out` (m, p) with independent rows of the design, in the eigenbasis of `parse`.

    Raises ValueError on a spectrum or an entry law that it cannot read. Each call of `fill` draws afresh.

    >>> x = np.empty((5, 3)); rows("ar1:0.5", "rademacher", 3)(x, np.random.default_rng(0)); x.shape
    (5, 3)
    """
    scale = np.sqrt(parse(spectrum, p))
    degrees(entries)  # refuses what it cannot read
    if isinstance(spectrum, str) and entries.partition(":")[0] in ("rademacher", "student"):
        kind, numbers = spectrum.partition(":")[0], spectrum.partition(":")[2]
        if kind == "ar1":
            return _autoregressive(float(numbers), entries, p)
        if kind == "equicorrelated":
            return _equicorrelated(float(numbers), entries, p)
    flat = bool(np.all(scale == 1))

    def fill(out: Array, rng: np.random.Generator) -> None:
        _fill(entries, out, rng)
        if not flat:
            out *= scale

    return fill


def support(signal: str, p: int) -> slice:
    """Which eigen-directions, in the order of `parse`, the signal lives in: round(Q p) of them, at least one."""
    match _split("signal", signal, SIGNALS):
        case "isotropic", []:
            return slice(0, p)
        case "top", [q] if 0 < q <= 1:
            return slice(0, max(1, round(q * p)))
        case "bottom", [q] if 0 < q <= 1:
            return slice(p - max(1, round(q * p)), p)
        case _:
            _no("signal", signal, f"it must be {SIGNALS}, with 0 < Q <= 1")


def energies(signal: str, r2: float, p: int) -> Array:
    """E beta_j^2 (p,), ordered as `parse`, of a signal of squared norm r2, uniform on the sphere of the directions that `signal` names.

    >>> energies("top:0.5", 5.0, 4)
    array([2.5, 2.5, 0. , 0. ])
    """
    part = support(signal, p)
    v = np.zeros(p)
    v[part] = r2 / (part.stop - part.start)
    return v


__all__: Sequence[str] = ["degrees", "energies", "multiplicities", "parse", "rows", "support"]
