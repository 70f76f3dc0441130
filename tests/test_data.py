"""Real data: tables read and refused, a table as a population, reports, figures."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from simulate import subsampling
from theorems import data
from theorems.data import gaps, reading
from theorems.data.pool import Population, population
from theorems.data.reading import Table, read

ROWS = 120
HOME = Path(os.environ.get("RIDGELESS_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def frame(rows: int = ROWS, columns: int = 6, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((rows, columns)) * 10.0 ** np.arange(columns) + 5
    table = pd.DataFrame(X, columns=[f"x{i}" for i in range(columns)])
    table["y"] = (X - 5) @ (10.0 ** -np.arange(columns)) + rng.standard_normal(rows)
    return table


def gaussian(rows: int = 400, columns: int = 20, seed: int = 0) -> Table:
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((rows, columns))
    y = X @ np.linspace(1, 0, columns) + 2 * rng.standard_normal(rows)
    return Table(X=X, y=y, features=tuple(f"x{i}" for i in range(columns)), target="y", source="gaussian")


# --- reading ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.false_alarm(0)
def test_formats_give_the_same_table(tmp_path: Path) -> None:
    table = frame()
    table.to_csv(tmp_path / "t.csv", index=False)
    table.to_csv(tmp_path / "t.tsv", index=False, sep="\t")
    table.to_parquet(tmp_path / "t.parquet")
    np.savez(tmp_path / "t.npz", X=table.drop(columns="y").to_numpy(), y=table["y"].to_numpy())
    tables = [read(tmp_path / f"t.{ending}", "y") for ending in ("csv", "tsv", "parquet", "npz")]
    for other in tables:
        assert np.array_equal(other.X, table.drop(columns="y").to_numpy())
        assert np.array_equal(other.y, table["y"].to_numpy())
        assert other.target == "y"
    assert np.array_equal(read(tmp_path / "t.npz").y, tables[0].y)  # an NPZ with one vector needs no target


@pytest.mark.false_alarm(0)
def test_images_of_an_npz_are_flattened(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 255, (40, 3, 3), dtype=np.uint8)
    np.savez(tmp_path / "t.npz", images=images, labels=np.arange(40) % 4)
    table = read(tmp_path / "t.npz", label="2")
    assert table.X.shape == (40, 9)
    assert table.features[4] == "images_4"
    assert table.target == "labels = 2"
    assert table.y.sum() == 10


def spoilt(change: str) -> pd.DataFrame:
    table = frame()
    if change == "missing":
        table.loc[3, "x1"] = np.nan
    elif change == "missing target":
        table.loc[3, "y"] = np.nan
    elif change == "infinite":
        table.loc[3, "x1"] = np.inf
    elif change == "large":
        table.loc[3, "x1"] = 1e200
    elif change == "mistyped":
        table["x1"] = table["x1"].astype(str)
        table.loc[7, "x1"] = "oops"
    elif change == "mistyped target":
        table["y"] = table["y"].astype(str)
        table.loc[7, "y"] = "oops"
    elif change == "constant":
        table["x2"] = 7.1
    elif change == "constant target":
        table["y"] = 1.0
    elif change == "text":
        table["x4"] = "red"
    elif change == "text target":
        table["y"] = np.where(table["y"] > 0, "yes", "no")
    elif change == "few":
        table = table.head(20)
    elif change == "dates":
        table["x0"] = pd.date_range("2020-01-01", periods=len(table))
    elif change == "target only":
        table = table[["y"]]
    return table


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ("", {"target": None}, "the columns are x0, x1, x2, x3, x4, x5, y"),
        ("", {"target": "Y"}, "target = 'Y' .* its columns are x0, x1, x2, x3, x4, x5, y"),
        ("", {"target": "x11"}, "did you mean 'x1'"),
        ("", {"drop": ["z"]}, "drop = 'z'"),
        ("", {"drop": ["y"]}, "target cannot be dropped"),
        ("", {"label": "17"}, "label = '17' .* never"),
        ("missing", {}, "column = 'x1' .* 1 of its 120 values are missing; drop"),
        ("missing target", {}, "column = 'y' .* missing"),
        ("infinite", {}, "column = 'x1' .* row 3 is inf"),
        ("large", {}, "column = 'x1' .* row 3 is 1e.200.* other units"),
        ("mistyped", {}, "column = 'x1' .* 1 of its 120 values are no numbers, the first is 'oops' in row 7.*--clean"),
        ("mistyped target", {}, "column = 'y' .* 'oops' in row 7"),
        ("constant", {}, "column = 'x2' .* constant"),
        ("constant target", {}, r"target = 'y' .* constant \(1\)"),
        ("text", {}, "column = 'x4' .* 'red'.*--drop x4.*--one-hot"),
        ("text target", {}, "target = 'y' .* label=VALUE"),
        ("dates", {}, "column = 'x0' .* not numeric"),
        ("few", {}, "rows = 20 .* at least 30"),
        ("target only", {}, "no columns are left"),
    ],
)
def test_bad_tables_are_refused_with_the_column_and_the_remedy(
    tmp_path: Path, change: str, options: dict[str, Any], message: str
) -> None:
    spoilt(change).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(ValueError, match=message):
        read(tmp_path / "t.parquet", **{"target": "y", **options})


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.csv", None, "no such file"),
        ("t.xlsx", b"", "its ending says the format"),
        ("t.csv", b"", "cannot be read as .csv"),
        ("t.csv", b"a,b\n1,2\n1,2,3\n", "cannot be read as .csv"),
        ("t.parquet", b"nonsense", "cannot be read as .parquet"),
        ("t.npz", b"nonsense", "cannot be read as .npz"),
        ("typo", None, "embedded data sets are digits, diabetes, breast_cancer"),
    ],
)
def test_bad_files_are_refused(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read(tmp_path / name, "y")


@pytest.mark.parametrize(
    ("arrays", "target", "message"),
    [
        ({"X": np.ones((40, 2))}, None, r"name the vector that is the target; it has X \(40, 2\)"),
        ({"X": np.ones((40, 2)), "a": np.ones(40), "b": np.ones(40)}, None, "name the vector"),
        ({"X": np.ones((40, 2)), "y": np.ones(40)}, "z", "target = 'z'"),
        ({"X": np.ones((39, 2)), "y": np.ones(40)}, "y", "exactly one array of features"),
        ({"X": np.ones((40, 2)), "Z": np.ones((40, 2)), "y": np.ones(40)}, "y", "exactly one array of features"),
    ],
)
def test_npz_without_the_right_arrays(tmp_path: Path, arrays: dict[str, np.ndarray], target: str | None, message: str) -> None:
    np.savez(tmp_path / "t.npz", **arrays)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=message):
        read(tmp_path / "t.npz", target)


@pytest.mark.false_alarm(0)
def test_cleaning_says_what_it_did(tmp_path: Path) -> None:
    table = frame()
    table["x1"] = table["x0"]
    table["x2"] = 3.0
    table["colour"] = np.array(["red", "green", "blue"])[np.arange(ROWS) % 3]
    table.loc[5, "x3"] = np.nan
    table.loc[6, "colour"] = None
    table.to_csv(tmp_path / "t.csv", index=False)
    dropped = read(tmp_path / "t.csv", "y", clean=True)
    assert dropped.features == ("x0", "x1", "x3", "x4", "x5")
    assert len(dropped.y) == ROWS - 1
    coded = read(tmp_path / "t.csv", "y", clean=True, one_hot=True)
    assert coded.features[-2:] == ("colour_green", "colour_red")
    assert len(coded.y) == ROWS - 2
    notes = " ".join(coded.notes)
    for said in ("one-hot encoded", "dropped 2 of 120 rows", "constant: x2", "1 columns repeat"):
        assert said in notes
    assert read(tmp_path / "t.csv", "colour", label="red", clean=True).y.sum() == np.sum(np.arange(ROWS) % 3 == 0) - 1


@pytest.mark.false_alarm(0)
def test_cleaning_leaves_out_rows_with_mistakes_not_columns(tmp_path: Path) -> None:
    table = frame().astype(object)
    table.loc[3, "x0"], table.loc[4, "x1"], table.loc[5, "y"] = "oops", np.inf, "?"
    table.to_csv(tmp_path / "t.csv", index=False)
    found = read(tmp_path / "t.csv", "y", clean=True)
    assert found.X.shape == (ROWS - 3, 6)
    assert "1 values of x0 are no numbers" in " ".join(found.notes)


def test_embedded_tables() -> None:
    for name, shape in (("digits", (1797, 61)), ("diabetes", (442, 10)), ("breast_cancer", (569, 30))):
        table = read(name)
        assert table.X.shape == shape
        assert table.source == f"{name} (scikit-learn)"
    assert np.array_equal(np.unique(read().y), [0, 1])


# --- the table as a population ---------------------------------------------------------------------------------------------------


def same_theory(a: Population, b: Population) -> None:
    assert_allclose(a.eigenvalues, b.eigenvalues, rtol=1e-10)
    assert_allclose(a.coefficients, b.coefficients, rtol=1e-8, atol=1e-10)  # least squares
    assert_allclose([a.sigma2, a.variance], [b.sigma2, b.variance], rtol=1e-10)


def test_estimates_are_those_of_the_whole_table() -> None:
    table = read("diabetes")
    p = population(table)
    Z = (table.X - table.X.mean(axis=0)) / table.X.std(axis=0)
    assert_allclose(np.sort(p.eigenvalues), np.linalg.eigvalsh(np.cov(Z.T)), rtol=1e-10)  # eigh against svd, condition 500
    fitted = p.scores @ p.coefficients
    assert_allclose(fitted, Z @ np.linalg.lstsq(Z, p.y, rcond=None)[0], rtol=1e-8, atol=1e-8)
    assert_allclose(p.sigma2, np.sum((p.y - fitted) ** 2) / (p.rows - 1), rtol=1e-10)
    assert_allclose(p.sigma2 + p.eigenvalues @ p.coefficients**2, p.variance, rtol=1e-12)  # Pythagoras
    raw = population(table, scale=False)
    assert_allclose(raw.eigenvalues.sum(), np.var(table.X, axis=0, ddof=1).sum(), rtol=1e-12)


@pytest.mark.false_alarm(0)
def test_collinear_columns_are_directions_of_eigenvalue_zero() -> None:
    table = gaussian()
    more = Table(X=np.hstack([table.X, table.X[:, :3] @ np.ones((3, 2))]), y=table.y, features=(), target="y", source="more")
    p = population(more, scale=False)
    assert (p.rank, p.columns) == (20, 22)
    assert np.isfinite(p.predict(np.array([5.0, 50.0]), 0.0)).all()
    report = data._report(more, (0, 0.1), (10, 50), 8, 0, True, False, None, lambda: None)
    assert "2 of the columns are exact combinations" in report.summary()


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("columns", [20, 500])
def test_controls_keep_covariance_signal_and_noise(columns: int) -> None:
    """Exactly; a wide table (rank N - 1) too."""
    p = population(gaussian(columns=columns))
    rng = np.random.default_rng(0)
    for control in (p.gaussian(rng), p.shuffled(rng)):
        same_theory(p, control)
        covariance = np.cov(control.scores.T)
        assert_allclose(covariance, np.diag(p.eigenvalues), atol=1e-10 * p.eigenvalues[0])
        assert np.abs(control.y - p.y).max() > 0 or p.sigma2 == 0
    assert_allclose(p.shuffled(rng).scores, p.scores, rtol=1e-12, atol=1e-12)


@pytest.mark.false_alarm(0)
def test_prediction_has_the_intercept_in_it() -> None:
    """A target without signal and a huge penalty: the error of a mean of n, s^2 (1 + 1/n)."""
    p = population(gaussian())
    assert_allclose(p.predict(np.array([10.0, 100.0]), 1e12), p.variance * (1 + 1 / np.array([10, 100])), rtol=1e-9)
    assert p.predict(21.0, 0.0) == math.inf
    lam, least = p.best(np.array([15.0, 100.0]))
    assert np.all(least <= p.predict(np.array([15.0, 100.0]), 0.3))
    assert_allclose(p.predict(np.array([15.0, 100.0]), lam), least)


Z = 5.5  # and the slack 3/n is six standard errors or more, where the mean was within one over six seeds: together |t_59| > 10


@pytest.mark.false_alarm(7 * 1e-9)
def test_prediction_is_the_measurement_on_gaussian_rows_tall_and_wide() -> None:
    """Gaussian controls of real tables: many of them, so that no table's own luck is left. n = 40 and 30: bias of O(1/n)."""
    for name, n, lam in (("diabetes", 40, [0.0, 0.1, 1.0]), ("breast_cancer", 80, [0.01, 1.0])):
        p = population(read(name))
        rng = np.random.default_rng(1)
        ratio = np.empty((60, len(lam)))
        for k in range(len(ratio)):
            q = p.gaussian(rng)
            test = subsampling.ridge(X=q.scores, y=q.y, n=n, lam=lam, draws=3, rng=rng).test
            assert test is not None
            ratio[k] = test.mean(axis=0) / p.predict(float(n), lam)
        error = Z * ratio.std(axis=0, ddof=1) / math.sqrt(len(ratio))
        assert np.all(np.abs(ratio.mean(axis=0) - 1) <= error + 3 / n), name  # 3/n: the formula is a limit
    wide = population(gaussian(rows=80, columns=200))
    rng = np.random.default_rng(2)
    ratio = np.empty((60, 2))
    for k in range(len(ratio)):
        q = wide.gaussian(rng)
        test = subsampling.ridge(X=q.scores, y=q.y, n=30, lam=[0.0, 1.0], draws=3, rng=rng).test
        assert test is not None
        ratio[k] = test.mean(axis=0) / wide.predict(30.0, [0.0, 1.0])
    error = Z * ratio.std(axis=0, ddof=1) / math.sqrt(len(ratio))
    assert np.all(np.abs(ratio.mean(axis=0) - 1) <= error + 3 / 30)


# --- reports ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.false_alarm(0)
def test_columns_in_units_of_their_own() -> None:
    """One column of scale 3e5 among six, n > p + 1, no penalty: what is predicted row for row is what is measured."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 6)) * np.r_[3e5, np.ones(5)]
    y = X @ np.r_[1 / 3e5, np.ones(5)] + 0.3 * rng.standard_normal(400)
    raw = population(Table(X=X, y=y, features=tuple("abcdef"), target="y", source="made"), scale=False)
    found = raw.rowwise(30, 0.0)
    assert found is not None
    test = raw.measure(30, np.array([0.0]), 200, np.random.default_rng(0))["test"]
    assert_allclose(found, test.mean(), rtol=0.1)
    for lam in (1e-9, 1e-6):
        near = raw.rowwise(30, lam)
        assert near is not None
        assert_allclose(near, found, rtol=1e-4)


def test_centre_gives_intervals() -> None:
    values = np.arange(1.0, 101)
    mean, se, low, high = data.centre(values, heavy=False)
    assert (mean, se) == (50.5, pytest.approx(values.std(ddof=1) / 10))
    assert low < mean < high
    median, _, low, high = data.centre(values, heavy=True)
    assert (median, low, high) == (50.5, 40.0, 61.0)  # ranks 40 and 61 of 100 cover with 96.5 %, 41 and 60 with 94.3 %


@pytest.mark.false_alarm(0)
def test_report_on_a_file_and_the_same_bits_twice(tmp_path: Path) -> None:
    frame(300, 6).to_csv(tmp_path / "t.csv", index=False)
    options: dict[str, Any] = {"lam": (0, 0.1), "draws": 10, "sizes": (5, 7, 8, 40)}
    one = data.report(tmp_path / "t.csv", "y", **options)
    two = data.report(tmp_path / "t.csv", "y", **options)
    pd.testing.assert_frame_equal(one.table, two.table)
    fewer = data.report(tmp_path / "t.csv", "y", **(options | {"sizes": 40}))  # a cell does not depend on the others
    pd.testing.assert_frame_equal(one.table[one.table["n"] == 40].reset_index(drop=True), fewer.table)
    other = data.report(tmp_path / "t.csv", "y", **(options | {"entropy": 1}))
    assert not np.allclose(one.table["measured"], other.table["measured"])
    pole = one.table[(one.table["n"] == 7) & (one.table["lam"] == 0)]
    assert np.isinf(pole["predicted"]).all()
    assert (pole["statistic"] == "median").all()
    assert one.parting.poles == 1
    assert "at the pole" in str(one)
    assert (one.table["draws"] == 10).all()


@pytest.mark.false_alarm(1e-8)
def test_report_on_gaussian_rows_parts_nowhere_far_from_the_pole() -> None:
    """Its z-scores: 99.9 % of a normal's are within 3.3; here the largest of 12 cells must be within 6 plus the formula's bias.

    0.06 is two standard errors or more: |t_39| > 8 in twelve cells.
    """
    p = population(gaussian(rows=600, columns=20))
    table, tuned = data.measure(p, (60, 150, 300), np.array([0.0, 0.03, 0.3, 3.0]), 40, lambda n: np.random.default_rng(n))
    slack = (table["gap"].abs() - 6 * table["se"] / table["predicted"]).to_numpy()
    assert np.all(slack <= 0.06)  # 3/n at n = 60 is 5 %, and the table's own deviation from a Haar one about 1/sqrt(600 * 20)
    assert np.all(np.abs(tuned["measured"] / tuned["predicted"] - 1) < 0.25)  # a coarse grid, from 60 rows: 3.5 % +- 1.6 %
    found = gaps.parting(gaussian(rows=600), p, table, None, lambda *_: table)
    assert found.evidence["spread"] == pytest.approx(1, abs=0.3)  # ten standard errors


@pytest.mark.false_alarm(1e-7)  # z-scores of 10 and more must be above the report's threshold, a spread of 8 +- 0.2 above 3
def test_heavy_rows_are_told(tmp_path: Path) -> None:
    """Rows of very different lengths: the covariance does not tell, prediction fails, and the controls name the rows."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((1500, 20)) * rng.choice([0.1, 3.0], (1500, 1), p=[0.85, 0.15])
    table = pd.DataFrame(X, columns=[f"x{i}" for i in range(20)]).assign(y=X.sum(axis=1) + rng.standard_normal(1500))
    table.to_parquet(tmp_path / "t.parquet")
    report = data.report(tmp_path / "t.parquet", "y", lam=(0.001, 0.1), sizes=(40, 80), draws=60)
    assert len(report.parting.worst) == 2
    assert (report.parting.controls["cause"] == "the rows are not Gaussian").all()
    assert report.parting.evidence["spread"] > 3
    assert "Gaussian rows" in str(report.parting)


@pytest.mark.false_alarm(2 * 1e-8)
def test_digits_as_the_tour_shows_them(entropy: int) -> None:
    report = data.report(lam=(0, 0.1, 1), sizes=(40, 600), draws=60, controls=False, entropy=entropy)
    far = report.table[(report.table["n"] == 600) & (report.table["lam"] > 0)]
    assert (far["gap"].abs() < 0.05).all()  # measured over eight seeds: at most 0.8 % +- 0.4 %
    assert (far["omniscient"] < far["predicted"]).all()  # the table's estimates taken for the truth are too good
    assert "odd" in report.summary()
    near = data.report(lam=0, sizes=40, draws=600, controls=False, entropy=entropy).table
    assert (near["gap"] > 0.15).all()  # pixels are not Gaussian: measured +59 % +- 4 %


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"draws": 3}, "draws = 3"),
        ({"lam": -1}, "lam = -1"),
        ({"lam": [0.1, math.nan]}, "lam"),
        ({"sizes": (2, 10)}, "sizes"),
        ({"sizes": 500}, "between 3 and 441"),
    ],
)
def test_bad_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        data.report("diabetes", **options)


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize(("rows", "columns"), [(40, 2), (200, 150), (60, 300), (20000, 5)])
def test_default_sizes(rows: int, columns: int) -> None:
    p = population(gaussian(rows=rows, columns=columns))
    found = data.sizes_of(p)
    assert all(3 <= n < rows and n - 1 != p.rank for n in found)
    assert len(found) >= 4


def test_figure_breaks_at_the_pole_and_is_saved_with_its_numbers(tmp_path: Path) -> None:
    report = data.report("diabetes", sizes=(6, 9, 11, 14, 60), draws=8, controls=False)
    drawing = report.figure()
    line = drawing.figure.axes[0].get_lines()[0]
    x, y = line.get_xdata(), line.get_ydata()
    assert np.isnan(np.asarray(y)[np.asarray(x) == 11]).all()  # rank + 1
    assert np.isfinite(np.asarray(y)[np.asarray(x) != 11]).all()
    paths = report.save(tmp_path, venue="icml", format=("pdf", "png"))
    assert {p.suffix for p in paths} == {".pdf", ".png", ".csv", ".txt", ".json"}
    assert all(p.stat().st_size > 0 for p in paths)
    assert "worst" in drawing.caption
    assert drawing.render("png") == report.figure().render("png")


@pytest.mark.parametrize("lam", [(0.0,), (0.5,), (0.0, 0.1, 1.0)])
def test_figures_of_short_grids(lam: tuple[float, ...]) -> None:
    assert data.report("diabetes", lam=lam, sizes=(20,), draws=8, controls=False).figure(venue="jmlr").render("svg")


# --- the files that may be there -------------------------------------------------------------------------------------------------


def shared(name: str) -> Path:
    if not (HOME / name).is_file():
        pytest.skip(f"{name} is not there; RIDGELESS_DATA names its folder")
    return HOME / name


@pytest.mark.false_alarm(1e-8)
def test_housing() -> None:
    path = shared("housing.csv")
    with pytest.raises(ValueError, match=r"column = 'ocean_proximity' .*--one-hot"):
        read(path, "median_house_value")
    with pytest.raises(ValueError, match=r"column = 'total_bedrooms' .* 207 of its 20640 values are missing"):
        read(path, "median_house_value", one_hot=True)
    table = read(path, "median_house_value", clean=True, one_hot=True)
    assert table.X.shape == (20433, 12)
    report = data._report(table, (0, 0.1, 1), (100, 200), 20, 0, True, False, None, lambda: None)
    assert report.population.explained == pytest.approx(0.6465, abs=5e-4)  # R^2 of its least squares
    assert (report.table["gap"].abs() < 0.3).all()  # measured: at most 8 %


def test_mnist() -> None:
    path = shared("mnist10k.npz")
    with pytest.raises(ValueError, match="constant"):
        read(path)
    table = reading.read(path, label="3", clean=True)
    assert table.X.shape == (10000, 668)
    assert table.y.mean() == pytest.approx(0.1, abs=0.01)
