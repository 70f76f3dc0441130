"""A theorem as a value: statement, source, domain, one claim, and the rivals that some case must refute."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from asymptotics.conventions import refuse, refuse_foreign
from theorems.claims import Claim
from theorems.domain import Domain


@dataclass(frozen=True, kw_only=True)
class Plot:
    """What the record's figure shows: one curve for each value of `lines`, along `x` from `low` to `high`.

    `n` is the size of the simulated points, `of` the field that is drawn (the claim's own by default).
    """

    x: str = "gamma"
    low: float = 0.1
    high: float = 10.0
    log: bool = True
    at: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    of: str | None = None
    n: int = 200
    points: int = 15


@dataclass(frozen=True, kw_only=True, eq=False)
class Theorem:
    """One theorem. Its name is where it stands: `hastie2022.isotropic_ridge` is the value of that name in that module.

    title: one line; statement: LaTeX; source: "key, locator" with the key in docs/references.bib; assumptions: sentences.
    domain: parameter -> Real, Integer or Choice. claim: Mean, Law, Bound or Identity. rivals: name -> wrong theory with the
    same signature. cases: parameter dictionaries on which the verdict is reached. plot: the figure, if it has one.
    """

    title: str
    statement: str
    source: str
    assumptions: tuple[str, ...]
    domain: Mapping[str, Domain]
    claim: Claim
    cases: tuple[Mapping[str, Any], ...]
    rivals: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    plot: Plot | None = None
    module: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not self.module:  # the module that wrote this value down: two frames up, past the generated __init__
            object.__setattr__(self, "module", sys._getframe(2).f_globals.get("__name__", "__main__"))
        if not self.cases:
            raise ValueError(f"the theorem {self.title!r} has no cases: give at least one dictionary of parameters")

    @property
    def name(self) -> str:
        """`module.variable`, with a package's submodules left out: theorems.hastie2022.ridge -> hastie2022."""
        holder = sys.modules.get(self.module)
        variable = next((k for k, v in vars(holder).items() if v is self), "unnamed") if holder else "unnamed"
        return f"{self.paper}.{variable}"

    @property
    def paper(self) -> str:
        parts = self.module.split(".")
        return parts[1] if parts[0] == "theorems" and len(parts) > 1 else parts[0]

    def parameters(self, **given: Any) -> dict[str, Any]:
        """The parameters checked against the domain, defaults filled in; ValueError names the one that is wrong."""
        for name, value in given.items():
            if name not in self.domain:
                refuse_foreign(name, value, self.domain, self.title)
        out = {}
        for name, domain in self.domain.items():
            value = given.get(name, domain.default)
            if value is None:
                refuse(name, None, f"{self.title} needs it, in {domain}")
            out[name] = domain.check(name, value)
        return out

    def predict(self, **given: Any) -> Any:
        """What the theorem says at these parameters (scalars or arrays that broadcast): a record of arrays or a number."""
        arrays = {k: np.asarray(v) for k, v in given.items() if np.ndim(v) > 0}
        first = {**given, **{k: v.ravel().tolist()[0] for k, v in arrays.items()}}
        for name, values in arrays.items():
            for value in values.ravel().tolist():
                self.parameters(**{**first, name: value})
        checked = self.parameters(**first)
        return self.claim.theory(**{**checked, **arrays})

    def rival(self, name: str) -> Theorem:
        """The same record with the rival's formula in place of the theorem's."""
        return replace(self, claim=replace(self.claim, theory=self.rivals[name]), rivals={})
