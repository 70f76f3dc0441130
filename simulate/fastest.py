"""Ridge on designs of any covariance by the fastest sampler that has the same law: nobody need choose.

Isotropic Gaussian rows go to `simulate.isotropic` (O(n) a draw), Gaussian rows of any covariance with p <= n to `simulate.bartlett`
(no n x p design), all else to the dense `simulate.ridge`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from simulate import bartlett, isotropic
from simulate import ridge as dense
from simulate.conventions import features, simulator
from simulate.draws import Draws


@simulator(moments=dense.moments)
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
    """Draws of the risks of ridge regression: the arguments, fields and shapes of `simulate.ridge.ridge`, but for `loo`.

    loo needs the rows of the design, which the fast samplers do not draw: it is always None here. Raises ValueError as the
    sampler does that is chosen.

    >>> import numpy as np
    >>> ridge(n=10_000, gamma=2.0, lam=0.1, draws=2, rng=np.random.default_rng(0)).excess.shape
    (2,)
    """
    given: dict[str, Any] = {"n": n, "gamma": gamma, "lam": lam, "r2": r2, "sigma2": sigma2, "draws": draws, "rng": rng}
    plain = entries == "gaussian" and bool(np.all(np.asarray(lam) >= 0))
    if plain and isinstance(spectrum, str) and (spectrum, signal) == ("isotropic", "isotropic"):
        return isotropic.ridge(**given)
    if plain and features(n, gamma) <= n:
        return bartlett.ridge(spectrum=spectrum, signal=signal, **given)
    found = dense.ridge(spectrum=spectrum, signal=signal, entries=entries, **given)
    return Draws(**{k: v for k, v in found.to_dict().items() if k != "loo"})
