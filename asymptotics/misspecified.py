r"""Ridge and ridgeless least squares that see only part of the features, in closed form, when p, n -> infinity, p/n -> gamma.

Model: y = <x, beta> + <w, theta> + noise with independent isotropic x, w; only x is seen. With |beta|^2 + |theta|^2 = r2 and
|beta|^2 = explained r2 (the paper calls the fraction kappa), the unseen part acts as further noise of variance

    M = r2 (1 - explained),            1 - explained = (1 + gamma)^-decay in the paper's polynomial example,         (M)

so every risk is the isotropic one at r2 explained and sigma2 + M. `excess` counts the unseen signal as loss: it is measured from
<x, beta> + <w, theta>, and its part M is counted in `bias`. `norm2` and `estimation` refer to the seen beta.

Source: hastie2022surprises, Section 5, Theorems 4 and 5 (numbering from memory).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from asymptotics import isotropic
from asymptotics._twofold import two_sum
from asymptotics.conventions import check, refuse, theory, within
from asymptotics.risk import Risk


def _parts(gamma: Any, explained: Any, decay: Any, r2: Any, sigma2: Any) -> tuple[Any, Any, Any]:
    """Seen signal, unseen signal M, and all noise, from exactly one of `explained` and `decay`."""
    if (explained is None) == (decay is None):
        refuse("explained", explained, "pass exactly one of explained= (the fraction |beta|^2/r2) and decay= (the exponent a)")
    if decay is None:
        meaning = "in [0, 1]: the fraction of the signal's energy in the features that are seen"
        seen = within("explained", explained, lambda v: (v >= 0) & (v <= 1), meaning)
        unseen = 1 - seen
    else:
        meaning = "nonnegative and finite: 1 - explained = (1 + gamma)^-decay"
        a = within("decay", decay, lambda v: (v >= 0) & np.isfinite(v), meaning)
        seen = -np.expm1(-a * np.log1p(gamma))
        base, rest = two_sum(1.0, np.asarray(gamma))
        unseen = base**-a * (1 - a * (rest / base))
    missing = r2 * unseen
    return r2 * seen, missing, sigma2 + missing


@theory
def ridge(*, gamma: Any, lam: Any, explained: Any = None, decay: Any = None, r2: Any = 1.0, sigma2: Any = 1.0) -> Risk:
    """All risks of ridge regression on the seen features, at a given penalty.

    Broadcasts over gamma > 0, lam (see `isotropic.ridge`), explained in [0, 1] or decay >= 0 (exactly one of them), r2 and
    sigma2 >= 0; else ValueError. Accuracy: 3.9 eps in every field (60-digit mpmath, 20000 corner-biased points, gamma in
    [1e-3, 1e3], lam in [1e-12, 1e4], |gamma - 1| down to 1e-14 and 0 too, decay in [1e-3, 10]).

    >>> ridge(gamma=2.0, lam=0.0, explained=0.6, r2=5.0).excess
    np.float64(6.5)
    """
    signal, missing, noise = _parts(check("gamma", gamma), explained, decay, r2, sigma2)
    risk = isotropic.ridge(gamma=gamma, lam=lam, r2=signal, sigma2=noise)
    return replace(risk, bias=risk.bias + missing, excess=risk.excess + missing)


@theory
def ridgeless(*, gamma: Any, explained: Any = None, decay: Any = None, r2: Any = 1.0, sigma2: Any = 1.0) -> Risk:
    """Least squares of least norm on the seen features.

    excess = M + (M + sigma2) gamma/(1 - gamma) below gamma = 1, M + r2 explained (1 - 1/gamma) + (M + sigma2)/(gamma - 1) above.
    Arguments and errors as `ridge`. Accuracy: as `ridge`.

    >>> ridgeless(gamma=0.5, explained=0.6, r2=5.0).excess
    np.float64(5.0)
    """
    return ridge(gamma=gamma, lam=0.0, explained=explained, decay=decay, r2=r2, sigma2=sigma2)


@theory
def optimal_penalty(*, gamma: Any, explained: Any = None, decay: Any = None, r2: Any = 1.0, sigma2: Any = 1.0) -> Any:
    """lam* = (sigma2 + M) gamma/(r2 explained); inf where nothing is seen. Arguments and errors as `ridge`.

    >>> optimal_penalty(gamma=2.0, explained=0.5, r2=2.0)
    np.float64(4.0)
    """
    signal, _, noise = _parts(check("gamma", gamma), explained, decay, r2, sigma2)
    return isotropic.optimal_penalty(gamma=gamma, r2=signal, sigma2=noise)


@theory
def optimal(*, gamma: Any, explained: Any = None, decay: Any = None, r2: Any = 1.0, sigma2: Any = 1.0) -> Risk:
    """All risks at the optimal penalty. Arguments and errors as `ridge`. Accuracy: as `ridge`.

    >>> optimal(gamma=1.0, explained=0.0, r2=2.0).excess
    np.float64(2.0)
    """
    signal, missing, noise = _parts(check("gamma", gamma), explained, decay, r2, sigma2)
    risk = isotropic.optimal(gamma=gamma, r2=signal, sigma2=noise)
    return replace(risk, bias=risk.bias + missing, excess=risk.excess + missing)
