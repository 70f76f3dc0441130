"""A report on a table as one HTML page that needs nothing else: what was predicted, what measured, where they part, and why."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from theorems.data import spectrum
from theorems.data.gaps import percent
from theorems.pages import report as html
from theorems.tables import versions

if TYPE_CHECKING:
    import pandas as pd

    from theorems.data import DataReport
    from theorems.figures import Drawing


NAMES = {
    "predicted": "for rows drawn without replacement from this table",
    "omniscient": "for an infinite population, the table's estimates taken for its truth",
    "gcv": "by cross-validation (GCV), from the training rows alone",
}


def page(report: DataReport, *, venue: str = "neurips", out: str | Path | None = None) -> str:
    """The page as HTML, with both figures. out: the folder in which it is left, beside the figures that `report.save` writes."""
    curves = report.figure(venue=venue)
    text = _page(report, curves, spectrum.figure(report, curves.name, venue=venue))
    if out is not None:
        Path(out).mkdir(parents=True, exist_ok=True)
        (Path(out) / f"{curves.name}.html").write_text(text, encoding="utf-8")
    return text


def _page(report: DataReport, curves: Drawing, below: Drawing) -> str:
    p, t = report.population, report.source
    sections = [
        _list([line.replace("+-", "±") for line in report.about()]) + _figure(curves),
        "<h2>No penalty, and the best penalty</h2>" + _ends(report),
        "<h2>Where prediction and measurement part, and why</h2>" + _parting(report),
        "<h2>Eigenvalues, eigencoefficients, power laws</h2>" + _laws(report) + _figure(below),
        "<h2>Every cell: measured / predicted - 1</h2>" + _cells(report.table, "n"),
    ]
    if report.widths is not None:
        n = int(report.widths["n"].iloc[0])
        sections.append(f"<h2>Against the number of random features, n = {n}</h2>" + _cells(report.widths, "k"))
    draws = sorted(map(int, report.table["draws"].unique()))
    foot = {"seed": str(report.entropy), "subsamples a size": ", ".join(map(str, draws)), "rows, columns": f"{p.rows}, {p.columns}",
            "columns scaled": "yes" if report.scale else "no", **versions()}  # fmt: skip
    title = f"{p.model[0].upper()}{p.model[1:]} on {t.source}"
    return html.page(title, f"Test error of {t.target}, predicted from the table and measured by subsampling", sections, foot)


def _list(lines: list[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line[0].upper() + line[1:])}</li>" for line in lines) + "</ul>"


def _figure(drawing: Drawing) -> str:
    picture = html.image(drawing.render("svg"), "svg", drawing.name)
    return f"<figure>{picture}<figcaption>{escape(drawing.caption)}</figcaption></figure>"


def _ends(report: DataReport) -> str:
    rows = []
    for w in report.ends.itertuples():
        middle = " (median)" if w.statistic == "median" else ""
        rows.append([f"{w.n}", f"{w.lam:.3g}", f"{w.measured:.4g} ± {w.se:.2g}{middle}", f"{w.predicted:.4g}", percent(w.gap)])
        rows[-1] += ["", ""] if np.isnan(w.rowwise) else [f"{w.rowwise:.4g}", percent(w.measured / w.rowwise - 1)]
    columns = ["n", "penalty", "measured", "from the spectrum", "measured is off by", "row for row", "measured is off by"]
    shown = len(columns) if report.ends["rowwise"].notna().any() else 5
    return f"<p>{escape(report.ends_verdict())}</p>" + html.table(columns[:shown], [row[:shown] for row in rows])


def _parting(report: DataReport) -> str:
    found = report.parting
    rows = [[NAMES[c.predictor], f"{c.median:.1%}", percent(c.worst),
             f"n = {c.n:.0f}, penalty {c.lam:.3g}", f"{c.beyond:.0f} of {c.count:.0f}"]
            for c in found.cells.itertuples()]  # fmt: skip
    text = html.table(["prediction", "median gap", "worst gap", "where", "cells that part"], rows)
    text += _list(found.notes())
    if not found.worst.empty:
        rows = [[f"{w.n}", f"{w.lam:.3g}", f"{w.measured:.4g} ± {w.se:.2g}", f"{w.predicted:.4g}", percent(w.gap), f"{w.z:+.1f}"]
                for w in found.worst.itertuples()]  # fmt: skip
        text += "<p>The worst cell of each size that parts:</p>"
        text += html.table(["n", "penalty", "measured", "predicted", "gap", "standard errors"], rows)
    if not found.controls.empty:
        why: list[list[Any]] = [[f"{w.n}", f"{w.lam:.3g}", percent(w.data), f"{percent(w.shuffled)} ± {w.shuffled_se:.1%}",
                 f"{percent(w.gaussian)} ± {w.gaussian_se:.1%}", (escape(found.why(w)),)] for w in found.controls.itertuples()]  # fmt: skip
        text += "<p>Why: the gap there, measured again with parts of the data replaced; covariance, signal and noise level are kept.</p>"
        text += html.table(["n", "penalty", "data", "residuals shuffled", "Gaussian rows", "cause"], why)
    return text


def _laws(report: DataReport) -> str:
    if report.exponents is None:
        return "<p>No power laws: this model cannot interpolate all rows, so Corollary 1 of Simon et al. does not apply.</p>"
    return _list([line.strip() for line in str(report.exponents).replace("+-", "±").split("\n")])


def _cells(table: pd.DataFrame, across: str) -> str:
    gaps = table.pivot(index="lam", columns=across, values="gap")
    rows = [
        [f"{lam:.3g}", *("pole" if v == -1 else percent(v) for v in row)]
        for lam, row in zip(gaps.index, gaps.to_numpy(), strict=True)
    ]
    return html.table([f"penalty \\ {across}", *map(str, gaps.columns)], rows)
