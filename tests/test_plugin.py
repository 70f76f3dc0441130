"""The pytest plugin, from the outside: small suites that it runs, and what they print and exit with."""

from __future__ import annotations

import math
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np  # noqa: F401  pytester unloads what a suite was the first to import, and compiled modules load but once
import pandas as pd  # noqa: F401
import pytest
import scipy.special  # noqa: F401

import theorems.verdicts.verify  # noqa: F401
from theorems.testing.calibration import interval
from theorems.testing.converges import converges

pytest_plugins = ["pytester"]

SUITE = """
import numpy as np
import pytest
from theorems.testing.converges import converges

def square(*, n, draws, rng, sigma2=1.0):
    return sigma2 * (rng.standard_normal((draws, n)) ** 2).mean(axis=1)

EXACT = {"sizes": (20, 40), "exact": True, "delta": 0.1, "budget": 10_000, "false_refute": 1e-9}
"""
GOOD = """
@pytest.mark.false_alarm(1e-9)
def test_good():
    assert converges(square, to=1.0, **EXACT).status == "consistent"
"""
AGAIN = GOOD.replace("test_good", "test_again")
SILENT = AGAIN.replace("@pytest.mark.false_alarm(1e-9)", "")
WRONG = """
@pytest.mark.false_alarm(1e-9)
@pytest.mark.parametrize("to", [1.5, 2.0])
def test_wrong(to):
    converges(square, to=to, **EXACT)
"""
SHORT = """
def test_short():
    converges(square, to=1.0, **EXACT | {"budget": 1000, "delta": 0.01})
"""
SEEDED = """
@pytest.mark.false_alarm(0.5)
def test_seeded(entropy):
    assert np.random.default_rng(entropy).random() > 2, f"entropy was {entropy}"
"""


@pytest.fixture
def suite(pytester: pytest.Pytester):
    """Runs a suite of these tests in this process: (exit status, all that it printed)."""

    def run(*tests: str, options: str = "") -> tuple[int, str]:
        pytester.makepyfile(test_it=SUITE + "\n".join(tests))
        result = pytester.runpytest_inprocess("-p", "no:cacheprovider", *shlex.split(options))
        return int(result.ret), result.stdout.str() + result.stderr.str()

    return run


def replayed(printed: str) -> list[str]:
    return re.findall(r"^pytest (\S.* --entropy \d+)$", printed, re.M)


@pytest.mark.false_alarm(1e-9)
def test_a_right_limit_passes_and_its_rate_is_told(suite):
    status, printed = suite(GOOD)
    assert status == 0
    assert "the rates of 1 tests add up to 1e-09\n" in printed


@pytest.mark.false_alarm(0)  # a wrong limit: what may go wrong is not a false alarm, and 0.5 lies 7 half-widths off
def test_a_wrong_limit_fails_with_its_verdict_and_the_command_that_replays_it(suite, pytester):
    status, printed = suite(GOOD, WRONG, options="--entropy 7")
    assert status == 1
    assert "test_it.square: refuted" in printed
    assert "asked to within 0.1 of 1.5, budget 10000, entropy 7" in printed
    assert "def converges(" not in printed  # the traceback ends in the test
    assert replayed(printed) == ["'test_it.py::test_wrong[1.5]' --entropy 7", "'test_it.py::test_wrong[2.0]' --entropy 7"]
    again = pytester.runpytest_inprocess(*shlex.split(replayed(printed)[0]))
    again.assert_outcomes(failed=1)
    lines = [line for line in printed.splitlines() if "off by" in line]
    assert lines[0] in again.stdout.str()  # the same draws, number by number


@pytest.mark.false_alarm(1e-9)
def test_undecided_fails_and_says_what_would_decide(suite):
    status, printed = suite(SHORT)
    assert status == 1
    assert "test_it.square: undecided" in printed
    assert "would decide: about " in printed
    asked = re.search(r"budget 1000, entropy 0; a budget of some (\d+) draws a size would decide", printed)
    # half-widths of 0.07 and 0.045 at 1000 draws: at most 170 times as many decide whatever the estimate is, and at least twice as many
    assert 1e3 < int(asked[1]) < 1e6


def test_a_varied_seed_is_printed_and_replays(suite, pytester):
    status, printed = suite(SEEDED, options="--vary-seed")
    assert status == 1
    (seed,) = set(re.findall(r"--entropy (\d+)", printed))  # header and failure agree
    assert f"entropy was {seed}" in printed
    again = pytester.runpytest_inprocess(*shlex.split(replayed(printed)[0]))
    again.stdout.fnmatch_lines([f"*entropy was {seed}"])
    assert f"--entropy {seed}" not in suite(SEEDED, options="--vary-seed")[1]
    assert "entropy was 0" in suite(SEEDED)[1]


def test_a_failure_that_has_nothing_to_do_with_chance_is_left_alone(suite):
    status, printed = suite("def test_plain():\n    assert 0\n")
    assert status == 1
    assert "replay" not in printed
    assert "false alarms" not in printed


def test_the_command_can_be_given_in_another_folder(suite, pytester, monkeypatch):
    suite(SEEDED)
    inner = pytester.mkdir("inner")
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "..", "--rootdir", ".."],
        cwd=inner,
        capture_output=True,
        text=True,
    )
    assert "pytest ../test_it.py::test_seeded --entropy 0" in result.stdout


BUDGET = "-o false_alarm_budget=1.5e-9 "


@pytest.mark.false_alarm(3 * 1e-9)
def test_rates_above_the_budget_fail_the_session(suite):
    status, printed = suite(GOOD, AGAIN, options=BUDGET)
    assert status == 1
    assert "2 passed" in printed
    assert "add up to 2e-09, above the budget of 1.5e-09" in printed
    assert "  1e-09 test_it.py::test_good" in printed
    status, printed = suite(GOOD, options=BUDGET)
    assert status == 0
    assert "add up to 1e-09, within the budget of 1.5e-09" in printed


def test_the_budget_is_judged_before_anything_runs(suite):
    assert suite(GOOD, WRONG, options=BUDGET + " --collect-only")[0] == 1


@pytest.mark.false_alarm(3 * 1e-9)
def test_calls_of_tests_that_declare_nothing_are_counted_as_they_run(suite):
    status, printed = suite(GOOD, SILENT + "    converges(square, to=1.0, **EXACT)\n", options=BUDGET)
    assert status == 1
    assert "add up to 3e-09, above" in printed
    assert "test_it.py::test_again calls converges and declares no false_alarm" in printed
    assert "test_good calls" not in printed


@pytest.mark.false_alarm(6 * 1e-9)
def test_workers_of_xdist_report_to_the_controller_once(suite):
    pytest.importorskip("xdist")
    status, printed = suite(GOOD, SILENT, options="-n 2 --vary-seed --calibrate 3 " + BUDGET)
    assert status == 1
    assert "2 passed" in printed
    assert "add up to 2e-09, above the budget" in printed
    assert "test_again calls converges" in printed
    assert len(re.findall(r"test_it.py::test_\S+ +0/3", printed)) == 2
    (first,) = re.findall(r"over --entropy (\d+),", printed)
    assert f"ridgeless: --entropy {first}" in printed


@pytest.mark.false_alarm(1e-9)
def test_a_test_that_spends_more_than_it_declares_fails(suite):
    status, printed = suite(GOOD.replace("1e-9", "1e-10"))
    assert status == 1
    assert "false_alarm(1e-10) is refused: calls of converges add up to false_refute = 1e-09" in printed


@pytest.mark.parametrize("rate", ["", "-1", "1", "'x'", "1e-9, 2", "rate=1e-9"])
def test_a_marker_without_a_rate_is_refused(suite, rate):
    status, printed = suite(f"@pytest.mark.false_alarm({rate})\ndef test_it():\n    pass\n")
    assert status == 4
    assert "is refused: it takes one rate" in printed


@pytest.mark.parametrize("options", ["-o false_alarm_budget=much", "-o false_alarm_budget=0", "--entropy -1", "--calibrate -3"])
def test_bad_options_are_refused(suite, options):
    status, printed = suite(GOOD, options=options)
    assert status == 4
    assert "is refused" in printed


@pytest.mark.false_alarm(20 * 1e-9)
def test_calibration_reports_every_call_and_fails_none(suite):
    status, printed = suite(GOOD, WRONG, SHORT, options="--calibrate 10 --entropy 5")
    assert status == 0
    assert "calibration: each call of converges over --entropy 5, ..., 14" in printed
    rows = {line.split()[0]: line for line in printed.splitlines() if line.strip().startswith("test_it.py::")}
    assert "0/10 [0, 0.41]   0/10" in re.sub(" +", " ", rows["test_it.py::test_good"]).replace("] 0", "]   0")
    assert "10/10 [0.59, 1]" in rows["test_it.py::test_wrong[1.5]"]
    assert re.search(r"10/10 \[0\.59, 1\]", rows["test_it.py::test_short"])
    skewness, bound = (float(x) for x in rows["test_it.py::test_good"].split()[-2:])
    # chi-square with 20 degrees of freedom: sqrt(8/20) = 0.63, of 1000 draws and more, 6 standard errors of at most 0.1
    assert abs(skewness - math.sqrt(8 / 20)) < 0.6
    assert 0 < bound < 0.1
    assert "is biased" in printed


@pytest.mark.false_alarm(2 * (1e-6 + 1e-9 + 4e-8))
def test_the_page_that_explains_it_runs_as_it_stands(pytester):
    page = (Path(__file__).parent.parent / "docs" / "testing.md").read_text(encoding="utf-8")
    blocks = {kind: re.findall(rf"```{kind}\n(.*?)```", page, re.S) for kind in ("python", "ini")}
    pytester.makepyfile(test_mom="\n".join(blocks["python"]))
    pytester.makeini(blocks["ini"][0])
    for options in ([], ["--vary-seed"]):
        result = pytester.runpytest_inprocess(*options)
        result.assert_outcomes(passed=3)
        result.stdout.fnmatch_lines(["*rates of 3 tests add up to 1e-06, within the budget of 0.0001"])


def test_clopper_pearson():
    from scipy.stats import binomtest

    for count, runs in ((0, 10), (3, 10), (10, 10), (1, 1000)):
        exact = binomtest(count, runs).proportion_ci(confidence_level=0.99, method="exact")
        assert interval(count, runs) == pytest.approx((exact.low, exact.high), rel=1e-10)  # SciPy finds the roots to 1e-12


def test_the_plugin_costs_nothing_to_other_projects():
    code = "import sys, pytest, theorems.testing.plugin; print([m for m in ('numpy', 'scipy', 'click', 'pandas') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


# --- converges by itself ---------------------------------------------------------------------------------------------------------


def uniform(*, rng):
    return rng.random()


@pytest.mark.false_alarm(5 * 1e-9)
def test_estimators_of_many_shapes():
    from asymptotics import isotropic as theory
    from simulate import isotropic

    common = {"delta": 0.1, "budget": 20_000, "false_refute": 1e-9}
    assert converges(uniform, to=0.5, **common).cases[0].sizes == (1,)
    assert converges(uniform, to=0.5, bounds=(0, 1), **common).cases[0].method == "bounded"
    ends = converges(
        lambda *, rng, k: {"ends": rng.random(2), "k": k}, to=[0.5, 0.5], of="ends", cases=[{"k": [1]}, {"k": None}], **common
    )
    assert len(ends.cases) == 2
    assert converges(lambda *, n, rng: rng.standard_normal(n).mean(), to=0.0, scale=1.0, **common).cases[0].sizes[-1] == 400
    verdict = converges(
        isotropic.ridge, to=theory.ridge, of="gcv", cases=[{"gamma": 2.0, "lam": 0.1}], delta=0.02, false_refute=1e-9
    )
    assert verdict.theorem == "isotropic.ridge"


@pytest.mark.false_alarm(2 * 1e-9)
def test_parameters_reach_the_limit_as_they_are():
    seen = []

    def limit(*, gamma, n):
        seen.append((gamma, n))
        return 1 + gamma + 1 / n

    converges(lambda *, n, gamma, draws, rng: 1 + gamma + 1 / n + 0.01 * rng.standard_normal(draws), to=limit,
              cases=[{"gamma": 0.013}], sizes=(10, 20), exact=True, delta=0.05, false_refute=1e-9)  # fmt: skip
    assert set(seen) == {(0.013, 10), (0.013, 20)}  # not p/n of a rounded p


@pytest.mark.false_alarm(3 * 1e-9)
def test_an_entropy_of_ones_own():
    one, two, three = (converges(uniform, to=0.5, delta=0.1, budget=20_000, entropy=e, false_refute=1e-9) for e in (1, 1, 2))
    assert one == two
    assert one != three


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize(
    ("estimator", "options", "says"),
    [
        (3, {"to": 1.0}, "estimator = 3 is refused"),
        (uniform, {"to": 0.0}, "to = 0.0 is refused: .* scale="),
        (lambda *, rng: {"a": 1.0, "b": rng.random()}, {"to": 1.0}, "of is missing: name the field to compare, of= one of a, b"),
        (lambda *, draws, rng: rng.random(3), {"to": 0.5}, r"array of shape \(3,\) .* must be the .* draws"),
        (uniform, {"to": 0.5, "delta": 0}, "delta = 0"),
        (uniform, {"to": 0.5, "budget": 0}, "budget = 0"),
        (uniform, {"to": 0.5, "cases": []}, "no cases"),
    ],
)
def test_bad_arguments_are_refused(estimator, options, says):
    with pytest.raises(ValueError, match=says):
        converges(estimator, **options)
