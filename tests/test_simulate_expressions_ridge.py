"""Ridge regression from its expressions, down to the ridgeless limit, against the simulator that was written for it."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Identity, MatrixSymbol, Trace, symbols

from simulate import _conditional
from simulate.expressions import sample

n, p, lam = symbols("n p lambda", positive=True)
X, S, D = MatrixSymbol("X", n, p), MatrixSymbol("S", p, p), MatrixSymbol("D", p, p)
I, J, Z = Identity(p), Identity(n), X * S**0.5
R, R0 = (Z.T * Z / n + lam * I).inverse(), (X.T * X / n + lam * I).inverse()
E = J - Z * R * Z.T / n
TRAIN = Trace(E * Z * D * Z.T * E) / n + Trace(E * E) / n
QUANTITIES = {
    "bias": [lam**2 * Trace(R * S * R * D), Trace((I - R * Z.T * Z / n) * S * (I - Z.T * Z * R / n) * D)],
    "variance": [Trace(S * R * Z.T * Z * R) / n**2],
    "train": [TRAIN],
    "norm2": [Trace(D * (R * Z.T * Z / n) ** 2) + Trace(R * Z.T * Z * R) / n**2],
    "gcv": [TRAIN / (Trace(E) / n) ** 2, TRAIN / (1 - Trace(Z * R * Z.T) / n**2) ** 2],
}


@pytest.mark.false_alarm(0)  # both see the same design
@pytest.mark.parametrize("sizes", [(60, 100), (100, 60), (60, 61), (61, 60)])
@pytest.mark.parametrize("grid", [0.0, 1e-9, 0.3, [0.0, 1e-14, 1e-6, 0.1, 3.0]], ids=str)
def test_a_quantity_is_that_of_the_simulator(sizes, grid):
    N, P = sizes
    s, v = np.linspace(0.2, 3, P), np.linspace(1, 2, P) / P
    given = {"sizes": {n: N, p: P}, "gaussian": {X: 1}, "deterministic": {S: s, D: v}, "parameters": {lam: grid}}
    x = np.random.default_rng(1).standard_normal((N, P)) * np.sqrt(s)
    with np.errstate(all="ignore"):
        expected = _conditional.exact(x, N * np.atleast_1d(grid), v=v, S=s, sigma2=1.0)
    for name, expressions in QUANTITIES.items():
        for e in expressions:
            ours = np.atleast_1d(sample(e, **given, draws=1, rng=np.random.default_rng(1))[0])
            assert ours == pytest.approx(
                expected[name], rel=1e-10, abs=1e-25
            )  # 1e-10: p = n + 1, where the condition is 1e5 to 1e6


@pytest.mark.false_alarm(0)  # both see the same design
@pytest.mark.parametrize("grid", [0.0, [0.0, 1e-12, 0.2, 1.0]], ids=str)
def test_two_sources_of_data_down_to_the_ridgeless_limit(grid):
    m, weight = symbols("m w", positive=True)
    V = MatrixSymbol("Y", m, p) * D**0.5
    Q = (Z.T * Z / n + weight * V.T * V / n + lam * I).inverse()
    given = {"sizes": {n: 9, m: 7, p: 30}, "gaussian": {X: 1, MatrixSymbol("Y", m, p): 1}, "parameters": {lam: grid, weight: 0.5}}
    s, d = np.linspace(0.5, 2, 30), np.linspace(3, 1, 30)
    rng = np.random.default_rng(3)
    z, v = rng.standard_normal((9, 30)) * np.sqrt(s), rng.standard_normal((7, 30)) * np.sqrt(d)
    both = np.vstack([z, np.sqrt(0.5) * v])
    for k, penalty in enumerate(np.atleast_1d(grid)):
        kept = both.T @ np.linalg.inv(both @ both.T + 9 * penalty * np.eye(16))  # the pseudo-inverse at 0
        lost = np.eye(30) - kept @ both
        expected = {
            lam**2 * Trace(S * Q * Q): np.vdot(lost * s, lost),
            lam * Trace(Q * S * Q * (Z.T * Z + weight * V.T * V) / n): np.vdot(lost * s, (kept @ both).T),
            Trace(S * Q * Z.T * Z * Q) / n**2: s @ np.sum(kept[:, :9] ** 2, axis=1),
            Trace(S * Q * V.T * V * Q) / n**2: s @ np.sum(kept[:, 9:] ** 2, axis=1) / 0.5,
            Trace(Z * Q * V.T * V * Q * Z.T): np.sum((z @ kept[:, 9:]) ** 2) * 9**2 / 0.5,
        }
        for e, value in expected.items():
            ours = sample(e, **given, deterministic={S: s, D: d}, draws=1, rng=np.random.default_rng(3))[0]
            assert np.atleast_1d(ours)[k] == pytest.approx(value, rel=1e-10, abs=1e-13)  # 1e-13: what is zero at lam = 0


@pytest.mark.false_alarm(0)  # holds for every draw
def test_a_limit_that_does_not_exist_is_refused():
    given = {"sizes": {n: 5, p: 9}, "gaussian": {X: 1}, "draws": 1, "rng": np.random.default_rng(0)}
    with pytest.raises(ValueError, match=r"value at lambda = 0 is inf: there is no finite limit as it is written"):
        sample(Trace(R0), **given, parameters={lam: [0.1, 0.0]})
    with pytest.raises(
        ValueError, match=r"'\(X.T\*X\)\*\*-1' is refused: it is singular: its rank is at most 5, and it is 9 x 9"
    ):
        sample(Trace((X.T * X).inverse()), **given)
