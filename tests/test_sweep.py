"""Sweeps: what is yielded when, what is kept, what goes wrong and what is then said; labelled results; the command."""

from __future__ import annotations

import itertools
import json
import multiprocessing
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest
import xarray
from click.testing import CliRunner

from simulate import pool, provenance
from simulate.cells import Cell, Failure, compute
from simulate.journal import Journal
from simulate.sweep import run, sweep
from tests.reliability import simulators
from theorems.cli import main

HERE = "tests.reliability.simulators"


def cells(count: int = 6, function: str = "uniform", **params) -> list[Cell]:
    return [Cell(f"{HERE}:{function}", params, n=1, draws=2, block=b) for b in range(count)]


@pytest.fixture
def calls(monkeypatch):
    """How often the simulator `uniform` was called."""
    counted, uniform = [], simulators.uniform

    def counting(**given):
        counted.append(given)
        return uniform(**given)

    monkeypatch.setattr(simulators, "uniform", counting)
    return counted


def same(one, other) -> bool:
    return one.keys() == other.keys() and all(one[k].tobytes() == other[k].tobytes() for k in one)


def test_each_cell_comes_with_what_compute_gives():
    found = dict(run(cells(), entropy=3))
    assert list(found) == cells()
    assert all(same(values, compute(cell, 3)) for cell, values in found.items())


@pytest.mark.parametrize("threads", [0, 2])
def test_what_the_store_has_is_read_and_not_computed(tmp_path, calls, threads):
    workforce = ThreadPoolExecutor(threads) if threads else None
    first = dict(run(cells(4), entropy=0, store=tmp_path / "s", executor=workforce))
    again = dict(run(cells(6), entropy=0, store=tmp_path / "s", executor=workforce))
    assert len(calls) == 6
    assert all(same(first[cell], again[cell]) for cell in first)
    assert len(again) == 6


def test_cells_are_acknowledged_only_when_they_are_safe(tmp_path):
    seen = []

    def safe(cell):
        with Journal(tmp_path / "s", read_only=True) as journal:
            seen.append(cell.key in journal)

    for cell, _ in run(cells(20, "late", seconds=0.01), entropy=0, store=tmp_path / "s", progress=safe):
        safe(cell)
    assert seen == [True] * 40


def test_failures_are_recorded_the_rest_goes_on_and_they_are_tried_again(tmp_path, monkeypatch):
    work = [Cell(f"{HERE}:unlucky", {"level": level}, n=1, draws=2) for level in (12, 13, 14)]
    found = {cell.params["level"]: result for cell, result in run(work, entropy=0, store=tmp_path / "s")}
    assert found[13] == Failure("ArithmeticError", "level 13")
    assert found[14]["value"].shape == (2,)
    with Journal(tmp_path / "s") as journal:
        assert list(journal.failures) == [work[1].key]
    monkeypatch.setattr(simulators, "unlucky", simulators.uniform)  # repaired
    found = {cell.params["level"]: result for cell, result in run(work, entropy=0, store=tmp_path / "s")}
    assert found[13]["value"].shape == (2,)


def test_no_more_is_read_than_the_workers_need():
    source = (Cell(f"{HERE}:late", {"seconds": 0.02}, n=1, draws=1, block=b) for b in itertools.count())
    with ThreadPoolExecutor(2) as workforce:
        results = run(source, entropy=0, executor=workforce, in_flight=3)
        for _ in range(5):
            next(results)
        results.close()
    assert next(source).block < 200  # at most 0.1 s of work a task, three tasks ahead


@pytest.mark.parametrize("threads", [0, 2])
def test_whatever_ends_it_what_was_done_is_kept(tmp_path, threads):
    def source():
        yield from cells(8)
        raise KeyboardInterrupt

    workforce = ThreadPoolExecutor(threads) if threads else None
    with pytest.raises(KeyboardInterrupt):
        dict(run(source(), entropy=0, store=tmp_path / "s", executor=workforce))
    results = run(cells(20), entropy=0, store=tmp_path / "s", executor=workforce)
    next(results)
    results.close()
    found = dict(run(cells(20), entropy=0, store=tmp_path / "s"))
    assert all(same(found[cell], compute(cell, 0)) for cell in cells(20))


def test_a_lambda_works_here_and_is_refused_where_workers_would_import_it(tmp_path):
    def nested(*, n, draws, rng):
        return rng.random(draws)

    work = [Cell(nested, {}, n=1, draws=2)]
    here = dict(run(work, entropy=0))
    with ThreadPoolExecutor(1) as workforce:
        assert same(here[work[0]], dict(run(work, entropy=0, executor=workforce))[work[0]])

    class Elsewhere(ProcessPoolExecutor):
        def submit(self, *_args, **_kwargs) -> Future:  # type: ignore[override]
            raise AssertionError("the work has begun")

    with (
        Elsewhere(1, multiprocessing.get_context("spawn")) as workforce,
        pytest.raises(ValueError, match="define it at the top level of a module, or use threads"),
    ):
        dict(run(work, entropy=0, executor=workforce))
    with pytest.raises(ValueError, match="a store knows cells by its name"):
        dict(run(work, entropy=0, store=tmp_path / "s"))


def test_a_dead_pool_says_what_is_safe_and_a_new_one_goes_on(tmp_path):
    once = str(tmp_path / "once")
    work = [Cell(f"{HERE}:fatal", {"level": level, "once": once}, n=1, draws=2) for level in (11, 12, 13, 14)]
    context = multiprocessing.get_context("forkserver")
    with (
        ProcessPoolExecutor(1, context) as workforce,
        pytest.raises(BrokenExecutor, match=r"the \d cells in .*/s are safe: run the same again .*In the works.*level=13"),
    ):
        dict(run(work, entropy=0, executor=workforce, store=tmp_path / "s", in_flight=1))
    with ProcessPoolExecutor(1, context) as workforce:
        found = dict(run(work, entropy=0, executor=workforce, store=tmp_path / "s"))
    assert all(same(found[cell], compute(cell, 0)) for cell in work)


def test_a_worker_of_other_code_is_refused():
    right = provenance.code(simulators.uniform, f"{HERE}:uniform")
    assert len(pool.task(cells(), 0, right).results) == 6
    with pytest.raises(ValueError, match=f"a worker has another version of {HERE}; install the same"):
        pool.task(cells(), 0, {**right, HERE: "0"})


def test_a_store_of_other_code_is_refused_by_a_run_and_can_be_accepted(tmp_path, monkeypatch):
    dict(run(cells(), entropy=0, store=tmp_path / "s"))
    right = provenance.code(simulators.uniform, f"{HERE}:uniform")
    monkeypatch.setattr(provenance, "code", lambda *_: {**right, HERE: "changed"})
    with pytest.raises(ValueError, match=f"another version of {HERE}"):
        dict(run(cells(7), entropy=0, store=tmp_path / "s"))
    with Journal(tmp_path / "s", accept_code=True) as journal:
        assert len(dict(run(cells(7), entropy=0, store=journal))) == 7
        assert len(journal.code[HERE]) == 2


def test_the_code_of_a_users_file_is_its_text(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "a_users_file.py"
    file.write_text("def f(*, n, draws, rng):\n    return rng.random(draws)\n")
    import a_users_file  # type: ignore[import-not-found]

    before = provenance.code(a_users_file.f, "a_users_file:f")
    assert before.keys() == {"simulate", "a_users_file"}
    file.write_text(file.read_text() + "# another text\n")
    assert provenance.code(a_users_file.f, "a_users_file:f") == before  # what this process runs
    import importlib

    importlib.reload(a_users_file)
    assert provenance.code(a_users_file.f, "a_users_file:f")["a_users_file"] != before["a_users_file"]


@pytest.mark.parametrize(
    ("name", "value"), [("entropy", -1), ("entropy", 0.5), ("entropy", True), ("in_flight", 0), ("executor", "processes")]
)
def test_bad_arguments_of_run_are_named_at_once(name, value):
    with pytest.raises(ValueError, match=f"{name} = "):
        run(cells(), **{"entropy": 0, name: value})


GRID = {"level": [0.5, 2.0], "kind": ["a", "b", "c"]}


def kinds(*, level, kind, lam, n, draws, rng):
    if (level, kind, n) == (2.0, "b", 20):
        raise ArithmeticError("of the home of someone")
    return {"x": np.outer(level + rng.random(draws), lam), "count": np.full(draws, n)}


def test_a_sweep_is_labelled_and_what_failed_is_nan_and_named():
    found = sweep(kinds, grid=GRID, fixed={"lam": (1.0, 2.0, 3.0)}, sizes=[10, 20], draws=5, block=2)
    data = found.to_xarray()
    assert dict(data.sizes) == {"level": 2, "kind": 3, "n": 2, "draw": 5, "lam": 3}
    assert data["lam"].values.tolist() == [1.0, 2.0, 3.0]
    assert [c.block for c in found.failures] == [0, 1, 2]
    failed = data["x"].sel(level=2.0, kind="b", n=20)
    assert failed.isnull().all()
    assert int(data["x"].isnull().sum()) == failed.size
    for cell, values in found.values.items():
        at = {"level": cell.params["level"], "kind": cell.params["kind"], "n": cell.n}
        part = data.sel(at).isel(draw=slice(2 * cell.block, 2 * cell.block + cell.draws))
        np.testing.assert_array_equal(part["x"], values["x"])
        np.testing.assert_array_equal(part["count"], cell.n)


def test_a_file_reads_back_to_the_same_bits_and_says_where_it_comes_from(tmp_path):
    found = sweep(kinds, grid=GRID, fixed={"lam": (1.0, 2.0)}, sizes=[10], draws=3, entropy=8, store=tmp_path / "s")
    path = found.save(tmp_path / "new" / "x.nc")
    with xarray.open_dataset(path) as data:
        xarray.testing.assert_identical(data.load(), found.to_xarray())
        assert data["count"].dtype == np.int64
        facts = data.attrs
    wanted = {"entropy", "stream_version", "function", "command", "date", "fixed", "code of simulate", f"code of {__name__}"}
    assert wanted | {f"version of {p}" for p in ("python", "ridgeless", "numpy", "scipy", "numba")} <= facts.keys()
    assert (facts["entropy"], facts["fixed"]) == ("8", '{"lam": [1.0, 2.0]}')
    assert not [v for v in facts.values() if "/" in v]  # no folders
    assert list(path.parent.iterdir()) == [path]
    failing = sweep(kinds, grid=GRID, fixed={"lam": (1.0, 2.0)}, sizes=[20], draws=3).save(tmp_path / "y.nc")
    with xarray.open_dataset(failing) as data:
        assert json.loads(data.attrs["failures"])[0].endswith("ArithmeticError")


def test_more_of_the_same_goes_on_from_the_store(tmp_path, calls):
    def counted(**given):
        before = len(calls)
        found = sweep(f"{HERE}:uniform", **{"sizes": [1], "block": 5, "store": tmp_path / "s", **given}).to_xarray()
        return len(calls) - before, found["value"]

    assert counted(grid={"level": [1.0, 2.0]}, draws=10)[0] == 4
    more, values = counted(grid={"level": [0.5, 1.0, 2.0]}, draws=20, sizes=[1, 2])
    assert more == 3 * 4 * 2 - 4
    np.testing.assert_array_equal(values, counted(grid={"level": [0.5, 1.0, 2.0]}, draws=20, sizes=[1, 2], store=None)[1])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"grid": {"level": []}}, "level = "),
        ({"grid": {"level": 2.0}}, "level = .*belongs into fixed"),
        ({"grid": {"level": "ab"}}, "level = "),
        ({"grid": {"level": [1, "a"]}}, "all numbers, or all strings"),
        ({"grid": {"level": [1, 1.0]}}, "stands twice"),
        ({"fixed": {"level": 1.0}}, "these stand in the grid too"),
        ({"sizes": []}, "sizes = "),
        ({"sizes": [0]}, "n = 0"),
        ({"draws": 0}, "draws = 0"),
        ({"block": 0}, "block = 0"),
        ({"draws": 2.0}, "draws = 2.0"),
    ],
)
def test_bad_arguments_of_a_sweep_are_named(given, words):
    with pytest.raises(ValueError, match=words):
        sweep(f"{HERE}:uniform", **{"grid": {"level": [1.0]}, "sizes": [1], "draws": 2, **given})


def growing(*, level, n, draws, rng):
    return rng.random((draws, n))


def named(*, level, n, draws, rng):
    return {"level": rng.random(draws)}


def test_results_that_make_no_array_are_kept_but_not_labelled():
    found = sweep(growing, grid={"level": [1.0]}, sizes=[2, 3], draws=4)
    assert len(found.values) == 2
    for sweeping in (found, sweep(named, grid={"level": [1.0]}, sizes=[2], draws=4)):
        with pytest.raises(ValueError, match=r"use \.values"):
            sweeping.to_xarray()
    with pytest.raises(ValueError, match=r"name it \.nc"):
        found.save("x.csv")


def command(*words: str):
    return CliRunner().invoke(main, ["sweep", *words])


def test_the_command_sweeps_a_function_of_a_file_and_goes_on(tmp_path):
    file, store, out = tmp_path / "some_simulations.py", tmp_path / "s", tmp_path / "x.nc"
    file.write_text(
        "def ints(*, parts, kind, n, draws, rng):\n    assert type(parts) is int\n    return rng.random(draws) + parts\n"
    )
    words = [f"{file}:ints", "parts=1,2", "kind=a:1", "kind=b", "--sizes", "5,10", "--draws", "20", "--block", "10"]
    done = command(*words, "--store", str(store), "--out", str(out))
    assert done.exit_code == 0, done.output
    assert "16 of 16 cells are done, 0 failed" in done.output
    with xarray.open_dataset(out) as data:
        assert dict(data.sizes) == {"parts": 2, "kind": 2, "n": 2, "draw": 20}
        assert data["kind"].values.tolist() == ["a:1", "b"]
    assert "value" in command(*words, "--store", str(store), "--executor", "threads", "--workers", "2").output
    changed = command(*words, "--store", str(store), "--seed", "1")
    assert changed.exit_code == 2
    assert "is of entropy 0" in changed.output


def test_the_command_sweeps_a_record_at_its_own_sizes():
    done = command("hastie2022.isotropic_ridge", "gamma=0.5,2", "lam=0.1", "--draws", "4")
    assert done.exit_code == 0, done.output
    assert "8 of 8 cells are done" in done.output
    assert "excess" in done.output


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ([f"{HERE}:unlucky", "level=12,13", "--sizes", "1", "--draws", "2"], 1, "ArithmeticError: level 13"),
        (["hastie2022.isotropic_ridge", "alpha=1"], 2, "alpha"),
        (["hastie2022.isotropic_ridge", "gamma=-1"], 2, "gamma = -1"),
        ([f"{HERE}:uniform"], 2, "--sizes 100,200,400"),
        ([f"{HERE}:no_such", "--sizes", "1"], 2, "no such function"),
        (["no_such_file.py:f", "--sizes", "1"], 2, "there is no file"),
        (["no_such_module:f", "--sizes", "1"], 2, "no_such_module"),
        ([f"{HERE}:uniform", "--sizes", "1", "--out", "x.csv"], 2, "name it .nc"),
        ([f"{HERE}:uniform", "--sizes", "1", "--executor", "threads", "--scheduler-file", __file__], 2, "--executor dask"),
    ],
)
def test_exit_status(words, status, said):
    done = command(*words)
    assert done.exit_code == status, done.output
    assert said in done.output
