"""What a theorem can claim. Four kinds, one pair of methods: `observe` draws, `compare` sets the draws beside theory.

`compare` returns draws of the claimed quantities (draws, k), their targets (k,) and the scales (k,) in which a discrepancy
is measured. The verdict knows nothing else of a claim, and a rival is the same claim with another `theory`.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from asymptotics.conventions import refuse

Parameters = Mapping[str, Any]
NEVER = 10**9  # samples: what is left of a bias c/n there is 1e-9 c


class Comparison(NamedTuple):
    values: np.ndarray  # (draws, k)
    target: np.ndarray  # (k,)
    scale: np.ndarray  # (k,)


def _fields(result: Any) -> Mapping[str, Any] | None:
    """What has fields or is a mapping, as a mapping."""
    return result if isinstance(result, Mapping) else result.to_dict() if hasattr(result, "to_dict") else None


def _pick(result: Any, of: str | tuple[str, ...]) -> Any:
    """The field of what has fields or is a mapping, several along the last axis; plain numbers as they are."""
    if isinstance(of, tuple):
        if isinstance(result, np.ndarray):  # picked before
            return result
        return np.stack(np.broadcast_arrays(*(np.asarray(_pick(result, k), dtype=np.float64) for k in of)), axis=-1)
    if hasattr(result, of):
        return getattr(result, of)
    if (fields := _fields(result)) is None:
        return result
    if of not in fields:
        refuse("of", of, f"there is no such field; there are {', '.join(fields)}")
    return fields[of]


def at_size(params: Parameters, n: int) -> dict[str, Any]:
    """The parameters of a sample of size n: gamma becomes p/n with the integer p that was drawn, psi d/p, `inputs` = gamma psi d/n."""
    if "gamma" not in params:
        return dict(params)
    p = max(1, round(params["gamma"] * n))
    found = dict(params) | {"gamma": p / n}
    if "psi" in params:
        found["psi"] = max(1, round(params["psi"] * p)) / p
    if "inputs" in params:
        found["inputs"] = max(1, round(params["inputs"] / params["gamma"] * p)) / n
    return found


def moments(simulation: Callable[..., Any], params: Parameters, n: int, of: str | None = None) -> float:
    """How many moments a draw (of the field `of`) has at size n, as the simulator declares; inf where it declares nothing."""
    declared = getattr(simulation, "moments", None)
    if declared is None:
        return math.inf
    names = inspect.signature(declared).parameters
    takes = "of" in names or any(p.kind is p.VAR_KEYWORD for p in names.values())
    return declared(n=n, **params, **({"of": of} if takes else {}))


def through(simulation: Callable[..., Any], change: Callable[..., dict[str, Any]]) -> Callable[..., Any]:
    """The simulator at other parameters, `change(**given)` in place of the ones given; what it declares goes along.

    >>> double = through(lambda *, x: x, lambda *, half: {"x": 2 * half})
    >>> double(half=4)
    8
    """

    def changed(**given: Any) -> Any:
        return simulation(**change(**given))

    if (declared := getattr(simulation, "moments", None)) is not None:
        changed.moments = lambda **given: declared(**change(**given))  # type: ignore[attr-defined]
    if (cost := getattr(simulation, "cost", None)) is not None:
        changed.cost = cost  # type: ignore[attr-defined]
    return changed


def each(names: str | tuple[str, ...] | None, theory: Callable[..., Any]) -> Callable[..., Any]:
    """A theory that takes one value of each of `names` at a time (None: of everything), made to broadcast over arrays of them.

    >>> import math
    >>> each("x", lambda *, x, y: math.exp(x) * y)(x=[0.0, 0.0, 1.0], y=np.ones(3)).round(3).tolist()
    [1.0, 1.0, 2.718]
    """
    chosen = (names,) if isinstance(names, str) else names

    def spread(**given: Any) -> Any:
        sizes = {k: np.asarray(v) for k, v in given.items() if np.ndim(v) > 0}
        single = [k for k in sizes if chosen is None or k in chosen]
        if not single:
            return theory(**given)
        arrays = dict(zip(sizes, np.broadcast_arrays(*sizes.values()), strict=True))
        shape, flat = arrays[single[0]].shape, {k: v.ravel() for k, v in arrays.items()}
        rest = {k: v for k, v in flat.items() if k not in single}
        group = np.unique(np.stack([flat[k] for k in single]), axis=1, return_inverse=True)[1].ravel()
        parts: dict[str, np.ndarray] = {}
        for i in range(group.max() + 1):
            at = np.flatnonzero(group == i)
            found = theory(**{**given, **{k: v[at] for k, v in rest.items()}, **{k: flat[k][at[0]].item() for k in single}})
            for key, part in (_fields(found) or {"": found}).items():
                own = np.shape(part)[1:] if rest else np.shape(part)
                parts.setdefault(key, np.empty((len(group), *own)))[at] = part
        shaped = {k: v.reshape(*shape, *v.shape[1:]) for k, v in parts.items()}
        return shaped[""] if "" in shaped else shaped if isinstance(found, Mapping) else type(found)(**shaped)

    return spread


@dataclass(frozen=True, kw_only=True)
class Mean:
    """The mean of a finite-sample quantity converges to a number.

    `theory(**params)` gives a number or a record with the field `of`; `simulation(n=, draws=, rng=, **params)` gives draws
    or a record of draws. With `exact=True` theory takes n as well and holds at every size. rate=None: the exponent is not known;
    then those count that fit the draws. scale: what delta is relative to, where not |theory| (which may be 0).
    finite(n=, **params): the exact mean at size n where one is known, so that nothing is extrapolated.
    bounds: the range of a draw where it is known and narrow; the verdict then rests on an inequality for any distribution.
    """

    theory: Callable[..., Any]
    simulation: Callable[..., Any]
    of: str | tuple[str, ...] = "excess"
    rate: float | None = 1.0
    sizes: tuple[int, ...] = (50, 100, 200, 400)
    exact: bool = False
    finite: Callable[..., Any] | None = None
    bounds: tuple[float, float] | None = None
    scale: float | None = None
    one_sided = False

    def predict(self, params: Parameters, n: int) -> Any:
        return self.theory(**at_size(params, n), **({"n": n} if self.exact else {}))

    def observe(self, params: Parameters, n: int, draws: int, rng: np.random.Generator) -> Any:
        return _pick(self.simulation(**params, n=n, draws=draws, rng=rng), self.of)

    def draw(self, *, n: int, draws: int, rng: np.random.Generator, **params: Any) -> Any:
        """`observe` as a cell of a sweep calls it."""
        return self.observe(params, n, draws, rng)

    def bias(self, params: Parameters, n: int) -> Any:
        """What is known of mean(n) - limit: `finite` at n less `finite` at NEVER samples of the same p/n."""
        if self.finite is None:
            return 0.0
        at = at_size(params, n)
        here, limit = (np.asarray(_pick(self.finite(n=size, **at), self.of), dtype=np.float64) for size in (n, NEVER))
        return here - limit

    def compare(self, raw: Any, params: Parameters, n: int) -> Comparison:
        values = np.asarray(_pick(raw, self.of), dtype=np.float64) - self.bias(params, n)
        values = values.reshape(len(values), -1) if values.ndim else values.reshape(1, 1)
        target = np.atleast_1d(np.asarray(_pick(self.predict(params, n), self.of), dtype=np.float64)).ravel()
        if self.scale is not None:
            return Comparison(values, target, np.full_like(target, self.scale))
        return Comparison(values, target, np.maximum(np.abs(target), 1e-12))  # 1e-12: a target of zero is met to round-off


@dataclass(frozen=True, kw_only=True)
class Bound(Mean):
    """The mean of a finite-sample quantity is at least the number that theory gives."""

    one_sided = True


@dataclass(frozen=True, kw_only=True)
class Law:
    """An empirical distribution converges to a law: its cdf at the quantiles of the law tends to their levels.

    `theory(**params)` gives an object with `quantile(u)` and `cdf(x)`; `simulation` gives points (draws, m). With one point a draw
    it is the law of that point over draws, and bounds=(0, 1) makes the verdict rest on an inequality for any distribution.
    """

    theory: Callable[..., Any]
    simulation: Callable[..., Any]
    levels: tuple[float, ...] = (0.05, 0.2, 0.4, 0.6, 0.8, 0.95)
    rate: float | None = 1.0
    sizes: tuple[int, ...] = (50, 100, 200, 400)
    bounds: tuple[float, float] | None = None
    exact = False
    finite = None
    one_sided = False

    def observe(self, params: Parameters, n: int, draws: int, rng: np.random.Generator) -> Any:
        return np.asarray(self.simulation(**params, n=n, draws=draws, rng=rng), dtype=np.float64)

    def draw(self, *, n: int, draws: int, rng: np.random.Generator, **params: Any) -> Any:
        """`observe` as a cell of a sweep calls it."""
        return self.observe(params, n, draws, rng)

    def compare(self, raw: Any, params: Parameters, n: int) -> Comparison:
        law = self.theory(**at_size(params, n))
        points = np.asarray(law.quantile(np.asarray(self.levels)), dtype=np.float64)
        target = np.asarray(law.cdf(points), dtype=np.float64)
        sample = np.asarray(raw, dtype=np.float64)
        slack = 1e-9 * max(1.0, float(points.max()))  # an atom is hit to round-off of the eigenvalues
        sample = sample[:, None] if sample.ndim == 1 else sample
        values = np.stack([(sample <= x + slack).mean(axis=1) for x in points], axis=1)
        return Comparison(values, target, np.ones_like(target))


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Two exact routes, `theory` and `other`, give the same numbers to `rtol`; no randomness, no sizes."""

    theory: Callable[..., Any]
    other: Callable[..., Any]
    of: str | tuple[str, ...] = "excess"
    rtol: float = 1e-10
    sizes = ()
    rate = 1.0
    exact = True
    bounds = None
    one_sided = False

    def observe(self, params: Parameters, n: int, draws: int, rng: np.random.Generator) -> Any:
        return self.other(**params)

    def compare(self, raw: Any, params: Parameters, n: int) -> Comparison:
        target = np.atleast_1d(np.asarray(_pick(self.theory(**params), self.of), dtype=np.float64)).ravel()
        values = np.atleast_1d(np.asarray(_pick(raw, self.of), dtype=np.float64)).reshape(1, -1)
        return Comparison(values, target, np.maximum(np.abs(target), 1e-300))


Claim = Mean | Bound | Law | Identity
