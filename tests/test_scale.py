"""docs/scale.md does what it says: its files are written, its commands run, in one folder, top to bottom."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import xarray

from tests.reliability import bits

PAGE = (bits.ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"<!-- (run|file)(?:: (\S+))? -->\n```\w+\n(.*?)```", PAGE, re.S)


@pytest.mark.skipif(sys.platform == "win32", reason="a page for bash")
def test_the_page(tmp_path):
    if importlib.util.find_spec("distributed") is None:
        pytest.skip("Dask is not installed: pip install 'ridgeless[cluster]'")
    folder = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": os.pathsep.join([folder, os.environ.get("PATH", "")])}
    said = []
    for kind, what, block in BLOCKS:
        if kind == "file":
            (tmp_path / what).write_text(block, encoding="utf-8")
        elif what != "mpiexec" or (bits.mpiexec() and importlib.util.find_spec("mpi4py")):
            script = ["bash", "-euo", "pipefail", "-c", block]
            done = subprocess.run(script, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False)
            logs = "".join(log.read_text() for log in tmp_path.glob("*.log"))
            assert done.returncode == 0, (block, done.stdout, done.stderr, logs)
            said.append(done.stderr + done.stdout)
    assert "32 of 32 cells are done, 0 failed" in said[0]
    assert "60 of 60 cells are done" in said[1]
    assert "{}" in said[2]  # no failures
    assert "90 of 90 cells are done" in said[3]
    with xarray.open_dataset(tmp_path / "median.nc") as one, xarray.open_dataset(tmp_path / "again.nc") as again:
        xarray.testing.assert_equal(one, again)


def test_every_command_runs_but_those_that_need_slurm():
    assert len(BLOCKS) == 7
    assert PAGE.count("```") // 2 == len(BLOCKS) + PAGE.count("#SBATCH")
