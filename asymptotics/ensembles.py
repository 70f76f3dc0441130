r"""Averages of K random-feature regressions on the same data, each with features of its own, for any spectrum and signal.

f = (f_1 + ... + f_K)/K, f_j the fit of `random_features` with k features of its own and penalty delta. Of the six terms of
`decomposition`, those of the samples stay and those of the features are divided by K:

    excess_K = bias2 + V_X + V_Xe + (V_W + V_XW + V_XWe)/K,                                                       (1)
    train_K = (1 - df1/n)^2 test_K,       GCV_K = test_K,                                                         (2)

(2) because, given the data, delta (K_j + delta)^-1 has the mean delta' (X X' + delta')^-1, whose own training error is (1) at K = inf
times the same factor. An infinite ensemble is ridge regression on the inputs themselves (a kernel's on its eigenfunctions) at

    delta' = kappa (n - df1) = delta kappa/kappa1,     of which kappa is the effective ridge.                        (3)

Source: ruben2024no, adlam2020understanding, lejeune2020implicit and jacot2020implicit ((3); all from memory); (2) derived here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from asymptotics.conventions import guard, within
from asymptotics.decomposition import split
from asymptotics.risk import Risk, Value
from asymptotics.spectra.signals import Spectrum
from asymptotics.two_ridges import effective


@guard(infinite=("n",))
def ridge(
    spectrum: Spectrum,
    *,
    members: Any,
    gamma: Any = None,
    psi: Any = None,
    lam: Any = None,
    n: Any = None,
    k: Any = None,
    delta: Any = None,
    r2: Any = 1.0,
    sigma2: Any = 1.0,
) -> Risk:
    """All risks of an ensemble, (1) and (2): `members` = K >= 1 or inf; either (gamma, psi, lam) or (n, k, delta) of each member.

    Arguments broadcast. `bias` and `variance` are the excess without noise and the noise's part. At n = k without penalty it is inf,
    except for K = inf. Raises ValueError on bad input, and as `random_features.effective` does.

    >>> from asymptotics import spectra
    >>> some = ridge(spectra.isotropic(), members=[1, 2, np.inf], gamma=2, psi=1, lam=0, sigma2=0.5)
    >>> [round(float(v), 12) for v in some.excess]
    [2.0, 1.5, 1.0]
    """
    members = within("members", members, lambda v: v >= 1, "at least 1, or inf: the number of fits that are averaged")
    sizes = {"gamma": gamma, "psi": psi, "lam": lam, "n": n, "k": k, "delta": delta}
    at, terms = effective(spectrum.H, **sizes), split(spectrum, **sizes, r2=r2, sigma2=sigma2)
    each = 1 / members
    bias = terms.bias2 + terms.v_x + _times(terms.v_w + terms.v_xw, each)
    variance = terms.v_xe + _times(terms.v_xwe, each)
    bias, variance, sigma2, n_left, n, kappa, df1, df2 = np.broadcast_arrays(
        bias, variance, sigma2, at.n_left, 1.0 if n is None else n, at.kappa, at.df1, at.df2
    )
    test = (excess := bias + variance) + sigma2
    left = np.divide(n_left, n, out=np.ones(n.shape), where=np.isfinite(n))
    train = _times(left * left, test)
    same = {"test": test, "gcv": test.copy(), "loo": test.copy()}
    shown = {"kappa": kappa.copy(), "df1": df1.copy(), "df2": df2.copy()}
    return Risk(bias=bias, variance=variance, excess=excess, train=train, **same, **shown)


@guard()
def implicit_penalty(
    spectrum: Spectrum, *, gamma: Any = None, psi: Any = None, lam: Any = None, n: Any = None, k: Any = None, delta: Any = None
) -> Value:
    """The penalty (3) at which ridge regression on the inputs is the infinite ensemble: delta' for `n`; for `gamma`, that per sample.

    It is at least the penalty given, and positive without any where k < n and k is less than the mass of the spectrum. For `gamma`
    the ridge regression has gamma psi inputs per sample. Arguments broadcast; raises as `random_features.effective` does.

    >>> from asymptotics import spectra
    >>> round(float(implicit_penalty(spectra.isotropic(), gamma=0.5, psi=2, lam=0)), 12)  # kappa = 1, half of the samples explained
    0.5
    """
    at = effective(spectrum.H, gamma=gamma, psi=psi, lam=lam, n=n, k=k, delta=delta)
    return np.asarray(at.kappa) * at.n_left


def _times(x: Any, y: Any) -> Any:
    x, y = np.broadcast_arrays(x, y)
    return np.multiply(x, y, out=np.zeros(x.shape), where=(x != 0) & (y != 0))  # 0 inf = 0
