"""The house rules that a machine can check."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = [p for package in ("asymptotics", "simulate", "theorems") for p in sorted((ROOT / package).rglob("*.py"))]
BIBLIOGRAPHY = (ROOT / "docs" / "references.bib").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module(path):
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "a module says what it is"
    assert len(text.splitlines()) <= 300, "one concept per file, 300 lines at most"
    for key in re.findall(r"\b[a-z]+(?:19|20)\d\d[a-z]+\b", text):
        assert f"{{{key}," in BIBLIOGRAPHY, f"{key} is not in docs/references.bib"


@pytest.mark.parametrize("package", ["asymptotics", "simulate", "theorems"])
def test_importing_a_package_costs_numpy_at_most(package):
    heavy = ("scipy", "numba", "sympy", "mpmath", "matplotlib", "pandas", "xarray", "hypothesis", "sklearn", "click", "tqdm")
    code = f"import sys, {package}; print([m for m in {heavy!r} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


@pytest.mark.parametrize("package", ["asymptotics", "simulate"])
def test_an_unrelated_package_of_the_same_name_is_refused(package, tmp_path):
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").write_text("", encoding="utf-8")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import theorems"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode != 0
    assert "not ridgeless's but an unrelated one of the same name" in done.stderr


@pytest.mark.parametrize("package", ["asymptotics", "simulate"])
def test_an_unrelated_distribution_in_the_same_folder_is_refused(package, tmp_path):
    (tmp_path / package).mkdir()
    source = (ROOT / package / "__init__.py").read_text(encoding="utf-8")
    (tmp_path / package / "__init__.py").write_text(source, encoding="utf-8")
    (tmp_path / f"{package}-1.0.dist-info").mkdir()
    done = subprocess.run([sys.executable, "-c", f"import {package}"], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode != 0
    assert f"An unrelated distribution named '{package}'" in done.stderr


@pytest.mark.parametrize("package", ["asymptotics", "simulate", "theorems"])
def test_a_star_gives_the_public_names_and_nothing_else(package):
    names: dict[str, object] = {}
    exec(f"from {package} import *", names)
    del names["__builtins__"]
    assert not {"importlib", "pkgutil", "Path", "ModuleType", "Any", "annotations"} & set(names)
    for name in {"asymptotics": ("isotropic", "ridge"), "simulate": ("isotropic", "sweep"), "theorems": ("Theorem", "Mean")}[
        package
    ]:
        assert name in names


@pytest.mark.false_alarm(0)  # nothing is drawn
@pytest.mark.parametrize("name", ["verify", "search", "rate", "converges", "figure", "audit", "page", "load"])
def test_what_the_command_line_does_is_a_function_of_the_package(name):
    code = f"import theorems.commands.{name}, theorems.cli\n" if (ROOT / "theorems" / "commands" / f"{name}.py").exists() else ""
    code += f"import theorems; theorems.load('hastie2022.two_forms'); assert callable(theorems.{name}), theorems.{name}"
    code += f"; assert {name!r} in theorems.__all__ and {name!r} in dir(theorems)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
