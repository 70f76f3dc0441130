"""How often a true claim is refuted and a false one accepted, with a look after every block: counts of `experiments`.

`measure` takes hours and goes on where it was stopped: RIDGELESS_BANK names the folder of its stores (a temporary one by default).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from simulate.cells import Cell, Failure
from simulate.sweep import run
from tests.reliability import banks, keep, kept, table
from tests.reliability.experiments import LEVELS, TESTS
from theorems.executors import pool
from theorems.testing.calibration import interval

DESIGNS = {"gaussian": "Gaussian", "rademacher": "Rademacher", "student:5": "t_5"}
ONE = {
    0.5: 40,
    0.9: 160,
    1.1: 160,
    1.4: 40,
    2.0: 20,
    4.0: 8,
}  # sizes at which a draw has 8 to 12 moments: the least the engine takes
MEANS = {0.5: (40, 60, 80, 120), 1.4: (40, 60, 80, 120), 2.0: (20, 30, 40, 60), 4.0: (8, 12, 16, 24)}
MEDIANS = {0.9: (40, 60, 80, 120), 1.1: (40, 60, 80, 120)}  # 2 to 6 moments
LARGE = {0.9: (160, 240, 320, 480), 1.1: (160, 240, 320, 480)}
OWN = (50, 100, 200, 400)  # a record's sizes where it names none
FEW = (2, 3, 4, 5, 6, 7, 8, 10, 12)  # moments of a draw
RATIO = 1.3  # the 99 % upper bound over the nominal level
LAWS = (
    ("normal", "student"),
    ("exponential", "student"),
    ("gamma(4)", "student"),
    ("lognormal", "student"),
    ("Student's t_5", "student"),
    ("uniform", "bernstein"),
    ("Bernoulli(0.01)", "bernstein"),
    ("Cauchy", "order statistics"),
)
Group = tuple[str, str, dict[str, Any], int, int, int]  # group, function, parameters, n, experiments, in a cell


def plan() -> list[Group]:
    """Every experiment, the most wanted first."""

    def one(name: str, entries: str, count: int, **more: Any) -> list[Group]:
        return [(name, "exact", {"gamma": g, "entries": entries, **more}, n, count, 500) for g, n in ONE.items()]

    def four(name: str, entries: str, sizes: Mapping[float, tuple[int, ...]], **more: Any) -> list[Group]:
        return [
            (name, "limit", {"gamma": g, "entries": entries, "sizes": s, **more}, s[0], 10_000, 100) for g, s in sizes.items()
        ]

    every = dict(sorted((MEANS | MEDIANS).items()))
    few: list[Group] = [("moments", "exact", {"gamma": 1.1, "entries": "gaussian"}, 20 * m, 10_000, 500) for m in FEW]
    groups = one("one size", "gaussian", 20_000)
    groups += four("own number", "gaussian", dict.fromkeys(ONE, OWN), own=True) + four("limit", "gaussian", every)
    for entries in ("rademacher", "student:5"):
        groups += one("one size", entries, 20_000) + four("limit", entries, every)
    groups += few + four("limit", "gaussian", LARGE)
    groups += [("alone", "alone", {"law": law, "by": by}, 2000, 100_000, 500) for law, by in LAWS]
    groups += [group for off in (1.0, -1.0) for entries in DESIGNS for group in one("off by delta", entries, 10_000, off=off)]
    return groups + [group for entries in DESIGNS for group in four("off by delta", entries, every, off=1.0)]


def _sizes(group: Group) -> tuple[int, ...]:
    return group[2].get("sizes", (group[3],))


def _cells(group: Group) -> list[Cell]:
    _, function, params, n, count, block = group
    return [Cell(f"tests.reliability.experiments:{function}", params, n=n, draws=block, block=b) for b in range(count // block)]


def _banks(group: Group, workforce: Any) -> None:
    """Draws that the group's experiments take from, once for all."""
    if "gamma" not in group[2] or (group[1] == "exact" and group[2]["entries"] == "gaussian"):
        return
    gamma, entries = group[2]["gamma"], group[2]["entries"]
    for n in _sizes(group):
        if not (path := banks.file(gamma, entries, n)).exists():
            found = dict(run(banks.cells(gamma, entries, n), entropy=0, executor=workforce, store=banks.FOLDER / "banks.store"))
            draws = [values for cell, values in sorted(found.items(), key=lambda pair: pair[0].block)]
            assert not any(isinstance(values, Failure) for values in draws), draws
            np.save(path, np.concatenate([values["value"] for values in draws]))  # type: ignore[index]
            print(f"{path.name}", flush=True)


def measure(workers: int = 2) -> None:
    """All experiments of the plan; what is there is kept after every group."""
    banks.FOLDER.mkdir(parents=True, exist_ok=True)
    groups, done = plan(), []
    with pool("processes", workers) as workforce:
        for group in groups:
            _banks(group, workforce)
            total: dict[str, int] = {"runs": 0}
            for cell, values in run(_cells(group), entropy=0, executor=workforce, store=banks.FOLDER / "experiments.store"):
                assert not isinstance(values, Failure), f"{cell}: {values}"
                total["runs"] += cell.draws
                for name, counts in values.items():
                    total[name] = total.get(name, 0) + int(counts.sum())
            done.append({"group": group[0], "n": group[3], **group[2], **total})
            keep("calibration", {"counts": done})
            print(done[-1], flush=True)


def upper(found: dict[str, Any], name: str) -> float:
    """Clopper and Pearson's 99 % bound of a rate."""
    return interval(found[name], found["runs"])[1]


def _rate(found: dict[str, Any], name: str) -> str:
    return f"{found[name]} ({upper(found, name):.1e})"


def _of(*groups: str) -> list[dict[str, Any]]:
    return [c for c in (kept("calibration") or {"counts": []})["counts"] if c["group"] in groups]


def _worst(cells: list[dict[str, Any]], name: str, level: float) -> str:
    worst = max(cells, key=lambda c: upper(c, name))
    above = sum(upper(c, name) > RATIO * level for c in cells)
    return (
        f"{f'{above} ABOVE; ' if above else ''}{len(cells)} cells, the worst {worst[name]} of {worst['runs']}, upper bound "
        f"{upper(worst, name) / level:.2f} times nominal ({_where(worst)})"
    )


def _where(cell: dict[str, Any]) -> str:
    if "law" in cell:
        return f"{cell['law']}, {cell['by']}"
    return f"gamma = {cell['gamma']:g}, {DESIGNS[cell['entries']]}, n = {_n(cell)}"


def _n(cell: dict[str, Any]) -> str:
    return ", ".join(map(str, cell.get("sizes", [cell["n"]])))


def rows() -> Iterator[tuple[str, str, str]]:
    """(what, to reach, measured)."""
    goal = f"99 % upper bound at most {RATIO} times nominal"
    for group, kind, words in (
        ("one size", "refuted", "a mean at one size"),
        ("limit", "outside", "a limit from four sizes, by means or medians as the engine chooses"),
        ("own number", "refuted", f"the theorem's own number at n = {', '.join(map(str, OWN))}, delta = 0.01"),
        ("alone", "refuted", "the sequences by themselves, on eight laws"),
    ):
        for level in LEVELS if (cells := _of(group)) else ():
            yield (
                f"false refutation at nominal {level:g}, a look after every block: {words}",
                goal,
                _worst(cells, f"{kind} {level:g}", level),
            )
    if cells := _of("off by delta"):
        what = f"false acceptance at nominal {LEVELS[0]:g} of a claim off by exactly delta, a look after every block"
        yield what, goal, _worst(cells, "consistent", LEVELS[0])


def tables() -> Iterator[str]:
    """All counts, each with its 99 % upper bound."""
    at = [f"at {level:g}" for level in LEVELS]
    peeked, last = ([f"{name} {a}" for a in at] for name in TESTS)
    lines = [
        [f"{c['gamma']:g}", DESIGNS[c["entries"]], _n(c), _by(c), f"{c['runs']}"]
        + [_rate(c, f"{_kind(c)} {level:g}") for level in LEVELS]
        + [_rate(c, f"refuted {level:g}") for level in LEVELS]
        + [f"{c[f'{test} {level:g}'] / c['runs']:.1e}" for test in TESTS for level in LEVELS]
        for c in _of("one size", "limit", "own number")
    ]
    head = ["gamma", "design", "n", "by", "runs", *(f"sequence {a}" for a in at), *(f"refuted {a}" for a in at), *peeked, *last]
    yield (
        "**False refutation.** Each run goes on to 1728 rounds with nine looks, whatever it says on the way. `sequence`: runs in which the "
        "sequence ever excludes the truth; `refuted`: runs ever refuted (of a limit the model may leave out a tenth of delta, so "
        "these are fewer); in brackets the 99 % Clopper-Pearson upper bound. The last columns are rates of Student's t-test on the same "
        "draws, done at every look and at the end only. `theorem`: the record's own limit against real draws; all else is judged "
        "against what is exactly true of the draws.\n\n" + table(head, lines)
    )
    few = [
        [f"{c['n'] // 20}", f"{c['n']}", f"{c['runs']}"]
        + [_rate(c, f"refuted {level:g}") for level in LEVELS]
        + [f"{c[f'{TESTS[0]} {level:g}'] / c['runs']:.1e}" for level in LEVELS]
        for c in _of("moments")
    ]
    yield (
        "**How many moments a mean needs.** The engine's interval of a mean at gamma = 1.1, Gaussian, with fewer and more moments than it "
        "would take by itself.\n\n" + table(["moments", "n", "runs", *(f"refuted {a}" for a in at), *peeked], few)
    )
    accepted = [
        [f"{c['gamma']:g}", DESIGNS[c["entries"]], _n(c), _by(c), f"{c['off']:+g} delta", f"{c['runs']}", _rate(c, "consistent")]
        for c in _of("off by delta")
    ]
    head = ["gamma", "design", "n", "by", "the draws' mean is off by", "runs", f"consistent at {LEVELS[0]:g}"]
    if accepted:
        yield "**False acceptance** of a claim that is off by exactly delta.\n\n" + table(head, accepted)
    if not (cells := _of("alone")):
        return
    alone = [[c["law"], c["by"], f"{c['runs']}"] + [_rate(c, f"refuted {level:g}") for level in LEVELS] for c in cells]
    yield (
        "**The sequences by themselves**: runs in which one ever excludes the mean (order statistics: the median), looked at "
        "after every block up to 2000 draws, not averaged in batches. Student's is asymptotic: the lognormal, of skewness 6, shows where "
        "it gives way.\n\n" + table(["law", "sequence", "runs", *(f"excluded {a}" for a in at)], alone)
    )


def _kind(cell: dict[str, Any]) -> str:
    return "outside" if f"outside {LEVELS[0]:g}" in cell else "refuted"


def _by(cell: dict[str, Any]) -> str:
    by = "medians" if cell.get("medians") else "means"
    return f"{by}, theorem" if cell.get("own") else by
