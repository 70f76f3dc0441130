"""`certified=True`: enclosures hold 100-digit values by other routes, agree with the floats, and break when their formula is broken."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import fields, is_dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from asymptotics import equivalents, isotropic, marchenko_pastur, max_margin, ridge, spectra, spherical_features
from asymptotics.certified import Enclosure, calls
from asymptotics.errors import ConvergenceError
from tests.certified_calls import CALLS, call
from tests.certified_cases import FAMILIES, failures

pytest.importorskip("flint")

EPS = 2.0**-52
FINITE = spectra.multiplicities([4.0, 1.0, 1e-5, 0.0], [5, 20, 12, 2])


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("family", FAMILIES)
def test_enclosures_hold_the_value_at_100_digits(family):
    share, cases = FAMILIES[family]
    assert list(failures(cases(np.random.default_rng(7), int(600 * share)))) == []


def test_every_certified_form_is_called_here():
    assert set(calls.functions()) == {name.split(",")[0] for name in CALLS}


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("name", CALLS)
def test_floats_lie_within_their_accuracy_of_the_enclosure(name):
    plain, boxes, allowed = call(name), call(name, certified=True), CALLS[name][2] * EPS
    assert plain.keys() == boxes.keys()
    for field in plain.keys() - {"residual"}:
        value, box = np.asarray(plain[field]), boxes[field]
        assert isinstance(box, Enclosure)
        assert box.shape == value.shape
        assert np.all(box.relative_width <= 4 * EPS), field
        low, high = np.asarray(box.lower), np.asarray(box.upper)
        assert np.array_equal(np.isinf(value), np.isinf(low) | np.isinf(high)), field
        inside = (low <= value) & (value <= high)
        off = np.minimum(*(np.abs(np.where(inside, 0.0, value) - np.where(inside, 0.0, end)) for end in (low, high)))
        size = np.where(inside, 1.0, np.abs(low))
        assert np.all(off <= allowed * size), (field, float(np.max(off / size)) / EPS)


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("name", CALLS)
def test_two_precisions_overlap(name, monkeypatch):
    first = call(name, 12, certified=True)
    monkeypatch.setattr(calls, "BITS", (600, 2400, 16384))
    for field, box in call(name, 12, certified=True).items():
        assert np.all(np.maximum(box.lower, first[field].lower) <= np.minimum(box.upper, first[field].upper)), field


def test_what_a_call_gives():
    risk = isotropic.ridge(gamma=2, lam=0, r2=5, certified=True)
    assert risk.excess.contains(3.5)
    assert is_dataclass(risk)
    assert all(isinstance(getattr(risk, f.name), Enclosure) for f in fields(risk))
    pole = isotropic.ridgeless(gamma=1, certified=True).variance
    assert pole.lower == pole.upper == np.inf
    assert pole.width == 0
    low, high = marchenko_pastur.edges(gamma=[2.0, 4.0], certified=True)
    assert (low.lower[1], low.upper[1], high.lower[1]) == (1.0, 1.0, 9.0)
    assert low.shape == (2,)
    assert type(isotropic.local_minimum(r2=4, sigma2=1, certified=True)).__name__ == "LocalMinimum"
    assert isotropic.edge(gamma=np.ones((0, 3)), certified=True).shape == (0, 3)
    assert ridge.ridge(FINITE, n=[], delta=1.0, certified=True).bias.shape == (0,)


def test_an_enclosure():
    box = isotropic.effective_ridge(gamma=[3.0, 2.0], lam=[0.5, 0.0], certified=True)
    third = Enclosure(np.nextafter(1 / 3, 0), np.nextafter(1 / 3, 1))
    assert third.contains(Fraction(1, 3))
    assert not third.contains(Decimal("0.3334"))
    assert box.contains([box.mid[0], 1.0]).tolist() == [True, True]
    assert box[1].contains(1)
    assert repr(box[1]) == "Enclosure[1.0, 1.0]"
    assert repr(box) == f"Enclosure(shape (2,), relative width at most {np.max(box.relative_width):.2g})"
    assert Enclosure(-1.0, 1.0).relative_width == np.inf
    assert Enclosure(0.0, 0.0).relative_width == 0
    assert Enclosure(-2.0, 2.0**-1074).mid == -1.0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: max_margin.max_margin(gamma=2, r2=1, certified=True),
            "has no certified form; these have one: .*isotropic.ridge",
        ),
        (lambda: isotropic.ridge(gamma=2, lam=-3, certified=True), "must be above edge"),
        (lambda: isotropic.ridge(gamma=2, alpha=1, certified=True), "alpha"),
        (lambda: ridge.ridge(spectra.power_law(1.5, 2.0), n=10, delta=0, certified=True), "approximates a law"),
        (lambda: marchenko_pastur.stieltjes(1j, gamma=2.0, certified=True), "real numbers"),
        (lambda: spherical_features.ridgeless(gamma=2, psi=1, activation="tanh", certified=True), "by quadrature only"),
    ],
)
def test_refusals(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_without_python_flint_the_error_says_what_to_install(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "flint" else find(name, *rest))
    calls._twin.cache_clear()
    with pytest.raises(ValueError, match=r"pip install 'ridgeless\[certified\]'"):
        isotropic.edge(gamma=2, certified=True)
    assert isotropic.edge(gamma=4.0) == -1


@pytest.mark.parametrize("wrong", [1e-30, 0.9, 2.0, 1e9, -0.5, 0.0, float("inf")])
def test_a_wrong_start_never_gives_a_wrong_enclosure(wrong, monkeypatch):
    law = spectra.atoms([1.0, 1e-3], [0.5, 0.5]).H
    right = equivalents.effective_ridge(law, gamma=1.5, lam=1e-6, certified=True).kappa
    plain = equivalents.effective_ridge

    def lie(*args, **kwargs):
        return type("Lie", (), {"kappa": wrong})() if "n" in kwargs else plain(*args, **kwargs)

    monkeypatch.setattr(equivalents, "effective_ridge", lie)
    try:
        found = plain(law, gamma=1.5, lam=1e-6, certified=True).kappa
    except ConvergenceError:
        return
    assert (found.lower, found.upper) == (right.lower, right.upper)


def test_the_page_runs_as_it_stands(capsys):
    page = (Path(__file__).parent.parent / "docs" / "certified.md").read_text(encoding="utf-8")
    for block in re.findall(r"```python\n(.*?)```", page, re.S):
        exec(compile(block, "certified.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Enclosure[")
    assert lines[1] == "True"
    assert lines[2].count("inf") == 2
    assert lines[-1] == "True"
