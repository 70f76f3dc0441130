r"""Ridge and ridgeless regression on one layer of random features of points on a sphere (Mei and Montanari).

Model: x and theta_1, ..., theta_k uniform on the sphere of radius sqrt d in R^d; features phi(<theta_a, x>/sqrt d), as they are;
y = b0 + <b1, x> + g(x) + noise, |b1|^2 = r2, g a Gaussian process orthogonal to constants and linear functions of variance
`nonlinear`; a_hat = (X'X + n lam I)^-1 X'y. As n, k, d -> infinity with k/n -> gamma, d/k -> psi, of phi only mu1 and mu_star
matter (`activations`), per v = mu1^2 + mu_star^2: c1 = mu1^2/v, c0 = mu_star^2/v, l = lam/v. All follows from one x = kappa/v,

    (gamma - u)(1 - u) = a l/x,     u = a (c1/(c1 + x) + c0/x) < min(1, gamma),     a = gamma psi = d/n,           (1)

where t = c0/x is -chi of the paper. With L = c1/(c1 + x), q = a L^2, rho = (gamma - u)/(gamma - q),

    test  = [r2 (1-L) (1 - rho L) + nonlinear + sigma2]/D,     D = (1 - u) + rho (u - q),                          (2)
    excess = test - sigma2,  whose noise part is sigma2 (1 - D)/D,   1 - D = (1 - rho) u + rho q,                  (3)
    train = (1 - u)^2 test,         GCV = train/(1 - u)^2 = test,                                                  (4)
    |a_hat|^2 = (a/(v x)) [r2 (1-L) ((1 - u) L + u - q) + (nonlinear + sigma2) (u - q)] / ((gamma - q) D).         (5)

These are Simon et al.'s equations for the spectrum of d eigenvalues mu1^2/d and a tail mu_star^2 (`spectrum`). All terms are
positive. Near the threshold, 1 - u and gamma - u are h and h + |gamma - 1|, with h (h + |gamma - 1|) = a l/x. The paper's letters:
psi_1 = 1/psi = k/d, psi_2 = 1/a = n/d, lambda = lam/psi_1, F_1^2 = r2, F_*^2 = nonlinear, tau^2 = sigma2.

Source: mei2022generalization, Theorem 2, Eqs (8), (15) to (20), (48); (1) is the real form of (15), (16); simon2024more.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from asymptotics._twofold import two_product
from asymptotics.activations import Function, Hermite, hermite
from asymptotics.conventions import refuse, theory, within
from asymptotics.errors import ConvergenceError
from asymptotics.risk import Risk
from asymptotics.spectra.laws import Law
from asymptotics.spectra.signals import Spectrum

Array = NDArray[np.float64]

ROUNDS = 100  # Newton takes 3 to 7; bisection of all doubles in log x takes 70


def _root_py(gamma, a, over, c1, c0, l, x, h, last):
    # x at l = 0 becomes x at l, and h = min(1, gamma) - u; over = a - min(1, gamma) to twice the precision; `last`: Newton's step
    for i in range(gamma.size):
        if l[i] == 0.0:
            continue
        m = min(1.0, gamma[i])
        apart = abs(gamma[i] - 1.0)
        q = a[i] * l[i]
        bottom = max(x[i], q / gamma[i]) * (1.0 - 1e-14)
        top = max(4.0 * q / gamma[i], 2.0 * a[i] / m) * (1.0 + 1e-14)
        t = x[i] + q / gamma[i]
        for _ in range(ROUNDS):  # log(pos/neg) falls in log x, with a slope between 1/2 and 2
            root = np.sqrt(apart * apart + 4.0 * q / t)
            pos = a[i] * c0 / t + 2.0 * q / t / (apart + root)
            pos1 = a[i] * c0 / t + q / t / root
            if t > c1:
                share = c1 / (c1 + t)
                pos += a[i] * share
                pos1 += a[i] * share * (1.0 - share)
                neg, neg1 = m, 0.0
            else:
                neg = a[i] * t / (c1 + t)
                neg1 = neg * (c1 / (c1 + t))
                pos += max(over[i], 0.0)
                neg += max(-over[i], 0.0)
            ratio = np.log(pos / neg)
            if ratio > 0.0:
                bottom = max(bottom, t)
            else:
                top = min(top, t)
            step = ratio / (pos1 / pos + neg1 / neg)
            new = t * np.exp(step)
            if not (bottom <= new <= top):
                new = np.sqrt(bottom) * np.sqrt(top)
            t = new
            last[i] = abs(step)
            if last[i] <= 1e-8:  # what is left is its square
                break
        x[i] = t
        h[i] = 2.0 * q / t / (apart + np.sqrt(apart * apart + 4.0 * q / t))


_root = njit(cache=True, nogil=True, error_model="numpy")(_root_py)


def spectrum(*, activation: str | Function, d: float = 1.0, nonlinear: float = 0.0) -> Spectrum:
    """What `random_features` sees: d eigenvalues mu1^2/d and a tail mu_star^2; the linear signal has r2 = 1, the tail `nonlinear`.

    Use it with n, k and delta = n lam/k; or, at d = 1, with gamma, psi, and psi lam for lam. Raises ValueError for activations
    without linear part (mu1 = 0), and as `hermite` does.

    >>> spectrum(activation="relu", d=10).H.atoms
    array([0.025])
    """
    phi = hermite(activation)
    d = float(within("d", d, lambda v: (v > 0) & np.isfinite(v), "positive and finite: input dimensions"))
    nonlinear = float(_rest(phi, nonlinear, 0.0))
    if phi.mu1**2 <= 1e-24 * phi.variance:  # 1e-12: mu1 by quadrature
        refuse("activation", activation, "it has no linear part; its features carry a tail only, and no eigenvalue")
    s = phi.mu1**2 / d
    at = np.array([s])
    H = Law(at, np.array([d]), tail=phi.mu_star2, mass=np.inf if phi.mu_star2 else d)
    return Spectrum(H, Law(at, 1 / at, tail=nonlinear, mass=np.inf if nonlinear else 1 / s))


@theory
def ridge(
    *,
    gamma: Any,
    psi: Any,
    activation: str | Function,
    lam: Any,
    r2: Any = 1.0,
    nonlinear: Any = 0.0,
    constant: Any = 0.0,
    sigma2: Any = 1.0,
) -> Risk:
    """All risks of ridge regression on k = gamma n random features of d = psi k inputs, Eqs (1) to (5); lam = 0 is the ridgeless limit.

    gamma, psi > 0, lam >= 0 and the variances r2 = |b1|^2, `nonlinear`, `constant` = b0^2, sigma2 broadcast. The constant is learned
    for nothing, unless mu0 = 0: then it is as good as nonlinear. `bias` is the excess without noise, `variance` the noise's part;
    `kappa` is that of eigenvalues mu1^2 (d times those of the kernel); df1 = u, df2 = q. At gamma = 1, lam = 0 test errors and norms
    are inf; but for linear features with psi = 1 the excess without noise is 0, as at every finite size, where the iterated limit
    lam -> 0 after n -> inf is r2/3 (r2 n/(3 tr S^-1) for any covariance S).
    Raises ValueError on bad input, and as `activations.hermite` does; ConvergenceError without a certificate.
    Accuracy: 1e-15 in every field against the paper's polynomials at 120 digits (400 points, gamma and psi in [1e-2, 1e2] and gamma to
    1e-14 from 1, lam in [1e-14, 1e3], five activations); 0.3 us a point.

    >>> risk = ridge(gamma=1, psi=1, activation="relu", lam=[0.0, 0.1], sigma2=0.1)
    >>> [round(float(v), 6) for v in risk.excess]
    [inf, 0.833419]
    """
    phi, v = _constants(activation)
    psi, rest = _psi(psi), _rest(phi, nonlinear, constant)
    gamma, psi, lam, r2, rest, sigma2 = np.broadcast_arrays(gamma, psi, _penalty("lam", lam), r2, rest, sigma2)
    c1, c0, l = phi.mu1**2 / v, phi.mu_star2 / v, lam / v
    a, low = two_product(gamma, psi)
    over = np.where(gamma > 1, (a - 1) + low, gamma * (psi - 1))
    x = _quadratic(a, over, np.minimum(gamma, 1.0), c1, c0)
    h = np.where(x > 0, 0.0, -over)  # at lam = 0
    shape, last = gamma.shape, np.zeros(gamma.size)
    ratio, share, room, penalty, x, h = (np.array(w, dtype=np.float64).ravel() for w in (gamma, a, over, l, x, h))
    _root(ratio, share, room, c1, c0, penalty, x, h, last)
    if not np.all(last <= 1e-8):
        i = int(np.argmax(last))
        cause = "arguments near the ends of the range of doubles"
        raise ConvergenceError("the equation of spherical features", residual=float(last[i]), iterations=ROUNDS, causes=cause)
    x, h = x.reshape(shape), h.reshape(shape)

    L, lost, tail, M = _shares(x, c1, c0)
    spread = a * (tail + L * lost)  # u - q
    left, free = h + np.maximum(1 - gamma, 0.0), h + np.maximum(gamma - 1, 0.0)  # 1 - u, gamma - u
    room = free + spread  # gamma - q
    point = room == 0  # identity at psi = 1 >= gamma, lam -> 0: gamma - u = u - q
    rho = np.where(point, 0.5, _over(free, room)), np.where(point, 0.5, _over(spread, room))
    found = _risk(a * (L + tail), a * L * L, left, spread, rho, L, lost, r2, rest, sigma2)
    per_x = a * (_over(tail, x) + L * M)  # (u - q)/x
    signal = r2 * M * (left * L + spread) + (rest + sigma2) * per_x
    gap = left + rho[0] * spread
    known = (gap == 0) & (signal == 0)  # linear features, lam -> 0, d = n <= k, no noise: signal/gap is 0/0
    norm2 = a / v * np.where(known, _over(r2 * M * L, room, np.inf), _over(signal, room * gap, np.inf))
    return _fields(**found, sigma2=sigma2, norm2=norm2, kappa=v * x)


@theory
def ridgeless(
    *,
    gamma: Any,
    psi: Any,
    activation: str | Function,
    r2: Any = 1.0,
    nonlinear: Any = 0.0,
    constant: Any = 0.0,
    sigma2: Any = 1.0,
) -> Risk:
    """The least-norm interpolator, or least squares: `ridge` at lam = 0, in closed form (no iteration is made there).

    >>> round(float(ridgeless(gamma=2, psi=0.5, activation="relu", sigma2=0).excess), 6)
    0.736488
    """
    given = {"r2": r2, "nonlinear": nonlinear, "constant": constant, "sigma2": sigma2}
    return ridge(gamma=gamma, psi=psi, activation=activation, lam=0.0, **given)


@theory
def wide(
    *,
    inputs: Any,
    activation: str | Function,
    delta: Any,
    r2: Any = 1.0,
    nonlinear: Any = 0.0,
    constant: Any = 0.0,
    sigma2: Any = 1.0,
) -> Risk:
    """Infinitely many features: kernel ridge regression with the kernel E phi(<theta, x>) phi(<theta, x'>) and penalty delta.

    `inputs` = d/n > 0; delta = lam/gamma >= 0 stays as gamma -> inf. It is ridge regression on the inputs themselves, gamma = d/n,
    lam = (d/n)(mu_star^2 + delta)/mu1^2, with `nonlinear` as more noise, but for train. Arguments broadcast; norm2 would be 0.

    >>> round(float(wide(inputs=0.5, activation="relu", delta=0.1).excess), 6)
    0.420623
    """
    phi, v = _constants(activation)
    inputs = within("inputs", inputs, lambda w: (w > 0) & np.isfinite(w), "positive and finite: input dimensions per sample, d/n")
    rest = _rest(phi, nonlinear, constant)
    a, delta, r2, rest, sigma2 = np.broadcast_arrays(inputs, _penalty("delta", delta), r2, rest, sigma2)
    c1, c0, l = phi.mu1**2 / v, phi.mu_star2 / v, delta / v
    x = _quadratic(a, a - 1, 1.0, c1, c0 + l)
    L, lost, tail, _ = _shares(x, c1, c0)
    left = np.where(x > 0, _over(a * l, x), 1 - a)
    found = _risk(a * (L + tail), a * L * L, left, a * (tail + L * lost), (1.0, 0.0), L, lost, r2, rest, sigma2)
    return _fields(**found, sigma2=sigma2, kappa=v * x)


@theory
def large_sample(
    *, psi: Any, activation: str | Function, lam: Any, r2: Any = 1.0, nonlinear: Any = 0.0, constant: Any = 0.0, sigma2: Any = 1.0
) -> Risk:
    """Infinitely many samples, psi = d/k > 0 and lam >= 0 fixed: how well k features can do. There is no variance, and train = test.

    Arguments broadcast.

    >>> round(float(large_sample(psi=0.5, activation="relu", lam=0.1).excess), 6)
    0.256395
    """
    phi, v = _constants(activation)
    psi, rest = _psi(psi), _rest(phi, nonlinear, constant)
    psi, lam, r2, rest, sigma2 = np.broadcast_arrays(psi, _penalty("lam", lam), r2, rest, sigma2)
    c1, c0, l = phi.mu1**2 / v, phi.mu_star2 / v, lam / v
    x = _quadratic(psi, psi - 1, 1.0, c1, c0 + l)
    L, lost, tail, M = _shares(x, c1, c0)
    free = np.where(x > 0, _over(psi * l, x), np.maximum(1 - psi, 0.0))  # (gamma - u)/gamma
    spread = psi * (tail + L * lost)
    room = free + spread
    none, one = np.zeros(psi.shape), np.ones(psi.shape)
    found = _risk(none, none, one, none, (_over(free, room), _over(spread, room)), L, lost, r2, rest, sigma2)
    return _fields(**found, sigma2=sigma2, norm2=psi / v * _over(r2 * M * L, room, np.inf), kappa=v * x)


def _constants(activation: str | Function) -> tuple[Hermite, float]:
    phi = hermite(activation)
    return phi, phi.variance


def _psi(psi: Any) -> Array:
    return within("psi", psi, lambda v: (v > 0) & np.isfinite(v), "positive and finite: input dimensions per feature, d/k")


def _penalty(name: str, value: Any) -> Array:
    return within(name, value, lambda v: (v >= 0) & np.isfinite(v), "nonnegative and finite: a penalty; 0 is the ridgeless limit")


def _rest(phi: Hermite, nonlinear: Any, constant: Any) -> Array:
    """What no feature shows: the nonlinear part, and the constant where mu0 = 0."""
    nonlinear, constant = (
        within(name, value, lambda v: (v >= 0) & np.isfinite(v), "nonnegative and finite: a variance")
        for name, value in (("nonlinear", nonlinear), ("constant", constant))
    )
    return nonlinear + constant * (phi.mu0**2 <= 1e-24 * phi.variance)  # 1e-12: mu0 by quadrature


def _quadratic(a: Any, over: Any, m: Any, c1: float, c0: Any) -> Any:
    """The root x >= 0 of a (c1/(c1 + x) + c0/x) = m, for over = a - m where c1 + c0 = 1."""
    b, product = c1 * over + a * c0, 4 * a * m * c0 * c1
    root = np.sqrt(b * b + product)
    return np.where(b > 0, b + root, np.divide(product, root - b, out=np.zeros(np.shape(root)), where=root > b)) / (2 * m)


def _shares(x: Array, c1: float, c0: float) -> tuple[Any, Any, Any, Any]:
    """L = c1/(c1 + x), 1 - L, c0/x (0 where c0 = 0) and 1/(c1 + x)."""
    M = 1 / (c1 + x)
    return c1 * M, x * M, _over(np.full(x.shape, c0), x), M


def _over(top: Any, bottom: Any, pole: float = 0.0) -> Any:
    """top/bottom, where both are 0: 0; where bottom is 0 and top is not: `pole`."""
    return np.divide(top, bottom, out=np.where(top > 0, pole, 0.0), where=bottom > 0)


def _risk(
    u: Any, q: Any, left: Any, spread: Any, rho: tuple[Any, Any], L: Any, lost: Any, r2: Any, rest: Any, sigma2: Any
) -> dict[str, Any]:
    """Eqs (2), (3), where `rho` is (rho, 1 - rho)."""
    D = left + rho[0] * spread
    bias = _over(r2 * lost * (lost + rho[1] * L) + rest, D, np.inf)
    variance = _over(sigma2 * (rho[1] * u + rho[0] * q), D, np.inf)
    return {"bias": bias, "variance": variance, "left": left, "df1": u, "df2": q}


def _fields(*, bias: Any, variance: Any, left: Any, sigma2: Any, **more: Any) -> Risk:
    """Eq. (4), and the sums."""
    test = (excess := bias + variance) + sigma2
    train = left * np.multiply(left, test, out=np.zeros(test.shape), where=left > 0)
    same = {name: np.array(test) for name in ("test", "gcv", "loo")}
    return Risk(bias=bias, variance=variance, excess=excess, train=train, **same, **more)
