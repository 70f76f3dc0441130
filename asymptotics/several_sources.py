r"""Ridge regression on samples of several sources together: distribution shift, model shift and transfer.

Model: source j gives n_j rows x ~ (0, S_j) with y = <x, beta_j> + noise of variance v_j; beta_hat = (X'X + n lam)^-1 X'y of all rows.
The S_j have common eigenvectors, with eigenvalues s_j in a joint law H; p/n -> gamma, n_j/n -> rows_j (n is any unit, such as the
target's own samples). The resolvent (X'X/n + lam)^-1 is k = 1/(lam + sum a_j s_j) in the mean, where

    a_j = rows_j / (1 + gamma int s_j k dH),          b = k sum a_j s_j beta_j the mean of beta_hat,                  (A)

and with the mean squared error of b on each source, V_j = int s_j (b - beta_j)^2 + v_j, on a target of covariance T and signal beta,

    excess = int t (b - beta)^2 + sum u_j V_j,                                                                       (1)
    (1 - D W) u = D (gamma int t s_i k^2 dH)_i,    D = diag(a_j^2/rows_j),    W_ij = gamma int s_i s_j k^2 dH,        (2)
    train_j = (a_j/rows_j)^2 (excess_j + v_j),                                                                       (3)

excess_j being (1) on source j. With one source (1) is `ridge`, and u = df2/(1 - df2).

Why: (A) is the leave-one-out equation of each source. By the same, every row of source j is noise of power V_j to beta_hat, amplified
by the fluctuations that it causes: (2) is the derivative of a_j where T is added to the penalty.

Source: derived here; song2024generalization and yang2020precise have the ridgeless cases of two sources (from memory).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from asymptotics.conventions import check, refuse, theory
from asymptotics.errors import ConvergenceError

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Risks with each source as the target, in the last axis: `test = excess + sigma2`; `weights`: a_j of (A), over rows_j."""

    excess: Array
    test: Array
    train: Array
    kept: Array


@theory
def ridge(
    covariances: ArrayLike,
    weights: ArrayLike,
    signals: ArrayLike,
    *,
    rows: ArrayLike,
    gamma: Any,
    lam: Any = 0.0,
    noises: ArrayLike = 1.0,
) -> Sources:
    """Risks on each of J sources of ridge regression on all of them; (1) to (3).

    covariances (m, J): eigenvalues of the sources' covariances on m groups of common eigenvectors, of masses weights (m,), sum 1;
    signals (J, J): the inner products <beta_i, beta_j>, spread alike over all directions, or (m, J, J), their parts in each group;
    rows (J,) = n_j/n; noises (J,). gamma > 0, lam >= 0 broadcast: results (..., J). Where all rows together are as many as the
    features, and lam = 0, the risks are inf. Raises ValueError on bad input, ConvergenceError where (A) has no certificate.

    Accuracy: 4e-14 of the derived limit (`theorems.song2024`; two sources, gamma in [0.01, 100], lam in [1e-6, 1e2]); 1e-11 at 1e-4 from
    the threshold without a penalty.

    >>> alone = ridge([[1.0]], [1.0], [[5.0]], rows=[1.0], gamma=2.0, lam=0.0)
    >>> alone.excess.round(12).tolist()  # 5 (1 - 1/2) + 1
    [3.5]
    """
    s, w, B, share, noise = _checked(covariances, weights, signals, rows, noises)
    gamma, lam = np.broadcast_arrays(check("gamma", gamma), check("lam", lam))
    if np.any(lam < 0):
        refuse("lam", float(np.min(lam)), "penalties are nonnegative here")
    found = np.array([_point(s, w, B, share, noise, g, l) for g, l in zip(gamma.ravel(), lam.ravel(), strict=True)])
    excess, train, kept = np.moveaxis(found.reshape(*gamma.shape, 3, len(share)), -2, 0)
    return Sources(excess=excess, test=excess + noise, train=train, kept=kept)


def _checked(
    covariances: ArrayLike, weights: ArrayLike, signals: ArrayLike, rows: ArrayLike, noises: ArrayLike
) -> tuple[Array, ...]:
    s, w, B, share = (np.asarray(x, dtype=np.float64) for x in (covariances, weights, signals, rows))
    if s.ndim != 2 or w.shape != s.shape[:1] or share.shape != s.shape[1:]:
        refuse("covariances", s.shape, f"they are (m, J) for m weights, {w.shape}, and J sources, {share.shape}")
    if not (np.all(s >= 0) and np.all(np.isfinite(s)) and np.all(w >= 0) and abs(w.sum() - 1) < 1e-12):  # rounding of the sum
        refuse("covariances", s.tolist(), "eigenvalues and weights are nonnegative, and the weights sum to 1")
    if not (np.all(share > 0) and np.all(np.isfinite(share))):
        refuse("rows", share.tolist(), "every source has a positive number of samples")
    if B.shape == (len(share),) * 2:
        B = w[:, None, None] * B
    if B.shape != (len(w), len(share), len(share)):
        refuse("signals", B.shape, "(J, J) inner products, or (m, J, J)")
    power, axes = np.linalg.eigh(B)
    if not np.all(power >= -1e-12 * np.abs(power).max(initial=0)):  # rounding
        refuse("signals", float(power.min()), "the least eigenvalue of inner products is not negative")
    B = axes * np.sqrt(np.maximum(power, 0.0))[:, None, :]
    noise = check("sigma2", np.broadcast_to(np.asarray(noises, dtype=np.float64), share.shape))
    return s, w, B, share, noise


def _point(s: Array, w: Array, B: Array, rows: Array, noise: Array, gamma: float, lam: float) -> Array:
    """(3, J): excess, train, a/rows at one gamma and lam; B B' the signals' inner products."""
    if lam == 0 and gamma * w[np.any(s > 0, axis=1)].sum() == rows.sum():
        return np.stack([np.full(len(rows), np.inf), np.zeros(len(rows)), np.zeros(len(rows))])
    a, k, unit = _solve(s, w, rows, gamma, lam)
    D = a**2 / rows
    W = gamma * np.einsum("m,mi,mj,m->ij", w, s, s, k**2)
    mean = k[:, None] * a * s  # b = sum mean_j beta_j
    miss = mean[:, None, :] - np.eye(len(rows))  # b - beta_i
    lost = s * np.sum((miss @ B) ** 2, axis=-1)
    V = lost.sum(0) + noise
    u = np.linalg.solve(np.eye(len(rows)) - D[:, None] * W, D[:, None] * W)  # (2) for every T = S_i: column i
    excess = lost.sum(0) + V @ u
    kept = unit * a / rows
    return np.stack([excess, kept**2 * (excess + noise), kept])


def _solve(s: Array, w: Array, rows: Array, gamma: float, lam: float) -> tuple[Array, Array, float]:
    """a and k of (A), both in units of lam where the features outnumber the rows: a lam, k/lam; that unit is the third."""
    seen = w[np.any(s > 0, axis=1)].sum()
    wide = gamma * seen > rows.sum()
    penalty, unit = (1.0, lam) if wide else (lam, 1.0)  # a = unit x
    own = lam if wide else 1.0  # x (own + gamma int s k) = rows
    x = rows / (own + gamma * (w @ s) / (1.0 + lam)) if wide else np.array(rows)
    residual = np.inf
    for iteration in range(200):  # noqa: B007
        k = 1 / (penalty + s @ x)
        g = gamma * (w * k) @ s
        F = np.log(rows) - np.log(own + g) - np.log(x)
        J = np.eye(len(x)) - (gamma * np.einsum("m,mi,mj,m->ij", w, s, s, k**2) * x) / (own + g)[:, None]
        step = np.linalg.solve(J, F)
        before, residual = residual, float(np.max(np.abs(step)))
        x = x * np.exp(step * min(1.0, 3.0 / residual) if residual else step)
        if residual < 1e-15 or before <= residual < 1e-8:  # round-off, which is eps over the distance to the threshold
            return x, 1 / (penalty + s @ x), unit
    raise ConvergenceError(
        "the weights of several sources",
        residual=residual,
        iterations=iteration,
        causes="a penalty near 0 at the threshold, where rows and features are as many",
    )
