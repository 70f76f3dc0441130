r"""Ridge and ridgeless least squares for any spectrum of the features and any spread of the signal over it.

Model: y = <x, beta> + noise, rows x ~ (0, S); beta_hat = (X'X + delta I)^-1 X'y, delta = n lam. H is the law of the
eigenvalues of S, G that of |beta|^2 over them. Everything follows from the effective ridge, the largest root of

    n = int s/(s + kappa) dH + delta/kappa,       df2 = int (s/(s + kappa))^2 dH,                              (K)

    test  = n/(n - df2) [r2 kappa^2 int s/(s + kappa)^2 dG + sigma2],                                           (1)
    train = (delta/(n kappa))^2 test,        GCV = train / (1 - df1/n)^2 = test,       LOO = test,              (2)
    E|beta_hat|^2        = r2 int (s/(s + kappa))^2 dG     + test/n int s/(s + kappa)^2 dH,                     (3)
    E|beta_hat - beta|^2 = r2 int (kappa/(s + kappa))^2 dG + test/n int s/(s + kappa)^2 dH,                     (4)

(2) because delta/kappa = n - df1 by (K). The proportional setting is n = 1, H -> gamma H, delta = lam. As a function of kappa,
(1) knows no penalty: the best penalty is found as the best kappa, where, with v = sigma2/r2 and nu = n (or 1/gamma),

    0 = kappa int s^2/(s+kappa)^3 dG (nu - df2) - (kappa^2 int s/(s+kappa)^2 dG + v) int s^2/(s+kappa)^3 dH,    (5)

and then delta = v Q + [Q kappa^2 int s/(s+kappa)^2 dG - kappa^2 int s/(s+kappa)^2 dH], Q = int s^2/(s+kappa)^3 dH / int ... dG:
the bracket vanishes for an isotropic signal, where lam = gamma sigma2/r2; where it is negative, so may the penalty be.

Source: hastie2022surprises, Theorem 5 (numbering from memory); simon2024more and canatar2021out (the dimension-free form);
negative penalties: kobak2020optimal, wu2020optimal.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from asymptotics.conventions import refuse, theory
from asymptotics.equivalents import EffectiveRidge, effective_ridge
from asymptotics.risk import Risk
from asymptotics.spectra import Spectrum
from asymptotics.spectra.laws import Law

Array = NDArray[np.float64]

BLOCK = 64
STEP = 0.05  # of the scan for minima, in log kappa: (5) is analytic there in a strip of half-width pi


def _sums_py(atoms, weights, kappa, out):
    # out[:, i] = int s/(s+k)^2, int k^2 s/(s+k)^2, int (s/(s+k))^2, int (k/(s+k))^2, int k s^2/(s+k)^3 over the atoms;
    # a block of kappas at a time, so that the inner loop has no sum in it and runs in vector registers
    k = np.empty(BLOCK)
    total = np.empty((5, BLOCK))
    for first in range(0, kappa.size, BLOCK):
        count = min(BLOCK, kappa.size - first)
        for i in range(BLOCK):
            k[i] = kappa[first + min(i, count - 1)]
        total[:] = 0.0
        for j in range(atoms.size):
            s, w = atoms[j], weights[j]
            for i in range(BLOCK):
                inverse = 1.0 / (s + k[i])
                share = s * inverse
                lost = k[i] * inverse
                x = w * share
                total[0, i] += x * inverse
                total[1, i] += w * s * lost * lost
                total[2, i] += x * share
                total[3, i] += w * lost * lost
                total[4, i] += x * share * lost
        for row in range(5):
            for i in range(count):
                out[row, first + i] = total[row, i]


_sums = njit(cache=True, nogil=True, error_model="numpy")(_sums_py)


def sums(law: Law, kappa: Array) -> Array:
    """The five integrals of `_sums_py` over a law, its unresolved part included: (5, *kappa.shape)."""
    nodes = law.compressed()
    out = np.empty((5, kappa.size))
    _sums(nodes.atoms, nodes.weights, np.array(kappa).ravel(), out)
    if law.tail:  # s is 0 beside kappa there
        out[0] += law.tail / kappa.ravel() ** 2
        out[1] += law.tail
    if law.reciprocal >= 0:
        out[0, np.ravel(kappa) == 0] = law.reciprocal
    if unseen := law.mass - float(nodes.weights.sum()) if law.tail else law.zero:
        out[3] += unseen
    return out.reshape(5, *kappa.shape)


@theory
def ridge(
    spectrum: Spectrum, *, gamma: Any = None, lam: Any = None, n: Any = None, delta: Any = None, r2: Any = 1.0, sigma2: Any = 1.0
) -> Risk:
    """All risks of ridge regression, Eqs (1) to (4): either (gamma, lam) or (n, delta).

    Arguments broadcast. lam = 0 is the ridgeless limit, for every gamma; negative penalties are accepted above
    `equivalents.edge`. At the interpolation threshold (gamma = 1, lam = 0 for a spectrum without zeros) the variance is inf, or 0
    where sigma2 = 0, and the bias 0. GCV and leave-one-out are limits; df1, df2 are per sample for (gamma, lam), else counts.
    Raises ValueError on bad input and below the edge, ConvergenceError if kappa has no certificate.

    Accuracy: every field within 2e-15 of 60-digit mpmath, relative (up to 4 eigenvalues over four decades, gamma in [1e-2, 1e2] and
    to 1e-12 from 1, lam = 0 or in [1e-14, 1e3]); infinite power laws within 3e-15 of Hurwitz zeta sums. Near the edge of
    negative penalties the conditioning of the problem, 1/(1 - df2)^2 times 2e-12, is all that is promised.

    >>> from asymptotics import spectra
    >>> risk = ridge(spectra.isotropic(), gamma=2, lam=0, r2=5, sigma2=1)
    >>> [round(float(v), 12) for v in (risk.bias, risk.variance, risk.test, risk.norm2)]
    [2.5, 1.0, 4.5, 3.5]
    """
    at = effective_ridge(spectrum.H, gamma=gamma, lam=lam, n=n, delta=delta)
    size, scale, penalty = (1.0, gamma, lam) if n is None else (n, 1.0, delta)
    return _risk(spectrum, at, size, scale, penalty, r2, sigma2)


def _risk(spectrum: Spectrum, at: EffectiveRidge, n: Any, scale: Any, delta: Any, r2: Any, sigma2: Any) -> Risk:
    kappa = np.asarray(at.kappa)
    with np.errstate(divide="ignore"):  # 1/s of a law that reaches 0 is a pole of norms
        signal = sums(spectrum.G, kappa)
        slope = scale * (signal if spectrum.G is spectrum.H else sums(spectrum.H, kappa))[0]
    kappa, gap, df1, df2, slope, n, delta, r2, sigma2, bias0, square, rest = np.broadcast_arrays(
        kappa, at.gap, at.df1, at.df2, slope, n, delta, r2, sigma2, *signal[1:4]
    )
    regular = gap > 0  # else n = p at delta = 0: the threshold
    left = np.divide(delta, kappa, out=np.where(regular, gap, 0.0), where=kappa != 0) / n  # 1 - df1/n, also at kappa = 0
    gap = np.where(regular, gap, 1.0)
    lost = np.where(regular, r2 * bias0, np.where(r2 * bias0 > 0, np.inf, 0.0)) / gap  # there only what no feature sees is lost
    noise = np.where(regular, sigma2, np.where(sigma2 > 0, np.inf, 0.0)) / gap
    bias, variance = n * lost, noise * df2
    excess = bias + variance
    test = excess + sigma2
    train = left * np.multiply(left, test, out=np.zeros(left.shape), where=left != 0)
    spread = np.multiply(lost + noise, slope, out=np.zeros(gap.shape), where=lost + noise > 0)
    return Risk(
        bias=bias,
        variance=variance,
        excess=excess,
        test=test,
        train=train,
        gcv=test.copy(),
        loo=test.copy(),
        norm2=r2 * square + spread,
        estimation=np.multiply(r2, rest, out=np.zeros(gap.shape), where=r2 > 0) + spread,
        kappa=kappa.copy(),
        df1=df1.copy(),
        df2=df2.copy(),
    )


@theory
def optimal_penalty(spectrum: Spectrum, *, gamma: Any = None, n: Any = None, r2: Any = 1.0, sigma2: Any = 1.0) -> Any:
    """The penalty of least test error, by (5): lam for `gamma`, delta for `n`. It may be negative; inf where r2 = 0.

    Arguments broadcast. All minima that are further apart than a factor 1.05 in kappa are found and compared. Without noise it is
    0 where the features are fewer than the samples. Raises ValueError on bad input, or if both or none of gamma and n are given.

    Accuracy: 4e-16 of the larger of penalty and kappa (40-digit mpmath, 60 spectra of up to 4 eigenvalues, gamma in [0.1, 10],
    sigma2/r2 in [1e-2, 10]); for an isotropic signal in the proportional setting gamma sigma2/r2 to the last bit.

    >>> from asymptotics import spectra
    >>> round(float(optimal_penalty(spectra.atoms([1, 3], [0.5, 0.5]), gamma=2, r2=5, sigma2=1)), 12)
    0.4
    """
    if (gamma is None) == (n is None):
        refuse("gamma", gamma, "give gamma (the answer is lam) or n (the answer is delta), one of them")
    scale, nu, r2, sigma2 = np.broadcast_arrays(
        *((gamma, 1 / gamma) if n is None else (1.0, n)), np.asarray(r2, float), np.asarray(sigma2, float)
    )
    best = np.full(nu.shape, np.inf)
    live = r2 > 0
    if np.any(live):
        best[live] = scale[live] * _best(spectrum, nu[live], sigma2[live] / r2[live])
    return best


@theory
def optimal(spectrum: Spectrum, *, gamma: Any = None, n: Any = None, r2: Any = 1.0, sigma2: Any = 1.0) -> Risk:
    """All risks at the optimal penalty; without signal (r2 = 0) those of beta_hat = 0, with kappa = inf.

    Arguments and errors as in `optimal_penalty`; the error of the penalty enters squared.

    >>> from asymptotics import spectra
    >>> round(float(optimal(spectra.isotropic(), gamma=2, r2=2, sigma2=1).excess), 12)
    1.414213562373
    """
    penalty = np.asarray(optimal_penalty(spectrum, gamma=gamma, n=n, r2=r2, sigma2=sigma2))
    null = np.isinf(penalty)
    name = "lam" if n is None else "delta"
    found = ridge(spectrum, gamma=gamma, n=n, **{name: np.where(null, 1.0, penalty)}, r2=r2, sigma2=sigma2).to_dict()
    limit = dict.fromkeys(("test", "train", "gcv", "loo"), sigma2) | {"kappa": np.inf}
    return Risk(**{key: np.where(null, limit.get(key, 0.0), value) for key, value in found.items()})


def _best(spectrum: Spectrum, nu: Array, v: Array) -> Array:
    """delta at the global minimum of (kappa^2 int s/(s+kappa)^2 dG + v)/(nu - df2), for H of scale 1 and vectors nu, v."""
    H, G = spectrum.H, spectrum.G
    atoms = np.concatenate([H.compressed().atoms, G.compressed().atoms])
    live = H.mass - H.zero
    free = (v == 0) & (live <= nu)  # interpolates nothing but the truth: kappa = 0, no test error
    high = 100 * max(float(atoms.max()), float(np.max((G.mean() + v) / nu) * H.moment(2) / G.moment(2)))
    low, floor = 0.01 * float(atoms.min()), max(H.resolved, G.resolved, 1e-290)
    while True:
        low = max(low, floor)
        grid = np.exp(np.arange(np.log(low), np.log(high) + STEP, STEP))
        grid[0] = max(grid[0], floor)
        balance = _balance(spectrum, grid[:, None], nu, v)[0]
        if low == floor or np.all((balance[0] < 0) | free):
            break
        low *= 1e-4
    where, which = np.nonzero((balance[:-1] < 0) & (balance[1:] >= 0) & ~free)
    left, right = grid[where], grid[where + 1]
    for _ in range(50):  # 0.05 / 2^50 is below the spacing of doubles
        middle = np.sqrt(left) * np.sqrt(right)
        below = _balance(spectrum, middle, nu[which], v[which])[0] < 0
        left, right = np.where(below, middle, left), np.where(below, right, middle)
    _, value, delta = _balance(spectrum, right, nu[which], v[which])
    best = np.zeros(nu.size)
    order = np.argsort(-value, kind="stable")  # the least value is written last
    best[which[order]] = delta[order]
    return best


def _balance(spectrum: Spectrum, kappa: Array, nu: Array, v: Array) -> tuple[Array, Array, Array]:
    """(kappa times the right side of (5), the value of the minimand, the penalty that belongs to a root)."""
    signal = sums(spectrum.G, kappa)
    noise = signal if spectrum.G is spectrum.H else sums(spectrum.H, kappa)
    gap = nu - noise[2]
    balance = kappa * signal[4] * gap - (signal[1] + v) * noise[4]
    ratio = noise[4] / signal[4]
    with np.errstate(divide="ignore"):
        return balance, (signal[1] + v) / gap, v * ratio + (ratio * signal[1] - noise[1])
