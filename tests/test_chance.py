"""A test that meets chance says with what probability it fails though nothing is wrong: `@pytest.mark.false_alarm(rate)`.

Found in the source: a test function that names a source of randomness, or a function of its module that does. A rate of 0 says
that the assertion holds for every draw.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

CHANCE = {"default_rng", "stream", "Generator", "verify", "converges"}
FILES = sorted(Path(__file__).parent.rglob("test_*.py"))


def names(tree: ast.AST) -> set[str]:
    """What the code names: variables, attributes, arguments, and the command line's `verify`."""
    nodes = list(ast.walk(tree))
    found = {n.id for n in nodes if isinstance(n, ast.Name)} | {n.attr for n in nodes if isinstance(n, ast.Attribute)}
    found |= {n.arg for n in nodes if isinstance(n, ast.arg)}
    return found | {"verify" for n in nodes if isinstance(n, ast.Constant) and n.value == "verify"}


def by_chance(module: ast.Module) -> set[str]:
    """The functions and values of the module that reach a source of randomness, through others of the module too."""
    functions = {n.name: names(n) for n in module.body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    functions |= {t: names(n.value) for n in module.body if isinstance(n, ast.Assign) for t in names(n) - names(n.value)}
    reached = set(CHANCE)
    while more := {name for name, said in functions.items() if said & reached} - reached:
        reached |= more
    return reached - CHANCE


def silent(source: str) -> list[str]:
    """The tests that meet chance and declare nothing."""
    module = ast.parse(source)
    if any(isinstance(n, ast.Assign) and {"pytestmark", "false_alarm"} <= names(n) for n in module.body):
        return []
    tests = [n for n in module.body if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")]
    met = by_chance(module)
    return [n.name for n in tests if n.name in met and not any("false_alarm" in names(d) for d in n.decorator_list)]


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_test_that_meets_chance_declares_its_false_alarm_rate(path):
    found = silent(path.read_text(encoding="utf-8"))
    assert not found, f"{path.name}: declare @pytest.mark.false_alarm(rate), 0 if it holds for every draw: {found}"


SOURCE = """
RNG = np.random.default_rng(0)
def table(): return RNG.random(3)
@pytest.fixture
def drawn(): return table()
def test_direct(): np.random.default_rng(1)
def test_through_helpers(): assert table().sum() < 3
def test_through_a_fixture(drawn): assert drawn.sum() < 3
@pytest.mark.parametrize("x", [1])
@pytest.mark.false_alarm(1e-9)
def test_declared(x): assert table().sum() < 3
def test_command(): run("verify", "x.py")
def test_plain(): assert 1 == 1
"""


@pytest.mark.false_alarm(0)
def test_chance_is_found_through_helpers_and_fixtures():
    assert silent(SOURCE) == ["test_direct", "test_through_helpers", "test_through_a_fixture", "test_command"]
    assert silent("pytestmark = pytest.mark.false_alarm(0)\n" + SOURCE) == []
