r"""Ridge regression for any law H of the eigenvalues, at the ends: expansions in the moments of H.

    kappa = lam + gamma kappa f(kappa),     f(kappa) = int s/(s + kappa) dH(s),                                          (K)
    df1 = gamma f,   df2 = gamma (f + kappa f'),   variance = df2/(1 - df2),   bias = -kappa^2 f'/(1 - df2),             (R)

per sigma2 and r2, the signal isotropic. At an end kappa falls to 0, grows, or tends to a value kappa0, and f is a power series there:

    sum_j (-kappa)^j W_j,       sum_j (-1)^j M_(j+1) kappa^(-j-1),       sum_j (-1)^j I_j (kappa - kappa0)^j,            (F)
    W_j = int s^-j dH,          M_j = int s^j dH,                        I_j = int s/(s + kappa0)^(j+1) dH.

(K) with (F) cut is an equation for Newton's polygon; its series in (R) is divided out. All is exact in the moments, which must exist (W_j:
the law stays off 0), and is checked on a law of two atoms, without (F), at 80 digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import sympy as sp
from mpmath import mp, mpf

from asymptotics._digits import digits
from asymptotics.conventions import refuse
from asymptotics.expansions import puiseux
from asymptotics.expansions.branch import DIGITS, SMALL, polynomial_roots
from asymptotics.expansions.composition import U, composed, terms_of
from asymptotics.expansions.path import T
from asymptotics.expansions.result import Expansion, collected

LAM, GAMMA, KAPPA0 = sp.symbols("lambda gamma kappa0", positive=True)
ATOMS = (1, 3)  # of the law of the check, half each
QUANTITIES = ("kappa", "df1", "df2", "variance", "bias")
SPARE = 4  # orders that (R) may lose


@dataclass(frozen=True)
class End:
    """kappa in u, gamma and lam in t; `given`: numbers of what stays, on the law of the check; x and where it goes."""

    kappa: Any
    gamma: Any
    lam: Any
    x: Any
    to: Any
    given: dict[Any, Any]


ENDS = {
    "lam -> 0, gamma < 1": End(U, GAMMA, T, LAM, 0, {GAMMA: sp.Rational(1, 2)}),
    "lam -> 0, gamma = 1": End(U, sp.Integer(1), T, LAM, 0, {}),
    "lam -> 0, gamma > 1": End(KAPPA0 + U, GAMMA, T, LAM, 0, {GAMMA: sp.Rational(8, 5), KAPPA0: sp.Integer(1)}),
    "lam -> oo": End(1 / U, GAMMA, 1 / T, LAM, sp.oo, {GAMMA: sp.Integer(2)}),
    "gamma -> 0": End(LAM + U, T, LAM, GAMMA, 0, {LAM: sp.Rational(1, 2)}),
    "gamma -> oo": End(1 / U, 1 / T, LAM, GAMMA, sp.oo, {LAM: sp.Rational(1, 2)}),
    "gamma -> 1+, lam = 0": End(U, 1 + T, sp.Integer(0), GAMMA, 1, {}),
}


def ridge(quantity: str, end: str, *, terms: int = 2) -> Expansion:
    """The first terms of kappa, df1, df2, variance or bias at one of `ENDS`, in symbols gamma, lambda, kappa0, W1, W2 ..., M1 ..., I0 ....

    Raises ValueError on an unknown quantity or end, ConvergenceError where the check fails.

    >>> ridge("kappa", "lam -> 0, gamma = 1", terms=1).leading
    sqrt(lambda)/sqrt(W1)
    >>> ridge("variance", "lam -> 0, gamma < 1").series()
    gamma/(1 - gamma) - 2*W1*gamma*lambda/(1 - gamma)**3 + O(lambda**2)
    """
    if quantity not in QUANTITIES:
        refuse("quantity", quantity, f"one of {', '.join(QUANTITIES)}")
    if end not in ENDS:
        refuse("end", end, f"one of {'; '.join(ENDS)}")
    return _ridge(quantity, end, terms)


@cache
def _ridge(quantity: str, end: str, terms: int) -> Expansion:
    at = ENDS[end]
    with digits(DIGITS):
        f, field, point, u, numbers = _solved(end, terms + SPARE)
        slope = sp.diff(f, U) / sp.diff(at.kappa, U)
        df2 = at.gamma * (f + at.kappa * slope)
        risks = {"variance": df2 / (1 - df2), "bias": -(at.kappa**2) * slope / (1 - df2)}
        y = ({"kappa": at.kappa, "df1": at.gamma * f, "df2": df2} | risks)[quantity]
        values = [(t, v[quantity]) for t, v in numbers]
        found = composed(y, u, values, terms + 1, field, point)
        small = 1 / at.x if at.to == sp.oo else at.x - at.to
        return collected(found, values, terms, at.x, sp.sympify(at.to), small, field, point)


@cache
def _solved(end: str, order: int) -> tuple[Any, Any, list[Any], list[puiseux.Term], list[tuple[Any, dict[str, Any]]]]:
    """f, the field of the moments and their numbers in it, the series of u, and every quantity at t."""
    at = ENDS[end]
    f, moments = _integral(at, order)
    equation = sp.fraction(sp.together(1 - at.gamma * f - at.lam / at.kappa))[0]
    given = at.given | moments
    others = sorted(given, key=lambda s: s.name)
    field = sp.QQ.frac_field(*others)
    point = [field.domain.from_sympy(given[s]) for s in others]
    numbers = [(t, _numbers(at, t)) for t in SMALL]
    u = puiseux.series(terms_of(equation, field), [(t, v["u"]) for t, v in numbers], order, field, point)
    return f, field, point, u, numbers


def _integral(at: End, order: int) -> tuple[Any, dict[Any, Any]]:
    """(F) up to `order`, and the numbers of its moments on the law of the check."""
    f, numbers = sp.Integer(0), {}
    for j in range(order):
        if at.kappa == U:
            moment, number, power = sp.Symbol(f"W{j}", positive=True), sum(sp.Integer(s) ** -j for s in ATOMS), U**j
        elif at.kappa == 1 / U:
            moment, number, power = (
                sp.Symbol(f"M{j + 1}", positive=True),
                sum(sp.Integer(s) ** (j + 1) for s in ATOMS),
                U ** (j + 1),
            )
        else:
            start = at.given[next(iter((at.kappa - U).free_symbols))]
            moment, number, power = sp.Symbol(f"I{j}", positive=True), sum(s / (s + start) ** (j + 1) for s in ATOMS), U**j
        if j == 0 and at.kappa == U:
            moment = sp.Integer(1)
        elif j == 0 and at.kappa == KAPPA0 + U:
            moment = 1 / at.gamma
        else:
            numbers[moment] = sp.Rational(number) / len(ATOMS)
        f += (-1) ** j * moment * power
    return f, numbers


def _numbers(at: End, t: Any) -> dict[str, Any]:
    """Every quantity on the law of the check at t, and u: the largest root of the cubic (K), then sums over two atoms."""
    where = at.given | {T: t}
    gamma, lam = (mp.mpmathify(sp.sympify(e).subs(where).evalf(mp.dps)) for e in (at.gamma, at.lam))
    a, b = ATOMS
    cubic = [-a * b * lam, a * b - (a + b) * lam - gamma * a * b, a + b - lam - gamma * mpf(a + b) / 2, mpf(1)]
    kappa = max(mp.re(r) for r in polynomial_roots(cubic))
    f, slope = mp.fsum(s / (s + kappa) for s in ATOMS) / 2, -mp.fsum(s / (s + kappa) ** 2 for s in ATOMS) / 2
    df2 = gamma * (f + kappa * slope)
    u = kappa if at.kappa == U else 1 / kappa if at.kappa == 1 / U else kappa - mp.mpmathify(at.kappa.subs(U, 0).subs(where))
    risks = {"variance": df2 / (1 - df2), "bias": -(kappa**2) * slope / (1 - df2)}
    return {"u": u, "kappa": kappa, "df1": gamma * f, "df2": df2} | risks
