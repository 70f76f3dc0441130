r"""Bagged ridge and ridgeless regression: the mean of fits on random parts of the rows, when p, n -> infinity with p/n -> gamma.

Model: y = <x, beta> + noise, rows x ~ (0, S), n of them; each of M members is ridge (X'X + k lam I)^-1 X'y on k = share n rows drawn
without replacement, and the M estimators are averaged. Let kappa be the effective ridge of a member (at p/k = gamma/share), df2 its
degrees of freedom per row, and

    B = r2 kappa^2 int s/(s + kappa)^2 dG + sigma2,       same = B/(1 - df2),      cross = B/(1 - share df2),       (1)
    test = same/M + (1 - 1/M) cross.                                                                                (2)

Two members share the fraction `share` of their rows; if they are disjoint ("splagging"), cross = B. A row's residual is
rho = lam/kappa times what it would be were the row left out, so that on all n rows

    train = same/M (share rho^2 + 1 - share) + (1 - 1/M) cross (1 - share + share rho)^2.                           (3)

For M = inf this is ridge on all rows with the same kappa, hence at the penalty

    lam' = share lam + (1 - share) kappa:                                                                           (4)

a straight path of equivalent (share, lam), which starts at the ridgeless member with share = df1(lam')  per sample.

Source: patil2023bagging, Theorems 4.1 and 4.3; du2023subsample, Theorems 2.1 to 2.3 (numbering from memory); (3), (4) as derived here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from asymptotics.conventions import refuse, theory, within
from asymptotics.equivalents import effective_ridge
from asymptotics.ridge import sums
from asymptotics.risk import Risk, Value
from asymptotics.spectra.signals import Spectrum


def _share(value: Any) -> Any:
    return within("share", value, lambda v: (v > 0) & (v <= 1), "in (0, 1]: the part of the rows that a member sees")


def _penalty(lam: Any) -> Any:
    if np.any(np.asarray(lam) < 0):
        refuse("lam", float(np.min(lam)), "members are penalised by lam >= 0 (0 is ridgeless)")
    return lam


@theory
def ridge(
    spectrum: Spectrum,
    *,
    gamma: Any,
    share: Any,
    lam: Any = 0.0,
    members: Any = np.inf,
    disjoint: bool = False,
    r2: Any = 1.0,
    sigma2: Any = 1.0,
) -> Risk:
    """Risks of M = `members` averaged ridge fits, each on the fraction `share` of the rows; (1) to (3).

    spectrum: proportional. share in (0, 1], lam >= 0 (0 is ridgeless), members >= 1 or inf; disjoint members need
    members share <= 1. Arguments broadcast. `train` is over all n rows; estimation, norm2, kappa as in `ridge.ridge`. Finitely many
    ridgeless members on k = p rows have infinite risk, infinitely many have not. ValueError on bad input.
    Accuracy: 1e-15 in every field (60-digit mpmath, two eigenvalues, gamma in [0.1, 10], lam = 0 or in [1e-12, 10]).

    >>> from asymptotics import spectra
    >>> [float(ridge(spectra.isotropic(), gamma=1, share=0.5, members=M, r2=0).variance.round(12)) for M in (1, 2, np.inf)]
    [1.0, 0.666666666667, 0.333333333333]
    """
    share, lam = _share(share), _penalty(lam)
    members = within("members", members, lambda v: v >= 1, "at least 1, or inf: the number of averaged fits")
    if disjoint and np.any(np.multiply(members, share) > 1 + 1e-12):  # 1e-12: 1/3 is no double
        refuse("members", float(np.max(members)), "disjoint members cannot have more rows than there are: members share <= 1")
    at = effective_ridge(spectrum.H, gamma=gamma / share, lam=lam)
    kappa = np.asarray(at.kappa)
    with np.errstate(divide="ignore"):  # 1/s of a law that reaches 0 is a pole of norms
        signal = sums(spectrum.G, kappa)
        slope = gamma / share * sums(spectrum.H, kappa)[0]
    one, lam, share, r2, sigma2, kappa, gap, df2, slope, lost, seen, missed = np.broadcast_arrays(
        1 / members, lam, share, r2, sigma2, kappa, at.gap, at.df2, slope, signal[1], signal[2], signal[3]
    )
    common = 0.0 if disjoint else share  # of two members' rows
    wide = (1 - common) + common * gap
    rho = np.divide(lam, kappa, out=np.array(gap, copy=True), where=kappa != 0)

    def mean(same: Any, cross: Any) -> Any:
        """same/(M gap) + (1 - 1/M) cross/wide, inf where one of them is: a denominator of 0 is the threshold p = k."""
        with np.errstate(divide="ignore"):
            return sum(
                part * np.divide(a, b, out=np.zeros_like(b), where=(a != 0) & (part != 0))
                for part, a, b in ((one, same, gap), (1 - one, cross, wide))
            )

    B = r2 * lost + sigma2
    left = np.maximum(1 - 2 * share, 0.0) + 2 * share * rho if disjoint else ((1 - share) + share * rho) ** 2
    bias, variance = mean(r2 * lost, r2 * lost), mean(sigma2 * df2, sigma2 * common * df2)
    norm = np.multiply(B, slope, out=np.zeros_like(B), where=B > 0)
    spread = mean(norm, np.zeros_like(norm) if disjoint else share * norm)
    excess = bias + variance
    return Risk(
        bias=bias,
        variance=variance,
        excess=excess,
        test=excess + sigma2,
        train=mean(B * ((1 - share) + share * rho**2), B * left),
        norm2=r2 * seen + spread,
        estimation=r2 * missed + spread,
        kappa=kappa.copy(),
    )


@theory
def equivalent_penalty(spectrum: Spectrum, *, gamma: Any, share: Any, lam: Any = 0.0) -> Value:
    """(4): the penalty at which ridge on all rows has the risks of infinitely many members on `share` of them at `lam`.

    Arguments broadcast; errors and accuracy as `ridge`.

    >>> from asymptotics import spectra
    >>> equivalent_penalty(spectra.isotropic(), gamma=1.0, share=0.5)  # kappa = 1
    np.float64(0.5)
    """
    share, lam = _share(share), _penalty(lam)
    kappa = effective_ridge(spectrum.H, gamma=gamma / share, lam=lam).kappa
    return share * lam + (1 - share) * kappa


@theory
def equivalent_share(spectrum: Spectrum, *, gamma: Any, lam: Any, member: Any = 0.0) -> Value:
    """(4) backwards: the part of the rows at which members of penalty `member` <= lam are equivalent to ridge on all rows at lam.

    (kappa - lam)/(kappa - member): for ridgeless members the degrees of freedom per sample of that ridge. At the optimal lam it is
    the optimal size of the subsamples. Arguments broadcast; errors and accuracy as `ridge`.

    >>> from asymptotics import spectra
    >>> equivalent_share(spectra.isotropic(), gamma=1.0, lam=0.5)
    np.float64(0.5)
    """
    if np.any(np.asarray(member) < 0) or np.any(np.asarray(member) > lam):
        refuse("member", float(np.max(member)), "the penalty of a member lies between 0 and that of ridge on all rows")
    at = effective_ridge(spectrum.H, gamma=gamma, lam=_penalty(lam))
    part = at.kappa * at.df1  # kappa - lam
    gone = np.subtract(lam, member)
    total = part + gone
    with np.errstate(invalid="ignore"):
        return np.where(total > 0, part / np.where(total > 0, total, 1.0), at.df1)
