r"""The Marchenko-Pastur law: eigenvalues of X'X/n for an n x p matrix X of independent entries (0, 1), p/n -> gamma.

Support [a, b] = [(1 - sqrt gamma)^2, (1 + sqrt gamma)^2], and for gamma > 1 an atom of mass 1 - 1/gamma at 0:

    f(x) = sqrt((x - a)(b - x))/(2 pi gamma x),                 m(z) = int dF(x)/(x - z),                           (F)
    gamma z m^2 + (z + gamma - 1) m + 1 = 0,                    v(z) = gamma m(z) - (1 - gamma)/z.                  (M)

x - a and b - x are taken in twice the precision, so values are those of the law at the float64 arguments as they stand.

Source: marchenko1967distribution; the cumulative distribution (`_marchenko_pastur`) is derived here.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext
from typing import Any

import numpy as np

from asymptotics._twofold import add, multiply, subtract, two_sum
from asymptotics.conventions import refuse, theory, within
from asymptotics.isotropic import companion as _companion
from asymptotics.isotropic import stieltjes as _stieltjes
from asymptotics.marchenko_pastur._formulas import edges as _edges
from asymptotics.marchenko_pastur._formulas import fraction, gaps, invert


def _points(x: Any, gamma: Any) -> tuple[Any, Any]:
    x = within("x", x, lambda v: ~np.isnan(v), "a number")
    x, gamma = np.broadcast_arrays(x, gamma)
    return np.clip(x, -1.0, 4 * (1 + gamma)), gamma  # b <= 2 (1 + gamma)


@theory
def edges(*, gamma: Any) -> tuple[Any, Any]:
    """a = (1 - sqrt gamma)^2 and b = (1 + sqrt gamma)^2, correctly rounded but for ties. gamma > 0, else ValueError.

    >>> edges(gamma=4.0)
    (np.float64(1.0), np.float64(9.0))
    """
    low, high = _edges(np.asarray(gamma))
    return (low[0] + low[1])[()], (high[0] + high[1])[()]


@theory
def atom(*, gamma: Any) -> Any:
    """The mass at zero, (1 - 1/gamma)_+. gamma > 0, else ValueError. Accuracy: 1 eps.

    >>> atom(gamma=4.0)
    np.float64(0.75)
    """
    return np.maximum(gamma - 1, 0.0) / gamma


@theory
def density(x: Any, *, gamma: Any) -> Any:
    """The density of the continuous part, of mass min(1, 1/gamma); 0 off the support, inf at x = 0 where gamma = 1.

    Broadcasts; gamma > 0, x not nan, else ValueError.
    Accuracy: 2.3 eps for the law at the float64 x and gamma as they stand (60-digit mpmath, 20000 points near both edges too,
    gamma in [1e-3, 1e3]); but rounding x before the call costs x/(2 (x - a)) or x/(2 (b - x)) times its relative error.

    >>> density(1.0, gamma=1.0).round(12)
    np.float64(0.275664447711)
    """
    x, gamma = _points(x, gamma)
    left, right = gaps(x, gamma)
    inside = (left > 0) & (right > 0)
    wave = np.sqrt(np.where(inside, left, 0.0)) * np.sqrt(np.where(inside, right, 0.0))
    out = wave / (2 * np.pi * gamma * np.where(inside, x, 1.0))
    return np.where((gamma == 1) & (x == 0), np.inf, out)


@theory
def cdf(x: Any, *, gamma: Any) -> Any:
    """F(x), the atom at zero included. Broadcasts; gamma > 0, x not nan, else ValueError.

    Accuracy: 3.8 eps for the float64 x as it stands, relative, in the lower tail too (60-digit mpmath, 20000 points near both
    edges too, gamma in [1e-3, 1e3]); rounding x costs 1.5 x/(x - a) times its relative error near the lower edge.

    >>> cdf(0.0, gamma=4.0)
    np.float64(0.75)
    """
    x, gamma = _points(x, gamma)
    return np.where(x < 0, 0.0, np.maximum(gamma - 1, 0.0) / gamma + np.minimum(1.0, 1 / gamma) * fraction(x, gamma))


@theory
def survival(x: Any, *, gamma: Any) -> Any:
    """1 - F(x) with its own relative accuracy near the upper edge. Broadcasts; gamma > 0, x not nan, else ValueError.

    Accuracy: 4.0 eps, relative, in the upper tail too (60-digit mpmath, 20000 points near both edges too, gamma in [1e-3,
    1e3]); rounding x costs 1.5 x/(b - x) times its relative error near the upper edge.

    >>> survival(-1.0, gamma=0.5)
    np.float64(1.0)
    """
    x, gamma = _points(x, gamma)
    return np.where(x < 0, 1.0, np.minimum(1.0, 1 / gamma) * fraction(x, gamma, upper=True))


@theory
def quantile(u: Any, *, gamma: Any) -> Any:
    """The least x with F(x) >= u; 0 where u <= atom(gamma) (and gamma > 1), a at u = 0 otherwise.

    Broadcasts; gamma > 0, u in [0, 1], else ValueError. Safeguarded Newton's iteration; ConvergenceError unless
    F meets its level to 1e-14. Accuracy: 6 eps in x, 0.7 in the mean (60-digit mpmath, 20000 points, gamma in [1e-3, 1e3],
    u within 1e-15 of 0, 1 and the atom), where the condition number of x in u is 2; above gamma = 1 the level u - atom is
    formed in twice the precision.

    >>> quantile([0.5, 1.0], gamma=4.0)
    array([0., 9.])
    """
    u = within("u", u, lambda v: (v >= 0) & (v <= 1), "a probability, in [0, 1]")
    u, gamma = np.broadcast_arrays(u, gamma)
    scale = np.maximum(gamma, 1.0)
    above = multiply(two_sum(1.0, -u), (scale, 0.0))  # 1 - C = (1 - u) gamma where gamma > 1
    below = subtract((1.0, 0.0), above)
    w, v = above[0] + above[1], below[0] + below[1]
    return np.where((gamma > 1) & (v <= 0), 0.0, invert(v, w, gamma))


@theory
def sample(size: Any, *, gamma: Any, rng: np.random.Generator) -> Any:
    """Independent draws of the law by its quantile: exactly 0 with probability atom(gamma). `size` as in NumPy.

    >>> sample(3, gamma=4.0, rng=np.random.default_rng(0)).shape
    (3,)
    """
    if not isinstance(rng, np.random.Generator):
        refuse("rng", rng, "it must be a numpy.random.Generator: numpy.random.default_rng(seed)")
    return quantile(rng.random(size), gamma=gamma)


@theory
def moment(order: int, *, gamma: Any) -> Any:
    """int x^k dF = sum_i gamma^i C(k, i) C(k - 1, i)/(i + 1), the Narayana polynomial: 40 digits, rounded once.

    Any whole order; negative ones by m_{-k-1} = m_k/(1 - gamma)^{2k+1}, which are inf where gamma >= 1. Any shape of gamma > 0.
    ValueError on bad input. Accuracy: half an ulp (positive terms, 40 digits); a microsecond a term and element.

    >>> moment(3, gamma=1.0)
    np.float64(5.0)
    """
    if isinstance(order, bool) or not isinstance(order, int | np.integer):
        refuse("order", order, "it must be a whole number")
    k = int(order) if order >= 0 else -int(order) - 1

    def narayana(g: float) -> float:
        if order < 0 and g >= 1:
            return np.inf
        x, term, total = Decimal(g), Decimal(1), Decimal(1)
        for i in range(k - 1):
            term = term * x * ((k - i) * (k - 1 - i)) / ((i + 1) * (i + 2))
            total += term
        return float(total if order >= 0 else total / (1 - x) ** (2 * k + 1))

    gamma = np.asarray(gamma)
    with localcontext(Context(prec=40, Emax=MAX_EMAX, Emin=MIN_EMIN)):
        return np.array([narayana(float(g)) for g in gamma.ravel()]).reshape(gamma.shape)


def _transform(z: Any, gamma: Any, sign: float) -> Any:
    """m (sign = 1) or v (-1) off the support: of h +- w, h = sign (1 - gamma) - z, w^2 = (z - a)(z - b), the larger is used."""
    try:
        z = np.asarray(z)
        z = z.astype(np.complex128 if np.iscomplexobj(z) else np.float64)
    except (TypeError, ValueError):
        refuse("z", z, "it must be a number or an array of numbers, real or complex")
    z, gamma = np.broadcast_arrays(z, gamma)
    left, right = gaps(z.real, gamma)
    bad = ~np.isfinite(z) | ((z.imag == 0) & (left >= 0) & (right >= 0) & ((z.real != 0) | (gamma != 1)))
    if np.any(bad):
        refuse("z", z[bad].ravel()[0].item(), "it must be finite and off the support [a, b]; see edges(gamma=)")
    real = z.real
    h = add(two_sum(sign, -sign * gamma), (-real, 0.0))
    if not np.iscomplexobj(z):
        below = left < 0
        inner = (_stieltjes if sign > 0 else _companion)(gamma=gamma, lam=np.where(below, -real, 1.0))
        wave = np.sqrt(np.maximum(left, 0.0)) * np.sqrt(np.maximum(-right, 0.0))
        pole = np.where(gamma >= 1, np.inf, 1.0) if sign > 0 else np.inf  # gamma = 1, z = 0
        outer = 2 / np.where(below | (real == 0), -1.0, h[0] + h[1] - wave)
        return np.where(below, inner, np.where(real == 0, pole, outer))
    wave = np.sqrt(left + 1j * z.imag) * np.sqrt(-right + 1j * z.imag)
    c = h[0] + h[1] - 1j * z.imag
    plus = c.real * wave.real + c.imag * wave.imag >= 0
    scale = 2 * z * (gamma if sign > 0 else 1.0)
    first = (c + wave) / np.where(plus & (scale != 0), scale, 1.0)
    second = 2 / np.where(plus, 1.0, c - wave)
    return np.where(plus, np.where(scale == 0, np.inf, first), second)


@theory
def stieltjes(z: Any, *, gamma: Any) -> Any:
    """m(z) = int dF(x)/(x - z) at complex z, or real z outside the support.

    At its pole z = 0 (gamma >= 1) inf: the limit from below. Broadcasts; real for real z. ValueError inside the support, on nan,
    gamma <= 0.
    Accuracy: 1.4 eps at real z up to one ulp from the edges, 2.4 eps in modulus at complex z (60-digit mpmath, 20000 points
    near both edges too, gamma in [1e-3, 1e3]).

    >>> stieltjes(0.0, gamma=0.5)
    np.float64(2.0)
    """
    return _transform(z, gamma, 1.0)


@theory
def companion(z: Any, *, gamma: Any) -> Any:
    """v(z) = gamma m(z) - (1 - gamma)/z, the transform of the law of XX'/n. Arguments and errors as `stieltjes`.

    Accuracy: 1.4 eps at real z, 2.4 eps in modulus at complex z (as `stieltjes`).

    >>> companion(0.0, gamma=2.0)
    np.float64(1.0)
    """
    return _transform(z, gamma, -1.0)


@dataclass(frozen=True, slots=True)
class MarchenkoPastur:
    """The law at one gamma, as an object: what `theorems.Law` compares with eigenvalues."""

    gamma: float

    @property
    def edges(self) -> tuple[float, float]:
        return edges(gamma=self.gamma)

    @property
    def atom(self) -> float:
        return atom(gamma=self.gamma)

    def density(self, x: Any) -> Any:
        return density(x, gamma=self.gamma)

    def cdf(self, x: Any) -> Any:
        return cdf(x, gamma=self.gamma)

    def quantile(self, u: Any) -> Any:
        return quantile(u, gamma=self.gamma)

    def moment(self, order: int) -> Any:
        return moment(order, gamma=self.gamma)


@theory
def law(*, gamma: Any) -> MarchenkoPastur:
    """The law at one gamma > 0, with `density`, `cdf`, `quantile`, `moment`, `edges`, `atom`.

    >>> law(gamma=4.0).edges
    (np.float64(1.0), np.float64(9.0))
    """
    if np.ndim(gamma) > 0:
        refuse("gamma", gamma, "a law has one gamma: make one for each")
    return MarchenkoPastur(float(gamma))
