r"""Ridge and ridgeless least squares where the labels depend on d latent variables that the p features show with noise.

Model: x = W z + u in R^p, z ~ N(0, I_d), u ~ N(0, I_p), W'W = (p mu/d) I_d, y = theta'z + xi, |theta|^2 = r2, Var xi = sigma2.
As u is isotropic and Gaussian, x may be turned so that W = c [I_d; 0], c^2 = p mu/d, which changes no risk; then z and u are
drawn as they stand. The labels are simulated from z: nothing is replaced by the linear model in x that has their law.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from simulate import _conditional
from simulate.conventions import features, refuse, simulator
from simulate.draws import Draws
from simulate.ridge import moments as _moments


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
    """Draws of the risks given X and the latent Z; all fields of Draws, (draws, *lam.shape).

    p = round(gamma n), d = round(psi p) >= 1, 0 < psi <= 1; mu >= 0. `excess` is relative to the best predictor from x, which is
    x'beta with beta = W theta/(1 + c^2); `test` adds the variance of y given x, sigma2 + r2/(1 + c^2). `variance` has the part
    of the fit that comes from xi and from z given x; its cross term with the bias, of mean zero, is in `excess` alone.
    Raises ValueError on bad arguments and as `simulate.ridge.ridge` does.

    >>> ridge(n=20, gamma=3.0, psi=0.1, lam=[0.0, 0.1], draws=4, rng=np.random.default_rng(0)).test.shape
    (4, 2)
    """
    p = features(n, gamma)
    if not 0 < psi <= 1:
        refuse("psi", psi, "it must lie in (0, 1]: latent dimensions per feature, d/p")
    if not 0 <= mu < math.inf:
        refuse("mu", mu, "it must be nonnegative and finite: W'W = (p mu/d) I")
    d = max(1, round(psi * p))
    c2 = p * mu / d
    s = np.ones(p)
    s[:d] += c2
    delta = n * np.ravel(np.asarray(lam, dtype=np.float64))
    m = n + _conditional.extra_rows(n, s)

    def one() -> dict[str, np.ndarray]:
        z = rng.standard_normal((m, d))
        x = rng.standard_normal((m, p))
        x[:, :d] += math.sqrt(c2) * z
        theta = rng.standard_normal(d)
        theta *= math.sqrt(r2) / np.linalg.norm(theta)
        beta = np.zeros(p)
        beta[:d] = math.sqrt(c2) / (1 + c2) * theta
        hidden = z @ theta - x @ beta
        risks = _conditional.diagonal(x, beta, delta, n=n, sigma2=sigma2, s=s, hidden=hidden)
        return risks | {"test": risks["test"] + r2 / (1 + c2)}

    return _conditional.collect(draws, lam, one)
