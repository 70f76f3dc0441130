r"""Ridge and ridgeless least squares where the labels depend on d latent variables that the p features show with noise.

Model: x = W z + u in R^p, z ~ N(0, I_d), u ~ N(0, I_p), W'W = (p mu/d) I_d, y = theta'z + xi, |theta|^2 = r2, Var xi = sigma2.
As u is isotropic and Gaussian, x may be turned so that W = c [I_d; 0], c^2 = p mu/d, which changes no risk. Then x has the
covariance diag(1 + c^2 (d times), 1, ..., 1), and given x

    z ~ N(c x_(1:d)/(1 + c^2), I_d/(1 + c^2)),   y ~ N(x'beta, sigma2 + r2/(1 + c^2)),   beta = c/(1 + c^2) [theta; 0],     (1)

independent from row to row. Draws are expectations over z given x too: z is averaged over with the noise, and the law of the
draws is that of `simulate.ridge.ridge` with these values. The tests simulate the model as it is written, W and z drawn, and compare.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from simulate import designs
from simulate.conventions import features, refuse, simulator
from simulate.draws import Draws
from simulate.ridge import moments as _moments
from simulate.ridge import ridge as _ridge


def moments(*, n: int, gamma: float, lam: ArrayLike = 0.0, of: str | None = None, **_: object) -> float:
    """As for `simulate.ridge.ridge` with Gaussian rows: z given x is noise, even where sigma2 = 0."""
    return _moments(n=n, gamma=gamma, lam=lam, of=of)


@simulator(moments=moments)
def ridge(
    *,
    n: int,
    gamma: float,
    psi: float,
    mu: float = 1.0,
    lam: ArrayLike = 0.0,
    r2: float = 1.0,
    sigma2: float = 1.0,
    draws: int,
    rng: np.random.Generator,
) -> Draws:
    """Draws of the risks given X, averaged over noise, signal and the latent Z; all fields of Draws, (draws, *lam.shape).

    p = round(gamma n), d = round(psi p) >= 1, 0 < psi <= 1; mu >= 0. `excess` is relative to the best predictor from x, which is
    x'beta with beta = W theta/(1 + c^2); `test` adds the variance of y given x, sigma2 + r2/(1 + c^2). `variance` is the part
    of the excess that comes from xi and from z given x.
    Raises ValueError on bad arguments and as `simulate.ridge.ridge` does.

    >>> ridge(n=20, gamma=3.0, psi=0.1, lam=[0.0, 0.1], draws=4, rng=np.random.default_rng(0)).test.shape
    (4, 2)
    """
    p = features(n, gamma)
    if not 0 < psi <= 1:
        refuse("psi", psi, "it must lie in (0, 1]: latent dimensions per feature, d/p")
    if not 0 <= mu < math.inf:
        refuse("mu", mu, "it must be nonnegative and finite: W'W = (p mu/d) I")
    c2 = mu * p / max(1, round(psi * p))
    s = designs.parse(f"latent:{float(mu)!r},{float(psi)!r}", p)
    signal, strength, noise = f"top:{float(psi)!r}", r2 * c2 / (1 + c2) ** 2, sigma2 + r2 / (1 + c2)  # (1)
    return _ridge(n=n, gamma=gamma, lam=lam, r2=strength, sigma2=noise, spectrum=s, signal=signal, draws=draws, rng=rng)
