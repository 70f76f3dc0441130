"""Figures: nothing is drawn through a pole, numbers and provenance beside every figure, the same bytes for the same numbers."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import bdtr

from simulate.draws import Draws
from theorems import Curve, Law, discovery, figures
from theorems.figures import areas, canvas, curves, maps, plans, points, styles, wording
from theorems.pages.report import formula, mathtext
from theorems.record import Plot
from theorems.simon2024 import measured as tables
from theorems.verdicts.verify import verify

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


def _with(**plot):
    """The double descent of the library with another figure."""
    return replace(discovery.one("hastie2022.isotropic_ridgeless"), plot=Plot(**{"n": 40, "points": 4, "at": {"r2": 2.0}} | plot))


def test_a_figure_is_asked_for_by_name_or_number(tmp_path):
    one, two, left = Plot(n=40, points=1), Plot(points=2), Plot(points=3)
    named = replace(record("double_descent"), plot={"figure 1": one, "figure 2": two, "figure 2, left": left, "figure 21": two})
    assert plans.wanted(named, "2") == plans.wanted(named, "figure 2") == ["figure 2", "figure 2, left"]
    assert plans.wanted(named, "figure 2, left") == ["figure 2, left"]
    assert plans.wanted(named, "all") == list(named.plots)
    assert plans.plan(named) is one
    assert plans.plan(named, "figure 2, left") is left
    with pytest.raises(ValueError, match=r"^plot = 'figure 3.*figure 1; figure 2"):
        figures.figure(named, plot="figure 3", judge=False)
    with pytest.raises(ValueError, match=r"^figure = '3'.*figure 21"):
        figures.chosen([named], "3")
    drawing = figures.figure(named, plot="figure 1", judge=False, draws=8)
    assert {p.suffix for p in drawing.save(tmp_path)} == {".pdf", ".csv", ".txt", ".json"}
    assert drawing.name.endswith(".figure-1")


def test_fields_of_one_line_come_from_the_same_draws():
    """bias + variance = excess, in theory and in every mean of draws."""
    drawn = _with(of=("bias", "variance", "excess"), low=1.5, high=5.0)
    numbers = figures.figure(drawn, judge=False, draws=8).numbers
    for kind in ("theory", "simulation"):
        parts = [numbers[(numbers["kind"] == kind) & (numbers["of"] == of)]["value"].to_numpy() for of in drawn.plot.of]
        assert len(parts[0])
        np.testing.assert_allclose(parts[0] + parts[1], parts[2], rtol=1e-12)  # 1e-12: round-off


def test_a_field_is_simulated_as_itself():
    """The training error's points are those of the training error, though the claim is of the excess."""
    drawn = _with(of="train", low=0.1, high=0.5)
    p = curves.series(drawn, drawn.plot, draws=40, entropy=0)[0].points
    np.testing.assert_allclose(p.centre, p.theory, rtol=0.5)  # 0.5: 40 draws of 40 (1 - gamma) >= 20 squares, 20 standard errors


def test_further_curves():
    also = {"as it is": Curve(record("double_descent"), {"r2": 5.0}), "null": Curve(lambda *, r2, **_: r2)}
    drawing = figures.figure(_with(also=also), judge=False, draws=8)
    numbers = drawing.numbers
    assert set(numbers["curve"]) == {"", *also}
    null = numbers[numbers["curve"] == "null"]
    assert set(null["kind"]) == {"theory"}
    assert set(null["value"]) == {2.0}
    assert set(numbers[numbers["curve"] == "as it is"]["kind"]) == {"theory", "simulation"}
    assert {t.get_text() for t in drawing.figure.legends[0].get_texts()} >= set(also)
    assert json.loads(json.dumps(dict(drawing.provenance), default=str))["plot"]["also"] == list(also)


def test_a_figure_of_its_own_parameters():
    """theory and simulation in place of the record's, whole numbers on the axis, and k = n where n is given."""

    def error(*, k, n, scale):
        return {"excess": scale / np.hypot(k - n, 1), "half": scale / 2 / np.hypot(k - n, 1)}

    asked = []
    drawn = _with(
        x="k", low=3.0, high=90.0, of=("excess", "half"), at={"n": 10}, lines={"scale": (1.0, 2.0)}, theory=error,
        simulation=lambda *, k, draws, rng, **_: asked.append(k) or np.ones(draws),
    )  # fmt: skip
    drawing = figures.figure(drawn, judge=False, draws=8)
    assert all(isinstance(k, int) for k in asked)
    assert len(asked) == 8 == figures.count(drawn)
    assert "$k = n$" in [t.get_text() for t in drawing.figure.axes[0].texts]
    assert len(drawing.figure.legends[0].get_texts()) == 4  # two lines, two fields


def test_areas_add_up():
    drawing = figures.figure(_with(of=("bias", "variance"), stack=True, points=0, low=1.5, high=5.0), judge=False)
    top = drawing.figure.axes[0].collections[-1].get_paths()[0].vertices
    at = top[np.argmin(np.abs(top[:, 0] - 2.0) - 1e-9 * top[:, 1])]
    theory = _with().predict(gamma=at[0], r2=2.0).excess
    assert at[1] == pytest.approx(float(theory), rel=1e-12)  # 1e-12: round-off


def test_gamma_is_called_what_the_record_means():
    found = discovery.load()
    meant = {"hastie2022.isotropic_ridge": "p", "simon2024.random_features_ridge": "k", "mei2022.test_error": "k"}
    for name, letter in meant.items():
        plot = plans.plan(found[name])
        assert wording.axis(found[name], plot).endswith(f"= {letter}/n$")
        assert wording.threshold(found[name], plot) == (1.0, f"${letter} = n$")
    for one in found.values():  # where the assumptions speak of gamma at all
        said = [s for s in one.assumptions if "-> gamma" in s]
        assert not said or any(f"{wording.letter(one)}/n -> gamma" in s for s in said), one.name


def test_the_papers_figures_are_all_there():
    found = discovery.load()
    for paper, numbers in {"hastie2022": range(1, 11), "simon2024": (1, 2), "mei2022": range(1, 6)}.items():
        for number in numbers:
            assert any(plans.wanted(r, str(number)) for r in found.values() if r.paper == paper), (paper, number)
    for one in found.values():
        for plot in one.plots.values() if not isinstance(one.claim, Law) else ():
            if plot.data:
                continue
            params = plot.at | {k: v[0] for k, v in plot.lines.items()} | ({plot.up[0]: plot.up[1]} if plot.up else {})
            x = np.array([plot.low, 0.3 * plot.low + 0.7 * plot.high])
            for of in plans.fields(one, plot):
                assert not np.isnan(plans.theory(one, plot, params, of)(x)).any(), (one.name, plot)


def test_a_map_has_its_numbers():
    drawn = _with(x="k", low=10.0, high=1e3, up=("n", 10.0, 1e3), lines={"r2": (1.0, 4.0)}, at={}, points=0,
                  theory=lambda *, k, n, r2: {"excess": r2 * k / n, "half": 0 * k})  # fmt: skip
    drawing = figures.figure(drawn, judge=False)
    numbers = drawing.numbers
    np.testing.assert_allclose(numbers["value"], numbers["r2"] * numbers["k"] / numbers["n"], rtol=1e-15)
    assert len(numbers) == 2 * maps.SIDE**2
    assert figures.count(drawn) == 0
    assert [ax.get_title() for ax in drawing.figure.axes[:2]] == ["$r^2$ = 1", "$r^2$ = 4"]
    assert "level lines" in drawing.caption
    low, high, log = maps._range(
        [maps.Map(params={}, varied=(), x=np.ones(2), y=np.ones(1), z=np.array([[1.0, np.inf]]))], drawn.plot
    )
    assert (low, high, log) == (1.0, 1.0, False)
    assert drawing.render("png") == drawing.render("png")


@pytest.mark.false_alarm(0)
def test_measured_points_say_on_what():
    drawn = _with(
        data="digits", theory=lambda *, gamma, r2: r2 * gamma, simulation=lambda *, draws, **_: np.ones(draws), value="a\nb"
    )
    drawing = figures.figure(drawn, judge=False, draws=8)
    assert "points: digits" in drawing.figure.legends[0].get_title().get_text()
    assert "Points: digits, a b, mean of 8 draws" in drawing.caption
    assert drawing.provenance["plot"]["data"] == "digits"
    gap = abs(1 / drawing.numbers[drawing.numbers["kind"] == "simulation"]["theory"] - 1)
    assert f"{gap.median():.1%} off the lines in the median, {gap.max():.1%} at worst" in drawing.caption
    assert "Arrows" not in drawing.caption
    beside = figures.figure(drawn, verdict=verify(record("two_routes")), draws=8)
    assert not beside.figure.axes[0].get_title(loc="right")
    assert "Verdict on Gaussian draws, not on this table: " in beside.caption


def test_more_is_better_falls():
    """Along the features and from each number of samples to the next."""
    one = discovery.one("simon2024.more_is_better")
    x = np.linspace(one.plot.low, one.plot.high, 5)
    test = np.array([plans.theory(one, one.plot, {**one.plot.at, "samples": v}, "test")(x) for v in one.plot.lines["samples"]])
    assert (np.diff(test, axis=0) < 0).all()
    assert (np.diff(test, axis=1) < 0).all()


@pytest.mark.parametrize(
    ("source", "cited"),
    [
        ("key, Theorem 2 (numbering from memory)", "key, Theorem 2"),
        ("key, section 8 (from memory; in this form by other, (9))", "key, section 8 (in this form by other, (9))"),
        ("key, section 4 (the noisy regime; numbering from memory); other", "key, section 4 (the noisy regime); other"),
        ("key, equations (6) to (8)", "key, equations (6) to (8)"),
    ],
)
def test_captions_cite_the_source_alone(source, cited):
    assert wording.cited(source) == cited


def test_names_of_levels_stand_on_their_lines():
    """In points: where a line is cut for its name, its ends are as near as the name is long."""
    drawing = figures.figure(discovery.one("mei2022.test_error"), plot="figure 3", judge=False)
    for ax in drawing.figure.axes[:2]:
        assert ax.texts
        lines = [ax.transData.transform(path.vertices) for path in ax.collections[-1].get_paths() if len(path)]
        for text in ax.texts:
            at = ax.transData.transform(text.get_position())
            near = min(np.hypot(*(line - at).T).min() for line in lines) * 72 / drawing.figure.dpi
            assert near < 2 * text.get_fontsize()


def test_lines_drawn_together_have_the_same_draws():
    """Asked once a point for all penalties, and every line gets its own column."""
    asked = []

    def simulation(*, gamma, lam, draws, rng, **_):
        asked.append(gamma)
        return Draws(excess=rng.standard_normal((draws, 1)) + np.asarray(lam), train=np.ones((draws, 2)) * lam)

    drawn = _with(lines={"lam": (1.0, 5.0)}, simulation=simulation, together=True, of=("excess", "train"),
                  theory=lambda *, gamma, lam, r2: {"excess": lam + 0 * gamma, "train": lam + 0 * gamma})  # fmt: skip
    numbers = figures.figure(drawn, judge=False, draws=8).numbers
    one, five = (
        numbers[(numbers["kind"] == "simulation") & (numbers["of"] == "excess") & (numbers["lam"] == v)] for v in (1.0, 5.0)
    )
    assert len(asked) == len(one) == 4
    np.testing.assert_allclose(five["value"].to_numpy() - one["value"].to_numpy(), 4.0, rtol=1e-12)  # 1e-12: round-off


def _looks(drawing):
    """(colour, dash, width) of the curves."""
    curved = [line for line in _lines(drawing) if len(line.get_xdata()) > 50]
    return [(line.get_color(), str(line.get_linestyle()), line.get_linewidth()) for line in curved]


def test_lines_are_told_apart_without_colour():
    fields = ("bias", "variance")
    several = _looks(figures.figure(_with(of=fields, at={}, lines={"r2": (1.0, 2.0)}, points=0), judge=False))
    one = _looks(figures.figure(_with(of=fields, points=0), judge=False))
    for looks in (several, one):
        assert len({look[1:] for look in looks}) == len(looks)
    assert len({look[0] for look in several}) == len({look[0] for look in one}) == 2
    rgb = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in styles.COLOURS])
    grey = rgb @ [0.299, 0.587, 0.114]
    for i, j in combinations(range(7), 2):
        assert areas.HATCHES[i] != areas.HATCHES[j] or abs(grey[i] - grey[j]) > 0.1


def test_a_bound_is_called_one():
    drawing = figures.figure(discovery.one("ghosh2023.universal_bound"), judge=False, draws=8)
    assert drawing.figure.legends[0].get_title().get_text().startswith("lines: lower bound")
    assert "a lower bound, at every n." in drawing.caption


def test_correlated_figures_begin_below_the_threshold():
    for name, number in (("autoregressive", "figure 5"), ("equicorrelated_ridgeless", "figure 4")):
        plot = discovery.one(f"hastie2022.{name}").plots[number]
        assert plot.low < 1 < plot.high
        found = plot.theory(**plot.at, rho=0.5, gamma=np.array([0.2, 0.5])).excess
        np.testing.assert_allclose(found, [0.25, 1.0], rtol=1e-12)  # sigma2 gamma/(1 - gamma), whatever rho; 1e-12: round-off


@pytest.fixture
def few_digits(monkeypatch):
    """250 of the digits, for speed."""
    from theorems.data import models

    caches = (tables._seen, tables._fitted, tables._interpolated)
    monkeypatch.setattr(models, "LARGEST", 250)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.mark.false_alarm(1e-8)
def test_digits_stand_beside_their_theory(few_digits):
    """Of 16 draws the mean errs by some 5 %, theory by up to 15 % on these: 40 % is no chance."""
    rng = np.random.default_rng()
    sizes = {"n": 60, "k": 200, "delta": 2.0}
    drawn, theory = tables._layers(**sizes, draws=16, rng=rng), tables._layer(**sizes)
    for of in ("test", "train"):
        assert getattr(drawn, of).mean() == pytest.approx(theory[of], rel=0.4), of
    assert tables._best(n=60, k=200) <= theory["test"]
    plot = discovery.one("simon2024.power_law").plots["figure 2, digits measured"]
    here = {"table": "digits", "ratio": 0.4}
    for noise in plot.lines["noise"]:
        measured = plot.simulation(**here, noise=noise, n=60, draws=16, rng=rng).mean()
        assert measured == pytest.approx(float(plot.theory(**here, noise=noise)), rel=0.4), noise


def test_the_exponents_that_are_written_are_those_fitted():
    found = tables._fitted("digits")
    assert (round(found.alpha, 2), round(found.beta, 2)) == tables.FITTED["digits"]


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


def test_every_statement_of_the_library_can_be_drawn():
    from matplotlib.mathtext import MathTextParser

    parser = MathTextParser("path")
    for one in discovery.load().values():
        parts = re.split(r"(\$[^$]*\$)", one.statement) if "$" in one.statement else [f"${one.statement}$"]
        parser.parse("".join(f"${mathtext(x)}$" if x.startswith("$") else x for x in parts), 72)
