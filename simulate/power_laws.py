r"""Kernel ridge regression on a power law without end: Gaussian eigenfunctions, risks given the samples.

Model: y = sum_i v_i phi_i + noise, phi_i independent standard normals, kernel eigenvalues s_i = i^-alpha, E v_i^2 = i^-beta with signs of
no preference, i = 1, 2, ...; the fit is that of the kernel sum_i s_i phi_i phi_i' with ridge delta. The first p = `wide` n eigenfunctions
are drawn; the others enter every matrix over the samples by its mean, a multiple of I. Their scatter is left out: as a part of the variance
about (n/p)^(2 alpha - 1) C^(-2 alpha), C = (pi/alpha)/sin(pi/alpha), 4e-4 at alpha = 1.2, 3e-4 at 1.5, 4e-5 at 2, for p = 16 n.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import eigh
from scipy.special import zeta

from simulate import _conditional
from simulate.conventions import refuse, simulator
from simulate.draws import Draws
from simulate.kernel_ridge import risks


@simulator(moments=lambda **_: np.inf, cost=3.0)
def ridge(
    *,
    n: int,
    alpha: float,
    beta: float,
    delta: ArrayLike = 0.0,
    sigma2: float = 0.0,
    wide: int = 16,
    draws: int,
    rng: np.random.Generator,
) -> Draws:
    """Draws of the risks, each exact over noise and signs given the p = `wide` n eigenfunctions at n samples; (draws, *delta.shape).

    alpha > 1, beta > 1; delta >= 0, any shape: the least eigenvalue is above T, so that every moment exists without a penalty too.
    Fields: bias, variance, excess, test, train, gcv, loo. Raises ValueError on bad arguments.

    >>> ridge(n=20, alpha=1.5, beta=1.3, delta=[0.0, 0.1], draws=3, rng=np.random.default_rng(0)).excess.shape
    (3, 2)
    """
    if not (1 < alpha < np.inf and 1 < beta < np.inf):
        refuse("alpha", alpha, f"both exponents must be above 1; beta = {beta!r}")
    penalties = np.ravel(np.asarray(delta, dtype=np.float64))
    if not np.all((penalties >= 0) & np.isfinite(penalties)):
        refuse("delta", delta, "the un-normalised ridge is nonnegative and finite: (K + delta)^-1 y")
    if wide != int(wide) or wide < 2:
        refuse("wide", wide, "eigenfunctions drawn for each sample: an integer, at least 2")
    p = int(wide) * n
    i = np.arange(1.0, p + 1)
    s, T, Q = i**-alpha, float(zeta(alpha, p + 1)), float(zeta(beta, p + 1))
    v = i**-beta
    beyond = [Q, float(zeta(alpha + beta, p + 1)), float(zeta(2 * alpha, p + 1))]

    def one() -> dict[str, np.ndarray]:
        Z = rng.standard_normal((n, p))
        c, U = eigh((Z * s) @ Z.T, check_finite=False, driver="evd")
        C, B, A = ((Z * w) @ Z.T for w in (v, s * v, s**2))
        for M, rest in zip((C, B, A), beyond, strict=True):
            M.flat[:: n + 1] += rest
        at = risks(c + T, U, penalties, A=A, B=B, C=C, power=float(v.sum()) + Q, sigma2=sigma2)
        return {name: at[name] for name in ("bias", "variance", "excess", "test", "train", "gcv", "loo")}

    return _conditional.collect(draws, delta, one)
