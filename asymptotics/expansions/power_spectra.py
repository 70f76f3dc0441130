r"""Ridge at power-law spectra, eigenvalues i^-alpha, as the number of samples grows: the terms after the power of n.

    m = n (1 - q) = sum_i 1/(1 + kappa i^alpha) = C kappa^(-1/alpha) - 1/2 + sum_(j>0) (-1)^j zeta(-j alpha) kappa^j + ...,      (1)
    df2 = m + kappa dm/dkappa,     E0 = m/(m - df2) at q = 0,                                                              (2)

q the fitting ratio, C = (pi/alpha)/sin(pi/alpha), kappa -> 0 (Mellin; what is left out falls like exp(-c m)). With alpha = a/b and
kappa = u^a, (1) is a polynomial in u and t = 1/m. The leading terms are (1) of `asymptotics.power_laws`, kappa = (C/m)^alpha, E0 = alpha.
The check is on the sum itself, at 80 digits: 10 modes to 600.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import sympy as sp
from mpmath import mp, mpf

from asymptotics._digits import digits
from asymptotics.conventions import refuse
from asymptotics.expansions import puiseux
from asymptotics.expansions.branch import DIGITS
from asymptotics.expansions.composition import U, composed, terms_of
from asymptotics.expansions.path import T
from asymptotics.expansions.result import Expansion, collected

C, MODES = sp.symbols("C m", positive=True)
QUANTITIES = ("kappa", "overfitting")
PLACES = (10, 20, 40, 80, 160, 300, 600)  # kappa^(-1/alpha) of the check
LARGEST = 8  # twice of it is the degree of the polynomial


def ridge(quantity: str, *, alpha: Any, terms: int = 2) -> Expansion:
    """The first terms of kappa or the overfitting E0 as m -> oo, with symbols C and Z1, Z2 ... for zeta(-alpha), zeta(-2 alpha) ....

    `alpha`: 1.5, 2, 2.5 ... 8. Raises ValueError on bad input, ConvergenceError where the check fails.

    >>> ridge("kappa", alpha=2).series()
    -C**2/m**3 + C**2/m**2 + O(m**(-4), (m, oo))
    >>> ridge("overfitting", alpha=1.5).series()
    -3/(4*m) + 3/2 + O(m**(-2), (m, oo))
    """
    if quantity not in QUANTITIES:
        refuse("quantity", quantity, f"one of {', '.join(QUANTITIES)}")
    exact = sp.nsimplify(alpha, rational=True)
    if not (1 < exact <= LARGEST and (2 * exact).is_integer):
        refuse("alpha", alpha, f"a multiple of 1/2 in (1, {LARGEST}]: of others the terms come too close to be checked")
    return _ridge(quantity, exact, terms)


@cache
def _ridge(quantity: str, alpha: Any, terms: int) -> Expansion:
    with digits(DIGITS):
        order = 2 * terms + 2
        df1, df2, numbers = _sides(alpha, order)
        others = sorted(numbers, key=lambda s: s.name)
        field, point = sp.QQ.frac_field(*others), [numbers[s] for s in others]
        sums = _checks(alpha)
        roots = [(1 / m, mp.root(k, int(alpha.p))) for k, m, _ in sums]
        u = puiseux.series(terms_of(sp.expand(U**alpha.q * (1 - T * df1)), field), roots, order, field, point)
        y = U**alpha.p if quantity == "kappa" else 1 / (1 - T * df2)
        values = [(1 / m, k if quantity == "kappa" else m / (m - d)) for k, m, d in sums]
        found = composed(y, u, values, terms + 1, field, point)
        return collected(found, values, terms, MODES, sp.oo, 1 / MODES, field, point)


def _sides(alpha: Any, order: int) -> tuple[Any, Any, dict[sp.Symbol, Any]]:
    """(1) and df2 in u, and the numbers of their symbols; zeta(-2 j) = 0."""
    a = mpf(int(alpha.p)) / int(alpha.q)
    zetas = {j: sp.Symbol(f"Z{j}", real=True) for j in range(1, order) if not (j * alpha / 2).is_integer}
    terms = [(C, -1 / alpha), (-sp.S.Half, sp.S.Zero), *(((-1) ** j * z, sp.Integer(j)) for j, z in zetas.items())]
    df1 = sp.Add(*(c * U ** (e * alpha.p) for c, e in terms))
    df2 = sp.Add(*((1 + e) * c * U ** (e * alpha.p) for c, e in terms))
    return df1, df2, {C: mp.pi / a / mp.sin(mp.pi / a)} | {z: mp.zeta(-j * a) for j, z in zetas.items()}


@cache
def _checks(alpha: Any) -> list[tuple[Any, Any, Any]]:
    """(kappa, m, df2), by sums."""
    a = mpf(int(alpha.p)) / int(alpha.q)
    powers = [mp.root(mpf(i) ** int(alpha.p), int(alpha.q)) for i in range(1, int(8 * PLACES[-1]) + 2)]
    return [(k, *_sums(k, a, powers)) for k in (mpf(x) ** -a for x in PLACES)]


def _sums(kappa: Any, a: Any, powers: list[Any]) -> tuple[Any, Any]:
    """sum 1/(1 + x) and sum 1/(1 + x)^2, x = kappa i^alpha: terms up to x = 8, then powers of 1/x by Hurwitz's zeta."""
    last = int((8 / kappa) ** (1 / a)) + 1
    near = [1 / (1 + kappa * p) for p in powers[:last]]
    depth = int(mp.dps * mp.log(10) / mp.log(8)) + 5
    tails = [(-1) ** k * kappa ** -(k + 1) * mp.zeta(a * (k + 1), last + 1) for k in range(depth)]
    return mp.fsum(near) + mp.fsum(tails), mp.fsum(v * v for v in near) - mp.fsum(k * v for k, v in enumerate(tails))
