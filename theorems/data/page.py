"""A report on a table as one HTML page that needs nothing else: what was predicted, what measured, where they part, and why."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from theorems.data.gaps import percent
from theorems.pages import report as html
from theorems.tables import versions

if TYPE_CHECKING:
    import pandas as pd

    from theorems.data import DataReport
    from theorems.figures import Drawing


def page(report: DataReport, curves: Drawing, spectrum: Drawing) -> str:
    """The page as HTML, with its two figures."""
    p, t = report.population, report.source
    sections = [
        _list([line.replace("+-", "±") for line in report.about()]) + _figure(curves),
        "<h2>No penalty, and the best penalty</h2>" + _ends(report),
        "<h2>Where prediction and measurement part, and why</h2>" + _parting(report),
        "<h2>Eigenvalues, eigencoefficients, power laws</h2>" + _laws(report) + _figure(spectrum),
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
        given = not np.isnan(w.rowwise)
        row = [f"{w.rowwise:.4g}", percent(w.measured / w.rowwise - 1)] if given else ["", ""]
        middle = " (median)" if w.statistic == "median" else ""
        rows.append(
            [f"{w.n}", f"{w.lam:.3g}", f"{w.measured:.4g} ± {w.se:.2g}{middle}", f"{w.predicted:.4g}", percent(w.gap), *row]
        )
    columns = ["n", "penalty", "measured", "from the spectrum", "measured is off by", "row for row", "measured is off by"]
    return f"<p>{escape(report.ends_verdict())}</p>" + html.table(columns, rows)


def _parting(report: DataReport) -> str:
    found = report.parting
    rows = [[c.predictor, f"{c.median:.1%}", percent(c.worst), f"n = {c.n:.0f}, penalty {c.lam:.3g}", f"{c.beyond:.0f} of {c.count:.0f}"]
            for c in found.cells.itertuples()]  # fmt: skip
    text = html.table(["prediction", "median gap", "worst gap", "where", "cells that part"], rows)
    text += _list(found.notes())
    if not found.worst.empty:
        rows = [[f"{w.n}", f"{w.lam:.3g}", f"{w.measured:.4g} ± {w.se:.2g}", f"{w.predicted:.4g}", percent(w.gap), f"{w.z:+.1f}"]
                for w in found.worst.itertuples()]  # fmt: skip
        text += "<p>The worst cell of each size that parts:</p>"
        text += html.table(["n", "penalty", "measured", "predicted", "gap", "standard errors"], rows)
    if not found.controls.empty:
        rows = [[f"{w.n}", f"{w.lam:.3g}", percent(w.data), f"{percent(w.shuffled)} ± {w.shuffled_se:.1%}",
                 f"{percent(w.gaussian)} ± {w.gaussian_se:.1%}", (escape(found.why(w)),)] for w in found.controls.itertuples()]  # fmt: skip
        text += "<p>Why: the gap there, measured again with parts of the data replaced; covariance, signal and noise level are kept.</p>"
        text += html.table(["n", "penalty", "data", "residuals shuffled", "Gaussian rows", "cause"], rows)
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
