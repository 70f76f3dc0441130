"""A verdict on executors and from stores: the same bits, nothing lost, more draws added to those that were there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

import theorems
from theorems import Mean
from theorems.executors import pool

RECORD = theorems.load("hastie2022.universality")["hastie2022.universality"]
FAST = theorems.load("hastie2022.isotropic_ridge")["hastie2022.isotropic_ridge"]

pytestmark = pytest.mark.false_alarm(0)  # bits are compared, whatever they are


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_the_same_verdict_on_any_executor(kind):
    alone = theorems.verify(FAST, delta=0.003)
    with pool(kind, 2) as executor:
        assert theorems.verify(FAST, delta=0.003, executor=executor) == alone


def test_a_store_goes_on_where_it_stopped(tmp_path):
    store = tmp_path / "draws.store"
    short = theorems.verify(FAST, delta=1e-3, budget=200, store=store)
    size = store.stat().st_size
    again = theorems.verify(FAST, delta=1e-3, budget=200, store=store)
    assert again == short
    assert store.stat().st_size == size  # nothing was drawn twice
    longer = theorems.verify(FAST, delta=1e-3, budget=2000, store=store)
    assert longer == theorems.verify(FAST, delta=1e-3, budget=2000)
    assert sum(longer.cases[0].draws) > sum(short.cases[0].draws)


def test_rivals_are_judged_from_the_store(tmp_path):
    store = tmp_path / "draws.store"
    first = theorems.verify(FAST, store=store)
    size = store.stat().st_size
    rivals = {"five per cent": lambda **k: 1.05 * FAST.claim.theory(**k).excess}
    assert theorems.verify(replace(FAST, rivals=rivals), store=store).rivals == {"five per cent": "refuted"}
    assert store.stat().st_size == size
    assert first.has_power


def test_a_killed_verdict_resumes_to_the_same_bits(tmp_path):
    store = tmp_path / "draws.store"
    code = (
        "import theorems; r = theorems.load('hastie2022.universality')['hastie2022.universality'];"
        f"theorems.verify(r, delta=0.004, budget=400, store={str(store)!r})"
    )
    worker = subprocess.Popen([sys.executable, "-c", code])
    deadline = time.monotonic() + 60
    while (not store.exists() or store.stat().st_size < 8_000) and worker.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    if worker.poll() is None:
        os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    kept = store.stat().st_size
    resumed = theorems.verify(RECORD, delta=0.004, budget=400, store=store)
    assert kept >= 8_000
    assert resumed == theorems.verify(RECORD, delta=0.004, budget=400)


def test_a_record_that_no_process_can_import_is_refused_in_words():
    nested = replace(FAST, claim=Mean(theory=FAST.claim.theory, simulation=lambda **k: FAST.claim.simulation(**k)), rivals={})
    assert theorems.verify(nested, budget=100).status in ("consistent", "undecided")
    with ThreadPoolExecutor(2) as executor:
        assert theorems.verify(nested, budget=100, executor=executor).status in ("consistent", "undecided")
    with pool("processes", 1) as executor, pytest.raises(ValueError, match="by name"):
        theorems.verify(nested, budget=100, executor=executor)
