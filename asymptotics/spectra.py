r"""Spectra of covariances, and how the signal is spread over their eigenvectors.

A `Spectrum` is a pair of laws: H, where the eigenvalues of the covariance are, and G, which share of |beta|^2 sits at each. Two
settings: *proportional*, H of mass 1, used with (gamma, lam); and *dimension-free*, H with multiplicities, used with (n, delta).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import zeta

from asymptotics import quadratures
from asymptotics.conventions import refuse
from asymptotics.laws import Array, Law, masses, quotient, vector

__all__ = [
    "KNOWN",
    "SIGNALS",
    "Law",
    "Measured",
    "Spectrum",
    "atoms",
    "autoregressive",
    "density",
    "equicorrelated",
    "from_data",
    "from_eigenvalues",
    "isotropic",
    "latent_space",
    "multiplicities",
    "parse",
    "power",
    "power_law",
    "spiked",
]

Signal = ArrayLike | str | None

KNOWN = "isotropic, ar1:RHO, atoms:S@W,S@W,..., equicorrelated:RHO, power:A, latent:MU,PSI"
SIGNALS = "isotropic, top:Q, bottom:Q"


@dataclass(frozen=True, eq=False)
class Spectrum:
    """`H`: the law of the eigenvalues. `G`: the shares of |beta|^2 at each eigenvalue; mass 1, except in `power_law`."""

    H: Law
    G: Law


def _shares(weights: Array, signal: Signal) -> Array:
    """Shares of the signal for directions sorted by decreasing eigenvalue and of these masses; they sum to 1."""
    mass = float(np.sum(weights))
    if signal is None:
        signal = "isotropic"
    if isinstance(signal, str):
        kind, q = _fraction(signal)
        ends = np.concatenate([[0.0], np.cumsum(weights) / mass])
        ends[-1] = 1.0
        if kind == "bottom":
            ends = 1 - ends
        return np.abs(np.diff(np.minimum(ends, q))) / q
    energies = vector("signal", signal)
    if energies.shape != weights.shape:
        refuse("signal", energies.shape, f"one energy an eigenvalue: {weights.size} of them")
    if np.any(energies < 0) or not np.any(energies > 0):
        refuse("signal", float(energies.min()), "energies are squares: nonnegative, not all zero")
    return energies / np.sum(energies)


def _spectrum(values: Array, weights: Array, signal: Signal, *, divisor: float = 1.0, unit: bool = False) -> Spectrum:
    if np.any(values < 0):
        refuse("values", float(values.min()), "eigenvalues of a covariance are nonnegative")
    if np.any(weights < 0):
        refuse("weights", float(weights.min()), "masses are nonnegative")
    H = masses(values, weights, divisor=divisor, unit=unit)
    if (signal is None or (isinstance(signal, str) and signal == "isotropic")) and unit:
        return Spectrum(H, H)
    order = np.argsort(-values, kind="stable")
    if signal is not None and not isinstance(signal, str):
        signal = vector("signal", signal)
        signal = signal[order] if signal.shape == values.shape else signal
    shares = _shares(weights[order], signal)
    decreasing = values[order]
    keep = shares > 0
    if not np.any(keep & (decreasing > 0)):
        refuse("signal", signal, "all of it lies where the eigenvalues are 0: it cannot be seen")
    return Spectrum(H, masses(decreasing[keep], shares[keep], unit=True))


def isotropic() -> Spectrum:
    """All eigenvalues are 1. Proportional.

    >>> isotropic().H.mean()
    1.0
    """
    return atoms([1.0], [1.0])


def atoms(values: ArrayLike, weights: ArrayLike, signal: Signal = None) -> Spectrum:
    """Eigenvalues `values` (m,), >= 0, in proportions `weights` (m,), which sum to 1. Proportional.

    `signal`: "isotropic" (default), "top:Q", "bottom:Q", or the energy of beta at each eigenvalue (m,), of any scale.
    Raises ValueError for weights whose sum is off 1 by more than rounding.

    >>> atoms([1, 3], [0.5, 0.5]).H.mean()
    2.0
    """
    values, weights = vector("values", values), vector("weights", weights)
    if values.shape != weights.shape:
        refuse("weights", weights.shape, f"one weight an eigenvalue: {values.size} of them")
    if abs(np.sum(weights) - 1) > 1e-12:  # rounding of up to 10^4 weights
        refuse("weights", float(np.sum(weights)), "weights must sum to 1; counts go to multiplicities()")
    return _spectrum(values, weights, signal, unit=True)


def multiplicities(values: ArrayLike, counts: ArrayLike, signal: Signal = None) -> Spectrum:
    """Eigenvalues `values` (m,), >= 0, each `counts` (m,) times. Dimension-free: use it with n= and delta=.

    >>> multiplicities([1, 3], [10, 5]).H.mass
    15.0
    """
    values, counts = vector("values", values), vector("counts", counts)
    if values.shape != counts.shape:
        refuse("counts", counts.shape, f"one count an eigenvalue: {values.size} of them")
    if np.any(counts < 0):
        refuse("counts", float(counts.min()), "multiplicities are nonnegative")
    return _spectrum(values, counts, signal)


def from_eigenvalues(values: ArrayLike, coefficients: ArrayLike | None = None) -> Spectrum:
    """The spectrum of a covariance with these p eigenvalues, each of mass 1/p. Proportional.

    `coefficients` (p,) are the components of beta on the eigenvectors; their squares are normalised, so that r2 = |beta|^2.

    >>> from_eigenvalues([2.0, 1.0, 1.0, 0.0]).H.mean()
    1.0
    """
    values = vector("values", values)
    if coefficients is None and np.all(values > 0):
        p = float(values.size)
        counts = np.arange(1.0, p + 1)
        H = Law(np.sort(values)[::-1], np.full(values.size, 1 / p), mass=1.0, above=quotient(counts, 0 * counts, p))
        return Spectrum(H, H)
    energies = None if coefficients is None else vector("coefficients", coefficients) ** 2
    return _spectrum(values, np.ones(values.size), energies, divisor=float(values.size), unit=True)


def equicorrelated(rho: float, p: int | None = None, signal: Signal = "isotropic") -> Spectrum:
    """Unit variances, all correlations `rho` in [0, 1): p - 1 eigenvalues 1 - rho, one 1 + (p - 1) rho. Proportional.

    Without `p` the limit: the spike has mass 0, and all eigenvalues are 1 - rho.
    """
    if not 0 <= rho < 1:
        refuse("rho", rho, "the common correlation must lie in [0, 1)")
    if p is None:
        return atoms([1 - rho], [1.0], signal)
    return spiked([1 + (p - 1) * rho], p=p, bulk=1 - rho, signal=signal)


def spiked(values: ArrayLike, *, p: int, bulk: float = 1.0, signal: Signal = "isotropic") -> Spectrum:
    """`values` (k,), each once, and `p` - k times the eigenvalue `bulk`. Proportional: each spike has mass 1/p.

    A `signal` of energies has k + 1 entries, the last for all of the bulk together.

    >>> spiked([10.0], p=100).H.mean()
    1.09
    """
    values = vector("values", values)
    if p < values.size or p != int(p):
        refuse("p", p, f"the number of features must be an integer, at least the number of spikes ({values.size})")
    counts = np.append(np.ones(values.size), p - values.size)
    return _spectrum(np.append(values, bulk), counts, signal, divisor=float(p), unit=True)


def latent_space(mu: float, psi: float, signal: Signal = None) -> Spectrum:
    """Features that see d latent variables, psi = d/p: d eigenvalues 1 + mu/psi, the rest 1. Proportional.

    The signal of the latent-space model lies on the d spiked directions (default). Source: hastie2022surprises, section 5.4
    (numbering from memory).
    """
    if not (mu >= 0 and np.isfinite(mu)):
        refuse("mu", mu, "the strength of the latent variables is nonnegative and finite")
    if not 0 < psi <= 1:
        refuse("psi", psi, "psi = d/p must lie in (0, 1]")
    return atoms([1 + mu / psi, 1.0], [psi, 1 - psi], [1.0, 0.0] if signal is None else signal)


def _continuous(
    rule: Callable[[float, float], tuple[Array, Array]], ends: Callable[[str], tuple[float, float]], signal: Signal
) -> Spectrum:
    # the law of a rule over (0, 1), and the signal on a part of it
    H = masses(*quadratures.trimmed(*rule(*ends("isotropic"))), unit=True)
    if signal is None or signal == "isotropic":
        return Spectrum(H, H)
    if not isinstance(signal, str):
        refuse("signal", type(signal).__name__, f"for a continuous spectrum, one of {SIGNALS}")
    s, w = quadratures.trimmed(*rule(*ends(signal)))
    return Spectrum(H, masses(s, w / np.sum(w), unit=True))


def power(a: float, signal: Signal = "isotropic") -> Spectrum:
    """s = u^a, u uniform on (0, 1), a >= 0. Proportional; in p dimensions simulations take u_i = (i - 1/2)/p.

    Accuracy: int s/(s + kappa) dH within 1e-14 for kappa >= 1e-12 (hypergeometric function at 50 digits).

    >>> round(power(2.0).H.mean(), 14)
    0.33333333333333
    """
    if not (a >= 0 and np.isfinite(a)):
        refuse("a", a, "the exponent must be nonnegative and finite")
    if a == 0:
        return atoms([1.0], [1.0], signal)
    return _continuous(lambda low, high: quadratures.power(a, low, high), _top_is_one, signal)


def autoregressive(rho: float, signal: Signal = "isotropic") -> Spectrum:
    """The limit of the AR(1) covariance rho^|i-j|, |rho| < 1: (1 - rho^2)/(1 - 2 rho cos t + rho^2), t uniform. Proportional.

    Accuracy: exponential in the number of nodes, which is chosen from rho: 1e-14 for kappa >= 0, |rho| <= 0.999.

    >>> round(autoregressive(0.7).H.mean(), 14)
    1.0
    """
    if not -1 < rho < 1:
        refuse("rho", rho, "the correlation of neighbours must lie in (-1, 1)")
    if rho == 0:
        return atoms([1.0], [1.0], signal)
    return _continuous(lambda low, high: quadratures.autoregressive(rho, 1 - high, 1 - low), _top_is_one, signal)


def _top_is_one(signal: str) -> tuple[float, float]:
    # the part of (0, 1) on which the signal sits, where s increases in u
    kind, q = _fraction(signal)
    return (1 - q, 1.0) if kind == "top" else (0.0, q)


def density(pdf: Callable[[float], float], low: float, high: float, signal: Signal = "isotropic") -> Spectrum:
    """Eigenvalues with the density `pdf` on (`low`, `high`), 0 <= low < high. Proportional.

    `pdf` takes and gives a float; it is smooth inside and may have integrable power-law singularities at both ends.
    Raises ValueError if its mass is off 1 by more than 1e-10; what remains is divided out.
    Accuracy: 1e-13 for uniform, arcsine and semicircle densities.

    >>> round(density(lambda s: 0.5, 1, 3).H.mean(), 13)
    2.0
    """
    if not (0 <= low < high < np.inf):
        refuse("low", low, f"0 <= low < high is needed; high = {high!r}")
    mass = float(np.sum(quadratures.density(pdf, float(low), float(high))[1]))
    if abs(mass - 1) > 1e-10:  # the rule gives 1e-13 where the density is smooth inside
        refuse("pdf", mass, "its integral over (low, high) must be 1; a density with kinks or jumps inside is refused too")

    def rule(a: float, b: float) -> tuple[Array, Array]:
        nodes, weights = quadratures.density(pdf, a, b)
        return nodes, weights / np.sum(weights)

    def ends(signal: str) -> tuple[float, float]:
        from scipy.optimize import brentq

        kind, q = _fraction(signal)
        if q == 1:
            return float(low), float(high)

        def excess(x: float) -> float:
            return float(np.sum(quadratures.density(pdf, float(low), x)[1])) / mass - (q if kind == "bottom" else 1 - q)

        span = high - low
        cut = float(brentq(excess, low + 1e-6 * span, high - 1e-6 * span, xtol=1e-15 * span, rtol=1e-14))
        return (cut, float(high)) if kind == "top" else (float(low), cut)

    return _continuous(rule, ends, signal)


def power_law(alpha: float, beta: float | None = None, p: int | None = None) -> Spectrum:
    """Eigenvalues i^-alpha, i = 1 ... p, or without end: p = None, alpha > 1. Dimension-free.

    The target has the powers v_i^2 = s_i beta_i^2 = i^-beta in the basis of unit variance, so that G has the weights
    i^(alpha - beta), not normalised: pass r2 = 1 for this target, or what multiplies it. beta = alpha (default) is an isotropic
    signal; an infinite spectrum asks for beta > 1. Beyond the resolved part the sums are Hurwitz zeta
    functions: nothing is truncated.

    Accuracy: 1e-14 for kappa >= `resolved`, which is n of about 1e12.

    >>> from asymptotics.equivalents import effective_ridge
    >>> round(float(effective_ridge(power_law(2.0).H, n=100, delta=0.0).kappa) * 1e4, 3)  # (pi/2/n)^2 at large n
    2.443
    """
    beta = alpha if beta is None else beta
    if not (0 < alpha < np.inf and np.isfinite(beta)):
        refuse("alpha", alpha, f"the exponents must be finite, alpha > 0; beta = {beta!r}")
    if p is None and not (alpha > 1 and beta > 1):
        refuse("alpha", alpha, f"infinitely many eigenvalues need alpha > 1 and beta > 1 (finite variance); beta = {beta!r}")
    if p is not None and not (p >= 1 and p == int(p)):
        refuse("p", p, "the number of features must be a positive integer, or None for infinitely many")
    # at n = 1e12, kappa ~ n^-alpha; the next term of the tail is s_last/kappa < 1e-14 beside the first
    last = 10.0 ** np.floor(min(12 + 14 / alpha, 280 / alpha)) if p is None else float(p)
    i, w, above = quadratures.integers(last, float(np.exp(min([1.0, 3 / alpha, 3 / max(abs(alpha - beta), 1e-9)]))))
    s, energy = i**-alpha, w * i ** (alpha - beta)
    if p is not None:
        return Spectrum(Law(s, w, mass=last, above=above), Law(s, energy))
    resolved = 1e14 * last**-alpha
    H = Law(s, w, tail=float(zeta(alpha, last + 1)), mass=np.inf, resolved=resolved, above=above)
    total = float(zeta(beta - alpha)) if beta - alpha > 1 else np.inf
    return Spectrum(H, Law(s, energy, tail=float(zeta(beta, last + 1)), mass=total, resolved=resolved))


@dataclass(frozen=True, eq=False)
class Measured(Spectrum):
    """A spectrum read off data, with the squared norm of its signal and the noise; None where no target was given."""

    r2: float | None = None
    sigma2: float | None = None


def from_data(X: ArrayLike, y: ArrayLike | None = None) -> Measured:
    """The sample covariance of the rows of `X` (m, p), centred; with `y` (m,), the signal on its eigenvectors and the noise too.

    Biases. The eigenvalues are those of the sample: spread wider than the population's unless p << m (by about sqrt(p/m)), and
    m - 1 of them at most are positive. The eigencoefficients are least-squares ones, b_i = u_i'y/sqrt(m s_i), and their energies
    b_i^2 - sigma2/(m s_i), cut off at 0, which biases them up where the signal is below the noise. The noise is the residual
    variance, unbiased for linear models, if p < m - 1; else that of ridge at the penalty of least GCV, residual/(m - 1 - df),
    biased either way.
    """
    X = np.array(X, dtype=np.float64)
    if X.ndim != 2 or X.shape[0] < 3 or X.shape[1] < 1:
        refuse("X", X.shape, "a table of at least 3 rows and 1 column is needed")
    if not np.all(np.isfinite(X)):
        refuse("X", "nan or inf", "every entry must be finite")
    m, p = X.shape
    X -= X.mean(axis=0)
    u, d, _ = np.linalg.svd(X, full_matrices=False)
    rank = int(np.count_nonzero(d > d[0] * max(m, p) * np.finfo(float).eps)) if d[0] > 0 else 0
    values = np.zeros(p)
    values[:rank] = d[:rank] ** 2 / m
    if y is None:
        spectrum = from_eigenvalues(values)
        return Measured(spectrum.H, spectrum.G)
    target = vector("y", y)
    if target.size != m:
        refuse("y", target.size, f"one entry a row of X: {m}")
    target -= target.mean()
    projections = u[:, :rank].T @ target
    rest = float(np.sum((target - u[:, :rank] @ projections) ** 2))
    free = m - 1
    if rank < free:
        sigma2 = rest / (free - rank)
    else:
        penalties = d[0] ** 2 * np.logspace(-10, 2, 121)[:, None]
        shrink = penalties / (d[:rank] ** 2 + penalties)
        residual, freedom = np.sum((shrink * projections) ** 2, axis=1), np.sum(shrink, axis=1)
        best = int(np.argmin(residual / freedom**2))
        sigma2 = float(residual[best] / freedom[best])
    energies = np.zeros(p)
    energies[:rank] = np.maximum(projections**2 - sigma2, 0) / d[:rank] ** 2
    spectrum = from_eigenvalues(values, np.sqrt(energies) if np.any(energies > 0) else None)
    return Measured(spectrum.H, spectrum.G, r2=float(energies.sum()), sigma2=sigma2)


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        refuse(name, text, "it must be a number")


def _fraction(signal: str) -> tuple[str, float]:
    # "top" or "bottom", and the fraction of directions
    if signal == "isotropic":
        return "top", 1.0
    kind, _, text = signal.partition(":")
    if kind not in ("top", "bottom") or not text:
        refuse("signal", signal, f"known signals: {SIGNALS}")
    q = _number("signal", text)
    if not 0 < q <= 1:
        refuse("signal", signal, "the fraction of directions must lie in (0, 1]")
    return kind, q


def parse(spectrum: str, signal: str = "isotropic") -> Spectrum:
    """The spectrum that a string names (see `KNOWN`, `SIGNALS`); simulations read the same strings.

    >>> parse("atoms:1@0.5,3@0.5").H.mean()
    2.0
    """
    kind, _, text = str(spectrum).partition(":")
    families = {"ar1": autoregressive, "equicorrelated": equicorrelated, "power": power}
    if kind in families and text:
        return families[kind](_number("spectrum", text), signal=signal)  # type: ignore[operator]
    if kind == "latent" and text.count(",") == 1:
        mu, psi = (_number("spectrum", part) for part in text.split(","))
        return latent_space(mu, psi, signal)
    if kind == "isotropic" and not text:
        return atoms([1.0], [1.0], signal)
    if kind == "atoms" and text:
        pairs = [part.partition("@") for part in text.split(",")]
        if not all(at for _, at, _ in pairs):
            refuse("spectrum", spectrum, "atoms are written S@W, an eigenvalue and its weight")
        return atoms([_number("spectrum", s) for s, _, _ in pairs], [_number("spectrum", w) for _, _, w in pairs], signal)
    refuse("spectrum", spectrum, f"known spectra: {KNOWN}")
