"""What the documentation shows runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import theorems

DOCS = Path(__file__).parent.parent / "docs"


def blocks(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.S)


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
