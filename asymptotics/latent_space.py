r"""Ridgeless least squares in the latent space model, in closed form, when p, n, d -> infinity, p/n -> gamma, d/p -> psi.

Model: x = W z + u in R^p with z ~ N(0, I_d), u ~ N(0, I_p), W'W = (mu/psi) I_d, and y = <theta, z> + xi, |theta|^2 = r2,
Var xi = sigma2. Given x this is a linear model with correlated features: S = I + WW' has the eigenvalue A = 1 + mu/psi on the
fraction psi of directions and 1 on the rest, and

    beta = W theta/A,      |beta|^2 = r2 mu psi/(psi + mu)^2,      noise = sigma2 + r2 psi/(psi + mu),                (I)

all of beta in the directions of eigenvalue A. Above gamma = 1 the effective ridge is the positive root of

    kappa^2 - (gamma (1 + mu) - 1 - A) kappa - A (gamma - 1) = 0,                                                   (K)

which is Eq. (32) in the variable kappa = 1/(gamma c0) (numbering from memory; the paper has mu = 1 there, the rest is derived).
**Risks are relative to E[y|x]**, the best predictor from x, not to <theta, z>: `test` adds the noise of (I).

Source: hastie2022surprises, Section 5.4, Corollary and Eqs. (31)-(35).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from asymptotics._twofold import Pair, add, divide, multiply, quotient, square_root, subtract, total, two_product, two_sum
from asymptotics.conventions import check, refuse, theory, within
from asymptotics.risk import Risk, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Induced:
    """The linear model of (I): eigenvalue `large`, with all the signal, on the fraction `psi`, 1 on the rest; |beta|^2; noise."""

    large: Value
    psi: Value
    beta2: Value
    noise: Value


def _induced(psi: Any, mu: Any, r2: Any, sigma2: Any) -> Induced:
    psi = within("psi", psi, lambda v: (v > 0) & (v <= 1), "in (0, 1]: latent dimensions per feature, d/p")
    mu = within("mu", mu, lambda v: (v >= 0) & np.isfinite(v), "nonnegative and finite: W'W = (p mu/d) I")
    if np.any(mu > 1e140 * psi):
        refuse("mu", float(np.max(mu)), "mu/psi must be at most 1e140, or its square overflows")
    r2, sigma2 = check("r2", r2), check("sigma2", sigma2)
    share = psi / (psi + mu)
    return Induced(large=1 + mu / psi, psi=psi, beta2=r2 * (share * (mu / (psi + mu))), noise=sigma2 + r2 * share)


@theory
def induced(*, psi: Any, mu: Any = 1.0, r2: Any = 1.0, sigma2: Any = 1.0) -> Induced:
    """The linear model that y given x obeys: its two eigenvalues, |beta|^2 and variance of the noise.

    Broadcasts over psi in (0, 1], mu >= 0, r2 >= 0, sigma2 >= 0; else ValueError. Accuracy: 3 eps (products and quotients only).

    >>> induced(psi=1.0, mu=1.0, r2=4.0, sigma2=1.0)
    Induced(large=np.float64(2.0), psi=np.float64(1.0), beta2=np.float64(1.0), noise=np.float64(3.0))
    """
    return _induced(psi, mu, r2, sigma2)


def _solve(gamma: Any, psi: Any, mu: Any) -> tuple[Pair, Pair]:
    """kappa of (K), 0 where gamma <= 1, and A, both in twice the precision."""
    large = add((1.0, 0.0), divide(mu, psi))
    if np.any(gamma * np.maximum(mu, 1.0) > 1e140):
        refuse("gamma", float(np.max(gamma)), "gamma mu must be at most 1e140, or its square overflows")
    b = subtract(add((gamma, 0.0), two_product(gamma, mu)), add((1.0, 0.0), large))
    c = multiply(large, two_sum(np.maximum(gamma, 1.0), -1.0))
    root = square_root(add(multiply(b, b), (4 * c[0], 4 * c[1])))
    above = b[0] >= 0
    top = add(root, (np.abs(b[0]), np.where(above, b[1], -b[1])))  # positive: b < 0 where gamma <= 1
    other = quotient((2 * c[0], 2 * c[1]), top)
    kappa = tuple(np.where(gamma > 1, np.where(above, 0.5 * t, o), 0.0) for t, o in zip(top, other, strict=True))
    return (kappa[0], kappa[1]), large


@theory
def effective_ridge(*, gamma: Any, psi: Any, mu: Any = 1.0) -> Any:
    """kappa of (K); 0 where gamma <= 1. The paper's c0 is 1/(gamma kappa).

    Broadcasts; gamma > 0, psi in (0, 1], mu >= 0, else ValueError. Accuracy: 0.6 eps (gamma in [1e-3, 1e3], psi in [1e-12,
    1], mu in [1e-6, 1e6], near gamma = 1 too).

    >>> effective_ridge(gamma=2.0, psi=1.0, mu=0.0)
    np.float64(1.0)
    """
    _induced(psi, mu, 0.0, 0.0)
    return _solve(*np.broadcast_arrays(gamma, np.float64(psi), np.float64(mu)))[0][0]


@theory
def ridgeless(*, gamma: Any, psi: Any, mu: Any = 1.0, r2: Any = 1.0, sigma2: Any = 1.0) -> Risk:
    """All risks of least squares of least norm; r2 = |theta|^2 and sigma2 = Var xi are those of the latent model.

    Broadcasts over gamma > 0, psi in (0, 1], mu >= 0, r2 >= 0, sigma2 >= 0; else ValueError. At gamma = 1 the variance is inf (0
    where there is no noise). Below gamma = 1: bias 0, variance noise gamma/(1 - gamma). Accuracy: 4.0 eps (bias, variance,
    excess, test, train, kappa; 60-digit mpmath, gamma in [1e-3, 1e3] near 1 too, psi in [1e-12, 1], mu in [1e-6, 1e6]).

    >>> ridgeless(gamma=1.5, psi=1 / 15, sigma2=1.0, r2=1.0).excess.round(5)
    np.float64(2.22323)
    """
    gamma, psi, mu, r2, sigma2 = np.broadcast_arrays(gamma, np.float64(psi), np.float64(mu), r2, sigma2)
    model = _induced(psi, mu, r2, sigma2)
    pair, large = _solve(gamma, psi, mu)
    kappa, A, reach = pair[0], large[0], total(large, pair)
    # int s^j/(s + kappa)^2 dH over 1/(A + kappa)^2: all terms positive
    flat, steep = (1 - psi) * (reach / total((1.0, 0.0), pair)) ** 2, psi + mu
    first, second = flat + steep, flat + steep * A
    share = 1 / reach
    df1 = np.where(gamma > 1, 1.0, gamma)
    df2 = np.where(gamma > 1, gamma * second * share * share, gamma)
    signal = r2 * (mu / (psi + mu))  # |beta|^2 A
    with np.errstate(divide="ignore", invalid="ignore"):  # kappa = 0; the pole at gamma = 1
        bias = np.where(gamma > 1, signal * (kappa / (gamma * first)), 0.0)
        variance = np.where(model.noise > 0, model.noise * np.where(gamma > 1, second / first / kappa, gamma / (1 - gamma)), 0.0)
    excess = bias + variance
    test = excess + model.noise
    spread = test * (gamma * (first * share * share))
    loss = {"excess": excess, "test": test, "gcv": test.copy(), "loo": test.copy()}
    return Risk(
        bias=bias,
        variance=variance,
        **loss,
        train=model.noise * np.maximum(1 - gamma, 0.0),
        norm2=model.beta2 * (A * share) ** 2 + spread,
        estimation=model.beta2 * (kappa * share) ** 2 + spread,
        kappa=kappa,
        df1=df1,
        df2=df2,
    )
