"""Krawczyk's operator: a box holds the root, exactly one, or there is none."""

from __future__ import annotations

import numpy as np
import pytest

from asymptotics.errors import ConvergenceError

flint = pytest.importorskip("flint")
from asymptotics.certified.krawczyk import krawczyk  # noqa: E402

arb, acb = flint.arb, flint.acb


def polynomial(roots):
    """F and J of prod (x - r)."""

    def F(x):
        value = x[0] * 0 + 1
        for r in roots:
            value = value * (x[0] - r)
        return [value]

    def J(x):
        return [[sum((F_([r for j, r in enumerate(roots) if j != i], x) for i in range(len(roots))), x[0] * 0)]]

    def F_(rest, x):
        value = x[0] * 0 + 1
        for r in rest:
            value = value * (x[0] - r)
        return value

    return F, J


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("precision", [64, 128, 1000])
def test_the_box_holds_the_root_that_the_start_is_near(precision):
    rng = np.random.default_rng(3)
    for _ in range(30):
        roots = [int(r) for r in rng.choice(np.arange(-20, 20), size=4, replace=False)]
        F, J = polynomial(roots)
        for r in roots:
            (box,) = krawczyk(F, J, [r + 0.1 * rng.random()], precision=precision)
            assert box.contains(arb(r))
            assert not any(box.contains(arb(s)) for s in roots if s != r)
            assert box.rad() <= arb(2) ** (4 - 0.65 * precision)  # two thirds of the digits, of roots up to 20


def test_a_complex_root():
    F, J = polynomial([acb(0, 1), acb(0, -1), acb(3, 2)])
    (box,) = krawczyk(F, J, [0.1 + 0.9j], precision=128)
    assert box.contains(acb(0, 1))
    assert float(box.real.rad()) + float(box.imag.rad()) < 2.0**-80


def test_a_system():
    """Two unknowns: the circle x^2 + y^2 = 2 and the hyperbola x y = 1/2."""
    (x, y) = krawczyk(lambda v: [v[0] ** 2 + v[1] ** 2 - 2, v[0] * v[1] - 0.5],
                      lambda v: [[2 * v[0], 2 * v[1]], [v[1], v[0]]], [1.4, 0.3], precision=128)  # fmt: skip
    with flint.ctx.workprec(300):
        total, apart = arb(3).sqrt(), arb(1)
        assert x.contains((total + apart) / 2)
        assert y.contains((total - apart) / 2)


@pytest.mark.parametrize(
    ("F", "J", "start"),
    [
        (lambda x: [x[0] ** 2], lambda x: [[2 * x[0]]], 0.1),  # a double root
        (lambda x: [x[0] ** 2 + arb(2) ** -60], lambda x: [[2 * x[0]]], 1e-9),  # none, but as good as one to doubles
        (lambda x: [x[0].exp()], lambda x: [[x[0].exp()]], 0.0),  # none: Newton runs away
        (lambda x: [arb(1)], lambda x: [[arb(0)]], 0.0),  # a singular Jacobian
        (lambda x: [x[0].log()], lambda x: [[1 / x[0]]], -1.0),  # nan
    ],
)
def test_without_a_proof_there_is_no_box(F, J, start):
    with pytest.raises(ConvergenceError, match="Krawczyk"):
        krawczyk(F, J, [start], precision=128)


def test_the_precision_of_the_caller_is_left_as_it_was():
    before = flint.ctx.prec
    krawczyk(lambda x: [x[0] - 1], lambda x: [[1]], [0.5], precision=777)
    with pytest.raises(ConvergenceError):
        krawczyk(lambda x: [x[0] ** 2], lambda x: [[2 * x[0]]], [0.5], precision=777)
    assert flint.ctx.prec == before


@pytest.mark.false_alarm(0)
def test_the_pair_of_random_features_as_a_system_of_two():
    """(K) of `two_ridges` in both unknowns: the scalar route and this one overlap."""
    from asymptotics import spectra, two_ridges

    H = spectra.multiplicities([3.0, 0.2], [30, 50]).H
    at = two_ridges.effective(H, n=40, k=40, delta=1e-9)
    s, m = [arb(v) for v in H.atoms.tolist()], [arb(v) for v in H.weights.tolist()]

    def F(v):
        df1 = sum((b * a / (a + v[0]) for a, b in zip(s, m, strict=True)), arb(0))
        return [v[1] * (40 - df1) - 1e-9, v[0] * (40 - df1) - 40 * v[1]]

    def J(v):
        df1 = sum((b * a / (a + v[0]) for a, b in zip(s, m, strict=True)), arb(0))
        fall = sum((b * a / (a + v[0]) ** 2 for a, b in zip(s, m, strict=True)), arb(0))
        return [[v[1] * fall, 40 - df1], [40 - df1 + v[0] * fall, arb(-40)]]

    boxes = krawczyk(F, J, [at.kappa, at.kappa1], precision=256)
    proven = two_ridges.effective(H, n=40, k=40, delta=1e-9, certified=True)
    for box, found in zip(boxes, (proven.kappa, proven.kappa1), strict=True):
        assert box.overlaps(arb(found.lower).union(arb(found.upper)))
        assert box.rel_accuracy_bits() > 256 * 0.65
