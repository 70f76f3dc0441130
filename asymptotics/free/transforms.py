r"""R- and S-transforms as SymPy expressions, where they can be solved for, and their polynomial equations always.

    R(G(z)) + 1/G(z) = z,   G = -m:             P(-g, R + 1/g) = 0,   R(g) = k_1 + k_2 g + ...                  (1)
    S(y) = (1 + y)/(y z),   y = -1 - z m(z):    P(-y S, (1 + y)/(y S)) = 0,   S(0) = 1/m_1                      (2)

As power series, exactly: R by `Algebraic.free_cumulants`, S by `s_series`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from asymptotics.conventions import refuse
from asymptotics.free.algebraic import Algebraic
from asymptotics.free.polynomials import substitute
from asymptotics.free.series import Series, over, times


def r_equation(mu: Algebraic, R: Any = None, g: Any = None) -> Any:
    """The polynomial equation (1) between R and g, a SymPy equation.

    >>> from asymptotics.free import atoms
    >>> r_equation(atoms([-1, 1], ["1/2", "1/2"]))
    Eq(R**2*g + R - g, 0)
    """
    return _equation(mu, "R", "g", R, g)[0]


def r_transform(mu: Algebraic, g: Any = None) -> Any:
    """R(g) as a SymPy expression; ValueError where (1) is of degree above 2 in R.

    >>> from asymptotics.free import marchenko_pastur
    >>> r_transform(marchenko_pastur("1/2"))
    -2/(g - 2)
    """
    return _solved(mu, "R", "g", g, mu.free_cumulants(24))


def s_equation(mu: Algebraic, S: Any = None, y: Any = None) -> Any:
    """The polynomial equation (2) between S and y."""
    return _equation(mu, "S", "y", S, y)[0]


def s_transform(mu: Algebraic, y: Any = None) -> Any:
    """S(y) as a SymPy expression; ValueError where the mean is 0, or (2) is of degree above 2 in S.

    >>> from asymptotics.free import atoms
    >>> s_transform(atoms([0, 1], ["3/4", "1/4"]))
    4*(y + 1)/(4*y + 1)
    """
    return _solved(mu, "S", "y", y, s_series(mu, 24))


def s_series(mu: Algebraic, count: int) -> Series:
    """The first coefficients of S(y), exactly. ValueError where the mean is 0: S is then a series in the root of y.

    >>> from asymptotics.free import marchenko_pastur
    >>> [str(c) for c in s_series(marchenko_pastur(2), 4)]  # 1/(1 + 2 y)
    ['1', '-2', '4', '-8']
    """
    psi = [Fraction(0), *mu.moments(count + 1)[1:]]
    if psi[1] == 0:
        refuse("mu", "of mean 0", "its S-transform is no power series")
    # Lagrange: the inverse chi of psi has [y^k] chi = [w^(k-1)] (w/psi)^k / k
    ratio = over([Fraction(1)] + [Fraction(0)] * (count - 1), psi[1:])
    chi, power = [Fraction(0)] * (count + 1), ratio
    for k in range(1, count + 1):
        chi[k] = power[k - 1] / k
        power = times(power, ratio)
    return [chi[k + 1] + chi[k] for k in range(count)]


def _equation(mu: Algebraic, name: str, variable: str, value: Any, at: Any) -> tuple[Any, Any, Any]:
    from sympy import Eq, Poly, Symbol

    f, x = Symbol(name) if value is None else value, Symbol(variable) if at is None else at
    arguments = ((-x, 1), (f * x + 1, x)) if name == "R" else ((-x * f, 1), (1 + x, x * f))
    cleared = Poly(substitute(mu.table, *arguments), f, x)
    chosen = [p for p, _ in cleared.factor_list()[1] if p.degree(f) > 0 and p.as_expr() != f]
    if len(chosen) != 1:
        refuse(
            "mu", mu, f"the equation of its {name}-transform has {len(chosen)} factors; this is not foreseen: please report it"
        )
    return Eq(chosen[0].as_expr(), 0), f, x


def _solved(mu: Algebraic, name: str, variable: str, at: Any, series: Series) -> Any:
    from sympy import N, Poly, Rational, factor, solve

    equation, f, x = _equation(mu, name, variable, None, at)
    degree = Poly(equation.lhs, f).degree()
    if degree > 2:
        refuse(
            "mu", mu, f"its {name}-transform solves an equation of degree {degree}: see {name.lower()}_equation, and its series"
        )
    largest = max(abs(c) ** Fraction(1) for c in series)
    small = Rational(1, 10**6 * (1 + int(largest ** (1 / 23))))
    expected = sum(Rational(c.numerator, c.denominator) * small**k for k, c in enumerate(series))  # the rest is below 1e-100
    found = [s for s in solve(equation.lhs, f) if abs(N(s.subs(x, small) - expected, 60)) < 1e-40]
    if len(found) != 1:
        refuse("mu", mu, f"{len(found)} solutions begin like its {name}-transform; this is not foreseen: please report it")
    return factor(found[0])
