"""Kernels and their spectra: quadrature at 40 digits, closed forms, matrices of the whole hypercube, traces."""

import itertools
import math

import numpy as np
import pytest
from mpmath import mp, mpf

import simulate.harmonics
import simulate.kernels
from asymptotics.equivalents import effective_ridge
from asymptotics.kernels import gegenbauer, parse
from asymptotics.kernels import singular as _singular_kernels
from asymptotics.ridge import ridge

NAMES = ["ntk:1", "ntk:3", "nngp:1", "nngp:2", "gaussian:1", "gaussian:0.3", "laplace:1", "laplace:0.5", "polynomial:3,0.5"]


@pytest.mark.parametrize("name", NAMES)
def test_theory_and_simulation_mean_the_same_kernel(name):
    t = np.linspace(-1, 1, 41)
    # arccos near t = 1 costs half the digits of what is singular there
    assert simulate.kernels.parse(name)(t) == pytest.approx(parse(name)(t), rel=1e-14, abs=5e-15)


def test_networks_by_their_expectations():
    # two layers, from the definition: E of relu and of its derivative over the correlated Gaussians of the layer below
    nodes, weights = np.polynomial.legendre.leggauss(200)
    angle, weights = np.pi * (nodes + 1), np.pi * weights  # the radial parts: E r^2 = 2 for relu, 1 for its derivative
    value = slope = 0.3

    def expectation(f, c):  # 2 E f(g) f(g') by the angle of (g, g')
        other = math.acos(c)
        lo, hi = -np.pi / 2 + other, np.pi / 2
        phi = lo + (hi - lo) * (nodes + 1) / 2
        return (hi - lo) / 2 * np.sum(weights / np.pi * f(np.cos(phi)) * f(np.cos(phi - other))) / np.pi

    for _ in range(2):
        relu, step = expectation(lambda x: x, value) * 2, expectation(np.ones_like, value)
        value, slope = relu, relu + slope * step
    assert parse("nngp:2")(0.3) == pytest.approx(value, rel=1e-12)
    assert parse("ntk:2")(0.3) == pytest.approx(slope, rel=1e-12)
    assert angle.size == 200


@pytest.mark.parametrize(
    ("name", "d", "degrees"),
    [
        ("ntk:2", 3, (0, 1, 5)),
        ("laplace:0.5", 5, (0, 3)),
        ("nngp:3", 8, (2, 7)),
        ("gaussian:0.3", 4, (0, 9)),
        ("polynomial:5,0.3", 7, (0, 3, 5)),
        ("ntk:1", 2, (0, 6)),
    ],
)
def test_eigenvalues_on_the_sphere_against_quadrature(name, d, degrees):
    found = gegenbauer.sphere(name, d=d)
    with mp.workdps(40):
        nu = mpf(d - 2) / 2

        def P(l, x):
            return mp.cos(l * mp.acos(x)) if d == 2 else mp.gegenbauer(l, nu, x) / mp.binomial(l + d - 3, l)

        def mean(f):
            ends = [mp.pi * i / 8 for i in range(9)]
            return mp.quad(lambda a: f(a) * mp.sin(a) ** (d - 2), ends) / mp.quad(lambda a: mp.sin(a) ** (d - 2), ends)

        for l in degrees:
            value = mean(lambda a, l=l: parse(name).angle(a, mp) * P(l, mp.cos(a)))
            assert found.eigenvalues[l] == pytest.approx(float(value), rel=1e-15)  # correctly rounded but for one bit


@pytest.mark.parametrize(("name", "d"), [("gaussian:0.7", 3), ("gaussian:2", 40)])
def test_the_gaussian_is_a_bessel_function(name, d):
    found, z, nu = gegenbauer.sphere(name, d=d), 1 / float(name.split(":")[1]) ** 2, d / 2 - 1
    with mp.workdps(60):
        for l in (0, 1, 4, 7):
            value = mp.exp(-mpf(z)) * mp.gamma(nu + 1) * (2 / mpf(z)) ** nu * mp.besseli(l + nu, mpf(z))
            assert found.eigenvalues[l] == pytest.approx(float(value), rel=1e-14)  # z is rounded here


@pytest.mark.parametrize(("name", "d"), [("ntk:2", 3), ("laplace:0.3", 6), ("nngp:2", 4)])
def test_large_degrees_against_the_quadrature(name, d):
    kernel, degrees = parse(name), 100
    values = _singular_kernels.quadrature(kernel, d, degrees)
    for parity in (0, 1):
        series = _singular_kernels.Series(kernel, d, values[: gegenbauer.FIRST], parity)
        l = np.arange(gegenbauer.FIRST + parity, degrees, 2)
        assert series(l.astype(float)) == pytest.approx([float(values[i]) for i in l], rel=2e-14)  # d + 1 products each


@pytest.mark.parametrize(
    ("name", "d"), [("ntk:1", 2), ("ntk:3", 3), ("laplace:1", 25), ("nngp:2", 600), ("gaussian:0.3", 3), ("gaussian:1", 600)]
)
def test_nothing_of_the_trace_is_lost(name, d):
    found = gegenbauer.sphere(name, d=d)
    H = found.H
    assert np.dot(H.atoms, H.weights) + H.tail == pytest.approx(found.trace, rel=1e-13)  # products of 25 factors in N_l
    assert found.trace == pytest.approx(float(parse(name)(1.0)), rel=1e-15)
    assert np.all(found.eigenvalues >= 0)


def test_the_laws_of_an_endless_spectrum():
    # kappa of the NTK on S^2 for 10^5 samples, against a sum over 10^6 degrees and the integral of what follows
    found = gegenbauer.sphere("ntk:2", d=3)
    kernel = parse("ntk:2")
    values = _singular_kernels.quadrature(kernel, 3, gegenbauer.FIRST)
    l = np.arange(10**6)
    s = np.empty(l.size)
    s[: gegenbauer.FIRST] = [float(v) for v in values]
    for parity in (0, 1):
        at = l[(l >= gegenbauer.FIRST) & (l % 2 == parity)]
        s[at] = _singular_kernels.Series(kernel, 3, values, parity)(at.astype(float))
    N, n = 2.0 * l + 1, 1e5
    tail = (s[-1] + s[-2]) * N[-1] * l[-1] / 2  # N s ~ l^-2
    kappa = float(effective_ridge(found.H, n=n, delta=0.0).kappa)
    assert np.sum(N * s / (s + kappa)) + tail / kappa == pytest.approx(
        n, rel=1e-9
    )  # 1/l in the tail, which is a part 1e-3 of the sum


@pytest.mark.parametrize("name", NAMES)
def test_the_hypercube_by_its_whole_kernel_matrix(name):
    d = 7
    X = np.array(list(itertools.product([-1, 1], repeat=d)))
    eigenvalues = np.linalg.eigvalsh(parse(name)(X @ X.T / d)) / 2**d
    found = gegenbauer.hypercube(name, d=d)
    listed = np.sort(np.repeat(found.eigenvalues, found.counts.astype(int)))
    assert eigenvalues == pytest.approx(listed, abs=1e-13 * listed[-1])  # rounding of a matrix of 128 rows
    assert found.H.mass == 2**d


def test_what_is_zero_is_zero():
    odd = gegenbauer.sphere("ntk:1", d=5).eigenvalues[3::2]
    assert odd.tolist() == [0.0] * odd.size
    assert gegenbauer.sphere("polynomial:3,0", d=5).eigenvalues[0::2].tolist() == [0, 0]
    assert gegenbauer.hypercube("polynomial:2,1", d=9).eigenvalues[3:].tolist() == [0] * 7
    spectrum = gegenbauer.sphere("ntk:1", d=5).spectrum([0.0, 1.0, 0.0, 0.5])
    at = ridge(spectrum, n=50, delta=0.1, sigma2=0.25)
    assert at.test == pytest.approx(
        float(ridge(gegenbauer.sphere("ntk:1", d=5).spectrum([0.0, 1.0]), n=50, delta=0.1, sigma2=0.75).test)
    )


@pytest.mark.parametrize(("name", "d"), [("ntk:1", 5), ("ntk:3", 3), ("laplace:0.5", 12), ("nngp:2", 30), ("gaussian:0.3", 4)])
def test_two_quadratures(name, d):
    s, N = simulate.harmonics.eigenvalues(name, simulate.harmonics.space_of("sphere", d))
    found = gegenbauer.sphere(name, d=d)
    m = min(s.size, found.eigenvalues.size)
    # double precision beside fixed point: rounding of k(1), less for many harmonics
    assert s[:m] == pytest.approx(found.eigenvalues[:m], rel=0, abs=1e-13 * found.trace)
    assert np.all(np.abs(s[:m] - found.eigenvalues[:m]) * np.sqrt(N[:m]) <= 1e-13 * found.trace)


@pytest.mark.parametrize("d", [2, 3, 10])
def test_multiplicities(d):
    # harmonics up to degree l are the polynomials of degree l on the sphere: those of degree l and l - 1, homogeneous
    total = sum(gegenbauer.multiplicity(l, d=d) for l in range(12))
    assert total == math.comb(11 + d - 1, d - 1) + math.comb(10 + d - 1, d - 1)
    l = np.array([70.0, 71.0])
    assert gegenbauer._counts(l, d) == pytest.approx([gegenbauer.multiplicity(int(i), d=d) for i in l], rel=1e-14)


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: parse("rbf:1"), "known kernels"),
        (lambda: parse("ntk:0"), "layers"),
        (lambda: parse("ntk:1.5"), "layers"),
        (lambda: parse("ntk:inf"), "layers"),
        (lambda: parse("gaussian:0"), "width"),
        (lambda: parse("polynomial:2,-1"), "not positive definite"),
        (lambda: parse("ntk:1")(1.5), "unit vectors"),
        (lambda: gegenbauer.sphere("ntk:1", d=1), "dimension"),
        (lambda: gegenbauer.sphere("ntk:1", d=2.5), "dimension"),
        (lambda: gegenbauer.sphere("ntk:1", d=3).spectrum(np.ones(1000)), "resolved"),
        (lambda: gegenbauer.hypercube("ntk:1", d=5000), "dimension"),
        (lambda: simulate.kernels.parse("rbf:1"), "known kernels"),
        (lambda: simulate.kernels.parse("polynomial:2,-1"), "indefinite"),
    ],
)
def test_bad_arguments(call, word):
    with pytest.raises(ValueError, match=word):
        call()
