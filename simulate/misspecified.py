r"""Ridge and ridgeless least squares that see only part of the features of the truth.

Model: y = x'beta + w'theta + noise with x ~ N(0, I_p) seen and w ~ N(0, I_q) not; |beta|^2 = explained r2 and
|theta|^2 = M = (1 - explained) r2. Given the rows x, the unseen part w'theta is N(0, M), independent from row to row and of x,
whatever q: it is averaged over with the noise, as noise of variance M, and the law of the draws is that of isotropic ridge with

    r2 <- explained r2,   sigma2 <- sigma2 + M,   bias, excess <- bias + M, excess + M,   test as it stands.            (1)

The tests simulate the model as it is written, all q features drawn, and compare.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from simulate import isotropic
from simulate.conventions import features, refuse, simulator
from simulate.draws import Draws


def moments(*, n: int, gamma: float, lam: ArrayLike = 0.0, of: str | None = None, **_: object) -> float:
    """As for `simulate.isotropic.ridge`: the unseen part is noise, even where sigma2 = 0."""
    return float(isotropic.ridge.moments(n=n, gamma=gamma, lam=lam, of=of))  # type: ignore[attr-defined]


@simulator(moments=moments, cost=1.0)
def ridge(
    *,
    n: int,
    gamma: float,
    lam: ArrayLike = 0.0,
    explained: float | None = None,
    decay: float | None = None,
    r2: float = 1.0,
    sigma2: float = 1.0,
    draws: int,
    rng: np.random.Generator,
) -> Draws:
    """Draws of the risks given X, averaged over noise, signal and unseen features; (draws, *lam.shape); `loo` is None.

    Exactly one of explained, in [0, 1], and decay >= 0, with 1 - explained = (1 + p/n)^-decay; lam >= 0. `excess` is measured from
    x'beta + w'theta, so that it counts the unseen signal as loss; `bias` = M + |beta - E fit|^2 counts it too, `variance` has
    the part of the fit that comes from noise and from w. `norm2` and `estimation` refer to the seen beta.
    Raises ValueError on bad arguments. Accuracy and cost are those of `simulate.isotropic.ridge`.

    >>> bool(np.all(ridge(n=20, gamma=2.0, lam=0.1, explained=0.5, draws=3, rng=np.random.default_rng(0)).excess > 0.5))
    True
    """
    p = features(n, gamma)
    if (explained is None) == (decay is None):
        refuse("explained", explained, "pass exactly one of explained= and decay=")
    if explained is not None and not 0 <= explained <= 1:
        refuse("explained", explained, "it must lie in [0, 1]: the fraction of the signal's energy in the features that are seen")
    if decay is not None and not 0 <= decay < math.inf:
        refuse("decay", decay, "it must be nonnegative and finite: 1 - explained = (1 + p/n)^-decay")
    missing = r2 * (1 - explained if explained is not None else (1 + p / n) ** -(decay or 0.0))
    seen = isotropic.ridge(n=n, gamma=gamma, lam=lam, r2=r2 - missing, sigma2=sigma2 + missing, draws=draws, rng=rng)
    assert seen.bias is not None
    assert seen.excess is not None
    return replace(seen, bias=seen.bias + missing, excess=seen.excess + missing)  # (1)
