"""Learning curves of ridge on a user's own data: predicted from the table's spectrum and signal, measured by subsampling.

    >>> from theorems import data
    >>> report = data.report("diabetes", lam=(0, 0.1), sizes=(20, 100), draws=8, controls=False)
    >>> sorted(report.table["n"].unique().tolist())
    [20, 100]

Three predictions of the same held-out error are set beside the measurement: `predicted` (the omniscient formula for rows drawn
without replacement from this table), `omniscient` (the formula for an infinite population, the table's estimates put in), and
`gcv` (generalised cross-validation: from the training rows alone, nothing known of the others).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, stdtrit
from threadpoolctl import threadpool_limits

from asymptotics.conventions import refuse
from simulate import subsampling
from simulate.streams import stream
from theorems.data.gaps import Parting, parting, percent
from theorems.data.pool import Population, population
from theorems.data.reading import Table, read

if TYPE_CHECKING:
    import pandas as pd

    from theorems.figures import Drawing

Array = NDArray[np.float64]
WORK = 4e10  # multiplications a size: some ten seconds on one core; fewer draws where that many would cost more
FEWEST_DRAWS = 8  # for an interval of the median
SPARSE = 0.1  # the share of sparse columns from which the report says what scaling does to them
HOLDS = 0.2  # a draw that holds this share of the sum of all: their mean says nothing


@dataclass(frozen=True, kw_only=True)
class DataReport:
    """What `report` found; print it, read `table` (one row a cell of n and lam), draw it with `figure`, keep it with `save`."""

    source: Table
    population: Population
    table: pd.DataFrame
    tuned: pd.DataFrame
    parting: Parting
    entropy: int
    scale: bool = True

    def summary(self) -> str:
        """The data, the predictions, and where they part from measurement, as text."""
        p, t = self.population, self.source
        lines = [
            f"{t.source}: {p.rows} rows, {p.columns} columns, target {t.target}",
            *(f"  {note}" for note in t.notes),
            f"  rank {p.rank}; eigenvalues {p.eigenvalues[-1]:.3g} ... {p.eigenvalues[0]:.3g}; least squares on the whole table "
            f"explains {p.explained:.1%} of the target's variance {p.variance:.4g}",
        ]
        if p.rank >= p.rows - 1:
            lines.append("  wide: the whole table's least squares goes through every point, so noise cannot be told from signal;"
                         " `predicted` does not need to, `omniscient` takes the noise to be 0")  # fmt: skip
        elif p.rank < p.columns:
            lines.append(
                f"  {p.columns - p.rank} of the columns are exact combinations of others: eigenvalues 0, which change nothing"
            )
        best = self.tuned.iloc[-1]
        alpha = best["n"] * best["lam"]
        lines.append(
            f"  at n = {best['n']:.0f} the best penalty is predicted at lam = {best['lam']:.3g} (scikit-learn's alpha = n lam = "
            f"{alpha:.3g}): test error {best['predicted']:.4g}; measured with lam tuned by GCV over the grid: "
            f"{best['measured']:.4g} +- {best['se']:.2g}"
        )
        lines.append(str(self.parting))
        sparse = self.parting.evidence["sparse"]
        if self.scale and sparse > SPARSE * p.columns and not self.parting.worst.empty:
            lines.append(
                f"Try scale=False (--no-scale): {sparse:.0f} columns that are constant but for a few rows are blown up by scaling "
                "them to variance one, and make rows of very different lengths"
            )
        return "\n".join(lines)

    def __str__(self) -> str:
        gaps = self.table.pivot(index="lam", columns="n", values="gap")
        shown = gaps.map(lambda v: "pole" if v == -1 else percent(v))
        shown.index = [f"{v:.3g}" for v in shown.index]
        shown.columns.name = "lam \\ n"
        return f"{self.summary()}\n\nmeasured / predicted - 1:\n{shown.to_string()}"

    def figure(self, *, venue: str = "neurips", width: str | float | None = "full", out: str | Path | None = None,
               format: str | tuple[str, ...] = "pdf") -> Drawing:  # fmt: skip
        """Learning curves, risk against the penalty, and the gaps below; see theorems.data.drawing."""
        from theorems.data.drawing import figure

        drawing = figure(self, venue=venue, width=width)
        if out is not None:
            drawing.save(out, format)
        return drawing

    def save(self, out: str | Path, **options: Any) -> list[Path]:
        """The figure, with its numbers (the table) and provenance, and the report as text, in the folder `out`; the paths written."""
        from theorems.data.drawing import figure

        drawing = figure(self, **{k: v for k, v in options.items() if k in ("venue", "width")})
        paths = drawing.save(out, options.get("format", "pdf"))
        paths.append(Path(out) / f"{drawing.name}.report.txt")
        paths[-1].write_text(f"{self}\n")
        return paths


def sizes_of(population: Population, count: int = 9) -> tuple[int, ...]:
    """Training sizes from an eighth of the rank to twelve times it (at most 80 % of the rows), n - 1 = rank left out."""
    low = max(5, population.rank // 8)
    high = min(int(0.8 * population.rows), max(12 * population.rank, 200))
    high = min(high, max(3 * population.rank, int(WORK / (6 * FEWEST_DRAWS * population.rank**2))))
    high = min(high, int(0.8 * population.rows))
    found = {round(v) for v in np.geomspace(min(low, high), high, count)}
    return tuple(sorted({n + 1 if n - 1 == population.rank else n for n in found}))


def _draws_of(n: int, rank: int, most: int) -> int:
    """`most`, or as many as `WORK` pays for: the factorisation of n x r costs about 6 n r min(n, r)."""
    return max(min(most, FEWEST_DRAWS), min(most, int(WORK / (6 * n * rank * min(n, rank)))))


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
        count = _draws_of(n, population.rank, draws)
        d = subsampling.ridge(X=population.scores, y=population.y, n=n, lam=lam, draws=count, rng=cell(n)).to_dict()
        predicted, infinite = population.predict(n, lam), omniscient(n, lam)
        for i, value in enumerate(lam):
            few = value == 0 and subsampling.heavy(n=n, rank=population.rank) < 2
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


def _grid(lam: Sequence[float] | float | None, population: Population) -> Array:
    if lam is None:
        mean = population.eigenvalues.sum() * (population.rows - 1) / population.rows / population.columns  # 1 after scaling
        return np.array([0.0, *(float(f"{mean * v:.3g}") for v in np.geomspace(1e-4, 1e2, 13))])
    grid = np.unique(np.atleast_1d(np.asarray(lam, dtype=np.float64)))
    if not grid.size or not np.isfinite(grid).all() or grid[0] < 0:
        refuse("lam", lam, "penalties on data must be finite and nonnegative; lam = 0 is the minimum-norm solution")
    return grid


def _sizes(sizes: Sequence[int] | int | None, population: Population) -> tuple[int, ...]:
    if sizes is None:
        return sizes_of(population)
    found = sorted({int(v) for v in np.atleast_1d(np.asarray(sizes))})
    if not found or found[0] < 3 or found[-1] >= population.rows:
        refuse("sizes", sizes, f"training sizes must lie between 3 and {population.rows - 1}, one less than the table's rows")
    return tuple(found)


def report(
    path: str | Path | None = None,
    target: str | None = None,
    *,
    lam: Sequence[float] | float | None = None,
    sizes: Sequence[int] | int | None = None,
    draws: int = 100,
    entropy: int = 0,
    label: str | None = None,
    drop: Sequence[str] = (),
    one_hot: bool = False,
    clean: bool = False,
    scale: bool = True,
    controls: bool = True,
    out: str | Path | None = None,
    tick: Callable[[], None] = lambda: None,
) -> DataReport:
    """Predict and measure the learning curves of ridge on a table; `path` None: the embedded digits (odd against even).

    path, target, label, drop, one_hot, clean: see theorems.data.reading.read. lam: penalties (scikit-learn's alpha is n lam), 0 for
    ridgeless; by default 0 and 1e-4 ... 1e2 mean eigenvalues. sizes: training sizes n. draws: subsamples a size (fewer where one
    is costly). entropy: the seed; a cell's draws depend on it, on the table's name and on n. scale: columns to variance one.
    controls: where prediction and measurement part, measure again with residuals shuffled and with Gaussian rows, to say why.
    out: a folder to save everything in. tick: called once a size.

    Where the mean of ridgeless errors does not exist or one draw holds a fifth of the sum of all, medians stand for means.
    Raises ValueError on bad input, with the remedy.
    """
    if draws < FEWEST_DRAWS:
        refuse("draws", draws, f"at least {FEWEST_DRAWS} draws a size, for the median's interval")
    source = read(path, target, label=label, drop=drop, one_hot=one_hot, clean=clean)
    with threadpool_limits(limits=1, user_api="blas"):  # threads of BLAS spin against each other on matrices of this size
        return _report(source, lam, sizes, draws, entropy, scale, controls, out, tick)


def _report(
    source: Table,
    lam: Sequence[float] | float | None,
    sizes: Sequence[int] | int | None,
    draws: int,
    entropy: int,
    scale: bool,
    controls: bool,
    out: str | Path | None,
    tick: Callable[[], None],
) -> DataReport:
    whole = population(source, scale=scale)
    grid, counts = _grid(lam, whole), _sizes(sizes, whole)

    def cell(kind: str) -> Callable[..., np.random.Generator]:
        return lambda *key: stream(entropy, "data", source.source, source.target, kind, *key)

    table, tuned = measure(whole, counts, grid, draws, cell("rows"), tick)
    found = parting(source, whole, table, cell("controls")() if controls else None,
                    lambda p, n: measure(p, n, grid, draws, cell("again"))[0])  # fmt: skip
    result = DataReport(source=source, population=whole, table=table, tuned=tuned, parting=found, entropy=entropy, scale=scale)
    if out is not None:
        result.save(out)
    return result
