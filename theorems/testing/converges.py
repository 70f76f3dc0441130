"""`converges`: hold an estimator to its limit inside a test of your own. Importing this costs nothing; pytest is not needed."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from theorems.record import Theorem
    from theorems.verdicts.verify import Verdict


@dataclass
class Running:
    """The test that runs now, as the pytest plugin knows it: where its entropy comes from, and what it has done with chance."""

    entropy: int = 0
    calibrate: int = 0
    spent: float = 0.0  # false_refute of its calls of `converges`, added up
    calls: list[dict[str, Any]] = field(default_factory=list)  # their rows of the calibration report


running = Running()


def converges(
    estimator: Callable[..., Any],
    *,
    to: Any,
    of: str | None = None,
    cases: Iterable[Mapping[str, Any]] = ({},),
    sizes: Iterable[int] = (50, 100, 200, 400),
    rate: float | None = 1.0,
    exact: bool = False,
    scale: float | None = None,
    bounds: tuple[float, float] | None = None,
    delta: float = 0.01,
    false_refute: float = 1e-6,
    false_accept: float = 1e-3,
    budget: str | int = "60s",
    entropy: int | None = None,
) -> Verdict:
    """Assert that the mean of an estimator converges to its limit; returns the verdict, for a test that asks more of it.

    estimator(n=, draws=, rng=, **case) returns `draws` values (or arrays of values) at size n. One without `draws` is called once a
    draw; one without `n` has no size, and its mean is held to `to` as it stands.
    to: the limit, a number, an array, or a function of the case (and of n, if it names it). of: the field to compare, where the
    estimator or the limit gives records or dictionaries. cases: the parameters to try, each a dictionary of plain data.
    sizes, rate: the limit is extrapolated from these n with a bias of order n^-rate (None: not known). exact: `to` holds at every
    size, and each is judged by itself. scale: what delta is relative to, |to| by default. bounds: the range of a draw, if it has one.
    delta, false_refute, false_accept, budget: as in `theorems.verify`. entropy: the seed; by default the pytest plugin's, or 0.
    Raises AssertionError unless the verdict is consistent, with its lines, and what would decide where it is undecided; ValueError on
    bad arguments. A right limit is refuted with probability at most false_refute, over all cases together.

    >>> def second_moment(*, n, draws, rng):
    ...     return (rng.standard_normal((draws, n)) ** 2).mean(axis=1)
    >>> converges(second_moment, to=1.0, sizes=(20, 40), exact=True).status
    'consistent'
    >>> converges(lambda *, rng: rng.random(), to=0.6, bounds=(0, 1))
    Traceback (most recent call last):
    AssertionError: ...refuted...
    """
    from theorems.verdicts.verify import verify

    __tracebackhide__ = True  # pytest shows the line of the test
    record = _record(
        estimator, to, of, scale, cases=[dict(c) for c in cases], sizes=tuple(sizes), rate=rate, exact=exact, bounds=bounds
    )
    seed = running.entropy if entropy is None else entropy

    def judge(entropy: int) -> Verdict:
        return verify(record, delta=delta, false_refute=false_refute, false_accept=false_accept, budget=budget, entropy=entropy)

    if running.calibrate:
        from theorems.testing.calibration import calibrate

        verdict, row = calibrate(record, judge, range(seed, seed + running.calibrate))
        running.calls.append(row)
    else:
        verdict = judge(seed)
    running.spent += false_refute
    if not running.calibrate and verdict.status != "consistent":
        needs = max((c.needs * max(c.draws) for c in verdict.cases if c.needs and c.halfwidth < float("inf")), default=0)
        more = f"; a budget of some {float(f'{needs:.1g}'):.0f} draws a size would decide" if needs else ""
        raise AssertionError(f"{verdict}\n  asked to within {delta:g} of {_called(to)}, budget {budget}, entropy {seed}{more}")
    return verdict


def _record(
    estimator: Callable[..., Any], to: Any, of: str | None, scale: float | None, *, cases: list[dict[str, Any]], **claim: Any
) -> Theorem:
    """The record that says so."""
    import numpy as np

    from asymptotics.conventions import refuse
    from theorems.claims import Comparison, Mean, moments
    from theorems.record import Theorem

    if not callable(estimator):
        refuse("estimator", estimator, "it must be a function of n, draws, rng and the case")
    takes, wants = _names(estimator, "n", "draws"), _names(to) if callable(to) else ()
    if "n" not in takes:
        claim |= {"sizes": (1,), "exact": True}

    class Held(Theorem):
        """Named by the estimator, of no domain: what a case of another project may hold is not known."""

        name = property(lambda self: f"{estimator.__module__.rpartition('.')[2]}.{_called(estimator)}")
        simulates = property(lambda self: simulation)

        def parameters(self, **given: Any) -> dict[str, Any]:
            return given

    class Limit(Mean):
        """Parameters go to the limit as they are: another project's gamma need not be p/n."""

        def predict(self, params: Mapping[str, Any], n: int) -> Any:
            given = {**params, "n": n} if "n" in wants else params
            return _field(to(**given) if callable(to) else to, of)

        def compare(self, raw: Any, params: Mapping[str, Any], n: int) -> Comparison:
            found = super().compare(raw, params, n)
            if scale is None and not found.target.all():
                refuse("to", to, "delta is relative to |to|, which is 0 here: say what else by scale=")
            return found if scale is None else found._replace(scale=np.full_like(found.target, scale))

    @functools.wraps(estimator)  # its name too: the streams are the estimator's own
    def simulation(*, n: int, draws: int, rng: Any, **case: Any) -> Any:
        given = {**case, "n": n} if "n" in takes else case
        if "draws" in takes:
            return _field(estimator(**given, draws=draws, rng=rng), of)
        return np.array([_field(estimator(**given, rng=rng), of) for _ in range(draws)])

    def exist(*, n: int, **case: Any) -> float:
        del case["of"]  # this claim's; the estimator is asked for the one that was named
        return moments(estimator, case, n, of)

    simulation.moments = exist  # type: ignore[attr-defined]
    return Held(
        title=f"{_called(estimator)} converges to {_called(to)}",
        statement="",
        source="",
        assumptions=(),
        domain={},
        claim=Limit(theory=to, simulation=simulation, of="", **claim),
        cases=tuple(cases),
        home={"__name__": estimator.__module__},
    )


def _called(thing: Any) -> str:
    return str(getattr(thing, "__name__", type(thing).__name__ if callable(thing) else thing))


def _names(function: Callable[..., Any], *more: str) -> tuple[str, ...]:
    """The names that a function takes, and `more` where it takes any: what it wraps tells them, not a decorator's **kwargs."""
    parameters = inspect.signature(function).parameters
    return (*parameters, *more) if any(p.kind is p.VAR_KEYWORD for p in parameters.values()) else tuple(parameters)


def _field(result: Any, of: str | None) -> Any:
    """The field `of` of a record or a dictionary; numbers and arrays as they are."""
    import numpy as np

    from asymptotics.conventions import refuse

    if isinstance(result, Mapping):
        fields = dict(result)
    elif isinstance(result, int | float | list | tuple | np.ndarray | np.generic):
        return np.asarray(result, dtype=np.float64)
    else:
        fields = result.to_dict() if hasattr(result, "to_dict") else vars(result)
    if of is None:
        raise ValueError(f"of is missing: name the field to compare, of= one of {', '.join(fields)}")
    return fields[of] if of in fields else refuse("of", of, f"name one of the fields: {', '.join(fields)}")
