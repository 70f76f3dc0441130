"""What the documentation shows runs as it stands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import asymptotics
import theorems

DOCS = Path(__file__).parent.parent / "docs"
README = (DOCS.parent / "README.md").read_text(encoding="utf-8")


def blocks(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.S)


@pytest.mark.false_alarm(1e-6)
def test_the_examples_of_the_readme(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown: list[str] = []
    names = {"print": lambda *a: shown.append(" ".join(map(str, a)))}
    for block in re.findall(r"```python\n(.*?)```", README, re.S):
        exec(compile(block, "README.md", "exec"), names)
    assert "consistent" in shown[1]
    assert " inf " in shown[3]
    assert list((tmp_path / "figures").iterdir())


def test_the_map_of_the_readme_names_what_is_there_and_every_paper():
    rows = [
        [re.findall(r"`(\w+)`", cell) for cell in line.split("|")[2:4]] for line in README.splitlines() if line.startswith("| ")
    ]
    modules, papers = ([name for row in rows for name in row[i]] for i in (0, 1))
    assert set(modules) - {"asymptotics"} <= set(dir(asymptotics))
    assert set(papers) - {"theorems"} == {name.partition(".")[0] for name in theorems.load()}


@pytest.mark.false_alarm(1e-6)
def test_the_complete_file_of_a_new_theorem(tmp_path, monkeypatch):
    file, session = blocks("new_theorem.md")
    body = [line for line in file.splitlines() if line.strip()]
    assert len(body) <= 40
    (tmp_path / "my_theorem.py").write_text(file, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    shown: list[str] = []
    exec(compile(session, "new_theorem.md", "exec"), {"print": lambda *a: shown.append(str(a[0]))})
    assert list((tmp_path / "figures").iterdir())
    assert "consistent" in shown[0]
    record = theorems.load("my_theorem.py")["my_theorem.averaged_ridgeless"]
    assert np.shape(record.predict(gamma=[1.5, 2, 4], parts=2)) == (3,)
    assert theorems.verify(record).has_power


@pytest.mark.false_alarm(1e-6)
def test_from_an_expression_to_a_verdict_in_fifteen_lines(tmp_path, monkeypatch):
    file, session = blocks("derivation.md")
    assert len([line for line in file.splitlines() if line.strip()]) <= 15
    (tmp_path / "sketch.py").write_text(file, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    shown: list[str] = []
    exec(compile(session, "derivation.md", "exec"), {"print": lambda *a: shown.append(str(a[0]))})
    assert shown[0].startswith("value -> ")
    assert theorems.verify(theorems.load("sketch.py")["sketch.bias"]).has_power


def printed(folder: Path, *words: str) -> list[str]:
    """The lines of pytest, alone in a folder."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout.splitlines()


@pytest.mark.false_alarm(1e-6)  # of one verdict, were its entropy another
def test_what_a_statistical_test_prints(tmp_path):
    outputs = (DOCS / "testing.md").read_text(encoding="utf-8").split("```")[1::2]
    means, pi, plain = blocks("testing.md")
    (tmp_path / "test_mom.py").write_text(means, encoding="utf-8")
    assert any(" 1 passed" in line for line in printed(tmp_path, "test_mom.py"))
    wrong = means.replace("to=lambda *, shape: shape", "to=lambda *, shape: 1.02 * shape")
    (tmp_path / "test_mom.py").write_text(wrong, encoding="utf-8")
    lines = printed(tmp_path, "--tb=short", "--entropy", "8123")
    (shown,) = (block.strip().splitlines() for block in outputs if "to replay" in block)
    assert shown == lines[lines.index(shown[0]) :][: len(shown)]
    (tmp_path / "test_mom.py").write_text(f"{means}\n\n{pi}", encoding="utf-8")
    (tmp_path / "test_plain.py").write_text(f"import numpy as np\nimport pytest\n\n\n{plain}", encoding="utf-8")
    lines = printed(tmp_path, "--calibrate", "2")
    (report,) = (block.strip().splitlines() for block in outputs if "Berry-Esseen" in block)
    _, columns, *_, rule, bias = (line.split() for line in report)  # widths depend on the numbers
    assert [line for line in map(str.split, lines) if line in (columns, rule, bias)] == [columns, rule, bias]
    assert any(" 3 passed" in line for line in lines)
