"""Learning curves on a user's own data: predicted from the table's spectrum and signal, measured by subsampling.

Of ridge on its columns, of ridge on random features, of kernel ridge regression: see `models`.

    >>> from theorems import data
    >>> report = data.report("diabetes", lam=(0, 0.1), sizes=(20, 100), draws=8, controls=False)
    >>> sorted(report.table["n"].unique().tolist())
    [20, 100]

Three predictions of the same held-out error are set beside the measurement: `predicted` (the omniscient formula for rows drawn
without replacement from this table), `omniscient` (the formula for an infinite population, the table's estimates put in), and
`gcv` (generalised cross-validation: from the training rows alone, nothing known of the others). For kernels there is a fourth,
without penalty and at the best one, `rowwise`, which does not take the rows for alike (asymptotics.rowwise).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, stdtrit
from threadpoolctl import threadpool_limits

from asymptotics.conventions import refuse
from simulate import subsampling
from simulate.streams import stream
from theorems.data.exponents import Exponents, exponents
from theorems.data.gaps import Parting, parting, percent
from theorems.data.models import FeaturePopulation, KernelPopulation, seen
from theorems.data.pool import Population
from theorems.data.reading import Table, read

if TYPE_CHECKING:
    import pandas as pd

    from theorems.figures import Drawing

Array = NDArray[np.float64]
WORK = 4e10  # multiplications a size: some ten seconds on one core; fewer draws where that many would cost more
FEWEST_DRAWS = 8  # for an interval of the median
WIDTHS = 7  # numbers of features
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
    widths: pd.DataFrame | None = None
    exponents: Exponents | None = None

    def summary(self) -> str:
        """The data, the predictions, and where they part from measurement, as text."""
        p, t = self.population, self.source
        lines = [
            f"{t.source}: {p.rows} rows, {p.columns} columns, target {t.target}",
            *(f"  {note}" for note in t.notes),
            *(f"  {line}" for line in p.about()),
        ]
        best = self.tuned.iloc[-1]
        alpha = best["n"] * best["lam"]
        lines.append(
            f"  at n = {best['n']:.0f} the best penalty is predicted at lam = {best['lam']:.3g} (scikit-learn's alpha = n lam = "
            f"{alpha:.3g}): test error {best['predicted']:.4g}; measured with lam tuned by GCV over the grid: "
            f"{best['measured']:.4g} +- {best['se']:.2g}"
        )
        lines += self._ends()
        if self.exponents is not None:
            lines.append(str(self.exponents))
        if self.widths is not None:
            lines += self._widths()
        lines.append(str(self.parting))
        sparse = self.parting.evidence["sparse"]
        if self.scale and sparse > SPARSE * p.columns and not self.parting.worst.empty:
            lines.append(
                f"Try scale=False (--no-scale): {sparse:.0f} columns that are constant but for a few rows are blown up by scaling "
                "them to variance one, and make rows of very different lengths"
            )
        return "\n".join(lines)

    def _ends(self) -> list[str]:
        """A kernel without penalty and at the best penalty of the grid, by both predictions."""
        if "rowwise" not in self.table:
            return []
        rows = self.table[self.table["rowwise"].notna()]
        if rows.empty:
            return []
        lines = ["Without penalty and at the best of the grid; measured against the prediction from the spectrum, and against the one",
                 "from the Gram matrix row for row, which does not take the rows for alike:"]  # fmt: skip
        for w in rows.itertuples():
            lines.append(
                f"  n = {w.n:<5d} lam = {w.lam:<8.3g} measured {w.measured:.4g} +- {w.se:.2g}; spectrum {w.predicted:.4g}, "
                f"{percent(w.gap)}; row for row {w.rowwise:.4g}, {percent(w.measured / w.rowwise - 1)}"
            )
        return lines

    def _widths(self) -> list[str]:
        assert self.widths is not None
        finite = self.widths[np.isfinite(self.widths["predicted"])]
        gap = finite["gap"].abs()
        w = finite.loc[gap.idxmax()]
        return [
            f"Against the number of features, at n = {w['n']:.0f}, k = {finite['k'].min():.0f} ... {finite['k'].max():.0f}: "
            f"gap median {gap.median():.1%}, worst {percent(w['gap'])} at k = {w['k']:.0f}, lam = {w['lam']:.3g}"
        ]

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


def ends(population: KernelPopulation, table: pd.DataFrame) -> pd.Series:
    """Row-wise predictions without penalty and at the penalty of the grid that is predicted best; nan elsewhere."""
    found = table["predicted"] * np.nan
    for _, rows in table.groupby("n"):
        for i in {rows["lam"].idxmin(), rows["predicted"].idxmin()}:
            found[i] = population.rowwise(int(table["n"][i]), float(table["lam"][i]))
    return found


def _grid(lam: Sequence[float] | float | None, population: Population) -> Array:
    if lam is None:
        return population.grid()
    grid = np.unique(np.atleast_1d(np.asarray(lam, dtype=np.float64)))
    if not grid.size or not np.isfinite(grid).all() or grid[0] < 0:
        refuse("lam", lam, "penalties on data must be finite and nonnegative; lam = 0 is the minimum-norm solution")
    if grid[0] == 0 and isinstance(population, KernelPopulation) and population.singular:
        refuse("lam", lam, f"{population.singular}; give positive penalties, or leave the repeated rows out of the table")
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
    model: str = "ridge",
    out: str | Path | None = None,
    tick: Callable[[], None] = lambda: None,
) -> DataReport:
    """Predict and measure learning curves on a table; `path` None: the embedded digits (odd against even).

    path, target, label, drop, one_hot, clean: see theorems.data.reading.read. lam: penalties (scikit-learn's alpha is n lam), 0 for
    ridgeless; by default 0 and 1e-4 ... 1e2 mean eigenvalues. sizes: training sizes n. draws: subsamples a size (fewer where one
    is costly). entropy: the seed; a cell's draws depend on it, on the table's name and on n. scale: columns to variance one.
    controls: where prediction and measurement part, measure again with residuals shuffled and with Gaussian rows, to say why.
    model: ridge, rf:relu:K, kernel:ntk:3, kernel:laplace ... (theorems.data.models); under a kernel or features, rows that are not
    scaled are taken as they are, scaled ones centred too. out: a folder to save everything in. tick: called once a size.

    Where the mean of ridgeless errors does not exist or one draw holds a fifth of the sum of all, medians stand for means.
    Raises ValueError on bad input, with the remedy.
    """
    if draws < FEWEST_DRAWS:
        refuse("draws", draws, f"at least {FEWEST_DRAWS} draws a size, for the median's interval")
    source = read(path, target, label=label, drop=drop, one_hot=one_hot, clean=clean)
    with threadpool_limits(limits=1, user_api="blas"):  # threads of BLAS spin against each other on matrices of this size
        return _report(source, lam, sizes, draws, entropy, scale, controls, out, tick, model)


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
    model: str = "ridge",
) -> DataReport:
    def cell(kind: str) -> Callable[..., np.random.Generator]:
        return lambda *key: stream(entropy, "data", source.source, source.target, kind, *key)

    whole = seen(source, scale=scale, model=model, rng=cell("pool")())
    grid, counts = _grid(lam, whole), _sizes(sizes, whole)
    table, tuned = measure(whole, counts, grid, draws, cell("rows"), tick)
    widths, powers = None, None
    if isinstance(whole, FeaturePopulation):
        widths = across(whole, counts, grid, draws, cell("widths"))
    if isinstance(whole, KernelPopulation):
        table["rowwise"] = ends(whole, table)
        powers = exponents(whole, cell("halves")())
    found = parting(source, whole, table, cell("controls")() if controls else None,
                    lambda p, n: measure(p, n, grid, draws, cell("again"))[0])  # fmt: skip
    result = DataReport(source=source, population=whole, table=table, tuned=tuned, parting=found, entropy=entropy, scale=scale,
                        widths=widths, exponents=powers)  # fmt: skip
    if out is not None:
        result.save(out)
    return result
