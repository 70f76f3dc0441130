r"""Ridge and ridgeless regression on k random features, for any spectrum of the inputs and any spread of the signal over it.

Model: y = <x, beta> + noise, x of covariance S; features h(x) = k^-1/2 (<g_a, x>), g_a ~ N(0, I), a = 1 ... k; the fit is
f(x) = <a, h(x)> with a = H'(H H' + delta)^-1 y. A kernel's eigenfunctions stand for the coordinates of x, its random features
for h. H is the law of the eigenvalues of S, G that of |beta|^2 over them, L = s/(s + kappa). `two_ridges` gives kappa, kappa1:

    n = df1 + delta/kappa1,   k = df1 + k kappa1/kappa,   df1 = int L dH,   df2 = int L^2 dH,   rho = (k - df1)/(k - df2).     (K)

With B2 = r2 int (1 - L)^2 s dG, C = r2 int L (1 - L) s dG and D = (n - df1) + rho (df1 - df2), in which nothing cancels,

    test  = n/D [B2 + (1 - rho) C + sigma2],     train = (delta/(n kappa1))^2 test,     GCV = LOO = test,                      (1)
    E|a|^2 = 1/(D kappa) k/(k - df2) [(n - df1) C + (df1 - df2) (B2 + C + sigma2)],                                            (2)
    E|f|^2 = r2 int L^2 dG + test/n int (s + (1 - rho) kappa)/(s + kappa)^2 dH + C/(k - df2) int kappa/(s + kappa)^2 dH;       (3)

(3) is the norm of the space of the mean kernel <x, x'>, infinite for infinitely many eigenvalues: random functions lie outside.
At given kappa, delta = kappa (n - df1)(k - df1)/k, and (1) knows no penalty: the best one is found as the best kappa. As
k -> inf, rho = 1 and kappa1 = kappa: (1) and (2) are those of `ridge`. As n -> inf, df1 = k, rho = 0: projection on k features.

Source: simon2024more, equations (6) to (9) (numbering from memory); defilippis2024dimension. (2) and (3) are derived here: |a|^2 is
y'(K + delta)^-1 y less n train/delta, and |f|^2 the derivative of the same along W W' -> W W' + t (W W')^2, h = W'x.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asymptotics import risk
from asymptotics.conventions import guard
from asymptotics.ridge import sums
from asymptotics.spectra import Spectrum
from asymptotics.two_ridges import Effective, Value, effective, setting

__all__ = ["Effective", "Risk", "effective", "optimal", "optimal_penalty", "ridge"]

Array = NDArray[np.float64]

STEP = 0.05  # of the scan for minima, in log kappa: the test error is analytic there in a strip of half-width pi


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk(risk.Risk):
    """As `risk.Risk`; `norm2` = E|a|^2 of the coefficients, `rkhs2` = E|f|^2 in the space of the mean kernel, `kappa1` of (K)."""

    kappa1: Value | None = None
    rkhs2: Value | None = None


@guard(infinite=("n",))
def ridge(
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
) -> Risk:
    """All risks of ridge regression on random features, Eqs (1) to (3): either (gamma, psi, lam) or (n, k, delta).

    gamma = k/n, psi = eigenvalues per feature, lam = delta/n, for a spectrum of mass 1; or n samples, k features (n or k may be
    inf, neither need be an integer), delta. They broadcast; a penalty of 0 is the limit from above. Without penalty the risk is inf
    at n = k (the part of the signal outside the features acts as noise there). df1 and df2 are per sample for (gamma, psi, lam).
    Raises ValueError on bad input, ConvergenceError if kappa has no certificate.

    Accuracy: every field within 2e-15 of 60-digit mpmath, at the points of `two_ridges.effective`; infinite power laws within 4e-15
    of Hurwitz zeta sums (kappa and test, at three points). At n = k = p, the mass of H, delta = 0, the excess
    without noise is 0, as at every finite size; the iterated limit lam -> 0 after n -> inf is r2 n/(3 tr S^-1).

    >>> from asymptotics import spectra
    >>> one = ridge(spectra.isotropic(), gamma=2, psi=1, lam=0, r2=1, sigma2=0)  # kappa = 1, L = 1/2, rho = 2/3
    >>> [round(float(v), 12) for v in (one.kappa, one.kappa1, one.test)]
    [1.0, 0.5, 1.0]
    """
    at = effective(spectrum.H, gamma=gamma, psi=psi, lam=lam, n=n, k=k, delta=delta)
    _, n, k, _ = setting(gamma, psi, lam, n, k, delta)
    with np.errstate(divide="ignore"):  # 1/s of a law that reaches 0 is a pole of norms
        signal = sums(spectrum.G, np.asarray(at.kappa))
    return _risk(at, n, k, r2, sigma2, signal)


def _times(x: Array, y: Array) -> Array:
    return np.multiply(x, y, out=np.zeros(x.shape), where=(x != 0) & (y != 0))  # 0 inf = 0


def _risk(at: Effective, n: Any, k: Any, r2: Any, sigma2: Any, signal: Array) -> Risk:
    kappa, df1, df2, n_left, k_left, spread, slope, outside, n, k, r2, sigma2, B2, kept = np.broadcast_arrays(
        at.kappa, at.df1, at.df2, at.n_left, at.k_left, at.spread, at.slope, at.outside, n, k, r2, sigma2, signal[1], signal[2]
    )
    B2, kept = r2 * B2, r2 * kept
    C = kappa * kept
    each = 1 / n  # of n samples, of which there may be infinitely many
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(each > 0, n_left * each, 1.0)  # 1 - df1/n
        share = 1 / (k_left + spread)  # 1/(k - df2); inf where k is the mass of H, without penalty: rho = 1/2 there
        rho = np.where(np.isinf(k), 1.0, np.where(np.isinf(share), 0.5, k_left * share))
        lost = np.where(np.isinf(share), 0.5, spread * share)  # 1 - rho
        per = np.where(np.isinf(k), 1.0, k * share)
        gap = left + rho * spread * each  # D/n
        missed = B2 + lost * C
        bias, variance = missed / gap, _times(sigma2, (df2 + lost * spread) * each / gap)
        norm2 = _times(per, (left * kept + _times(slope * each, B2 + C + sigma2)) / gap)
        # the threshold: kappa > 0 at n = k, or kappa = 0 where n is the mass of H, with limits of 0/0
        limit = np.where(missed > 0, np.inf, 0.0)
        bias = np.where(gap > 0, bias, limit)
        variance = np.where(gap > 0, variance, np.where(sigma2 > 0, np.inf, 0.0))
        norm2 = np.where(gap > 0, norm2, np.where(missed + sigma2 > 0, np.inf, _times(per, kept)))
    excess = bias + variance
    test = excess + sigma2
    spill = _times(slope * each, test) + _times(_times(lost * each, outside), test)
    return Risk(
        bias=bias,
        variance=variance,
        excess=excess,
        test=test,
        train=_times(left * left, test),
        gcv=test.copy(),
        loo=test.copy(),
        norm2=norm2,
        rkhs2=kept + spill + _times(_times(share, C), outside),
        kappa=kappa.copy(),
        kappa1=np.broadcast_to(at.kappa1, kappa.shape).copy(),
        df1=df1.copy(),
        df2=df2.copy(),
    )


@guard(infinite=("n",))
def optimal_penalty(
    spectrum: Spectrum, *, gamma: Any = None, psi: Any = None, n: Any = None, k: Any = None, r2: Any = 1.0, sigma2: Any = 1.0
) -> Any:
    """The penalty >= 0 of least test error: lam for (gamma, psi), delta for (n, k). 0 at n = inf, inf where r2 = 0.

    Arguments broadcast. All minima that are further apart than a factor 1.05 in kappa are found and compared, the ridgeless end too.
    Raises as `ridge` does without penalty.

    Accuracy: 1e-14 relative, of 120 penalties above 0 (40-digit mpmath; up to 4 eigenvalues with multiplicities over four decades,
    sigma2/r2 in [1e-2, 10], n = k and k - 1 among them).

    >>> from asymptotics import spectra
    >>> round(float(optimal_penalty(spectra.isotropic(), gamma=1e9, psi=2e-9, r2=5, sigma2=1)), 6)  # as `ridge`: 2 sigma2/r2
    0.4
    """
    name = "delta" if gamma is None else "lam"

    def test(penalty: Any) -> Any:
        return ridge(spectrum, gamma=gamma, psi=psi, n=n, k=k, **{name: penalty}, r2=r2, sigma2=sigma2).test

    end = test(0.0)
    start = effective(spectrum.H, gamma=gamma, psi=psi, n=n, k=k, **{name: 0.0}).kappa
    sizes = (1.0, n, k) if gamma is None else (np.multiply(gamma, psi), 1.0, gamma)
    a, size, features, r2, sigma2, start, end = np.broadcast_arrays(*sizes, r2, sigma2, start, end)
    best = np.zeros(end.shape)
    live = (r2 > 0) & np.isfinite(size) & (end > sigma2)  # else nothing is gained by a penalty
    if np.any(live):
        best[live] = _best(spectrum, a[live], size[live], features[live], sigma2[live] / r2[live], start[live])
    return np.where(r2 == 0, np.inf, np.where(test(best) < end, best, 0.0))  # the end may be the least of all


@guard(infinite=("n",))
def optimal(
    spectrum: Spectrum, *, gamma: Any = None, psi: Any = None, n: Any = None, k: Any = None, r2: Any = 1.0, sigma2: Any = 1.0
) -> Risk:
    """All risks at the optimal penalty; without signal (r2 = 0) those of a = 0, with kappa = inf. As `optimal_penalty`.

    >>> from asymptotics import spectra
    >>> few, many = optimal(spectra.isotropic(), gamma=[0.5, 2.0], psi=[4.0, 1.0], r2=2).test
    >>> bool(few > many)  # more is better
    True
    """
    penalty = np.asarray(optimal_penalty(spectrum, gamma=gamma, psi=psi, n=n, k=k, r2=r2, sigma2=sigma2))
    null = np.isinf(penalty)
    name = "delta" if gamma is None else "lam"
    sizes = {"gamma": gamma, "psi": psi, "n": n, "k": k, name: np.where(null, 1.0, penalty)}
    found = ridge(spectrum, **sizes, r2=r2, sigma2=sigma2).to_dict()
    limit = dict.fromkeys(("test", "train", "gcv", "loo"), sigma2) | {"kappa": np.inf, "kappa1": np.inf}
    return Risk(**{key: np.where(null, limit.get(key, 0.0), value) for key, value in found.items()})


def _best(spectrum: Spectrum, a: Array, n: Array, k: Array, v: Array, start: Array) -> Array:
    """The penalty at the least minimum of the test error over kappa > start, 0 if there is none; r2 = 1, vectors of one length."""
    H, G = spectrum.H, spectrum.G
    atoms = np.concatenate([H.compressed().atoms, G.compressed().atoms])
    far = (G.mean() + v) * (a * H.moment(2) + (a * H.mean()) ** 2 / k) / n / G.moment(2)  # where noise drowns all
    high, floor = 100 * np.maximum(float(atoms.max()), far), max(H.resolved, G.resolved, 1e-290)
    low = np.where(start > 0, start, max(0.01 * float(atoms.min()), floor))

    def at(kappa: Array, which: Any = slice(None)) -> tuple[Array, Array, Array]:
        return _balance(spectrum, kappa, a[which], n[which], k[which], v[which])

    while np.any(lower := (start == 0) & (low > floor) & (at(low)[0] >= 0)):
        low = np.where(lower, np.maximum(1e-4 * low, floor), low)
    count = int(np.ceil(np.max(np.log(high / low)) / STEP)) + 1
    grid = low * (high / low) ** np.linspace(0, 1, count)[:, None]
    grid[0] = low
    balance = at(grid)[0]
    where, which = np.nonzero((balance[:-1] < 0) & (balance[1:] >= 0))
    left, right = grid[where, which], grid[where + 1, which]
    for _ in range(50):  # 0.05 / 2^50 is below the spacing of doubles
        middle = np.sqrt(left) * np.sqrt(right)
        below = at(middle, which)[0] < 0
        left, right = np.where(below, middle, left), np.where(below, right, middle)
    _, least, penalty = at(right, which)
    best = np.zeros(n.size)
    order = np.argsort(-least, kind="stable")  # the least value is written last
    best[which[order]] = penalty[order]
    return best


def _balance(spectrum: Spectrum, kappa: Array, a: Array, n: Array, k: Array, v: Array) -> tuple[Array, Array, Array]:
    """(The sign of the slope of the test error in kappa, the test error, the penalty), for r2 = 1; derivatives in log kappa."""
    signal = sums(spectrum.G, kappa)
    noise = a * (signal if spectrum.G is spectrum.H else sums(spectrum.H, kappa))
    spread, cubes = kappa * noise[0], noise[4]  # int L (1 - L) dH, int L^2 (1 - L) dH
    df1 = noise[2] + spread
    n_left, k_left = np.maximum(n - df1, 0.0), np.maximum(k - df1, 0.0)
    share, wide = 1 / (k_left + spread), np.isinf(k)
    with np.errstate(divide="ignore", invalid="ignore"):  # inf/inf at k = inf; no gap at n = k, kappa = start
        rho, kept = np.where(wide, 1.0, k_left * share), np.where(wide, 1.0, k_left / k)
        lost = spread * share
        turn = (spread - 2 * rho * cubes) * share  # of rho
        B2, C, mixed = signal[1], kappa * signal[2], kappa * signal[4]
        missed, gap = B2 + lost * C + v, n_left + rho * spread
        rise = 2 * rho * mixed + (lost - turn) * C
        balance = rise * gap - missed * ((lost + turn) * spread + 2 * rho * cubes)
        return balance, n * missed / gap, kappa * n_left * kept
