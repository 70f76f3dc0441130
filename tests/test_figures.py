"""Figures: nothing is drawn through a pole, numbers and provenance beside every figure, the same bytes for the same numbers."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import bdtr

from theorems import discovery, figures
from theorems.figures import canvas, curves, points, styles
from theorems.pages.report import formula, mathtext
from theorems.record import Plot

FILE = str(Path(__file__).parent / "own_theorem.py")
NAMES = ("double_descent", "noise_only", "law", "two_routes")


def record(name):
    return discovery.one(f"{FILE}:{name}")


@pytest.fixture(scope="module")
def drawings():
    return {name: figures.figure(record(name), judge=False, draws=8) for name in NAMES}


def _lines(drawing):
    return [line for ax in drawing.figure.axes for line in ax.get_lines()]


def test_no_segment_crosses_the_pole(drawings):
    crossing = 0
    for line in _lines(drawings["double_descent"]):
        x, y = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
        if line.get_linestyle() == "None" or len(x) < 10:
            continue
        for (a, ya), (b, yb) in pairwise(zip(x, y, strict=True)):
            crossing += bool(a <= 1 <= b and a < b and np.isfinite(ya) and np.isfinite(yb))
    assert crossing == 0


@given(st.floats(0.2, 8.0), st.sampled_from(["even", "odd", "one side", "jump", "log"]), st.booleans())
def test_poles_are_found_wherever_they_are(where, kind, log):
    """Any place on the axis, on no grid: poles of even and odd order, one-sided, logarithmic ones and jumps."""

    def curve(x):
        with np.errstate(divide="ignore"):
            near = x - where
            return {
                "even": 1 / np.abs(near),
                "odd": 1 / np.where(near == 0, np.inf, near),
                "one side": np.where(near > 0, 1 / np.where(near > 0, near, 1), 0.3),
                "jump": np.where(near > 0, 2.0, 1.0) + 0.01 * x,
                "log": -np.log(np.abs(near) / 1e30) * 1e-3 + np.where(near > 0, 1.0, 0.0),
            }[kind]

    plot = Plot(low=0.1, high=10.0, log=log)
    x, y, found = curves.trace(curve, plot)
    assert any(abs(p - where) < 1e-6 * where for p in found)
    assert np.isnan(y[np.argmin(np.abs(x - where))])
    for (a, ya), (b, yb) in pairwise(zip(x, y, strict=True)):
        assert not (a < where * (1 - 1e-6) and b > where * (1 + 1e-6) and np.isfinite(ya) and np.isfinite(yb))


@given(st.floats(0.3, 5.0), st.floats(1e-4, 1.0))
def test_a_finite_peak_is_no_pole(where, width):
    plot = Plot(low=0.1, high=10.0)
    _, y, found = curves.trace(lambda x: 1 / np.hypot(np.log(x / where), width), plot)
    assert not found
    assert np.isfinite(y).all()


def test_the_median_interval_covers():
    """By the binomial law, for every number of draws from 8 on."""
    for n in range(8, 200):
        _, low, high = points.interval(np.arange(n), mean=False)
        assert 1 - 2 * bdtr(int(low), n, 0.5) >= points.LEVEL
        assert low + high == n - 1


def test_medians_stand_where_no_variance_exists(drawings):
    numbers = drawings["double_descent"].numbers
    drawn = numbers[numbers["kind"] == "simulation"]
    near = np.abs(drawn["gamma"] - 1) * 60 <= 3  # |p - n| <= 3: the second moment is infinite
    assert near.any()
    assert set(drawn[near]["statistic"]) == {"median"}
    assert set(drawn[~near]["statistic"]) == {"mean"}
    assert "Open marks: medians" in drawings["double_descent"].caption


def test_limits_do_not_follow_the_pole(drawings):
    low, high = drawings["double_descent"].figure.axes[0].get_ylim()
    assert low == 0
    assert 4 < high < 20  # r2 = 5 rises to 5 on the right; the refined curve itself reaches 1e5


@pytest.mark.parametrize("name", NAMES)
def test_numbers_and_provenance_stand_beside(drawings, name, tmp_path):
    drawing = drawings[name]
    written = drawing.save(tmp_path, ("pdf", "svg", "png"))
    assert {p.suffix for p in written} == {".pdf", ".svg", ".png", ".csv", ".txt", ".json"}
    facts = json.loads((tmp_path / f"{drawing.name}.json").read_text())
    csv = tmp_path / f"{drawing.name}.csv"
    import hashlib

    assert facts["sha256"] == hashlib.sha256(csv.read_bytes()).hexdigest()
    assert {"theorem", "source", "plot", "draws", "entropy", "versions", "verdict", "caption"} <= set(facts)
    back = pd.read_csv(csv, dtype=str)  # pandas reads floats to the last bit by default only since version 3
    for column in drawing.numbers.select_dtypes("number"):
        np.testing.assert_array_equal([float(v) for v in back[column]], drawing.numbers[column].astype(float))
    assert (tmp_path / f"{drawing.name}.txt").read_text().strip() == drawing.caption


@pytest.mark.parametrize("kind", figures.FORMATS)
def test_bytes_are_those_of_the_numbers(drawings, kind):
    again = figures.figure(record("law"), judge=False, draws=8)
    assert again.render(kind) == drawings["law"].render(kind)
    drawings["law"].render("png")
    assert again.render(kind) == drawings["law"].render(kind)  # whatever was saved before


def test_fonts_are_embedded_as_truetype(drawings):
    assert b"/Type3" not in drawings["double_descent"].render("pdf")


def test_size_of_the_page_is_the_venue_s():
    box = re.search(
        rb"/MediaBox \[ ?0 0 ([0-9.]+)", figures.figure(record("two_routes"), venue="icml", judge=False).render("pdf")
    )
    assert float(box[1]) == pytest.approx(3.25 * 72)


def test_colours_stay_apart_for_the_colour_blind():
    """In luminance or, seen by a deuteranope (Vienot 1999), in hue; and no two lines share a dash or a mark."""
    matrix = np.array([[0.625, 0.375, 0.0], [0.7, 0.3, 0.0], [0.0, 0.3, 0.7]])
    rgb = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in styles.COLOURS])
    seen = rgb @ matrix.T
    apart = np.linalg.norm(seen[:, None] - seen[None], axis=-1)[np.triu_indices(len(rgb), 1)]
    assert apart.min() > 0.1  # of a cube of side 1: equal colours are at 0
    assert len(set(map(str, styles.DASHES))) == len(set(styles.MARKS)) == len(styles.COLOURS)


def test_global_state_is_left_alone():
    import matplotlib

    before = dict(matplotlib.rcParams)
    figures.figure(record("two_routes"), judge=False).render("png")
    assert dict(matplotlib.rcParams) == before


def test_two_routes_and_their_difference(drawings):
    upper, lower = drawings["two_routes"].figure.axes
    assert lower.get_yscale() == "log"
    assert {"theory", "second route"} == set(drawings["two_routes"].numbers["kind"])
    assert upper.get_shared_x_axes().joined(upper, lower)


def test_a_law_is_a_histogram_of_mass_one(drawings):
    numbers = drawings["law"].numbers
    for gamma, panel in numbers.groupby("gamma"):
        bars = panel[panel["kind"] == "histogram"]
        mass = (bars["value"] * (bars["high"] - bars["low"])).sum()
        assert mass == pytest.approx(min(1, 1 / gamma), abs=1e-9)  # 1e-9: sums of counts


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"venue": "nature"}, "venue"),
        ({"width": "wide"}, "width"),
        ({"width": 400}, "width"),
        ({"width": "column"}, "width"),
        ({"draws": 3}, "draws"),
    ],
)
def test_bad_input(options, says):
    with pytest.raises(ValueError, match=rf"^{says} = "):
        figures.figure(record("law"), judge=False, **options)


def test_ticks_read_as_numbers():
    from matplotlib.figure import Figure

    for low, high, wanted in ((0.1, 10, "0.5"), (1e-6, 1e6, "10^{0}"), (1, 5, "2")):
        figure = Figure()
        ax = figure.subplots()
        ax.set_xscale("log")
        ax.set_xlim(low, high)
        canvas.ticks(ax.xaxis, low, high)
        figure.draw_without_rendering()
        assert any(wanted in t.get_text() for t in ax.get_xticklabels())


@pytest.mark.parametrize(
    "tex",
    [
        r"R \to r^2\Bigl(1-\frac1\gamma\Bigr)+\frac{\sigma^2}{\gamma-1}",
        r"\tfrac1n\|y-X\hat\beta\|^2 \to \sigma^2(1-\gamma)_+",
        r"\mathbb E\,R=\frac{\sigma^2 p}{n-p-1}",
        r"\frac{\frac1n\|y\|^2}{(1-\mathrm{df}_1/n)^2}",
        r"c_0=\frac1{\gamma\kappa}",
    ],
)
def test_statements_are_drawn(tex):
    assert formula(tex).startswith("<img"), mathtext(tex)


def test_every_statement_of_the_library_is_drawn_or_shown():
    from theorems.discovery import load

    for found in load().values():
        assert formula(found.statement).startswith(("<img", "<code"))
