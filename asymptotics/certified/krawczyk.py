r"""Krawczyk's operator: boxes in which a system F(x) = 0 provably has exactly one root.

For a box X of midpoint x and any matrix C (here the inverse of J(x), to rounding),

    K = x - C F(x) + (1 - C J(X)) (X - x),                                                                       (1)

if K lies in the interior of X, then X holds exactly one root of F, and K holds it: F(x) encloses the value at the point, J(X) the
Jacobian over the box. Newton's iterations from the starting value need no proof; they only choose X.

Source: krawczyk1969newton; rump2010verification, section 13.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from flint import acb, acb_mat, arb, arb_mat, ctx

from asymptotics.errors import ConvergenceError

Vector = list[Any]  # of arb, or of acb
System = Callable[[Vector], Vector]
Jacobian = Callable[[Vector], Sequence[Sequence[Any]]]


def _size(values: Sequence[Any], scale: Sequence[Any]) -> float:
    """The largest |value| in units of `scale` (of 1 where that is 0), roughly."""
    return max(float((abs(v.mid()) / (abs(s) if not s.is_zero() else 1)).mid()) for v, s in zip(values, scale, strict=True))


def _ball(x: Any, radius: Any) -> Any:
    if isinstance(x, acb):
        return acb(_ball(x.real, radius), _ball(x.imag, radius))
    return x + arb(0, radius)


def _newton(F: System, J: Jacobian, x: Vector, matrix: Any, rounds: int) -> tuple[Vector, Vector, Any]:
    """The last iterate, the last step, the inverse Jacobian before it."""
    enough, last = 2.0 ** (-ctx.prec / 3), float("inf")
    inverse = None
    for _ in range(rounds):
        inverse = matrix([list(row) for row in J(x)]).inv().mid()
        step = (inverse * matrix([[v] for v in F(x)])).mid().entries()
        size = _size(step, x)
        if not size < last and last < 1e-6:  # rounding
            break
        x, last = [(v - s).mid() for v, s in zip(x, step, strict=True)], size
        if size <= enough:
            break
    return x, step, inverse


def krawczyk(F: System, J: Jacobian, x0: Sequence[Any], *, precision: int | None = None, rounds: int = 60) -> Vector:
    """A box in which F has exactly one root, and its enclosure: a list of balls.

    F: list of balls -> list of balls; J: the same -> the rows of the Jacobian, both as python-flint's arb (or acb, for an analytic
    F of complex unknowns). `x0`: floats, complex numbers or balls near the root. `precision` in bits (python-flint's own if None),
    of which two thirds are exact at a well-conditioned root. Raises ConvergenceError where no box is proven: a double root, a
    starting value that is too far, too little precision.

    >>> from flint import arb
    >>> box = krawczyk(lambda x: [x[0] ** 2 - 2], lambda x: [[2 * x[0]]], [1.4], precision=128)
    >>> box[0].overlaps(arb(2).sqrt()), box[0].rel_accuracy_bits() > 100
    (True, True)
    """
    with ctx.workprec(ctx.prec if precision is None else precision):
        complex_ = any(isinstance(v, acb | complex) for v in x0)
        ball, matrix = (acb, acb_mat) if complex_ else (arb, arb_mat)
        x = [ball(v).mid() for v in x0]
        size = float("inf")
        with suppress(ZeroDivisionError):  # a singular Jacobian
            x, step, C = _newton(F, J, x, matrix, rounds)
            size = _size(step, x)
            image = (C * matrix([[v] for v in F(x)])).entries()  # C F(x)
            tiny = arb(2) ** (8 - ctx.prec)
            near = arb(2) ** -8 if size < 1e-6 else arb(2)  # Newton has squared the last step
            radius = [(2 * abs(v) + near * abs(s) + tiny * (abs(c) if not c.is_zero() else 1)).upper()
                      for v, s, c in zip(image, step, x, strict=True)]  # fmt: skip
            for _ in range(8):
                away = [_ball(ball(0), r) for r in radius]  # X - x
                M = C * matrix([list(row) for row in J([c + a for c, a in zip(x, away, strict=True)])])
                rows = [[(1 if i == j else 0) - M[i, j] for j in range(len(x))] for i in range(len(x))]
                shift = [sum((m * a for m, a in zip(row, away, strict=True)), -v) for row, v in zip(rows, image, strict=True)]
                if all(a.contains_interior(s) for a, s in zip(away, shift, strict=True)):
                    return [c + s for c, s in zip(x, shift, strict=True)]
                radius = [16 * r for r in radius]
        raise ConvergenceError(
            "an enclosure by Krawczyk's operator", residual=size, iterations=rounds,
            causes="a starting value too far from the root, a double root, too little precision",
        )  # fmt: skip
