"""The sampler of expressions against explicit inverses; the order of its draws; the words of its refusals."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import (
    Float,
    HadamardProduct,
    Identity,
    Inverse,
    MatAdd,
    MatMul,
    MatPow,
    MatrixSymbol,
    OneMatrix,
    Rational,
    Trace,
    Transpose,
    ZeroMatrix,
    lambdify,
    log,
    preorder_traversal,
    sqrt,
    symbols,
)
from sympy import Sum as Summation
from sympy.matrices.expressions.matexpr import MatrixElement, MatrixExpr

from simulate.expressions import eigenvalues, estimate, memory, sample
from simulate.expressions.sampling import Sampler

n, p, k, lam, mu = symbols("n p k lambda mu", positive=True)
X, Y, W, G = MatrixSymbol("X", n, p), MatrixSymbol("Y", n, p), MatrixSymbol("W", p, k), MatrixSymbol("G", n, n)
A, Q, S, T = (MatrixSymbol(name, p, p) for name in "AQST")
U, V, b, F = MatrixSymbol("U", n, n), MatrixSymbol("V", k, k), MatrixSymbol("b", p, 1), MatrixSymbol("F", n, k)
I, J = Identity(p), Identity(n)


def described(N: int, P: int, K: int) -> dict[str, object]:
    rng = np.random.default_rng(N)
    return {
        "sizes": {n: N, p: P, k: K},
        "gaussian": {X: 1.0, Y: 0.5, W: 1 / P, G: 0.1},
        "symmetric": {A: 1 / P},
        "haar": [Q],
        "features": {F: ("tanh", X * W)},
        "deterministic": {
            S: rng.uniform(0.5, 2, P),
            T: rng.uniform(-1, 2, P),
            U: rng.uniform(0.5, 2, N),
            V: rng.uniform(0, 2, K),
        },
        "vectors": {b: rng.normal(size=P)},
    }


# A second reading of SymPy's tree, plain and dense


def dense(e, values, sizes):
    if isinstance(e, MatrixSymbol) or e in values:
        return values[e]
    if isinstance(e, Identity | ZeroMatrix | OneMatrix):
        shape = [int(size.subs(sizes)) for size in e.shape]
        return np.eye(shape[0]) if isinstance(e, Identity) else np.full(shape, float(isinstance(e, OneMatrix)))
    if isinstance(e, Transpose):
        return dense(e.arg, values, sizes).T
    if isinstance(e, Trace):
        return np.trace(dense(e.arg, values, sizes))
    if isinstance(e, MatrixElement):
        return dense(e.parent, values, sizes)[0, 0]
    if isinstance(e, MatPow):
        base, exponent = dense(e.args[0], values, sizes), float(e.args[1])
        if exponent % 1 == 0:
            return np.linalg.matrix_power(base, int(exponent))
        c, vectors = np.linalg.eigh(base)
        return (vectors * np.where(c < 1e-12, 0, c) ** exponent) @ vectors.T
    parts = [dense(a, values, sizes) for a in e.args]
    if isinstance(e, MatAdd):
        return sum(parts)
    if isinstance(e, MatMul):
        out = parts[0]
        for part in parts[1:]:
            out = out @ part if np.ndim(out) and np.ndim(part) else out * part
        return out
    if isinstance(e, MatrixExpr) or not e.args:
        return float(e.subs(sizes))
    names = symbols(f"x:{len(parts)}")
    return lambdify(names, e.func(*names))(*(float(np.squeeze(part)) for part in parts))


def both(e, N, P, K, parameters, seed=1):
    """Our values and the plain ones at all points of one draw; and the worst condition of what was inverted."""
    given = described(N, P, K)
    sampler = Sampler(**given, parameters=parameters)
    ours = sampler.scalar(e, 1, np.random.default_rng(seed)).ravel()
    values = {s: sampler.evaluation.matrices[s.name] for s in sampler.roles if s.name in sampler.evaluation.matrices}
    values |= {s: np.diag(v) for s, v in given["deterministic"].items()}
    inverted = [q.args[0] for q in preorder_traversal(e) if isinstance(q, MatPow) and q.args[1].is_negative]
    with np.errstate(all="ignore"):
        plain = np.array([float(np.squeeze(dense(e, values | point, given["sizes"]))) for point in sampler.points])
        worst = [np.linalg.cond(dense(q, values | point, given["sizes"])) for q in inverted for point in sampler.points]
    return ours, plain, max(worst, default=1.0)


def inverse(M, shift=lam):
    return (M + shift * Identity(M.shape[0])).inverse()


Z = X * S**0.5
R, R0, RF = inverse(Z.T * Z / n), inverse(X.T * X / n), inverse(F.T * F / n)
EXPRESSIONS = [
    lam**2 * Trace(S * R * R) / p,
    Trace(Z * R * R * Z.T),
    Trace(S * R * Z.T * Z * R) / n,
    Trace(inverse(X * S * X.T / n)),
    1 / (1 - Trace(Z * R * Z.T / n) / n) ** 2,
    b.T * R * S * R * b,
    b.T * R * b / (b.T * b),
    log(1 + Trace(R) / p) + sqrt(Trace(S) / p),
    Trace((R0 * X.T * X / n - I) * S * (X.T * X * R0 / n - I)),
    Trace((I - R0 * X.T * X / n) * S) + Trace(J - Z * R * Z.T / n),
    Trace(b * b.T * R0 * S * b * b.T * T),
    Trace(R0 * T * R0 * S * R0 * T),
    Trace(R0 * T * inverse(Y.T * Y / n) * S),
    Trace(inverse(X.T * X / n + Y.T * Y / n)),
    Trace((X.T * X / n + lam * S).inverse() * T),
    Trace((X.T * X / n + lam * S + mu * I).inverse()),
    Trace(inverse(X.T * X * S / n) * T),
    Trace((S + lam * I) ** -1 * T * (S + lam * I) ** -1 * X.T * X),
    Trace((S + lam * I) ** Rational(1, 2) * R0),
    Trace(W * inverse(W.T * Z.T * Z * W / n) * W.T * S),
    Trace(RF * W.T * S * W * RF),
    Trace(F * RF * F.T * X * X.T) / (n * p),
    Trace((A * A + 3 * I).inverse()),
    Trace((A * S + S * A) ** 2),
    Trace((S + Q * S**2 * Q.T).inverse()),
    Trace(Q * T * Q.T * Q * S * Q.T),
    Trace(OneMatrix(p, p) * R0) + Trace(OneMatrix(p, 1).T * R0 * OneMatrix(p, 1)),
    Trace(ZeroMatrix(p, p) * R0 + S),
    Trace(R0**3 * S + R0**-1 * S),
    Trace((X.T * X / n + lam * (1 + Trace(R0) / p) * I).inverse()),
    mu * Trace((mu * X.T * X / n + lam * I).inverse() * S) / p,
    Trace(((X.T * X / n + lam * I).inverse() + S).inverse()),
    Trace(X.T * inverse(X * S * X.T / n) * X * S / n),
    Trace(inverse(X.T * X / n) * inverse(X.T * X / n, mu) * S),
    Trace((X.T * U * X / n + lam * I).inverse() * T),
    Trace(((X.T * X / n) ** 0.5 + I).inverse()),
    Trace((X.T * X / n + lam * S) ** Rational(3, 2)),
    Trace((R0 * S) ** 7),
    Trace((R0 + S + W * W.T) ** 6),
    Trace(((S + lam * I) * (S**2 + mu * I)).inverse()),
    Trace(Inverse(X.T * X / (n * lam) + I) * S ** Float(0.3)),
]
GRIDS = [
    {lam: 0.3, mu: 0.7},
    {lam: np.array([0.1, 0.2, 0.5, 1.0, 30.0]), mu: 0.7},
    {lam: np.array([0.1, 0.5, 1e6])[:, None], mu: np.array([0.3, 0.7])},
]


@pytest.mark.false_alarm(0)  # both see the same draw
@pytest.mark.parametrize("e", EXPRESSIONS, ids=str)
def test_an_expression_is_what_explicit_inverses_give(e):
    wide, tall = (7, 11, 5), (11, 7, 8)
    for sizes, grid in ((wide, GRIDS[0]), (tall, GRIDS[0]), (wide, GRIDS[1]), (tall, GRIDS[1]), (wide, GRIDS[2])):
        ours, plain, _ = both(e, *sizes, grid)
        assert ours == pytest.approx(plain, rel=1e-9)  # 1e-9: (1 - df/n)^-2 at lam = 1e6 loses them in the plain way


@pytest.mark.false_alarm(1e-12)  # a design of 40 x 18 has a condition above 1000
def test_digits_that_a_gram_matrix_loses_are_kept():
    given = {"sizes": {n: 40, p: 18}, "gaussian": {X: 1}, "haar": [Q], "draws": 1}
    rng, s = np.random.default_rng(5), np.geomspace(1, 1e-12, 18)
    rng.standard_normal((18, 18))
    x = rng.standard_normal((40, 18))
    spread = X * Q * S**0.5 * Q.T
    e = Trace(Q * S * Q.T * (spread.T * spread).inverse())
    ours = sample(e, **given, deterministic={S: s}, rng=np.random.default_rng(5))
    assert ours[0] == pytest.approx(np.trace(np.linalg.inv(x.T @ x)), rel=1e-9)  # eps times 10^6; of the Gram matrix 10^12
    s = np.linspace(1, 2, 18)
    c, vectors = np.linalg.eigh(x.T @ x)
    kept = 40 * np.sum(s * ((vectors * (c / (c + 40e9) ** 2)) @ vectors.T).diagonal())
    far = sample(
        Trace(S * R0 * X.T * X * R0) / n, **given, deterministic={S: s}, parameters={lam: 1e9}, rng=np.random.default_rng(5)
    )
    assert far[0] == pytest.approx(kept, rel=1e-12, abs=0)  # R - lam R^2 would leave 7 digits


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((b.T * R * S * R * b)[0, 0], Trace(b.T * R * S * R * b)),  # a sum over indices, by SymPy's own will
        ((b.T * b)[0, 0] * Trace(R), Trace(b.T * b) * Trace(R)),
        ((b.T * (A - 2 * S) * b)[0, 0], Trace(b.T * A * b) - 2 * Trace(b.T * S * b)),
        ((b.T * R * b * b.T * X.T * X * b)[0, 0], Trace(b.T * R * b) * Trace(b.T * X.T * X * b)),
        ((3 * b.T * A * b / n)[0, 0], 3 * Trace(A * b * b.T) / n),
        (b.T * A * b, Trace(A * b * b.T)),
        (Trace((A * Q).inverse()), Trace(Inverse(A * Q))),
        (Trace((Z.T * Z / n + lam * I) ** -2), Trace(R * R)),
        (Trace(R).doit(), Trace(R.T)),
    ],
    ids=str,
)
def test_spellings_mean_the_same(one, other):
    given = described(5, 7, 3) | {"parameters": {lam: 0.1}, "draws": 2}
    ours, theirs = (sample(e, **given, rng=np.random.default_rng(2)) for e in (one, other))
    assert ours == pytest.approx(theirs, rel=1e-10)  # A*Q has a condition of up to 1e4


def _random(rows, columns, depth, choose):
    """A random expression whose inverses are mostly of B B' + lam."""
    atoms = {}
    for a in (X, Y, W, G, Q, b):
        atoms.setdefault(a.shape, []).append(a)
        atoms.setdefault(a.shape[::-1], []).append(a.T)
    for a in (A, S, T, U, V):
        atoms.setdefault(a.shape, []).append(a)
    way, inner = choose.random(), choose.choice([n, p, k])
    if depth == 0 or way < 0.15:
        own = [*atoms.get((rows, columns), []), *([Identity(rows)] if rows == columns else [])]
        return choose.choice(own) if own else _random(rows, p, 0, choose) * _random(p, columns, 0, choose)
    if way < 0.4:
        return _random(rows, inner, depth - 1, choose) * _random(inner, columns, depth - 1, choose)
    if way < 0.55:
        scalar = choose.choice([1, -1, lam, 1 / n, 1 / lam])
        return _random(rows, columns, depth - 1, choose) + scalar * _random(rows, columns, depth - 1, choose)
    if way < 0.65:
        return _random(columns, rows, depth - 1, choose).T
    if rows != columns:
        return _random(rows, columns, depth - 1, choose)
    B = _random(rows, inner, max(depth - 2, 0), choose)
    C = _random(rows, choose.choice([n, k]), 0, choose)
    core = choose.choice(
        [B * B.T, B * B.T / n, B * B.T / n + lam * C * C.T, B * B.T + C * C.T, B * B.T / n + _random(rows, rows, 0, choose)]
    )
    core = S**0.5 * core * S**0.5 if rows == p and choose.random() < 0.3 else core
    return inverse(core, choose.choice([lam, mu, lam * n, lam + mu, 1])) ** choose.choice([1, 1, 2])


@pytest.mark.false_alarm(0)  # both see the same draw
@settings(max_examples=50)
@given(seed=st.integers(0, 10**9))
def test_any_expression_is(seed):
    choose = random.Random(seed)
    size = choose.choice([n, p, k])
    e = Trace(_random(size, size, choose.choice([2, 3, 4]), choose)) + lam * Trace(_random(p, p, 2, choose))
    ours, plain, worst = both(e, *choose.choice([(3, 9, 2), (5, 8, 3), (8, 5, 6)]), choose.choice(GRIDS[:2]), seed)
    if worst < 1e6:
        assert ours == pytest.approx(
            plain, rel=1e-7, abs=1e-9 * (1 + abs(plain).max())
        )  # 1e-7, 1e-9: eps worst^2 with two inverses


@pytest.mark.false_alarm(0)
def test_what_there_is_no_room_for_is_made_again(monkeypatch):
    e = Trace((X.T * X / n + lam * S + mu * I).inverse() * T) + Trace((X.T * X / n + lam * S + mu * I) ** -2)
    given = described(9, 7, 3) | {"parameters": {lam: [[0.1], [0.2], [0.4]], mu: [0.3, 0.6]}, "draws": 2}
    expected = sample(e, **given, rng=np.random.default_rng(0))
    monkeypatch.setattr(memory, "ROOM", 0)
    assert np.array_equal(sample(e, **given, rng=np.random.default_rng(0)), expected)


@pytest.mark.false_alarm(0)
def test_matrices_are_drawn_in_the_order_of_their_names_whether_they_occur_or_not():
    given = described(6, 4, 3)
    rng = np.random.default_rng(7)
    a, g, q = rng.standard_normal((4, 4)), rng.standard_normal((6, 6)), rng.standard_normal((4, 4))
    w, x, y = rng.standard_normal((4, 3)), rng.standard_normal((6, 4)), rng.standard_normal((6, 4))
    sampler = Sampler(**given, parameters={})
    after = np.random.default_rng(7)
    sampler.draw(after)
    seen = sampler.evaluation.matrices
    assert after.bit_generator.state == rng.bit_generator.state
    assert np.allclose(seen["A"], (a + a.T) / np.sqrt(8), rtol=1e-14)  # round-off
    assert np.allclose(seen["G"], np.sqrt(0.1) * g, rtol=1e-14)
    assert np.allclose(seen["W"], w / 2, rtol=1e-14)
    assert np.array_equal(seen["X"], x)
    assert np.allclose(seen["Y"], np.sqrt(0.5) * y, rtol=1e-14)
    assert np.allclose(seen["F"], np.tanh(x @ w / 2), rtol=1e-12)
    upper = seen["Q"].T @ q
    assert np.allclose(seen["Q"] @ upper, q, atol=1e-13)
    assert np.all(upper.diagonal() > 0)


@pytest.mark.false_alarm(0)
def test_eigenvalues_are_those_of_the_matrix():
    given = described(6, 9, 3)
    rng = np.random.default_rng(3)
    a = rng.standard_normal((9, 9))
    a = (a + a.T) / np.sqrt(18)
    s = given["deterministic"][S]
    ours = eigenvalues(A * S + S * A + lam * I, **given, parameters={lam: [0.0, 2.0]}, draws=2, rng=np.random.default_rng(3))
    assert ours.shape == (2, 2, 9)
    assert ours[0, 0] == pytest.approx(np.linalg.eigvalsh(a * s + s[:, None] * a), abs=1e-13)  # round-off
    assert ours[:, 1] == pytest.approx(ours[:, 0] + 2, abs=1e-13)
    x = np.random.default_rng(4).standard_normal((6, 9))
    wide = {"sizes": {n: 6, p: 9}, "gaussian": {X: 1}, "parameters": {lam: [0.0, 2.0]}}
    gram = eigenvalues(X.T * X / n - lam * I, **wide, draws=1, rng=np.random.default_rng(4))[0]
    assert np.all(gram[0, :3] == 0)  # exactly
    assert gram[0] == pytest.approx(np.linalg.eigvalsh(x.T @ x / 6), abs=1e-13)
    assert gram[1] == pytest.approx(gram[0] - 2, abs=1e-13)
    flat = eigenvalues(S**2 + 2 * I, **given, draws=1, rng=rng)
    assert flat[0] == pytest.approx(np.sort(s**2 + 2), rel=1e-15)


@pytest.mark.false_alarm(1e-7)  # 40 independent z, of 63 degrees of freedom: |mean| > 1, or variance out of (1/4, 3), has less
def test_estimates_have_the_errors_that_they_state():
    given = described(12, 20, 8)
    e = (
        lam**2 * Trace(S * R * R) / p / (1 - Trace(Z * R * Z.T) / n**2)
        + Trace(b.T * R * b) / Trace(Y * R0 * Y.T)
        + Trace(F * RF * F.T)
    )
    grid = {lam: [0.2, 0.3, 0.5, 1.0]}
    exact = sample(e, **given, parameters=grid, draws=40, rng=np.random.default_rng(5))
    value, error = estimate(e, **given, parameters=grid, draws=40, rng=np.random.default_rng(5), probes=64, exact_to=0)
    z = ((value - exact) / error)[:, 2]
    assert abs(z.mean()) < 1
    assert 1 / 4 < np.mean(z**2) < 3
    assert np.all(error > 0)
    same, none = estimate(e, **given, parameters=grid, draws=40, rng=np.random.default_rng(5))
    assert same == pytest.approx(exact, rel=1e-12)  # round-off of the jackknife
    assert none == pytest.approx(0, abs=1e-12)


REFUSED = [
    (Trace(MatrixSymbol("M", p, p)), "expression = M is refused: nothing describes this matrix"),
    (Trace(MatrixSymbol("M", n, symbols("q"))), "q"),
    (symbols("t") * Trace(S), "expression = t is refused: nothing describes this symbol"),
    (symbols("n") * Trace(S), "n stands there as another symbol, of other assumptions"),
    (Trace(A + X * X.T), "A is 7 x 7, the first term 5 x 5|the first term"),
    (Trace(S * X * S), r"S is 7 x 7, and X after it 5 x 7"),
    (Trace(X * S), "the trace of a 5 x 7 matrix"),
    (A, "a scalar is wanted here, and this is a matrix"),
    (A[0, 1], "only the entry"),
    ((A * S)[0, 0], "no product of one row and column"),
    (Summation(b[lam, 0] ** 2, (lam, 0, 2)), "no product of one row and column"),
    (Trace(HadamardProduct(A, A)), "a HadamardProduct is not read"),
    (b.T * A * b * b, "a power of a 7 x 1 matrix"),
    (Trace(A**lam), "the exponent lambda is not a number"),
    (Trace(A ** Rational(1, 2)), r"\(A\)\*\*\(1/2\)' is refused"),
    (Trace((A * S) ** Rational(1, 2)), "of symmetric matrices only"),
    (Trace(T**0.5), "with a negative eigenvalue"),
    (Trace((S + mu * I) ** -1), "expression = mu is refused"),
    (Trace((X.T * X + b * b.T).inverse()), "it is singular"),
    (1 / (Trace(I) - 7), "it divides by zero"),
]


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize(("e", "words"), REFUSED, ids=lambda x: str(x)[:40])
def test_a_refusal_names_the_sub_expression(e, words):
    given = described(5, 7, 3)
    with pytest.raises(ValueError, match=words):
        sample(e, **given, parameters={lam: 0.1}, draws=1, rng=np.random.default_rng(0))


@pytest.mark.false_alarm(0)  # holds for every draw
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sizes": {n: 5, p: 7}}, "sizes= says nothing of k"),
        ({"sizes": {n: 5.5, p: 7, k: 3}}, "sizes must be positive integers"),
        ({"gaussian": {X: -1.0}}, "X = -1.0 is refused"),
        ({"gaussian": {"X": 1.0}}, "described by their MatrixSymbol"),
        ({"gaussian": {A: 1.0}}, "described already"),
        ({"deterministic": {S: [1.0, 2.0]}}, "given by its 7 finite eigenvalues"),
        ({"vectors": {b: [1.0]}}, "needs its 7 x 1 finite values"),
        ({"parameters": {lam: [1.0, 2.0], mu: [1.0, 2.0, 3.0]}}, "broadcast against one another"),
        ({"parameters": {lam: np.nan}}, "they must be finite"),
        ({"features": {F: ("softplus", X * W)}}, "activation = 'softplus' is refused"),
        ({"features": {F: ("relu", X * X.T)}}, "the argument of F"),
        ({"features": {F: ("relu", F)}}, "but no features and no parameters"),
        ({"features": {F: ("relu", lam * X * W)}}, "but no features and no parameters"),
        ({"haar": [X], "gaussian": {}}, "a matrix that is haar is square"),
        ({"draws": 0}, "draws = 0 is refused"),
        ({"rng": 3}, "rng = 3 is refused"),
    ],
    ids=str,
)
def test_a_description_that_is_wrong_is_refused(change, words):
    given = described(5, 7, 3) | {"parameters": {lam: 0.1}, "draws": 1, "rng": np.random.default_rng(0)} | change
    with pytest.raises(ValueError, match=words):
        sample(Trace(R0) + Trace(F.T * F), **given)
