r"""Experiments whose truth is known, as cells of a sweep: each draw is one whole experiment, looked at after every block of the engine's.

Evidence, intervals and the rule are the engine's own (`theorems.verdicts`: evidence, rule, `verify._Case`); only
the draws are made here. An experiment goes on to HORIZON rounds whatever it says on the way, which gives it the most looks to err.

    exact    many experiments side by side, as columns, at one size: draws of ridgeless risks against their mean
    limit    one experiment after another over four sizes, blocks allocated as the engine likes, by means or medians as it chooses
    alone    a confidence sequence without the engine

Gaussian draws at one size are fresh, by the O(n) sampler, and their mean is known (`asymptotics.wishart`). All others come with
replacement from a bank of draws that were made once; what is claimed of them is then true of the bank, to the last digit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

import simulate.ridge
from asymptotics import isotropic, wishart
from tests.reliability.banks import bank, risks
from theorems import Mean, Real, Theorem
from theorems.domain import Choice
from theorems.verdicts import methods, sequences
from theorems.verdicts.budget import Budget
from theorems.verdicts.evidence import Block, Evidence, Interval, _rounds
from theorems.verdicts.finite_size import reading
from theorems.verdicts.rule import judge
from theorems.verdicts.verify import _Case

LEVELS = (1e-2, 1e-3)
HORIZON = 1500  # rounds at least
COLUMNS = 100  # experiments side by side
TOLERANCE = 0.25  # delta, in standard deviations of a base round: a few hundred then decide
TESTS = ("t at every look", "t at the end")
Counts = dict[str, np.ndarray]


def exact(
    *, gamma: float, entries: str, off: float = 0.0, n: int, draws: int, rng: np.random.Generator, horizon: int = HORIZON
) -> Counts:
    """Means at size n against their mean. off: how far the claim is wrong, in units of the tolerance (0: it is right)."""
    parts = []
    for first in range(0, draws, COLUMNS):
        columns = min(COLUMNS, draws - first)
        looks = rounds_at_looks(horizon)
        if entries == "gaussian":
            p = round(gamma * n)
            x = risks(gamma=gamma, entries=entries, n=n, draws=looks[-1] * columns, rng=rng)
            known = wishart.ridgeless(n=n, p=p).excess, wishart.spread(n=n, p=p).excess
            mean, spread = float(np.asarray(known[0])), float(np.sqrt(np.asarray(known[1])))
            spread = spread if math.isfinite(spread) else float(x.std())
        else:
            x = rng.choice(bank(gamma, entries, n), size=looks[-1] * columns)
            mean, spread = float(bank(gamma, entries, n).mean()), float(bank(gamma, entries, n).std())
        parts.append(_columns(x.reshape(looks[-1], columns), mean, spread, off, looks))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _columns(x: np.ndarray, mean: float, spread: float, off: float, looks: tuple[int, ...]) -> Counts:
    delta = TOLERANCE * spread / mean
    target = mean / (1 + off * delta)  # the draws' mean is then off by off * delta of the target
    columns = x.shape[1]
    claim = Mean(theory=lambda **_: np.full(columns, target), simulation=risks, exact=True, sizes=(1,))
    out = {f"{k} {level:g}": np.zeros(columns, dtype=np.int64) for level in LEVELS for k in ("refuted", "stopped")}
    out |= {"consistent": np.zeros(columns, dtype=np.int64)}
    evidence = Evidence((1,), reading((1,), exact=True), "mean")
    for last, end in zip((0, *looks), looks, strict=False):
        evidence.blocks.append(Block(end - last, (1,), 1.0, (x[last:end],)))
        for level in LEVELS:  # `interval` splits the level over its components: here each is an experiment of its own
            found = evidence.interval(claim, {}, level * columns, LEVELS[0])
            decided = np.abs(found.estimate) > found.refute
            for i in np.flatnonzero(decided).tolist():
                if judge(_only(found, i), delta, False)["status"] == "refuted":
                    out[f"refuted {level:g}"][i] = 1
                    out[f"stopped {level:g}"][i] |= not out["consistent"][i]
        for i in np.flatnonzero(np.abs(found.estimate) + found.accept <= delta).tolist():
            out["consistent"][i] |= judge(_only(found, i), delta, False)["status"] == "consistent"
    return out | _t_tests(x / target - 1, (mean - target) / target, looks)


def _only(found: Interval, i: int) -> Interval:
    one: dict[str, Any] = {
        f.name: value[i : i + 1] for f in fields(found) if isinstance(value := getattr(found, f.name), np.ndarray)
    }
    return replace(found, **one)


def _t_tests(x: np.ndarray, truth: float, looks: tuple[int, ...]) -> Counts:
    """What is usually done, on the columns of x: Student's t at the end, and at every look."""
    from scipy.special import stdtrit

    n = np.asarray(looks, dtype=np.float64)[:, None]
    sums, squares = (np.cumsum(x**k, axis=0)[np.asarray(looks) - 1] for k in (1, 2))
    t = np.abs(sums / n - truth) / np.sqrt((squares / n - (sums / n) ** 2) / (n - 1))
    out: Counts = {}
    for level in LEVELS:
        beyond = t > -stdtrit(n - 1, level / 2)
        out |= {
            f"{TESTS[0]} {level:g}": beyond.any(axis=0).astype(np.int64),
            f"{TESTS[1]} {level:g}": beyond[-1].astype(np.int64),
        }
    return out


class Truth(NamedTuple):
    target: float
    mean: float  # of a base round, relative to the target
    delta: float


@lru_cache(maxsize=256)
def truth(gamma: float, entries: str, sizes: tuple[int, ...], off: float, own: bool) -> Truth:
    """What is claimed of a limit: what the banks' means (or medians, where the engine takes these) extrapolate to, or the theorem's own."""
    banks = [bank(gamma, entries, n) for n in sizes]
    given = {"gamma": gamma, "entries": entries}
    claim = Mean(theory=isotropic.ridgeless, simulation=simulate.ridge.ridge, sizes=sizes)
    weights = reading(sizes).limit[0]
    means, medians = (float(weights @ np.array([f(b) for b in banks])) for f in (np.mean, np.median))
    right = medians if methods.choose(claim, given) == "median" else means
    quartiles = np.array([np.diff(np.quantile(b, [0.25, 0.75]))[0] for b in banks])  # 1.35 standard deviations, and always finite
    delta = 0.01 if own else TOLERANCE * float(np.sqrt(weights**2 @ quartiles**2)) / 1.35 / right
    target = float(np.asarray(isotropic.ridgeless(gamma=gamma).excess)) if own else right / (1 + off * delta)
    return Truth(target, (means - target) / target, delta)


def _case(gamma: float, entries: str, sizes: tuple[int, ...], level: float, claimed: Truth) -> _Case:
    record = Theorem(
        title="An experiment whose truth is known",
        statement="x",
        source="none",
        assumptions=(),
        domain={"gamma": Real(0.0, 100.0), "entries": Choice((entries,), open=True)},
        claim=Mean(theory=lambda **_: claimed.target, simulation=simulate.ridge.ridge, sizes=sizes),
        cases=({"gamma": gamma, "entries": entries},),
    )
    rules = {"delta": claimed.delta, "refute": level, "accept": LEVELS[0], "method": "auto", "budget": Budget()}
    return _Case(record, record.cases[0], rules)


@lru_cache(maxsize=8)
def rounds_at_looks(horizon: int = HORIZON) -> tuple[int, ...]:
    """Base rounds at each look, until there are so many: as the engine takes them."""
    case = _case(2.0, "gaussian", (20, 30, 40, 60), 0.5, Truth(1.0, 0.0, 1.0))
    looks = []
    while case.evidence.rounds < horizon:
        case.evidence.blocks.append(Block(*case.wanted(), 1.0, ()))
        looks.append(case.evidence.rounds)
    return tuple(looks)


def limit(
    *,
    gamma: float,
    entries: str,
    sizes: tuple[int, ...],
    off: float = 0.0,
    own: bool = False,
    n: int,
    draws: int,
    rng: np.random.Generator,
    horizon: int = HORIZON,
) -> Counts:
    """A limit read off four sizes. `medians` says which method the engine chose."""
    looks = rounds_at_looks(horizon)
    banks = [bank(gamma, entries, m) for m in sizes]
    claimed = truth(gamma, entries, sizes, off, own)
    names = [f"{k} {level:g}" for level in LEVELS for k in ("refuted", "stopped", "outside")] + ["consistent", "medians"]
    out = {name: np.zeros(draws, dtype=np.int64) for name in names}
    rounds = []
    for i in range(draws):
        at = _case(gamma, entries, sizes, LEVELS[0], claimed)
        others = {level: _case(gamma, entries, sizes, level, claimed) for level in LEVELS[1:]}
        for other in others.values():
            other.evidence = at.evidence  # the same draws, judged at another level
        for _ in looks:
            many, per = at.wanted()
            at.feed(many, per, tuple(rng.choice(b, size=many * k) for b, k in zip(banks, per, strict=True)), 1.0)
            found = {LEVELS[0]: at.verdict, **{level: other.judge(other.claim) for level, other in others.items()}}
            for level, verdict in found.items():
                assert verdict is not None
                out[f"outside {level:g}"][i] |= abs(verdict.estimate) > verdict.halfwidth
                out[f"refuted {level:g}"][i] |= verdict.status == "refuted"
                out[f"stopped {level:g}"][i] |= verdict.status == "refuted" and not out["consistent"][i]
            out["consistent"][i] |= found[LEVELS[0]].status == "consistent"  # type: ignore[union-attr]
        out["medians"][i] = at.evidence.method == "median"
        gaps = at.evidence.gaps(at.claim, at.params)[0]
        rounds.append(np.concatenate(_rounds(gaps, at.evidence.blocks, at.evidence.reading.limit))[:, 0])
    return out | _t_tests(np.stack(rounds, axis=1), claimed.mean, looks)


LAWS: Mapping[str, tuple[Any, float]] = {
    "normal": (lambda rng, size: rng.standard_normal(size), 0.0),
    "exponential": (lambda rng, size: rng.standard_exponential(size), 1.0),
    "gamma(4)": (lambda rng, size: rng.standard_gamma(4.0, size), 4.0),
    "lognormal": (lambda rng, size: rng.lognormal(size=size), math.exp(0.5)),
    "Student's t_5": (lambda rng, size: rng.standard_t(5, size), 0.0),
    "Bernoulli(0.01)": (lambda rng, size: (rng.random(size) < 0.01).astype(float), 0.01),
    "uniform": (lambda rng, size: rng.random(size), 0.5),
    "Cauchy": (lambda rng, size: rng.standard_cauchy(size), 0.0),
}


def alone(*, law: str, by: str, n: int, draws: int, rng: np.random.Generator) -> Counts:
    """How often a sequence ever excludes the truth of this law (the mean; of order statistics the median), up to n draws."""
    sample, truth = LAWS[law]
    x = sample(rng, (n, draws))
    looks = [k for k in (4, 8, *rounds_at_looks(n)) if k <= n]
    out = {f"refuted {level:g}": np.zeros(draws, dtype=np.int64) for level in LEVELS}
    for k in looks:
        for level in LEVELS:
            if by == "order statistics":
                low, high = sequences.order_statistics(np.sort(x[:k], axis=0), level)
                beyond = (low > truth) | (high < truth)
            elif by == "bernstein":
                centre, half = sequences.bernstein(x[:k], level, 0.0, 1.0)
                beyond = np.abs(centre - truth) > half
            else:
                beyond = np.abs(x[:k].mean(axis=0) - truth) > sequences.student(np.ones(k), x[:k], level)
            out[f"refuted {level:g}"] |= beyond
    return out
