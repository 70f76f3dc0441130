r"""Which randomness costs what: the risk of random features split six ways, for any spectrum and any spread of the signal.

The fit f(x; X, W, e) of `random_features` depends on three independent things: the samples X, the features W, the noise e of the
labels. Its error splits into a squared bias and the variances of an ANOVA, V_XW being what X and W add only together:

    excess = bias2 + V_X + V_W + V_XW + V_Xe + V_XWe        (V_e = V_We = 0: the fit is odd in each sample's noise).      (1)

Averaged over features (an ensemble of infinitely many), over samples (bagging without end), or both, each term goes or stays. With
kappa, df1, df2, rho and D of `random_features`, B2 = r2 int (1 - L)^2 s dG, C = r2 int L (1 - L) s dG,

    A1 = n/D,  A2 = n/(n - df2),     A1 - A2 = n (1 - rho)(df1 - df2)/(D (n - df2)),
    bias2 = B2,                   V_W  = (1 - rho) C,
    V_X   = (A2 - 1) B2,          V_XW = (A1 - 1)(1 - rho) C + (A1 - A2) B2,                                              (2)
    V_Xe  = (A2 - 1) sigma2,      V_XWe = (A1 - A2) sigma2,

all sums of positive terms. `spherical_features.spectrum` makes the setting of Adlam and Pennington of it.

Source: adlam2020understanding (the split, for one nonlinear layer); simon2024more and ruben2024no (in these variables, from memory).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from asymptotics.conventions import guard
from asymptotics.ridge import sums
from asymptotics.risk import Value
from asymptotics.spectra.signals import Spectrum
from asymptotics.two_ridges import effective


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The six terms of (1), each of the broadcast shape of the arguments: by samples x, features w, noise e."""

    bias2: Value
    v_x: Value
    v_w: Value
    v_xw: Value
    v_xe: Value
    v_xwe: Value

    @property
    def excess(self) -> Value:
        """Their sum."""
        return sum(self.to_dict().values())

    @property
    def terms(self) -> Value:
        """All six along a last axis, in the order of the fields."""
        return np.stack(list(self.to_dict().values()), axis=-1)

    def to_dict(self) -> dict[str, Value]:
        """The terms by name, in the order of the fields."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


@guard(infinite=("n",))
def split(
    spectrum: Spectrum,
    *,
    gamma: Any = None,
    psi: Any = None,
    lam: Any = None,
    n: Any = None,
    k: Any = None,
    delta: Any = None,
    r2: Any = 1.0,
    sigma2: Any = 1.0,
) -> Split:
    """The six terms of (1) for `random_features.ridge`: either (gamma, psi, lam) or (n, k, delta), of which n or k may be inf.

    Arguments broadcast. At n = k without penalty V_XW and V_XWe are inf, the others finite; but 0 where n = p <= k, the mass of H,
    as at every finite size (not so as lam -> 0 after n -> inf). Raises as `random_features.effective`.

    >>> from asymptotics import spectra
    >>> terms = split(spectra.isotropic(), gamma=2, psi=1, lam=0, sigma2=0.5)  # L = 1/2, rho = 2/3, as in `random_features`
    >>> [round(float(v), 6) for v in terms.to_dict().values()]
    [0.25, 0.25, 0.083333, 0.416667, 0.5, 0.5]
    """
    at = effective(spectrum.H, gamma=gamma, psi=psi, lam=lam, n=n, k=k, delta=delta)
    with np.errstate(divide="ignore"):
        signal = sums(spectrum.G, np.asarray(at.kappa))
    each = 1.0 if n is None else 1 / n  # of n samples, of which there may be infinitely many
    kappa, df1, df2, n_left, k_left, spread, each, r2, sigma2, B2, kept = np.broadcast_arrays(
        at.kappa, at.df1, at.df2, at.n_left, at.k_left, at.spread, each, r2, sigma2, signal[1], signal[2]
    )
    B2, C = r2 * B2, r2 * kappa * kept
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(each > 0, n_left * each, 1.0)  # 1 - df1/n
        room = k_left + spread  # 0 where k is the mass of H, without penalty: rho = 1/2 there
        rho = np.where(np.isinf(room), 1.0, np.where(room > 0, k_left / room, 0.5))
        lost = np.where(room > 0, spread / room, 0.5)  # 1 - rho
        pole1, pole2 = 1 / (left + rho * spread * each), 1 / (left + spread * each)  # A1, A2
    a1, a2 = _times((lost * df1 + rho * df2) * each, pole1), _times(df2 * each, pole2)  # A1 - 1, A2 - 1
    both = _times(_times(lost * spread * each, pole2), pole1)  # A1 - A2
    v_xw = _times(lost * C, a1) + _times(B2, both)
    if np.any(at_mass := (kappa == 0) & (left == 0)):  # n is the mass of H, no penalty: all features give the same fit
        both, v_xw = np.where(at_mass, 0.0, both), np.where(at_mass, 0.0, v_xw)
    return Split(
        bias2=B2.copy(),
        v_x=_times(B2, a2),
        v_w=lost * C,
        v_xw=v_xw,
        v_xe=_times(sigma2, a2),
        v_xwe=_times(sigma2, both),
    )


def _times(x: Any, y: Any) -> Any:
    return np.multiply(x, y, out=np.zeros(x.shape), where=(x != 0) & (y != 0))  # 0 inf = 0
