"""A test that meets chance says with what probability it fails though nothing is wrong: `@pytest.mark.false_alarm(rate)`.

Found in the source: a test function that names a source of randomness, or a function of its module that does. A rate of 0 says
that the assertion holds for every draw.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

CHANCE = {"default_rng", "stream", "Generator", "verify", "converges"}
FILES = sorted(Path(__file__).parent.glob("test_*.py"))


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


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_test_that_meets_chance_declares_its_false_alarm_rate(path):
    module = ast.parse(path.read_text(encoding="utf-8"))
    for_all = any(isinstance(n, ast.Assign) and "pytestmark" in names(n) and "false_alarm" in names(n) for n in module.body)
    tests = {n.name: n for n in module.body if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")}
    silent = [
        t for t in sorted(by_chance(module) & set(tests)) if not any("false_alarm" in names(d) for d in tests[t].decorator_list)
    ]
    assert for_all or not silent, f"{path.name}: declare @pytest.mark.false_alarm(rate), 0 if it holds for every draw: {silent}"
