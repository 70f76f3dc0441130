r"""Eigenlearning: what kernel ridge regression learns of each eigenfunction of its kernel, and at what price.

Model: a kernel with eigenvalues s_i, a target of power v_i^2 on eigenfunction i (of unit variance), noise sigma2, n samples, ridge
delta. With kappa from (K) of `equivalents`, the learnability of an eigenfunction of eigenvalue s and the overfitting coefficient are

    L = s/(s + kappa),       sum_i L_i = n - delta/kappa <= n,       E0 = n/(n - sum_i L_i^2),                  (1)

    test = E0 (sum_i (1 - L_i)^2 v_i^2 + sigma2),                                                               (2)

the coefficient that is learned has the mean L v and the variance L^2 test/n. So (2) splits over eigenfunctions in two ways: what
mode i adds to the test error, E0 (1 - L)^2 v^2 (to which the noise adds E0 sigma2), and where the error sits,
(1 - L)^2 v^2 + L^2 test/n (which add up to excess = test - sigma2). (1) is a conservation law: to learn one function better is to
learn others worse. The sums are those of `ridge.ridge`: its df1 is sum L, its test is (2).

Source: simon2023eigenlearning, sections 3 and 4; canatar2021spectral, Eqs (4) to (6) (numbering from memory).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from asymptotics.conventions import refuse, theory, within
from asymptotics.equivalents import effective_ridge
from asymptotics.ridge import ridge
from asymptotics.spectra.laws import Law, vector
from asymptotics.spectra.signals import Spectrum

Value = NDArray[np.float64] | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Modes:
    """What becomes of an eigenfunction; every field has the broadcast shape of the arguments.

    `learnability` = L; `error` = E0 (1 - L)^2 v^2, what it adds to the test error; `bias` = (1 - L)^2 v^2 and `variance` = L^2 test/n,
    the error of its coefficient; `overfitting` = E0.
    """

    learnability: Value
    error: Value
    bias: Value
    variance: Value
    overfitting: Value


@theory
def modes(
    spectrum: Spectrum, *, eigenvalue: Any, power: Any = 1.0, n: Any, delta: Any, r2: Any = 1.0, sigma2: Any = 1.0
) -> Modes:
    """Eqs (1) and (2) for eigenfunctions of these eigenvalues, >= 0, and target powers v^2 = `power`. Arguments broadcast.

    The spectrum holds the whole kernel and target (its H and G, dimension-free; `r2` multiplies G): they set kappa and the test error.
    delta >= 0, 0 for the ridgeless limit; E0 is inf at the interpolation threshold, where a mode of no bias adds nothing.
    Raises as `ridge.ridge` does.

    Accuracy: every field within 4e-15 of 60-digit mpmath, relative (up to 4 eigenvalues of four decades with multiplicities, n = p and
    p +- 1 included, delta = 0 and in [1e-14, 1e3]).

    >>> from asymptotics import spectra
    >>> at = modes(spectra.multiplicities([1.0], [20]), eigenvalue=1.0, power=5.0, n=10, delta=0.0)
    >>> [float(v) for v in (at.learnability, at.overfitting, at.error)]  # half of 20 modes is learned; kappa = 1
    [0.5, 2.0, 2.5]
    """
    positive = (lambda v: (v >= 0) & np.isfinite(v), "nonnegative and finite")
    s, power = within("eigenvalue", eigenvalue, *positive), within("power", power, *positive)
    if np.any(delta < 0):
        refuse("delta", float(np.min(delta)), "learnabilities are defined for delta >= 0")
    test = np.asarray(ridge(spectrum, n=n, delta=delta, r2=r2, sigma2=sigma2).test)
    at = effective_ridge(spectrum.H, n=n, delta=delta)
    s, power, kappa, gap, test, n = np.broadcast_arrays(s, power, at.kappa, at.gap, test, n)
    learned = np.divide(s, s + kappa, out=np.zeros(s.shape), where=s > 0)
    lost = np.divide(kappa, s + kappa, out=np.ones(s.shape), where=s > 0) ** 2 * power
    with np.errstate(divide="ignore"):
        overfitting = n / gap
    return Modes(
        learnability=learned,
        error=np.multiply(overfitting, lost, out=np.zeros(s.shape), where=lost > 0),
        bias=lost,
        variance=np.multiply(learned**2, test, out=np.zeros(s.shape), where=learned > 0) / n,
        overfitting=overfitting,
    )


def target(values: ArrayLike, counts: ArrayLike, powers: ArrayLike) -> Spectrum:
    """The kernel of eigenvalues `values` (m,) >= 0, each `counts` (m,) times, and a target of total power `powers` (m,) on each.

    Dimension-free, for r2 = 1. Power at the eigenvalue 0 is not seen by the kernel: it stays in the bias, and acts as noise.

    >>> spectrum = target([1.0, 0.0], [20, 5], [5.0, 2.0])
    >>> float(ridge(spectrum, n=10, delta=0, r2=1, sigma2=0).test)  # E0 (5/4 + 2)
    6.5
    """
    values, counts, powers = vector("values", values), vector("counts", counts), vector("powers", powers)
    if not values.shape == counts.shape == powers.shape:
        refuse("powers", powers.shape, f"one count and one power an eigenvalue: {values.size} of them")
    for name, array in (("values", values), ("counts", counts), ("powers", powers)):
        if np.any(array < 0):
            refuse(name, float(array.min()), "eigenvalues, multiplicities and powers are nonnegative")
    live = (values > 0) & (counts > 0)
    if not np.any(live):
        refuse("values", float(values.max()), "at least one eigenvalue must be positive")
    mass = float(counts.sum())
    return attach(Law(values[live], counts[live], zero=float(counts[values == 0].sum()), mass=mass), values, powers)


def attach(H: Law, values: ArrayLike, powers: ArrayLike) -> Spectrum:
    """The spectrum of H and a target of total power `powers` at the eigenvalues `values`, as in `target`."""
    values, powers = vector("values", values), vector("powers", powers)
    if np.any(powers < 0) or not np.any(powers[values > 0] > 0):
        refuse("powers", powers.tolist(), "powers are nonnegative, and some must sit where the eigenvalue is positive")
    seen = (values > 0) & (powers > 0)
    unseen = float(powers[values == 0].sum())
    endless: dict[str, Any] = {"tail": unseen, "mass": np.inf} if unseen else {}
    return Spectrum(H, Law(values[seen], powers[seen] / values[seen], **endless))
