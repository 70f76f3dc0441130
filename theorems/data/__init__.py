"""Learning curves on a user's own data: predicted from the table's spectrum and signal, measured by subsampling.

Of ridge on its columns, of ridge on random features, of kernel ridge regression: see `models`.

    >>> from theorems import data
    >>> report = data.report("diabetes", lam=(0, 0.1), sizes=(20, 100), draws=8, controls=False)
    >>> sorted(report.table["n"].unique().tolist())
    [20, 100]

Three predictions of the same held-out error are set beside the measurement: `predicted` (the omniscient formula for rows drawn
without replacement from this table), `omniscient` (the formula for an infinite population, the table's estimates put in), and
`gcv` (generalised cross-validation: from the training rows alone, nothing known of the others). Without penalty and at the best
one there is a fourth, `rowwise`, which does not take the rows for alike (asymptotics.rowwise).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from asymptotics.conventions import refuse
from simulate.streams import stream
from theorems.data.exponents import Exponents, exponents_of
from theorems.data.gaps import Parting, parting, percent
from theorems.data.measuring import FEWEST_DRAWS, across, centre, ends, measure, sizes_of
from theorems.data.models import FeaturePopulation, KernelPopulation, seen
from theorems.data.pool import Population
from theorems.data.reading import Table, read

if TYPE_CHECKING:
    import pandas as pd

    from theorems.figures import Drawing

__all__ = ["DataReport", "centre", "measure", "report", "sizes_of"]

Array = NDArray[np.float64]
NEAR = 0.1  # of measured: predictions farther off are named
SPARSE = 0.1  # the share of sparse columns from which the report says what scaling does to them


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

    def about(self) -> list[str]:
        """The data, the model, the best penalty."""
        p, t = self.population, self.source
        best = self.tuned.iloc[-1]
        return [
            f"{t.source}: {p.rows} rows, {p.columns} columns, target {t.target}",
            *t.notes,
            *p.about(),
            f"at n = {best['n']:.0f} the best penalty is predicted at lam = {best['lam']:.3g} (scikit-learn's alpha = n lam = "
            f"{best['n'] * best['lam']:.3g}): test error {best['predicted']:.4g}; measured with lam tuned by GCV over the grid: "
            f"{best['measured']:.4g} +- {best['se']:.2g}",
        ]

    def summary(self) -> str:
        """The data, the predictions, and where they part from measurement, as text."""
        lines = "\n  ".join(self.about()).split("\n")
        lines += self._ends()
        if self.exponents is not None:
            lines.append(str(self.exponents))
        if self.widths is not None:
            lines += self._widths()
        lines.append(str(self.parting))
        sparse = self.parting.evidence["sparse"]
        if self.scale and sparse > SPARSE * self.population.columns and not self.parting.worst.empty:
            lines.append(
                f"Try scale=False (--no-scale): {sparse:.0f} columns that are constant but for a few rows are blown up by scaling "
                "them to variance one, and make rows of very different lengths"
            )
        return "\n".join(lines)

    @property
    def ends(self) -> pd.DataFrame:
        """The cells without penalty and at the penalty of the grid that is predicted best, off the pole."""
        at = self.table.groupby("n")[["lam", "predicted"]].idxmin()
        cells = self.table.loc[sorted(set(at.to_numpy().ravel()))]
        return cells[np.isfinite(cells["predicted"])]

    def ends_verdict(self) -> str:
        """Whether these cells are within `NEAR` of both predictions, and where they are not."""
        cells = self.ends
        said = []
        for name, values in (("the prediction from the spectrum", cells["predicted"]), ("the one row for row", cells["rowwise"])):
            off = cells[(cells["measured"] / values - 1).abs() > NEAR]
            kinds = ((off[off["lam"] == 0], "without penalty"), (off[off["lam"] > 0], "at the best penalty"))
            places = "; ".join(f"n = {', '.join(map(str, part['n']))} {kind}" for part, kind in kinds if len(part))
            count = int(values.notna().sum())
            if count:
                said.append(
                    f"{NEAR:.0%} of {name} in {count - len(off)} of {count} cells{f', not at {places}' if places else ''}"
                )
        if len(said) < 2:
            return f"Measured is within {said[0]}. Row for row is not predicted: {self.population.unpredicted}."
        rare = self.parting.evidence["sparse"]
        missed = cells[(cells["lam"] == 0) & ((cells["measured"] / cells["rowwise"] - 1).abs() > NEAR)]
        why = f", but {rare:.0f} columns that a training part has or has not are not an average" if rare and len(missed) else ""
        return f"Measured is within {said[0]}, and within {said[1]}. The spectrum takes all rows for alike, row for row does not{why}."

    def _ends(self) -> list[str]:
        """Without penalty and at the best penalty of the grid, by both predictions; a line a size."""

        def cell(w: Any) -> str:
            row = "" if np.isnan(w.rowwise) else f", row for row {percent(w.measured / w.rowwise - 1)}"
            return f"lam = {w.lam:<7.3g} {w.measured:.4g} +- {w.se:.2g}: spectrum {percent(w.gap)}{row}"

        lines = ["Measured without penalty and at the best of the grid, and how far it is off the predictions:"]
        for n, cells in self.ends.groupby("n"):
            lines.append(f"  n = {n:<5d} {'; '.join(cell(w) for w in cells.itertuples())}")
        return [*lines, f"  {self.ends_verdict()}"]

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
        """Both figures, with their numbers and provenance, and the report as text, in the folder `out`; the paths written."""
        from theorems.data import spectrum
        from theorems.data.drawing import figure

        given = {k: v for k, v in options.items() if k in ("venue", "width")}
        curves = figure(self, **given)
        below = spectrum.figure(self, curves.name, **given)
        paths = [path for drawing in (curves, below) for path in drawing.save(out, options.get("format", "pdf"))]
        paths.append(Path(out) / f"{curves.name}.report.txt")
        paths[-1].write_text(f"{self}\n", encoding="utf-8")
        return paths


def _grid(lam: Sequence[float] | float | None, population: Population) -> Array:
    if lam is None:
        return population.grid()
    grid = np.unique(np.atleast_1d(np.asarray(lam, dtype=np.float64)))
    if not grid.size or not np.isfinite(grid).all() or grid[0] < 0:
        refuse("lam", lam, "penalties on data must be finite and nonnegative; lam = 0 is the minimum-norm solution")
    if grid[0] == 0 and isinstance(population, KernelPopulation) and population.singular:
        refuse("lam", lam, f"{population.singular}; give positive penalties")
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
    table["rowwise"] = ends(whole, table)
    powers = exponents_of(whole, cell("halves")())
    widths = across(whole, counts, grid, draws, cell("widths")) if isinstance(whole, FeaturePopulation) else None
    found = parting(source, whole, table, cell("controls")() if controls else None,
                    lambda p, n: measure(p, n, grid, draws, cell("again"))[0])  # fmt: skip
    result = DataReport(source=source, population=whole, table=table, tuned=tuned, parting=found, entropy=entropy, scale=scale,
                        widths=widths, exponents=powers)  # fmt: skip
    if out is not None:
        result.save(out)
    return result
