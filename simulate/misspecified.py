r"""Ridge and ridgeless least squares that see only part of the features of the truth.

Model: y = x'beta + w'theta + noise with x ~ N(0, I_p) seen and w ~ N(0, I_q) not; |beta|^2 = explained r2 and
|theta|^2 = M = (1 - explained) r2. As w is Gaussian, its q coordinates enter only by the one along theta: w'theta = sqrt(M) g
with g ~ N(0, 1), whatever q. That one coordinate is drawn, which has the law of drawing all; nothing else is integrated
out but the noise.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from simulate import _conditional, designs
from simulate.conventions import features, refuse, simulator
from simulate.draws import Draws
from simulate.ridge import moments as _moments


def moments(*, n: int, gamma: float, lam: ArrayLike = 0.0, of: str | None = None, **_: object) -> float:
    """As for `simulate.ridge.ridge` with Gaussian rows: the unseen part is noise, even where sigma2 = 0."""
    return _moments(n=n, gamma=gamma, lam=lam, of=of)


@simulator(moments=moments)
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
    """Draws of the risks given X and the unseen part w'theta of the labels; all fields of Draws, (draws, *lam.shape).

    Exactly one of explained, in [0, 1], and decay >= 0, with 1 - explained = (1 + p/n)^-decay. `excess` is measured from
    x'beta + w'theta, so that it counts the unseen signal as loss; `bias` = M + |beta - E fit|^2 counts it too, `variance` has
    the part of the fit that comes from noise and from w; their cross term, of mean zero, is in `excess` alone.
    Raises ValueError on bad arguments and as `simulate.ridge.ridge` does.

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
    delta = n * np.ravel(np.asarray(lam, dtype=np.float64))
    s = np.ones(p)
    m = n + _conditional.extra_rows(n, s)

    def one() -> dict[str, np.ndarray]:
        X = rng.standard_normal((m, p))
        hidden = math.sqrt(missing) * rng.standard_normal(m)
        beta = designs.draw_signal("isotropic", r2 - missing, p, rng)
        risks = _conditional.diagonal(X, beta, delta, n=n, sigma2=sigma2, s=s, hidden=hidden)
        return risks | {name: risks[name] + missing for name in ("bias", "excess", "test")}

    return _conditional.collect(draws, lam, one)
