"""Kernel ridge regression simulated: brute force over test points, targets and noise; refusals; powers laws; harmonics."""

import itertools
import math

import numpy as np
import pytest

import simulate._forms
import simulate.harmonics
import simulate.kernel_ridge
import simulate.kernels
import simulate.power_laws
from asymptotics.kernels import gegenbauer
from asymptotics.ridge import ridge
from asymptotics.spectra import power_law

FIELDS = ("bias", "variance", "train", "gcv", "loo", "norm2")


def one(X, kernel, delta, powers, sigma2, points, P):
    """All fields by the definition: the fit of every possible target, over all test points (weights 1/len), for P(t) -> [P_0, P_1, ...]."""
    k = simulate.kernels.parse(kernel)
    T, cross, n = np.clip(X @ X.T, -1, 1), np.clip(points @ X.T, -1, 1), len(X)
    G = np.linalg.inv(k(T) + delta * np.eye(n))
    C, mixed = (sum(q * p for q, p in zip(powers, P(t), strict=False)) for t in (T, cross))
    maps = k(cross) @ G  # predictions at the test points, by the labels
    E = np.eye(n) - k(T) @ G  # residuals
    labels = C + sigma2 * np.eye(n)
    left_out = E / np.diagonal(E)[:, None] if delta > 0 else G / np.diagonal(G)[:, None]
    return {
        "bias": sum(powers) - 2 * np.mean(np.sum(maps * mixed, axis=1)) + np.mean(np.sum((maps @ C) * maps, axis=1)),
        "variance": sigma2 * np.mean(np.sum(maps**2, axis=1)),
        "train": np.trace(E @ labels @ E.T) / n,
        "gcv": n * np.trace(G @ labels @ G) / np.trace(G) ** 2,
        "loo": np.trace(left_out @ labels @ left_out.T) / n,
        "norm2": np.trace(G @ k(T) @ G @ labels),
    }


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("kernel", ["ntk:2", "laplace:0.7", "gaussian:1", "polynomial:3,1"])
def test_on_the_whole_hypercube(kernel):
    d, n, powers, sigma2, deltas = 6, 9, (0.2, 1.0, 0.3, 0.1), 0.4, [0.05, 1.0]
    cube = np.array(list(itertools.product([-1.0, 1.0], repeat=d))) / math.sqrt(d)

    def P(t):  # elementary symmetric functions of the signs: the generating function (1 - z)^j (1 + z)^(d - j)
        j = np.rint((1 - t) * d / 2).astype(int)
        for l in range(len(powers)):
            row = [
                sum((-1) ** i * math.comb(a, i) * math.comb(d - a, l - i) for i in range(l + 1)) / math.comb(d, l)
                for a in range(d + 1)
            ]
            yield np.array(row)[j]

    given = {"n": n, "d": d, "kernel": kernel, "powers": powers, "sigma2": sigma2, "space": "hypercube", "draws": 1}
    found = simulate.kernel_ridge.ridge(delta=deltas, **given, rng=np.random.default_rng(5))
    X = simulate.harmonics.space_of("hypercube", d).points(n, np.random.default_rng(5))
    for i, delta in enumerate(deltas):
        alone = simulate.kernel_ridge.ridge(delta=delta, **given, rng=np.random.default_rng(5))
        for name, value in one(X, kernel, delta, powers, sigma2, cube, P).items():
            assert getattr(found, name)[0, i] == pytest.approx(value, rel=1e-9), name  # inverses of condition 1e4 and less
            assert getattr(alone, name)[0] == pytest.approx(value, rel=1e-9), name


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("kernel", ["ntk:2", "gaussian:1"])
def test_on_the_sphere_by_a_rule_of_points(kernel):
    # S^2: Gauss in the height times equal angles is exact for polynomials, and the kernels are nearly polynomials
    n, powers, sigma2, delta = 8, (0.0, 1.0, 0.5), 0.3, 0.2
    z, w = np.polynomial.legendre.leggauss(60)
    phi = 2 * np.pi * np.arange(120) / 120
    r = np.sqrt(1 - z**2)[:, None]
    points = np.stack([r * np.cos(phi), r * np.sin(phi), np.broadcast_to(z[:, None], (60, 120))], axis=-1).reshape(-1, 3)
    weight = np.repeat(w / 2, 120) / 120

    def P(t):
        return (np.ones_like(t), t, 1.5 * t**2 - 0.5)

    found = simulate.kernel_ridge.ridge(
        n=n, d=3, kernel=kernel, delta=delta, powers=powers, sigma2=sigma2, draws=1, rng=np.random.default_rng(6)
    )
    X = simulate.harmonics.space_of("sphere", 3).points(n, np.random.default_rng(6))
    k = simulate.kernels.parse(kernel)
    C, mixed = (sum(q * p for q, p in zip(powers, P(t), strict=True)) for t in (X @ X.T, points @ X.T))
    maps = k(np.clip(points @ X.T, -1, 1)) @ np.linalg.inv(k(np.clip(X @ X.T, -1, 1)) + delta * np.eye(n))
    bias = sum(powers) + weight @ (np.sum((maps @ C) * maps, axis=1) - 2 * np.sum(maps * mixed, axis=1))
    rel = 1e-9 if kernel.startswith("gauss") else 2e-3  # the NTK's kink at the samples, on a grid of 3 degrees
    assert found.bias[0] == pytest.approx(bias, rel=rel)
    assert found.variance[0] == pytest.approx(sigma2 * weight @ np.sum(maps**2, axis=1), rel=rel)


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("space", ["sphere", "hypercube"])
def test_the_blocks_make_the_whole(space, monkeypatch):
    given = {"n": 23, "d": 7, "kernel": "ntk:2", "delta": 0.1, "powers": (0.2, 1.0, 0.5), "space": space, "draws": 1}
    whole = simulate.kernel_ridge.ridge(**given, rng=np.random.default_rng(7))
    monkeypatch.setattr(simulate._forms, "ROWS", 5)
    blocks = simulate.kernel_ridge.ridge(**given, rng=np.random.default_rng(7))
    for name in FIELDS:
        assert getattr(blocks, name) == pytest.approx(getattr(whole, name), rel=1e-12), name  # rounding alone


@pytest.mark.false_alarm(1e-9)
@pytest.mark.parametrize(
    ("kernel", "d", "space"), [("ntk:2", 6, "sphere"), ("laplace:1", 12, "hypercube"), ("gaussian:1", 6, "sphere")]
)
def test_eigenlearning_predicts_the_means(kernel, d, space, entropy):
    n, draws, powers = 120, 40, (0.0, 1.0, 0.5, 0.25)
    found = simulate.kernel_ridge.ridge(
        n=n,
        d=d,
        kernel=kernel,
        delta=1.0,
        powers=powers,
        sigma2=0.5,
        space=space,
        draws=draws,
        rng=np.random.default_rng(entropy),
    )
    at = ridge(getattr(gegenbauer, space)(kernel, d=d).spectrum(powers), n=n, delta=1.0, sigma2=0.5)
    for name in (*FIELDS, "test"):
        values = getattr(found, name)
        mean, error = values.mean(), values.std() / math.sqrt(draws)
        # theory is off by some 1/n; beside it 8 standard errors
        assert abs(mean / getattr(at, name) - 1) <= 6 / n + 8 * error / mean, name


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("space", ["sphere", "hypercube"])
def test_learnabilities_are_conserved(space):
    n, d, kernel, delta = 30, 8, "gaussian:1", 0.1
    where = simulate.harmonics.space_of(space, d)
    s, N = simulate.harmonics.eigenvalues(kernel, where)
    given = {"n": n, "d": d, "kernel": kernel, "delta": delta, "space": space, "draws": 1}
    L = [simulate.kernel_ridge.learnability(**given, degree=l, rng=np.random.default_rng(3))[0] for l in range(s.size)]
    X = where.points(n, np.random.default_rng(3))
    G = np.linalg.inv(simulate.kernels.parse(kernel)(where.inner(X, X)) + delta * np.eye(n))
    rest = float(simulate.kernels.parse(kernel)(np.array(1.0))) - N @ s  # trace of the degrees beyond
    assert np.dot(N, L) == pytest.approx(n - delta * np.trace(G), abs=2 * n * max(rest, 1e-12) / delta)


@pytest.mark.false_alarm(1e-9)
def test_power_laws(entropy):
    n, draws, delta = 60, 200, np.array([0.0, 0.05])
    found = simulate.power_laws.ridge(
        n=n, alpha=1.5, beta=1.4, delta=delta, sigma2=0.2, draws=draws, rng=np.random.default_rng(entropy)
    )
    at = ridge(power_law(1.5, 1.4), n=n, delta=delta, sigma2=0.2)
    for name in ("bias", "variance", "test", "gcv", "loo"):
        values = getattr(found, name)
        mean, error = values.mean(axis=0), values.std(axis=0) / math.sqrt(draws)
        assert np.all(np.abs(mean / getattr(at, name) - 1) <= 2 / n + 8 * error / mean), name
    assert np.all(found.train[:, 0] == 0)


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"kernel": "polynomial:1,1", "delta": 0.0}, "not positive definite, to working accuracy, on the 20 points"),
        ({"kernel": "gaussian:5", "d": 3, "n": 60, "delta": 0.0}, "not positive definite, to working accuracy, on the 60 points"),
        ({"kernel": "gaussian:1", "d": 3, "n": 80, "delta": 0.0}, "give a larger penalty"),  # -7e5 without the check
        (
            {"kernel": "gaussian:1", "d": 3, "n": 60, "delta": 1e-7, "sigma2": 0.0},
            "excess risk",
        ),  # four times too large without it
        (
            {"kernel": "ntk:2", "d": 3, "space": "hypercube", "delta": 0.0},
            "not positive definite",
        ),  # eight points, twenty samples
        ({"delta": -1.0}, "delta"),
        ({"delta": "a"}, "delta"),
        ({"space": "torus"}, "sphere or hypercube"),
        ({"d": 2}, "dimension"),
        ({"n": 20.5}, "positive integer"),
        ({"powers": (0.0, -1.0)}, "powers"),
        ({"kernel": "laplace:0.01", "d": 3}, "wider kernel"),
        ({"lam": 0.1}, "no parameter of this name"),
    ],
)
def test_refusals(given, word):
    with pytest.raises(ValueError, match=word):
        simulate.kernel_ridge.ridge(
            **({"n": 20, "d": 5, "kernel": "ntk:2", "delta": 0.1, "draws": 1, "rng": np.random.default_rng(0)} | given)
        )
