"""Twenty and more wrong theorems, all refuted at the default budget and none consistent; the right ones beside them survive.

False alarms: a truth is refuted with probability at most 1e-8. A theorem that is off by just delta may be called consistent with
probability 1e-3; the planted ones are off by twice that at least, most by ten times, which is farther away than chance reaches.
"""

from __future__ import annotations

import pytest

import theorems
from tests.planted_theorems import CATALOGUE, NEW, TRUTH, twin


def test_the_catalogue_is_long_and_covers_the_kinds_of_claims():
    assert len(CATALOGUE) >= 20
    assert {type(record.claim).__name__ for record in CATALOGUE.values()} == {"Mean", "Bound", "Law", "Identity"}


@pytest.mark.false_alarm(1e-8)
@pytest.mark.parametrize("name", CATALOGUE)
def test_a_wrong_theorem_is_refuted_and_its_truth_is_not(name, entropy):
    verdict = theorems.verify(CATALOGUE[name], false_refute=1e-8, entropy=entropy)
    assert verdict.status == "refuted", str(verdict)
    assert verdict.rivals.get(TRUTH) != "refuted", str(verdict)


@pytest.mark.false_alarm(1e-8)
@pytest.mark.parametrize("name", NEW)
def test_the_true_twin_is_consistent(name, entropy):
    verdict = theorems.verify(twin(CATALOGUE[name]), false_refute=1e-8, entropy=entropy)
    assert verdict.status == "consistent", str(verdict)
