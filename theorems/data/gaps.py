"""Where prediction and measurement part on real data, by how much, and what it takes to make the gap go away.

Theory sees three things of a table: the covariance of its rows, the signal, the noise level. Two controls keep all three exactly:
residuals shuffled over the rows (a nonlinear target or unequal noise forgets the rows), and Gaussian rows and residuals.
A gap that survives both is a finite-size gap of the formula; one that goes with the shuffling lay in the residuals; one that goes
with Gaussian rows lay in the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from asymptotics.conventions import refuse

if TYPE_CHECKING:
    import pandas as pd

    from theorems.data.pool import Population
    from theorems.data.reading import Table

TOLERANCE = 0.05  # gaps beyond this are told where they are
SURE = 3.0  # ... if they are this many standard errors
_BEYOND = f"beyond {TOLERANCE:.0%} and {SURE:g} s.e."
SIZES = 3  # sizes at which the controls are measured


def percent(gap: float) -> str:
    """measured / predicted - 1 in per cent; measured / predicted where it is beyond ten."""
    return f"{gap:+.1%}" if abs(gap) < 9 else f"x{1 + gap:.3g}"


@dataclass(frozen=True, kw_only=True)
class Parting:
    """`cells`: how gaps are distributed, a row a predictor. `worst`: the worst cell of each size that parts. `controls`: gaps
    there on the data, with shuffled residuals, and on Gaussian rows. `evidence`: numbers about the rows."""

    cells: pd.DataFrame
    worst: pd.DataFrame
    controls: pd.DataFrame
    evidence: dict[str, float]
    medians: int
    poles: int

    def notes(self) -> list[str]:
        """What is to be known of the comparison, and of the rows."""
        lines = [f"Cells part where measured / predicted - 1 is {_BEYOND}"]
        if self.medians:
            lines.append(f"in {self.medians} of the cells the mean is ruled by single draws: medians are compared there")
        if self.poles:
            lines.append(f"{self.poles} cells at the pole (lam = 0) are left out: the prediction is infinite")
        e = self.evidence
        if self.worst.empty:
            return [*lines, f"Nowhere do they part {_BEYOND}"]
        return [
            *lines,
            f"of the rows: leverages spread {e['spread']:.1f} times as much as Gaussian rows' would; {e['discrete']:.0f} of "
            f"{e['columns']:.0f} columns have at most 10 values, {e['sparse']:.0f} are constant but for 5 % of the rows; "
            f"weighted by leverage, squared residuals are {e['unequal']:+.0%} larger (0 % for equal noise)",
        ]

    def why(self, w: Any) -> str:
        """The cause in a row of `controls`, in words."""
        return w.cause + ("" if w.rank >= w.full else f"; training rows have rank {w.rank:.0f}, not {w.full}: the pole moves")

    def __str__(self) -> str:
        lines = ["Prediction against measurement, |measured / predicted - 1| over all cells (n, lam):"]
        for c in self.cells.itertuples():
            z = "" if np.isnan(c.median_z) else f", |z| median {c.median_z:.1f}"
            lines.append(
                f"  {c.predictor:<11} median {c.median:6.1%}, worst {percent(c.worst)} at n = {c.n:.0f}, lam = {c.lam:.3g}{z}; "
                f"{_BEYOND} in {c.beyond:.0f} of {c.count:.0f}"
            )
        if not self.worst.empty:
            lines.append(f"They part {_BEYOND}; the worst cell at each size:")
        for w in self.worst.itertuples():
            lines.append(
                f"  n = {w.n:<5d} lam = {w.lam:<8.3g} measured {w.measured:.4g} +- {w.se:.2g}, predicted {w.predicted:.4g}: "
                f"{percent(w.gap)}, z = {w.z:+.1f}"
            )
        if not self.controls.empty:
            lines.append(
                "Why: the gap there, measured again with parts of the data replaced (covariance, signal, noise level kept):"
            )
        for w in self.controls.itertuples():
            lines.append(
                f"  n = {w.n:<5d} lam = {w.lam:<8.3g} data {percent(w.data)}; residuals shuffled {percent(w.shuffled)} "
                f"(+- {w.shuffled_se:.1%}); Gaussian rows {percent(w.gaussian)} (+- {w.gaussian_se:.1%}): {self.why(w)}"
            )
        return "\n".join([*lines, *(f"  {line}" for line in self.notes()[1:])])


def evidence(table: Table, population: Population) -> dict[str, float]:
    """How far the rows are from Gaussian ones: the spread of leverages, discrete and sparse columns, unequal residuals."""
    rows = population.rows
    shares = population.shares()
    leverage = (population.scores**2 * (shares / population.eigenvalues)).sum(axis=1) / (rows - 1)
    # Haar: sum_i u_i^2 shares_i for u uniform on the sphere
    gaussian = np.sqrt(2 / (rows * (rows + 2)) * max((shares**2).sum() - shares.sum() ** 2 / rows, 0.0))
    residual = (population.y - population.scores @ population.coefficients) ** 2
    weighted = float((residual * leverage).mean() / max(residual.mean() * leverage.mean(), 1e-300))  # no residuals: no dependence
    values = [np.unique(column, return_counts=True)[1] for column in table.X.T]
    return {
        "spread": float(leverage.std() / gaussian) if gaussian > 0 else 1.0,
        "columns": float(len(values)),
        "discrete": float(sum(len(v) <= 10 for v in values)),
        "sparse": float(sum(v.max() >= 0.95 * len(table.X) for v in values)),
        "unequal": weighted - 1 if residual.mean() > 1e-20 * population.variance else 0.0,  # 1e-20: interpolated, only round-off
    }


def _distribution(table: pd.DataFrame, name: str) -> dict[str, Any]:
    """How |measured / prediction - 1| is distributed over the cells. For GCV the comparison is of two measured means."""
    gap = (table["measured"] / table[name] - 1).abs()
    se = table["se"] if name != "gcv" else np.hypot(table["se"], table["gcv_se"])
    z = (table["measured"] - table[name]).abs() / se.where(se > 0)
    worst = gap.idxmax()
    return {"predictor": name, "median": gap.median(), "worst": gap[worst], "n": table["n"][worst], "lam": table["lam"][worst],
            "median_z": z.median() if name != "gcv" else np.nan, "beyond": int(((gap > TOLERANCE) & (z > SURE)).sum()),
            "count": len(table)}  # fmt: skip


def _rank(population: Population, n: int, rng: np.random.Generator, looks: int = 3) -> float:
    """The mean rank of n rows, centred: below min(n - 1, rank) where sparse columns are constant in them."""
    if population.rank >= population.rows - 1:
        return min(n - 1, population.rank)  # a kernel; else it takes long to say so
    round_off = 1e-12 * float(np.linalg.norm(population.scores))  # of centring and of the rotation to the eigenbasis
    chosen = (population.scores[rng.choice(population.rows, n, replace=False)] for _ in range(looks))
    return float(np.mean([np.linalg.matrix_rank(rows - rows.mean(axis=0), tol=round_off) for rows in chosen]))


def _cause(w: Any, ungaussian: str) -> str:
    """Which replacement takes away at least half of the gap, and surely so."""
    if abs(w.gaussian) > abs(w.data) / 2:
        return "finite size: the formula is a limit"
    if abs(w.data) - abs(w.gaussian) < SURE * np.hypot(w.data_se, w.gaussian_se):
        return "undecided at this number of draws"
    lost = abs(w.data) - abs(w.shuffled)
    if lost > abs(w.data) / 2:
        sure = lost > SURE * np.hypot(w.data_se, w.shuffled_se)
        return (
            "the residuals depend on the rows (nonlinear target or unequal noise)"
            if sure
            else f"{ungaussian.split(' are')[0]}, or residuals that depend on them"
        )
    return ungaussian


def parting(table: Table, population: Population, cells: pd.DataFrame, rng: np.random.Generator | None,
            measure: Callable[[Population, Sequence[int]], pd.DataFrame]) -> Parting:  # fmt: skip
    """Compare; with `rng`, measure the controls by `measure(population, sizes)` at the sizes where the gap is largest."""
    import pandas as pd

    finite = cells[np.isfinite(cells["predicted"]) & np.isfinite(cells["omniscient"])].reset_index(drop=True)
    if finite.empty:
        refuse(
            "sizes", cells["n"].unique().tolist(), "all of it is at the pole of interpolation: give another size, or a penalty"
        )
    beyond = finite[(finite["gap"].abs() > TOLERANCE) & (finite["z"].abs() > SURE)]
    worst = beyond.loc[beyond.groupby("n")["gap"].apply(lambda g: g.abs().idxmax())] if len(beyond) else beyond
    controls = pd.DataFrame()
    if rng is not None and len(worst):
        chosen = worst.loc[worst["gap"].abs().nlargest(SIZES).index].sort_values("n")
        found = {}
        for name, control in (("shuffled", population.shuffled(rng)), ("gaussian", population.gaussian(rng))):
            again = measure(control, chosen["n"].tolist()).set_index(["n", "lam"])
            found[name] = again.loc[list(zip(chosen["n"], chosen["lam"], strict=True))].reset_index()
        controls = chosen[["n", "lam"]].reset_index(drop=True).assign(data=chosen["gap"].to_numpy())
        controls["data_se"] = (chosen["se"] / chosen["predicted"]).to_numpy()
        for name, again in found.items():
            controls[name], controls[f"{name}_se"] = again["gap"], again["se"] / again["predicted"]
        controls["full"] = np.minimum(controls["n"] - 1, population.rank)
        controls["rank"] = [_rank(population, n, rng) for n in chosen["n"]]
        controls["cause"] = [_cause(w, population.ungaussian) for w in controls.itertuples()]
    return Parting(
        cells=pd.DataFrame([_distribution(finite, name) for name in ("predicted", "omniscient", "gcv")]),
        worst=worst.reset_index(drop=True),
        controls=controls,
        evidence=evidence(table, population),
        medians=int((finite["statistic"] == "median").sum()),
        poles=len(cells) - len(finite),
    )
