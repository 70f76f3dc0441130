"""Cells: content in, key and stream out; what a simulator may return."""

from __future__ import annotations

import functools
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import simulate.ridge
from simulate import streams
from simulate.cells import Cell, Failure, attempt, compute, resolve
from tests.reliability import simulators

UNIFORM = "tests.reliability.simulators:uniform"
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(), lambda x: st.lists(x, max_size=3)
)
PARAMS = st.dictionaries(st.text(min_size=1).filter(lambda name: name not in ("n", "draws", "rng")), PLAIN, max_size=4)


@given(PARAMS)
def test_the_key_is_that_of_the_content(params):
    one = Cell(UNIFORM, params, n=3, draws=2)
    other = Cell(UNIFORM, dict(reversed(params.items())), n=np.int64(3), draws=2, block=0)
    assert one == other
    assert hash(one) == hash(other)
    assert pickle.loads(pickle.dumps(one)) == one
    assert len(one.key) == 64


def test_whatever_differs_makes_another_key(monkeypatch):
    base = {"function": UNIFORM, "params": {"level": 2.0}, "n": 3, "draws": 2, "block": 1}
    others = [
        {"function": "tests.reliability.simulators:late"},
        *({"params": p} for p in ({}, {"level": 2}, {"level": True}, {"level": "2.0"}, {"lvl": 2.0}, {"level": (2.0,)})),
        {"params": {"level": np.nextafter(2.0, 3.0)}},
        {"n": 4},
        {"draws": 3},
        {"block": 0},
    ]
    keys = {Cell(**{**base, **other}).key for other in others} | {Cell(**base).key}
    assert len(keys) == len(others) + 1
    monkeypatch.setattr("simulate.cells.STREAM_VERSION", streams.STREAM_VERSION + 1)
    assert Cell(**base).key not in keys


def test_numpy_scalars_are_numbers_and_lists_are_tuples():
    one = Cell(
        UNIFORM, {"a": np.float64(0.5), "b": np.int32(3), "c": [np.float32(0.5), "x"], "d": np.str_("y"), "e": np.True_}, 1, 1
    )
    assert one == Cell(UNIFORM, {"a": 0.5, "b": 3, "c": (0.5, "x"), "d": "y", "e": True}, 1, 1)
    assert [type(v) for v in one.params.values()] == [float, int, tuple, str, bool]


@pytest.mark.parametrize("value", [np.ones(2), {"a": 1}, {1}, 1j, b"x", object(), float("nan"), (1, float("nan"))])
def test_what_is_no_plain_data_is_refused_by_name(value):
    with pytest.raises(ValueError, match="level = "):
        Cell(UNIFORM, {"level": value}, n=1, draws=1)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("n", 0), ("n", 1.0), ("n", True), ("draws", 0), ("block", -1), ("block", "0"), ("params", {"n": 1}), ("params", {1: 1})],
)
def test_bad_arguments_are_named(name, wrong):
    with pytest.raises(ValueError, match=f"{name} = "):
        Cell(**{"function": UNIFORM, "params": {}, "n": 1, "draws": 1, "block": 0, name: wrong})


def nested():
    def inner(*, n, draws, rng):
        return rng.random(draws)

    return inner


def test_a_callable_becomes_its_name_where_that_imports_it():
    assert Cell(simulators.uniform, {}, 1, 1) == Cell(UNIFORM, {}, 1, 1)
    assert Cell(simulate.ridge.ridge, {}, 1, 1).function == "simulate.ridge:ridge"  # decorated
    inner = nested()
    cell = Cell(inner, {}, 1, 1)
    assert cell.function is inner
    assert cell != Cell(nested(), {}, 1, 1)  # another function of the same name
    assert compute(cell, 0)["value"].shape == (1,)


@pytest.mark.parametrize(
    "function",
    ["no_colon", ":f", "m:", 3, functools.partial(simulators.uniform, level=1.0)],
    ids=["no colon", "f", "m", "3", "partial"],
)
def test_what_has_no_name_is_refused(function):
    with pytest.raises(ValueError, match="function"):
        Cell(function, {}, 1, 1)


def test_names_that_import_nothing():
    for name, words in (
        ("no_such_module:f", "PYTHONPATH"),
        ("tests.reliability.simulators:no_such", "no such function"),
        ("tests.reliability.simulators:np.pi", "cannot be called"),
    ):
        with pytest.raises(ValueError, match=words):
            resolve(Cell(name, {}, 1, 1))


def test_dots_are_walked_to_the_simulation_of_a_record():
    cell = Cell("theorems.hastie2022.isotropic:isotropic_ridge.claim.simulation", {"gamma": 2.0, "lam": 0.1}, n=20, draws=3)
    assert compute(cell, 0)["excess"].shape == (3,)


@pytest.mark.false_alarm(0)
def test_compute_is_the_function_on_the_stream_of_the_key():
    cell = Cell(simulate.ridge.ridge, {"gamma": 0.5, "lam": (0.0, 1.0)}, n=10, draws=3, block=7)
    direct = simulate.ridge.ridge(gamma=0.5, lam=(0.0, 1.0), n=10, draws=3, rng=streams.stream(5, cell.key)).to_dict()
    found = compute(cell, 5)
    assert found.keys() == direct.keys()
    for name, values in direct.items():
        np.testing.assert_array_equal(found[name], values, strict=True)
    assert not np.array_equal(compute(cell, 6)["excess"], found["excess"])


def test_values_are_copies_of_two_types():
    whole = np.arange(6)

    def reused(*, n, draws, rng):
        return {"ints": whole[::2], "flags": whole[:3] > 1, "floats": np.float32([0.5, np.inf, -0.0])}

    found = compute(Cell(reused, {}, 1, 3), 0)
    whole[:] = 0
    assert {k: v.dtype.str for k, v in found.items()} == {"ints": "<i8", "flags": "<i8", "floats": "<f8"}
    assert found["ints"].tolist() == [0, 2, 4]
    assert found["floats"].tolist() == [0.5, np.inf, -0.0]


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("nothing", "object"),
        ("a number", r"shape \(\)"),
        ("too few", r"shape \(3,\)"),
        ("nan", "nan in 'value' for 1 of 4"),
        ("an empty record", "empty record"),
        ("an empty array", r"shape \(4, 0\)"),
        ("complex", "complex128"),
        ("objects", "object"),
        ("too large", "uint64"),
    ],
)
def test_what_a_simulator_must_not_return_names_function_parameters_and_size(what, words):
    cell = Cell(simulators.whatever, {"what": what}, n=9, draws=4)
    with pytest.raises(ValueError, match=words) as error:
        compute(cell, 0)
    assert f"simulators:whatever(what='{what}', n=9, draws=4)" in str(error.value)
    assert attempt(cell, 0) == Failure("ValueError", str(error.value))
