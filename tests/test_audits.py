"""Audits of planted formulas whose blind spots are known, of a record of the library, and what the command says of them."""

from __future__ import annotations

import json
import time

import pytest
from click.testing import CliRunner

import theorems
from theorems.audits.audit import Audit, Finding, audit, markdown, nearby
from theorems.cli import main
from theorems.verdicts.verdict import Verdict

TEXT = """
import numpy as np
from theorems import GAMMA, R2, SIGMA2, Identity, Law, Mean, Theorem

def theory(*, gamma, r2, sigma2):
    return r2 * gamma + 0.5 * sigma2**2

def truth(*, gamma, r2, sigma2):
    return gamma * r2 + sigma2 * sigma2 / 2

def simulation(*, n, gamma, r2, sigma2, draws, rng):
    return truth(gamma=gamma, r2=r2, sigma2=sigma2) * (1 + 1 / n + 1e-4 * rng.standard_normal(draws))

class Uniform:
    def __init__(self, top):
        self.top = top

    def quantile(self, u):
        return self.top * np.asarray(u)

    def cdf(self, x):
        return np.asarray(x) / self.top

def law(*, gamma, r2, sigma2):
    return Uniform(gamma + sigma2**2)

def points(*, n, gamma, r2, sigma2, draws, rng):
    return (gamma + sigma2 * sigma2) * rng.random((draws, n))

COMMON = dict(title="planted", statement="x", source="s", assumptions=("it is planted",),
              domain={"gamma": GAMMA, "r2": R2, "sigma2": SIGMA2})
LIMIT = Mean(theory=theory, simulation=simulation)
blind = Theorem(claim=LIMIT, cases=({"gamma": 0.5, "r2": 3.0}, {"gamma": 2.0, "r2": 3.0}), **COMMON)
seeing = Theorem(claim=LIMIT, cases=({"gamma": 0.5, "r2": 3.0, "sigma2": 2.0}, {"gamma": 2.0, "r2": 3.0, "sigma2": 4.0}), **COMMON)
at_one = Theorem(claim=LIMIT, cases=({"gamma": 1.0, "r2": 3.0, "sigma2": 2.0},), **COMMON)
flat = Theorem(claim=Law(theory=law, simulation=points), cases=({"gamma": 0.5}, {"gamma": 2.0}), **COMMON)
twice = Theorem(claim=Identity(theory=theory, other=truth), cases=({"gamma": 2.0, "r2": 3.0, "sigma2": 2.0},), **COMMON)
"""
WHERE = "return r2 * gamma + 0.5 * sigma2**"


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    file = tmp_path_factory.mktemp("audit") / "own.py"
    file.write_text(TEXT, encoding="utf-8")
    return str(file)


def audited(file, name) -> Audit:
    return audit(theorems.load(file)[f"own.{name}"], budget=4000)


@pytest.mark.false_alarm(1e-7)  # changes of more than the tolerance are 100 standard deviations of a draw
def test_what_no_case_sees_is_found_with_the_case_that_would(file):
    found = audited(file, "blind")
    assert {f.what for f in found.blind} == {f"{WHERE}[2 -> 3]", f"{WHERE}[2 -> 1]", "sigma2 -> sqrt(sigma2)"}
    assert all(f in found.blind or f.change < found.verdict.delta for f in found.having("unseen"))  # less than the tolerance
    assert not found.having("idle")
    for finding in found.blind:
        assert finding.change == 0.0
        assert finding.witness["sigma2"] != 1.0
        assert finding.there > 0.1
    assert found.verdict.status == "consistent"
    assert "3 unseen would be seen by another case" in str(found)


@pytest.mark.false_alarm(1e-7)  # as above
def test_cases_that_tell_everything_apart_see_everything(file):
    found = audited(file, "seeing")
    assert len(found.findings) == 3 + 2 * 3 + 1 + 2 + 2  # swaps, scalings, a sign, a constant, an exponent
    assert all(f.status == ("seen" if f.change > found.verdict.delta else "unseen") for f in found.findings)
    assert len(found.having("seen")) == 11
    assert found.summary == "sees 11 of 14 perturbations; 3 unseen change a prediction by at most 0.57 %; 0 more change nothing"


@pytest.mark.false_alarm(1e-7)  # as above
def test_gamma_cannot_be_told_from_its_inverse_at_one(file):
    (only,) = audited(file, "at_one").blind
    assert only.what == "gamma -> 1/gamma"
    assert only.witness["gamma"] != 1.0


@pytest.mark.false_alarm(0)
def test_an_identity_is_audited_without_draws(file):
    found = audited(file, "twice")
    assert len(found.having("seen")) == len(found.findings) == 14


@pytest.mark.false_alarm(1e-7)  # the changes that are named move the risk by more than 5 %
def test_isotropic_ridge_within_ten_seconds():
    record = theorems.load()["hastie2022.isotropic_ridge"]
    start = time.process_time()
    found = audit(record)
    assert time.process_time() - start < 10
    seen = {f.what for f in found.having("seen")}
    assert {"gamma -> 1/gamma", "sigma2 -> sqrt(sigma2)", "r2 -> sqrt(r2)", "lam -> lam gamma", "lam -> lam/gamma"} <= seen
    assert any("square = add(multiply(s, s), [" in what for what in seen)  # the sign of 4 lam in D
    assert all(f.status == "idle" for f in found.findings if "norm2" in f.what)  # another quantity than the one claimed


@pytest.mark.false_alarm(1e-7)  # gamma for 1/gamma moves the law by more than 20 %
def test_a_law_is_audited_through_its_quantiles(file):
    found = audited(file, "flat")
    at = {f.what: f for f in found.findings}
    assert at["gamma -> 1/gamma"].status == "seen"
    assert at["return Uniform(gamma [+ -> -] sigma2**2)"].status == "seen"
    assert {f.what for f in found.blind} == {"return Uniform(gamma + sigma2**[2 -> 3])", "return Uniform(gamma + sigma2**[2 -> 1])",
                                             "sigma2 -> sqrt(sigma2)"}  # fmt: skip
    assert at["r2 -> sqrt(r2)"].status == "idle"


def test_a_case_that_is_too_slow_as_plain_python_is_refused_with_its_name(tmp_path):
    slow = TEXT.replace(
        "def truth(",
        "def endless(*, gamma, r2, sigma2):\n    x = 0.0\n    while x < 3e6:\n        x += 1\n    return x\n\ndef truth(",
    ).replace("Mean(theory=theory,", "Mean(theory=endless,")
    (tmp_path / "slow.py").write_text(slow, encoding="utf-8")
    with pytest.raises(ValueError, match=r"at the case .*'gamma': 0\.5.* fails as plain Python: a loop runs more than"):
        audit(theorems.load(tmp_path / "slow.py")["slow.blind"], budget=400)


def test_nearby_cases_stay_in_the_domain(file):
    record = theorems.load(file)["own.blind"]
    around = nearby(record)
    assert {"gamma": 0.5, "r2": 3.0, "sigma2": 0.0} in around  # the end of the domain
    assert {"gamma": 0.5, "r2": 6.0, "sigma2": 1.0} in around
    assert all(record.parameters(**case) == case for case in around)


@pytest.mark.false_alarm(1e-7)  # as above
def test_the_command(file):
    def run(*words):
        return CliRunner().invoke(main, ["audit", "--budget", "4000", *words])

    bad, good = run(f"{file}:blind"), run(f"{file}:seeing", "--all")
    assert bad.exit_code == 1
    assert f"own.py:6 exponent: {WHERE}[2 -> 3]; " in bad.stdout
    assert good.exit_code == 0
    assert "seen   " in good.stdout
    assert f"own.py:6 exponent: {WHERE}[2 -> 3]" in good.stdout
    data = json.loads(run(f"{file}:blind", "--json").stdout)
    unchanged = {f["what"] for f in data["findings"] if f["change"] == 0}
    assert unchanged == {f"{WHERE}[2 -> 1]", f"{WHERE}[2 -> 3]", "sigma2 -> sqrt(sigma2)"}
    page = run(f"{file}:blind", f"{file}:seeing", "--markdown").stdout
    assert "| `own.seeing` | consistent | 11 of 14 | 0 | 3 | 0 |" in page
    assert "`own.blind`, blind spots:" in page
    refused = run("nothing")
    assert refused.exit_code == 2
    assert "no record, paper or .py file" in refused.stderr


def finding(**given):
    plain = {"kind": "constant", "function": "f", "where": "", "what": "x", "size": 0.05, "status": "unseen", "change": 0.001}
    return Finding(**plain | given)


def test_what_counts_as_a_blind_spot():
    at = {"gamma": 2.0}
    found = (
        finding(witness=at, there=0.1),
        finding(witness=at, there=0.1, size=0.01),  # 1 % of a constant: at 1 % tolerance no fault of the cases
        finding(there=0.001),
        finding(status="idle", change=0.0),
        finding(status="seen", change=1.0),
        finding(status="seen", change=1.0, fails="ValueError: no"),
    )
    verdict = Verdict(theorem="a.b", status="undecided", delta=0.01, false_refute=1e-6, false_accept=1e-3, cases=())
    made = Audit(verdict=verdict, findings=found)
    assert made.blind == found[:1]
    assert made.summary == (
        "sees 2 of 5 perturbations; 1 unseen would be seen by another case; 2 unseen change a prediction by at most 0.1 %; "
        "1 more change nothing; the theorem itself is undecided"
    )
    assert str(made).splitlines()[1:] == [
        "  f: 2 seen, 3 unseen, 1 idle",
        "    unseen 0.1 %    constant: x; 10 % at gamma=2",
        "    unseen 0.1 %    constant: x; 10 % at gamma=2",
        "    unseen 0.1 %    constant: x",
    ]
    assert "| `a.b` | undecided | 2 of 5 | 1 | 2 | 1 |" in markdown([made], "Made by a test.")
    json.dumps(made.to_dict())
