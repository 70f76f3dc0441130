"""A table measured: subsamples at every size, every penalty and, for random features, every number of them, beside the predictions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, stdtrit

from asymptotics.errors import ConvergenceError
from simulate import subsampling
from theorems.data.models import FeaturePopulation, KernelPopulation
from theorems.data.pool import Population

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
WORK = 1.2e11  # multiplications a size: some ten seconds on one core; fewer draws where that many would cost more
FEWEST_DRAWS = 8  # for an interval of the median
HOLDS = 0.2  # a draw that holds this share of the sum of all: their mean says nothing
WIDTHS = 7  # numbers of features


def sizes_of(population: Population, count: int = 9) -> tuple[int, ...]:
    """Training sizes from an eighth of the capacity to twelve times it (at most 80 % of the rows), the pole left out.

    For kernels, which are never at capacity, from a fortieth of the rows to 70 % of them.
    """
    rank = int(population.capacity)
    if isinstance(population, KernelPopulation):
        low, high, count = max(10, population.rows // 40), int(0.7 * population.rows), 7
    else:
        low = max(5, rank // 8)
        high = min(int(0.8 * population.rows), max(12 * rank, 200))
        high = min(high, max(3 * rank, int(WORK / (6 * FEWEST_DRAWS * rank**2))))
        high = min(high, int(0.8 * population.rows))
    found = {round(v) for v in np.geomspace(min(low, high), high, count)}
    return tuple(sorted({n + 1 if n - 1 == rank else n for n in found}))


def _draws_of(cost: float, most: int) -> int:
    """`most`, or as many as `WORK` pays for."""
    return max(min(most, FEWEST_DRAWS), min(most, int(WORK / cost)))


def centre(values: Array, heavy: bool) -> tuple[float, float, float, float]:
    """Mean, standard error, 95 % interval; where `heavy`, median, an equivalent standard error, interval by order statistics."""
    count = len(values)
    if not heavy:
        mean, se = float(values.mean()), float(values.std(ddof=1) / math.sqrt(count))
        half = -stdtrit(count - 1, 0.025) * se
        return mean, se, mean - half, mean + half
    ranked = np.sort(values)
    k = max((i for i in range(count // 2) if bdtr(i, count, 0.5) <= 0.025), default=0)  # P(Binomial(count, 1/2) <= k)
    low, high = float(ranked[k]), float(ranked[count - 1 - k])
    return float(np.median(ranked)), (high - low) / 3.92, low, high  # 3.92: two-sided 95 % of a normal


def _ruled(values: Array) -> bool:
    """Whether single draws rule the mean: one holds a fifth of the sum, or, of few draws, twice its share."""
    return bool(values.max() > max(HOLDS, 2 / len(values)) * values.sum())


def measure(population: Population, sizes: Sequence[int], lam: Array, draws: int, cell: Callable[..., np.random.Generator],
            tick: Callable[[], None] = lambda: None) -> tuple[pd.DataFrame, pd.DataFrame]:  # fmt: skip
    """One row a cell (n, lam), and one row a size with the penalty tuned by GCV in each draw."""
    import pandas as pd

    rows, tuned = [], []
    omniscient = population.omniscient
    for n in sizes:
        count = _draws_of(population.cost(n), draws)
        d = population.measure(n, lam, count, cell(n))
        predicted, infinite = population.predict(n, lam), omniscient(n, lam)
        for i, value in enumerate(lam):
            few = value == 0 and subsampling.heavy(n=n, rank=int(population.capacity)) < 2
            heavy = few or _ruled(d["test"][:, i])
            middle, se, low, high = centre(d["test"][:, i], heavy)
            gcv, gcv_se, *_ = centre(d["gcv"][:, i], heavy)
            rows.append({"n": n, "lam": float(value), "measured": middle, "se": se, "low": low, "high": high,
                         "statistic": "median" if heavy else "mean", "predicted": float(predicted[i]),
                         "omniscient": float(infinite[i]), "gcv": gcv, "gcv_se": gcv_se, "train": float(d["train"][:, i].mean()),
                         "draws": count})  # fmt: skip
        chosen = d["test"][np.arange(count), d["gcv"].argmin(axis=1)]
        best, least = population.best(float(n))
        middle, se, low, high = centre(chosen, False)
        tuned.append(
            {"n": n, "lam": float(best), "predicted": float(least), "measured": middle, "se": se, "low": low, "high": high}
        )
        tick()
    table = pd.DataFrame(rows)
    with np.errstate(divide="ignore", invalid="ignore"):
        table["gap"] = table["measured"] / table["predicted"] - 1
        table["z"] = np.where(np.isfinite(table["predicted"]), (table["measured"] - table["predicted"]) / table["se"], np.nan)
    return table, pd.DataFrame(tuned)


def across(population: FeaturePopulation, sizes: Sequence[int], lam: Array, draws: int,
           cell: Callable[..., np.random.Generator]) -> pd.DataFrame:  # fmt: skip
    """One row a cell (k, lam) at the middle one of the sizes: the curves in the number of features."""
    import pandas as pd

    n = sorted(sizes)[len(sizes) // 2]
    widths = {round(v) for v in np.geomspace(max(3, n // 8), min(8 * n, population.rows), WIDTHS)}
    parts = []
    for k in sorted({k + 1 if k == n - 1 else k for k in widths}):
        part = measure(replace(population, features=k), [n], lam, draws, lambda *key, k=k: cell(k, *key))[0]
        parts.append(part.assign(k=k))
    return pd.concat(parts, ignore_index=True)


def ends(population: Population, table: pd.DataFrame) -> pd.Series:
    """Row-wise predictions without penalty and at the penalty of the grid that is predicted best; nan elsewhere, and where it has
    none."""
    found = table["predicted"] * np.nan
    for _, rows in table.groupby("n"):
        for i in {rows["lam"].idxmin(), rows["predicted"].idxmin()}:
            try:
                value = population.rowwise(int(table["n"][i]), float(table["lam"][i]))
            except ConvergenceError:
                continue
            found[i] = np.nan if value is None or np.isinf(value) else value
    return found
