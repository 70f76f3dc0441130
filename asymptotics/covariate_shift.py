r"""Ridge regression tested where the features have another covariance than where it was trained.

Model: y = <x, beta> + noise; training rows have covariance S, a test point x' has covariance S', its label the same beta and
noise of the same variance. With kappa of S (see `ridge`; n = 1, H -> gamma H, delta = lam in the proportional setting),

    E (beta_hat - beta)' S' (beta_hat - beta)
        = kappa^2 beta' (S+kappa)^-1 S' (S+kappa)^-1 beta  +  (test/n) tr[S S' (S+kappa)^-2],                       (1)

`test` being the test error without shift: the fluctuation of beta_hat around its mean is S^(-1/2)-coloured noise of total power
test/n, whatever the mixture of label noise and misfit that it comes from. S' = S gives excess = test - sigma2, S' = I gives
E|beta_hat - beta|^2. Only the quadratic forms of S' in the eigenvectors of S enter:

    = r2 kappa^2 int s'/(s+kappa)^2 dG + (test/n) int s s'/(s+kappa)^2 dH,                                          (2)

where s' are the values of S' on the eigenvectors u of S, u' S' u: always enough for the trace, and for the signal too if S'
commutes with S or the signs of beta's components are random. Otherwise take `ridge_matrices`.

Why (1): put delta (I + t S') for delta I. By whitening, delta beta'(X'X + delta (I + tS'))^-1 beta tends to
kappa_t beta'(S + kappa_t (I + tS'))^-1 beta with n = tr S (S + kappa_t (I + tS'))^-1 + delta/kappa_t. Minus its derivative
in t at 0 is the noiseless part of (1), where kappa' = -kappa^2 tr[S S' (S+kappa)^-2]/(n - df2). The noise's part,
sigma2 tr[S' R X'X R] with R = (X'X + delta)^-1, is the derivative in delta of delta tr S'R -> kappa tr S'(S+kappa)^-1.

Source: canatar2021out (commuting covariances); (1) as derived here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from asymptotics import ridge as plain
from asymptotics.conventions import refuse, theory
from asymptotics.risk import Risk
from asymptotics.spectra import Spectrum, multiplicities
from asymptotics.spectra.laws import Law

Array = NDArray[np.float64]


@theory
def ridge(
    spectrum: Spectrum,
    *,
    shifted: ArrayLike | Callable[[Array], Array],
    gamma: Any = None,
    lam: Any = None,
    n: Any = None,
    delta: Any = None,
    r2: Any = 1.0,
    sigma2: Any = 1.0,
) -> Risk:
    """Risks of ridge regression under a shifted covariance, Eq. (2); arguments, broadcasting and errors as in `ridge.ridge`.

    `shifted`: a function s -> s' of arrays, or the values of S' at `spectrum.H.atoms` (decreasing), with one more for the zero
    eigenvalues if H has any; the signal must then sit on the same atoms. Values are nonnegative.
    bias, variance, excess and test are those of the shifted point; train, gcv and loo are limits of what the training data show,
    so that gcv tells the error without shift; norm2 and estimation do not depend on the shift.

    Accuracy: that of `ridge.ridge`, whose values it gives back to 1e-12 for S' = S and S' = I (for gamma in [0.1, 10]).

    >>> from asymptotics import spectra
    >>> two = spectra.atoms([4, 0.25], [0.5, 0.5])
    >>> round(float(ridge(two, shifted=lambda s: 2 * s, gamma=2, lam=0.1).excess / plain.ridge(two, gamma=2, lam=0.1).excess), 12)
    2.0
    """
    at = plain.ridge(spectrum, gamma=gamma, lam=lam, n=n, delta=delta, r2=r2, sigma2=sigma2)
    kappa = np.asarray(at.kappa)
    missed, trace = np.zeros(kappa.shape), np.zeros(kappa.shape)
    with np.errstate(divide="ignore"):  # a law that reaches 0, at kappa = 0
        if (law := _weighted(spectrum.G, shifted, spectrum.H)) is not None:
            missed = plain.sums(law, kappa)[3]
        if (law := _weighted(spectrum.H, shifted, spectrum.H)) is not None:
            trace = plain.sums(law, kappa)[0]
    missed = np.multiply(r2, missed, out=np.zeros(np.broadcast_shapes(np.shape(r2), missed.shape)), where=np.asarray(r2) > 0)
    return _risk(at, missed, trace * (gamma if n is None else 1 / np.asarray(n)), sigma2)


@theory
def ridge_matrices(S: ArrayLike, S_shifted: ArrayLike, beta: ArrayLike, *, n: Any, delta: Any = 0.0, sigma2: Any = 1.0) -> Risk:
    """Risks under a shift between two covariance matrices (p, p) that need not commute, for a given beta (p,), Eq. (1).

    `n`, `delta`, `sigma2` broadcast; delta as in `ridge.ridge`. Raises ValueError for matrices that are not square, symmetric
    (to 1e-10 of their largest entry) and positive semidefinite, and for shapes that do not fit. Costs two products and
    three eigendecompositions, then O(p^2) for every pair (n, delta).

    Accuracy: that of the eigendecomposition, about p eps relative to the largest eigenvalue.

    >>> S = np.array([[2.0, 1.0], [1.0, 2.0]])
    >>> one, three = (ridge_matrices(S, c * S, [1.0, 0.0], n=5, delta=0.5) for c in (1, 3))
    >>> round(float(three.excess / one.excess), 12)
    3.0
    """
    train, other = _covariance("S", S), _covariance("S_shifted", S_shifted)
    coefficients, p = np.asarray(beta, dtype=np.float64), train.shape[0]
    if other.shape != train.shape or coefficients.shape != (p,) or not np.all(np.isfinite(coefficients)):
        refuse("beta", coefficients.shape, f"S, S_shifted, beta must fit: ({p}, {p}) twice and ({p},), finite")
    s, V = np.linalg.eigh(train)
    M = V.T @ other @ V
    b = V.T @ coefficients
    r2 = float(b @ b)
    s = np.where(s > 1e-14 * s.size * s[-1], s, 0.0)  # rounding of eigh
    at = plain.ridge(multiplicities(s, np.ones(s.size), b**2 if r2 else None), n=n, delta=delta, r2=r2, sigma2=sigma2)
    kappas, inverse = np.unique(np.asarray(at.kappa), return_inverse=True)
    missed, trace = np.zeros(kappas.size), np.zeros(kappas.size)
    for i, kappa in enumerate(kappas):
        x = np.divide(kappa * b, s + kappa, out=b.copy(), where=s > 0)  # a null direction is never learnt
        missed[i] = x @ M @ x
        trace[i] = np.sum((s * np.diag(M))[s > 0] / (s[s > 0] + kappa) ** 2)
    shape = np.asarray(at.kappa).shape
    return _risk(at, missed[inverse].reshape(shape), trace[inverse].reshape(shape) / np.asarray(n), sigma2)


def _risk(at: Risk, missed: Any, inflation: Any, sigma2: Any) -> Risk:
    """(1) from the risk without shift, the first term, and the trace over n."""
    power = np.asarray(at.variance) + sigma2  # sigma2 n/(n - df2)
    with np.errstate(invalid="ignore"):
        bias = missed + np.where(np.asarray(at.bias) > 0, at.bias * inflation, 0.0)
        variance = np.where((power > 0) & (inflation > 0), power * inflation, 0.0)
    excess = bias + variance
    return replace(at, bias=bias, variance=variance, excess=excess, test=excess + sigma2)


def _weighted(law: Law, shifted: Any, H: Law) -> Law | None:
    """s' dLaw(s), or None if it is zero."""
    zero = 0.0
    if callable(shifted):
        values = np.asarray(shifted(law.atoms), dtype=np.float64)
        if law.zero:
            zero = float(np.asarray(shifted(np.zeros(1)), dtype=np.float64)[0])
    else:
        given = np.asarray(shifted, dtype=np.float64)
        need = H.atoms.size + (H.zero > 0)
        if given.shape != (need,):
            refuse("shifted", given.shape, f"it must be a function, or one value for each of the {need} eigenvalues of H")
        if law.tail or not np.array_equal(law.atoms, H.atoms):
            refuse("shifted", given.shape, "the signal's eigenvalues are not those of H; pass a function s -> s'")
        values, zero = given[: H.atoms.size], float(given[-1]) if H.zero > 0 else 0.0
    if values.shape != law.atoms.shape or not np.all(np.isfinite(values)) or np.any(values < 0) or not 0 <= zero < np.inf:
        refuse("shifted", shifted, "the values of S' must be finite and nonnegative, one for each eigenvalue")
    keep = values > 0
    zero *= law.zero
    tail_mass = law.tail * values[-1] / law.atoms[-1]  # S' goes to 0 like S in the part that is not resolved
    reciprocal, tail = -1.0, 0.0
    if (law.tail or law.reciprocal >= 0) and callable(shifted) and (least := float(np.asarray(shifted(np.zeros(1)))[0])) > 0:
        seen = law.weights / law.atoms  # ... or S' stays above 0: what the atoms miss of the mass, and of int 1/s, lies at 0
        tail, tail_mass = least * law.tail, least * (law.mass - float(law.weights.sum())) if law.tail else tail_mass
        reciprocal = float(seen @ values) + least * (law.reciprocal - float(seen.sum())) if law.reciprocal >= 0 else -1.0
    if not np.any(keep):
        return None if zero == 0 else Law(law.atoms[:1], np.full(1, 1e-300), zero=zero)
    weights = (law.weights * values)[keep]
    mass = float(weights.sum()) + zero + tail_mass
    return Law(law.atoms[keep], weights, zero=zero + tail_mass, tail=tail, mass=mass, reciprocal=reciprocal)


def _covariance(name: str, matrix: ArrayLike) -> Array:
    array = np.asarray(matrix, dtype=np.float64)
    if array.ndim != 2 or array.shape[0] != array.shape[1] or not np.all(np.isfinite(array)):
        refuse(name, array.shape, "it must be a square matrix of finite numbers")
    if np.max(np.abs(array - array.T)) > 1e-10 * np.max(np.abs(array)):  # products of matrices are symmetric to rounding
        refuse(name, float(np.max(np.abs(array - array.T))), "it must be symmetric; this is its largest asymmetry")
    array = 0.5 * (array + array.T)
    least = float(np.linalg.eigvalsh(array)[0])
    if least < -1e-10 * np.max(np.abs(array)):
        refuse(name, least, "a covariance has no negative eigenvalue")
    return array
