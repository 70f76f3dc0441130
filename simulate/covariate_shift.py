r"""Ridge and ridgeless least squares tested where the features have another covariance than where it was trained.

Model: training rows from `simulate.designs` with covariance S, y = x'beta + noise; test points have the covariance S', which
shares the eigenbasis of S and is plain data: its eigenvalues s' in the order of S's decreasing ones,

    shifted    power:P (s' = s^P) | identity | an array of p values >= 0.

The left-out rows of `simulate.ridge` have the covariance of training, so here S' enters exactly, by one more product.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from simulate import _conditional, designs
from simulate.conventions import features, refuse, simulator
from simulate.draws import Draws
from simulate.ridge import moments


def eigenvalues(shifted: str | ArrayLike, s: np.ndarray) -> np.ndarray:
    """The values s' (p,) of the test covariance on the eigenvectors of S, whose eigenvalues are s.

    >>> eigenvalues("power:2", np.array([3.0, 1.0]))
    array([9., 1.])
    """
    if isinstance(shifted, str):
        kind, _, number = shifted.partition(":")
        try:
            power = 0.0 if shifted == "identity" else float(number)
        except ValueError:
            power = math.nan
        if kind not in ("power", "identity") or not math.isfinite(power) or (power < 0 and s[-1] == 0):
            refuse("shifted", shifted, "it must be power:P (s' = s^P; P >= 0 if some s = 0), identity, or an array of p values")
        return s**power
    values = np.asarray(shifted, dtype=np.float64)
    if values.shape != s.shape or not (np.all(np.isfinite(values)) and np.all(values >= 0)):
        refuse("shifted", shifted, f"an array must hold p = {len(s)} finite values >= 0, beside the decreasing eigenvalues of S")
    return values


@simulator(moments=moments)
def ridge(
    *,
    n: int,
    gamma: float,
    lam: ArrayLike,
    shifted: str | ArrayLike,
    r2: float = 1.0,
    sigma2: float = 1.0,
    spectrum: str | ArrayLike = "isotropic",
    signal: str = "isotropic",
    entries: str = "gaussian",
    draws: int,
    rng: np.random.Generator,
) -> Draws:
    """Draws of the risks at shifted test points, expectations given the design; all fields of Draws, (draws, *lam.shape).

    `bias`, `variance`, `excess` and `test` are those of the shifted points; `train`, `gcv` and `loo` are what the training data
    show; `norm2` and `estimation` do not depend on the shift. Other arguments, and what raises ValueError, as in `simulate.ridge.ridge`.

    >>> rng = np.random.default_rng(0)
    >>> draws = ridge(n=20, gamma=2.0, lam=0.1, shifted="identity", spectrum="ar1:0.5", draws=3, rng=rng)
    >>> bool(np.allclose(draws.excess, draws.estimation))
    True
    """
    p = features(n, gamma)
    s = designs.parse(spectrum, p)
    fill = designs.rows(spectrum, entries, p)
    test, v = eigenvalues(shifted, s), designs.energies(signal, r2, p)
    if s[-1] == 0:
        refuse("spectrum", spectrum, "the training covariance must be positive: nothing is learnt where it is zero")
    delta = n * np.ravel(np.asarray(lam, dtype=np.float64))
    rows = np.empty((n, p))

    def one() -> dict[str, np.ndarray]:
        fill(rows, rng)
        return _conditional.exact(rows, delta, v=v, S=test, sigma2=sigma2)

    return _conditional.collect(draws, lam, one)
