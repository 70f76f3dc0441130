"""Changes of a formula's source: which there are, what is left alone, and that the changed formula lives in a world of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import theorems
from theorems.audits.mutations import mutations
from theorems.audits.perturbations import Formula, claimed, of_arguments
from theorems.audits.worlds import ROUNDS, World, callers, lines_run

PREAMBLE = """
from theorems import GAMMA, R2, SIGMA2, Mean, Theorem

def simulation(*, n, draws, rng, **k):
    raise NotImplementedError

def record(theory):
    return Theorem(title="planted", statement="x", source="s", assumptions=(), domain={"gamma": GAMMA, "r2": R2, "sigma2": SIGMA2},
                   claim=Mean(theory=theory, simulation=simulation), cases=({"gamma": 2.0, "r2": 3.0, "sigma2": 0.5},))
"""


def planted(folder: Path, text: str):
    """The record `planted` of a user's file with this text."""
    file = folder / "own.py"
    file.write_text(PREAMBLE + text + "\nplanted = record(theory)\n", encoding="utf-8")
    return theorems.load(file)["own.planted"]


def formula(record):
    return Formula(record, [(record.parameters(**c), 50) for c in record.cases])


def values(record):
    """Every change of the record's formula, with what it predicts on the first case."""
    at = record.parameters(**record.cases[0])
    return {p.what: p.theory(**at) for p in formula(record).perturbations()}


def shown(text: str) -> list[tuple[str, str]]:
    return [(m.kind, m.shown(text)) for m in mutations(text)]


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        ("x - 1", [("sign", "x [- -> +] 1"), ("constant", "x - [1 -> 1.01]"), ("constant", "x - [1 -> 1.05]")]),
        ("x ** 2", [("exponent", "x ** [2 -> 3]"), ("exponent", "x ** [2 -> 1]")]),
        ("-x", [("sign", "[- -> +]x")]),
        ("x**-y", [("exponent", "x**[-y -> ((-y) +1)]"), ("exponent", "x**[-y -> ((-y) -1)]"), ("sign", "x**[- -> +]y")]),
        ("np.sqrt(x)", [("exponent", "[np.sqrt(x) -> (x)]")]),
        ("add(x, y)", [("sign", "add(x, [y -> -(y)])")]),
        ("0.5 if x < 3 else y[4 - 1]", [("constant", "[0.5 -> 0.505] if x < 3 else y[4 - 1]"),
                                        ("constant", "[0.5 -> 0.525] if x < 3 else y[4 - 1]")]),
        ("np.where(x > 7, x, y)", []),
        ("np.zeros((2, 3), dtype=int)", []),
        ("sum(x for i in range(5))", []),
        ("x.sum(axis=2)", []),
        ("max(x, 1e-13)", []),
        ("min(x, 1e300)", []),
        ("f'{x + 1}' + 'a'", []),
        ("refuse('x', 3, 'y' + 'z')", []),
    ],
)  # fmt: skip
def test_what_is_changed_and_what_steers(body, changes):
    lead = "def f(x, y=2.0): return "
    text = f"LIMIT = 3.5\n{lead}{body}\n"
    assert [(kind, line.removeprefix(lead)) for kind, line in shown(text)] == changes
    for mutation in mutations(text):
        compile(mutation.apply(text), "changed", "exec")


def test_statements_that_steer_are_left_alone():
    text = '''
def f(x):
    """One + two."""
    assert x > 1 + 1
    if x > 2 * 3:
        raise ValueError(4 + 5)
    for i in range(6):
        i += 1
    while x > 7:
        x *= 8.0  # the one number that is computed with - and seen
    with np.errstate(all="ignore"):
        return x
'''
    assert shown(text) == [("constant", "x *= [8.0 -> 8.08]"), ("constant", "x *= [8.0 -> 8.4]")]


def test_bytes_lines_and_comments_before_an_operator_do_not_mislead():
    text = "def f(a, b):\n    é = a\n    return (é * a  # - not this\n        + b)\n"
    (only,) = mutations(text)
    assert (only.old, only.new, only.line) == ("+", "-", 4)
    assert only.apply(text) == text.replace("+ b", "- b")


def test_every_change_of_the_library_compiles_and_changes_one_place():
    for file in sorted((Path(theorems.__file__).parent.parent / "asymptotics").glob("*.py")):
        text = file.read_text(encoding="utf-8")
        for mutation in mutations(text):
            changed = mutation.apply(text)
            compile(changed, str(file), "exec")
            assert len(changed) - len(text) == len(mutation.new) - len(mutation.old)


def test_a_users_formula_is_changed_where_it_stands(tmp_path):
    record = planted(tmp_path, "def theory(*, gamma, r2, sigma2):\n    return r2 * (1 - 1 / gamma) + sigma2 / (gamma - 1)\n")
    found = values(record)
    true = 3.0 * (1 - 1 / 2.0) + 0.5
    assert record.claim.theory(gamma=2.0, r2=3.0, sigma2=0.5) == true
    assert found["return r2 * (1 [- -> +] 1 / gamma) + sigma2 / (gamma - 1)"] == 3.0 * 1.5 + 0.5
    assert found["return r2 * (1 - 1 / gamma) [+ -> -] sigma2 / (gamma - 1)"] == 3.0 * 0.5 - 0.5
    assert found["return r2 * (1 - [1 -> 1.05] / gamma) + sigma2 / (gamma - 1)"] == 3.0 * (1 - 1.05 / 2) + 0.5
    assert len(found) == 3 + 2 * 3  # signs, and constants 1 and 5 % off
    assert all(abs(v - true) > 1e-3 for v in found.values())


def test_a_numba_kernel_is_changed_and_so_is_what_calls_it(tmp_path):
    record = planted(tmp_path, """
from numba import njit

def _square_py(x):
    return x ** 2

_square = njit(_square_py)

def _twice_py(x):
    return 2.0 * _square(x)

_twice = njit(_twice_py)

@njit
def _other(x):
    return x

def theory(*, gamma, r2, sigma2):
    return _twice(gamma) + _other(r2)
""")  # fmt: skip
    found = values(record)
    assert found["return x ** [2 -> 3]"] == 2 * 8.0 + 3.0
    assert found["return [2.0 -> 2.1] * _square(x)"] == pytest.approx(2.1 * 4.0 + 3.0, rel=1e-15)  # two roundings
    text = Path(record.home["__file__"]).read_text(encoding="utf-8")
    assert {"_square_py", "_square", "_twice_py", "_twice", "theory"} <= callers(text, "_square_py")
    assert "_other" not in callers(text, "_square_py")


def test_the_library_stays_as_it_is():
    record = theorems.load()["dobriban2018.any_spectrum"]
    at = record.parameters(**record.cases[0])
    before, modules = record.claim.theory(**at).to_dict(), {k: id(v) for k, v in sys.modules.items() if "asymptotics" in k}
    changed = [p.theory(**at).test for p in formula(record).perturbations() if p.function == "ridge._risk"]
    assert any(abs(value - before["test"]) > 1e-3 for value in changed)
    again = theorems.load()["dobriban2018.any_spectrum"].claim.theory(**at).to_dict()
    assert before == again  # to the last bit
    assert modules == {k: id(v) for k, v in sys.modules.items() if "asymptotics" in k}


@pytest.mark.parametrize("name", ["hastie2022.isotropic_ridge", "hastie2022.correlated_ridgeless", "silverstein1995.eigenvalues"])
def test_a_world_without_changes_says_the_same_interpreted(name):
    record = theorems.load()[name]
    world = World(lambda m: m.startswith("asymptotics.") or m == record.home["__name__"])
    twin = getattr(world.load(record.home["__name__"]), name.rpartition(".")[2])
    assert twin is not record
    at = (record.parameters(**record.cases[0]), record.claim.sizes[-1])
    np.testing.assert_allclose(claimed(twin.claim, *at), claimed(record.claim, *at), rtol=1e-12)  # rounding of iterations


def test_caches_belong_to_a_world(tmp_path):
    record = planted(tmp_path, """
from functools import lru_cache

@lru_cache
def _rate(gamma):
    return gamma + 1

def theory(*, gamma, r2, sigma2):
    return _rate(gamma)
""")  # fmt: skip
    assert record.predict(gamma=2.0, r2=3.0, sigma2=0.5) == 3.0
    assert values(record)["return gamma [+ -> -] 1"] == 1.0
    assert record.predict(gamma=2.0, r2=3.0, sigma2=0.5) == 3.0


def test_a_loop_that_a_change_makes_endless_ends(tmp_path):
    record = planted(tmp_path, """
def theory(*, gamma, r2, sigma2):
    x = gamma
    while x > 0.0:
        x = x - 0.5
    return x + r2
""")  # fmt: skip
    at = record.parameters(**record.cases[0])
    (endless,) = [p for p in formula(record).perturbations() if p.what == "x = x [- -> +] 0.5"]
    with pytest.raises(RuntimeError, match=f"more than {ROUNDS} rounds"):
        endless.theory(**at)


def test_only_lines_that_run_are_changed(tmp_path):
    record = planted(tmp_path, """
def theory(*, gamma, r2, sigma2):
    if gamma < 1:
        return 3 * sigma2
    return 2 * r2

def unused(x):
    return x + 1
""")  # fmt: skip
    assert {p.what for p in formula(record).perturbations()} == {"return [2 -> 2.02] * r2", "return [2 -> 2.1] * r2"}
    both = Formula(record, [(record.parameters(gamma=g), 50) for g in (0.5, 2.0)])
    assert len(list(both.perturbations())) == 4


def test_lines_are_followed_until_all_have_run():
    def f(x):
        y = 0
        if x:
            y = 1
        return y

    first = f.__code__.co_firstlineno
    found = lines_run(lambda: (f(0), f(0)), {__file__})[__file__]
    assert {first + 1, first + 2, first + 4} <= found
    assert first + 3 not in found
    assert first + 3 in lines_run(lambda: (f(0), f(1)), {__file__})[__file__]


def test_arguments_are_swapped_and_scaled():
    record = theorems.load()["hastie2022.isotropic_ridge"]
    at = {"gamma": 2.0, "lam": 0.1, "r2": 4.0, "sigma2": 9.0}
    found = {p.what: p.theory(**at).excess for p in of_arguments(record)}
    assert found["gamma -> 1/gamma"] == record.predict(**at | {"gamma": 0.5}).excess
    assert found["sigma2 -> sqrt(sigma2)"] == record.predict(**at | {"sigma2": 3.0}).excess
    assert found["r2 -> sqrt(r2)"] == record.predict(**at | {"r2": 2.0}).excess
    assert found["lam -> lam gamma"] == record.predict(**at | {"lam": 0.2}).excess
    assert found["lam -> lam/gamma"] == record.predict(**at | {"lam": 0.05}).excess
    assert found["r2 -> 1.05 r2"] == record.predict(**at | {"r2": 4.2}).excess
    assert len(found) == 5 + 2 * 4


def test_a_record_that_stands_in_no_file_is_refused(tmp_path):
    record = planted(tmp_path, "def theory(*, gamma, r2, sigma2):\n    return gamma\n")
    nameless = theorems.Theorem(**{k: getattr(record, k) for k in ("title", "statement", "source", "assumptions", "domain", "cases")},
                                claim=theorems.Mean(theory=lambda **k: 1.0, simulation=record.claim.simulation))  # fmt: skip
    with pytest.raises(ValueError, match="its source is read from its file"):
        formula(nameless)


def test_a_file_that_says_something_else_each_time_is_refused(tmp_path):
    record = planted(
        tmp_path, "import time\nNOW = time.time_ns()\ndef theory(*, gamma, r2, sigma2):\n    return float(NOW % 10**6)\n"
    )
    with pytest.raises(ValueError, match="other numbers when it runs again"):
        formula(record)
