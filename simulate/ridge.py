r"""Ridge and ridgeless least squares on dense designs of any spectrum: risks given the design, noise and signal integrated out.

Model: y = X beta + noise, rows of X from `simulate.designs`, p = round(gamma n); the fit is (X'X + n lam I)^-1 X'y, at
lam = 0 its limit, the least-squares fit of least norm. beta is uniform on the sphere of squared norm r2 in the eigen-directions
that `signal` names; each draw is the expectation over it and over the noise. A grid of penalties costs one factorisation of
the smaller Gram matrix; `simulate._conditional` says how. For isotropic Gaussian designs `simulate.isotropic` has the same law
and is far faster.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from simulate import _conditional, designs
from simulate.conventions import features, refuse, simulator
from simulate.draws import Draws


def below(bound: float) -> float:
    """How many integers k >= 1 lie below `bound`."""
    return bound if math.isinf(bound) else max(0, math.ceil(bound) - 1)


def moments(
    *,
    n: int,
    gamma: float,
    lam: ArrayLike = 0.0,
    sigma2: float = 1.0,
    entries: str = "gaussian",
    of: str | None = None,
    **_: object,
) -> float:
    """Finite moments of a draw; of the field `of` where that is given, else of the worst field.

    Ridgeless risks have those below (|p - n| + 1)/2, as the smallest singular value says: a mean where |p - n| > 1, a
    variance where |p - n| > 3. Penalised risks are bounded given the design, so all exist; `gcv` and `loo` see the rows
    themselves and have as many as |x|^2: below NU/2 for student:NU and elliptical:NU. A draw near the pole of a negative
    penalty raises, so the others are bounded. Rademacher designs are counted as Gaussian ones: they take finitely many
    values, but at lam = 0 these spread as widely, and at small n and |p - n| they can be singular, which raises.
    """
    rows = n - 1 if of in (None, "loo") and features(n, gamma) < n else n  # leave-one-out fits n - 1 rows
    gap = abs(features(n, gamma) - rows)
    ridgeless = bool(np.any(np.asarray(lam) == 0)) and sigma2 > 0 and of not in ("bias", "train", "gcv")
    exist = below((gap + 1) / 2) if ridgeless else math.inf
    return min(exist, below(designs.degrees(entries) / 2)) if of in (None, "gcv", "loo") else exist


@simulator(moments=moments)
def ridge(
    *,
    n: int,
    gamma: float,
    lam: ArrayLike = 0.0,
    r2: float = 1.0,
    sigma2: float = 1.0,
    spectrum: str | ArrayLike = "isotropic",
    signal: str = "isotropic",
    entries: str = "gaussian",
    draws: int,
    rng: np.random.Generator,
) -> Draws:
    """Draws of the risks of ridge regression, each given the design, for every penalty of `lam`.

    n: samples; gamma > 0: p = round(gamma n) features; lam: penalties of any shape, 0 for the ridgeless fit, negative ones
    while every draw stays clear of its pole; r2: squared norm of the signal; spectrum, signal, entries: see
    `simulate.designs`. Returns all fields of Draws, (draws, *lam.shape). Every field is the exact expectation over noise and
    signal given the n rows, but for `bias` and `variance` (and with them `excess`, `test`) where p > n >= 512, the signal is
    isotropic, S is not s I and entries have all moments: there they have the exact mean, and average over which of n + 1 rows
    is left out of the fit.
    Raises ValueError on bad arguments, at the pole of a negative penalty, and at lam = 0 where a design lacks full rank.
    Accuracy, against 60-digit arithmetic for n, p <= 20, p = n included, spectra over up to nine decades, n lam = 0 and 1e-12
    to 1e7: 1e-8 relative to max(1, value) in `bias`, `variance`, `train`, `norm2` and `estimation` (worst by p = n); about eps times the
    condition of the Gram matrix, in whose place the singular values of X are taken where it is above 1e4.

    >>> draws = ridge(n=50, gamma=2.0, lam=[0.0, 0.1], spectrum="ar1:0.5", draws=3, rng=np.random.default_rng(0))
    >>> draws.excess.shape, bool(np.all(draws.train[:, 0] < 1e-20))
    ((3, 2), True)
    """
    p = features(n, gamma)
    values = designs.parse(spectrum, p)
    fill = designs.rows(spectrum, entries, p)
    v = designs.energies(signal, r2, p)
    active = int(np.count_nonzero(values))  # directions of variance zero: nothing is seen of the signal there
    if active == 0:
        refuse("spectrum", spectrum, "at least one eigenvalue must be positive")
    s = values[:active]
    delta = n * np.ravel(np.asarray(lam, dtype=np.float64))
    seen, lost = v[:active], float(v[active:].sum())
    rows = np.empty((n + _conditional.extra_rows(n, s, seen, delta, designs.degrees(entries)), p))

    def one() -> dict[str, np.ndarray]:
        fill(rows, rng)
        X = rows if active == p else np.ascontiguousarray(rows[:, :active])
        risks = _conditional.diagonal(X, delta, n=n, v=seen, s=s, sigma2=sigma2)
        return risks | {"estimation": risks["estimation"] + lost}

    return _conditional.collect(draws, lam, one)
