"""The command line: what each command prints and writes, and one clear line with exit status 2 for bad input."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from theorems import discovery, tables
from theorems.cli import main
from theorems.commands.show import folded
from theorems.discovery import load
from theorems.pages import tour

FILE = str(Path(__file__).parent / "own_theorem.py")


def run(*words):
    return CliRunner().invoke(main, [str(w) for w in words])


def refused(*words):
    """Exit status 2, one line on stderr, no traceback."""
    result = run(*words)
    assert result.exit_code == 2, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    errors = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1
    return errors[0]


@pytest.mark.false_alarm(0)
def test_help_names_every_command_without_numpy():
    import subprocess
    import sys

    code = "import sys\nfrom theorems.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\nprint('numpy.linalg' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    for command in ("list", "show", "predict", "verify", "figure", "data", "tour"):
        assert f"  {command} " in out
    assert "pandas" not in out


def test_list_is_one_line_a_theorem():
    for words in (["list"], ["list", "--long"]):
        result = run(*words)
        assert result.exit_code == 0
        assert [line.split()[0] for line in result.stdout.splitlines()] == list(load())


def test_list_fits_a_narrow_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    assert max(map(len, run("list").stdout.splitlines())) <= 100


@pytest.mark.parametrize(
    ("words", "holds"),
    [
        (["mei2022"], lambda name, r: "mei2022" in name + r.source),
        (["MAX-margin"], lambda name, r: "max-margin" in r.title),
        (["mei2022", "Norm"], lambda name, r: name.startswith("mei2022") and "norm" in name + r.title.lower()),
    ],
)
def test_list_finds_words_in_name_title_and_source(words, holds):
    found = [line.split()[0] for line in run("list", *words).stdout.splitlines()]
    assert found
    assert found == [name for name, r in load().items() if holds(name, r)]


def test_show_of_a_paper_is_a_line_a_record():
    result = run("show", "mei2022")
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(load("mei2022"))


def test_a_plain_number_is_called_a_value(tmp_path):
    for words in (("candes2020.phase_transition", "gamma=0.1,0.5"), ("cui2021.rates", "alpha=1.5", "source=0.2", "ell=1")):
        assert all("value" in json.loads(line) for line in run("predict", *words, "--json").stdout.splitlines())
        shown = run("show", words[0]).stdout
        assert "claim   " in shown
        assert "(excess)" not in shown
    assert "Mean (excess)" in run("show", "hastie2022.isotropic_ridge").stdout


@pytest.mark.parametrize("name", list(load()))
def test_statements_are_broken_between_formulas_only(name):
    tex = load()[name].statement
    lines = folded(tex)
    assert "".join(" ".join(lines).split()) == "".join(tex.split())
    for line in lines:
        assert line.count("{") == line.count("}")
        assert not line.endswith("\\")
    for line in lines[:-1]:
        assert re.search(r"(quad|,|, ?\\ |[^\\] ?)$", line)
        assert not re.search(r"\\(?!q?quad)[a-zA-Z]+$", line)


@pytest.mark.false_alarm(0)
def test_a_missing_name_is_a_key_error_that_says_which_was_meant():
    found = load()
    with pytest.raises(KeyError, match=r"did you mean mei2022\.test_error\?"):
        found["mei2022.test_eror"]
    with pytest.raises(KeyError, match="see `ridgeless list max-margin`"):
        found["max-margin"]
    assert "mei2022.test_eror" not in found
    assert found.get("mei2022.test_eror") is None


@pytest.mark.parametrize("name", ["double_descent", "noise_only", "law", "two_routes"])
def test_show(name):
    result = run("show", f"{FILE}:{name}")
    assert result.exit_code == 0
    record = discovery.one(f"{FILE}:{name}")
    for text in (record.title, record.source, *record.assumptions, *record.rivals):
        assert text in result.stdout
    assert "gamma" in result.stdout


def test_show_every_theorem_of_the_library():
    for name in load():
        assert run("show", name).exit_code == 0


def test_predict_csv_holds_every_digit(tmp_path):
    out = tmp_path / "deep" / "curve.csv"
    result = run("predict", f"{FILE}:double_descent", "gamma=0.1:10:7:log", "r2=1,5", "sigma2=0.3", "--out", out)
    assert result.exit_code == 0
    frame = pd.read_csv(out, dtype=str).map(float)
    record = discovery.one(f"{FILE}:double_descent")
    assert len(frame) == 14
    for row in frame.itertuples():
        assert row.value == record.predict(gamma=row.gamma, r2=row.r2, sigma2=row.sigma2)


def test_predict_says_inf(tmp_path):
    out = tmp_path / "curve.csv"
    result = run("predict", f"{FILE}:double_descent", "gamma=0.5,1", "--out", out, "--json")
    cases = [json.loads(line) for line in result.stdout.splitlines()]
    assert cases[1] == {"gamma": 1.0, "r2": 1.0, "sigma2": 1.0, "value": math.inf}
    assert out.read_text().splitlines()[2].endswith(",inf")


def test_predict_netcdf(tmp_path):
    import xarray as xr

    out = tmp_path / "curve.nc"
    assert run("predict", f"{FILE}:two_routes", "gamma=0.5:2:4", "lam=0.01,0.1,1", "--out", out).exit_code == 0
    with xr.open_dataset(out) as found:
        assert dict(found.sizes) == {"gamma": 4, "lam": 3}
        record = discovery.one(f"{FILE}:two_routes")
        assert float(found["value"].sel(gamma=2.0, lam=0.1)) == record.predict(gamma=2.0, lam=0.1)
        assert found.attrs["theorem"] == "own_theorem.two_routes"


def test_predict_a_law_by_its_quantiles():
    result = run("predict", f"{FILE}:law", "gamma=0.5,2", "level=0.2,0.8", "--json")
    cases = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(c["gamma"], c["level"]) for c in cases] == [(0.5, 0.2), (0.5, 0.8), (2.0, 0.2), (2.0, 0.8)]
    assert cases[2]["quantile"] == 0  # half of the mass is at zero


def test_predict_prints_a_short_table():
    result = run("predict", f"{FILE}:double_descent", "gamma=0.1:10:200:log")
    assert result.exit_code == 0
    assert "200 cases" in result.stdout
    assert len(result.stdout.splitlines()) < 40


def test_predict_the_issue_s_command(tmp_path):
    words = ["hastie2022.isotropic_ridge", "gamma=0.1:10:200:log", "lam=0.1", "r2=5", "sigma2=1"]
    out = tmp_path / "curve.csv"
    assert run("predict", *words, "--out", out).exit_code == 0
    frame = pd.read_csv(out)
    assert len(frame) == 200
    assert {"gamma", "lam", "r2", "sigma2", "excess", "bias", "variance", "test"} <= set(frame)


def test_grids_of_text_and_of_numbers_keep_their_order():
    name = "hastie2022.universality"
    table = tables.predict(discovery.one(name), {"gamma": np.array([0.5, 2.0]), "entries": ("gaussian", "rademacher"), "r2": 5.0})
    assert list(table.grids) == ["gamma", "entries"]
    assert table.fields["excess"].shape == (2, 2)
    assert [c["gamma"] for c in table.cases()] == [0.5, 0.5, 2.0, 2.0]


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("show", "nobody2020.nothing"), "nobody2020.nothing"),
        (("show", "max-margin"), "see `ridgeless list max-margin`"),
        (("show", "no such thing"), "see `ridgeless list`"),
        (("list", "no such thing"), "no name, title or source"),
        (("verfy",), "did you mean verify?"),
        (("predict", FILE), "it holds 4 records"),
        (("show", f"{FILE}:nothing"), f"no such record; name one: {FILE}:double_descent, {FILE}:noise_only"),
        (("show", f"{FILE}:two_route"), f"did you mean {FILE}:two_routes?"),
        (("show", "elsewhere2020.law"), "a record of your own is FILE.py:law, with the file's path"),
        (("verify", "nowhere.py"), "no such file"),
        (("predict", f"{FILE}:two_routes", "alpha=1", "gamma=1"), "lam=alpha/n"),
        (("predict", f"{FILE}:two_routes", "gama=1", "lam=1"), "did you mean gamma"),
        (("predict", f"{FILE}:two_routes", "gamma=-1", "lam=1"), "gamma = -1.0"),
        (("predict", f"{FILE}:two_routes", "gamma=nan", "lam=1"), "gamma = nan"),
        (("predict", f"{FILE}:two_routes", "gamma=1"), "lam is missing: give lam=, in [0, inf)"),
        (("predict", f"{FILE}:two_routes", "gamma=1,0", "lam=1"), "gamma = 0.0"),
        (("predict", f"{FILE}:two_routes", "gamma=1:2", "lam=1"), "low:high:count"),
        (("predict", f"{FILE}:two_routes", "gamma=0:2:5:log", "lam=1"), "low:high:count"),
        (("predict", f"{FILE}:two_routes", "gamma=one", "lam=1"), "write a number"),
        (("predict", f"{FILE}:two_routes", "gamma"), "name=value"),
        (("predict", f"{FILE}:two_routes", "gamma=1", "gamma=2", "lam=1"), "given twice"),
        (("predict", f"{FILE}:two_routes", "gamma=1:2:100000", "lam=1:2:100000"), "cases"),
        (("predict", f"{FILE}:two_routes", "gamma=1", "lam=1", "--out", "x.xlsx"), ".csv"),
        (("predict", f"{FILE}:law", "gamma=1", "level=2"), "level"),
        (("verify", f"{FILE}:two_routes", "--delta", "-1"), "delta"),
        (("figure", f"{FILE}:law", "--venue", "nature"), "venue"),
        (("figure", f"{FILE}:law", "--format", "gif"), "format"),
        (("figure", f"{FILE}:law", "--width", "none"), "width"),
        (("data", "nowhere.csv", "--target", "y"), "nowhere.csv"),
        (("data", "--venue", "nature"), "venue"),
    ],
)
def test_bad_input_is_one_line(words, says):
    assert says in refused(*words)


@pytest.mark.false_alarm(0)
def test_a_file_that_does_not_load_is_one_line(tmp_path):
    broken = tmp_path / "broken.py"
    broken.write_text("import math\nx = 1\ny = math.nothing\n")
    assert f"{broken}, line 3 does not load: AttributeError" in refused("verify", broken)
    broken = tmp_path / "spelt.py"
    broken.write_text("x = 1\ny = = 2\n")
    assert "line 2 does not load: SyntaxError" in refused("verify", broken)
    broken = tmp_path / "empty.py"
    broken.write_text("x = 1\n")
    assert "defines no theorems.Theorem" in refused("verify", broken)
    broken = tmp_path / "binary.py"
    broken.write_bytes(b"\xff\xfe\x00")
    assert "does not load" in refused("verify", broken)


@pytest.mark.false_alarm(3 * 1e-6)
def test_verify_one_case_from_a_store_on_an_executor(tmp_path):
    one = ("verify", "hastie2022.isotropic_ridge", "--case", "gamma=4,lam=0.05", "--json")
    plain = json.loads(run(*one).stdout)
    assert plain["cases"][0]["params"] == {"gamma": 4.0, "lam": 0.05, "r2": 1.0, "sigma2": 1.0}
    assert plain["status"] == "consistent"
    assert plain["false_accept"] == 1e-3
    kept = run(*one, "--store", tmp_path / "x.store", "--executor", "threads", "--workers", "2")
    assert json.loads(kept.stdout)["cases"] == plain["cases"]
    again = run(*one, "--store", tmp_path / "x.store")
    assert json.loads(again.stdout)["cases"] == plain["cases"]
    two = run(
        "verify", "hastie2022.isotropic_ridge", "--case", "gamma=4,lam=0.05", "--case", "gamma=0.5,lam=1", "--budget", "500"
    )
    assert two.stdout.count("gamma=") == 2
    assert two.exit_code == 0  # no rivals are asked for


@pytest.mark.false_alarm(0)
def test_verify_says_what_is_wrong_with_a_case_or_a_budget():
    assert "gamma = -1.0 is refused" in refused("verify", "hastie2022.isotropic_ridge", "--case", "gamma=-1,lam=1")
    assert "alpha" in refused("verify", "hastie2022.isotropic_ridge", "--case", "gamma=1,alpha=1")
    assert "budget = 'soon' is refused" in refused("verify", "hastie2022.isotropic_ridge", "--budget", "soon")
    assert "the first look takes" in refused("verify", "hastie2022.isotropic_ridge", "--budget", "3")
    near = refused("verify", "hastie2022.finite_sample", "--case", "gamma=1.05")
    assert "sizes" in near
    assert "finite moments" in near


@pytest.mark.false_alarm(1e-6)
def test_verify_consistent():
    result = run("verify", f"{FILE}:two_routes", f"{FILE}:law", "--delta", "0.1", "--json")
    assert result.exit_code == 0, result.output
    verdicts = [json.loads(line) for line in result.stdout.splitlines()]
    assert [v["theorem"] for v in verdicts] == ["own_theorem.two_routes", "own_theorem.law"]
    assert {v["status"] for v in verdicts} == {"consistent"}


WRONG = """
from own_theorem_of_test import *
wrong = Theorem(title="A wrong constant", statement="R", source="own2026", assumptions=("none",), domain={"gamma": GAMMA, "lam": LAM},
                claim=Identity(theory=kappa, other=lambda gamma, lam: KAPPA, of="kappa"),
                rivals={"the same again": kappa}, cases=({"gamma": 2.0, "lam": 0.1},))
"""


@pytest.mark.false_alarm(0)
def test_exit_status_of_a_wrong_theorem_and_of_one_without_power(tmp_path, monkeypatch):
    (tmp_path / "own_theorem_of_test.py").write_text(Path(FILE).read_text())
    monkeypatch.syspath_prepend(tmp_path)
    for name, value in (
        ("wrong.py", "1.01 * kappa_by_root(gamma=gamma, lam=lam)"),
        ("weak.py", "kappa_by_root(gamma=gamma, lam=lam)"),
    ):
        (tmp_path / name).write_text(WRONG.replace("KAPPA", value))
    wrong, weak = run("verify", tmp_path / "wrong.py"), run("verify", tmp_path / "weak.py")
    assert wrong.exit_code == weak.exit_code == 1
    assert "refuted" in wrong.stdout
    assert "consistent" in weak.stdout
    assert "no power against its rival 'the same again'" in weak.stderr


@pytest.mark.false_alarm(0)
def test_the_same_verdict_from_any_number_of_threads():
    words = ("verify", f"{FILE}:law", f"{FILE}:two_routes", "--delta", "0.2", "--seed", "5")
    assert run(*words, "--jobs", "1").stdout == run(*words, "--jobs", "3").stdout


def test_figure(tmp_path):
    result = run(
        "figure", f"{FILE}:double_descent", f"{FILE}:law", "--out", tmp_path, "--draws", "8", "--no-verdict", "--format", "svg"
    )
    assert result.exit_code == 0, result.output
    assert [Path(line).name for line in result.stdout.splitlines()][::4] == [
        "own_theorem.double_descent.svg",
        "own_theorem.law.svg",
    ]
    assert all(Path(line).is_file() for line in result.stdout.splitlines())


@pytest.mark.false_alarm(0)
def test_data_on_a_users_table(tmp_path):
    rng = np.random.default_rng(3)
    x = rng.standard_normal((120, 6))
    frame = pd.DataFrame(x, columns=list("abcdef")).assign(y=x @ np.arange(6.0) + rng.standard_normal(120))
    frame.to_csv(tmp_path / "table.csv", index=False)
    result = run(
        "data", tmp_path / "table.csv", "--target", "y", "--draws", "8", "--sizes", "20,60", "--no-controls", "--out", tmp_path
    )
    assert result.exit_code == 0, result.output
    assert any(path.suffix == ".pdf" for path in tmp_path.iterdir())
    assert "z" in refused("data", tmp_path / "table.csv", "--target", "z")
    assert "target is missing: name the column to predict" in refused("data", tmp_path / "table.csv")


def test_every_stop_of_the_tour_exists():
    assert set(tour.STOPS) <= set(load())


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("command", ["search", "rate", "predict"])
def test_what_is_listed_can_be_typed_as_it_stands(command, tmp_path):
    import shlex

    folder = tmp_path / "my files"
    folder.mkdir()
    path = folder / "own_theorem.py"
    path.write_text(Path(FILE).read_text())
    listed = shlex.split(refused(command, path).split("name one: ")[1])
    names = [word.rstrip(",") for word in listed]
    assert [name.rpartition(":")[2] for name in names] == ["double_descent", "noise_only", "law", "two_routes"]
    for name in names:
        assert run("show", name).exit_code == 0
    assert [shlex.split(line)[0] for line in run("show", path).stdout.splitlines()] == names


@pytest.mark.false_alarm(0)
def test_a_printed_name_can_be_typed_back_in_the_folder_of_its_file(tmp_path, monkeypatch):
    (tmp_path / "printed2020.py").write_text(Path(FILE).read_text())
    monkeypatch.chdir(tmp_path)
    printed = run("show", "printed2020.py:law").stdout.partition(":")[0]
    assert printed == "printed2020.law"
    assert run("show", printed).stdout == run("show", "printed2020.py:law").stdout
    assert "did you mean printed2020.py:law?" in refused("show", "printed2020.lwa")
    assert "did you mean printed2020.py?" in refused("show", "printed2020")
    (tmp_path / "hastie2022.py").write_text("raise SystemError\n")
    assert run("show", "hastie2022.two_forms").exit_code == 0  # the library's comes first


@pytest.mark.false_alarm(0)
def test_an_error_in_ones_own_file_is_one_line_under_its_printed_name_too(tmp_path, monkeypatch):
    first = "def kappa_by_root(*, gamma, lam):\n"
    (tmp_path / "breaks2020.py").write_text(Path(FILE).read_text().replace(first, first + "    raise KeyError('oh')\n"))
    monkeypatch.chdir(tmp_path)
    for name in ("breaks2020.py:two_routes", "breaks2020.two_routes"):
        assert "breaks2020.py, line " in refused("verify", name)


def test_no_line_of_show_or_list_ends_in_the_middle_of_a_sentence():
    listed = run("list", "--long").stdout
    for name, record in load().items():
        shown = run("show", name).stdout
        assert ".;" not in shown
        assert not record.source.endswith((" this f", ","))
        assert record.source in listed
