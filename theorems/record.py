"""A theorem as a value: statement, source, domain, one claim, and the rivals that some case must refute."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from asymptotics.conventions import refuse, refuse_foreign
from theorems.claims import Claim, Mean
from theorems.domain import Domain, Integer


@dataclass(frozen=True)
class Curve:
    """A further curve: a record's, with its points, or that of a function of the figure's x and `at`, without.

    Its parameters are those of the figure's `at` that it takes, and `at`; `of` is the field drawn, if not the figure's.
    """

    what: Theorem | Callable[..., Any]
    at: Mapping[str, Any] = field(default_factory=dict)
    of: str | None = None


@dataclass(frozen=True, kw_only=True)
class Plot:
    """What a figure shows: one curve for each value of `lines`, along `x` from `low` to `high`, and the curves `also`, by their names.

    `n` is the size of the simulated points, `of` the field that is drawn (the claim's own by default) or several, each with a dash of
    its own; `stack`: as areas, one above the other. `up` (name, low, high): a second axis, the field in colours, theory alone, one
    panel a line. `theory` and `simulation` stand in place of the record's where the figure's parameters are others than its own;
    `together`: the simulation takes all values of the line's parameter at once, and all lines have the same draws; `data` names the
    table where points are measured on data. `text` is a sentence for the caption, `axis` and `value` title the axes.
    """

    x: str = "gamma"
    low: float = 0.1
    high: float = 10.0
    log: bool = True
    at: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    of: str | tuple[str, ...] | None = None
    n: int = 200
    points: int = 15
    also: Mapping[str, Curve] = field(default_factory=dict)
    theory: Callable[..., Any] | None = None
    simulation: Callable[..., Any] | None = None
    together: bool = False
    stack: bool = False
    up: tuple[str, float, float] | None = None
    data: str = ""
    text: str = ""
    axis: str = ""
    value: str = ""
    limits: tuple[float, float] | None = None
    log_y: bool | None = None  # None: where the values ask for it


@dataclass(frozen=True, kw_only=True, eq=False)
class Theorem:
    """One theorem. Its name is where it stands: `hastie2022.isotropic_ridge` is the value of that name in that module.

    title: one line; statement: LaTeX; source: "key, locator" with the key in docs/references.bib; assumptions: sentences.
    domain: parameter -> Real, Integer or Choice. claim: Mean, Law, Bound or Identity. rivals: name -> wrong theory with the
    same signature. cases: parameter dictionaries on which the verdict is reached. plot: the figure, or several by name,
    the first of which is drawn where none is asked for.
    """

    title: str
    statement: str
    source: str
    assumptions: tuple[str, ...]
    domain: Mapping[str, Domain]
    claim: Claim
    cases: tuple[Mapping[str, Any], ...]
    rivals: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    plot: Plot | Mapping[str, Plot] | None = None
    home: Mapping[str, Any] = field(default_factory=dict, repr=False)  # the names of the module that it stands in

    def __post_init__(self) -> None:
        if not self.home:  # two frames up, past the generated __init__
            object.__setattr__(self, "home", sys._getframe(2).f_globals)
        if not self.cases:
            raise ValueError(f"the theorem {self.title!r} has no cases: give at least one dictionary of parameters")
        for name, domain in self.domain.items():
            if not isinstance(domain, Domain):
                refuse(f"domain[{name!r}]", domain, "it must be a Real, an Integer or a Choice")
        for given in self.cases:
            self.parameters(**given)

    def __repr__(self) -> str:
        return f"Theorem({self.name}: {self.title})"

    @property
    def name(self) -> str:
        """`paper.variable`: theorems.hastie2022.isotropic, isotropic_ridge -> hastie2022.isotropic_ridge."""
        return f"{self.paper}.{self._variable or 'unnamed'}"

    @property
    def _variable(self) -> str | None:
        """What it is called in its module; a copy with other cases or rivals goes by the name of the record with its claim."""
        same = [k for k, v in self.home.items() if v is self]
        return next(iter(same or [k for k, v in self.home.items() if isinstance(v, Theorem) and v.claim is self.claim]), None)

    @property
    def simulates(self) -> str | Callable[..., Any]:
        """What a cell of a sweep calls for draws: a name that any process can import, or, of an unnamed record, the function."""
        if self._variable is None:
            return self.claim.draw  # type: ignore[union-attr]
        return f"{self.home['__name__']}:{self._variable}.claim.draw"

    @property
    def paper(self) -> str:
        """The key of the paper, or the stem of the user's file."""
        parts = self.home["__name__"].split(".")
        return parts[1] if parts[0] == "theorems" and len(parts) > 1 else parts[0]

    @property
    def plots(self) -> Mapping[str, Plot]:
        """The figures that it names, `{"figure 2": Plot(...), ...}`; of one without a name the name is empty."""
        return {"": self.plot} if isinstance(self.plot, Plot) else self.plot or {}

    @property
    def arguments(self) -> Mapping[str, Domain]:
        """What `predict` takes: the domain, and the size n where the claim is exact at every n."""
        sized = isinstance(self.claim, Mean) and self.claim.exact
        return {**({"n": Integer(1, 10**9)} if sized else {}), **self.domain}

    def parameters(self, **given: Any) -> dict[str, Any]:
        """The parameters checked against the domain, defaults filled in; ValueError names the one that is wrong."""
        domains = self.arguments if "n" in given else self.domain
        for name, value in given.items():
            if name not in domains:
                refuse_foreign(name, value, domains, self.title)
        out = {}
        for name, domain in domains.items():
            value = given.get(name, domain.default)
            if value is None:
                raise ValueError(f"{name} is missing: give {name}=, in {domain} ({self.title})")
            out[name] = domain.check(name, value)
        return out

    def predict(self, **given: Any) -> Any:
        """What the theorem says at these parameters (scalars or arrays that broadcast): a record of arrays or a number."""
        arrays = {k: np.asarray(v) for k, v in given.items() if np.ndim(v) > 0}
        first = {**given, **{k: v.ravel().tolist()[0] for k, v in arrays.items()}}
        for name, values in arrays.items():
            for value in values.ravel().tolist():
                self.parameters(**{**first, name: value})
        if "n" in self.arguments and "n" not in given:
            raise ValueError(f"n is missing: {self.title} is exact at every size; say which, n=200")
        checked = self.parameters(**first)
        return self.claim.theory(**{**checked, **arrays})

    def rival(self, name: str) -> Theorem:
        """The same record with the rival's formula in place of the theorem's."""
        return replace(self, claim=replace(self.claim, theory=self.rivals[name]), rivals={})
