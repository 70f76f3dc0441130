"""Real data: kernel ridge on scikit-learn's digits (odd against even), predicted against measured. About three minutes.

Subsamples of n of the 1797 images, tested on all others. `predicted` is from the pool's spectrum (asymptotics.subsampling) and from
its Gram matrix row for row (asymptotics.rowwise). On these labels no penalty is best; with every tenth of them flipped one is.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simulate import kernel_subsampling
from simulate.draws import Draws
from theorems.data.models import KernelPopulation, seen
from theorems.data.reading import read

DRAWS = {100: 500, 200: 300, 400: 200, 800: 120, 1200: 140}  # so that 95 % intervals are within 2 %
FLIPPED = {100: 200, 400: 60, 1200: 40}


def _at(p: KernelPopulation, n: int, lam: float, test: np.ndarray) -> str:
    mean, half = test.mean(), 1.96 * test.std(ddof=1) / len(test) ** 0.5
    row, spectrum = p.rowwise(n, lam), float(p.predict(float(n), lam))
    assert row is not None
    return f"{mean:.4g} ± {half / mean:.1%}; row for row {row / mean - 1:+.1%}, spectrum {spectrum / mean - 1:+.1%}"


def _measure(p: KernelPopulation, n: int, lam: np.ndarray, draws: int) -> np.ndarray:
    found: Draws = kernel_subsampling.ridge(gram=p.drawn, y=p.y, n=n, lam=lam, draws=draws, rng=np.random.default_rng(n))
    assert found.test is not None
    return found.test


def rows() -> Iterator[tuple[str, str, str]]:
    table = read("digits")
    for kernel in ("ntk:3", "laplace"):
        p = seen(table, scale=False, model=f"kernel:{kernel}", rng=np.random.default_rng(0))
        assert isinstance(p, KernelPopulation)
        grid = np.append(0.0, p.level * np.geomspace(1e-6, 1, 13))
        for n, draws in DRAWS.items():
            test = _measure(p, n, grid, draws)
            best = ", which is measured and predicted best" if test.mean(axis=0).argmin() == p.best(float(n))[0] == 0 else ""
            yield (
                f"digits, {p.model}, n = {n}, no penalty{best}: error measured; predicted / measured - 1",
                "within 10 %",
                _at(p, n, 0.0, test[:, 0]),
            )
        flip = np.where(np.random.default_rng(1).random(p.rows) < 0.1, -1.0, 1.0)
        noisy = p.fit(flip * (table.y - 0.5))
        for n, draws in FLIPPED.items():
            lam = float(noisy.best(float(n))[0])
            test = _measure(noisy, n, np.append([0.0, lam], grid[1:]), draws)
            least = abs(test[:, 1].mean() / test.mean(axis=0).min() - 1)  # no -0.0 %
            for i, name in enumerate(("no penalty", f"the penalty predicted best ({least:.1%} above the best measured)")):
                yield (
                    f"digits, a tenth of the labels flipped, {p.model}, n = {n}, {name}: the same",
                    "within 10 %",
                    _at(noisy, n, (0.0, lam)[i], test[:, i]),
                )
