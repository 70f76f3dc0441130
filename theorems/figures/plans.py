"""What a figure is to show: which of a record's plots, its lines and points of x, and theory's curves along x."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from asymptotics.conventions import refuse
from theorems.claims import Law, Mean
from theorems.domain import Real
from theorems.record import Plot, Theorem
from theorems.tables import evaluate

Along = Callable[[np.ndarray], np.ndarray]


def wanted(record: Theorem, name: str) -> list[str]:
    """The names of the record's figures that `name` means: "figure 2", "2" for that and its parts "figure 2, ...", or "all"."""
    start = f"figure {name}" if name.isdecimal() else name
    return [k for k in record.plots if k == start or k.startswith(f"{start},") or name == "all"]


def plan(record: Theorem, name: str | None = None) -> Plot:
    """The record's figure of this name, or its first, or gamma on the axis at the first case's other parameters."""
    if name is not None:
        return record.plots.get(name) or refuse(
            "plot", name, f"the figures of {record.name} are {'; '.join(filter(None, record.plots)) or 'without names'}"
        )
    if record.plots:
        return next(iter(record.plots.values()))
    if isinstance(record.claim, Law):
        return Plot()
    if "gamma" not in record.domain:
        refuse(
            "plot", None, f"the record {record.name} has no parameter gamma, so it must say what its figure shows: plot=Plot(...)"
        )
    domain, plot = record.domain["gamma"], Plot()
    if isinstance(domain, Real):  # 2 %: off the open ends, where the curve may be infinite
        low, high = max(plot.low, 1.02 * domain.low), min(plot.high, 0.98 * domain.high)
        plot = replace(plot, low=low, high=high)
    return replace(plot, at={k: v for k, v in record.cases[0].items() if k != "gamma"})


def lines(plot: Plot) -> Iterator[dict[str, Any]]:
    """One dictionary a line: every combination of the values in `plot.lines`."""
    for values in itertools.product(*plot.lines.values()):
        yield dict(zip(plot.lines, values, strict=True))


def scale(plot: Plot, x: Any) -> np.ndarray:
    """x as the eye sees it along the axis."""
    return np.log(x) if plot.log else np.asarray(x, dtype=np.float64)


def grid(plot: Plot, count: int) -> np.ndarray:
    """`count` points from low to high, evenly for the eye."""
    x = np.geomspace(plot.low, plot.high, count) if plot.log else np.linspace(plot.low, plot.high, count)
    x[[0, -1]] = plot.low, plot.high
    return x


def fields(record: Theorem, plot: Plot) -> tuple[str, ...]:
    """The fields that are drawn."""
    of: Any = plot.of or getattr(record.claim, "of", "value")
    return (of,) if isinstance(of, str) else of


def pick(found: Any, of: str) -> Any:
    """The field `of` of a result, or the result itself where it has no fields."""
    return found[of] if isinstance(found, Mapping) else getattr(found, of, found)


def along(function: Callable[..., Any], x: str, params: Mapping[str, Any], of: str) -> Along:
    """The field `of` of a function that broadcasts, along x."""
    return lambda values: np.broadcast_to(np.asarray(pick(function(**params, **{x: values}), of), dtype=np.float64), values.shape)


def theory(record: Theorem, plot: Plot, params: Mapping[str, Any], of: str) -> Along:
    """The field `of` along x. An exact claim, which knows n, is asked point by point at the figure's size."""
    claim = record.claim
    if plot.theory is not None:
        return along(plot.theory, plot.x, params, of)

    def curve(x: np.ndarray) -> np.ndarray:
        if isinstance(claim, Mean) and claim.exact:
            exact = [claim.predict(record.parameters(**params, **{plot.x: v.item()}), plot.n) for v in x]
            return np.array([float(pick(f, of)) for f in exact])
        found = evaluate(record, {**params, plot.x: x}, x.shape)
        if of in found:
            return found[of]
        own: Any = getattr(record.predict(**{**params, plot.x: x}), of, None)  # a property: a sum of fields
        return own if np.shape(own) == x.shape else refuse("of", of, f"the theory of {record.name} gives {', '.join(found)}")

    return curve
