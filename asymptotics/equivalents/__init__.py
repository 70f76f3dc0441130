r"""The effective ridge: the one scalar from which the risks of ridge regression follow.

    n = int s/(s + kappa) dH(s) + delta/kappa,      its largest root kappa,                                  (K)
    df1 = int s/(s + kappa) dH,   df2 = int (s/(s + kappa))^2 dH,   gap = n - df2,   d kappa/d delta = 1/gap.

The proportional setting is n = 1, H -> gamma H, delta = lam: every quantity is then per sample. The branch is n > df2; delta may
be negative down to the edge, where n = df2. With q = kappa/(s + kappa), and M the mass of atoms above kappa in double-double,

    n - df1 = (n - M) + sum_{s > kappa} q - sum_{s <= kappa} (1 - q),                                        (1)
    n - df2 = delta/kappa + kappa int s/(s + kappa)^2 dH.                                                    (2)

(1) makes (K) an equation pos = neg between sums of positive terms, and log(pos/neg) falls with a slope between 1/2 and 2 in
log kappa: Newton's method converges from anywhere, at n = p with delta = 1e-16 too. In (2) nothing cancels for delta >= 0.

Source: silverstein1995empirical (kappa is 1/companion transform); hastie2022surprises, Theorem 5 (numbering from memory).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from asymptotics.conventions import refuse, theory
from asymptotics.equivalents import fixed_points
from asymptotics.errors import ConvergenceError
from asymptotics.spectra.laws import Law

Value = NDArray[np.float64] | float


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveRidge:
    """kappa and what follows from it; every field has the broadcast shape of the arguments.

    `gap` = n - df2 > 0, `dkappa` = d kappa/d delta = 1/gap (inf at kappa = 0 with n = p), `ddf1`, `ddf2` the derivatives of df1
    and df2 in delta; `residual` is the certificate: the relative error left in kappa (delta >= 0), or the relative change of the
    penalty that would make it exact (delta < 0).
    """

    kappa: Value
    df1: Value
    df2: Value
    gap: Value
    dkappa: Value
    ddf1: Value
    ddf2: Value
    residual: Value


def _setting(H: Law, gamma: ArrayLike | None, n: ArrayLike | None) -> tuple[ArrayLike, ArrayLike]:
    # (factor of H, n) of the setting that was chosen
    if gamma is not None and n is None:
        return gamma, 1.0
    if n is not None and gamma is None:
        return 1.0, n
    refuse("gamma", gamma, "pass gamma= and lam= (H of mass 1), or n= and delta= (H with multiplicities)")


@theory
def effective_ridge(
    H: Law,
    *,
    gamma: ArrayLike | None = None,
    lam: ArrayLike | None = None,
    n: ArrayLike | None = None,
    delta: ArrayLike | None = None,
) -> EffectiveRidge:
    """The effective ridge of the law `H`: the root of (K), degrees of freedom, their derivatives.

    Either `gamma` > 0 and `lam`, or `n` > 0 and `delta`; they broadcast. A penalty of 0 is the limit from above: kappa = 0 where
    the mass of the positive eigenvalues is at most n. Penalties may be negative, above `edge`.

    Raises ValueError below the edge; ConvergenceError where no root could be certified, and where kappa lies below what the
    analytic tail of an infinite spectrum resolves.

    Accuracy: every field within 5e-15 of 60-digit mpmath for penalties >= 0 (2e-15 for up to 12 eigenvalues of up to 25 decades,
    clusters 20 decades apart, n = p and to 1e-15 from it, n at a cluster's mass, delta from 1e-18 to 1e4; the rest is the
    compression of many). Negative penalties: 1e-14/(1 - delta/edge), as exact as the root is conditioned.

    >>> from asymptotics.spectra import isotropic
    >>> float(effective_ridge(isotropic().H, gamma=2.0, lam=0.0).kappa)  # 1 = 2/(1 + kappa)
    1.0
    """
    if (gamma is None) != (lam is None) or (n is None) != (delta is None):
        refuse("lam" if gamma is not None else "delta", None, "pass gamma= with lam=, or n= with delta=")
    a, size = _setting(H, gamma, n)
    name, given = ("lam", lam) if lam is not None else ("delta", delta)
    arrays = np.broadcast_arrays(a, size, given)  # type: ignore[arg-type]
    shape = arrays[0].shape
    # copies: one type for the kernel
    factor, samples, penalty = (np.array(v, dtype=np.float64).ravel() for v in arrays)
    out, edges, status = fixed_points.solve(H, factor, samples, penalty)
    if np.any(status != fixed_points.OK):
        at = f" at {'n' if gamma is None else 'gamma'} = {(samples if gamma is None else factor)[status != fixed_points.OK][0]:.12g}"
        _raise(name, at, penalty, out, edges, status)
    kappa, df1, df2, gap, ddf1, ddf2, residual, _ = out.reshape(8, *shape)
    with np.errstate(divide="ignore"):  # n = p without penalty: kappa leaves 0 with infinite slope
        dkappa = 1 / gap
    return EffectiveRidge(kappa=kappa, df1=df1, df2=df2, gap=gap, dkappa=dkappa, ddf1=ddf1, ddf2=ddf2, residual=residual)


def _raise(
    name: str,
    at: str,
    penalty: NDArray[np.float64],
    out: NDArray[np.float64],
    edges: NDArray[np.float64],
    status: NDArray[np.int64],
) -> None:
    i = int(np.flatnonzero(status != fixed_points.OK)[0])
    if status[i] == fixed_points.BELOW:
        refuse(
            name,
            float(penalty[i]),
            f"the smallest penalty that keeps df2 < n{at} is {edges[i]:.12g} (exclusive); see equivalents.edge",
        )
    if status[i] == fixed_points.UNRESOLVED:
        causes = f"kappa = {out[0, i]:.3g} is below what the analytic tail of this infinite spectrum resolves; take smaller n"
    else:
        causes = "the penalty is at its edge to rounding, or eigenvalues span more than the range of doubles"
    raise ConvergenceError(
        f"effective ridge ({name} = {penalty[i]:g}{at})", residual=float(out[6, i]), iterations=int(out[7, i]), causes=causes
    )


@theory
def edge(H: Law, *, gamma: ArrayLike | None = None, n: ArrayLike | None = None) -> Value:
    """The smallest penalty (exclusive), <= 0: `lam` for `gamma`, `delta` for `n`; there df2 = n. Arguments broadcast.

    Raises ConvergenceError where the analytic tail of an infinite spectrum does not resolve it.
    Accuracy: 2e-15 of 60-digit mpmath (up to 12 eigenvalues over 37 decades, n/p in [1e-2, 1e6], to 1e-12 from n = p).

    >>> from asymptotics.spectra import isotropic
    >>> round(float(edge(isotropic().H, gamma=4.0)), 12)  # -(1 - sqrt(gamma))^2
    -1.0
    """
    a, size = np.broadcast_arrays(*_setting(H, gamma, n))
    result = np.empty(a.shape)
    for i in np.ndindex(*a.shape):
        k, result[i], residual, rounds = fixed_points.edge(H, float(a[i]), float(size[i]))
        if not residual <= 1e-13 or (H.tail > 0 and k < H.resolved):  # 25 times what Newton stops at
            causes = (
                "kappa there is below what the tail of an infinite spectrum resolves, or near the ends of the range of doubles"
            )
            raise ConvergenceError("edge", residual=residual, iterations=rounds, causes=causes)
    return result + 0.0  # no -0.0
