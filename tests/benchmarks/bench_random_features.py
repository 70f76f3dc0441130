"""Random features: points against a bisection in NumPy, dense draws beside their floor. CPU time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import simulate.random_features
from asymptotics import spectra, two_ridges
from asymptotics.random_features import ridge
from tests.benchmarks.bench_ridge import cost
from tests.benchmarks.floors import Call, cholesky, eigen, floors, form, gram, normals, product, triangular

POINTS = 1000


def bisection(s: np.ndarray, v2: np.ndarray, n: float, k: float, delta: float, sigma2: float) -> float:
    """The test error as simon2024more write it: kappa by 100 halvings, on all eigenvalues."""
    low, high = -60.0, float(np.log((s.sum() + delta) * 10))
    for _ in range(100):
        middle = 0.5 * (low + high)
        x = np.exp(middle)
        z = (n + k - np.sqrt((n - k) ** 2 + 4 * k * delta / x)) / 2
        low, high = (middle, high) if np.sum(s / (s + x)) > z else (low, middle)
    share = s / (s + x)
    z, q = np.sum(share), np.sum(share**2)
    rho = (k - z) / (k - q)
    missed = np.sum((1 - share) * (1 - rho * share) * v2)
    return float((missed + sigma2) / (1 - (q * (k - 2 * z) + z * z) / (n * (k - q))))


def curve(size: int) -> tuple[np.ndarray, np.ndarray]:
    """n = size/40 ... size/4, k running against it and across it."""
    n = np.geomspace(size / 40, size / 4, POINTS)
    return n, n[::-1] ** 0.9


def points() -> Iterator[tuple[str, str, str]]:
    for size, goal in ((100, 6), (1000, 16), (10_000, 140)):
        s = np.arange(1.0, size + 1) ** -1.5
        n, k = curve(size)

        def fresh(s: np.ndarray = s, n: np.ndarray = n, k: np.ndarray = k) -> np.ndarray:
            return np.asarray(ridge(spectra.multiplicities(s, np.ones(s.size)), n=n, k=k, delta=1e-3, sigma2=0.5).test)

        table, H, out = fresh(), spectra.multiplicities(s, np.ones(size)).H, np.empty((8, POINTS))
        raw = (H.atoms, H.weights, H.above[0], H.above[1], 0.0, np.ones(POINTS), n, k, np.full(POINTS, 1e-3), out)
        ours = cost(fresh, 5) / POINTS
        every = cost(lambda raw=raw: two_ridges._solve(*raw), 3) / POINTS

        def theirs(s: np.ndarray = s, n: np.ndarray = n, k: np.ndarray = k, some: range = range(0, POINTS, 50)) -> list[float]:
            return [bisection(s, s / s.size, n[i], k[i], 1e-3, 0.5) for i in some]

        apart = float(np.max(np.abs(table[::50] / theirs() - 1)))
        slow = cost(theirs, 2) / len(table[::50])
        yield (
            f"random features, one point of a curve of {POINTS}, {size} eigenvalues, spectrum built and compressed each time",
            f"<= {goal} us",
            f"{1e6 * ours:.1f} us ({1e6 * every:.1f} us on all eigenvalues); bisection in NumPy {1e6 * slow:.0f} us, "
            f"{slow / ours:.0f} times; they differ by {apart:.0e}",
        )


def large() -> Iterator[tuple[str, str, str]]:
    s = np.arange(1.0, 1e6 + 1) ** -1.5
    for what, spectrum in (
        ("10^6 eigenvalues", spectra.multiplicities(s, np.ones(s.size))),
        ("infinitely many eigenvalues i^-1.5, tails included", spectra.power_law(1.5)),
    ):
        once = cost(lambda spectrum=spectrum: spectrum.H.compressed(), 1)
        n, k = curve(4000)
        given = {"n": n, "k": k, "delta": 1e-3, "sigma2": 0.5}
        ridge(spectrum, **given)
        each = cost(lambda spectrum=spectrum, given=given: ridge(spectrum, **given), 5) / POINTS
        at, out = ridge(spectrum, **given), np.empty((8, POINTS))
        H = spectrum.H
        two_ridges._solve(
            H.atoms, H.weights, H.above[0], H.above[1], H.tail, np.ones(POINTS)[::100], n[::100].copy(), k[::100].copy(),
            np.full(10, 1e-3), out[:, :10],
        )  # fmt: skip
        apart = float(np.max(np.abs(np.asarray(at.kappa)[::100] / out[0, :10] - 1)))
        yield (
            f"random features, one point of a curve of {POINTS}, {what}",
            "<= 20 us after one compression, same 12 digits",
            f"{1e6 * each:.1f} us after {1e3 * once:.0f} ms; kappa from all atoms differs by {apart:.0e}",
        )


def parts(n: int, k: int, p: int) -> tuple[list[Call], list[Call]]:
    """What a dense draw cannot do without at one penalty, and at many."""
    m = min(k, p)
    side, solved = min(n, m), [cholesky(min(n, m)), triangular(min(n, m), min(n, m))]  # and a form against the inverse
    drawn = [normals(n * m + (p * k if k < p else p * (p - 1) // 2)), triangular(n, m), gram(side, max(n, m))]  # U, T; Z = UT; K
    if k < p:  # W'S W = T'T, and W'S D S W, which says what it explains of the target
        drawn += [gram(k, p), cholesky(k), gram(k, p)]
    if n > m:  # T'T and T^-1 E T^-T
        drawn += [triangular(m, m), triangular(m, m)]
        return [*drawn, *solved, triangular(m, m)], [*drawn, eigen(m), form(m, m), form(m, m)]
    seen = [product(n, k, k)] if k < p else []  # U E
    moved = [product(n, m, n), triangular(n, m), triangular(n, m), gram(n, m), *seen, gram(n, m)]  # basis'U, T, T', A, E, R
    if k < p:  # at one penalty the rows of X themselves are cheaper: X and F, X F, X D X', K
        return [normals(n * p + p * k), product(n, k, p), gram(n, p), gram(n, k), *solved], [*drawn, eigen(n), *moved]
    return [*drawn, gram(n, m), *solved], [*drawn, eigen(n), *moved]


def dense() -> Iterator[tuple[str, str, str]]:
    rng = np.random.default_rng(0)
    for n, k, p in ((600, 900, 1800), (600, 400, 1800), (600, 1800, 900)):
        common = {"n": n, "gamma": k / n, "psi": p / k, "spectrum": "ar1:0.5", "draws": 1, "rng": rng}
        at = zip((0.1, np.geomspace(1e-4, 1e2, 100)), parts(n, k, p), strict=True)
        one, many = (
            floors(lambda lam=lam, common=common: simulate.random_features.ridge(lam=lam, **common), *least) for lam, least in at
        )
        yield (
            f"random features, one dense draw at n = {n}, k = {k}, p = {p}, AR(1), one penalty (100 penalties); floor = normals, products "
            "Z, Z Z' and of the forms that the risks ask for, Cholesky (eigendecomposition, both forms in its basis)",
            "<= 1.5 floors",
            f"{one[0]:.2f} ({many[0]:.2f}) floors of {1e3 * one[1]:.0f} ({1e3 * many[1]:.0f}) ms",
        )


def rows() -> Iterator[tuple[str, str, str]]:
    for part in (points, large, dense):
        yield from part()


if __name__ == "__main__":
    for row in rows():
        print(" | ".join(row), flush=True)
