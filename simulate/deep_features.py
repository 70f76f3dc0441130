r"""Ridge regression on two layers of random features with their activations as they stand, on Gaussian inputs.

    h_1 = phi_1(V'x/sqrt d),     h_2 = phi_2(W'h_1/sqrt l),     a = (H'H + n lam)^-1 H'y,   H the rows h_2 of n samples,

V (d x l) and W (l x k) of independent N(0, 1) entries, x ~ N(0, I_d), y = <x, b> + noise. With A = (H'H + n lam)^-1 H', averaged over b of
squared norm r2 and no direction, and over the noise, the risk at a point x_0 is (r2/d)|x_0 - (A X)'h_2(x_0)|^2 + sigma2 |A'h_2(x_0)|^2.
No kernel of two layers is known in closed form: each draw is a mean over 2 n new points.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erf

from simulate.conventions import features, refuse, simulator
from simulate.decomposition import operator
from simulate.draws import Draws

Array = NDArray[np.float64]

ODD: dict[str, Callable[[Array], Array]] = {"identity": lambda t: t, "tanh": np.tanh, "erf": erf, "sign": np.sign}


def _odd(name: str, activation: str) -> Callable[[Array], Array]:
    if activation not in ODD:
        refuse(name, activation, f"one of {', '.join(ODD)}: an activation that is not odd gives the next layer biases of its own")
    return ODD[activation]


@simulator(moments=lambda **_: math.inf, cost=3.0)
def ridge(
    *,
    n: int,
    gamma: float,
    inputs: float,
    hidden: float,
    first: str,
    second: str,
    lam: ArrayLike,
    r2: float = 1.0,
    sigma2: float = 1.0,
    draws: int,
    rng: np.random.Generator,
) -> Draws:
    """Bias, variance and excess risk of k = round(gamma n) features upon l = round(hidden n) of d = round(inputs n) inputs; lam > 0.

    `first`, `second`: phi_1 and phi_2, one of `ODD`. The mean over new points has a relative standard error below 1/sqrt(n) a draw.

    >>> rng = np.random.default_rng(0)
    >>> ridge(n=10, gamma=2, inputs=1, hidden=1, first="tanh", second="sign", lam=0.1, draws=3, rng=rng).bias.shape
    (3,)
    """
    if np.ndim(lam) > 0 or not 0 < float(np.asarray(lam)) < math.inf:
        refuse("lam", lam, "one penalty at a time, positive")
    k, l, d = (features(n, ratio) for ratio in (gamma, hidden, inputs))
    phi1, phi2, delta = _odd("first", first), _odd("second", second), n * float(np.asarray(lam))
    found = np.empty((draws, 2))
    for row in found:
        V, W = rng.standard_normal((d, l)) / math.sqrt(d), rng.standard_normal((l, k)) / math.sqrt(l)
        x = rng.standard_normal((3 * n, d))
        H = phi2(phi1(x @ V) @ W)
        shown = H[n:] @ operator(H[:n], delta)
        row[0] = r2 / d * np.sum((x[n:] - shown @ x[:n]) ** 2) / (2 * n)
        row[1] = sigma2 * np.sum(shown**2) / (2 * n)
    bias, variance = found.T
    return Draws(bias=bias, variance=variance, excess=bias + variance, test=bias + variance + sigma2)
