"""Short versions of the measures behind docs/reliability.md: they run, count what they say, and see an interval that is too narrow."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tests import reliability
from tests.reliability import __main__ as page
from tests.reliability import banks, calibration, cores, experiments, power, wrong
from theorems.testing.calibration import interval
from theorems.verdicts import sequences
from theorems.verdicts import verify as verdict

NULL = {"gamma": 2.0, "entries": "gaussian"}
SIZES = (20, 30, 40, 60)


@pytest.fixture
def small_banks(monkeypatch, tmp_path, entropy):
    """Banks of 2000 draws each."""
    monkeypatch.setattr(banks, "FOLDER", tmp_path)
    banks.bank.cache_clear()
    experiments.truth.cache_clear()
    for n in sorted({*SIZES, 40, 60, 80, 120}):
        for gamma in (1.1, 2.0):
            x = banks.risks(gamma=gamma, entries="gaussian", n=n, draws=2000, rng=np.random.default_rng([n, entropy]))
            np.save(banks.file(gamma, "gaussian", n), x)
    yield
    banks.bank.cache_clear()
    experiments.truth.cache_clear()


@pytest.mark.false_alarm(0)
def test_the_looks_are_those_of_the_engine(monkeypatch, small_banks):
    seen = []
    feed = verdict._Case.feed

    def watched(case, rounds, per, raws, seconds):
        feed(case, rounds, per, raws, seconds)
        seen.append(case.evidence.rounds)

    monkeypatch.setattr(experiments._Case, "feed", watched)
    experiments.limit(**NULL, sizes=SIZES, n=20, draws=1, rng=np.random.default_rng(0), horizon=300)
    assert tuple(seen) == experiments.rounds_at_looks(300)


@pytest.mark.false_alarm(
    1e-7
)  # 15 or more false refutations of 300 at a rate of 0.01 have probability 3e-8 of the sequence's own
@pytest.mark.parametrize("function", ["exact", "limit"])
def test_a_true_claim_is_seldom_refuted(function, small_banks):
    more = {"sizes": SIZES} if function == "limit" else {}
    draws = 300 if function == "exact" else 60
    found = getattr(experiments, function)(**NULL, **more, n=20, draws=draws, rng=np.random.default_rng(1), horizon=300)
    kind = "outside" if function == "limit" else "refuted"
    most = 15 if function == "exact" else 8  # binomial tails at 0.01: 9e-8 beyond 15 of 300, 9e-9 beyond 8 of 60
    assert found[f"{kind} 0.01"].sum() <= most
    assert np.all(found["refuted 0.001"] <= found["refuted 0.01"])
    assert np.all(found["stopped 0.01"] <= found["refuted 0.01"])
    assert all(len(counts) == draws for counts in found.values())


@pytest.mark.false_alarm(0)  # the narrowed sequence errs in a third of the runs
def test_a_sequence_that_is_too_narrow_shows(monkeypatch):
    true = sequences.student
    monkeypatch.setattr(sequences, "student", lambda weights, values, level: 0.4 * true(weights, values, level))
    found = experiments.exact(**NULL, n=20, draws=300, rng=np.random.default_rng(2), horizon=300)
    assert interval(int(found["refuted 0.01"].sum()), 300)[0] > 0.02


@pytest.mark.false_alarm(1e-7)
@pytest.mark.parametrize("off", [1.0, -1.0])
def test_a_claim_off_by_delta_is_refuted_and_seldom_consistent(off):
    found = experiments.exact(**NULL, off=off, n=20, draws=300, rng=np.random.default_rng(3))
    assert found["consistent"].sum() <= 15  # as above
    assert found["refuted 0.01"].sum() >= 283


@pytest.mark.false_alarm(0)
def test_medians_are_taken_near_the_threshold(small_banks):
    given = {"gamma": 1.1, "entries": "gaussian", "sizes": (40, 60, 80, 120)}
    found = experiments.limit(**given, n=40, draws=3, rng=np.random.default_rng(4), horizon=100)
    assert found["medians"].all()


@pytest.mark.false_alarm(1e-7)
def test_the_sequences_by_themselves():
    for law, by in calibration.LAWS:
        found = experiments.alone(law=law, by=by, n=200, draws=300, rng=np.random.default_rng(5))
        if law != "lognormal":  # for which `student` is no match, as the page says
            assert found["refuted 0.01"].sum() <= 23, law  # beyond 23 of 300 at twice the rate: 1.4e-8, of seven laws


@pytest.mark.false_alarm(1e-9)  # to be consistent the estimate must err by two half-widths at 1e-3
def test_a_formula_wrong_by_two_per_cent_is_refuted():
    found = wrong.judged(record=power.FAST, factor=1.02, delta=0.01, budget="60s", n=1, draws=1, rng=np.random.default_rng(6))
    assert found["refuted"].all()


def test_cores_see_what_differs():
    one = {f"{name}/excess": np.ones(3) for name in cores.DRAWS}
    other = {key: value.copy() for key, value in one.items()}
    name = next(iter(cores.DRAWS))
    other[f"{name}/excess"][1] = 1 + 1e-9
    found = cores.spreads([one, other])
    assert found[name][0] == pytest.approx(1e-9, rel=1e-6)  # round-off of 1 + 1e-9
    assert [k for k, (spread, _) in found.items() if spread] == [name]


def test_the_plan_covers_the_cells_of_the_goal():
    cells = {(g[2]["gamma"], g[2]["entries"]) for g in calibration.plan() if g[0] == "one size" and g[4] >= 10_000}
    assert cells == {(g, e) for g in (0.5, 0.9, 1.1, 1.4, 2.0, 4.0) for e in ("gaussian", "rademacher", "student:5")}
    limits = {(g[2]["gamma"], g[2]["entries"]) for g in calibration.plan() if g[0] == "limit" and g[4] >= 10_000}
    assert limits == cells


def test_the_page_says_what_was_kept():
    written = (reliability.DOCS / "reliability.md").read_text(encoding="utf-8")
    for name in page.names():
        rows, tables = page.shown(name)
        for line in [" | ".join(row) for row in rows] + tables:
            assert line in written, f"{name}: python -m tests.reliability --write"


def test_every_module_of_measures_has_its_place_on_the_page():
    assert set(page.names()) == set(page.ORDER)
    assert all(re.search(rf"\b{name}\b", page.PAGE["head"]) for name in page.names())


def test_unknown_names_are_refused():
    with pytest.raises(SystemExit, match="nonsense is refused"):
        page.main(["nonsense"])
