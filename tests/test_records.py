"""Every record that can be discovered: it stands in the bibliography, predicts on its whole domain, is consistent, and has power.

False-alarm rate of the verdicts: RATE a record, a fifth of `verify`'s default, so at most 1e-4 for five hundred records.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import theorems
from theorems import tables
from theorems.claims import Identity, Law
from theorems.domain import Choice, Integer

RECORDS = theorems.load()
BIBLIOGRAPHY = (Path(__file__).parent.parent / "docs" / "references.bib").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", RECORDS)
def test_the_source_is_in_the_bibliography(name):
    keys = re.findall(r"\b[a-z]+\d{4}[a-z]+\b", RECORDS[name].source)
    assert keys
    for key in keys:
        assert f"{{{key}," in BIBLIOGRAPHY


@pytest.mark.parametrize("name", RECORDS)
def test_the_record_is_complete(name):
    record = RECORDS[name]
    assert record.title
    assert record.statement
    assert record.assumptions
    assert record.rivals
    assert name == record.name


QUICK = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)  # an explanation takes a slow prediction's time many times


@pytest.mark.parametrize("name", [k for k, r in RECORDS.items() if not isinstance(r.claim, Law)])
@given(data=st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], phases=QUICK)
def test_predictions_are_numbers_on_the_whole_domain(name, data):
    record = RECORDS[name]
    params = {k: data.draw(d.strategy(), label=k) for k, d in record.domain.items()}
    if "n" in record.arguments:
        params["n"] = data.draw(record.arguments["n"].strategy(), label="n")
    found, refusal = {}, ""
    try:
        found = tables.numbers(record.predict(**params), "value")
    except ValueError as error:
        refusal = str(error)
    assert not refusal or (params.get("lam", 0) < 0 and "edge" in refusal), refusal  # below the edge there is no prediction
    for field, value in found.items():
        assert not np.any(np.isnan(value)), (field, params)
        if field not in ("kappa", "df1", "df2") and params.get("lam", 0) >= 0:
            assert np.all(value >= 0), (field, params)


RATE = 2e-7
SLOW = {
    "salehi2019.state_evolution": 1,
    "adlam2020.derived_layer": 6,
    "mei2022.derived_sphere": 6,
    "hastie2022.nonlinear_formulas": 6,
}  # points, where a second route takes its time


def draw(domain, rng):
    if isinstance(domain, Choice):
        return str(rng.choice(domain.options))
    if isinstance(domain, Integer):
        return int(rng.integers(domain.low, domain.high, endpoint=True))
    choice = rng.integers(8)  # an eighth at each closed end
    return float(domain.ends[choice] if choice < len(domain.ends) else domain.at(rng.random()))


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("name", [k for k, r in RECORDS.items() if isinstance(r.claim, Identity)])
def test_an_identity_holds_on_its_whole_domain(name):
    record, rng = RECORDS[name], np.random.default_rng(20)
    for _ in range(SLOW.get(name, 20)):
        params = {k: draw(d, rng) for k, d in record.domain.items()}
        found, target, scale = record.claim.compare(record.claim.other(**params), params, 0)
        with np.errstate(invalid="ignore"):  # inf is inf
            near = (found == target) | (np.abs(found - target) <= record.claim.rtol * scale)
        assert np.all(near), (params, found, target)


@pytest.mark.false_alarm(RATE)
@pytest.mark.parametrize("name", RECORDS)
def test_the_record_is_consistent_and_its_rivals_are_refuted(name, entropy):
    verdict = theorems.verify(RECORDS[name], entropy=entropy, false_refute=RATE, budget="10min")  # on slow machines too
    assert verdict.status == "consistent", str(verdict)
    assert verdict.has_power, str(verdict)
    assert all(math.isfinite(c.target) for c in verdict.cases)
