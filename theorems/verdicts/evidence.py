"""The draws of one case, and what they say of a claim: the estimate, its interval, and how well the finite-size model fits.

Draws come in base rounds: per[j] draws at size n_j, so that one round gives one value of the extrapolated discrepancy b0 and the
rounds are independent with mean b0 whatever the sizes do. Later blocks may spend other numbers of draws a size (by the spreads seen
before them); a round then weighs by its predicted precision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from asymptotics.conventions import refuse
from theorems.claims import Bound, Law, Mean, Parameters
from theorems.verdicts import sequences
from theorems.verdicts.finite_size import Reading

Array = NDArray[np.float64]
Drawn = Mean | Bound | Law
BATCHES = 16  # values a block for `student`: batch means are closer to normal than draws
RARE = 0.01  # of draws that may differ unseen where all that were seen agree
ROUND_OFF = 1e-12  # of a simulation, in units of the claim's scale


@dataclass(frozen=True)
class Block:
    """`rounds` base rounds: raw draws of each size, per[j] * rounds of them, and the weight of a round."""

    rounds: int
    per: tuple[int, ...]
    weight: float
    raws: tuple[Any, ...]


@dataclass(frozen=True)
class Interval:
    """Component by component, in units of the claim's scale: (rows * k,) arrays. `low` and `high` at two levels."""

    estimate: Array
    refute: Array  # half-width at the level of false refutation
    accept: Array  # half-width at the level of false acceptance
    remainder: Array  # what the next power of the finite-size model would move the estimate by
    remainder_half: Array  # at the level of false acceptance
    remainder_refute: Array  # at the level of false refutation
    further: Array  # half-width of estimate + remainder, at the level of false refutation
    target: Array
    constant: Literal["", "zero", "other"] = ""  # no draw differs from any other


@dataclass
class Evidence:
    """What has been drawn of one case, block by block."""

    sizes: tuple[int, ...]
    reading: Reading
    method: str
    blocks: list[Block] = field(default_factory=list)

    @property
    def rounds(self) -> int:
        return sum(b.rounds for b in self.blocks)

    @property
    def draws(self) -> tuple[int, ...]:
        return tuple(sum(b.rounds * b.per[j] for b in self.blocks) for j in range(len(self.sizes)))

    def gaps(self, claim: Drawn, params: Parameters) -> tuple[list[list[Array]], list[Array], Array]:
        """(draws, k) discrepancies over the scale, by block and size; their spreads by size; the targets (rows * k,)."""
        by_block: list[list[Array]] = [[] for _ in self.blocks]
        targets: list[Array] = []
        for j, n in enumerate(self.sizes):
            for block, out in zip(self.blocks, by_block, strict=True):
                values, target, scale = claim.compare(block.raws[j], params, n)
                self._check(values, target, params, n)
                out.append((values - target) / scale)
            targets.append(target)
        together = [np.concatenate([block[j] for block in by_block]) for j in range(len(self.sizes))]
        spreads = [x.std(axis=0) * np.any(x != x[0], axis=0) for x in together]  # of equal numbers std may say 1e-16
        rows = len(self.reading.limit)
        return by_block, spreads, np.concatenate(targets if rows > 1 else targets[-1:])

    def _check(self, values: Array, target: Array, params: Parameters, n: int) -> None:
        at = f"at {dict(params)}, n = {n}"
        if values.shape[1] != len(target):
            raise ValueError(f"the simulation gives {values.shape[1]} quantities a draw, the theory {len(target)}; {at}")
        if not np.isfinite(target).all():
            raise ValueError(f"the theory's value is not finite {at}: nothing can be judged there; choose another case")
        if not np.isfinite(values).all():
            raise ValueError(f"a drawn value is not finite {at}, so no mean can be judged there; choose another case or sizes")

    def interval(self, claim: Drawn, params: Parameters, refute: float, accept: float) -> Interval:
        """The discrepancy with both half-widths; `refute` is split over the components."""
        by_block, spreads, target = self.gaps(claim, params)
        refute /= len(target)
        if self.method != "bounded" and all(not s.any() for s in spreads):
            return self._constant(by_block, target, refute, accept)
        if self.method == "median":
            return self._medians(by_block, target, refute, accept)
        rest = self.reading.remainder
        limit = _rounds(by_block, self.blocks, self.reading.limit)
        over = _rounds(by_block, self.blocks, rest) if rest is not None else [np.zeros_like(x) for x in limit]
        if self.method == "bounded":
            ends = self._ends(claim, params, by_block)
            return self._bounded(np.concatenate(limit), np.concatenate(over), ends, target, refute, accept)
        values, weights = _batched(limit, self.blocks)
        beyond, _ = _batched(over, self.blocks)
        mean = weights @ values / weights.sum()
        span = float(np.abs(self.reading.limit).sum()) if isinstance(claim, Law) else np.inf  # fractions differ by 1 at most
        still = (np.abs(self.reading.limit) @ np.stack(spreads) == 0).ravel()  # components that no draw has moved yet

        def half(level: float, of: Array = values) -> Array:
            return np.where(still, self._unseen(level, span), sequences.student(weights, of, level)) + ROUND_OFF

        return Interval(
            estimate=mean,
            refute=half(refute),
            accept=half(accept),
            remainder=weights @ beyond / weights.sum(),
            remainder_half=sequences.student(weights, beyond, accept),
            remainder_refute=sequences.student(weights, beyond, refute),
            further=half(refute, values + beyond),
            target=target,
        )

    def _constant(self, by_block: list[list[Array]], target: Array, refute: float, accept: float) -> Interval:
        """Draws that never differ: with probability 1 - level fewer than RARE of all draws do, once there are enough."""
        estimate = (self.reading.limit @ np.stack([gap[0] for gap in by_block[0]])).ravel()
        none = np.zeros(len(estimate))
        half = none + self._unseen(min(refute, accept)) + ROUND_OFF
        kind: Literal["zero", "other"] = "other" if any(np.any(raw) for raw in self.blocks[0].raws) else "zero"
        return Interval(estimate, half, half, none, none, none, half, target, constant=kind)

    def _unseen(self, level: float, span: float = np.inf) -> float:
        """Half-width where no draw differs from any other: before RARE ones would have shown, all that others may differ by."""
        rare = -np.log(level) / min(self.draws)  # of all draws, at most, may differ
        return 0.0 if rare <= RARE else float(rare * span)

    def _ends(self, claim: Drawn, params: Parameters, by_block: list[list[Array]]) -> tuple[Array, Array]:
        """The range (rows * k,) of a round, from the declared range of a draw, which every draw must keep."""
        assert claim.bounds is not None
        ends = []
        for j, n in enumerate(self.sizes):
            _, target, scale = claim.compare(self.blocks[0].raws[j][:1], params, n)
            known = claim.bias(params, n) if isinstance(claim, Mean) else 0.0
            low, high = ((end - known - target) / scale for end in claim.bounds)
            room = 1e-9 * (high - low)  # round-off of a simulation at an end of its range
            if any(np.any((gap[j] < low - room) | (gap[j] > high + room)) for gap in by_block):
                refuse("bounds", claim.bounds, f"a draw at {dict(params)}, n = {n} lies outside; declare the whole range")
            ends.append((low, high))
        w = self.reading.limit
        low, high = (np.stack(end) for end in zip(*ends, strict=True))
        least, most = (np.maximum(w, 0) @ a + np.minimum(w, 0) @ b for a, b in ((low, high), (high, low)))
        return least.ravel(), most.ravel()

    def _bounded(self, x: Array, rest: Array, ends: tuple[Array, Array], target: Array, refute: float, accept: float) -> Interval:
        found = [sequences.bernstein(x, level, *ends) for level in (refute, accept)]
        weights = np.ones(len(rest))
        return Interval(
            estimate=found[1][0],
            refute=found[0][1] + np.abs(found[0][0] - found[1][0]) + ROUND_OFF,
            accept=found[1][1] + ROUND_OFF,
            remainder=rest.mean(axis=0),
            remainder_half=sequences.student(weights, rest, accept),
            remainder_refute=sequences.student(weights, rest, refute),
            further=sequences.student(weights, x + rest, refute),
            target=target,
        )

    def _medians(self, by_block: list[list[Array]], target: Array, refute: float, accept: float) -> Interval:
        ordered = [np.sort(np.concatenate([b[j] for b in by_block]), axis=0) for j in range(len(self.sizes))]
        middle = np.stack([np.median(x, axis=0) for x in ordered])
        sure = _concentrates(ordered, self.sizes, refute)

        def half(weights: Array, level: float) -> Array:
            ends = [sequences.order_statistics(x, level / len(ordered)) for x in ordered]
            far = np.stack([np.maximum(high - m, m - low) for (low, high), m in zip(ends, middle, strict=True)])
            return (np.abs(weights) @ far).ravel() if sure else np.full(weights.shape[0] * far.shape[1], np.inf)

        limit, rest = self.reading.limit, self.reading.remainder
        rest = np.zeros_like(limit) if rest is None else rest
        return Interval(
            estimate=(limit @ middle).ravel(),
            refute=half(limit, refute) + ROUND_OFF,
            accept=half(limit, accept) + ROUND_OFF,
            remainder=(rest @ middle).ravel(),
            remainder_half=half(rest, accept),
            remainder_refute=half(rest, refute),
            further=half(limit + rest, refute) + ROUND_OFF,
            target=target,
        )


def _rounds(by_block: list[list[Array]], blocks: Sequence[Block], weights: Array) -> list[Array]:
    """One value a base round and component: (rounds, rows * k) for each block."""
    out = []
    for gaps, block in zip(by_block, blocks, strict=True):
        means = np.stack([g.reshape(block.rounds, per, -1).mean(axis=1) for g, per in zip(gaps, block.per, strict=True)])
        out.append(np.einsum("rs,stk->trk", weights, means).reshape(block.rounds, -1))
    return out


def _batched(rounds: list[Array], blocks: Sequence[Block]) -> tuple[Array, Array]:
    """Means of batches of rounds, and their weights: the first block as it is, BATCHES from each later one."""
    values, weights = [], []
    for i, (x, block) in enumerate(zip(rounds, blocks, strict=True)):
        size = 1 if i == 0 else len(x) // BATCHES
        values.append(x.reshape(-1, size, x.shape[1]).mean(axis=1))
        weights.append(np.full(len(values[-1]), size * block.weight))
    return np.concatenate(values), np.concatenate(weights)


def _concentrates(ordered: list[Array], sizes: Sequence[int], level: float) -> bool:
    """Whether the quartiles surely close in as n grows: only then does a median tend to what the mean tends to.

    ValueError where they surely do not.
    """

    def apart(x: Array) -> tuple[Array, Array]:
        (a, b), (c, d) = (sequences.order_statistics(x, level / 4, q) for q in (0.25, 0.75))
        return c - b, d - a

    (least, most), (last, top) = apart(ordered[0]), apart(ordered[-1])
    if np.any(last > most * (sizes[0] / sizes[-1]) ** 0.25):
        raise ValueError(
            f"the median is no substitute for the mean here: the quartiles' distance does not shrink from n = {sizes[0]} "
            f"(at most {float(most.max()):.3g} of the target) to n = {sizes[-1]} (at least {float(last.min()):.3g}); "
            "choose cases at which a draw has more moments (farther from p = n, or larger sizes)"
        )
    return bool(np.all((top < least) | (top == 0)))  # what never moves is at its limit


def per_round(reading: Reading, sizes: Sequence[int], spreads: Sequence[float], cost: float) -> tuple[int, ...]:
    """Draws a size in a base round, at least one: least cost for the variance where a draw at size n costs like n^cost.

    >>> per_round(Reading(np.array([[-1.0, 2.0]]), None), (100, 200), (2.0, 1.0), 2.0)
    (2, 1)
    """
    use = np.abs(reading.limit).max(axis=0) * np.asarray(spreads, dtype=np.float64)
    use = np.maximum(use, 1e-3 * use.max()) / np.asarray(sizes, dtype=np.float64) ** (cost / 2)
    if not use.max() > 0:
        return (1,) * len(sizes)
    return tuple(int(v) for v in np.clip(np.round(use / use.min()), 1, 64))


def variance(reading: Reading, spreads: Sequence[float], per: Sequence[int]) -> float:
    """Of one base round, for the worst row."""
    return float((reading.limit**2 @ (np.asarray(spreads) ** 2 / np.asarray(per))).max())
