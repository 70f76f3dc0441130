"""Wachter, The limiting empirical measure of multiple discriminant ratios (1980): the law of a double Wishart, free Jacobi."""

from functools import lru_cache

import simulate.free_sums
from asymptotics import free
from theorems import Law, Real, Theorem

MODEL = (
    "X is n x p and Y is k x p, of independent N(0, 1) entries",
    "p, n, k -> infinity with p/n -> gamma, k/n -> rows, gamma < 1 + rows",
)
RATIO = Real(0.0, 2.0)
ROWS = Real(0.0, float("inf"), default=1.0)


@lru_cache(maxsize=64)
def _law(*, gamma, rows):
    return free.wachter(gamma, gamma / rows)


@lru_cache(maxsize=64)
def _product_of_projections(*, gamma, rows):
    return free.free_product(*(free.atoms([0, 1], [1 - t, t]) for t in (1 / (1 + rows), gamma / (1 + rows))))


double_wishart = Theorem(
    title="The double Wishart matrix X'X (X'X + Y'Y)^-1: Wachter's law, the free Jacobi law",
    statement=r"\frac{\sqrt{(x-a)(b-x)}}{2\pi\beta\,x(1-x)},\quad a,b=\bigl(\sqrt{\alpha(1-\beta)}\mp\sqrt{\beta(1-\alpha)}\bigr)^2,\ "
    r"\alpha=\frac n{n+k},\ \beta=\frac p{n+k}",
    source="wachter1980limiting (numbering from memory)",
    assumptions=MODEL,
    domain={"gamma": RATIO, "rows": ROWS},
    claim=Law(theory=_law, simulation=simulate.free_sums.double_wishart, sizes=(32, 64, 128)),
    cases=({"gamma": 0.5}, {"gamma": 0.5, "rows": 2.0}, {"gamma": 0.375, "rows": 0.5}),
    rivals={
        "the ratio n/k for k/n": lambda *, gamma, rows: free.wachter(gamma, gamma * rows),
        "the product of two projections": _product_of_projections,
        "gamma counted in rows of both": lambda *, gamma, rows: _law(gamma=gamma / 2, rows=rows),
    },
)
