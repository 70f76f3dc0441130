r"""Signal-to-noise ratios from which interpolation, and overparametrisation, are best for random features of points on a sphere.

Setting and letters: `spherical_features`; rho = r2/(nonlinear + sigma2), zeta = mu1/mu_star, psi = n/d. With infinitely many features the
layer's own ridge is mu_star^2, and isotropic signals want the ridge mu1^2 nonlinear + sigma2 over r2: the penalty that is
missing is positive, unless

    rho >= zeta^2,    and then no penalty is best;                                                               (1)

the paper's (w^2 - w)/((1 - psi) w + psi) is zeta^2, w the negative root of w^2 + (psi zeta^2 - zeta^2 - 1) w = psi zeta^2. Without penalty

    rho >= |w|/(2 psi - (1 - psi) |w|)                                                                           (2)

is where infinitely many features are no worse than none; and then no worse than any number of them: below n features noise is
fitted before the signal is.

Source: mei2022generalization, section 5 (numbering from memory); (1) and (2) in this form are derived here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from asymptotics.activations import Function, hermite
from asymptotics.conventions import refuse, theory, within


def _zeta2(activation: str | Function) -> float:
    phi = hermite(activation)
    if phi.mu_star2 == 0:
        refuse("activation", activation, "it is linear: its features add no ridge, and there is no threshold")
    return phi.mu1**2 / phi.mu_star2


@theory
def interpolation(*, activation: str | Function) -> Any:
    """(1): the least r2/(nonlinear + sigma2) at which the best penalty of infinitely many features is 0, for every d/n.

    Accuracy: that of `activations.hermite`.

    >>> round(float(interpolation(activation="relu")), 12)  # (1/4)/(1/4 - 1/(2 pi))
    2.751938393884
    """
    return np.float64(_zeta2(activation))


@theory
def overparametrisation(*, inputs: Any, activation: str | Function) -> Any:
    """(2): the least r2/(nonlinear + sigma2) at which no number of features beats k = inf without penalty; `inputs` = d/n > 0.

    0 for activations without linear part, which learn nothing. Arguments broadcast.

    Accuracy: 1e-15, of the ratio of variance and learned signal (700 digits, inputs in [1e-300, 1e300], zeta^2 in [1e-6, 1e6]).

    >>> round(float(overparametrisation(inputs=1.0, activation="sign")), 12)  # (sqrt(1 + 4 zeta^2) - 1)/4
    0.457449361065
    """
    inputs = within("inputs", inputs, lambda v: (v > 0) & np.isfinite(v), "positive and finite: input dimensions per sample, d/n")
    z2, size = _zeta2(activation), np.maximum(1.0, inputs)
    a, one, less = inputs / size, 1 / size, (1 - inputs) / size  # no digit is lost at d = n, and nothing overflows
    b = z2 * less - a
    root = np.sqrt(b * b + 4 * a * one * z2)
    w = np.where(b > 0, (root + b) / 2, 2 * a * one * z2 / np.where(b > 0, 1.0, root - b))  # |w| of (2) times a
    return a * w / (2 * a * one + less * w)
