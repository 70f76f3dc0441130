r"""Kernel ridge regression in high dimension: with n of the order of the harmonics of degree L, that degree is being learned.

Model: a kernel k(<x, y>) = sum_l a_l t^l, x uniform on the unit sphere of R^d (or the hypercube), a target of power q_l on degree l.
As d -> infinity N_l s_l -> a_l, so that with n, N_L -> infinity, N_L/n -> gamma: degrees below L are learned, those above, of eigenvalues
that are small beside any ridge, act as ridge themselves, and their target as noise. What is left is isotropic ridge regression,

    lam = gamma (delta + tau)/a_L,   tau = sum_(l > L) a_l,   r2 = q_L,   noise  sigma2 + sum_(l > L) q_l,            (1)

    test = that of isotropic ridge,      train = (delta/(delta + tau))^2 times its train.                               (2)

Source: bordelon2020spectrum, section 4 (learning stages; numbering from memory); misiakiewicz2022spectrum (proof).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from mpmath import mp

from asymptotics import isotropic
from asymptotics._digits import digits
from asymptotics.conventions import refuse, theory, within
from asymptotics.kernels import Kernel, parse
from asymptotics.risk import Risk


@lru_cache(maxsize=128)
def coefficients(kernel: str | Kernel, degree: int) -> tuple[float, ...]:
    """a_0 ... a_degree of k(t) = sum a_l t^l, and last the sum of all others.

    Accuracy: 1e-15 of k(1), measured on closed forms for degrees up to 6.

    >>> [round(v * np.pi, 12) for v in coefficients("nngp:1", 1)]  # a1(t) = 1/pi + t/2 + ..., a1(1) = 1
    [1.0, 1.570796326795, 0.570796326795]
    """
    known, degree = parse(kernel), _degree(degree, least=0)
    with digits(30 + 15 * degree):
        a = mp.taylor(lambda t: known.angle(mp.acos(t), mp), 0, degree)
        return (*(max(float(v), 0.0) for v in a), max(float(known.angle(mp.mpf(0), mp) - mp.fsum(a)), 0.0))


@theory
def ridge(
    kernel: str | Kernel, *, gamma: Any, delta: Any, r2: Any = 1.0, above: Any = 0.0, sigma2: Any = 1.0, degree: int = 1
) -> Risk:
    """(1) and (2) in the stage at which `degree` = L is learned; gamma = N_L/n, which is d/n for L = 1.

    delta >= 0, the un-normalised ridge of (K + delta)^-1, does not grow with n. `r2` is the target's power on degree L, `above` on all
    higher ones. `df1`, `df2` are shares of degree L per sample, `kappa` is in units of its eigenvalue: its learnability is
    1/(1 + kappa). Arguments broadcast.
    Raises ValueError for a kernel whose a_L is 0, or below 1e-14 of k(1).

    >>> risk = ridge("polynomial:1,0", gamma=2.0, delta=0.0, r2=5.0, sigma2=1.0)  # k = t: isotropic features
    >>> round(float(risk.excess), 12)
    3.5
    """
    delta = within("delta", delta, lambda v: (v >= 0) & np.isfinite(v), "nonnegative: the ridge delta of (K + delta)^-1")
    degree = _degree(degree, least=1)
    *a, tau = coefficients(kernel, degree)
    if a[degree] <= 1e-14 * (sum(a) + tau):
        refuse(
            "kernel",
            kernel if isinstance(kernel, str) else kernel.family,
            f"its part of degree {degree} is 0, or below 1e-14 of k(1), which rounding hides; take a degree that it has",
        )
    above = within(
        "above", above, lambda v: (v >= 0) & np.isfinite(v), "nonnegative and finite: the target's power on higher degrees"
    )
    at = isotropic.ridge(gamma=gamma, lam=gamma * (delta + tau) / a[degree], r2=r2, sigma2=sigma2 + above)
    share = np.divide(delta, delta + tau, out=np.ones(delta.shape), where=delta + tau > 0)
    noise, whole = sigma2 + above, np.asarray(at.variance)
    variance, more = (  # of the noise, and of what the target adds to it; 0 inf = 0
        np.multiply(whole, part, out=np.zeros(whole.shape), where=np.broadcast_to(part, whole.shape) > 0)
        for part in (np.divide(v, noise, out=np.zeros(noise.shape), where=noise > 0) for v in (sigma2, above))
    )
    bias = at.bias + above + more
    excess = bias + variance
    return Risk(
        bias=bias,
        variance=variance,
        excess=excess,
        test=excess + sigma2,
        train=share**2 * at.train,
        kappa=at.kappa,
        df1=at.df1,
        df2=at.df2,
    )


def _degree(degree: int, least: int) -> int:
    if not isinstance(degree, int | float | np.integer | np.floating) or not least <= degree <= 20 or degree != int(degree):
        refuse("degree", degree, f"the degree that is being learned is an integer from {least} to 20")
    return int(degree)
